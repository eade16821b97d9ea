/* tallies and seen: what a walk counts. */
#include <check.h>

#include "support/pages.h"
#include "support/suite.h"
#include "walk/seen.h"
#include "walk/tallies.h"

static struct pages_api api;
static struct tallies sums;
static struct buf text;

static void
setup(void)
{
    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
    pages_connection(&api,
                     "query @paged { products { nodes { variants { nodes { "
                     "sku } } } } }",
                     "products");
    tallies_init(&sums, api.plan->pages);
    text = buf_with_ceiling(10000);
}

static void
teardown(void)
{
    tallies_free(&sums);
    buf_free(&text);
    pages_close(&api);
}

START_TEST(counts_survive_as_json)
{
    struct tallies read;

    sums.of[0] = (struct tally){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9.4};
    sums.last_number = 17;
    tallies_deny(&sums, "products.title", 2);
    tallies_deny(&sums, "products.title", 3);
    tallies_write(&sums, &text);
    tallies_init(&read, api.plan->pages);
    ck_assert(tallies_read(&read, buf_str(&text)));
    ck_assert_int_eq(read.last_number, 17);
    ck_assert_int_eq(read.of[0].begun, 1);
    ck_assert_int_eq(read.of[0].told, 5);
    ck_assert_int_eq(read.of[0].missing, 7);
    ck_assert_int_eq(read.of[0].unproven, 9);
    ck_assert_int_eq(read.of[0].full, 10);
    ck_assert(read.of[0].points > 8.9 && read.of[0].points < 9.1);
    ck_assert_int_eq(read.of[1].told, -1);
    ck_assert_str_eq(read.denied->path, "products.title");
    ck_assert_int_eq(read.denied->times, 5);
    tallies_free(&read);
}

END_TEST

/* An API may tell any number. */
START_TEST(sums_have_a_limit)
{
    struct tallies read;

    for (int i = 0; i < 20; i++) {
        tallies_tell(&sums.of[0], INT64_C(999999999999999999));
        tallies_pay(&sums.of[0], 1e300);
    }
    ck_assert_int_eq(sums.of[0].told, INT64_MAX);
    ck_assert(sums.of[0].points > 19e9 && sums.of[0].points < 21e9);
    tallies_write(&sums, &text);
    tallies_init(&read, api.plan->pages);
    ck_assert(tallies_read(&read, buf_str(&text)));
    ck_assert_int_eq(read.of[0].told, INT64_MAX);
    tallies_add(&read, &sums);
    ck_assert_int_eq(read.of[0].told, INT64_MAX);
    tallies_free(&read);
}

END_TEST

START_TEST(totals_are_added_only_if_told)
{
    struct tallies more;

    tallies_init(&more, api.plan->pages);
    more.of[0].rows = 3;
    tallies_add(&sums, &more);
    ck_assert_int_eq(sums.of[0].told, -1);
    more.of[0].told = 3;
    tallies_add(&sums, &more);
    tallies_add(&sums, &more);
    ck_assert_int_eq(sums.of[0].told, 6);
    ck_assert_int_eq(sums.of[0].rows, 9);
    tallies_free(&more);
}

END_TEST

static const char *const unreadable[] = {
    "", "[]", "{}", "{\"last_number\":1,\"connections\":[{}]}",
    "{\"last_number\":1,\"connections\":[]}"};

START_TEST(other_text_is_refused)
{
    ck_assert(!tallies_read(&sums, unreadable[_i]));
    ck_assert(!tallies_read(&sums, NULL));
}

END_TEST

START_TEST(hashes_are_seen_once)
{
    struct seen seen = seen_new(2000);

    for (uint64_t i = 0; i < 3000; i++)
        ck_assert(seen_add(&seen, seen_hash(i, span_str("x"))));
    for (uint64_t i = 0; i < 2000; i++)
        ck_assert(!seen_add(&seen, seen_hash(i, span_str("x"))));
    /* A full set does not know the rest. */
    ck_assert(seen_add(&seen, seen_hash(2999, span_str("x"))));
    seen_clear(&seen);
    ck_assert(seen_add(&seen, seen_hash(1, span_str("x"))));
    ck_assert(seen_add(&seen, 0));
    ck_assert(!seen_add(&seen, 0));
    seen_free(&seen);
}

END_TEST

static Suite *
tallies_suite(void)
{
    Suite *suite = suite_create("tallies");
    TCase *all = tcase_create("tallies");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, counts_survive_as_json);
    tcase_add_test(all, sums_have_a_limit);
    tcase_add_test(all, totals_are_added_only_if_told);
    tcase_add_loop_test(all, other_text_is_refused, 0,
                        sizeof(unreadable) / sizeof(unreadable[0]));
    tcase_add_test(all, hashes_are_seen_once);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(tallies_suite());
}
