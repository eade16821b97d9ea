/* rows: the chunks in which a result comes must not change the bytes that are
 * sent to the database, nor the rejects and their reasons. */
#include <stdint.h>
#include <stdlib.h>

#include "base/task.h"
#include "load/loader.h"
#include "load/removal.h"
#include "pg/pipe.h"
#include "pg/queue.h"
#include "support/types.h"

enum { OUTPUT_BYTES = 64 * 1024 * 1024, WIDENINGS = 100 };

static const char *const queries[] = {
    "{ products { edges { node { id title tags createdAt totalInventory "
    "variants { edges { node { id sku price position metafields { edges { node "
    "{ key value } } } } } } metafields { edges { node { namespace key } } } } "
    "} } }",
    "{ orders { edges { node { id createdAt discountApplications { edges { "
    "node { index } } } taxLines @table { title rate } } } } }",
    "{ files { edges { node { id createdAt } } } }",
};

enum { QUERIES = sizeof(queries) / sizeof(queries[0]) };

static struct types types;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a database that only records what is sent to it -------------------- */

struct pg_conn {
    int nothing;
};

struct pg_result {
    int64_t type;
};

struct pg_pipe {
    pg_pipe_done_fn *on_done;
    void *ctx;
};

static struct buf *output;
static struct pg_conn the_conn;

bool
pg_connect(const struct pg_config *config, struct pg_conn **conn,
           struct err *err)
{
    (void)config;
    (void)err;
    *conn = &the_conn;
    return true;
}

void
pg_close(struct pg_conn *conn)
{
    (void)conn;
}

int64_t
pg_round_trip_ns(const struct pg_conn *conn)
{
    (void)conn;
    return 0;
}

bool
pg_script(struct pg_conn *conn, const char *sql, struct err *err)
{
    (void)conn;
    (void)err;
    buf_append_str(output, sql);
    return true;
}

bool
pg_exec(struct pg_conn *conn, const char *sql, int count,
        const char *const *values, struct pg_result **result, struct err *err)
{
    static struct pg_result types_of_staging = {.type = 4711};

    (void)conn;
    (void)sql;
    (void)count;
    (void)values;
    (void)err;
    if (result != NULL)
        *result = &types_of_staging;
    return true;
}

bool
pg_exec_written(struct pg_conn *conn, const char *sql, int count,
                const char *const *values, struct err *err)
{
    return pg_exec(conn, sql, count, values, NULL, err);
}

int
pg_rows(const struct pg_result *result)
{
    (void)result;
    return 1;
}

/* What is queued is executed at once. */

void
pg_queue(struct pg_conn *conn, const char *sql, int count,
         const char *const *values, const struct pg_answer *answer)
{
    struct pg_result **result = answer != NULL ? answer->result : NULL;

    if (!pg_exec(conn, sql, count, values, result, NULL))
        abort();
    if (answer != NULL && answer->affected != NULL)
        *answer->affected = 0;
    if (answer != NULL && answer->number != NULL)
        *answer->number = 0;
}

void
pg_queue_script(struct pg_conn *conn, const char *sql,
                const struct pg_answer *answer)
{
    (void)answer;
    if (!pg_script(conn, sql, NULL))
        abort();
}

void
pg_queue_prepare(struct pg_conn *conn, const char *name, const char *sql,
                 uint32_t parameter_oid)
{
    if (!pg_prepare(conn, name, sql, parameter_oid, NULL))
        abort();
}

void
pg_queue_sync(struct pg_conn *conn)
{
    (void)conn;
}

bool
pg_settle(struct pg_conn *conn, struct err *err)
{
    (void)conn;
    (void)err;
    return true;
}

int64_t
pg_int64(const struct pg_result *result, int row, int column)
{
    return result->type + row + column;
}

void
pg_result_free(struct pg_result *result)
{
    (void)result;
}

const char *
pg_text(const struct pg_result *result, int row, int column)
{
    (void)result;
    (void)row;
    (void)column;
    return "old"; /* a staging table of an earlier run */
}

bool
pg_begin(struct pg_conn *conn, struct err *err)
{
    (void)conn;
    (void)err;
    return true;
}

bool
pg_commit(struct pg_conn *conn, struct err *err)
{
    (void)conn;
    (void)err;
    return true;
}

void
pg_rollback(struct pg_conn *conn)
{
    (void)conn;
}

bool
pg_check_failed(const struct err *err)
{
    (void)err;
    return false;
}

bool
pg_prepare(struct pg_conn *conn, const char *name, const char *sql,
           uint32_t parameter_oid, struct err *err)
{
    (void)conn;
    (void)name;
    (void)parameter_oid;
    (void)err;
    buf_append_str(output, sql);
    return true;
}

bool
pg_pipe_begin(struct pg_conn *conn, pg_pipe_done_fn *on_done, void *ctx,
              struct pg_pipe **pipe, struct err *err)
{
    (void)conn;
    (void)err;
    *pipe = malloc(sizeof(**pipe));
    **pipe = (struct pg_pipe){.on_done = on_done, .ctx = ctx};
    return true;
}

bool
pg_pipe_send(struct pg_pipe *pipe, const char *name, struct span parameter,
             void *batch, struct err *err)
{
    (void)err;
    buf_printf(output, "\nbatch %s %zu\n", name, parameter.length);
    buf_append_span(output, parameter);
    pipe->on_done(pipe->ctx, batch, NULL);
    return true;
}

bool
pg_pipe_prepare(struct pg_pipe *pipe, const char *name, const char *sql,
                uint32_t parameter_oid, struct err *err)
{
    (void)name;
    (void)parameter_oid;
    (void)err;
    buf_append_str(output, sql);
    pipe->on_done(pipe->ctx, NULL, NULL);
    return true;
}

struct pg_conn *
pg_pool_take(struct pg_pool *pool, const char *name)
{
    (void)pool;
    (void)name;
    return NULL;
}

void
pg_pool_give(struct pg_pool *pool, struct pg_conn *conn)
{
    (void)pool;
    pg_close(conn);
}

size_t
pg_pipe_in_flight(const struct pg_pipe *pipe)
{
    (void)pipe;
    return 0;
}

bool
pg_pipe_drain(struct pg_pipe *pipe, struct err *err)
{
    (void)pipe;
    (void)err;
    return true;
}

void
pg_pipe_end(struct pg_pipe *pipe)
{
    free(pipe);
}

/* ---- one load ---------------------------------------------------------- */

static bool
on_reject(void *ctx, const struct reject *reject, struct err *err)
{
    (void)ctx;
    (void)err;
    if (reject->reason[0] == '\0')
        abort();
    buf_printf(output, "\nreject %d %llu %llu %s %s: %s\n", reject->operation,
               (unsigned long long)reject->line_number,
               (unsigned long long)reject->byte_offset, reject->table_name,
               reject->object_id, reject->reason);
    buf_append_span(output, reject->raw);
    return true;
}

/* The size of the next chunk. `seed` 0: one chunk; 1: byte by byte; otherwise
 * random sizes. */
static size_t
next_cut(uint32_t *seed, size_t left)
{
    size_t cut;

    if (*seed == 0)
        return left;
    if (*seed == 1)
        return 1;
    *seed = *seed * 1664525U + 1013904223U;
    *seed |= 2;
    cut = 1 + (*seed >> 16) % 97;
    return cut < left ? cut : left;
}

static bool
feed(struct lines *lines, struct span stream, uint32_t seed, struct err *err)
{
    while (stream.length > 0) {
        size_t cut = next_cut(&seed, stream.length);
        char *chunk = malloc(cut); /* so that ASan checks its bounds */
        bool ok;

        memcpy(chunk, stream.bytes, cut);
        ok = lines_feed(lines, span_of(chunk, cut), err);
        free(chunk);
        if (!ok)
            return false;
        stream = span_tail(stream, cut);
    }
    return lines_finish(lines, err);
}

/* A line that removes rows must not be left out, so the load fails if it cannot
 * be read. */
static bool
may_fail(struct span stream)
{
    return memmem(stream.bytes, stream.length, REMOVAL_LINE,
                  strlen(REMOVAL_LINE)) != NULL;
}

/* Load once. False if a column must widen first. */
static bool
load_once(struct plan *plan, struct span stream, uint32_t seed)
{
    static const bool becomes_table[16];
    struct loader_config config = {.dsn = "",
                                   .connections = 1,
                                   .schema = "s",
                                   .run_id = 1,
                                   .refused = &(struct refused){0},
                                   .on_reject = on_reject};
    struct loader *loader = loader_new(plan, &config);
    const struct loader_counts *counts = loader_counts(loader);
    struct lines lines;
    struct err err = {0};
    bool ok;

    buf_clear(output);
    lines_init(&lines, LOADER_LINE_BYTES_MAX, loader_line, loader);
    loader_begin_operation(loader, 1, NULL);
    if (!loader_stage(loader, &the_conn, becomes_table, &err) ||
        !loader_connect(loader, &err) || !loader_start(loader, &err))
        abort();
    ok = feed(&lines, stream, seed, &err) && loader_finish(loader, &err);
    if (ok)
        buf_printf(output,
                   "\n%llu lines %llu roots %llu rejects %llu unclear "
                   "%llu sanitized, void %s",
                   (unsigned long long)counts->lines,
                   (unsigned long long)counts->roots,
                   (unsigned long long)counts->rejects,
                   (unsigned long long)counts->rejects_unclear,
                   (unsigned long long)counts->sanitized,
                   loader_void_lines(loader) != NULL ? "some" : "none");
    else if (err.kind == ERR_ROW)
        loader_widen(loader, output);
    else if (may_fail(stream))
        buf_printf(output, "\nfailed: %s", err.message);
    else
        abort();
    lines_free(&lines);
    loader_free(loader);
    return ok || err.kind != ERR_ROW;
}

static void
load(int query, struct span stream, uint32_t seed, struct buf *into)
{
    struct types scope = types;
    struct plan *plan;
    int tries = 0;

    scope.arena = (struct arena){0};
    plan = types_plan(&scope, queries[query]);
    output = into;
    while (!load_once(plan, stream, seed))
        if (++tries > WIDENINGS)
            abort();
    arena_free(&scope.arena);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    types_open(&types, "tests/data/plan/types.json");
    return 0;
}

static void
must_be_same(int query, struct span stream, uint32_t seed,
             const struct buf *whole)
{
    struct buf cut = buf_with_ceiling(OUTPUT_BYTES);

    load(query, stream, seed, &cut);
    if (!span_equal(buf_span(&cut), buf_span(whole)))
        abort();
    buf_free(&cut);
}

/* The first byte of the input selects the query, the second the chunks. */
static void
load_all_ways(void *ctx)
{
    const struct span *input = ctx;
    struct buf whole = buf_with_ceiling(OUTPUT_BYTES);
    struct span stream = span_tail(*input, 2);
    int query = (uint8_t)input->bytes[0] % QUERIES;
    uint32_t seed = (uint8_t)input->bytes[1] * 2654435761U | 2;

    load(query, stream, 0, &whole);
    must_be_same(query, stream, 1, &whole);
    must_be_same(query, stream, seed, &whole);
    buf_free(&whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of((const char *)data, size);

    if (size < 2)
        return 0;
    tasks_init(NULL, NULL);
    task_spawn("load", load_all_ways, &input);
    tasks_run();
    return 0;
}
