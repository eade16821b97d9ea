/*
 * attempt - one attempt of a run to land its results: what belongs to one
 * loader and its staging tables. The next attempt starts from zero. Private to
 * this folder.
 */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "load/loader.h"
#include "run/state.h"

struct attempt {
    struct run *run;
    struct loader *loader;
    char loaded_at[JOURNAL_TIME_BYTES];
    bool *becomes_table; /* by plan table: its staging is to become it */
    int64_t lines;       /* of all sources */
    int64_t roots;
    int64_t skipped;
    int64_t fed_ns; /* that went into lines */
};

#endif
