/*
 * A table takes the plain way, all its rows sent, unless may_compare() finds
 * nothing against it; that is the one place that decides. It depends on the
 * run, the plan, the table as it was inspected, and what the journal noted of
 * it after the last full run.
 *
 * Hazard. The hashes in the table say nothing if they have another definition.
 * The definition is kept in bulkpg.relation by the merge of a full run, which
 * has written the hash of every row that came. What is left in the table
 * besides (rows of a run that removes nothing) has an older one, and is sent
 * again should it come.
 */
#include "run/known_rows.h"

#include <string.h>

#include "load/adapt.h"
#include "load/compare.h"
#include "load/hash.h"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

/* ---- which tables ------------------------------------------------------ */

static const char *
definition_of(const struct run *run, const struct plan_table *table)
{
    char text[HASH_DEFINITION_BYTES];

    hash_definition(table, journal_hash_secret(run->journal), text);
    return arena_strdup(run->arena, text);
}

static bool
has_definition(const struct run *run, const struct plan_table *table)
{
    const char *has = run->tables.memory[table->index].hash_definition;

    return has != NULL && strcmp(has, definition_of(run, table)) == 0;
}

static bool
has_changes(const struct run *run, const struct plan_table *table)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool any;

    adapt_table_changes(&sql, table, run->schema,
                        &run->tables.targets[table->index]);
    any = sql.length > 0;
    buf_free(&sql);
    return any;
}

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

/* Parents and their rows are looked at together. */
static bool
is_uneven(const struct run *run, const struct plan_table *table)
{
    for (int i = 0; i < run->plan->table_count; i++) {
        const struct plan_table *other = &run->plan->tables[i];
        bool is_near =
            other == table || other == table->parent || other->parent == table;

        if (is_near && run->tables.memory[i].is_uneven)
            return true;
    }
    return false;
}

static bool
is_read_once(const struct origin *origin)
{
    for (int i = 0; i < origin->source_count; i++)
        if (origin->sources[i]->is_read_once)
            return true;
    return false;
}

/* Whether a table takes part, but for how many rows it has; else *why not. */
static bool
may_compare(const struct run *run, const struct plan_table *table,
            const char **why)
{
    bool exists = run->tables.targets[table->index].exists;

    const struct {
        bool is_so;
        const char *why;
    } against[] = {
        {run->origin->is_paged, "its rows come in pages"},
        {run->mode.incremental, "the run is not full"},
        {run->sends_all, "the load was restarted to send all rows"},
        {run->tuning->compare_bytes == 0, "compare_memory is 0"},
        {is_read_once(run->origin), "the source can be read only once"},
        {table->skip || !exists, "the table does not exist yet"},
        {table->kind == PLAN_LIST, "it is a list"},
        {has_lists(run->plan, table), "it has lists"},
        {table->has_ordinal, "its key is the position"},
        {table->has_position, "it has a position"},
        {has_changes(run, table), "the table will be changed"},
        {!has_definition(run, table), "its hashes have another definition"},
        {is_uneven(run, table),
         "the last result had duplicates or lacked rows"},
    };

    *why = NULL;
    for (size_t i = 0; i < sizeof(against) / sizeof(against[0]); i++)
        if (*why == NULL && against[i].is_so)
            *why = against[i].why;
    return *why == NULL;
}

/* ---- reading ----------------------------------------------------------- */

static void
say_why_not(const struct run *run, const struct plan_table *table,
            const char *why)
{
    log_debug(run->log, "all rows of a table are sent",
              LOG_STR("table", table->name), LOG_STR("reason", why), LOG_END);
}

/* As far as its statements need it. */
static struct merge
describe(struct attempt *attempt)
{
    struct run *run = attempt->run;
    struct merge merge = {.conn = loader_session(attempt->loader),
                          .schema = run->schema,
                          .arena = run->arena,
                          .table_count = run->plan->table_count};

    merge.tables = arena_array(run->arena, (size_t)merge.table_count,
                               sizeof(*merge.tables));
    for (int i = 0; i < merge.table_count; i++)
        merge.tables[i] = (struct merge_table){
            .table = &run->plan->tables[i],
            .has_mark = run->tables.targets[i].has_mark,
            .is_partitioned = run->tables.targets[i].is_partitioned};
    return merge;
}

static bool
read_table(struct attempt *attempt, struct merge *merge, int table,
           int64_t rows, struct err *err)
{
    struct run *run = attempt->run;
    const struct plan_table *plan = merge->tables[table].table;
    struct known *known;

    if (rows <= 0) {
        say_why_not(run, plan,
                    rows == 0 ? "it is empty" : "it has rows marked as gone");
        return true;
    }
    known = known_new(&run->context->compare, rows);
    if (known == NULL) {
        say_why_not(run, plan, "compare_memory is too small");
        return true;
    }
    if (!compare_read(merge, &merge->tables[table], known, err)) {
        known_free(known);
        return false;
    }
    if (known_is_whole(known)) {
        loader_compare(attempt->loader, table, known);
    } else {
        say_why_not(run, plan, "its hashes cannot be told apart");
        known_free(known);
    }
    return true;
}

bool
known_rows_read(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;
    struct merge merge = describe(attempt);
    size_t count = (size_t)merge.table_count;
    bool *asked = arena_array(run->arena, count, sizeof(*asked));
    int64_t *rows = arena_array(run->arena, count, sizeof(*rows));
    bool any = false;

    for (int i = 0; i < merge.table_count; i++) {
        const char *why;

        asked[i] = may_compare(run, merge.tables[i].table, &why);
        any = any || asked[i];
        if (!asked[i])
            say_why_not(run, merge.tables[i].table, why);
    }
    if (!any)
        return true;
    if (!compare_count(&merge, asked, rows, err))
        return false;
    for (int i = 0; i < merge.table_count; i++)
        if (asked[i] && !read_table(attempt, &merge, i, rows[i], err))
            return false;
    return true;
}

/* ---- the merge --------------------------------------------------------- */

void
known_rows_describe(struct attempt *attempt, struct merge_table *table)
{
    const struct run *run = attempt->run;
    const struct plan_table *plan = table->table;
    bool *has_value;

    table->by_value = table->exists && !has_definition(run, plan);
    table->known = loader_known(attempt->loader, plan->index);
    if (table->known == NULL)
        return;
    has_value = arena_array(run->arena, (size_t)plan->column_count + 1,
                            sizeof(*has_value));
    for (int i = 0; i < plan->column_count; i++)
        has_value[i] = loader_has_value(attempt->loader, plan->index, i);
    table->has_value = has_value;
}

/* The hashes have one definition once a full run has written all of them; a
 * row whose line was rejected keeps an older one. */
static void
note_table(struct run *run, const struct merge_table *table)
{
    struct tables_note *note = &run->tables.notes[table->table->index];
    bool wrote_all = !run->mode.incremental && run->rejects == 0;

    if (!table->by_value || wrote_all)
        note->hash_definition = definition_of(run, table->table);
    if (!run->mode.incremental)
        note->is_uneven = table->duplicates > 0 || !table->is_even ? "t" : "f";
}

void
known_rows_note(struct attempt *attempt, const struct merge *merge)
{
    struct run *run = attempt->run;

    run->compared = NULL;
    run->unsent = run->sent = 0;
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->stage == NULL || table->table->skip)
            continue;
        note_table(run, table);
        if (table->known == NULL)
            continue;
        run->compared = run->compared == NULL
                            ? table->table->name
                            : arena_printf(run->arena, "%s, %s", run->compared,
                                           table->table->name);
        run->unsent += known_marked(table->known);
        run->sent += table->staged - known_marked(table->known);
    }
}
