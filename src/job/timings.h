/*
 * timings - how a run spent its time.
 *
 *     wait      for a slot, for the store, for other loads to end
 *     load   ┬─ download   waiting for bytes, and reading them
 *            ├─ parse      cutting, checking and reading lines
 *            ├─ encode     writing rows in PostgreSQL's binary format
 *            └─ send       sending to PostgreSQL, and waiting for answers
 *     merge  ──  index     keys and indexes of new tables
 *
 * If a run needed several attempts, load and merge are those of the last one.
 * The times are elapsed times, measured a few times per chunk and batch; the
 * ratio of parse to encode is measured for some lines only (load/loader.h).
 * One thread runs all jobs, so the waiting times of a job include the work of
 * other jobs. If lines are parsed ahead, `parse` is the wait for them. The rest
 * of `load` is for connections, staging tables, and other jobs between two
 * chunks.
 */
#ifndef JOB_TIMINGS_H
#define JOB_TIMINGS_H

#include "base/arena.h"
#include "load/loader.h"

enum timing {
    TIMING_WAIT,
    TIMING_DOWNLOAD,
    TIMING_PARSE,
    TIMING_ENCODE,
    TIMING_SEND,
    TIMING_INDEX,
    TIMING_LOAD,
    TIMING_MERGE,
    TIMING_COUNT
};

struct timings {
    int64_t ns[TIMING_COUNT];
};

const char *timing_name(enum timing timing);

/* Add the time since `begun_ns` (clock_now_ns()). */
void
timings_since(struct timings *timings, enum timing timing, int64_t begun_ns);

/* Clear the times of load and merge: an attempt begins. */
void timings_clear_load(struct timings *timings);

/* Set parse, encode and send of a load that spent `fed_ns` on its lines,
 * sending included. */
void timings_feed(struct timings *timings, int64_t fed_ns,
                  const struct loader_times *times);

/* {"wait":1.234,…} in seconds. */
const char *timings_json(const struct timings *timings, struct arena *arena);

#endif
