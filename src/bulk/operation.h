/*
 * operation - one bulk operation of a run, from its submission to its end.
 *
 *     submit ─► (wait for a slot) ─► poll ─► COMPLETED
 *        ▲                             │
 *        └──── FAILED without a cause in the query, CANCELED, EXPIRED: at
 *              most 3 times
 *
 * Each step is in the journal before the next begins.
 */
#ifndef BULK_OPERATION_H
#define BULK_OPERATION_H

#include "bulk/place.h"
#include "journal/operation.h"
#include "plan/plan.h"
#include "shopify/bulk.h"

/* Must not move: its row and its log lines point into it. */
struct operation {
    struct bulk_run run;
    struct log_ctx log;           /* of the run, with this operation's id */
    const char *document;         /* to submit, after the marker */
    struct journal_operation row; /* as in the journal */
    struct bulk_operation bulk;   /* the store's last answer */
    bool is_submitted;    /* false: operation_complete() submits it (again) */
    bool is_lost;         /* an earlier process sent it and saw no answer */
    const bool *given_up; /* *given_up true: stop; NULL: never */
    bool is_added;        /* submit_has_first(): the first attempt is a row */
    bool was_not_sent;    /* and it had to wait for a slot */
    bool waits_for_slot;
    bool told_of_slot;  /* a warning about the wait was logged */
    bool is_refused;    /* the store surely did not take the last attempt */
    bool takes_partial; /* if it fails for good, its partial result is read */
    bool is_partial;    /* that is the case */
    bool may_be_halved; /* after TIMEOUT it is not read: the window is halved */
    int submissions;
    int64_t submitted_ms; /* clock_now_ms() */
    int64_t saved_ms;     /* when the journal was updated last; 0: not yet */
};

/* Prepare the run's nth operation. It submits `document`, which fetches the
 * roots of `window`, or all roots if NULL. Both are borrowed, as are the
 * members of `run`. */
void
operation_init(struct operation *operation, const struct bulk_run *run, int n,
               const char *document, const struct plan_window *window);

/* Resume an operation that an earlier process submitted. If that process saw
 * no answer, operation_complete() looks for the operation first. */
void operation_resume(struct operation *operation,
                      const struct journal_operation *row);

/* Submit the operation unless it is resumed, and poll until its result can be
 * read. The output of a canceled or failed operation is only used if
 * takes_partial is set. After TIMEOUT, and if may_be_halved is set, the caller
 * halves the window, or clears may_be_halved and calls it again.
 * ERR_DENIED, ERR_FAILED, ERR_LATER, ERR_STOPPED. */
MUST_CHECK bool
operation_complete(struct operation *operation, struct err *err);

/* From now on, log lines of the operation and of its run have its id. With
 * several operations, the run's log lines have the id that was set last. */
void operation_name(struct operation *operation);

/* False, with ERR_LATER and the code OTHER_WINDOW, if another window failed. */
MUST_CHECK bool
operation_goes_on(const struct operation *operation, struct err *err);

#endif
