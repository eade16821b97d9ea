/*
 *     find ─► prepare ─► take     to finish the push (push/push.c)
 *     find ─► take ─► decide      the user says what happened to rows in doubt
 *
 * Hazards. A decision must not contradict the store. So if a chunk may have
 * been submitted, the store is asked for its operation first; if the rows count
 * as failed, a fence also keeps it from starting later.
 */
#include "push/past.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "job/mutation.h"
#include "journal/chunk.h"
#include "plan/names.h"
#include "push/adopt.h"
#include "sql.h"

enum { TEXT_BYTES_MAX = 4 * 1024 * 1024, NUMBER_BYTES = 24 };

bool
past_find(struct journal *journal, int64_t push_id, struct arena *arena,
          struct journal_push **push, struct err *err)
{
    struct push_query query = {.push_id = push_id};
    struct journal_pushes pushes;

    if (!journal_list_pushes(journal, &query, arena, &pushes, err))
        return false;
    *push = pushes.count > 0 ? &pushes.pushes[0] : NULL;
    return pushes.count > 0 ||
           err_set(err, MSG_NO_PUSH, "the journal has no push %" PRId64,
                   push_id);
}

struct query_file
past_file(const struct journal_push *earlier, struct arena *arena)
{
    return (struct query_file){
        .job = earlier->job,
        .path = arena_printf(arena, "mutations/%s.graphql", earlier->job),
        .text = span_str(earlier->source),
        .sql_path = arena_printf(arena, "mutations/%s.sql", earlier->job),
        .sql = span_str("")};
}

bool
past_prepare(struct push *push, const struct journal_push *earlier,
             struct err *err)
{
    struct query_file *file = arena_alloc(&push->arena, sizeof(*file));
    struct err why;

    *file = *push->file;
    file->text = span_str(earlier->source);
    push->file = file;
    if (!mutation_prepare_sent(push->context, push->store, file, &push->log,
                               &push->arena, &push->mutation, &why, err))
        return err_wrap(err, "finishing push %" PRId64, earlier->ref.push_id);
    if (why.kind != ERR_NONE)
        err_set(&push->unread, MSG_PUSH_UNPROVEN,
                "the answers to push %" PRId64
                " cannot be read, because the types of the API have changed: "
                "%s",
                earlier->ref.push_id, why.message);
    return true;
}

bool
past_take(struct push *push, const struct journal_push *earlier,
          struct err *err)
{
    bool taken;

    push->ref = earlier->ref;
    push->log.push_id = earlier->ref.push_id;
    push->document = earlier->document;
    push->may_repeat = earlier->may_repeat;
    push->is_direct = earlier->is_direct;
    push->mode = earlier->mode;
    push->undo_of = earlier->undo_of;
    push->rolls_back = earlier->rolls_back;
    push->is_resumed = true;
    if (!journal_push_take_over(push->journal, &push->ref, &taken, err))
        return false;
    push->has_ref = true;
    return taken || journal_push_not_ours(push->journal, &push->ref, err);
}

/* ---- decisions of a user ----------------------------------------------- */

/* For a chunk that may have been submitted: check that the store does not have
 * its operation. If its rows count as failed, it must not start later, either.
 */
static bool
check_chunk(struct push *push, int64_t n, bool applied, struct err *err)
{
    bool found;

    if (!(applied ? adopt_look : adopt_fence)(push, n, &found, err))
        return false;
    return !found || err_set(err, MSG_PUSH_FOUND,
                             "the store has the operation of chunk %" PRId64
                             " of push %" PRId64,
                             n, push->ref.push_id);
}

static bool
check_chunks(struct push *push, bool applied, struct err *err)
{
    struct journal_chunks chunks;
    bool ok = journal_chunk_list(push->journal, push->ref.push_id, false,
                                 &push->arena, &chunks, err);

    for (size_t i = 0; ok && i < chunks.count; i++) {
        if (chunks.chunks[i].state == CHUNK_SUBMITTING && !push->is_direct)
            ok = check_chunk(push, chunks.chunks[i].n, applied, err);
        else if (chunks.chunks[i].state >= CHUNK_RUNNING)
            ok = err_set(err, MSG_PUSH_FOUND,
                         "the result of chunk %" PRId64 " of push %" PRId64
                         " was not read yet",
                         chunks.chunks[i].n, push->ref.push_id);
    }
    return ok;
}

/* The keys as an array in PostgreSQL's text format. */
static void
put_keys(const char *const *keys, struct buf *to)
{
    for (; *keys != NULL; keys++) {
        buf_append_str(to, to->length == 0 ? "{\"" : ",\"");
        for (const char *c = *keys; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                buf_append_char(to, '\\');
            buf_append_char(to, *c);
        }
        buf_append_char(to, '"');
    }
    buf_append_char(to, '}');
}

/* The result table has the states, too. */
static bool
update_table(const char *schema, const char *table, struct pg_conn *conn,
             const char *push_id, struct err *err)
{
    struct buf sql = buf_with_ceiling(TEXT_BYTES_MAX);
    const char *values[] = {push_id};
    bool ok;

    buf_append_str(&sql, "UPDATE ");
    name_append_quoted(&sql, schema);
    buf_append_char(&sql, '.');
    name_append_quoted(&sql, table);
    buf_append_str(&sql, " AS t SET _state = r.state "
                         "FROM bulkpg.push_row r "
                         "WHERE r.push_id = $1::bigint "
                         "AND t._push_id = r.push_id "
                         "AND t._state <> r.state AND t._key::text = "
                         "CASE WHEN pg_typeof(t._key) = 'jsonb'::regtype "
                         "THEN r.key::jsonb::text ELSE r.key END");
    ok = pg_exec(conn, buf_str(&sql), 1, values, NULL, err);
    buf_free(&sql);
    return ok;
}

/* The journal knows the tables, so that the mutation's types are not needed. */
static bool
update_tables(const struct push *push, struct pg_conn *conn,
              const char *push_id, struct err *err)
{
    const char *values[] = {push->config->name, push->job};
    struct pg_result *tables = NULL;
    bool ok = pg_exec(conn, sql_past_tables, 2, values, &tables, err);

    for (int row = 0; ok && row < pg_rows(tables); row++)
        ok = update_table(pg_text(tables, row, 0), pg_text(tables, row, 1),
                          conn, push_id, err);
    pg_result_free(tables);
    return ok;
}

static bool
decide_in(struct push *push, struct pg_conn *conn, bool applied,
          const char *keys, int64_t *rows, struct err *err)
{
    char push_id[NUMBER_BYTES], resumed[NUMBER_BYTES];
    const char *values[] = {push_id, resumed, applied ? "t" : "f", keys};
    struct pg_result *result = NULL;
    bool ok;

    snprintf(push_id, sizeof(push_id), "%" PRId64, push->ref.push_id);
    snprintf(resumed, sizeof(resumed), "%" PRId64, push->ref.resumed);
    if (!pg_begin(conn, err))
        return false;
    ok = pg_exec(conn, sql_past_decide, 4, values, &result, err);
    if (ok)
        *rows = pg_int64(result, 0, 0);
    pg_result_free(result);
    ok = ok && pg_exec(conn, sql_past_chunks, 1, values, NULL, err) &&
         update_tables(push, conn, push_id, err);
    if (ok)
        return pg_commit(conn, err);
    pg_rollback(conn);
    return false;
}

bool
past_decide(struct push *push, bool applied, const char *const *keys,
            int64_t *rows, struct err *err)
{
    struct buf text = buf_with_ceiling(TEXT_BYTES_MAX);
    struct pg_conn *conn;
    bool ok;

    if (!check_chunks(push, applied, err) ||
        !journal_borrow(push->journal, &conn, err))
        return false;
    if (keys[0] != NULL)
        put_keys(keys, &text);
    task_shield();
    ok = decide_in(push, conn, applied, text.length > 0 ? buf_str(&text) : NULL,
                   rows, err);
    task_unshield();
    journal_give_back(push->journal);
    buf_free(&text);
    return ok;
}
