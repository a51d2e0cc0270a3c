/* Buffers between elements: what is proposed and taken in allocation, metas, and frames that are not what
 * they say. */
#include "frames.h"

#include <gst/video/gstvideopool.h>
#include <string.h>

#define WIDTH  64
#define HEIGHT 48

static GstBuffer *
frame(void)
{
    return frames_buffer(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, PERSON, ROOM, 0);
}

static GstHarness *
playing(const char *properties)
{
    GstHarness *h = frames_harness(properties);

    gst_harness_set_src_caps(h, frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT));
    return h;
}

/* Upstream is offered memory on cache lines, and a pool of it where it wants one. */
static void
test_propose(void)
{
    for (int need_pool = 0; need_pool < 2; need_pool++) {
        GstHarness *h = playing("output=mask");
        g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
        g_autoptr(GstQuery) query = gst_query_new_allocation(caps, need_pool);
        GstAllocationParams params;

        gst_buffer_unref(gst_harness_push_and_pull(h, frame()));
        g_assert_true(gst_pad_query(h->element->sinkpads->data, query));
        g_assert_true(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL));
        g_assert_cmpuint(gst_query_get_n_allocation_params(query), >, 0);
        gst_query_parse_nth_allocation_param(query, 0, NULL, &params);
        g_assert_cmphex(params.align & 63, ==, 63);
        g_assert_cmpuint(gst_query_get_n_allocation_pools(query), ==, need_pool);
        if (need_pool) {
            g_autoptr(GstBufferPool) pool = NULL;
            GstBuffer *buffer;
            GstMapInfo map;
            guint size;

            gst_query_parse_nth_allocation_pool(query, 0, &pool, &size, NULL, NULL);
            g_assert_cmpuint(size, ==, WIDTH * HEIGHT * 3 / 2);
            g_assert_true(gst_buffer_pool_set_active(pool, TRUE));
            g_assert_cmpint(gst_buffer_pool_acquire_buffer(pool, &buffer, NULL), ==, GST_FLOW_OK);
            g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
            g_assert_cmpuint((guintptr)map.data % 64, ==, 0);
            gst_buffer_unmap(buffer, &map);
            gst_buffer_unref(buffer);
            gst_buffer_pool_set_active(pool, FALSE);
        }
        gst_harness_teardown(h);
    }
}

/* Passing frames through, the element has no say: upstream's query is downstream's to answer. */
static void
test_propose_passthrough(void)
{
    GstHarness *h = playing("background=none");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstQuery) query = gst_query_new_allocation(caps, FALSE);

    gst_harness_add_propose_allocation_meta(h, GST_VIDEO_CROP_META_API_TYPE, NULL);
    gst_buffer_unref(gst_harness_push_and_pull(h, frame()));
    g_assert_true(gst_pad_query(h->element->sinkpads->data, query));
    g_assert_true(gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE, NULL));
    g_assert_false(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL));
    gst_harness_teardown(h);
}

/* Rows of our own are tight, and begin on a cache line, where downstream asks for nothing. */
static void
test_own_pool(void)
{
    GstHarness *h = playing("output=composite");
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, frame());
    GstMapInfo map;

    g_assert_null(gst_buffer_get_video_meta(out));
    g_assert_cmpuint(gst_buffer_get_size(out), ==, WIDTH * HEIGHT * 3 / 2);
    g_assert_true(gst_buffer_map(out, &map, GST_MAP_READ));
    g_assert_cmpuint((guintptr)map.data % 64, ==, 0);
    gst_buffer_unmap(out, &map);
    gst_harness_teardown(h);
}

/* A pool like that of a display, with rows longer than the picture. */
typedef struct {
    GstVideoBufferPool parent;
} WidePool;
typedef GstVideoBufferPoolClass WidePoolClass;

GType wide_pool_get_type(void);
G_DEFINE_TYPE(WidePool, wide_pool, GST_TYPE_VIDEO_BUFFER_POOL)

#define WIDE 256 /* bytes in a row, of any plane */

static GstFlowReturn
wide_pool_alloc_buffer(GstBufferPool *pool, GstBuffer **buffer, GstBufferPoolAcquireParams *params)
{
    gsize offset[] = {0, WIDE * HEIGHT, WIDE * HEIGHT * 3 / 2, 0};
    gint stride[] = {WIDE, WIDE, WIDE, 0};

    *buffer = gst_buffer_new_allocate(NULL, WIDE * HEIGHT * 2, NULL);
    gst_buffer_memset(*buffer, 0, 0xa5, -1);
    gst_buffer_add_video_meta_full(*buffer, 0, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, 3, offset, stride);
    return GST_FLOW_OK;
}

/* Knows better than who configures it, and says so once. */
static gboolean
wide_pool_set_config(GstBufferPool *pool, GstStructure *config)
{
    guint size, min, max;
    GstCaps *caps;

    gst_buffer_pool_config_get_params(config, &caps, &size, &min, &max);
    gst_buffer_pool_config_set_params(config, caps, WIDE * HEIGHT * 2, min, max);
    GST_BUFFER_POOL_CLASS(wide_pool_parent_class)->set_config(pool, config);
    return size == WIDE * HEIGHT * 2;
}

static void
wide_pool_class_init(WidePoolClass *klass)
{
    GST_BUFFER_POOL_CLASS(klass)->alloc_buffer = wide_pool_alloc_buffer;
    GST_BUFFER_POOL_CLASS(klass)->set_config = wide_pool_set_config;
}

static void
wide_pool_init(WidePool *pool)
{
}

static gboolean
offer_wide(GstPad *pad, GstObject *parent, GstQuery *query)
{
    if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION) {
        GstBufferPool *pool = g_object_new(wide_pool_get_type(), NULL);

        gst_query_add_allocation_pool(query, pool, WIDE * HEIGHT * 2, 2, 0);
        gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
        gst_object_unref(pool);
        return TRUE;
    }
    return gst_pad_query_default(pad, parent, query);
}

static void
test_downstream_pool(void)
{
    GstHarness *plain = playing("background=color"), *h = frames_harness("background=color");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstBuffer) want = gst_harness_push_and_pull(plain, frame()), got = NULL;
    g_autoptr(GBytes) a = NULL, b = NULL;

    gst_pad_set_query_function(h->sinkpad, offer_wide);
    gst_harness_set_src_caps(h, gst_caps_ref(caps));
    got = gst_harness_push_and_pull(h, frame());
    g_assert_nonnull(gst_buffer_get_video_meta(got));
    g_assert_cmpint(gst_buffer_get_video_meta(got)->stride[0], ==, WIDE);
    a = frames_bytes(want, caps);
    b = frames_bytes(got, caps);
    g_assert_true(g_bytes_equal(a, b));
    gst_harness_teardown(h);
    gst_harness_teardown(plain);
}

/* What describes the picture passes; what describes memory, or keeps it from going home to its pool, does
 * not. */
static void
test_metas(void)
{
    const char *outputs[] = {"output=composite", "output=mask", "output=cutout"};

    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        GstHarness *h = playing(outputs[i]);
        GstBuffer *in = frame(), *parent = gst_buffer_new();
        g_autoptr(GstBuffer) out = NULL;

        gst_buffer_add_parent_buffer_meta(in, parent);
        gst_buffer_add_video_time_code_meta_full(in, 25, 1, NULL, 0, 1, 2, 3, 4, 0);
        gst_buffer_add_video_region_of_interest_meta(in, "face", 1, 2, 3, 4);
        out = gst_harness_push_and_pull(h, in);
        g_assert_null(gst_buffer_get_parent_buffer_meta(out));
        g_assert_cmpuint(gst_buffer_get_video_time_code_meta(out)->tc.seconds, ==, 3);
        g_assert_cmpuint(gst_buffer_get_n_meta(out, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), ==, 2);
        g_assert_cmpint(GST_MINI_OBJECT_REFCOUNT_VALUE(parent), ==, 1);
        gst_buffer_unref(parent);
        gst_harness_teardown(h);
    }
}

/* A GstVideoMeta that lies about its frame: smaller or of another format than the caps say, rows or planes
 * that the memory does not hold. An error, no frame, and no look at other memory. */
static void
test_lying_meta(void)
{
    const struct {
        GstVideoFormat format;
        int width, height;
        gsize last; /* offset of the last plane */
        int stride, planes;
    } lies[] = {
        {GST_VIDEO_FORMAT_I420, WIDTH / 2, HEIGHT / 2, WIDTH * HEIGHT * 5 / 4, WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT - 1, WIDTH * HEIGHT * 5 / 4, WIDTH, 3},
        {GST_VIDEO_FORMAT_YV12, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4 + 8, WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, G_MAXSIZE - 8, WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, 2 * WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, -WIDTH, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, G_MAXINT, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, G_MININT, 3},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, WIDTH, 2},
        {GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, WIDTH * HEIGHT * 5 / 4, WIDTH, 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(lies); i++) {
        GstHarness *h = playing("background=color");
        g_autoptr(GstBus) bus = gst_bus_new();
        g_autoptr(GstMessage) message = NULL;
        GstBuffer *in = frame();
        gsize offset[] = {0, WIDTH * HEIGHT, lies[i].last, 0};
        gint stride[] = {lies[i].stride, WIDTH / 2, WIDTH / 2, 0};

        gst_element_set_bus(h->element, bus);
        gst_buffer_add_video_meta_full(in, 0, lies[i].format, lies[i].width, lies[i].height, lies[i].planes,
                                       offset, stride);
        g_assert_cmpint(gst_harness_push(h, in), ==, GST_FLOW_ERROR);
        message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
        g_assert_nonnull(message);
        g_assert_cmpuint(gst_harness_buffers_received(h), ==, 0);
        gst_element_set_bus(h->element, NULL);
        gst_harness_teardown(h);
    }
}

/* Samples of two bytes, in rows of an odd number of them. */
static void
test_odd_rows(void)
{
    const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE};

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        for (int odd = 0; odd < 2; odd++) {
            GstHarness *h = frames_harness("background=blur");
            GstBuffer *padded = frames_buffer(formats[i], WIDTH, HEIGHT, PERSON, ROOM, 22 + 2 * odd);

            gst_harness_set_src_caps(h, frames_caps(formats[i], WIDTH, HEIGHT));
            gst_buffer_get_video_meta(padded)->stride[1] -= odd;
            g_assert_cmpint(gst_harness_push(h, padded), ==, odd ? GST_FLOW_ERROR : GST_FLOW_OK);
            gst_harness_teardown(h);
        }
}

/* A picture stored bottom up is a picture. */
static void
test_bottom_up(void)
{
    GstHarness *h = playing("output=mask");
    g_autoptr(GstCaps) caps = NULL;
    g_autoptr(GstBuffer) out = NULL;
    GstBuffer *in = frame();
    gsize offset[] = {WIDTH * (HEIGHT - 1), WIDTH * HEIGHT, WIDTH * HEIGHT * 5 / 4, 0};
    gint stride[] = {-WIDTH, WIDTH / 2, WIDTH / 2, 0};

    gst_buffer_add_video_meta_full(in, 0, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, 3, offset, stride);
    out = gst_harness_push_and_pull(h, in);
    g_assert_nonnull(out);
    caps = gst_pad_get_current_caps(h->sinkpad);
    g_assert_cmpint(frames_pixel(out, caps, 8, HEIGHT / 2).r, ==, 255);
    g_assert_cmpint(frames_pixel(out, caps, WIDTH - 8, HEIGHT / 2).r, ==, 0);
    gst_harness_teardown(h);
}

/* A part of a larger picture, as it comes from who was told before that somebody downstream crops: what is
 * made of it is that of the part alone, which need not be cropped any more. */
static void
test_part(void)
{
    const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
                                      GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_RGB};
    const guint width = WIDTH / 2, height = HEIGHT / 2;

    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        GstHarness *h = frames_harness("output=mask");
        g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_GRAY8, (int)width, (int)height);
        g_autoptr(GstBuffer) want = frames_run(h, formats[i], (int)width, (int)height, 0), got = NULL;
        GstBuffer *in = frames_buffer(formats[i], WIDTH, HEIGHT, PERSON, ROOM, 8);
        GstVideoCropMeta *part = gst_buffer_add_video_crop_meta(in);
        g_autoptr(GBytes) a = frames_bytes(want, caps), b = NULL;

        *part = (GstVideoCropMeta){part->meta, width / 2, height / 2, width, height};
        part->x += formats[i] != GST_VIDEO_FORMAT_RGB; /* to the next chroma sample's left */
        got = gst_harness_push_and_pull(h, in);
        b = frames_bytes(got, caps);
        g_assert_true(g_bytes_equal(a, b));
        g_assert_cmpint(frames_pixel(got, caps, 2, 2).r, ==, 255);
        g_assert_cmpint(frames_pixel(got, caps, (int)width - 3, 2).r, ==, 0);
        g_assert_null(gst_buffer_get_video_crop_meta(got));

        in = frames_buffer(formats[i], WIDTH, HEIGHT, PERSON, ROOM, 8);
        part = gst_buffer_add_video_crop_meta(in);
        *part = (GstVideoCropMeta){part->meta, i % 2 ? G_MAXUINT - 1 : width, height + 1, width, height};
        g_assert_cmpint(gst_harness_push(h, in), ==, GST_FLOW_ERROR);
        gst_harness_teardown(h);
    }
}

/* Planes in memories of their own, as decoders for phones have them. */
static void
test_planes_apart(void)
{
    GstHarness *h = playing("background=color");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstBuffer) whole = frame(), want = gst_harness_push_and_pull(h, gst_buffer_ref(whole)),
                         got = NULL;
    g_autoptr(GBytes) a = NULL, b = NULL;
    GstBuffer *in = gst_buffer_new();
    gsize offset[] = {0, WIDTH * HEIGHT, WIDTH * HEIGHT * 5 / 4, 0};
    gint stride[] = {WIDTH, WIDTH / 2, WIDTH / 2, 0};

    for (int i = 0; i < 3; i++) {
        gsize size = WIDTH * HEIGHT / (i ? 4 : 1);
        g_autofree guint8 *plane = g_malloc(size);

        gst_buffer_extract(whole, offset[i], plane, size);
        gst_buffer_append_memory(in, gst_allocator_alloc(NULL, size, NULL));
        gst_buffer_fill(in, offset[i], plane, size);
    }
    gst_buffer_add_video_meta_full(in, 0, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT, 3, offset, stride);
    got = gst_harness_push_and_pull(h, in);
    g_assert_nonnull(got);
    a = frames_bytes(want, caps);
    b = frames_bytes(got, caps);
    g_assert_true(g_bytes_equal(a, b));
    gst_harness_teardown(h);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/buffers/propose", test_propose);
    g_test_add_func("/element/buffers/propose-passthrough", test_propose_passthrough);
    g_test_add_func("/element/buffers/own-pool", test_own_pool);
    g_test_add_func("/element/buffers/downstream-pool", test_downstream_pool);
    g_test_add_func("/element/buffers/metas", test_metas);
    g_test_add_func("/element/buffers/lying-meta", test_lying_meta);
    g_test_add_func("/element/buffers/odd-rows", test_odd_rows);
    g_test_add_func("/element/buffers/bottom-up", test_bottom_up);
    g_test_add_func("/element/buffers/part", test_part);
    g_test_add_func("/element/buffers/planes-apart", test_planes_apart);
    status = g_test_run();
    frames_clear();
    return status;
}
