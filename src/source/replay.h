/*
 * replay - the origin of `load`: one saved result.
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
    struct source *source; /* owned */
};

/* Like source_file_new(). `objects` is the number of lines that the file must
 * have; -1: the number in its sidecar. */
MUST_CHECK bool
replay_open(struct replay *replay, const char *path, int64_t objects,
            const char *plan_hash, bool any_query, struct arena *arena,
            struct err *err);

void replay_close(struct replay *replay);

#endif
