/*
 * yajl calls back for each token, and this file finds the token's place:
 *
 *     json_walk_around ─► is it UTF-8? ─► pieces between the holes ─► yajl
 *                      ─► callbacks: place, depth ─► the visitor
 *
 * yajl reports where a token ends, not where it begins. It begins after the
 * token before and after what may be between two tokens.
 *
 * Hazards. yajl counts bytes from the beginning of a piece, so `base` is added.
 * It may report a number at the end of the text only when the parse is
 * completed. Its count is wrong then, so the text's length is used. A callback
 * that returns 0 stops yajl: fail() finds out whether the visitor or the depth
 * was the reason.
 */
#include "json/walk.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_version.h>

#include "base/utf8.h"
#include "json/handle.h"

struct walk {
    const struct json_visitor *visitor;
    struct span text;
    size_t base; /* of the piece that yajl reads */
    yajl_handle handle;
    size_t end;                    /* of the token seen last */
    size_t starts[JSON_MAX_DEPTH]; /* of the open arrays and objects */
    size_t depth;
    bool finishing; /* the whole text was given to yajl */
    bool too_deep;
};

static size_t
consumed(const struct walk *walk)
{
    return walk->finishing ? walk->text.length
                           : walk->base + yajl_get_bytes_consumed(walk->handle);
}

/* yajl reports the end of a token, but not its beginning. Only blanks and
 * separators are between two tokens that it reports. */
static struct span
next_token(struct walk *walk)
{
    size_t start = walk->end;

    walk->end = consumed(walk);
    while (start < walk->end && json_is_between(walk->text.bytes[start]))
        start++;
    return span_of(walk->text.bytes + start, walk->end - start);
}

/* The return value of yajl's callbacks: 1 to continue, 0 to stop. */
static int
goes_on(const struct walk *walk)
{
    return walk->visitor->stopped == NULL || !*walk->visitor->stopped;
}

static int
pass_scalar(struct walk *walk, enum json_kind kind, struct span text)
{
    struct span source = next_token(walk);

    walk->visitor->on_scalar(walk->visitor->ctx, kind, source, text);
    return goes_on(walk);
}

static int
begin(struct walk *walk, enum json_kind kind)
{
    struct span source = next_token(walk);

    if (walk->depth == JSON_MAX_DEPTH) {
        walk->too_deep = true;
        return 0;
    }
    walk->starts[walk->depth++] = (size_t)(source.bytes - walk->text.bytes);
    walk->visitor->on_begin(walk->visitor->ctx, kind);
    return goes_on(walk);
}

static int
on_end(void *ctx)
{
    struct walk *walk = ctx;
    size_t start = walk->starts[--walk->depth];

    next_token(walk);
    walk->visitor->on_end(walk->visitor->ctx,
                          span_of(walk->text.bytes + start, walk->end - start));
    return goes_on(walk);
}

static int
on_null(void *ctx)
{
    return pass_scalar(ctx, JSON_NULL, span_str(""));
}

static int
on_boolean(void *ctx, int value)
{
    return pass_scalar(ctx, value ? JSON_TRUE : JSON_FALSE, span_str(""));
}

static int
on_number(void *ctx, const char *text, size_t length)
{
    return pass_scalar(ctx, JSON_NUMBER, span_of(text, length));
}

static int
on_string(void *ctx, const unsigned char *text, size_t length)
{
    return pass_scalar(ctx, JSON_STRING, span_of((const char *)text, length));
}

static int
on_key(void *ctx, const unsigned char *key, size_t length)
{
    struct walk *walk = ctx;

    next_token(walk);
    walk->visitor->on_key(walk->visitor->ctx,
                          span_of((const char *)key, length));
    return goes_on(walk);
}

static int
on_begin_object(void *ctx)
{
    return begin(ctx, JSON_OBJECT);
}

static int
on_begin_array(void *ctx)
{
    return begin(ctx, JSON_ARRAY);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_begin_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_begin_array,
    .yajl_end_array = on_end,
};

/* Set the error. yajl's messages end with a newline, which is removed. */
static bool
fail(const struct walk *walk, struct err *err)
{
    size_t at = consumed(walk);
    unsigned char *reason;

    if (!goes_on(walk))
        return false;
    if (walk->too_deep)
        return err_set(err, MSG_BAD_JSON,
                       "JSON nested deeper than %d levels at byte %zu",
                       JSON_MAX_DEPTH, at);
    reason = yajl_get_error(walk->handle, 0, NULL, 0);
    reason[strcspn((char *)reason, "\n")] = '\0';
    err_set(err, MSG_BAD_JSON, "not valid JSON at byte %zu: %s", at, reason);
    yajl_free_error(walk->handle, reason);
    return false;
}

static bool
parse_piece(struct walk *walk, size_t from, size_t to)
{
    const char *bytes = walk->text.bytes + from;

    walk->base = from;
    return yajl_parse(walk->handle, (const unsigned char *)bytes, to - from) ==
           yajl_status_ok;
}

static bool
parse(struct walk *walk, const struct json_hole *holes, size_t count)
{
    size_t from = 0;

    for (size_t i = 0; i < count; i++) {
        if (!parse_piece(walk, from, holes[i].from))
            return false;
        from = holes[i].to;
    }
    if (!parse_piece(walk, from, walk->text.length))
        return false;
    walk->finishing = true;
    return yajl_complete_parse(walk->handle) == yajl_status_ok;
}

bool
json_walk(struct span text, const struct json_visitor *visitor, struct err *err)
{
    return json_walk_around(text, NULL, 0, visitor, err);
}

bool
json_walk_around(struct span text, const struct json_hole *holes, size_t count,
                 const struct json_visitor *visitor, struct err *err)
{
    struct walk walk = {.visitor = visitor, .text = text};
    size_t at;
    bool done;

    if (!utf8_is_valid(text, &at)) /* stricter than yajl's own check */
        return err_set(err, MSG_BAD_JSON, "not valid UTF-8 at byte %zu", at);
    walk.handle = handle_new(&callbacks, &walk);
    done = parse(&walk, holes, count) || fail(&walk, err);
    yajl_free(walk.handle);
    return done;
}

const char *
json_version_text(void)
{
    static char text[32];
    int version = yajl_version();

    snprintf(text, sizeof(text), "yajl %d.%d.%d", version / 10000,
             version / 100 % 100, version % 100);
    return text;
}
