#include "scripted/push.h"

#include <check.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "dialect/shopify.h"
#include "job/control.h"
#include "support/clock.h"
#include "support/cluster.h"
#include "support/pg_task.h"

/* ---- texts --------------------------------------------------------------- */

/* The text after `begin` and before `end`, in the arena; NULL: not there. */
static char *
between(struct arena *arena, const char *text, const char *begin,
        const char *end)
{
    const char *from = strstr(text, begin), *to;

    if (from == NULL)
        return NULL;
    from += strlen(begin);
    to = strstr(from, end);
    return to != NULL ? arena_dup(arena, span_of(from, (size_t)(to - from)))
                      : NULL;
}

static struct scripted_step
json(struct scripted_push *push, const char *text)
{
    return (struct scripted_step){
        .status = 200,
        .body = arena_printf(&push->arena, "{\"data\":{%s}}", text)};
}

/* ---- lines --------------------------------------------------------------- */

static bool
says(const char *line, const char *what)
{
    char text[40];

    snprintf(text, sizeof(text), "\"do\":\"%s\"", what);
    return strstr(line, text) != NULL;
}

static int
times_ran(const struct scripted_push *push, const char *line)
{
    int times = 0;

    for (int i = 0; i < push->ledger_count; i++)
        times += strcmp(push->ledger[i], line) == 0;
    return times;
}

static void
run_line(struct scripted_push *push, const char *line)
{
    ck_assert_int_lt(push->ledger_count, SCRIPTED_LINES);
    push->ledger[push->ledger_count++] = mem_strdup(line);
}

/* The members of the answer to a line, which has run. */
static const char *
answer_line(struct scripted_push *push, const char *line)
{
    const char *id = between(&push->arena, line, "\"id\":\"", "\"");

    if (says(line, "deny"))
        return "\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":"
               "\"ACCESS_DENIED\"}}]";
    if (says(line, "fail") ||
        (says(line, "flaky") && times_ran(push, line) == 1))
        return "\"errors\":[{\"message\":\"oops\",\"path\":[\"m\"]}],\"data\":{"
               "\"m\":null}";
    if (says(line, "burnt") ||
        (says(line, "spent") && strstr(line, "bulkpg_key") == NULL))
        return "\"data\":{\"m\":{\"thing\":null,\"userErrors\":[{\"field\":"
               "null,\"message\":\"no\",\"code\":"
               "\"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED\"}]}}";
    if (says(line, "refuse"))
        return "\"data\":{\"m\":{\"thing\":null,\"userErrors\":[{\"field\":["
               "\"id\"],\"message\":\"is not good\",\"code\":\"INVALID\"}]}}";
    if (says(line, "other"))
        id = "gid://shopify/Thing/999";
    return arena_printf(&push->arena,
                        "\"data\":{\"m\":{\"thing\":{\"id\":\"%s\"},"
                        "\"userErrors\":[]}}",
                        id);
}

/* ---- uploads ------------------------------------------------------------- */

static struct scripted_step
stage(struct scripted_push *push)
{
    int k = push->file_count++;

    ck_assert_int_lt(k, SCRIPTED_FILES);
    return json(push,
                arena_printf(&push->arena,
                             "\"stagedUploadsCreate\":{\"stagedTargets\":[{"
                             "\"url\":\"%s/upload\",\"parameters\":[{\"name\":"
                             "\"key\",\"value\":\"tmp/%d/x\"}]}],"
                             "\"userErrors\":[]}",
                             scripted_server_url(push->server), k));
}

static struct scripted_step
take_upload(struct scripted_push *push, const char *request)
{
    const char *key = between(&push->arena, request, "tmp/", "/x");
    char *bytes =
        between(&push->arena, request, "text/jsonl\r\n\r\n", "\r\n--");
    struct scripted_file *file = &push->files[atoi(key)];
    char hex[MD5_DIGEST_STRING_LENGTH];

    if (push->bad_uploads > 0) {
        push->bad_uploads--;
        return (struct scripted_step){.status = 403};
    }
    free(file->lines);
    file->lines = mem_strdup(bytes);
    file->uploads++;
    MD5Data((const uint8_t *)bytes, strlen(bytes), hex);
    return (struct scripted_step){
        .status = 201,
        .headers = arena_printf(&push->arena, "ETag: \"%s\"\r\n", hex)};
}

/* ---- operations ---------------------------------------------------------- */

/* Run each line of a file. A file that was replaced has no line that runs. */
static void
run_file(struct scripted_push *push, int k)
{
    char *copy = arena_strdup(&push->arena, push->files[k].lines), *at;

    for (char *line = strtok_r(copy, "\n", &at); line != NULL;
         line = strtok_r(NULL, "\n", &at))
        if (line[0] == '{')
            run_line(push, line);
}

static void
begin_run(struct scripted_push *push, const char *request, bool is_late)
{
    struct scripted_run *run = &push->runs[push->run_count++];
    const char *path = between(&push->arena, request, "\"path\":\"tmp/", "/");

    run->query =
        between(&push->arena, request, "{\"mutation\":\"", "\",\"path\"");
    run->file = atoi(path);
    run->is_hidden = is_late;
    push->running++;
    if (push->running > push->most_running)
        push->most_running = push->running;
    if (!is_late)
        run_file(push, run->file);
}

static const char *
operation(struct scripted_push *push, int i, const char *status,
          const char *rest)
{
    return arena_printf(&push->arena,
                        "{\"id\":\"gid://shopify/BulkOperation/%d\","
                        "\"status\":\"%s\",\"errorCode\":null,\"createdAt\":"
                        "\"2100-01-01T00:00:00Z\",\"objectCount\":\"9\","
                        "\"query\":\"%s\"%s}",
                        i, status, push->runs[i].query, rest);
}

static struct scripted_step
submit(struct scripted_push *push, const char *request)
{
    int i = push->submissions++;
    enum scripted_loss loss = i < 8 ? push->losses[i] : LOSS_NONE;
    const char *refusal = i < 8 ? push->refusals[i] : NULL;

    if (push->submissions == push->stop_after_submissions)
        tasks_stop();
    if (refusal != NULL)
        return json(push,
                    arena_printf(&push->arena,
                                 "\"bulkOperationRunMutation\":{"
                                 "\"bulkOperation\":null,\"userErrors\":[{"
                                 "\"message\":\"no\",\"code\":\"%s\"}]}",
                                 refusal));
    if (loss != LOSS_BEFORE)
        begin_run(push, request, loss == LOSS_LATE);
    if (loss != LOSS_NONE)
        return (struct scripted_step){.status = 0};
    return json(push, arena_printf(
                          &push->arena,
                          "\"bulkOperationRunMutation\":{"
                          "\"bulkOperation\":%s,\"userErrors\":[]}",
                          operation(push, push->run_count - 1, "CREATED", "")));
}

static struct scripted_step
list(struct scripted_push *push)
{
    struct buf nodes = buf_with_ceiling(1024 * 1024);
    const char *text;

    push->lists++;
    clock_put_forward(push->list_moves_clock_ms);
    if (push->foreign != NULL)
        buf_printf(&nodes,
                   "{\"node\":{\"id\":\"x\",\"status\":\"RUNNING\","
                   "\"createdAt\":\"2100-01-01T00:00:00Z\",\"query\":\"%s\"}}",
                   push->foreign);
    for (int i = push->run_count - 1; i >= 0; i--) {
        if (push->runs[i].is_hidden && push->lists > 2) {
            push->runs[i].is_hidden = false;
            run_file(push, push->runs[i].file);
        }
        if (!push->runs[i].is_hidden)
            buf_printf(&nodes, "%s{\"node\":%s}", nodes.length > 0 ? "," : "",
                       operation(push, i, "RUNNING", ""));
    }
    text = arena_printf(&push->arena,
                        "\"bulkOperations\":{\"edges\":[%s],\"pageInfo\":{}}",
                        buf_str(&nodes));
    buf_free(&nodes);
    return json(push, text);
}

/* ---- results ------------------------------------------------------------- */

static int
split(char *text, char **lines)
{
    char *at;
    int count = 0;

    for (char *line = strtok_r(text, "\n", &at); line != NULL;
         line = strtok_r(NULL, "\n", &at))
        lines[count++] = line;
    return count;
}

/* The lines of a result, the last one first. */
static const char *
result_of(struct scripted_push *push, int i)
{
    char *lines[SCRIPTED_LINES];
    int count =
        split(arena_strdup(&push->arena, push->files[push->runs[i].file].lines),
              lines);
    int answered = push->answered > 0 ? push->answered : count;
    struct buf text = buf_with_ceiling(1024 * 1024);
    const char *kept;

    for (int line = count - 1; line >= count - answered; line--)
        if (lines[line][0] == '{' && !says(lines[line], "skip"))
            buf_printf(&text, "{%s,\"__lineNumber\":%d}\n",
                       answer_line(push, lines[line]),
                       line + push->counts_from_one);
    kept = arena_strdup(&push->arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

static struct scripted_step
poll_run(struct scripted_push *push, const char *request)
{
    const char *id =
        between(&push->arena, request, "gid://shopify/BulkOperation/", "\"");
    int i = atoi(id);
    const char *status =
        push->end_status != NULL ? push->end_status : "COMPLETED";
    bool is_good = strcmp(status, "COMPLETED") == 0;

    if (push->missing_polls > 0) {
        push->missing_polls--;
        return json(push, "\"bulkOperation\":null");
    }
    if (push->runs[i].polls++ == 0)
        return json(push, arena_printf(&push->arena, "\"bulkOperation\":%s",
                                       operation(push, i, "RUNNING", "")));
    push->running -= push->runs[i].polls == 2;
    return json(
        push,
        arena_printf(
            &push->arena, "\"bulkOperation\":%s",
            operation(push, i, status,
                      arena_printf(&push->arena,
                                   ",\"fileSize\":\"%lld\",\"%s\":"
                                   "\"%s/result/%d/\"",
                                   (long long)strlen(result_of(push, i)) +
                                       (long long)push->extra_bytes,
                                   is_good ? "url" : "partialDataUrl",
                                   scripted_server_url(push->server), i))));
}

/* ---- single requests ----------------------------------------------------- */

static struct scripted_step
request_row(struct scripted_push *push, const char *request)
{
    const char *line =
        arena_printf(&push->arena, "{%s}",
                     between(&push->arena, request, "\"variables\":{", "}"));
    bool is_lost = says(line, "lose") && push->row_loss != LOSS_NONE;

    push->requests++;
    if (!is_lost || push->row_loss == LOSS_AFTER)
        run_line(push, line);
    if (is_lost) {
        push->row_loss = LOSS_NONE;
        return (struct scripted_step){.status = 502};
    }
    return (struct scripted_step){
        .status = 200,
        .body = arena_printf(&push->arena, "{%s}", answer_line(push, line))};
}

static struct scripted_step
answer(void *ctx, const char *request)
{
    struct scripted_push *push = ctx;
    const char *result = strstr(request, "GET /result/");

    if (result != NULL && strstr(request, "\r\nRange: ") != NULL)
        return (struct scripted_step){.status = 416};
    if (result != NULL)
        return (struct scripted_step){
            .status = 200, .body = result_of(push, atoi(result + 12))};
    if (strstr(request, "POST /upload") != NULL)
        return take_upload(push, request);
    if (strstr(request, "stagedUploadsCreate") != NULL)
        return stage(push);
    if (strstr(request, "bulkOperationRunMutation") != NULL)
        return submit(push, request);
    if (strstr(request, "bulkOperations(") != NULL)
        return list(push);
    if (strstr(request, "PollBulkOperation") != NULL)
        return poll_run(push, request);
    return request_row(push, request);
}

/* ---- the push ------------------------------------------------------------ */

static const struct mutation_errors errors[] = {
    {.key = "userErrors", .holds_objects = true}};

static void
init_process(struct scripted_push *p)
{
    struct push_ref ref = p->push.ref;

    p->store =
        (struct store_state){.context = &p->context, .config = &p->config};
    p->push = (struct push){.context = &p->context,
                            .journal = p->context.journal,
                            .store = &p->store,
                            .config = &p->config,
                            .file = &p->file,
                            .job = "prices",
                            .log = {.store = "acme", .job = "prices"},
                            .mutation = &p->mutation,
                            .document = p->mutation.document,
                            .ref = ref,
                            .has_ref = true,
                            .may_repeat = p->mutation.is_safe};
}

static void
insert_rows(struct scripted_push *p, int rows, int canary, int per_chunk,
            const char *const *what)
{
    struct pg_conn *conn = p->context.control;
    struct err err;

    for (int i = 0; i < rows; i++) {
        int n = per_chunk == 0 ? 1
                : i < canary   ? 1
                               : (canary > 0) + 1 + (i - canary) / per_chunk;
        int line = per_chunk == 0 || i < canary ? i : (i - canary) % per_chunk;
        const char *act = what != NULL ? what[i] : NULL;
        const char *sql = arena_printf(
            &p->arena,
            "INSERT INTO bulkpg.push_row (push_id, number, n, line, key, hash, "
            "variables, state) VALUES (%lld, %d, %d, %d, '%d', 'h%d', "
            "'{\"id\":\"gid://shopify/Thing/%d\"%s%s%s}', 'planned')",
            (long long)p->push.ref.push_id, i, n, line, i, i, i,
            act != NULL ? ",\"do\":\"" : "", act != NULL ? act : "",
            act != NULL ? "\"" : "");

        ck_assert_msg(pg_exec(conn, sql, 0, NULL, NULL, &err), "%s",
                      err.message);
    }
    pg_task_script(conn,
                   "INSERT INTO bulkpg.push_chunk (push_id, n, lines, bytes) "
                   "SELECT push_id, n, count(*), sum(octet_length(variables) + "
                   "1) FROM bulkpg.push_row GROUP BY 1, 2");
}

static void
open_context(struct scripted_push *p, struct http *http)
{
    struct err err;

    p->database = cluster_database("");
    p->context.options = &p->options;
    p->context.http = http;
    http_set_timeouts(http, CLOCK_NEVER, CLOCK_NEVER); /* the clock jumps */
    ck_assert_msg(config_read(&p->context.config, "nowhere.ini", false, &err),
                  "%s", err.message);
    p->context.config.tuning.retry_initial_ms = 1;
    p->context.config.tuning.retry_max_ms = 5;
    p->context.config.tuning.retry_budget_ms = 600000;
    p->context.config.tuning.poll_initial_ms = 1;
    p->context.config.tuning.poll_max_ms = 5;
    p->context.dsn = mem_strdup(cluster_dsn_in(p->database));
    ck_assert_msg(control_open(&p->context, true, &err), "%s", err.message);
}

static void
begin_push(struct scripted_push *p)
{
    struct push_start start = {.store = "acme",
                               .job = "prices",
                               .mode = PUSH_BULK,
                               .document = p->mutation.document,
                               .source = "",
                               .may_repeat = p->mutation.is_safe};
    struct err err;

    ck_assert(pg_begin(p->context.control, &err));
    ck_assert_msg(
        journal_push_begin_in(p->context.control, &start, &p->push.ref, &err),
        "%s", err.message);
    ck_assert(pg_commit(p->context.control, &err));
}

void
scripted_push_open(struct scripted_push *p, struct http *http, int rows,
                   int canary, int per_chunk, const char *const *what)
{
    memset(p, 0, sizeof(*p));
    p->server = scripted_server_answering(answer, p);
    p->options.older_than_ms = -1;
    p->config =
        (struct store_config){.name = "acme",
                              .schema = "acme",
                              .base_url = scripted_server_url(p->server),
                              .api_version = "2026-10",
                              .token = "shpat_x",
                              .concurrency = 8,
                              .share = 0.8};
    p->mutation = (struct mutation){
        .job = "prices",
        .file = "mutations/prices.graphql",
        .dialect = &dialect_shopify,
        .document = "mutation M($id: ID!) { m(id: $id) { thing { id } "
                    "userErrors { field message code } } }",
        .root = "m",
        .root_key = "m",
        .is_safe = true,
        .errors = errors,
        .errors_count = 1,
        .table = "prices_result"};
    p->file = (struct query_file){.job = "prices",
                                  .path = "mutations/prices.graphql"};
    open_context(p, http);
    begin_push(p);
    insert_rows(p, rows, canary, per_chunk, what);
    init_process(p);
}

static void
end_process(struct scripted_push *p)
{
    pg_close(p->push.spare);
    arena_free(&p->push.arena);
    session_free(p->store.session);
}

void
scripted_push_again(struct scripted_push *p)
{
    bool taken;
    struct err err;

    end_process(p);
    init_process(p);
    p->push.is_resumed = true;
    ck_assert_msg(
        journal_push_take_over(p->context.journal, &p->push.ref, &taken, &err),
        "%s", err.message);
    ck_assert(taken);
}

void
scripted_push_close(struct scripted_push *p)
{
    end_process(p);
    rate_pool_free(&p->context.rates);
    journal_close(p->context.journal);
    pg_close(p->context.control);
    config_free(&p->context.config);
    free(p->context.dsn);
    for (int i = 0; i < SCRIPTED_FILES; i++)
        free(p->files[i].lines);
    for (int i = 0; i < p->ledger_count; i++)
        free(p->ledger[i]);
    arena_free(&p->arena);
}

/* ---- questions ----------------------------------------------------------- */

int
scripted_push_ran(const struct scripted_push *push, int row)
{
    char id[60];
    int times = 0;

    snprintf(id, sizeof(id), "\"gid://shopify/Thing/%d\"", row);
    for (int i = 0; i < push->ledger_count; i++)
        times += strstr(push->ledger[i], id) != NULL;
    return times;
}

const char *
scripted_push_ask(struct scripted_push *push, const char *sql)
{
    struct pg_config config = {.dsn = context_dsn(&push->context),
                               .application_name = "bulkpg test"};
    struct pg_conn *conn = pg_task_connect(&config);
    struct pg_result *result;
    const char *text;
    struct err err;

    ck_assert_msg(pg_exec(conn, sql, 0, NULL, &result, &err), "%s: %s",
                  err.code, err.message);
    text = arena_strdup(&push->arena, pg_text(result, 0, 0));
    pg_result_free(result);
    pg_close(conn);
    return text;
}

const char *
scripted_push_states(struct scripted_push *push)
{
    return scripted_push_ask(push, "SELECT string_agg(state, ' ' ORDER BY "
                                   "number) FROM bulkpg.push_row");
}

int
scripted_push_count(struct scripted_push *push, const char *state)
{
    return atoi(scripted_push_ask(
        push, arena_printf(&push->arena,
                           "SELECT count(*) FROM bulkpg.push_row WHERE state "
                           "= '%s'",
                           state)));
}
