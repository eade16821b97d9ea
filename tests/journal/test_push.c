/* push: pushes are begun, taken over, ended and canceled, and only their own
 * process changes them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "journal/push.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;
static struct arena arena;
static const char *database;
static struct pg_conn *conn;
static struct pg_conn *other;
static struct journal *journal;

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct pg_conn *
connect_to(const char *name)
{
    struct pg_config config = {.dsn = cluster_dsn_as(name, "owner"),
                               .application_name = "bulkpg test"};

    return pg_task_connect(&config);
}

static void
open_all(void)
{
    database = cluster_database("");
    conn = connect_to(database);
    other = connect_to(database);
    OK(journal_open(conn, true, &journal, &err));
}

static void
close_all(void)
{
    journal_close(journal);
    pg_close(conn);
    pg_close(other);
    arena_free(&arena);
}

static void
sql(const char *text)
{
    OK(pg_script(other, text, &err));
}

static const char *
ask(const char *text)
{
    struct pg_result *result;
    const char *answer;

    OK(pg_exec(other, text, 0, NULL, &result, &err));
    answer = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return answer;
}

static struct push_ref
begin_push(const char *job)
{
    struct push_start start = {.store = "acme",
                               .job = job,
                               .mode = PUSH_BULK,
                               .document = "mutation { x }",
                               .source = "mutation { x } ",
                               .may_repeat = true,
                               .snapshot_at = "2026-01-02T03:04:05Z"};
    struct push_ref push;

    OK(journal_push_begin_in(other, &start, &push, &err));
    return push;
}

/* Add rows with these states; those after `planned` are in chunk 1. */
static void
add_rows(const struct push_ref *push, const char *states)
{
    OK(pg_script(
        other,
        arena_printf(&arena,
                     "INSERT INTO bulkpg.push_row (push_id, number, n, line, "
                     "key, hash, state, tries) "
                     "SELECT %lld, at - 1, 1, at - 1, 'k' || at, 'h', state, "
                     "CASE WHEN state IN ('applied', 'refused', 'unknown') "
                     "THEN 1 ELSE 0 END "
                     "FROM unnest('{%s}'::text[]) WITH ORDINALITY "
                     "AS s (state, at)",
                     (long long)push->push_id, states),
        &err));
}

static struct journal_pushes
list(const struct push_query *query)
{
    struct journal_pushes pushes;

    OK(journal_list_pushes(journal, query, &arena, &pushes, &err));
    return pushes;
}

/* ---- a push's life ----------------------------------------------------- */

static void
life_body(void)
{
    struct push_query query = {.store = "acme"};
    struct push_end end = {.status = PUSH_DONE,
                           .error_code = "PUSH_REFUSED",
                           .error = "it was refused",
                           .notes = "{\"remedy\": \"fix it\"}"};
    struct push_counts counts;
    struct journal_pushes pushes;
    struct push_ref push;

    open_all();
    push = begin_push("prices");
    add_rows(&push, "applied,applied,refused,partly,unknown,held,unchanged,"
                    "invalid,skipped,planned");
    OK(journal_push_finish(journal, &push, &end, &counts, &err));
    ck_assert_int_eq(counts.rows, 10);
    ck_assert_int_eq(counts.applied, 2);
    ck_assert_int_eq(counts.refused, 2);
    ck_assert_int_eq(counts.unknown, 2);
    ck_assert_int_eq(counts.held, 1);
    ck_assert_int_eq(counts.sent, 4);
    ck_assert_int_eq(counts.skipped, 2);
    ck_assert_int_eq(counts.failed, 4);
    pushes = list(&query);
    ck_assert_uint_eq(pushes.count, 1);
    ck_assert_int_eq(pushes.pushes[0].status, PUSH_DONE);
    ck_assert_int_eq(pushes.pushes[0].mode, PUSH_BULK);
    ck_assert_int_eq(pushes.pushes[0].counts.refused, 2);
    ck_assert(pushes.pushes[0].may_repeat);
    ck_assert_str_eq(pushes.pushes[0].source, "mutation { x } ");
    ck_assert_str_eq(pushes.pushes[0].snapshot_at, "2026-01-02T03:04:05Z");
    ck_assert_str_eq(pushes.pushes[0].error_code, "PUSH_REFUSED");
    ck_assert_str_eq(pushes.pushes[0].remedy, "fix it");
    ck_assert_int_ge(pushes.pushes[0].duration_ms, 0);
    ck_assert(!journal_push_finish(journal, &push, &end, &counts, &err));
    close_all();
}

START_TEST(a_push_has_a_life)
{
    pg_task_run(life_body);
}

END_TEST

static void
open_body(void)
{
    struct push_query query = {
        .store = "acme", .job = "prices", .open_only = true};
    struct push_end end = {.status = PUSH_FAILED};
    struct push_counts counts;
    struct push_ref first, second;

    open_all();
    first = begin_push("prices");
    begin_push("stock");
    ck_assert_uint_eq(list(&query).count, 1);
    OK(journal_push_finish(journal, &first, &end, &counts, &err));
    ck_assert_uint_eq(list(&query).count, 0);
    second = begin_push("prices");
    end.status = PUSH_INTERRUPTED;
    OK(journal_push_finish(journal, &second, &end, &counts, &err));
    ck_assert_uint_eq(list(&query).count, 1);
    /* A chunk in doubt keeps its push open. */
    sql("INSERT INTO bulkpg.push_chunk (push_id, n, state, lines, bytes) "
        "VALUES (1, 1, 'submitting', 1, 1)");
    ck_assert_uint_eq(list(&query).count, 2);
    ck_assert_int_eq(list(&query).pushes[0].ref.push_id, second.push_id);
    close_all();
}

START_TEST(open_pushes_are_listed)
{
    pg_task_run(open_body);
}

END_TEST

/* ---- the fence --------------------------------------------------------- */

static bool
try_fence(const struct push_ref *push)
{
    struct pg_result *ours = NULL;
    bool ok;

    OK(pg_begin(other, &err));
    journal_push_queue_fence(other, push, &ours);
    ok = pg_settle(other, &err);
    if (!ok)
        ck_assert(journal_fence_failed(ours, &err));
    pg_result_free(ours);
    return ok;
}

static void
fence_body(void)
{
    struct push_ref push, taken;
    bool is_taken;

    open_all();
    push = taken = begin_push("prices");
    ck_assert(try_fence(&push));
    /* Counts may change while the fence is held. */
    OK(pg_script(conn, "UPDATE bulkpg.push SET rows = 1", &err));
    OK(pg_commit(other, &err));
    OK(journal_push_take_over(journal, &taken, &is_taken, &err));
    ck_assert(is_taken);
    ck_assert_int_eq(taken.resumed, 1);
    ck_assert(!try_fence(&push));
    pg_rollback(other);
    ck_assert(!journal_push_not_ours_in(other, &push, &err));
    ck_assert_str_eq(err.code, "TAKEN_OVER");
    ck_assert(try_fence(&taken));
    OK(pg_commit(other, &err));
    OK(journal_push_take_over(journal, &push, &is_taken, &err));
    ck_assert(!is_taken);
    close_all();
}

START_TEST(a_push_that_was_taken_over_changes_nothing)
{
    pg_task_run(fence_body);
}

END_TEST

static void
waiting_body(void)
{
    struct push_ref push, taken;
    bool is_taken;

    open_all();
    push = taken = begin_push("prices");
    ck_assert(try_fence(&push));
    OK(pg_script(conn, "SET lock_timeout = '50ms'", &err));
    ck_assert(!journal_push_take_over(journal, &taken, &is_taken, &err));
    ck_assert_str_eq(err.code, "55P03");
    OK(pg_commit(other, &err));
    OK(journal_push_take_over(journal, &taken, &is_taken, &err));
    ck_assert(is_taken);
    close_all();
}

START_TEST(taking_over_waits_for_the_fence)
{
    pg_task_run(waiting_body);
}

END_TEST

static void
cancel_body(void)
{
    struct push_end end = {.status = PUSH_DONE};
    struct push_counts counts;
    struct push_ref push;
    bool canceled;

    open_all();
    push = begin_push("prices");
    OK(journal_push_cancel(journal, push.push_id, &canceled, &err));
    ck_assert(canceled);
    ck_assert(!journal_push_finish(journal, &push, &end, &counts, &err));
    ck_assert_str_eq(err.code, "CANCELED");
    OK(journal_push_cancel(journal, push.push_id, &canceled, &err));
    ck_assert(!canceled);
    push.push_id = 99;
    ck_assert(!journal_push_not_ours(journal, &push, &err));
    ck_assert_str_eq(err.code, "NO_PUSH");
    close_all();
}

START_TEST(a_push_can_be_canceled)
{
    pg_task_run(cancel_body);
}

END_TEST

/* ---- housekeeping ------------------------------------------------------ */

static void
prune_body(void)
{
    struct journal_keep keep = {.journal_ms = INT64_C(400) * 86400000,
                                .rejects_ms = 1000,
                                .push_ms = 3600000};
    struct push_end end = {.status = PUSH_DONE};
    struct push_counts counts;
    struct push_ref push;

    open_all();
    push = begin_push("prices");
    add_rows(&push, "applied,refused");
    OK(journal_push_finish(journal, &push, &end, &counts, &err));
    push = begin_push("prices");
    add_rows(&push, "applied,held");
    OK(journal_push_finish(journal, &push, &end, &counts, &err));
    push = begin_push("stock");
    add_rows(&push, "applied,partly");
    OK(journal_push_finish(journal, &push, &end, &counts, &err));
    push = begin_push("tags");
    add_rows(&push, "applied,refused");
    OK(journal_push_finish(journal, &push, &end, &counts, &err));
    sql("INSERT INTO bulkpg.push_state (store, job, key, hash, push_id, state) "
        "SELECT p.store, p.job, r.key, r.hash, r.push_id, r.state "
        "FROM bulkpg.push_row r JOIN bulkpg.push p USING (push_id) "
        "WHERE r.state IN ('held', 'refused', 'partly') AND r.push_id > 1");
    sql("INSERT INTO bulkpg.push_error (push_id, number, n, line, ordinal, "
        "message) VALUES (1, 1, 1, 1, 0, 'no')");
    OK(journal_prune(journal, &keep, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.push_row"), "8");
    sql("UPDATE bulkpg.push SET finished_at = now() - interval '2 hours'");
    OK(journal_prune(journal, &keep, &err));
    /* The rows in doubt, and refused ones, are kept, with their pushes. */
    ck_assert_str_eq(ask("SELECT string_agg(push_id || state, ' ' ORDER BY "
                         "push_id, number) FROM bulkpg.push_row"),
                     "2applied 2held 3applied 3partly 4applied 4refused");
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.push_error"), "0");
    keep.journal_ms = 1000;
    OK(journal_prune(journal, &keep, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.push"), "4");
    sql("UPDATE bulkpg.push SET finished_at = now() - interval '9 days'");
    OK(journal_prune(journal, &keep, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.push"), "3");

    /* Once a later push has sent them, they are not needed. */
    sql("UPDATE bulkpg.push_state SET state = 'applied'");
    OK(journal_prune(journal, &keep, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.push_row"), "0");
    close_all();
}

START_TEST(old_pushes_are_forgotten)
{
    pg_task_run(prune_body);
}

END_TEST

static void
readers_body(void)
{
    struct push_ref push;

    open_all();
    sql("CREATE ROLE reader_of_pushes");
    push = begin_push("prices");
    add_rows(&push, "applied");
    OK(journal_grant(journal, "reader_of_pushes", &err));
    OK(journal_grant(journal, "reader_of_pushes", &err));
    sql("SET ROLE reader_of_pushes");
    ck_assert_str_eq(ask("SELECT key FROM bulkpg.push_row"), "k1");
    ck_assert_str_eq(ask("SELECT count(n) FROM bulkpg.push_chunk"), "0");
    ck_assert_str_eq(ask("SELECT job FROM bulkpg.push"), "prices");
    ck_assert(!pg_script(other, "SELECT variables FROM bulkpg.push_row", &err));
    ck_assert_str_eq(err.code, "42501");
    ck_assert(!pg_script(other, "SELECT before FROM bulkpg.push_row", &err));
    ck_assert(!pg_script(other, "SELECT target FROM bulkpg.push_chunk", &err));
    sql("RESET ROLE");
    sql("DROP OWNED BY reader_of_pushes");
    sql("DROP ROLE reader_of_pushes");
    ck_assert_str_eq(ask("SELECT bulkpg.gid('Product', 7)"),
                     "gid://shopify/Product/7");
    close_all();
}

START_TEST(readers_do_not_see_what_is_sent)
{
    pg_task_run(readers_body);
}

END_TEST

START_TEST(states_have_names)
{
    for (int i = 0; i < ROW_STATE_COUNT; i++)
        ck_assert_int_eq(row_state_of(row_state_name((enum row_state)i)), i);
    for (int i = 0; i < CHUNK_STATE_COUNT; i++)
        ck_assert_int_eq(chunk_state_of(chunk_state_name((enum chunk_state)i)),
                         i);
}

END_TEST

static Suite *
push_suite(void)
{
    Suite *suite = suite_create("push");
    TCase *tests = tcase_create("push");

    tcase_add_test(tests, states_have_names);
    tcase_add_test(tests, a_push_has_a_life);
    tcase_add_test(tests, open_pushes_are_listed);
    tcase_add_test(tests, a_push_that_was_taken_over_changes_nothing);
    tcase_add_test(tests, taking_over_waits_for_the_fence);
    tcase_add_test(tests, a_push_can_be_canceled);
    tcase_add_test(tests, old_pushes_are_forgotten);
    tcase_add_test(tests, readers_do_not_see_what_is_sent);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(push_suite());
}
