/*
 * circle - an API whose pages lead nowhere.
 *
 * A connection ends when the API says so. If it never does, the walk would
 * never end: cursors that come again, and pages that bring nothing new.
 *
 * Private to this folder.
 */
#ifndef WALK_CIRCLE_H
#define WALK_CIRCLE_H

#include "base/span.h"
#include "walk/entries.h"

/* Pages in a row without anything new. An API that filters rows after it has
 * cut the pages sends empty ones, too, but not so many. */
enum { CIRCLE_IDLE_MOST = 1000 };

/* Did this cursor come before? `pages`: how many have come so far. */
bool circle_has(struct walk_entry *entry, struct span cursor, int64_t pages);

/* The entry is read again from its beginning: cursors may come again. */
void circle_forget(struct walk_entry *entry);

/* Another page has come, and another one follows. `first` is a hash of the id
 * of its first row; 0: it has none. `is_idle`: no row of the page was new.
 * False if this has gone on for too long. */
bool circle_goes_on(struct walk_entry *entry, uint64_t first, bool is_idle);

#endif
