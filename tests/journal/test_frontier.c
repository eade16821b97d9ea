/* frontier: pages are committed once, by the run's own process, and the next
 * process continues after the last of them. Also bulkpg.walk. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "journal/frontier.h"
#include "journal/merge.h"
#include "journal/operation.h"
#include "journal/reject.h"
#include "journal/runs.h"
#include "journal/walk.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;
static struct arena arena;

/* `conn` has the journal, and `loader` commits pages. */
static const char *database;
static struct pg_conn *conn;
static struct pg_conn *loader;
static struct journal *journal;
static struct run_ref run;

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct pg_conn *
connect_to(const char *name)
{
    struct pg_config config = {.dsn = cluster_dsn_as(name, "owner"),
                               .application_name = "bulkpg test"};

    return pg_task_connect(&config);
}

/* Prune what is older, in milliseconds. */
static bool
prune(int64_t runs, int64_t rejects)
{
    struct journal_keep keep = {
        .journal_ms = runs, .rejects_ms = rejects, .push_ms = runs};

    return journal_prune(journal, &keep, &err);
}

static struct run_ref
begin_run(enum run_mode mode)
{
    struct run_start start = {.store = "acme",
                              .job = "orders",
                              .mode = mode,
                              .mode_reason = "first",
                              .plan_hash = "abc"};
    struct run_ref begun;

    OK(journal_run_begin(journal, &start, &begun, &err));
    return begun;
}

static void
open_all(void)
{
    char loaded_at[JOURNAL_TIME_BYTES];

    database = cluster_database("");
    conn = connect_to(database);
    loader = connect_to(database);
    OK(journal_open(conn, true, &journal, &err));
    run = begin_run(RUN_FULL);
    OK(journal_run_loading(journal, &run, false, loaded_at, &err));
}

static void
close_all(void)
{
    journal_close(journal);
    pg_close(conn);
    pg_close(loader);
    arena_free(&arena);
}

/* One value as text, in the arena. SQL NULL or no row: "". */
static const char *
ask(const char *sql)
{
    struct pg_result *result;
    const char *text;

    OK(pg_exec(loader, sql, 0, NULL, &result, &err));
    text = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

static struct frontier_head
head_at(int64_t page)
{
    return (struct frontier_head){.page = page,
                                  .next_line = 100 * page + 1,
                                  .lines = 100 * page,
                                  .roots = page,
                                  .copy_bytes = -1,
                                  .moment = "2026-01-02T03:04:05Z",
                                  .branch = "main",
                                  .gids = "[{\"type\":\"Order\"}]"};
}

/* Commit a page in a transaction of its own. */
static bool
commit_page(int64_t number, const struct frontier_page *page)
{
    struct frontier_head head = head_at(number);

    if (!pg_begin(loader, &err))
        return false;
    if (journal_frontier_queue(loader, &run, &head, page, &err) &&
        pg_commit(loader, &err))
        return true;
    pg_rollback(loader);
    return false;
}

/* ---- pages ------------------------------------------------------------- */

static struct frontier_head
read_head(bool expected)
{
    struct frontier_head head = {0};
    bool found;

    OK(journal_frontier_head(journal, run.run_id, &arena, &head, &found, &err));
    ck_assert(found == expected);
    return head;
}

static void
begin_body(void)
{
    struct frontier_head head = {.next_line = 1, .copy_bytes = 17};

    open_all();
    read_head(false);
    OK(journal_frontier_begin(journal, &run, &head, &err));
    head = read_head(true);
    ck_assert_int_eq(head.page, 0);
    ck_assert_int_eq(head.next_line, 1);
    ck_assert_int_eq(head.copy_bytes, 17);
    ck_assert_ptr_null(head.moment);
    ck_assert_ptr_null(head.gids);
    ck_assert_ptr_null(head.walked);
    ck_assert_int_ge(head.age_ms, 0);
    run.resumed++;
    ck_assert(!journal_frontier_begin(journal, &run, &head, &err));
    ck_assert_str_eq(err.code, "TAKEN_OVER");
    close_all();
}

START_TEST(a_frontier_begins_with_a_head_row)
{
    pg_task_run(begin_body);
}

END_TEST

static const struct frontier_entry three[] = {{.number = 1,
                                               .cursor = "abc",
                                               .rows = 250,
                                               .distinct = 249,
                                               .pages = 1,
                                               .told_first = 1000,
                                               .told_last = 1001},
                                              {.number = 2,
                                               .connection = 1,
                                               .level = 1,
                                               .parent_id = "gid://x/A/1",
                                               .distinct = -1,
                                               .told_first = -1,
                                               .told_last = -1},
                                              {.number = 3,
                                               .connection = 2,
                                               .level = 2,
                                               .parent_id = "p\"\xc3\xa9\xff",
                                               .cursor = "c\n",
                                               .offset = 70,
                                               .nulls = 3,
                                               .repeats = 2,
                                               .is_again = true,
                                               .distinct = -1,
                                               .told_first = -1,
                                               .told_last = -1}};

static void
check_entry_3(const struct frontier_entry *entry)
{
    ck_assert_int_eq(entry->number, 3);
    ck_assert_int_eq(entry->connection, 2);
    ck_assert_int_eq(entry->level, 2);
    ck_assert_str_eq(entry->cursor, "c\n");
    ck_assert_int_eq(entry->offset, 70);
    ck_assert_int_eq(entry->nulls, 3);
    ck_assert_int_eq(entry->repeats, 2);
    ck_assert_int_eq(entry->told_first, -1);
    ck_assert(entry->is_again);
}

static void
pages_body(void)
{
    struct frontier_head head = head_at(0);
    struct frontier_page first = {.entries = three, .entry_count = 3};
    struct frontier_entry changed = three[0];
    int64_t ended[] = {2, 77};
    struct frontier_page second = {.ended = ended,
                                   .ended_count = 2,
                                   .entries = &changed,
                                   .entry_count = 1};
    struct frontier_entries entries;
    int64_t held = 3;

    open_all();
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(commit_page(1, &first));
    OK(journal_frontier_entries(journal, run.run_id, NULL, 0, 10, &arena,
                                &entries, &err));
    ck_assert_uint_eq(entries.count, 3);
    check_entry_3(&entries.entries[0]);
    ck_assert_int_eq(entries.entries[1].number, 2);
    ck_assert_str_eq(entries.entries[1].parent_id, "gid://x/A/1");
    ck_assert_ptr_null(entries.entries[1].cursor);
    ck_assert_int_eq(entries.entries[1].distinct, -1);
    ck_assert_ptr_null(entries.entries[2].parent_id);
    ck_assert_int_eq(entries.entries[2].told_last, 1001);
    ck_assert(!entries.entries[2].is_again);
    OK(journal_frontier_after(journal, run.run_id, 0, 2, &arena, &entries,
                              &err));
    ck_assert_uint_eq(entries.count, 2);
    ck_assert_int_eq(entries.entries[0].number, 1);
    ck_assert_int_eq(entries.entries[1].number, 2);
    OK(journal_frontier_after(journal, run.run_id, 2, 2, &arena, &entries,
                              &err));
    ck_assert_uint_eq(entries.count, 1);
    check_entry_3(&entries.entries[0]);
    changed.cursor = "def";
    changed.pages = 2;
    OK(commit_page(2, &second));
    head = read_head(true);
    ck_assert_int_eq(head.page, 2);
    ck_assert_int_eq(head.next_line, 201);
    ck_assert_str_eq(head.moment, "2026-01-02T03:04:05Z");
    ck_assert_str_eq(head.branch, "main");
    ck_assert_str_eq(head.gids, "[{\"type\":\"Order\"}]");
    OK(journal_frontier_entries(journal, run.run_id, &held, 1, 10, &arena,
                                &entries, &err));
    ck_assert_uint_eq(entries.count, 1);
    ck_assert_str_eq(entries.entries[0].cursor, "def");
    ck_assert_int_eq(entries.entries[0].pages, 2);
    OK(journal_frontier_entries(journal, run.run_id, NULL, 0, 1, &arena,
                                &entries, &err));
    ck_assert_uint_eq(entries.count, 1);
    check_entry_3(&entries.entries[0]);
    close_all();
}

START_TEST(a_page_commits_its_entries)
{
    pg_task_run(pages_body);
}

END_TEST

static void
many_body(void)
{
    enum { MANY = 9000 };
    struct frontier_head head = head_at(0);
    struct frontier_entry *many = arena_array(&arena, MANY, sizeof(*many));
    int64_t *ended = arena_array(&arena, MANY, sizeof(*ended));
    struct frontier_page page = {.entries = many, .entry_count = MANY};
    struct frontier_page last = {
        .is_last = true, .ended = ended, .ended_count = MANY};

    open_all();
    for (int i = 0; i < MANY; i++) {
        many[i] = three[1];
        many[i].number = i + 1;
        ended[i] = i + 1;
        if (i % 3 == 0)
            continue;
        many[i].connection = i % 3; /* fresh ones, of two connections */
        many[i].parent_id = three[2].parent_id;
        many[i].distinct = 0;
    }
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(commit_page(1, &page));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.frontier"), "9001");
    ck_assert_str_eq(
        ask("SELECT count(*) FROM bulkpg.frontier WHERE connection = 2 AND "
            "level = 1 AND parent_id = E'p\"\\u00e9\\ufffd' AND "
            "distinct_rows = 0 AND told_first IS NULL AND NOT is_again"),
        "3000");
    OK(commit_page(2, &last));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.frontier"), "1");
    close_all();
}

START_TEST(a_page_may_have_many_entries)
{
    pg_task_run(many_body);
}

END_TEST

static void
page_fails(int64_t number, const struct frontier_page *page)
{
    ck_assert(!commit_page(number, page));
    ck_assert_msg(journal_frontier_failed(&err), "%s", err.message);
    ck_assert_str_eq(ask("SELECT head ->> 'page' FROM bulkpg.frontier WHERE "
                         "number = 0"),
                     "1");
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.frontier"), "4");
}

static void
fence_body(void)
{
    struct frontier_head head = head_at(0);
    struct frontier_page page = {.entries = three, .entry_count = 3};
    struct frontier_page next = {.ended = &three[0].number, .ended_count = 1};
    struct run_ref old;
    bool taken;

    open_all();
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(commit_page(1, &page));
    page_fails(1, &next); /* it has been committed already */
    page_fails(3, &next); /* page 2 is missing */
    old = run;
    OK(journal_run_resume(journal, &run, RUN_LOADING, &taken, &err));
    ck_assert(taken);
    head = (run = old, head_at(2));
    page_fails(2, &next);
    ck_assert(!journal_run_not_ours_in(loader, &old, &err));
    ck_assert_str_eq(err.code, "TAKEN_OVER");
    run.resumed++;
    OK(commit_page(2, &next));
    close_all();
}

START_TEST(only_the_runs_process_commits_its_next_page)
{
    pg_task_run(fence_body);
}

END_TEST

static void
rejects_body(void)
{
    struct journal_reject reject = {
        .line_number = 7, .reason = "x", .raw = span_str("{}")};
    struct frontier_head head = head_at(0);
    struct frontier_page page = {.is_last = true};

    open_all();
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(pg_begin(loader, &err));
    head = head_at(1);
    OK(journal_frontier_queue(loader, &run, &head, &page, &err));
    OK(journal_queue_rejects(loader, &run, &reject, 1, &err));
    OK(pg_settle(loader, &err));
    pg_rollback(loader);
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "0");
    ck_assert_int_eq(read_head(true).page, 0);
    OK(pg_begin(loader, &err));
    OK(journal_frontier_queue(loader, &run, &head, &page, &err));
    OK(journal_queue_rejects(loader, &run, &reject, 1, &err));
    OK(pg_commit(loader, &err));
    ck_assert_str_eq(ask("SELECT convert_from(raw, 'UTF8') FROM bulkpg.reject "
                         "WHERE line_number = 7"),
                     "{}");
    ck_assert_int_eq(read_head(true).page, 1);
    close_all();
}

START_TEST(a_page_commits_its_rejects)
{
    pg_task_run(rejects_body);
}

END_TEST

static void
end_body(void)
{
    struct frontier_head head = head_at(0);
    struct frontier_page page = {.entries = three, .entry_count = 3};
    struct run_end end = {.status = RUN_INTERRUPTED,
                          .counts = run_counts_unknown};

    open_all();
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(commit_page(1, &page));
    journal_frontier_queue_end(loader, run.run_id);
    OK(pg_settle(loader, &err));
    read_head(false);
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(journal_frontier_end(journal, run.run_id, &err));
    read_head(false);
    OK(journal_frontier_begin(journal, &run, &head, &err));
    OK(journal_run_finish(journal, &run, &end, &err));
    OK(prune(86400000, 86400000));
    read_head(true); /* it can be resumed */
    OK(journal_run_status(journal, &run, RUN_LOADING, &err));
    end.status = RUN_FAILED;
    OK(journal_run_finish(journal, &run, &end, &err));
    OK(prune(86400000, 86400000));
    read_head(false);
    close_all();
}

START_TEST(a_frontier_ends_with_its_run)
{
    pg_task_run(end_body);
}

END_TEST

/* ---- the walk ---------------------------------------------------------- */

static void
walk_body(void)
{
    struct journal_walk walks[] = {
        {"orders", 1, 4, 1000, 1000, 0, 0, 41.5},
        {"orders.lineItems", 1000, 1004, 2100, -1, 2, 1, 2000}};

    open_all();
    OK(journal_queue_walk(loader, run.run_id, walks, 2, &err));
    OK(pg_settle(loader, &err));
    ck_assert_str_eq(
        ask("SELECT string_agg(w::text, ' ' ORDER BY path) FROM "
            "(SELECT path, instances, pages, rows, told, nulls, repeats, "
            "points FROM bulkpg.walk) w"),
        "(orders,1,4,1000,1000,0,0,41.50) "
        "(orders.lineItems,1000,1004,2100,,2,1,2000.00)");
    close_all();
}

START_TEST(the_walk_of_a_run_is_kept)
{
    pg_task_run(walk_body);
}

END_TEST

static void
operation_body(void)
{
    struct journal_operation pages = {.run_id = run.run_id,
                                      .n = 1,
                                      .attempt = 1,
                                      .query = "{ a }",
                                      .created_at = "2026-01-02T03:04:05Z",
                                      .object_count = -1,
                                      .root_object_count = -1,
                                      .file_size = -1,
                                      .lines = 7,
                                      .bytes = 70};
    struct journal_operations list;

    open_all();
    pages.run_id = run.run_id;
    OK(journal_operation_pages(journal, &run, &pages, &err));
    pages.created_at = "2026-01-02T03:04:06Z";
    OK(journal_operation_pages(journal, &run, &pages, &err));
    OK(journal_running_operations(journal, NULL, NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 1);
    ck_assert(journal_operation_is_paged(&list.operations[0]));
    ck_assert(!list.operations[0].is_lost);
    ck_assert_str_eq(list.operations[0].created_at, "2026-01-02T03:04:06Z");
    OK(journal_left_operations(journal, "acme", "orders", 0, &arena, &list,
                               &err));
    ck_assert_uint_eq(list.count, 0);
    pages.status = "COMPLETED";
    OK(journal_operation_update(journal, &pages, &err));
    OK(journal_running_operations(journal, NULL, NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 0);
    ck_assert_str_eq(ask("SELECT lines FROM bulkpg.run"), "7");
    run.resumed++;
    ck_assert(!journal_operation_pages(journal, &run, &pages, &err));
    ck_assert_str_eq(err.code, "TAKEN_OVER");
    close_all();
}

START_TEST(a_run_that_reads_pages_has_one_operation)
{
    pg_task_run(operation_body);
}

END_TEST

/* ---- runs with --ids --------------------------------------------------- */

static void
finish(struct run_ref ref, enum run_status status)
{
    struct run_end end = {.status = status, .counts = run_counts_unknown};

    OK(journal_run_finish(journal, &ref, &end, &err));
}

static int64_t
last_run(const char *which)
{
    struct run_query query = {.newest_only = true};
    struct journal_runs runs;

    OK(journal_list_runs(journal, &query, &arena, &runs, &err));
    ck_assert_uint_eq(runs.count, 1);
    return strcmp(which, "good") == 0 ? runs.runs[0].last_good_age_ms
                                      : runs.runs[0].ref.run_id;
}

static void
ids_body(void)
{
    struct run_ref ids;
    struct journal_run *last;

    open_all();
    ids = begin_run(RUN_IDS);
    finish(ids, RUN_LOADED);
    ck_assert_int_eq(last_run("last"), run.run_id);
    ck_assert_int_eq(last_run("good"), -1);
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &last, &err));
    ck_assert_int_eq(last->ref.run_id, run.run_id);
    ck_assert_str_eq(ask("SELECT last_status FROM bulkpg.freshness"),
                     "abandoned");
    ck_assert_str_eq(ask("SELECT mode FROM bulkpg.run ORDER BY run_id DESC"),
                     "ids");
    finish(run, RUN_LOADED);
    pg_task_script(loader, "UPDATE bulkpg.run SET finished_at = "
                           "clock_timestamp() - interval '6 days'");
    OK(prune(1000, 1000));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.run"), "2");
    pg_task_script(loader, "UPDATE bulkpg.run SET finished_at = "
                           "clock_timestamp() - interval '8 days'");
    OK(prune(INT64_C(30) * 86400000, 1000));
    ck_assert_str_eq(ask("SELECT string_agg(mode, ' ') FROM bulkpg.run"),
                     "full");
    close_all();
}

START_TEST(runs_with_ids_are_no_reference)
{
    pg_task_run(ids_body);
}

END_TEST

static Suite *
frontier_suite(void)
{
    Suite *suite = suite_create("frontier");
    TCase *tests = tcase_create("frontier");

    tcase_add_test(tests, a_frontier_begins_with_a_head_row);
    tcase_add_test(tests, a_page_commits_its_entries);
    tcase_add_test(tests, a_page_may_have_many_entries);
    tcase_add_test(tests, only_the_runs_process_commits_its_next_page);
    tcase_add_test(tests, a_page_commits_its_rejects);
    tcase_add_test(tests, a_frontier_ends_with_its_run);
    tcase_add_test(tests, the_walk_of_a_run_is_kept);
    tcase_add_test(tests, a_run_that_reads_pages_has_one_operation);
    tcase_add_test(tests, runs_with_ids_are_no_reference);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(frontier_suite());
}
