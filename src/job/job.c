/*
 *     prepare ──► with asks_access: ask the store ──► prepare without what it
 *        ▲        denies; again, because fields behind them may be denied, too
 *        └─────── job_leave_out_denied(), after a failure of the run
 *     job_end() or job_fail(): once
 *
 * Hazards. Preparing again replaces job->plan, and pointers into the old one
 * remain valid, because it stays in the job's arena. The types are freed after
 * each preparation: they are much larger than the plan.
 */
#include "job/job.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/event.h"
#include "dialect/generic.h"
#include "dialect/shopify.h"
#include "job/denied.h"
#include "job/left_types.h"
#include "job/masks.h"
#include "job/outcomes.h"
#include "plan/width.h"

void
job_init(struct job *job, struct context *context, struct store_state *store,
         const struct query_file *file)
{
    *job =
        (struct job){.context = context,
                     .store = store,
                     .config = store->config,
                     .file = file,
                     .log = {.store = store->config->name, .job = file->job}};
}

void
job_free(struct job *job)
{
    arena_free(&job->arena);
}

static void
add_notes(struct job *job, struct gql_note *more)
{
    struct gql_note **end = &job->notes;

    while (*end != NULL)
        end = &(*end)->next;
    *end = more;
}

/* The dialect of the store or source, in the job's arena. */
static const struct dialect *
dialect_of(struct job *job)
{
    struct dialect *dialect;

    if (job->config->preset == NULL)
        return &dialect_shopify;
    dialect = arena_alloc(&job->arena, sizeof(*dialect));
    *dialect = generic_dialect(job->config->preset);
    return dialect;
}

static bool
check_with_types(struct job *job, const struct types_source *source,
                 const struct dialect *dialect, struct gql_document **document,
                 struct arena *types, struct gql_schema **schema,
                 struct err *err)
{
    *schema = gql_schema_new(types);
    return gql_parse(&job->arena, job->file->path, job->file->text, document,
                     err) &&
           types_gather(source, *schema, *document, types, err) &&
           gql_leave_out(*document, *schema, job->denied, &job->arena, err) &&
           left_types_find(job, (*document)->optional, err) &&
           dialect->check_query(*document, *schema, err);
}

/* A source may have changed its types since they were cached. So if the query
 * does not fit them, they are asked for again. */
static bool
check_query(struct job *job, struct types_source *source,
            const struct dialect *dialect, struct gql_document **document,
            struct arena *types, struct gql_schema **schema, struct err *err)
{
    if (check_with_types(job, source, dialect, document, types, schema, err))
        return true;
    if (job->config->preset == NULL || job->config->types_file != NULL ||
        source->file != NULL || !err_is(err, MSG_QUERY_TYPES))
        return false;
    source->afresh = true;
    return check_with_types(job, source, dialect, document, types, schema, err);
}

static bool
prepare_with(struct job *job, const char *types_file, struct arena *types,
             struct err *err)
{
    const struct dialect *dialect = dialect_of(job);
    struct gql_schema *schema;
    struct gql_document *document;
    struct types_source source = {.file = types_file,
                                  .context = job->context,
                                  .store = job->store,
                                  .log = &job->log};

    if (!check_query(job, &source, dialect, &document, types, &schema, err) ||
        !dialect->check_filter(document, schema, err))
        return false;
    job->deprecated = gql_deprecated(document, schema, &job->arena);
    job->notes = dialect->notes(document, schema, &job->arena);
    if (!plan_build(&job->arena, job->file->job, document, schema, dialect,
                    &job->plan, err) ||
        !masks_check(job, err))
        return false;
    plan_default_deletes(job->plan, job->config->deletes);
    add_notes(job, width_notes(job->plan, &job->arena));
    return true;
}

static bool
prepare(struct job *job, const char *types_file, struct err *err)
{
    struct arena types = {0}; /* freed early: much larger than the plan */
    bool prepared = prepare_with(job, types_file, &types, err);

    arena_free(&types);
    return prepared;
}

/* Without the fields that the store denies, the fields behind them may be
 * denied, too. */
static bool
prepare_without_denied(struct job *job, struct err *err)
{
    bool any = false, answered;

    if (job->plan->asked_optional == NULL)
        return true;
    if (job->pending != JOB_NOT_PENDING && denied_recall(job))
        return job->denied == NULL || prepare(job, NULL, err);
    do {
        if (any && !prepare(job, NULL, err))
            return false;
        any = false;
        answered =
            job->plan->asked_optional == NULL || denied_ask(job, 1, &any);
    } while (any);
    if (answered)
        denied_remember(job);
    return true;
}

bool
job_prepare(struct job *job, const char *types_file, struct err *err)
{
    if (job->file->fault.kind != ERR_NONE) {
        *err = job->file->fault;
        return false;
    }
    if (!prepare(job, types_file, err))
        return false;
    job->query_hash = job->plan->hash;
    return !job->asks_access || prepare_without_denied(job, err);
}

bool
job_leave_out_denied(struct job *job, const struct err *why, bool *changed,
                     struct err *err)
{
    const char *document = job->plan->document;

    *changed = false;
    if (!denied_after(job, why))
        return true;
    if (!prepare(job, NULL, err))
        return false;
    *changed = strcmp(document, job->plan->document) != 0;
    if (*changed)
        denied_remember(job);
    return true;
}

bool
job_leave_out(struct job *job, const char *const *paths, struct err *err)
{
    for (const char *const *path = paths; *path != NULL; path++)
        denied_add(job, *path);
    return prepare(job, job->context->options->types_file, err);
}

const char *
job_time(struct job *job, int64_t seconds_since_1970)
{
    char text[CLOCK_UTC_BYTES];

    return arena_strdup(&job->arena,
                        clock_format_utc(seconds_since_1970, text));
}

bool
job_was_not_due(const struct job *job)
{
    return job->progress.phase == PROGRESS_ENDED && !job->is_loaded &&
           job->err.kind == ERR_NONE && !job->is_dry;
}

void
job_end(struct job *job)
{
    progress_phase(&job->progress, PROGRESS_ENDED);
    fault_job_ended(job->store);
}

const char *
job_ending(const struct job *job)
{
    if (job->is_loaded)
        return "loaded";
    if (job->is_dry)
        return job->status == EX_UNAVAILABLE ? "would fail"
               : job->ddl != NULL            ? "tables must change"
                                             : "dry run";
    if (job->err.kind == ERR_NONE)
        return "nothing was due";
    if (job->err.kind == ERR_STOPPED)
        return "stopped";
    return job->status == EX_TEMPFAIL ? "postponed" : "failed";
}

void
job_fail(struct job *job, const char *message, const struct err *err)
{
    job->err = *err;
    job->status = err_exit_status(err->kind);
    event_failure(&job->log, err);
    if (!fault_collect(job, message))
        log_failure(err->kind == ERR_STOPPED ? LOG_WARN : LOG_ERROR, &job->log,
                    message, err);
    job_end(job);
    if (job->context->recorded != NULL)
        outcomes_record(job->context->recorded);
}
