/*
 * control - the process's one connection that holds its claims and its
 * journal, and how many loads the database has room for.
 *
 * A claim is a lock of this connection's session, so that it ends with the
 * process. The connection may be lost at any time: whoever uses the journal
 * after a wait calls control_reopen() first.
 */
#ifndef JOB_CONTROL_H
#define JOB_CONTROL_H

#include "job/context.h"

/* Connect and open the journal, made when `make` and missing; then a pooler
 * that pools transactions is refused, too (ERR_CONFIG, SESSION_SHARED). */
MUST_CHECK bool
control_open(struct context *context, bool make, struct err *err);

/* The control connection again, while the retry budget lasts, when it was
 * lost; the journal goes on with it, and so do its claims. Whoever held one
 * looks with journal_check_claim() whether it still does. ERR_LATER when the
 * budget is spent. */
MUST_CHECK bool control_reopen(struct context *context, struct err *err);

/* Wait until one more load may run, and say that it has ended. */
MUST_CHECK bool control_begin_load(struct context *context, struct err *err);
void control_end_load(struct context *context);

#endif
