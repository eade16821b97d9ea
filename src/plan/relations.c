#include "plan/build.h"
#include "plan/ddl.h"
#include "plan/history.h"

/* In PostgreSQL tables, keys and indexes of a schema must have different
 * names. */
struct relation {
    const char *name;
    const char *what; /* "the index of products.title" */
    struct gql_pos pos;
};

static size_t
count_relations(const struct plan *plan)
{
    size_t count = 0;

    for (int i = 0; i < plan->table_count; i++)
        count += 4 + (size_t)plan->tables[i].column_count;
    return count;
}

/* Write a table, its key, history and indexes to `list`. Return their
 * number. */
static size_t
list_relations(struct arena *arena, const struct plan_table *table,
               struct relation *list)
{
    size_t count = 0;

    list[count++] = (struct relation){
        table->name, arena_printf(arena, "\"%s\"", table->path), table->pos};
    list[count++] = (struct relation){
        ddl_key_name(arena, table),
        arena_printf(arena, "the key of \"%s\"", table->path), table->pos};
    if (table->history != NULL) {
        list[count++] = (struct relation){
            table->history,
            arena_printf(arena, "the history of \"%s\"", table->path),
            table->pos};
        list[count++] = (struct relation){
            history_key_name(arena, table),
            arena_printf(arena, "the key of the history of \"%s\"",
                         table->path),
            table->pos};
    }
    for (int i = 0; i < table->column_count; i++)
        if (ddl_has_index(table, i))
            list[count++] = (struct relation){
                ddl_index_name(arena, table, i),
                arena_printf(arena, "the index of \"%s.%s\"", table->path,
                             table->columns[i].path),
                table->columns[i].pos};
    return count;
}

static bool
refuse_same_name(struct builder *b, const struct relation *one,
                 const struct relation *other)
{
    build_error(b, MSG_QUERY_NAME, other->pos,
                "%s and %s both get the name \"%s\"", one->what, other->what,
                other->name);
    return false;
}

bool
relations_check(struct builder *b)
{
    const struct plan *plan = b->plan;
    struct relation *list =
        arena_array(b->scratch, count_relations(plan), sizeof(*list));
    struct dict by_name = {.arena = b->scratch};
    size_t count = 0;

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            count += list_relations(b->scratch, &plan->tables[i], list + count);
    for (size_t i = 0; i < count; i++)
        if (!dict_add(&by_name, list[i].name, &list[i]))
            return refuse_same_name(b, dict_get(&by_name, list[i].name),
                                    &list[i]);
    return true;
}
