/* entries: what is asked for next. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pages.h"
#include "support/suite.h"
#include "walk/entries.h"

enum { PRODUCTS, VARIANTS, METAFIELDS };

static struct pages_api api;
static struct entries entries;
static struct batch batch;
static int64_t last_number;
static int most[3];

static void
setup(void)
{
    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
    pages_connection(&api,
                     "query @paged { products { nodes { variants { nodes { "
                     "metafields { nodes { key } } } } } } }",
                     "products");
    ck_assert_int_eq(api.plan->pages->count, 3);
    entries_init(&entries, api.plan->pages);
    most[PRODUCTS] = 1;
    most[VARIANTS] = most[METAFIELDS] = 3;
    last_number = 0;
    batch = (struct batch){0};
}

static void
teardown(void)
{
    batch_free(&batch);
    entries_free(&entries);
    pages_close(&api);
}

static struct walk_entry *
add(int connection, const char *parent, const char *cursor)
{
    struct frontier_entry row = {.number = ++last_number,
                                 .connection = connection,
                                 .parent_id = parent,
                                 .cursor = cursor,
                                 .pages = cursor != NULL};

    return entries_add(&entries, &row);
}

static bool
take(void)
{
    batch_free(&batch);
    return entries_take(&entries, most, &batch);
}

/* The entry that is taken next is alone, with this parent and cursor. */
static void
takes(int connection, int count, const char *parent)
{
    const char *first;

    ck_assert(take());
    ck_assert_int_eq(batch.connection->index, connection);
    ck_assert_int_eq(batch.count, count);
    first = batch.entries[0]->row.parent_id;
    ck_assert_str_eq(first != NULL ? first : "", parent);
}

START_TEST(the_deepest_come_first)
{
    add(PRODUCTS, NULL, NULL);
    add(VARIANTS, "p1", "c");
    add(METAFIELDS, "v1", "c");
    takes(METAFIELDS, 1, "v1");
    takes(VARIANTS, 1, "p1");
    takes(PRODUCTS, 1, "");
    ck_assert(!take());
}

END_TEST

START_TEST(first_pages_are_asked_for_together)
{
    char parent[20];

    add(PRODUCTS, NULL, NULL);
    for (int i = 0; i < 7; i++) {
        snprintf(parent, sizeof(parent), "p%d", i);
        add(VARIANTS, parent, NULL);
    }
    takes(VARIANTS, 3, "p0");
    takes(VARIANTS, 3, "p3");
    /* More parents may come with the next page of products. */
    takes(PRODUCTS, 1, "");
    ck_assert(!take());
    entries_end(&entries, entries.of[PRODUCTS].flying.first);
    takes(VARIANTS, 1, "p6");
}

END_TEST

START_TEST(a_parent_is_drained_before_the_next)
{
    struct frontier_entry row;

    add(VARIANTS, "p1", "c1");
    add(VARIANTS, "p2", "c2");
    takes(VARIANTS, 1, "p1");
    row = batch.entries[0]->row;
    row.cursor = "c1b";
    entries_back(&entries, batch.entries[0], &row);
    takes(VARIANTS, 1, "p1");
    ck_assert_str_eq(batch.entries[0]->row.cursor, "c1b");
    ck_assert_ptr_eq(batch_find(&batch, span_str("p1")), batch.entries[0]);
    ck_assert_ptr_null(batch_find(&batch, span_str("p2")));
}

END_TEST

START_TEST(a_parent_with_a_fault_is_asked_for_with_fewer)
{
    add(VARIANTS, "p1", NULL)->parents_most = 2;
    add(VARIANTS, "p2", NULL)->parents_most = 2;
    add(VARIANTS, "p3", NULL)->parents_most = 1;
    add(PRODUCTS, NULL, NULL);
    takes(VARIANTS, 2, "p1");
    takes(VARIANTS, 1, "p3");
    takes(PRODUCTS, 1, "");
}

END_TEST

START_TEST(a_connection_that_is_read_again_waits_for_those_below)
{
    struct frontier_entry again = {.number = ++last_number,
                                   .connection = VARIANTS,
                                   .parent_id = "p1",
                                   .repeats = 1,
                                   .is_again = true};

    ck_assert(entries_add(&entries, &again)->is_again);
    add(METAFIELDS, "v1", "c");
    takes(METAFIELDS, 1, "v1");
    ck_assert(!take());
    entries_end(&entries, entries.of[METAFIELDS].flying.first);
    takes(VARIANTS, 1, "p1");
}

END_TEST

START_TEST(a_batch_gives_back_what_it_cannot_ask)
{
    add(VARIANTS, "p1", NULL);
    add(VARIANTS, "p2", NULL);
    add(VARIANTS, "p3", NULL);
    takes(VARIANTS, 3, "p1");
    entries_back_from(&entries, &batch, 1);
    ck_assert_int_eq(batch.count, 1);
    ck_assert_int_eq(entries.waiting, 2);
    ck_assert_int_eq(entries.flying, 1);
    entries_back_from(&entries, &batch, 0);
    takes(VARIANTS, 3, "p1");
    ck_assert(!entries_are_done(&entries, 2));
    ck_assert(entries_are_done(&entries, 3));
}

END_TEST

START_TEST(too_many_are_spilled)
{
    char parent[20];
    int64_t *numbers;

    add(PRODUCTS, NULL, "c");
    for (int i = 1; i < ENTRIES_MAX; i++) {
        snprintf(parent, sizeof(parent), "p%d", i);
        ck_assert_ptr_nonnull(add(VARIANTS, parent, NULL));
    }
    ck_assert(!entries.has_spilled);
    ck_assert_ptr_null(add(VARIANTS, "one too many", NULL));
    ck_assert(entries.has_spilled);
    ck_assert(!entries_are_low(&entries));
    /* Roots wait until there are fewer. */
    while (entries.of[VARIANTS].fresh.count > 0) {
        takes(VARIANTS, 3, entries.of[VARIANTS].fresh.first->row.parent_id);
        for (int i = 0; i < batch.count; i++)
            entries_end(&entries, batch.entries[i]);
    }
    ck_assert(entries_are_low(&entries));
    ck_assert(!entries_are_done(&entries, 0));
    takes(PRODUCTS, 1, "");
    numbers = calloc(1, sizeof(*numbers));
    entries_numbers(&entries, numbers);
    ck_assert_int_eq(numbers[0], 1);
    free(numbers);
}

END_TEST

/* Long ids and cursors are as much as many entries. */
START_TEST(entries_with_long_texts_are_spilled_sooner)
{
    static char parent[PAGES_ID_BYTES_MAX + 1], cursor[PAGES_CURSOR_BYTES_MAX];
    int count = 0;

    memset(parent, 'x', sizeof(parent) - 1);
    memset(cursor, 'x', sizeof(cursor) - 1);
    add(PRODUCTS, NULL, "c");
    while (!entries.has_spilled) {
        ck_assert_int_lt(count++, ENTRIES_MAX / 2);
        (void)!add(VARIANTS, parent, cursor);
    }
    ck_assert_uint_ge(entries.bytes, ENTRIES_TEXT_MAX);
    ck_assert_uint_lt(entries.bytes,
                      ENTRIES_TEXT_MAX + sizeof(parent) + sizeof(cursor));
    ck_assert(!entries_are_low(&entries));
    while (!entries_are_low(&entries)) {
        ck_assert(take());
        entries_end(&entries, batch.entries[0]);
    }
    ck_assert_uint_lt(entries.bytes, ENTRIES_TEXT_MAX / 2);
    entries_raise(&entries);
    ck_assert_ptr_nonnull(add(VARIANTS, parent, cursor));
}

END_TEST

/* Those that are here are asked for side by side, although the spilled ones
 * would fill the request. */
START_TEST(spilled_entries_are_not_waited_for)
{
    char parent[20];

    most[VARIANTS] = 2 * ENTRIES_MAX;
    add(METAFIELDS, "v1", "c");
    for (int i = 1; i < ENTRIES_MAX; i++) {
        snprintf(parent, sizeof(parent), "p%d", i);
        add(VARIANTS, parent, NULL);
    }
    ck_assert_ptr_null(add(VARIANTS, "one too many", NULL));
    takes(METAFIELDS, 1, "v1");
    takes(VARIANTS, ENTRIES_MAX - 1, "p1");
    /* Now they come soon. */
    ck_assert(entries_are_low(&entries));
}

END_TEST

/* While spilled entries are read from the journal, it is not known what they
 * are. */
START_TEST(entries_that_are_being_read_are_waited_for)
{
    struct frontier_entry again = {.number = ++last_number,
                                   .connection = VARIANTS,
                                   .parent_id = "p1",
                                   .is_again = true};

    entries.is_reading = true;
    ck_assert(!entries_are_done(&entries, 0));
    ck_assert(!entries_are_low(&entries));
    add(PRODUCTS, NULL, NULL);
    ck_assert_ptr_nonnull(entries_add(&entries, &again));
    ck_assert(!entries_may_restart(&entries, &entries.pages->connections[1]));
    add(METAFIELDS, "v1", "c");
    takes(METAFIELDS, 1, "v1");
    /* The root is held, and variants are not read again. */
    ck_assert(!take());
    entries_end(&entries, entries.of[METAFIELDS].flying.first);
    entries.is_reading = false;
    takes(VARIANTS, 1, "p1");
}

END_TEST

static Suite *
entries_suite(void)
{
    Suite *suite = suite_create("entries");
    TCase *all = tcase_create("entries");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, the_deepest_come_first);
    tcase_add_test(all, first_pages_are_asked_for_together);
    tcase_add_test(all, a_parent_is_drained_before_the_next);
    tcase_add_test(all, a_parent_with_a_fault_is_asked_for_with_fewer);
    tcase_add_test(all, a_connection_that_is_read_again_waits_for_those_below);
    tcase_add_test(all, a_batch_gives_back_what_it_cannot_ask);
    tcase_add_test(all, too_many_are_spilled);
    tcase_add_test(all, entries_with_long_texts_are_spilled_sooner);
    tcase_add_test(all, spilled_entries_are_not_waited_for);
    tcase_add_test(all, entries_that_are_being_read_are_waited_for);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(entries_suite());
}
