/* picture IN OUT.pgm: the mask of the people in a picture, white on black. */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/humanseg.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GdkPixbuf) picture = argc == 3 ? gdk_pixbuf_new_from_file(argv[1], &error) : NULL;
    g_autoptr(HsegModel) model = picture ? hseg_model_load("default", &error) : NULL;
    g_autoptr(HsegSegmenter) segmenter = NULL;
    HsegSegmenterConfig config = {.par_n = 1, .par_d = 1};
    HsegFrame *frame = &config.frame;
    FILE *out;

    if (model) {
        frame->format = gdk_pixbuf_get_has_alpha(picture) ? HSEG_FORMAT_RGBA : HSEG_FORMAT_RGB;
        frame->width = gdk_pixbuf_get_width(picture);
        frame->height = gdk_pixbuf_get_height(picture);
        frame->plane[0] = gdk_pixbuf_get_pixels(picture);
        frame->stride[0] = gdk_pixbuf_get_rowstride(picture);
        segmenter = hseg_segmenter_new(model, &config, &error);
    }
    if (!segmenter || !(out = fopen(argv[2], "wb"))) {
        fprintf(stderr, "picture: %s\n", error ? error->message : "usage: picture IN OUT.pgm");
        return 1;
    }
    const HsegFrame *mask = hseg_segmenter_run(segmenter, frame);

    fprintf(out, "P5 %d %d 255\n", mask->width, mask->height);
    for (int y = 0; y < mask->height; y++)
        fwrite(mask->plane[0] + y * mask->stride[0], 1, mask->width, out);
    return fclose(out) != 0;
}
