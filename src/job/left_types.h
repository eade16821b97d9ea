/*
 * left_types - the types of columns whose fields a store does not have.
 */
#ifndef JOB_LEFT_TYPES_H
#define JOB_LEFT_TYPES_H

#include "job/job.h"

/* Such a column has the type that the job's own table has, or else the table
 * of the same job of another store. Without a journal none is known. */
MUST_CHECK bool left_types_find(struct job *job, struct gql_optional *optional,
                                struct err *err);

#endif
