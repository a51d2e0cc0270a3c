/* The fields that name a member of the UNet_MobileNet family, with the reference network as default. */
#pragma once

#include <glib.h>

#include "kernels/kernels.h"
#include "model/safetensors.h"

typedef enum {
    HSEG_BLOCK_V1, /* depthwise, pointwise */
    HSEG_BLOCK_V2, /* expand, depthwise, project; residual */
    HSEG_BLOCK_V3, /* the same with h-swish and squeeze-and-excitation */
} HsegBlock;

typedef enum {
    HSEG_UP_TRANSPOSE, /* transposed 3x3, stride 2 */
    HSEG_UP_BILINEAR,  /* bilinear x2, then a dense 3x3 convolution */
    HSEG_UP_POINTWISE, /* 1x1 convolution with norm and ReLU6, then bilinear x2: the cheap one */
} HsegUp;

typedef struct {
    HsegBlock block;
    double alpha;         /* width of the encoder: c(n) = int(n * alpha) */
    double decoder_alpha; /* width of the decoder; 0: alpha */
    double expansion;     /* of v2 and v3 blocks */
    int stem_stride;      /* 1, or 2: every map at half the size, the logits upsampled at the end */
    HsegUp up;
    HsegPad pad;        /* of 3x3 convolutions at stride 1 */
    int middle_blocks;  /* extra blocks at 512 channels */
    int decoder_blocks; /* blocks after each up: 1 or 2 */
    int stem_skip;      /* 1: the last up takes the stem's maps too: finer edges for 5 % more work */
    int round_to;       /* 0, or widths are rounded to a multiple of this */
    int width, height;  /* input that the network is made for */
} HsegArch;

/* The reference: v3's fields are the same but for the block. */
#define HSEG_ARCH_REFERENCE                                                                                  \
    ((HsegArch){HSEG_BLOCK_V1, 1.0, 0.0, 2.0, 1, HSEG_UP_TRANSPOSE, HSEG_PAD_REFLECT, 5, 2, 0, 0, 320, 180})

/* Sets one field from its name in a file's metadata ("alpha") or on the command line ("stem-stride") and its
 * value as text. HSEG_ERROR_ARGUMENT names both where they make no sense. */
gboolean hseg_arch_set(HsegArch *arch, const char *field, const char *value, GError **error);

/* Whether the fields go together: HSEG_ERROR_ARGUMENT says what does not. */
gboolean hseg_arch_check(const HsegArch *arch, GError **error);

/* Between a file's metadata and the fields; absent ones have the reference's values. */
gboolean hseg_arch_from_metadata(HsegArch *arch, const HsegSafetensors *file, GError **error);
void hseg_arch_to_metadata(const HsegArch *arch, HsegSafetensorsWriter *writer);

/* NULL-terminated names of the fields as hseg_arch_set() takes them. */
const char *const *hseg_arch_fields(void);

/* (transfer full): a field's value as text. */
char *hseg_arch_get(const HsegArch *arch, const char *field);

/* Channels of a layer that has @n in the reference: in the encoder, and in the decoder. */
int hseg_arch_encoder_width(const HsegArch *arch, int n);
int hseg_arch_decoder_width(const HsegArch *arch, int n);
