/*
 * A filter is read from left to right, once, as the store reads it:
 *
 *     search ─► term [AND | OR | blank] term ...
 *     term   ─► [-] ( search ) | "words" | word | name:value
 *     value  ─► [> | >= | < | <=] word or 'text', with commas between several
 *
 * `rest` is the text that is not yet read; check_term() reads one term of it. A
 * name before an open parenthesis, as in tag:(a OR b), applies to the values in
 * the parentheses.
 *
 * Names are checked only in the root's `query`. If the description of the root
 * lists no filters, any name passes.
 *
 * Hazard: a filter that the store accepts must not be refused, so if in doubt,
 * a term passes. Only terms that are broken, or that the store would ignore,
 * are errors.
 */
#include "dialect/search_filter.h"

#include "base/nearest.h"
#include "dialect/filter_names.h"
#include "dialect/filter_time.h"
#include "graphql/checker.h"
#include "graphql/connection.h"
#include "graphql/visit.h"

/* A backslash quotes the next character. Inside a word, a quotation mark is an
 * ordinary character. */
#define BLANKS       " \t\r\n"
#define ENDS_OF_WORD BLANKS "()"

/* ---- names ------------------------------------------------------------- */

/* Some roots can be filtered by metafields although their description does not
 * say so. */
static bool
may_be_metafield(const struct gql_schema *schema, const struct gql_field *root,
                 const char *name)
{
    const struct gql_type_ref *node =
        gql_connection_node(schema, root->type.name);
    const struct gql_type *type =
        node != NULL ? gql_schema_find(schema, node->name) : NULL;

    return type != NULL && gql_type_field(type, "metafields") != NULL &&
           filter_names_fits("metafields.{key}", name);
}

bool
search_filter_has(const struct gql_schema *schema, const char *root_field,
                  const char *name)
{
    const struct gql_type *query =
        gql_schema_find(schema, gql_schema_query_type(schema));
    const struct gql_field *root =
        query != NULL ? gql_type_field(query, root_field) : NULL;
    const struct gql_input *argument =
        root != NULL ? gql_find_input(root->arguments, "query") : NULL;
    struct arena scratch = {0};
    struct filter_names names;
    bool has;

    if (argument == NULL)
        return false;
    filter_names_read(&names, argument, &scratch);
    has = argument->description[0] == '\0' ||
          filter_names_find(&names, name) != NULL ||
          may_be_metafield(schema, root, name);
    arena_free(&scratch);
    return has;
}

/* ---- @filter(allow:) ---------------------------------------------------- */

/* The names in allow:. A single name may be without brackets. */
static const struct gql_value *
allowed_names(const struct gql_document *document)
{
    const struct gql_directive *given =
        gql_find_directive(document->operations->directives, "filter");
    const struct gql_argument *allow =
        given != NULL ? gql_find_argument(given->arguments, "allow") : NULL;

    if (allow == NULL)
        return NULL;
    return allow->value->kind == GQL_LIST ? allow->value->items : allow->value;
}

bool
search_filter_allows(const struct gql_document *document, const char *name)
{
    const struct gql_value *allowed = allowed_names(document);

    while (allowed != NULL &&
           (allowed->kind != GQL_STRING || strcmp(allowed->text, name) != 0))
        allowed = allowed->next;
    return allowed != NULL;
}

static bool
check_directive(struct gql_checker *checker)
{
    const struct gql_document *document = checker->document;
    const struct gql_directive *given =
        gql_find_directive(document->operations->directives, "filter");

    if (given == NULL)
        return true;
    for (const struct gql_argument *a = given->arguments; a; a = a->next)
        if (strcmp(a->name, "allow") != 0)
            return gql_error(checker->err, MSG_QUERY_DIRECTIVE, document,
                             a->pos, "@filter has no argument \"%s\"", a->name);
    if (allowed_names(document) == NULL)
        return gql_error(checker->err, MSG_QUERY_DIRECTIVE, document,
                         given->pos,
                         "@filter needs the names of filters: "
                         "@filter(allow: [\"name\"])");
    for (const struct gql_value *v = allowed_names(document); v; v = v->next)
        if (v->kind != GQL_STRING || !filter_names_is_name(v->text))
            return gql_error(checker->err, MSG_QUERY_DIRECTIVE, document,
                             v->pos,
                             "allow of @filter must be the names of filters, "
                             "such as [\"name\"]");
    return true;
}

/* ---- errors ------------------------------------------------------------- */

struct filter {
    struct gql_checker *checker;
    const struct gql_field *field;
    struct gql_pos pos; /* of the value */
    bool is_root;       /* names are checked only for the root */
    const struct filter_names *names;
    struct span rest;  /* of the search, not yet read */
    const char *group; /* the name before an open parenthesis; or NULL */
    unsigned group_at; /* value of `open` inside that parenthesis */
    unsigned open;     /* number of open parentheses */
    search_filter_offset_fn *on_offset; /* NULL: report errors only */
    void *ctx;
};

#define refuse(filter, ...)                             \
    gql_error((filter)->checker->err, MSG_QUERY_FILTER, \
              (filter)->checker->document, (filter)->pos, __VA_ARGS__)

static bool
refuse_open_quote(const struct filter *filter)
{
    return refuse(filter,
                  "a quotation mark in the filter of \"%s\" is never closed",
                  filter->field->name);
}

static bool
refuse_name(const struct filter *filter, const char *name)
{
    struct nearest nearest = nearest_to(name);

    for (const struct filter_name *n = filter->names->first; n; n = n->next)
        nearest_try(&nearest, n->name);
    refuse(filter, "unknown filter \"%s\" of \"%s\"%s", name,
           filter->field->name, nearest_hint(&nearest));
    return err_hint(filter->checker->err,
                    "the store ignores a filter that it does not know and "
                    "sends everything. To search for words with a colon, put "
                    "them in quotation marks; to use a filter that the store "
                    "does not document, write query @filter(allow: "
                    "[\"%.60s\"])",
                    name);
}

/* ---- times -------------------------------------------------------------- */

/* Does the filter take a text? A text can look like a time. */
static bool
takes_text(const struct filter *filter, const char *name)
{
    const struct filter_name *known = filter_names_find(filter->names, name);

    return known != NULL && strcmp(known->type, "string") == 0;
}

/* Check a value of filter `name` without quotation marks. `comparison` is the
 * text between the name and the value. */
static bool
check_bare_time(const struct filter *filter, const char *name,
                struct span comparison, struct span value)
{
    struct filter_time time;

    if (takes_text(filter, name) ||
        !filter_time_read(value, &filter->checker->scratch, &time))
        return true;
    return gql_error(filter->checker->err, MSG_FILTER_TIME,
                     filter->checker->document, filter->pos,
                     "the time %s in the filter of \"%s\" has no quotation "
                     "marks, so Shopify would ignore its time of day: "
                     "write %s%.*s'%s'",
                     time.text, filter->field->name, name, SPAN_ARG(comparison),
                     time.utc);
}

/* Report the UTC offset of a value in quotation marks. */
static void
report_offset(const struct filter *filter, const char *name,
              struct span comparison, struct span value)
{
    struct arena *arena = &filter->checker->scratch;
    struct filter_time time;

    if (filter->on_offset == NULL || takes_text(filter, name) ||
        !filter_time_read(value, arena, &time) || time.offset[0] == '\0')
        return;
    filter->on_offset(
        filter->ctx, filter->pos,
        arena_printf(arena,
                     "Shopify ignores the UTC offset %s of the time '%s' in "
                     "the filter of \"%s\"",
                     time.offset, time.text, filter->field->name),
        arena_printf(arena, "write %s%.*s'%s'", name, SPAN_ARG(comparison),
                     time.utc));
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

/* Take the bytes before the first of `ends`, or all. */
static struct span
take_until(struct span *rest, const char *ends)
{
    struct span all = *rest;

    while (rest->length > 0 && !at_any(*rest, ends))
        *rest = span_tail(*rest,
                          rest->bytes[0] == '\\' && rest->length > 1 ? 2 : 1);
    return span_head(all, all.length - rest->length);
}

/* Skip a string in quotation marks; false if it is not closed. */
static bool
skip_quoted(struct span *rest)
{
    const char quote[2] = {rest->bytes[0], '\0'};

    *rest = span_tail(*rest, 1);
    take_until(rest, quote);
    return skip_one(rest, quote);
}

/* The text in the quotation marks at the start of `rest`. */
static struct span
quoted_text(struct span rest)
{
    const char quote[2] = {rest.bytes[0], '\0'};

    rest = span_tail(rest, 1);
    return take_until(&rest, quote);
}

/* Check a value of filter `name`, which may follow blanks. */
static bool
check_value(struct filter *filter, const char *name, struct span comparison)
{
    struct span value = filter->rest;

    skip_all(&value, BLANKS);
    if (at_any(value, "'\""))
        report_offset(filter, name, comparison, quoted_text(value));
    else if (!check_bare_time(filter, name, comparison, value))
        return false;
    if (at_any(filter->rest, "'\"") && !skip_quoted(&filter->rest))
        return refuse_open_quote(filter);
    take_until(&filter->rest, ENDS_OF_WORD ",");
    return true;
}

/* Check one value, or several with commas between them. */
static bool
check_values(struct filter *filter, const char *name, struct span comparison)
{
    do {
        if (!check_value(filter, name, comparison))
            return false;
    } while (skip_one(&filter->rest, ","));
    return true;
}

/* Does the term end here, so that its value is missing? */
static bool
at_end_of_term(struct span rest)
{
    struct span word;

    if (rest.length == 0 || rest.bytes[0] == ')')
        return true;
    word = take_until(&rest, ENDS_OF_WORD);
    return span_is(word, "AND") || span_is(word, "OR");
}

/* Check the rest of a term after its name: ":", ":>", ":>=", ":<" or ":<=" and
 * a value. */
static bool
check_comparison(struct filter *filter, const char *name)
{
    struct span comparison = filter->rest, rest;

    skip_one(&filter->rest, ":");
    if (skip_one(&filter->rest, "<>"))
        skip_one(&filter->rest, "=");
    comparison = span_head(comparison, comparison.length - filter->rest.length);
    rest = filter->rest;
    skip_all(&rest, BLANKS);
    if (rest.length == 0 || rest.bytes[0] == ')' ||
        (rest.length < filter->rest.length && at_end_of_term(rest)))
        return refuse(filter, "the filter \"%s\" of \"%s\" has no value", name,
                      filter->field->name);
    if (at_any(rest, "(") && filter->group == NULL) {
        filter->group = name;
        filter->group_at = filter->open + 1;
    }
    return check_values(filter, name, comparison);
}

/* Check a value in parentheses after a name, as in tag:(a OR b). */
static bool
check_grouped(struct filter *filter)
{
    struct span comparison = filter->rest, value;

    if (filter->group == NULL)
        return true;
    value = comparison;
    skip_all(&value, "<>=");
    comparison = span_head(comparison, comparison.length - value.length);
    if (!at_any(value, "'\""))
        return check_bare_time(
            filter, filter->group,
            span_str(arena_printf(&filter->checker->scratch, ":%.*s",
                                  SPAN_ARG(comparison))),
            value);
    report_offset(filter, filter->group, comparison, quoted_text(value));
    return true;
}

static bool
knows_name(const struct filter *filter, const char *name)
{
    return !filter->is_root || filter->names->first == NULL ||
           filter_names_find(filter->names, name) != NULL ||
           may_be_metafield(filter->checker->schema, filter->field, name) ||
           search_filter_allows(filter->checker->document, name);
}

static bool
check_term(struct filter *filter)
{
    const char *name;

    skip_all(&filter->rest, "-");
    if (!check_grouped(filter))
        return false;
    if (at_any(filter->rest, "'\""))
        return skip_quoted(&filter->rest) || refuse_open_quote(filter);
    name = arena_dup(&filter->checker->scratch,
                     take_until(&filter->rest, ENDS_OF_WORD ":"));
    if (!at_any(filter->rest, ":"))
        return true; /* a word to search for */
    if (name[0] == '\0')
        return skip_one(&filter->rest, ":");
    if (!knows_name(filter, name))
        return refuse_name(filter, name);
    return check_comparison(filter, name);
}

static bool
check_parenthesis(struct filter *filter, bool opens)
{
    if (opens)
        filter->open++;
    else if (filter->open-- == 0)
        return refuse(filter,
                      "the filter of \"%s\" closes a parenthesis that was "
                      "never opened",
                      filter->field->name);
    if (filter->group != NULL && filter->open < filter->group_at)
        filter->group = NULL;
    return true;
}

static bool
check_search(struct filter *filter)
{
    for (;;) {
        bool opens, passes;

        skip_all(&filter->rest, BLANKS);
        if (filter->rest.length == 0)
            break;
        opens = skip_one(&filter->rest, "(");
        passes = opens || skip_one(&filter->rest, ")")
                     ? check_parenthesis(filter, opens)
                     : check_term(filter);
        if (!passes)
            return false;
    }
    if (filter->open > 0)
        return refuse(filter,
                      "a parenthesis in the filter of \"%s\" is never closed",
                      filter->field->name);
    return true;
}

/* ---- every filter of a document ----------------------------------------- */

struct search {
    struct gql_checker checker;
    struct dict names; /* the filters of each argument, read once */
    search_filter_offset_fn *on_offset;
    void *ctx;
};

/* Some fields have a filter with another name, such as "search". Its
 * description then links to the search syntax. */
static bool
is_filter(const struct gql_input *input)
{
    return strcmp(input->type.name, "String") == 0 &&
           input->type.list_depth == 0 &&
           (strcmp(input->name, "query") == 0 ||
            strstr(input->description, "search-syntax") != NULL);
}

static const struct filter_names *
names_of(struct search *search, const struct gql_type *parent,
         const struct gql_field *field, const struct gql_input *input)
{
    struct arena *arena = &search->checker.scratch;
    const char *key =
        arena_printf(arena, "%s.%s.%s", parent->name, field->name, input->name);
    struct filter_names *names = dict_get(&search->names, key);

    if (names == NULL) {
        names = arena_alloc(arena, sizeof(*names));
        filter_names_read(names, input, arena);
        search->names.arena = arena;
        (void)dict_add(&search->names, key, names);
    }
    return names;
}

static bool
check_field(void *ctx, const struct gql_type *parent,
            const struct gql_field *field,
            const struct gql_selection *selection)
{
    struct search *search = ctx;
    struct gql_checker *checker = &search->checker;
    const char *root = gql_schema_query_type(checker->schema);

    for (const struct gql_argument *a = selection->arguments; a; a = a->next) {
        const struct gql_input *input =
            gql_find_input(field->arguments, a->name);
        struct filter filter = {.checker = checker,
                                .field = field,
                                .pos = a->value->pos,
                                .on_offset = search->on_offset,
                                .ctx = search->ctx};

        if (input == NULL || a->value->kind != GQL_STRING || !is_filter(input))
            continue;
        filter.is_root =
            strcmp(parent->name, root) == 0 && strcmp(a->name, "query") == 0;
        filter.rest = span_str(a->value->text);
        filter.names = names_of(search, parent, field, input);
        if (!check_search(&filter))
            return false;
    }
    return true;
}

static bool
search_all(struct search *search)
{
    struct gql_visitor visitor = {.document = search->checker.document,
                                  .schema = search->checker.schema,
                                  .scratch = &search->checker.scratch,
                                  .field = check_field,
                                  .ctx = search};
    bool passes = check_directive(&search->checker) && gql_visit(&visitor);

    arena_free(&search->checker.scratch);
    return passes;
}

bool
search_filter_check(const struct gql_document *document,
                    const struct gql_schema *schema, struct err *err)
{
    struct search search = {
        .checker = {.document = document, .schema = schema, .err = err}};

    return search_all(&search);
}

void
search_filter_offsets(const struct gql_document *document,
                      const struct gql_schema *schema,
                      search_filter_offset_fn *on_offset, void *ctx)
{
    struct err passed;
    struct search search = {
        .checker = {.document = document, .schema = schema, .err = &passed},
        .on_offset = on_offset,
        .ctx = ctx};

    (void)search_all(&search);
}
