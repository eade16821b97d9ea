#include "run/land.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/retry.h"
#include "journal/claim.h"
#include "journal/merge.h"
#include "journal/operation.h"
#include "journal/reject.h"
#include "journal/relation.h"
#include "journal/runs.h"
#include "journal/store.h"
#include "journal/watermark.h"
#include "json/lines.h"
#include "json/write.h"
#include "load/adapt.h"
#include "load/encode.h"
#include "load/guard.h"
#include "load/loader.h"
#include "load/make_schema.h"
#include "load/merge.h"
#include "load/obstacle.h"
#include "load/stage.h"
#include "load/truncated.h"
#include "plan/names.h"
#include "run/verify.h"
#include "sql.h"

enum {
    RESTARTS_MAX = 3,
    SQL_BYTES_MAX = 64 * 1024,
    NOTES_BYTES_MAX = 1024 * 1024
};

/* One attempt to land the sources. */
struct attempt {
    struct land *land;
    struct loader *loader;
    char loaded_at[JOURNAL_TIME_BYTES];
    bool *becomes_table;
    int64_t skipped;
    int64_t lines;
    int64_t roots;
    int64_t fed_ns; /* that went into lines */
};

static const char *
schema_of(const struct land *land)
{
    return land->job->store->config->schema;
}

/* After a failure that may pass, as long as there is the connection that it
 * takes. */
static bool
may_retry(const struct land *land, struct backoff *backoff,
          const struct pg_conn *conn, const char *what, struct err *err)
{
    return err->kind == ERR_TRANSIENT && pg_is_alive(conn) &&
           retry_wait(backoff, 0, &land->job->log, what, err);
}

/* ---- before ------------------------------------------------------------ */

bool
land_prepare(struct land *land, struct err *err)
{
    struct job *job = land->job;
    struct pg_conn *control;
    bool made;

    if (!tables_inspect(&land->tables, job, err))
        return false;
    land->column_notes = tables_notes(&land->tables, job);
    if (land->tables.has_schema)
        return true;
    if (!journal_borrow(job->context->journal, &control, err))
        return false;
    made = schema_make(control, schema_of(land), job->context->config.readers,
                       err);
    journal_give_back(job->context->journal);
    return made;
}

bool
land_widens_column(const struct land *land)
{
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++)
        if (adapt_widens(&plan->tables[i], &land->tables.targets[i]))
            return true;
    return false;
}

bool
land_misses_table(const struct land *land)
{
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip && (!land->tables.targets[i].exists ||
                                      land->tables.targets[i].lost_column))
            return true;
    return false;
}

void
land_drop_staging(struct context *context, int64_t run_id)
{
    struct pg_conn *control;
    struct err err;

    task_shield();
    if (journal_borrow(context->journal, &control, &err)) {
        stage_drop(control, run_id);
        journal_give_back(context->journal);
    }
    task_unshield();
}

/* ---- rejects ----------------------------------------------------------- */

static bool
on_reject(void *ctx, const struct reject *reject, struct err *err)
{
    struct land *land = ctx;
    struct job *job = land->job;
    const struct source *source = land->sources[reject->operation - 1];
    struct journal_reject row = {
        .operation_id = source->operation_id,
        .line_number = (int64_t)reject->line_number,
        .byte_offset = (int64_t)reject->byte_offset,
        .table_name = reject->table_name[0] != '\0' ? reject->table_name : NULL,
        .object_id = reject->object_id[0] != '\0' ? reject->object_id : NULL,
        .reason = reject->reason,
        .raw = reject->raw};

    LOG_AT(LOG_WARN, &job->log, "line rejected",
           LOG_NUM("line", reject->line_number),
           LOG_NUM("byte_offset", reject->byte_offset),
           LOG_STR("reason", reject->reason), LOG_STR("code", reject->code),
           LOG_STR("hint", reject->remedy), LOG_END);
    if (!journal_reject_add(job->context->journal, &land->run, &row, 1, err))
        return false;
    if (++land->rejects <= job->context->config.tuning.max_rejects)
        return true;
    err_set(err, MSG_TOO_MANY_REJECTS,
            "more than max_rejects = %" PRId64 " lines were "
            "rejected",
            job->context->config.tuning.max_rejects);
    return err_hint(err, "see bulkpg.reject where run_id = %" PRId64,
                    land->run.run_id);
}

/* Numbers are of the type that the journal knows; ids that are kept whole
 * may be of several. */
static bool
on_gid_type(void *ctx, const struct plan_table *table, const char *type,
            bool *held, struct err *err)
{
    struct land *land = ctx;
    struct journal *journal = land->job->context->journal;
    struct pg_conn *control;
    bool asked;

    *held = false;
    if (table->skip || !land->tables.targets[table->index].exists ||
        plan_id_column(table) == NULL || !table->id_gid->whole)
        return true;
    if (!journal_borrow(journal, &control, err))
        return false;
    asked =
        target_holds_type(control, table, &land->tables.targets[table->index],
                          schema_of(land), type, held, err);
    journal_give_back(journal);
    return asked;
}

/* ---- warnings ---------------------------------------------------------- */

/* "…","…" */
static void
list_string(struct buf *list, const char *text)
{
    buf_append_str(list, list->length > 0 ? "," : "");
    buf_append_json(list, span_str(text));
}

/* To the log, and to the run's notes. */
static void
warn(void *ctx, enum msg msg, const char *warning)
{
    struct land *land = ctx;

    log_warn(&land->job->log, msg, warning, LOG_END);
    list_string(&land->warnings, warning);
    list_string(&land->warning_codes, message_at(msg)->code);
}

/* A result is loaded though it cannot be compared with what the store counted:
 * its own counts may be all there is. */
static void
warn_of_odd_counts(struct land *land, const struct source *source)
{
    char text[256];

    if (source->odd_count[0] == '\0')
        return;
    snprintf(text, sizeof(text),
             "the result is not compared with every count of the store: %s",
             source->odd_count);
    warn(land, MSG_COUNT_UNREADABLE, text);
}

/* The same of the counts in lines. */
static void
warn_of_odd_lines(struct land *land, const struct loader *loader)
{
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++) {
        uint64_t odd = loader_odd_counts(loader, i);
        char text[256];

        if (odd == 0)
            continue;
        snprintf(text, sizeof(text),
                 "%s: %" PRIu64 " row%s with a count that is negative or not a "
                 "number; what came below is not compared with it",
                 plan->tables[i].path, odd, odd == 1 ? "" : "s");
        warn(land, MSG_COUNT_UNREADABLE, text);
    }
}

/* ---- loading ----------------------------------------------------------- */

static void
add_count(int64_t *sum, uint64_t more)
{
    *sum = (*sum > 0 ? *sum : 0) + (int64_t)more;
}

/* What one operation brought, into the run's sums and its own row. */
static bool
keep_counts(struct attempt *attempt, int n, uint64_t bytes, struct err *err)
{
    struct land *land = attempt->land;
    const struct loader_counts *counts = loader_counts(attempt->loader);

    attempt->lines += (int64_t)counts->lines;
    attempt->roots += (int64_t)counts->roots;
    attempt->skipped += (int64_t)counts->skipped;
    add_count(&land->counts.lines, counts->lines);
    add_count(&land->counts.bytes, bytes);
    add_count(&land->counts.rejects, counts->rejects);
    add_count(&land->counts.sanitized, counts->sanitized);
    if (land->operations == NULL)
        return true;
    land->operations[n]->lines = (int64_t)counts->lines;
    land->operations[n]->bytes = (int64_t)bytes;
    return journal_operation_update(land->job->context->journal,
                                    land->operations[n], err);
}

static bool
stream_source(struct attempt *attempt, int n, struct err *err)
{
    struct land *land = attempt->land;
    struct source *source = land->sources[n];
    struct lines lines;
    bool streamed;

    land->source_at = n;
    land->job->log.operation_id = source->operation_id;
    loader_begin_operation(attempt->loader, n + 1, source->asked_at);
    lines_init(&lines, LOADER_LINE_BYTES_MAX, loader_line, attempt->loader);
    progress_source(&land->job->progress, &lines,
                    loader_counts(attempt->loader));
    streamed = source_open(source, err) && source_feed(source, &lines, err);
    progress_source_end(&land->job->progress);
    streamed = streamed && keep_counts(attempt, n, lines.offset, err) &&
               verify_result(&source->claims, loader_counts(attempt->loader),
                             lines.offset, err) &&
               source_keep(source, err);
    if (streamed)
        warn_of_odd_counts(land, source);
    source_close(source);
    lines_free(&lines);
    attempt->fed_ns += source->feed_ns;
    land->job->timings.ns[TIMING_DOWNLOAD] += source->read_ns;
    return streamed;
}

static bool
begin_loading(struct attempt *attempt, struct err *err)
{
    struct land *land = attempt->land;
    struct context *context = land->job->context;
    struct pg_conn *control;
    bool staged;

    land->counts = run_counts_unknown;
    land->rejects = 0;
    buf_clear(&land->warnings);
    buf_clear(&land->warning_codes);
    if (!journal_reject_clear(context->journal, &land->run, err) ||
        !journal_run_loading(context->journal, &land->run, attempt->loaded_at,
                             err) ||
        !journal_borrow(context->journal, &control, err))
        return false;
    staged =
        loader_stage(attempt->loader, control, attempt->becomes_table, err);
    journal_give_back(context->journal);
    return staged && loader_connect(attempt->loader, err);
}

static bool
stream_sources(struct attempt *attempt, struct err *err)
{
    for (int n = 0; n < attempt->land->source_count; n++)
        if (!stream_source(attempt, n, err))
            return false;
    return true;
}

/* What is sent at the end was not fed. */
static bool
stream_timed(struct attempt *attempt, struct err *err)
{
    struct timings *timings = &attempt->land->job->timings;
    bool streamed = stream_sources(attempt, err);
    struct loader_times times = loader_times(attempt->loader);

    timings_feed(timings, attempt->fed_ns, &times);
    if (!streamed ||
        !verify_roots(attempt->land->sources[0], attempt->land->job->plan,
                      loader_other_roots(attempt->loader), err) ||
        !loader_finish(attempt->loader, err))
        return false;
    timings->ns[TIMING_SEND] = loader_times(attempt->loader).send_ns;
    warn_of_odd_lines(attempt->land, attempt->loader);
    return true;
}

/* Of all sources; -1 where one is not known. */
static int64_t
count_bytes(const struct land *land)
{
    int64_t bytes = 0;

    for (int i = 0; i < land->source_count; i++) {
        int64_t more = source_size(land->sources[i]);

        if (more < 0)
            return -1;
        bytes += more;
    }
    return bytes;
}

static bool
load_sources(struct attempt *attempt, struct err *err)
{
    struct timings *timings = &attempt->land->job->timings;
    int64_t begun = clock_now_ns();
    bool loaded;

    timings_clear_load(timings);
    progress_load(&attempt->land->job->progress, count_bytes(attempt->land));
    loaded = begin_loading(attempt, err) && stream_timed(attempt, err);
    timings_since(timings, TIMING_LOAD, begun);
    return loaded;
}

/* ---- merging ----------------------------------------------------------- */

static bool
is_below_orders(const struct plan_table *table)
{
    while (table != NULL && strcmp(table->node_type, "Order") != 0)
        table = table->parent;
    return table != NULL;
}

/* Why orders that did not come may be there still; NULL: they are gone. A file
 * that was saved is taken at its word where the store never said anything. */
static const char *
why_orders_stay(const struct land *land, const struct journal_store *store,
                bool has_orders)
{
    if (store == NULL || store->scopes == NULL || store->scopes[0] == '\0')
        return has_orders && land->mode != RUN_REPLAY
                   ? "no order is removed: the store has not said whether it "
                     "shows those of more than 60 days"
                   : NULL;
    return strstr(store->scopes, "read_all_orders") == NULL
               ? "no order is removed: without read_all_orders the store "
                 "shows those of 60 days only"
               : NULL;
}

/* Of the query: they change which rows come. */
static void
warn_of_offsets(struct land *land)
{
    for (const struct gql_note *n = land->job->notes; n != NULL; n = n->next)
        if (n->msg == MSG_FILTER_OFFSET)
            warn(land, n->msg, n->message);
}

/* Without read_all_orders a store shows the orders of 60 days only: those it
 * does not show are not gone. Said once per run. */
static bool
find_hidden_orders(struct land *land, struct err *err)
{
    struct job *job = land->job;
    struct journal_store *store;
    bool any = false, has_any = false;
    const char *why;

    for (int i = 0; i < job->plan->table_count; i++)
        if (is_below_orders(&job->plan->tables[i])) {
            any = true;
            has_any = has_any || land->tables.targets[i].exists;
        }
    land->hides_orders = false;
    if (!any)
        return true;
    if (!journal_store(job->context->journal, job->store->config->name,
                       &job->arena, &store, err))
        return false;
    why = why_orders_stay(land, store, has_any);
    land->hides_orders = why != NULL;
    if (land->hides_orders)
        warn(land, MSG_ORDERS_HIDDEN, why);
    return true;
}

/* Windows whose roots nobody counted may have lost some. */
static bool
is_uncounted(const struct land *land)
{
    return land->is_cut && land->least_roots < 0 &&
           !land->job->context->options->force_deletes;
}

static void
describe_tables(struct attempt *attempt, struct merge *merge)
{
    struct land *land = attempt->land;
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++) {
        bool is_whole =
            land->rejects == 0 &&
            !(land->hides_orders && is_below_orders(&plan->tables[i]));

        merge->tables[i] = (struct merge_table){
            .table = &plan->tables[i],
            .stage = loader_stage_name(attempt->loader, i),
            .exists = land->tables.targets[i].exists,
            .has_mark = land->tables.targets[i].has_mark ||
                        plan->tables[i].marks_deleted,
            .is_partitioned = land->tables.targets[i].is_partitioned,
            .becomes_table = attempt->becomes_table[i],
            .removes = is_whole && !is_uncounted(land),
            .is_whole = is_whole,
            .is_even = loader_has_all_rows(attempt->loader, i),
            .has_column = land->tables.targets[i].has_column};
    }
}

/* What the merge did, into the run's counts and its tables' rows. */
static void
collect_counts(struct land *land, const struct merge *merge)
{
    size_t count = 0;

    land->counts.rows_inserted = land->counts.rows_updated = 0;
    land->counts.rows_deleted = land->counts.rows_unchanged = 0;
    land->counts.duplicates = 0;
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *t = &merge->tables[i];

        if (t->stage == NULL || t->table->skip)
            continue;
        land->counts.rows_inserted += t->inserted;
        land->counts.rows_updated += t->updated;
        land->counts.rows_deleted += t->deleted;
        land->counts.rows_unchanged += t->unchanged;
        land->counts.duplicates += t->duplicates;
        land->written[count++] =
            (struct journal_run_table){.table_schema = merge->schema,
                                       .table_name = t->table->name,
                                       .staged = t->staged,
                                       .inserted = t->inserted,
                                       .updated = t->updated,
                                       .deleted = t->deleted,
                                       .unchanged = t->unchanged};
    }
    land->written_count = count;
}

/* Whole, since whoever asks later whether the file still stands may be
 * somewhere else. */
static const char *
whole_path(struct job *job)
{
    char *whole = realpath(job->file->path, NULL);
    const char *kept =
        arena_strdup(&job->arena, whole != NULL ? whole : job->file->path);

    free(whole);
    return kept;
}

static bool
save_relation(struct land *land, const struct plan_table *table,
              struct pg_conn *conn, struct err *err)
{
    struct job *job = land->job;
    struct journal_relation relation = {
        .table_schema = job->store->config->schema,
        .table_name = table->name,
        .store = job->store->config->name,
        .job = job->file->job,
        .file = whole_path(job),
        .path = table->path,
        .columns = tables_relation_columns(&land->tables, job, table)};

    return journal_relation_save_in(conn, &relation, err);
}

static bool
save_relations(struct land *land, struct pg_conn *conn, struct err *err)
{
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip &&
            !save_relation(land, &plan->tables[i], conn, err))
            return false;
    return true;
}

/* With the columns that are about to be added. */
static bool
save_changed_relations(void *ctx, struct pg_conn *conn, struct err *err)
{
    struct land *land = ctx;
    const struct plan *plan = land->job->plan;

    for (int i = 0; i < plan->table_count; i++)
        if (land->tables.targets[i].exists &&
            !save_relation(land, &plan->tables[i], conn, err))
            return false;
    return true;
}

/* A run with rejects leaves the watermark, unless told otherwise. */
static bool
may_advance(const struct land *land)
{
    return land->rejects == 0 || land->job->context->options->accept_rejects;
}

/* {"widened":"…","columns_added":[…]}; NULL when there is nothing to say. */
static const char *
write_notes(struct land *land)
{
    struct buf notes = buf_with_ceiling(NOTES_BYTES_MAX);
    const char *kept = NULL;

    buf_append_char(&notes, '{');
    buf_append_str(&notes, land->column_notes);
    if (land->warnings.length > 0)
        buf_printf(&notes, "\"warnings\":[%s],\"warning_codes\":[%s],",
                   buf_str(&land->warnings), buf_str(&land->warning_codes));
    if (land->rejects > 0 && may_advance(land))
        buf_append_str(&notes, "\"accepted_rejects\":true,");
    if (land->widened.length > 0) {
        buf_append_str(&notes, "\"widened\":");
        buf_append_json(&notes, buf_span(&land->widened));
        buf_append_char(&notes, ',');
    }
    if (notes.length > 1 && !notes.overflowed) {
        notes.bytes[notes.length - 1] = '}';
        kept = arena_strdup(&land->job->arena, buf_str(&notes));
    }
    buf_free(&notes);
    return kept;
}

static bool
finish_run(struct attempt *attempt, struct merge *merge, int64_t begun_ns,
           struct err *err)
{
    struct land *land = attempt->land;
    struct pg_conn *conn = merge->conn;
    struct timings *timings = &land->job->timings;
    struct run_end end = {.status = land->rejects > 0 ? RUN_LOADED_WITH_REJECTS
                                                      : RUN_LOADED,
                          .notes = write_notes(land)};

    collect_counts(land, merge);
    end.counts = land->counts;
    timings->ns[TIMING_INDEX] = merge->index_ns;
    timings->ns[TIMING_MERGE] = clock_now_ns() - begun_ns;
    end.timings = timings_json(timings, &land->job->arena);
    return journal_merge_tables(conn, land->run.run_id, land->written,
                                land->written_count, err) &&
           save_relations(land, conn, err) &&
           (land->mode == RUN_REPLAY || !may_advance(land) ||
            journal_advance_watermark_in(conn, land->run.run_id, err)) &&
           journal_finish_in(conn, &land->run, &end, err);
}

/* Windows that together hold fewer roots than the store counted are not all
 * there is. */
static bool
check_least_roots(const struct attempt *attempt, const struct merge *merge,
                  struct err *err)
{
    const struct land *land = attempt->land;
    const struct merge_table *root = &merge->tables[0];
    int64_t came = root->stage != NULL && !root->table->skip
                       ? root->staged - root->duplicates
                       : attempt->roots;

    if (came + land->rejects >= land->least_roots)
        return true;
    err_set(err, MSG_ROOTS_MISSING,
            "%" PRId64
            " roots came in %d windows, but the store counts %" PRId64
            " at least",
            came, land->source_count, land->least_roots);
    return false;
}

/* A failure here rolls all of it back. */
static bool
apply_guarded(const struct attempt *attempt, struct merge *merge,
              struct err *err)
{
    struct land *land = attempt->land;
    const struct context *context = land->job->context;
    double fraction = context->config.tuning.max_delete_fraction;

    if (!merge_settle(merge, err))
        return false;
    if (!context->options->force_nulls && !guard_nulls(merge, err))
        return false;
    if (!truncated_check(merge, err) || !merge_apply(merge, err) ||
        !check_least_roots(attempt, merge, err))
        return false;
    return context->options->force_deletes || land->job->plan->may_shrink ||
           guard_deletes(merge, fraction, err);
}

static bool
merge_in_transaction(struct attempt *attempt, struct pg_conn *conn,
                     struct err *err)
{
    struct land *land = attempt->land;
    struct job *job = land->job;
    int64_t begun = clock_now_ns();
    struct merge merge = {.conn = conn,
                          .schema = schema_of(land),
                          .loaded_at = attempt->loaded_at,
                          .readers = job->context->config.readers,
                          .incremental = land->incremental,
                          .deletes = job->plan->deletes,
                          .warn = warn,
                          .warn_ctx = land,
                          .arena = &job->arena,
                          .tables = arena_array(&job->arena,
                                                (size_t)job->plan->table_count,
                                                sizeof(*merge.tables)),
                          .table_count = job->plan->table_count};

    describe_tables(attempt, &merge);
    return pg_exec(conn, sql_merge_begin, 0, NULL, NULL, err) &&
           journal_fence(conn, &land->run, err) &&
           merge_count(&merge, loader_void_lines(attempt->loader), err) &&
           verify_staged(merge_lines_staged(&merge), attempt->skipped,
                         land->rejects, attempt->lines, err) &&
           apply_guarded(attempt, &merge, err) &&
           finish_run(attempt, &merge, begun, err);
}

/* A column that was dropped by hand comes back empty, also in rows that no
 * later window would bring. */
static bool
forget_lost_columns(struct land *land, struct err *err)
{
    const struct job *job = land->job;

    for (int i = 0; i < job->plan->table_count; i++)
        if (land->tables.targets[i].lost_column)
            return journal_forget_full(job->context->journal, job->log.store,
                                       job->log.job, err);
    return true;
}

/* DDL on tables that are there waits for nobody long (lock_timeout), but asks
 * again while the budget lasts; on a connection of the load's own, so that no
 * other job waits with it. */
static bool
adapt_tables(struct land *land, struct pg_conn *conn, struct err *err)
{
    struct backoff backoff = context_backoff(land->job->context);

    if (!forget_lost_columns(land, err))
        return false;
    while (!adapt_to_plan(conn, land->job->plan, schema_of(land),
                          land->tables.targets, save_changed_relations, land,
                          err))
        if (!may_retry(land, &backoff, conn, "a table cannot be changed yet",
                       err))
            return false;
    return true;
}

/* Class 08 in an answer: a Citus worker is lost, and staging with it, since an
 * unlogged table is empty after a crash. */
static bool
has_lost_worker(const struct err *err)
{
    return strncmp(err->code, "08", 2) == 0;
}

/* Did COMMIT fail in a way that says nothing about its outcome? The connection
 * was lost, or the one between Citus and a worker. */
static bool
is_commit_unknown(const struct err *err)
{
    return err_is(err, MSG_COMMIT_UNKNOWN) || has_lost_worker(err) ||
           refused_is_internal(err);
}

/* The connection was lost between COMMIT and its answer. The run's row tells:
 * setting it back waits for a commit that is still under way, and is refused
 * once that has come through. */
static bool
settle_commit(struct land *land, struct err *err)
{
    struct journal *journal = land->job->context->journal;
    struct run_query query = {.run_id = land->run.run_id};
    struct journal_runs runs;
    struct err other;

    if (!is_commit_unknown(err) ||
        !context_reopen_database(land->job->context, &other) ||
        journal_run_status(journal, &land->run, RUN_LOADING, &other) ||
        !journal_list_runs(journal, &query, &land->job->arena, &runs, &other))
        return false;
    if (runs.count != 1 || runs.runs[0].ref.resumed != land->run.resumed ||
        (runs.runs[0].status != RUN_LOADED &&
         runs.runs[0].status != RUN_LOADED_WITH_REJECTS))
        return false;
    log_warn(&land->job->log, MSG_COMMITTED,
             "the commit came through, its answer did not", LOG_END);
    return true;
}

static bool
merge_once(struct attempt *attempt, struct pg_conn *conn, struct err *err)
{
    struct land *land = attempt->land;
    struct journal *journal = land->job->context->journal;

    if (!journal_check_claim(journal, land->job->log.store, land->job->log.job,
                             err) ||
        !journal_run_status(journal, &land->run, RUN_MERGING, err) ||
        !pg_begin(conn, err))
        return false;
    if (!merge_in_transaction(attempt, conn, err)) {
        pg_rollback(conn);
        return false;
    }
    return pg_commit(conn, err) || settle_commit(land, err);
}

/* Another folder's job may have created the same table since it was looked for:
 * who owns it now says more than the name that is taken. */
static void
explain_failure(struct land *land, struct pg_conn *conn, struct err *err)
{
    static const char *const taken[] = {"42P07", "42710", "42701", "23505"};
    struct err found;

    obstacle_explain(conn, land->job->plan, schema_of(land), err);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(err->code, taken[i]) == 0 &&
            !tables_inspect(&land->tables, land->job, &found)) {
            *err = found;
            return;
        }
}

/* What was rolled back left staging as it was, so a deadlock costs no second
 * download. */
static bool
merge_staged(struct attempt *attempt, struct err *err)
{
    struct land *land = attempt->land;
    struct backoff backoff = context_backoff(land->job->context);
    struct pg_conn *conn = loader_release(attempt->loader);
    size_t warned, codes;

    progress_phase(&land->job->progress, PROGRESS_MERGING);
    warn_of_offsets(land);
    if (is_uncounted(land))
        warn(land, MSG_REMOVES_NOTHING,
             "nothing is removed: the store cannot count the rows of a "
             "query that is cut; --force-deletes removes");
    if (!find_hidden_orders(land, err))
        return false;
    if (!adapt_tables(land, conn, err)) {
        explain_failure(land, conn, err);
        return false;
    }
    warned = land->warnings.length;
    codes = land->warning_codes.length;
    while (!merge_once(attempt, conn, err)) {
        if (has_lost_worker(err) ||
            !may_retry(land, &backoff, conn, "the merge is tried again", err)) {
            explain_failure(land, conn, err);
            return false;
        }
        land->warnings.length = warned;
        land->warning_codes.length = codes;
    }
    return true;
}

/* ---- attempts ---------------------------------------------------------- */

static bool
has_table(const struct land *land)
{
    for (int i = 0; i < land->job->plan->table_count; i++)
        if (land->tables.targets[i].exists)
            return true;
    return false;
}

/* A table that is not there yet and whose rows have keys is filled by
 * renaming its staging, unless SQL has to number its rows. In an incremental run the tables below may ask for
 * it. */
static bool *
choose_tables(const struct land *land)
{
    const struct plan *plan = land->job->plan;
    bool *becomes = arena_array(&land->job->arena, (size_t)plan->table_count,
                                sizeof(*becomes));
    bool keeps_staging = land->incremental && has_table(land);

    for (int i = 0; i < plan->table_count; i++)
        becomes[i] = !keeps_staging && !land->tables.targets[i].exists &&
                     !plan->tables[i].has_ordinal &&
                     !plan->tables[i].has_position && !plan->tables[i].skip;
    return becomes;
}

/* Find the refused lines, then restart the load without them. Each line found
 * is a restart. An internal error that no line repeats may be a lost worker. */
static void
find_refused(struct land *land, struct loader *loader, struct err *err)
{
    size_t known = refused_evidence(&land->refused);
    struct err other;

    if (!loader_isolate(loader, &land->refused, &other))
        *err = other;
    else if (refused_evidence(&land->refused) > known)
        err_code(err, MSG_REFUSED_LINES);
    else if (refused_is_internal(err))
        err_as(err, ERR_TRANSIENT);
}

static bool
try_to_land(struct land *land, struct err *err)
{
    struct context *context = land->job->context;
    char name[64];
    struct loader_config config = {
        .dsn = context_dsn(context),
        .application_name = name,
        .connections = context->config.connections,
        .answer_timeout_ms = context->config.tuning.stall_timeout_ms,
        .shares_transactions = journal_has_citus(context->journal),
        .schema = schema_of(land),
        .run_id = land->run.run_id,
        .refused = &land->refused,
        .on_reject = on_reject,
        .on_gid_type = on_gid_type,
        .ctx = land};
    struct attempt attempt = {.land = land,
                              .becomes_table = choose_tables(land)};
    bool landed;

    /* PostgreSQL keeps the first 63 bytes of it. */
    snprintf(name, sizeof(name), "bulkpg run %" PRId64 " %s/%s",
             land->run.run_id, land->job->store->config->name,
             land->job->file->job);
    attempt.loader = loader_new(land->job->plan, &config);
    landed = load_sources(&attempt, err) && merge_staged(&attempt, err);
    if (!landed && err_is(err, MSG_WIDEN))
        loader_widen(attempt.loader, &land->widened);
    if (!landed && refused_is_row(err))
        find_refused(land, attempt.loader, err);
    loader_free(attempt.loader);
    if (!landed)
        land_drop_staging(context, land->run.run_id);
    return landed;
}

/* The file changed under the download: from its first byte, a few times. What
 * the server refused were lines of the other file. */
static bool
may_begin_again(struct land *land, const struct err *why, int *restarts)
{
    if (!err_is(why, MSG_RESTART) || ++*restarts > RESTARTS_MAX)
        return false;
    refused_free(&land->refused);
    log_failure(LOG_WARN, &land->job->log, "the load begins again", why);
    return true;
}

/* The database may take it later: while the budget lasts, and the connection
 * that holds the job's lock. An internal error may pass a few times only. */
static bool
may_try_later(struct land *land, struct backoff *backoff, int *restarts,
              struct err *err)
{
    struct job *job = land->job;

    if (refused_is_internal(err) && ++*restarts > RESTARTS_MAX)
        err_as(err, ERR_FAILED);
    return !err_is(err, MSG_URL_LAPSED) && !err_is(err, MSG_RESTART) &&
           may_retry(land, backoff, job->context->control,
                     "the load is tried again", err) &&
           tables_inspect(&land->tables, job, err);
}

/* Each line can be refused once; too many are found out as rejects. */
static bool
has_refused(const struct land *land, const struct err *why)
{
    if (!err_is(why, MSG_REFUSED_LINES))
        return false;
    log_failure(LOG_WARN, &land->job->log,
                "the server refuses rows, the load begins again without them",
                why);
    return true;
}

/* Each column can do so once. What then is in the way is found before all is
 * loaded again. */
static bool
has_widened(struct land *land, struct err *why)
{
    if (!err_is(why, MSG_WIDEN))
        return false;
    log_info(&land->job->log, "a column widens, the load begins again",
             LOG_STR("columns", buf_str(&land->widened)),
             LOG_STR("reason", why->message), LOG_END);
    return tables_inspect(&land->tables, land->job, why);
}

static bool
begin_load(struct job *job, struct err *err)
{
    int64_t begun = clock_now_ns();
    bool may_load;

    progress_phase(&job->progress, PROGRESS_HELD);
    may_load = context_begin_load(job->context, err);

    timings_since(&job->timings, TIMING_WAIT, begun);
    return may_load;
}

bool
land_results(struct land *land, struct err *err)
{
    struct context *context = land->job->context;
    struct backoff backoff = context_backoff(context);
    int restarts = 0;
    bool landed;

    if (land->written == NULL) {
        land->widened = buf_with_ceiling(SQL_BYTES_MAX);
        land->warnings = buf_with_ceiling(SQL_BYTES_MAX);
        land->warning_codes = buf_with_ceiling(SQL_BYTES_MAX);
    }
    refused_free(&land->refused);
    land->written =
        arena_array(&land->job->arena, (size_t)land->job->plan->table_count,
                    sizeof(*land->written));
    if (!begin_load(land->job, err))
        return false;
    /* A merge of an earlier process may have come through since they were
     * looked at; whoever holds the run's row now knows that it has ended. */
    if (!tables_inspect(&land->tables, land->job, err)) {
        context_end_load(context);
        return false;
    }
    do {
        landed = try_to_land(land, err);
    } while (!landed && (has_widened(land, err) || has_refused(land, err) ||
                         may_begin_again(land, err, &restarts) ||
                         may_try_later(land, &backoff, &restarts, err)));
    context_end_load(context);
    return landed;
}

void
land_free(struct land *land)
{
    buf_free(&land->widened);
    buf_free(&land->warnings);
    buf_free(&land->warning_codes);
    refused_free(&land->refused);
}
