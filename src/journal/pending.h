/*
 * pending - bulkpg.pending: objects that changed at the store, by its webhooks,
 * and are still to be fetched.
 *
 *     an event ─► pending ─► fetched by a run: forgotten in its merge, unless
 *                    ▲       │ there was another event meanwhile
 *                    │       └─► failed: it rests, 5 s to 1 h; after
 *                    │           PENDING_TRIES failures it waits for a good
 *                    │           run of its job, or its next event. Others of
 *                    │           its batch are fetched without it: in halves,
 *                    │           and so on
 *                    └── an older result of a bulk operation was merged
 *
 * An object may be fetched if it does not rest. Runs of all kinds forget
 * objects: see journal_queue_pending_done().
 */
#ifndef JOURNAL_PENDING_H
#define JOURNAL_PENDING_H

#include "base/arena.h"
#include "journal/journal.h"

/* An object that failed so often waits for a good run, or its next event. */
enum { PENDING_TRIES = 12 };

/* What one job has pending. */
struct pending_job {
    const char *store;
    const char *job;
    int64_t count;   /* that may be fetched now */
    int64_t age_ms;  /* of the oldest of these; -1: there are none */
    int64_t rest_ms; /* until the first may be fetched */
};

struct pending_jobs {
    struct pending_job *jobs; /* in the arena */
    size_t count;
};

/* The jobs that have pending objects which have not failed too often. */
MUST_CHECK bool
journal_pending_jobs(struct journal *journal, struct arena *arena,
                     struct pending_jobs *jobs, struct err *err);

struct pending_object {
    int64_t id;      /* the number of its gid */
    int64_t read_us; /* the time of its last event; -1: not known */
};

/* Objects that may be fetched together. */
struct pending_batch {
    struct pending_object *objects; /* in the arena */
    size_t count;
    int64_t ready; /* of the job's objects, so many may be fetched now */
};

/* The next batch of a job, the oldest objects first. `limit` is that of `count`
 * and of `ready`. */
MUST_CHECK bool
journal_pending_objects(struct journal *journal, const char *store,
                        const char *job, int64_t limit, struct arena *arena,
                        struct pending_batch *batch, struct err *err);

/* Fetching these objects has failed; NULL: all of the job. If `divides`, the
 * reason may be in the objects, so they are fetched in smaller batches. */
MUST_CHECK bool
journal_pending_failed(struct journal *journal, const char *store,
                       const char *job, const struct pending_object *objects,
                       size_t count, bool divides, struct err *err);

/* Queue, in a run's merge: forget the objects of its job whose events were
 * received before the run began. `type` is the GraphQL type of the job's roots;
 * NULL: they cannot be fetched by their ids. If they can, an incremental run
 * does not forget objects whose events it cannot see. */
void journal_queue_pending_done(struct pg_conn *conn, int64_t run_id,
                                const char *type);

/* The same for a run that has fetched only these objects. `ids` are gids.
 * `read_us` has the time of each one's last event; NULL: not known. */
MUST_CHECK bool
journal_queue_pending_fetched(struct pg_conn *conn, int64_t run_id,
                              const char *const *ids, const int64_t *read_us,
                              size_t count, struct err *err);

/* Queue, in the merge of bulk operations: objects whose rows the result may
 * have replaced by older ones are pending again; pending_again.sql says which.
 * `is_reference`: the job's later runs may fetch objects by their ids because
 * of this one. Call it before journal_queue_pending_done(), which then leaves
 * them. */
void journal_queue_pending_again(struct pg_conn *conn, int64_t run_id,
                                 const char *type, bool is_reference);

#endif
