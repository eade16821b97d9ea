#include "walk/circle.h"

#include <stdlib.h>

#include "base/mem.h"

/* One of the earlier cursors is remembered, and replaced after twice as many
 * pages each time, so a circle of any length is noticed. */
bool
circle_has(struct walk_entry *entry, struct span cursor, int64_t pages)
{
    if (entry == NULL || entry->row.cursor == NULL)
        return false;
    if (span_is(cursor, entry->row.cursor) ||
        (entry->mark != NULL && span_is(cursor, entry->mark)))
        return true;
    if (pages >= entry->mark_at) {
        free(entry->mark);
        entry->mark = mem_strdup(entry->row.cursor);
        entry->mark_at = pages * 2;
    }
    return false;
}

void
circle_forget(struct walk_entry *entry)
{
    free(entry->mark);
    entry->mark = NULL;
    entry->mark_at = 0;
    entry->first = 0;
    entry->idle = 0;
}

/* A page that begins as the page before is the same page: an API that ignores
 * the offset sends it for ever. Of a row that has moved, this is true for some
 * pages only. */
bool
circle_goes_on(struct walk_entry *entry, uint64_t first, bool is_idle)
{
    if (entry == NULL)
        return true;
    is_idle = is_idle || (first != 0 && first == entry->first);
    entry->first = first;
    entry->idle = is_idle ? entry->idle + 1 : 0;
    return entry->idle < CIRCLE_IDLE_MOST;
}
