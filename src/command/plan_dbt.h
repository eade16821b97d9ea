/*
 * plan_dbt - a plan's tables as sources of dbt: `bulkpg plan --dbt`.
 */
#ifndef COMMAND_PLAN_DBT_H
#define COMMAND_PLAN_DBT_H

#include "base/buf.h"
#include "job/job.h"

/* A sources.yml of the job's tables: the source is the store. Files of several
 * jobs can stand beside each other. */
void plan_dbt_append(struct buf *yaml, const struct job *job);

#endif
