#include "model/model.h"

#include <gio/gio.h>
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "hseg-models.h"
#include "model/half.h"

#define RESOURCE_ROOT "/org/humanseg/models/"

/* ---- making and freeing ---- */

HsegModel *
hseg_model_new(const HsegArch *arch, const char *name, GError **error)
{
    HsegModel *model;

    if (!hseg_arch_check(arch, error))
        return NULL;
    model = g_new0(HsegModel, 1);
    model->ref_count = 1;
    model->name = g_strdup(name);
    model->arch = *arch;
    model->notes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    model->blueprint = hseg_graph_new(1, 1, true);
    if (!model->blueprint || hseg_unet_build(model->blueprint, arch, arch->width, arch->height) < 0 ||
        !hseg_params_allocate(&model->blueprint->params, false)) {
        hseg_model_unref(model);
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "%s: no memory for the weights", name);
        return NULL;
    }
    return model;
}

HsegModel *
hseg_model_ref(HsegModel *model)
{
    g_return_val_if_fail(model != NULL, NULL);
    g_atomic_int_inc(&model->ref_count);
    return model;
}

void
hseg_model_unref(HsegModel *model)
{
    if (!model || !g_atomic_int_dec_and_test(&model->ref_count))
        return;
    hseg_graph_free(model->blueprint);
    g_hash_table_unref(model->notes);
    g_free(model->name);
    g_free(model);
}

const char *
hseg_model_get_name(const HsegModel *model)
{
    g_return_val_if_fail(model != NULL, NULL);
    return model->name;
}

void
hseg_model_get_input_size(const HsegModel *model, int *width, int *height)
{
    g_return_if_fail(model != NULL && width != NULL && height != NULL);
    *width = model->arch.width;
    *height = model->arch.height;
}

void
hseg_model_set_note(HsegModel *model, const char *key, const char *value)
{
    g_hash_table_insert(model->notes, g_strdup(key), g_strdup(value));
}

/* ---- random weights ---- */

static void
fill_uniform(const HsegParam *p, float *engine, float bound, HsegRng *rng)
{
    size_t count = hseg_param_count(p);
    g_autofree float *plain = g_new(float, count);

    for (size_t i = 0; i < count; i++)
        plain[i] = hseg_rng_uniform(rng, -bound, bound);
    hseg_param_import(p, engine, plain);
}

static void
fill_constant(const HsegParam *p, float *engine, float value)
{
    for (int c = 0; c < p->out.count; c++)
        engine[hseg_layout_at(p->out, c)] = value;
}

void
hseg_model_randomise(HsegModel *model, guint64 seed)
{
    HsegParams *params = &model->blueprint->params;
    float bound = 0;

    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        float *engine = params->value + p->offset;
        HsegRng rng;
        int shape[4];

        hseg_rng_init(&rng, seed, i);
        if (hseg_param_shape(p, shape) == 4) {
            /* PyTorch's fan in is dimension 1 times the taps, for transposed convolutions too. */
            bound = 1.0f / sqrtf((float)shape[1] * shape[2] * shape[3]);
            fill_uniform(p, engine, bound, &rng);
        } else if (g_str_has_suffix(p->name, ".bn.weight") || g_str_has_suffix(p->name, ".running_var")) {
            fill_constant(p, engine, 1);
        } else if (!strstr(p->name, ".bn.")) {
            fill_uniform(p, engine, bound, &rng); /* the bias of the weight before it */
        }
    }
}

/* ---- files ---- */

static gboolean
read_param(const HsegSafetensors *file, const HsegParam *p, float *engine, GError **error)
{
    size_t count = hseg_param_count(p);
    g_autofree float *plain = g_new(float, count);
    int shape[4];
    int64_t wanted[4];
    int n = hseg_param_shape(p, shape);
    gboolean is_variance = g_str_has_suffix(p->name, ".running_var");

    for (int i = 0; i < n; i++)
        wanted[i] = shape[i];
    if (!hseg_safetensors_read_f32(file, p->name, wanted, n, plain, error))
        return FALSE;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(plain[i]) || (is_variance && plain[i] < 0)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: tensor %s holds a number that is %s",
                        hseg_safetensors_name(file), p->name, isfinite(plain[i]) ? "negative" : "not finite");
            return FALSE;
        }
    hseg_param_import(p, engine, plain);
    return TRUE;
}

static void
read_notes(HsegModel *model, const HsegSafetensors *file)
{
    g_autoptr(GList) keys = hseg_safetensors_metadata_keys(file);

    for (GList *k = keys; k; k = k->next)
        if (!g_strv_contains(hseg_arch_fields(), k->data) && strcmp(k->data, "format") != 0)
            hseg_model_set_note(model, k->data, hseg_safetensors_metadata(file, k->data));
}

HsegModel *
hseg_model_new_from_safetensors(const HsegSafetensors *file, GError **error)
{
    const char *name = hseg_safetensors_name(file), *format = hseg_safetensors_metadata(file, "format");
    g_autoptr(HsegModel) model = NULL;
    HsegParams *params;
    HsegArch arch;

    if (!format || strcmp(format, "humanseg") != 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                    "%s: not a humanseg model: its metadata's format is '%s'", name,
                    format ? format : "missing");
        return NULL;
    }
    if (!hseg_arch_from_metadata(&arch, file, error))
        return NULL;
    model = hseg_model_new(&arch, name, error);
    if (!model)
        return NULL;
    params = &model->blueprint->params;
    for (int i = 0; i < params->count; i++)
        if (!read_param(file, &params->list[i], params->value + params->list[i].offset, error))
            return NULL;
    read_notes(model, file);
    return g_steal_pointer(&model);
}

int
hseg_model_init_from(HsegModel *model, const HsegSafetensors *file, GError **error)
{
    HsegParams *params = &model->blueprint->params;
    int taken = 0;

    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];

        if (!hseg_safetensors_find(file, p->name))
            continue;
        if (!read_param(file, p, params->value + p->offset, error))
            return -1;
        taken++;
    }
    if (taken == 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s: holds no tensor of this architecture",
                    hseg_safetensors_name(file));
        return -1;
    }
    return taken;
}

gboolean
hseg_model_save(const HsegModel *model, const char *path, gboolean half, GError **error)
{
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();
    const HsegParams *params = &model->blueprint->params;
    GHashTableIter iter;
    gpointer key, value;

    hseg_safetensors_writer_add_metadata(writer, "format", "humanseg");
    hseg_arch_to_metadata(&model->arch, writer);
    g_hash_table_iter_init(&iter, model->notes);
    while (g_hash_table_iter_next(&iter, &key, &value))
        hseg_safetensors_writer_add_metadata(writer, key, value);

    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        g_autofree float *plain = g_new(float, hseg_param_count(p));
        int shape[4];
        int64_t stored[4];
        int n = hseg_param_shape(p, shape);

        for (int k = 0; k < n; k++)
            stored[k] = shape[k];
        hseg_param_export(p, plain, params->value + p->offset);
        /* Vectors are few bytes, and running variances span more than float16 does. */
        if (half && n == 4)
            hseg_safetensors_writer_add_f16(writer, p->name, stored, n, plain);
        else
            hseg_safetensors_writer_add_f32(writer, p->name, stored, n, plain);
    }
    return hseg_safetensors_writer_save(writer, path, error);
}

gboolean
hseg_model_is_half(const HsegModel *model)
{
    const HsegParams *params = &model->blueprint->params;
    int shape[4];

    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        const float *value = params->value + p->offset;

        for (size_t k = 0; hseg_param_shape(p, shape) == 4 && k < p->size; k++)
            if (hseg_half_to_float(hseg_half_from_float(value[k])) != value[k])
                return FALSE;
    }
    return TRUE;
}

/* ---- exchange with training ---- */

void
hseg_model_get_params(const HsegModel *model, HsegParams *params)
{
    memcpy(params->value, model->blueprint->params.value, params->size * sizeof(float));
}

void
hseg_model_set_params(HsegModel *model, const HsegParams *params, const float *value)
{
    memcpy(model->blueprint->params.value, value, params->size * sizeof(float));
}

/* ---- loading by name ---- */

static void
register_builtin(void)
{
    static gsize once;

    if (g_once_init_enter(&once)) {
        hseg_models_register_resource();
        g_once_init_leave(&once, 1);
    }
}

const char *const *
hseg_model_builtin_names(void)
{
    static char **names;

    register_builtin();
    if (g_once_init_enter(&names)) {
        g_auto(GStrv) files =
            g_resources_enumerate_children(RESOURCE_ROOT, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
        GPtrArray *list = g_ptr_array_new();

        for (int i = 0; files && files[i]; i++)
            if (g_str_has_suffix(files[i], ".safetensors"))
                g_ptr_array_add(list, g_strndup(files[i], strlen(files[i]) - strlen(".safetensors")));
        g_ptr_array_add(list, NULL);
        g_once_init_leave(&names, (char **)g_ptr_array_free(list, FALSE));
    }
    return (const char *const *)names;
}

static HsegSafetensors *
open_builtin(const char *name, GError **error)
{
    g_autofree char *path = g_strconcat(RESOURCE_ROOT, name, ".safetensors", NULL);
    g_autoptr(GBytes) bytes = NULL;

    register_builtin();
    bytes = g_resources_lookup_data(path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    if (!bytes) {
        g_autofree char *names = g_strjoinv(", ", (char **)hseg_model_builtin_names());

        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE,
                    "no model is called '%s': built in are %s; a path ends in .safetensors", name,
                    *names ? names : "none");
        return NULL;
    }
    return hseg_safetensors_new_from_bytes(bytes, name, error);
}

HsegModel *
hseg_model_load(const char *name, GError **error)
{
    g_autoptr(HsegSafetensors) file = NULL;

    g_return_val_if_fail(name != NULL, NULL);
    if (strchr(name, '/') || g_str_has_suffix(name, ".safetensors"))
        file = hseg_safetensors_open(name, error);
    else
        file = open_builtin(name, error);
    return file ? hseg_model_new_from_safetensors(file, error) : NULL;
}
