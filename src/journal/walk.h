/*
 * walk - bulkpg.walk: how a run read each connection page by page.
 */
#ifndef JOURNAL_WALK_H
#define JOURNAL_WALK_H

#include "journal/run.h"

struct journal_walk {
    const char *path; /* of the connection: "repository.issues" */
    int64_t instances;
    int64_t pages;
    int64_t rows;
    int64_t told; /* rows that totals reported; -1: there are none */
    int64_t nulls;
    int64_t repeats;
    double points;
};

/* Queue the rows of a run, in the merge transaction. False only if they are too
 * long. */
MUST_CHECK bool journal_queue_walk(struct pg_conn *conn, int64_t run_id,
                                   const struct journal_walk *walks,
                                   size_t count, struct err *err);

#endif
