#include "plan/build.h"

#include <string.h>

#include "plan/mask.h"
#include "plan/names.h"

bool
build_is_in(const char *name, const char *const *list)
{
    while (*list != NULL && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* ---- the hash --------------------------------------------------------------
 * */

static void
hash_table(struct buf *text, const struct plan_table *table)
{
    buf_printf(text, "%s/%d/%s/%d\n", table->name, table->skip,
               table->parent_column != NULL ? table->parent_column : "",
               table->natural_key_count);
    if (table->has_position)
        buf_append_str(text, "@position\n");
    for (int i = 0; i < table->natural_key_count; i++)
        buf_printf(text, "k%d ", table->natural_key[i]);
    for (int i = 0; i < table->column_count; i++) {
        const struct plan_column *c = &table->columns[i];

        buf_printf(text, "%s %s %s\n", c->name, c->path,
                   plan_type_name(plan_column_type(c)));
        if (c->mask != PLAN_MASK_NONE)
            buf_printf(text, "@mask %s\n", mask_name(c->mask));
    }
}

/* A watermark is valid only for the filter that its windows used, so another
 * field changes the hash. The usual field does not: adding @incremental to a
 * query must not make the watermark of its full runs invalid. */
static void
hash_window(struct buf *text, const struct plan_incremental *incremental)
{
    if (incremental != NULL &&
        strcmp(incremental->field, PLAN_INCREMENTAL_FIELD) != 0)
        buf_printf(text, "%s\n", incremental->field);
}

static void
set_hash(struct plan *plan)
{
    struct buf text = buf_with_ceiling(64 * 1024 * 1024);
    char hex[NAME_DIGEST_BYTES];

    buf_append_str(&text, plan->document);
    hash_window(&text, plan->incremental);
    for (int i = 0; i < plan->table_count; i++)
        hash_table(&text, &plan->tables[i]);
    name_md5(buf_str(&text), text.length, hex);
    plan->hash = arena_strdup(plan->arena, hex);
    buf_free(&text);
}

/* ---- the stages ------------------------------------------------------------
 * */

bool
plan_build(struct arena *arena, const char *job,
           const struct gql_document *document, const struct gql_schema *schema,
           const struct dialect *dialect, struct plan **plan, struct err *err)
{
    struct arena scratch = {0};
    struct builder b = {.arena = arena,
                        .scratch = &scratch,
                        .document = document,
                        .schema = schema,
                        .dialect = dialect,
                        .err = err};
    bool built;

    b.plan = arena_alloc(arena, sizeof(*b.plan));
    b.plan->arena = arena;
    b.plan->dialect = dialect;
    b.plan->job = arena_strdup(arena, job);
    b.plan->file = arena_strdup(arena, document->file);
    b.plan->tables =
        arena_array(arena, PLAN_TABLES_MAX, sizeof(*b.plan->tables));
    b.plan->line_shape = arena_alloc(arena, sizeof(*b.plan->line_shape));
    shape_init(b.plan->line_shape, arena);
    built = pages_begin(&b) && walk_document(&b) && left_out_add(&b) &&
            keys_settle(&b) && mask_rules_check(&b) && relations_check(&b) &&
            upkeep_settle(&b) && pages_settle(&b) && submit_print(&b);
    if (built)
        set_hash(b.plan);
    arena_free(&scratch);
    *plan = b.plan;
    return built;
}
