/*
 * progress - what a job is doing now.
 *
 * Each phase registers a function that fills in `progress_seen` from the
 * phase's own counters. Nothing is counted here, and nothing is called per row.
 * cli/describe.c calls the function a few times a second and makes the text.
 */
#ifndef JOB_PROGRESS_H
#define JOB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct lines;
struct loader_counts;

enum progress_phase {
    PROGRESS_QUEUED,
    PROGRESS_PREPARING, /* query, types, plan */
    PROGRESS_BEGINNING, /* claim, journal, tables */
    PROGRESS_FETCHING,  /* at the store */
    PROGRESS_PAGING,    /* reading pages, and loading them */
    PROGRESS_HELD,      /* until a load may begin */
    PROGRESS_LOADING,
    PROGRESS_MERGING,
    PROGRESS_ENDED
};

/* The state of the current phase; values that it does not know are 0. */
struct progress_seen {
    /* PROGRESS_FETCHING */
    int results; /* of the run: one per window, or one */
    int results_done;
    int results_running;
    int results_waiting; /* for a slot */
    int64_t objects;
    int64_t since_ms; /* clock_now_ms() when the first began; 0: none has */
    /* PROGRESS_LOADING */
    uint64_t bytes;
    uint64_t lines;
    int64_t bytes_expected; /* of all results; -1: not known */
    /* PROGRESS_PAGING; `lines` are the rows */
    int64_t requests;
    double points_left;    /* at the server; -1: not known */
    int64_t rate_until_ms; /* clock_now_ms() until which requests wait for the
                            * server's rate; 0: they do not */
};

typedef void progress_look_fn(const void *what, struct progress_seen *seen);

/* How fast a count grows now. */
struct pace {
    int64_t at_ms; /* of the last look; 0: none yet */
    uint64_t count;
    double per_second;
};

/* The counters of a load. */
struct progress_load {
    const struct lines *lines; /* of the current source; NULL: none */
    const struct loader_counts *counts;
    uint64_t bytes_before; /* of the sources before it */
    uint64_t lines_before;
    int64_t bytes_expected;
};

struct progress {
    enum progress_phase phase;
    int64_t begun_ms; /* clock_now_ms(); 0: not yet */
    int64_t ended_ms;
    progress_look_fn *look; /* NULL: the phase shows nothing */
    const void *what;
    struct progress_load load;
    struct pace lines_pace; /* cli/describe.c uses these two */
    struct pace bytes_pace;
};

/* Begin another phase. The function of the last phase is removed. */
void progress_phase(struct progress *progress, enum progress_phase phase);

/* Register look(what, seen) for this phase; NULL removes it. `what` must live
 * until it is removed, or until the next phase. */
void progress_show(struct progress *progress, progress_look_fn *look,
                   const void *what);

/* Begin a load of `bytes_expected` bytes (-1: not known). */
void progress_load(struct progress *progress, int64_t bytes_expected);

/* The load reads its sources one after the other; both are borrowed until
 * progress_source_end(). */
void progress_source(struct progress *progress, const struct lines *lines,
                     const struct loader_counts *counts);
void progress_source_end(struct progress *progress);

/* Fill in `seen`. False if the phase shows nothing. */
bool progress_look(const struct progress *progress, struct progress_seen *seen);

/* Milliseconds since the job began, up to its end. */
int64_t progress_ms(const struct progress *progress, int64_t now_ms);

#endif
