/* Frames of a video file, decoded by the ffmpeg command: what reads every codec belongs to nobody's library
 * here. */
#pragma once

#include "files/picture.h"

typedef struct HsegVideo HsegVideo;

/* How many frames the file has, -1 with an error that names it. Reads it through, decodes nothing. */
gint64 hseg_video_count(const char *file, GError **error);

/* Starts to decode every @every-th frame, from the first one on. Nothing runs ahead of what is read but a
 * pipe's worth. */
HsegVideo *hseg_video_open(const char *file, int every, GError **error);

/* Accepts NULL. */
void hseg_video_free(HsegVideo *video);

/* The file it was opened with, and how many of the frames it stands for were read. */
const char *hseg_video_file(const HsegVideo *video);
gint64 hseg_video_position(const HsegVideo *video);

/* The next frame as RGB; NULL with HSEG_ERROR_FORMAT where there is none, or none that can be decoded. */
HsegPicture *hseg_video_next(HsegVideo *video, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegVideo, hseg_video_free)
