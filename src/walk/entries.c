/*
 * Each connection has two queues of waiting entries: `fresh` has the entries
 * whose first page can be asked for together with others, `going` has all
 * others. An entry that comes back is put at the front, so that a parent is
 * drained before the next one begins.
 *
 * Entries whose request is in flight are in the list `flying`, because their
 * numbers are needed when spilled entries are read.
 *
 * Hazard. A connection that is read again removes all staged rows below it. So
 * its first request waits until no entry below it is waiting, flying or
 * spilled.
 */
#include "walk/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- lists -------------------------------------------------------------- */

static void
put_last(struct entries_list *list, struct walk_entry *entry)
{
    entry->next = NULL;
    entry->previous = list->last;
    if (list->last != NULL)
        list->last->next = entry;
    else
        list->first = entry;
    list->last = entry;
    list->count++;
}

static void
put_first(struct entries_list *list, struct walk_entry *entry)
{
    entry->previous = NULL;
    entry->next = list->first;
    if (list->first != NULL)
        list->first->previous = entry;
    else
        list->last = entry;
    list->first = entry;
    list->count++;
}

static void
take_out(struct entries_list *list, struct walk_entry *entry)
{
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        list->first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        list->last = entry->previous;
    list->count--;
}

static size_t
bytes_of(const struct frontier_entry *row)
{
    return (row->parent_id != NULL ? strlen(row->parent_id) : 0) +
           (row->cursor != NULL ? strlen(row->cursor) : 0);
}

static void
free_entry(struct entries *entries, struct walk_entry *entry)
{
    entries->bytes -= entry->bytes;
    free((char *)entry->row.parent_id);
    free((char *)entry->row.cursor);
    free(entry->mark);
    free(entry);
}

static void
free_list(struct entries *entries, struct entries_list *list)
{
    while (list->first != NULL) {
        struct walk_entry *entry = list->first;

        take_out(list, entry);
        free_entry(entries, entry);
    }
}

/* ---- life --------------------------------------------------------------- */

void
entries_init(struct entries *entries, const struct pages *pages)
{
    *entries = (struct entries){
        .pages = pages, .most = ENTRIES_MAX, .bytes_most = ENTRIES_TEXT_MAX};
    entries->of = mem_array((size_t)pages->count, sizeof(*entries->of));
}

void
entries_free(struct entries *entries)
{
    for (int i = 0; entries->of != NULL && i < entries->pages->count; i++) {
        free_list(entries, &entries->of[i].fresh);
        free_list(entries, &entries->of[i].going);
        free_list(entries, &entries->of[i].flying);
    }
    free(entries->of);
    entries->of = NULL;
}

/* ---- adding ------------------------------------------------------------- */

static char *
copy_text(const char *text)
{
    return text != NULL ? mem_strdup(text) : NULL;
}

static void
set_row(struct entries *entries, struct walk_entry *entry,
        const struct frontier_entry *row)
{
    char *parent = copy_text(row->parent_id), *cursor = copy_text(row->cursor);
    size_t bytes = bytes_of(row);

    entries->bytes += bytes - entry->bytes;
    entry->bytes = bytes;
    free((char *)entry->row.parent_id);
    free((char *)entry->row.cursor);
    entry->row = *row;
    entry->row.parent_id = parent;
    entry->row.cursor = cursor;
}

static bool
is_fresh(const struct frontier_entry *row)
{
    return row->parent_id != NULL && row->pages == 0 && row->repeats == 0;
}

static struct entries_list *
list_of(struct entries *entries, const struct walk_entry *entry)
{
    struct entries_of *of = &entries->of[entry->row.connection];

    return entry->is_fresh ? &of->fresh : &of->going;
}

static bool
is_full(const struct entries *entries)
{
    return entries->waiting >= entries->most ||
           entries->bytes >= entries->bytes_most;
}

struct walk_entry *
entries_add(struct entries *entries, const struct frontier_entry *row)
{
    struct walk_entry *entry;

    if (is_full(entries)) {
        entries->has_spilled = true;
        return NULL;
    }
    entry = mem_alloc(sizeof(*entry));
    set_row(entries, entry, row);
    entry->is_fresh = is_fresh(row) && !row->is_again;
    entry->is_again = row->is_again;
    put_last(list_of(entries, entry), entry);
    entries->waiting++;
    return entry;
}

void
entries_back(struct entries *entries, struct walk_entry *entry,
             const struct frontier_entry *row)
{
    take_out(&entries->of[entry->row.connection].flying, entry);
    entries->flying--;
    if (row != NULL)
        set_row(entries, entry, row);
    entry->is_fresh = is_fresh(&entry->row) && !entry->is_again;
    put_first(list_of(entries, entry), entry);
    entries->waiting++;
}

void
entries_end(struct entries *entries, struct walk_entry *entry)
{
    take_out(&entries->of[entry->row.connection].flying, entry);
    entries->flying--;
    free_entry(entries, entry);
}

/* ---- batches ------------------------------------------------------------ */

void
batch_free(struct batch *batch)
{
    free(batch->entries);
    *batch = (struct batch){0};
}

static void
fly(struct entries *entries, struct entries_list *list,
    struct walk_entry *entry, struct batch *batch)
{
    if (batch->count == batch->room) {
        batch->room = batch->room > 0 ? batch->room * 2 : 8;
        batch->entries = mem_resize(
            batch->entries, (size_t)batch->room * sizeof(*batch->entries));
    }
    take_out(list, entry);
    entries->waiting--;
    entries->flying++;
    put_last(&entries->of[entry->row.connection].flying, entry);
    entry->change = 0;
    batch->entries[batch->count++] = entry;
}

static int
least(int a, int b)
{
    return b > 0 && b < a ? b : a;
}

/* At most `most` of the fresh entries, fewer where one had a fault. */
static void
take_fresh(struct entries *entries, const struct pages_connection *c, int most,
           struct batch *batch)
{
    struct entries_list *list = &entries->of[c->index].fresh;

    while (list->first != NULL && batch->count < most) {
        struct walk_entry *entry = list->first;

        most = least(most, entry->parents_most);
        if (batch->count >= most)
            return;
        fly(entries, list, entry, batch);
    }
}

bool
entries_is_below(const struct pages_connection *c,
                 const struct pages_connection *above)
{
    for (c = c->parent; c != NULL; c = c->parent)
        if (c == above)
            return true;
    return false;
}

/* Are there entries that are not here? */
static bool
has_others(const struct entries *entries)
{
    return entries->has_spilled || entries->is_reading;
}

static bool
is_here(const struct entries *entries, const struct pages_connection *c)
{
    const struct entries_of *of = &entries->of[c->index];

    return of->fresh.count + of->going.count + of->flying.count > 0;
}

static bool
is_busy(const struct entries *entries, const struct pages_connection *c)
{
    return has_others(entries) || is_here(entries, c);
}

bool
entries_may_restart(const struct entries *entries,
                    const struct pages_connection *c)
{
    for (int i = 0; i < entries->pages->count; i++)
        if (entries_is_below(&entries->pages->connections[i], c) &&
            is_busy(entries, &entries->pages->connections[i]))
            return false;
    return true;
}

static struct walk_entry *
find_going(const struct entries *entries, const struct pages_connection *c)
{
    struct walk_entry *entry = entries->of[c->index].going.first;

    for (; entry != NULL; entry = entry->next)
        if (!entry->is_again || entries_may_restart(entries, c))
            return entry;
    return NULL;
}

/* Will more parents come soon: spilled ones, or from pages of its ancestors?
 * Spilled ones come only when most of those that are here have been read. */
static bool
has_more_coming(const struct entries *entries, const struct pages_connection *c)
{
    if (entries->is_reading || entries_are_low(entries))
        return true;
    for (c = c->parent; c != NULL; c = c->parent)
        if (is_here(entries, c))
            return true;
    return false;
}

static bool
is_enough(const struct entries *entries, const struct pages_connection *c,
          int most)
{
    const struct entries_list *list = &entries->of[c->index].fresh;

    return list->count >= most ||
           (list->first != NULL && list->first->parents_most > 0);
}

/* Roots bring more entries, so they wait while there are many. */
static bool
is_held(const struct entries *entries, const struct pages_connection *c)
{
    return c->level == 0 && (is_full(entries) || has_others(entries));
}

static const struct pages_connection *
at_level(const struct entries *entries, int level, int *i)
{
    while (*i < entries->pages->count) {
        const struct pages_connection *c = &entries->pages->connections[(*i)++];

        if (c->level == level)
            return c;
    }
    return NULL;
}

static int
deepest(const struct entries *entries)
{
    int level = 0;

    for (int i = 0; i < entries->pages->count; i++)
        if (entries->pages->connections[i].level > level)
            level = entries->pages->connections[i].level;
    return level;
}

static bool
take_from(struct entries *entries, const struct pages_connection *c, int most,
          bool any, struct batch *batch)
{
    struct walk_entry *going = find_going(entries, c);
    const struct entries_of *of = &entries->of[c->index];

    batch->connection = c;
    if (is_held(entries, c) && !any)
        return false;
    if (going != NULL) {
        fly(entries, &entries->of[c->index].going, going, batch);
        return true;
    }
    if (of->fresh.count == 0 ||
        (!any && !is_enough(entries, c, most) && has_more_coming(entries, c)))
        return false;
    take_fresh(entries, c, most, batch);
    return true;
}

/* If nothing flies, nothing more will come, so a request for a few parents
 * must be made, too. */
bool
entries_take(struct entries *entries, const int *most, struct batch *batch)
{
    bool can_wait = entries->flying > 0;

    *batch = (struct batch){0};
    for (int any = 0; any <= !can_wait; any++)
        for (int level = deepest(entries); level >= 0; level--) {
            const struct pages_connection *c;

            for (int i = 0; (c = at_level(entries, level, &i)) != NULL;)
                if (take_from(entries, c, most[c->index], any, batch))
                    return true;
        }
    return false;
}

void
entries_back_from(struct entries *entries, struct batch *batch, int from)
{
    while (batch->count > from)
        entries_back(entries, batch->entries[--batch->count], NULL);
}

static const struct walk_entry *
find_in(const struct entries_list *list, struct span parent)
{
    for (const struct walk_entry *e = list->first; e != NULL; e = e->next)
        if (e->row.parent_id != NULL && span_is(parent, e->row.parent_id))
            return e;
    return NULL;
}

const struct walk_entry *
entries_find(const struct entries *entries, const struct pages_connection *c,
             struct span parent)
{
    const struct entries_of *of = &entries->of[c->index];
    const struct walk_entry *found = find_in(&of->fresh, parent);

    if (found == NULL)
        found = find_in(&of->going, parent);
    return found != NULL ? found : find_in(&of->flying, parent);
}

struct walk_entry *
batch_find(struct batch *batch, struct span parent)
{
    for (int n = 0; n < batch->count; n++) {
        int i = (batch->likely + n) % batch->count;
        const char *id = batch->entries[i]->row.parent_id;

        if (!span_is(parent, id != NULL ? id : ""))
            continue;
        batch->likely = i + 1;
        return batch->entries[i];
    }
    return NULL;
}

/* ---- spilled entries ---------------------------------------------------- */

void
entries_raise(struct entries *entries)
{
    entries->most *= 2;
    entries->bytes_most *= 2;
}

bool
entries_are_low(const struct entries *entries)
{
    return entries->has_spilled && !entries->is_reading &&
           entries->waiting < entries->most / 2 &&
           entries->bytes < entries->bytes_most / 2;
}

static size_t
list_numbers(const struct entries_list *list, int64_t *numbers)
{
    size_t count = 0;

    for (const struct walk_entry *e = list->first; e != NULL; e = e->next)
        numbers[count++] = e->row.number;
    return count;
}

void
entries_numbers(const struct entries *entries, int64_t *numbers)
{
    for (int i = 0; i < entries->pages->count; i++) {
        numbers += list_numbers(&entries->of[i].fresh, numbers);
        numbers += list_numbers(&entries->of[i].going, numbers);
        numbers += list_numbers(&entries->of[i].flying, numbers);
    }
}

bool
entries_are_done(const struct entries *entries, int64_t own)
{
    return entries->waiting == 0 && !has_others(entries) &&
           entries->flying <= own;
}
