#include "live/batch.h"

#include "job/pending.h"
#include "run/run.h"
#include "walk/way.h"

void
batch_run(struct job *job)
{
    struct way way;
    struct err err;

    if (!pending_choose(job, &err)) {
        job_fail(job, "the changed objects could not be fetched", &err);
    } else {
        way_init(&way, job);
        run_job(job, &way.origin);
    }
    pending_note_failure(job);
}
