#include "dataset/json.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#define MAX_DEPTH 64 /* of values in values: json-glib reads them by recursion */

/* ---- walking ---- */

typedef struct {
    const char *start, *at, *end;
} Cursor;

static gboolean
broken(const Cursor *c, const char *what, GError **error)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s (after %" G_GSIZE_FORMAT " bytes)", what,
                (gsize)(c->at - c->start));
    return FALSE;
}

static void
skip_space(Cursor *c)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
        c->at++;
}

static gboolean
skip_string(Cursor *c, GError **error)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\')
            c->at++;
    if (c->at >= c->end) {
        c->at = c->end;
        return broken(c, "ends in a string", error);
    }
    c->at++;
    return TRUE;
}

/* Passes one value, whose brackets are only counted. */
static gboolean
skip_value(Cursor *c, HsegSpan *value, GError **error)
{
    const char *from = c->at;
    int depth = 0;

    do {
        if (c->at >= c->end)
            return broken(c, "ends early", error);
        if (*c->at == '"') {
            if (!skip_string(c, error))
                return FALSE;
            continue;
        }
        if (*c->at == '{' || *c->at == '[')
            depth++;
        else if (*c->at == '}' || *c->at == ']')
            depth--;
        if (depth > MAX_DEPTH)
            return broken(c, "values are nested too deeply", error);
        if (depth < 0)
            break;
        c->at++;
        if (depth == 0 && c->at[-1] != '}' && c->at[-1] != ']') /* a number or a word */
            while (c->at < c->end && *c->at && !strchr(",]} \t\r\n", *c->at))
                c->at++;
    } while (depth > 0);
    if (c->at == from)
        return broken(c, "a value is missing", error);
    *value = (HsegSpan){from, (gsize)(c->at - from)};
    return TRUE;
}

/* Enters an object or array; *@more: whether there is anything in it. */
static gboolean
enter(Cursor *c, HsegSpan all, char open, char close, gboolean *more, GError **error)
{
    *c = (Cursor){all.text, all.text, all.text + all.n};
    skip_space(c);
    if (c->at >= c->end || *c->at != open)
        return broken(c, open == '{' ? "no object where one is expected" : "no array where one is expected",
                      error);
    c->at++;
    skip_space(c);
    *more = c->at >= c->end || *c->at != close;
    return TRUE;
}

/* Passes what stands behind a value. */
static gboolean
go_on(Cursor *c, char close, gboolean *more, GError **error)
{
    skip_space(c);
    if (c->at >= c->end)
        return broken(c, "ends early", error);
    if (*c->at != ',' && *c->at != close)
        return broken(c, "no comma between two values", error);
    *more = *c->at++ == ',';
    skip_space(c);
    return TRUE;
}

static gboolean
read_name(Cursor *c, HsegSpan *name, GError **error)
{
    const char *from = c->at;

    if (c->at >= c->end || *c->at != '"')
        return broken(c, c->at >= c->end ? "ends early" : "a member has no name", error);
    if (!skip_string(c, error))
        return FALSE;
    *name = (HsegSpan){from + 1, (gsize)(c->at - from) - 2};
    skip_space(c);
    if (c->at >= c->end || *c->at != ':')
        return broken(c, "a member has no value", error);
    c->at++;
    skip_space(c);
    return TRUE;
}

gboolean
hseg_span_check(HsegSpan all, GError **error)
{
    Cursor c = {all.text, all.text, all.text + all.n};
    HsegSpan value;

    skip_space(&c);
    if (!skip_value(&c, &value, error))
        return FALSE;
    skip_space(&c);
    return c.at == c.end || broken(&c, "something stands behind the end", error);
}

gboolean
hseg_span_member(HsegSpan all, const char *name, HsegSpan *value, GError **error)
{
    gboolean more;
    Cursor c;

    if (!enter(&c, all, '{', '}', &more, error))
        return FALSE;
    while (more) {
        HsegSpan found;

        if (!read_name(&c, &found, error) || !skip_value(&c, value, error))
            return FALSE;
        if (found.n == strlen(name) && memcmp(found.text, name, found.n) == 0)
            return TRUE;
        if (!go_on(&c, '}', &more, error))
            return FALSE;
    }
    return FALSE;
}

gboolean
hseg_span_each(HsegSpan all, HsegSpanFunc each, gpointer data, GError **error)
{
    gboolean more;
    Cursor c;

    if (!enter(&c, all, '[', ']', &more, error))
        return FALSE;
    while (more) {
        HsegSpan element;

        if (!skip_value(&c, &element, error) || !each(element, data, error) || !go_on(&c, ']', &more, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
hseg_span_int(HsegSpan all, const char *name, gint64 *value, GError **error)
{
    g_autoptr(GError) fault = NULL;
    HsegSpan span = {0};

    if (hseg_span_member(all, name, &span, &fault)) {
        g_autofree char *text = g_strndup(span.text, span.n);

        if (g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, value, NULL))
            return TRUE;
    }
    if (fault)
        g_propagate_error(error, g_steal_pointer(&fault));
    else
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no whole number '%s'", name);
    return FALSE;
}

/* ---- json-glib ---- */

static JsonNode *
root_object(JsonParser *parser, GError **error)
{
    JsonNode *root = json_parser_get_root(parser);

    if (root && JSON_NODE_HOLDS_OBJECT(root))
        return json_node_copy(root);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no object where one is expected");
    return NULL;
}

JsonNode *
hseg_span_parse(HsegSpan span, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) fault = NULL;

    if (!hseg_span_check(span, error)) /* holds the depth */
        return NULL;
    if (json_parser_load_from_data(parser, span.text, (gssize)span.n, &fault))
        return root_object(parser, error);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no valid JSON: %s", fault->message);
    return NULL;
}

JsonNode *
hseg_json_load(const char *file, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autofree char *text = NULL;
    JsonNode *root;
    gsize n;

    if (!g_file_get_contents(file, &text, &n, &fault)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read %s: %s", file, fault->message);
        return NULL;
    }
    root = hseg_span_parse((HsegSpan){text, n}, error);
    if (!root)
        g_prefix_error(error, "%s: ", file);
    return root;
}

/* The member, if it holds what @type says. */
static JsonNode *
member(JsonObject *o, const char *name, JsonNodeType type, const char *what, GError **error)
{
    JsonNode *node = json_object_get_member(o, name);

    if (node && json_node_get_node_type(node) == type)
        return node;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no %s '%s'", what, name);
    return NULL;
}

JsonObject *
hseg_json_object(JsonObject *o, const char *name, GError **error)
{
    JsonNode *node = member(o, name, JSON_NODE_OBJECT, "object", error);

    return node ? json_node_get_object(node) : NULL;
}

JsonArray *
hseg_json_array(JsonObject *o, const char *name, GError **error)
{
    JsonNode *node = member(o, name, JSON_NODE_ARRAY, "array", error);

    return node ? json_node_get_array(node) : NULL;
}

const char *
hseg_json_string(JsonObject *o, const char *name, GError **error)
{
    JsonNode *node = member(o, name, JSON_NODE_VALUE, "string", error);
    const char *text = node ? json_node_get_string(node) : NULL;

    if (node && !text)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no string '%s'", name);
    return text;
}

gboolean
hseg_json_int(JsonObject *o, const char *name, gint64 *value, GError **error)
{
    JsonNode *node = member(o, name, JSON_NODE_VALUE, "whole number", error);

    if (!node)
        return FALSE;
    if (json_node_get_value_type(node) != G_TYPE_INT64) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no whole number '%s'", name);
        return FALSE;
    }
    *value = json_node_get_int(node);
    return TRUE;
}

gboolean
hseg_json_number_at(JsonArray *array, guint i, double max, double *value, GError **error)
{
    JsonNode *node = i < json_array_get_length(array) ? json_array_get_element(array, i) : NULL;
    GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

    if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "element %u is no number", i);
        return FALSE;
    }
    *value = json_node_get_double(node);
    if (fabs(*value) <= max)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "element %u, %g, is out of range", i, *value);
    return FALSE;
}
