#include <stdio.h>
#include <string.h>

#include "plan/build.h"

static void
prepend(struct gql_selection *node, struct gql_selection *field)
{
    field->next = node->selections;
    node->selections = field;
}

/* Select the id of each row. If the type of the rows has no id, because it is a
 * union, select the ids of those of its types that have connections. */
static void
add_owner_ids(struct builder *b, struct table_draft *draft,
              struct gql_selection *node)
{
    if (gql_type_field(draft->type, "id") != NULL) {
        if (!selections_have(node->selections, "id", "id"))
            prepend(node, selections_field(b, NULL, "id"));
        return;
    }
    for (const struct gql_name *owner = draft->child_owners; owner;
         owner = owner->next) {
        struct gql_selection *fragment = selections_field(b, NULL, NULL);

        fragment->kind = GQL_INLINE_FRAGMENT;
        fragment->type_condition = arena_strdup(b->arena, owner->name);
        fragment->selections = selections_field(b, NULL, "id");
        prepend(node, fragment);
    }
}

static void
add_our_fields(struct builder *b, struct table_draft *draft,
               struct gql_selection *node)
{
    const char *tag = draft->table->tag;

    if (tag != NULL)
        prepend(node, selections_field(b, tag, "__typename"));
    if (draft->wants_typename &&
        !selections_have(node->selections, "__typename", "__typename"))
        prepend(node, selections_field(b, NULL, "__typename"));
    if (draft->wants_id)
        add_owner_ids(b, draft, node);
}

static void
strip_directives(struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        list->directives = NULL;
        strip_directives(list->selections);
    }
}

static struct buf
print_operation(const struct gql_operation *operation, const char *file)
{
    struct gql_operation alone = *operation;
    struct gql_document document = {.file = file, .operations = &alone};
    struct buf text = buf_with_ceiling(1024 * 1024);

    gql_print(&document, &text);
    return text;
}

/* Keep the operation in the form that is submitted: without directives, and
 * with the expanded root. */
static void
keep_operation(struct builder *b)
{
    struct gql_operation *operation = arena_alloc(b->arena, sizeof(*operation));

    *operation = *b->document->operations;
    operation->directives = NULL;
    operation->selections = b->plan->root;
    operation->next = NULL;
    b->plan->operation = operation;
}

/* A number with a comma before its last three digits: "65,535". */
static const char *
with_comma(size_t number, char text[32])
{
    if (number < 1000)
        snprintf(text, 32, "%zu", number);
    else
        snprintf(text, 32, "%zu,%03zu", number / 1000, number % 1000);
    return text;
}

static bool
refuse_size(struct builder *b)
{
    char most[32];

    return build_error(b, MSG_QUERY_TOO_LARGE, b->document->operations->pos,
                       "the query is too large: %s accepts at most %s bytes, "
                       "including those that bulkpg adds",
                       b->dialect->name,
                       with_comma(b->dialect->document_bytes_max, most));
}

bool
submit_print(struct builder *b)
{
    struct buf text;
    bool fits;

    for (int i = 0; i < b->plan->table_count; i++) {
        counts_submit(b, b->drafts[i]);
        for (int n = 0; n < b->drafts[i]->node_count; n++)
            add_our_fields(b, b->drafts[i], b->drafts[i]->nodes[n]);
    }
    strip_directives(b->plan->root);
    keep_operation(b);
    text = print_operation(b->plan->operation, b->plan->file);
    b->plan->document = arena_strdup(b->arena, buf_str(&text));
    fits = !text.overflowed &&
           text.length + PLAN_ADDED_BYTES <= b->dialect->document_bytes_max;
    buf_free(&text);
    return fits || b->plan->paged.way == PLAN_BY_PAGES || refuse_size(b);
}

/* ---- a window ---------------------------------------------------------- */

/* The filter that the query has on its root; "" if it has none. */
static const char *
own_filter(const struct plan *plan)
{
    const char *name = plan->dialect->filter_argument;
    const struct gql_argument *own =
        name != NULL ? gql_find_argument(plan->root->arguments, name) : NULL;
    const char *text =
        own != NULL && own->value->kind == GQL_STRING ? own->value->text : "";

    return text[strspn(text, " \t\r\n")] == '\0' ? "" : text;
}

const char *
plan_filter_in(const struct plan *plan, const struct plan_window *window,
               struct arena *arena)
{
    return plan->dialect->filter_in(own_filter(plan), window->field,
                                    window->from, window->to, arena);
}

/* Copy the root's arguments, with `filter` as the value of `argument`. */
static struct gql_argument *
replace_filter(const struct gql_argument *list, const char *argument,
               const char *filter, struct arena *arena)
{
    struct gql_value *value = arena_alloc(arena, sizeof(*value));
    struct gql_argument *first = arena_alloc(arena, sizeof(*first));
    struct gql_argument *last = first;

    *value = (struct gql_value){.kind = GQL_STRING, .text = filter};
    *first = (struct gql_argument){.name = argument, .value = value};
    for (; list != NULL; list = list->next) {
        if (strcmp(list->name, argument) == 0)
            continue;
        last->next = arena_alloc(arena, sizeof(*last));
        last = last->next;
        *last = *list;
        last->next = NULL;
    }
    return first;
}

const char *
submit_text(const struct gql_operation *operation, const char *file,
            struct arena *arena)
{
    struct buf text = print_operation(operation, file);
    const char *document = arena_strdup(arena, buf_str(&text));

    buf_free(&text);
    return document;
}

const char *
plan_document_in(const struct plan *plan, const struct plan_window *window,
                 struct arena *arena)
{
    struct gql_selection root = *plan->root;
    struct gql_operation operation = *plan->operation;
    const char *filter = plan_filter_in(plan, window, arena);

    if (filter[0] != '\0')
        root.arguments = replace_filter(
            root.arguments, plan->dialect->filter_argument, filter, arena);
    operation.selections = &root;
    return submit_text(&operation, plan->file, arena);
}
