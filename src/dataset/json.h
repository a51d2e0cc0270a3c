/* JSON files: small ones read whole by json-glib, and large ones walked through in place.
 *
 * COCO's annotations are half a gigabyte, which json-glib would turn into many times that in memory. They are
 * mapped instead, and only cut into values here; json-glib reads the few that are needed, when they are. */
#pragma once

#include <json-glib/json-glib.h>

/* Where a value stands in a mapped file. Nobody says yet that it is valid inside. */
typedef struct {
    const char *text;
    gsize n;
} HsegSpan;

/* Whether @all is one value with all its brackets closed, none too deep, and nothing behind it. */
gboolean hseg_span_check(HsegSpan all, GError **error);

/* The value of member @name of the object @all. FALSE without an error where there is none; with
 * HSEG_ERROR_FORMAT where @all is no object or is broken on the way there. */
gboolean hseg_span_member(HsegSpan all, const char *name, HsegSpan *value, GError **error);

/* Calls @each with each element of the array @all, until that returns FALSE. */
typedef gboolean (*HsegSpanFunc)(HsegSpan element, gpointer data, GError **error);
gboolean hseg_span_each(HsegSpan all, HsegSpanFunc each, gpointer data, GError **error);

/* The integer at member @name of the object @all; an error where there is none. */
gboolean hseg_span_int(HsegSpan all, const char *name, gint64 *value, GError **error);

/* (transfer full): the value as json-glib has it, an object. */
JsonNode *hseg_span_parse(HsegSpan span, GError **error);

/* (transfer full): the object in the file @file. Errors name it. */
JsonNode *hseg_json_load(const char *file, GError **error);

/* The member of the type that is asked for; NULL, or FALSE, with an error that names it where there is none.
 */
JsonObject *hseg_json_object(JsonObject *o, const char *name, GError **error);
JsonArray *hseg_json_array(JsonObject *o, const char *name, GError **error);
const char *hseg_json_string(JsonObject *o, const char *name, GError **error);
gboolean hseg_json_int(JsonObject *o, const char *name, gint64 *value, GError **error);

/* Element @i of @array, a number; FALSE with an error where it is none or not within +-@max. */
gboolean hseg_json_number_at(JsonArray *array, guint i, double max, double *value, GError **error);
