/*
 * bulkpg knows no rules of such an API beyond its types. So most functions
 * accept everything or do nothing: there are no filters in a text, no counters
 * and no gids. Only the two variables of a window are checked.
 *
 * The list of scalars has those of all presets. A name has one meaning for all
 * of them; a name that is not in the list becomes text.
 *
 * Hazard. In a full run the variables are absent, so that their arguments are,
 * too. If a type did not allow null, the API would refuse the request. With a
 * default value it would send a part of the rows, and the run would remove the
 * others.
 */
#include "dialect/generic.h"

#include <string.h>

#include "graphql/check.h"

enum { DOCUMENT_BYTES = 256 * 1024 };

/* ---- variables --------------------------------------------------------- */

static const struct gql_variable *
find_variable(const struct gql_document *document, const char *name)
{
    const struct gql_variable *variable = document->operations->variables;

    while (variable != NULL && strcmp(variable->name, name) != 0)
        variable = variable->next;
    return variable;
}

static bool
check_variable(const struct gql_document *document,
               const struct gql_variable *variable, struct err *err)
{
    if (strcmp(variable->name, GENERIC_SINCE) != 0 &&
        strcmp(variable->name, GENERIC_UNTIL) != 0)
        return gql_error(err, MSG_QUERY_VARIABLE, document, variable->pos,
                         "bulkpg has no value for the variable $%s",
                         variable->name);
    if (variable->type[strlen(variable->type) - 1] == '!' ||
        variable->type[0] == '[')
        return gql_error(err, MSG_QUERY_VARIABLE, document, variable->pos,
                         "the variable $%s is %s: its type must be one time "
                         "that may be null, such as DateTime",
                         variable->name, variable->type);
    if (variable->default_value != NULL)
        return gql_error(err, MSG_QUERY_VARIABLE, document, variable->pos,
                         "the variable $%s cannot have a default value: its "
                         "argument must be absent when bulkpg fetches "
                         "everything",
                         variable->name);
    return true;
}

/* $since without @incremental would never have a value, so its argument would
 * never have an effect. */
static bool
check_window_variables(const struct gql_document *document, struct err *err)
{
    const struct gql_operation *operation = document->operations;
    const struct gql_directive *incremental =
        gql_find_directive(operation->directives, "incremental");

    for (const struct gql_variable *v = operation->variables; v; v = v->next)
        if (!check_variable(document, v, err))
            return false;
    if (incremental != NULL && find_variable(document, GENERIC_SINCE) == NULL) {
        gql_error(err, MSG_QUERY_VARIABLE, document, incremental->pos,
                  "@incremental needs the variable $since in an argument that "
                  "selects the rows changed since a time");
        return err_hint(err, "declare it, and use it as the API filters: "
                             "query($since: DateTime) @incremental { ... }");
    }
    if (incremental == NULL && operation->variables != NULL) {
        gql_error(err, MSG_QUERY_VARIABLE, document, operation->variables->pos,
                  "the variable $%s has a value only in a query with "
                  "@incremental",
                  operation->variables->name);
        return err_hint(err, "add @incremental to the query, or remove the "
                             "variable");
    }
    return true;
}

static bool
check_query(const struct gql_document *document,
            const struct gql_schema *schema, struct err *err)
{
    return gql_check_variables(document, schema, err) &&
           check_window_variables(document, err);
}

/* ---- filters and windows ------------------------------------------------ */

static bool
check_filter(const struct gql_document *document,
             const struct gql_schema *schema, struct err *err)
{
    (void)document;
    (void)schema;
    (void)err;
    return true;
}

static struct gql_note *
notes(const struct gql_document *document, const struct gql_schema *schema,
      struct arena *arena)
{
    (void)document;
    (void)schema;
    (void)arena;
    return NULL;
}

/* The query says itself what its variables filter. */
static bool
check_window(const struct dialect_window *window, struct err *err)
{
    (void)window;
    (void)err;
    return true;
}

static bool
has_filter(const struct gql_document *document, const struct gql_schema *schema,
           const char *root_field, const char *name)
{
    (void)schema;
    (void)root_field;
    (void)name;
    return find_variable(document, GENERIC_SINCE) != NULL;
}

static const char *
filter_in(const char *own, const char *field, const char *from, const char *to,
          struct arena *arena)
{
    (void)field;
    (void)from;
    (void)to;
    (void)arena;
    return own;
}

static int64_t
least_overlap_ms(const char *root_field)
{
    (void)root_field;
    return 0;
}

static const char *
counter_of(const char *connection, struct arena *arena)
{
    (void)connection;
    (void)arena;
    return NULL;
}

/* ---- values ------------------------------------------------------------ */

static const struct {
    const char *name;
    enum dialect_scalar type;
} scalars[] = {
    {"Int", DIALECT_INT32},
    {"Float", DIALECT_DOUBLE},
    {"Boolean", DIALECT_BOOLEAN},
    {"String", DIALECT_STRING},
    {"ID", DIALECT_STRING},
    {"BigInt", DIALECT_INT64},
    {"UnsignedInt64", DIALECT_INT64},
    {"Decimal", DIALECT_DECIMAL},
    {"PositiveDecimal", DIALECT_DECIMAL},
    {"Money", DIALECT_DECIMAL},
    {"DateTime", DIALECT_TIME},
    {"PreciseDateTime", DIALECT_TIME},
    {"GitTimestamp", DIALECT_TIME},
    {"ISO8601DateTime", DIALECT_TIME},
    {"Date", DIALECT_DATE},
    {"TimelessDate", DIALECT_DATE},
    {"JSON", DIALECT_JSON},
    {"JSONObject", DIALECT_JSON},
    {"JSONString", DIALECT_JSON},
    {"GenericScalar", DIALECT_JSON},
    {"Metadata", DIALECT_JSON},
    {"UUID", DIALECT_STRING},
    {"URL", DIALECT_STRING},
    {"URI", DIALECT_STRING},
    {"HTML", DIALECT_STRING},
};

static enum dialect_scalar
scalar_type(const char *scalar)
{
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
        if (strcmp(scalars[i].name, scalar) == 0)
            return scalars[i].type;
    return DIALECT_ANY;
}

static bool
keeps_whole_gid(const char *type)
{
    (void)type;
    return true;
}

struct dialect
generic_dialect(const struct preset *preset)
{
    return (struct dialect){.name = preset->api,
                            .document_bytes_max = DOCUMENT_BYTES,
                            .ids_are_gids = false,
                            .filter_argument = NULL,
                            .pages = &preset->pages,
                            .check_query = check_query,
                            .check_filter = check_filter,
                            .notes = notes,
                            .check_window = check_window,
                            .has_filter = has_filter,
                            .filter_in = filter_in,
                            .least_overlap_ms = least_overlap_ms,
                            .counter_of = counter_of,
                            .scalar_type = scalar_type,
                            .keeps_whole_gid = keeps_whole_gid};
}
