#include "scripted/bulk.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/task.h"
#include "journal/operation.h"
#include "support/clock.h"

static const char *const names[] = {"CREATED",   "RUNNING",  "COMPLETED",
                                    "CANCELING", "CANCELED", "FAILED",
                                    "EXPIRED"};

struct bulk_run scripted_run_ref;
struct tuning_config scripted_tuning;
struct store_state scripted_store;
struct err scripted_fault;

static const struct store_config store_config = {.name = "acme"};
static struct context context; /* without a journal */
static struct http *http;
static struct arena arena;
static struct log_ctx run_log;
static struct buf transcript, note;
static const char *refused_line;
static const struct scripted_answer *next, *end;

/* ---- a test ---------------------------------------------------------- */

static void
drop_log_line(void *ctx, enum log_level level, const char *line, size_t length)
{
    (void)ctx;
    (void)level;
    (void)line;
    (void)length;
}

void
scripted_bulk_setup(void)
{
    const struct session_config session = {.store = "acme",
                                           .base_url = "http://127.0.0.1:9",
                                           .api_version = "2026-10",
                                           .token = "shpat_x",
                                           .retry_initial_ms = 1000,
                                           .retry_max_ms = 4000,
                                           .retry_budget_ms = 60000};
    struct err err;

    log_divert(drop_log_line, NULL);
    clock_freeze();
    ck_assert(http_new(1000, "bulkpg-test", &http, &err));
    scripted_tuning = (struct tuning_config){.poll_initial_ms = 1000,
                                             .poll_max_ms = 4000,
                                             .retry_initial_ms = 1000,
                                             .retry_max_ms = 4000,
                                             .retry_budget_ms = 60000,
                                             .request_timeout_ms = 5000};
    scripted_store =
        (struct store_state){.context = &context,
                             .config = &store_config,
                             .session = session_new(http, &session)};
    run_log = (struct log_ctx){.run_id = 9, .store = "acme", .job = "job"};
    scripted_run_ref = (struct bulk_run){
        .place = {.store = &scripted_store, .tuning = &scripted_tuning},
        .ref = {.run_id = 9},
        .arena = &arena,
        .log = &run_log,
        .query_file = "q.graphql"};
    scripted_fault = (struct err){.kind = ERR_NONE};
    transcript = buf_with_ceiling(1024 * 1024);
    note = buf_with_ceiling(1024 * 1024);
    refused_line = NULL;
}

void
scripted_bulk_teardown(void)
{
    log_divert(NULL, NULL);
    session_free(scripted_store.session);
    http_free(http);
    arena_free(&arena);
    buf_free(&transcript);
    buf_free(&note);
}

void
scripted_bulk_play(const struct scripted_answer *answers, size_t count,
                   void (*body)(void *ctx), void *ctx)
{
    next = answers;
    end = answers + count;
    tasks_init(clock_frozen_wait, NULL);
    task_spawn("test", body, ctx);
    tasks_run();
    ck_assert_msg(next == end, "%d answers left after\n%s", (int)(end - next),
                  scripted_transcript());
}

const char *
scripted_transcript(void)
{
    return buf_str(&transcript);
}

const char *
scripted_note(void)
{
    return buf_str(&note);
}

void
scripted_journal_refuses(const char *line)
{
    refused_line = line;
}

/* ---- the journal ----------------------------------------------------- */

PRINTF_LIKE(2, 3)

static bool
write_line(struct err *err, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (refused_line != NULL && strcmp(line, refused_line) == 0)
        return err_set(err, MSG_TAKEN_OVER, "scripted");
    buf_printf(&transcript, "%s\n", line);
    return true;
}

bool
journal_operation_add(struct journal *journal, const struct run_ref *run,
                      const struct journal_operation *operation,
                      struct err *err)
{
    (void)journal;
    ck_assert_int_eq(run->run_id, 9);
    return write_line(err, "journal: %d.%d sent", (int)operation->n,
                      (int)operation->attempt);
}

bool
journal_operation_sent(struct journal *journal,
                       const struct journal_operation *operation, bool sent,
                       struct err *err)
{
    (void)journal;
    return write_line(err, "journal: %d.%d %s", (int)operation->n,
                      (int)operation->attempt, sent ? "sent" : "not sent");
}

bool
journal_operation_update(struct journal *journal,
                         const struct journal_operation *row, struct err *err)
{
    bool is_told = row->operation_id != NULL && row->status != NULL;

    (void)journal;
    return write_line(err, "journal: %d.%d is %s%s%s%s%s", (int)row->n,
                      (int)row->attempt, is_told ? row->operation_id : "",
                      is_told ? " " : "", is_told ? row->status : "",
                      is_told && row->error_code != NULL ? " " : "",
                      row->error_code != NULL ? row->error_code : "");
}

bool
journal_run_status(struct journal *journal, const struct run_ref *run,
                   enum run_status status, struct err *err)
{
    (void)journal;
    (void)run;
    return write_line(err, "journal: run %s",
                      status == RUN_WAITING ? "waiting" : "polling");
}

bool
journal_operation_update_soon(struct journal *journal,
                              const struct journal_operation *row,
                              struct err *err)
{
    return journal_operation_update(journal, row, err);
}

bool
journal_operation_submitted(struct journal *journal, const struct run_ref *run,
                            const struct journal_operation *row,
                            struct err *err)
{
    return journal_operation_update(journal, row, err) &&
           journal_run_status(journal, run, RUN_POLLING, err);
}

bool
journal_run_note(struct journal *journal, const struct run_ref *run,
                 const char *text, struct err *err)
{
    (void)journal;
    (void)run;
    if (!write_line(err, "journal: note"))
        return false;
    buf_clear(&note);
    buf_append_str(&note, text);
    return true;
}

/* ---- the place ------------------------------------------------------- */

struct session *
place_session(const struct bulk_place *place)
{
    return place->store->session;
}

bool
place_can_ask(const struct bulk_place *place, struct err *err)
{
    (void)place;
    *err = scripted_fault;
    return scripted_fault.kind == ERR_NONE;
}

const char *
place_owner(const struct bulk_place *place, char owner[PLACE_OWNER_BYTES])
{
    (void)place;
    return strcpy(owner, "# bulkpg u/");
}

/* ---- the store ------------------------------------------------------- */

const char *
bulk_status_name(enum bulk_status status)
{
    return names[status];
}

bool
bulk_is_full(const struct err *err)
{
    return err_is(err, MSG_OPERATION_IN_PROGRESS) ||
           err_is(err, MSG_LIMIT_REACHED);
}

bool
bulk_is_terminal(enum bulk_status status)
{
    return status != BULK_CREATED && status != BULK_RUNNING &&
           status != BULK_CANCELING;
}

/* Record a call with the first line of `subject`, and return its answer. NULL
 * if the answer is a failure. */
static const struct scripted_answer *
ask(const char *call, const char *subject, struct err *err)
{
    const struct scripted_answer *answer = next;

    buf_printf(&transcript, "store: %s %.*s\n", call,
               (int)strcspn(subject, "\n"), subject);
    ck_assert_msg(next < end, "no answer is left after\n%s",
                  scripted_transcript());
    ck_assert_msg(strcmp(next->call, call) == 0, "not a %s:\n%s", next->call,
                  scripted_transcript());
    next++;
    clock_put_forward(answer->takes_ms);
    if (answer->stops)
        tasks_stop();
    if (answer->msg == MSG_NONE)
        return answer;
    err_set(err, answer->msg, "scripted");
    if (answer->kind != ERR_NONE)
        err->kind = answer->kind;
    return NULL;
}

static bool
tell(const struct scripted_answer *answer, struct bulk_operation *operation)
{
    if (answer == NULL)
        return false;
    *operation = (struct bulk_operation){.id = "7",
                                         .status = answer->status,
                                         .object_count = answer->objects,
                                         .root_object_count = answer->objects,
                                         .file_size = -1};
    if (answer->error_code != NULL)
        strcpy(operation->error_code, answer->error_code);
    if (answer->url != NULL)
        strcpy(operation->url, answer->url);
    if (answer->partial != NULL)
        strcpy(operation->partial_url, answer->partial);
    return true;
}

bool
bulk_submit(struct session *session, const char *document,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err)
{
    (void)session;
    (void)log;
    *wait_ms = next < end ? next->wait_ms : 0;
    return tell(ask("submit", document, err), operation);
}

bool
bulk_read(struct session *session, const char *id, int64_t deadline_ms,
          const struct log_ctx *log, struct bulk_operation *operation,
          struct err *err)
{
    (void)session;
    (void)deadline_ms;
    (void)log;
    return tell(ask("read", id, err), operation);
}

bool
bulk_check_marker(struct session *session, const char *id, const char *marker,
                  int64_t deadline_ms, const struct log_ctx *log,
                  struct err *err)
{
    (void)session;
    (void)deadline_ms;
    (void)log;
    ck_assert_str_eq(marker, "# bulkpg u/");
    return ask("check", id, err) != NULL;
}

bool
bulk_cancel(struct session *session, const char *id, int64_t deadline_ms,
            const struct log_ctx *log, struct bulk_operation *operation,
            struct err *err)
{
    (void)session;
    (void)deadline_ms;
    (void)log;
    return tell(ask("cancel", id, err), operation);
}

bool
bulk_find(struct session *session, enum bulk_type type, const char *marker,
          const struct log_ctx *log, struct bulk_operation *operation,
          bool *found, struct err *err)
{
    const struct scripted_answer *answer = ask("find", marker, err);

    (void)session;
    (void)type;
    (void)log;
    *found = answer != NULL && !answer->is_absent;
    return answer != NULL && (!*found || tell(answer, operation));
}
