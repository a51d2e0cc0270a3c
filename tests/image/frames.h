/* Frames for tests: odd strides, guarded padding, and a way to a sample that does not go through the format
 * table. */
#pragma once

#include <glib.h>
#include <humanseg/image.h>

/* A frame that owns its memory; rows are padded by a few bytes that must never change. */
typedef struct {
    HsegFrame frame;
    guint8 *memory[HSEG_MAX_PLANES];
} TestFrame;

/* @padding: bytes after each row; even for ten-bit formats. Samples are 0. */
TestFrame *test_frame_new(HsegFormat format, int width, int height, int padding);
void test_frame_free(TestFrame *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestFrame, test_frame_free)

/* Random samples of the format's depth; the padding stays. */
void test_frame_fill_random(TestFrame *t);

/* One value in all samples of a component. */
void test_frame_fill(TestFrame *t, int component, int value);

/* Fails where something was written beside the samples. */
void test_frame_check_padding(const TestFrame *t);

/* Components: Y, U, V, alpha or R, G, B, alpha. The sample that lies over pixel (x, y), without the zero bits
 * below it. */
int test_get(const HsegFrame *frame, int component, int x, int y);
void test_set(const HsegFrame *frame, int component, int x, int y, int value);

gboolean test_is_rgb(HsegFormat format);
int test_components(HsegFormat format);
int test_depth(HsegFormat format);
/* Pixels that one chroma sample covers across and down. */
void test_chroma(HsegFormat format, int *across, int *down);

/* RGB 0 .. 1 from sample values by the textbook, unclamped, and back. */
void test_to_rgb(const HsegFrame *like, const double in[3], double rgb[3]);
void test_from_rgb(const HsegFrame *like, const double rgb[3], double out[3]);

/* A mask of @width x @height with some padding: soft, with whole areas of 0 and 255. g_free() it. */
guint8 *test_mask_new(int width, int height, int *stride);
