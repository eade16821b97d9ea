/* shopify: windows and values in Shopify's dialect. */
#include <check.h>

#include "dialect/shopify.h"
#include "support/suite.h"

static struct arena arena;

static void
teardown(void)
{
    arena_free(&arena);
}

static const struct {
    const char *own;
    const char *from;
    const char *to;
    const char *filter;
} windows[] = {
    {"", NULL, NULL, ""},
    {"tag:a", NULL, NULL, "tag:a"},
    {"", "1", NULL, "at:>='1'"},
    {"", NULL, "2", "at:<'2'"},
    {"", "1", "2", "at:>='1' AND at:<'2'"},
    {"tag:a OR tag:b", "1", "2", "(tag:a OR tag:b) AND at:>='1' AND at:<'2'"},
};

START_TEST(a_window_is_combined_with_the_filter)
{
    ck_assert_str_eq(dialect_shopify.filter_in(windows[_i].own, "at",
                                               windows[_i].from, windows[_i].to,
                                               &arena),
                     windows[_i].filter);
}

END_TEST

START_TEST(coarse_filters_need_a_long_overlap)
{
    ck_assert_int_eq(dialect_shopify.least_overlap_ms("orders"), 0);
    ck_assert_int_eq(dialect_shopify.least_overlap_ms("customers"),
                     36 * 3600 * 1000);
}

END_TEST

START_TEST(an_unknown_scalar_can_have_any_value)
{
    ck_assert_int_eq(dialect_shopify.scalar_type("Money"), DIALECT_DECIMAL);
    ck_assert_int_eq(dialect_shopify.scalar_type("URL"), DIALECT_STRING);
    ck_assert_int_eq(dialect_shopify.scalar_type("Novelty"), DIALECT_ANY);
}

END_TEST

START_TEST(some_types_need_the_whole_gid)
{
    ck_assert(dialect_shopify.ids_are_gids);
    ck_assert(dialect_shopify.hides_orders);
    ck_assert(dialect_shopify.keeps_whole_gid("InventoryLevel"));
    ck_assert(!dialect_shopify.keeps_whole_gid("Product"));
    ck_assert_str_eq(dialect_shopify.counter_of("variants", &arena),
                     "variantsCount");
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("shopify");
    TCase *tests = tcase_create("dialect");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, a_window_is_combined_with_the_filter, 0,
                        COUNT(windows));
    tcase_add_test(tests, coarse_filters_need_a_long_overlap);
    tcase_add_test(tests, an_unknown_scalar_can_have_any_value);
    tcase_add_test(tests, some_types_need_the_whole_gid);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
