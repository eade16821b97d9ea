/*
 *     rows ─► a batch ─► ask what the journal knows of its keys ─► diff
 *          ─► number the rows to send ─► add the batch as arrays
 *
 * There are two batches. While one is filled, a task of its own takes the other
 * one to the journal, so that the SELECT, the checks and the journal work at
 * the same time. `limit` may therefore be found to be reached when the next
 * rows are there already: they are dropped.
 *
 * Rows to send are numbered as they come: the first chunk gets the few rows of
 * a canary, and the chunks after it as many lines or bytes as one operation
 * takes. If there are only a few rows at all, stage_finish() numbers them
 * again, without a canary.
 *
 * Memory is bounded by the two batches. Rows that are not sent are kept without
 * their variables. Nothing is visible to others before stage_commit().
 */
#include "push/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "base/utf8.h"
#include "config/query_files.h"
#include "mapping/mutation.h"
#include "sql.h"

#define PROGRAM_LIMIT_EXCEEDED "54000"

enum {
    BATCH_ROWS = 2000,
    BATCH_BYTES = 1024 * 1024,
    ARRAY_BYTES_MAX = 512 * 1024 * 1024,
    KEY_LONG = 2000, /* shorter keys fit into an index */
    NUMBER_BYTES = 24
};

struct stage_row {
    struct span key; /* bytes NULL: none */
    struct span variables;
    struct span before;
    char hash[LINE_HASH_BYTES];
    enum line_before compared;
    const char *first_sent_at; /* by an earlier push; NULL: none */
    char idempotency_key[RANDOM_UUID_BYTES]; /* "": none */
    const char *fault_code;                  /* NULL: the row is valid */
    const char *fault_column;
    const char *fault_message;
    enum row_state state;
    bool is_held; /* it is in doubt, and not sent again */
    int n;
    int64_t line;
};

static void
clear_batch(struct stage_batch *batch)
{
    arena_clear(&batch->arena);
    batch->rows = arena_array(&batch->arena, BATCH_ROWS, sizeof(*batch->rows));
    batch->count = 0;
    batch->bytes = 0;
}

/* ---- arrays ------------------------------------------------------------ */

/* An array in PostgreSQL's text format. */
static void
array_text(struct buf *to, struct span text)
{
    size_t from = 0;

    buf_append_char(to, to->length == 0 ? '{' : ',');
    if (text.bytes == NULL) {
        buf_append_str(to, "NULL");
        return;
    }
    buf_append_char(to, '"');
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '"' || text.bytes[i] == '\\') {
            buf_append(to, text.bytes + from, i - from);
            buf_append_char(to, '\\');
            from = i;
        }
    buf_append(to, text.bytes + from, text.length - from);
    buf_append_char(to, '"');
}

static void
array_number(struct buf *to, int64_t number)
{
    buf_printf(to, "%c%lld", to->length == 0 ? '{' : ',', (long long)number);
}

static void
array_string(struct buf *to, const char *text)
{
    array_text(to, text != NULL ? span_str(text) : span_of(NULL, 0));
}

/* ---- --keep ------------------------------------------------------------- */

/* Only the owner can read the file, because it may have customers' data. The
 * lines of a rollback do not replace those of its push. */
static bool
open_copy(struct stage *stage, struct err *err)
{
    struct push *push = stage->push;
    const char *folder = push->context->options->keep_directory;
    int fd;

    if (folder == NULL)
        return true;
    stage->copy_path = arena_printf(&push->arena, "%s/%s.%s%s.variables.jsonl",
                                    folder, push->config->name, push->job,
                                    push->mode == PUSH_UNDO ? ".undo" : "");
    fd = open(stage->copy_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              S_IRUSR | S_IWUSR);
    stage->copy = fd >= 0 ? fdopen(fd, "w") : NULL;
    return stage->copy != NULL ||
           err_set(err, MSG_NO_FOLDER, "cannot write %s: %s", stage->copy_path,
                   strerror(errno));
}

static void
copy_row(struct stage *stage, const struct stage_row *row)
{
    if (stage->copy == NULL || row->state != ROW_PLANNED ||
        stage->copied == stage->copy_most)
        return;
    stage->copied++;
    fwrite(row->variables.bytes, 1, row->variables.length, stage->copy);
    fwrite("\n", 1, 1, stage->copy);
}

static bool
close_copy(struct stage *stage, struct err *err)
{
    FILE *copy = stage->copy;
    bool failed = copy != NULL && ferror(copy) != 0;

    stage->copy = NULL;
    if (copy != NULL)
        failed = fclose(copy) != 0 || failed;
    return !failed || err_set(err, MSG_NO_FOLDER, "cannot write %s: %s",
                              stage->copy_path, strerror(errno));
}

/* ---- what the journal knows -------------------------------------------- */

static void
number_row(struct stage *stage, struct stage_row *row)
{
    int64_t bytes = (int64_t)row->variables.length + 1;
    int64_t lines_max = stage->n == 1 && stage->lines_max > STAGE_CANARY_ROWS
                            ? STAGE_CANARY_ROWS
                            : stage->lines_max;

    if (!stage->push->is_direct &&
        (stage->line >= lines_max ||
         (stage->bytes > 0 && stage->bytes + bytes > STAGE_CHUNK_BYTES))) {
        stage->n++;
        stage->line = 0;
        stage->bytes = 0;
    }
    row->n = stage->n;
    row->line = stage->line++;
    stage->bytes += bytes;
    stage->bytes_all += bytes;
}

static void
count_row(struct stage *stage, const struct stage_row *row)
{
    struct push_counts *counts = &stage->counts;

    counts->rows++;
    counts->changed += row->state == ROW_PLANNED;
    counts->unchanged += row->state == ROW_UNCHANGED;
    counts->invalid += row->state == ROW_INVALID;
    stage->held += row->state == ROW_HELD;
    stage->refused += row->state == ROW_REFUSED || row->state == ROW_PARTLY;
}

static void
decide(struct stage *stage, struct stage_row *row, int64_t number,
       const struct diff_known *known)
{
    row->n = 0;
    row->line = number;
    if (row->fault_code != NULL)
        row->state = ROW_INVALID;
    else if (row->is_held)
        row->state = ROW_HELD;
    else
        row->state = diff_row(&stage->diff, known, row->hash, row->compared);
}

/* Decide about the rows of the batch. At the limit, the batch ends. */
static void
decide_all(struct stage *stage, struct stage_batch *batch,
           const struct diff_known *known, const bool *is_known)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct stage_row *row = &batch->rows[i];

        decide(stage, row, stage->counts.rows, is_known[i] ? &known[i] : NULL);
        if (row->state == ROW_PLANNED && stage->limit >= 0 &&
            stage->counts.changed == stage->limit) {
            stage->is_full = true;
            batch->count = i;
            return;
        }
        if (row->state == ROW_PLANNED)
            number_row(stage, row);
        stage->unseen += row->state == ROW_PLANNED && !is_known[i];
        copy_row(stage, row);
        count_row(stage, row);
    }
}

static bool
ask_known(struct stage *stage, const struct stage_batch *batch,
          struct pg_result **result, struct err *err)
{
    struct buf keys = buf_with_ceiling(ARRAY_BYTES_MAX);
    const char *values[] = {stage->push->config->name, stage->push->job, NULL,
                            stage->pulled_at};
    bool ok;

    for (size_t i = 0; i < batch->count; i++)
        array_text(&keys, batch->rows[i].key);
    buf_append_char(&keys, '}');
    values[2] = buf_str(&keys);
    ok = pg_exec(stage->conn, sql_push_known, 4, values, result, err);
    buf_free(&keys);
    return ok;
}

static bool
find_known(struct stage *stage, struct stage_batch *batch, struct err *err)
{
    struct diff_known *known =
        arena_array(&batch->arena, batch->count, sizeof(*known));
    bool *is_known =
        arena_array(&batch->arena, batch->count, sizeof(*is_known));
    struct pg_result *result;

    if (!ask_known(stage, batch, &result, err))
        return false;
    for (int row = 0; row < pg_rows(result); row++) {
        int64_t i = pg_int64(result, row, 0);

        is_known[i] = true;
        known[i] =
            (struct diff_known){.hash = pg_text(result, row, 1),
                                .state = row_state_of(pg_text(result, row, 2)),
                                .is_newer = pg_bool(result, row, 3)};
    }
    decide_all(stage, batch, known, is_known);
    pg_result_free(result);
    return true;
}

/* ---- adding rows ------------------------------------------------------- */

enum {
    N,
    LINE,
    KEY,
    HASH,
    VARIABLES,
    BEFORE,
    IDEMPOTENCY_KEY,
    STATE,
    FIRST_SENT_AT,
    ARRAYS
};

static void
put_row(struct buf arrays[ARRAYS], const struct stage_row *row)
{
    bool is_sent = row->state == ROW_PLANNED;
    struct span none = span_of(NULL, 0);

    array_number(&arrays[N], row->n);
    array_number(&arrays[LINE], row->line);
    array_text(&arrays[KEY], row->key);
    array_string(&arrays[HASH], row->hash[0] != '\0' ? row->hash : NULL);
    array_text(&arrays[VARIABLES], is_sent ? row->variables : none);
    array_text(&arrays[BEFORE], is_sent ? row->before : none);
    array_string(&arrays[IDEMPOTENCY_KEY],
                 is_sent && row->idempotency_key[0] != '\0'
                     ? row->idempotency_key
                     : NULL);
    array_string(&arrays[STATE], row_state_name(row->state));
    array_string(&arrays[FIRST_SENT_AT], is_sent ? row->first_sent_at : NULL);
}

static void
queue_rows(struct stage *stage, const struct stage_batch *batch,
           const char *push_id, int64_t first)
{
    struct buf arrays[ARRAYS];
    char number[NUMBER_BYTES];
    const char *values[2 + ARRAYS] = {push_id, number};

    snprintf(number, sizeof(number), "%lld", (long long)first);
    for (int i = 0; i < ARRAYS; i++)
        arrays[i] = buf_with_ceiling(ARRAY_BYTES_MAX);
    for (size_t i = 0; i < batch->count; i++)
        put_row(arrays, &batch->rows[i]);
    for (int i = 0; i < ARRAYS; i++) {
        buf_append_char(&arrays[i], '}');
        values[2 + i] = buf_str(&arrays[i]);
    }
    if (batch->count > 0)
        pg_queue(stage->conn, sql_push_rows_add, 2 + ARRAYS, values,
                 &(struct pg_answer){.doing = "adding rows to the journal"});
    for (int i = 0; i < ARRAYS; i++)
        buf_free(&arrays[i]);
}

static void
queue_faults(struct stage *stage, const struct stage_batch *batch,
             const char *push_id, int64_t first)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct stage_row *row = &batch->rows[i];
        char number[NUMBER_BYTES];
        const char *values[] = {push_id, number, row->fault_code,
                                row->fault_column, row->fault_message};

        snprintf(number, sizeof(number), "%lld",
                 (long long)first + (long long)i);
        if (row->fault_code != NULL)
            pg_queue(stage->conn, sql_push_fault_add, 5, values, NULL);
    }
}

static bool
write_batch(struct stage *stage, struct stage_batch *batch, struct err *err)
{
    int64_t first = stage->counts.rows;
    char push_id[NUMBER_BYTES];

    if (!find_known(stage, batch, err))
        return false;
    snprintf(push_id, sizeof(push_id), "%lld",
             (long long)stage->push->ref.push_id);
    queue_rows(stage, batch, push_id, first);
    queue_faults(stage, batch, push_id, first);
    return pg_settle(stage->conn, err);
}

/* The body of the task. */
static void
write_other(void *ctx)
{
    struct stage *stage = ctx;
    struct stage_batch *batch = &stage->batches[!stage->filling];

    if (!stage->is_full && !write_batch(stage, batch, &stage->why))
        stage->has_failed = true;
    clear_batch(batch);
}

bool
stage_wait(struct stage *stage, struct err *err)
{
    task_group_wait(&stage->writer);
    if (stage->has_failed)
        *err = stage->why;
    return !stage->has_failed;
}

/* Begin to write what was filled, and fill the other batch. */
static bool
flush(struct stage *stage, struct err *err)
{
    struct stage_batch *batch = &stage->batches[stage->filling];

    if (!stage_wait(stage, err))
        return false;
    if (stage->is_full)
        clear_batch(batch);
    if (batch->count == 0)
        return true;
    stage->filling = !stage->filling;
    task_group_spawn(&stage->writer, "stage", write_other, stage);
    return true;
}

static struct span
keep(struct stage *stage, struct span text)
{
    struct stage_batch *batch = &stage->batches[stage->filling];

    if (text.bytes == NULL)
        return text;
    batch->bytes += text.length;
    return span_of(arena_dup(&batch->arena, text), text.length);
}

static const char *
keep_str(struct stage *stage, const char *text)
{
    return text != NULL
               ? arena_strdup(&stage->batches[stage->filling].arena, text)
               : NULL;
}

static void
keep_fault(struct stage *stage, struct stage_row *row, const struct line *line,
           const struct err *fault)
{
    struct arena *arena = &stage->batches[stage->filling].arena;

    row->fault_code = arena_strdup(arena, fault->code);
    row->fault_message =
        arena_strdup(arena, utf8_repaired(arena, fault->message));
    row->fault_column = line->fault_column != NULL
                            ? arena_strdup(arena, line->fault_column)
                            : NULL;
}

/* The variables that undo the row; but no operation takes longer ones. */
static struct span
image_of(const struct line *line)
{
    return line->before.length < STAGE_CHUNK_BYTES ? line->before
                                                   : span_of(NULL, 0);
}

/* One operation, and one request, must be able to take the row. */
static bool
is_too_long(const struct line *line, struct err *why)
{
    struct span key = line->key;
    size_t shown =
        key.length < STAGE_KEY_BYTES ? key.length : STAGE_KEY_BYTES - 1;

    if (line->variables.length < STAGE_CHUNK_BYTES)
        return false;
    err_set(why, MSG_PUSH_ROW_SIZE,
            "row %.*s%s: its variables have %zu bytes, but one operation takes "
            "at most %d",
            (int)shown, shown > 0 ? key.bytes : "",
            shown < key.length ? "..." : "", line->variables.length,
            STAGE_CHUNK_BYTES - 1);
    return true;
}

static struct stage_row *
next_row(struct stage *stage)
{
    struct stage_batch *batch = &stage->batches[stage->filling];

    return &batch->rows[batch->count++];
}

static bool
flush_if_full(struct stage *stage, struct err *err)
{
    const struct stage_batch *batch = &stage->batches[stage->filling];

    return (batch->count < BATCH_ROWS && batch->bytes < BATCH_BYTES) ||
           flush(stage, err);
}

bool
stage_hold(struct stage *stage, struct span key, const char *hash,
           struct err *err)
{
    struct stage_row *row = next_row(stage);

    *row = (struct stage_row){.key = keep(stage, key), .is_held = true};
    snprintf(row->hash, sizeof(row->hash), "%s", hash);
    return flush_if_full(stage, err);
}

static void
note_key(struct stage *stage, struct span key)
{
    if (key.length <= KEY_LONG || key.length <= stage->longest_bytes)
        return;
    stage->longest_bytes = key.length;
    memcpy(stage->longest, key.bytes, STAGE_KEY_BYTES - 1);
}

bool
stage_add(struct stage *stage, const struct line *line,
          const char *idempotency_key, const struct err *fault, struct err *err)
{
    struct stage_row *row = next_row(stage);
    struct err size;

    *row = (struct stage_row){.key = keep(stage, line->key)};
    if (fault->kind == ERR_NONE && is_too_long(line, &size))
        fault = &size;
    if (fault->kind != ERR_NONE) {
        keep_fault(stage, row, line, fault);
    } else {
        note_key(stage, line->key);
        row->variables = keep(stage, line->variables);
        row->before = keep(stage, image_of(line));
        row->compared = line->compared;
        row->first_sent_at = keep_str(stage, line->first_sent_at);
        memcpy(row->hash, line->hash, sizeof(row->hash));
        if (idempotency_key != NULL)
            memcpy(row->idempotency_key, idempotency_key, RANDOM_UUID_BYTES);
    }
    return flush_if_full(stage, err);
}

/* ---- the transaction --------------------------------------------------- */

bool
stage_begin(struct stage *stage, struct push *push, const char *snapshot_at,
            int64_t undo_of, struct err *err)
{
    struct pg_config config = {
        .dsn = context_dsn(push->context),
        .application_name = "bulkpg push",
        .answer_timeout_ms = push->context->config.tuning.stall_timeout_ms};
    struct push_start start = {.store = push->config->name,
                               .job = push->job,
                               .mode = push->mode,
                               .document = push->document,
                               .source = push->file->text.bytes,
                               .may_repeat = push->may_repeat,
                               .snapshot_at = snapshot_at,
                               .undo_of = undo_of,
                               .rolls_back = push->rolls_back};

    *stage = (struct stage){.push = push,
                            .limit = -1,
                            .copy_most = -1,
                            .n = 1,
                            .lines_max = push->mutation->rows};
    for (int i = 0; i < 2; i++)
        clear_batch(&stage->batches[i]);
    return open_copy(stage, err) && pg_connect(&config, &stage->conn, err) &&
           pg_begin(stage->conn, err) &&
           pg_exec(stage->conn, sql_push_lookups, 0, NULL, NULL, err) &&
           journal_push_begin_in(stage->conn, &start, &push->ref, err);
}

/* Only a few rows need no canary. */
static void
renumber(struct stage *stage, const char *push_id)
{
    char lines[NUMBER_BYTES];
    const char *values[] = {push_id, lines};

    if (stage->n == 1 || stage->counts.changed > STAGE_CANARY_FROM ||
        stage->bytes_all > STAGE_CHUNK_BYTES)
        return;
    snprintf(lines, sizeof(lines), "%lld", (long long)stage->lines_max);
    pg_queue(stage->conn, sql_push_renumber, 2, values, NULL);
}

bool
stage_finish(struct stage *stage, struct err *err)
{
    struct push *push = stage->push;
    char push_id[NUMBER_BYTES];
    const char *values[] = {push_id};

    if (!flush(stage, err) || !stage_wait(stage, err) ||
        !close_copy(stage, err))
        return false;
    snprintf(push_id, sizeof(push_id), "%lld", (long long)push->ref.push_id);
    if (!push->is_direct && stage->counts.changed <= push->mutation->direct) {
        push->is_direct = true;
        stage->lines_max = STAGE_DIRECT_ROWS;
    }
    renumber(stage, push_id);
    if (push->is_direct)
        pg_queue(stage->conn, sql_push_is_direct, 1, values, NULL);
    return pg_exec(stage->conn, sql_push_chunks_add, 1, values, NULL, err);
}

/* Run a query about the rows of the push. */
static bool
ask(struct stage *stage, const char *sql, struct pg_result **result,
    struct err *err)
{
    char push_id[NUMBER_BYTES];
    const char *values[] = {push_id};

    snprintf(push_id, sizeof(push_id), "%lld",
             (long long)stage->push->ref.push_id);
    return pg_exec(stage->conn, sql, 1, values, result, err);
}

bool
stage_duplicates(struct stage *stage, int64_t *count, const char **first,
                 struct err *err)
{
    struct pg_result *result;

    if (!ask(stage, sql_push_duplicates, &result, err))
        return false;
    *count = pg_int64(result, 0, 0);
    *first = arena_strdup(&stage->push->arena, pg_text(result, 0, 1));
    pg_result_free(result);
    return true;
}

bool
stage_faults(struct stage *stage, const char **first, struct err *err)
{
    struct pg_result *result;

    if (!ask(stage, sql_push_faults, &result, err))
        return false;
    *first = arena_strdup(&stage->push->arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return true;
}

bool
stage_try_keys(struct stage *stage, struct err *err)
{
    if (stage->longest_bytes == 0 ||
        (ask(stage, sql_push_long_keys, NULL, err) &&
         ask(stage, sql_push_long_keys_end, NULL, err)))
        return true;
    if (strcmp(err->code, PROGRAM_LIMIT_EXCEEDED) != 0)
        return false;
    return err_set(err, MSG_PUSH_VALUE,
                   "a key is too long for an index of PostgreSQL; the longest "
                   "has %zu bytes: row %s...; nothing was sent",
                   stage->longest_bytes,
                   utf8_repaired(&stage->push->arena, stage->longest));
}

bool
stage_commit(struct stage *stage, struct err *err)
{
    if (!pg_commit(stage->conn, err))
        return err_wrap(err, "adding the rows of push %lld to the journal",
                        (long long)stage->push->ref.push_id);
    stage->push->has_ref = true;
    return true;
}

bool
stage_refuse(struct stage *stage, struct err *err)
{
    return ask(stage, sql_push_skip_all, NULL, err) &&
           ask(stage, sql_push_chunks_drop, NULL, err) &&
           stage_commit(stage, err);
}

void
stage_end(struct stage *stage)
{
    task_group_wait(&stage->writer);
    if (stage->copy != NULL)
        fclose(stage->copy);
    pg_close(stage->conn);
    for (int i = 0; i < 2; i++)
        arena_free(&stage->batches[i].arena);
}
