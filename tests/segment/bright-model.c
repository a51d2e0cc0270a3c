#include "bright-model.h"

#include "model/model.h"

#define STEEPNESS 20

/* Weights, in PyTorch's order, of a convolution that passes channel @from on as channel 0; a depthwise one
 * passes all. */
static void
pass_channel(const HsegParam *param, float *plain, int from)
{
    int shape[4];
    int taps, centre;

    hseg_param_shape(param, shape);
    taps = shape[2] * shape[3];
    centre = taps / 2;
    if (param->kind == HSEG_PARAM_DEPTHWISE) {
        for (int c = 0; c < shape[0]; c++)
            plain[c * taps + centre] = 1;
    } else {
        plain[from * taps + centre] = 1;
    }
}

static void
set_param(const HsegParam *param, float *plain)
{
    size_t count = hseg_param_count(param);
    int shape[4];

    hseg_param_shape(param, shape);
    if (g_str_equal(param->name, "backbone.model.layer1.0.conv.weight")) {
        for (int c = 0; c < 3; c++)
            plain[c * 9 + 4] = 1.0f / 3; /* the mean of R, G and B */
    } else if (g_str_equal(param->name, "backbone.model.layer1.0.bn.bias")) {
        plain[0] = 1; /* -1 .. 1 becomes 0 .. 2, so that ReLU6 takes nothing away */
    } else if (g_str_equal(param->name, "up3.conv_block.pointwise.conv.weight")) {
        pass_channel(param, plain, shape[1] / 2); /* the skip's first channel, not that from below */
    } else if (g_str_equal(param->name, "out.weight")) {
        plain[0] = STEEPNESS;
    } else if (g_str_equal(param->name, "out.bias")) {
        plain[0] = -STEEPNESS;
    } else if (param->kind != HSEG_PARAM_VECTOR) {
        pass_channel(param, plain, 0);
    } else if (g_str_has_suffix(param->name, ".weight") || g_str_has_suffix(param->name, ".running_var")) {
        for (size_t i = 0; i < count; i++)
            plain[i] = 1;
    }
}

void
bright_model_write(const char *path)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;
    HsegParams *params;

    arch.alpha = arch.decoder_alpha = 0.0625;
    arch.up = HSEG_UP_BILINEAR;
    arch.width = 160;
    arch.height = 90;
    model = hseg_model_new(&arch, "bright", &error);
    g_assert_no_error(error);
    params = &model->blueprint->params;
    for (int i = 0; i < params->count; i++) {
        g_autofree float *plain = g_new0(float, hseg_param_count(&params->list[i]));

        set_param(&params->list[i], plain);
        hseg_param_import(&params->list[i], params->value + params->list[i].offset, plain);
    }
    hseg_model_save(model, path, FALSE, &error);
    g_assert_no_error(error);
}
