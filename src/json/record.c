/*
 * The object of a line becomes values by slot. Keys usually have the same order
 * in each line, so read_key() first compares the key that followed in the line
 * before, and usually need not search for the end of the key.
 *
 * This file reads JSON itself (json/scan.h), because a line took twice as many
 * instructions with yajl. tests/fuzz/fuzz_record.c checks that both accept the
 * same lines. yajl reads a line only if it was refused, to say what is wrong.
 *
 * Hazards:
 * - Values point into the text of the line or into the record's arena. They are
 *   not valid after the next line.
 * - read_members() calls itself for each level that the shape has. The levels
 *   are limited, and so the stack.
 */
#include "json/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "json/handle.h"
#include "json/scan.h"

#define BEHIND "the line does not end where its JSON object does"

struct slot_state {
    uint64_t object;                 /* the object that set this slot last */
    const struct shape_key *begins;  /* the first key below it last time */
    const struct shape_key *follows; /* the sibling that followed last time */
    struct record_value value;
};

struct record {
    const struct shape *shape;
    struct arena arena;
    struct slot_state *slots;
    struct slot_state root; /* for `begins` */
    uint64_t object;        /* number of the current object */
    struct span text;       /* the text that is read */
    struct scan scan;
    bool has_unknown_keys;
};

/* ---- values ------------------------------------------------------------ */

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

static const char *
read_string(struct record *r, const char *at, struct record_value *value)
{
    bool has_escapes;
    const char *end = scan_string(&r->scan, at, &has_escapes);
    struct span text;
    char *kept;

    if (end == NULL)
        return NULL;
    text = span_of(at + 1, (size_t)(end - at) - 2);
    if (has_escapes) {
        kept = arena_bytes(&r->arena, text.length);
        text = span_of(kept, scan_decode(text, kept));
    }
    value->kind = JSON_STRING;
    value->text = text;
    value->raw = span_of(at, (size_t)(end - at));
    return end;
}

static const char *
read_number(struct record *r, const char *at, struct record_value *value)
{
    const char *end = scan_number(&r->scan, at);

    if (end == NULL)
        return NULL;
    value->kind = JSON_NUMBER;
    value->text = value->raw = span_of(at, (size_t)(end - at));
    return end;
}

static const char *
read_word(struct record *r, const char *at, enum json_kind kind,
          struct span word, struct record_value *value)
{
    value->kind = kind;
    value->text = span_of("", 0);
    value->raw = word;
    return scan_word(&r->scan, at, word);
}

/* ---- objects ----------------------------------------------------------- */

static const char *
read_members(struct record *r, const char *at, const struct shape_key *parent,
             struct slot_state *state, int depth);

/* An array or object. Its content is read if the shape has keys below it. */
static const char *
read_container(struct record *r, const char *at, const struct shape_key *key,
               int depth, struct record_value *value)
{
    const char *end;

    value->kind = *at == '{' ? JSON_OBJECT : JSON_ARRAY;
    value->text = span_of("", 0);
    if (*at == '{' && key->first != NULL && depth < RECORD_DEPTH)
        end = read_members(r, at, key, &r->slots[key->slot], depth + 1);
    else
        end = scan_value(&r->scan, at, RECORD_DEPTH - depth);
    if (end != NULL)
        value->raw = span_of(at, (size_t)(end - at));
    return end;
}

static const char *
read_value(struct record *r, const char *at, const struct shape_key *key,
           int depth)
{
    struct record_value *value = claim_slot(r, key);

    if (at == r->scan.end)
        return NULL;
    switch (*at) {
    case '"':
        return read_string(r, at, value);
    case '{':
    case '[':
        return read_container(r, at, key, depth, value);
    case 't':
        return read_word(r, at, JSON_TRUE, span_of("true", 4), value);
    case 'f':
        return read_word(r, at, JSON_FALSE, span_of("false", 5), value);
    case 'n':
        return read_word(r, at, JSON_NULL, span_of("null", 4), value);
    default:
        return read_number(r, at, value);
    }
}

static const struct shape_key *
find_key(const struct shape_key *parent, struct span name)
{
    const struct shape_key *key = parent->first;

    while (key != NULL && !span_equal(key->key, name))
        key = key->next;
    return key;
}

/* Is `key` at `at`, with its quotes? */
static bool
is_key_at(const struct record *r, const char *at, const struct shape_key *key)
{
    size_t length = key->key.length;

    return (size_t)(r->scan.end - at) >= length + 2 && at[0] == '"' &&
           at[length + 1] == '"' &&
           span_equal(span_of(at + 1, length), key->key);
}

/* Read a key below `parent`; *key is NULL if the shape does not have it. The
 * first guess is the key that came here in the line before. Results keep the
 * order of the query, so it is usually right. */
static const char *
read_key(struct record *r, const char *at, const struct shape_key *parent,
         const struct shape_key **guess, const struct shape_key **key)
{
    bool has_escapes;
    const char *end;
    struct span name;
    char *kept;

    if (*guess != NULL && is_key_at(r, at, *guess)) {
        *key = *guess;
        return at + (*key)->key.length + 2;
    }
    end = scan_string(&r->scan, at, &has_escapes);
    if (end == NULL)
        return NULL;
    name = span_of(at + 1, (size_t)(end - at) - 2);
    if (has_escapes) {
        kept = arena_bytes(&r->arena, name.length);
        name = span_of(kept, scan_decode(name, kept));
    }
    *key = find_key(parent, name);
    if (*key != NULL)
        *guess = *key;
    return end;
}

/* Read a key and its value. If the shape has the key, `*guess` becomes the
 * place for the guess of the next key. */
static const char *
read_member(struct record *r, const char *at, const struct shape_key *parent,
            const struct shape_key ***guess, int depth)
{
    const struct shape_key *key;

    at = read_key(r, at, parent, *guess, &key);
    if (at != NULL)
        at = scan_colon(&r->scan, at);
    if (at == NULL)
        return NULL;
    if (key == NULL) {
        r->has_unknown_keys |= parent == &r->shape->root;
        return scan_value(&r->scan, at, RECORD_DEPTH - depth);
    }
    *guess = &r->slots[key->slot].follows;
    return read_value(r, at, key, depth);
}

/* Read the object at `at`, which is on level `depth`. `state` is that of the
 * object itself. */
static const char *
read_members(struct record *r, const char *at, const struct shape_key *parent,
             struct slot_state *state, int depth)
{
    const struct shape_key **guess = &state->begins;

    at = scan_blanks(&r->scan, at + 1);
    if (at < r->scan.end && *at == '}')
        return at + 1;
    for (;;) {
        at = read_member(r, at, parent, &guess, depth);
        if (at == NULL)
            return NULL;
        at = scan_blanks(&r->scan, at);
        if (at == r->scan.end)
            return NULL;
        if (*at == '}')
            return at + 1;
        if (*at != ',')
            return NULL;
        at = scan_blanks(&r->scan, at + 1);
    }
}

static const char *
read_object(struct record *r, const char *at, int depth)
{
    r->object++;
    r->has_unknown_keys = false;
    arena_clear(&r->arena);
    return read_members(r, at, &r->shape->root, &r->root, depth);
}

/* ---- refusals ---------------------------------------------------------- */

/* yajl accepts vertical tabs and form feeds as blanks; JSON does not. */
static bool
check_blanks(struct span text, struct err *err)
{
    const char *found = memchr(text.bytes, '\v', text.length);

    if (found == NULL)
        found = memchr(text.bytes, '\f', text.length);
    return found == NULL ||
           err_set(err, MSG_LINE_JSON,
                   "not valid JSON (a control character) at byte %zu",
                   (size_t)(found - text.bytes));
}

/* Set yajl's error message, as one line. */
static void
set_message(yajl_handle handle, struct err *err)
{
    unsigned char *text = yajl_get_error(handle, 0, NULL, 0);
    struct span reason = span_trim(span_str((const char *)text));

    err_set(err, MSG_LINE_JSON, "not valid JSON (%.*s) at byte %zu",
            SPAN_ARG(reason), yajl_get_bytes_consumed(handle));
    yajl_free_error(handle, text);
}

/* Set why the text is not valid JSON. True if yajl finds nothing wrong, for
 * example because several values follow each other. */
static bool
check_with_yajl(struct span text, struct err *err)
{
    static const yajl_callbacks none = {0};
    yajl_handle handle = handle_new(&none, NULL);
    bool is_valid = false;

    yajl_config(handle, yajl_allow_multiple_values, 1);
    if (yajl_parse(handle, (const unsigned char *)text.bytes, text.length) !=
        yajl_status_ok)
        set_message(handle, err);
    else if (yajl_complete_parse(handle) != yajl_status_ok)
        err_set(err, MSG_LINE_JSON, "the JSON ends early, at byte %zu",
                text.length);
    else
        is_valid = true;
    yajl_free(handle);
    return is_valid;
}

static bool
refuse(const struct record *r, struct err *err)
{
    if (r->scan.too_deep != NULL)
        return err_set(err, MSG_LINE_JSON,
                       "nested deeper than %d levels at byte %zu", RECORD_DEPTH,
                       (size_t)(r->scan.too_deep - r->text.bytes));
    return check_blanks(r->text, err) && check_with_yajl(r->text, err) &&
           err_set(err, MSG_LINE_JSON, BEHIND);
}

/* ---- the record -------------------------------------------------------- */

struct record *
record_new(const struct shape *shape)
{
    struct record *r = mem_alloc(sizeof(*r));

    r->shape = shape;
    r->slots = mem_array((size_t)shape->slot_count, sizeof(*r->slots));
    return r;
}

void
record_free(struct record *r)
{
    if (r == NULL)
        return;
    arena_free(&r->arena);
    free(r->slots);
    free(r);
}

/* Set the text to read, without blanks at both ends. */
static const char *
begin(struct record *r, struct span text)
{
    struct span trimmed = span_trim(text);

    r->text = text;
    r->scan = (struct scan){.end = trimmed.bytes + trimmed.length};
    return trimmed.bytes;
}

bool
record_parse(struct record *r, struct span text, struct err *err)
{
    const char *at = begin(r, text);

    if (at == r->scan.end || *at != '{')
        return err_set(err, MSG_LINE_JSON, "not a JSON object");
    if (r->scan.end[-1] != '}')
        return err_set(err, MSG_LINE_JSON, BEHIND);
    at = read_object(r, at, 1);
    if (at == NULL)
        return refuse(r, err);
    return at == r->scan.end || err_set(err, MSG_LINE_JSON, BEHIND);
}

/* ---- arrays of objects ------------------------------------------------- */

struct elements {
    record_on_object *on_object;
    void *ctx;
    struct err *err;
    bool is_set; /* whether `err` is set */
};

/* Read an object and pass it on, or skip a null. */
static const char *
read_element(struct record *r, const char *at, struct elements *elements)
{
    if (at < r->scan.end && *at == '{') {
        at = read_object(r, at, 2);
        elements->is_set =
            at != NULL && !elements->on_object(elements->ctx, r, elements->err);
        return elements->is_set ? NULL : at;
    }
    if (at < r->scan.end && *at == 'n')
        return scan_word(&r->scan, at, span_of("null", 4));
    elements->is_set = scan_value(&r->scan, at, RECORD_DEPTH) != NULL;
    if (elements->is_set)
        err_set(elements->err, MSG_LINE_JSON, "not an object at byte %zu",
                (size_t)(at - r->text.bytes));
    return NULL;
}

static const char *
read_elements(struct record *r, const char *at, struct elements *elements)
{
    at = scan_blanks(&r->scan, at + 1);
    if (at < r->scan.end && *at == ']')
        return at + 1;
    for (;;) {
        at = read_element(r, at, elements);
        if (at == NULL)
            return NULL;
        at = scan_blanks(&r->scan, at);
        if (at == r->scan.end)
            return NULL;
        if (*at == ']')
            return at + 1;
        if (*at != ',')
            return NULL;
        at = scan_blanks(&r->scan, at + 1);
    }
}

bool
record_parse_array(struct record *r, struct span text,
                   record_on_object *on_object, void *ctx, struct err *err)
{
    struct elements elements = {.on_object = on_object, .ctx = ctx, .err = err};
    const char *at = begin(r, text);

    if (at == r->scan.end || *at != '[')
        return err_set(err, MSG_LINE_JSON, "not a JSON array");
    return read_elements(r, at, &elements) == r->scan.end ||
           (!elements.is_set && refuse(r, err));
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
