/*
 * select - the rows of a push: of its SELECT, in one read-only snapshot, or of
 * the file of --from.
 *
 *     selection_begin() ─► selection_next() for each row ─► selection_end()
 */
#ifndef PUSH_SELECT_H
#define PUSH_SELECT_H

#include <stdio.h>

#include "base/buf.h"
#include "base/task.h"
#include "mapping/binding.h"
#include "mapping/line.h"
#include "push/push.h"

struct selection {
    struct push *push;
    const struct binding *binding; /* in the push's arena */
    struct line_maker *maker;
    const char *snapshot_at; /* NULL: --from */
    const char
        *pulled_at; /* when the tables that it reads were requested; NULL:
                            * not known */
    int64_t pulled_age_ms;

    struct pg_conn *conn; /* NULL: --from */
    struct pg_result *page;
    int row;
    struct span *values;
    bool is_last; /* the cursor has no more rows after this page */

    struct task_group fetcher; /* of the page after this one */
    int ahead_rows;            /* that it asks for; 0: it is not asked for */
    struct pg_result *ahead;   /* NULL after a failure, because of `why` */
    struct err why;

    FILE *file;
    const char *file_name;
    struct buf text;
    int64_t number; /* of the line in the file, from 1 */
};

/* Run the SELECT, check that the tables that it reads are fresh, and bind its
 * columns; or open the file. Tables that are too old are a failure, unless
 * `stale` is given: it gets the reason, or the kind ERR_NONE. */
MUST_CHECK bool selection_begin(struct selection *selection, struct push *push,
                                struct err *stale, struct err *err);

/* Make the next line. *more is false at the end. If the row is not valid,
 * `fault` has the reason, and the line may have a key; else its kind is
 * ERR_NONE. `idempotency_key` is for the line. */
MUST_CHECK bool selection_next(struct selection *selection,
                               const char *idempotency_key, struct line *line,
                               struct err *fault, bool *more, struct err *err);

void selection_end(struct selection *selection);

#endif
