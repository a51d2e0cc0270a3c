#include "reference.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#define EPSILON 1e-5 /* of batch norms */

static size_t
numbers(const HsegGraph *g, const HsegTensor *t)
{
    return (size_t)g->batch * t->h * t->w * t->channels.count;
}

void
reference_export(const HsegGraph *g, int tensor, const float *data, double *out)
{
    const HsegTensor *t = &g->tensors[tensor];

    for (size_t p = 0; p < (size_t)g->batch * t->h * t->w; p++)
        for (int c = 0; c < t->channels.count; c++)
            *out++ = data[p * t->pixel + hseg_layout_at(t->channels, c)];
}

Reference *
reference_new(const HsegGraph *g)
{
    Reference *r = g_new0(Reference, 1);

    r->g = g;
    r->param = g_new0(double *, g->params.count);
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        size_t count = hseg_param_count(p);
        g_autofree float *plain = g_new(float, count);

        hseg_param_export(p, plain, g->params.value + p->offset);
        r->param[i] = g_new(double, count);
        for (size_t k = 0; k < count; k++)
            r->param[i][k] = plain[k];
    }
    r->input = g_new(double, numbers(g, &g->tensors[0]));
    reference_export(g, 0, g->tensors[0].data, r->input);
    r->map = g_new0(double *, g->n_tensors);
    for (int t = 0; t < g->n_tensors; t++)
        r->map[t] = g_new0(double, numbers(g, &g->tensors[t]));
    return r;
}

void
reference_free(Reference *r)
{
    for (int i = 0; i < r->g->params.count; i++)
        g_free(r->param[i]);
    for (int t = 0; t < r->g->n_tensors; t++)
        g_free(r->map[t]);
    g_free(r->param);
    g_free(r->map);
    g_free(r->input);
    g_free(r);
}

/* ---- activations ---- */

static void
near(Reference *r, double x, double kink)
{
    r->kink = MIN(r->kink, fabs(x - kink));
}

static double
hard_sigmoid(Reference *r, double x)
{
    near(r, x, -3);
    near(r, x, 3);
    return CLAMP(x + 3, 0, 6) / 6;
}

static double
activate(Reference *r, double x, HsegAct act)
{
    switch (act) {
    case HSEG_ACT_RELU:
        near(r, x, 0);
        return MAX(x, 0);
    case HSEG_ACT_RELU6:
        near(r, x, 0);
        near(r, x, 6);
        return CLAMP(x, 0, 6);
    case HSEG_ACT_HSWISH:
        return x * hard_sigmoid(r, x);
    default:
        return x;
    }
}

/* ---- operators ---- */

/* A map with its shape. */
typedef struct {
    const HsegTensor *t;
    double *v;
} Map;

static Map
map_of(Reference *r, int tensor)
{
    return (Map){&r->g->tensors[tensor], r->map[tensor]};
}

static double *
at(Map m, int n, int y, int x, int c)
{
    return &m.v[(((size_t)n * m.t->h + y) * m.t->w + x) * m.t->channels.count + c];
}

/* The pixel at a place that may lie one beyond the edge, or NULL for zeros. */
static const double *
padded(Map m, HsegPad pad, int n, int y, int x)
{
    if (pad == HSEG_PAD_REFLECT) {
        y = y < 0 ? -y : y >= m.t->h ? 2 * (m.t->h - 1) - y : y;
        x = x < 0 ? -x : x >= m.t->w ? 2 * (m.t->w - 1) - x : x;
    }
    return y < 0 || x < 0 || y >= m.t->h || x >= m.t->w ? NULL : at(m, n, y, x, 0);
}

/* out[o] += what one tap adds to an output pixel; w: PyTorch's [out][in / groups][k][k], from the tap on. */
static void
add_tap(double *out, int outs, const double *in, int ins, const double *w, int taps, gboolean depthwise)
{
    for (int o = 0; o < outs; o++) {
        double sum = 0;

        if (depthwise)
            sum = in[o] * w[(size_t)o * taps];
        for (int i = 0; i < ins && !depthwise; i++)
            sum += in[i] * w[((size_t)o * ins + i) * taps];
        out[o] += sum;
    }
}

static void
run_conv(Reference *r, const HsegOp *op, gboolean depthwise)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    int k = depthwise ? 3 : op->conv.kernel, stride = op->conv.stride, outs = out.t->channels.count;
    size_t pixels = (size_t)r->g->batch * out.t->h * out.t->w;

    for (size_t p = 0; p < pixels; p++) {
        int n = p / (out.t->h * out.t->w), y = p / out.t->w % out.t->h, x = p % out.t->w;
        double *v = out.v + p * outs;

        memcpy(v, r->param[op->bias], outs * sizeof *v);
        for (int tap = 0; tap < k * k; tap++) {
            const double *from =
                padded(in, op->conv.pad, n, y * stride + tap / k - k / 2, x * stride + tap % k - k / 2);

            if (from)
                add_tap(v, outs, from, in.t->channels.count, r->param[op->weight] + tap, k * k, depthwise);
        }
        for (int o = 0; o < outs; o++)
            v[o] = activate(r, v[o], op->act) + (op->residual < 0 ? 0 : r->map[op->residual][p * outs + o]);
    }
}

/* Each input pixel (y, x) adds w[in][out][ky][kx] times its number to the output pixel (2 y - 1 + ky, 2 x - 1
 * + kx). */
static void
run_transposed(Reference *r, const HsegOp *op)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    int ins = in.t->channels.count, outs = out.t->channels.count;
    const double *w = r->param[op->weight];

    for (size_t i = 0; i < numbers(r->g, out.t); i++)
        out.v[i] = r->param[op->bias][i % outs];
    for (int n = 0; n < r->g->batch; n++)
        for (int y = 0; y < in.t->h; y++)
            for (int x = 0; x < in.t->w; x++)
                for (int tap = 0; tap < 9; tap++) {
                    int to_y = 2 * y - 1 + tap / 3, to_x = 2 * x - 1 + tap % 3;

                    if (to_y < 0 || to_x < 0 || to_y >= out.t->h || to_x >= out.t->w)
                        continue;
                    for (int i = 0; i < ins; i++)
                        for (int o = 0; o < outs; o++)
                            *at(out, n, to_y, to_x, o) +=
                                *at(in, n, y, x, i) * w[((size_t)i * outs + o) * 9 + tap];
                }
}

static void
run_norm(Reference *r, const HsegOp *op)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    int channels = in.t->channels.count;
    size_t pixels = (size_t)r->g->batch * in.t->h * in.t->w;
    g_autofree double *mean = g_new0(double, channels), *var = g_new0(double, channels);
    g_autofree double *scale = g_new(double, channels);

    for (size_t p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++)
            mean[c] += in.v[p * channels + c] / pixels;
    for (size_t p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++)
            var[c] += (in.v[p * channels + c] - mean[c]) * (in.v[p * channels + c] - mean[c]) / pixels;
    for (int c = 0; c < channels; c++)
        scale[c] = r->param[op->weight][c] / sqrt(var[c] + EPSILON);
    for (size_t p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++) {
            size_t i = p * channels + c;
            double x = scale[c] * (in.v[i] - mean[c]) + r->param[op->bias][c];

            out.v[i] = activate(r, x, op->act) + (op->residual < 0 ? 0 : r->map[op->residual][i]);
        }
}

/* y = W x + b, W: [out][in]. */
static void
dense(double *y, const double *w, const double *b, const double *x, int outs, int ins)
{
    for (int o = 0; o < outs; o++) {
        y[o] = b[o];
        for (int i = 0; i < ins; i++)
            y[o] += w[(size_t)o * ins + i] * x[i];
    }
}

static void
run_squeeze(Reference *r, const HsegOp *op)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    int channels = in.t->channels.count;
    size_t image = (size_t)in.t->h * in.t->w * channels;
    g_autofree double *mean = g_new(double, channels), *gate = g_new(double, channels);
    g_autofree double *hidden = g_new(double, op->squeezed);

    for (int n = 0; n < r->g->batch; n++) {
        const double *from = in.v + n * image;

        memset(mean, 0, channels * sizeof *mean);
        for (size_t i = 0; i < image; i++)
            mean[i % channels] += from[i] / ((double)in.t->h * in.t->w);
        dense(hidden, r->param[op->weight], r->param[op->bias], mean, op->squeezed, channels);
        for (int i = 0; i < op->squeezed; i++)
            hidden[i] = activate(r, hidden[i], HSEG_ACT_RELU);
        dense(gate, r->param[op->weight2], r->param[op->bias2], hidden, channels, op->squeezed);
        for (int c = 0; c < channels; c++)
            gate[c] = hard_sigmoid(r, gate[c]);
        for (size_t i = 0; i < image; i++)
            out.v[n * image + i] = from[i] * gate[i % channels];
    }
}

/* By the graph's own draw: what that draws is another test's matter. */
static void
run_dropout(Reference *r, const HsegOp *op)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    int channels = in.t->channels.count;
    size_t image = (size_t)in.t->h * in.t->w * channels;
    g_autofree float *factor = g_new(float, in.t->channels.total);

    for (int n = 0; n < r->g->batch; n++) {
        hseg_dropout_draw(r->g, op, n, factor);
        for (size_t i = 0; i < image; i++)
            out.v[n * image + i] =
                in.v[n * image + i] * factor[hseg_layout_at(in.t->channels, (int)(i % channels))];
    }
}

/* Output pixel y lies at (y + 0.5) / 2 - 0.5 of the input, whose edges are repeated. */
static void
run_upsample(Reference *r, const HsegOp *op)
{
    Map in = map_of(r, op->in), out = map_of(r, op->out);
    double *v = out.v;

    for (int n = 0; n < r->g->batch; n++)
        for (int y = 0; y < out.t->h; y++)
            for (int x = 0; x < out.t->w; x++) {
                double fy = (y + 0.5) / 2 - 0.5, fx = (x + 0.5) / 2 - 0.5;
                double ty = fy - floor(fy), tx = fx - floor(fx);
                int y0 = MAX((int)floor(fy), 0), y1 = MIN((int)floor(fy) + 1, in.t->h - 1);
                int x0 = MAX((int)floor(fx), 0), x1 = MIN((int)floor(fx) + 1, in.t->w - 1);

                for (int c = 0; c < out.t->channels.count; c++)
                    *v++ = (1 - ty) * ((1 - tx) * *at(in, n, y0, x0, c) + tx * *at(in, n, y0, x1, c)) +
                           ty * ((1 - tx) * *at(in, n, y1, x0, c) + tx * *at(in, n, y1, x1, c));
            }
}

/* ---- graphs ---- */

/* A concatenation is never computed: its parts are put side by side when it is read. */
static void
join(Reference *r, int tensor)
{
    Map out = map_of(r, tensor);
    size_t pixels = (size_t)r->g->batch * out.t->h * out.t->w;

    for (int t = 0; t < r->g->n_tensors; t++) {
        Map part = map_of(r, t);
        int count = part.t->channels.count, first = part.t->first ? out.t->channels.split : 0;

        if (t == tensor || part.t->root != tensor)
            continue;
        for (size_t p = 0; p < pixels; p++)
            memcpy(&out.v[p * out.t->channels.count + first], &part.v[p * count], count * sizeof(double));
    }
}

const double *
reference_run(Reference *r, int output)
{
    const HsegGraph *g = r->g;

    r->kink = INFINITY;
    memcpy(r->map[0], r->input, numbers(g, &g->tensors[0]) * sizeof(double));
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        const char *kind = op->class->kind;

        if (op->in != 0 && g->tensors[op->in].producer < 0)
            join(r, op->in);
        if (strcmp(kind, "conv") == 0)
            run_conv(r, op, FALSE);
        else if (strcmp(kind, "depthwise") == 0)
            run_conv(r, op, TRUE);
        else if (strcmp(kind, "transposed") == 0)
            run_transposed(r, op);
        else if (strcmp(kind, "norm") == 0)
            run_norm(r, op);
        else if (strcmp(kind, "squeeze-excite") == 0)
            run_squeeze(r, op);
        else if (strcmp(kind, "dropout") == 0)
            run_dropout(r, op);
        else if (strcmp(kind, "upsample") == 0)
            run_upsample(r, op);
        else
            g_error("no reference for operators of the kind '%s'", kind);
    }
    if (g->tensors[output].producer < 0)
        join(r, output);
    return r->map[output];
}
