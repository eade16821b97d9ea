/*
 * The query stays as it is written, with its comments: lines are inserted at
 * the end of the selections of an object. Where that is, follows from the
 * parsed query and the braces in the text.
 *
 * A column has the name namespace_key, with other characters than letters,
 * digits and "_" replaced. If two columns of a table would have the same name,
 * or a name is too long, it ends in the first 8 hex digits of the md5 of
 * "namespace.key". So a name depends on the other definitions only if they
 * collide.
 *
 * Hazard. Namespace and key come from the store. In the text they are a name
 * that was made safe, and GraphQL strings.
 */
#include "command/metafields.h"

#include <ctype.h>
#include <string.h>

#include "base/dict.h"
#include "graphql/document.h"
#include "plan/names.h"

enum { PLACES_MAX = 16, DIGEST_KEPT = 8, TEXT_BYTES_MAX = 1024 * 1024 };

/* ---- the objects --------------------------------------------------------- */

/* Fields of ready queries whose objects have metafields. */
static const struct {
    const char *parent; /* the connection around; NULL: it is a root */
    const char *field;
    const char *owner;
} owners[] = {
    {NULL, "products", "PRODUCT"},
    {NULL, "productVariants", "PRODUCTVARIANT"},
    {"products", "variants", "PRODUCTVARIANT"},
    {NULL, "collections", "COLLECTION"},
    {NULL, "customers", "CUSTOMER"},
    {NULL, "orders", "ORDER"},
    {NULL, "draftOrders", "DRAFTORDER"},
    {NULL, "companies", "COMPANY"},
    {"companies", "locations", "COMPANY_LOCATION"},
    {NULL, "locations", "LOCATION"},
    {NULL, "markets", "MARKET"},
    {NULL, "discountNodes", "DISCOUNT"},
    {NULL, "pages", "PAGE"},
    {NULL, "blogs", "BLOG"},
    {NULL, "articles", "ARTICLE"},
};

/* A selection of rows, and what is to be inserted at its end. */
struct place {
    const struct gql_selection *node;
    const char *owner;
    size_t at; /* of the line with the closing brace */
    size_t indentation;
    struct buf lines;
};

struct adding {
    const struct metafields_source *source;
    struct arena *arena;
    const char *text;
    struct place places[PLACES_MAX];
    int place_count;
    size_t count;
};

static const char *
owner_of(const char *parent, const char *field)
{
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        const char *around = owners[i].parent;

        if (strcmp(owners[i].field, field) == 0 &&
            (parent != NULL ? around != NULL && strcmp(around, parent) == 0
                            : around == NULL))
            return owners[i].owner;
    }
    return NULL;
}

static const struct gql_selection *
find_field(const struct gql_selection *list, const char *name)
{
    while (list != NULL &&
           (list->kind != GQL_FIELD || strcmp(list->name, name) != 0))
        list = list->next;
    return list;
}

/* The field whose selections are the rows' fields; NULL: not a connection. */
static const struct gql_selection *
rows_of(const struct gql_selection *field)
{
    const struct gql_selection *edges = find_field(field->selections, "edges");

    return edges != NULL ? find_field(edges->selections, "node")
                         : find_field(field->selections, "nodes");
}

/* ---- places in the text -------------------------------------------------- */

static size_t
offset_of(const char *text, struct gql_pos pos)
{
    const char *line = text;

    for (unsigned n = 1; n < pos.line; n++)
        line = strchr(line, '\n') + 1;
    return (size_t)(line - text) + pos.column - 1;
}

/* The end of a string, a comment or another character. */
static const char *
skip_one(const char *at)
{
    if (*at == '#')
        return at + strcspn(at, "\n");
    if (*at != '"')
        return at + 1;
    for (at++; *at != '\0' && *at != '"'; at++)
        if (at[0] == '\\' && at[1] != '\0')
            at++;
    return at + (*at == '"');
}

/* The brace that closes the selections of the field at `at`. */
static const char *
closing_brace(const char *at)
{
    int depth = 0;

    for (; *at != '\0'; at = skip_one(at)) {
        depth += *at == '{';
        if (*at == '}' && --depth == 0)
            return at;
    }
    return at;
}

static void
add_place(struct adding *a, const struct gql_selection *node, const char *owner)
{
    const char *brace =
        closing_brace(a->text + offset_of(a->text, node->name_pos));
    const char *line = brace;
    struct place *place = &a->places[a->place_count];

    while (line > a->text && line[-1] != '\n')
        line--;
    if (a->place_count == PLACES_MAX ||
        strspn(line, " ") < (size_t)(brace - line))
        return;
    *place = (struct place){.node = node,
                            .owner = owner,
                            .at = (size_t)(line - a->text),
                            .indentation = (size_t)(brace - line) + 2,
                            .lines = buf_with_ceiling(TEXT_BYTES_MAX)};
    a->place_count++;
}

static void
find_places(struct adding *a, const char *parent,
            const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        const struct gql_selection *node =
            list->kind == GQL_FIELD ? rows_of(list) : NULL;
        const char *owner;

        if (node == NULL)
            continue;
        owner = owner_of(parent, list->name);
        find_places(a, list->name, node->selections);
        if (owner != NULL)
            add_place(a, node, owner);
    }
}

/* ---- names --------------------------------------------------------------- */

static const char *
given_name(const struct gql_selection *field)
{
    const struct gql_directive *column =
        gql_find_directive(field->directives, "column");
    const struct gql_argument *name =
        column != NULL ? gql_find_argument(column->arguments, "name") : NULL;

    return name != NULL ? name->value->text : NULL;
}

/* Note the names of the columns, and the response keys, of a row. */
static void
note_names(struct adding *a, struct dict *names, const char *path,
           const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        const char *key, *name;

        if (list->kind == GQL_INLINE_FRAGMENT) {
            note_names(a, names, path, list->selections);
            continue;
        }
        key = gql_response_key(list);
        (void)dict_add_name(names, key);
        name = arena_printf(a->arena, "%s%s%s", path, *path ? "_" : "",
                            name_snake_case(a->arena, key));
        (void)dict_add_name(names, name);
        if (given_name(list) != NULL)
            (void)dict_add_name(names, given_name(list));
        if (list->selections != NULL && rows_of(list) == NULL)
            note_names(a, names, name, list->selections);
    }
}

/* Lower case, so that the column has the same name. A name must not begin with
 * a digit, nor with what bulkpg uses itself. */
static const char *
plain_name(struct adding *a, const struct metafield *m)
{
    char *name = arena_printf(a->arena, "%s_%s", m->namespace_, m->key);

    for (char *c = name; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) && (unsigned char)*c < 0x80
                 ? (char)tolower((unsigned char)*c)
                 : '_';
    if (isalpha((unsigned char)name[0]) && strncmp(name, "bulkpg_", 7) != 0)
        return name;
    return arena_printf(a->arena, "metafield_%s", name + strspn(name, "_"));
}

static const char *
digest_name(struct adding *a, const struct metafield *m)
{
    const char *whole = arena_printf(a->arena, "%s.%s", m->namespace_, m->key);
    char hex[NAME_DIGEST_BYTES];

    name_md5(whole, strlen(whole), hex);
    return arena_printf(a->arena, "%.54s_%.*s", plain_name(a, m), DIGEST_KEPT,
                        hex);
}

/* Do two definitions give this name? */
static bool
collides(struct adding *a, const struct metafield *list, const char *name)
{
    int count = 0;

    for (; list != NULL; list = list->next)
        count += strcmp(plain_name(a, list), name) == 0;
    return count > 1;
}

static const char *
choose_name(struct adding *a, const struct dict *names,
            const struct metafield *all, const struct metafield *m)
{
    const char *name = plain_name(a, m);

    if (strlen(name) > NAME_BYTES_MAX || collides(a, all, name) ||
        dict_get(names, name) != NULL)
        return digest_name(a, m);
    return name;
}

/* ---- types --------------------------------------------------------------- */

/* The column's type; jsonb: of any other type. Such a value is read as JSON. */
static const char *
type_of(const char *type)
{
    static const char *const types[][2] = {
        {"single_line_text_field", "text"},
        {"multi_line_text_field", "text"},
        {"url", "text"},
        {"color", "text"},
        {"id", "text"},
        {"language", "text"},
        {"number_integer", "bigint"},
        {"number_decimal", "numeric"},
        {"boolean", "boolean"},
        {"date", "date"},
        {"date_time", "timestamptz"},
    };
    size_t length = strlen(type), suffix = strlen("_reference");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i][0], type) == 0)
            return types[i][1];
    if (strncmp(type, "list.", 5) != 0 && length > suffix &&
        strcmp(type + length - suffix, "_reference") == 0)
        return "text";
    return "jsonb";
}

/* ---- lines --------------------------------------------------------------- */

static void
indent(struct buf *lines, size_t spaces)
{
    while (spaces-- > 0)
        buf_append_char(lines, ' ');
}

static void
append_string(struct buf *lines, const char *text)
{
    struct gql_value value = {.kind = GQL_STRING, .text = text};

    gql_print_value(&value, lines);
}

static void
append_field(struct place *place, const struct metafield *m, const char *name)
{
    const char *type = type_of(m->type);
    struct buf *lines = &place->lines;

    indent(lines, place->indentation);
    buf_printf(lines, "%s: metafield(namespace: ", name);
    append_string(lines, m->namespace_);
    buf_append_str(lines, ", key: ");
    append_string(lines, m->key);
    buf_append_str(lines, ") {\n");
    indent(lines, place->indentation + 2);
    buf_printf(lines, "%s @column(name: \"%s\"",
               strcmp(type, "jsonb") == 0 ? "jsonValue" : "value", name);
    if (strcmp(type, "text") != 0)
        buf_printf(lines, ", type: \"%s\"", type);
    buf_append_str(lines, ")\n");
    indent(lines, place->indentation);
    buf_append_str(lines, "}\n");
}

static bool
fill_place(struct adding *a, struct place *place, struct err *err)
{
    struct dict names = {.arena = a->arena};
    struct metafield *all;

    if (!a->source->list(a->source->ctx, place->owner, a->arena, &all, err))
        return false;
    note_names(a, &names, "", place->node->selections);
    if (all != NULL) {
        indent(&place->lines, place->indentation);
        buf_printf(&place->lines, "# metafields that the store defines (%s)\n",
                   place->owner);
    }
    for (const struct metafield *m = all; m != NULL; m = m->next) {
        append_field(place, m, choose_name(a, &names, all, m));
        a->count++;
    }
    return true;
}

/* Places were found from the inside out, so they are in the order of their
 * closing braces. */
static const char *
join(struct adding *a)
{
    struct buf text = buf_with_ceiling(TEXT_BYTES_MAX * PLACES_MAX);
    size_t done = 0;
    const char *joined;

    for (int i = 0; i < a->place_count; i++) {
        const struct place *place = &a->places[i];

        buf_append(&text, a->text + done, place->at - done);
        buf_append_span(&text, buf_span(&place->lines));
        done = place->at;
    }
    buf_append_str(&text, a->text + done);
    joined = arena_strdup(a->arena, buf_str(&text));
    buf_free(&text);
    return joined;
}

bool
metafields_add(const struct metafields_source *source, struct arena *arena,
               const char **text, size_t *count, struct err *err)
{
    struct adding a = {.source = source, .arena = arena, .text = *text};
    struct gql_document *document;
    bool filled = true;

    if (!gql_parse(arena, "ready query", span_str(*text), &document, err))
        return false;
    find_places(&a, NULL, document->operations->selections);
    for (int i = 0; filled && i < a.place_count; i++)
        filled = fill_place(&a, &a.places[i], err);
    if (filled)
        *text = join(&a);
    for (int i = 0; i < a.place_count; i++)
        buf_free(&a.places[i].lines);
    *count = a.count;
    return filled;
}
