/*
 * operation - one bulk operation of a run, from submission to its end.
 *
 *     submit ─► (wait for a slot) ─► poll ─► COMPLETED
 *        ▲                             │
 *        └──── FAILED by the store's fault, CANCELED, EXPIRED: at most
 *              3 times
 *
 * Every step is in the journal before the next begins.
 */
#ifndef BULK_OPERATION_H
#define BULK_OPERATION_H

#include "bulk/place.h"
#include "journal/operation.h"
#include "plan/plan.h"
#include "shopify/bulk.h"

/* Stays where it is: its row and log lines point into it. */
struct operation {
    struct bulk_run run;
    struct log_ctx log;           /* of the run, naming this operation */
    const char *document;         /* to submit, behind the marker */
    struct journal_operation row; /* as the journal has it */
    struct bulk_operation bulk;   /* as the store said last */
    bool is_submitted;    /* false: operation_complete() submits it (again) */
    bool is_lost;         /* sent once, and the answer never seen */
    const bool *given_up; /* true: no more of it; NULL: never */
    bool waits_for_slot;
    bool told_of_slot; /* that it waits was warned about */
    bool is_refused;   /* what was sent last was surely not taken */
    int submissions;
    int64_t submitted_ms; /* clock_now_ms() */
};

/* The run's nth operation, which submits `document`: that of `window` of the
 * roots, or of all of them, NULL. Both are borrowed, as is what `run` names. */
void
operation_init(struct operation *operation, const struct bulk_run *run, int n,
               const char *document, const struct plan_window *window);

/* Go on with what an earlier process submitted; where it never saw the
 * answer, look for the operation first. */
void operation_resume(struct operation *operation,
                      const struct journal_operation *row);

/* Submit unless resumed, poll, until its result can be read. Output of a
 * canceled or failed operation is never used. ERR_DENIED, ERR_FAILED,
 * ERR_LATER, ERR_STOPPED. */
MUST_CHECK bool
operation_complete(struct operation *operation, struct err *err);

/* Log lines name the operation from now on, those of the run the one that was
 * named last. */
void operation_name(struct operation *operation);

/* False when it was given up, with ERR_LATER, code OTHER_WINDOW. */
MUST_CHECK bool
operation_goes_on(const struct operation *operation, struct err *err);

#endif
