/*
 * by_ids - can the roots of a job's query be fetched by their ids?
 *
 * The query must have one root, a connection that neither limits nor selects
 * its rows: an own filter would not apply to rows that are fetched by their
 * ids.
 */
#ifndef JOB_BY_IDS_H
#define JOB_BY_IDS_H

#include "job/job.h"

struct pages_connection;

/* The root of a prepared job. NULL with ERR_CONFIG: it cannot. */
const struct pages_connection *by_ids_root(struct job *job, struct err *err);

/* The GraphQL type of its rows; NULL: it cannot, or they have several types. */
const char *by_ids_type(struct job *job);

#endif
