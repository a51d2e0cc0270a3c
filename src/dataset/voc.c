/* Pascal VOC (Everingham et al. 2015): JPEGImages/NAME.jpg with SegmentationClass/NAME.png, the names in
 * ImageSets/Segmentation/SPLIT.txt. Labels are palette indices: 0 background, 15 person, 255 void.
 *
 * Void lies as a band of about five pixels around every object, half of it outside, and over what is too hard
 * to label. As background it would make every person thinner; so the band goes to what it borders on: each of
 * its pixels takes the nearest label, which puts the edge in the band's middle. What is farther from any
 * label is taken for background, and the picture for no sure background. */
#include "dataset/labels.h"
#include "dataset/layouts.h"

#include <humanseg/error.h>
#include <string.h>

#define CLASSES 21
#define PERSON  15
#define VOID    255
#define BAND    6 /* pixels from a label that still belong to the band */

typedef struct {
    HsegLabels *labels;
    gint32 *queue; /* pixels that got their label, in the order of their distance */
    gsize n;
} Spread;

static void
offer(Spread *s, int x, int y, guint16 label)
{
    HsegLabels *l = s->labels;
    gsize i = (gsize)y * l->width + x;

    if (x < 0 || y < 0 || x >= l->width || y >= l->height || l->data[i] != VOID)
        return;
    l->data[i] = label;
    s->queue[s->n++] = (gint32)i;
}

/* Spreads the labels into the void, a pixel a step: to the four neighbours, and in every other step to all
 * eight, which comes near to round. */
static void
close_band(HsegLabels *l)
{
    gsize all = (gsize)l->width * l->height, from = 0;
    g_autofree gint32 *queue = g_new(gint32, all);
    Spread s = {.labels = l, .queue = queue};

    for (gsize i = 0; i < all; i++)
        if (l->data[i] != VOID)
            queue[s.n++] = (gint32)i;
    for (int step = 0; step < BAND; step++) {
        gsize until = s.n;

        for (; from < until; from++) {
            int x = queue[from] % l->width, y = queue[from] / l->width;
            guint16 label = l->data[queue[from]];

            offer(&s, x - 1, y, label);
            offer(&s, x + 1, y, label);
            offer(&s, x, y - 1, label);
            offer(&s, x, y + 1, label);
            for (int corner = 0; step % 2 && corner < 4; corner++)
                offer(&s, x + (corner & 1 ? 1 : -1), y + (corner & 2 ? 1 : -1), label);
        }
    }
}

/* FALSE with an error where a label is none of VOC's. */
static gboolean
check_labels(const HsegLabels *l, const char *file, GError **error)
{
    for (gsize i = 0; i < (gsize)l->width * l->height; i++)
        if (l->data[i] >= CLASSES && l->data[i] != VOID) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                        "%s: label %u at pixel %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
                        "; VOC has 0 to 20 and 255",
                        file, l->data[i], i % l->width, i / l->width);
            return FALSE;
        }
    return TRUE;
}

static gboolean
voc_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    g_autoptr(HsegLabels) labels = hseg_labels_load(record->truth, error);
    g_autoptr(HsegPicture) made = NULL;
    gboolean person = FALSE, unsure = FALSE;

    if (!labels || !check_labels(labels, record->truth, error))
        return FALSE;
    made = hseg_source_new_mask(labels->width, labels->height, error);
    if (!made)
        return FALSE;
    close_band(labels);
    for (gsize i = 0; i < (gsize)labels->width * labels->height; i++) {
        made->data[i] = labels->data[i] == PERSON ? 255 : 0;
        person |= labels->data[i] == PERSON;
        unsure |= labels->data[i] == VOID;
    }
    if (person || !unsure)
        *mask = g_steal_pointer(&made);
    return TRUE;
}

static gboolean
add_name(HsegSource *source, const char *dir, const char *name, GError **error)
{
    g_autofree char *jpg = g_strconcat(name, ".jpg", NULL), *png = g_strconcat(name, ".png", NULL);

    if (strchr(name, '/')) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "'%s' is no picture's name", name);
        return FALSE;
    }
    return hseg_source_add(source, g_strdup(name), g_build_filename(dir, "JPEGImages", jpg, NULL),
                           g_build_filename(dir, "SegmentationClass", png, NULL), 0, error);
}

static gboolean
add_list(HsegSource *source, const char *dir, const char *split, GError **error)
{
    g_autofree char *file = g_strconcat(split, ".txt", NULL), *text = NULL;
    g_autofree char *path = g_build_filename(dir, "ImageSets", "Segmentation", file, NULL);
    g_autoptr(GError) fault = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, &fault)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read %s: %s", path, fault->message);
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        const char *name = g_strstrip(lines[i]);

        if (*name && !add_name(source, dir, name, error)) {
            g_prefix_error(error, "%s, line %u: ", path, i + 1);
            return FALSE;
        }
    }
    return TRUE;
}

/* Adds @dir if it is a VOC of some year; otherwise those of the folders in it. */
static gboolean
add_years(HsegSource *source, const char *dir, const char *split, GError **error)
{
    g_autofree char *own = hseg_find_folder(dir, "SegmentationClass", NULL);
    g_autoptr(GPtrArray) names = own ? NULL : hseg_list_names(dir, error);

    if (own)
        return add_list(source, dir, split, error);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *year = g_build_filename(dir, names->pdata[i], NULL);
        g_autofree char *labels = hseg_find_folder(year, "SegmentationClass", NULL);

        if (labels && !add_list(source, year, split, error))
            return FALSE;
    }
    return names != NULL;
}

HsegSource *
hseg_voc_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    g_autoptr(HsegSource) source = hseg_source_new0(sizeof(HsegSource));

    source->load_mask = voc_load_mask;
    if (!add_years(source, in, options->split ? options->split : "trainval", error))
        return NULL;
    return hseg_source_check(source, in,
                             "JPEGImages, SegmentationClass and names in ImageSets/Segmentation/trainval.txt",
                             error)
               ? g_steal_pointer(&source)
               : NULL;
}
