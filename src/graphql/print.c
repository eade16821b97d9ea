/*
 * The canonical text of a document. Equal documents must give the same bytes,
 * because the store receives this text and the plan's hash covers it. So there
 * is one way to write each thing: two spaces per level, one selection per line,
 * strings in one line with the shortest escapes, and nothing optional.
 *
 * If parse.c reads the text, the result is the same document. All control
 * characters are escaped, including those of two bytes (U+0080 to U+009F).
 */
#include "graphql/document.h"

/* ---- values ------------------------------------------------------------- */

/* The short escape of a character; NULL if it has none. */
static const char *
short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static bool
is_c1_control(const unsigned char *c)
{
    return c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
}

static void
print_string(const char *text, struct buf *out)
{
    const unsigned char *c = (const unsigned char *)text;

    buf_append_char(out, '"');
    for (; *c != '\0'; c++) {
        if (short_escape(*c) != NULL)
            buf_append_str(out, short_escape(*c));
        else if (*c < 0x20 || *c == 0x7f)
            buf_printf(out, "\\u%04X", *c);
        else if (is_c1_control(c))
            buf_printf(out, "\\u%04X", *++c);
        else
            buf_append_char(out, (char)*c);
    }
    buf_append_char(out, '"');
}

static void
print_pairs(const struct gql_argument *pairs, struct buf *out)
{
    for (; pairs != NULL; pairs = pairs->next) {
        buf_printf(out, "%s: ", pairs->name);
        gql_print_value(pairs->value, out);
        if (pairs->next != NULL)
            buf_append_str(out, ", ");
    }
}

static void
print_items(const struct gql_value *items, struct buf *out)
{
    for (; items != NULL; items = items->next) {
        gql_print_value(items, out);
        if (items->next != NULL)
            buf_append_str(out, ", ");
    }
}

void
gql_print_value(const struct gql_value *value, struct buf *out)
{
    switch (value->kind) {
    case GQL_VARIABLE:
        buf_printf(out, "$%s", value->text);
        break;
    case GQL_STRING:
        print_string(value->text, out);
        break;
    case GQL_BOOLEAN:
        buf_append_str(out, value->boolean ? "true" : "false");
        break;
    case GQL_NULL:
        buf_append_str(out, "null");
        break;
    case GQL_INT:
    case GQL_FLOAT:
    case GQL_ENUM:
        buf_append_str(out, value->text);
        break;
    case GQL_LIST:
        buf_append_char(out, '[');
        print_items(value->items, out);
        buf_append_char(out, ']');
        break;
    case GQL_OBJECT:
        buf_append_char(out, '{');
        print_pairs(value->fields, out);
        buf_append_char(out, '}');
        break;
    }
}

/* ---- selections --------------------------------------------------------- */

static void
print_arguments(const struct gql_argument *arguments, struct buf *out)
{
    if (arguments == NULL)
        return;
    buf_append_char(out, '(');
    print_pairs(arguments, out);
    buf_append_char(out, ')');
}

static void
print_directives(const struct gql_directive *list, struct buf *out)
{
    for (; list != NULL; list = list->next) {
        buf_printf(out, " @%s", list->name);
        print_arguments(list->arguments, out);
    }
}

static void
print_selection_head(const struct gql_selection *selection, struct buf *out)
{
    switch (selection->kind) {
    case GQL_FIELD:
        if (selection->alias != NULL)
            buf_printf(out, "%s: ", selection->alias);
        buf_append_str(out, selection->name);
        print_arguments(selection->arguments, out);
        break;
    case GQL_INLINE_FRAGMENT:
        buf_append_str(out, "...");
        if (selection->type_condition != NULL)
            buf_printf(out, " on %s", selection->type_condition);
        break;
    case GQL_SPREAD:
        buf_printf(out, "...%s", selection->name);
        break;
    }
    print_directives(selection->directives, out);
}

static void
print_indentation(int level, struct buf *out)
{
    while (level-- > 0)
        buf_append_str(out, "  ");
}

/* Print "{", the selections one level deeper, "}" and a line end. */
static void
print_selections(const struct gql_selection *list, int level, struct buf *out)
{
    buf_append_str(out, "{\n");
    for (; list != NULL; list = list->next) {
        print_indentation(level + 1, out);
        print_selection_head(list, out);
        if (list->selections == NULL) {
            buf_append_char(out, '\n');
            continue;
        }
        buf_append_char(out, ' ');
        print_selections(list->selections, level + 1, out);
    }
    print_indentation(level, out);
    buf_append_str(out, "}\n");
}

/* ---- definitions -------------------------------------------------------- */

static void
print_variables(const struct gql_variable *list, struct buf *out)
{
    if (list == NULL)
        return;
    buf_append_char(out, '(');
    for (; list != NULL; list = list->next) {
        buf_printf(out, "$%s: %s", list->name, list->type);
        if (list->default_value != NULL) {
            buf_append_str(out, " = ");
            gql_print_value(list->default_value, out);
        }
        print_directives(list->directives, out);
        if (list->next != NULL)
            buf_append_str(out, ", ");
    }
    buf_append_char(out, ')');
}

/* A query without name, variables and directives has no head. */
static void
print_operation_head(const struct gql_operation *operation, struct buf *out)
{
    static const char *const keywords[] = {[GQL_QUERY] = "query",
                                           [GQL_MUTATION] = "mutation",
                                           [GQL_SUBSCRIPTION] = "subscription"};

    if (operation->kind == GQL_QUERY && operation->name == NULL &&
        operation->variables == NULL && operation->directives == NULL)
        return;
    buf_append_str(out, keywords[operation->kind]);
    if (operation->name != NULL)
        buf_printf(out, " %s", operation->name);
    else if (operation->variables != NULL)
        buf_append_char(out, ' ');
    print_variables(operation->variables, out);
    print_directives(operation->directives, out);
    buf_append_char(out, ' ');
}

static void
print_fragment(const struct gql_fragment *fragment, struct buf *out)
{
    buf_printf(out, "fragment %s on %s", fragment->name,
               fragment->type_condition);
    print_directives(fragment->directives, out);
    buf_append_char(out, ' ');
    print_selections(fragment->selections, 0, out);
}

void
gql_print(const struct gql_document *document, struct buf *out)
{
    const char *between = "";

    for (const struct gql_operation *operation = document->operations;
         operation != NULL; operation = operation->next) {
        buf_append_str(out, between);
        print_operation_head(operation, out);
        print_selections(operation->selections, 0, out);
        between = "\n";
    }
    for (const struct gql_fragment *fragment = document->fragments;
         fragment != NULL; fragment = fragment->next) {
        buf_append_str(out, between);
        print_fragment(fragment, out);
        between = "\n";
    }
}
