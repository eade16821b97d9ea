/*
 * reject - bulkpg.reject: lines that could not be loaded, kept even
 * when the run fails.
 */
#ifndef JOURNAL_REJECT_H
#define JOURNAL_REJECT_H

#include "base/span.h"
#include "journal/run.h"

struct journal_reject {
    const char *operation_id; /* NULL: none */
    int64_t line_number;
    int64_t byte_offset;
    const char *table_name; /* NULL: not known, as is the next */
    const char *object_id;
    const char *reason;
    struct span raw; /* the first MiB of it is kept */
};

/* ERR_LATER (TAKEN_OVER) when somebody else has taken the run over, whose
 * rejects these are not. */
MUST_CHECK bool
journal_reject_add(struct journal *journal, const struct run_ref *run,
                   const struct journal_reject *rejects, size_t count,
                   struct err *err);

/* The run's loading begins anew: forget them, while it is ours. */
MUST_CHECK bool
journal_reject_clear(struct journal *journal, const struct run_ref *run,
                     struct err *err);

struct journal_rejects {
    struct journal_reject *rejects; /* by line */
    size_t count;
};

/* The first `limit`, with at most 4 KiB of `raw` each. */
MUST_CHECK bool
journal_list_rejects(struct journal *journal, int64_t run_id, int64_t limit,
                     struct arena *arena, struct journal_rejects *rejects,
                     struct err *err);

#endif
