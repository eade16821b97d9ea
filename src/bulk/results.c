#include "bulk/results.h"

#include <inttypes.h>

#include "job/store.h"
#include "plan/mask.h"
#include "source/archive.h"
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

/* In the archive, if the configuration has one. Results of queries with @mask
 * have values that must not be kept. A dry run is not archived. */
static struct source *
archive(struct job *job, const struct journal_operation *row,
        struct source *source, const struct sidecar *about)
{
    const char *directory = job->context->config.archive.directory;

    if (directory[0] == '\0' || mask_first(job->plan) != NULL ||
        job->context->options->dry_run)
        return source;
    return source_copy_new(source,
                           archive_path(&job->arena, directory, job->log.store,
                                        job->log.job, row->run_id, row->n),
                           about, &job->log);
}

/* The store's counts are those of the whole result. */
static void
claim_nothing(struct source *source)
{
    source->is_partial = true;
    source->claims.object_count = source->claims.root_object_count = -1;
    source->claims.file_size = -1;
}

struct source *
results_source(struct job *job, const struct operation *operation)
{
    const struct bulk_operation *bulk = &operation->bulk;
    struct source *source = source_download_new(
        job->context->http, store_session(job->context, job->store), bulk,
        &job->log);
    const char *path = copy_path(job, &operation->row);
    struct sidecar about = {
        .id = bulk->id,
        .created_at = bulk->created_at,
        .completed_at = bulk->completed_at,
        .plan_hash = job->query_hash,
        .left_out = plan_left_out_paths(job->plan, &job->arena),
        .document = operation->row.query != NULL ? operation->row.query
                                                 : operation->document};

    if (operation->is_partial) {
        claim_nothing(source);
        return source;
    }
    source = archive(job, &operation->row, source, &about);
    return path != NULL ? source_copy_new(source, path, &about, NULL) : source;
}

void
results_clean(const struct job *job)
{
    const char *directory = job->context->options->keep_directory;
    const char *archived = job->context->config.archive.directory;

    if (job->context->options->dry_run)
        return; /* a run that is resumed may need them */
    if (directory != NULL)
        keep_clean(directory, job->log.store, job->log.job);
    if (archived[0] != '\0')
        keep_clean(archived, job->log.store, job->log.job);
}
