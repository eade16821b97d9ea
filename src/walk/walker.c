#include "walk/walker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "walk/crew.h"

/* With `concurrency` requests in flight, a few more tasks have pages that are
 * being committed. */
enum { MORE_WORKERS = 2, KEYS_MAX = 4 * 1024 * 1024 };

static int64_t
rows_of_page(const struct walker *walker)
{
    const struct dialect_pages *dialect = walker->pages->dialect;
    int64_t rows = walker->plan->paged.rows;

    if (rows == 0)
        rows = walker->job->config->page;
    if (rows == 0)
        rows = dialect->page;
    return dialect->page_max > 0 && rows > dialect->page_max ? dialect->page_max
                                                             : rows;
}

static void
init_connection(struct walker *walker, const struct pages_connection *c)
{
    const struct pages_request *request =
        walker->ids != NULL && c->level == 0 ? c->by_ids : c->read;
    int ids =
        request != NULL && request->by == PAGES_BY_IDS ? request->ids_max : 1;

    walker->connection_of[c->table->index] = c;
    walker->manners[c->index] = (struct manner){
        .rows = page_size_of(rows_of_page(walker)), .ids = page_size_of(ids)};
}

static void
init_workers(struct walker *walker)
{
    int64_t own = walker->plan->paged.concurrency;
    int64_t all = walker->job->config->concurrency;

    walker->workers = (int)(own > 0 && own <= all ? own : all + MORE_WORKERS);
}

static void
set_window(struct walker *walker, const struct origin_run *run)
{
    const struct plan_incremental *incremental = walker->plan->incremental;

    if (run->mode != RUN_INCREMENTAL || incremental == NULL)
        return;
    walker->window = (struct plan_window){.field = incremental->field,
                                          .from = run->window_from,
                                          .to = run->window_to};
    walker->in_window = &walker->window;
}

struct walker *
walker_new(struct job *job, struct origin *origin, const char *const *ids,
           int id_count, const struct origin_run *run)
{
    struct walker *walker = mem_alloc(sizeof(*walker));
    const struct pages *pages = job->plan->pages;

    *walker = (struct walker){.job = job,
                              .origin = origin,
                              .plan = job->plan,
                              .pages = pages,
                              .ref = run->ref,
                              .ids = ids,
                              .id_count = id_count,
                              .keys = seen_new(KEYS_MAX),
                              .parents = seen_new(KEYS_MAX),
                              .open = seen_new(KEYS_MAX),
                              .split = split_new()};
    walker->manners = mem_array((size_t)pages->count, sizeof(*walker->manners));
    walker->rounds = mem_array((size_t)pages->count, sizeof(*walker->rounds));
    walker->ends = mem_array((size_t)pages->count, sizeof(*walker->ends));
    walker->most = mem_array((size_t)pages->count, sizeof(*walker->most));
    walker->connection_of = mem_array((size_t)job->plan->table_count,
                                      sizeof(*walker->connection_of));
    entries_init(&walker->entries, pages);
    tallies_init(&walker->tallies, pages);
    for (int i = 0; i < pages->count; i++)
        init_connection(walker, &pages->connections[i]);
    init_workers(walker);
    set_window(walker, run);
    return walker;
}

void
walker_free(struct walker *walker)
{
    if (walker == NULL)
        return;
    crew_end(walker);
    entries_free(&walker->entries);
    tallies_free(&walker->tallies);
    seen_free(&walker->keys);
    seen_free(&walker->parents);
    seen_free(&walker->open);
    split_free(walker->split);
    free(walker->roots);
    free(walker->manners);
    free(walker->rounds);
    free(walker->ends);
    free(walker->most);
    free(walker->connection_of);
    arena_free(&walker->arena);
    free(walker);
}

const struct slice *
walker_slice(const struct walker *walker, const struct frontier_entry *row)
{
    const struct pages_connection *c =
        &walker->pages->connections[row->connection];

    if (c->level > 0 || c->kind != PAGES_RELAY)
        return NULL;
    for (int i = 0; i < walker->slices.count; i++)
        if (walker->slices.items[i].n == row->offset)
            return &walker->slices.items[i];
    return NULL;
}

bool
walker_await_space(struct walker *walker, size_t answer_bytes, struct err *err)
{
    size_t lines = answer_bytes * LINES_PER_ANSWER;

    while (walker->ready_bytes > 0 &&
           walker->ready_bytes + lines > READY_BYTES_MAX) {
        if (walker->failed) {
            *err = walker->err;
            return false;
        }
        if (walker->ended ||
            task_wait(&walker->changed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    }
    return true;
}

bool
walker_is_done(const struct walker *walker)
{
    return walker->ready == NULL && walker->next_id == walker->id_count &&
           entries_are_done(&walker->entries, 0);
}

void
walker_fail(struct walker *walker, const struct err *err)
{
    if (!walker->failed)
        walker->err = *err;
    walker->failed = true;
    task_wake_all(&walker->changed);
}
