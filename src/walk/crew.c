/*
 *     task    room ─► batch ─► ask ─► page_apply ─► ready ─┐
 *     run     ┌───────────────────────────────────────────┘
 *             └─► current, page_settle ─► the run commits it ─► crew_committed
 *
 * Pages are committed in the order in which they became ready. The frontier in
 * memory is ahead of the journal by the pages that are not committed yet.
 *
 * Hazards. Spilled entries may be read from the journal only while no page
 * waits for its commit. Otherwise an entry that such a page has ended would be
 * read again. So the lock `committing` is held from crew_next() to the commit,
 * and while spilled entries are read. During a wait, another task may change
 * the walker, so conditions are tested again after it. A page whose commit
 * failed stays `current`.
 */
#include "walk/crew.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "walk/ask.h"
#include "walk/page.h"
#include "walk/windows.h"

enum { IDS_AT_ONCE = ENTRIES_MAX / 2, SPILLED_AT_ONCE = ENTRIES_MAX / 2 };

/* ---- what is to be asked ------------------------------------------------ */

/* An earlier process may have added the entry. */
static void
remember_parent(struct walker *walker, const struct frontier_entry *row)
{
    if (row->parent_id != NULL)
        begun_add(walker, &walker->pages->connections[row->connection],
                  span_str(row->parent_id));
}

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
    entries->has_spilled = false;
    entries->is_reading = true;
    read = journal_frontier_entries(walker->job->context->journal,
                                    walker->ref.run_id, numbers, held,
                                    SPILLED_AT_ONCE, &arena, &found, err);
    if (read && found.count == SPILLED_AT_ONCE)
        entries->has_spilled = true;
    for (size_t i = 0; read && i < found.count; i++) {
        struct walk_entry *entry = entries_add(entries, &found.entries[i]);

        remember_parent(walker, &found.entries[i]);
        if (entry == NULL)
            continue;
        entry->is_resumed = true;
        ends_resume(walker, &entry->row);
    }
    entries->is_reading = false;
    arena_free(&arena);
    free(numbers);
    return read;
}

/* The journal's entries are those in memory, and the spilled ones, only if all
 * pages are committed. While the lock is held, none is. */
static bool
may_read_spilled(const struct walker *walker)
{
    return entries_are_low(&walker->entries) && walker->ready_count == 0;
}

static bool
fill_entries(struct walker *walker, struct err *err)
{
    bool filled = true;

    if (!may_read_spilled(walker))
        return true;
    if (!task_lock(&walker->committing, err))
        return false;
    if (may_read_spilled(walker))
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

/* Do all entries that are here wait for entries below them that are not? Then
 * more of them are read, until some can be asked. */
static bool
is_stuck(const struct walker *walker)
{
    const struct entries *entries = &walker->entries;

    return entries->has_spilled && !entries->is_reading &&
           entries->flying == 0 && walker->ready_count == 0;
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
        if (is_stuck(walker)) {
            entries_raise(&walker->entries);
            continue;
        }
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
    walker->ready_count++;
    walker->ready_bytes += page->lines.length;
    page_apply(page);
    task_wake_all(&walker->changed);
}

static bool
await_room(struct walker *walker)
{
    struct err err;

    while (walker->ready_count >= walker->workers && !is_over(walker))
        if (task_wait(&walker->changed, CLOCK_NEVER) == TASK_STOPPED) {
            task_stopped(&err);
            walker_fail(walker, &err);
        }
    return !is_over(walker);
}

static void
work(void *ctx)
{
    struct walker *walker = ctx;
    struct batch batch;

    while (await_room(walker) && next_batch(walker, &batch)) {
        struct page *page = page_new(walker, &batch);
        struct err err;

        if (ask_page(page, &err)) {
            append_ready(walker, page);
            continue;
        }
        walker_fail(walker, &err);
        page_free(page);
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
    if (walker->has_crew) {
        task_wake_all(&walker->changed);
        task_group_wait(&walker->crew);
    }
    page_free(walker->current);
    while (walker->ready != NULL) {
        struct page *page = walker->ready;

        walker->ready = page->next;
        page_free(page);
    }
}

/* ---- pages in their order ----------------------------------------------- */

/* If other requests were still in flight when the last page was committed, or
 * if there was nothing to ask, an empty page ends the walk. */
static bool
take_ready(struct walker *walker)
{
    struct batch none = {0};

    if (walker->ready != NULL) {
        walker->current = walker->ready;
        walker->ready = walker->ready->next;
        walker->current->next = NULL;
    } else if (walker_is_done(walker)) {
        walker->current = page_new(walker, &none);
        walker->ready_count++;
    }
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
    page_committed(walker->current);
    walker->ready_bytes -= walker->current->lines.length;
    page_free(walker->current);
    walker->current = NULL;
    walker->ready_count--;
    crew_unlock(walker);
    task_wake_all(&walker->changed);
}
