/* conn: a session with a real server, its errors, and losing it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "pg/conn.h"
#include "pg/sqlstate.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/stop.h"
#include "support/suite.h"

static struct err err;

/* ---- inside tasks ------------------------------------------------------ */

static struct pg_conn *
open_dsn(const char *dsn)
{
    struct pg_config config = {.dsn = dsn, .application_name = "test_pg"};

    return pg_task_connect(&config);
}

static void
refuse_dsn(const char *dsn, enum err_kind kind, const char *code)
{
    struct pg_config config = {.dsn = dsn, .application_name = "test_pg"};
    struct pg_conn *conn;

    ck_assert(!pg_connect(&config, &conn, &err));
    ck_assert_ptr_null(conn);
    ck_assert_msg(err.kind == kind, "%d: %s", (int)err.kind, err.message);
    ck_assert_str_eq(err.code, code);
    ck_assert_ptr_null(strchr(err.message, '\n'));
}

/* The first column of the first row; valid until the next call. */
static const char *
ask(struct pg_conn *conn, const char *sql)
{
    static char text[256];
    struct pg_result *result;

    ck_assert_msg(pg_exec(conn, sql, 0, NULL, &result, &err), "%s",
                  err.message);
    ck_assert_int_eq(pg_rows(result), 1);
    snprintf(text, sizeof(text), "%s", pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

static void
terminate(int pid)
{
    struct pg_conn *other = open_dsn(cluster_dsn());
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 600000)", pid);
    ck_assert_str_eq(ask(other, sql), "t");
    pg_close(other);
}

/* ---- connecting -------------------------------------------------------- */

static void
session_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());
    char where[128];

    ck_assert(pg_is_alive(conn));
    snprintf(where, sizeof(where), "%s:5432/postgres", cluster_directory());
    ck_assert_str_eq(pg_where(conn), where);
    ck_assert_str_eq(ask(conn, "SHOW search_path"), "pg_catalog");
    ck_assert_str_eq(ask(conn, "SHOW TimeZone"), "UTC");
    ck_assert_str_eq(ask(conn, "SHOW DateStyle"), "ISO, YMD");
    ck_assert_str_eq(ask(conn, "SHOW client_encoding"), "UTF8");
    ck_assert_str_eq(ask(conn, "SHOW statement_timeout"), "0");
    ck_assert_str_eq(ask(conn, "SHOW idle_session_timeout"), "0");
    ck_assert_str_eq(ask(conn, "SHOW client_connection_check_interval"), "10s");
    ck_assert_str_eq(ask(conn, "SHOW transaction_isolation"), "read committed");
    ck_assert_str_eq(ask(conn, "SHOW synchronous_commit"), "on");
    ck_assert_str_eq(ask(conn, "SHOW application_name"), "test_pg");
    pg_close(conn);
}

START_TEST(the_session_is_set_up_whatever_the_role_has)
{
    ck_assert(cluster_psql("postgres",
                           "ALTER ROLE owner SET search_path = public;"
                           "ALTER ROLE owner SET TimeZone = 'Asia/Tokyo';"
                           "ALTER ROLE owner SET statement_timeout = '9min';"
                           "ALTER ROLE owner SET idle_session_timeout = '9min'"
                           ";ALTER ROLE owner SET default_transaction_isolation"
                           " = 'serializable';"));
    pg_task_run(session_body);
    ck_assert(cluster_psql("postgres", "ALTER ROLE owner RESET ALL;"));
}

END_TEST

static void
loader_body(void)
{
    struct pg_config config = {.dsn = cluster_dsn(), .loader = true};
    struct pg_conn *conn;

    ck_assert(pg_connect(&config, &conn, &err));
    ck_assert_str_eq(ask(conn, "SHOW synchronous_commit"), "off");
    ck_assert_int_eq(pg_network_us(conn), 0); /* of a Unix socket */
    pg_close(conn);
}

START_TEST(loader_session_does_not_wait_for_the_disk)
{
    pg_task_run(loader_body);
}

END_TEST

static void
no_server_body(void)
{
    refuse_dsn("host=/nonexistent dbname=x", ERR_TRANSIENT, "08001");
    refuse_dsn("host=127.0.0.1 port=1 dbname=x user=u password=hush",
               ERR_TRANSIENT, "08001");
    ck_assert_ptr_nonnull(strstr(err.message, "127.0.0.1:1/x as u"));
    ck_assert_ptr_null(strstr(err.message, "hush"));
    refuse_dsn("postgresql://nowhere.invalid/x", ERR_TRANSIENT, "08001");
}

START_TEST(a_missing_server_is_transient)
{
    pg_task_run(no_server_body);
}

END_TEST

static void
mute_body(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dsn[160];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int64_t began_ms = clock_now_ms();

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5999",
             cluster_directory());
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    snprintf(dsn, sizeof(dsn), "host=%s port=5999 connect_timeout=2",
             cluster_directory());
    refuse_dsn(dsn, ERR_TRANSIENT, "08001");
    ck_assert_ptr_nonnull(strstr(err.message, "no answer in 2 s"));
    ck_assert_int_ge(clock_now_ms() - began_ms, 1900);
    close(fd);
    unlink(address.sun_path);
}

START_TEST(a_silent_server_is_given_up)
{
    pg_task_run(mute_body);
}

END_TEST

static void
denied_body(void)
{
    char dsn[256];

    refuse_dsn(cluster_dsn_as("postgres", "nobody_here"), ERR_DENIED, "28000");
    ck_assert_ptr_nonnull(strstr(err.message, "nobody_here"));
    ck_assert_ptr_null(strstr(err.message, "LOCATION"));
    ck_assert_ptr_null(strstr(err.message, "28000"));
    refuse_dsn(cluster_dsn_as("postgres", "guarded"), ERR_DENIED, "08001");
    snprintf(dsn, sizeof(dsn), "%s password=not-right",
             cluster_dsn_as("postgres", "guarded"));
    refuse_dsn(dsn, ERR_DENIED, "28P01");
    ck_assert_ptr_null(strstr(err.message, "not-right"));
    refuse_dsn(cluster_dsn_in("not_there"), ERR_CONFIG, "3D000");
    ck_assert_ptr_nonnull(
        strstr(err_remedy(&err), "CREATE DATABASE \"not_there\""));
    snprintf(dsn, sizeof(dsn), "%s password=right",
             cluster_dsn_as("postgres", "guarded"));
    pg_close(open_dsn(dsn));
}

START_TEST(wrong_password_role_and_database_have_their_codes)
{
    pg_task_run(denied_body);
}

END_TEST

static void
password_body(void)
{
    const char *dsn = cluster_dsn_as("postgres", "guarded");
    char *with;

    ck_assert(pg_dsn_with_password(dsn, "not-right", &with, &err));
    refuse_dsn(with, ERR_DENIED, "28P01");
    free(with);
    ck_assert(pg_dsn_with_password(dsn, "right", &with, &err));
    pg_close(open_dsn(with));
    free(with);
}

START_TEST(password_is_put_into_the_connection_string)
{
    pg_task_run(password_body);
}

END_TEST

/* Values are quoted for libpq. A string that is not valid is not changed. */
START_TEST(connection_strings_of_any_form_take_a_password)
{
    static const struct {
        const char *dsn;
        const char *with;
        bool has_one;
    } cases[] = {
        {"", "password='it\\'s \\\\x'", false},
        {"shop", "dbname='shop' password='it\\'s \\\\x'", false},
        {"service=w", "service='w' password='it\\'s \\\\x'", false},
        {"postgres://u@h:1/d",
         "user='u' dbname='d' host='h' port='1' password='it\\'s \\\\x'",
         false},
        {"postgres://u:p@h", "user='u' host='h' password='it\\'s \\\\x'", true},
        {"host=h password=p", "host='h' password='it\\'s \\\\x'", true},
        {"host=h password=''", "host='h' password='it\\'s \\\\x'", false},
        {"host='h", "host='h", false},
    };

    char *with;

    ck_assert(pg_dsn_with_password(cases[_i].dsn, "it's \\x", &with, &err));
    ck_assert_str_eq(with, cases[_i].with);
    ck_assert_int_eq(pg_dsn_has_password(cases[_i].dsn), cases[_i].has_one);
    free(with);
}

END_TEST

static void
gssencmode_body(void)
{
    unsetenv("PGGSSENCMODE");
    pg_close(open_dsn(cluster_dsn()));
    ck_assert_str_eq(getenv("PGGSSENCMODE"), "disable");
    setenv("PGGSSENCMODE", "prefer", 1);
    pg_close(open_dsn(cluster_dsn()));
    ck_assert_str_eq(getenv("PGGSSENCMODE"), "prefer");
}

START_TEST(gssapi_is_not_tried_unless_configured)
{
    pg_task_run(gssencmode_body);
}

END_TEST

static void
bad_dsn_body(void)
{
    refuse_dsn("host=x password=my hush word", ERR_CONFIG, "08001");
    ck_assert_ptr_null(strstr(err.message, "hush"));
    refuse_dsn("postgresql://u:pw/hush@h:port/x", ERR_CONFIG, "08001");
    ck_assert_ptr_null(strstr(err.message, "hush"));
    refuse_dsn("postgresql://u:pw@hush@nowhere.invalid/x", ERR_CONFIG, "08001");
    ck_assert_ptr_null(strstr(err.message, "hush"));
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "write %40"));
    refuse_dsn("postgres://u@x:hush@nowhere.invalid?dbname=a@b", ERR_CONFIG,
               "08001");
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "write %40"));
    refuse_dsn("postgres://u:p%40w@nowhere.invalid/a@b", ERR_TRANSIENT,
               "08001");
    refuse_dsn("host=/tmp sslmode=sometimes", ERR_CONFIG, "08001");
    refuse_dsn("service=not_there", ERR_CONFIG, "08001");
}

START_TEST(a_wrong_connection_string_shows_no_secret)
{
    pg_task_run(bad_dsn_body);
}

END_TEST

static void
ascii_body(void)
{
    const char *name =
        cluster_database("TEMPLATE template0 ENCODING 'SQL_ASCII'");

    refuse_dsn(cluster_dsn_in(name), ERR_CONFIG, "DATABASE_VERSION");
    ck_assert_ptr_nonnull(strstr(err.message, "SQL_ASCII"));
}

START_TEST(only_utf8_databases_are_accepted)
{
    pg_task_run(ascii_body);
}

END_TEST

/* ---- statements -------------------------------------------------------- */

static void
parameters_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());
    const char *values[] = {"9223372036854775807", NULL, "it's \\ ÿ", "t"};
    struct pg_result *result;

    ck_assert(pg_exec(conn,
                      "SELECT $1::bigint, $2::text, $3::text, $4::boolean", 4,
                      values, &result, &err));
    ck_assert_int_eq(pg_rows(result), 1);
    ck_assert(pg_int64(result, 0, 0) == INT64_MAX);
    ck_assert(pg_is_null(result, 0, 1));
    ck_assert(!pg_is_null(result, 0, 2));
    ck_assert_str_eq(pg_text(result, 0, 1), "");
    ck_assert_str_eq(pg_text(result, 0, 2), "it's \\ ÿ");
    ck_assert(pg_bool(result, 0, 3));
    pg_result_free(result);
    ck_assert(pg_exec(conn, "SELECT 1 WHERE false", 0, NULL, &result, &err));
    ck_assert_int_eq(pg_rows(result), 0);
    pg_result_free(result);
    ck_assert(pg_exec(conn, "SELECT n FROM generate_series(1, 20000) AS n", 0,
                      NULL, &result, &err));
    ck_assert_int_eq(pg_rows(result), 20000);
    ck_assert(pg_int64(result, 19999, 0) == 20000);
    pg_result_free(result);
    pg_result_free(NULL);
    pg_close(conn);
    pg_close(NULL);
}

START_TEST(parameters_and_results_of_any_size)
{
    pg_task_run(parameters_body);
}

END_TEST

static void
large_body(void)
{
    enum { SIZE = 32 * 1024 * 1024 };
    struct pg_conn *conn = open_dsn(cluster_dsn());
    char *text = mem_alloc(SIZE + 1);
    const char *values[] = {text};
    struct pg_result *result;

    memset(text, 'x', SIZE);
    ck_assert(
        pg_exec(conn, "SELECT $1::text || 'y'", 1, values, &result, &err));
    ck_assert_uint_eq(strlen(pg_text(result, 0, 0)), SIZE + 1);
    pg_result_free(result);
    free(text);
    pg_close(conn);
}

START_TEST(value_larger_than_any_socket_goes_both_ways)
{
    pg_task_run(large_body);
}

END_TEST

static void
failures_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    ck_assert(!pg_exec(conn, "SELECT 1 / 0", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "22012");
    ck_assert_str_eq(err.message, "division by zero");
    ck_assert(!pg_exec(conn, "SELEC", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "42601");
    ck_assert(!pg_script(conn,
                         "CREATE TEMP TABLE k (id int PRIMARY KEY);"
                         "INSERT INTO k VALUES (1), (1)",
                         &err));
    ck_assert_str_eq(err.code, "23505");
    ck_assert_ptr_nonnull(strstr(err.message, "(Key (id)=(1) already exists)"));
    ck_assert(
        !pg_exec(conn, "SELECT unknown_function(1)", 0, NULL, NULL, &err));
    ck_assert_str_ne(err_remedy(&err), "");
    ck_assert(!pg_exec(conn, "SELECT 1; SELECT 2", 0, NULL, NULL, &err));
    ck_assert(pg_is_alive(conn));
    ck_assert_str_eq(ask(conn, "SELECT to_regclass('pg_temp.k') IS NULL"), "t");
    pg_close(conn);
}

START_TEST(failed_statement_leaves_the_session_usable)
{
    pg_task_run(failures_body);
}

END_TEST

/* Each statement is sent alone, and all of them take effect or none, also in a
 * transaction of the caller. The number of statements is not limited. */
static void
script_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());
    struct buf many = buf_with_ceiling(1024 * 1024);

    ck_assert(pg_script(conn, " ; -- nothing\n", &err));
    pg_task_script(conn, "CREATE TEMP TABLE t (n int); -- 1; 2\n"
                         "INSERT INTO t VALUES (1); INSERT INTO t SELECT 2;");
    ck_assert(!pg_script(conn, "DELETE FROM t; SELECT 1 / 0; SELECT 2", &err));
    ck_assert_str_eq(err.code, "22012");
    ck_assert_str_eq(ask(conn, "SELECT count(*) FROM t"), "2");
    ck_assert(pg_begin(conn, &err));
    pg_task_script(conn, "SAVEPOINT a; DELETE FROM t; ROLLBACK TO a; "
                         "DELETE FROM t WHERE n = 1");
    pg_rollback(conn);
    ck_assert_str_eq(ask(conn, "SELECT count(*) FROM t"), "2");
    for (int i = 0; i < 5000; i++)
        buf_append_str(&many, "INSERT INTO t SELECT 3 WHERE $a$;$a$ = ';';\n");
    pg_task_script(conn, buf_str(&many));
    ck_assert_str_eq(ask(conn, "SELECT count(*) FROM t"), "5002");
    buf_free(&many);
    pg_close(conn);
}

START_TEST(a_script_is_all_of_its_statements_or_none)
{
    pg_task_run(script_body);
}

END_TEST

static void
affected_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());
    struct pg_result *result;

    pg_task_script(conn, "CREATE TEMP TABLE t (n int); INSERT INTO t SELECT 1; "
                         "INSERT INTO t SELECT 2");
    ck_assert(pg_exec(conn, "UPDATE t SET n = 0", 0, NULL, &result, &err));
    ck_assert_int_eq(pg_affected(result), 2);
    ck_assert_int_eq(pg_rows(result), 0);
    pg_result_free(result);
    pg_close(conn);
}

START_TEST(script_runs_several_and_tags_are_counted)
{
    pg_task_run(affected_body);
}

END_TEST

static void
copy_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    ck_assert(!pg_exec(conn, "COPY pg_catalog.pg_class TO STDOUT", 0, NULL,
                       NULL, &err));
    ck_assert_int_eq(err.kind, ERR_BUG);
    ck_assert(!pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(copy_is_refused_and_not_read_for_ever)
{
    pg_task_run(copy_body);
}

END_TEST

/* The statement ends when all eight sessions have begun theirs. */
static void
wait_for_the_others(void *ctx)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    pg_task_script(conn,
                   "DO $$ BEGIN PERFORM nextval('public.arrivals'); "
                   "WHILE (SELECT last_value FROM public.arrivals) < 8 LOOP "
                   "PERFORM pg_sleep(0.01); END LOOP; END $$");
    pg_close(conn);
    ++*(int *)ctx;
}

START_TEST(sessions_wait_side_by_side)
{
    int done = 0;

    ck_assert(cluster_psql("postgres", "CREATE SEQUENCE arrivals;"));
    tasks_init(NULL, NULL);
    for (int i = 0; i < 8; i++)
        task_spawn("one of eight", wait_for_the_others, &done);
    tasks_run();
    ck_assert_int_eq(done, 8);
    ck_assert(cluster_psql("postgres", "DROP SEQUENCE arrivals;"));
}

END_TEST

/* ---- transactions ------------------------------------------------------ */

static void
transaction_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    pg_task_script(conn, "CREATE TEMP TABLE t (n int)");
    ck_assert(pg_begin(conn, &err));
    pg_task_script(conn, "INSERT INTO t VALUES (1)");
    ck_assert(pg_commit(conn, &err));
    ck_assert(pg_begin(conn, &err));
    pg_task_script(conn, "INSERT INTO t VALUES (2)");
    pg_rollback(conn);
    pg_rollback(conn); /* outside a transaction, it does nothing */
    ck_assert_str_eq(ask(conn, "SELECT sum(n) FROM t"), "1");

    ck_assert(pg_begin(conn, &err));
    ck_assert(!pg_exec(conn, "SELECT 1 / 0", 0, NULL, NULL, &err));
    ck_assert(!pg_commit(conn, &err)); /* the server answers ROLLBACK */
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.code, "ROLLED_BACK");
    ck_assert(pg_is_alive(conn));
    ck_assert_str_eq(ask(conn, "SELECT sum(n) FROM t"), "1");
    pg_close(conn);
}

START_TEST(commit_that_rolled_back_fails)
{
    pg_task_run(transaction_body);
}

END_TEST

static void
deferred_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    pg_task_script(conn, "CREATE TEMP TABLE t (n int PRIMARY KEY DEFERRABLE "
                         "INITIALLY DEFERRED)");
    ck_assert(pg_begin(conn, &err));
    pg_task_script(conn, "INSERT INTO t VALUES (1), (1)");
    ck_assert(!pg_commit(conn, &err));
    ck_assert_str_eq(err.code, "23505");
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(commit_that_fails_has_a_reason)
{
    pg_task_run(deferred_body);
}

END_TEST

static int shared_backend;

/* Terminate the backend when it runs pg_sleep(). */
static void
terminate_asleep(void *ctx)
{
    struct pg_conn *other = open_dsn(cluster_dsn());
    char sql[128];

    (void)ctx;
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND "
             "wait_event = 'PgSleep'",
             shared_backend);
    while (strcmp(ask(other, sql), "1") != 0)
        task_sleep_until(clock_after_ms(10));
    pg_close(other);
    terminate(shared_backend);
}

static const char slow_commit[] =
    "CREATE TEMP TABLE slow (n int);"
    "CREATE FUNCTION pg_temp.wait() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM pg_sleep(3600); RETURN NULL; END';"
    "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY "
    "DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.wait()";

static void
unknown_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    shared_backend = pg_task_backend(conn);
    pg_task_script(conn, slow_commit);
    ck_assert(pg_begin(conn, &err));
    pg_task_script(conn, "INSERT INTO slow VALUES (1)");
    task_spawn("terminate", terminate_asleep, NULL);
    ck_assert(!pg_commit(conn, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "COMMIT_UNKNOWN");
    ck_assert(!pg_is_alive(conn));
    ck_assert(!pg_commit(conn, &err)); /* it was not sent, so it is known */
    ck_assert_str_eq(err.code, "08006");
    pg_rollback(conn);
    pg_close(conn);
}

START_TEST(commit_without_answer_is_unknown)
{
    pg_task_run(unknown_body);
}

END_TEST

/* ---- losing the connection --------------------------------------------- */

static void
killed_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    shared_backend = pg_task_backend(conn);
    task_spawn("terminate", terminate_asleep, NULL);
    ck_assert(!pg_exec(conn, "SELECT pg_sleep(3600)", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "57P01");
    ck_assert(!pg_is_alive(conn));
    ck_assert(!pg_exec(conn, "SELECT 1", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert(!pg_begin(conn, &err));
    pg_close(conn);
}

START_TEST(backend_killed_in_the_middle_is_a_lost_connection)
{
    pg_task_run(killed_body);
}

END_TEST

static void
idle_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    terminate(pg_task_backend(conn));
    ck_assert(!pg_exec(conn, "SELECT 1", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_ptr_null(
        strpbrk(err.message, "\n\t")); /* libpq's text has them */
    ck_assert(!pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(backend_killed_while_idle_is_found_at_the_next_statement)
{
    pg_task_run(idle_body);
}

END_TEST

/* The server answers a second connection, and reports the backend as busy. */
static void
busy_body(void)
{
    struct pg_config config = {.dsn = cluster_dsn(), .answer_timeout_ms = 200};
    struct pg_conn *conn;

    ck_assert(pg_connect(&config, &conn, &err));
    ck_assert_msg(pg_exec(conn, "SELECT pg_sleep(1)", 0, NULL, NULL, &err),
                  "%s", err.message);
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(a_long_statement_does_not_time_out)
{
    pg_task_run(busy_body);
}

END_TEST

static void
stop_body(void)
{
    struct pg_conn *conn = open_dsn(cluster_dsn());

    ck_assert(pg_begin(conn, &err));
    stop_after_ms(300);
    ck_assert(!pg_exec(conn, "SELECT pg_sleep(3600)", 0, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    ck_assert(pg_is_alive(conn));
    pg_rollback(conn);
    task_shield();
    ck_assert_str_eq(ask(conn, "SELECT 7"), "7");
    task_unshield();
    pg_close(conn);
}

START_TEST(stop_cancels_the_statement_and_keeps_the_session)
{
    pg_task_run(stop_body);
}

END_TEST

/* ---- SQLSTATE ---------------------------------------------------------- */

START_TEST(sqlstates_have_their_kinds)
{
    static const struct {
        const char *sqlstate;
        enum err_kind kind;
    } cases[] = {
        {"08006", ERR_TRANSIENT}, {"57P01", ERR_TRANSIENT},
        {"57P03", ERR_TRANSIENT}, {"57014", ERR_TRANSIENT},
        {"53300", ERR_TRANSIENT}, {"40001", ERR_TRANSIENT},
        {"40P01", ERR_TRANSIENT}, {"40002", ERR_FAILED},
        {"55P03", ERR_TRANSIENT}, {"55006", ERR_TRANSIENT},
        {"55000", ERR_FAILED},    {"28P01", ERR_DENIED},
        {"42501", ERR_DENIED},    {"42601", ERR_FAILED},
        {"25006", ERR_TRANSIENT}, {"25P02", ERR_FAILED},
        {"3D000", ERR_CONFIG},    {"22P02", ERR_FAILED},
        {"54000", ERR_FAILED},    {"23505", ERR_FAILED},
        {"XX000", ERR_FAILED},    {"", ERR_FAILED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(sqlstate_kind(cases[i].sqlstate) == cases[i].kind, "%s",
                      cases[i].sqlstate);
    sqlstate_err(&err, "25006", "cannot execute INSERT", NULL, NULL);
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "standby"));
}

END_TEST

static Suite *
pg_suite(void)
{
    Suite *suite = suite_create("pg");
    TCase *tests = tcase_create("pg");

    tcase_add_test(tests, the_session_is_set_up_whatever_the_role_has);
    tcase_add_test(tests, loader_session_does_not_wait_for_the_disk);
    tcase_add_test(tests, password_is_put_into_the_connection_string);
    tcase_add_loop_test(tests, connection_strings_of_any_form_take_a_password,
                        0, 8);
    tcase_add_test(tests, gssapi_is_not_tried_unless_configured);
    tcase_add_test(tests, a_missing_server_is_transient);
    tcase_add_test(tests, a_silent_server_is_given_up);
    tcase_add_test(tests, wrong_password_role_and_database_have_their_codes);
    tcase_add_test(tests, a_wrong_connection_string_shows_no_secret);
    tcase_add_test(tests, only_utf8_databases_are_accepted);
    tcase_add_test(tests, parameters_and_results_of_any_size);
    tcase_add_test(tests, value_larger_than_any_socket_goes_both_ways);
    tcase_add_test(tests, failed_statement_leaves_the_session_usable);
    tcase_add_test(tests, a_script_is_all_of_its_statements_or_none);
    tcase_add_test(tests, script_runs_several_and_tags_are_counted);
    tcase_add_test(tests, copy_is_refused_and_not_read_for_ever);
    tcase_add_test(tests, sessions_wait_side_by_side);
    tcase_add_test(tests, commit_that_rolled_back_fails);
    tcase_add_test(tests, commit_that_fails_has_a_reason);
    tcase_add_test(tests, commit_without_answer_is_unknown);
    tcase_add_test(tests, backend_killed_in_the_middle_is_a_lost_connection);
    tcase_add_test(tests,
                   backend_killed_while_idle_is_found_at_the_next_statement);
    tcase_add_test(tests, a_long_statement_does_not_time_out);
    tcase_add_test(tests, stop_cancels_the_statement_and_keeps_the_session);
    tcase_add_test(tests, sqlstates_have_their_kinds);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(pg_suite());
}
