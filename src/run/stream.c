/*
 * The sources are read one after the other. Their bytes are cut into lines, and
 * the loader takes each line. The loop waits only for bytes and for PostgreSQL.
 *
 * Each attempt resets the counts and warnings, and deletes the rejects that an
 * earlier attempt wrote to the journal. An attempt of a paged run continues
 * after the last committed page, and so do its counts.
 */
#include "run/stream.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "journal/reject.h"
#include "json/lines.h"
#include "run/head_start.h"
#include "run/known_rows.h"
#include "run/page.h"
#include "run/verify.h"

/* ---- rejects ----------------------------------------------------------- */

bool
stream_too_many_rejects(const struct run *run, struct err *err)
{
    err_set(err, MSG_TOO_MANY_REJECTS,
            "more than max_rejects (%" PRId64 ") lines were rejected",
            run->tuning->max_rejects);
    return err_hint(err, "see bulkpg.reject where run_id = %" PRId64,
                    run->ref.run_id);
}

/* The rejects of a page are written in its transaction. It will not be
 * committed if there are too many. */
static bool
save_reject(struct run *run, const struct journal_reject *row, struct err *err)
{
    bool is_too_many = ++run->rejects > run->tuning->max_rejects;

    if (run->origin->is_paged) {
        page_keep_reject(run, row);
        if (is_too_many && !page_save_rejects(run, err))
            return false;
    } else if (!journal_reject_add(run->journal, &run->ref, row, 1, err)) {
        return false;
    }
    return !is_too_many || stream_too_many_rejects(run, err);
}

bool
stream_on_reject(void *ctx, const struct reject *reject, struct err *err)
{
    struct run *run = ctx;
    const struct source *source = run->origin->sources[reject->operation - 1];
    struct journal_reject row = {
        .operation_id = source->operation_id,
        .line_number = (int64_t)reject->line_number,
        .byte_offset = (int64_t)reject->byte_offset,
        .table_name = reject->table_name[0] != '\0' ? reject->table_name : NULL,
        .object_id = reject->object_id[0] != '\0' ? reject->object_id : NULL,
        .reason = reject->reason,
        .raw = reject->raw};

    LOG_AT(LOG_WARN, run->log, "line rejected",
           LOG_NUM("line", reject->line_number),
           LOG_NUM("byte_offset", reject->byte_offset),
           LOG_STR("reason", reject->reason), LOG_STR("code", reject->code),
           LOG_STR("hint", reject->remedy), LOG_END);
    return save_reject(run, &row, err);
}

/* ---- warnings ---------------------------------------------------------- */

/* If the store sent a count that cannot be read, the result is loaded without
 * comparing that count. */
static void
warn_of_odd_counts(struct run *run, const struct source *source)
{
    char text[256];

    if (source->odd_count[0] == '\0')
        return;
    snprintf(text, sizeof(text),
             "the result was not compared with all counts of the store: %s",
             source->odd_count);
    notes_warn(&run->notes, MSG_COUNT_UNREADABLE, text);
}

/* The same for counts of children in the lines. */
static void
warn_of_odd_lines(struct run *run, const struct loader *loader)
{
    const struct plan *plan = run->plan;

    for (int i = 0; i < plan->table_count; i++) {
        uint64_t odd = loader_odd_counts(loader, i);
        char text[256];

        if (odd == 0)
            continue;
        snprintf(text, sizeof(text),
                 "%s: %" PRIu64 " row%s a count that is negative or not a "
                 "number; the rows below were not compared with it",
                 plan->tables[i].path, odd, odd == 1 ? " has" : "s have");
        notes_warn(&run->notes, MSG_COUNT_UNREADABLE, text);
    }
}

/* ---- loading ----------------------------------------------------------- */

static void
add_count(int64_t *sum, uint64_t more)
{
    *sum = (*sum > 0 ? *sum : 0) + (int64_t)more;
}

/* Add the counts of source `n` to the run's sums, and pass them to the
 * origin. */
static bool
keep_counts(struct attempt *attempt, int n, uint64_t bytes, struct err *err)
{
    struct run *run = attempt->run;
    const struct loader_counts *counts = loader_counts(attempt->loader);

    attempt->lines += (int64_t)counts->lines;
    attempt->roots += (int64_t)counts->roots;
    attempt->skipped += (int64_t)counts->skipped;
    add_count(&run->counts.lines, counts->lines);
    add_count(&run->counts.bytes, bytes);
    add_count(&run->counts.rejects, counts->rejects);
    add_count(&run->counts.sanitized, counts->sanitized);
    return origin_took(run->origin, n, (int64_t)counts->lines, (int64_t)bytes,
                       err);
}

/* Continue after the pages that are committed. */
static void
continue_pages(struct attempt *attempt, struct lines *lines)
{
    struct run *run = attempt->run;
    const struct frontier_head *head = &run->head;
    struct loader_counts counts = {.lines = (uint64_t)head->lines,
                                   .roots = (uint64_t)head->roots,
                                   .skipped = (uint64_t)head->skipped,
                                   .rejects = (uint64_t)head->rejects,
                                   .sanitized = (uint64_t)head->sanitized};

    loader_continue(attempt->loader, &counts);
    if (head->page > 0)
        lines_continue(lines, (uint64_t)head->next_line,
                       (uint64_t)head->copy_bytes);
    progress_phase(run->progress, PROGRESS_PAGING);
    progress_show(run->progress, run->origin->ops->look, run->origin);
}

static bool
feed_source(struct attempt *attempt, struct source *source, struct lines *lines,
            struct err *err)
{
    struct run *run = attempt->run;
    bool fed;

    if (source_has_pages(source))
        continue_pages(attempt, lines);
    progress_source(run->progress, lines, loader_counts(attempt->loader));
    fed = source_open(source, err) &&
          (source_has_pages(source) ? page_feed_all(attempt, source, lines, err)
                                    : source_feed(source, lines, err));
    progress_source_end(run->progress);
    return fed;
}

static bool
stream_source(struct attempt *attempt, int n, struct err *err)
{
    struct run *run = attempt->run;
    struct source *source = run->origin->sources[n];
    struct lines lines;
    bool streamed;

    run->source_at = n;
    run->log->operation_id = source->operation_id;
    loader_begin_operation(attempt->loader, n + 1, source->asked_at);
    lines_init(&lines, LOADER_LINE_BYTES_MAX, loader_line, attempt->loader);
    streamed = feed_source(attempt, source, &lines, err) &&
               loader_end_operation(attempt->loader, err);
    streamed = streamed && keep_counts(attempt, n, lines.offset, err) &&
               verify_result(&source->claims, loader_counts(attempt->loader),
                             lines.offset, err) &&
               source_keep(source, err);
    if (streamed)
        warn_of_odd_counts(run, source);
    source_close(source);
    lines_free(&lines);
    attempt->fed_ns += source->feed_ns;
    run->timings->ns[TIMING_DOWNLOAD] += source->read_ns;
    return streamed;
}

static bool
stage_first(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;
    struct pg_conn *control;
    bool staged;

    if (!journal_borrow(run->journal, &control, err))
        return false;
    staged = head_start_stage(attempt, control, err);
    journal_give_back(run->journal);
    if (!staged || !loader_connect(attempt->loader, err))
        return false;
    return run->origin->is_paged || (known_rows_read(attempt, err) &&
                                     loader_start(attempt->loader, err));
}

static bool
stage_later(struct attempt *attempt, struct err *err)
{
    known_rows_use(attempt);
    return loader_stage_later(attempt->loader, head_start_stage_late, attempt,
                              err);
}

static bool
begin_loading(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;

    run->counts = run_counts_unknown;
    run->rejects = run->origin->is_paged ? run->head.rejects : 0;
    notes_back_to(&run->notes, (struct notes_mark){0});
    if (attempt->loaded_at[0] == '\0' &&
        !journal_run_loading(run->journal, &run->ref, attempt->continues,
                             attempt->loaded_at, err))
        return false;
    return attempt->known != NULL ? stage_later(attempt, err)
                                  : stage_first(attempt, err);
}

static bool
stream_sources(struct attempt *attempt, struct err *err)
{
    const struct origin *origin = attempt->run->origin;

    for (int n = 0; n < origin->source_count; n++)
        if (!stream_source(attempt, n, err))
            return false;
    return true;
}

/* Measures the time to feed lines before loader_finish() sends the last
 * batches, and the time to send after it. */
static bool
stream_timed(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;
    struct timings *timings = run->timings;
    bool streamed = stream_sources(attempt, err);
    struct loader_times times = loader_times(attempt->loader);
    const struct plan_table *root;
    const char *other = loader_other_roots(attempt->loader, &root);

    timings_feed(timings, attempt->fed_ns, &times);
    if (!streamed || !verify_roots(run->origin->sources[0], root, other, err) ||
        !loader_finish(attempt->loader, err))
        return false;
    timings->ns[TIMING_SEND] = loader_times(attempt->loader).send_ns;
    warn_of_odd_lines(run, attempt->loader);
    return true;
}

/* The size of all sources; -1: not known for at least one. */
static int64_t
count_bytes(const struct origin *origin)
{
    int64_t bytes = 0;

    for (int i = 0; i < origin->source_count; i++) {
        int64_t more = source_size(origin->sources[i]);

        if (more < 0)
            return -1;
        bytes += more;
    }
    return bytes;
}

bool
stream_into_staging(struct attempt *attempt, struct err *err)
{
    struct run *run = attempt->run;
    struct timings *timings = run->timings;
    int64_t begun = clock_now_ns();
    bool loaded;

    timings_clear_load(timings);
    progress_load(run->progress, count_bytes(run->origin));
    loaded = begin_loading(attempt, err) && stream_timed(attempt, err);
    timings_since(timings, TIMING_LOAD, begun);
    return loaded;
}
