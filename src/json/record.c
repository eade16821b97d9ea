/*
 * The object of a line becomes values by slot. yajl reports events, and a path
 * of shape keys decides which of them belong to a slot. Keys usually have the
 * same order in each line, so find_key() first compares the key that followed
 * in the line before.
 *
 * Hazards:
 * - The parser accepts several values, so this file checks that the line is one
 *   object and nothing else.
 * - A parser that failed cannot be used again, and is replaced.
 * - Values point into the text of the line or into the record's arena. They are
 *   not valid after the next line.
 */
#include "json/record.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "json/handle.h"

#define BEHIND "the line does not end where its JSON object does"

struct slot_state {
    uint64_t object;                 /* the object that set this slot last */
    const struct shape_key *begins;  /* the first key below it last time */
    const struct shape_key *follows; /* the sibling that followed last time */
    struct record_value value;
};

struct record {
    const struct shape *shape;
    yajl_handle handle;
    struct arena arena;
    struct slot_state *slots;
    struct slot_state root; /* for `begins` */
    struct span text;       /* the text that is parsed */
    uint64_t object;        /* number of the current object */

    int depth;        /* number of open arrays and objects */
    int base_depth;   /* depth of the object itself: 1, or 2 in an array */
    int passed_depth; /* > 0: inside a value that contains no slot */
    struct shape_key *open[RECORD_DEPTH + 1]; /* keys of the open objects */
    struct shape_key *key; /* of the next value; NULL: the value is ignored */
    const struct shape_key **guess[RECORD_DEPTH + 1]; /* of the next key */
    size_t value_start; /* at or before the beginning of the next value */
    size_t starts[RECORD_DEPTH + 1];          /* of the open values */
    struct shape_key *keys[RECORD_DEPTH + 1]; /* of the open values */

    record_on_object *on_object; /* NULL: one object, not an array */
    void *on_object_ctx;
    bool has_unknown_keys;
    bool complete; /* the outermost value has ended */
    size_t end;    /* where it ended */
    struct err *err;
    bool failed;
};

/* ---- values ------------------------------------------------------------ */

/* Say why, if the caller asks. */
static bool PRINTF_LIKE(2, 3) refuse(struct err *err, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return false;
    va_start(args, format);
    err_vset(err, MSG_LINE_JSON, format, args);
    va_end(args);
    return false;
}

static bool
fail(struct record *r, const char *reason)
{
    r->failed = true;
    return refuse(r->err, "%s at byte %zu", reason,
                  yajl_get_bytes_consumed(r->handle));
}

/* The beginning of the value after a key: skips blanks, colon and comma. */
static size_t
skip_to_value(const struct record *r, size_t at)
{
    while (at < r->text.length && json_is_between(r->text.bytes[at]))
        at++;
    return at;
}

/* Return the value of a key's slot, so that the caller can set it. If the
 * object already had this key, the slots below it are cleared. */
static struct record_value *
claim_slot(struct record *r, const struct shape_key *key)
{
    struct slot_state *state = &r->slots[key->slot];

    if (state->object == r->object)
        for (int slot = key->slot + 1; slot < key->end; slot++)
            r->slots[slot].object = 0;
    state->object = r->object;
    return &state->value;
}

static void
set_scalar(struct record *r, enum json_kind kind, struct span text,
           struct span raw)
{
    struct record_value *value;

    if (r->key == NULL)
        return;
    value = claim_slot(r, r->key);
    value->kind = kind;
    value->text = text;
    value->raw = raw;
    r->key = NULL;
}

/* Is this value outside the object, where only an object may be? */
static bool
at_wrong_place(const struct record *r)
{
    return r->depth < r->base_depth;
}

/* ---- yajl's callbacks -------------------------------------------------- */

static int
on_null(void *ctx)
{
    struct record *r = ctx;

    if (at_wrong_place(r))
        return 1; /* a null element of an array is skipped */
    if (r->passed_depth == 0)
        set_scalar(r, JSON_NULL, span_of("", 0), span_str("null"));
    return 1;
}

static int
on_boolean(void *ctx, int truth)
{
    struct record *r = ctx;

    if (at_wrong_place(r))
        return fail(r, "not an object");
    if (r->passed_depth == 0)
        set_scalar(r, truth ? JSON_TRUE : JSON_FALSE, span_of("", 0),
                   span_str(truth ? "true" : "false"));
    return 1;
}

static int
on_number(void *ctx, const char *text, size_t length)
{
    struct record *r = ctx;

    if (at_wrong_place(r))
        return fail(r, "not an object");
    if (r->passed_depth == 0)
        set_scalar(r, JSON_NUMBER, span_of(text, length),
                   span_of(text, length));
    return 1;
}

/* Do the bytes that yajl reports lie in the text itself? */
static bool
is_in_text(const struct record *r, const char *bytes)
{
    return (uintptr_t)bytes - (uintptr_t)r->text.bytes < r->text.length;
}

/* A string with escapes: yajl decodes it into a buffer of its own, which it
 * uses again for the next string. */
static void
set_decoded(struct record *r, struct span text)
{
    size_t start = skip_to_value(r, r->value_start);
    size_t end = yajl_get_bytes_consumed(r->handle);
    char *kept = arena_bytes(&r->arena, text.length);

    memcpy(kept, text.bytes, text.length);
    set_scalar(r, JSON_STRING, span_of(kept, text.length),
               span_of(r->text.bytes + start, end - start));
}

static int
on_string(void *ctx, const unsigned char *text, size_t length)
{
    struct record *r = ctx;
    struct span span = span_of((const char *)text, length);

    if (at_wrong_place(r))
        return fail(r, "not an object");
    if (r->passed_depth > 0 || r->key == NULL)
        return 1;
    if (is_in_text(r, span.bytes)) /* the quotes are around it */
        set_scalar(r, JSON_STRING, span,
                   span_of(span.bytes - 1, span.length + 2));
    else
        set_decoded(r, span);
    return 1;
}

/* Find a key below `parent`. The first guess is the key that was at this place
 * in the line before. Results keep the order of the query, so it is usually
 * right. */
static struct shape_key *
find_key(const struct shape_key **guess, const struct shape_key *parent,
         struct span name)
{
    if (*guess != NULL && span_equal((*guess)->key, name))
        return (struct shape_key *)*guess;
    for (struct shape_key *key = parent->first; key; key = key->next) {
        if (span_equal(key->key, name)) {
            *guess = key;
            return key;
        }
    }
    return NULL;
}

static int
on_key(void *ctx, const unsigned char *text, size_t length)
{
    struct record *r = ctx;

    if (r->passed_depth > 0)
        return 1;
    r->key = find_key(r->guess[r->depth], r->open[r->depth],
                      span_of((const char *)text, length));
    r->value_start =
        is_in_text(r, (const char *)text)
            ? (size_t)((const char *)text - r->text.bytes) + length + 1
            : yajl_get_bytes_consumed(r->handle);
    if (r->key != NULL)
        r->guess[r->depth] = &r->slots[r->key->slot].follows;
    else if (r->depth == r->base_depth)
        r->has_unknown_keys = true;
    return 1;
}

static void
begin_object_of_ours(struct record *r)
{
    r->object++;
    r->has_unknown_keys = false;
    arena_clear(&r->arena);
    r->open[r->depth] = (struct shape_key *)&r->shape->root;
    r->guess[r->depth] = &r->root.begins;
}

static void
close_all(struct record *r)
{
    r->complete = true;
    r->end = yajl_get_bytes_consumed(r->handle);
}

/* An array or object begins. Its content is read if there are slots below it,
 * and ignored otherwise. */
static int
open_value(struct record *r, enum json_kind kind)
{
    if (r->depth == RECORD_DEPTH)
        return fail(r, "nested deeper than 64 levels");
    r->depth++;
    if (r->passed_depth > 0) {
        r->passed_depth++;
        return 1;
    }
    r->keys[r->depth] = r->key;
    r->starts[r->depth] = yajl_get_bytes_consumed(r->handle) - 1;
    if (r->key != NULL) {
        struct record_value *value = claim_slot(r, r->key);

        value->kind = kind;
        value->text = span_of("", 0);
    }
    if (kind == JSON_OBJECT && r->key != NULL && r->key->first != NULL) {
        r->open[r->depth] = r->key;
        r->guess[r->depth] = &r->slots[r->key->slot].begins;
    } else {
        r->passed_depth = 1;
    }
    r->key = NULL;
    return 1;
}

static void
close_value(struct record *r)
{
    if (r->passed_depth > 0 && --r->passed_depth > 0) {
        r->depth--;
        return;
    }
    if (r->keys[r->depth] != NULL) {
        struct record_value *value = &r->slots[r->keys[r->depth]->slot].value;
        size_t start = r->starts[r->depth];
        size_t end = yajl_get_bytes_consumed(r->handle);

        value->raw = span_of(r->text.bytes + start, end - start);
    }
    r->depth--;
}

static int
on_start_map(void *ctx)
{
    struct record *r = ctx;

    if (r->depth >= r->base_depth)
        return open_value(r, JSON_OBJECT);
    if (r->depth != r->base_depth - 1 || r->complete)
        return fail(r, "not an object");
    r->depth++;
    begin_object_of_ours(r);
    return 1;
}

static int
on_end_map(void *ctx)
{
    struct record *r = ctx;

    if (r->depth > r->base_depth) {
        close_value(r);
        return 1;
    }
    r->depth--;
    if (r->on_object == NULL) {
        close_all(r);
        return 1;
    }
    r->failed = !r->on_object(r->on_object_ctx, r, r->err);
    return !r->failed;
}

static int
on_start_array(void *ctx)
{
    struct record *r = ctx;

    if (r->depth >= r->base_depth)
        return open_value(r, JSON_ARRAY);
    if (r->on_object == NULL || r->depth != 0 || r->complete)
        return fail(r, "not an object");
    r->depth++;
    return 1;
}

static int
on_end_array(void *ctx)
{
    struct record *r = ctx;

    if (r->depth >= r->base_depth) {
        close_value(r);
        return 1;
    }
    r->depth--;
    close_all(r);
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

/* ---- the record -------------------------------------------------------- */

static void
make_handle(struct record *r)
{
    r->handle = handle_new(&callbacks, r);
    yajl_config(r->handle, yajl_allow_multiple_values, 1);
}

struct record *
record_new(const struct shape *shape)
{
    struct record *r = mem_alloc(sizeof(*r));

    r->shape = shape;
    r->slots = mem_array((size_t)shape->slot_count, sizeof(*r->slots));
    make_handle(r);
    return r;
}

void
record_free(struct record *r)
{
    if (r == NULL)
        return;
    yajl_free(r->handle);
    arena_free(&r->arena);
    free(r->slots);
    free(r);
}

/* Set yajl's error message, as one line. */
static void
explain(struct record *r)
{
    unsigned char *text = yajl_get_error(r->handle, 0, NULL, 0);
    struct span reason = span_trim(span_str((const char *)text));

    refuse(r->err, "not valid JSON (%.*s) at byte %zu", SPAN_ARG(reason),
           yajl_get_bytes_consumed(r->handle));
    yajl_free_error(r->handle, text);
}

/* yajl accepts vertical tabs and form feeds as blanks; JSON does not. */
static bool
check_blanks(struct span text, struct err *err)
{
    const char *found = memchr(text.bytes, '\v', text.length);

    if (found == NULL)
        found = memchr(text.bytes, '\f', text.length);
    return found == NULL ||
           refuse(err, "not valid JSON (a control character) at byte %zu",
                  (size_t)(found - text.bytes));
}

/* Was the text one complete value? Half a number or string after the value
 * would stay in yajl's lexer and corrupt the next line. */
static bool
is_whole(struct record *r, yajl_status status)
{
    if (status == yajl_status_error)
        explain(r);
    else if (!r->failed && !r->complete)
        refuse(r->err, "the JSON ends early, at byte %zu", r->text.length);
    else if (!r->failed && span_trim(span_tail(r->text, r->end)).length > 0)
        refuse(r->err, BEHIND);
    else if (!r->failed)
        return true;
    return false;
}

static bool
parse(struct record *r, struct span text, struct err *err)
{
    yajl_status status;

    if (!check_blanks(text, err))
        return false;
    r->text = text;
    r->depth = r->passed_depth = 0;
    r->complete = r->failed = false;
    r->key = NULL;
    r->err = err;
    status =
        yajl_parse(r->handle, (const unsigned char *)text.bytes, text.length);
    if (is_whole(r, status))
        return true;
    yajl_free(r->handle);
    make_handle(r);
    return false;
}

/* True of most lines, which are then not trimmed. */
static bool
is_in_braces(struct span text)
{
    return text.length > 1 && text.bytes[0] == '{' &&
           text.bytes[text.length - 1] == '}';
}

bool
record_parse(struct record *r, struct span text, struct err *err)
{
    struct span trimmed = is_in_braces(text) ? text : span_trim(text);

    if (trimmed.length == 0 || trimmed.bytes[0] != '{')
        return refuse(err, "not a JSON object");
    if (trimmed.bytes[trimmed.length - 1] != '}')
        return refuse(err, BEHIND);
    r->base_depth = 1;
    r->on_object = NULL;
    return parse(r, text, err);
}

bool
record_parse_array(struct record *r, struct span text,
                   record_on_object *on_object, void *ctx, struct err *err)
{
    r->base_depth = 2;
    r->on_object = on_object;
    r->on_object_ctx = ctx;
    return parse(r, text, err);
}

bool
record_has_unknown_keys(const struct record *r)
{
    return r->has_unknown_keys;
}

const struct record_value *
record_get(const struct record *r, int slot)
{
    if (slot < 0 || r->slots[slot].object != r->object)
        return NULL;
    return &r->slots[slot].value;
}

/* ---- values for later -------------------------------------------------- */

/* Decoded strings are in the arena, which the next object clears. */
static bool
keep_value(const struct record *r, const struct record_value *value,
           struct record_kept *kept, struct buf *strings)
{
    *kept = (struct record_kept){.kind = value->kind,
                                 .text = value->text.bytes,
                                 .raw = value->raw.bytes,
                                 .text_bytes = (uint32_t)value->text.length,
                                 .raw_bytes = (uint32_t)value->raw.length};
    if (value->kind != JSON_STRING || is_in_text(r, value->text.bytes))
        return true;
    if (strings->capacity - strings->length < value->text.length)
        return false;
    kept->text = strings->bytes + strings->length;
    buf_append_span(strings, value->text);
    return true;
}

int
record_keep(const struct record *r, struct record_kept *kept, size_t room,
            struct buf *strings)
{
    size_t count = 0;

    for (int slot = 0; slot < r->shape->slot_count; slot++) {
        const struct slot_state *state = &r->slots[slot];

        if (state->object != r->object)
            continue;
        if (count == room ||
            !keep_value(r, &state->value, &kept[count], strings))
            return -1;
        kept[count++].slot = slot;
    }
    return (int)count;
}

void
record_restore(struct record *r, const struct record_kept *kept, int count,
               bool has_unknown_keys)
{
    r->object++;
    r->has_unknown_keys = has_unknown_keys;
    for (int i = 0; i < count; i++) {
        struct slot_state *state = &r->slots[kept[i].slot];

        state->object = r->object;
        state->value = (struct record_value){
            .kind = kept[i].kind,
            .text = span_of(kept[i].text, kept[i].text_bytes),
            .raw = span_of(kept[i].raw, kept[i].raw_bytes)};
    }
}
