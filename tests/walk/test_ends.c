/* ends: a root that is read from both of its ends. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pages.h"
#include "support/suite.h"
#include "walk/page.h"

enum { ROWS = 2 };

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static struct origin origin;
static struct store_config config;
static struct walker *walker;
static struct page *page;
static char answer[4000];
static char seen[4000]; /* ids of the rows in their order */
static struct err err;

static void
setup(void)
{
    struct origin_run run = {.mode = RUN_FULL};
    struct frontier_entry row = {
        .number = 1, .told_first = -1, .told_last = -1};

    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
    pages_connection(&api,
                     "query @paged { products { nodes { title variants { nodes "
                     "{ sku } } } } }",
                     "products");
    config = (struct store_config){.concurrency = 4};
    context = (struct context){.options = &options};
    job =
        (struct job){.context = &context, .plan = api.plan, .config = &config};
    origin = (struct origin){.least_roots = -1};
    walker = walker_new(&job, &origin, NULL, 0, &run);
    walker->tallies.last_number = walker->tallies.of[0].begun = 1;
    entries_add(&walker->entries, &row);
    page = NULL;
    seen[0] = '\0';
}

static void
teardown(void)
{
    page_free(page);
    walker_free(walker);
    pages_close(&api);
}

/* The page of these ids. */
static void
write_answer(const int *ids, int count, bool has_more)
{
    size_t used =
        (size_t)sprintf(answer, "{\"data\":{\"products\":{\"nodes\":[");

    for (int i = 0; i < count; i++)
        used += (size_t)sprintf(
            answer + used,
            "%s{\"id\":\"gid://shopify/Product/%d\",\"title\":\"t\"}",
            i > 0 ? "," : "", ids[i]);
    sprintf(answer + used,
            "],\"pageInfo\":{\"hasNextPage\":%s,\"endCursor\":\"c%d\"}}}}",
            has_more ? "true" : "false", count > 0 ? ids[count - 1] : 0);
}

static void
note_rows(void)
{
    const char *at = buf_str(&page->lines);

    while ((at = strstr(at, "Product/")) != NULL) {
        at += strlen("Product/");
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%d ",
                 atoi(at));
    }
}

/* Take the next request for roots; those for children are left out. */
static bool
take_root(struct batch *batch)
{
    walker->most[0] = walker->most[1] = 1;
    while (entries_take(&walker->entries, walker->most, batch)) {
        if (batch->connection->level == 0)
            return true;
        entries_end(&walker->entries, batch->entries[0]);
        batch_free(batch);
    }
    return false;
}

/* Take the one of the other direction, if there are two. */
static bool
take_turn(struct batch *batch)
{
    struct batch other;

    if (!take_root(batch))
        return false;
    if (!take_root(&other))
        return true;
    entries_back_from(&walker->entries, batch, 0);
    batch_free(batch);
    *batch = other;
    return true;
}

/* A store of the products 1 to `last` answers the next request for roots. If
 * it ignores `reverse`, both directions read upwards. False if none is left. */
static bool
answer_next(int last, bool ignores_reverse)
{
    struct batch batch;
    struct pages_values values = {.rows = ROWS};
    int ids[ROWS], count = 0, at;
    bool is_down, is_up;

    if (!take_turn(&batch))
        return false;
    is_down = ends_is_down(walker, &batch.entries[0]->row);
    is_up = !is_down || ignores_reverse;
    at = batch.entries[0]->row.cursor != NULL
             ? atoi(batch.entries[0]->row.cursor + 1) + (is_up ? 1 : -1)
             : (is_up ? 1 : last);
    for (; count < ROWS && at >= 1 && at <= last; at += is_up ? 1 : -1)
        ids[count++] = at;
    write_answer(ids, count, at >= 1 && at <= last);
    page_free(page);
    page = page_new(walker, &batch);
    if (ends_have_met(walker, &page->batch.entries[0]->row)) {
        page_end_all(page);
        page_apply(page);
        page_committed(page);
        return answer_next(last, ignores_reverse);
    }
    ck_assert_msg(page_cut(page, page->batch.connection->read, &values,
                           span_str(answer), &err),
                  "%s", err.message);
    note_rows();
    page_apply(page);
    ck_assert(page_settle(page, &err));
    page_committed(page);
    return true;
}

static int
walk(int last, bool ignores_reverse)
{
    int requests = 0;

    while (answer_next(last, ignores_reverse))
        ck_assert_int_lt(++requests, 50);
    ck_assert_int_eq(walker->tallies.of[0].begun, 1);
    ck_assert_int_eq(walker->tallies.of[0].instances, 1);
    ck_assert_int_eq(walker->tallies.of[1].begun, last);
    return requests;
}

START_TEST(both_meet_in_the_middle)
{
    ck_assert_int_eq(walk(10, false), 6);
    ck_assert_str_eq(seen, "1 2 10 9 3 4 8 7 5 6 ");
    ck_assert_int_eq(walker->tallies.of[0].rows, 10);
}

END_TEST

/* However many there are, each row comes once. */
START_TEST(each_row_comes_once)
{
    char id[20];

    walk(_i, false);
    for (int n = 1; n <= _i; n++) {
        char *first;

        snprintf(id, sizeof(id), "%d ", n);
        for (first = seen; (first = strstr(first, id)) != NULL; first++)
            if (first == seen || first[-1] == ' ')
                break;
        ck_assert_msg(first != NULL, "%d is missing in %s", n, seen);
    }
    ck_assert_int_eq(walker->tallies.of[0].rows, _i);
}

END_TEST

START_TEST(one_page_is_read_once)
{
    ck_assert_int_eq(walk(2, false), 1);
    ck_assert_str_eq(seen, "1 2 ");
}

END_TEST

START_TEST(an_api_that_ignores_the_direction_is_read_upwards)
{
    walk(9, true);
    ck_assert(walker->ends[0].is_one_way);
    ck_assert_str_eq(seen, "1 2 3 4 5 6 7 8 9 ");
}

END_TEST

static void
cut_ids(const int *ids, int count, bool has_more)
{
    struct batch batch;
    struct pages_values values = {.rows = ROWS};

    page_free(page);
    page = NULL;
    ck_assert(take_root(&batch));
    write_answer(ids, count, has_more);
    page = page_new(walker, &batch);
    ck_assert(page_cut(page, page->batch.connection->read, &values,
                       span_str(answer), &err));
    page_apply(page);
    ck_assert(page_settle(page, &err));
    page_committed(page);
}

START_TEST(ids_out_of_order_are_read_upwards_only)
{
    static const int first[] = {5, 3};

    cut_ids(first, 2, true);
    ck_assert(walker->ends[0].is_one_way);
    ck_assert_uint_eq(page->frontier.entry_count, 1 + 2);
}

END_TEST

START_TEST(a_resumed_walk_knows_where_both_are)
{
    struct frontier_entry up = {
        .offset = 0, .pages = 3, .told_first = 40, .told_last = 90};
    struct frontier_entry down = {
        .offset = -1, .pages = 2, .told_first = 80, .told_last = 30};

    ends_resume(walker, &up);
    ends_resume(walker, &down);
    ck_assert_int_eq(walker->ends[0].up, 40);
    ck_assert_int_eq(walker->ends[0].down, 80);
    ck_assert(!walker->ends[0].is_one_way);
    up.told_first = -1;
    ends_resume(walker, &up);
    ck_assert(walker->ends[0].is_one_way);
}

END_TEST

/* Cut a page of these ids with a reject; returns the rejects that stay. */
static size_t
rejects_with(const int *ids, const char *id)
{
    struct batch batch;
    struct pages_values values = {.rows = ROWS};

    page_free(page);
    page = NULL;
    ck_assert(take_turn(&batch));
    write_answer(ids, ROWS, true);
    page = page_new(walker, &batch);
    ck_assert(page_cut(page, page->batch.connection->read, &values,
                       span_str(answer), &err));
    page_reject(page, page->batch.connection, id, "it cannot be read");
    page_apply(page);
    ck_assert(page_settle(page, &err));
    page_committed(page);
    return page->reject_count;
}

/* Where both meet, a row that the API cannot give may come from both. */
START_TEST(a_row_is_rejected_once)
{
    static const int up[] = {1, 2}, down[] = {9, 8}, next[] = {3, 4};

    ck_assert_uint_eq(rejects_with(up, "gid://shopify/Product/5"), 1);
    ck_assert_str_eq(page->rejects[0].object_id, "gid://shopify/Product/5");
    ck_assert_uint_eq(rejects_with(down, "gid://shopify/Product/5"), 0);
    ck_assert_uint_eq(rejects_with(next, "gid://shopify/Product/6"), 1);
    ck_assert_str_eq(page->rejects[0].object_id, "gid://shopify/Product/6");
    ck_assert_str_eq(page->rejects[0].reason, "it cannot be read");
}

END_TEST

static Suite *
ends_suite(void)
{
    Suite *suite = suite_create("ends");
    TCase *all = tcase_create("ends");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, both_meet_in_the_middle);
    tcase_add_loop_test(all, each_row_comes_once, 1, 20);
    tcase_add_test(all, one_page_is_read_once);
    tcase_add_test(all, an_api_that_ignores_the_direction_is_read_upwards);
    tcase_add_test(all, ids_out_of_order_are_read_upwards_only);
    tcase_add_test(all, a_resumed_walk_knows_where_both_are);
    tcase_add_test(all, a_row_is_rejected_once);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(ends_suite());
}
