/*
 * The text is read in one pass, definition by definition. Types may be used
 * before they are defined, and extended before, so names are looked up at the
 * end:
 *
 *     definitions ─► types by name ─► is each type that is used defined?
 *                                 └─► types of each interface
 *
 * Each field, argument and value is a node in the arena. Lists are short enough
 * to be searched for names that come twice, but for the types and the members
 * of a large union, which are not searched.
 *
 * Hazard: a schema file can be of any size. The file has an upper limit
 * (types_file.c), a type reference a depth, and the nodes of values and
 * directives are counted for each definition (parser.h).
 */
#include "graphql/sdl.h"

#include <string.h>

#include "base/buf.h"
#include "graphql/parser.h"

enum { DEPTH_MAX = 8, NAME_BYTES_MAX = 255, VALUE_BYTES = 64 * 1024 };

struct reader {
    struct gql_parser parser;
    struct arena *arena;
    struct gql_document document; /* only the file, for messages */
    struct sdl *sdl;
    struct sdl_type **end;
    bool is_one_of; /* the directives that were read last have @oneOf */
};

/* ---- parts -------------------------------------------------------------- */

static bool
skip_description(struct reader *reader, struct err *err)
{
    return reader->parser.token.kind != GQL_TOKEN_STRING ||
           gql_take(&reader->parser, err);
}

/* The description that the current token is; NULL if it is another token. */
static const char *
description(const struct reader *reader)
{
    return reader->parser.token.kind == GQL_TOKEN_STRING
               ? reader->parser.token.text
               : NULL;
}

/* If the current token is this punctuator, take it, and set *found. */
static bool
take_optional(struct reader *reader, const char *punctuator, bool *found,
              struct err *err)
{
    *found = gql_at(&reader->parser, punctuator);
    return !*found || gql_take(&reader->parser, err);
}

static bool
take_name(struct reader *reader, const char *what, const char **name,
          struct err *err)
{
    struct gql_pos pos = reader->parser.token.pos;

    if (!gql_take_name(&reader->parser, what, name, err))
        return false;
    return strlen(*name) <= NAME_BYTES_MAX ||
           gql_error(err, MSG_TYPES_FILE, &reader->document, pos,
                     "a name has more than %d bytes", NAME_BYTES_MAX);
}

/* Read a type, such as [ID!]!, into `text` without blanks. */
static bool
read_ref_text(struct reader *reader, struct buf *text, struct err *err)
{
    struct gql_parser *parser = &reader->parser;
    unsigned depth = 0;
    const char *name;
    bool found;

    for (; gql_at(parser, "["); depth++) {
        buf_append_char(text, '[');
        if (depth == DEPTH_MAX)
            return gql_error(
                err, MSG_TYPES_FILE, &reader->document, parser->token.pos,
                "a list is nested deeper than %d levels", DEPTH_MAX);
        if (!gql_take(parser, err))
            return false;
    }
    if (!take_name(reader, "a type", &name, err))
        return false;
    buf_append_str(text, name);
    for (;; depth--) {
        if (!take_optional(reader, "!", &found, err))
            return false;
        if (found)
            buf_append_char(text, '!');
        if (depth == 0)
            return true;
        if (!gql_take_punctuator(parser, "]", err))
            return false;
        buf_append_char(text, ']');
    }
}

static bool
read_ref(struct reader *reader, const char **type, struct gql_pos *pos,
         struct err *err)
{
    struct buf text = buf_with_ceiling(2 * NAME_BYTES_MAX);
    bool ok;

    if (!gql_take_punctuator(&reader->parser, ":", err))
        return false;
    *pos = reader->parser.token.pos;
    ok = read_ref_text(reader, &text, err);
    if (ok)
        *type = arena_dup(reader->arena, buf_span(&text));
    buf_free(&text);
    return ok;
}

/* Directives are skipped, except @deprecated: its reason, and @oneOf. */
static bool
read_directives(struct reader *reader, const char **deprecated, struct err *err)
{
    struct gql_directive *list = NULL;
    struct gql_directive *found;
    const struct gql_argument *reason;

    reader->parser.nodes = 0;
    if (!gql_parse_directives(&reader->parser, true, &list, err))
        return false;
    reader->is_one_of = gql_find_directive(list, "oneOf") != NULL;
    found = gql_find_directive(list, "deprecated");
    if (found == NULL || deprecated == NULL)
        return true;
    reason = gql_find_argument(found->arguments, "reason");
    *deprecated = reason != NULL && reason->value->kind == GQL_STRING
                      ? reason->value->text
                      : "No longer supported";
    return true;
}

static const char *
print_value(struct reader *reader, const struct gql_value *value)
{
    struct buf text = buf_with_ceiling(VALUE_BYTES);
    const char *copy;

    gql_print_value(value, &text);
    copy = arena_dup(reader->arena, buf_span(&text));
    buf_free(&text);
    return copy;
}

static bool
read_default(struct reader *reader, const char **text, struct err *err)
{
    struct gql_value *value;
    bool found;

    reader->parser.nodes = 0;
    if (!take_optional(reader, "=", &found, err))
        return false;
    if (!found)
        return true;
    if (!gql_parse_value(&reader->parser, true, &value, err))
        return false;
    *text = print_value(reader, value);
    return true;
}

/* ---- lists -------------------------------------------------------------- */

static struct sdl_input **
end_of_inputs(struct sdl_input **list, const char *name)
{
    while (*list != NULL && strcmp((*list)->name, name) != 0)
        list = &(*list)->next;
    return list;
}

/* Read `name: Type = default @directives`, and add it unless the list has the
 * name. */
static bool
read_input(struct reader *reader, struct sdl_input **list, struct err *err)
{
    struct sdl_input *made = arena_alloc(reader->arena, sizeof(*made));
    struct sdl_input **end;

    made->description = description(reader);
    if (!skip_description(reader, err) ||
        !take_name(reader, "a name", &made->name, err) ||
        !read_ref(reader, &made->type, &made->pos, err) ||
        !read_default(reader, &made->default_value, err) ||
        !read_directives(reader, NULL, err))
        return false;
    end = end_of_inputs(list, made->name);
    if (*end == NULL)
        *end = made;
    return true;
}

/* Read inputs between two brackets; none at all if `open` does not come. */
static bool
read_inputs(struct reader *reader, const char *open, const char *close,
            struct sdl_input **list, struct err *err)
{
    bool found;

    if (!take_optional(reader, open, &found, err))
        return false;
    if (!found)
        return true;
    while (!gql_at(&reader->parser, close))
        if (!read_input(reader, list, err))
            return false;
    return gql_take(&reader->parser, err);
}

static struct sdl_field **
end_of_fields(struct sdl_field **list, const char *name)
{
    while (*list != NULL && strcmp((*list)->name, name) != 0)
        list = &(*list)->next;
    return list;
}

static bool
read_field(struct reader *reader, struct sdl_field **list, struct err *err)
{
    struct sdl_field *made = arena_alloc(reader->arena, sizeof(*made));
    struct sdl_field **end;

    if (!skip_description(reader, err) ||
        !take_name(reader, "a field's name", &made->name, err) ||
        !read_inputs(reader, "(", ")", &made->arguments, err) ||
        !read_ref(reader, &made->type, &made->pos, err) ||
        !read_directives(reader, &made->deprecated, err))
        return false;
    end = end_of_fields(list, made->name);
    if (*end == NULL)
        *end = made;
    return true;
}

static bool
read_fields(struct reader *reader, struct sdl_field **list, struct err *err)
{
    bool found;

    if (!take_optional(reader, "{", &found, err))
        return false;
    if (!found)
        return true;
    while (!gql_at(&reader->parser, "}"))
        if (!read_field(reader, list, err))
            return false;
    return gql_take(&reader->parser, err);
}

static void
add_name(struct arena *arena, struct gql_name **list, const char *name)
{
    struct gql_name *made = arena_alloc(arena, sizeof(*made));

    made->name = name;
    made->next = *list;
    *list = made;
}

/* Read names with `separator` between them, and perhaps before the first. */
static bool
read_names(struct reader *reader, const char *separator, struct gql_name **list,
           struct err *err)
{
    bool found;

    if (!take_optional(reader, separator, &found, err))
        return false;
    do {
        const char *name;

        if (!take_name(reader, "a type's name", &name, err))
            return false;
        add_name(reader->arena, list, name);
        if (!take_optional(reader, separator, &found, err))
            return false;
    } while (found);
    return true;
}

static bool
read_value(struct reader *reader, struct gql_name **list, struct err *err)
{
    const char *name;

    if (!skip_description(reader, err) ||
        !take_name(reader, "a value", &name, err) ||
        !read_directives(reader, NULL, err))
        return false;
    add_name(reader->arena, list, name);
    return true;
}

static bool
read_values(struct reader *reader, struct gql_name **list, struct err *err)
{
    bool found;

    if (!take_optional(reader, "{", &found, err))
        return false;
    if (!found)
        return true;
    while (!gql_at(&reader->parser, "}"))
        if (!read_value(reader, list, err))
            return false;
    return gql_take(&reader->parser, err);
}

/* ---- definitions -------------------------------------------------------- */

static const struct {
    const char *word;
    enum gql_type_kind kind;
} keywords[] = {{"type", GQL_OBJECT_TYPE}, {"interface", GQL_INTERFACE_TYPE},
                {"union", GQL_UNION_TYPE}, {"enum", GQL_ENUM_TYPE},
                {"input", GQL_INPUT_TYPE}, {"scalar", GQL_SCALAR_TYPE}};

enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

/* The type of this name, which is added if it is new. A type has one
 * definition, and any number of extensions of the same kind. */
static struct sdl_type *
take_type(struct reader *reader, enum gql_type_kind kind, const char *name,
          struct gql_pos pos, bool extends, struct err *err)
{
    struct sdl_type *type = dict_get(&reader->sdl->by_name, name);

    if (type == NULL) {
        type = arena_alloc(reader->arena, sizeof(*type));
        type->kind = kind;
        type->name = name;
        type->pos = pos;
        (void)dict_add(&reader->sdl->by_name, name, type);
        *reader->end = type;
        reader->end = &type->next;
        reader->sdl->count++;
    } else if (type->kind != kind || (type->is_defined && !extends)) {
        gql_error(err, MSG_TYPES_FILE, &reader->document, pos,
                  "the type %s is defined twice, first in line %u", name,
                  type->pos.line);
        return NULL;
    }
    type->is_defined = type->is_defined || !extends;
    return type;
}

static bool
read_implements(struct reader *reader, struct sdl_type *type, struct err *err)
{
    if (!gql_at_name(&reader->parser, "implements"))
        return true;
    return gql_take(&reader->parser, err) &&
           read_names(reader, "&", &type->interfaces, err);
}

static bool
read_members(struct reader *reader, struct sdl_type *type, struct err *err)
{
    bool found;

    if (!take_optional(reader, "=", &found, err))
        return false;
    return !found || read_names(reader, "|", &type->possible, err);
}

static bool
read_body(struct reader *reader, struct sdl_type *type, struct err *err)
{
    switch (type->kind) {
    case GQL_OBJECT_TYPE:
    case GQL_INTERFACE_TYPE:
        return read_fields(reader, &type->fields, err);
    case GQL_UNION_TYPE:
        return read_members(reader, type, err);
    case GQL_ENUM_TYPE:
        return read_values(reader, &type->values, err);
    case GQL_INPUT_TYPE:
        return read_inputs(reader, "{", "}", &type->inputs, err);
    case GQL_SCALAR_TYPE:
        break;
    }
    return true;
}

static bool
read_type(struct reader *reader, enum gql_type_kind kind, bool extends,
          struct err *err)
{
    struct gql_pos pos = reader->parser.token.pos;
    struct sdl_type *type;
    const char *name;

    if (!gql_take(&reader->parser, err) ||
        !take_name(reader, "a type's name", &name, err))
        return false;
    type = take_type(reader, kind, name, pos, extends, err);
    if (type == NULL || !read_implements(reader, type, err) ||
        !read_directives(reader, NULL, err))
        return false;
    type->one_of = type->one_of || reader->is_one_of;
    return read_body(reader, type, err);
}

/* schema { query: Query mutation: Mutation }. An extension may have only
 * directives. */
static bool
read_schema(struct reader *reader, struct err *err)
{
    struct gql_parser *parser = &reader->parser;
    const char *operation, *name;
    struct gql_pos pos;
    bool found;

    if (!gql_take(parser, err) || !read_directives(reader, NULL, err) ||
        !take_optional(reader, "{", &found, err))
        return false;
    while (found && !gql_at(parser, "}")) {
        if (!skip_description(reader, err) ||
            !take_name(reader, "an operation", &operation, err) ||
            !read_ref(reader, &name, &pos, err))
            return false;
        if (strcmp(operation, "query") == 0)
            reader->sdl->query_type = name;
        else if (strcmp(operation, "mutation") == 0)
            reader->sdl->mutation_type = name;
    }
    return !found || gql_take(parser, err);
}

/* directive @name(arguments) repeatable on PLACE | PLACE */
static bool
skip_directive(struct reader *reader, struct err *err)
{
    struct gql_parser *parser = &reader->parser;
    struct sdl_input *inputs = NULL;
    struct gql_name *places = NULL;
    const char *name;

    if (!gql_take(parser, err) || !gql_take_punctuator(parser, "@", err) ||
        !take_name(reader, "a directive's name", &name, err) ||
        !read_inputs(reader, "(", ")", &inputs, err))
        return false;
    if (gql_at_name(parser, "repeatable") && !gql_take(parser, err))
        return false;
    if (!gql_at_name(parser, "on"))
        return gql_expected(parser, "\"on\"", err);
    return gql_take(parser, err) && read_names(reader, "|", &places, err);
}

static bool
read_definition(struct reader *reader, struct err *err)
{
    struct gql_parser *parser = &reader->parser;
    bool extends;

    if (!skip_description(reader, err))
        return false;
    extends = gql_at_name(parser, "extend");
    if (extends && !gql_take(parser, err))
        return false;
    for (size_t i = 0; i < KEYWORDS; i++)
        if (gql_at_name(parser, keywords[i].word))
            return read_type(reader, keywords[i].kind, extends, err);
    if (gql_at_name(parser, "schema"))
        return read_schema(reader, err);
    if (gql_at_name(parser, "directive") && !extends)
        return skip_directive(reader, err);
    return gql_expected(parser, "a definition of a schema, such as \"type\"",
                        err);
}

/* ---- names -------------------------------------------------------------- */

static bool
is_built_in(const char *name)
{
    static const char *const names[] = {"Int", "Float", "String", "Boolean",
                                        "ID"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool
check_ref(struct reader *reader, const char *type, struct gql_pos pos,
          struct err *err)
{
    char name[NAME_BYTES_MAX + 1];
    size_t at = strspn(type, "[");
    size_t length = strcspn(type + at, "]!");

    memcpy(name, type + at, length);
    name[length] = '\0';
    return is_built_in(name) || dict_get(&reader->sdl->by_name, name) != NULL ||
           gql_error(err, MSG_TYPES_FILE, &reader->document, pos,
                     "the type %s is not defined", name);
}

static bool
check_inputs(struct reader *reader, const struct sdl_input *input,
             struct err *err)
{
    for (; input != NULL; input = input->next)
        if (!check_ref(reader, input->type, input->pos, err))
            return false;
    return true;
}

static bool
check_type(struct reader *reader, const struct sdl_type *type, struct err *err)
{
    for (const struct sdl_field *f = type->fields; f != NULL; f = f->next)
        if (!check_ref(reader, f->type, f->pos, err) ||
            !check_inputs(reader, f->arguments, err))
            return false;
    return check_inputs(reader, type->inputs, err);
}

/* Add an object to the lists of its interfaces. */
static void
note_implementer(struct reader *reader, const struct sdl_type *object)
{
    for (const struct gql_name *n = object->interfaces; n != NULL;
         n = n->next) {
        struct sdl_type *interface = dict_get(&reader->sdl->by_name, n->name);

        if (interface != NULL && interface->kind == GQL_INTERFACE_TYPE)
            add_name(reader->arena, &interface->possible, object->name);
    }
}

static bool
resolve_names(struct reader *reader, struct err *err)
{
    struct sdl *sdl = reader->sdl;
    const struct sdl_type *type;

    for (type = sdl->types; type != NULL; type = type->next) {
        if (!check_type(reader, type, err))
            return false;
        if (type->kind == GQL_OBJECT_TYPE)
            note_implementer(reader, type);
    }
    if (sdl->mutation_type == NULL && dict_get(&sdl->by_name, "Mutation"))
        sdl->mutation_type = "Mutation";
    return dict_get(&sdl->by_name, sdl->query_type) != NULL ||
           err_set(err, MSG_TYPES_FILE, "%s: the query type %s is not defined",
                   reader->document.file, sdl->query_type);
}

static bool
read_all(struct reader *reader, struct span text, struct err *err)
{
    if (!gql_check_source(&reader->document, text, err) ||
        !gql_take(&reader->parser, err))
        return false;
    while (reader->parser.token.kind != GQL_TOKEN_END)
        if (!read_definition(reader, err))
            return false;
    return resolve_names(reader, err);
}

bool
sdl_parse(struct arena *arena, const char *path, struct span text,
          struct sdl *sdl, struct err *err)
{
    struct reader reader = {.arena = arena, .sdl = sdl};

    *sdl = (struct sdl){.query_type = "Query", .by_name = {.arena = arena}};
    reader.document.file = path;
    reader.end = &sdl->types;
    reader.parser.lexer = (struct gql_lexer){.document = &reader.document,
                                             .arena = arena,
                                             .rest = text,
                                             .pos = {1, 1},
                                             .is_schema = true};
    if (read_all(&reader, text, err))
        return true;
    return err_code(err, MSG_TYPES_FILE);
}
