/*
 * fetch - the bulk operations of one run: one, or one per window of @slice,
 * a few of them at a time.
 *
 * Operations stand in the order of their windows. Where one is not done in
 * time by the store, its window is halved, and two operations stand in its
 * place.
 */
#ifndef BULK_FETCH_H
#define BULK_FETCH_H

#include "bulk/operation.h"
#include "bulk/slices.h"
#include "job/job.h"
#include "journal/operation.h"
#include "journal/runs.h"
#include "run/mode.h"

struct fetch {
    struct job *job;
    struct bulk_run run;
    struct slices slices;
    struct operation **operations; /* owned; by window */
    int count;
};

/* The operations of a new run; what @slice asks for is asked of the store. */
MUST_CHECK bool
fetch_begin(struct fetch *fetch, struct job *job, const struct run_ref *run,
            const struct mode *mode, struct err *err);

/* Those of a run that an earlier process began: `earlier` are its operations,
 * the last attempts count. */
MUST_CHECK bool
fetch_resume(struct fetch *fetch, struct job *job, const struct run_ref *run,
             const struct mode *mode, const char *notes,
             const struct journal_operations *earlier, struct err *err);

/* Until every result can be read, as operation_complete(). After the first
 * failure the others are left where they are. */
MUST_CHECK bool fetch_complete(struct fetch *fetch, struct err *err);

/* How far they are, of a `struct fetch`: a progress_look_fn. */
void fetch_look(const void *fetch, struct progress_seen *seen);

void fetch_free(struct fetch *fetch);

#endif
