#include "job/due.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "graphql/document.h"
#include "journal/pending.h"

/* ---- the age of a job ------------------------------------------------ */

/* -1: the query has no valid @every. The plan reports one that is not valid. */
static int64_t
age_in(const struct gql_document *document)
{
    const struct gql_directive *every =
        document->operations != NULL
            ? gql_find_directive(document->operations->directives, "every")
            : NULL;
    const struct gql_argument *age =
        every != NULL ? gql_find_argument(every->arguments, "age") : NULL;
    struct err ignored;
    int64_t ms;

    if (age == NULL || age->value->kind != GQL_STRING ||
        !duration_parse(age->value->text, &ms, &ignored) || ms <= 0)
        return -1;
    return ms;
}

int64_t
due_age_ms(const struct store_config *store, const struct query_file *file)
{
    struct arena arena = {0};
    struct gql_document *document;
    struct err ignored;
    int64_t age_ms = -1;

    if (file != NULL && file->fault.kind == ERR_NONE &&
        gql_parse(&arena, file->path, file->text, &document, &ignored))
        age_ms = age_in(document);
    arena_free(&arena);
    return age_ms > 0 ? age_ms : store->every_ms;
}

/* ---- the rule -------------------------------------------------------- */

bool
due_has_rested(int64_t age_ms, int64_t pause_ms)
{
    return age_ms < 0 || age_ms >= pause_ms;
}

bool
due_is(const struct journal_due *seen, int64_t age_ms, int64_t retry_max_ms)
{
    int64_t pause_ms = retry_max_ms < age_ms ? retry_max_ms : age_ms;

    if (seen->good_age_ms >= 0 && seen->good_age_ms <= age_ms)
        return false;
    if (seen->has_failed)
        return due_has_rested(seen->last_rest_ms, pause_ms);
    /* Below 0: the clock was set back since. */
    return !seen->has_rejects || seen->last_age_ms < 0 ||
           seen->last_age_ms > age_ms;
}

/* ---- jobs ------------------------------------------------------------ */

static struct journal_due_job
name_of(const struct job *job)
{
    return (struct journal_due_job){job->config->name, job->file->job};
}

static bool
is_due(const struct job *job, const struct journal_due *seen)
{
    return due_is(seen, due_age_ms(job->config, job->file),
                  job->context->config.tuning.retry_max_ms);
}

bool
due_ask(struct job *job, bool *due, struct err *err)
{
    struct journal_due_job name = name_of(job);
    struct journal_due seen;

    if (!journal_due(job->context->journal, &name, 1, &seen, err))
        return false;
    *due = is_due(job, &seen);
    return true;
}

static void
take_pending(struct job *job, const struct pending_jobs *pending)
{
    bool is_dry = job->context->options->dry_run; /* they stay pending */

    for (size_t i = 0; i < pending->count && !is_dry; i++)
        if (pending->jobs[i].count > 0 &&
            strcmp(pending->jobs[i].store, job->config->name) == 0 &&
            strcmp(pending->jobs[i].job, job->file->job) == 0)
            job->pending = JOB_PENDING;
    if (job->pending == JOB_NOT_PENDING)
        job_end(job);
}

bool
due_select(struct jobs *jobs, struct err *err)
{
    struct journal_due_job *names = mem_array(jobs->count + 1, sizeof(*names));
    struct journal_due *seen = mem_array(jobs->count + 1, sizeof(*seen));
    struct pending_jobs pending;
    struct journal *journal;
    bool asked;

    for (size_t i = 0; i < jobs->count; i++)
        names[i] = name_of(&jobs->items[i]);
    journal = jobs->count > 0 ? jobs->items[0].context->journal : NULL;
    asked = jobs->count == 0 ||
            (journal_due(journal, names, jobs->count, seen, err) &&
             journal_pending_jobs(journal, &jobs->arena, &pending, err));
    for (size_t i = 0; asked && i < jobs->count; i++)
        if (!is_due(&jobs->items[i], &seen[i]))
            take_pending(&jobs->items[i], &pending);
    free(names);
    free(seen);
    return asked;
}
