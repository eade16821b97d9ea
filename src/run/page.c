/*
 * Loads one page of a walk, and commits it.
 *
 *     source_read ─► lines ─► loader ─┐ batches, in one open transaction
 *     source_page ─► removed rows ────┤
 *                    rejects ─────────┤
 *                    frontier, head ──┴► COMMIT ─► source_committed
 *
 * Everything of a page commits together, or nothing does. The statement that
 * sets the head row fails if another process has taken over the run, or if the
 * head is not that of the page before.
 *
 * After a failure the attempt ends. The next one, here or in another process,
 * continues with the same page, and its lines get the same numbers.
 *
 * Hazard. The answer to COMMIT may be lost. Then the head row says whether the
 * page was committed. If it was, the attempt ends nevertheless, because its
 * connection is lost.
 */
#include "run/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "job/control.h"
#include "load/gids.h"
#include "plan/pages.h"
#include "run/stream.h"

enum { GIDS_BYTES_MAX = 1024 * 1024 };

/* ---- rejects ------------------------------------------------------------- */

static const char *
copy_text(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strdup(arena, text) : NULL;
}

void
page_keep_reject(struct run *run, const struct journal_reject *reject)
{
    struct page_rejects *rejects = &run->page_rejects;
    struct journal_reject *kept;

    rejects->list = mem_resize(rejects->list,
                               (rejects->count + 1) * sizeof(*rejects->list));
    kept = &rejects->list[rejects->count++];
    *kept = *reject;
    kept->operation_id = copy_text(&rejects->arena, reject->operation_id);
    kept->table_name = copy_text(&rejects->arena, reject->table_name);
    kept->object_id = copy_text(&rejects->arena, reject->object_id);
    kept->reason = copy_text(&rejects->arena, reject->reason);
    kept->raw =
        span_of(arena_dup(&rejects->arena, reject->raw), reject->raw.length);
}

bool
page_save_rejects(struct run *run, struct err *err)
{
    return journal_reject_add(run->journal, &run->ref, run->page_rejects.list,
                              run->page_rejects.count, err);
}

static void
forget_rejects(struct page_rejects *rejects)
{
    arena_clear(&rejects->arena);
    rejects->count = 0;
}

void
page_rejects_free(struct page_rejects *rejects)
{
    arena_free(&rejects->arena);
    free(rejects->list);
    *rejects = (struct page_rejects){0};
}

/* Rows that the API cannot give count as lines that are rejected. */
static bool
count_missing(struct attempt *attempt, const struct source_page *page,
              struct err *err)
{
    struct run *run = attempt->run;

    loader_count_missing(attempt->loader, page->reject_count);
    for (size_t i = 0; i < page->reject_count; i++)
        LOG_AT(LOG_WARN, run->log, "row rejected",
               LOG_STR("object_id", page->rejects[i].object_id),
               LOG_STR("reason", page->rejects[i].reason), LOG_END);
    run->rejects += (int64_t)page->reject_count;
    if (run->rejects <= run->tuning->max_rejects)
        return true;
    for (size_t i = 0; i < page->reject_count; i++)
        page_keep_reject(run, &page->rejects[i]);
    return page_save_rejects(run, err) && stream_too_many_rejects(run, err);
}

/* ---- the transaction of a page ------------------------------------------- */

static bool
remove_rows(struct attempt *attempt, const struct frontier_page *page,
            struct err *err)
{
    const struct pages *pages = attempt->run->plan->pages;
    struct loader_removal *removals;
    bool removed;

    if (page->removal_count == 0)
        return true;
    removals = mem_array(page->removal_count, sizeof(*removals));
    for (size_t i = 0; i < page->removal_count; i++) {
        const struct frontier_removal *removal = &page->removals[i];

        removals[i] = (struct loader_removal){
            .table = pages->connections[removal->connection].table,
            .parent_id = removal->parent_id,
            .id = removal->id};
    }
    removed =
        loader_remove(attempt->loader, removals, page->removal_count, err);
    free(removals);
    return removed;
}

/* The head row with this page. */
static struct frontier_head
head_after(const struct attempt *attempt, const struct frontier_page *page,
           const struct lines *lines, const struct buf *gids)
{
    const struct loader_counts *counts = loader_counts(attempt->loader);
    struct frontier_head head = attempt->run->head;

    head.page++;
    head.next_line = (int64_t)lines->number;
    head.lines = (int64_t)counts->lines;
    head.roots = (int64_t)counts->roots;
    head.skipped = (int64_t)counts->skipped;
    head.rejects = (int64_t)counts->rejects;
    head.sanitized = (int64_t)counts->sanitized;
    head.copy_bytes = (int64_t)lines->offset;
    head.gids = buf_str(gids);
    head.walked = page->walked;
    return head;
}

static bool
queue_record(struct run *run, struct pg_conn *conn,
             const struct source_page *page, const struct frontier_head *head,
             struct err *err)
{
    const struct page_rejects *rejects = &run->page_rejects;

    return journal_queue_rejects(conn, &run->ref, rejects->list, rejects->count,
                                 err) &&
           journal_queue_rejects(conn, &run->ref, page->rejects,
                                 page->reject_count, err) &&
           journal_frontier_queue(conn, &run->ref, head, page->frontier, err);
}

/* ---- after a failure ----------------------------------------------------- */

/* Why the head row could not be set. */
static bool
explain_head(struct run *run, struct err *err)
{
    if (!journal_run_is_ours(run->journal, &run->ref, err))
        return false;
    err_set(err, MSG_STAGING_GONE,
            "the record of the pages read so far disappeared during the run");
    return err_as(err, ERR_LATER);
}

/* After the answer to COMMIT was lost: setting the run's status waits for a
 * commit that is still in progress. */
static bool
was_committed(struct run *run, const struct frontier_head *head,
              const struct err *why)
{
    struct frontier_head last;
    struct arena arena = {0};
    struct err err;
    bool found = false;
    bool asked =
        err_is(why, MSG_COMMIT_UNKNOWN) && control_reopen(run->context, &err) &&
        journal_run_status(run->journal, &run->ref, RUN_LOADING, &err) &&
        journal_frontier_head(run->journal, run->ref.run_id, &arena, &last,
                              &found, &err);
    bool committed = asked && found && last.page == head->page;

    arena_free(&arena);
    return committed;
}

/* `head` without the texts of the page. */
static void
note_committed(struct run *run, struct source *source,
               const struct frontier_head *head, bool is_last)
{
    struct frontier_head *last = &run->head;
    const char *gids = last->gids, *walked = last->walked;

    *last = *head;
    last->gids = gids;
    last->walked = walked;
    run->has_all_pages = is_last;
    forget_rejects(&run->page_rejects);
    source_committed(source);
}

/* ---- one page ------------------------------------------------------------ */

static bool
commit_page(struct attempt *attempt, struct source *source,
            const struct source_page *page, const struct lines *lines,
            struct err *err)
{
    struct run *run = attempt->run;
    struct buf gids = buf_with_ceiling(GIDS_BYTES_MAX);
    struct frontier_head head;
    struct pg_conn *conn;
    bool committed;

    if (!loader_end_page(attempt->loader, &conn, err) ||
        !remove_rows(attempt, page->frontier, err))
        return false;
    gids_write(run->plan, &gids);
    head = head_after(attempt, page->frontier, lines, &gids);
    committed =
        queue_record(run, conn, page, &head, err) && pg_commit(conn, err);
    if (committed || was_committed(run, &head, err))
        note_committed(run, source, &head, page->is_last);
    else if (journal_frontier_failed(err))
        committed = explain_head(run, err);
    buf_free(&gids);
    return committed;
}

static bool
check_whole_lines(const struct lines *lines, struct err *err)
{
    return lines->offset == lines->start ||
           err_set(err, MSG_BUG, "a page ends within a line");
}

static bool
load_page(struct attempt *attempt, struct source *source, struct lines *lines,
          struct err *err)
{
    struct run *run = attempt->run;
    int64_t begun = clock_now_ns(), has_read;
    struct source_page page;
    struct span chunk;
    bool loaded;

    if (!source_read(source, &chunk, err))
        return false;
    has_read = clock_now_ns();
    source->read_ns += has_read - begun;
    forget_rejects(&run->page_rejects);
    run->rejects = run->head.rejects;
    source_page(source, &page);
    loaded = loader_begin_page(attempt->loader, lines->number, err) &&
             lines_feed(lines, chunk, err) && check_whole_lines(lines, err) &&
             count_missing(attempt, &page, err) &&
             commit_page(attempt, source, &page, lines, err);
    source->feed_ns += clock_now_ns() - has_read;
    return loaded;
}

bool
page_feed_all(struct attempt *attempt, struct source *source,
              struct lines *lines, struct err *err)
{
    source->read_ns = source->feed_ns = 0;
    while (!attempt->run->has_all_pages) {
        if (tasks_stopping())
            return task_stopped(err);
        if (!load_page(attempt, source, lines, err))
            return false;
        task_yield();
    }
    return true;
}
