/*
 * Every change is one statement that begins with the fence, so that it is one
 * commit: the chunk, its rows, and the keys in bulkpg.push_state.
 *
 * Hazard. `submitting` must be committed before the request is sent, and a
 * refusal after it. In between, a chunk counts as one that the store may have.
 */
#include "journal/chunk.h"

#include "journal/call.h"
#include "sql.h"

/* ---- reading ------------------------------------------------------------ */

/* The columns are those of chunk_list.sql. */
static struct journal_chunk
read_chunk(const struct pg_result *result, int row, struct arena *arena)
{
    return (struct journal_chunk){
        .n = pg_int64(result, row, 0),
        .attempt = pg_int64(result, row, 1),
        .state = chunk_state_of(pg_text(result, row, 2)),
        .lines = pg_int64(result, row, 3),
        .bytes = pg_int64(result, row, 4),
        .target = call_read_text(result, row, 5, arena),
        .targets = pg_int64(result, row, 6),
        .repeats = pg_int64(result, row, 7),
        .marker = call_read_text(result, row, 8, arena),
        .operation_id = call_read_text(result, row, 9, arena),
        .sent_age_ms = call_read_count(result, row, 10),
        .object_count = call_read_count(result, row, 11),
        .file_size = call_read_count(result, row, 12),
        .error_code = call_read_text(result, row, 13, arena)};
}

bool
journal_chunk_list(struct journal *journal, int64_t push_id, bool all,
                   struct arena *arena, struct journal_chunks *chunks,
                   struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_number(&call, push_id);
    call_text(&call, all ? "true" : "false");
    if (!journal_call(journal, sql_chunk_list, &call, &result, err))
        return err_wrap(err, "reading the chunks of push %lld",
                        (long long)push_id);
    chunks->count = (size_t)pg_rows(result);
    chunks->chunks = arena_array(arena, chunks->count, sizeof(*chunks->chunks));
    for (int row = 0; row < pg_rows(result); row++)
        chunks->chunks[row] = read_chunk(result, row, arena);
    pg_result_free(result);
    return true;
}

bool
journal_chunk_lines(struct journal *journal, int64_t push_id, int64_t n,
                    int64_t *line, struct buf *text, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    buf_clear(text);
    call_number(&call, push_id);
    call_number(&call, n);
    call_number(&call, *line);
    if (!journal_call(journal, sql_chunk_lines, &call, &result, err))
        return err_wrap(err, "reading the lines of chunk %lld of push %lld",
                        (long long)n, (long long)push_id);
    if (pg_rows(result) > 0) {
        *line = pg_int64(result, 0, 0);
        buf_append_str(text, pg_text(result, 0, 1));
    }
    pg_result_free(result);
    return !text->overflowed ||
           err_set(err, MSG_BUG, "a line of push %lld is too long",
                   (long long)push_id);
}

/* ---- markers ------------------------------------------------------------ */

bool
journal_chunk_week(struct journal *journal, struct arena *arena,
                   const char **since, const char **prefix, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    if (!journal_call(journal, sql_chunk_week, &call, &result, err))
        return false;
    *since = arena_strdup(arena, pg_text(result, 0, 0));
    *prefix = arena_strdup(arena, pg_text(result, 0, 1));
    pg_result_free(result);
    return true;
}

/* An array of PostgreSQL; the texts need no quotes but get them. */
static const char *
write_array(struct arena *arena, const char *const *texts, int count)
{
    struct buf to = buf_with_ceiling(1024 * 1024);
    const char *array;

    buf_append_char(&to, '{');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(&to, ',');
        buf_append_json(&to, span_str(texts[i]));
    }
    buf_append_char(&to, '}');
    array = arena_strdup(arena, buf_str(&to));
    buf_free(&to);
    return array;
}

bool
journal_chunk_stranger(struct journal *journal, const char *const *markers,
                       int count, struct arena *arena, const char **stranger,
                       struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *stranger = NULL;
    if (count == 0)
        return true;
    call_text(&call, write_array(&call.arena, markers, count));
    if (!journal_call(journal, sql_chunk_strangers, &call, &result, err))
        return false;
    if (pg_rows(result) > 0)
        *stranger = call_read_text(result, 0, 0, arena);
    pg_result_free(result);
    return true;
}

/* ---- changes ------------------------------------------------------------ */

/* Run a fenced statement, which returns no row if the push is not ours. The
 * caller frees `result`, unless this fails. */
static bool
change(struct journal *journal, const struct push_ref *push, const char *sql,
       struct call *call, struct pg_result **result, struct err *err)
{
    if (!journal_call(journal, sql, call, result, err))
        return err_wrap(err, "recording push %lld", (long long)push->push_id);
    if (pg_rows(*result) > 0)
        return true;
    pg_result_free(*result);
    *result = NULL;
    return journal_push_not_ours(journal, push, err);
}

/* The same for a statement that returns a number. */
static bool
change_counted(struct journal *journal, const struct push_ref *push,
               const char *sql, struct call *call, int64_t *count,
               struct err *err)
{
    struct pg_result *result;

    if (!change(journal, push, sql, call, &result, err))
        return false;
    *count = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

bool
journal_chunk_save(struct journal *journal, const struct push_ref *push,
                   const struct journal_chunk *chunk, const char *error,
                   struct err *err)
{
    struct call call = {0};
    bool is_staged = chunk->state == CHUNK_STAGED;
    int64_t ignored;

    push_append_ref(&call, push);
    call_number(&call, chunk->n);
    call_text(&call, chunk_state_name(chunk->state));
    call_text(&call, is_staged ? chunk->target : NULL);
    call_text(&call, is_staged ? NULL : chunk->operation_id);
    call_count(&call, is_staged ? -1 : chunk->object_count);
    call_count(&call, is_staged ? -1 : chunk->file_size);
    call_text(&call, is_staged ? NULL : chunk->error_code);
    call_text(&call, error);
    return change_counted(journal, push, sql_chunk_update, &call, &ignored,
                          err);
}

bool
journal_chunk_submitting(struct journal *journal, const struct push_ref *push,
                         struct arena *arena, struct journal_chunk *chunk,
                         struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    push_append_ref(&call, push);
    call_number(&call, chunk->n);
    if (!change(journal, push, sql_chunk_submitting, &call, &result, err))
        return false;
    chunk->state = CHUNK_SUBMITTING;
    chunk->attempt++;
    chunk->marker = call_read_text(result, 0, 0, arena);
    pg_result_free(result);
    return true;
}

bool
journal_chunk_skip(struct journal *journal, const struct push_ref *push,
                   int64_t *skipped, struct err *err)
{
    struct call call = {0};

    push_append_ref(&call, push);
    return change_counted(journal, push, sql_chunk_skip, &call, skipped, err);
}

bool
journal_chunk_hold(struct journal *journal, const struct push_ref *push,
                   int64_t n, int64_t *held, struct err *err)
{
    struct call call = {0};

    push_append_ref(&call, push);
    call_number(&call, n);
    return change_counted(journal, push, sql_chunk_hold, &call, held, err);
}

bool
journal_chunk_again(struct journal *journal, const struct push_ref *push,
                    int64_t n, int64_t most_tries, int64_t key_ms,
                    int64_t *again, struct err *err)
{
    struct call call = {0};

    push_append_ref(&call, push);
    call_number(&call, n);
    call_number(&call, most_tries);
    call_number(&call, key_ms);
    return change_counted(journal, push, sql_chunk_again, &call, again, err);
}

/* ---- single requests ---------------------------------------------------- */

static const char *const which_names[] = {"planned", "again", "idempotent"};

bool
journal_direct_take(struct journal *journal, const struct push_ref *push,
                    const struct direct_order *order, struct arena *arena,
                    struct direct_rows *rows, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    push_append_ref(&call, push);
    call_number(&call, order->n);
    call_number(&call, order->most);
    call_text(&call, which_names[order->which]);
    call_number(&call, order->most_tries);
    call_number(&call, order->from_line);
    call_number(&call, order->key_ms);
    if (!change(journal, push, sql_direct_take, &call, &result, err))
        return false;
    rows->count = 0;
    rows->rows =
        arena_array(arena, (size_t)pg_rows(result), sizeof(*rows->rows));
    for (int row = 0; row < pg_rows(result); row++)
        if (!pg_is_null(result, row, 0))
            rows->rows[rows->count++] = (struct direct_row){
                .line = pg_int64(result, row, 0),
                .variables = call_read_text(result, row, 1, arena),
                .tries = pg_int64(result, row, 2)};
    pg_result_free(result);
    return true;
}

bool
journal_direct_unsent(struct journal *journal, const struct push_ref *push,
                      int64_t n, const int64_t *lines, size_t count,
                      struct err *err)
{
    struct call call = {0};
    struct buf array = buf_with_ceiling(1024 * 1024);
    int64_t ignored;

    for (size_t i = 0; i < count; i++)
        buf_printf(&array, "%s%lld", i > 0 ? "," : "{", (long long)lines[i]);
    buf_append_str(&array, count > 0 ? "}" : "{}");
    push_append_ref(&call, push);
    call_number(&call, n);
    call_text(&call, arena_strdup(&call.arena, buf_str(&array)));
    buf_free(&array);
    return change_counted(journal, push, sql_direct_unsent, &call, &ignored,
                          err);
}

bool
journal_direct_close(struct journal *journal, const struct push_ref *push,
                     int64_t n, bool may_repeat, int64_t *held,
                     int64_t *unknown, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    push_append_ref(&call, push);
    call_number(&call, n);
    call_text(&call, may_repeat ? "true" : "false");
    if (!change(journal, push, sql_direct_close, &call, &result, err))
        return false;
    *held = pg_int64(result, 0, 0);
    *unknown = pg_int64(result, 0, 1);
    pg_result_free(result);
    return true;
}
