/* The fields that name a member of the family. */
#include "model/arch.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

/* ---- one field from text ---- */

typedef struct {
    const char *field, *value;
    const char *back; /* as hseg_arch_get() gives it; NULL: refused */
} Text;

static const Text texts[] = {
    {"block", "v1", "v1"},
    {"block", "v3", "v3"},
    {"block", "v4", NULL},
    {"block", "", NULL},
    {"arch", "v2", "v2"}, /* the command line's name for it */
    {"alpha", "0.3", "0.3"},
    {"alpha", "0.05", "0.05"},
    {"alpha", "4", "4"},
    {"alpha", "0.04", NULL},
    {"alpha", "4.01", NULL},
    {"alpha", "nan", NULL},
    {"alpha", "wide", NULL},
    {"alpha", "0.3x", NULL},
    {"alpha", "0,3", NULL},
    {"decoder_alpha", "0", "0"},
    {"decoder-alpha", "0.25", "0.25"},
    {"decoder-alpha", "-0.1", NULL},
    {"expansion", "1", "1"},
    {"expansion", "6", "6"},
    {"expansion", "0.5", NULL},
    {"stem_stride", "2", "2"},
    {"stem-stride", "1", "1"},
    {"stem-stride", "3", NULL},
    {"stem-stride", "1.5", NULL},
    {"upsample", "transpose", "transpose"},
    {"upsample", "bilinear", "bilinear"},
    {"upsample", "pointwise", "pointwise"},
    {"upsample", "nearest", NULL},
    {"padding", "zero", "zero"},
    {"padding", "reflect", "reflect"},
    {"padding", "same", NULL},
    {"middle_blocks", "0", "0"},
    {"middle-blocks", "16", "16"},
    {"middle-blocks", "17", NULL},
    {"middle-blocks", "-1", NULL},
    {"stem_skip", "0", "0"},
    {"stem_skip", "1", "1"},
    {"stem_skip", "2", NULL},
    {"decoder_blocks", "1", "1"},
    {"decoder_blocks", "2", "2"},
    {"decoder_blocks", "0", NULL},
    {"decoder_blocks", "3", NULL},
    {"round_to", "8", "8"},
    {"round_to", "65", NULL},
    {"input", "256x144", "256x144"},
    {"input", "32x4096", "32x4096"},
    {"input", "31x180", NULL},
    {"input", "320x4097", NULL},
    {"input", "320", NULL},
    {"input", "x180", NULL},
    {"input", "320x", NULL},
    {"input", "320x180x3", NULL},
    {"input", "99999999999999999999x180", NULL},
};

/* The field's name as files have it. */
static char *
name_in_files(const char *field)
{
    return strcmp(field, "arch") == 0 ? g_strdup("block") : g_strdelimit(g_strdup(field), "-", '_');
}

static void
test_text(gconstpointer data)
{
    const Text *t = data;
    HsegArch arch = HSEG_ARCH_REFERENCE, before = arch;
    g_autofree char *name = name_in_files(t->field), *back = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok = hseg_arch_set(&arch, t->field, t->value, &error);

    if (t->back) {
        g_assert_no_error(error);
        g_assert_true(ok);
        back = hseg_arch_get(&arch, t->field);
        g_assert_cmpstr(back, ==, t->back);
        return;
    }
    g_assert_false(ok);
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, name));
    g_assert_nonnull(strstr(error->message, t->value));
    for (int i = 0; hseg_arch_fields()[i]; i++) {
        g_autofree char *was = hseg_arch_get(&before, hseg_arch_fields()[i]);
        g_autofree char *is = hseg_arch_get(&arch, hseg_arch_fields()[i]);

        g_assert_cmpstr(is, ==, was);
    }
}

static void
test_unknown(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_arch_set(&arch, "depth", "3", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, "depth"));
    g_assert_null(hseg_arch_get(&arch, "depth"));
}

/* A width that is off by 1e-7 can be another width: 511 channels instead of 512. */
static void
test_exact(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE, again = arch;
    g_autofree char *text = NULL;

    g_assert_true(hseg_arch_set(&arch, "alpha", "0.4999999", NULL));
    text = hseg_arch_get(&arch, "alpha");
    g_assert_true(hseg_arch_set(&again, "alpha", text, NULL));
    g_assert_cmpfloat(again.alpha, ==, arch.alpha);
    g_assert_cmpint(hseg_arch_encoder_width(&again, 1024), ==, 511);
}

/* ---- fields together ---- */

static void
set(HsegArch *arch, const char *field, const char *value)
{
    g_autoptr(GError) error = NULL;

    hseg_arch_set(arch, field, value, &error);
    g_assert_no_error(error);
}

static void
check_refused(const HsegArch *arch, const char *says)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_arch_check(arch, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, says));
}

/* Reflect padding needs two rows at the bottom: 1/16 of the input, 1/32 behind a stem of stride 2. */
static void
test_reflect(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;

    set(&arch, "input", "32x32");
    g_assert_true(hseg_arch_check(&arch, NULL));
    set(&arch, "stem_stride", "2");
    check_refused(&arch, "32x32");
    set(&arch, "input", "33x32");
    check_refused(&arch, "33x32");
    set(&arch, "input", "33x33");
    g_assert_true(hseg_arch_check(&arch, NULL));
    set(&arch, "input", "32x32");
    set(&arch, "padding", "zero");
    g_assert_true(hseg_arch_check(&arch, NULL));
}

static void
test_no_channels(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;

    set(&arch, "decoder_alpha", "0.01"); /* 64 * 0.01 < 1 */
    check_refused(&arch, "0.01");
    set(&arch, "round_to", "8");
    g_assert_true(hseg_arch_check(&arch, NULL));
}

/* ---- widths ---- */

static void
check_widths(const HsegArch *arch, gboolean decoder, const int want[6])
{
    for (int i = 0; i < 6; i++)
        g_assert_cmpint(decoder ? hseg_arch_decoder_width(arch, 32 << i)
                                : hseg_arch_encoder_width(arch, 32 << i),
                        ==, want[i]);
}

static void
test_widths(void)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;

    set(&arch, "alpha", "0.3"); /* truncated */
    check_widths(&arch, FALSE, (int[]){9, 19, 38, 76, 153, 307});
    check_widths(&arch, TRUE, (int[]){9, 19, 38, 76, 153, 307});
    set(&arch, "alpha", "0.45");
    check_widths(&arch, FALSE, (int[]){14, 28, 57, 115, 230, 460});
    set(&arch, "decoder_alpha", "0.25");
    check_widths(&arch, TRUE, (int[]){8, 16, 32, 64, 128, 256});
    check_widths(&arch, FALSE, (int[]){14, 28, 57, 115, 230, 460});
    set(&arch, "round_to", "8"); /* to the nearest, never to nothing */
    check_widths(&arch, FALSE, (int[]){16, 32, 56, 112, 232, 464});
    set(&arch, "alpha", "0.05");
    check_widths(&arch, FALSE, (int[]){8, 8, 8, 16, 24, 48});
}

/* ---- a file's metadata ---- */

static void
test_metadata(void)
{
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();
    g_autoptr(HsegSafetensors) file = NULL;
    g_autofree char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "arch.safetensors", NULL);
    g_autoptr(GError) error = NULL;
    HsegArch arch = {HSEG_BLOCK_V3, 0.35, 0.25, 3.5, 2, HSEG_UP_POINTWISE, HSEG_PAD_ZERO, 2, 1, 1, 8, 256, 144},
             back;

    hseg_arch_to_metadata(&arch, writer);
    g_assert_true(hseg_safetensors_writer_save(writer, path, &error));
    file = hseg_safetensors_open(path, &error);
    g_assert_no_error(error);
    g_assert_true(hseg_arch_from_metadata(&back, file, &error));
    g_assert_cmpint(back.block, ==, HSEG_BLOCK_V3);
    g_assert_cmpfloat(back.alpha, ==, 0.35);
    g_assert_cmpfloat(back.decoder_alpha, ==, 0.25);
    g_assert_cmpfloat(back.expansion, ==, 3.5);
    g_assert_cmpint(back.stem_stride, ==, 2);
    g_assert_cmpint(back.up, ==, HSEG_UP_POINTWISE);
    g_assert_cmpint(back.pad, ==, HSEG_PAD_ZERO);
    g_assert_cmpint(back.middle_blocks, ==, 2);
    g_assert_cmpint(back.decoder_blocks, ==, 1);
    g_assert_cmpint(back.stem_skip, ==, 1);
    g_assert_cmpint(back.round_to, ==, 8);
    g_assert_cmpint(back.width, ==, 256);
    g_assert_cmpint(back.height, ==, 144);
    g_unlink(path);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = g_strdup_printf("/model/arch/text/%s=%s", texts[i].field, texts[i].value);

        g_test_add_data_func(path, &texts[i], test_text);
    }
    g_test_add_func("/model/arch/unknown", test_unknown);
    g_test_add_func("/model/arch/exact", test_exact);
    g_test_add_func("/model/arch/reflect", test_reflect);
    g_test_add_func("/model/arch/no-channels", test_no_channels);
    g_test_add_func("/model/arch/widths", test_widths);
    g_test_add_func("/model/arch/metadata", test_metadata);
    return g_test_run();
}
