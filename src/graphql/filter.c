#include "graphql/filter.h"

#include <ctype.h>

#include "base/nearest.h"
#include "graphql/collect.h"

/* Shopify's search syntax: terms, words or `name:value`, with AND, OR, NOT, -
 * and parentheses around them. A backslash takes what is behind it as it is;
 * a quotation mark inside of a word is a letter. */
#define BLANKS       " \t\r\n"
#define ENDS_OF_WORD BLANKS "()"

/* ---- the names that a description gives --------------------------------- */

static bool
is_name_byte(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_.{}", c));
}

static bool
is_name(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_name_byte(text.bytes[i]))
            return false;
    return text.length > 0;
}

/* Bytes of `text` before the first `c`, or all of them. */
static struct span
head_before(struct span text, char c)
{
    const char *found =
        text.length > 0 ? memchr(text.bytes, c, text.length) : NULL;

    return found != NULL ? span_head(text, (size_t)(found - text.bytes)) : text;
}

static struct span
take_line(struct span *rest)
{
    struct span line = head_before(*rest, '\n');

    *rest = span_tail(*rest, line.length + (line.length < rest->length));
    return line;
}

/* The name in a table's row or a list's item; empty when there is none: rows
 * go on over several lines. */
static struct span
name_in_line(struct span line, bool in_table)
{
    struct span name;

    line = span_trim(line);
    if (!span_starts(line, in_table ? "|" : "- `"))
        return span_of("", 0);
    if (in_table)
        name = span_trim(head_before(span_tail(line, 1), '|'));
    else
        name = head_before(span_tail(line, 3), '`');
    return is_name(name) ? name : span_of("", 0);
}

struct names {
    struct span rest; /* of the description */
    bool in_table;    /* else in a list */
};

static struct names
names_of(const struct gql_input *argument)
{
    const char *table = strstr(argument->description, "\n| -");

    if (table != NULL)
        return (struct names){span_str(table + 1), true};
    return (struct names){span_str(argument->description), false};
}

static bool
next_name(struct names *names, struct span *name)
{
    while (names->rest.length > 0) {
        *name = name_in_line(take_line(&names->rest), names->in_table);
        if (name->length > 0)
            return true;
    }
    return false;
}

static bool
gives_names(const struct gql_input *argument)
{
    struct names names = names_of(argument);
    struct span name;

    return next_name(&names, &name);
}

/* "metafields.{namespace}.{key}" stands for whatever begins so. */
static bool
name_matches(struct span documented, struct span name)
{
    struct span fixed = head_before(documented, '{');

    if (fixed.length == documented.length)
        return span_equal(documented, name);
    return name.length > fixed.length &&
           span_equal(fixed, span_head(name, fixed.length));
}

static bool
is_documented(const struct gql_input *argument, struct span wanted)
{
    struct names names = names_of(argument);
    struct span name;

    while (next_name(&names, &name))
        if (name_matches(name, wanted))
            return true;
    return false;
}

/* Not every root that can be filtered by metafields says so. */
static bool
may_be_metafield(const struct gql_schema *schema, const struct gql_field *root,
                 struct span name)
{
    const struct gql_type_ref *node =
        gql_connection_node(schema, root->type.name);
    const struct gql_type *type =
        node != NULL ? gql_schema_find(schema, node->name) : NULL;

    return type != NULL && gql_type_field(type, "metafields") != NULL &&
           name_matches(span_str("metafields.{key}"), name);
}

static bool
is_filter(const struct gql_schema *schema, const struct gql_field *root,
          const struct gql_input *argument, struct span name)
{
    return is_documented(argument, name) ||
           may_be_metafield(schema, root, name);
}

bool
gql_root_has_filter(const struct gql_schema *schema, const char *root_field,
                    const char *name)
{
    const struct gql_type *query =
        gql_schema_find(schema, gql_schema_query_type(schema));
    const struct gql_field *root =
        query != NULL ? gql_type_field(query, root_field) : NULL;
    const struct gql_input *argument =
        root != NULL ? gql_find_input(root->arguments, "query") : NULL;

    if (argument == NULL)
        return false;
    return argument->description[0] == '\0' ||
           is_filter(schema, root, argument, span_str(name));
}

/* ---- faults ------------------------------------------------------------- */

struct filter {
    struct gql_checker *checker;
    const struct gql_field *root;
    const struct gql_input *argument;
    struct gql_pos pos; /* of the value */
    bool knows_names;
    struct span rest; /* of the search, not yet read */
};

#define refuse(filter, ...)                             \
    gql_error((filter)->checker->err, MSG_QUERY_FILTER, \
              (filter)->checker->document, (filter)->pos, __VA_ARGS__)

static bool
refuse_open_quote(const struct filter *filter)
{
    return refuse(filter,
                  "a quotation mark in the filter of \"%s\" is never closed",
                  filter->root->name);
}

static bool
refuse_name(const struct filter *filter, struct span name)
{
    struct arena *arena = &filter->checker->scratch;
    struct nearest nearest = nearest_to(arena_dup(arena, name));
    struct names names = names_of(filter->argument);
    struct span known;

    while (next_name(&names, &known))
        nearest_try(&nearest, arena_dup(arena, known));
    refuse(filter, "unknown filter \"%s\" of \"%s\"%s", nearest.wrong,
           filter->root->name, nearest_hint(&nearest));
    return err_hint(filter->checker->err,
                    "the store passes over a filter that it does not know and "
                    "sends everything; words to search for that have a colon "
                    "stand in quotation marks");
}

/* ---- terms -------------------------------------------------------------- */

static bool
at_any(struct span rest, const char *bytes)
{
    return rest.length > 0 && rest.bytes[0] != '\0' &&
           strchr(bytes, rest.bytes[0]) != NULL;
}

static bool
skip_one(struct span *rest, const char *bytes)
{
    if (!at_any(*rest, bytes))
        return false;
    *rest = span_tail(*rest, 1);
    return true;
}

static void
skip_all(struct span *rest, const char *bytes)
{
    while (skip_one(rest, bytes))
        continue;
}

/* Bytes up to one of `ends`, or to the end. */
static struct span
take_until(struct span *rest, const char *ends)
{
    struct span all = *rest;

    while (rest->length > 0 && !at_any(*rest, ends))
        *rest = span_tail(*rest,
                          rest->bytes[0] == '\\' && rest->length > 1 ? 2 : 1);
    return span_head(all, all.length - rest->length);
}

/* A string in quotation marks; false when it does not end. */
static bool
skip_quoted(struct span *rest)
{
    const char quote[2] = {rest->bytes[0], '\0'};

    *rest = span_tail(*rest, 1);
    take_until(rest, quote);
    return skip_one(rest, quote);
}

/* A value, or several with commas between them. */
static bool
skip_values(struct filter *filter)
{
    do {
        if (at_any(filter->rest, "'\"") && !skip_quoted(&filter->rest))
            return refuse_open_quote(filter);
        take_until(&filter->rest, ENDS_OF_WORD ",");
    } while (skip_one(&filter->rest, ","));
    return true;
}

/* Is what comes the end of a term that lacks its value? */
static bool
at_end_of_term(struct span rest)
{
    struct span word;

    if (rest.length == 0 || rest.bytes[0] == ')')
        return true;
    word = take_until(&rest, ENDS_OF_WORD);
    return span_is(word, "AND") || span_is(word, "OR");
}

/* Behind the name of a term: ":", ":>", ":>=", ":<" or ":<=" and a value. */
static bool
check_comparison(struct filter *filter, struct span name)
{
    struct span rest;

    skip_one(&filter->rest, ":");
    if (skip_one(&filter->rest, "<>"))
        skip_one(&filter->rest, "=");
    rest = filter->rest;
    skip_all(&rest, BLANKS);
    if (rest.length == 0 || rest.bytes[0] == ')' ||
        (rest.length < filter->rest.length && at_end_of_term(rest)))
        return refuse(filter,
                      "the filter \"%.*s\" of \"%s\" is compared with nothing",
                      SPAN_ARG(name), filter->root->name);
    return skip_values(filter);
}

static bool
check_term(struct filter *filter)
{
    struct span name;

    skip_all(&filter->rest, "-");
    if (at_any(filter->rest, "'\""))
        return skip_quoted(&filter->rest) || refuse_open_quote(filter);
    name = take_until(&filter->rest, ENDS_OF_WORD ":");
    if (!at_any(filter->rest, ":"))
        return true; /* a word to search for */
    if (name.length == 0)
        return skip_one(&filter->rest, ":");
    if (filter->knows_names && !is_filter(filter->checker->schema, filter->root,
                                          filter->argument, name))
        return refuse_name(filter, name);
    return check_comparison(filter, name);
}

static bool
check_search(struct filter *filter)
{
    unsigned open = 0;

    for (;;) {
        skip_all(&filter->rest, BLANKS);
        if (filter->rest.length == 0)
            break;
        if (skip_one(&filter->rest, "(")) {
            open++;
        } else if (skip_one(&filter->rest, ")")) {
            if (open-- == 0)
                return refuse(filter,
                              "a parenthesis in the filter of \"%s\" is "
                              "closed that was never opened",
                              filter->root->name);
        } else if (!check_term(filter)) {
            return false;
        }
    }
    if (open > 0)
        return refuse(filter,
                      "a parenthesis in the filter of \"%s\" is never closed",
                      filter->root->name);
    return true;
}

/* ---- the root field ----------------------------------------------------- */

static bool
check_root(struct gql_checker *checker, const struct gql_collected *root)
{
    const struct gql_argument *given =
        gql_find_argument(root->selection->arguments, "query");
    const struct gql_input *argument =
        gql_find_input(root->field->arguments, "query");
    struct filter filter = {
        .checker = checker, .root = root->field, .argument = argument};

    if (given == NULL || argument == NULL || given->value->kind != GQL_STRING)
        return true;
    filter.pos = given->value->pos;
    filter.knows_names = gives_names(argument);
    filter.rest = span_str(given->value->text);
    return check_search(&filter);
}

bool
gql_check_filter(const struct gql_document *document,
                 const struct gql_schema *schema, struct err *err)
{
    struct gql_checker checker = {
        .document = document, .schema = schema, .err = err};
    const struct gql_type *query =
        gql_schema_find(schema, gql_schema_query_type(schema));
    struct gql_set set = {.drop_skipped = true};
    bool passes =
        gql_collect(&checker, &set, query, document->operations->selections) &&
        (set.groups == NULL || check_root(&checker, set.groups->first));

    arena_free(&checker.scratch);
    return passes;
}
