/*
 *     way_init ─► find or begin chooses the origin ─► all calls go to it
 *                           ▲                                │
 *                           └──────────── free ◄─────────────┘
 *
 * find() chooses the way in which an unfinished run began. Otherwise begin()
 * chooses: by the plan, or, with @paged(below:), by the store's count of the
 * roots. A run with --ids always reads pages.
 *
 * Hazard. The run reads the members of way->origin, which is a copy of the
 * chosen origin. So show() must copy them again after every call that may
 * change them: an origin of pages sets some only with its last page.
 */
#include "walk/way.h"

#include "bulk/count.h"
#include "bulk/left.h"
#include "journal/operation.h"

/* Choose an origin, and show its members as those of the way. */
static void
show(struct way *way, struct origin *chosen)
{
    const struct origin_ops *ops = way->origin.ops;

    way->chosen = chosen;
    way->origin = *chosen;
    way->origin.ops = ops;
}

static struct way *
way_of(struct origin *origin)
{
    return (struct way *)origin;
}

static bool
has_bulk(const struct way *way)
{
    return way->job->config->preset == NULL;
}

static struct origin *
origin_for(struct way *way, bool by_pages)
{
    return by_pages ? &way->walk.origin : &way->fetch.origin;
}

/* ---- begin or resume ------------------------------------------------- */

/* Was the unfinished run begun by pages? *known is false if it has not begun
 * to fetch. */
static bool
find_way(struct way *way, const struct journal_run *last, bool *known,
         bool *by_pages, struct err *err)
{
    enum plan_way planned = way->job->plan->paged.way;
    struct journal_operations operations;

    *known = true;
    *by_pages = planned == PLAN_BY_PAGES;
    if (planned != PLAN_BY_COUNT)
        return true;
    if (!journal_run_operations(way->job->context->journal, last->ref.run_id,
                                &way->job->arena, &operations, err))
        return false;
    *known = operations.count > 0;
    *by_pages = *known && journal_operation_is_paged(&operations.operations[0]);
    return true;
}

static bool
find(struct origin *origin, const struct journal_run *last,
     enum origin_left *left, struct err *err)
{
    struct way *way = way_of(origin);
    bool known, by_pages;

    if (!find_way(way, last, &known, &by_pages, err))
        return false;
    *left = ORIGIN_UNASKED;
    if (!known)
        return true;
    if (!origin_find(origin_for(way, by_pages), last, left, err))
        return false;
    if (*left != ORIGIN_NOTHING)
        show(way, origin_for(way, by_pages));
    return true;
}

static bool
has_few_roots(struct way *way, const struct origin_run *run, bool *few,
              struct err *err)
{
    struct job *job = way->job;
    int64_t below = job->plan->paged.below, count;

    if (!count_in_window(job, run, &count, err))
        return false;
    *few = count >= 0 && count <= below;
    log_info(&job->log,
             *few ? "reading the few roots page by page"
                  : "reading the many roots by a bulk operation",
             LOG_NUM("roots", count), LOG_NUM("below", below), LOG_END);
    return true;
}

/* If the way depends on a count, there is nothing to describe yet. */
static bool
first(struct origin *origin, const struct origin_run *run,
      struct run_first *first)
{
    struct way *way = way_of(origin);

    return way->job->plan->paged.way == PLAN_BY_BULK && run->mode != RUN_IDS &&
           origin_first(origin_for(way, false), run, first);
}

static bool
begin(struct origin *origin, const struct origin_run *run, struct err *err)
{
    struct way *way = way_of(origin);
    const struct plan *plan = way->job->plan;
    bool by_pages = plan->paged.way == PLAN_BY_PAGES || run->mode == RUN_IDS;

    if (way->chosen != NULL) {
        by_pages = way->chosen == &way->walk.origin;
    } else {
        if (plan->paged.way == PLAN_BY_COUNT && !by_pages &&
            !has_few_roots(way, run, &by_pages, err))
            return false;
        way->chosen = origin_for(way, by_pages);
    }
    if (by_pages)
        log_info(&way->job->log, "reading pages", LOG_END);
    if (!origin_begin(way->chosen, run, err))
        return false;
    show(way, way->chosen);
    return true;
}

static bool
resume(struct origin *origin, const struct origin_run *run, struct err *err)
{
    struct way *way = way_of(origin);

    if (!origin_resume(way->chosen, run, err))
        return false;
    show(way, way->chosen);
    return true;
}

static void
recall(struct origin *origin, int connection, const char *parent_id,
       const char *id)
{
    origin_recall(way_of(origin)->chosen, connection, parent_id, id);
}

/* Bulk operations may run at the store even if this run reads pages. */
static bool
clear(struct origin *origin, int64_t keep_run_id, struct err *err)
{
    struct way *way = way_of(origin);

    return !has_bulk(way) || left_cancel_others(way->job, keep_run_id, err);
}

/* ---- the chosen origin ----------------------------------------------- */

static bool
wait(struct origin *origin, struct err *err)
{
    struct way *way = way_of(origin);

    if (!origin_wait(way->chosen, err))
        return false;
    show(way, way->chosen);
    return true;
}

static bool
took(struct origin *origin, int n, int64_t lines, int64_t bytes,
     struct err *err)
{
    struct way *way = way_of(origin);

    if (!origin_took(way->chosen, n, lines, bytes, err))
        return false;
    show(way, way->chosen);
    return true;
}

static void
renew(struct origin *origin, int n, bool again)
{
    origin_renew(way_of(origin)->chosen, n, again);
}

static void
look(const void *origin, struct progress_seen *seen)
{
    const struct way *way = origin;

    if (way->chosen != NULL && way->chosen->ops->look != NULL)
        way->chosen->ops->look(way->chosen, seen);
}

static void
give_up(struct origin *origin)
{
    if (way_of(origin)->chosen != NULL)
        origin_give_up(way_of(origin)->chosen);
}

static void
free_way(struct origin *origin)
{
    struct way *way = way_of(origin);

    if (has_bulk(way))
        origin_free(&way->fetch.origin);
    if (way->job->plan->pages != NULL)
        origin_free(&way->walk.origin);
    way->origin = (struct origin){.ops = way->origin.ops};
    way->chosen = NULL;
}

void
way_init(struct way *way, struct job *job)
{
    static const struct origin_ops ops = {.find = find,
                                          .first = first,
                                          .begin = begin,
                                          .resume = resume,
                                          .recall = recall,
                                          .wait = wait,
                                          .took = took,
                                          .renew = renew,
                                          .look = look,
                                          .clear = clear,
                                          .give_up = give_up,
                                          .free = free_way};

    *way = (struct way){.origin = {.ops = &ops}, .job = job};
    if (has_bulk(way))
        fetch_init(&way->fetch, job);
    if (job->plan->pages != NULL)
        walk_init(&way->walk, job);
}
