/* Mapillary Vistas (Neuhold et al. 2017): SPLIT/images/NAME.jpg with a label for each pixel in NAME.png.
 *     1.2: config.json,      SPLIT/labels,      SPLIT/instances
 *     2.0: config_v2.0.json, SPLIT/v2.0/labels, SPLIT/v2.0/instances; beside them config_v1.2.json and
 * SPLIT/v1.2 Where both are there the newer is read. Labels are palette indices; instances are 16-bit grey,
 * the label in the high byte, and stand in where the labels are not unpacked. The config's list names the
 * labels: people are human--person and human--rider with all that these are divided into. */
#include "dataset/json.h"
#include "dataset/labels.h"
#include "dataset/layouts.h"

#include <humanseg/error.h>
#include <string.h>

typedef struct {
    HsegSource base;
    GArray *people; /* of gboolean: is the label one? */
    char *config;
} Mapillary;

static const struct {
    const char *config, *folder; /* NULL: the split's own */
} versions[] = {
    {"config_v2.0.json", "v2.0"},
    {"config_v1.2.json", "v1.2"},
    {"config.json", NULL},
};

static void
mapillary_clear(HsegSource *source)
{
    Mapillary *m = (Mapillary *)source;

    g_array_unref(m->people);
    g_free(m->config);
}

static gboolean
is_or_below(const char *name, const char *class)
{
    gsize n = strlen(class);

    return strncmp(name, class, n) == 0 && (name[n] == '\0' || g_str_has_prefix(name + n, "--"));
}

static gboolean
read_label(Mapillary *m, JsonNode *node, GError **error)
{
    const char *name = NULL;
    gboolean person;

    if (JSON_NODE_HOLDS_OBJECT(node))
        name = hseg_json_string(json_node_get_object(node), "name", error);
    else
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no object where one is expected");
    if (!name)
        return FALSE;
    person = is_or_below(name, "human--person") || is_or_below(name, "human--rider");
    g_array_append_val(m->people, person);
    return TRUE;
}

static gboolean
read_config(Mapillary *m, GError **error)
{
    g_autoptr(JsonNode) root = hseg_json_load(m->config, error);
    JsonArray *labels;
    gboolean any = FALSE;

    if (!root)
        return FALSE;
    labels = hseg_json_array(json_node_get_object(root), "labels", error);
    for (guint i = 0; labels && i < json_array_get_length(labels); i++) {
        if (!read_label(m, json_array_get_element(labels, i), error)) {
            g_prefix_error(error, "%s: label %u: ", m->config, i);
            return FALSE;
        }
        any |= g_array_index(m->people, gboolean, i);
    }
    if (!labels)
        g_prefix_error(error, "%s: ", m->config);
    else if (!any)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                    "%s: no label is called human--person or human--rider, or begins so", m->config);
    return any;
}

/* (transfer full): where the labels of a split are. */
static char *
find_labels(const char *split, const char *folder)
{
    static const char *const kinds[] = {"labels", "instances"};
    char *found = NULL;

    for (gsize i = 0; !found && i < G_N_ELEMENTS(kinds); i++)
        found = folder ? hseg_find_folder(split, folder, kinds[i], NULL)
                       : hseg_find_folder(split, kinds[i], NULL);
    return found;
}

static gboolean
add_split(Mapillary *m, const char *images, const char *labels, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(images, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *stem = hseg_strip_suffix(names->pdata[i]), *png = g_strconcat(stem, ".png", NULL);

        if (hseg_is_picture(names->pdata[i]) &&
            !hseg_source_add(&m->base, g_steal_pointer(&stem),
                             g_build_filename(images, names->pdata[i], NULL),
                             g_build_filename(labels, png, NULL), 0, error))
            return FALSE;
    }
    return names != NULL;
}

/* The splits are the folders that have pictures and labels: training, validation; testing has no labels. */
static gboolean
add_splits(Mapillary *m, const char *in, const char *wanted, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(in, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *split = g_build_filename(in, names->pdata[i], NULL);
        g_autofree char *images = hseg_find_folder(split, "images", NULL),
                        *labels = find_labels(split, folder);

        if (images && labels && (!wanted || strcmp(wanted, names->pdata[i]) == 0) &&
            !add_split(m, images, labels, error))
            return FALSE;
    }
    return names != NULL;
}

static gboolean
mapillary_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    const Mapillary *m = (const Mapillary *)source;
    g_autoptr(HsegLabels) labels = hseg_labels_load(record->truth, error);
    g_autofree char *folder = g_path_get_dirname(record->truth);
    int shift = g_str_has_suffix(folder, "instances") ? 8 : 0;
    g_autoptr(HsegPicture) made = labels ? hseg_source_new_mask(labels->width, labels->height, error) : NULL;
    gsize n = made ? (gsize)labels->width * labels->height : 0;

    for (gsize i = 0; i < n; i++) {
        guint label = labels->data[i] >> shift;

        if (label >= m->people->len) {
            g_set_error(
                error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                "%s: label %u at pixel %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT ", but %s has only %u labels",
                record->truth, label, i % labels->width, i / labels->width, m->config, m->people->len);
            return FALSE;
        }
        made->data[i] = g_array_index(m->people, gboolean, label) ? 255 : 0;
    }
    *mask = g_steal_pointer(&made);
    return *mask != NULL;
}

HsegSource *
hseg_mapillary_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    Mapillary *m = hseg_source_new0(sizeof *m);
    g_autoptr(HsegSource) source = &m->base;
    const char *expected = "config.json, config_v1.2.json or config_v2.0.json, SPLIT/images and labels";
    gsize i = 0;

    source->load_mask = mapillary_load_mask;
    source->clear = mapillary_clear;
    m->people = g_array_new(FALSE, FALSE, sizeof(gboolean));
    for (; i < G_N_ELEMENTS(versions); i++) {
        m->config = g_build_filename(in, versions[i].config, NULL);
        if (g_file_test(m->config, G_FILE_TEST_IS_REGULAR))
            break;
        g_clear_pointer(&m->config, g_free);
    }
    if (m->config &&
        (!read_config(m, error) || !add_splits(m, in, options->split, versions[i].folder, error)))
        return NULL;
    return hseg_source_check(source, in, expected, error) ? g_steal_pointer(&source) : NULL;
}
