/*
 *     choose ─► by ids    read the objects, oldest first; their ids are the
 *        │                run's only roots
 *        └────► by a run  if they are more than 1,000; if the roots cannot be
 *                         fetched by their ids; if no run of this query has
 *                         loaded everything yet, so that rows would have
 *                         columns that no other row has
 *
 * After the second failure whose reason may be in the objects, the journal
 * gives smaller batches, until those that are bad are fetched alone.
 *
 * Hazard. The choice is made before the claim, and objects are read again under
 * it. If they have become more than 1,000 meanwhile, the first 1,000 are
 * fetched, and the next choice finds the others.
 */
#include "job/pending.h"

#include <stdlib.h>
#include <string.h>

#include "job/by_ids.h"
#include "job/due.h"
#include "journal/due.h"
#include "journal/pending.h"
#include "journal/runs.h"

enum { RUN_EVERY_MS = 60 * 1000 };

static bool
read_batch(struct job *job, struct pending_batch *batch, struct err *err)
{
    return journal_pending_objects(job->context->journal, job->config->name,
                                   job->file->job, PENDING_MAX + 1, &job->arena,
                                   batch, err);
}

/* Has a run of this query loaded everything? */
static bool
is_known(struct job *job, bool *known, struct err *err)
{
    struct journal_run *before;

    if (!journal_last_reference_run(job->context->journal, job->config->name,
                                    job->file->job, &job->arena, &before, err))
        return false;
    *known = before != NULL && strcmp(before->plan_hash, job->plan->hash) == 0;
    return true;
}

bool
pending_choose(struct job *job, struct err *err)
{
    struct pending_batch batch = {.ready = 0};
    bool known = false;

    if (by_ids_type(job) != NULL &&
        (!read_batch(job, &batch, err) || !is_known(job, &known, err)))
        return false;
    job->pending = known && batch.ready <= PENDING_MAX ? JOB_PENDING_BY_IDS
                                                       : JOB_PENDING_BY_RUN;
    return true;
}

/* Ids of Shopify: only its stores have webhooks. */
static void
set_ids(struct job *job, const struct pending_object *objects, size_t count)
{
    const char *type = by_ids_type(job);
    struct job_ids *ids = arena_alloc(&job->arena, sizeof(*ids));
    const char **list = arena_array(&job->arena, count, sizeof(*list));
    int64_t *read_us = arena_array(&job->arena, count, sizeof(*read_us));

    for (size_t i = 0; i < count; i++) {
        list[i] = arena_printf(&job->arena, "gid://shopify/%s/%lld", type,
                               (long long)objects[i].id);
        read_us[i] = objects[i].read_us;
    }
    *ids =
        (struct job_ids){.list = list, .count = (int)count, .read_us = read_us};
    job->ids = ids;
}

static bool
take_ids(struct job *job, bool *due, struct err *err)
{
    struct pending_batch batch;

    if (!read_batch(job, &batch, err))
        return false;
    if (batch.count > PENDING_MAX)
        batch.count = PENDING_MAX;
    *due = batch.count > 0;
    if (*due)
        set_ids(job, batch.objects, batch.count);
    return true;
}

/* A run that has begun or failed less than a minute ago is enough. */
static bool
has_rested(const struct job *job, const struct journal_due *seen)
{
    int64_t pause_ms = job->context->config.tuning.retry_max_ms;

    return due_has_rested(seen->last_age_ms, RUN_EVERY_MS) &&
           (!seen->has_failed || due_has_rested(seen->last_rest_ms, pause_ms));
}

static bool
take_run(struct job *job, bool *due, struct err *err)
{
    const struct journal_due_job name = {job->config->name, job->file->job};
    struct pending_batch batch;
    struct journal_due seen;

    if (!read_batch(job, &batch, err) ||
        !journal_due(job->context->journal, &name, 1, &seen, err))
        return false;
    *due = batch.count > 0 && has_rested(job, &seen);
    return true;
}

bool
pending_take(struct job *job, bool *due, struct err *err)
{
    return job->pending == JOB_PENDING_BY_IDS ? take_ids(job, due, err)
                                              : take_run(job, due, err);
}

/* The objects that were fetched; NULL: all of the job. */
static struct pending_object *
objects_of(struct job *job)
{
    const struct job_ids *ids = job->ids;
    struct pending_object *objects;

    if (ids == NULL)
        return NULL;
    objects = arena_array(&job->arena, (size_t)ids->count, sizeof(*objects));
    for (int i = 0; i < ids->count; i++)
        objects[i].id = strtoll(strrchr(ids->list[i], '/') + 1, NULL, 10);
    return objects;
}

/* Other failures, such as a store that does not answer, have a reason that is
 * not in the objects. */
static bool
may_be_the_objects(const struct err *why)
{
    return why->kind == ERR_FAILED || why->kind == ERR_ROW;
}

void
pending_note_failure(struct job *job)
{
    size_t count = job->ids != NULL ? (size_t)job->ids->count : 0;
    bool divides = may_be_the_objects(&job->err);
    struct err err;

    if (job->pending == JOB_NOT_PENDING || job->err.kind == ERR_NONE ||
        job->err.kind == ERR_STOPPED)
        return;
    if (!journal_pending_failed(job->context->journal, job->config->name,
                                job->file->job, objects_of(job), count, divides,
                                &err))
        log_failure(LOG_WARN, &job->log,
                    "it could not be recorded that fetching has failed", &err);
}
