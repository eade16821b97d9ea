/* begun: what happens to a connection whose parent comes again. */
#include <check.h>
#include <string.h>

#include "support/pages.h"
#include "support/suite.h"
#include "walk/begun.h"

enum { ISSUES, COMMENTS, REACTIONS };

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static struct origin origin;
static struct walker *walker;
static struct begun begun;

static void
setup(void)
{
    struct origin_run run = {.mode = RUN_FULL};
    struct store_config *config;

    pages_open(&api, "tests/data/pages/forge.graphql", "github");
    config = arena_alloc(&api.types.arena, sizeof(*config));
    pages_connection(&api,
                     "{ repository(owner: \"o\", name: \"n\") { issues { nodes "
                     "{ title comments { nodes { body reactions { edges { node "
                     "{ content } } } } } } } } }",
                     "repository.issues");
    config->concurrency = 2;
    context = (struct context){.options = &options};
    job = (struct job){.context = &context, .plan = api.plan, .config = config};
    origin = (struct origin){.least_roots = -1};
    walker = walker_new(&job, &origin, NULL, 0, &run);
    begun_init(&begun, walker);
}

static void
teardown(void)
{
    begun_free(&begun);
    walker_free(walker);
    pages_close(&api);
}

static const struct pages_connection *
connection(int index)
{
    return &walker->pages->connections[index];
}

static enum begun_how
ask(int index, const char *parent)
{
    return begun_ask(&begun, walker, connection(index), span_str(parent),
                     false);
}

static enum begun_how
asks_once(int index, const char *parent)
{
    enum begun_how how = ask(index, parent);

    begun_end(&begun, connection(index));
    return how;
}

static void
add(int index, const char *parent)
{
    begun_add(walker, connection(index), span_str(parent));
}

static struct walk_entry *
add_entry(int index, const char *parent)
{
    struct frontier_entry row = {.number = ++walker->tallies.last_number,
                                 .connection = index,
                                 .parent_id = parent};

    return entries_add(&walker->entries, &row);
}

START_TEST(what_comes_first_is_not_begun)
{
    ck_assert_int_eq(asks_once(ISSUES, "r"), BEGUN_NOT);
    ck_assert_int_eq(asks_once(COMMENTS, "i1"), BEGUN_NOT);
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_NOT);
    add(COMMENTS, "i2");
    ck_assert_int_eq(asks_once(COMMENTS, "i1"), BEGUN_NOT);
}

END_TEST

START_TEST(what_is_below_a_row_is_begun_once)
{
    add(REACTIONS, "m1");
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_STAYS);
    begun_round(walker, connection(COMMENTS));
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_AGAIN);
    begun_note(&begun, walker, connection(REACTIONS), span_str("m1"));
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_STAYS);
}

END_TEST

START_TEST(a_root_that_comes_again_begins_a_round_below)
{
    add(COMMENTS, "i1");
    add(REACTIONS, "m1");
    ck_assert_int_eq(asks_once(COMMENTS, "i1"), BEGUN_AGAIN);
    ck_assert_int_eq(walker->rounds[COMMENTS], 0);
    ck_assert_int_eq(walker->rounds[REACTIONS], 1);
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_AGAIN);
}

END_TEST

START_TEST(what_is_being_read_stays)
{
    add(COMMENTS, "i1");
    add_entry(COMMENTS, "i1");
    ck_assert_int_eq(asks_once(COMMENTS, "i1"), BEGUN_STAYS);
}

END_TEST

START_TEST(what_is_above_it_is_read_later)
{
    add(COMMENTS, "i1");
    add_entry(REACTIONS, "m1");
    ck_assert_int_eq(asks_once(COMMENTS, "i1"), BEGUN_LATER);
    ck_assert_int_eq(walker->rounds[REACTIONS], 0);
}

END_TEST

/* Not for each of its rows: the question goes through all entries, and its
 * answer may begin a round. */
START_TEST(a_parent_is_asked_about_once)
{
    add(COMMENTS, "i1");
    ck_assert_int_eq(ask(COMMENTS, "i1"), BEGUN_AGAIN);
    add_entry(COMMENTS, "i1");
    ck_assert_int_eq(ask(COMMENTS, "i1"), BEGUN_AGAIN);
    ck_assert_int_eq(ask(COMMENTS, "i1"), BEGUN_AGAIN);
    ck_assert_int_eq(walker->rounds[REACTIONS], 1);
    begun_end(&begun, connection(COMMENTS));
    ck_assert_int_eq(ask(COMMENTS, "i1"), BEGUN_STAYS);
    ck_assert_int_eq(ask(COMMENTS, "i2"), BEGUN_NOT);
}

END_TEST

START_TEST(what_is_below_a_row_that_is_left_out_is_left_out)
{
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_NOT);
    begun_leave_out(&begun, connection(COMMENTS), span_str("m1"));
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_STAYS);
    ck_assert_int_eq(asks_once(REACTIONS, "m2"), BEGUN_NOT);
    begun_next_row(&begun);
    ck_assert_int_eq(asks_once(REACTIONS, "m1"), BEGUN_NOT);
}

END_TEST

START_TEST(what_is_asked_for_apart_is_read_later)
{
    add(COMMENTS, "i1");
    ck_assert_int_eq(
        begun_ask(&begun, walker, connection(COMMENTS), span_str("i1"), true),
        BEGUN_LATER);
}

END_TEST

static Suite *
begun_suite(void)
{
    Suite *suite = suite_create("begun");
    TCase *all = tcase_create("begun");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, what_comes_first_is_not_begun);
    tcase_add_test(all, what_is_below_a_row_is_begun_once);
    tcase_add_test(all, a_root_that_comes_again_begins_a_round_below);
    tcase_add_test(all, what_is_being_read_stays);
    tcase_add_test(all, what_is_above_it_is_read_later);
    tcase_add_test(all, a_parent_is_asked_about_once);
    tcase_add_test(all, what_is_below_a_row_that_is_left_out_is_left_out);
    tcase_add_test(all, what_is_asked_for_apart_is_read_later);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(begun_suite());
}
