/* What the element's tests share: the hand-made model, a picture in any format, and an element in a harness.
 */
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

/* The picture: a bright person left, a dark room right. */
#define PERSON 0xe6dcb4 /* RGB */
#define ROOM   0x1e285a

typedef struct {
    guint8 r, g, b, a;
} Pixel;

/* Starts GLib's and GStreamer's test machinery and writes the model. */
void frames_init(int *argc, char ***argv);

/* Removes what frames_init() wrote. */
void frames_clear(void);

/* Path of the bright model; of a file in the tests' own folder. */
const char *frames_model(void);
char *frames_path(const char *name);

/* An element with the bright model and "properties" as in a launch line. */
GstHarness *frames_harness(const char *properties);

/* Raw caps, 25 frames a second. */
GstCaps *frames_caps(GstVideoFormat format, int width, int height);

/* A buffer of one colour per half, the left one @left and the right one @right (RGB). With @pad, rows are
 * that many bytes longer than they need to be, and a GstVideoMeta says so. */
GstBuffer *frames_buffer(GstVideoFormat format, int width, int height, guint left, guint right, int pad);

/* The same, of whatever colours and pixels @caps say. */
GstBuffer *frames_buffer_for(GstCaps *caps, guint left, guint right, int pad);

/* Sets source caps as @format and size say, pushes the picture and pulls what comes of it. */
GstBuffer *frames_run(GstHarness *h, GstVideoFormat format, int width, int height, int pad);

/* A pixel of @buffer, whose caps are @caps, as RGBA. */
Pixel frames_pixel(GstBuffer *buffer, GstCaps *caps, int x, int y);

/* The difference of the channel that differs most from @rgb. */
int frames_distance(Pixel p, guint rgb);

/* Every visible byte of the frame, rows without padding. */
GBytes *frames_bytes(GstBuffer *buffer, GstCaps *caps);

/* A count among the element's stats. */
guint64 frames_stat(GstHarness *h, const char *name);
