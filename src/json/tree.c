/*
 * For small documents that are read once: answers, columns of the journal,
 * notes. The walk's events build the nodes in an arena, at most JSON_MAX_NODES
 * nodes and JSON_MAX_DEPTH levels. The first failure is kept and stops the
 * walk.
 */
#include "json/tree.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json/holes.h"

struct builder {
    struct arena *arena;
    struct json *root;
    struct json *open[JSON_MAX_DEPTH]; /* the open arrays and objects */
    struct json *last[JSON_MAX_DEPTH]; /* the last child of each so far */
    size_t depth;
    const char *key; /* of the next value */
    size_t nodes;
    struct err *err;
    bool stopped;
};

static struct json *
add_value(struct builder *builder, enum json_kind kind)
{
    struct json *value = arena_alloc(builder->arena, sizeof(*value));
    struct json *parent;

    if (++builder->nodes > JSON_MAX_NODES) {
        builder->stopped = true;
        err_set(builder->err, MSG_TOO_LARGE, "JSON with more than %d values",
                JSON_MAX_NODES);
    }
    value->kind = kind;
    value->key = builder->key;
    builder->key = NULL;
    if (builder->depth == 0) {
        builder->root = value;
        return value;
    }
    parent = builder->open[builder->depth - 1];
    if (parent->first == NULL)
        parent->first = value;
    else
        builder->last[builder->depth - 1]->next = value;
    builder->last[builder->depth - 1] = value;
    parent->count++;
    return value;
}

static void
on_key(void *ctx, struct span key)
{
    struct builder *builder = ctx;

    builder->key = arena_dup(builder->arena, key);
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct builder *builder = ctx;
    struct json *value = add_value(builder, kind);

    builder->open[builder->depth++] = value;
}

static void
on_end(void *ctx, struct span source)
{
    struct builder *builder = ctx;

    builder->open[--builder->depth]->source = source;
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct builder *builder = ctx;
    struct json *value = add_value(builder, kind);

    value->source = source;
    value->text = span_of(arena_dup(builder->arena, text), text.length);
}

static bool
parse_around(struct arena *arena, struct span text,
             const struct json_hole *holes, size_t count, struct json **root,
             struct err *err)
{
    struct builder builder = {.arena = arena, .err = err};
    struct json_visitor visitor = {on_key,    on_begin, on_end,
                                   on_scalar, &builder, &builder.stopped};

    if (!json_walk_around(text, holes, count, &visitor, err))
        return false;
    *root = builder.root;
    return true;
}

bool
json_parse(struct arena *arena, struct span text, struct json **root,
           struct err *err)
{
    return parse_around(arena, text, NULL, 0, root, err);
}

bool
json_parse_outer(struct arena *arena, struct span text, const char *outer,
                 struct json **root, struct err *err)
{
    struct json_hole holes[HOLES_MAX];
    size_t count = holes_find(text, outer, holes, HOLES_MAX);

    return parse_around(arena, text, holes, count, root, err);
}

struct json *
json_get(const struct json *object, const char *key)
{
    struct json *found = NULL;

    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (struct json *child = object->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            found = child;
    return found;
}

struct json *
json_path(const struct json *root, ...)
{
    struct json *value = NULL;
    const char *key;
    va_list keys;

    va_start(keys, root);
    for (key = va_arg(keys, const char *); key != NULL;
         key = va_arg(keys, const char *)) {
        value = json_get(root, key);
        root = value;
    }
    va_end(keys);
    return value;
}

const char *
json_str(const struct json *value)
{
    if (value == NULL ||
        (value->kind != JSON_STRING && value->kind != JSON_NUMBER))
        return NULL;
    return value->text.bytes;
}

/* The text if it contains only `allowed` characters, otherwise NULL. strtod()
 * and strtoll() accept texts that are not JSON numbers ("0x10", " 1", "inf").
 */
static const char *
number_text(const struct json *value, const char *allowed)
{
    const char *text = json_str(value);

    if (text == NULL || value->text.length == 0 ||
        strspn(text, allowed) != value->text.length)
        return NULL;
    return text;
}

bool
json_int64(const struct json *value, int64_t *number)
{
    const char *text = number_text(value, "-0123456789");
    char *end;
    long long parsed;

    if (text == NULL)
        return false;
    errno = 0;
    parsed = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *number = parsed;
    return true;
}

bool
json_double(const struct json *value, double *number)
{
    const char *text = number_text(value, "+-.0123456789eE");
    char *end;
    double parsed;

    if (text == NULL)
        return false;
    parsed = strtod(text, &end);
    if (*end != '\0' || !isfinite(parsed))
        return false;
    *number = parsed;
    return true;
}

bool
json_is_true(const struct json *value)
{
    return value != NULL && value->kind == JSON_TRUE;
}
