#include "bulk/results.h"

#include "job/copies.h"
#include "job/store.h"
#include "source/copy.h"
#include "source/download.h"
#include "source/keep.h"

static struct source *
archive(struct job *job, const struct journal_operation *row,
        struct source *source, const struct sidecar *about)
{
    const char *path = copies_archived(job, row->run_id, row->n);

    return path != NULL ? source_copy_new(source, path, about, &job->log)
                        : source;
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
    const char *path =
        copies_kept(job, operation->row.run_id, operation->row.n);
    struct sidecar about = {
        .id = bulk->id,
        .store = job->log.store,
        .job = job->log.job,
        .created_at = bulk->created_at,
        .completed_at = bulk->completed_at,
        .plan_hash = job->query_hash,
        .window = sidecar_window(operation->row.window_from,
                                 operation->row.window_to, &job->arena),
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
