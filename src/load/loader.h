/*
 * loader - lines in, rows in staging tables.
 *
 *     line ─► record ─► route ─► rows ─► batches ─► pipelines ─► staging
 *
 * A fixed ring of batches limits how much is in flight. If no batch is free,
 * loader_line() waits for an answer of the server, and the caller reads no
 * further lines meanwhile. Either all rows of a line are staged, or the line is
 * rejected.
 *
 * The lines of a paged run come page by page. A page is one transaction, to
 * which the caller adds statements:
 *
 *     loader_begin_page ─► loader_line … ─► loader_end_page ─► [loader_remove]
 *          ▲                                                        │
 *          └─────────────────── the caller commits ◄────────────────┘
 *
 * After a failure nothing of the page is in staging. Staging is kept, and the
 * next loader continues with this page.
 */
#ifndef LOAD_LOADER_H
#define LOAD_LOADER_H

#include <stdint.h>

#include "base/err.h"
#include "base/hmac.h"
#include "base/span.h"
#include "json/lines.h"
#include "load/known.h"
#include "load/refused.h"
#include "pg/conn.h"
#include "pg/pool.h"
#include "plan/plan.h"

/* A line that cannot be loaded. Everything in it is valid only during the
 * call. */
struct reject {
    int operation;        /* number, from 1 */
    uint64_t line_number; /* in that operation's result */
    uint64_t byte_offset;
    const char *table_name; /* "" if the table is not known */
    const char *object_id;  /* "" if the line has no readable id */
    const char *code;
    const char *reason;
    const char *remedy;
    struct span raw; /* empty if the query has @mask */
};

/* Queue a statement that fails if the run is not ours any more. It is the first
 * one of each transaction, so nothing after it has an effect. Zero: none. */
struct loader_fence {
    void (*queue)(void *ctx, struct pg_conn *conn);
    void *ctx;
};

struct loader_config {
    const char *dsn;
    const char *application_name;
    struct pg_pool *sessions; /* of earlier loads; NULL: each opens its own */
    int connections;
    int64_t answer_timeout_ms;
    bool shares_transactions; /* many batches share one COMMIT */
    const char *schema;
    uint64_t hash_secret;            /* of the journal: see load/hash.h */
    const struct hmac_key *mask_key; /* of @mask(how: HASH); NULL: none */
    int64_t run_id;
    bool is_paged;  /* it has one connection, and lines of valid UTF-8 */
    bool continues; /* a paged run, whose staging has pages already */
    struct loader_fence fence;     /* of the creation of staging */
    const struct refused *refused; /* lines refused in an earlier attempt */
    /* Takes a reject. May wait; a failure ends the load. */
    bool (*on_reject)(void *ctx, const struct reject *reject, struct err *err);
    /* Called if the gid type of a line's id must decide on its table, and no
     * connection has the type. Sets *held if the table's id column already has
     * ids of the type; the line may then belong to it. May wait; a failure
     * ends the load. If it is NULL, such lines are rejected. */
    bool (*on_gid_type)(void *ctx, const struct plan_table *table,
                        const char *type, bool *held, struct err *err);
    void *ctx;
};

/* Counts of one operation's result, so far. */
struct loader_counts {
    uint64_t lines; /* without blank ones */
    uint64_t roots; /* accepted lines without a __parentId */
    uint64_t rejects;
    uint64_t rejects_unclear; /* rejects without a readable __parentId: they
                               * may be roots */
    uint64_t skipped;         /* accepted lines of tables with skip: true */
    uint64_t sanitized;       /* escapes that were replaced by U+FFFD */
};

/* Where the time goes. Reading the clock for each line would cost too much, so
 * only every 61st line is measured. Results often repeat in rounder numbers,
 * and every 61st line is a fair sample. */
struct loader_times {
    int64_t send_ns;   /* sending batches, and waiting for their answers */
    int64_t parse_ns;  /* of the measured lines */
    int64_t encode_ns; /* of the measured lines, without sending */
};

/* Staged rows of one table that a paged run deletes. */
struct loader_removal {
    const struct plan_table *table;
    const char *parent_id; /* below this parent, as in an answer; NULL: all */
    const char *id;        /* one row, as in an answer; NULL: all */
};

struct loader;

enum { LOADER_LINE_BYTES_MAX = 64 * 1024 * 1024 };

/* `plan` must outlive the loader. The loader sets the types of its gid domains
 * from the ids in the lines. */
struct loader *
loader_new(struct plan *plan, const struct loader_config *config);
void loader_free(struct loader *loader);

/* What can begin before the plan is final: connections are opened, and staging
 * is created in the caller's transaction on `control`, which it queues and
 * commits: see load/stage.h. Only if the plan and `becomes_table` turn out to
 * be the same, staging is used. */
struct loader_ahead;
struct loader_ahead *loader_ahead_new(const struct loader_config *config);
void loader_ahead_stage(struct loader_ahead *ahead, struct pg_conn *control,
                        const struct plan *plan, const bool *becomes_table);
void loader_ahead_committed(struct loader_ahead *ahead);
void loader_ahead_free(struct loader_ahead *ahead); /* NULL is none */

/* The loader uses it in loader_stage(), and owns it. */
void loader_take(struct loader *loader, struct loader_ahead *ahead);

/* Begin to open the database connections; meanwhile create the staging tables
 * with the session `control`, and commit. If the loader continues, the tables
 * exist: those of columns that have become wider are changed.
 * `becomes_table` says, per table of the plan, whether its staging will be
 * renamed and become the table. */
MUST_CHECK bool loader_stage(struct loader *loader, struct pg_conn *control,
                             const bool *becomes_table, struct err *err);

/* In place of loader_stage() and loader_connect(), if every table will have a
 * set (loader_compare()): `stage` is called when the first row must be sent. It
 * calls loader_stage(), and adds what the caller needs. Only waits until the
 * connections are open; what follows is done then, too. */
typedef bool loader_stage_fn(void *ctx, struct err *err);
MUST_CHECK bool
loader_stage_later(struct loader *loader, loader_stage_fn *stage, void *ctx,
                   struct err *err);

/* True if no row had to be sent, so that staging was not created. */
bool loader_is_unstaged(const struct loader *loader);

/* "_stage_<run_id>_<n>", the name of a table's staging. */
const char *loader_stage_name(const struct loader *loader, int table);

/* Wait until the connections are open, and prepare their statements, then start
 * their pipelines. Without these calls the loader discards the rows after it
 * has encoded them. */
MUST_CHECK bool loader_connect(struct loader *loader, struct err *err);
MUST_CHECK bool loader_start(struct loader *loader, struct err *err);

/* Between the two: the first connection, still owned by the loader. */
struct pg_conn *loader_session(const struct loader *loader);

/* Rows of the table whose hash is in `known` are marked there, and not sent.
 * The set is the loader's from now on. */
void loader_compare(struct loader *loader, int table, struct known *known);

/* The set of a table; NULL: it has none. */
struct known *loader_known(const struct loader *loader, int table);

/* Of a table with a set: has any row that came a value in this column? */
bool loader_has_value(const struct loader *loader, int table, int column);

/* Begin the result of operation number `operation`. `asked_at` is the time at
 * which the store began the operation, in the store's own format; NULL or "" if
 * it is not known. */
void loader_begin_operation(struct loader *loader, int operation,
                            const char *asked_at);

/* Continue the result of a paged run, after loader_begin_operation(): so much
 * of it was counted before. */
void loader_continue(struct loader *loader, const struct loader_counts *counts);

/* Begin a page. Its first line has the number `line`. */
MUST_CHECK bool
loader_begin_page(struct loader *loader, uint64_t line, struct err *err);

/* Count rows of the page that the API could not give: a line and a reject
 * each. */
void loader_count_missing(struct loader *loader, uint64_t rows);

/* Send the rest of the page, and wait until the server has accepted it. Its
 * transaction is open on *conn, which the loader still owns; the caller adds to
 * it and commits. */
MUST_CHECK bool
loader_end_page(struct loader *loader, struct pg_conn **conn, struct err *err);

/* After loader_end_page(): delete rows of earlier pages, and all rows below
 * them, in the page's transaction. They do not count any more. Lines of a copy
 * that ask for the same are followed when the copy is loaded. */
MUST_CHECK bool
loader_remove(struct loader *loader, const struct loader_removal *removals,
              size_t count, struct err *err);

/* Take one line; this is a lines_on_line. The lines of a large result are
 * parsed ahead (json/tandem.h): a line is taken, and may fail, when a later one
 * comes, or at the end of the operation. After ERR_ROW with the code WIDEN,
 * call loader_widen() and restart the load. Any other failure ends the load. */
MUST_CHECK bool
loader_line(void *loader, const struct line *line, struct err *err);

/* The operation's result has ended: take the lines that are left. */
MUST_CHECK bool loader_end_operation(struct loader *loader, struct err *err);

const struct loader_counts *loader_counts(const struct loader *loader);
struct loader_times loader_times(const struct loader *loader);

/* Widen, in the plan, the id domain or the column that did not fit: ids become
 * text, a bigint becomes numeric. Appends the names of the columns that change
 * ("products.id") to `note`. */
void loader_widen(struct loader *loader, struct buf *note);

/* After a failure for which refused_is_row() is true: add the refused lines to
 * `refused`. If there are none, no row caused the failure. */
MUST_CHECK bool
loader_isolate(struct loader *loader, struct refused *refused, struct err *err);

/* Send the remaining batches, and wait until the server has accepted all of
 * them. A paged run has none. */
MUST_CHECK bool loader_finish(struct loader *loader, struct err *err);

/* The gid type of the first root, if no root of the result has a gid type that
 * the query's roots can have: then the file belongs to another query, and *root
 * is the table that it should have fit. Otherwise NULL. */
const char *
loader_other_roots(const struct loader *loader, const struct plan_table **root);

/* Return how many rows of the table have a count of their children that is
 * negative or not a number. */
uint64_t loader_odd_counts(const struct loader *loader, int table);

/* True if tally.h proves that the store did not truncate this connection: each
 * parent has as many rows as it counted, or, without a count, too few rows for
 * a truncation. It holds only if no key appears twice. Lines that were cut from
 * pages are not counted: the walk has proven that they are complete. */
bool loader_has_all_rows(const struct loader *loader, int table);

/* Leave pipeline mode. Returns the first database connection, for the merge;
 * NULL if there is none. The loader still owns it. */
struct pg_conn *loader_release(struct loader *loader);

/* Lines that were rejected after some of their rows had been sent: values of
 * staging's _line, as the text of a bigint[]. NULL if there are none. */
const char *loader_void_lines(const struct loader *loader);

#endif
