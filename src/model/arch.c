#include "model/arch.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

static const char *const block_names[] = {"v1", "v2", "v3", NULL};
static const char *const up_names[] = {"transpose", "bilinear", "pointwise", NULL};
static const char *const pad_names[] = {"zero", "reflect", NULL};

typedef enum { KIND_CHOICE, KIND_NUMBER, KIND_INTEGER, KIND_SIZE } Kind;

typedef struct {
    const char *name;
    Kind kind;
    size_t offset;
    double min, max;
    const char *const *choices;
} Field;

static const Field fields[] = {
    {"block", KIND_CHOICE, offsetof(HsegArch, block), 0, 0, block_names},
    {"alpha", KIND_NUMBER, offsetof(HsegArch, alpha), 0.05, 4, NULL},
    {"decoder_alpha", KIND_NUMBER, offsetof(HsegArch, decoder_alpha), 0, 4, NULL},
    {"expansion", KIND_NUMBER, offsetof(HsegArch, expansion), 1, 8, NULL},
    {"stem_stride", KIND_INTEGER, offsetof(HsegArch, stem_stride), 1, 2, NULL},
    {"upsample", KIND_CHOICE, offsetof(HsegArch, up), 0, 0, up_names},
    {"padding", KIND_CHOICE, offsetof(HsegArch, pad), 0, 0, pad_names},
    {"middle_blocks", KIND_INTEGER, offsetof(HsegArch, middle_blocks), 0, 16, NULL},
    {"decoder_blocks", KIND_INTEGER, offsetof(HsegArch, decoder_blocks), 1, 2, NULL},
    {"stem_skip", KIND_INTEGER, offsetof(HsegArch, stem_skip), 0, 1, NULL},
    {"round_to", KIND_INTEGER, offsetof(HsegArch, round_to), 0, 64, NULL},
    {"input", KIND_SIZE, offsetof(HsegArch, width), 32, 4096, NULL},
};

const char *const *
hseg_arch_fields(void)
{
    static const char *const names[] = {
        "block",         "alpha",          "decoder_alpha", "expansion", "stem_stride", "upsample", "padding",
        "middle_blocks", "decoder_blocks", "stem_skip",     "round_to",  "input",       NULL};

    G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(fields) + 1);
    return names;
}

static const Field *
find_field(const char *name)
{
    g_autofree char *wanted = g_strdelimit(g_strdup(name), "-", '_');

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strcmp(fields[i].name, strcmp(wanted, "arch") == 0 ? "block" : wanted) == 0)
            return &fields[i];
    return NULL;
}

static gboolean
parse_size(const char *text, const Field *f, int *width, int *height)
{
    char *end;
    gint64 w = g_ascii_strtoll(text, &end, 10), h;

    if (end == text || *end != 'x')
        return FALSE;
    text = end + 1;
    h = g_ascii_strtoll(text, &end, 10);
    if (end == text || *end || w < f->min || w > f->max || h < f->min || h > f->max)
        return FALSE;
    *width = (int)w;
    *height = (int)h;
    return TRUE;
}

static gboolean
parse(const Field *f, const char *text, void *at)
{
    char *end;
    double number;

    if (f->kind == KIND_SIZE)
        return parse_size(text, f, at, (int *)at + 1);
    if (f->kind == KIND_CHOICE) {
        for (int i = 0; f->choices[i]; i++)
            if (strcmp(f->choices[i], text) == 0) {
                *(int *)at = i;
                return TRUE;
            }
        return FALSE;
    }
    number = g_ascii_strtod(text, &end);
    if (end == text || *end || !(number >= f->min && number <= f->max) ||
        (f->kind == KIND_INTEGER && number != floor(number)))
        return FALSE;
    if (f->kind == KIND_NUMBER)
        *(double *)at = number;
    else
        *(int *)at = (int)number;
    return TRUE;
}

static char *
describe_range(const Field *f)
{
    if (f->kind == KIND_CHOICE)
        return g_strjoinv(", ", (char **)f->choices);
    if (f->kind == KIND_SIZE)
        return g_strdup_printf("WIDTHxHEIGHT, each %g to %g", f->min, f->max);
    return g_strdup_printf("%g to %g", f->min, f->max);
}

gboolean
hseg_arch_set(HsegArch *arch, const char *field, const char *value, GError **error)
{
    const Field *f = find_field(field);

    if (!f) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "no field of an architecture is called '%s'",
                    field);
        return FALSE;
    }
    if (!parse(f, value, (char *)arch + f->offset)) {
        g_autofree char *range = describe_range(f);

        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "architecture: %s is '%s', not one of %s",
                    f->name, value, range);
        return FALSE;
    }
    return TRUE;
}

/* Short where that is exact: a width that is off by 1e-9 can be another width. */
static char *
number_text(double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_formatd(text, sizeof text, "%.6g", number);
    return g_strdup(g_ascii_strtod(text, NULL) == number ? text : g_ascii_dtostr(text, sizeof text, number));
}

char *
hseg_arch_get(const HsegArch *arch, const char *field)
{
    const Field *f = find_field(field);
    const void *at = f ? (const char *)arch + f->offset : NULL;

    if (!f)
        return NULL;
    switch (f->kind) {
    case KIND_CHOICE:
        return g_strdup(f->choices[*(const int *)at]);
    case KIND_SIZE:
        return g_strdup_printf("%dx%d", arch->width, arch->height);
    case KIND_INTEGER:
        return g_strdup_printf("%d", *(const int *)at);
    default:
        return number_text(*(const double *)at);
    }
}

gboolean
hseg_arch_check(const HsegArch *arch, GError **error)
{
    int halvings = arch->stem_stride == 2 ? 5 : 4;
    int w = arch->width, h = arch->height;

    for (int i = 0; i < halvings; i++) {
        w = (w + 1) / 2;
        h = (h + 1) / 2;
    }
    if (arch->pad == HSEG_PAD_REFLECT && (w < 2 || h < 2)) {
        g_set_error(
            error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
            "architecture: an input of %dx%d leaves %dx%d at the bottom, too small for reflect padding",
            arch->width, arch->height, w, h);
        return FALSE;
    }
    if (hseg_arch_encoder_width(arch, 32) < 1 || hseg_arch_decoder_width(arch, 64) < 1) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "architecture: alpha %g leaves a layer without channels",
                    hseg_arch_decoder_width(arch, 64) < 1 ? arch->decoder_alpha : arch->alpha);
        return FALSE;
    }
    return TRUE;
}

gboolean
hseg_arch_from_metadata(HsegArch *arch, const HsegSafetensors *file, GError **error)
{
    *arch = HSEG_ARCH_REFERENCE;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        const char *value = hseg_safetensors_metadata(file, fields[i].name);

        if (value && !hseg_arch_set(arch, fields[i].name, value, error)) {
            g_prefix_error(error, "%s: ", hseg_safetensors_name(file));
            return FALSE;
        }
    }
    if (!hseg_arch_check(arch, error)) {
        g_prefix_error(error, "%s: ", hseg_safetensors_name(file));
        return FALSE;
    }
    return TRUE;
}

void
hseg_arch_to_metadata(const HsegArch *arch, HsegSafetensorsWriter *writer)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autofree char *value = hseg_arch_get(arch, fields[i].name);

        hseg_safetensors_writer_add_metadata(writer, fields[i].name, value);
    }
}

static int
width(const HsegArch *arch, double alpha, int n)
{
    int step = arch->round_to;

    if (step == 0)
        return (int)(n * alpha);
    return MAX(step, (int)(n * alpha + step / 2.0) / step * step);
}

int
hseg_arch_encoder_width(const HsegArch *arch, int n)
{
    return width(arch, arch->alpha, n);
}

int
hseg_arch_decoder_width(const HsegArch *arch, int n)
{
    return width(arch, arch->decoder_alpha > 0 ? arch->decoder_alpha : arch->alpha, n);
}
