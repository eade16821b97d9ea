/*
 * fresh - the tables of bulkpg that a SELECT reads, and how old they are.
 */
#ifndef PUSH_FRESH_H
#define PUSH_FRESH_H

#include "push/push.h"

struct fresh_table {
    const char *name;      /* schema.table */
    int64_t good_age_ms;   /* since its last load without rejects; -1: none */
    const char *pulled_at; /* when its last load was requested; NULL: none */
    int64_t pulled_age_ms;
};

struct fresh_tables {
    struct fresh_table *tables; /* by name */
    size_t count;
};

/* What fresh_find() writes before the SELECT. */
#define FRESH_EXPLAIN "EXPLAIN (VERBOSE, FORMAT JSON) "

/* Find them by the plan of `select`, in the transaction of `conn`. */
MUST_CHECK bool
fresh_find(struct pg_conn *conn, struct span select, struct arena *arena,
           struct fresh_tables *tables, struct err *err);

/* The one that was requested first; NULL if one was never loaded, or if there
 * are none. */
const struct fresh_table *fresh_oldest(const struct fresh_tables *tables);

/* ERR_FAILED if the last good load of one is older than `fresh_ms`; 0: it may
 * be of any age. */
MUST_CHECK bool fresh_check(const struct fresh_tables *tables, int64_t fresh_ms,
                            struct err *err);

#endif
