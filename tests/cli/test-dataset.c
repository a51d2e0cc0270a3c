/* humanseg dataset as people run it: HUMANSEG names the program. */
#include "../dataset/fixture.h"

#include <string.h>

typedef struct {
    char *out, *err;
    int status;
} Said;

/* Runs humanseg dataset with arguments up to NULL. */
static Said G_GNUC_NULL_TERMINATED
run(const char *first, ...)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    Said said;
    va_list list;

    g_ptr_array_add(args, (gpointer)g_getenv("HUMANSEG"));
    g_ptr_array_add(args, (gpointer) "dataset");
    va_start(list, first);
    for (const char *arg = first; arg; arg = va_arg(list, const char *))
        g_ptr_array_add(args, (gpointer)arg);
    va_end(list);
    g_ptr_array_add(args, NULL);
    g_spawn_sync(NULL, (char **)args->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said.out, &said.err,
                 &said.status, &error);
    g_assert_no_error(error);
    return said;
}

static void
expect(Said said, gboolean fails, const char *out, const char *err)
{
    g_assert_cmpint(said.status != 0, ==, fails);
    if (!strstr(said.out, out) || !strstr(said.err, err))
        g_error("'%s' or '%s' does not say '%s' or '%s'", said.out, said.err, out, err);
    g_free(said.out);
    g_free(said.err);
}

static void
put_pair(Desk *d, const char *name)
{
    guint16 person[12] = {15, 15, 15, 15};
    g_autofree char *jpg = g_strdup_printf("JPEGImages/%s.jpg", name);
    g_autofree char *png = g_strdup_printf("SegmentationClass/%s.png", name);

    desk_put_picture(d, jpg, 4, 3);
    desk_put_labels(d, png, person, 4, 3, 3, 8);
}

static void
test_voc(Desk *d, gconstpointer unused)
{
    put_pair(d, "a");
    put_pair(d, "b");
    desk_put(d, "ImageSets/Segmentation/train.txt", "a\nb\n", -1);
    expect(run("voc", d->in, "--out", d->out, "--split", "train", "--limit", "1", "--size", "2", NULL), FALSE,
           "1 written, 0 there before", "");
    desk_assert_mask(d, "masks/a.png", "##..", 2, 2);
    desk_put(d, "SegmentationClass/b.png", "broken", -1);
    expect(run("voc", d->in, "--out", d->out, "--split", "train", NULL), TRUE, "", "SegmentationClass/b.png");
    expect(run("voc", d->in, "--out", d->out, "--split", "train", "--keep-going", NULL), FALSE,
           "0 written, 1 there before, 0 backgrounds, 0 left out, 1 faulty", "left out:");
}

static void
test_misuse(Desk *d, gconstpointer unused)
{
    expect(run(NULL, NULL), TRUE, "", "a layout and a folder");
    expect(run("voc", "a", "b", NULL), TRUE, "", "a layout and a folder");
    expect(run("imagenet", d->in, "--out", d->out, NULL), TRUE, "", "'imagenet' is none of coco, mapillary");
    expect(run("voc", d->in, NULL), TRUE, "", "--out");
    expect(run("voc", d->in, "--out", d->out, "--every", "3", NULL), TRUE, "",
           "--every means nothing to voc");
    expect(run("tiktok", d->in, "--out", d->out, "--backgrounds", "x", NULL), TRUE, "",
           "--backgrounds means nothing");
    expect(run("coco", d->in, "--out", d->out, "--crowd", "party", NULL), TRUE, "", "'party'");
    expect(run("coco", d->in, "--out", d->out, "--min-share", "2", NULL), TRUE, "", "--min-share");
    expect(run("coco", d->in, "--out", d->out, "--size", "-1", NULL), TRUE, "", "--size");
    expect(run("coco", "/no/such/folder", "--out", d->out, NULL), TRUE, "", "/no/such/folder");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/cli/dataset/voc", test_voc);
    DESK_TEST("/cli/dataset/misuse", test_misuse);
    return g_test_run();
}
