/* pg with a scripted libpq: errors that a real server does not produce on
 * demand. Whatever happens, every call returns, keeps the promises of conn.h
 * and pipe.h, and frees its memory. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/task.h"
#include "pg/pipe.h"
#include "pg/queue.h"
#include "scripted/libpq.h"
#include "support/pg_task.h"
#include "support/stop.h"
#include "support/suite.h"

enum { BATCHES = 4, PER_BATCH = 3, MOST_ITEMS = 64, MANY = 5000 };

static struct err err;
static int test; /* number of the turn in a loop test */
static struct pg_conn *conn;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    conn = NULL;
    log_configure(LOG_TEXT, LOG_ERROR);
}

/* Play `script` with these `items`, and connect to it. */
static void
open_conn(struct script script, const struct script_item *items, int count)
{
    struct pg_config config = {.dsn = ""};

    script.items = items;
    script.item_count = count;
    script_play(&script);
    conn = pg_task_connect(&config);
}

#define OPEN(items) open_conn((struct script){0}, (items), COUNT(items))

static void
close_conn(void)
{
    pg_close(conn);
    ck_assert_int_eq(script_left_over(), 0);
}

static void
check_err(enum err_kind kind, const char *code)
{
    ck_assert_str_ne(err.message, "");
    ck_assert_msg(err.kind == kind && strcmp(err.code, code) == 0, "%d %s: %s",
                  (int)err.kind, err.code, err.message);
}

/* ---- connecting -------------------------------------------------------- */

#define FAILED "connection to server at \"db\" (1.2.3.4), port 5432 failed: "

static const struct {
    const char *words;
    enum err_kind kind;
    const char *code;
} refusals[] = {
    {FAILED "Connection refused\n", ERR_TRANSIENT, "08001"},
    {FAILED "FATAL:  57P03: the database system is starting up\n",
     ERR_TRANSIENT, "57P03"},
    {FAILED "FATAL:  53300: sorry, too many clients already\n", ERR_TRANSIENT,
     "53300"},
    {FAILED "FATAL:  28P01: password authentication failed\n", ERR_DENIED,
     "28P01"},
    {FAILED "FATAL:  3D000: database \"shop\" does not exist\n", ERR_CONFIG,
     "3D000"},
    {FAILED "SSL error: certificate verify failed\n", ERR_CONFIG, "08001"},
    {"", ERR_CONFIG, "08001"},
};

static const PostgresPollingStatusType steps[] = {
    PGRES_POLLING_WRITING, PGRES_POLLING_WRITING, PGRES_POLLING_WRITING,
    PGRES_POLLING_OK};

/* The connection is refused after every number of steps; -1: at the start. */
static void
connecting_body(void)
{
    struct pg_config config = {.dsn = ""};

    for (int last = -1; last < COUNT(steps); last++) {
        PostgresPollingStatusType polls[COUNT(steps)];
        struct script script = {.polls = polls,
                                .poll_count = last < 0 ? -1 : last + 1,
                                .words = refusals[test].words};

        memcpy(polls, steps, sizeof(polls));
        if (last >= 0)
            polls[last] = PGRES_POLLING_FAILED;
        script_play(&script);
        ck_assert(!pg_connect(&config, &conn, &err));
        ck_assert_ptr_null(conn);
        check_err(refusals[test].kind, refusals[test].code);
        ck_assert_int_eq(script_left_over(), 0);
    }
}

START_TEST(connecting_may_fail_at_any_step)
{
    test = _i;
    pg_task_run(connecting_body);
}

END_TEST

static const struct script_item settings_refused[] = {ERROR("42501"), END};
static const struct script_item settings_twice_refused[] = {
    ERROR("22023"), END, ERROR("22023"), END};
static const struct script_item settings_lost[] = {LOSS};
static const struct script_item settings_retried_lost[] = {ERROR("22023"), END,
                                                           LOSS};
static const struct script_item settings_nothing[] = {END};

#define ITEMS(list) .items = (list), .item_count = COUNT(list)

static const struct {
    struct script script;
    enum err_kind kind;
    const char *code;
} unfit[] = {
    {{.version = 130000}, ERR_CONFIG, "DATABASE_VERSION"},
    {{.encoding = "LATIN1"}, ERR_CONFIG, "DATABASE_VERSION"},
    {{.encoding = ""}, ERR_CONFIG, "DATABASE_VERSION"},
    {{.nonblocking_fails = 1}, ERR_TRANSIENT, "08006"},
    {{.no_socket = true}, ERR_TRANSIENT, "08006"},
    {{.send_fails = 1}, ERR_TRANSIENT, "08006"},
    {{.flush_fails = 1}, ERR_TRANSIENT, "08006"},
    {{ITEMS(settings_refused)}, ERR_DENIED, "42501"},
    {{ITEMS(settings_twice_refused)}, ERR_FAILED, "22023"},
    {{ITEMS(settings_lost)}, ERR_TRANSIENT, "08006"},
    {{ITEMS(settings_retried_lost)}, ERR_TRANSIENT, "08006"},
    {{ITEMS(settings_nothing)}, ERR_TRANSIENT, "08P01"},
};

static void
unfit_body(void)
{
    struct pg_config config = {.dsn = ""};

    script_play_raw(&unfit[test].script);
    ck_assert(!pg_connect(&config, &conn, &err));
    ck_assert_ptr_null(conn);
    check_err(unfit[test].kind, unfit[test].code);
    ck_assert_int_eq(script_left_over(), 0);
}

START_TEST(a_session_that_cannot_be_set_up_is_closed)
{
    test = _i;
    pg_task_run(unfit_body);
}

END_TEST

static const struct script_item settings_retried[] = {ERROR("22023"), END,
                                                      OK("SELECT 1"), END};

static void
retried_body(void)
{
    struct script script = {ITEMS(settings_retried)};
    struct pg_config config = {.dsn = ""};

    script_play_raw(&script);
    conn = pg_task_connect(&config);
    ck_assert(pg_is_alive(conn));
    close_conn();
}

START_TEST(a_setting_that_the_platform_lacks_is_skipped)
{
    pg_task_run(retried_body);
}

END_TEST

static void
no_memory_body(void)
{
    struct script script = {.no_memory = true};
    struct pg_config config = {.dsn = ""};

    script_play(&script);
    (void)!pg_connect(&config, &conn, &err);
}

/* May a test end the program? Not without a process of its own, and not under
 * the sanitizer, which reports the remaining memory as a leak. */
static bool
may_exit(void)
{
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    return getenv("CK_FORK") == NULL;
#endif
}

START_TEST(without_memory_the_program_ends)
{
    if (may_exit())
        pg_task_run(no_memory_body);
}

END_TEST

/* ---- statements -------------------------------------------------------- */

static const struct script_item yes[] = {OK("SELECT 1"), END};

static const struct statement {
    struct script_item items[5];
    int count;
    enum err_kind kind; /* ERR_NONE: it succeeds */
    const char *code;
    bool alive;
} statements[] = {
    {{OK("UPDATE 1"), END}, 2, ERR_NONE, "", true},
    {{OTHER(PGRES_TUPLES_OK), END}, 2, ERR_NONE, "", true},
    {{OTHER(PGRES_EMPTY_QUERY), END}, 2, ERR_NONE, "", true},
    {{OK("A"), OK("B"), END}, 3, ERR_NONE, "", true},
    {{ERROR("23505"), END}, 2, ERR_FAILED, "23505", true},
    {{ERROR("40001"), END}, 2, ERR_TRANSIENT, "40001", true},
    {{ERROR("08003"), LOSS}, 2, ERR_TRANSIENT, "08003", false},
    {{OK("A"), ERROR("53100"), END}, 3, ERR_TRANSIENT, "53100", true},
    {{ERROR("22003"), ERROR("40001"), END}, 3, ERR_FAILED, "22003", true},
    {{ERROR("22003"), OTHER(PGRES_COPY_IN)}, 2, ERR_BUG, "BUG", false},
    {{ERROR("57P01"), LOSS}, 2, ERR_TRANSIENT, "57P01", false},
    {{ERROR("XX000"), LOSS}, 2, ERR_TRANSIENT, "XX000", false},
    {{LOSS}, 1, ERR_TRANSIENT, "08006", false},
    {{OK("UPDATE 1"), LOSS}, 2, ERR_TRANSIENT, "08006", false},
    {{END}, 1, ERR_TRANSIENT, "08P01", false},
    {{OTHER(PGRES_BAD_RESPONSE), END}, 2, ERR_TRANSIENT, "08006", true},
    {{OTHER(PGRES_COPY_IN)}, 1, ERR_BUG, "BUG", false},
    {{OTHER(PGRES_COPY_OUT)}, 1, ERR_BUG, "BUG", false},
    {{OTHER(PGRES_COPY_BOTH)}, 1, ERR_BUG, "BUG", false},
    {{OTHER(PGRES_NONFATAL_ERROR), END}, 2, ERR_TRANSIENT, "08P01", false},
    {{OTHER(PGRES_SINGLE_TUPLE), END}, 2, ERR_TRANSIENT, "08P01", false},
    {{OTHER(PGRES_PIPELINE_SYNC), END}, 2, ERR_TRANSIENT, "08P01", false},
    {{OTHER(PGRES_PIPELINE_ABORTED), END}, 2, ERR_TRANSIENT, "08P01", false},
};

static bool
ask(void)
{
    struct pg_result *result;
    bool ok = pg_exec(conn, "SELECT 1", 0, NULL, &result, &err);

    ck_assert(ok == (result != NULL));
    if (ok) { /* the result has no rows */
        ck_assert_int_eq(pg_rows(result), 0);
        ck_assert_str_eq(pg_text(result, 0, 0), "");
        ck_assert_int_eq(pg_int64(result, 0, 0), 0);
        ck_assert(!pg_bool(result, 0, 0));
    }
    pg_result_free(result);
    return ok;
}

static void
statement_body(void)
{
    const struct statement *s = &statements[test];
    struct script script = {.loss_with_answers = false};

    for (int round = 0; round < 2; round++) {
        open_conn(script, s->items, s->count);
        ck_assert_int_eq(ask(), s->kind == ERR_NONE);
        if (s->kind != ERR_NONE)
            check_err(s->kind, s->code);
        ck_assert_int_eq(pg_is_alive(conn), s->alive);
        if (!s->alive) { /* nothing more can be sent */
            ck_assert(!ask());
            check_err(ERR_TRANSIENT, "08006");
        }
        close_conn();
        script.loss_with_answers = true;
    }
}

START_TEST(an_answer_is_a_success_or_a_failure_with_a_reason)
{
    test = _i;
    pg_task_run(statement_body);
}

END_TEST

static void
flushing_body(void)
{
    open_conn((struct script){.flush_left = MANY}, yes, COUNT(yes));
    ck_assert(ask());
    ck_assert_int_gt(script_flushes(), MANY);
    close_conn();
}

START_TEST(unsent_bytes_are_sent_later)
{
    pg_task_run(flushing_body);
}

END_TEST

/* Setting up the session is the first statement and the first flush. */
static const struct script broken[] = {
    {.flush_fails = 2},
    {.flush_left = 1, .flush_fails = 3},
    {.send_fails = 2},
};

static void
broken_body(void)
{
    open_conn(broken[test], yes, COUNT(yes));
    ck_assert(!ask());
    check_err(ERR_TRANSIENT, "08006");
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_statement_that_cannot_be_sent_is_a_lost_connection)
{
    test = _i;
    pg_task_run(broken_body);
}

END_TEST

static void
no_socket_body(void)
{
    OPEN(yes);
    script_lose_socket();
    ck_assert(!ask());
    check_err(ERR_TRANSIENT, "08006");
    close_conn();
}

START_TEST(without_a_socket_there_is_no_wait)
{
    pg_task_run(no_socket_body);
}

END_TEST

static void
notice_body(void)
{
    open_conn((struct script){.notice = "NOTICE:  \x01 as you like\n"}, yes,
              COUNT(yes));
    ck_assert(ask());
    close_conn();
}

START_TEST(notices_change_nothing)
{
    pg_task_run(notice_body);
}

END_TEST

static void
silent_body(void)
{
    static const struct script_item silence[] = {SILENCE};
    struct pg_config config = {.dsn = "", .answer_timeout_ms = 20};
    struct script script = {ITEMS(silence)};

    script_play(&script);
    conn = pg_task_connect(&config);
    ck_assert(!ask());
    check_err(ERR_TRANSIENT, "08006");
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(silence_ends_the_wait_if_a_limit_is_set)
{
    pg_task_run(silent_body);
}

END_TEST

/* ---- transactions ------------------------------------------------------ */

static const struct statement commits[] = {
    {{OK("COMMIT"), END}, 2, ERR_NONE, "", true},
    {{OK("ROLLBACK"), END}, 2, ERR_FAILED, "ROLLED_BACK", true},
    {{ERROR("40001"), END}, 2, ERR_TRANSIENT, "40001", true},
    {{ERROR("23503"), END}, 2, ERR_FAILED, "23503", true},
    {{LOSS}, 1, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{OK("COMMIT"), LOSS}, 2, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{ERROR("57P01"), LOSS}, 2, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{END}, 1, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{OK(""), END}, 2, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{OK("SELECT 1"), END}, 2, ERR_TRANSIENT, "COMMIT_UNKNOWN", false},
    {{OTHER(PGRES_EMPTY_QUERY), END},
     2,
     ERR_TRANSIENT,
     "COMMIT_UNKNOWN",
     false},
    {{OTHER(PGRES_PIPELINE_ABORTED), END},
     2,
     ERR_TRANSIENT,
     "COMMIT_UNKNOWN",
     false},
};

static void
commit_body(void)
{
    const struct statement *c = &commits[test];
    struct script_item items[2 + COUNT(c->items)] = {OK("BEGIN"), END};

    memcpy(items + 2, c->items, sizeof(c->items));
    open_conn((struct script){0}, items, 2 + c->count);
    ck_assert(pg_exec(conn, "BEGIN", 0, NULL, NULL, &err));
    ck_assert_int_eq(pg_commit(conn, &err), c->kind == ERR_NONE);
    if (c->kind != ERR_NONE)
        check_err(c->kind, c->code);
    ck_assert_int_eq(pg_is_alive(conn), c->alive);
    close_conn();
}

START_TEST(a_commit_has_a_known_outcome_or_is_reported_as_unknown)
{
    test = _i;
    pg_task_run(commit_body);
}

END_TEST

/* BEGIN is the second statement sent and flushed, COMMIT the third. */
static const struct script unsent[] = {
    {.send_fails = 3},
    {.flush_fails = 3},
    {.send_fails = 2},
};

static void
unsent_commit_body(void)
{
    static const struct script_item items[] = {OK("BEGIN"), END, OK("COMMIT"),
                                               END};

    open_conn(unsent[test], items, COUNT(items));
    (void)!pg_exec(conn, "BEGIN", 0, NULL, NULL, &err);
    ck_assert(!pg_commit(conn, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_commit_that_could_not_be_sent_fails)
{
    test = _i;
    pg_task_run(unsent_commit_body);
}

END_TEST

static const struct {
    struct script_item items[3];
    int count;
    bool alive;
} rollbacks[] = {
    {{OK("ROLLBACK"), END}, 2, true},
    {{ERROR("25P01"), END}, 2, false},
    {{LOSS}, 1, false},
    {{END}, 1, false},
    {{OTHER(PGRES_COPY_OUT)}, 1, false},
};

static void
rollback_body(void)
{
    struct script_item items[5] = {OK("BEGIN"), END};

    memcpy(items + 2, rollbacks[test].items, sizeof(rollbacks[test].items));
    open_conn((struct script){0}, items, 2 + rollbacks[test].count);
    ck_assert(pg_exec(conn, "BEGIN", 0, NULL, NULL, &err));
    pg_rollback(conn);
    ck_assert_int_eq(pg_is_alive(conn), rollbacks[test].alive);
    pg_rollback(conn); /* without a transaction, or without a connection */
    close_conn();
}

START_TEST(a_rollback_that_fails_loses_the_connection)
{
    test = _i;
    pg_task_run(rollback_body);
}

END_TEST

/* ---- scripts ----------------------------------------------------------- */

/* Two statements between BEGIN and COMMIT; a ROLLBACK may follow. */
static const struct {
    struct script_item items[12];
    int count;
    enum err_kind kind;
    const char *code;
    bool alive;
} scripts[] = {
    {{OK("BEGIN"), END, OK("A"), END, OK("B"), END, OK("COMMIT"), END, SYNC},
     9,
     ERR_NONE,
     "",
     true},
    {{OK("BEGIN"), END, ERROR("42P01"), END, OTHER(PGRES_PIPELINE_ABORTED), END,
      OTHER(PGRES_PIPELINE_ABORTED), END, SYNC, OK("ROLLBACK"), END},
     11,
     ERR_FAILED,
     "42P01",
     true},
    {{OK("BEGIN"), END, OK("A"), END, LOSS}, 5, ERR_TRANSIENT, "08006", false},
    {{OK("BEGIN"), END, OTHER(PGRES_PIPELINE_ABORTED), END, SYNC},
     5,
     ERR_TRANSIENT,
     "08P01",
     false},
    {{OK("BEGIN"), END, OTHER(PGRES_COPY_OUT)}, 3, ERR_BUG, "BUG", false},
    {{END, END, END}, 3, ERR_TRANSIENT, "08P01", false},
};

static void
script_body(void)
{
    open_conn((struct script){0}, scripts[test].items, scripts[test].count);
    ck_assert_int_eq(pg_script(conn, "A; B;", &err),
                     scripts[test].kind == ERR_NONE);
    if (scripts[test].kind != ERR_NONE)
        check_err(scripts[test].kind, scripts[test].code);
    ck_assert_int_eq(pg_is_alive(conn), scripts[test].alive);
    close_conn();
}

START_TEST(a_script_succeeds_as_a_whole_or_has_an_error)
{
    test = _i;
    pg_task_run(script_body);
}

END_TEST

/* Calls that fail while the statements are sent. */
static const struct script unsent_scripts[] = {
    {.send_fails = 2},  {.send_fails = 3},  {.send_fails = 5},
    {.sync_fails = 1},  {.enter_fails = 1}, {.exit_fails = 1},
    {.flush_fails = 2},
};

static void
unsent_script_body(void)
{
    open_conn(unsent_scripts[test], scripts[0].items, scripts[0].count);
    if (!pg_script(conn, "A; B;", &err))
        ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_script_that_could_not_be_sent_loses_the_connection)
{
    test = _i;
    pg_task_run(unsent_script_body);
}

END_TEST

/* ---- stopping ---------------------------------------------------------- */

static const struct script_item canceled[] = {SILENCE, ERROR("57014"), END,
                                              OK("SELECT 1"), END};

static void
stop_body(void)
{
    OPEN(canceled);
    stop_after_ms(1);
    ck_assert(!ask());
    check_err(ERR_STOPPED, "STOPPED");
    ck_assert_int_eq(script_cancels(), 1);
    ck_assert(pg_is_alive(conn));
    task_shield();
    ck_assert(ask());
    task_unshield();
    close_conn();
}

START_TEST(a_stop_cancels_the_statement_and_keeps_the_session)
{
    pg_task_run(stop_body);
}

END_TEST

static const struct script_item canceled_and_lost[] = {SILENCE, LOSS};

static void
stop_lost_body(void)
{
    OPEN(canceled_and_lost);
    stop_after_ms(1);
    ck_assert(!ask());
    check_err(ERR_STOPPED, "STOPPED");
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_stop_that_loses_the_session_is_still_a_stop)
{
    pg_task_run(stop_lost_body);
}

END_TEST

static const struct script no_cancels[] = {{.no_cancel = 1},
                                           {.cancel_fails = 1}};

static void
no_cancel_body(void)
{
    static const struct script_item silence[] = {SILENCE};

    open_conn(no_cancels[test], silence, COUNT(silence));
    stop_after_ms(1);
    ck_assert(!ask());
    check_err(ERR_STOPPED, "STOPPED");
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

/* It waits for CANCEL_MS. */
START_TEST(a_failed_cancel_gives_up_the_session)
{
    test = _i;
    pg_task_run(no_cancel_body);
}

END_TEST

/* ---- pipes ------------------------------------------------------------- */

/* The calls of on_done. Batches are numbered from 1. */
static struct {
    int count;
    bool good[BATCHES + 1];
    struct err last;
} told;

static void
on_done(void *ctx, void *batch, const struct err *failure)
{
    ck_assert_ptr_eq(ctx, &told);
    ck_assert_uint_eq((size_t)batch, (size_t)told.count + 1);
    told.count++;
    told.good[told.count] = failure == NULL;
    if (failure != NULL)
        told.last = *failure;
}

/* The answers to BATCHES batches, with `extra` before the item at `place`, or
 * `instead` of it. Returns their number. */
static int
answers(struct script_item items[MOST_ITEMS], int place,
        struct script_item extra, bool instead)
{
    static const struct script_item batch[PER_BATCH] = {OK("INSERT 0 500"), END,
                                                        SYNC};
    int count = 0;

    for (int i = 0; i < BATCHES * PER_BATCH; i++) {
        if (i == place)
            items[count++] = extra;
        if (i != place || !instead)
            items[count++] = batch[i % PER_BATCH];
    }
    if (place == BATCHES * PER_BATCH)
        items[count++] = extra;
    return count;
}

/* Send batches until that fails. Returns how many were accepted. */
static int
send_batches(struct pg_pipe *pipe)
{
    int sent = 0;

    for (size_t b = 1; b <= BATCHES; b++) {
        if (!pg_pipe_send(pipe, "load", span_str("rows"), (void *)b, &err)) {
            ck_assert_int_eq(err.kind, ERR_TRANSIENT);
            break;
        }
        sent++;
    }
    return sent;
}

/* Begin, use and end a pipe. Every batch must be reported once and in order
 * before the end. Returns how many were stored. */
static int
run_pipe(const struct script *script, const struct script_item *items,
         int count, bool *drained)
{
    struct pg_pipe *pipe;
    int sent, in = 0;

    memset(&told, 0, sizeof(told));
    memset(&err, 0, sizeof(err));
    open_conn(*script, items, count);
    ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    sent = send_batches(pipe);
    *drained = pg_pipe_drain(pipe, &err);
    ck_assert_int_eq(told.count, sent);
    pg_pipe_end(pipe);
    ck_assert_int_eq(told.count, sent);
    for (int b = 1; b <= sent; b++)
        in += told.good[b];
    return in;
}

static void
check_loss(const struct script *script, int place)
{
    struct script_item items[MOST_ITEMS], loss = LOSS;
    int count = answers(items, place, loss, false);
    bool drained;

    ck_assert_int_eq(run_pipe(script, items, count, &drained),
                     place / PER_BATCH);
    ck_assert(drained == (told.count == place / PER_BATCH));
    if (told.count > place / PER_BATCH) {
        ck_assert(!pg_is_alive(conn));
        ck_assert_int_eq(told.last.kind, ERR_TRANSIENT);
        ck_assert_str_eq(told.last.code, "08006");
    }
    close_conn();
}

static void
loss_body(void)
{
    for (int place = 0; place <= BATCHES * PER_BATCH; place++) {
        check_loss(&(struct script){0}, place);
        if (place < BATCHES * PER_BATCH)
            check_loss(&(struct script){.loss_with_answers = true}, place);
    }
}

START_TEST(a_loss_after_any_answer_reports_every_batch_once)
{
    pg_task_run(loss_body);
}

END_TEST

static void
refused_body(void)
{
    for (int batch = 0; batch < BATCHES; batch++) {
        struct script_item items[MOST_ITEMS], refusal = ERROR("22003");
        int count = answers(items, batch * PER_BATCH, refusal, true);
        bool drained;

        ck_assert_int_eq(run_pipe(&(struct script){0}, items, count, &drained),
                         BATCHES - 1);
        ck_assert(drained && !told.good[batch + 1]);
        ck_assert_str_eq(told.last.code, "22003");
        ck_assert(pg_is_alive(conn));
        close_conn();
    }
}

START_TEST(an_error_belongs_to_its_own_batch)
{
    pg_task_run(refused_body);
}

END_TEST

/* Items that come instead of a statement's success. */
static const struct {
    struct script_item item;
    int in;
    bool alive;
    const char *code;
} oddities[] = {
    {OTHER(PGRES_PIPELINE_ABORTED), BATCHES - 1, true, "08P01"},
    {OTHER(PGRES_EMPTY_QUERY), BATCHES - 1, true, "08P01"},
    {OTHER(PGRES_NONFATAL_ERROR), BATCHES - 1, true, "08P01"},
    {OTHER(PGRES_BAD_RESPONSE), 1, false, "08006"},
    {ERROR(""), 1, false, "08006"}, /* libpq has no memory for the answer */
    {END, BATCHES - 1, true, "08P01"},
    {SYNC, 1, true, "08P01"},
    {OTHER(PGRES_COPY_IN), 1, false, "08006"},
    {OTHER(PGRES_COPY_OUT), 1, false, "08006"},
    {OTHER(PGRES_COPY_BOTH), 1, false, "08006"},
};

static void
odd_body(void)
{
    struct script_item items[MOST_ITEMS];
    int count = answers(items, PER_BATCH, oddities[test].item, true);
    bool drained;
    int in = run_pipe(&(struct script){0}, items, count, &drained);

    ck_assert_int_ge(in, 1);
    ck_assert(told.good[1] && !told.good[2]);
    if (oddities[test].item.status != PGRES_PIPELINE_SYNC)
        ck_assert_int_eq(in, oddities[test].in);
    ck_assert_int_eq(drained, oddities[test].alive);
    ck_assert_int_eq(told.last.kind, ERR_TRANSIENT);
    ck_assert_str_eq(told.last.code, oddities[test].code);
    close_conn();
}

START_TEST(a_batch_is_stored_only_if_its_statement_succeeded)
{
    test = _i;
    pg_task_run(odd_body);
}

END_TEST

/* The first statement sent and flushed sets up the session. */
static const struct script breaks[] = {
    {.send_fails = 2},  {.send_fails = 3},
    {.send_fails = 5},  {.sync_fails = 1},
    {.sync_fails = 2},  {.sync_fails = 4},
    {.flush_fails = 2}, {.flush_fails = 3},
    {.flush_fails = 5}, {.flush_fails = 4, .flush_left = 50},
};

static void
break_body(void)
{
    struct script_item items[MOST_ITEMS], none = END;
    int count = answers(items, -1, none, false);
    bool drained;

    ck_assert_int_lt(run_pipe(&breaks[test], items, count, &drained), BATCHES);
    ck_assert(!drained);
    check_err(ERR_TRANSIENT, "08006");
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_batch_that_cannot_be_sent_breaks_the_pipe)
{
    test = _i;
    pg_task_run(break_body);
}

END_TEST

static void
pipe_flushing_body(void)
{
    struct script_item items[MOST_ITEMS], none = END;
    int count = answers(items, -1, none, false);
    struct script script = {.flush_left = MANY, .notice = "NOTICE:  x\n"};
    bool drained;

    ck_assert_int_eq(run_pipe(&script, items, count, &drained), BATCHES);
    ck_assert(drained && pg_is_alive(conn));
    close_conn();
}

START_TEST(a_pipe_sends_unsent_bytes_later)
{
    pg_task_run(pipe_flushing_body);
}

END_TEST

static void
nulls_body(void)
{
    for (int place = 0; place <= BATCHES * PER_BATCH; place++) {
        struct script_item items[MOST_ITEMS], null = END;
        int count = answers(items, place, null, false);
        bool drained;

        ck_assert_int_eq(run_pipe(&(struct script){0}, items, count, &drained),
                         BATCHES);
        ck_assert(drained);
        close_conn();
    }
}

START_TEST(an_extra_null_changes_nothing)
{
    pg_task_run(nulls_body);
}

END_TEST

/* libpq 15 drops a sync if it has no memory for its result. */
static void
forgotten_sync_body(void)
{
    struct script_item items[MOST_ITEMS], silence = SILENCE;
    int count = answers(items, 2 * PER_BATCH - 1, silence, true);
    struct script script = {.words = "out of memory"};
    bool drained;

    ck_assert_int_le(run_pipe(&script, items, count, &drained), 1);
    ck_assert(!drained);
    ck_assert_int_eq(told.last.kind, ERR_TRANSIENT);
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_sync_that_libpq_drops_does_not_block)
{
    pg_task_run(forgotten_sync_body);
}

END_TEST

static const struct script no_pipes[] = {{.enter_fails = 1}, {.exit_fails = 1}};

static void
no_pipe_body(void)
{
    struct pg_pipe *pipe;

    open_conn(no_pipes[test], NULL, 0);
    if (no_pipes[test].enter_fails > 0) {
        ck_assert(!pg_pipe_begin(conn, on_done, &told, &pipe, &err));
        ck_assert_ptr_null(pipe);
        check_err(ERR_TRANSIENT, "08006");
    } else {
        ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
        pg_pipe_end(pipe);
    }
    ck_assert(!pg_is_alive(conn));
    close_conn();
}

START_TEST(a_refused_pipeline_mode_is_a_lost_connection)
{
    test = _i;
    pg_task_run(no_pipe_body);
}

END_TEST

static void
pipe_no_socket_body(void)
{
    struct pg_pipe *pipe;

    open_conn((struct script){0}, NULL, 0);
    script_lose_socket();
    ck_assert(!pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    ck_assert_ptr_null(pipe);
    check_err(ERR_TRANSIENT, "08006");
    close_conn();
}

START_TEST(a_pipe_needs_a_socket)
{
    pg_task_run(pipe_no_socket_body);
}

END_TEST

static void
prepare_body(void)
{
    const struct statement *s = &statements[test];

    open_conn((struct script){0}, s->items, s->count);
    ck_assert_int_eq(pg_prepare(conn, "load", "INSERT", 20, &err),
                     s->kind == ERR_NONE);
    if (s->kind != ERR_NONE)
        check_err(s->kind, s->code);
    ck_assert_int_eq(pg_is_alive(conn), s->alive);
    close_conn();
}

START_TEST(preparing_succeeds_and_fails_as_any_statement)
{
    test = _i;
    pg_task_run(prepare_body);
}

END_TEST

static TCase *
sessions(void)
{
    TCase *tests = tcase_create("sessions");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, connecting_may_fail_at_any_step, 0,
                        COUNT(refusals));
    tcase_add_loop_test(tests, a_session_that_cannot_be_set_up_is_closed, 0,
                        COUNT(unfit));
    tcase_add_test(tests, a_setting_that_the_platform_lacks_is_skipped);
    tcase_add_exit_test(tests, without_memory_the_program_ends,
                        may_exit() ? EX_SOFTWARE : EX_OK);
    tcase_add_loop_test(tests,
                        an_answer_is_a_success_or_a_failure_with_a_reason, 0,
                        COUNT(statements));
    tcase_add_loop_test(tests, preparing_succeeds_and_fails_as_any_statement, 0,
                        COUNT(statements));
    tcase_add_test(tests, unsent_bytes_are_sent_later);
    tcase_add_loop_test(tests,
                        a_statement_that_cannot_be_sent_is_a_lost_connection, 0,
                        COUNT(broken));
    tcase_add_test(tests, without_a_socket_there_is_no_wait);
    tcase_add_test(tests, notices_change_nothing);
    tcase_add_test(tests, silence_ends_the_wait_if_a_limit_is_set);
    return tests;
}

/* ---- rows one by one ----------------------------------------------------- */

#define TWO_FIVE_SIX "\0\0\0\0\0\0\1\0"
#define MINUS_ONE    "\377\377\377\377\377\377\377\377"

static int64_t rows_taken, rows_sum;

static void
take_number(void *ctx, const int64_t *number)
{
    (void)ctx;
    rows_taken++;
    rows_sum += number != NULL ? *number : 0;
}

static bool
take_rows(const struct script_item *items, int count)
{
    rows_taken = rows_sum = 0;
    open_conn((struct script){0}, items, count);
    pg_queue(conn, "SELECT", 0, NULL,
             &(struct pg_answer){.on_number = take_number});
    return pg_settle(conn, &err);
}

static void
rows_body(void)
{
    static const struct script_item items[] = {
        ROW(TWO_FIVE_SIX),      NULL_ROW, ROW(MINUS_ONE),
        OTHER(PGRES_TUPLES_OK), END,      SYNC};

    ck_assert_msg(take_rows(items, COUNT(items)), "%s", err.message);
    ck_assert_int_eq(rows_taken, 3);
    ck_assert_int_eq(rows_sum, 255);
    close_conn();
}

START_TEST(each_row_is_taken_as_it_arrives)
{
    pg_task_run(rows_body);
}

END_TEST

static const struct {
    struct script_item items[6];
    int count;
    enum err_kind kind;
    const char *code;
    bool alive;
} streams[] = {
    {{ROW(TWO_FIVE_SIX), LOSS}, 2, ERR_TRANSIENT, "08006", false},
    {{LOSS}, 1, ERR_TRANSIENT, "08006", false},
    {{ROW(TWO_FIVE_SIX), ERROR("42501"), END, SYNC},
     4,
     ERR_DENIED,
     "42501",
     true},
    {{ERROR("42501"), END, SYNC}, 3, ERR_DENIED, "42501", true},
    {{ROW("1234567")}, 1, ERR_TRANSIENT, "08P01", false},
    {{ROW("123456789")}, 1, ERR_TRANSIENT, "08P01", false},
    {{ROW(TWO_FIVE_SIX), OK("SELECT 1")}, 2, ERR_TRANSIENT, "08P01", false},
    {{OK("UPDATE 1"), END, SYNC}, 3, ERR_TRANSIENT, "08P01", false},
    {{OTHER(PGRES_COPY_OUT)}, 1, ERR_BUG, "BUG", false},
    {{END, END, END, SYNC}, 4, ERR_TRANSIENT, "08P01", false},
};

static void
streams_body(void)
{
    ck_assert(!take_rows(streams[test].items, streams[test].count));
    check_err(streams[test].kind, streams[test].code);
    ck_assert_int_eq(pg_is_alive(conn), streams[test].alive);
    close_conn();
}

START_TEST(rows_that_cannot_be_taken_have_a_reason)
{
    test = _i;
    pg_task_run(streams_body);
}

END_TEST

static TCase *
transactions(void)
{
    TCase *tests = tcase_create("transactions and stops");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests,
                        a_commit_has_a_known_outcome_or_is_reported_as_unknown,
                        0, COUNT(commits));
    tcase_add_loop_test(tests, a_commit_that_could_not_be_sent_fails, 0,
                        COUNT(unsent));
    tcase_add_loop_test(tests, a_script_succeeds_as_a_whole_or_has_an_error, 0,
                        COUNT(scripts));
    tcase_add_loop_test(tests,
                        a_script_that_could_not_be_sent_loses_the_connection, 0,
                        COUNT(unsent_scripts));
    tcase_add_loop_test(tests, a_rollback_that_fails_loses_the_connection, 0,
                        COUNT(rollbacks));
    tcase_add_test(tests, each_row_is_taken_as_it_arrives);
    tcase_add_loop_test(tests, rows_that_cannot_be_taken_have_a_reason, 0,
                        COUNT(streams));
    tcase_add_test(tests, a_stop_cancels_the_statement_and_keeps_the_session);
    tcase_add_test(tests, a_stop_that_loses_the_session_is_still_a_stop);
    tcase_add_loop_test(tests, a_failed_cancel_gives_up_the_session, 0,
                        COUNT(no_cancels));
    return tests;
}

static TCase *
pipes(void)
{
    TCase *tests = tcase_create("pipes");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_loss_after_any_answer_reports_every_batch_once);
    tcase_add_test(tests, an_error_belongs_to_its_own_batch);
    tcase_add_loop_test(tests,
                        a_batch_is_stored_only_if_its_statement_succeeded, 0,
                        COUNT(oddities));
    tcase_add_loop_test(tests, a_batch_that_cannot_be_sent_breaks_the_pipe, 0,
                        COUNT(breaks));
    tcase_add_test(tests, a_pipe_sends_unsent_bytes_later);
    tcase_add_test(tests, an_extra_null_changes_nothing);
    tcase_add_test(tests, a_sync_that_libpq_drops_does_not_block);
    tcase_add_loop_test(tests, a_refused_pipeline_mode_is_a_lost_connection, 0,
                        COUNT(no_pipes));
    tcase_add_test(tests, a_pipe_needs_a_socket);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("pg_scripted");

    suite_add_tcase(suite, sessions());
    suite_add_tcase(suite, transactions());
    suite_add_tcase(suite, pipes());
    return suite_run(suite);
}
