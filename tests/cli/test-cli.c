/* The humanseg command as people run it: HUMANSEG names the program. */
#include "../folder.h"
#include "files/picture.h"
#include "model/model.h"
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NET_W 64
#define NET_H 36

typedef struct {
    char *dir;
    char *model;     /* a small network with random weights */
    char *out, *err; /* what the last run said */
} Desk;

static char *
in_desk(const Desk *d, const char *name)
{
    return g_build_filename(d->dir, name, NULL);
}

static void
save_model(const char *path)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(HsegModel) model = NULL;

    arch.alpha = arch.decoder_alpha = 0.05;
    arch.width = NET_W;
    arch.height = NET_H;
    model = hseg_model_new(&arch, "small", NULL);
    hseg_model_randomise(model, 3);
    g_assert_true(hseg_model_save(model, path, FALSE, NULL));
}

/* A picture of @channels channels, each pixel its own. (transfer full): its path. */
static char *
save_picture(const Desk *d, const char *name, int width, int height, int channels)
{
    g_autoptr(HsegPicture) picture = hseg_picture_new(width, height, channels, NULL);
    char *path = in_desk(d, name);
    g_autofree char *folder = g_path_get_dirname(path);

    for (size_t i = 0; i < picture->stride * (size_t)height; i++)
        picture->data[i] = (uint8_t)(i * 7 + i / 50);
    g_mkdir_with_parents(folder, 0777);
    g_assert_true(hseg_picture_save_png(picture, path, NULL));
    return path;
}

static void
desk_set_up(Desk *d, gconstpointer unused)
{
    d->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_assert_nonnull(d->dir);
    d->model = in_desk(d, "small.safetensors");
    save_model(d->model);
}

static void
desk_tear_down(Desk *d, gconstpointer unused)
{
    remove_folder(d->dir);
    g_free(d->dir);
    g_free(d->model);
    g_free(d->out);
    g_free(d->err);
}

static int
run_list(Desk *d, const char *first, va_list list)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    int status;

    g_ptr_array_add(args, (gpointer)g_getenv("HUMANSEG"));
    for (const char *arg = first; arg; arg = va_arg(list, const char *))
        g_ptr_array_add(args, (gpointer)arg);
    g_ptr_array_add(args, NULL);
    g_clear_pointer(&d->out, g_free);
    g_clear_pointer(&d->err, g_free);
    g_spawn_sync(d->dir, (char **)args->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &d->out, &d->err, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Runs humanseg with arguments up to NULL; returns its exit status. */
static int G_GNUC_NULL_TERMINATED
run(Desk *d, const char *first, ...)
{
    va_list list;
    int status;

    va_start(list, first);
    status = run_list(d, first, list);
    va_end(list);
    return status;
}

/* The same, and it must succeed. */
static void G_GNUC_NULL_TERMINATED
run_well(Desk *d, const char *first, ...)
{
    va_list list;
    int status;

    va_start(list, first);
    status = run_list(d, first, list);
    va_end(list);
    if (status != 0)
        g_error("humanseg %s: exit status %d, %s", first, status, d->err);
}

/* The last run failed with one line that says @what and, if given, names @thing. */
static void
assert_complaint(const Desk *d, int status, const char *what, const char *thing)
{
    g_assert_cmpint(status, ==, 1);
    g_assert_true(g_str_has_prefix(d->err, "humanseg: "));
    g_assert_true(strchr(d->err, '\n') == d->err + strlen(d->err) - 1);
    if (!strstr(d->err, what) || (thing && !strstr(d->err, thing)))
        g_error("'%s' does not say '%s' of '%s'", d->err, what, thing);
}

static HsegPicture *
load(const char *path, int channels)
{
    g_autoptr(GError) error = NULL;
    HsegPicture *picture =
        channels == 1 ? hseg_picture_load_grey(path, &error) : hseg_picture_load(path, &error);

    g_assert_no_error(error);
    g_assert_cmpint(picture->channels, ==, channels);
    return picture;
}

static char *
file_text(const char *path)
{
    char *text = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &text, &size, NULL));
    for (gsize i = 0; i < size; i++) /* for strstr() */
        text[i] = text[i] ? text[i] : ' ';
    return text;
}

static void
test_help(Desk *d, gconstpointer unused)
{
    static const char *const commands[] = {"segment", "train",   "eval",   "bench",   "info",
                                           "dataset", "average", "export", "quantize"};

    run_well(d, "--help", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        g_assert_nonnull(strstr(d->out, commands[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        run_well(d, commands[i], "--help", NULL);
        g_assert_nonnull(strstr(d->out, commands[i]));
        g_assert_cmpstr(d->err, ==, "");
    }
    run_well(d, "--version", NULL);
    g_assert_true(g_str_has_prefix(d->out, "humanseg "));
}

/* The file itself is tests/model/test-onnx.c's. */
static void
test_export(Desk *d, gconstpointer unused)
{
    g_autofree char *path = in_desk(d, "a.onnx"), *first = NULL, *second = NULL;
    gsize size, more;

    run_well(d, "export", d->model, "--onnx", path, NULL);
    g_assert_true(g_file_get_contents(path, &first, &size, NULL));
    run_well(d, "export", d->model, "--probability", "--onnx", path, NULL);
    g_assert_true(g_file_get_contents(path, &second, &more, NULL));
    g_assert_cmpint(more, >, size);
}

static void
test_misuse(Desk *d, gconstpointer unused)
{
    assert_complaint(d, run(d, "dance", NULL), "no command", "dance");
    assert_complaint(d, run(d, "info", "--no-such-option", NULL), "nknown option", "--no-such-option");
    assert_complaint(d, run(d, "segment", NULL), "-o OUT", NULL);
    assert_complaint(d, run(d, "segment", "-o", "x.png", "-m", d->model, NULL), "no pictures", NULL);
    assert_complaint(d, run(d, "eval", NULL), "--data", NULL);
    assert_complaint(d, run(d, "eval", "--data", "x", "stray", NULL), "what is 'stray' for", NULL);
    assert_complaint(d, run(d, "bench", "--threads", "-1", NULL), "--threads", "-1");
    assert_complaint(d, run(d, "bench", "--size", "big", NULL), "--size", "big");
    assert_complaint(d, run(d, "bench", "--precision", "float8", NULL), "--precision", "float8");
    assert_complaint(d, run(d, "info", "--alpha", "many", NULL), "alpha", "many");
    assert_complaint(d, run(d, "info", "--input", "8x8", NULL), "input", "8x8");
    assert_complaint(d, run(d, "info", "--alpha", "0.5", d->model, NULL), "architecture", d->model);
    assert_complaint(d, run(d, "info", "no/such/model", NULL), "cannot open", "no/such/model");
    assert_complaint(d, run(d, "average", d->model, NULL), "two models", "--out");
    assert_complaint(d, run(d, "export", d->model, NULL), "is needed", "--onnx");
    assert_complaint(d, run(d, "export", "no.safetensors", "--onnx", "a.onnx", NULL), "no.safetensors", NULL);
    assert_complaint(d, run(d, "export", d->model, "--onnx", "no/a.onnx", NULL), "cannot save", "no/a.onnx");
    assert_complaint(d, run(d, "export", d->model, "--onnx", ".", NULL), "not a regular file", NULL);
}

typedef struct {
    const char *arch, *alpha, *stem_stride;
    const char *params, *with_fc, *folded, *macs,
        *fvcore; /* computed from the architecture's description in PyTorch */
} Counts;

static const Counts counts[] = {
    {"v1", "1.0", "1", "10835585", "11860585", "10802177", "10014883840", "10125271040"},
    {"v2", "1.0", "1", "24988993", "26013993", "24905857", "30066237440", "30356357120"},
    {"v2", "0.45", "1", "5107760", "5568760", "5070464", "6137570000", "6266190800"},
    {"v3", "1.0", "1", "34571825", "35596825", "34488689", "30075799552", "30418921472"},
    {"v3", "0.45", "1", "7044552", "7505552", "7007256", "6139497500", "6291629100"},
    {"v3", "0.3", "1", "3146409", "3454409", "3121599", "2774501008", "2876134288"},
    {"v1", "1.0", "2", "10835585", "11860585", "10802177", "2552862720", "2580736000"},
    {"v3", "0.3", "2", "3146409", "3454409", "3121599", "708935468", "734603308"},
};

static void
assert_word(const char *text, const char *word)
{
    g_autofree char *pattern = g_strdup_printf("\\b%s\\b", word);

    if (!g_regex_match_simple(pattern, text, 0, 0))
        g_error("'%s' is not in:\n%s", word, text);
}

static void
test_info_counts(Desk *d, gconstpointer data)
{
    const Counts *c = data;

    run_well(d, "info", "--arch", c->arch, "--alpha", c->alpha, "--stem-stride", c->stem_stride, NULL);
    assert_word(d->out, c->params);
    assert_word(d->out, c->with_fc);
    assert_word(d->out, c->folded);
    assert_word(d->out, c->macs);
    assert_word(d->out, c->fvcore);
}

static void
test_info_model(Desk *d, gconstpointer unused)
{
    run_well(d, "info", d->model, NULL);
    assert_word(d->out, "alpha=0.05");
    assert_word(d->out, "input=64x36");
    assert_word(d->out, "backbone.model.layer3.5.pointwise.conv");
}

static void
test_segment_outputs(Desk *d, gconstpointer unused)
{
    g_autofree char *in = save_picture(d, "in.png", 61, 47, 3), *mask_path = in_desk(d, "mask.png");
    g_autofree char *cutout_path = in_desk(d, "cutout.png"), *same_path = in_desk(d, "same.png");
    g_autofree char *green_path = in_desk(d, "green.png");
    g_autoptr(HsegPicture) picture = load(in, 3), mask = NULL, cutout = NULL, same = NULL, green = NULL;

    run_well(d, "segment", in, "-o", mask_path, "-m", d->model, NULL);
    run_well(d, "segment", in, "-o", cutout_path, "-m", d->model, "--output", "cutout", "--threads", "2",
             NULL);
    run_well(d, "segment", in, "-o", same_path, "-m", d->model, "--output", "composite", "--background",
             "none", NULL);
    run_well(d, "segment", in, "-o", green_path, "-m", d->model, "--output", "composite",
             "--background-color", "#00ff00", "--threshold", "1", "--softness", "0", NULL);
    mask = load(mask_path, 1);
    cutout = load(cutout_path, 4);
    same = load(same_path, 3);
    green = load(green_path, 3);
    g_assert_cmpint(mask->width, ==, 61);
    g_assert_cmpint(mask->height, ==, 47);
    for (int y = 0; y < 47; y++) {
        const uint8_t *from = picture->data + (size_t)y * picture->stride,
                      *to = same->data + (size_t)y * same->stride;
        const uint8_t *rgba = cutout->data + (size_t)y * cutout->stride;

        g_assert_cmpmem(to, 61 * 3, from, 61 * 3);
        for (int x = 0; x < 61; x++)
            g_assert_cmpint(rgba[4 * x + 3], ==, mask->data[(size_t)y * mask->stride + (size_t)x]);
    }
    g_assert_cmpmem(green->data, 3, "\0\xff\0", 3); /* nothing is over a probability of 1: all background */
}

static void
test_segment_folder(Desk *d, gconstpointer unused)
{
    g_autofree char *in = in_desk(d, "in"), *out = in_desk(d, "deep/out"), *ma = in_desk(d, "deep/out/a.png");
    g_autofree char *mb = in_desk(d, "deep/out/b.png");
    g_autoptr(HsegPicture) first = NULL, second = NULL;

    g_free(save_picture(d, "in/a.png", 40, 30, 3));
    g_free(save_picture(d, "in/b.png", 30, 40, 1));
    run_well(d, "segment", in, "-o", out, "-m", d->model, NULL);
    g_assert_cmpstr(d->err, ==, "");
    first = load(ma, 1);
    second = load(mb, 1);
    g_assert_cmpint(first->width, ==, 40);
    g_assert_cmpint(second->width, ==, 30);
}

static void
test_segment_refusals(Desk *d, gconstpointer unused)
{
    g_autofree char *in = save_picture(d, "in.png", 40, 30, 3),
                    *twin = save_picture(d, "other/in.png", 40, 30, 3);
    g_autofree char *tiny = save_picture(d, "tiny.png", 5, 5, 3), *out = in_desk(d, "out.png");
    g_autofree char *text = in_desk(d, "text.png"), *kept = NULL, *folder = in_desk(d, "results");
    const char *m = d->model;

    g_assert_true(g_file_set_contents(text, "not a picture", -1, NULL));
    g_assert_true(g_file_set_contents(out, "as it was", -1, NULL));
    assert_complaint(d, run(d, "segment", "gone.png", "-o", out, "-m", m, NULL), "", "gone.png");
    assert_complaint(d, run(d, "segment", text, "-o", out, "-m", m, NULL), "", text);
    assert_complaint(d, run(d, "segment", tiny, "-o", out, "-m", m, NULL), "", tiny);
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", "no/model", NULL), "cannot open", "no/model");
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", m, "--output", "film", NULL), "--output",
                     "film");
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", m, "--background-color", "red", NULL),
                     "colour", "red");
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", m, "--background", "image", NULL),
                     "--background-image", NULL);
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", m, "--background-image", "gone", NULL), "",
                     "gone");
    assert_complaint(d, run(d, "segment", in, "-o", out, "-m", m, "--softness", "2", NULL), "--softness",
                     "2");
    assert_complaint(d, run(d, "segment", in, "-o", in, "-m", m, NULL), "overwritten", in);
    assert_complaint(d, run(d, "segment", in, "-o", "out.jpg", "-m", m, NULL), "PNG", "out.jpg");
    assert_complaint(d, run(d, "segment", in, twin, "-o", folder, "-m", m, NULL), "both", twin);
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_get_contents(out, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, "as it was");
}

static JsonObject *
load_json(const char *path, JsonParser *parser)
{
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    return json_node_get_object(json_parser_get_root(parser));
}

static void
assert_scores(JsonObject *o)
{
    static const char *const names[] = {"iou",       "miou",   "dice",  "accuracy",
                                        "precision", "recall", "auroc", "boundary_f"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        double value = json_object_get_double_member_with_default(o, names[i], -1);

        g_assert_cmpfloat(value, >=, 0);
        g_assert_cmpfloat(value, <=, 1);
    }
}

static void
test_eval(Desk *d, gconstpointer unused)
{
    g_autofree char *val = in_desk(d, "val"), *json = in_desk(d, "scores.json"), *b = in_desk(d, "val/b");
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root;
    JsonArray *sets;

    g_free(save_picture(d, "val/a/images/1.png", 64, 36, 3));
    g_free(save_picture(d, "val/a/masks/1.png", 64, 36, 1));
    g_free(save_picture(d, "val/b/images/2.png", 36, 64, 3));
    g_free(save_picture(d, "val/b/masks/2.png", 36, 64, 1));
    run_well(d, "eval", "-m", d->model, "--data", val, "--data", b, "--json", json, NULL);
    assert_word(d->out, "pooled over pixels");
    assert_word(d->out, "mean over images");
    root = load_json(json, parser);
    g_assert_cmpint(json_object_get_int_member(root, "images"), ==, 3);
    assert_scores(root);
    assert_scores(json_object_get_object_member(root, "mean"));
    sets = json_object_get_array_member(root, "sets");
    g_assert_cmpint(json_array_get_length(sets), ==, 3);
    g_assert_cmpstr(json_object_get_string_member(json_array_get_object_element(sets, 0), "name"), ==, "a");
    g_assert_cmpstr(json_object_get_string_member(json_array_get_object_element(sets, 2), "name"), ==, "b");
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpint(json_object_get_int_member(json_array_get_object_element(sets, i), "images"), ==, 1);
        assert_scores(json_array_get_object_element(sets, i));
    }
    run_well(d, "eval", "-m", d->model, "--data", b, "--guided", NULL);
}

/* Clips and pictures without people have parts of their own; the pool is that of --data. */
static void
test_eval_kinds(Desk *d, gconstpointer unused)
{
    g_autofree char *val = in_desk(d, "val"), *clip = in_desk(d, "clip"), *json = in_desk(d, "scores.json");
    g_autofree char *room = save_picture(d, "rooms/room.png", 64, 36, 3), *rooms = in_desk(d, "rooms");
    g_autofree char *page = in_desk(d, "shown/index.html"), *html = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root, *video, *temporal, *negatives;

    g_free(save_picture(d, "val/images/1.png", 64, 36, 3));
    g_free(save_picture(d, "val/masks/1.png", 64, 36, 1));
    for (int i = 8; i < 11; i++) {
        g_autofree char *image = g_strdup_printf("clip/images/%d.png", i);
        g_autofree char *mask = g_strdup_printf("clip/masks/%d.png", i);

        g_free(save_picture(d, image, 64, 36, 3));
        g_free(save_picture(d, mask, 64, 36, 1));
    }
    run_well(d, "eval", "-m", d->model, "--data", val, "--video", clip, "--negatives", rooms, "--json", json,
             "--report", "shown", NULL);
    assert_word(d->out, "from frame to frame");
    g_assert_nonnull(strstr(d->out, room));
    g_assert_true(g_file_get_contents(page, &html, NULL, NULL));
    g_assert_nonnull(strstr(html, "eval -m"));
    root = load_json(json, parser);
    g_assert_cmpint(json_object_get_int_member(root, "images"), ==, 1);
    video = json_object_get_object_member(root, "video");
    g_assert_cmpint(json_object_get_int_member(video, "images"), ==, 3);
    assert_scores(video);
    video = json_array_get_object_element(json_object_get_array_member(video, "clips"), 0);
    g_assert_cmpstr(json_object_get_string_member(video, "name"), ==, "clip");
    assert_scores(video);
    temporal = json_object_get_object_member(video, "temporal");
    g_assert_cmpint(json_object_get_int_member(temporal, "pairs"), ==, 2);
    g_assert_cmpfloat(json_object_get_double_member(temporal, "flicker"), ==,
                      0); /* all frames are the same */
    g_assert_cmpfloat(json_object_get_double_member(temporal, "dtssd"), ==, 0);
    negatives = json_array_get_object_element(json_object_get_array_member(root, "negatives"), 0);
    g_assert_cmpstr(json_object_get_string_member(negatives, "name"), ==, "rooms");
    g_assert_cmpint(json_object_get_int_member(negatives, "images"), ==, 1);
    g_assert_cmpfloat(json_object_get_double_member(negatives, "marked"), ==,
                      json_object_get_double_member(negatives, "worst"));
    negatives = json_array_get_object_element(json_object_get_array_member(negatives, "files"), 0);
    g_assert_cmpstr(json_object_get_string_member(negatives, "file"), ==, room);
}

static void
test_eval_refusals(Desk *d, gconstpointer unused)
{
    g_autofree char *val = in_desk(d, "val");
    g_autofree char *mask = save_picture(d, "val/masks/1.png", 64, 30, 1), *json = in_desk(d, "scores.json");

    g_free(save_picture(d, "val/images/1.png", 64, 36, 3));
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", "nowhere", NULL), "", "nowhere");
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", val, "--json", json, NULL), "", mask);
    g_assert_false(g_file_test(json, G_FILE_TEST_EXISTS));
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", val, "--report", mask, NULL), "no folder",
                     mask);
}

/* Names that are no UTF-8, or more than a name needs: the work is done, and what is written is well-formed.
 */
static void
test_eval_names(Desk *d, gconstpointer unused)
{
    static const char *const names[] = {"caf\xe9", "a\xfd", "sp ace%20d", "<b>&'\"", "two\nlines"};
    g_autofree char *root = in_desk(d, "val"), *json = in_desk(d, "scores.json"), *page = in_desk(d, "page");
    g_autofree char *index = g_build_filename(page, "index.html", NULL), *html = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonArray *sets;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *image = g_strdup_printf("val/%s/images/%s.png", names[i], names[i]);
        g_autofree char *mask = g_strdup_printf("val/%s/masks/%s.png", names[i], names[i]);

        g_free(save_picture(d, image, 64, 36, 3));
        g_free(save_picture(d, mask, 64, 36, 1));
    }
    run_well(d, "eval", "-m", d->model, "--data", root, "--json", json, "--report", page, NULL);
    sets = json_object_get_array_member(load_json(json, parser), "sets");
    g_assert_cmpuint(json_array_get_length(sets), ==, G_N_ELEMENTS(names));
    for (guint i = 0; i < json_array_get_length(sets); i++)
        g_assert_true(g_utf8_validate(
            json_object_get_string_member(json_array_get_object_element(sets, i), "name"), -1, NULL));
    html = file_text(index);
    g_assert_true(g_utf8_validate(html, -1, NULL));
    g_assert_nonnull(strstr(html, "&lt;b&gt;&amp;&apos;&quot;"));
}

/* A result never takes the place of what it was made from, by whatever name it goes. */
static void
test_spared(Desk *d, gconstpointer unused)
{
    g_autofree char *before = file_text(d->model), *after = NULL;
    g_autofree char *link = in_desk(d, "link"), *set = in_desk(d, "set");

    g_free(save_picture(d, "set/images/1.png", 64, 36, 3));
    g_free(save_picture(d, "set/masks/1.png", 64, 36, 1));
    g_assert_cmpint(symlink(d->model, link), ==, 0);
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", set, "--json", link, NULL), "overwritten",
                     d->model);
    assert_complaint(d, run(d, "export", d->model, "--onnx", link, NULL), "overwritten", d->model);
    assert_complaint(d, run(d, "train", "--data", set, "--init", link, "--out", d->model, NULL),
                     "overwritten", link);
    after = file_text(d->model);
    g_assert_cmpstr(before, ==, after);
}

/* Before the work, not after it. */
static void
test_unwritable(Desk *d, gconstpointer unused)
{
    g_autofree char *fifo = in_desk(d, "fifo"), *set = in_desk(d, "set");

    g_free(save_picture(d, "set/images/1.png", 64, 36, 3));
    g_free(save_picture(d, "set/masks/1.png", 64, 36, 1));
    g_assert_cmpint(mkfifo(fifo, 0666), ==, 0);
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", set, "--json", fifo, NULL), "regular", fifo);
    assert_complaint(d, run(d, "eval", "-m", d->model, "--data", set, "--json", "no/x.json", NULL), "",
                     "no/x.json");
    assert_complaint(d, run(d, "quantize", d->model, "-c", set, "--out", fifo, NULL), "regular", fifo);
    g_assert_cmpstr(d->out, ==, "");
}

/* A disk that is full is no success. */
static void
test_full_output(Desk *d, gconstpointer unused)
{
    g_autofree char *line = g_strdup_printf("exec '%s' info '%s' >/dev/full", g_getenv("HUMANSEG"), d->model);
    char *argv[] = {"/bin/sh", "-c", line, NULL};
    int status;

    if (!g_file_test("/dev/full", G_FILE_TEST_EXISTS)) {
        g_test_skip("no /dev/full");
        return;
    }
    g_assert_true(
        g_spawn_sync(d->dir, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &d->err, &status, NULL));
    assert_complaint(d, WEXITSTATUS(status), "standard output", NULL);
}

static void
test_bench(Desk *d, gconstpointer unused)
{
    static const char *const stages[] = {"preprocess", "inference", "refine", "composite"};
    g_autofree char *json = in_desk(d, "bench.json");
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root, *times;
    double median, macs;
    const char *at;

    run_well(d, "info", "--alpha", "0.1", "--input", "64x36", NULL);
    at = strstr(d->out, "multiply-adds   ");
    g_assert_nonnull(at);
    macs = g_ascii_strtod(at + strlen("multiply-adds   "), NULL);

    run_well(d, "bench", "--alpha", "0.1", "--input", "64x36", "--size", "101x57", "--frames", "5",
             "--threads", "1", "--json", json, NULL);
    root = load_json(json, parser);
    g_assert_cmpstr(json_object_get_string_member(root, "model"), ==, "random");
    g_assert_cmpstr(json_object_get_string_member(root, "precision"), ==, "float32");
    g_assert_cmpint(json_object_get_int_member(root, "threads"), ==, 1);
    median = json_object_get_double_member(root, "median_ms");
    g_assert_cmpfloat(median, >, 0);
    g_assert_cmpfloat_with_epsilon(json_object_get_double_member(root, "fps") * median, 1000, 1e-6);
    g_assert_cmpfloat(json_object_get_double_member(root, "peak_gflops"), >, 0);
    g_assert_cmpint(json_object_get_int_member(root, "peak_memory_bytes"), >,
                    json_object_get_int_member(root, "maps_bytes"));
    times = json_object_get_object_member(root, "stages");
    for (gsize i = 0; i < G_N_ELEMENTS(stages); i++)
        g_assert_cmpfloat(json_object_get_double_member(times, stages[i]), >, 0);
    g_assert_cmpfloat_with_epsilon(json_object_get_double_member(root, "gflops") *
                                       json_object_get_double_member(times, "inference") * 1e6,
                                   2 * macs, 1);
}

/* @layer, of the JSON, against what `humanseg info` says of it, and by its own numbers. */
static void
assert_layer(JsonObject *root, JsonObject *layer, const GMatchInfo *info)
{
    g_autofree char *name = g_match_info_fetch(info, 1), *kind = g_match_info_fetch(info, 2),
                    *shape = g_match_info_fetch(info, 3), *macs = g_match_info_fetch(info, 4),
                    *precision = g_match_info_fetch(info, 5), *ours = NULL;
    const char *said = json_object_get_string_member(layer, "precision");
    double ms = json_object_get_double_member(layer, "median_ms"),
           gflops = json_object_get_double_member(layer, "gflops"),
           peak = json_object_get_double_member(root,
                                                g_str_equal(said, "int8") ? "peak_int8_gops" : "peak_gflops");
    gint64 memory = json_object_get_int_member(layer, "memory_bytes");

    ours = g_strdup_printf("%dx%dx%d", (int)json_object_get_int_member(layer, "width"),
                           (int)json_object_get_int_member(layer, "height"),
                           (int)json_object_get_int_member(layer, "channels"));
    g_assert_cmpstr(json_object_get_string_member(layer, "name"), ==, name);
    g_assert_cmpstr(json_object_get_string_member(layer, "kind"), ==, kind);
    g_assert_cmpstr(ours, ==, shape);
    g_assert_cmpint(json_object_get_int_member(layer, "multiply_adds"), ==, g_ascii_strtoll(macs, NULL, 10));
    if (precision && *precision)
        g_assert_cmpstr(said, ==, precision);
    g_assert_cmpfloat(ms, >, 0);
    g_assert_cmpfloat_with_epsilon(gflops * ms * 1e6, 2 * g_ascii_strtod(macs, NULL), 1);
    g_assert_cmpfloat_with_epsilon(json_object_get_double_member(layer, "percent_of_peak"),
                                   100 * gflops / peak, 1e-6);
    g_assert_cmpint(memory, >, 0);
    g_assert_cmpint(memory, <=, json_object_get_int_member(root, "maps_bytes"));
}

/* A row and an object for every layer of @info, what `humanseg info` printed, in its order; and of all
 * layers together as many multiply-adds as it says. Others only turn floats into bytes or bytes into floats.
 */
static void
assert_layers(const Desk *d, const char *info, JsonObject *root)
{
    g_autoptr(GRegex) line = g_regex_new(
        "^(\\S+) +(\\S+) +(\\d+x\\d+x\\d+) +\\d+ +(\\d+)(?: +(int8|float32))?$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    JsonArray *layers = json_object_get_array_member(root, "layers");
    gint64 macs = 0;
    double ms = 0;
    const char *row = d->out;
    g_autofree char *total = NULL;

    g_regex_match(line, info, 0, &match);
    for (guint i = 0; i < json_array_get_length(layers); i++) {
        JsonObject *layer = json_array_get_object_element(layers, i);
        g_autofree char *start = g_strdup_printf("\n%s ", json_object_get_string_member(layer, "name"));

        row = strstr(row, start);
        g_assert_nonnull(row);
        row++;
        macs += json_object_get_int_member(layer, "multiply_adds");
        ms += json_object_get_double_member(layer, "median_ms");
        if (g_str_has_suffix(json_object_get_string_member(layer, "kind"), "quantise")) {
            g_assert_cmpint(json_object_get_int_member(layer, "multiply_adds"), ==, 0);
            continue;
        }
        g_assert_true(g_match_info_matches(match));
        assert_layer(root, layer, match);
        g_match_info_next(match, NULL);
    }
    g_assert_false(g_match_info_matches(match));
    g_assert_cmpint(macs, ==, json_object_get_int_member(root, "multiply_adds"));
    total = g_strdup_printf("\nmultiply-adds   %" G_GINT64_FORMAT " ", macs);
    g_assert_nonnull(strstr(info, total));
    g_assert_nonnull(strstr(row, "\nall layers "));
    g_assert_cmpfloat(ms, >, 0);
}

static void
test_bench_layers(Desk *d, gconstpointer unused)
{
    g_autofree char *json = in_desk(d, "bench.json"), *info = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();

    run_well(d, "info", "--arch", "v3", "--alpha", "0.1", "--input", "64x36", NULL);
    info = g_steal_pointer(&d->out);
    run_well(d, "bench", "--arch", "v3", "--alpha", "0.1", "--input", "64x36", "--precision", "float32",
             "--frames", "3", "--threads", "2", "--layers", "--json", json, NULL);
    assert_layers(d, info, load_json(json, parser));
    assert_complaint(d, run(d, "bench", "--train", "--layers", NULL), "--layers", "--train");
}

/* One layer in float32 among others in int8, with what turns the one into the other. */
static void
test_bench_layers_int8(Desk *d, gconstpointer unused)
{
    const char *const kept = "up1.conv_block.pointwise.conv";
    g_autofree char *json = in_desk(d, "bench.json"), *info = NULL, *pattern = NULL;
    g_autofree char *pictures = in_desk(d, "pictures");
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(HsegModel) model = NULL;
    JsonObject *root;

    g_free(save_picture(d, "pictures/1.png", 64, 36, 3));
    run_well(d, "quantize", d->model, "--calibrate", pictures, "--out", d->model, NULL);
    model = hseg_model_load(d->model, NULL);
    g_assert_nonnull(model);
    hseg_model_set_note(model, "int8_float32", kept);
    g_assert_true(hseg_model_save(model, d->model, FALSE, NULL));

    run_well(d, "info", d->model, NULL);
    info = g_steal_pointer(&d->out);
    run_well(d, "bench", "-m", d->model, "--precision", "int8", "--frames", "3", "--layers", "--json", json,
             NULL);
    root = load_json(json, parser);
    assert_layers(d, info, root);
    pattern = g_strdup_printf("(?m)^%s +conv +\\S+ +float32 ", kept);
    g_assert_true(g_regex_match_simple(pattern, d->out, 0, 0));
    g_assert_cmpfloat(json_object_get_double_member(root, "peak_int8_gops"), >, 0);

    run_well(d, "bench", "-m", d->model, "--frames", "1", NULL);
    g_assert_null(strstr(d->out, kept));
}

static void
test_bench_train(Desk *d, gconstpointer unused)
{
    g_autofree char *json = in_desk(d, "bench.json");
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root, *times;
    double rate, steps;

    run_well(d, "bench", "--train", "--alpha", "0.05", "--input", "64x36", "--batch", "3", "--threads", "1",
             "--json", json, NULL);
    root = load_json(json, parser);
    g_assert_cmpint(json_object_get_int_member(root, "batch"), ==, 3);
    rate = json_object_get_double_member(root, "images_per_second");
    times = json_object_get_object_member(root, "stages");
    steps =
        json_object_get_double_member(times, "forward") + json_object_get_double_member(times, "backward");
    g_assert_cmpfloat(rate, >, 0);
    g_assert_cmpfloat(steps, >, 0);
    assert_complaint(d, run(d, "bench", "--train", "--batch", "0", NULL), "--batch", "0");
}

/* Ranges go into the file, the model itself if it is asked for; without them there is no int8. */
static void
test_quantize(Desk *d, gconstpointer unused)
{
    g_autofree char *image = save_picture(d, "pictures/1.png", 64, 36, 3), *pictures = in_desk(d, "pictures"),
                    *mask = in_desk(d, "mask.png"), *broken = in_desk(d, "pictures/2.png"),
                    *out = in_desk(d, "out.safetensors"), *before = NULL, *after = NULL;

    assert_complaint(d, run(d, "segment", image, "-m", d->model, "--precision", "int8", "-o", mask, NULL),
                     "int8", d->model);
    assert_complaint(d, run(d, "segment", image, "--precision", "int9", "-o", mask, NULL), "--precision",
                     "int9");
    run_well(d, "info", d->model, NULL);
    g_assert_null(strstr(d->out, "int8"));

    run_well(d, "quantize", d->model, "--calibrate", pictures, "--out", d->model, NULL);
    g_assert_nonnull(strstr(d->out, "ranges from 1 pictures"));
    run_well(d, "info", d->model, NULL);
    g_assert_nonnull(strstr(d->out, "  int8\n"));
    run_well(d, "segment", image, "-m", d->model, "--precision", "int8", "-o", mask, NULL);
    run_well(d, "bench", "-m", d->model, "--precision", "int8", "--size", "64x36", "--frames", "1", NULL);
    g_assert_nonnull(strstr(d->out, ", int8, "));

    before = file_text(d->model);
    g_assert_true(g_file_set_contents(broken, "no picture", -1, NULL));
    assert_complaint(d, run(d, "quantize", d->model, "--calibrate", pictures, "--out", d->model, NULL), "",
                     broken);
    after = file_text(d->model);
    g_assert_cmpstr(before, ==, after);
    assert_complaint(d, run(d, "quantize", d->model, "--calibrate", "nowhere", "--out", out, NULL), "",
                     "nowhere");
    assert_complaint(d, run(d, "quantize", d->model, "--out", out, NULL), "--calibrate", NULL);
    assert_complaint(d, run(d, "quantize", "no-model", "--calibrate", pictures, "--out", out, NULL), "",
                     "no-model");
    assert_complaint(d, run(d, "quantize", d->model, "-c", pictures, "--out", out, "--pictures", "0", NULL),
                     "--pictures", "0");
    g_assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
}

/* The whole loop: train a little, then use what came of it. */
static void
test_train(Desk *d, gconstpointer unused)
{
    g_autofree char *image = save_picture(d, "set/images/1.png", 64, 36, 3);
    g_autofree char *set = in_desk(d, "set"), *model = in_desk(d, "new.safetensors"),
                    *mask = in_desk(d, "mask.png");

    g_free(save_picture(d, "set/masks/1.png", 64, 36, 1));
    run_well(d, "train", "--data", set, "--alpha", "0.05", "--input", "64x36", "--epochs", "1", "--samples",
             "4", "--batch", "2", "--val-share", "0", "--synth-share", "0", "--negatives", "0", "--out",
             model, NULL);
    run_well(d, "segment", image, "-m", model, "-o", mask, NULL);
    assert_complaint(d, run(d, "train", "--data", set, NULL), "--out", NULL);
    assert_complaint(d, run(d, "train", "--data", "nowhere", "--out", model, NULL), "", "nowhere");
    assert_complaint(d, run(d, "train", "--data", set, "--out", model, "--alpha", "0", NULL), "alpha", "0");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autofree char *path = g_strdup_printf("/cli/info-counts/%s-%s-stem-%s", counts[i].arch,
                                                counts[i].alpha, counts[i].stem_stride);

        g_test_add(path, Desk, &counts[i], desk_set_up, test_info_counts, desk_tear_down);
    }
#define ADD(name, function) g_test_add("/cli/" name, Desk, NULL, desk_set_up, function, desk_tear_down)
    ADD("help", test_help);
    ADD("export", test_export);
    ADD("misuse", test_misuse);
    ADD("info-model", test_info_model);
    ADD("segment/outputs", test_segment_outputs);
    ADD("segment/folder", test_segment_folder);
    ADD("segment/refusals", test_segment_refusals);
    ADD("eval/json", test_eval);
    ADD("eval/kinds", test_eval_kinds);
    ADD("eval/refusals", test_eval_refusals);
    ADD("eval/names", test_eval_names);
    ADD("spared", test_spared);
    ADD("unwritable", test_unwritable);
    ADD("full-output", test_full_output);
    ADD("quantize", test_quantize);
    ADD("bench/json", test_bench);
    ADD("bench/layers", test_bench_layers);
    ADD("bench/layers-int8", test_bench_layers_int8);
    ADD("bench/train", test_bench_train);
    ADD("train", test_train);
    return g_test_run();
}
