#include "model/half.h"
#include "model/safetensors.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* A file with @json as its header and @data_bytes zeros behind it. */
static GBytes *
container(const char *json, size_t json_bytes, size_t data_bytes)
{
    GByteArray *file = g_byte_array_new();
    uint64_t length = GUINT64_TO_LE((uint64_t)json_bytes);
    g_autofree uint8_t *zeros = g_malloc0(data_bytes + 1);

    g_byte_array_append(file, (const uint8_t *)&length, 8);
    g_byte_array_append(file, (const uint8_t *)json, (guint)json_bytes);
    g_byte_array_append(file, zeros, (guint)data_bytes);
    return g_byte_array_free_to_bytes(file);
}

typedef struct {
    const char *name;
    const char *json;
    size_t data_bytes;
    const char *says; /* in the error, beside the file's name */
} Hostile;

#define F32(shape, offsets) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static const Hostile hostile[] = {
    {"not-json", "{\"a\":", 0, "not JSON"},
    {"not-object", "[1,2]", 0, "not a JSON object"},
    {"empty", "", 0, "not a JSON object"},
    {"not-utf8", "{\"\xff\xfe\":1}", 0, "not UTF-8"},
    {"too-deep", "{\"a\":[[[[[[[[1]]]]]]]]}", 0, "nested too deeply"},
    {"tensor-not-object", "{\"a\":7}", 0, "tensor 'a' is not an object"},
    {"no-dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "tensor 'a' has no dtype"},
    {"unknown-dtype", "{\"a\":{\"dtype\":\"F7\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "tensor 'a' has unknown dtype 'F7'"},
    {"negative-shape", "{\"a\":" F32("[-1]", "[0,4]") "}", 4, "tensor 'a' has a bad shape"},
    {"float-shape", "{\"a\":" F32("[1.5]", "[0,4]") "}", 4, "tensor 'a' has a bad shape"},
    {"string-shape", "{\"a\":" F32("\"1\"", "[0,4]") "}", 4, "tensor 'a' has a bad shape"},
    {"huge-number", "{\"a\":" F32("[99999999999999999999]", "[0,4]") "}", 4, "tensor 'a' has a bad shape"},
    {"nine-dims", "{\"a\":" F32("[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "tensor 'a' has a bad shape"},
    {"overflow", "{\"a\":" F32("[4294967296,4294967296]", "[0,0]") "}", 0,
     "tensor 'a' has a shape that overflows"},
    {"overflow-bytes", "{\"a\":" F32("[4611686018427387904]", "[0,0]") "}", 0,
     "tensor 'a' has a shape that overflows"},
    {"size-mismatch", "{\"a\":" F32("[2]", "[0,4]") "}", 4, "tensor 'a' takes 8 bytes by its shape, 4"},
    {"beyond-end", "{\"a\":" F32("[2]", "[0,8]") "}", 4, "tensor 'a' ends at byte 8 of 4"},
    {"backwards", "{\"a\":" F32("[1]", "[4,0]") "}", 4, "tensor 'a' has bad data_offsets"},
    {"one-offset", "{\"a\":" F32("[1]", "[0]") "}", 4, "tensor 'a' has bad data_offsets"},
    {"overlap", "{\"a\":" F32("[2]", "[0,8]") ",\"b\":" F32("[2]", "[4,12]") "}", 12, "tensor 'b' overlaps"},
    {"hole", "{\"a\":" F32("[1]", "[0,4]") ",\"b\":" F32("[1]", "[8,12]") "}", 12,
     "4 bytes before tensor 'b'"},
    {"rest", "{\"a\":" F32("[1]", "[0,4]") "}", 12, "8 bytes at the end"},
    {"twice", "{\"a\":" F32("[1]", "[0,4]") ",\"a\":" F32("[1]", "[4,8]") "}", 8, "twice"},
    {"member-twice", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "twice"},
    {"metadata-not-object", "{\"__metadata__\":3}", 0, "__metadata__ is not an object"},
    {"metadata-not-string", "{\"__metadata__\":{\"k\":3}}", 0, "__metadata__: 'k' is not a string"},
};

static void
test_hostile(gconstpointer data)
{
    const Hostile *h = data;
    g_autoptr(GBytes) bytes = container(h->json, strlen(h->json), h->data_bytes);
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_safetensors_new_from_bytes(bytes, "evil.safetensors", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_true(g_str_has_prefix(error->message, "evil.safetensors: "));
    if (!strstr(error->message, h->says))
        g_error("'%s' does not say '%s'", error->message, h->says);
}

static void
assert_refused(const void *file, size_t bytes, const char *says)
{
    g_autoptr(GBytes) content = g_bytes_new(file, bytes);
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_safetensors_new_from_bytes(content, "evil", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    if (!strstr(error->message, says))
        g_error("'%s' does not say '%s'", error->message, says);
}

static void
test_header_length(void)
{
    uint8_t file[16] = {0};
    g_autofree uint8_t *long_header = NULL;
    const uint32_t too_long = (100u << 20) + 1;

    assert_refused(file, 0, "too short");
    assert_refused(file, 7, "too short");
    file[0] = 9;
    assert_refused(file, 16, "header of 9 bytes in 16");
    memset(file, 0xff, 8);
    assert_refused(file, 16, "header of 18446744073709551615 bytes");

    long_header = g_malloc0(8 + (size_t)too_long);
    memcpy(long_header, &too_long, 4);
    assert_refused(long_header, 8 + (size_t)too_long, "too long");
}

/* A million brackets would overrun the JSON parser's stack. */
static void
test_bracket_bomb(void)
{
    const size_t n = 1 << 20;
    g_autofree char *json = g_malloc(n);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) error = NULL;

    memset(json, '[', n);
    memcpy(json, "{\"a\":", 5);
    bytes = container(json, n, 0);
    g_assert_null(hseg_safetensors_new_from_bytes(bytes, "evil", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
}

/* Every prefix of a good file is refused, and so is every file with one byte of its header's JSON replaced,
 * or it is read without touching what is not there (the sanitizers watch). */
static void
test_mutations(void)
{
    static const char json[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"a\":" F32("[1]", "[0,4]") ",\"b\":" F32("[2]", "[4,12]") "}";
    static const char bytes_to_try[] = "\"{}[],:019e-\\ \x80";
    g_autoptr(GBytes) good = container(json, sizeof json - 1, 12);
    gsize size;
    const uint8_t *data = g_bytes_get_data(good, &size);

    for (gsize n = 0; n < size; n++) {
        g_autoptr(GBytes) cut = g_bytes_new(data, n);

        g_assert_null(hseg_safetensors_new_from_bytes(cut, "cut", NULL));
    }
    for (gsize at = 8; at < size - 12; at++) {
        for (gsize i = 0; i < sizeof bytes_to_try - 1; i++) {
            g_autofree uint8_t *copy = g_memdup2(data, size);
            g_autoptr(GBytes) bent = NULL;
            g_autoptr(HsegSafetensors) st = NULL;

            copy[at] = (uint8_t)bytes_to_try[i];
            bent = g_bytes_new(copy, size);
            st = hseg_safetensors_new_from_bytes(bent, "bent", NULL);
            for (int t = 0; st && t < hseg_safetensors_count(st); t++) {
                const HsegStoredTensor *tensor = hseg_safetensors_get(st, t);

                g_assert_true((const uint8_t *)tensor->data + tensor->bytes <= copy + size ||
                              tensor->bytes <= 12);
            }
        }
    }
}

typedef struct {
    char *dir;
    char *path;
} Folder;

static void
folder_set_up(Folder *f, gconstpointer unused)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "m.safetensors", NULL);
    g_assert_nonnull(f->dir);
}

/* A folder that still holds more than the one file fails here: saving leaves no temporary file behind. */
static void
folder_tear_down(Folder *f, gconstpointer unused)
{
    g_unlink(f->path);
    g_assert_cmpint(g_rmdir(f->dir), ==, 0);
    g_free(f->path);
    g_free(f->dir);
}

static void
test_round_trip(Folder *f, gconstpointer unused)
{
    static const float weights[6] = {0.0f, -1.5f, 3.25f, 1e-30f, INFINITY, -0.0f};
    static const float halves[3] = {1.0f, 2049.0f, 1e6f};
    static const int64_t count = 77;
    static const int8_t small[5] = {1, -2, 3, -4, 5};
    static const uint16_t brain[2] = {0x3f80, 0xc040}; /* 1, -3 */
    const int64_t shape[2] = {2, 3};
    float out[6], half_out[3], brain_out[2];
    int64_t count_out;
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    g_autoptr(HsegSafetensors) st = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GList) keys = NULL;
    const HsegStoredTensor *t;

    hseg_safetensors_writer_add_metadata(w, "format", "humanseg");
    hseg_safetensors_writer_add_metadata(w, "a \"quoted\" {key}", "é\n[");
    hseg_safetensors_writer_add_metadata(w, "file",
                                         "caf\xe9"); /* what can't stand in JSON must not get there */
    hseg_safetensors_writer_add(w, "odd", HSEG_DTYPE_I8, &(int64_t){5}, 1,
                                small); /* leaves the next unaligned */
    hseg_safetensors_writer_add_f32(w, "w", shape, 2, weights);
    hseg_safetensors_writer_add_f16(w, "h", &(int64_t){3}, 1, halves);
    hseg_safetensors_writer_add(w, "b", HSEG_DTYPE_BF16, &(int64_t){2}, 1, brain);
    hseg_safetensors_writer_add(w, "n", HSEG_DTYPE_I64, NULL, 0, &count);
    hseg_safetensors_writer_add_f32(w, "none", (const int64_t[]){0, 4}, 2, NULL);
    g_assert_true(hseg_safetensors_writer_save(w, f->path, &error));

    st = hseg_safetensors_open(f->path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(hseg_safetensors_count(st), ==, 6);
    g_assert_cmpstr(hseg_safetensors_get(st, 0)->name, ==, "odd");
    g_assert_cmpstr(hseg_safetensors_metadata(st, "format"), ==, "humanseg");
    g_assert_cmpstr(hseg_safetensors_metadata(st, "a \"quoted\" {key}"), ==, "é\n[");
    g_assert_null(hseg_safetensors_metadata(st, "no such key"));
    keys = hseg_safetensors_metadata_keys(st);
    g_assert_cmpstr(hseg_safetensors_metadata(st, "file"), ==, "caf\xef\xbf\xbd");
    g_assert_cmpint(g_list_length(keys), ==, 3);
    g_assert_cmpstr(keys->data, ==, "a \"quoted\" {key}");

    g_assert_true(hseg_safetensors_read_f32(st, "w", shape, 2, out, &error));
    g_assert_cmpmem(out, sizeof out, weights, sizeof weights);
    g_assert_true(hseg_safetensors_read_f32(st, "h", &(int64_t){3}, 1, half_out, &error));
    g_assert_cmpfloat(half_out[0], ==, 1.0f);
    g_assert_cmpfloat(half_out[1], ==, 2048.0f); /* a tie: to even */
    g_assert_cmpfloat(half_out[2], ==, INFINITY);
    g_assert_true(hseg_safetensors_read_f32(st, "b", &(int64_t){2}, 1, brain_out, &error));
    g_assert_cmpfloat(brain_out[0], ==, 1.0f);
    g_assert_cmpfloat(brain_out[1], ==, -3.0f);
    g_assert_true(hseg_safetensors_read_f32(st, "none", (const int64_t[]){0, 4}, 2, out, &error));
    t = hseg_safetensors_find(st, "n");
    g_assert_cmpint(t->n_dims, ==, 0);
    memcpy(&count_out, t->data, 8);
    g_assert_cmpint(count_out, ==, 77);
    g_assert_null(hseg_safetensors_find(st, "nothing"));
}

/* The layout that PyTorch's safetensors writes: tensors at a multiple of 8 bytes, spaces as padding. */
static void
test_layout(Folder *f, gconstpointer unused)
{
    static const float one = 1.0f;
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    g_autofree char *file = NULL;
    gsize size;
    uint64_t length;

    hseg_safetensors_writer_add_f32(w, "x", &(int64_t){1}, 1, &one);
    g_assert_true(hseg_safetensors_writer_save(w, f->path, NULL));
    g_assert_true(g_file_get_contents(f->path, &file, &size, NULL));
    memcpy(&length, file, 8);
    length = GUINT64_FROM_LE(length);
    g_assert_cmpuint(length % 8, ==, 0);
    g_assert_cmpuint(size, ==, 8 + length + 4);
    g_assert_cmpint(file[8], ==, '{');
    for (const char *c = strrchr(file + 8, '}') + 1; c < file + 8 + length; c++)
        g_assert_cmpint(*c, ==, ' ');
    g_assert_cmpmem(file + 8 + length, 4, &one, 4);
}

static void
test_read_refusals(Folder *f, gconstpointer unused)
{
    static const float x[2] = {1, 2};
    static const int64_t n[1] = {3};
    float out[2];
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    g_autoptr(HsegSafetensors) st = NULL;
    g_autoptr(GError) error = NULL;

    hseg_safetensors_writer_add_f32(w, "x", &(int64_t){2}, 1, x);
    hseg_safetensors_writer_add(w, "n", HSEG_DTYPE_I64, &(int64_t){1}, 1, n);
    g_assert_true(hseg_safetensors_writer_save(w, f->path, NULL));
    st = hseg_safetensors_open(f->path, NULL);

    g_assert_false(hseg_safetensors_read_f32(st, "y", &(int64_t){2}, 1, out, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, f->path));
    g_assert_nonnull(strstr(error->message, "'y'"));
    g_clear_error(&error);
    g_assert_false(hseg_safetensors_read_f32(st, "x", (const int64_t[]){2, 1}, 2, out, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "tensor 'x' has shape [2], expected [2, 1]"));
    g_clear_error(&error);
    g_assert_false(hseg_safetensors_read_f32(st, "n", &(int64_t){1}, 1, out, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "I64"));
}

static void
test_open_refusals(Folder *f, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_safetensors_open(f->path, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, f->path));
    g_clear_error(&error);
    g_assert_null(hseg_safetensors_open(f->dir, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_null(hseg_safetensors_open("/dev/zero", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(f->path, "PK\3\4 this is something else", -1, NULL));
    g_assert_null(hseg_safetensors_open(f->path, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, f->path));
}

/* Saves 1 MiB where only 64 KiB can be written: the error a full disk gives, at the same place in the code.
 */
static void
test_full_disk(Folder *f, gconstpointer unused)
{
    const int64_t shape = 1 << 18;
    g_autofree float *data = g_new0(float, shape);
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *left = NULL;
    struct rlimit before, tight;
    gboolean saved;

    g_assert_true(g_file_set_contents(f->path, "the old file", -1, NULL));
    hseg_safetensors_writer_add_f32(w, "x", &shape, 1, data);
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    tight = before;
    tight.rlim_cur = 1 << 16;
    setrlimit(RLIMIT_FSIZE, &tight);
    saved = hseg_safetensors_writer_save(w, f->path, &error);
    setrlimit(RLIMIT_FSIZE, &before);

    g_assert_false(saved);
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, f->path));
    g_assert_true(g_file_get_contents(f->path, &left, NULL, NULL));
    g_assert_cmpstr(left, ==, "the old file");
}

static void
test_save_refusals(Folder *f, gconstpointer unused)
{
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    g_autofree char *nowhere = g_build_filename(f->dir, "no-such-folder", "m.safetensors", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_safetensors_writer_save(w, nowhere, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, nowhere));
    g_clear_error(&error);
    g_assert_false(hseg_safetensors_writer_save(w, f->dir, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_false(hseg_safetensors_writer_save(w, "/dev/full", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
}

/* Every float16 there is survives the way to float and back; known values round as IEEE 754 says. */
static void
test_half(void)
{
    static const struct {
        float value;
        uint16_t half;
    } cases[] = {
        {0.0f, 0x0000},      {-0.0f, 0x8000},        {1.0f, 0x3c00},         {-2.0f, 0xc000},
        {65504.0f, 0x7bff},  {65519.9f, 0x7bff},     {65520.0f, 0x7c00},     {1e30f, 0x7c00},
        {-INFINITY, 0xfc00}, {0x1p-24f, 0x0001},     {0x1p-25f, 0x0000},     {0x1.8p-25f, 0x0001},
        {0x1p-14f, 0x0400},  {0x1.ff8p-15f, 0x03ff}, {0x1.ffcp-15f, 0x0400}, {2049.0f, 0x6800},
        {2051.0f, 0x6802},   {0.1f, 0x2e66},         {1e-30f, 0x0000},
    };

    for (unsigned h = 0; h <= 0xffff; h++) {
        float value = hseg_half_to_float((uint16_t)h);

        if (isnan(value))
            g_assert_true((h & 0x7c00) == 0x7c00 && (h & 0x3ff) != 0);
        else
            g_assert_cmphex(hseg_half_from_float(value), ==, h);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmphex(hseg_half_from_float(cases[i].value), ==, cases[i].half);
    g_assert_true(isnan(hseg_half_to_float(hseg_half_from_float(NAN))));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autofree char *path = g_strconcat("/safetensors/hostile/", hostile[i].name, NULL);

        g_test_add_data_func(path, &hostile[i], test_hostile);
    }
    g_test_add_func("/safetensors/hostile/header-length", test_header_length);
    g_test_add_func("/safetensors/hostile/bracket-bomb", test_bracket_bomb);
    g_test_add_func("/safetensors/hostile/mutations", test_mutations);
    g_test_add_func("/safetensors/half", test_half);
#define ADD(name, function)                                                                                  \
    g_test_add("/safetensors/" name, Folder, NULL, folder_set_up, function, folder_tear_down)
    ADD("round-trip", test_round_trip);
    ADD("layout", test_layout);
    ADD("read-refusals", test_read_refusals);
    ADD("open-refusals", test_open_refusals);
    ADD("full-disk", test_full_disk);
    ADD("save-refusals", test_save_refusals);
    return g_test_run();
}
