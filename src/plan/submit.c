#include <string.h>

#include "plan/build.h"

static struct gql_selection *
make_field(struct builder *b, const char *alias, const char *name)
{
    struct gql_selection *field = arena_alloc(b->arena, sizeof(*field));

    field->kind = GQL_FIELD;
    field->alias = alias;
    field->name = name;
    return field;
}

static bool
selects(const struct gql_selection *list, const char *key, const char *name)
{
    for (; list != NULL; list = list->next)
        if (list->kind == GQL_FIELD &&
            strcmp(gql_response_key(list), key) == 0 &&
            strcmp(list->name, name) == 0)
            return true;
    return false;
}

static void
prepend(struct gql_selection *node, struct gql_selection *field)
{
    field->next = node->selections;
    node->selections = field;
}

/* Where the row's type itself has no id (a union), the types that children
 * stand below must give theirs. */
static void
add_owner_ids(struct builder *b, struct table_draft *draft,
              struct gql_selection *node)
{
    if (gql_type_field(draft->type, "id") != NULL) {
        if (!selects(node->selections, "id", "id"))
            prepend(node, make_field(b, NULL, "id"));
        return;
    }
    for (const struct gql_name *owner = draft->child_owners; owner;
         owner = owner->next) {
        struct gql_selection *fragment = make_field(b, NULL, NULL);

        fragment->kind = GQL_INLINE_FRAGMENT;
        fragment->type_condition = owner->name;
        fragment->selections = make_field(b, NULL, "id");
        prepend(node, fragment);
    }
}

static void
add_our_fields(struct builder *b, struct table_draft *draft,
               struct gql_selection *node)
{
    const char *tag = draft->table->tag;

    if (tag != NULL)
        prepend(node, make_field(b, tag, "__typename"));
    if (draft->wants_typename &&
        !selects(node->selections, "__typename", "__typename"))
        prepend(node, make_field(b, NULL, "__typename"));
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
print_document(struct builder *b)
{
    struct gql_operation operation = *b->document->operations;
    struct gql_document document = {.file = b->document->file,
                                    .operations = &operation};
    struct buf text = buf_with_ceiling(1024 * 1024);

    operation.directives = NULL;
    operation.selections = b->plan->root;
    operation.next = NULL;
    gql_print(&document, &text);
    return text;
}

bool
submit_print(struct builder *b)
{
    struct buf text;

    for (int i = 0; i < b->plan->table_count; i++)
        for (int n = 0; n < b->drafts[i]->node_count; n++)
            add_our_fields(b, b->drafts[i], b->drafts[i]->nodes[n]);
    strip_directives(b->plan->root);
    text = print_document(b);
    b->plan->document = arena_strdup(b->arena, buf_str(&text));
    if (text.overflowed || text.length > PLAN_DOCUMENT_BYTES_MAX) {
        buf_free(&text);
        return build_error(b, b->document->operations->pos,
                           "the query is too large: Shopify takes 65,535 "
                           "bytes with bulkpg's first line");
    }
    buf_free(&text);
    return true;
}
