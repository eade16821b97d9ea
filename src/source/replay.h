/*
 * replay - the origin of `load`: a saved result, in one file, or in one for
 * each window.
 *
 * The result exists from the start, so wait() returns at once. It can be read
 * again, so there is nothing to resume.
 */
#ifndef SOURCE_REPLAY_H
#define SOURCE_REPLAY_H

#include "base/arena.h"
#include "source/origin.h"

struct replay {
    struct origin origin;
    struct source **files; /* owned, in the job's arena */
    int count;
    const char *const *left_out; /* as in its sidecar; NULL: nothing */
};

/* Like source_file_new(). `objects` is the number of lines that the file must
 * have; -1: the number in its sidecar. */
MUST_CHECK bool
replay_open(struct replay *replay, const char *path, int64_t objects,
            const char *plan_hash, bool any_query, struct arena *arena,
            struct err *err);

/* The same for the results of one run, in their order. */
MUST_CHECK bool
replay_open_all(struct replay *replay, const char *const *paths, int count,
                const char *plan_hash, bool any_query, struct arena *arena,
                struct err *err);

void replay_close(struct replay *replay);

#endif
