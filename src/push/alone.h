/*
 * alone - makes sure that no other process pushed the job meanwhile.
 *
 * The claim on a job is a lock of the control connection. If that connection is
 * lost while rows are selected and checked, another process can claim the job
 * and push the same rows, which the diff has not seen. So the commit that adds
 * the rows fails if the job has a push that it did not have before.
 */
#ifndef PUSH_ALONE_H
#define PUSH_ALONE_H

#include "push/push.h"

/* Before rows are selected: remember the newest push of the job. ERR_LATER,
 * with LOCKED, if one is running, unless this push undoes another one. */
MUST_CHECK bool alone_begin(struct push *push, struct err *err);

/* The last statements of the transaction on `conn` that adds the push. */
MUST_CHECK bool
alone_check(const struct push *push, struct pg_conn *conn, struct err *err);

#endif
