/* event: a webhook is recorded once, leads to the jobs of its type, and is
 * forgotten after a week. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/event.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;
static struct arena arena;
static struct pg_conn *conn;
static struct journal *journal;
static const char *const jobs[] = {"products", "titles"};

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static void
open_all(void)
{
    struct pg_config config = {
        .dsn = cluster_dsn_as(cluster_database(""), "owner"),
        .application_name = "bulkpg test"};

    conn = pg_task_connect(&config);
    OK(journal_open(conn, true, &journal, &err));
}

static void
close_all(void)
{
    journal_close(journal);
    pg_close(conn);
    arena_free(&arena);
}

/* One value as text, in the arena. */
static const char *
ask(const char *sql)
{
    struct pg_result *result;
    const char *text;

    OK(pg_exec(conn, sql, 0, NULL, &result, &err));
    text = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

static void
check(const char *sql, const char *expected)
{
    ck_assert_str_eq(ask(sql), expected);
}

static struct journal_event
event(const char *id, int64_t object)
{
    return (struct journal_event){.store = "acme",
                                  .event_id = id,
                                  .topic = "products/update",
                                  .type = "Product",
                                  .object_id = object,
                                  .triggered_us = JOURNAL_NO_TRIGGER,
                                  .jobs = jobs,
                                  .job_count = 2};
}

static void
add(const struct journal_event *events, size_t count)
{
    OK(journal_events_add(conn, events, count, &err));
}

#define PENDING                                                             \
    "SELECT string_agg(concat_ws(' ', job, object_id), ', ' ORDER BY job, " \
    "object_id) FROM bulkpg.pending"

static void
jobs_body(void)
{
    struct journal_event events[] = {event("a", 1), event("b", 2),
                                     event("c", 1), event("d", 0)};

    open_all();
    events[1].store = "beta";
    events[1].job_count = 1;
    add(events, 4);
    check(PENDING, "products 1, products 2, titles 1");
    check("SELECT string_agg(concat_ws(' ', store, event_id, topic, type, "
          "object_id), ', ' ORDER BY event_id) FROM bulkpg.event",
          "acme a products/update Product 1, beta b products/update Product 2, "
          "acme c products/update Product 1, acme d products/update Product 0");
    check("SELECT count(*) FROM bulkpg.pending WHERE first_at < last_at", "2");
    close_all();
}

START_TEST(an_event_leads_to_the_jobs_of_its_type)
{
    pg_task_run(jobs_body);
}

END_TEST

/* The same event, in one statement and in two. */
static void
twice_body(void)
{
    struct journal_event events[] = {event("a", 1), event("a", 1)};

    open_all();
    add(events, 2);
    pg_task_script(conn, "DELETE FROM bulkpg.pending");
    add(events, 1);
    check("SELECT count(*) FROM bulkpg.event", "1");
    check("SELECT count(*) FROM bulkpg.pending", "0");
    check("SELECT concat_ws(' ', received, duplicates) FROM bulkpg.heard",
          "3 2");
    close_all();
}

START_TEST(a_repeated_event_is_recorded_once)
{
    pg_task_run(twice_body);
}

END_TEST

static void
many_body(void)
{
    static struct journal_event events[JOURNAL_EVENTS_MOST];
    static char ids[JOURNAL_EVENTS_MOST][16];

    open_all();
    for (int i = 0; i < JOURNAL_EVENTS_MOST; i++) {
        snprintf(ids[i], sizeof(ids[i]), "e%d", i);
        events[i] = event(ids[i], i + 1);
    }
    add(events, JOURNAL_EVENTS_MOST);
    check("SELECT count(*) FROM bulkpg.event", "500");
    check("SELECT count(*) FROM bulkpg.pending", "1000");
    close_all();
}

START_TEST(one_statement_takes_many_events)
{
    pg_task_run(many_body);
}

END_TEST

static void
again_body(void)
{
    struct journal_event first = event("a", 1), second = event("b", 1);

    open_all();
    add(&first, 1);
    pg_task_script(conn,
                   "UPDATE bulkpg.pending SET tries = 3, "
                   "last_at = clock_timestamp() + interval '1 hour';"
                   "CREATE TEMP TABLE seen AS SELECT * FROM bulkpg.pending");
    add(&second, 1);
    check("SELECT count(*) FROM bulkpg.pending p JOIN seen s USING (store, "
          "job, object_id, first_at, tries) WHERE p.last_at > s.last_at",
          "2");
    close_all();
}

/* Even if the clock was set back. */
START_TEST(a_further_event_of_an_object_changes_its_last_time)
{
    pg_task_run(again_body);
}

END_TEST

static void
too_often_body(void)
{
    struct journal_event first = event("a", 1), second = event("b", 1);

    open_all();
    add(&first, 1);
    pg_task_script(conn, "UPDATE bulkpg.pending SET tried_at = now(), "
                         "tries = CASE job WHEN 'titles' THEN 12 ELSE 11 END");
    add(&second, 1);
    check("SELECT string_agg(tries::text, ' ' ORDER BY job) FROM "
          "bulkpg.pending",
          "11 0");
    close_all();
}

START_TEST(a_further_event_ends_what_failed_too_often)
{
    pg_task_run(too_often_body);
}

END_TEST

static void
lag_body(void)
{
    struct journal_event events[] = {event("a", 1), event("b", 2)};
    struct journal_refused refused[] = {{"acme", 2}, {"", 5}};
    struct journal_live live;

    open_all();
    add(events, 1);
    OK(journal_list_live(journal, &arena, &live, &err));
    ck_assert_int_eq(live.heard[0].lag_ms, -1);
    events[1].triggered_us =
        INT64_C(1000000) *
        strtoll(ask("SELECT floor(extract(epoch FROM now()))::bigint - 90"),
                NULL, 10);
    add(&events[1], 1);
    OK(journal_count_refused(conn, refused, 2, &err));
    OK(journal_count_refused(conn, refused, 1, &err));
    OK(journal_list_live(journal, &arena, &live, &err));
    ck_assert_uint_eq(live.heard_count, 2);
    ck_assert_str_eq(live.heard[0].store, "");
    ck_assert_int_eq(live.heard[0].refused, 5);
    ck_assert_int_eq(live.heard[0].age_ms, -1);
    ck_assert_int_eq(live.heard[1].received, 2);
    ck_assert_int_eq(live.heard[1].refused, 4);
    ck_assert_int_ge(live.heard[1].age_ms, 0);
    ck_assert_int_ge(live.heard[1].lag_ms, 90000);
    ck_assert_uint_eq(live.pending_count, 2);
    ck_assert_str_eq(live.pending[1].job, "titles");
    ck_assert_int_eq(live.pending[1].objects, 2);
    close_all();
}

START_TEST(counters_of_each_store_add_up)
{
    pg_task_run(lag_body);
}

END_TEST

#define GID "gid://shopify/BulkOperation/7"

static void
finish_body(void)
{
    struct journal_event finish = event("a", 7);

    open_all();
    finish.topic = "bulk_operations/finish";
    finish.type = "BulkOperation";
    finish.job_count = 0;
    finish.finished = GID;
    add(&finish, 1);
    check("SELECT concat_ws(' ', type, object_id) FROM bulkpg.event",
          "BulkOperation 7");
    close_all();
}

START_TEST(an_operation_that_ended_is_an_event)
{
    pg_task_run(finish_body);
}

END_TEST

static void
old_body(void)
{
    struct journal_event events[] = {event("a", 1), event("b", 2)};
    struct journal_keep keep = {1000, 1000, 1000};

    open_all();
    add(events, 2);
    pg_task_script(
        conn, "UPDATE bulkpg.event SET received_at = received_at - interval "
              "'8 days' WHERE event_id = 'a';"
              "UPDATE bulkpg.pending SET last_at = last_at - interval '8 days' "
              "WHERE job = 'titles'");
    OK(journal_prune(journal, &keep, &err));
    check("SELECT event_id FROM bulkpg.event", "b");
    check(PENDING, "products 1, products 2");
    close_all();
}

START_TEST(events_are_forgotten_after_a_week)
{
    pg_task_run(old_body);
}

END_TEST

static void
readers_body(void)
{
    open_all();
    pg_task_script(conn, "DO $$BEGIN CREATE ROLE analyst; EXCEPTION WHEN "
                         "duplicate_object THEN NULL; END$$");
    OK(journal_grant(journal, "analyst", &err));
    check("SELECT bool_and(has_table_privilege('analyst', 'bulkpg.' || t, "
          "'SELECT')) FROM unnest('{event,pending,hook,heard}'::text[]) t",
          "t");
    close_all();
}

START_TEST(readers_can_read_events)
{
    pg_task_run(readers_body);
}

END_TEST

static Suite *
event_suite(void)
{
    Suite *suite = suite_create("event");
    TCase *tests = tcase_create("event");

    tcase_add_test(tests, an_event_leads_to_the_jobs_of_its_type);
    tcase_add_test(tests, a_repeated_event_is_recorded_once);
    tcase_add_test(tests, one_statement_takes_many_events);
    tcase_add_test(tests, a_further_event_of_an_object_changes_its_last_time);
    tcase_add_test(tests, a_further_event_ends_what_failed_too_often);
    tcase_add_test(tests, counters_of_each_store_add_up);
    tcase_add_test(tests, an_operation_that_ended_is_an_event);
    tcase_add_test(tests, events_are_forgotten_after_a_week);
    tcase_add_test(tests, readers_can_read_events);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(event_suite());
}
