/*
 * page - loads the pages of a paged run. Each page commits together with the
 * data from which another process can continue. Private to this folder.
 */
#ifndef RUN_PAGE_H
#define RUN_PAGE_H

#include "journal/reject.h"
#include "run/attempt.h"

/* Load and commit one page after the other, from the open `source` through
 * `lines` and the attempt's loader, until the last one. The head of the run's
 * frontier, run->head, is that of the last committed page, even after a
 * failure. */
MUST_CHECK bool page_feed_all(struct attempt *attempt, struct source *source,
                              struct lines *lines, struct err *err);

/* Keep a rejected line for the transaction of its page. Copies it. */
void page_keep_reject(struct run *run, const struct journal_reject *reject);

/* There are too many rejects: write those of the page now, because the page
 * will not be committed. */
MUST_CHECK bool page_save_rejects(struct run *run, struct err *err);

void page_rejects_free(struct page_rejects *rejects);

#endif
