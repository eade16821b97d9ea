/* receive: a request is answered after its event was committed, not before, and
 * with 503 if the database does not take it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "hook/receive.h"
#include "hook/signature.h"
#include "journal/journal.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

enum { REQUESTS = 700 };

static struct store_config stores[2];
static struct shops shops;
static struct receiver *receiver;
static struct task_group tasks;
static struct pg_conn *conn;
static struct pg_config database;
static struct err err;

/* Requests are only compared; their addresses are those of statuses[]. */
static unsigned statuses[REQUESTS];
static int answers;

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct server_request *
request(int number)
{
    return (struct server_request *)(void *)&statuses[number];
}

static void
answer(struct server_request *request_, unsigned status)
{
    *(unsigned *)(void *)request_ = status;
    answers++;
}

static void
run_receiver(void *ctx)
{
    receiver_run(ctx);
}

static void
begin(const char *dsn)
{
    struct backoff backoff = backoff_of(1, 5, CLOCK_NEVER);

    for (int i = 0; i < 2; i++)
        stores[i] = (struct store_config){.name = i == 0 ? "acme" : "twin",
                                          .domain = "acme.myshopify.com",
                                          .client_secret = "hush",
                                          .enabled = true};
    shops_init(&shops, stores, 2);
    tasks = (struct task_group){0};
    answers = 0;
    database = (struct pg_config){
        .dsn = dsn, .application_name = "bulkpg listen", .has_repeats = true};
    receiver = receiver_new(&shops, &database, &backoff, answer);
    task_group_spawn(&tasks, "receiver", run_receiver, receiver);
}

static void
end(void)
{
    receiver_close(receiver);
    task_group_wait(&tasks);
    receiver_free(receiver);
    shops_free(&shops);
}

/* Returns its dsn. */
static const char *
make_journal(void)
{
    struct pg_config config = {
        .dsn = cluster_dsn_as(cluster_database(""), "owner"),
        .application_name = "bulkpg test"};
    struct journal *journal;

    conn = pg_task_connect(&config);
    OK(journal_open(conn, true, &journal, &err));
    journal_close(journal);
    return config.dsn;
}

static void
open_journal(void)
{
    begin(make_journal());
}

static void
close_journal(void)
{
    end();
    pg_close(conn);
}

static int64_t
ask(const char *sql)
{
    struct pg_result *result;
    int64_t number;

    OK(pg_exec(conn, sql, 0, NULL, &result, &err));
    number = pg_int64(result, 0, 0);
    pg_result_free(result);
    return number;
}

/* Returns the status; 0: it waits. */
static unsigned
send_webhook(int number, const char *secret, const char *key)
{
    char body[100], id[20], signature[SIGNATURE_TEXT];
    struct delivery delivery = {.domain = span_str("acme.myshopify.com"),
                                .topic = span_str("products/update")};

    snprintf(body, sizeof(body), "{\"%s\":%d}", key, number + 1);
    snprintf(id, sizeof(id), "e%d", number);
    delivery.body = span_str(body);
    delivery.event_id = span_str(id);
    delivery.signature =
        span_str(signature_write(span_str(secret), delivery.body, signature));
    return receiver_take(receiver, &delivery, request(number));
}

static void
wait_for_answers(int count)
{
    while (answers < count)
        (void)task_sleep_until(clock_after_ms(1));
}

/* ---- tests -------------------------------------------------------------- */

static void
later_body(void)
{
    open_journal();
    OK(pg_begin(conn, &err));
    pg_task_script(conn, "LOCK TABLE bulkpg.event IN SHARE MODE");
    ck_assert_uint_eq(send_webhook(0, "hush", "id"), 0);
    while (ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        (void)task_sleep_until(clock_after_ms(1));
    for (int i = 1; i < REQUESTS; i++)
        ck_assert_uint_eq(send_webhook(i, "hush", "id"), 0);
    ck_assert_int_eq(answers, 0);
    OK(pg_commit(conn, &err));
    wait_for_answers(1);
    ck_assert_int_eq(answers, 1); /* the others are not committed yet */
    wait_for_answers(REQUESTS);
    for (int i = 0; i < REQUESTS; i++)
        ck_assert_uint_eq(statuses[i], 200);
    ck_assert_int_eq(ask("SELECT count(*) FROM bulkpg.event"), 2 * REQUESTS);
    /* 1, 250, 250 and 199 requests, each for two stores */
    ck_assert_int_eq(ask("SELECT count(DISTINCT xmin::text) FROM bulkpg.event"),
                     4);
    close_journal();
}

START_TEST(requests_that_come_during_a_commit_share_the_next_ones)
{
    pg_task_run(later_body);
}

END_TEST

static void
refused_body(void)
{
    open_journal();
    ck_assert_uint_eq(send_webhook(0, "wrong", "id"), 401);
    ck_assert_uint_eq(send_webhook(1, "hush", "\""), 400);
    ck_assert_uint_eq(send_webhook(2, "hush", "x"), 0);
    wait_for_answers(1);
    end();
    ck_assert_int_eq(ask("SELECT refused FROM bulkpg.heard WHERE store = "
                         "'acme'"),
                     2);
    ck_assert_int_eq(ask("SELECT count(*) FROM bulkpg.event"), 2);
    pg_close(conn);
}

START_TEST(requests_that_are_refused_are_counted)
{
    pg_task_run(refused_body);
}

END_TEST

/* While the statement runs that counts them. */
static void
meanwhile_body(void)
{
    const char *dsn = make_journal();

    OK(pg_begin(conn, &err));
    pg_task_script(conn, "LOCK TABLE bulkpg.heard IN SHARE MODE");
    begin(dsn);
    ck_assert_uint_eq(send_webhook(0, "wrong", "id"), 401);
    while (ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        (void)task_sleep_until(clock_after_ms(1));
    ck_assert_uint_eq(send_webhook(1, "wrong", "id"), 401);
    ck_assert_uint_eq(send_webhook(2, "wrong", "id"), 401);
    OK(pg_commit(conn, &err));
    ck_assert_uint_eq(send_webhook(3, "hush", "id"), 0);
    wait_for_answers(1);
    end();
    ck_assert_int_eq(ask("SELECT refused FROM bulkpg.heard WHERE store = "
                         "'acme'"),
                     3);
    pg_close(conn);
}

START_TEST(requests_that_are_refused_meanwhile_are_counted)
{
    pg_task_run(meanwhile_body);
}

END_TEST

static void
down_body(void)
{
    begin("host=/nowhere");
    ck_assert_uint_eq(send_webhook(0, "hush", "id"), 0);
    wait_for_answers(1);
    ck_assert_uint_eq(statuses[0], 503);
    ck_assert(!receiver_is_well(receiver));
    ck_assert_uint_eq(send_webhook(1, "hush", "id"), 503);
    ck_assert_uint_eq(send_webhook(1, "wrong", "id"), 401);
    end();
}

START_TEST(without_a_database_requests_are_sent_again)
{
    pg_task_run(down_body);
}

END_TEST

static Suite *
receive_suite(void)
{
    Suite *suite = suite_create("receive");
    TCase *tests = tcase_create("receive");

    tcase_add_test(tests,
                   requests_that_come_during_a_commit_share_the_next_ones);
    tcase_add_test(tests, requests_that_are_refused_are_counted);
    tcase_add_test(tests, requests_that_are_refused_meanwhile_are_counted);
    tcase_add_test(tests, without_a_database_requests_are_sent_again);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(receive_suite());
}
