#include "job/copies.h"

#include "plan/mask.h"
#include "source/keep.h"

static const char *
path_in(const char *directory, struct job *job, int64_t run_id, int64_t n)
{
    return keep_path(&job->arena, directory, job->log.store, job->log.job,
                     run_id, n);
}

const char *
copies_kept(struct job *job, int64_t run_id, int64_t n)
{
    const char *directory = job->context->options->keep_directory;

    return directory != NULL ? path_in(directory, job, run_id, n) : NULL;
}

/* Results of queries with @mask have values that must not be kept. A dry run is
 * not archived. Objects that were asked for by their ids are not a result: a
 * load of them would remove all others. */
static bool
is_archived(const struct job *job)
{
    return job->context->config.archive.directory[0] != '\0' &&
           mask_first(job->plan) == NULL && !job->context->options->dry_run &&
           job->ids == NULL;
}

const char *
copies_archived(struct job *job, int64_t run_id, int64_t n)
{
    return is_archived(job)
               ? path_in(job->context->config.archive.directory, job, run_id, n)
               : NULL;
}
