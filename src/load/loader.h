/*
 * loader - lines in, rows in staging tables.
 *
 *     line ─► record ─► route ─► rows ─► batches ─► pipelines ─► staging
 *
 * A fixed ring of batches is the only bound on what is under way: when none
 * is free, loader_line() waits until a sync has come back, and whoever feeds
 * it does not read on meanwhile. The rows of one line are staged together or
 * the line is rejected.
 */
#ifndef LOAD_LOADER_H
#define LOAD_LOADER_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "json/lines.h"
#include "load/refused.h"
#include "pg/conn.h"
#include "plan/plan.h"

/* A line that cannot be loaded; borrowed for the call. */
struct reject {
    int operation;        /* number, from 1 */
    uint64_t line_number; /* in that operation's result */
    uint64_t byte_offset;
    const char *table_name; /* "" before it was routed */
    const char *object_id;  /* "" where it could not be read */
    const char *code;
    const char *reason;
    const char *remedy;
    struct span raw;
};

struct loader_config {
    const char *dsn;
    const char *application_name;
    int connections;
    int64_t answer_timeout_ms;
    bool shares_transactions; /* many batches commit together */
    const char *schema;
    int64_t run_id;
    const struct refused *refused; /* lines that an earlier try was refused */
    /* May wait; a failure ends the load. */
    bool (*on_reject)(void *ctx, const struct reject *reject, struct err *err);
    /* A line that only its id could route has a gid type that no connection
     * gives: does the table's id column hold it? NULL: not asked. As above. */
    bool (*on_gid_type)(void *ctx, const struct plan_table *table,
                        const char *type, bool *held, struct err *err);
    void *ctx;
};

/* What one operation's result has come to. */
struct loader_counts {
    uint64_t lines; /* that are not blank */
    uint64_t roots; /* accepted, without __parentId */
    uint64_t rejects;
    uint64_t rejects_unclear; /* of them without a readable __parentId */
    uint64_t skipped;         /* accepted lines of tables with skip: true */
    uint64_t sanitized;       /* escapes that became U+FFFD */
};

/* Where the time goes. No clock is read per line: every 61st is measured, and
 * what it took in parts stands for the others. 61 since results repeat in
 * rounder numbers. */
struct loader_times {
    int64_t send_ns;   /* sending, and waiting for what was sent */
    int64_t parse_ns;  /* of the lines that were measured, */
    int64_t encode_ns; /* without what they sent */
};

struct loader;

enum { LOADER_LINE_BYTES_MAX = 64 * 1024 * 1024 };

/* `plan` is borrowed and its gid domains learn from what comes. */
struct loader *
loader_new(struct plan *plan, const struct loader_config *config);
void loader_free(struct loader *loader);

/* Make the staging tables through `control`, committed before this returns.
 * `becomes_table` says, per plan table, whether staging is to become it. */
MUST_CHECK bool loader_stage(struct loader *loader, struct pg_conn *control,
                             const bool *becomes_table, struct err *err);

/* "_stage_<run_id>_<n>" of a table. */
const char *loader_stage_name(const struct loader *loader, int table);

/* Open the connections and prepare their statements. Without this call the
 * loader parses and encodes, and throws the rows away. */
MUST_CHECK bool loader_connect(struct loader *loader, struct err *err);

/* Begin the result of operation number `operation`, which the store began to
 * work on at `asked_at`, as it wrote it; NULL or "" where that is not known. */
void loader_begin_operation(struct loader *loader, int operation,
                            const char *asked_at);

/* Take one line. ERR_ROW with the code WIDEN: loader_widen() and begin the
 * load again. Other failures end it. Signature of lines_on_line. */
MUST_CHECK bool
loader_line(void *loader, const struct line *line, struct err *err);
const struct loader_counts *loader_counts(const struct loader *loader);
struct loader_times loader_times(const struct loader *loader);

/* Widen what was in the way: a domain of ids becomes text, a bigint numeric.
 * Appends which columns that are ("products.id") to `note`. */
void loader_widen(struct loader *loader, struct buf *note);

/* After a failure that refused_is_row(): find the lines. Nothing found: it was
 * no row. */
MUST_CHECK bool
loader_isolate(struct loader *loader, struct refused *refused, struct err *err);

/* Send what is left and wait until every batch is in. */
MUST_CHECK bool loader_finish(struct loader *loader, struct err *err);

/* The gid type of the first root, if no root that came has one that the query's
 * roots can have; else NULL. */
const char *loader_other_roots(const struct loader *loader);

/* Rows of the table whose own count of what is below them is negative or not a
 * number. */
uint64_t loader_odd_counts(const struct loader *loader, int table);

/* Each parent has the rows of a connection that it counted, none has so many
 * that they may have been cut, as far as that can be told without asking the
 * server; and if no key came twice. */
bool loader_has_all_rows(const struct loader *loader, int table);

/* Leave pipeline mode; the first connection, for the merge, NULL when there
 * is none. Still owned by the loader. */
struct pg_conn *loader_release(struct loader *loader);

/* Lines rejected after some of their rows had been sent, as bigint[] text of
 * staging's _line values; NULL when there are none. */
const char *loader_void_lines(const struct loader *loader);

#endif
