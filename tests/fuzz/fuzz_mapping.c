/* mapping: no mutation, column, row or answer may crash the program. The first
 * byte of the input selects what the rest is:
 *
 *     0  the answer to a mutation
 *     1  a line of --from; a line that was made gives the same line again
 *     2  columns, each a line "name type value"; the lines are valid, and their
 *        hash does not depend on the idempotency key
 *     3  a mutation file
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/shopify.h"
#include "graphql/sdl.h"
#include "graphql/sdl_json.h"
#include "mapping/line.h"
#include "mapping/outcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS_MAX = 12, TYPE_BYTES = 64 * 1024 };

static const char types_text[] =
    "type QueryRoot { a: Int } scalar DateTime scalar Date scalar JSON scalar "
    "Decimal scalar UnsignedInt64 scalar Odd enum E { A BIG } "
    "schema { query: QueryRoot mutation: Mutation } "
    "input I { id: ID! b: [I!] c: String e: E n: Decimal j: JSON one: One t: "
    "DateTime seo: S } input S { title: String! } input One @oneOf { a: Int b: "
    "I } type SetUserError { field: [String!] message: String! code: E } type "
    "Product { id: ID! title: String tags: [String] at: DateTime n: Decimal } "
    "type Edge { node: Product } type Conn { edges: [Edge!]! } "
    "type SetPayload { product: Product products: [Product!] conn: Conn ok: "
    "Boolean userErrors: [SetUserError!]! } "
    "type Mutation { productUpdate(in: I!, k: ID, s: String, i: Int, f: Float, "
    "b: Boolean, t: DateTime, d: Date, n: Decimal, l: UnsignedInt64, o: Odd, "
    "e: E, ids: [ID!], ll: [[Int]], es: [E]): SetPayload "
    "inventoryAdjustQuantities(in: I!): SetPayload }";
static const char mutation_text[] =
    "mutation($in: I!, $k: ID @gid(type: \"Product\"), $s: String @null, $i: "
    "Int, $f: Float, $b: Boolean, $t: DateTime, $d: Date, $n: Decimal, $l: "
    "UnsignedInt64, $o: Odd, $e: E, $ids: [ID!], $ll: [[Int]], $es: [E], $key: "
    "String!) @push(max: 5) { productUpdate(in: $in, k: $k, s: $s, i: $i, f: "
    "$f, b: $b, t: $t, d: $d, n: $n, l: $l, o: $o, e: $e, ids: $ids, ll: $ll, "
    "es: $es) @idempotent(key: $key) { product { id title tags at n } products "
    "{ id } ok } }";

static struct arena kept; /* of the types and the mutation */
static struct gql_schema *schema;
static const struct mutation *mutation;

static void
add_types(void)
{
    struct sdl sdl;
    struct err err;

    schema = gql_schema_new(&kept);
    if (!sdl_parse(&kept, "types", span_str(types_text), &sdl, &err))
        abort();
    gql_schema_set_query_type(schema, sdl.query_type);
    gql_schema_set_mutation_type(schema, sdl.mutation_type);
    for (const struct sdl_type *t = sdl.types; t != NULL; t = t->next) {
        struct buf json = buf_with_ceiling(TYPE_BYTES);

        sdl_json_write(&sdl, t, &json);
        if (!gql_schema_add(schema, buf_span(&json), &err))
            abort();
        buf_free(&json);
    }
}

static void
set_up(void)
{
    struct gql_document *document;
    struct err err;

    if (mutation != NULL)
        return;
    add_types();
    if (!gql_parse(&kept, "m", span_str(mutation_text), &document, &err) ||
        !mutation_build(&kept, "job", document, schema, &dialect_shopify,
                        &mutation, &err))
        abort();
}

static void
check_refusal(const struct err *err, enum err_kind kind)
{
    if (err->kind != kind || err->message[0] == '\0' || err->code[0] == '\0')
        abort();
}

static void
read_answer(struct arena *arena, struct span text)
{
    struct outcome outcome;
    struct err err = {0};

    if (!outcome_read(mutation, text, arena, &outcome, &err)) {
        check_refusal(&err, ERR_FAILED);
        return;
    }
    if (outcome.line < -1)
        abort();
    (void)outcome_agrees(mutation, text, &outcome, arena);
    (void)outcome_is_stale_or_taken(&outcome);
}

/* The line is one JSON object on one line, and its hash is that of its bytes
 * without the idempotency key. */
static void
check_line(struct arena *arena, const struct line *line)
{
    char hash[LINE_HASH_BYTES];
    struct buf other = buf_with_ceiling(SIZE_MAX);
    struct json *json;
    struct err err;

    if (!json_parse(arena, line->variables, &json, &err) ||
        json->kind != JSON_OBJECT || line->key.bytes == NULL ||
        memchr(line->variables.bytes, '\n', line->variables.length) != NULL)
        abort();
    line_with_key(mutation, line->variables, "other \"key\"", &other);
    line_hash(mutation, buf_span(&other), hash);
    if (strcmp(hash, line->hash) != 0)
        abort();
    buf_free(&other);
}

static void
read_line(struct arena *arena, struct span text)
{
    const struct binding *binding;
    struct line_maker *maker;
    struct line line;
    struct err err = {0};

    if (!binding_make_for_json(arena, mutation, &binding, &err))
        abort();
    maker = line_maker_new(binding);
    if (line_from_json(maker, text, NULL, &line, &err)) {
        struct span first =
            span_of(arena_dup(arena, line.variables), line.variables.length);

        check_line(arena, &line);
        if (!line_from_json(maker, first, NULL, &line, &err) ||
            !span_equal(first, line.variables))
            abort();
    } else {
        check_refusal(&err, ERR_ROW);
    }
    line_maker_free(maker);
}

/* Cut the text at `end`; *rest is what follows it. */
static struct span
cut(struct span *rest, char end)
{
    const char *at = memchr(rest->bytes, end, rest->length);
    struct span part = *rest;

    if (at != NULL)
        part.length = (size_t)(at - rest->bytes);
    *rest = span_tail(*rest, part.length + (at != NULL));
    return part;
}

static uint32_t
oid_of(struct span type)
{
    static const uint32_t oids[] = {16,   20,   21,   23,   25,   114,  700,
                                    701,  1082, 1114, 1184, 1700, 2950, 3802,
                                    1009, 1016, 3807, 1000, 0,    99999};

    return type.length == 0 ? 25
                            : oids[(unsigned char)type.bytes[0] %
                                   (sizeof(oids) / sizeof(oids[0]))];
}

static void
make_row(struct arena *arena, const struct binding *binding,
         const struct span *values)
{
    struct line_maker *maker = line_maker_new(binding);
    struct line line;
    struct err err = {0};

    if (line_make(maker, values, NULL, &line, &err))
        check_line(arena, &line);
    else
        check_refusal(&err, ERR_ROW);
    line_maker_free(maker);
}

static void
bind_columns(struct arena *arena, struct span text)
{
    struct binding_source source = {.file = "fuzz.sql", .text = text};
    struct binding_column columns[COLUMNS_MAX] = {{0}};
    struct span values[COLUMNS_MAX] = {{0}};
    const struct binding *binding;
    struct err err = {0};
    int count = 0;

    while (text.length > 0 && count < COLUMNS_MAX) {
        struct span line = cut(&text, '\n');

        columns[count].name = arena_dup(arena, cut(&line, ' '));
        columns[count].type = oid_of(cut(&line, ' '));
        columns[count].gid_type = count % 2 == 0 ? "Product" : NULL;
        if (line.length > 0) /* values of PostgreSQL end in NUL */
            values[count] = span_str(arena_dup(arena, line));
        count++;
    }
    if (binding_make(arena, mutation, columns, count, &source, &binding, &err))
        make_row(arena, binding, values);
    else
        check_refusal(&err, ERR_CONFIG);
}

static void
read_mutation(struct arena *arena, struct span text)
{
    const struct mutation *made;
    struct gql_document *document;
    struct gql_name *missing;
    struct err err = {0};

    if (!gql_parse(arena, "fuzz", text, &document, &err))
        return;
    missing = gql_schema_missing(schema, document, arena);
    for (; missing != NULL; missing = missing->next)
        if (gql_schema_find(schema, missing->name) != NULL)
            abort();
    if (!mutation_build(arena, "job", document, schema, &dialect_shopify, &made,
                        &err)) {
        check_refusal(&err, ERR_CONFIG);
        return;
    }
    if (!gql_parse(arena, "sent", span_str(made->document), &document, &err))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parts[])(struct arena * arena, struct span text) = {
        read_answer, read_line, bind_columns, read_mutation};
    struct arena arena = {0};

    set_up();
    if (size > 0)
        parts[data[0] % 4](&arena, span_of((const char *)data + 1, size - 1));
    arena_free(&arena);
    return 0;
}
