/* chunk: the states of a push's chunks and rows, and the keys that the store
 * was made to hold, on a real server. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "journal/chunk.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct err err;
static struct arena arena;
static struct pg_conn *conn;
static struct pg_conn *other;
static struct journal *journal;
static struct push_ref push;

static const char *
ask(const char *sql)
{
    struct pg_result *result;
    const char *text;

    OK(pg_exec(other, sql, 0, NULL, &result, &err));
    text = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

#define IS(sql, text) ck_assert_str_eq(ask(sql), text)

/* A push of 5 rows, a to e: lines 0 to 2 in chunk 1, 0 and 1 in chunk 2. The
 * store had been made to hold `a` by another push. */
static void
make_push(void)
{
    struct push_start start = {.store = "acme",
                               .job = "prices",
                               .mode = PUSH_BULK,
                               .document = "mutation",
                               .source = "mutation"};

    OK(pg_begin(other, &err));
    OK(journal_push_begin_in(other, &start, &push, &err));
    OK(pg_commit(other, &err));
    pg_task_script(
        other,
        "INSERT INTO bulkpg.push_row (push_id, number, n, line, key, hash, "
        "variables, state) SELECT (SELECT max(push_id) FROM bulkpg.push), i, "
        "1 + i / 3, i % 3, chr(97 + i), 'h' || i, format('{\"v\":%s}', i), "
        "'planned' FROM generate_series(0, 4) i;"
        "INSERT INTO bulkpg.push_chunk (push_id, n, lines, bytes) SELECT "
        "push_id, n, count(*), sum(octet_length(variables) + 1) FROM "
        "bulkpg.push_row GROUP BY 1, 2;"
        "INSERT INTO bulkpg.push_state VALUES ('acme', 'prices', 'a', 'old', "
        "77, 'applied', '2026-01-01 00:00Z', NULL);");
}

static void
begin(void)
{
    const char *database = cluster_database("");
    struct pg_config config = {.dsn = cluster_dsn_in(database),
                               .application_name = "bulkpg test"};

    arena = (struct arena){0};
    conn = pg_task_connect(&config);
    other = pg_task_connect(&config);
    OK(journal_open(conn, true, &journal, &err));
    make_push();
}

static void
end(void)
{
    journal_close(journal);
    pg_close(conn);
    pg_close(other);
    arena_free(&arena);
}

#define DATABASE_TEST(name)        \
    static void name##_body(void); \
    static void name##_task(void)  \
    {                              \
        begin();                   \
        name##_body();             \
        end();                     \
    }                              \
    START_TEST(name)               \
    {                              \
        pg_task_run(name##_task);  \
    }                              \
    END_TEST                       \
    static void name##_body(void)

static struct journal_chunks
list(bool all)
{
    struct journal_chunks chunks;

    OK(journal_chunk_list(journal, push.push_id, all, &arena, &chunks, &err));
    return chunks;
}

static void
save(struct journal_chunk *chunk, enum chunk_state state)
{
    chunk->state = state;
    OK(journal_chunk_save(journal, &push, chunk, NULL, &err));
}

#define ROWS                                                               \
    "SELECT string_agg(key || ':' || state || ':' || tries, ' ' ORDER BY " \
    "number) FROM bulkpg.push_row"
#define KEYS                                                            \
    "SELECT string_agg(concat_ws(':', key, state, hash, push_id), ' ' " \
    "ORDER BY key) FROM bulkpg.push_state"

/* ---- states -------------------------------------------------------------- */

DATABASE_TEST(a_chunk_has_its_members_in_each_state)
{
    struct journal_chunk chunk = list(false).chunks[0];

    ck_assert_int_eq(chunk.n, 1);
    ck_assert_int_eq(chunk.state, CHUNK_PLANNED);
    ck_assert_int_eq(chunk.lines, 3);
    ck_assert_int_eq(chunk.bytes, 24);
    ck_assert_int_eq(chunk.sent_age_ms, -1);
    chunk.target = "{\"url\":1}";
    save(&chunk, CHUNK_STAGED);
    chunk = list(false).chunks[0];
    ck_assert_int_eq(chunk.state, CHUNK_STAGED);
    ck_assert_str_eq(chunk.target, "{\"url\":1}");
    ck_assert_int_eq(chunk.targets, 1);
    save(&chunk, CHUNK_UPLOADED);
    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    chunk.operation_id = "gid://1";
    save(&chunk, CHUNK_RUNNING);
    chunk = list(false).chunks[0];
    ck_assert_int_eq(chunk.state, CHUNK_RUNNING);
    ck_assert_ptr_null(chunk.target);
    ck_assert_str_eq(chunk.operation_id, "gid://1");
    ck_assert_int_ge(chunk.sent_age_ms, 0);
    chunk.object_count = 3;
    chunk.file_size = 99;
    chunk.error_code = "FAILED";
    save(&chunk, CHUNK_FINISHED);
    chunk = list(false).chunks[0];
    ck_assert_int_eq(chunk.object_count, 3);
    ck_assert_int_eq(chunk.file_size, 99);
    ck_assert_str_eq(chunk.error_code, "FAILED");
    save(&chunk, CHUNK_SETTLED);
    ck_assert_uint_eq(list(false).count, 1);
    ck_assert_uint_eq(list(true).count, 2);
}

DATABASE_TEST(rows_and_keys_are_sending_before_a_submission)
{
    struct journal_chunk chunk = list(false).chunks[0];
    const char *first;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    first = chunk.marker;
    ck_assert_int_eq(chunk.attempt, 1);
    ck_assert_str_eq(
        arena_printf(&arena, "# bulkpg %s/push/1/1.1/", journal_uuid(journal)),
        arena_dup(&arena, span_head(span_str(first), strlen(first) - 36)));
    IS(ROWS, "a:sending:1 b:sending:1 c:sending:1 d:planned:0 e:planned:0");
    IS(KEYS, "a:sending:h0:1 b:sending:h1:1 c:sending:h2:1");
    IS("SELECT prior->>'hash' FROM bulkpg.push_state WHERE key = 'a'", "old");

    /* Refused, and submitted again: nothing is counted twice. */
    save(&chunk, CHUNK_UPLOADED);
    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    ck_assert_int_eq(chunk.attempt, 2);
    ck_assert_str_ne(chunk.marker, first);
    IS(ROWS, "a:sending:1 b:sending:1 c:sending:1 d:planned:0 e:planned:0");
    IS("SELECT prior->>'hash' FROM bulkpg.push_state WHERE key = 'a'", "old");
    IS("SELECT cardinality(randoms) FROM bulkpg.push_chunk WHERE n = 1", "2");
}

DATABASE_TEST(what_was_not_submitted_is_skipped_and_its_keys_restored)
{
    struct journal_chunk chunk = list(false).chunks[0];
    int64_t skipped;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    save(&chunk, CHUNK_UPLOADED);
    OK(journal_chunk_skip(journal, &push, &skipped, &err));
    ck_assert_int_eq(skipped, 2);
    IS(ROWS, "a:skipped:0 b:skipped:0 c:skipped:0 d:skipped:0 e:skipped:0");
    IS(KEYS, "a:applied:old:77");
    IS("SELECT settled_at = '2026-01-01 00:00Z' AND prior IS NULL FROM "
       "bulkpg.push_state",
       "t");
    ck_assert_uint_eq(list(false).count, 0);
    ck_assert_str_eq(list(true).chunks[0].error_code, "SKIPPED");
}

DATABASE_TEST(what_the_store_may_have_is_not_skipped_but_held)
{
    struct journal_chunk chunk = list(false).chunks[0];
    int64_t skipped, held;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    OK(journal_chunk_skip(journal, &push, &skipped, &err));
    ck_assert_int_eq(skipped, 1);
    OK(journal_chunk_hold(journal, &push, 1, &held, &err));
    ck_assert_int_eq(held, 3);
    OK(journal_chunk_hold(journal, &push, 1, &held, &err));
    ck_assert_int_eq(held, 0);
    IS(ROWS, "a:held:1 b:held:1 c:held:1 d:skipped:0 e:skipped:0");
    IS(KEYS, "a:held:h0:1 b:held:h1:1 c:held:h2:1");
    ck_assert_int_eq(list(false).chunks[0].state, CHUNK_SUBMITTING);
}

/* ---- sending again ------------------------------------------------------- */

static void
settle(int n, const char *sql)
{
    struct journal_chunk chunk = {
        .n = n, .state = CHUNK_SETTLED, .object_count = -1, .file_size = -1};

    pg_task_script(other, sql);
    OK(journal_chunk_save(journal, &push, &chunk, NULL, &err));
}

DATABASE_TEST(unknown_rows_move_to_a_chunk_of_their_own)
{
    struct journal_chunk chunk = list(false).chunks[0];
    int64_t again, skipped;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    settle(1, "UPDATE bulkpg.push_row SET state = CASE key WHEN 'b' THEN "
              "'applied' ELSE 'unknown' END WHERE n = 1;"
              "UPDATE bulkpg.push_state SET state = 'unknown', prior = NULL "
              "WHERE key IN ('a', 'c')");
    OK(journal_chunk_again(journal, &push, 1, 3, 0, &again, &err));
    ck_assert_int_eq(again, 3);
    IS("SELECT string_agg(key || n || line, ' ' ORDER BY number) FROM "
       "bulkpg.push_row",
       "a30 b11 c31 d20 e21");
    IS("SELECT concat_ws(' ', lines, bytes, repeats, state) FROM "
       "bulkpg.push_chunk WHERE n = 3",
       "2 16 1 planned");
    OK(journal_chunk_again(journal, &push, 1, 3, 0, &again, &err));
    ck_assert_int_eq(again, 0);
    OK(journal_chunk_again(journal, &push, 3, 1, 0, &again, &err));
    ck_assert_int_eq(again, 0);

    /* If they are not sent after all, they stay unknown. */
    chunk = (struct journal_chunk){.n = 3};
    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    IS(ROWS, "a:sending:2 b:applied:1 c:sending:2 d:planned:0 e:planned:0");
    chunk.object_count = chunk.file_size = -1;
    save(&chunk, CHUNK_UPLOADED);
    OK(journal_chunk_skip(journal, &push, &skipped, &err));
    IS(ROWS, "a:unknown:1 b:applied:1 c:unknown:1 d:skipped:0 e:skipped:0");
    IS(KEYS, "a:unknown:h0:1 b:sending:h1:1 c:unknown:h2:1");
}

enum { HALF_A_DAY_MS = 12 * 60 * 60 * 1000 };

/* The store forgets idempotency keys. */
DATABASE_TEST(unknown_rows_with_keys_move_for_12_hours)
{
    struct journal_chunk chunk = list(false).chunks[0];
    int64_t again;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    settle(1, "UPDATE bulkpg.push_row SET state = 'unknown', first_sent_at = "
              "first_sent_at - CASE key WHEN 'b' THEN interval '13 hours' "
              "WHEN 'c' THEN interval '-2 hours' ELSE '0' END WHERE n = 1");
    OK(journal_chunk_again(journal, &push, 1, 3, HALF_A_DAY_MS, &again, &err));
    ck_assert_int_eq(again, 3);
    IS("SELECT string_agg(key || n || line, ' ' ORDER BY number) FROM "
       "bulkpg.push_row",
       "a30 b11 c12 d20 e21");
    OK(journal_chunk_again(journal, &push, 1, 3, HALF_A_DAY_MS, &again, &err));
    ck_assert_int_eq(again, 0);
    OK(journal_chunk_again(journal, &push, 1, 3, 0, &again, &err));
    ck_assert_int_eq(again, 4);
}

/* ---- lines --------------------------------------------------------------- */

DATABASE_TEST(lines_are_read_in_pages)
{
    struct buf text = buf_with_ceiling(4 * 1024 * 1024);
    int64_t line = 0, bytes = 0;
    int pages = 0;

    OK(journal_chunk_lines(journal, push.push_id, 1, &line, &text, &err));
    ck_assert_str_eq(buf_str(&text), "{\"v\":0}\n{\"v\":1}\n{\"v\":2}\n");
    ck_assert_int_eq(line, 3);
    OK(journal_chunk_lines(journal, push.push_id, 1, &line, &text, &err));
    ck_assert_uint_eq(text.length, 0);
    pg_task_script(other, "INSERT INTO bulkpg.push_row (push_id, number, n, "
                          "line, variables, state) SELECT 1, 100 + i, 9, i, "
                          "repeat('x', 1000), 'planned' FROM "
                          "generate_series(0, 2999) i");
    line = 0;
    do {
        OK(journal_chunk_lines(journal, push.push_id, 9, &line, &text, &err));
        ck_assert_uint_le(text.length, 530 * 1000);
        bytes += (int64_t)text.length;
        pages += text.length > 0;
    } while (text.length > 0);
    ck_assert_int_eq(bytes, 3000 * 1001);
    ck_assert_int_eq(pages, 6);
    buf_free(&text);
}

/* ---- markers ------------------------------------------------------------- */

DATABASE_TEST(a_marker_that_the_journal_lacks_is_a_stranger)
{
    struct journal_chunk chunk = list(false).chunks[0];
    const char *markers[3], *since, *prefix, *stranger;

    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    markers[0] = chunk.marker;
    OK(journal_chunk_submitting(journal, &push, &arena, &chunk, &err));
    markers[1] = chunk.marker;
    OK(journal_chunk_week(journal, &arena, &since, &prefix, &err));
    ck_assert_uint_eq(strlen(since), strlen("2026-10-21T02:07:50Z"));
    ck_assert(strncmp(chunk.marker, prefix, strlen(prefix)) == 0);
    OK(journal_chunk_stranger(journal, markers, 0, &arena, &stranger, &err));
    ck_assert_ptr_null(stranger);
    OK(journal_chunk_stranger(journal, markers, 2, &arena, &stranger, &err));
    ck_assert_ptr_null(stranger);
    markers[2] = arena_printf(&arena, "%s1/1.1/x\"y\\z", prefix);
    OK(journal_chunk_stranger(journal, markers, 3, &arena, &stranger, &err));
    ck_assert_str_eq(stranger, markers[2]);
}

/* ---- single requests ----------------------------------------------------- */

static struct direct_rows
take(enum direct_which which, int64_t most, int64_t from_line)
{
    struct direct_order order = {.n = 1,
                                 .which = which,
                                 .from_line = from_line,
                                 .most = most,
                                 .most_tries = 3,
                                 .key_ms = 12 * 60 * 60 * 1000};
    struct direct_rows rows;

    OK(journal_direct_take(journal, &push, &order, &arena, &rows, &err));
    return rows;
}

DATABASE_TEST(rows_are_taken_before_their_requests)
{
    struct direct_rows rows = take(DIRECT_PLANNED, 2, 0);
    int64_t lines[] = {0, 1};

    ck_assert_uint_eq(rows.count, 2);
    ck_assert_int_eq(rows.rows[1].line, 1);
    ck_assert_str_eq(rows.rows[1].variables, "{\"v\":1}");
    ck_assert_int_eq(rows.rows[1].tries, 1);
    IS(ROWS, "a:sending:1 b:sending:1 c:planned:0 d:planned:0 e:planned:0");
    IS(KEYS, "a:sending:h0:1 b:sending:h1:1");
    IS("SELECT state || attempt FROM bulkpg.push_chunk WHERE n = 1",
       "running1");
    ck_assert_uint_eq(take(DIRECT_AGAIN, 9, 0).count, 0);
    OK(journal_direct_unsent(journal, &push, 1, lines, 2, &err));
    IS(ROWS, "a:planned:0 b:planned:0 c:planned:0 d:planned:0 e:planned:0");
    IS(KEYS, "a:applied:old:77");
    ck_assert_uint_eq(take(DIRECT_PLANNED, 9, 1).count, 2);
    ck_assert_uint_eq(take(DIRECT_PLANNED, 9, 1).count, 0);
}

DATABASE_TEST(unknown_rows_are_taken_again_for_12_hours)
{
    (void)take(DIRECT_PLANNED, 9, 0);
    pg_task_script(other,
                   "UPDATE bulkpg.push_row SET state = 'unknown', "
                   "first_sent_at = first_sent_at - CASE key WHEN 'b' THEN "
                   "interval '13 hours' ELSE '0' END WHERE key IN ('a', 'b')");
    ck_assert_uint_eq(take(DIRECT_AGAIN, 9, 0).count, 1);
    IS(ROWS, "a:sending:2 b:unknown:1 c:sending:1 d:planned:0 e:planned:0");
    ck_assert_uint_eq(take(DIRECT_AGAIN, 9, 0).count, 0);

    /* Another process finds rows that were being sent. */
    ck_assert_uint_eq(take(DIRECT_IDEMPOTENT, 9, 0).count, 2);
    IS(ROWS, "a:sending:3 b:unknown:1 c:sending:2 d:planned:0 e:planned:0");
    pg_task_script(other, "UPDATE bulkpg.push_row SET state = 'unknown' WHERE "
                          "key = 'a'");
    ck_assert_uint_eq(take(DIRECT_AGAIN, 9, 0).count, 0);
}

static const struct {
    bool may_repeat;
    const char *rows;
    const char *keys;
    int64_t held, unknown;
} closings[] = {
    {true, "a:unknown:1 b:unknown:1 c:skipped:0 d:planned:0 e:planned:0",
     "a:unknown:h0:1 b:unknown:h1:1", 0, 1},
    {false, "a:held:1 b:held:1 c:skipped:0 d:planned:0 e:planned:0",
     "a:held:h0:1 b:held:h1:1", 2, 0},
};

static int closing;

static void
close_body(void)
{
    int64_t held, unknown;

    begin();
    (void)take(DIRECT_PLANNED, 2, 0);
    pg_task_script(other,
                   "UPDATE bulkpg.push_row SET state = 'unknown' WHERE key = "
                   "'a'; UPDATE bulkpg.push_state SET state = 'unknown' WHERE "
                   "key = 'a'");
    OK(journal_direct_close(journal, &push, 1, closings[closing].may_repeat,
                            &held, &unknown, &err));
    ck_assert_int_eq(held, closings[closing].held);
    ck_assert_int_eq(unknown, closings[closing].unknown);
    IS(ROWS, closings[closing].rows);
    IS(KEYS, closings[closing].keys);
    ck_assert_uint_eq(list(false).count, 1);
    end();
}

START_TEST(a_chunk_of_requests_is_closed)
{
    closing = _i;
    pg_task_run(close_body);
}

END_TEST

/* ---- the fence ----------------------------------------------------------- */

static void
fails_with(bool ok, const char *code)
{
    ck_assert(!ok);
    ck_assert_str_eq(err.code, code);
}

DATABASE_TEST(a_process_that_lost_the_push_changes_nothing)
{
    struct journal_chunk chunk = list(false).chunks[0];
    struct direct_order order = {.n = 1, .most = 1};
    struct direct_rows rows;
    int64_t count, lines[] = {0};

    pg_task_script(other, "UPDATE bulkpg.push SET resumed = 1");
    fails_with(journal_chunk_save(journal, &push, &chunk, NULL, &err),
               "TAKEN_OVER");
    fails_with(journal_chunk_submitting(journal, &push, &arena, &chunk, &err),
               "TAKEN_OVER");
    fails_with(journal_chunk_skip(journal, &push, &count, &err), "TAKEN_OVER");
    fails_with(journal_chunk_hold(journal, &push, 1, &count, &err),
               "TAKEN_OVER");
    fails_with(journal_chunk_again(journal, &push, 1, 3, 0, &count, &err),
               "TAKEN_OVER");
    fails_with(journal_direct_take(journal, &push, &order, &arena, &rows, &err),
               "TAKEN_OVER");
    fails_with(journal_direct_unsent(journal, &push, 1, lines, 1, &err),
               "TAKEN_OVER");
    fails_with(
        journal_direct_close(journal, &push, 1, true, &count, &count, &err),
        "TAKEN_OVER");
    IS(ROWS, "a:planned:0 b:planned:0 c:planned:0 d:planned:0 e:planned:0");
    IS(KEYS, "a:applied:old:77");
    pg_task_script(other,
                   "UPDATE bulkpg.push SET resumed = 0, status = 'canceled'");
    fails_with(journal_chunk_save(journal, &push, &chunk, NULL, &err),
               "CANCELED");
}

int
main(void)
{
    Suite *suite = suite_create("chunk");
    TCase *tests = tcase_create("chunk");

    tcase_add_test(tests, a_chunk_has_its_members_in_each_state);
    tcase_add_test(tests, rows_and_keys_are_sending_before_a_submission);
    tcase_add_test(tests,
                   what_was_not_submitted_is_skipped_and_its_keys_restored);
    tcase_add_test(tests, what_the_store_may_have_is_not_skipped_but_held);
    tcase_add_test(tests, unknown_rows_move_to_a_chunk_of_their_own);
    tcase_add_test(tests, unknown_rows_with_keys_move_for_12_hours);
    tcase_add_test(tests, lines_are_read_in_pages);
    tcase_add_test(tests, a_marker_that_the_journal_lacks_is_a_stranger);
    tcase_add_test(tests, rows_are_taken_before_their_requests);
    tcase_add_test(tests, unknown_rows_are_taken_again_for_12_hours);
    tcase_add_loop_test(tests, a_chunk_of_requests_is_closed, 0,
                        COUNT(closings));
    tcase_add_test(tests, a_process_that_lost_the_push_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
