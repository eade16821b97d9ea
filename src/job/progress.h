/*
 * progress - what a job is doing now, for whoever wants to look.
 *
 * The phase that works says what can be seen of it: a function that fills in
 * `progress_seen` from its own counters. Nothing is counted here, and nothing
 * is called per row; cli/describe.c looks a few times a second and finds the
 * words.
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
    PROGRESS_HELD,      /* until a load may begin */
    PROGRESS_LOADING,
    PROGRESS_MERGING,
    PROGRESS_ENDED
};

/* One look at the phase that works; what it does not know is 0. */
struct progress_seen {
    /* PROGRESS_FETCHING: results, at the store */
    int results; /* wanted: windows, or one */
    int results_done;
    int results_running;
    int results_waiting; /* for a slot */
    int64_t objects;
    int64_t since_ms; /* clock_now_ms() when the first began; 0: none has */
    /* PROGRESS_LOADING */
    uint64_t bytes;
    uint64_t lines;
    int64_t bytes_expected; /* of all; -1: not known */
};

typedef void progress_look_fn(const void *what, struct progress_seen *seen);

/* How fast a count grows, of late. */
struct pace {
    int64_t at_ms; /* 0: not looked at yet */
    uint64_t count;
    double per_second;
};

/* The counters of a load: those of its source, and of sources that are in. */
struct progress_load {
    const struct lines *lines; /* NULL: between two sources */
    const struct loader_counts *counts;
    uint64_t bytes_before;
    uint64_t lines_before;
    int64_t bytes_expected;
};

struct progress {
    enum progress_phase phase;
    int64_t begun_ms; /* clock_now_ms(); 0: not yet */
    int64_t ended_ms;
    progress_look_fn *look; /* NULL: the phase shows nothing of itself */
    const void *what;
    struct progress_load load;
    struct pace lines_pace; /* both kept by whoever looks */
    struct pace bytes_pace;
};

/* Another phase begins. What was to be seen of the last one is gone. */
void progress_phase(struct progress *progress, enum progress_phase phase);

/* What is to be seen of this phase, by look(what, seen); NULL: nothing more.
 * `what` stays until then, or until the next phase. */
void progress_show(struct progress *progress, progress_look_fn *look,
                   const void *what);

/* A load begins, of so many bytes (-1: not known). */
void progress_load(struct progress *progress, int64_t bytes_expected);

/* One source after the other. */
void progress_source(struct progress *progress, const struct lines *lines,
                     const struct loader_counts *counts);
void progress_source_end(struct progress *progress);

/* True: `seen` is what the phase shows now. */
bool progress_look(const struct progress *progress, struct progress_seen *seen);

/* Milliseconds since it began, until it ended. */
int64_t progress_ms(const struct progress *progress, int64_t now_ms);

#endif
