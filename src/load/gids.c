#include "load/gids.h"

#include <stdlib.h>

#include "base/mem.h"
#include "json/tree.h"
#include "json/write.h"

/* The domains of a plan, each one once. */
struct domains {
    struct plan_gid **gids;
    size_t count;
};

static void
add_domain(struct domains *domains, struct plan_gid *gid)
{
    if (gid == NULL)
        return;
    for (size_t i = 0; i < domains->count; i++)
        if (domains->gids[i] == gid)
            return;
    domains->gids[domains->count++] = gid;
}

/* The caller frees domains.gids. */
static struct domains
list_domains(const struct plan *plan)
{
    struct domains domains = {0};
    size_t most = 0;

    for (int i = 0; i < plan->table_count; i++)
        most += (size_t)plan->tables[i].column_count + 2;
    domains.gids = mem_array(most, sizeof(*domains.gids));
    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];

        add_domain(&domains, table->id_gid);
        add_domain(&domains, table->parent_gid);
        for (int c = 0; c < table->column_count; c++)
            add_domain(&domains, table->columns[c].gid);
    }
    return domains;
}

void
gids_write(const struct plan *plan, struct buf *text)
{
    struct domains domains = list_domains(plan);
    struct json_out *json = json_out_new(text);

    json_out_open(json, '[');
    for (size_t i = 0; i < domains.count; i++)
        json_out_string(json, domains.gids[i]->type);
    json_out_close(json, ']');
    json_out_free(json);
    free(domains.gids);
}

static void
set_types(struct arena *arena, const struct domains *domains,
          const struct json *list)
{
    const struct json *item = list->first;

    for (size_t i = 0; i < domains->count; i++, item = item->next)
        if (domains->gids[i]->type == NULL && item->kind == JSON_STRING)
            domains->gids[i]->type = arena_dup(arena, item->text);
}

bool
gids_read(struct plan *plan, const char *text, struct err *err)
{
    struct domains domains = list_domains(plan);
    struct arena arena = {0};
    struct json *list;
    bool fits;

    if (!json_parse(&arena, span_str(text), &list, err)) {
        free(domains.gids);
        arena_free(&arena);
        return false;
    }
    fits = list->kind == JSON_ARRAY && list->count == domains.count;
    if (fits)
        set_types(plan->arena, &domains, list);
    else
        err_set(err, MSG_BUG, "the gid types belong to another plan");
    free(domains.gids);
    arena_free(&arena);
    return fits;
}
