/* recall: what a resumed walk must know of the rows that are staged. */
#include <check.h>
#include <string.h>

#include "support/pages.h"
#include "support/suite.h"
#include "walk/recall.h"

enum { ISSUES, COMMENTS, REACTIONS };

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static struct origin origin;
static struct walker *walker;
static struct frontier_entry left[4];
static size_t left_count;
static struct err err;

/* These functions replace those of journal/frontier.c. */
bool
journal_frontier_entries(struct journal *journal, int64_t run_id,
                         const int64_t *held, size_t held_count, int64_t limit,
                         struct arena *arena, struct frontier_entries *entries,
                         struct err *why)
{
    (void)journal;
    (void)run_id;
    (void)held;
    (void)held_count;
    (void)limit;
    (void)arena;
    (void)entries;
    (void)why;
    ck_abort_msg("no entry is read into memory");
}

bool
journal_frontier_after(struct journal *journal, int64_t run_id, int64_t number,
                       int64_t limit, struct arena *arena,
                       struct frontier_entries *entries, struct err *why)
{
    (void)journal;
    (void)run_id;
    (void)limit;
    (void)arena;
    (void)why;
    ck_assert_int_eq(number, 0);
    *entries = (struct frontier_entries){.entries = left, .count = left_count};
    return true;
}

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
    left_count = 0;
}

static void
teardown(void)
{
    walker_free(walker);
    pages_close(&api);
}

static void
leave(int connection, const char *parent, int64_t pages)
{
    left[left_count++] = (struct frontier_entry){.number = 1,
                                                 .connection = connection,
                                                 .level = connection,
                                                 .parent_id = parent,
                                                 .pages = pages};
}

static void
recalls(enum origin_recall issues, enum origin_recall comments,
        enum origin_recall reactions)
{
    ck_assert_msg(recall_entries(walker, &err), "%s", err.message);
    ck_assert_int_eq(origin.recalls[ISSUES], issues);
    ck_assert_int_eq(origin.recalls[COMMENTS], comments);
    ck_assert_int_eq(origin.recalls[REACTIONS], reactions);
}

START_TEST(of_a_root_with_a_total_its_ids)
{
    leave(ISSUES, NULL, 3);
    recalls(RECALL_ROWS, RECALL_PARENTS, RECALL_PARENTS);
}

END_TEST

START_TEST(of_a_root_that_has_not_begun_nothing)
{
    leave(ISSUES, NULL, 0);
    recalls(RECALL_NOTHING, RECALL_PARENTS, RECALL_PARENTS);
}

END_TEST

/* The issues are complete: none comes again, and neither do comments. */
START_TEST(of_what_is_complete_nothing)
{
    leave(REACTIONS, "m1", 1);
    recalls(RECALL_NOTHING, RECALL_NOTHING, RECALL_NOTHING);
}

END_TEST

START_TEST(below_what_is_being_read_the_parents)
{
    leave(REACTIONS, "m1", 1);
    leave(COMMENTS, "i1", 2);
    recalls(RECALL_NOTHING, RECALL_ROWS, RECALL_PARENTS);
}

END_TEST

static Suite *
recall_suite(void)
{
    Suite *suite = suite_create("recall");
    TCase *all = tcase_create("recall");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, of_a_root_with_a_total_its_ids);
    tcase_add_test(all, of_a_root_that_has_not_begun_nothing);
    tcase_add_test(all, of_what_is_complete_nothing);
    tcase_add_test(all, below_what_is_being_read_the_parents);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(recall_suite());
}
