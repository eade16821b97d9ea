/*
 * event - bulkpg.event: webhooks, and bulkpg.pending: the objects that are to
 * be fetched because of them. bulkpg.heard has the counters of each store.
 */
#ifndef JOURNAL_EVENT_H
#define JOURNAL_EVENT_H

#include "journal/journal.h"

enum { JOURNAL_EVENTS_MOST = 500 }; /* in one statement */

#define JOURNAL_NO_TRIGGER INT64_MIN

struct journal_event {
    const char *store;
    const char *event_id;
    const char *topic;
    const char *type;        /* NULL: not known */
    int64_t object_id;       /* 0: none */
    int64_t triggered_us;    /* since 1970, or JOURNAL_NO_TRIGGER */
    const char *const *jobs; /* whose roots have the type */
    size_t job_count;
    const char *finished; /* gid of an operation that has ended; or NULL */
};

/* Record events, in one statement. An event that is known already is not
 * recorded again, and leads to no job. Sessions that LISTEN on bulkpg_finish
 * hear of operations that have ended. */
MUST_CHECK bool
journal_events_add(struct pg_conn *conn, const struct journal_event *events,
                   size_t count, struct err *err);

/* Requests that were refused. */
struct journal_refused {
    const char *store; /* "": of no store */
    int64_t count;
};

MUST_CHECK bool journal_count_refused(struct pg_conn *conn,
                                      const struct journal_refused *refused,
                                      size_t count, struct err *err);

/* What was received from a store so far. */
struct journal_heard {
    const char *store; /* "": requests that belong to no store */
    int64_t received;
    int64_t refused;
    int64_t duplicates;
    int64_t age_ms; /* since the last one; -1: none was accepted */
    int64_t lag_ms; /* of the last one; -1: not known */
};

/* The objects that a job is still to fetch. */
struct journal_pending {
    const char *store;
    const char *job;
    int64_t objects;
    int64_t tries;
    int64_t age_ms; /* of the oldest */
};

struct journal_live {
    struct journal_heard *heard; /* sorted by store */
    size_t heard_count;
    struct journal_pending *pending; /* sorted by store, job */
    size_t pending_count;
};

MUST_CHECK bool journal_list_live(struct journal *journal, struct arena *arena,
                                  struct journal_live *live, struct err *err);

#endif
