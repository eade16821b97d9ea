/*
 * frontier - bulkpg.frontier: what a run that reads pages has not read yet, so
 * that it can continue after an interruption.
 *
 *     journal_frontier_begin() ─► for each page: journal_frontier_queue(), in
 *     the transaction that adds its rows ─► journal_frontier_queue_end(), in
 *     the merge
 *
 * The head row has the number of the last committed page, and what else belongs
 * to it. A run without a head row has no pages: it begins from scratch.
 */
#ifndef JOURNAL_FRONTIER_H
#define JOURNAL_FRONTIER_H

#include "journal/run.h"

/* A connection below one parent that has pages left. */
struct frontier_entry {
    int64_t number; /* from 1; never used again in the run */
    int connection; /* index in plan->pages->connections */
    int level;
    const char *parent_id; /* as in the answer; NULL: a root */
    const char *cursor;    /* of the last row that was read; NULL: none */
    int64_t offset;        /* rows before the next page */
    int64_t rows;          /* that were read so far */
    int64_t distinct;      /* keys among them; -1: not known */
    int64_t told_first;    /* total in the first page, and in the last; -1: */
    int64_t told_last;     /* none */
    int64_t nulls;
    int repeats; /* how often it was read again from the beginning */
    int64_t pages;
    bool is_again; /* rows of it may be staged: remove them first */
};

struct frontier_entries {
    struct frontier_entry *entries;
    size_t count;
};

struct frontier_head {
    int64_t page;      /* number of the last committed page; 0: none */
    int64_t next_line; /* number of the first line of the next page */
    int64_t lines;     /* counts of the lines so far, as a run's */
    int64_t roots;
    int64_t skipped;
    int64_t rejects;
    int64_t sanitized;
    int64_t copy_bytes; /* with --keep, the length of the copy */
    const char *moment; /* where the next window begins; NULL: not known */
    const char *branch; /* that the pages are of; NULL: the API has none */
    const char *gids;   /* JSON: the gid domains; NULL: none */
    const char *walked; /* JSON: what the walk remembers; NULL: nothing */

    /* Only set when it is read. */
    int64_t age_ms; /* since the last page was committed */
};

/* Staged rows that must go, because they will be read again or have gone
 * meanwhile, together with all rows below them. */
struct frontier_removal {
    int connection;
    const char *parent_id; /* rows below this parent; NULL: of all parents */
    const char *id;        /* one row; NULL: all */
};

/* What a page changes. */
struct frontier_page {
    bool is_last;         /* nothing is left to read */
    const int64_t *ended; /* numbers of entries that have no pages left */
    size_t ended_count;
    const struct frontier_entry *entries; /* new or changed ones */
    size_t entry_count;
    const struct frontier_removal *removals; /* before the page's own rows */
    size_t removal_count;
    const char *walked; /* for the head row */
};

/* Create the head row of a run, whose frontier is then empty. */
MUST_CHECK bool
journal_frontier_begin(struct journal *journal, const struct run_ref *run,
                       const struct frontier_head *head, struct err *err);

/* Read the head row. *found is false if there is none. */
MUST_CHECK bool
journal_frontier_head(struct journal *journal, int64_t run_id,
                      struct arena *arena, struct frontier_head *head,
                      bool *found, struct err *err);

/* Read at most `limit` entries, the deepest first. Leave out those whose
 * numbers are in `held`. */
MUST_CHECK bool
journal_frontier_entries(struct journal *journal, int64_t run_id,
                         const int64_t *held, size_t held_count, int64_t limit,
                         struct arena *arena, struct frontier_entries *entries,
                         struct err *err);

/* Read at most `limit` entries whose numbers are higher than `number`, in the
 * order of their numbers. */
MUST_CHECK bool
journal_frontier_after(struct journal *journal, int64_t run_id, int64_t number,
                       int64_t limit, struct arena *arena,
                       struct frontier_entries *entries, struct err *err);

/* Queue the changes of a page, in the transaction that adds its rows; `head` is
 * the head row with this page. If another process has committed this page, or
 * has taken over the run, the transaction fails: see journal_frontier_failed().
 * False only if an entry is too long. */
MUST_CHECK bool
journal_frontier_queue(struct pg_conn *conn, const struct run_ref *run,
                       const struct frontier_head *head,
                       const struct frontier_page *page, struct err *err);

/* Did the transaction fail because the page is not ours to commit? After the
 * rollback, journal_run_not_ours_in() says why. */
bool journal_frontier_failed(const struct err *err);

/* Queue the removal of the run's frontier, in the merge transaction. */
void journal_frontier_queue_end(struct pg_conn *conn, int64_t run_id);

/* Remove the frontier of a run that begins from scratch. */
MUST_CHECK bool
journal_frontier_end(struct journal *journal, int64_t run_id, struct err *err);

#endif
