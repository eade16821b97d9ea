/*
 * keep - the copy of a result that run --keep writes, and its sidecar.
 *
 *     NAME.jsonl.part  ─► NAME.jsonl and NAME.jsonl.meta.json
 *
 * Under its name there is only a result that came whole and passed its
 * checks: what a run that failed or was killed leaves is NAME.jsonl.part. Both
 * files are readable by their owner only: results hold customers' data.
 */
#ifndef SOURCE_KEEP_H
#define SOURCE_KEEP_H

#include "base/err.h"
#include "base/span.h"

struct keep {
    const char *path; /* in the end; NULL: no copy is kept */
    int fd;           /* of the part; < 0: not open */
    int64_t bytes;    /* written so far, */
    int64_t started;  /* and how many of them are on their way to the disk */
    bool is_whole;    /* all of the result is in the part */
};

/* Begin the part, instead of any that is there. ERR_CONFIG, as below. */
MUST_CHECK bool keep_open(struct keep *keep, struct err *err);

/* The next bytes of the result; none at its end. ERR_FAILED. */
MUST_CHECK bool
keep_write(struct keep *keep, struct span bytes, struct err *err);

/* The whole result is good: it and `sidecar` get their names. ERR_FAILED. */
MUST_CHECK bool
keep_finish(struct keep *keep, struct span sidecar, struct err *err);

/* A part that is not whole is removed. */
void keep_close(struct keep *keep);

/* Remove the parts that runs of this job left in the folder when they were
 * killed. */
void keep_clean(const char *directory, const char *store, const char *job);

/* <path>.meta.json; false if that is longer than a path can be. */
enum { KEEP_PATH_BYTES = 4096 };

bool keep_sidecar_path(const char *path, char sidecar[KEEP_PATH_BYTES]);

#endif
