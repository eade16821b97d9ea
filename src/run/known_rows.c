/*
 * may_compare() alone decides whether the rows of a table are compared, or all
 * sent. It depends on the run, the plan, the table as it was inspected, and
 * what the journal noted of it after the last full run.
 *
 * Hazard. Hashes of another definition cannot be compared. The merge of a full
 * run writes the hash of every row that came, and records their definition in
 * bulkpg.relation. If the run removed nothing, the table may also have rows
 * that did not come, with hashes of an older definition. If such a row comes
 * later, it is sent.
 */
#include "run/known_rows.h"

#include <string.h>

#include "load/compare.h"
#include "load/stage.h"
#include "run/comparable.h"

enum {
    FEW_ROWS = 20000, /* of one table, by the statistics */
    ROOM_AHEAD = 1000 /* for more rows than the statistics say */
};

/* ---- which tables ------------------------------------------------------ */

static struct comparable
comparable_of(const struct run *run)
{
    return (struct comparable){.plan = run->plan,
                               .tables = &run->tables,
                               .schema = run->schema,
                               .hash_secret = journal_hash_secret(run->journal),
                               .memory = run->tuning->compare_bytes,
                               .by_pages = run->origin->is_paged};
}

static const char *
definition_of(const struct run *run, const struct plan_table *table)
{
    struct comparable comparable = comparable_of(run);

    return comparable_definition(&comparable, table, run->arena);
}

static bool
has_definition(const struct run *run, const struct plan_table *table)
{
    struct comparable comparable = comparable_of(run);

    return comparable_has_definition(&comparable, table);
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
    struct comparable comparable = comparable_of(run);

    if (run->mode.incremental)
        *why = "the run is not full";
    else if (run->sends_all)
        *why = "the load was restarted to send all rows";
    else if (is_read_once(run->origin))
        *why = "the source can be read only once";
    else
        *why = comparable_against(&comparable, table);
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
describe(const struct run *run, struct pg_conn *conn)
{
    struct merge merge = {.conn = conn,
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

/* The tables that take part, and their sets, by plan index. */
struct reading {
    struct attempt *attempt;
    struct merge merge;
    bool *asked;          /* the table takes part */
    bool *counted;        /* its rows must be counted before they are read */
    int64_t *rows;        /* how many it has; at first by the statistics */
    struct known **known; /* NULL: it is not read */
    const char **why;     /* it is not read, or not used */
};

static struct reading
begin_reading(struct attempt *attempt)
{
    struct arena *arena = attempt->run->arena;
    size_t count = (size_t)attempt->run->plan->table_count;

    return (struct reading){
        .attempt = attempt,
        .merge = describe(attempt->run, loader_session(attempt->loader)),
        .asked = arena_array(arena, count, sizeof(bool)),
        .counted = arena_array(arena, count, sizeof(bool)),
        .rows = arena_array(arena, count, sizeof(int64_t)),
        .known = arena_array(arena, count, sizeof(struct known *)),
        .why = arena_array(arena, count, sizeof(const char *))};
}

/* Make the set of a table, with room for as many rows as it has. */
static void
make_set(struct reading *reading, int i)
{
    struct run *run = reading->attempt->run;

    reading->why[i] = NULL;
    if (reading->rows[i] <= 0)
        reading->why[i] = reading->rows[i] == 0 ? "it is empty"
                                                : "it has rows marked as gone";
    else
        reading->known[i] = known_new(&run->context->compare, reading->rows[i]);
    if (reading->rows[i] > 0 && reading->known[i] == NULL)
        reading->why[i] = "compare_memory is too small";
}

/* The statistics say how much room a set needs. If they say nothing, or there
 * is not so much room, or rows marked as gone are in the way, the rows are
 * counted: that is one wait more. */
static bool
make_sets(struct reading *reading, struct err *err)
{
    struct run *run = reading->attempt->run;
    struct merge *merge = &reading->merge;
    bool any = false;

    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (!reading->asked[i])
            continue;
        reading->rows[i] = run->tables.targets[i].rows_about;
        reading->counted[i] = reading->rows[i] <= 0 ||
                              (table->has_mark && !table->table->marks_deleted);
        if (!reading->counted[i]) {
            make_set(reading, i);
            reading->counted[i] = reading->known[i] == NULL;
        }
        any = any || reading->counted[i];
    }
    if (!any)
        return true;
    if (!compare_count(merge, reading->counted, reading->rows, err))
        return false;
    for (int i = 0; i < merge->table_count; i++)
        if (reading->counted[i])
            make_set(reading, i);
    return true;
}

/* Read the tables that have a set and are in `which`; NULL: all of them. */
static bool
read_sets(struct reading *reading, const bool *which, struct err *err)
{
    struct merge *merge = &reading->merge;

    for (int i = 0; i < merge->table_count; i++)
        if (reading->known[i] != NULL && (which == NULL || which[i]) &&
            !compare_queue_read(merge, &merge->tables[i], reading->known[i],
                                err))
            return false;
    return pg_settle(merge->conn, err);
}

/* The statistics were out of date: now it is known how many rows there are. */
static bool
read_full_sets(struct reading *reading, struct err *err)
{
    struct merge *merge = &reading->merge;
    bool *again =
        arena_array(merge->arena, (size_t)merge->table_count, sizeof(*again));

    for (int i = 0; i < merge->table_count; i++) {
        struct known *known = reading->known[i];

        again[i] = known != NULL && known_is_full(known);
        if (!again[i])
            continue;
        reading->rows[i] = known_sums(known).rows;
        reading->known[i] = NULL;
        known_free(known);
        make_set(reading, i);
    }
    return read_sets(reading, again, err);
}

/* Hand over the sets that can be used, and free the others. */
static void
use_sets(struct reading *reading, bool all_read)
{
    for (int i = 0; i < reading->merge.table_count; i++) {
        struct known *known = reading->known[i];

        if (all_read && known != NULL && known_sums(known).rows == 0)
            reading->why[i] = "it is empty";
        else if (all_read && known != NULL && !known_is_whole(known))
            reading->why[i] = "its hashes cannot be told apart";
        if (all_read && known != NULL && reading->why[i] == NULL)
            loader_compare(reading->attempt->loader, i, known);
        else
            known_free(known);
        if (all_read && reading->why[i] != NULL)
            say_why_not(reading->attempt->run, reading->merge.tables[i].table,
                        reading->why[i]);
    }
}

bool
known_rows_read(struct attempt *attempt, struct err *err)
{
    struct reading reading = begin_reading(attempt);
    bool any = false, read;

    for (int i = 0; i < reading.merge.table_count; i++) {
        reading.asked[i] = may_compare(
            attempt->run, reading.merge.tables[i].table, &reading.why[i]);
        any = any || reading.asked[i];
    }
    read =
        !any || (make_sets(&reading, err) && read_sets(&reading, NULL, err) &&
                 read_full_sets(&reading, err));
    use_sets(&reading, read);
    return read;
}

/* ---- reading ahead ----------------------------------------------------- */

/* Rows marked as gone would have to be counted first. */
static bool
has_few_rows(const struct run *run, const struct plan_table *table)
{
    const struct target *target = &run->tables.targets[table->index];
    const char *why;

    return may_compare(run, table, &why) && target->rows_about >= 0 &&
           target->rows_about <= FEW_ROWS &&
           (!target->has_mark || table->marks_deleted);
}

void
known_rows_free(const struct run *run, struct known **known)
{
    for (int i = 0; known != NULL && i < run->plan->table_count; i++) {
        known_free(known[i]);
        known[i] = NULL;
    }
}

static bool
has_few_everywhere(const struct run *run)
{
    for (int i = 0; i < run->plan->table_count; i++) {
        const struct plan_table *table = &run->plan->tables[i];

        if (stage_has_rows(table) && !has_few_rows(run, table))
            return false;
    }
    return true;
}

struct known **
known_rows_few(struct run *run)
{
    struct known **known;

    if (journal_has_citus(run->journal) || !has_few_everywhere(run))
        return NULL;
    known = arena_array(run->arena, (size_t)run->plan->table_count,
                        sizeof(struct known *));
    for (int i = 0; i < run->plan->table_count; i++) {
        if (!stage_has_rows(&run->plan->tables[i]))
            continue;
        known[i] = known_new(&run->context->compare,
                             run->tables.targets[i].rows_about + ROOM_AHEAD);
        if (known[i] == NULL) {
            known_rows_free(run, known);
            return NULL;
        }
    }
    return known;
}

bool
known_rows_queue(struct run *run, struct pg_conn *conn, struct known **known,
                 struct err *err)
{
    struct merge merge = describe(run, conn);

    for (int i = 0; i < merge.table_count; i++)
        if (known[i] != NULL &&
            !compare_queue_read(&merge, &merge.tables[i], known[i], err))
            return false;
    return true;
}

bool
known_rows_hold(const struct run *run, struct known *const *known)
{
    if (!has_few_everywhere(run))
        return false;
    for (int i = 0; i < run->plan->table_count; i++)
        if (known[i] != NULL && !known_is_whole(known[i]))
            return false;
    return true;
}

void
known_rows_use(struct attempt *attempt)
{
    for (int i = 0; i < attempt->run->plan->table_count; i++)
        if (attempt->known[i] != NULL)
            loader_compare(attempt->loader, i, attempt->known[i]);
}

/* ---- the merge --------------------------------------------------------- */

/* The set of a table that had no rows says nothing once rows are staged. */
static struct known *
known_of(const struct attempt *attempt, int table)
{
    struct known *known = loader_known(attempt->loader, table);
    bool says_nothing = known != NULL && known_sums(known).rows == 0 &&
                        !loader_is_unstaged(attempt->loader);

    return says_nothing ? NULL : known;
}

void
known_rows_describe(struct attempt *attempt, struct merge_table *table)
{
    const struct run *run = attempt->run;
    const struct plan_table *plan = table->table;
    bool *has_value;

    table->by_value = table->exists && !has_definition(run, plan);
    table->known = known_of(attempt, plan->index);
    if (table->known == NULL)
        return;
    has_value = arena_array(run->arena, (size_t)plan->column_count + 1,
                            sizeof(*has_value));
    for (int i = 0; i < plan->column_count; i++)
        has_value[i] = loader_has_value(attempt->loader, plan->index, i);
    table->has_value = has_value;
}

/* The hashes have one definition once a full run has written all of them; a
 * row whose line was rejected or did not come keeps an older one. */
static void
note_table(struct run *run, const struct merge_table *table)
{
    struct tables_note *note = &run->tables.notes[table->table->index];
    bool wrote_all = !run->mode.incremental && run->rejects == 0 &&
                     run->origin->partial == NULL &&
                     run->origin->window == NULL;

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
