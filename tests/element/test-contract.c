/* What the element says of itself: its properties and what may be done with them, its formats, its presets.
 */
#include "frames.h"

#include <gst/base/gstbasetransform.h>
#include <string.h>

static GstElement *
new_element(void)
{
    return gst_object_ref_sink(gst_element_factory_make("humanseg", NULL));
}

static const struct {
    const char *name;
    const char *nicks;  /* of an enumeration, in the order of their values */
    const char *normal; /* the default, as text */
} properties[] = {
    {"output", "composite mask cutout", "composite"},
    {"background", "blur color image none", "blur"},
    {"background-color", NULL, "4278235456"},
    {"background-image", NULL, NULL},
    {"blur-radius", NULL, "0.03"},
    {"light-wrap", NULL, "0"},
    {"decontaminate", NULL, "1"},
    {"model", NULL, "default"},
    {"precision", "auto float32 int8", "auto"},
    {"refine", "none guided", "guided"},
    {"refine-radius", NULL, "4"},
    {"refine-epsilon", NULL, "0.001"},
    {"threshold", NULL, "0.5"},
    {"softness", NULL, "0.5"},
    {"edge-shift", NULL, "0"},
    {"certainty", NULL, "0.8"},
    {"smoothing", NULL, "0.9"},
    {"interval", NULL, "1"},
    {"subject", "all main", "all"},
    {"threads", NULL, "0"},
    {"qos", NULL, "true"},
};

/* All may change while playing; the numbers may be driven by controllers. */
static void
test_properties(void)
{
    GstElement *element = new_element();

    for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
        GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), properties[i].name);
        gboolean number =
            G_IS_PARAM_SPEC_INT(spec) || G_IS_PARAM_SPEC_UINT(spec) || G_IS_PARAM_SPEC_DOUBLE(spec);
        g_auto(GValue) value = G_VALUE_INIT, normal = G_VALUE_INIT;

        g_test_message("%s", properties[i].name);
        g_assert_nonnull(spec);
        g_assert_true(spec->flags & GST_PARAM_MUTABLE_PLAYING);
        g_assert_cmpint((spec->flags & GST_PARAM_CONTROLLABLE) != 0, ==, number);
        g_assert_cmpuint(strlen(g_param_spec_get_blurb(spec)), >, 10);

        g_value_init(&value, spec->value_type);
        g_value_init(&normal, spec->value_type);
        g_object_get_property(G_OBJECT(element), properties[i].name, &value);
        if (properties[i].normal)
            g_assert_true(gst_value_deserialize(&normal, properties[i].normal));
        g_assert_cmpint(g_param_values_cmp(spec, &value, &normal), ==, 0);
        g_assert_true(g_param_value_defaults(spec, &value));
    }
    gst_object_unref(element);
}

/* What is set is what is got, at both ends of a number's range. */
static void
test_ranges(void)
{
    GstElement *element = new_element();

    for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
        GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), properties[i].name);

        if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
            double ends[] = {G_PARAM_SPEC_DOUBLE(spec)->minimum, G_PARAM_SPEC_DOUBLE(spec)->maximum}, got;

            for (int e = 0; e < 2; e++) {
                g_object_set(element, spec->name, ends[e], NULL);
                g_object_get(element, spec->name, &got, NULL);
                g_assert_cmpfloat(got, ==, ends[e]);
            }
        } else if (G_IS_PARAM_SPEC_INT(spec)) {
            int ends[] = {G_PARAM_SPEC_INT(spec)->minimum, G_PARAM_SPEC_INT(spec)->maximum}, got;

            for (int e = 0; e < 2; e++) {
                g_object_set(element, spec->name, ends[e], NULL);
                g_object_get(element, spec->name, &got, NULL);
                g_assert_cmpint(got, ==, ends[e]);
            }
        }
    }
    gst_object_unref(element);
}

static void
test_enumerations(void)
{
    GstElement *element = new_element();

    for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
        GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), properties[i].name);
        g_auto(GStrv) nicks = properties[i].nicks ? g_strsplit(properties[i].nicks, " ", -1) : NULL;
        GEnumClass *values;
        GstPluginAPIFlags flags;

        g_assert_cmpint(G_IS_PARAM_SPEC_ENUM(spec), ==, nicks != NULL);
        if (!nicks)
            continue;
        values = G_PARAM_SPEC_ENUM(spec)->enum_class;
        g_assert_cmpuint(values->n_values, ==, g_strv_length(nicks));
        for (guint n = 0; n < values->n_values; n++)
            g_assert_cmpstr(values->values[n].value_nick, ==, nicks[n]);
        g_assert_true(gst_type_is_plugin_api(spec->value_type, &flags));
    }
    gst_object_unref(element);
}

static void
test_kind(void)
{
    GstElement *element = new_element();
    GstElementFactory *factory = gst_element_get_factory(element);

    g_assert_true(GST_IS_BASE_TRANSFORM(element));
    g_assert_true(GST_IS_PRESET(element));
    g_assert_cmpstr(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS), ==,
                    "Filter/Effect/Video");
    g_assert_cmpint(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)), ==, GST_RANK_NONE);
    g_assert_cmpuint(gst_element_factory_get_num_pad_templates(factory), ==, 2);
    gst_object_unref(element);
}

/* The value of a property as text. */
static char *
text_of(GstElement *element, const char *property)
{
    GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), property);
    g_auto(GValue) value = G_VALUE_INIT;

    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(element), property, &value);
    return gst_value_serialize(&value);
}

/* A preset is the same whatever preset, or setting of the mask, it follows; and leaves alone what a user
 * chose: the model, the picture, the colour. */
static void
test_presets(void)
{
    const char *names[] = {"meeting", "quality", "low-power", "offline"};
    const char *kept[] = {"model", "background-image", "background-color"};

    for (guint a = 0; a < G_N_ELEMENTS(names); a++)
        for (guint b = 0; b < G_N_ELEMENTS(names); b++) {
            GstElement *fresh = new_element(), *used = new_element();

            g_assert_true(gst_preset_load_preset(GST_PRESET(fresh), names[a]));
            g_object_set(used, "edge-shift", 0.02, "threshold", 0.3, "softness", 0.1, "refine-radius", 9,
                         NULL);
            g_object_set(used, "model", "mine", "background-image", "a.png", "background-color", 5, NULL);
            g_assert_true(gst_preset_load_preset(GST_PRESET(used), names[b]));
            g_assert_true(gst_preset_load_preset(GST_PRESET(used), names[a]));
            for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
                const char *name = properties[i].name;
                g_autofree char *want = text_of(fresh, name), *got = text_of(used, name);

                if (g_strv_contains((const char *const[]){"output", "background", "blur-radius", NULL}, name))
                    continue; /* only `meeting` chooses what is behind */
                if (g_str_equal(name, kept[0]) || g_str_equal(name, kept[1]) || g_str_equal(name, kept[2]))
                    g_assert_cmpstr(got, !=, want);
                else
                    g_assert_cmpstr(got, ==, want);
            }
            gst_object_unref(fresh);
            gst_object_unref(used);
        }
}

/* The largest and the smallest frames, in each direction. In a column of pixels the network, to which the
 * frame comes in its shape, has less than one of its own to see a person by. */
static void
test_sizes(void)
{
    const struct {
        int width, height;
        gboolean person;
    } sizes[] = {{16, 16, TRUE}, {8192, 16, TRUE}, {8191, 17, TRUE}, {16, 8192, FALSE}, {17, 8191, FALSE}};

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        GstHarness *h = frames_harness("background=color");
        g_autoptr(GstBuffer) out = frames_run(h, GST_VIDEO_FORMAT_NV12, sizes[i].width, sizes[i].height, 0);
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);

        g_test_message("%dx%d", sizes[i].width, sizes[i].height);
        if (sizes[i].person)
            g_assert_cmpint(frames_distance(frames_pixel(out, caps, 2, 2), PERSON), <=, 8);
        g_assert_cmpint(frames_distance(frames_pixel(out, caps, sizes[i].width - 3, 2), 0x00b140), <=, 8);
        gst_harness_teardown(h);
    }
}

/* What goes out for what comes in, before any stream: by output, both ways. */
static void
test_caps_queries(void)
{
    const struct {
        const char *output;
        gboolean upstream; /* asked from below: what may come in where @caps go out */
        const char *caps, *allowed, *refused;
    } cases[] = {
        {"composite", FALSE, "video/x-raw,format=NV12", "video/x-raw,format=NV12", "video/x-raw,format=I420"},
        {"mask", FALSE, "video/x-raw,format=NV12", "video/x-raw,format=GRAY8", "video/x-raw,format=NV12"},
        {"cutout", FALSE, "video/x-raw,format=NV12", "video/x-raw,format=BGRA", "video/x-raw,format=I420"},
        {"mask", TRUE, "video/x-raw,format=GRAY8", "video/x-raw,format=P010_10LE", "video/x-raw,format=AYUV"},
        {"cutout", TRUE, "video/x-raw,format=A420", "video/x-raw,format=YUY2", "video/x-raw,format=A420"},
        {"cutout", FALSE, "video/x-raw,format=NV12,width=64", "video/x-raw,format=BGRA,width=64",
         "video/x-raw,format=BGRA,width=65"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf("output=%s", cases[i].output);
        GstHarness *h = frames_harness(line);
        GstElement *element = gst_harness_find_element(h, "humanseg");
        g_autoptr(GstCaps) allowed = gst_caps_from_string(cases[i].allowed),
                           refused = gst_caps_from_string(cases[i].refused), got = NULL;
        g_autoptr(GstPad) asked = gst_element_get_static_pad(element, cases[i].upstream ? "sink" : "src");

        if (cases[i].upstream)
            gst_harness_set_sink_caps_str(h, cases[i].caps);
        else
            gst_harness_set_src_caps_str(h, cases[i].caps);
        got = gst_pad_query_caps(asked, NULL);
        g_assert_true(gst_caps_can_intersect(got, allowed));
        g_assert_false(gst_caps_can_intersect(got, refused));
        gst_object_unref(element);
        gst_harness_teardown(h);
    }
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/contract/properties", test_properties);
    g_test_add_func("/element/contract/ranges", test_ranges);
    g_test_add_func("/element/contract/enumerations", test_enumerations);
    g_test_add_func("/element/contract/kind", test_kind);
    g_test_add_func("/element/contract/presets", test_presets);
    g_test_add_func("/element/contract/sizes", test_sizes);
    g_test_add_func("/element/contract/caps-queries", test_caps_queries);
    status = g_test_run();
    frames_clear();
    return status;
}
