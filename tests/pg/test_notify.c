/* notify: what a session hears, while it waits and while it works. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pg/notify.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct pg_conn *listens, *tells;
static char told[256];

static void
keep(void *ctx, const char *payload)
{
    ck_assert_ptr_eq(ctx, told);
    strcat(told, payload);
    strcat(told, " ");
}

static void
open_both(void)
{
    struct pg_config config = {.dsn = cluster_dsn(),
                               .application_name = "notify"};

    told[0] = '\0';
    listens = pg_task_connect(&config);
    tells = pg_task_connect(&config);
    pg_listen(listens, "one", keep, told);
    pg_task_script(listens, "SELECT 1"); /* the LISTEN goes with it */
}

static void
close_both(void)
{
    pg_close(listens);
    pg_close(tells);
}

static void
waiting_body(void)
{
    open_both();
    pg_task_script(tells, "NOTIFY one, 'a'");
    pg_task_script(tells, "NOTIFY other, 'x'");
    pg_task_script(tells, "NOTIFY one, 'b'");
    while (strcmp(told, "a b ") != 0) {
        ck_assert_int_eq(pg_wait_notified(listens, CLOCK_NEVER), TASK_READY);
        pg_hear(listens);
    }
    close_both();
}

START_TEST(a_session_that_waits_hears)
{
    pg_task_run(waiting_body);
}

END_TEST

static void
working_body(void)
{
    open_both();
    pg_task_script(tells, "NOTIFY one, 'a'");
    while (told[0] == '\0')
        pg_task_script(listens, "SELECT 1");
    ck_assert_str_eq(told, "a ");
    close_both();
}

START_TEST(a_session_that_works_hears)
{
    pg_task_run(working_body);
}

END_TEST

static void
lost_body(void)
{
    char sql[80];

    open_both();
    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d)",
             pg_task_backend(listens));
    pg_task_script(tells, sql);
    while (pg_is_alive(listens)) {
        ck_assert_int_eq(pg_wait_notified(listens, CLOCK_NEVER), TASK_READY);
        pg_hear(listens);
    }
    pg_hear(listens);
    close_both();
}

START_TEST(a_session_that_is_ended_is_lost)
{
    pg_task_run(lost_body);
}

END_TEST

static void
time_body(void)
{
    open_both();
    while (pg_wait_notified(listens, clock_now_ms()) != TASK_TIMEOUT)
        pg_hear(listens);
    ck_assert_str_eq(told, "");
    close_both();
}

START_TEST(the_wait_has_an_end)
{
    pg_task_run(time_body);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("notify");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_session_that_waits_hears);
    tcase_add_test(all, a_session_that_works_hears);
    tcase_add_test(all, a_session_that_is_ended_is_lost);
    tcase_add_test(all, the_wait_has_an_end);
    suite_add_tcase(suite, all);
    return suite_run_with_cluster(suite);
}
