/*
 * control - the database connection for claims and journal, and the limit on
 * concurrent loads.
 *
 * A process has one such connection. A claim is a lock of its session, so that
 * it ends with the process. The connection can be lost at any time. Before
 * using the journal after a wait, call control_reopen().
 */
#ifndef JOB_CONTROL_H
#define JOB_CONTROL_H

#include "job/context.h"

/* Connect and open the journal. With `make`, create the journal if it does not
 * exist, and refuse a connection pooler in transaction mode (ERR_CONFIG,
 * SESSION_SHARED). */
MUST_CHECK bool
control_open(struct context *context, bool make, struct err *err);

/* What a further session of this name needs, which executes the same statements
 * again and again. Borrowed from the context, which must be open. */
struct pg_config
control_config(const struct context *context, const char *name);

/* The number of connections that load one result: as configured, or more if the
 * database is far away and has room for them in each of `max_loads` concurrent
 * loads; 0: their number depends on the room. */
int control_connections(int configured, int64_t network_us,
                        int64_t free_connections, int64_t max_loads);

/* If the control connection was lost, open a new one and take the claims again.
 * The holder of a claim must then call journal_check_claim(), because another
 * process may have taken it. Retries until the budget is spent: ERR_LATER. */
MUST_CHECK bool control_reopen(struct context *context, struct err *err);

/* Remove what the configuration does not keep: old runs and pushes. If that is
 * not possible, the command still succeeds, with a warning. This also sends the
 * release of the last claim. */
void control_prune(struct context *context);

/* Wait until one more load may run. Each successful call needs a call of
 * control_end_load(). */
MUST_CHECK bool control_begin_load(struct context *context, struct err *err);
void control_end_load(struct context *context);

#endif
