#include "support/pages.h"

#include <check.h>
#include <string.h>

#include "dialect/generic.h"
#include "dialect/shopify.h"

void
pages_open(struct pages_api *api, const char *path, const char *preset)
{
    memset(api, 0, sizeof(*api));
    types_open(&api->types, path);
    gql_schema_set_query_type(api->types.schema,
                              gql_types_file_query_type(api->types.file));
    if (strcmp(preset, "shopify") == 0)
        api->dialect = dialect_shopify;
    else
        api->dialect = generic_dialect(preset[0] != '\0' ? preset_find(preset)
                                                         : preset_none());
}

void
pages_close(struct pages_api *api)
{
    types_close(&api->types);
}

bool
pages_plan(struct pages_api *api, const char *query)
{
    struct gql_document *document = types_parse(&api->types, query);

    return api->dialect.check_query(document, api->types.schema, &api->err) &&
           plan_build(&api->types.arena, "job", document, api->types.schema,
                      &api->dialect, &api->plan, &api->err);
}

const struct pages_connection *
pages_connection(struct pages_api *api, const char *query, const char *path)
{
    if (!pages_plan(api, query))
        ck_abort_msg("%s", api->err.message);
    ck_assert_ptr_nonnull(api->plan->pages);
    for (int i = 0; i < api->plan->pages->count; i++)
        if (strcmp(api->plan->pages->connections[i].path, path) == 0)
            return &api->plan->pages->connections[i];
    ck_abort_msg("no connection %s", path);
    return NULL;
}

void
pages_append_document(struct buf *text, const struct pages_request *request)
{
    bool blank = false;

    if (request == NULL) {
        buf_append_str(text, "none");
        return;
    }
    for (const char *c = request->document; *c != '\0'; c++) {
        if (*c == ' ' || *c == '\n') {
            blank = c[1] != '\0';
            continue;
        }
        if (blank)
            buf_append_char(text, ' ');
        blank = false;
        buf_append_char(text, *c);
    }
}

static void
append_place(struct buf *text, const struct pages *pages,
             const struct pages_place *place)
{
    static const char *const marks[] = {[PAGES_OBJECT] = "",
                                        [PAGES_ROW] = "=",
                                        [PAGES_ROWS] = "*",
                                        [PAGES_ELEMENTS] = "#",
                                        [PAGES_PARENTS] = "^"};

    buf_printf(text, "%s%s%s", place->key, marks[place->kind],
               place->is_optional ? "?" : "");
    if (place->rows_key != NULL)
        buf_printf(text, ".%s", place->rows_key);
    if (place->node_key != NULL)
        buf_printf(text, ".%s", place->node_key);
    if (place->total_key != NULL)
        buf_printf(text, "+%s", place->total_key);
    for (int i = 0; i < place->apart_count; i++)
        buf_printf(text, ">%s",
                   pages->connections[place->apart[i]].table->name);
    if (place->first == NULL)
        return;
    for (const struct pages_place *p = place->first; p != NULL; p = p->next) {
        buf_append_char(text, p == place->first ? '{' : ' ');
        append_place(text, pages, p);
    }
    buf_append_char(text, '}');
}

void
pages_append_places(struct buf *text, const struct pages_request *request)
{
    for (const struct pages_place *p = request->places; p; p = p->next)
        append_place(text, request->pages, p);
}
