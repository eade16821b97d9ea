/*
 * first_rows - a job's query as an ordinary request for few rows. The answer
 * shows which fields the store denies.
 */
#ifndef JOB_FIRST_ROWS_H
#define JOB_FIRST_ROWS_H

#include "job/job.h"
#include "job/store.h"
#include "plan/pages.h"

/* Send the document of a bulk query for the first `rows` rows of each
 * connection. False also if the answer has errors; they are in `answer`. */
MUST_CHECK bool first_rows_bulk(struct job *job, int rows, struct arena *arena,
                                struct answer *answer, struct err *err);

/* Send the first page, of one row, of a root that is read by pages. The answer
 * may have errors beside its data. */
MUST_CHECK bool
first_rows_page(struct job *job, const struct pages_connection *root,
                struct arena *arena, struct reply *reply, struct err *err);

#endif
