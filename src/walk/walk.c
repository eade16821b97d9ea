/*
 * What happens to an unfinished run, by its operation and its head row:
 *
 *     other windows of @slice, or a bulk operation   superseded
 *     no head row                                    begun
 *     head row, page 0                               resumed with all roots
 *     head row, a page was committed                 resumed with its entries
 *     older than 6 hours, or of another branch       superseded
 *
 * No entry of the journal is in memory at first: all of them count as spilled.
 * But what was read is recalled (recall.h).
 *
 * Hazards. The moment must be in the journal before the first page is asked
 * for, because the next window begins there. If the copy that --keep writes
 * lacks committed pages, the run continues without it.
 */
#include "walk/walk.h"

#include <string.h>

#include "base/mem.h"
#include "bulk/slices_note.h"
#include "job/copies.h"
#include "job/store.h"
#include "journal/operation.h"
#include "source/copy.h"
#include "source/keep.h"
#include "walk/ask.h"
#include "walk/feed.h"
#include "walk/recall.h"
#include "walk/walker.h"
#include "walk/windows.h"

/* An older frontier is too far out of date to continue. */
#define RESUMABLE_MS (INT64_C(6) * 3600 * 1000)

/* ---- begin ----------------------------------------------------------- */

static void
add_root(struct walker *walker, int connection, int64_t slice)
{
    struct frontier_entry row = {.number = ++walker->tallies.last_number,
                                 .connection = connection,
                                 .offset = slice,
                                 .told_first = -1,
                                 .told_last = -1};

    walker->roots = mem_resize(walker->roots, (size_t)(walker->root_count + 1) *
                                                  sizeof(*walker->roots));
    walker->roots[walker->root_count++] = row;
    walker->tallies.of[connection].begun++;
    (void)!entries_add(&walker->entries, &row);
}

/* A root that @slice cuts has an entry for each window. */
static void
add_root_entries(struct walker *walker)
{
    const struct slices *slices = &walker->slices;

    for (int i = 0; i < walker->pages->count && walker->ids == NULL; i++) {
        const struct pages_connection *c = &walker->pages->connections[i];

        if (c->level > 0)
            continue;
        if (slices->count == 0 || !c->read->takes_filter)
            add_root(walker, i, 0);
        else
            for (int n = 0; n < slices->count; n++)
                add_root(walker, i, slices->items[n].n);
    }
}

/* The moment is in the journal before the first page is asked for. */
static bool
record_begin(struct walk *walk, const struct origin_run *run, struct err *err)
{
    struct job *job = walk->job;
    struct walker *walker = walk->walker;
    struct journal *journal = job->context->journal;
    struct journal_operation operation = {.run_id = run->ref.run_id,
                                          .query = job->plan->document,
                                          .window_from = run->window_from,
                                          .window_to = run->window_to,
                                          .created_at = walker->moment};

    walk->head = (struct frontier_head){.next_line = 1,
                                        .moment = walker->moment,
                                        .branch = job->config->branch};
    return journal_operation_pages(journal, &run->ref, &operation, err) &&
           journal_frontier_begin(journal, &run->ref, &walk->head, err);
}

static void
set_moment(struct walker *walker)
{
    const struct preset *preset = walker->job->config->preset;

    if (preset != NULL && preset->has_moment)
        walker->at = walker->moment;
}

static struct walker *
new_walker(struct walk *walk, const struct origin_run *run)
{
    const struct job_ids *ids = walk->job->ids;

    return walker_new(walk->job, &walk->origin, ids != NULL ? ids->list : NULL,
                      ids != NULL ? ids->count : 0, run);
}

static bool
begin_walk(struct origin *origin, const struct origin_run *run, struct err *err)
{
    struct walk *walk = (struct walk *)origin;

    walk->walker = new_walker(walk, run);
    if (!ask_moment(walk->walker, err) ||
        !windows_cut(walk->walker, run->mode, err) ||
        !record_begin(walk, run, err))
        return false;
    set_moment(walk->walker);
    add_root_entries(walk->walker);
    return true;
}

/* ---- resume ---------------------------------------------------------- */

static bool
is_same_or_empty(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Without a head row, nothing was read, or a crash of the server has emptied
 * the frontier: the run begins from scratch. */
static bool
find_walk(struct origin *origin, const struct journal_run *last,
          enum origin_left *left, struct err *err)
{
    struct walk *walk = (struct walk *)origin;
    struct job *job = walk->job;
    struct journal_operations earlier;
    bool found, fit;

    *left = ORIGIN_NOTHING;
    if (!slices_note_fit(job->plan->slice, last->notes, &fit, err))
        return false;
    if (!fit)
        return true;
    walk->notes = last->notes;
    if (!journal_run_operations(job->context->journal, last->ref.run_id,
                                &job->arena, &earlier, err) ||
        !journal_frontier_head(job->context->journal, last->ref.run_id,
                               &job->arena, &walk->head, &found, err))
        return false;
    if (earlier.count > 0 &&
        !journal_operation_is_paged(&earlier.operations[earlier.count - 1]))
        return true;
    if (!found)
        *left = ORIGIN_UNASKED;
    else if (walk->head.age_ms < RESUMABLE_MS &&
             is_same_or_empty(walk->head.branch, job->config->branch))
        *left = ORIGIN_ASKED;
    return true;
}

static bool
resume_walk(struct origin *origin, const struct origin_run *run,
            struct err *err)
{
    struct walk *walk = (struct walk *)origin;
    struct walker *walker = new_walker(walk, run);

    walk->walker = walker;
    walker->moment = walk->head.moment;
    set_moment(walker);
    if (!windows_resume(walker, walk->notes, err))
        return false;
    if (walk->head.page == 0) {
        add_root_entries(walker);
        return true;
    }
    walker->has_begun = true;
    walker->entries.has_spilled = true;
    if (!tallies_read(&walker->tallies, walk->head.walked))
        return err_set(
            err, MSG_PAGE_SHAPE,
            "the journal's counts of pages read so far are not valid");
    return recall_entries(walker, err);
}

static void
recall_staged(struct origin *origin, int connection, const char *parent_id,
              const char *id)
{
    recall_row(((struct walk *)origin)->walker, connection, parent_id, id);
}

/* ---- pages ----------------------------------------------------------- */

/* The pages that an earlier process read are not in the archive of this one. */
static struct source *
archive(struct walk *walk, struct source *source, const struct sidecar *about)
{
    struct job *job = walk->job;
    const char *path = copies_archived(job, walk->walker->ref.run_id, 1);

    if (path == NULL)
        return source;
    if (walk->head.page > 0) {
        log_warn(&job->log, MSG_NOT_ARCHIVED, "the result is not archived",
                 LOG_STR("error", "an earlier process read its first pages"),
                 LOG_END);
        return source;
    }
    return source_copy_pages(source, path, 0, about, &job->log);
}

/* A run that is resumed after a dry run needs its part. */
static void
clean(const struct job *job, const char *directory)
{
    if (!job->context->options->dry_run && directory[0] != '\0')
        keep_clean(directory, job->log.store, job->log.job);
}

/* What the sidecar says of a walk that does not have all roots. */
static const char *
window_of(const struct walk *walk)
{
    const struct plan_window *window = &walk->walker->window;

    return walk->job->ids != NULL
               ? "objects by their ids"
               : sidecar_window(window->from, window->to, &walk->job->arena);
}

/* With --keep, the copy of an earlier process is continued. Without it, a copy
 * would not be whole. */
static struct source *
make_source(struct walk *walk)
{
    struct job *job = walk->job;
    struct source *source = feed_new(walk->walker);
    const char *path = copies_kept(job, walk->walker->ref.run_id, 1);
    struct sidecar about = {.store = job->log.store,
                            .job = job->log.job,
                            .created_at = walk->walker->moment,
                            .plan_hash = job->query_hash,
                            .window = window_of(walk),
                            .left_out =
                                plan_left_out_paths(job->plan, &job->arena),
                            .document = job->plan->document};

    if (walk->head.page == 0) /* also if the query has @mask now */
        clean(job, job->context->config.archive.directory);
    source = archive(walk, source, &about);
    if (path == NULL)
        return source;
    if (walk->head.page == 0) {
        clean(job, job->context->options->keep_directory);
    } else if (!keep_has(path, walk->head.copy_bytes)) {
        log_warn(&job->log, MSG_CANNOT_KEEP,
                 "the copy of the result is not written, because it lacks "
                 "pages that an earlier process read",
                 LOG_STR("path", path), LOG_END);
        return source;
    }
    return source_copy_pages(source, path, walk->head.copy_bytes, &about, NULL);
}

static bool
offer_pages(struct origin *origin, struct err *err)
{
    struct walk *walk = (struct walk *)origin;

    (void)err;
    if (walk->source == NULL)
        walk->source = make_source(walk);
    origin->sources = &walk->source;
    origin->source_count = 1;
    origin->head = &walk->head;
    return true;
}

static bool
record_end(struct origin *origin, int n, int64_t lines, int64_t bytes,
           struct err *err)
{
    struct walk *walk = (struct walk *)origin;
    struct journal_operation row = {.run_id = walk->walker->ref.run_id,
                                    .n = 1,
                                    .attempt = 1,
                                    .status = "COMPLETED",
                                    .object_count = -1,
                                    .root_object_count = -1,
                                    .file_size = -1,
                                    .lines = lines,
                                    .bytes = bytes};

    (void)n;
    return journal_operation_update_soon(walk->job->context->journal, &row,
                                         err);
}

static void
look_at_pages(const void *origin, struct progress_seen *seen)
{
    const struct walk *walk = origin;
    const struct rate *rate = store_rate(walk->job->context, walk->job->store);

    if (walk->walker == NULL)
        return;
    seen->requests = walk->walker->requests;
    seen->points_left = rate_left(rate);
    seen->rate_until_ms = rate_awaited_ms(rate);
}

static void
free_walk(struct origin *origin)
{
    struct walk *walk = (struct walk *)origin;

    source_free(walk->source);
    walker_free(walk->walker);
    walk_init(walk, walk->job);
}

void
walk_init(struct walk *walk, struct job *job)
{
    static const struct origin_ops ops = {.find = find_walk,
                                          .begin = begin_walk,
                                          .resume = resume_walk,
                                          .recall = recall_staged,
                                          .wait = offer_pages,
                                          .took = record_end,
                                          .look = look_at_pages,
                                          .free = free_walk};

    *walk = (struct walk){
        .origin = {.ops = &ops, .least_roots = -1, .is_paged = true},
        .job = job};
}
