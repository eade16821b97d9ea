#include "report/watched.h"

#include <string.h>

#include "config/query_files.h"
#include "job/due.h"

#define UNKNOWN_AGE_MS (INT64_C(24) * 3600 * 1000)

/* ---- configured jobs ------------------------------------------------- */

static void
list_jobs(struct watched_store *watched, const struct store_config *store,
          struct arena *arena)
{
    struct query_files files;
    struct err err;

    /* Without any query file, `run` is probably called elsewhere, with jobs
     * given as paths. */
    if (!query_files_find(arena, store, NULL, &files, &err) ||
        files.count == 0) {
        watched->is_unknown = true;
        return;
    }
    watched->jobs = arena_array(arena, files.count, sizeof(*watched->jobs));
    watched->ages_ms =
        arena_array(arena, files.count, sizeof(*watched->ages_ms));
    for (size_t i = 0; i < files.count; i++) {
        watched->jobs[i] = files.items[i].job;
        watched->ages_ms[i] = due_age_ms(store, &files.items[i]);
    }
    watched->count = files.count;
}

void
watched_find(struct watched *watched, const struct context *context,
             struct arena *arena)
{
    const struct config *config = &context->config;

    watched->count = config->store_count;
    watched->stores =
        arena_array(arena, watched->count + 1, sizeof(*watched->stores));
    for (size_t i = 0; i < watched->count; i++) {
        watched->stores[i] =
            (struct watched_store){.name = config->stores[i].name,
                                   .age_ms = config->stores[i].every_ms};
        if (config->stores[i].enabled)
            list_jobs(&watched->stores[i], &config->stores[i], arena);
    }
}

/* ---- recorded runs --------------------------------------------------- */

/* -1: the job should not run. */
static int64_t
age_of(const struct watched *watched, const char *store, const char *job)
{
    const struct watched_store *found = NULL;

    for (size_t i = 0; i < watched->count && found == NULL; i++)
        if (strcmp(watched->stores[i].name, store) == 0)
            found = &watched->stores[i];
    if (found == NULL)
        return UNKNOWN_AGE_MS;
    if (found->is_unknown)
        return found->age_ms;
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->jobs[i], job) == 0)
            return found->ages_ms[i];
    return -1;
}

bool
watched_has(const struct watched *watched, const char *store, const char *job)
{
    return age_of(watched, store, job) >= 0;
}

bool
watched_is_late(const struct watched *watched, const struct journal_run *run)
{
    int64_t age_ms = age_of(watched, run->store, run->job);

    return age_ms >= 0 && journal_run_is_late(run, 2 * age_ms);
}

static bool
ever_ran(const struct journal_runs *runs, const char *store, const char *job)
{
    for (size_t i = 0; i < runs->count; i++)
        if (strcmp(runs->runs[i].store, store) == 0 &&
            strcmp(runs->runs[i].job, job) == 0)
            return true;
    return false;
}

static struct journal_run
never(const char *store, const char *job)
{
    return (struct journal_run){.ref = {.run_id = -1},
                                .store = store,
                                .job = job,
                                .mode = RUN_NO_MODE,
                                .status = RUN_NEVER,
                                .object_count = -1,
                                .root_object_count = -1,
                                .file_size = -1,
                                .age_ms = -1,
                                .duration_ms = -1,
                                .last_good_age_ms = -1};
}

struct journal_runs
watched_runs(const struct watched *watched, const struct journal_runs *runs,
             struct arena *arena)
{
    struct journal_runs all = {0};
    size_t most = runs->count;

    for (size_t i = 0; i < watched->count; i++)
        most += watched->stores[i].count;
    all.runs = arena_array(arena, most + 1, sizeof(*all.runs));
    for (size_t i = 0; i < runs->count; i++)
        if (watched_has(watched, runs->runs[i].store, runs->runs[i].job))
            all.runs[all.count++] = runs->runs[i];
    for (size_t i = 0; i < watched->count; i++) {
        const struct watched_store *store = &watched->stores[i];

        for (size_t k = 0; k < store->count; k++)
            if (!ever_ran(runs, store->name, store->jobs[k]))
                all.runs[all.count++] = never(store->name, store->jobs[k]);
    }
    return all;
}
