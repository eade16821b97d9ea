/*
 * progress - what a job is doing now, and how to say it in a line.
 *
 * The job's code says when its phase changes and where its counters are;
 * nothing is counted here, and nobody is called per row. Whoever draws looks.
 */
#ifndef JOB_PROGRESS_H
#define JOB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct fetch;
struct job;
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

/* How fast a count grows, of late. */
struct pace {
    int64_t at_ms; /* 0: not looked at yet */
    uint64_t count;
    double per_second;
};

struct progress {
    enum progress_phase phase;
    int64_t begun_ms; /* clock_now_ms(); 0: not yet */
    int64_t ended_ms;
    const struct fetch *fetch; /* while its operations are under way */
    const struct lines *lines; /* while a source is read; NULL: between two */
    const struct loader_counts *counts;
    uint64_t bytes_before; /* of sources that are in */
    uint64_t lines_before;
    int64_t bytes_expected; /* of all; -1: nobody knows */
    struct pace lines_pace;
    struct pace bytes_pace;
};

void progress_phase(struct progress *progress, enum progress_phase phase);

/* A load begins, of so many bytes (-1: unknown). */
void progress_load(struct progress *progress, int64_t bytes_expected);

/* One source after the other. */
void progress_source(struct progress *progress, const struct lines *lines,
                     const struct loader_counts *counts);
void progress_source_end(struct progress *progress);

/* Milliseconds since it began, until it ended. */
int64_t progress_ms(const struct progress *progress, int64_t now_ms);

/* Nothing is done for it now: its turn comes. */
bool progress_waits(const struct progress *progress);

/* "1:05  " */
void progress_append_time(const struct progress *progress, int64_t now_ms,
                          struct buf *text);

/* "loading 45%  123.4 MB  52,100 rows/s  0:12 left" */
void progress_describe(struct job *job, int64_t now_ms, struct buf *text);

#endif
