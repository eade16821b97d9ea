/*
 * ids - the objects that `bulkpg run JOB --ids FILE` names, one id per line.
 *
 * With a store, a line may also be the number of a gid, as the tables have it.
 */
#ifndef COMMAND_IDS_H
#define COMMAND_IDS_H

#include "job/job.h"

struct ids {
    struct ids_line {
        const char *text;
        int number; /* from 1 */
    } * lines;

    size_t count;
    const char *name; /* of the file, for messages */
};

/* Read the file, or standard input if `path` is "-". Blank lines are left out.
 * Everything is in `arena`. */
MUST_CHECK bool ids_read(struct ids *ids, const char *path, struct arena *arena,
                         struct err *err);

/* Set job->ids: the ids as the job's API knows them, each once, in the job's
 * arena. ERR_CONFIG if the query's roots cannot be fetched by ids, ERR_USAGE
 * for an id of another type. */
MUST_CHECK bool
ids_of_job(const struct ids *ids, struct job *job, struct err *err);

#endif
