/*
 * replay - the origin of `load`: one result that was saved.
 *
 * It is there from the start, so that nothing is waited for, and can be read
 * again, so that nothing has to be resumed.
 */
#ifndef SOURCE_REPLAY_H
#define SOURCE_REPLAY_H

#include "base/arena.h"
#include "source/origin.h"

struct replay {
    struct origin origin;
    struct source *source; /* owned */
};

/* As source_file_new(). `objects`: how many lines it should have, -1: as its
 * sidecar says. */
MUST_CHECK bool
replay_open(struct replay *replay, const char *path, int64_t objects,
            const char *plan_hash, bool any_query, struct arena *arena,
            struct err *err);

/* In the end. */
void replay_close(struct replay *replay);

#endif
