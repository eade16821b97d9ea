/*
 * source - the bytes of one result.
 *
 *     open ─► read … read ─► (keep) ─► close        open again: from byte 0
 *
 * A source is a download (source/download.h), a file or standard input
 * (source/file.h), or another source that is also copied to disk
 * (source/copy.h). The caller sees no difference between them.
 *
 * A source of pages (ops->page is set; walk/walk.h) is read one page at a
 * time, and each page is committed before the next one is read:
 *
 *     open ─► read ─► page ─► the caller commits both ─► committed ─┐
 *               ▲                                                   │
 *               └───────────────────────────────────────────────────┘
 *                      until page() has set is_last
 *
 * read() gives all lines of the page in one chunk, which may be empty. It
 * waits for the page. If a page was not committed, because the attempt failed,
 * it comes first when the source is opened again.
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "json/lines.h"

/* Counts that a result must have; -1: not announced. */
struct source_claims {
    const char *who; /* announced them, for messages: "the store" */
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
};

struct source;
struct frontier_page;  /* journal/frontier.h */
struct journal_reject; /* journal/reject.h */

/* What belongs to a page beside its lines, borrowed until committed(). */
struct source_page {
    const struct frontier_page *frontier; /* what is to be asked next */
    const struct journal_reject *rejects; /* rows that the API cannot give */
    size_t reject_count;
    bool is_last; /* the walk ends with this page */
};

struct source_ops {
    /* Prepare to read from the first byte. After close() it may be called
     * again. */
    bool (*open)(struct source *source, struct err *err);

    /* The next bytes, borrowed until the next call; empty at the end. */
    bool (*read)(struct source *source, struct span *chunk, struct err *err);

    /* Of a source of pages, else NULL: what belongs to the page that was read;
     * and that the page was committed. */
    void (*page)(const struct source *source, struct source_page *page);
    void (*committed)(struct source *source);

    /* The whole result was read and verified. Called before close(). May be
     * NULL. */
    bool (*keep)(struct source *source, struct err *err);

    void (*close)(struct source *source);

    /* Size of the result in bytes; -1: not known. */
    int64_t (*size)(const struct source *source);

    void (*free)(struct source *source);
};

/* The first member of each implementation. */
struct source {
    const struct source_ops *ops;
    struct source_claims claims;
    const char *name;         /* for messages: a path, or an operation's id */
    const char *operation_id; /* NULL: not known */
    const char *asked_at;     /* the operation's createdAt; "": not known */
    const char *odd_count;    /* a count of the store that is not a number;
                               * "": none */
    const char *incomplete;   /* why a load of the saved result must remove no
                               * rows; of pages, known with the last one.
                               * NULL: the result is whole */
    const char *window;       /* of a saved result that has only some of the
                               * roots: which ones. NULL: it has all of them */
    const char *const *left_out; /* fields that a saved result does not have,
                                  * up to NULL; NULL: none */
    bool is_of_query;  /* the result is known to be of this job's query, or the
                        * user accepts another one (--any-query) */
    bool is_partial;   /* the result of a failed operation: its last line may
                        * be cut */
    bool is_read_once; /* the source cannot be opened a second time */
    int64_t read_ns;   /* time that source_feed() spent in source_read() */
    int64_t feed_ns;   /* and in the consumer of the lines */
};

MUST_CHECK bool source_open(struct source *source, struct err *err);
MUST_CHECK bool
source_read(struct source *source, struct span *chunk, struct err *err);
MUST_CHECK bool source_keep(struct source *source, struct err *err);
bool source_has_pages(const struct source *source);
void source_page(const struct source *source, struct source_page *page);
void source_committed(struct source *source);
void source_close(struct source *source);
int64_t source_size(const struct source *source);
void source_free(struct source *source); /* may be NULL */

/* Feed an open source to `lines`, from the first byte to the last. */
MUST_CHECK bool
source_feed(struct source *source, struct lines *lines, struct err *err);

#endif
