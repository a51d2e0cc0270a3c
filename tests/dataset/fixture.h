/* Small public data sets, made by the tests in layouts of their own. */
#pragma once

#include "dataset/convert.h"
#include "dataset/layouts.h"

#include <humanseg/error.h>

typedef struct {
    char *in, *out, *backgrounds; /* folders */
    HsegSourceOptions source;
    HsegConvertOptions convert;
    HsegConvertCounts counts; /* of the last conversion */
    GError *error;            /* the same */
} Desk;

void desk_set_up(Desk *d, gconstpointer unused);
void desk_tear_down(Desk *d, gconstpointer unused);

/* Adds a test to run on a desk of its own. */
#define DESK_TEST(path, func) g_test_add(path, Desk, NULL, desk_set_up, func, desk_tear_down)

/* Writes IN/@path; folders are made on the way. */
void desk_put(const Desk *d, const char *path, const void *data, gssize n);

/* A picture whose pixel x, y is (x, y, 100) times ten: smooth, so that JPEG hardly changes it. */
void desk_put_picture(const Desk *d, const char *path, int width, int height);

/* A PNG of labels: @colour 0 grey or 3 palette, @depth bits; rows are filtered in turn by all five filters.
 */
void desk_put_labels(const Desk *d, const char *path, const guint16 *labels, int width, int height,
                     int colour, int depth);

/* (transfer full): that PNG's bytes. */
GByteArray *desk_make_labels(const guint16 *labels, int width, int height, int colour, int depth);

/* Opens IN as @layout and converts it. */
gboolean desk_convert(Desk *d, const char *layout);

/* It fails with @code, and the message has each of the words. */
void desk_expect(Desk *d, const char *layout, HsegError code, ...) G_GNUC_NULL_TERMINATED;

/* (transfer full): OUT/@path, which must be there, with @channels channels. */
HsegPicture *desk_load(const Desk *d, const char *path, int channels);

gboolean desk_has(const Desk *d, const char *path);

/* OUT/@path is a mask of @width x @height pixels that are person where @rows has '#', and nobody's where '.'.
 */
void desk_assert_mask(const Desk *d, const char *path, const char *rows, int width, int height);
