/*
 * watched - the jobs that somebody still waits for.
 *
 * The journal keeps the last run of each job for ever. A job whose file is
 * gone, or whose store is switched off, shall not be called late or failed
 * because of it; one that never ran has no run to be called late by.
 *
 * Only of stores that this configuration names something is known: the
 * journal may also serve another one's.
 */
#ifndef REPORT_WATCHED_H
#define REPORT_WATCHED_H

#include "job/context.h"
#include "journal/runs.h"

struct watched_store {
    const char *name;
    const char **jobs; /* that a plain `run` takes */
    size_t count;
    bool is_unknown; /* its files could not be listed: anything may be */
};

struct watched {
    struct watched_store *stores; /* in the arena */
    size_t count;
};

void watched_find(struct watched *watched, const struct context *context,
                  struct arena *arena);

/* Does a plain `run` take it, as far as is known? */
bool
watched_has(const struct watched *watched, const char *store, const char *job);

/* Of `runs`, each its job's newest, those of watched jobs; and behind them
 * one of status RUN_NEVER for each watched job that has none. */
struct journal_runs
watched_runs(const struct watched *watched, const struct journal_runs *runs,
             struct arena *arena);

#endif
