/*
 * entries - the frontier in memory: what to ask for next.
 *
 *     add ─► waiting ─► take ─► flying ─┬─► end
 *               ▲                       │
 *               └───────── back ◄───────┘
 *
 * An entry is a connection below one parent, or at the root, with the place
 * where its next page begins. The deepest entries are taken first, so that the
 * frontier stays short; roots are taken only while fewer than ENTRIES_MAX
 * entries wait. First pages below several parents are asked for together. A
 * request for few parents costs as much as one for many, so it waits while
 * pages of their ancestors are still to come.
 *
 * At most ENTRIES_MAX entries are kept here, with texts of at most
 * ENTRIES_TEXT_MAX bytes. The others are spilled, that is, they are only in the
 * journal. When a run is resumed, all its entries are.
 *
 * Private to this folder.
 */
#ifndef WALK_ENTRIES_H
#define WALK_ENTRIES_H

#include "journal/frontier.h"
#include "plan/pages.h"

enum { ENTRIES_MAX = 10000, ENTRIES_TEXT_MAX = 4 * 1024 * 1024 };

struct walk_entry {
    struct frontier_entry row; /* its texts are owned */
    size_t bytes;              /* of the texts */
    struct walk_entry *next;   /* in its list */
    struct walk_entry *previous;
    size_t change;     /* while it flies: number of its change in its page,
                        * from 1; 0: none */
    bool is_fresh;     /* its next page is its first one, below a parent */
    bool is_resumed;   /* from the journal, and not answered yet */
    bool was_broken;   /* it was restarted because its cursors lead nowhere */
    bool is_again;     /* rows of it may be staged: remove them first */
    int gone;          /* how often its parent was null */
    int faults;        /* answers with errors, at its present size */
    int64_t rows_most; /* smaller pages, because of faults; 0: no limit */
    int parents_most;  /* the same for parents in one request */
    char *mark;        /* an earlier cursor, to notice a circle of cursors */
    int64_t mark_at;   /* the page at which to replace it */
    uint64_t first;    /* a hash of the first row of its latest page */
    int idle;          /* pages in a row that brought nothing new */
};

struct entries_list {
    struct walk_entry *first;
    struct walk_entry *last;
    int count;
};

/* The entries of one connection. */
struct entries_of {
    struct entries_list fresh; /* can be asked for together */
    struct entries_list going; /* one by one */
    struct entries_list flying;
};

struct entries {
    const struct pages *pages;
    struct entries_of *of; /* by connection */
    int64_t waiting;
    int64_t flying;
    size_t bytes;      /* of their texts */
    int64_t most;      /* that may wait here: ENTRIES_MAX, or more if none of
                       * these can be asked */
    size_t bytes_most; /* the same: ENTRIES_TEXT_MAX, or more */
    bool has_spilled;  /* there may be entries that are only in the journal */
    bool is_reading;   /* and some of them are being read */
};

/* Entries of one connection that are asked for together. */
struct batch {
    const struct pages_connection *connection;
    struct walk_entry **entries; /* owned */
    int count;
    int room;
    int likely; /* where batch_find() begins: answers keep the order */
};

void entries_init(struct entries *entries, const struct pages *pages);
void entries_free(struct entries *entries);

/* Add an entry; NULL if there are too many, so that it is spilled. `row` is
 * copied. */
struct walk_entry *
entries_add(struct entries *entries, const struct frontier_entry *row);

/* Take what is to be asked next, at most `most` parents (by connection, as set
 * by the caller). False if there is nothing, or nothing yet. The batch is
 * overwritten; free it with batch_free(). */
bool
entries_take(struct entries *entries, const int *most, struct batch *batch);

/* An entry that was flying waits again, with its texts replaced if `row` is not
 * NULL; or has ended. */
void entries_back(struct entries *entries, struct walk_entry *entry,
                  const struct frontier_entry *row);
void entries_end(struct entries *entries, struct walk_entry *entry);

/* The entry of the connection below this parent, if it is here; or NULL. */
const struct walk_entry *
entries_find(const struct entries *entries, const struct pages_connection *c,
             struct span parent);

/* Give back all entries of the batch from number `from` on. */
void entries_back_from(struct entries *entries, struct batch *batch, int from);

/* The entry of a parent, or NULL. */
struct walk_entry *batch_find(struct batch *batch, struct span parent);
void batch_free(struct batch *batch);

/* Is `c` below `above`? */
bool entries_is_below(const struct pages_connection *c,
                      const struct pages_connection *above);

/* May the connection be read again from its beginning? Not while connections
 * below it are being read. */
bool entries_may_restart(const struct entries *entries,
                         const struct pages_connection *c);

/* None of the entries that are here can be asked: more may be kept. */
void entries_raise(struct entries *entries);

/* Should spilled entries be read now? */
bool entries_are_low(const struct entries *entries);

/* The numbers of all entries that are here, `waiting` + `flying` of them. */
void entries_numbers(const struct entries *entries, int64_t *numbers);

/* Are there no entries, except `own` flying ones? */
bool entries_are_done(const struct entries *entries, int64_t own);

#endif
