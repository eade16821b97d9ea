#include "bulk/results.h"

#include <inttypes.h>

#include "job/store.h"
#include "source/copy.h"
#include "source/download.h"
#include "source/keep.h"

static const char *
copy_path(struct job *job, const struct journal_operation *row)
{
    const struct options *options = job->context->options;
    const char *directory = options->keep_directory;

    if (directory == NULL)
        return NULL;
    return arena_printf(&job->arena, "%s/%s.%s.%" PRId64 ".%" PRId64 ".jsonl",
                        directory, job->log.store, job->log.job, row->run_id,
                        row->n);
}

struct source *
results_source(struct job *job, const struct operation *operation)
{
    const struct bulk_operation *bulk = &operation->bulk;
    struct source *source = source_download_new(
        job->context->http, store_session(job->context, job->store), bulk,
        &job->log);
    const char *path = copy_path(job, &operation->row);
    struct sidecar about = {.id = bulk->id,
                            .created_at = bulk->created_at,
                            .completed_at = bulk->completed_at,
                            .plan_hash = job->plan->hash,
                            .document = operation->row.query != NULL
                                            ? operation->row.query
                                            : operation->document};

    return path != NULL ? source_copy_new(source, path, &about) : source;
}

void
results_clean(const struct job *job)
{
    const struct options *options = job->context->options;
    const char *directory = options->keep_directory;

    if (directory != NULL)
        keep_clean(directory, job->log.store, job->log.job);
}
