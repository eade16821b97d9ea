/*
 * watermark - bulkpg.watermark: the time up to which a job has loaded all
 * changes. A merge moves it (journal/merge.h).
 */
#ifndef JOURNAL_WATERMARK_H
#define JOURNAL_WATERMARK_H

#include "journal/journal.h"

struct journal_watermark {
    const char *high;         /* NULL: none yet */
    const char *from;         /* `overlap_ms` before `high`, in whole seconds */
    const char *last_full;    /* start of the last full run; NULL: none */
    int64_t last_full_age_ms; /* -1: none */
};

MUST_CHECK bool
journal_watermark(struct journal *journal, const char *store, const char *job,
                  int64_t overlap_ms, struct arena *arena,
                  struct journal_watermark *watermark, struct err *err);

/* Clear last_full, so that the next run is full. */
MUST_CHECK bool journal_forget_full(struct journal *journal, const char *store,
                                    const char *job, struct err *err);

/* Ask ahead what journal_watermark() asks: see pg/queue.h. */
void
journal_watermark_ahead(struct pg_conn *conn, const void *owner,
                        const char *store, const char *job, int64_t overlap_ms);

#endif
