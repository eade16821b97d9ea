/*
 * source - the bytes of one result, wherever they come from.
 *
 *     open ─► read … read ─► (keep) ─► close        open again: from byte 0
 *
 * A source is what its five or six functions say it is: a download
 * (source/download.h), a file or standard input (source/file.h), or another
 * source with a copy of it on disk (source/copy.h). The caller asks for the
 * next bytes and never how they came.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "json/lines.h"

/* What was said about a result; -1 where nothing was. */
struct source_claims {
    const char *who; /* said so, for messages: "the store" */
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
};

struct source;

struct source_ops {
    /* Ready to be read from the first byte, again if need be. */
    bool (*open)(struct source *source, struct err *err);

    /* The next bytes, borrowed until the next call; empty at the end. */
    bool (*read)(struct source *source, struct span *chunk, struct err *err);

    /* The result is whole and was verified; before it is closed. NULL: that
     * changes nothing. */
    bool (*keep)(struct source *source, struct err *err);

    void (*close)(struct source *source);

    /* How long it is; -1: not known. */
    int64_t (*size)(const struct source *source);

    void (*free)(struct source *source);
};

/* The first member of each implementation. */
struct source {
    const struct source_ops *ops;
    struct source_claims claims;
    const char *name;         /* of a file, for messages */
    const char *operation_id; /* that made it; NULL: not known */
    const char *asked_at;     /* when the store began with it, as it wrote it;
                               * "" : not known */
    const char *odd_count;    /* a count of the store's that is not a number;
                               * "" : none */
    bool is_of_query; /* it is known which query made it, and that it is ours
                       * or may be loaded with ours */
    int64_t read_ns;  /* source_feed(): waiting for bytes, and reading them */
    int64_t feed_ns;  /* in what takes the lines */
};

MUST_CHECK bool source_open(struct source *source, struct err *err);
MUST_CHECK bool
source_read(struct source *source, struct span *chunk, struct err *err);
MUST_CHECK bool source_keep(struct source *source, struct err *err);
void source_close(struct source *source);
int64_t source_size(const struct source *source);
void source_free(struct source *source); /* NULL is none */

/* From the first byte to the last through `lines`; open before. */
MUST_CHECK bool
source_feed(struct source *source, struct lines *lines, struct err *err);

#endif
