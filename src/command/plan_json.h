/*
 * plan_json - a plan as JSON, for tools: `bulkpg plan --json`.
 */
#ifndef COMMAND_PLAN_JSON_H
#define COMMAND_PLAN_JSON_H

#include "base/buf.h"
#include "command/changes.h"
#include "job/job.h"
#include "plan/expense.h"

/* Append the plan. `terms` are those of a query that is read by pages;
 * `changes` is NULL if the database was not asked. */
void plan_json_append(struct buf *json, const struct job *job,
                      const struct expense_terms *terms,
                      const struct changes *changes);

#endif
