/*
 * source - where the bytes of a result come from: the store's download, a
 * file, or standard input, packed or not; and, with --keep, a copy of them.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdint.h>

#include "job/context.h"
#include "json/lines.h"
#include "shopify/bulk.h"
#include "shopify/download.h"
#include "source/gunzip.h"
#include "source/keep.h"

/* What was said about a result; -1 where nothing was. */
struct source_claims {
    const char *who; /* said so, for messages: "the store" */
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
};

struct source {
    struct source_claims claims;
    /* one of the two: */
    const struct bulk_operation *operation;
    struct session *session; /* of its store */
    const char *path;        /* of a file; "-" is standard input */
    char asked_at[40]; /* when the store began with a file's result; "" where
                        * its sidecar does not say */

    char made_by[64]; /* the plan's hash in its sidecar, likewise */

    struct keep keep;      /* where a copy of an operation's result goes */
    const char *document;  /* for its sidecar: as it was submitted, */
    const char *plan_hash; /* and the plan that it is of */

    struct context *context;
    const struct log_ctx *log;
    struct download *download;
    int fd; /* of a file that is open; 0 standard input; else -1 */
    char *buffer;
    struct gunzip *gunzip; /* NULL: the bytes are as they come */
    char *unpacked;
    struct span packed; /* in the buffer, to be unpacked */
    int64_t read_ns;    /* waiting for bytes, and reading them */
    int64_t feed_ns;    /* in what takes the lines */
    bool used;          /* standard input cannot be read twice */
    bool begun;         /* the first chunk has been read */
    bool ended;         /* and the last one */
};

/* Ready to be read from its first byte, again if need be. */
MUST_CHECK bool source_open(struct source *source, struct err *err);

/* The next bytes, borrowed until the next call; empty at the end. */
MUST_CHECK bool
source_read(struct source *source, struct span *chunk, struct err *err);
void source_close(struct source *source);

/* The result is whole and was verified: give the copy its name. Before it is
 * closed. */
MUST_CHECK bool source_keep(struct source *source, struct err *err);

/* How long it is, as was said or as a file's size tells; -1: nobody knows. */
int64_t source_bytes(const struct source *source);

/* When the store began to work on the result, as it wrote it; or "". */
const char *source_asked_at(const struct source *source);

/* From the first byte to the last through `lines`. */
MUST_CHECK bool
source_feed(struct source *source, struct lines *lines, struct err *err);

#endif
