/*
 * plan_json - a plan for tools: `bulkpg plan --json`.
 */
#ifndef COMMAND_PLAN_JSON_H
#define COMMAND_PLAN_JSON_H

#include "base/buf.h"
#include "command/changes.h"
#include "job/job.h"

/* `changes` NULL: the database was not looked at. */
void plan_json_append(struct buf *json, const struct job *job,
                      const struct changes *changes);

#endif
