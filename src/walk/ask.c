/*
 * All requests of a connection ask for the same number of parents and rows
 * (struct manner), or for fewer if an entry of the batch had a fault. While
 * api/request.h retries, shrink() reduces the request: first to fewer parents,
 * each with the same number of rows, then to fewer rows.
 *
 * bulkpg stops reading an answer after 4 MiB. If the answer is for one row,
 * bulkpg asks again and reads up to 64 MiB, for one such answer at a time.
 *
 * Hazard. The other tasks of the walk run while a request waits.
 */
#include "walk/ask.h"

#include <string.h>

#include "base/clock.h"
#include "job/store.h"
#include "paged/judge.h"
#include "plan/mask.h"
#include "walk/ahead.h"
#include "walk/isolate.h"

enum {
    VARIABLES_BYTES_MAX = 1024 * 1024,
    LARGE_BYTES_MAX = 64 * 1024 * 1024,
    PATH_BYTES_MAX = 4096,
    BEFORE_S = 2, /* the watermark is this much before the server's time */
    AHEAD_MOST_S = 24 * 3600 /* of the server's clock, before ours */
};

/* A request in progress. */
struct ask {
    struct page *page;
    struct walker *walker;
    const struct pages_request *request;
    struct manner *manner;
    struct pages_values values;
    struct plan_window window; /* of @slice */
    const char **ids;          /* of the batch */
    struct arena arena;        /* of variables */
};

/* ---- one request -------------------------------------------------------- */

static const char *
write_variables(const struct plan *plan, const struct pages_request *request,
                const struct pages_values *values, struct arena *arena)
{
    struct buf text = buf_with_ceiling(VARIABLES_BYTES_MAX);
    const char *kept;

    pages_variables(plan, request, values, &text);
    kept = arena_dup(arena, buf_span(&text));
    buf_free(&text);
    return kept;
}

static void
count_request(struct page *page, const struct pages_connection *c,
              const struct reply *reply, double estimate)
{
    struct tally *tally = &page->tallies.of[c->index];

    tally->pages++;
    tallies_pay(tally, reply->cost >= 0 ? reply->cost : estimate);
}

/* Does it continue at a cursor of an earlier process? The API may refuse it,
 * and would do so again. */
static bool
is_resumed(const struct page *page)
{
    const struct walk_entry *entry = page->batch.entries[0];

    return entry->is_resumed && entry->row.cursor != NULL;
}

static bool
send_request(struct page *page, struct request *request,
             const struct pages_connection *c, struct arena *arena,
             struct ask_answer *answer, struct err *err)
{
    struct walker *walker = page->walker;
    struct job *job = walker->job;
    struct reply reply;

    request->what = "page";
    request->outer = true;
    request->partial = true;
    request->hides_words = mask_first(walker->plan) != NULL;
    request->user = &job->rate_user;
    request->given_up = &walker->ended;
    request->has_worked =
        walker->manners[c->index].has_worked && !is_resumed(page);
    if (!store_ask(job->context, job->store, request, walker->at, &job->log,
                   arena, &reply, err))
        return false;
    walker->requests++;
    walker->manners[c->index].has_worked = true;
    count_request(page, c, &reply, request->points);
    *answer = (struct ask_answer){
        .body = reply.body, .data = reply.data, .errors = reply.errors};
    return true;
}

bool
ask_one(struct page *page, const struct pages_request *request,
        const struct pages_values *values, bool once, struct arena *arena,
        struct ask_answer *answer, struct err *err)
{
    struct walker *walker = page->walker;
    struct request send = {
        .document = request->document,
        .once = once,
        .variables = write_variables(walker->plan, request, values, arena),
        .points = pages_points(walker->pages, request, values)};

    return send_request(page, &send, request->connection, arena, answer, err);
}

/* ---- its size ----------------------------------------------------------- */

static int64_t
least(int64_t a, int64_t b)
{
    return b > 0 && b < a ? b : a;
}

static void
set_rows(struct ask *ask, int64_t rows)
{
    ask->values.rows = rows;
    ask->values.nested_rows =
        pages_nested_rows(ask->request, rows, PAGES_ROWS_MOST);
}

/* Leave out all parents after the first `count`. */
static void
set_parents(struct ask *ask, int count)
{
    entries_back_from(&ask->walker->entries, &ask->page->batch, count);
    task_wake_all(&ask->walker->changed);
    ask->values.id_count = count;
}

static bool
is_by_ids(const struct ask *ask)
{
    return ask->request->by != PAGES_BY_ROOT;
}

static void
fill_values(struct ask *ask)
{
    struct batch *batch = &ask->page->batch;
    const struct walker *walker = ask->walker;
    const struct frontier_entry *row = &batch->entries[0]->row;
    const struct slice *slice = walker_slice(walker, row);
    int64_t rows = ask->manner->rows.now;

    ask->ids =
        arena_array(&ask->arena, (size_t)batch->count, sizeof(*ask->ids));
    for (int i = 0; i < batch->count; i++) {
        ask->ids[i] = batch->entries[i]->row.parent_id;
        rows = least(rows, batch->entries[i]->rows_most);
    }
    ask->values = (struct pages_values){.after = row->cursor,
                                        .offset = row->offset,
                                        .reverse = ends_is_down(walker, row),
                                        .ids = ask->ids,
                                        .window = walker->in_window};
    if (slice != NULL) {
        ask->window =
            slices_window(slice, walker->plan->slice->field, &ask->arena);
        ask->values.window = &ask->window;
    }
    if (is_by_ids(ask))
        ask->values.id_count = batch->count;
    set_rows(ask, rows);
}

/* Halve the request. False if it is for one row already. */
static bool
shrink(struct ask *ask)
{
    int count = ask->values.id_count;
    int64_t rows = ask->values.rows;

    if (count > 1) {
        if (page_size_failed(&ask->manner->ids, count))
            set_parents(ask, (int)least(count / 2, ask->manner->ids.now));
        return true;
    }
    if (!ask->request->takes_rows ||
        !page_size_failed(&ask->manner->rows, rows))
        return false;
    set_rows(ask, least(rows / 2, ask->manner->rows.now));
    return true;
}

static const char *
ask_smaller(void *ctx, const struct err *why)
{
    struct ask *ask = ctx;

    (void)why;
    if (!shrink(ask))
        return NULL;
    return write_variables(ask->walker->plan, ask->request, &ask->values,
                           &ask->arena);
}

static bool
send_ask(struct ask *ask, size_t ceiling, struct arena *arena,
         struct ask_answer *answer, struct err *err)
{
    struct walker *walker = ask->walker;
    struct request send = {
        .document = ask->request->document,
        .variables = write_variables(walker->plan, ask->request, &ask->values,
                                     &ask->arena),
        .points = pages_points(walker->pages, ask->request, &ask->values),
        .reply_ceiling = ceiling,
        .smaller = ceiling == 0 ? ask_smaller : NULL,
        .smaller_ctx = ask};

    return send_request(ask->page, &send, ask->page->batch.connection, arena,
                        answer, err);
}

static bool
send_large(struct ask *ask, struct arena *arena, struct ask_answer *answer,
           struct err *err)
{
    struct task_lock *lock = &ask->walker->job->context->large_answer;
    bool sent;

    if (!task_lock(lock, err))
        return false;
    sent = send_ask(ask, LARGE_BYTES_MAX, arena, answer, err);
    task_unlock(lock);
    return sent;
}

static bool
send_any(struct ask *ask, struct arena *arena, struct ask_answer *answer,
         struct err *err)
{
    return send_ask(ask, 0, arena, answer, err) ||
           (err_is(err, MSG_TOO_LARGE) && send_large(ask, arena, answer, err));
}

/* ---- faults ------------------------------------------------------------- */

/* Ask for half as much next time, of these entries only. False if one row was
 * asked for. */
static bool
halve_fault(struct ask *ask)
{
    struct batch *batch = &ask->page->batch;
    int count = ask->values.id_count;
    int64_t rows = ask->values.rows;

    if (count <= 1 && (rows <= 1 || !ask->request->takes_rows))
        return false;
    for (int i = 0; i < batch->count; i++) {
        batch->entries[i]->parents_most = count > 1 ? count / 2 : 0;
        batch->entries[i]->rows_most = count > 1 ? 0 : rows / 2;
    }
    if (count > 1)
        set_parents(ask, count / 2);
    else
        set_rows(ask, rows / 2);
    return true;
}

/* After a good page, the next one is larger again. */
static void
grow_entries(struct ask *ask)
{
    struct batch *batch = &ask->page->batch;

    for (int i = 0; i < batch->count; i++) {
        struct walk_entry *entry = batch->entries[i];

        entry->parents_most = 0;
        entry->rows_most *= 2;
        if (entry->rows_most >= ask->manner->rows.now)
            entry->rows_most = 0;
    }
}

static bool
note_denied(struct ask *ask, const struct json *errors, struct err *err)
{
    struct tallies *tallies = &ask->page->tallies;
    int before = ask->walker->tallies.denied_count;
    struct buf path = buf_with_ceiling(PATH_BYTES_MAX);

    for (const struct json *e = errors->first;
         e != NULL && before + tallies->denied_count <= TALLIES_DENIED_MOST;
         e = e->next) {
        judge_path(e, ask->request, &path);
        tallies_deny(tallies, buf_str(&path), 1);
    }
    buf_free(&path);
    return before + tallies->denied_count <= TALLIES_DENIED_MOST ||
           err_set(err, MSG_PAGE_SHAPE,
                   "the API denies more than %d different fields",
                   TALLIES_DENIED_MOST);
}

static bool
load_answer(struct ask *ask, const struct ask_answer *answer, struct err *err)
{
    if (answer->errors != NULL && !note_denied(ask, answer->errors, err))
        return false;
    if (!page_cut(ask->page, ask->request, &ask->values, answer->body, err))
        return false;
    if (is_by_ids(ask))
        page_size_worked(&ask->manner->ids, ask->values.id_count);
    page_size_worked(&ask->manner->rows, ask->values.rows);
    grow_entries(ask);
    return true;
}

/* A denied field with @optional must be left out of the query, because values
 * of other rows would be in the table: see job/denied.c. By ids, the query is
 * not changed. */
static bool
check_optional(const struct ask *ask, const struct json *errors,
               struct err *err)
{
    const struct walker *walker = ask->walker;
    struct buf path = buf_with_ceiling(PATH_BYTES_MAX);
    bool fine = true;

    if (walker->ids != NULL || errors == NULL || errors->kind != JSON_ARRAY)
        return true;
    for (const struct json *e = errors->first; fine && e; e = e->next) {
        judge_path(e, ask->request, &path);
        fine = !judge_is_denial(e) ||
               !plan_is_optional(walker->plan, buf_str(&path)) ||
               err_set(err, MSG_PAGE_DENIED, "the API denied the field \"%s\"",
                       buf_str(&path));
    }
    buf_free(&path);
    return fine;
}

/* The first time, the same is asked for once more. *again: ask again. */
static bool
answer_fault(struct ask *ask, const struct ask_answer *answer, bool *again,
             struct err *err)
{
    struct walk_entry *entry = ask->page->batch.entries[0];

    log_debug(&ask->walker->job->log, "the API answered with errors",
              LOG_STR("connection", ask->request->connection->path),
              LOG_NUM("rows", ask->values.rows), LOG_END);
    *again = true;
    if (entry->faults++ == 0 || halve_fault(ask))
        return true;
    *again = false;
    return isolate_row(ask->page, &ask->values, answer->errors, err);
}

static bool
ask_until_good(struct ask *ask, struct err *err)
{
    bool again = true, good = true;

    while (again && good) {
        struct arena arena = {0};
        struct ask_answer answer;

        again = false;
        good = send_any(ask, &arena, &answer, err) &&
               walker_await_space(ask->walker, answer.body.length, err) &&
               check_optional(ask, answer.errors, err);
        if (good &&
            judge_beside_data(answer.errors, answer.data) == JUDGE_FAULT)
            good = answer_fault(ask, &answer, &again, err);
        else if (good)
            good = load_answer(ask, &answer, err);
        arena_free(&arena);
    }
    return good;
}

static bool
is_cursor_refused(const struct page *page, const struct err *err)
{
    return is_resumed(page) &&
           (err->kind == ERR_CONFIG || err->kind == ERR_FAILED) &&
           (err_is(err, MSG_GRAPHQL_ERROR) ||
            strcasestr(err->message, "cursor") != NULL);
}

bool
ask_page(struct page *page, struct err *err)
{
    struct walker *walker = page->walker;
    const struct pages_connection *c = page->batch.connection;
    struct ask ask = {
        .page = page,
        .walker = walker,
        .request = walker->ids != NULL && c->level == 0 ? c->by_ids : c->read,
        .manner = &walker->manners[c->index]};
    struct ahead ahead;
    bool good;

    if (ends_have_met(walker, &page->batch.entries[0]->row)) {
        page_end_all(page);
        return true;
    }
    fill_values(&ask);
    ahead_begin(&ahead, page, ask.request, &ask.values);
    good = ask_until_good(&ask, err) && ahead_cut(&ahead, err);
    ahead_end(&ahead);
    if (!good && is_cursor_refused(page, err)) {
        log_failure(LOG_WARN, &walker->job->log,
                    "the API refuses a cursor of an earlier process; reading "
                    "the connection again",
                    err);
        page_restart(page);
        good = true;
    }
    arena_free(&ask.arena);
    return good;
}

/* ---- the moment --------------------------------------------------------- */

/* If the server's clock is far ahead, ours counts: the next window begins at
 * this moment, and must not begin in the future. */

bool
ask_moment(struct walker *walker, struct err *err)
{
    struct job *job = walker->job;
    struct request request = {.what = "moment",
                              .document = "{ __typename }",
                              .user = &job->rate_user,
                              .points = 1};
    struct arena arena = {0};
    struct reply reply;
    char text[CLOCK_UTC_BYTES];
    bool asked = store_ask(job->context, job->store, &request, NULL, &job->log,
                           &arena, &reply, err);
    int64_t now_s = clock_wall_us() / 1000000;

    if (asked && reply.date_s > 0 && reply.date_s < now_s + AHEAD_MOST_S)
        now_s = reply.date_s;
    arena_free(&arena);
    if (asked)
        walker->moment = arena_strdup(&walker->arena,
                                      clock_format_utc(now_s - BEFORE_S, text));
    return asked;
}
