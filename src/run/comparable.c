#include "run/comparable.h"

#include <string.h>

#include "load/adapt.h"
#include "load/hash.h"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

/* ---- what hashes say ----------------------------------------------------- */

const char *
comparable_definition(const struct comparable *comparable,
                      const struct plan_table *table, struct arena *arena)
{
    char text[HASH_DEFINITION_BYTES];

    hash_definition(table, comparable->hash_secret, text);
    return arena_strdup(arena, text);
}

bool
comparable_has_definition(const struct comparable *comparable,
                          const struct plan_table *table)
{
    const char *has = comparable->tables->memory[table->index].hash_definition;
    char text[HASH_DEFINITION_BYTES];

    hash_definition(table, comparable->hash_secret, text);
    return has != NULL && strcmp(has, text) == 0;
}

/* ---- tables -------------------------------------------------------------- */

/* The rows of a list are of its parent's line. */
static bool
has_lists(const struct plan *plan, const struct plan_table *table)
{
    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].kind == PLAN_LIST &&
            plan->tables[i].parent == table)
            return true;
    return false;
}

static bool
has_changes(const struct comparable *comparable, const struct plan_table *table)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool any;

    adapt_table_changes(&sql, table, comparable->schema,
                        &comparable->tables->targets[table->index]);
    any = sql.length > 0;
    buf_free(&sql);
    return any;
}

/* Parents and their rows are looked at together. */
static bool
is_uneven(const struct comparable *comparable, const struct plan_table *table)
{
    const struct plan *plan = comparable->plan;

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *other = &plan->tables[i];
        bool is_near =
            other == table || other == table->parent || other->parent == table;

        if (is_near && comparable->tables->memory[i].is_uneven)
            return true;
    }
    return false;
}

/* What the table in the database says. */
static const char *
against_target(const struct comparable *comparable,
               const struct plan_table *table)
{
    if (comparable->tables == NULL)
        return NULL;
    if (!comparable->tables->targets[table->index].exists)
        return "the table does not exist yet";
    if (has_changes(comparable, table))
        return "the table will be changed";
    if (!comparable_has_definition(comparable, table))
        return "its hashes have another definition";
    return is_uneven(comparable, table)
               ? "the last result had duplicates or lacked rows"
               : NULL;
}

const char *
comparable_against(const struct comparable *comparable,
                   const struct plan_table *table)
{
    if (comparable->by_pages)
        return "its rows come in pages";
    if (comparable->memory == 0)
        return "compare_memory is 0";
    if (table->skip)
        return "it is not loaded";
    if (table->kind == PLAN_LIST)
        return "it is a list";
    if (has_lists(comparable->plan, table))
        return "it has lists";
    if (table->has_ordinal)
        return "its key is the position";
    if (table->has_position)
        return "it has a position";
    return against_target(comparable, table);
}
