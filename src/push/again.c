/*
 * Rows are read from the journal page by page, in the transaction that stages
 * them. Each row is added, or, in --retry unknown, left alone and held.
 *
 * Hazards. With a new key the store runs the mutation again, so --retry unknown
 * sends the same bytes with the same key, and only while the store surely
 * remembers the key.
 */
#include "push/again.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "mapping/mutation.h"
#include "sql.h"

enum {
    PAGE_ROWS = 500,
    PAGE_BYTES = 4 * 1024 * 1024,
    NUMBER_BYTES = 24,
    LINE_BYTES_MAX = 128 * 1024 * 1024,
    LEFT_BYTES_MAX = 2000 /* of keys in a warning */
};

static const char *const states_of[] = {[AGAIN_REFUSED] = "{refused,partly}",
                                        [AGAIN_UNKNOWN] = "{unknown,held}",
                                        [AGAIN_UNDO] = "{applied}"};

/* Rows that are left alone. */
struct left {
    int64_t count;
    struct buf keys; /* of the first ones */
};

struct again {
    struct stage *stage;
    enum again_what what;
    struct buf variables;
    struct left submitted; /* their submission was lost, and may begin */
    struct left old;       /* their keys are */
    int64_t known;         /* rows that push_state names */
    int64_t found;         /* of `known`: those that push_row still has */
    int64_t rows;
    int64_t imaged; /* of `rows`: with variables that undo them */
};

/* Must the rows be young enough for their keys? */
static bool
needs_age(const struct again *again)
{
    return again->what == AGAIN_UNKNOWN &&
           again->stage->push->mutation->key_variable != NULL;
}

static const char *
key_for(const struct again *again, struct span stored,
        char key[RANDOM_UUID_BYTES])
{
    if (!again->stage->push->mutation->makes_keys)
        return NULL;
    if (again->what == AGAIN_UNKNOWN && stored.length < RANDOM_UUID_BYTES) {
        memcpy(key, stored.bytes, stored.length);
        key[stored.length] = '\0';
        return key;
    }
    random_uuid(key);
    return key;
}

/* ---- rows that are left alone -------------------------------------------- */

static bool
leave(struct again *again, struct left *left, const struct pg_result *page,
      int row, struct err *err)
{
    struct span key = pg_value(page, row, 1);
    struct span shown = span_head(key, key.length < 100 ? key.length : 100);
    bool fits = left->keys.length + shown.length + 8 < LEFT_BYTES_MAX;

    left->count++;
    if (fits)
        buf_printf(&left->keys, "%s%.*s", left->count > 1 ? ", " : "",
                   SPAN_ARG(shown));
    return stage_hold(again->stage, key, pg_text(page, row, 5), err);
}

static void
warn_of(const struct again *again, const struct left *left, int64_t of,
        const char *why)
{
    if (left->count > 0)
        log_warn(&again->stage->push->log, MSG_PUSH_NOT_RETRIED, why,
                 LOG_NUM("rows", left->count), LOG_NUM("of_push", of),
                 LOG_STR("keys", buf_str(&left->keys)), LOG_END);
}

static void
warn_of_left(const struct again *again, int64_t of)
{
    char old[160];

    snprintf(old, sizeof(old),
             "rows are not sent again, because they were sent over %d hours "
             "ago and the store may have forgotten their idempotency keys",
             PUSH_KEY_HOURS);
    warn_of(again, &again->submitted, of,
            "rows are not sent again, because their submission was lost and "
            "may still begin");
    warn_of(again, &again->old, of, old);
}

static void
forget(struct left *left)
{
    left->count = 0;
    buf_clear(&left->keys);
}

/* ---- rows that are sent again -------------------------------------------- */

static bool
add(struct again *again, const struct pg_result *page, int row, struct err *err)
{
    const struct mutation *mutation = again->stage->push->mutation;
    bool is_undo = again->what == AGAIN_UNDO;
    struct span sent = pg_value(page, row, is_undo ? 3 : 2);
    struct line line = {.key = pg_value(page, row, 1),
                        .before = pg_value(page, row, is_undo ? 2 : 3),
                        .variables = sent};
    char new_key[RANDOM_UUID_BYTES];
    const char *key = key_for(again, pg_value(page, row, 4), new_key);
    struct err none = {.kind = ERR_NONE};

    if (sent.bytes == NULL)
        return true;
    if (again->what == AGAIN_UNKNOWN && !pg_is_null(page, row, 8))
        line.first_sent_at = pg_text(page, row, 8);
    again->rows++;
    again->imaged += line.before.bytes != NULL;
    line_hash(mutation, sent, line.hash);
    if (key != NULL && again->what != AGAIN_UNKNOWN) {
        buf_clear(&again->variables);
        line_with_key(mutation, sent, key, &again->variables);
        line.variables = buf_span(&again->variables);
    }
    return stage_add(again->stage, &line, key, &none, err);
}

static bool
add_or_leave(struct again *again, const struct pg_result *page, int row,
             struct err *err)
{
    again->found++;
    if (pg_bool(page, row, 6))
        return leave(again, &again->submitted, page, row, err);
    if (pg_bool(page, row, 7))
        return leave(again, &again->old, page, row, err);
    return add(again, page, row, err);
}

static bool
add_page(struct again *again, const char *of, int64_t *last, int *count,
         struct err *err)
{
    char number[NUMBER_BYTES], rows[NUMBER_BYTES], bytes[NUMBER_BYTES];
    char key_ms[NUMBER_BYTES];
    const char *values[] = {of,
                            number,
                            states_of[again->what],
                            rows,
                            needs_age(again) ? key_ms : NULL,
                            bytes};
    struct pg_result *page;
    bool ok = true;

    snprintf(number, sizeof(number), "%lld", (long long)*last);
    snprintf(rows, sizeof(rows), "%d", PAGE_ROWS);
    snprintf(bytes, sizeof(bytes), "%d", PAGE_BYTES);
    snprintf(key_ms, sizeof(key_ms), "%d", PUSH_KEY_MS);
    if (!stage_wait(again->stage, err) ||
        !pg_exec(again->stage->conn, sql_again_rows, 6, values, &page, err))
        return false;
    *count = pg_rows(page);
    for (int row = 0; ok && row < *count && !again->stage->is_full; row++)
        ok = add_or_leave(again, page, row, err);
    if (*count > 0)
        *last = pg_int64(page, *count - 1, 0);
    pg_result_free(page);
    return ok;
}

static struct again
begin(struct stage *stage, enum again_what what)
{
    stage->diff.is_retry = what != AGAIN_UNDO;
    return (struct again){.stage = stage,
                          .what = what,
                          .variables = buf_with_ceiling(LINE_BYTES_MAX),
                          .submitted.keys = buf_with_ceiling(LEFT_BYTES_MAX),
                          .old.keys = buf_with_ceiling(LEFT_BYTES_MAX)};
}

static void
end(struct again *again)
{
    buf_free(&again->variables);
    buf_free(&again->submitted.keys);
    buf_free(&again->old.keys);
}

static bool
add_push(struct again *again, int64_t of, struct err *err)
{
    char push_id[NUMBER_BYTES];
    int64_t last = -1;
    int count = 1;
    bool ok = true;

    snprintf(push_id, sizeof(push_id), "%lld", (long long)of);
    while (ok && count > 0 && !again->stage->is_full)
        ok = add_page(again, push_id, &last, &count, err);
    if (ok)
        warn_of_left(again, of);
    forget(&again->submitted);
    forget(&again->old);
    return ok;
}

bool
again_stage(struct stage *stage, int64_t of, enum again_what what,
            struct err *err)
{
    struct again again = begin(stage, what);
    bool ok = add_push(&again, of, err);

    end(&again);
    return ok;
}

static bool
check_images(const struct again *again, struct err *err)
{
    const struct push *push = again->stage->push;

    if (!push->rolls_back || again->rows == 0 || again->imaged > 0)
        return true;
    err_set(err, MSG_PUSH_NO_UNDO,
            "a rollback of %s is not possible: the rows that would be sent "
            "again have no values before",
            push->file->path);
    return err_hint(err, "push without rollback");
}

/* Earlier versions deleted refused rows after `push_keep`. Without a message,
 * there would seem to be nothing to retry. */
static bool
check_found(const struct again *again, struct err *err)
{
    const struct push *push = again->stage->push;
    int64_t lost = again->known - again->found;
    struct err why;

    if (again->stage->limit >= 0 || lost <= 0)
        return true;
    err_set(&why, MSG_PUSH_PRUNED,
            "the journal no longer has the variables of %" PRId64
            " %s of job %s that --retry should send again",
            lost, lost == 1 ? "row" : "rows", push->job);
    if (again->found > 0) {
        log_failure(LOG_WARN, &push->log, "rows are not sent again", &why);
        return true;
    }
    *err = why;
    return false;
}

bool
again_stage_all(struct stage *stage, enum again_what what, struct err *err)
{
    struct again again = begin(stage, what);
    const struct push *push = stage->push;
    const char *values[] = {push->config->name, push->job, states_of[what]};
    struct pg_result *pushes = NULL;
    bool ok = pg_exec(stage->conn, sql_again_pushes, 3, values, &pushes, err);

    for (int row = 0; ok && row < pg_rows(pushes); row++) {
        again.known += pg_int64(pushes, row, 1);
        ok = add_push(&again, pg_int64(pushes, row, 0), err);
    }
    if (ok)
        ok = check_found(&again, err) && check_images(&again, err);
    pg_result_free(pushes);
    end(&again);
    return ok;
}

/* Ask a question about push `of`. */
static bool
ask(struct journal *journal, const char *sql, int64_t of,
    struct pg_result **result, struct err *err)
{
    char push_id[NUMBER_BYTES];
    const char *values[] = {push_id};
    struct pg_conn *conn;
    bool ok;

    snprintf(push_id, sizeof(push_id), "%lld", (long long)of);
    if (!journal_borrow(journal, &conn, err))
        return false;
    ok = pg_exec(conn, sql, 1, values, result, err);
    journal_give_back(journal);
    return ok;
}

bool
again_find_left(struct journal *journal, int64_t of, struct arena *arena,
                struct again_left *left, struct err *err)
{
    struct pg_result *result;

    if (!ask(journal, sql_again_left, of, &result, err))
        return false;
    *left = (struct again_left){
        .changed = pg_int64(result, 0, 0),
        .changed_keys = arena_strdup(arena, pg_text(result, 0, 1)),
        .imageless = pg_int64(result, 0, 2),
        .imageless_keys = arena_strdup(arena, pg_text(result, 0, 3))};
    pg_result_free(result);
    return true;
}

bool
again_count_undone(struct journal *journal, int64_t of, int64_t *rows,
                   struct err *err)
{
    struct pg_result *result;

    if (!ask(journal, sql_again_undone, of, &result, err))
        return false;
    *rows = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}
