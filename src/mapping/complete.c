/*
 * The document that is sent is a copy of the file's document, without bulkpg's
 * directives. The copy selects every list of errors and `ok`, and gives
 * @idempotent the variable of the row's key.
 */
#include <string.h>

#include "graphql/check.h"
#include "mapping/parts.h"

enum { DOCUMENT_BYTES = 1024 * 1024 };

/* ---- the copy ------------------------------------------------------------ */

/* Those of GraphQL and of the API. */
static struct gql_directive *
copy_directives(struct arena *arena, const struct gql_directive *list)
{
    static const char *const kept[] = {"skip", "include", "idempotent"};
    struct gql_directive *first = NULL, **end = &first;

    for (; list != NULL; list = list->next)
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
            if (strcmp(kept[i], list->name) != 0)
                continue;
            *end = arena_alloc(arena, sizeof(**end));
            **end = *list;
            (*end)->next = NULL;
            end = &(*end)->next;
        }
    return first;
}

static struct gql_selection *
copy_selections(struct arena *arena, const struct gql_selection *list)
{
    struct gql_selection *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        *end = arena_alloc(arena, sizeof(**end));
        **end = *list;
        (*end)->directives = copy_directives(arena, list->directives);
        (*end)->selections = copy_selections(arena, list->selections);
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

static struct gql_variable *
copy_variables(struct arena *arena, const struct gql_variable *list)
{
    struct gql_variable *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        *end = arena_alloc(arena, sizeof(**end));
        **end = *list;
        (*end)->directives = NULL;
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

static struct gql_fragment *
copy_fragments(struct arena *arena, const struct gql_fragment *list)
{
    struct gql_fragment *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        *end = arena_alloc(arena, sizeof(**end));
        **end = *list;
        (*end)->directives = NULL;
        (*end)->selections = copy_selections(arena, list->selections);
        (*end)->next = NULL;
        end = &(*end)->next;
    }
    return first;
}

/* ---- what is added ------------------------------------------------------- */

/* The field of this name that is selected without alias and without condition;
 * it is added if there is none. */
static struct gql_selection *
take_field(struct arena *arena, struct gql_selection **list, const char *name)
{
    for (; *list != NULL; list = &(*list)->next)
        if ((*list)->kind == GQL_FIELD && (*list)->directives == NULL &&
            strcmp(gql_response_key(*list), name) == 0 &&
            strcmp((*list)->name, name) == 0)
            return *list;
    *list = arena_alloc(arena, sizeof(**list));
    (*list)->kind = GQL_FIELD;
    (*list)->name = name;
    return *list;
}

static void
select_in_error(struct mutation_builder *b, const struct gql_type *type,
                struct gql_selection *errors)
{
    static const char *const names[] = {"field", "message", "code"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct gql_field *field = gql_type_field(type, names[i]);

        if (field != NULL && field->arguments == NULL &&
            !gql_kind_is_composite(field->type.kind))
            (void)take_field(b->arena, &errors->selections, names[i]);
    }
    if (errors->selections == NULL)
        (void)take_field(b->arena, &errors->selections, "__typename");
}

static void
select_errors(struct mutation_builder *b, struct gql_selection *root)
{
    const struct mutation *m = b->mutation;

    for (int i = 0; i < m->errors_count; i++) {
        const struct gql_field *field =
            gql_type_field(b->payload, m->errors[i].key);
        struct gql_selection *errors;

        if (field == NULL || !gql_is_error_list(field) ||
            payload_needs_arguments(field))
            continue; /* only the file can select it */
        errors = take_field(b->arena, &root->selections, field->name);
        if (m->errors[i].holds_objects)
            select_in_error(b, gql_schema_find(m->schema, field->type.name),
                            errors);
    }
    if (m->ok_key != NULL)
        (void)take_field(b->arena, &root->selections, m->ok_key);
}

/* @idempotent(key: $bulkpg_key), and ($bulkpg_key: String!). */
static void
add_key(struct mutation_builder *b, struct gql_operation *operation)
{
    struct gql_variable **end = &operation->variables;
    struct gql_value *value = arena_alloc(b->arena, sizeof(*value));
    struct gql_argument *key = arena_alloc(b->arena, sizeof(*key));
    struct gql_directive *made = arena_alloc(b->arena, sizeof(*made));

    while (*end != NULL)
        end = &(*end)->next;
    *end = arena_alloc(b->arena, sizeof(**end));
    (*end)->name = MUTATION_KEY_VARIABLE;
    (*end)->type = "String!";
    *value =
        (struct gql_value){.kind = GQL_VARIABLE, .text = MUTATION_KEY_VARIABLE};
    *key = (struct gql_argument){.name = "key", .value = value};
    *made = (struct gql_directive){.name = "idempotent", .arguments = key};
    made->next = operation->selections->directives;
    operation->selections->directives = made;
}

/* ---- the text ------------------------------------------------------------ */

static bool
print_document(struct mutation_builder *b, const struct gql_document *document)
{
    const struct dialect *dialect = b->mutation->dialect;
    struct buf text = buf_with_ceiling(DOCUMENT_BYTES);
    bool fits;

    gql_print(document, &text);
    b->mutation->document = arena_dup(b->arena, buf_span(&text));
    fits = !text.overflowed &&
           text.length + MUTATION_MARKER_BYTES <= dialect->document_bytes_max;
    buf_free(&text);
    return fits ||
           mutation_error(b, MSG_QUERY_TOO_LARGE, b->document->operations->pos,
                          "the mutation is too large: %s accepts at most %zu "
                          "bytes, including those that bulkpg adds",
                          dialect->name, dialect->document_bytes_max);
}

bool
complete_document(struct mutation_builder *b)
{
    const struct gql_document *given = b->document;
    struct gql_document document = *given;
    struct gql_operation *operation = arena_alloc(b->arena, sizeof(*operation));

    *operation = *given->operations;
    operation->directives = NULL;
    operation->variables = copy_variables(b->arena, operation->variables);
    operation->selections = copy_selections(b->arena, operation->selections);
    document.operations = operation;
    document.fragments = copy_fragments(b->arena, given->fragments);
    if (b->payload != NULL)
        select_errors(b, operation->selections);
    if (b->mutation->makes_keys)
        add_key(b, operation);
    /* What was added must not contradict what the file selects. */
    return gql_check_mutation(&document, b->mutation->schema, b->err) &&
           print_document(b, &document);
}
