/*
 * ending - how a push ended: its status, its error, and what the journal keeps
 * of them.
 */
#ifndef PUSH_ENDING_H
#define PUSH_ENDING_H

#include "push/push.h"

/* Set push->err according to the states of the rows. Its kind is ERR_NONE if
 * every row was applied or needs nothing. */
void push_judge(struct push *push);

/* Is it a failure that may pass? The next push of the job finishes this one. */
bool push_may_pass(const struct err *why);

/* Record the end of a push in the journal; push->counts gets the counts. After
 * a failure `why` that may pass, the push is interrupted, and the next one
 * finishes it. If `why` is NULL, everything was sent: push_judge() decides, and
 * the keys that earlier pushes of the job have left in doubt. */
MUST_CHECK bool push_record(struct push *push, const struct err *why,
                            bool is_rolled_back, struct err *err);

/* The push has ended with push->err: set its exit status, and log it. */
void push_log_end(struct push *push);

#endif
