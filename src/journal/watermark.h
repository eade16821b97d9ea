/*
 * watermark - bulkpg.watermark: how far a (store, job) is read. A
 * merge moves it: journal/merge.h.
 */
#ifndef JOURNAL_WATERMARK_H
#define JOURNAL_WATERMARK_H

#include "journal/journal.h"

struct journal_watermark {
    const char *high;      /* NULL: none yet */
    const char *from;      /* `overlap_ms` before it, whole seconds; or NULL */
    const char *last_full; /* NULL: never */
    int64_t last_full_age_ms; /* -1: never */
};

MUST_CHECK bool
journal_watermark(struct journal *journal, const char *store, const char *job,
                  int64_t overlap_ms, struct arena *arena,
                  struct journal_watermark *watermark, struct err *err);

/* Forget when all was last fetched: the next run is full. */
MUST_CHECK bool journal_forget_full(struct journal *journal, const char *store,
                                    const char *job, struct err *err);

#endif
