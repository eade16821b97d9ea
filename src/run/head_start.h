/*
 * head_start - what a load begins in the wait in which its tables are inspected
 * again, and staging that is created late. Private to this folder.
 *
 *     all tables are small and compared:  loading, fence, hashes
 *                                              └─► first row to send: fence,
 *                                                  staging
 *     otherwise:                          loading, fence, staging
 *
 * A small table costs less than the creation of its staging, and most nights
 * nothing has changed. Of a large table, staging costs little, and its hashes
 * are read by the loader's session, because others need the control connection.
 */
#ifndef RUN_HEAD_START_H
#define RUN_HEAD_START_H

#include "run/attempt.h"

/* For the first attempt only. All zero: nothing has begun. */
struct head_start {
    struct loader_ahead *loader;
    bool is_small; /* it has one connection, because few rows are expected */
    char loaded_at[JOURNAL_TIME_BYTES]; /* "": see struct attempt */
    struct known **known;               /* see struct attempt */
};

/* Begin; what is asked is sent with the inspection's questions. If a step
 * fails, or the inspection finds that the tables have changed, each step is
 * done alone, and reports its error. On Citus, each step is done alone.
 * `becomes_table` is for the tables as they were at the beginning of the
 * run. */
MUST_CHECK bool
head_start_ask(struct run *run, const struct loader_config *config,
               const bool *becomes_table, struct head_start *ahead,
               struct err *err);
void head_start_free(const struct run *run, struct head_start *ahead);

/* After the inspection: hand over to the attempt and its loader. */
void head_start_take(struct attempt *attempt, struct head_start *ahead);

/* Create staging with the control session. If the run is not ours any more, the
 * error says why. */
MUST_CHECK bool head_start_stage(struct attempt *attempt,
                                 struct pg_conn *control, struct err *err);

/* Create staging because a row must be sent: a loader_stage_fn. `attempt` is
 * the struct attempt. */
bool head_start_stage_late(void *attempt, struct err *err);

#endif
