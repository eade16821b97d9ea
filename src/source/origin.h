/*
 * origin - where a run's results come from: bulk operations at the store
 * (bulk/fetch.h), or a saved result (source/replay.h).
 *
 *     find ─► begin | resume ─► wait ─► each source is read, took
 *                                ▲               │ URL_LAPSED
 *                                └─── renew ◄────┘
 *
 * A run knows nothing else about where its lines come from, so that another
 * origin is another file that fills in these functions. All but `wait` and
 * `free` may be NULL: there is nothing to do then.
 */
#ifndef SOURCE_ORIGIN_H
#define SOURCE_ORIGIN_H

#include "journal/runs.h"
#include "source/source.h"

struct origin;
struct progress_seen;

/* For which run, and which of the roots. */
struct origin_run {
    struct run_ref ref;
    enum run_mode mode;
    const char *window_from; /* of an incremental run; NULL: no bound */
    const char *window_to;
};

/* What an unfinished run left that a new process can use. */
enum origin_left {
    ORIGIN_NOTHING, /* it is superseded */
    ORIGIN_UNASKED, /* it had not asked for anything: it begins */
    ORIGIN_ASKED    /* what it asked for: it resumes */
};

struct origin_ops {
    /* What of `last`, a run of the same query and window? NULL: nothing. The
     * answer is for the next resume(). */
    bool (*find)(struct origin *origin, const struct journal_run *last,
                 enum origin_left *left, struct err *err);

    /* Decide what to ask for, and continue with what was found. */
    bool (*begin)(struct origin *origin, const struct origin_run *run,
                  struct err *err);
    bool (*resume)(struct origin *origin, const struct origin_run *run,
                   struct err *err);

    /* Until every result can be read: sets what struct origin says of them.
     * Again after a renewal. */
    bool (*wait)(struct origin *origin, struct err *err);

    /* Source `n` was read to its end: so much came. */
    bool (*took)(struct origin *origin, int n, int64_t lines, int64_t bytes,
                 struct err *err);

    /* The URL of source `n` lapsed, the first time or again: the next wait()
     * gets another one. */
    void (*renew)(struct origin *origin, int n, bool again);

    /* How far it is, while wait() waits: a progress_look_fn; `origin` is the
     * struct origin. */
    void (*look)(const void *origin, struct progress_seen *seen);

    /* End what other runs of the job than `keep_run_id` left at the origin. */
    bool (*clear)(struct origin *origin, int64_t keep_run_id, struct err *err);

    /* The run has failed for good: end what it left there itself. */
    void (*give_up)(struct origin *origin);

    /* All that it holds. It can begin again. */
    void (*free)(struct origin *origin);
};

/* The first member of each implementation. */
struct origin {
    const struct origin_ops *ops;
    bool is_replay; /* what was saved: no later run continues with it */

    /* Since wait(): */
    struct source **sources; /* borrowed until the next wait() or free() */
    int source_count;
    bool is_cut;         /* they are windows of one result, and there must be */
    int64_t least_roots; /* so many distinct roots in all; -1: not known */
};

MUST_CHECK bool
origin_find(struct origin *origin, const struct journal_run *last,
            enum origin_left *left, struct err *err);
MUST_CHECK bool origin_begin(struct origin *origin,
                             const struct origin_run *run, struct err *err);
MUST_CHECK bool origin_resume(struct origin *origin,
                              const struct origin_run *run, struct err *err);
MUST_CHECK bool origin_wait(struct origin *origin, struct err *err);
MUST_CHECK bool origin_took(struct origin *origin, int n, int64_t lines,
                            int64_t bytes, struct err *err);
void origin_renew(struct origin *origin, int n, bool again);
MUST_CHECK bool
origin_clear(struct origin *origin, int64_t keep_run_id, struct err *err);
void origin_give_up(struct origin *origin);
void origin_free(struct origin *origin);

#endif
