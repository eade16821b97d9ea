/*
 * denied - which fields with @optional the store denies.
 */
#ifndef JOB_DENIED_H
#define JOB_DENIED_H

#include "job/job.h"

/* Ask the store for the first rows of the query. *any: it denies fields that
 * job->denied does not have yet; they are added. False if it did not answer. */
bool denied_ask(struct job *job, int rows, bool *any);

/* Leave out a field with @optional, as if the store denied it. */
void denied_add(struct job *job, const char *path);

/* A listener prepares a job for every batch of pending objects. Remember what
 * the store denies to the job; or take that as job->denied. False if it is not
 * known, or from more than ten minutes ago. */
void denied_remember(const struct job *job);
bool denied_recall(struct job *job);

/* Are there such fields after a run failed with `why`? The store refused the
 * query or its operation, or denied a field in some rows. Also the field
 * that its text names, "Access denied for title field". */
bool denied_after(struct job *job, const struct err *why);

#endif
