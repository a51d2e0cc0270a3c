/* Encoded video that is kept while it is made, so that a run that was stopped can go on. */
#pragma once

#include <gst/gst.h>

typedef struct Keep Keep;

/* @network: the humanseg. @last: what makes of its frames those that are encoded, or itself. @kept: a gdppay
 * behind the encoder, whose stream is appended to a file that holds @bytes. Notes in the file @notes where a
 * run can go on: a line for each keyframe but the first, its offset in the stream and its running time in
 * nanoseconds. Frames before @from are decoded, but not kept; the last of them go through the network, for
 * what it remembers. NULL with @error where @notes cannot be written. */
Keep *keep_new(GstElement *network, GstElement *last, GstElement *kept, const char *notes, guint64 bytes,
               GstClockTime from, GError **error);

/* Accepts NULL. The pipeline has to be at rest. */
void keep_free(Keep *k);
