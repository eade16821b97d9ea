/*
 * plan_compare - of which tables a full run sends only the rows that changed.
 */
#ifndef COMMAND_PLAN_COMPARE_H
#define COMMAND_PLAN_COMPARE_H

#include "command/changes.h"

/* Why a full run sends all rows of a table; NULL: it sends those that changed.
 * `changes` is NULL if the database was not asked. */
const char *
plan_compare_against(const struct job *job, const struct changes *changes,
                     const struct plan_table *table);

/* Append the tables, each with the reason if all its rows are sent, as SQL
 * comments. */
void plan_compare_append(struct buf *text, const struct job *job,
                         const struct changes *changes);

#endif
