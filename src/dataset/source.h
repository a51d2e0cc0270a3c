/* A public data set in its own layout, seen as a list of records: pictures, and where the people are in them.
 */
#pragma once

#include "files/folder.h"
#include "files/picture.h"

typedef struct {
    char *name;    /* of the result, without a suffix; no two records share one */
    char *image;   /* path of the picture, or of the video it is in */
    char *truth;   /* path of what is known of its people; NULL where one file knows it for all pictures */
    gint64 number; /* the source's own: a frame of the video, a place in a table */
} HsegRecord;

/* What to do with a region that is known to be full of people, but outlined as one lump. */
typedef enum {
    HSEG_CROWD_EXCLUDE, /* leave its picture out */
    HSEG_CROWD_PERSON,
    HSEG_CROWD_IGNORE, /* background */
} HsegCrowd;

typedef struct {
    const char *split; /* (nullable): the part of the data set to read; NULL: all of it */
    HsegCrowd crowd;
    int every; /* of a video, every n-th frame from the first one on; at least 1 */
} HsegSourceOptions;

typedef struct HsegSource HsegSource;

/* What the sources of all layouts begin with. */
struct HsegSource {
    GPtrArray *records; /* of HsegRecord */
    GHashTable *names;  /* the records' */
    gboolean cutouts;   /* masks are real alpha, and colours reach under it: fit for synthesis */

    /* *@mask: one channel, 0 background .. 255 person; NULL with TRUE where the record is not to be used. */
    gboolean (*load_mask)(HsegSource *self, const HsegRecord *record, HsegPicture **mask, GError **error);

    /* (nullable): RGB; NULL where it is the file of the record. Called after load_mask() of the same record.
     */
    HsegPicture *(*load_image)(HsegSource *self, const HsegRecord *record, GError **error);

    /* (nullable): what else the source holds. */
    void (*clear)(HsegSource *self);
};

/* @bytes zeroed bytes that begin with a source. */
gpointer hseg_source_new0(gsize bytes);

/* Accepts NULL. */
void hseg_source_free(HsegSource *source);

/* Takes the four; HSEG_ERROR_FORMAT that names both pictures where another record has the name. */
gboolean hseg_source_add(HsegSource *source, char *name, char *image, char *truth, gint64 number,
                         GError **error);

/* FALSE with HSEG_ERROR_FILE, which says what a data set of @layout has (@expected), where there is no
 * record. */
gboolean hseg_source_check(const HsegSource *source, const char *in, const char *expected, GError **error);

/* A mask for a picture of @width x @height pixels, as a file says; sizes that no photograph has are
 * HSEG_ERROR_FORMAT. */
HsegPicture *hseg_source_new_mask(gint64 width, gint64 height, GError **error);

/* (transfer full): DIR/A/B... where that is a folder, else NULL. */
char *hseg_find_folder(const char *dir, ...) G_GNUC_NULL_TERMINATED;

/* (transfer full): @name without its suffix. */
char *hseg_strip_suffix(const char *name);

/* (transfer full): the file in @dir that is a picture named @stem with any suffix; NULL with HSEG_ERROR_FILE,
 * which says that it is missing for @of. */
char *hseg_find_picture(const char *dir, const char *stem, const char *of, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegSource, hseg_source_free)
