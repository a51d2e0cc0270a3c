#include "cli/arch-options.h"

#include "model/model.h"
#include <humanseg/error.h>
#include <string.h>

#define SEED 1 /* of random weights: the same network each time */

/* Each option is called like the field that it sets. */
static gboolean
set_field(const char *option, const char *value, gpointer arch, GError **error)
{
    return hseg_arch_set(arch, option + strlen("--"), value, error);
}

GOptionGroup *
hseg_arch_option_group(HsegArch *arch)
{
    static const GOptionEntry entries[] = {
        {"arch", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Encoder blocks: v1, v2 or v3 [v1]", "BLOCK"},
        {"alpha", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Width of the encoder [1]", "A"},
        {"decoder-alpha", 0, 0, G_OPTION_ARG_CALLBACK, set_field,
         "Width of the decoder; 0: as the encoder [0]", "A"},
        {"expansion", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Expansion in v2 and v3 blocks [2]", "E"},
        {"stem-stride", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "1, or 2: every map at half the size [1]",
         "N"},
        {"upsample", 0, 0, G_OPTION_ARG_CALLBACK, set_field,
         "transpose; bilinear: x2, then a 3x3 convolution; pointwise: 1x1, then bilinear x2 [transpose]",
         "UP"},
        {"padding", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "reflect or zero [reflect]", "PAD"},
        {"middle-blocks", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Extra blocks of 512 channels [5]", "N"},
        {"decoder-blocks", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Blocks after each up, 1 or 2 [2]", "N"},
        {"stem-skip", 0, 0, G_OPTION_ARG_CALLBACK, set_field,
         "1: the last up takes the stem's maps too, for finer edges [0]", "N"},
        {"round-to", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Round widths to a multiple of N; 0: don't [0]",
         "N"},
        {"input", 0, 0, G_OPTION_ARG_CALLBACK, set_field, "Size of the network's input [320x180]", "WxH"},
        G_OPTION_ENTRY_NULL,
    };
    GOptionGroup *group = g_option_group_new("arch", "Architecture, a member of the UNet_MobileNet family:",
                                             "Show the architecture's options", arch, NULL);

    g_option_group_add_entries(group, entries);
    return group;
}

gboolean
hseg_arch_options_given(int argc, char **argv)
{
    for (const char *const *field = hseg_arch_fields(); *field; field++) {
        g_autofree char *name =
            g_strdelimit(g_strdup(strcmp(*field, "block") == 0 ? "arch" : *field), "_", '-');

        for (int i = 1; i < argc; i++) {
            const char *rest = g_str_has_prefix(argv[i], "--") ? argv[i] + 2 : "";

            if (g_str_has_prefix(rest, name) && (rest[strlen(name)] == '\0' || rest[strlen(name)] == '='))
                return TRUE;
        }
    }
    return FALSE;
}

HsegModel *
hseg_arch_options_model(const HsegArch *arch, const char *name, GError **error)
{
    HsegModel *model;

    if (arch && name) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "%s: a model has its architecture; --arch and the like make another, with random weights",
                    name);
        return NULL;
    }
    if (!arch)
        return hseg_model_load(name ? name : "default", error);
    model = hseg_model_new(arch, "random", error);
    if (model)
        hseg_model_randomise(model, SEED);
    return model;
}
