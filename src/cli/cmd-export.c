/* humanseg export: a model as an ONNX file. */
#include <humanseg/error.h>

#include "cli/arch-options.h"
#include "cli/cli.h"
#include "model/onnx.h"

static gboolean
write_onnx(const HsegArch *arch, const char *name, const char *onnx, HsegOnnxForm form, GError **error)
{
    g_autoptr(HsegModel) model = NULL;

    if (!onnx) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "export: --onnx FILE is needed; see --help");
        return FALSE;
    }
    if (!hseg_cli_spare(onnx, name, error))
        return FALSE;
    model = hseg_arch_options_model(arch, name, error);
    return model && hseg_onnx_save(model, form, onnx, error);
}

int
hseg_cmd_export(int argc, char **argv)
{
    g_autofree char *onnx = NULL;
    HsegOnnxForm form = {0};
    const GOptionEntry entries[] = {
        {"onnx", 'o', 0, G_OPTION_ARG_FILENAME, &onnx, "The ONNX file to write", "FILE"},
        {"probability", 0, 0, G_OPTION_ARG_NONE, &form.probability,
         "Put out probabilities of a person, 0 to 1, not logits", NULL},
        {"without-clip", 0, 0, G_OPTION_ARG_NONE, &form.clipless,
         "Say ReLU6 without the operator Clip, for OpenCV before 4.7", NULL},
        G_OPTION_ENTRY_NULL,
    };
    HsegArch arch = HSEG_ARCH_REFERENCE;
    gboolean given = hseg_arch_options_given(argc, argv);
    GError *error = NULL;
    gboolean ok =
        hseg_cli_parse(&argc, &argv, "[M]",
                       "Writes a model (a built-in one or a .safetensors file), or a network with random "
                       "weights, as an ONNX file (operator set 11, float32, batch norms folded).\n\n"
                       "Input \"input\": [1, 3, H, W], RGB, (v / 255 - 0.5) / 0.5, so -1 to 1. Output "
                       "\"logits\": [1, 1, H, W], person where positive; with --probability "
                       "\"probability\": their sigmoid.",
                       entries, hseg_arch_option_group(&arch), &error) &&
        hseg_cli_one_operand(argc, argv, &error) &&
        write_onnx(given ? &arch : NULL, argc > 1 ? argv[1] : NULL, onnx, form, &error);

    return ok ? 0 : hseg_cli_fail(error);
}
