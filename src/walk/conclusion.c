/*
 * The sums of all tallies become what struct origin says: which rows are not
 * proven, which are null, which tables keep their rows, and what is missing in
 * a saved result.
 *
 * Hazards. Every doubt must keep rows: a table whose rows may be missing
 * removes none, and neither do the tables below it.
 */
#include "walk/conclusion.h"

#include <inttypes.h>
#include <string.h>

#include "paged/judge.h"

enum { NAMES_BYTES = 2000, GONE_FIRST = 64 };

void
conclusion_add_gone(struct walker *walker, const char *id)
{
    struct origin *origin = walker->origin;
    struct arena *arena = &walker->arena;

    if (walker->gone_count == walker->gone_room) {
        int room = walker->gone_room > 0 ? walker->gone_room * 2 : GONE_FIRST;
        const char **list = arena_array(arena, (size_t)room, sizeof(*list));

        for (int i = 0; i < walker->gone_count; i++)
            list[i] = walker->gone[i];
        walker->gone = list;
        walker->gone_room = room;
    }
    walker->gone[walker->gone_count++] = arena_strdup(arena, id);
    origin->gone_ids = walker->gone;
    origin->gone_count = walker->gone_count;
}

/* ---- what is not complete ------------------------------------------------ */

static void
append_name(struct buf *names, const char *path, int64_t count)
{
    if (names->length > 0)
        buf_append_str(names, ", ");
    buf_append_str(names, path);
    if (count > 0)
        buf_printf(names, " (%" PRId64 ")", count);
}

static const char *
keep_names(struct walker *walker, struct buf *names)
{
    const char *kept = NULL;

    if (names->length > 0)
        kept = arena_dup(&walker->arena, buf_span(names));
    buf_free(names);
    return kept;
}

/* A parent whose children were never asked for is missing as well. */
static const char *
name_unproven(struct walker *walker, const struct tallies *sums)
{
    struct buf names = buf_with_ceiling(NAMES_BYTES);

    for (int i = 0; i < sums->pages->count; i++)
        if (sums->of[i].unproven > 0 ||
            sums->of[i].begun != sums->of[i].instances)
            append_name(&names, sums->pages->connections[i].path, 0);
    return keep_names(walker, &names);
}

static const char *
name_nulls(struct walker *walker, const struct tallies *sums)
{
    struct buf names = buf_with_ceiling(NAMES_BYTES);

    for (int i = 0; i < sums->pages->count; i++)
        if (sums->of[i].nulls > 0)
            append_name(&names, sums->pages->connections[i].path,
                        sums->of[i].nulls);
    return keep_names(walker, &names);
}

static const char *
name_missing(struct walker *walker, const struct tallies *sums)
{
    struct buf names = buf_with_ceiling(NAMES_BYTES);

    for (int i = 0; i < sums->pages->count; i++)
        if (sums->of[i].missing > 0)
            append_name(&names, sums->pages->connections[i].path,
                        sums->of[i].missing);
    return keep_names(walker, &names);
}

/* Rows that came only in part remove nothing, and neither do those below. */
static const bool *
find_kept(struct walker *walker, const struct tallies *sums)
{
    const struct plan *plan = walker->plan;
    bool *keeps =
        arena_array(&walker->arena, (size_t)plan->table_count, sizeof(*keeps));
    bool any = false;

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        const struct pages_connection *c = walker->connection_of[i];

        keeps[i] = (table->parent != NULL && keeps[table->parent->index]) ||
                   (c != NULL && (c->is_only || sums->of[c->index].nulls > 0));
        any = any || keeps[i];
    }
    return any ? keeps : NULL;
}

/* A saved result has no table that keeps its rows: all of them do. It has no
 * rejects either: a row that the API cannot give is not in it. */
static const char *
name_incomplete(struct walker *walker, const struct tallies *sums)
{
    const struct origin *origin = walker->origin;
    const char *missing = name_missing(walker, sums);

    if (origin->unproven != NULL)
        return arena_printf(
            &walker->arena,
            "bulkpg could not prove that the API sent all rows of %s",
            origin->unproven);
    if (origin->null_rows != NULL)
        return arena_printf(&walker->arena,
                            "the API sent null in place of rows of %s",
                            origin->null_rows);
    if (missing != NULL)
        return arena_printf(&walker->arena,
                            "the API could not return rows of %s", missing);
    return origin->keeps_rows != NULL
               ? "the query asks for only some rows of a connection"
               : NULL;
}

static void
give_walks(struct walker *walker, const struct tallies *sums)
{
    int count = sums->pages->count;
    struct journal_walk *walks =
        arena_array(&walker->arena, (size_t)count, sizeof(*walks));

    for (int i = 0; i < count; i++) {
        const struct tally *tally = &sums->of[i];

        walks[i] =
            (struct journal_walk){.path = sums->pages->connections[i].path,
                                  .instances = tally->instances,
                                  .pages = tally->pages,
                                  .rows = tally->rows,
                                  .told = tally->told,
                                  .nulls = tally->nulls,
                                  .repeats = tally->repeats,
                                  .points = tally->points};
    }
    walker->origin->walk = walks;
    walker->origin->walk_count = count;
}

/* ---- denied fields ------------------------------------------------------- */

/* How many rows could have the field: those of its table, if it is a field of
 * the row itself; -1: not known. */
static int64_t
rows_with(const struct walker *walker, const struct tallies *sums,
          const char *path)
{
    const char *field;
    const struct plan_table *table = judge_table(walker->pages, path, &field);

    if (table == NULL || strchr(field, '.') != NULL)
        return -1;
    return sums->of[walker->connection_of[table->index]->index].rows;
}

/* Fields that were denied in all rows are logged. */
static bool
check_denied(const struct walker *walker, const struct tallies *sums,
             struct err *err)
{
    bool allowed = walker->job->context->options->force_nulls;

    for (const struct denied *d = sums->denied; d != NULL; d = d->next) {
        int64_t rows = rows_with(walker, sums, d->path);

        if (rows > d->times && !allowed)
            return err_set(err, MSG_PAGE_DENIED,
                           "the API denied the field \"%s\" in %" PRId64
                           " of %" PRId64 " rows",
                           d->path, d->times, rows);
        log_warn(&walker->job->log, MSG_PAGE_DENIED, "a field was denied",
                 LOG_STR("field", d->path), LOG_NUM("times", d->times),
                 LOG_END);
    }
    return true;
}

/* ---- limits ------------------------------------------------------------- */

/* A list without pages may have more rows than its literal limit. */
static void
warn_of_limits(const struct walker *walker, const struct tallies *sums)
{
    for (int i = 0; i < sums->pages->count; i++) {
        const struct pages_connection *c = &sums->pages->connections[i];

        if (sums->of[i].full > 0)
            log_warn(&walker->job->log, MSG_LIST_LIMIT,
                     "the list has as many rows as its limit",
                     LOG_STR("list", c->path), LOG_NUM("limit", c->only),
                     LOG_NUM("times", sums->of[i].full), LOG_END);
    }
}

bool
conclusion_draw(struct walker *walker, const struct tallies *sums,
                struct err *err)
{
    struct origin *origin = walker->origin;

    origin->unproven = name_unproven(walker, sums);
    origin->null_rows = name_nulls(walker, sums);
    origin->keeps_rows = find_kept(walker, sums);
    walker->incomplete = name_incomplete(walker, sums);
    give_walks(walker, sums);
    warn_of_limits(walker, sums);
    return check_denied(walker, sums, err);
}
