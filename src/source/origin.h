/*
 * origin - where a run's results come from: bulk operations at the store
 * (bulk/fetch.h), pages (walk/walk.h), or a saved result (source/replay.h).
 *
 *     find ─► begin | resume ─► wait ─► each source is read, took
 *                                ▲               │ URL_LAPSED
 *                                └─── renew ◄────┘
 *
 * A run uses its origin only through these functions. To add an origin, write
 * a file that implements them. Every function except `wait` and `free` may be
 * NULL if it has nothing to do.
 */
#ifndef SOURCE_ORIGIN_H
#define SOURCE_ORIGIN_H

#include "journal/runs.h"
#include "source/source.h"

struct origin;
struct progress_seen;
struct frontier_head; /* journal/frontier.h */
struct journal_walk;  /* journal/walk.h */

/* The run that the origin works for. The window selects the roots of an
 * incremental run; NULL: no bound on that side. */
struct origin_run {
    struct run_ref ref;
    enum run_mode mode;
    const char *window_from;
    const char *window_to;
    bool has_first; /* what first() described is in the journal */
};

/* What an unfinished run left at the origin. */
enum origin_left {
    ORIGIN_NOTHING, /* nothing usable: the run is superseded */
    ORIGIN_UNASKED, /* the run had not submitted anything: begin() it */
    ORIGIN_ASKED    /* submitted operations: resume() it */
};

/* What an origin of pages must know of the rows of a connection that an earlier
 * process has staged. */
enum origin_recall {
    RECALL_NOTHING,
    RECALL_PARENTS, /* below which parents they are */
    RECALL_ROWS     /* and their ids */
};

struct origin_ops {
    /* Find what `last`, a run of the same query and window, left. resume()
     * continues with it. If `find` is NULL, nothing is ever left. */
    bool (*find)(struct origin *origin, const struct journal_run *last,
                 enum origin_left *left, struct err *err);

    /* If begin() will submit one operation at once, describe it, so that it can
     * be added to the journal with the run. The run has no id yet. */
    bool (*first)(struct origin *origin, const struct origin_run *run,
                  struct run_first *first);

    /* Start a new run: decide what to submit. */
    bool (*begin)(struct origin *origin, const struct origin_run *run,
                  struct err *err);

    /* Continue the operations that find() found. */
    bool (*resume)(struct origin *origin, const struct origin_run *run,
                   struct err *err);

    /* Of an origin of pages, after resume() has set `recalls`: a row that is
     * staged, or a parent below which rows are. `connection` is its index in
     * plan->pages. NULL: a root, or a row without an id. */
    void (*recall)(struct origin *origin, int connection, const char *parent_id,
                   const char *id);

    /* Wait until every result can be read, then set the sources and the
     * members after them in struct origin. Called again after renew(). */
    bool (*wait)(struct origin *origin, struct err *err);

    /* Source `n` was read to its end. It had `lines` lines and `bytes`
     * bytes. */
    bool (*took)(struct origin *origin, int n, int64_t lines, int64_t bytes,
                 struct err *err);

    /* The URL of source `n` has expired; `again`: not for the first time. The
     * next wait() gets a new one. */
    void (*renew)(struct origin *origin, int n, bool again);

    /* Report progress while wait() waits. The type is progress_look_fn;
     * `origin` is the struct origin. */
    void (*look)(const void *origin, struct progress_seen *seen);

    /* Cancel the operations that other runs of the job left; `keep_run_id`
     * keeps its own. */
    bool (*clear)(struct origin *origin, int64_t keep_run_id, struct err *err);

    /* The run has failed for good: cancel its own operations. */
    void (*give_up)(struct origin *origin);

    /* Free everything that the origin holds. begin() can be called again. */
    void (*free)(struct origin *origin);
};

/* The first member of each implementation. */
struct origin {
    const struct origin_ops *ops;
    bool is_replay; /* a saved result: no later run can resume this one */

    /* Set by wait(). */
    struct source **sources; /* borrowed until the next wait() or free() */
    int source_count;
    bool is_cut;         /* the sources are the windows of one result */
    const char *window;  /* of a saved result that is one of several windows,
                          * or what an incremental run fetched: which roots it
                          * has. NULL: all, or not known */
    int64_t least_roots; /* the windows together have at least this many
                          * distinct roots; -1: not known */

    const char *partial; /* why the results are partial, as a clause: failed
                          * operations, or what the sidecar of a saved result
                          * says. Remove nothing. NULL: they are whole */

    /* Set by an origin of pages when it is made. It has one source. */
    bool is_paged;

    /* Set by resume() of an origin of pages, by connection of plan->pages: what
     * recall() must get of the staged rows before the first page is read. NULL:
     * nothing. */
    const enum origin_recall *recalls;

    /* Set by wait() of an origin of pages: the last committed page, from which
     * the run continues. Its `page` is 0 if none was committed. */
    const struct frontier_head *head;

    /* Set by an origin of pages with its last page. */
    const bool *keeps_rows; /* by plan table: remove no rows; NULL: none */
    const char *unproven;   /* connections that may not be complete, "a, b":
                             * remove nothing at all; NULL: none */
    const char *null_rows;  /* connections with rows that are null, and how
                             * many, "a (2)"; NULL: none */
    const struct journal_walk *walk; /* what is known of each connection */
    int walk_count;
    const char *const *gone_ids; /* roots that were asked for by their ids and
                                  * do not exist: remove them */
    int gone_count;
};

MUST_CHECK bool
origin_find(struct origin *origin, const struct journal_run *last,
            enum origin_left *left, struct err *err);
bool origin_first(struct origin *origin, const struct origin_run *run,
                  struct run_first *first);
MUST_CHECK bool origin_begin(struct origin *origin,
                             const struct origin_run *run, struct err *err);
MUST_CHECK bool origin_resume(struct origin *origin,
                              const struct origin_run *run, struct err *err);
void origin_recall(struct origin *origin, int connection, const char *parent_id,
                   const char *id);
MUST_CHECK bool origin_wait(struct origin *origin, struct err *err);
MUST_CHECK bool origin_took(struct origin *origin, int n, int64_t lines,
                            int64_t bytes, struct err *err);
void origin_renew(struct origin *origin, int n, bool again);
MUST_CHECK bool
origin_clear(struct origin *origin, int64_t keep_run_id, struct err *err);
void origin_give_up(struct origin *origin);
void origin_free(struct origin *origin);

#endif
