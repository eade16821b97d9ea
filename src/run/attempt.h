/*
 * attempt - one attempt of a run to load its results, with one loader and one
 * set of staging tables. The next attempt starts from zero; that of a paged run
 * continues after the last committed page. Private to this folder.
 */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "load/loader.h"
#include "run/state.h"

struct attempt {
    struct run *run;
    struct loader *loader;
    bool continues; /* a paged run, whose staging has pages already */
    char loaded_at[JOURNAL_TIME_BYTES]; /* "": `loading` is not recorded yet */
    bool *becomes_table; /* by plan table: create the table by renaming its
                          * staging table */
    struct loader_ahead *ahead; /* the loader's; NULL: of an earlier attempt */
    struct known **known;       /* by plan table: its rows' hashes, which are
                                 * read already. Staging is created when the
                                 * first row must be sent; NULL: it is made
                                 * before */
    int64_t lines;              /* sums over all sources */
    int64_t roots;
    int64_t skipped;
    int64_t fed_ns; /* time spent in the consumer of the lines */
};

#endif
