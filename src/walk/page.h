/*
 * page - an answer that was cut, and what it changes when it is committed.
 *
 *     page_new ─► page_cut (once, or more for rows that come one by one)
 *              ─► page_apply ─► page_settle ─► the run commits it
 *              ─► page_committed ─► page_free
 *
 * Pages are committed in the order in which they were applied, so the frontier
 * in memory may be ahead of the journal's: what is asked for next need not wait
 * for the commit.
 *
 * Private to this folder.
 */
#ifndef WALK_PAGE_H
#define WALK_PAGE_H

#include "journal/reject.h"
#include "source/source.h"
#include "walk/begun.h"
#include "walk/walker.h"

/* What happens to an entry; `entry` is NULL for a new one. */
struct page_change {
    struct walk_entry *entry;
    bool has_ended;
    bool is_new; /* it is not in the journal */
    bool is_again;
    bool was_broken;
    struct frontier_entry row; /* texts in the page's arena, or of the entry */
};

/* A row of a connection with a total. */
struct page_key {
    uint64_t instance; /* of its connection and its parent */
    uint64_t key;      /* 0: the row has no id, and is always another one */
    bool is_first;     /* it did not come before in this page */
};

struct page {
    struct page *next;
    struct walker *walker;
    struct batch batch;
    struct arena arena;
    struct buf lines;
    struct page_change *changes;
    size_t change_count;
    size_t change_room;
    struct frontier_removal *removals;
    size_t removal_count;
    size_t removal_room;
    struct journal_reject *rejects;
    size_t reject_count;
    size_t reject_room;
    struct page_key *keys; /* of instances that have not ended */
    size_t key_count;
    size_t key_room;
    struct seen seen; /* keys of this page */
    struct begun begun;
    struct tallies tallies;
    struct frontier_page frontier; /* made by page_settle() */
    struct buf walked;

    struct page_ends ends;

    /* While an answer is cut. */
    const struct pages_request *request;
    const struct pages_values *values;
    int64_t own_rows; /* of the connection that was asked for, so far */
    uint64_t first;   /* a hash of the first one's id; 0: it has none */
    bool is_idle;     /* the instance that was counted last has no new row */
    bool goes_on;     /* this answer has the next rows of the same entry */
    bool is_left_out; /* the present line came in another page */
    bool is_bare;     /* only the state of the connection is wanted, and ids */
    const char **row_ids;
    size_t row_id_count;
    size_t row_id_room;
};

/* Takes over the batch. */
struct page *page_new(struct walker *walker, struct batch *batch);

/* Give back the entries that are still flying, and free the page. */
void page_free(struct page *page);

/* Cut an answer to the request, which was sent with `values`. ERR_FAILED if
 * what came cannot be loaded. */
MUST_CHECK bool page_cut(struct page *page, const struct pages_request *request,
                         const struct pages_values *values, struct span answer,
                         struct err *err);

/* Cut the answer with the next rows of the only entry into the same page. */
MUST_CHECK bool
page_cut_next(struct page *page, const struct pages_request *request,
              const struct pages_values *values, struct span answer,
              struct err *err);

/* The offset of the next page of the only entry, as far as the page was cut; -1
 * if there is none. */
int64_t page_next_offset(struct page *page);

/* Can an answer of this size be cut into the same page, too? */
bool page_has_space(const struct page *page, size_t answer_bytes);

/* Read the connection of the only entry again from its beginning; and end all
 * entries of the batch. */
void page_restart(struct page *page);
void page_end_all(struct page *page);

/* Add a reject: a row that the API cannot give. */
void page_reject(struct page *page, const struct pages_connection *c,
                 const char *id, const char *why);

/* Change the frontier in memory. The page has no entries after that. */
void page_apply(struct page *page);

/* Prepare the changes for the journal, before the page is committed; it is the
 * next one. After the last page, ERR_FAILED if the walk's rows cannot be
 * trusted. */
MUST_CHECK bool page_settle(struct page *page, struct err *err);

/* Add its counts to those of the walk. */
void page_committed(struct page *page);

#endif
