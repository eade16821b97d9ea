/* record: it must accept the same lines as yajl, and find the same values.
 *
 * The line is cleaned first, as the loader does. Then yajl (json/walk.h)
 * reports the members `a`, `b` and `b.c` of the object, and the record must
 * have the same texts at the same places. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/clean.h"
#include "json/record.h"

enum { CEILING = 1024 * 1024, SLOTS = 3, A = 0, B = 1, C = 2, NO_SLOT = -1 };

struct found {
    bool is_set;
    enum json_kind kind;
    struct span source;
    char *text;
    size_t length;
};

/* What yajl says about the line. */
struct judge {
    int depth;
    struct span object; /* the outermost value, if it is one */
    int slot;           /* of the next value */
    bool in_b;          /* inside the object `b` */
    struct found found[SLOTS];
};

static struct arena arena;
static struct shape shape;
static struct record *record;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    shape_init(&shape, &arena);
    shape_add(&shape, &shape.root, "a");
    shape_add(&shape, shape_add(&shape, &shape.root, "b"), "c");
    shape_number(&shape);
    record = record_new(&shape);
    return 0;
}

/* ---- yajl's opinion ------------------------------------------------------ */

static void
forget(struct found *found)
{
    free(found->text);
    *found = (struct found){0};
}

static void
set_found(struct judge *judge, enum json_kind kind, struct span text)
{
    struct found *found;

    if (judge->slot == NO_SLOT)
        return;
    found = &judge->found[judge->slot];
    forget(found);
    if (judge->slot == B)
        forget(&judge->found[C]);
    *found = (struct found){.is_set = true, .kind = kind};
    found->text = malloc(text.length + 1);
    memcpy(found->text, text.bytes, text.length);
    found->length = text.length;
}

static void
on_key(void *ctx, struct span key)
{
    struct judge *judge = ctx;

    judge->slot = NO_SLOT;
    if (judge->depth == 1 && span_is(key, "a"))
        judge->slot = A;
    if (judge->depth == 1 && span_is(key, "b"))
        judge->slot = B;
    if (judge->depth == 2 && judge->in_b && span_is(key, "c"))
        judge->slot = C;
}

/* The slot of a container is kept in `slots`, because its source is known only
 * at its end. */
static int slots[JSON_MAX_DEPTH + 1];

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct judge *judge = ctx;

    if (judge->depth == 1)
        judge->in_b = judge->slot == B && kind == JSON_OBJECT;
    set_found(judge, kind, span_of("", 0));
    slots[judge->depth++] = judge->slot;
    judge->slot = NO_SLOT;
}

static void
on_end(void *ctx, struct span source)
{
    struct judge *judge = ctx;
    int slot = slots[--judge->depth];

    if (judge->depth == 0 && source.bytes[0] == '{')
        judge->object = source;
    if (slot != NO_SLOT)
        judge->found[slot].source = source;
    judge->slot = NO_SLOT;
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct judge *judge = ctx;

    set_found(judge, kind, text);
    if (judge->slot != NO_SLOT)
        judge->found[judge->slot].source = source;
    judge->slot = NO_SLOT;
}

/* yajl accepts vertical tabs and form feeds as blanks, and half a string or
 * number after the value; JSON does not. */
static bool
accepts(struct judge *judge, struct span line)
{
    struct json_visitor visitor = {on_key,    on_begin, on_end,
                                   on_scalar, judge,    NULL};
    struct err err;

    judge->slot = NO_SLOT;
    return json_walk(line, &visitor, &err) &&
           span_equal(span_trim(line), judge->object) &&
           memchr(line.bytes, '\v', line.length) == NULL &&
           memchr(line.bytes, '\f', line.length) == NULL;
}

/* ---- the comparison ------------------------------------------------------ */

static void
give_up(const char *what, struct span line)
{
    fprintf(stderr, "fuzz_record: %s: %.*s\n", what, SPAN_ARG(line));
    abort();
}

static void
compare_slot(const struct found *found, int slot, struct span line)
{
    const struct record_value *value = record_get(record, slot);

    if ((value != NULL) != found->is_set)
        give_up("a value is only on one side", line);
    if (value == NULL)
        return;
    if (value->kind != found->kind)
        give_up("the kinds differ", line);
    if (!span_equal(value->raw, found->source))
        give_up("the sources differ", line);
    if (!span_equal(value->text, span_of(found->text, found->length)))
        give_up("the texts differ", line);
}

static void
compare(struct span line)
{
    struct judge judge = {0};
    struct err err = {0};
    bool accepted = accepts(&judge, line);

    if (record_parse(record, line, &err) != accepted)
        give_up(accepted ? "only yajl accepts" : "yajl does not accept", line);
    if (!accepted && (err.kind != ERR_ROW || err.message[0] == '\0'))
        give_up("refused without a reason", line);
    for (int slot = 0; accepted && slot < SLOTS; slot++)
        compare_slot(&judge.found[slot], slot, line);
    for (int slot = 0; slot < SLOTS; slot++)
        forget(&judge.found[slot]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span raw = span_of((const char *)data, size);
    struct buf line = buf_with_ceiling(CEILING);
    size_t replaced, at;

    if (size > 0 && clean_json(raw, &line, &replaced, &at))
        compare(buf_span(&line));
    buf_free(&line);
    return 0;
}
