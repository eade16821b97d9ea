/*
 * ends - a root that is read from both of its ends at the same time.
 *
 *     1 2 3 … 250 ─►                         ◄─ 49751 … 49999 50000
 *               `up`                         `down`
 *
 * By cursor, a page can be asked for only after the page before has come. If
 * the API sorts the root by its ids and can reverse the order, one entry reads
 * upwards and another one downwards, until they meet. This takes half the time,
 * and no row between them is missed, because it would be in the page of one of
 * them.
 *
 * The API's order is checked. The entry that reads upwards stops early only if
 * the ids of all pages were in order. Otherwise it reads to the end, and the
 * other entry ends.
 *
 * Private to this folder.
 */
#ifndef WALK_ENDS_H
#define WALK_ENDS_H

#include "base/span.h"
#include "journal/frontier.h"
#include "paged/split.h"

struct page;
struct walker;
struct walk_entry;

/* The number of a root connection's ids; of committed or applied pages. */
struct ends {
    int64_t up;      /* the highest that was read upwards; 0: none */
    int64_t down;    /* the lowest that was read downwards; 0: none */
    bool is_one_way; /* the ids were out of order, or it is read again */
};

/* What a page of such a root adds. */
struct page_ends {
    int64_t rows;
    int64_t last;
    bool is_out_of_order;
    bool skips; /* the row that is being cut, and what is below it, was read
                 * from the other end */
};

/* Is it the entry that reads downwards? */
bool
ends_is_down(const struct walker *walker, const struct frontier_entry *row);

/* Have both met, so that the entry has nothing left to read? */
bool
ends_have_met(const struct walker *walker, const struct frontier_entry *row);

/* A row of the root is cut next. */
void ends_row(struct page *page, struct span id);

/* The page is open: has its entry nothing left to read? Note the ids in the
 * entry's row, which the journal gets. */
bool ends_stop(const struct page *page, struct frontier_entry *row);

/* Should the root of this page, its first one, be read from its other end, too?
 * Then fill `row`. */
bool ends_begin(const struct page *page, const struct frontier_entry *first,
                struct frontier_entry *row);

/* The page was applied; its entry was `row` before. `is_again`: it will be read
 * again from its beginning. */
void
ends_apply(struct page *page, const struct frontier_entry *row, bool is_again);

/* An entry was read from the journal. */
void ends_resume(struct walker *walker, const struct frontier_entry *row);

#endif
