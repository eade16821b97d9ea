/*
 * pending - what a job that has pending objects (journal/pending.h) fetches.
 *
 * Few objects are fetched by their ids: JOB_PENDING_BY_IDS. Otherwise an
 * ordinary run is due, at most once a minute: JOB_PENDING_BY_RUN.
 */
#ifndef JOB_PENDING_H
#define JOB_PENDING_H

#include "job/job.h"

enum { PENDING_MAX = 1000 }; /* more of them are fetched by an ordinary run */

/* Decide how a prepared job fetches: set job->pending. */
MUST_CHECK bool pending_choose(struct job *job, struct err *err);

/* Has the job something to fetch in the way that was chosen? By ids, set
 * job->ids. Call it under the claim, too: another process may have fetched it
 * meanwhile. */
MUST_CHECK bool pending_take(struct job *job, bool *due, struct err *err);

/* If the job has failed because of something else than a stop, its objects
 * rest, and may be fetched in smaller batches after that. A failure to record
 * this is logged. */
void pending_note_failure(struct job *job);

#endif
