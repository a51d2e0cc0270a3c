#include "model/unet.h"

typedef struct {
    HsegGraph *g;
    const HsegArch *arch;
} Builder;

static int
channels(const Builder *b, int tensor)
{
    return tensor < 0 ? 0 : b->g->tensors[tensor].channels.count;
}

static HsegPad
padding(const Builder *b, int stride)
{
    return stride == 1 ? b->arch->pad : HSEG_PAD_ZERO;
}

/* Convolution, batch norm, activation, as NAME.conv and NAME.bn; @residual is a tensor or -1. */
static int
conv_norm_act(const Builder *b, int in, const char *name, HsegConv conv, gboolean depthwise, int residual)
{
    g_autofree char *conv_name = g_strconcat(name, ".conv", NULL);
    g_autofree char *norm_name = g_strconcat(name, ".bn", NULL);
    int x;

    conv.name = conv_name;
    conv.pad = padding(b, conv.stride);
    conv.residual = residual + 1;
    conv.frozen_bias = true;
    x = depthwise ? hseg_graph_depthwise(b->g, in, &conv) : hseg_graph_conv(b->g, in, &conv);
    if (!b->g->training)
        return x;
    return hseg_graph_norm(b->g, x, norm_name, conv.act, residual + 1);
}

static int
pointwise(const Builder *b, int in, const char *name, int out, HsegAct act, int residual)
{
    return conv_norm_act(b, in, name, (HsegConv){.out = out, .kernel = 1, .stride = 1, .act = act}, FALSE,
                         residual);
}

static int
depthwise(const Builder *b, int in, const char *name, int stride, HsegAct act)
{
    return conv_norm_act(
        b, in, name, (HsegConv){.out = channels(b, in), .kernel = 3, .stride = stride, .act = act}, TRUE, -1);
}

static char *
join(const char *name, const char *part)
{
    return g_strconcat(name, ".", part, NULL);
}

static int
block_v1(const Builder *b, int in, const char *dw, const char *pw, int out, int stride)
{
    return pointwise(b, depthwise(b, in, dw, stride, HSEG_ACT_RELU6), pw, out, HSEG_ACT_RELU6, -1);
}

static int
block(const Builder *b, int in, const char *name, int out, int stride)
{
    g_autofree char *expand = join(name, "expand"), *dw = join(name, "depthwise"),
                    *pw = join(name, "pointwise");
    g_autofree char *se = join(name, "se");
    gboolean v3 = b->arch->block == HSEG_BLOCK_V3;
    HsegAct act = v3 ? HSEG_ACT_HSWISH : HSEG_ACT_RELU6;
    int middle = (int)(channels(b, in) * b->arch->expansion), x;

    if (b->arch->block == HSEG_BLOCK_V1)
        return block_v1(b, in, dw, pw, out, stride);
    x = pointwise(b, in, expand, middle, act, -1);
    x = depthwise(b, x, dw, stride, act);
    if (v3)
        x = hseg_graph_squeeze_excite(b->g, x, se, MAX(1, middle / 4));
    return pointwise(b, x, pw, out, HSEG_ACT_NONE, stride == 1 && channels(b, in) == out ? in : -1);
}

/* Two blocks, NAME.0 halving the map and NAME.1. */
static int
down(const Builder *b, int in, const char *name, int out)
{
    g_autofree char *first = join(name, "0"), *second = join(name, "1");

    return block(b, block(b, in, first, out, 2), second, out, 1);
}

/* Doubles the map to @h x @w and brings it to @out channels. */
static int
upsample(const Builder *b, int in, const char *name, int out, int h, int w)
{
    g_autofree char *up = join(name, "up"), *up0 = join(name, "up.0"), *up1 = join(name, "up.1");

    switch (b->arch->up) {
    case HSEG_UP_TRANSPOSE:
        return hseg_graph_transposed(b->g, in, up, out, h, w);
    case HSEG_UP_BILINEAR:
        /* Cropped after the convolution, which thus sees all of the doubled map. */
        if (in < 0)
            return -1;
        in = hseg_graph_upsample(b->g, in, 2 * b->g->tensors[in].h, 2 * b->g->tensors[in].w);
        return hseg_graph_conv(
            b->g, in,
            &(HsegConv){
                .name = up1, .out = out, .kernel = 3, .stride = 1, .pad = HSEG_PAD_ZERO, .h = h, .w = w});
    default:
        return hseg_graph_upsample(b->g, pointwise(b, in, up0, out, HSEG_ACT_RELU6, -1), h, w);
    }
}

/* What the reference drops behind step @number of the decoder, 1 to 4, times what the graph asks for. */
static int
dropout(const Builder *b, int in, int number)
{
    static const double shares[] = {0.5, 0.4, 0.3, 0.2};

    if (!b->g->training || b->g->dropout <= 0)
        return in;
    return hseg_graph_dropout(b->g, in, shares[number - 1] * b->g->dropout);
}

/* One step of the decoder; @skip may be -1; the maps are made @h x @w. */
static int
up(const Builder *b, int in, int number, int skip, int n, int h, int w)
{
    g_autofree char *name = g_strdup_printf("up%d", number);
    g_autofree char *first = join(name, "conv_block"), *second = join(name, "final_block");
    int out = hseg_arch_decoder_width(b->arch, n);
    int x = upsample(b, in, name, out, h, w);

    if (skip >= 0)
        x = hseg_graph_concat(b->g, x, skip);
    x = block(b, x, first, out, 1);
    if (b->arch->decoder_blocks == 2)
        x = block(b, x, second, out, 1);
    return dropout(b, x, number);
}

static int
up_to(const Builder *b, int in, int number, int skip, int n)
{
    if (skip < 0)
        return -1;
    return up(b, in, number, skip, n, b->g->tensors[skip].h, b->g->tensors[skip].w);
}

int
hseg_unet_build(HsegGraph *g, const HsegArch *arch, int width, int height)
{
    Builder b = {g, arch};
    int input = hseg_graph_input(g, height, width, 3);
    int stem, s0, s1, s2, s3, x;

    stem = conv_norm_act(&b, input, "backbone.model.layer1.0",
                         (HsegConv){.out = hseg_arch_encoder_width(arch, 32),
                                    .kernel = 3,
                                    .stride = arch->stem_stride,
                                    .act = HSEG_ACT_RELU6},
                         FALSE, -1);
    s0 = block(&b, stem, "backbone.model.layer1.1", hseg_arch_encoder_width(arch, 64), 1);
    s1 = down(&b, s0, "backbone.model.layer1.2", hseg_arch_encoder_width(arch, 128));
    s2 = down(&b, s1, "backbone.model.layer2.0", hseg_arch_encoder_width(arch, 256));
    s3 = down(&b, s2, "backbone.model.layer3.0", hseg_arch_encoder_width(arch, 512));
    for (int i = 1; i <= arch->middle_blocks; i++) {
        g_autofree char *name = g_strdup_printf("backbone.model.layer3.%d", i);

        s3 = block(&b, s3, name, hseg_arch_encoder_width(arch, 512), 1);
    }
    x = down(&b, s3, "backbone.model.layer4.0", hseg_arch_encoder_width(arch, 1024));

    x = up_to(&b, x, 1, s3, 512);
    x = up_to(&b, x, 2, s2, 256);
    x = up_to(&b, x, 3, s1, 128);
    if (stem < 0)
        return -1;
    x = up(&b, x, 4, arch->stem_skip ? s0 : -1, 64, g->tensors[stem].h, g->tensors[stem].w);
    x = hseg_graph_conv(g, x, &(HsegConv){.name = "out", .out = 1, .kernel = 1, .stride = 1});
    return arch->stem_stride == 2 ? hseg_graph_upsample(g, x, height, width) : x;
}
