/*
 * timings - where a run's time went.
 *
 *     wait      for a slot and the store's work, for other loads to end
 *     load   ┬─ download   for bytes, and reading them
 *            ├─ parse      lines: cut, checked, read
 *            ├─ encode     rows, as PostgreSQL has them in binary
 *            └─ send       to PostgreSQL, and waiting for its answers
 *     merge  ──  index     keys and indexes of tables that are new
 *
 * Of the load and the merge that came through, or came last. By the wall
 * clock, read a few times per chunk and batch; parse and encode are told
 * apart by some of the lines (load/loader.h). There is one thread: while a
 * job waits, others work, and that is in its waiting. What is left of `load`
 * went to connections, staging tables, and other jobs between two chunks.
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

/* A load begins (again). */
void timings_clear_load(struct timings *timings);

/* `fed_ns` went into lines, what was sent meanwhile included. */
void timings_feed(struct timings *timings, int64_t fed_ns,
                  const struct loader_times *times);

/* {"wait":1.234,…} in seconds. */
const char *timings_json(const struct timings *timings, struct arena *arena);

#endif
