/*
 * plan_json - a plan for tools: `bulkpg plan --json`.
 */
#ifndef APP_PLAN_JSON_H
#define APP_PLAN_JSON_H

#include "app/changes.h"
#include "base/buf.h"
#include "job/job.h"

/* `changes` NULL: the database was not looked at. */
void plan_json_append(struct buf *json, const struct job *job,
                      const struct changes *changes);

#endif
