#include "dataset/video.h"

#include <gio/gio.h>
#include <humanseg/error.h>
#include <stdio.h>

#define MAX_SIDE 16384 /* pixels */

struct HsegVideo {
    char *file;
    gint64 position;
    GSubprocess *process;
    GDataInputStream *out; /* PPM pictures, one after another */
};

/* Starts a command whose output is read; what it complains about is dropped: the caller names the file. */
static GSubprocess *
start(const char *const *argv, const char *file, GError **error)
{
    g_autofree char *program = g_find_program_in_path(argv[0]);
    g_autoptr(GError) fault = NULL;
    GSubprocess *process;

    if (!program) {
        g_set_error(
            error, HSEG_ERROR, HSEG_ERROR_FILE,
            "%s: videos are read by the command %s, which is not installed; or put the frames into folders",
            file, argv[0]);
        return NULL;
    }
    process =
        g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &fault);
    if (!process)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot start %s: %s", file, argv[0],
                    fault->message);
    return process;
}

/* "file:" keeps ffmpeg from taking a file's name for an address. */
static char *
address(const char *file)
{
    return g_strconcat("file:", file, NULL);
}

gint64
hseg_video_count(const char *file, GError **error)
{
    g_autofree char *from = address(file), *said = NULL;
    const char *argv[] = {"ffprobe",
                          "-v",
                          "error",
                          "-select_streams",
                          "v:0",
                          "-count_packets",
                          "-show_entries",
                          "stream=nb_read_packets",
                          "-of",
                          "csv=p=0",
                          from,
                          NULL};
    g_autoptr(GSubprocess) process = start(argv, file, error);
    gint64 count;

    if (!process)
        return -1;
    if (g_subprocess_communicate_utf8(process, NULL, NULL, &said, NULL, NULL) &&
        g_subprocess_get_successful(process)) {
        g_strdelimit(g_strstrip(said), ",\r\n", '\0'); /* some versions end the line with a comma */
        if (g_ascii_string_to_signed(said, 10, 1, G_MAXINT32, &count, NULL))
            return count;
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s is no video that ffmpeg can read", file);
    return -1;
}

HsegVideo *
hseg_video_open(const char *file, int every, GError **error)
{
    /* Time is counted in frames, so that ffmpeg neither doubles nor drops one to keep a rate. */
    g_autofree char *filter = g_strdup_printf("select=not(mod(n\\,%d)),settb=1/25,setpts=N", every);
    g_autofree char *from = address(file);
    const char *argv[] = {"ffmpeg", "-nostdin", "-v",       "error", "-i", from, "-map",
                          "0:v:0",  "-vf",      filter,     "-r",    "25", "-f", "image2pipe",
                          "-c:v",   "ppm",      "-pix_fmt", "rgb24", "-",  NULL};
    GSubprocess *process = start(argv, file, error);
    HsegVideo *video;

    if (!process)
        return NULL;
    video = g_new0(HsegVideo, 1);
    video->file = g_strdup(file);
    video->process = process;
    video->out = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
    return video;
}

void
hseg_video_free(HsegVideo *video)
{
    if (!video)
        return;
    g_subprocess_force_exit(video->process);
    g_subprocess_wait(video->process, NULL, NULL);
    g_object_unref(video->out);
    g_object_unref(video->process);
    g_free(video->file);
    g_free(video);
}

const char *
hseg_video_file(const HsegVideo *video)
{
    return video->file;
}

gint64
hseg_video_position(const HsegVideo *video)
{
    return video->position;
}

/* "P6", "WIDTH HEIGHT", "255", each on a line of its own, as ffmpeg writes them. */
static gboolean
read_size(HsegVideo *v, int *width, int *height)
{
    g_autofree char *kind = g_data_input_stream_read_line(v->out, NULL, NULL, NULL);
    g_autofree char *size = kind ? g_data_input_stream_read_line(v->out, NULL, NULL, NULL) : NULL;
    g_autofree char *most = size ? g_data_input_stream_read_line(v->out, NULL, NULL, NULL) : NULL;

    return most && g_str_equal(kind, "P6") && g_str_equal(most, "255") &&
           sscanf(size, "%d %d", width, height) == 2 && *width > 0 && *height > 0 && *width <= MAX_SIDE &&
           *height <= MAX_SIDE;
}

HsegPicture *
hseg_video_next(HsegVideo *video, GError **error)
{
    g_autoptr(HsegPicture) frame = NULL;
    int width, height;
    gsize got, bytes;

    if (read_size(video, &width, &height)) {
        frame = hseg_picture_new(width, height, 3, error);
        if (!frame)
            return NULL;
        bytes = frame->stride * (gsize)height;
        if (g_input_stream_read_all(G_INPUT_STREAM(video->out), frame->data, bytes, &got, NULL, NULL) &&
            got == bytes) {
            video->position++;
            return g_steal_pointer(&frame);
        }
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                "%s: ffmpeg decodes only %" G_GINT64_FORMAT " of its frames", video->file, video->position);
    return NULL;
}
