/*
 * plan_dbt - the tables of a plan as dbt sources: `bulkpg plan --dbt`.
 */
#ifndef COMMAND_PLAN_DBT_H
#define COMMAND_PLAN_DBT_H

#include "base/buf.h"
#include "job/job.h"

/* Append a sources.yml with the job's tables. The source is the store. The
 * files of several jobs can be used together. */
void plan_dbt_append(struct buf *yaml, const struct job *job);

#endif
