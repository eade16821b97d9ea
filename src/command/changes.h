/*
 * changes - what the next run of a job would change in the database, and the
 * tables of the job that its query no longer uses.
 */
#ifndef COMMAND_CHANGES_H
#define COMMAND_CHANGES_H

#include "job/job.h"
#include "journal/relation.h"
#include "run/tables.h"

struct changes {
    const char *created; /* statements for what does not exist yet; or "" */
    const char *altered; /* for tables that exist: new columns, types; or "" */
    struct journal_relations left; /* tables that the query no longer uses */
    struct tables tables;          /* as they are */
};

/* Compare the plan with the database. Everything is in the job's arena. */
MUST_CHECK bool
changes_find(struct changes *changes, struct job *job, struct err *err);

/* Append `left` as SQL comments; nothing if there are none. */
void changes_append_left(struct buf *sql, const struct changes *changes);

#endif
