#include "train/view.h"
#include "base/base.h"

#include <math.h>

/* Part of a picture: its centre and size, picture pixels. */
typedef struct {
    float x, y, w, h;
} Window;

/* Width : height of the videos there are, and how often a window takes each; the first is the sample's own.
 */
static const struct {
    float aspect, p;
} shapes[] = {{0, 0.7f}, {4.0f / 3, 0.1f}, {1, 0.05f}, {3.0f / 4, 0.08f}, {9.0f / 16, 0.07f}};

static bool
chance(HsegRng *rng, float p)
{
    return hseg_rng_float(rng) < p;
}

/* A factor between @lo and @hi, as likely above their geometric mean as below. */
static float
log_uniform(HsegRng *rng, float lo, float hi)
{
    return lo * powf(hi / lo, hseg_rng_float(rng));
}

static float
random_shape(HsegRng *rng, float own)
{
    float u = hseg_rng_float(rng);
    gsize i = 0;

    while (i + 1 < HSEG_COUNT(shapes) && u >= shapes[i].p)
        u -= shapes[i++].p;
    return i ? shapes[i].aspect : own;
}

static Window
whole_window(int w, int h)
{
    return (Window){w / 2.0f, h / 2.0f, w, h};
}

/* Sets the frame to @aspect (width : height of what it shows), as large as fits @w x @h, in its middle. */
static void
fit_frame(HsegView *view, float aspect, int w, int h)
{
    view->w = HSEG_CLAMP((int)lroundf(HSEG_MIN((float)w, h * aspect)), 1, w);
    view->h = HSEG_CLAMP((int)lroundf(HSEG_MIN((float)h, w / aspect)), 1, h);
    view->x = (w - view->w) / 2;
    view->y = (h - view->h) / 2;
}

/* The map that puts @window upright into the frame, or turned by @radians about its centre, or mirrored. */
static HsegAffine
map_window(const HsegView *view, const Window *window, float radians, bool flip)
{
    float sx = window->w / view->w, sy = window->h / view->h, c = cosf(radians), s = sinf(radians);
    HsegAffine m = {
        .xx = c * sx * (flip ? -1 : 1), .xy = -s * sy, .yx = s * sx * (flip ? -1 : 1), .yy = c * sy};

    m.x0 = window->x - m.xx * view->w / 2 - m.xy * view->h / 2;
    m.y0 = window->y - m.yx * view->w / 2 - m.yy * view->h / 2;
    return m;
}

HsegView
hseg_view_whole(int picture_w, int picture_h, int w, int h)
{
    Window window = whole_window(picture_w, picture_h);
    HsegView view;

    fit_frame(&view, (float)picture_w / picture_h, w, h);
    view.map = map_window(&view, &window, 0, false);
    return view;
}

/* Fits @window into the sample, and turns and mirrors it at random. */
static HsegView
view_of_window(HsegRng *rng, Window window, int w, int h, float max_degrees)
{
    HsegView view;
    float stretch = log_uniform(rng, 0.9f, 1.1f), radians = 0;
    bool flip = chance(rng, 0.5f);

    if (chance(rng, 0.5f))
        radians = hseg_rng_uniform(rng, -max_degrees, max_degrees) * (float)(G_PI / 180);
    /* A window of the sample's own shape fills it, stretched; another is shown as wide as it gets by the
     * stretch. */
    if (fabsf(window.w * h - window.h * w) > 0.01f * window.h * w)
        fit_frame(&view, window.w / window.h * stretch, w, h);
    else {
        fit_frame(&view, (float)w / h, w, h);
        window.w *= HSEG_MIN(stretch, 1);
        window.h /= HSEG_MAX(stretch, 1);
    }
    view.map = map_window(&view, &window, radians, flip);
    return view;
}

/* Puts the frame, shrunk, anywhere in the sample: small people, much black. */
static void
shrink_frame(HsegRng *rng, HsegView *view, int w, int h)
{
    float scale = hseg_rng_uniform(rng, 0.5f, 1);
    int fw = HSEG_MAX(1, (int)(view->w * scale)), fh = HSEG_MAX(1, (int)(view->h * scale));
    HsegAffine *m = &view->map;

    m->xx *= (float)view->w / fw;
    m->yx *= (float)view->w / fw;
    m->xy *= (float)view->h / fh;
    m->yy *= (float)view->h / fh;
    view->w = fw;
    view->h = fh;
    view->x = hseg_rng_int(rng, 0, w - fw);
    view->y = hseg_rng_int(rng, 0, h - fh);
}

static HsegView
view_whole_jittered(HsegRng *rng, const HsegPicture *p, int w, int h, float max_degrees)
{
    Window window = whole_window(p->width, p->height);
    HsegView view;

    if (chance(rng, 0.5f)) {
        float left = hseg_rng_uniform(rng, 0, 0.15f), right = hseg_rng_uniform(rng, 0, 0.15f);
        float top = hseg_rng_uniform(rng, 0, 0.15f), bottom = hseg_rng_uniform(rng, 0, 0.15f);

        window = (Window){p->width * (1 + left - right) / 2, p->height * (1 + top - bottom) / 2,
                          p->width * (1 - left - right), p->height * (1 - top - bottom)};
    }
    view = view_of_window(rng, window, w, h, max_degrees);
    if (chance(rng, 0.25f))
        shrink_frame(rng, &view, w, h);
    return view;
}

/* Where a window of @size goes along a side of @length: anywhere inside, or its middle where it is too large.
 */
static float
random_place(HsegRng *rng, float size, float length)
{
    return size < length ? hseg_rng_uniform(rng, size / 2, length - size / 2) : length / 2;
}

static Window
zoom_window(HsegRng *rng, const HsegPicture *p, float aspect)
{
    float fitting = HSEG_MIN((float)p->height, p->width / aspect);
    float height = fitting * log_uniform(rng, 0.55f, 1.2f);
    Window window;

    height = HSEG_MAX(height, p->height * 0.35f);
    window = (Window){.w = height * aspect, .h = height};
    window.x = random_place(rng, window.w, p->width);
    window.y = random_place(rng, window.h, p->height);
    return window;
}

/* Cuts off what of @window lies beyond the picture, after moving it inside as far as it fits. */
static void
keep_inside(Window *window, const HsegPicture *p)
{
    window->w = HSEG_MIN(window->w, (float)p->width);
    window->h = HSEG_MIN(window->h, (float)p->height);
    window->x = HSEG_CLAMP(window->x, window->w / 2, p->width - window->w / 2);
    window->y = HSEG_CLAMP(window->y, window->h / 2, p->height - window->h / 2);
}

/* From a little above the head down to the chest or the hips; a third keep the sample's shape where the
 * picture is too narrow for it, and show the sides mirrored. */
static Window
bust_window(HsegRng *rng, const HsegPicture *p, const HsegBox *box, float aspect)
{
    float height = box->h * log_uniform(rng, 0.45f, 1), top;
    Window window;

    height = HSEG_MAX(height, p->height * 0.2f);
    top = box->y - height * hseg_rng_uniform(rng, 0, 0.35f);
    window = (Window){box->x + box->w * hseg_rng_uniform(rng, 0.2f, 0.8f), top + height / 2, height * aspect,
                      height};
    if (!chance(rng, 0.33f))
        keep_inside(&window, p);
    return window;
}

/* RandomCropNearRandomObjBBox, but for the last resize, which here keeps the window's shape. */
static Window
box_window(HsegRng *rng, const HsegPicture *p, const HsegBox *box, float aspect)
{
    float left = box->x, right = box->x + box->w, top = box->y, bottom = box->y + box->h;
    float grow_x = HSEG_MAX(0, (bottom - top) * aspect - (right - left)) / 2;
    float grow_y = HSEG_MAX(0, (right - left) / aspect - (bottom - top)) / 2;
    float dx = 0.3f * (right - left + 2 * grow_x), dy = 0.3f * (bottom - top + 2 * grow_y);
    Window window;

    left -= grow_x + hseg_rng_uniform(rng, -dx, dx);
    right += grow_x + hseg_rng_uniform(rng, -dx, dx);
    top -= grow_y + hseg_rng_uniform(rng, -dy, dy);
    bottom += grow_y + hseg_rng_uniform(rng, -dy, dy);
    window = (Window){(left + right) / 2, (top + bottom) / 2, HSEG_MAX(right - left, p->width * 0.15f),
                      HSEG_MAX(bottom - top, p->height * 0.15f)};
    keep_inside(&window, p);
    return window;
}

HsegView
hseg_view_random(HsegRng *rng, const HsegTrainItem *item, int w, int h, float max_degrees)
{
    const HsegPicture *p = item->rgbm;
    float u = hseg_rng_float(rng), own = (float)w / h;
    const HsegBox *box;
    Window window;

    if (u < 0.5f || (u >= 0.65f && item->n_boxes == 0))
        return view_whole_jittered(rng, p, w, h, max_degrees);
    box = &item->boxes[hseg_rng_int(rng, 0, HSEG_MAX(item->n_boxes, 1) - 1)];
    if (u < 0.65f)
        window = zoom_window(rng, p, own);
    else if (u < 0.8f)
        window = bust_window(rng, p, box, own);
    else
        window = box_window(rng, p, box, random_shape(rng, own));
    return view_of_window(rng, window, w, h, max_degrees);
}

HsegView
hseg_view_background(HsegRng *rng, const HsegTrainItem *item, int w, int h, float max_degrees)
{
    if (chance(rng, 0.25f))
        return view_whole_jittered(rng, item->rgbm, w, h, max_degrees);
    return view_of_window(rng, zoom_window(rng, item->rgbm, random_shape(rng, (float)w / h)), w, h,
                          max_degrees);
}
