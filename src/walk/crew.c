#include "walk/crew.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "walk/ask.h"
#include "walk/windows.h"

enum { IDS_AT_ONCE = ENTRIES_MAX / 2, SPILLED_AT_ONCE = ENTRIES_MAX / 2 };

/* ---- what is to be asked ------------------------------------------------ */

static bool
read_spilled(struct walker *walker, struct err *err)
{
    struct entries *entries = &walker->entries;
    size_t held = (size_t)(entries->waiting + entries->flying);
    int64_t *numbers = mem_array(held + 1, sizeof(*numbers));
    struct frontier_entries found;
    struct arena arena = {0};
    bool read;

    entries_numbers(entries, numbers);
    read = journal_frontier_entries(walker->job->context->journal,
                                    walker->ref.run_id, numbers, held,
                                    SPILLED_AT_ONCE, &arena, &found, err);
    if (read)
        entries->has_spilled = found.count == SPILLED_AT_ONCE;
    for (size_t i = 0; read && i < found.count; i++) {
        struct walk_entry *entry = entries_add(entries, &found.entries[i]);

        if (entry != NULL)
            entry->is_resumed = true;
    }
    arena_free(&arena);
    free(numbers);
    return read;
}

/* While the lock is held, no page is committed, so the entries in the journal
 * are those of the pages that were applied here. */
static bool
fill_entries(struct walker *walker, struct err *err)
{
    bool filled = true;

    if (!entries_are_low(&walker->entries))
        return true;
    if (!task_lock(&walker->committing, err))
        return false;
    if (entries_are_low(&walker->entries))
        filled = read_spilled(walker, err);
    task_unlock(&walker->committing);
    task_wake_all(&walker->changed);
    return filled;
}

/* With --ids, a root by its id is an entry. */
static void
fill_ids(struct walker *walker)
{
    struct entries *entries = &walker->entries;

    while (walker->next_id < walker->id_count &&
           entries->waiting < IDS_AT_ONCE) {
        struct frontier_entry row = {.number = ++walker->tallies.last_number,
                                     .connection = 0,
                                     .parent_id =
                                         walker->ids[walker->next_id++],
                                     .told_first = -1,
                                     .told_last = -1};

        walker->tallies.of[0].begun++;
        if (entries_add(entries, &row) == NULL)
            return;
    }
}

static int
parents_now(const struct walker *walker, const struct pages_connection *c)
{
    const struct pages_request *request =
        walker->ids != NULL && c->level == 0 ? c->by_ids : c->read;

    if (request == NULL || request->by != PAGES_BY_IDS)
        return 1;
    return (int)walker->manners[c->index].ids.now;
}

static bool
take_batch(struct walker *walker, struct batch *batch)
{
    fill_ids(walker);
    for (int i = 0; i < walker->pages->count; i++)
        walker->most[i] = parents_now(walker, &walker->pages->connections[i]);
    return entries_take(&walker->entries, walker->most, batch);
}

static bool
is_over(const struct walker *walker)
{
    return walker->ended || walker->failed ||
           (walker->next_id == walker->id_count &&
            entries_are_done(&walker->entries, 0));
}

/* Wait for a batch; false if there will be none. */
static bool
next_batch(struct walker *walker, struct batch *batch)
{
    struct err err;

    while (!is_over(walker)) {
        if (!fill_entries(walker, &err)) {
            walker_fail(walker, &err);
            return false;
        }
        if (is_over(walker))
            return false;
        if (take_batch(walker, batch))
            return true;
        if (task_wait(&walker->changed, CLOCK_NEVER) == TASK_STOPPED) {
            task_stopped(&err);
            walker_fail(walker, &err);
        }
    }
    return false;
}

/* ---- tasks -------------------------------------------------------------- */

static void
append_ready(struct walker *walker, struct page *page)
{
    struct page **end = &walker->ready;

    while (*end != NULL)
        end = &(*end)->next;
    *end = page;
    task_wake_all(&walker->changed);
}

/* A page waits for its commit also while the program stops. */
static void
await_commit(struct walker *walker, const struct page *page)
{
    task_shield();
    while (!page->is_committed && !walker->ended)
        (void)!task_wait(&walker->changed, CLOCK_NEVER);
    task_unshield();
}

static void
work(void *ctx)
{
    struct walker *walker = ctx;
    struct batch batch;

    while (next_batch(walker, &batch)) {
        struct page *page = page_new(walker, &batch);
        struct err err;

        if (ask_page(page, &err)) {
            append_ready(walker, page);
            await_commit(walker, page);
        } else {
            walker_fail(walker, &err);
        }
        page_free(page);
        task_wake_all(&walker->changed);
    }
    task_wake_all(&walker->changed);
}

void
crew_begin(struct walker *walker)
{
    if (walker->has_crew)
        return;
    walker->has_crew = true;
    for (int i = 0; i < walker->workers; i++)
        task_group_spawn(&walker->crew, "pages", work, walker);
}

void
crew_end(struct walker *walker)
{
    walker->ended = true;
    walker->ready = walker->current = NULL;
    if (walker->has_crew) {
        task_wake_all(&walker->changed);
        task_group_wait(&walker->crew);
    }
    page_free(walker->empty);
    walker->empty = NULL;
}

/* ---- pages in their order ----------------------------------------------- */

/* If the last pages were committed together with others that came later, or if
 * there was nothing to ask, an empty page ends the walk. */
static void
make_empty(struct walker *walker)
{
    struct batch none = {0};

    if (walker->empty == NULL)
        walker->empty = page_new(walker, &none);
    walker->current = walker->empty;
}

static bool
is_finished(const struct walker *walker)
{
    return walker->ready == NULL && walker->next_id == walker->id_count &&
           entries_are_done(&walker->entries, 0);
}

static bool
take_ready(struct walker *walker)
{
    if (walker->ready != NULL) {
        walker->current = walker->ready;
        walker->ready = walker->ready->next;
        walker->current->next = NULL;
        return true;
    }
    if (is_finished(walker))
        make_empty(walker);
    return walker->current != NULL;
}

static bool
lock_commit(struct walker *walker, struct err *err)
{
    if (!walker->is_committing)
        walker->is_committing = task_lock(&walker->committing, err);
    return walker->is_committing;
}

void
crew_unlock(struct walker *walker)
{
    if (walker->is_committing)
        task_unlock(&walker->committing);
    walker->is_committing = false;
}

bool
crew_next(struct walker *walker, struct err *err)
{
    while (walker->current == NULL && !take_ready(walker)) {
        if (walker->failed) {
            *err = walker->err;
            return false;
        }
        if (task_wait(&walker->changed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    }
    return lock_commit(walker, err) && page_settle(walker->current, err) &&
           (!walker->current->frontier.is_last || windows_count(walker, err));
}

void
crew_committed(struct walker *walker)
{
    struct page *page = walker->current;

    page_apply(page);
    page->is_committed = true;
    walker->current = NULL;
    crew_unlock(walker);
    task_wake_all(&walker->changed);
}
