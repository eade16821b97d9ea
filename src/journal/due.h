/*
 * due - what decides whether a job must run again: its last good run, and how
 * its newest run ended.
 *
 * Neither a replay nor a run with --ids counts, and a run with --since is not
 * a good run. job/due.h has the rule.
 */
#ifndef JOURNAL_DUE_H
#define JOURNAL_DUE_H

#include "journal/journal.h"

struct journal_due_job {
    const char *store;
    const char *job;
};

struct journal_due {
    /* Also below 0 if the clock was set back since. */
    int64_t good_age_ms;  /* since the last good run began; -1: none */
    int64_t last_age_ms;  /* since the newest run began; -1: none */
    int64_t last_rest_ms; /* since it ended; -1: it has not */
    bool has_failed;      /* the newest run; also if it may be resumed, or is
                           * not known to be complete */
    bool has_rejects;     /* it is loaded, but some lines are not */
};

/* Ask for many jobs at once. `seen` has room for `count` answers. */
MUST_CHECK bool
journal_due(struct journal *journal, const struct journal_due_job *jobs,
            size_t count, struct journal_due *seen, struct err *err);

#endif
