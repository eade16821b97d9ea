/*
 * status_push - the part of `status` about pushes: the last one of each job.
 */
#ifndef COMMAND_STATUS_PUSH_H
#define COMMAND_STATUS_PUSH_H

#include "journal/push.h"
#include "json/write.h"

/* Did the push fail, or leave rows that were not applied? */
bool status_push_is_failed(const struct journal_push *push);

/* Print a table to stdout; nothing without pushes. */
void status_push_print(const struct journal_pushes *pushes);

/* Append an array. */
void
status_push_append(struct json_out *json, const struct journal_pushes *pushes);

#endif
