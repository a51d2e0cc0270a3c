/* ONNX files, read back from their bytes: nodes, constants, shapes. test-onnx-peers.c has other runtimes run
 * them. */
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

#include "model/network.h"
#include "model/onnx.h"
#include "nn/op.h"

/* ---- protobuf's wire format ---- */

typedef struct {
    const guint8 *at, *end;
} Message;

typedef struct {
    int number;
    guint64 value; /* of a varint */
    Message bytes; /* of a string or a message; four bytes of a float */
} Field;

static guint64
read_varint(Message *m)
{
    guint64 value = 0;

    for (int shift = 0;; shift += 7) {
        g_assert_true(m->at < m->end && shift < 64);
        value |= (guint64)(*m->at & 0x7f) << shift;
        if (!(*m->at++ & 0x80))
            return value;
    }
}

/* FALSE at the end. */
static gboolean
next_field(Message *m, Field *field)
{
    guint64 key, size;

    if (m->at == m->end)
        return FALSE;
    key = read_varint(m);
    field->number = (int)(key >> 3);
    if ((key & 7) == 0) {
        field->value = read_varint(m);
        return TRUE;
    }
    g_assert_true((key & 7) == 2 || (key & 7) == 5);
    size = (key & 7) == 5 ? 4 : read_varint(m);
    g_assert_cmpuint(size, <=, m->end - m->at);
    field->bytes = (Message){m->at, m->at + size};
    m->at += size;
    return TRUE;
}

static char *
string_of(Message m)
{
    return g_strndup((const char *)m.at, m.end - m.at);
}

/* The first field of that number. */
static Field
find_field(Message m, int number)
{
    Field field;

    while (next_field(&m, &field))
        if (field.number == number)
            return field;
    g_error("no field %d", number);
}

static int
count_fields(Message m, int number)
{
    Field field;
    int n = 0;

    while (next_field(&m, &field))
        n += field.number == number;
    return n;
}

/* ---- the file ---- */

typedef struct {
    GBytes *bytes;
    Message model, graph;
    GHashTable *known; /* set of char *: values that a node may read */
    GHashTable *types; /* char * -> count: nodes of each operator */
} File;

static File
read_file(GBytes *bytes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    File f = {.bytes = bytes, .model = {data, data + size}};

    f.graph = find_field(f.model, 7).bytes;
    f.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    f.types = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return f;
}

static void
file_clear(File *f)
{
    g_bytes_unref(f->bytes);
    g_hash_table_unref(f->known);
    g_hash_table_unref(f->types);
}

static int
nodes(const File *f, const char *type)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(f->types, type));
}

static void
know(File *f, char *name)
{
    g_assert_true(g_hash_table_add(f->known, name)); /* nothing is defined twice */
}

/* A ValueInfoProto of float numbers: its dimensions. */
static void
check_value(File *f, Message value, const char *name, int channels, int h, int w)
{
    Message tensor = find_field(find_field(value, 2).bytes, 1).bytes, shape = find_field(tensor, 2).bytes;
    const gint64 want[] = {1, channels, h, w};
    g_autofree char *got = string_of(find_field(value, 1).bytes);
    Field dim;

    g_assert_cmpstr(got, ==, name);
    g_assert_cmpint(find_field(tensor, 1).value, ==, 1);
    for (int i = 0; i < 4; i++) {
        g_assert_true(next_field(&shape, &dim));
        g_assert_cmpint(find_field(dim.bytes, 1).value, ==, want[i]);
    }
    g_assert_true(shape.at == shape.end);
}

/* A TensorProto: as many bytes as its dimensions ask for; weights are the folded ones of @g. */
static void
check_constant(File *f, Message tensor, const HsegGraph *g)
{
    char *name = string_of(find_field(tensor, 8).bytes);
    Message raw = find_field(tensor, 9).bytes, m = tensor;
    int param = hseg_params_find(&g->params, name), shape[4] = {0}, n_dims = 0;
    gint64 count = 1, dims[4];
    Field field;

    while (next_field(&m, &field))
        if (field.number == 1)
            count *= dims[n_dims++] = (gint64)field.value;
    g_assert_cmpint(raw.end - raw.at, ==, count * (find_field(tensor, 2).value == 7 ? 8 : 4));
    if (param >= 0) {
        const HsegParam *p = &g->params.list[param];
        g_autofree float *plain = g_new(float, count);

        g_assert_cmpint(hseg_param_shape(p, shape), ==, n_dims);
        for (int i = 0; i < n_dims; i++)
            g_assert_cmpint(dims[i], ==, shape[i]);
        hseg_param_export(p, plain, g->params.value + p->offset);
        for (gint64 i = 0; i < count; i++) {
            guint32 bits;
            float value;

            memcpy(&bits, raw.at + 4 * i, 4);
            bits = GUINT32_FROM_LE(bits);
            memcpy(&value, &bits, 4);
            g_assert_cmpfloat(value, ==, plain[i]);
        }
    }
    know(f, name);
}

/* A NodeProto: what it reads is there already. */
static void
check_node(File *f, Message node)
{
    char *type = string_of(find_field(node, 4).bytes);
    Message m = node;
    Field field;

    while (next_field(&m, &field)) {
        g_autofree char *name = field.number == 1 ? string_of(field.bytes) : NULL;

        if (name && *name)
            g_assert_true(g_hash_table_contains(f->known, name));
    }
    know(f, string_of(find_field(node, 2).bytes));
    g_hash_table_replace(f->types, type, GINT_TO_POINTER(nodes(f, type) + 1));
}

/* Reads all of it, against the network as it runs. */
static void
check_file(File *f, const HsegGraph *g, const char *output)
{
    const HsegTensor *in = &g->tensors[0];
    Message m = f->graph;
    Field field;

    g_assert_cmpint(find_field(f->model, 1).value, ==, 6);
    g_assert_cmpint(find_field(find_field(f->model, 8).bytes, 2).value, ==, 11);
    know(f, g_strdup("input"));
    for (m = f->graph; next_field(&m, &field);)
        if (field.number == 5)
            check_constant(f, field.bytes, g);
    for (int i = 0; i < g->params.count; i++)
        g_assert_true(g_hash_table_contains(f->known, g->params.list[i].name));
    for (m = f->graph; next_field(&m, &field);)
        if (field.number == 1)
            check_node(f, field.bytes);
    g_assert_cmpint(count_fields(f->graph, 11), ==, 1);
    g_assert_cmpint(count_fields(f->graph, 12), ==, 1);
    check_value(f, find_field(f->graph, 11).bytes, "input", 3, in->h, in->w);
    check_value(f, find_field(f->graph, 12).bytes, output, 1, in->h, in->w);
    g_assert_true(g_hash_table_contains(f->known, output));
}

static HsegModel *
model_of(const HsegArch *arch)
{
    g_autoptr(GError) error = NULL;
    HsegModel *model = hseg_model_new(arch, "test", &error);

    g_assert_no_error(error);
    hseg_model_randomise(model, 5);
    return model;
}

static File
exported(const HsegArch *arch, HsegOnnxForm form)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = model_of(arch);
    g_autoptr(HsegNetwork) network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, arch->width, arch->height, 1, &error);
    GBytes *bytes = hseg_onnx_from_model(model, form, &error);
    File f;

    g_assert_no_error(error);
    f = read_file(bytes);
    check_file(&f, hseg_network_graph(network), form.probability ? "probability" : "logits");
    return f;
}

/* ---- members of the family, their nodes counted by hand ---- */

/* Blocks: 1 before s1, 2 each down (4), 5 in the middle, 2 each up (4): 22. */
static void
test_v1(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    File f;

    arch.alpha = 0.1;
    f = exported(&arch, (HsegOnnxForm){0});
    g_assert_cmpint(nodes(&f, "Conv"), ==, 1 + 2 * 22 + 1);
    g_assert_cmpint(nodes(&f, "Clip"), ==, 1 + 2 * 22);
    g_assert_cmpint(nodes(&f, "Pad"), ==, 1 + 22 - 4); /* not at stride 2 */
    g_assert_cmpint(nodes(&f, "ConvTranspose"), ==, 4);
    g_assert_cmpint(nodes(&f, "Concat"), ==, 3);
    g_assert_cmpint(g_hash_table_size(f.types), ==, 5);
    file_clear(&f);
}

static void
test_v3(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    File f;

    arch.block = HSEG_BLOCK_V3;
    arch.alpha = 0.1;
    arch.pad = HSEG_PAD_ZERO;
    f = exported(&arch, (HsegOnnxForm){.probability = TRUE});
    g_assert_cmpint(nodes(&f, "Conv"), ==, 1 + (3 + 2) * 22 + 1);
    g_assert_cmpint(nodes(&f, "GlobalAveragePool"), ==, 22);
    g_assert_cmpint(nodes(&f, "HardSigmoid"), ==, (2 + 1) * 22);
    g_assert_cmpint(nodes(&f, "Mul"), ==, (2 + 1) * 22);
    /* the second of each down and up, the middle, and the first of up4, which takes no skip */
    g_assert_cmpint(nodes(&f, "Add"), ==, 4 + 4 + 5 + 1);
    g_assert_cmpint(nodes(&f, "Pad"), ==, 0);
    g_assert_cmpint(nodes(&f, "Clip"), ==, 1);
    g_assert_cmpint(nodes(&f, "Sigmoid"), ==, 1);
    file_clear(&f);
}

/* 131 x 77 is 66 x 39 behind the stem, then 33 x 20, 17 x 10, 9 x 5 and 5 x 3: an odd side asks for a crop.
 */
static void
test_small(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    File f;

    arch.alpha = 0.1;
    arch.stem_stride = 2;
    arch.up = HSEG_UP_POINTWISE;
    arch.stem_skip = 1;
    arch.decoder_blocks = 1;
    arch.width = 131;
    arch.height = 77;
    f = exported(&arch, (HsegOnnxForm){0});
    g_assert_cmpint(nodes(&f, "Conv"), ==, 1 + 2 * 18 + 4 + 1);
    g_assert_cmpint(nodes(&f, "Resize"), ==, 4 + 1);
    g_assert_cmpint(nodes(&f, "Slice"), ==, 4 + 1); /* to 9 x 5, 17 x 10, 33 x 20, 66 x 39, and the logits */
    g_assert_cmpint(nodes(&f, "Concat"), ==, 4);
    file_clear(&f);
}

static void
test_clipless(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    File f;

    arch.alpha = 0.1;
    f = exported(&arch, (HsegOnnxForm){.clipless = TRUE});
    g_assert_cmpint(nodes(&f, "Clip"), ==, 0);
    g_assert_cmpint(nodes(&f, "HardSigmoid"), ==, 1 + 2 * 22);
    g_assert_cmpint(nodes(&f, "Mul"), ==, 1 + 2 * 22);
    file_clear(&f);
}

/* The output is cropped behind the convolution, which sees all of the doubled map. */
static void
test_bilinear(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    File f;

    arch.block = HSEG_BLOCK_V2;
    arch.alpha = 0.1;
    arch.up = HSEG_UP_BILINEAR;
    arch.width = arch.height = 67; /* 34, 17, 9, 5 */
    f = exported(&arch, (HsegOnnxForm){0});
    g_assert_cmpint(nodes(&f, "Conv"), ==, 1 + 3 * 22 + 4 + 1);
    g_assert_cmpint(nodes(&f, "Resize"), ==, 4);
    g_assert_cmpint(nodes(&f, "Slice"), ==, 3);
    file_clear(&f);
}

static void
test_default(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = hseg_model_load("default", &error);
    g_autoptr(HsegNetwork) network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, model->arch.width, model->arch.height, 1, &error);
    File f = read_file(hseg_onnx_from_model(model, (HsegOnnxForm){0}, &error));

    g_assert_no_error(error);
    check_file(&f, hseg_network_graph(network), "logits");
    file_clear(&f);
}

/* What cannot be written leaves what was there. */
static void
test_save(void)
{
    g_autofree char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.onnx", NULL),
                    *wrong = g_build_filename(dir, "no", "a", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *contents = NULL;
    HsegArch arch = HSEG_ARCH_REFERENCE;
    gsize size;

    arch.alpha = 0.05;
    g_autoptr(HsegModel) model = model_of(&arch);
    g_autoptr(GBytes) bytes = hseg_onnx_from_model(model, (HsegOnnxForm){0}, NULL);

    g_assert_true(hseg_onnx_save(model, (HsegOnnxForm){0}, path, &error));
    g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
    g_assert_cmpmem(contents, size, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_assert_false(hseg_onnx_save(model, (HsegOnnxForm){0}, wrong, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, wrong));
    g_clear_error(&error);
    g_assert_false(hseg_onnx_save(model, (HsegOnnxForm){0}, dir, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_remove(path);
    g_assert_cmpint(g_rmdir(dir), ==, 0); /* nothing half-written stays */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/onnx/v1", test_v1);
    g_test_add_func("/model/onnx/v3", test_v3);
    g_test_add_func("/model/onnx/small", test_small);
    g_test_add_func("/model/onnx/clipless", test_clipless);
    g_test_add_func("/model/onnx/bilinear", test_bilinear);
    g_test_add_func("/model/onnx/default", test_default);
    g_test_add_func("/model/onnx/save", test_save);
    return g_test_run();
}
