/* ahead: pages by offset that are asked for side by side. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "job/store.h"
#include "support/pages.h"
#include "support/suite.h"
#include "walk/ahead.h"

enum { ROWS = 2, TOTAL = 11, BEGIN = 2, CONCURRENCY = 4 };

enum fault { NONE, LOST, ERRORS, SHORT };

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static struct origin origin;
static struct store_config config;
static struct rate_pool pool;
static struct rate *rate;
static struct walker *walker;
static struct walk_entry *entry;
static struct page *page;
static struct pages_values values;
static struct ahead ahead;
static struct err err;

/* The API has TOTAL devices. It answers when `expected` requests have come, the
 * last one first. */
static int expected;
static int64_t asked[CONCURRENCY];
static int asked_count;
static int answered;
static struct task_queue changed;
static enum fault fault;
static int64_t fault_at; /* offset */
static size_t pad;       /* bytes of a device's name */

/* ---- the API ------------------------------------------------------------- */

static struct span
answer_to(struct arena *arena, int64_t offset, int64_t count)
{
    struct buf text = buf_with_ceiling(64 * 1024 * 1024);
    struct span kept;

    buf_append_str(&text, "{\"data\":{\"Device\":{\"edges\":[");
    for (int64_t i = offset; i < offset + count && i < TOTAL; i++) {
        buf_printf(&text, "%s{\"node\":{\"id\":\"d%d\",\"name\":{\"value\":\"",
                   i > offset ? "," : "", (int)i);
        for (size_t n = 0; n < pad; n++)
            buf_append_char(&text, 'x');
        buf_append_str(&text, "\"}}}");
    }
    buf_printf(&text, "],\"count\":%d}}}", TOTAL);
    kept = span_of(arena_dup(arena, buf_span(&text)), text.length);
    buf_free(&text);
    return kept;
}

/* These functions replace those of job/store.c. */
struct rate *
store_rate(struct context *of, struct store_state *store)
{
    (void)of;
    (void)store;
    return rate;
}

struct session *
store_session(struct context *of, struct store_state *store)
{
    (void)of;
    (void)store;
    return NULL;
}

bool
store_ask(struct context *of, struct store_state *store,
          const struct request *request, const char *at,
          const struct log_ctx *log, struct arena *arena, struct reply *reply,
          struct err *why)
{
    static struct json errors = {.kind = JSON_ARRAY};
    const char *offset = strstr(request->variables, "\"offset\":");
    int number = asked_count;

    (void)of;
    (void)store;
    (void)at;
    (void)log;
    ck_assert_ptr_nonnull(offset);
    ck_assert(request->once);
    asked[asked_count++] = atoi(offset + strlen("\"offset\":"));
    task_wake_all(&changed);
    while (asked_count < expected || answered < expected - 1 - number)
        ck_assert_int_eq(task_wait(&changed, CLOCK_NEVER), TASK_READY);
    answered++;
    task_wake_all(&changed);
    *reply = (struct reply){.cost = -1};
    if (fault == LOST && asked[number] == fault_at)
        return err_set(why, MSG_ANSWER_LOST, "the answer is lost");
    if (fault == ERRORS && asked[number] == fault_at)
        reply->errors = &errors;
    reply->body = answer_to(
        arena, asked[number],
        fault == SHORT && asked[number] == fault_at ? ROWS - 1 : ROWS);
    return true;
}

/* ---- a page -------------------------------------------------------------- */

/* The page before has come, and with it the total. */
static void
add_entry(void)
{
    struct frontier_entry row = {.number = 1,
                                 .offset = BEGIN,
                                 .rows = BEGIN,
                                 .distinct = BEGIN,
                                 .told_first = TOTAL,
                                 .told_last = TOTAL,
                                 .pages = 1};

    entry = entries_add(&walker->entries, &row);
    walker->tallies.last_number = walker->tallies.of[0].begun = 1;
}

static void
setup(void)
{
    struct origin_run run = {.mode = RUN_FULL};

    pages_open(&api, "tests/data/pages/graph.graphql", "infrahub");
    pages_connection(&api, "{ Device { edges { node { name { value } } } } }",
                     "Device");
    rate = rate_new(&pool, "secret", CONCURRENCY, 0.8);
    config = (struct store_config){.concurrency = CONCURRENCY};
    context = (struct context){.options = &options};
    job =
        (struct job){.context = &context, .plan = api.plan, .config = &config};
    origin = (struct origin){.least_roots = -1};
    walker = walker_new(&job, &origin, NULL, 0, &run);
    add_entry();
    expected = asked_count = answered = 0;
    fault = NONE;
    pad = 1;
    page = NULL;
    ahead = (struct ahead){0};
    values = (struct pages_values){.rows = ROWS, .offset = BEGIN};
}

static void
teardown(void)
{
    page_free(page);
    walker_free(walker);
    rate_free(rate);
    rate_pool_free(&pool);
    pages_close(&api);
}

static void
take(void)
{
    struct batch batch;

    walker->most[0] = 1;
    ck_assert(entries_take(&walker->entries, walker->most, &batch));
    page = page_new(walker, &batch);
}

/* Ask ahead of the page, cut it, and what follows. */
static void
read_page(void *unused)
{
    const struct pages_request *request = api.plan->pages->connections[0].read;
    struct arena arena = {0};

    (void)unused;
    take();
    ahead_begin(&ahead, page, request, &values);
    ck_assert(page_cut(page, request, &values,
                       answer_to(&arena, values.offset, ROWS), &err));
    ck_assert_msg(ahead_cut(&ahead, &err), "%s", err.message);
    ahead_end(&ahead);
    arena_free(&arena);
}

static void
run_task(void (*body)(void *ctx))
{
    tasks_init(NULL, NULL);
    task_spawn("test", body, NULL);
    tasks_run();
}

/* The page has the devices from BEGIN to before `end`, in their order. */
static void
check_rows(int64_t end)
{
    const char *at = buf_str(&page->lines);
    char id[16];

    for (int64_t i = BEGIN; i < end; i++) {
        snprintf(id, sizeof(id), "\"d%d\"", (int)i);
        at = strstr(at, id);
        ck_assert_msg(at != NULL, "no %s", id);
    }
    snprintf(id, sizeof(id), "\"d%d\"", (int)end);
    ck_assert_ptr_null(strstr(buf_str(&page->lines), id));
    ck_assert_int_eq(page_next_offset(page), end);
    page_apply(page);
    ck_assert(page_settle(page, &err));
    ck_assert_int_eq(page->frontier.entries[0].offset, end);
    ck_assert_int_eq(page->frontier.entries[0].rows, end);
    ck_assert_int_eq(page->frontier.entries[0].distinct, end);
}

/* ---- tests --------------------------------------------------------------- */

/* One place of CONCURRENCY is that of the page itself. */
START_TEST(answers_are_cut_in_the_order_of_their_rows)
{
    expected = CONCURRENCY - 1;
    run_task(read_page);
    ck_assert_int_eq(asked_count, 3);
    for (int i = 0; i < asked_count; i++)
        ck_assert_int_eq(asked[i], BEGIN + (i + 1) * ROWS);
    check_rows(10);
}

END_TEST

static const struct {
    enum fault fault;
    int64_t at;
    int64_t end;
} faults[] = {{LOST, 4, 4},   {LOST, 6, 6},  {LOST, 8, 8},  {ERRORS, 4, 4},
              {ERRORS, 6, 6}, {SHORT, 4, 5}, {SHORT, 6, 7}, {SHORT, 8, 9}};

START_TEST(what_follows_a_fault_is_forgotten)
{
    expected = CONCURRENCY - 1;
    fault = faults[_i].fault;
    fault_at = faults[_i].at;
    run_task(read_page);
    check_rows(faults[_i].end);
}

END_TEST

/* All pages in flight together do not have more lines than one page may. */
START_TEST(large_answers_are_forgotten)
{
    expected = CONCURRENCY - 1;
    pad = 3 * 1024 * 1024 + 512 * 1024;
    run_task(read_page);
    check_rows(6);
    ck_assert_uint_le(page->lines.length, page->lines.ceiling);
}

END_TEST

START_TEST(the_last_pages_are_asked_for_once)
{
    values.offset = entry->row.offset = entry->row.rows = 6;
    entry->row.distinct = 6;
    expected = 2;
    run_task(read_page);
    ck_assert_int_eq(asked_count, 2);
    ck_assert_int_eq(asked[1], 10);
    page_apply(page);
    ck_assert(page_settle(page, &err));
    ck_assert_uint_eq(page->frontier.ended_count, 1);
    ck_assert(page->frontier.is_last);
    ck_assert_ptr_null(origin.unproven);
}

END_TEST

static void
without_a_total(void)
{
    entry->row.told_last = -1;
}

static void
after_a_fault(void)
{
    entry->faults = 1;
}

static void
with_smaller_pages(void)
{
    entry->rows_most = 1;
}

static void
with_one_place(void)
{
    rate_free(rate);
    rate = rate_new(&pool, "secret", 1, 0.8);
}

static void
with_one_place_for_the_job(void)
{
    api.plan->paged.concurrency = 1;
}

static void (*const reasons[])(void) = {without_a_total, after_a_fault,
                                        with_smaller_pages, with_one_place,
                                        with_one_place_for_the_job};

START_TEST(nothing_is_asked_ahead)
{
    reasons[_i]();
    run_task(read_page);
    ck_assert_int_eq(asked_count, 0);
    ck_assert_int_eq(page_next_offset(page), BEGIN + ROWS);
}

END_TEST

START_TEST(other_entries_come_first)
{
    struct frontier_entry row = {
        .number = 2, .parent_id = "d0", .told_first = -1, .told_last = -1};

    ck_assert_ptr_nonnull(entries_add(&walker->entries, &row));
    run_task(read_page);
    ck_assert_int_eq(asked_count, 0);
}

END_TEST

static Suite *
ahead_suite(void)
{
    Suite *suite = suite_create("ahead");
    TCase *all = tcase_create("ahead");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, answers_are_cut_in_the_order_of_their_rows);
    tcase_add_loop_test(all, what_follows_a_fault_is_forgotten, 0,
                        COUNT(faults));
    tcase_add_test(all, large_answers_are_forgotten);
    tcase_add_test(all, the_last_pages_are_asked_for_once);
    tcase_add_loop_test(all, nothing_is_asked_ahead, 0, COUNT(reasons));
    tcase_add_test(all, other_entries_come_first);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(ahead_suite());
}
