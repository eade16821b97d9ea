/* page: what an answer changes in the frontier. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/pages.h"
#include "support/suite.h"
#include "walk/circle.h"
#include "walk/page.h"
#include "walk/recall.h"

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static struct origin origin;
static struct walker *walker;
static struct page *page;
static struct err err;

/* Issues have a total, and their comments come apart from them with `children
 * = apart`, as at Shopify. */
static const char query[] =
    "{ repository(owner: \"o\", name: \"n\") { issues { nodes { title "
    "comments { nodes { body } } } } } }";

static void
open_walker(const char *text)
{
    struct origin_run run = {.mode = RUN_FULL};
    struct store_config *config =
        arena_alloc(&api.types.arena, sizeof(*config));

    pages_connection(&api, text, "repository.issues");
    config->concurrency = 2;
    context = (struct context){.options = &options};
    job = (struct job){.context = &context, .plan = api.plan, .config = config};
    origin = (struct origin){.least_roots = -1};
    walker = walker_new(&job, &origin, NULL, 0, &run);
    page = NULL;
    memset(&err, 0, sizeof(err));
}

static void
setup(void)
{
    pages_open(&api, "tests/data/pages/forge.graphql", "github");
    open_walker(query);
}

static void
teardown(void)
{
    page_free(page);
    walker_free(walker);
    pages_close(&api);
}

static void
add_root(void)
{
    struct frontier_entry row = {.number = ++walker->tallies.last_number,
                                 .told_first = -1,
                                 .told_last = -1};

    walker->tallies.of[0].begun++;
    entries_add(&walker->entries, &row);
}

/* Take the next batch, and cut this answer to it. */
static bool
cut(const char *answer)
{
    struct pages_values values = {.rows = 100};
    struct batch batch;
    const struct pages_request *request;

    walker->most[0] = 1;
    walker->most[1] = 100;
    page_free(page);
    page = NULL;
    ck_assert(entries_take(&walker->entries, walker->most, &batch));
    request = batch.connection->read;
    page = page_new(walker, &batch);
    return page_cut(page, request, &values, span_str(answer), &err);
}

static void
cuts(const char *answer)
{
    if (!cut(answer))
        ck_abort_msg("%s", err.message);
    page_apply(page);
    if (!page_settle(page, &err))
        ck_abort_msg("%s", err.message);
}

static void
commits(const char *answer)
{
    cuts(answer);
    page_committed(page);
}

#define ISSUE(id, comments) \
    "{\"id\":\"" id "\",\"title\":\"t\",\"comments\":" comments "}"
#define NO_COMMENTS COMMENTS("", "false", "null", "0")
#define COMMENTS(nodes, next, cursor, total)                     \
    "{\"nodes\":[" nodes "],\"pageInfo\":{\"hasNextPage\":" next \
    ",\"endCursor\":" cursor "},\"totalCount\":" total "}"
#define ISSUES(nodes, next, cursor, total)                                 \
    "{\"data\":{\"repository\":{\"issues\":" COMMENTS(nodes, next, cursor, \
                                                      total) "}}}"
#define BELOW(id, comments) \
    "{\"data\":{\"nodes\":[{\"id\":\"" id "\",\"comments\":" comments "}]}}"
#define COMMENT(id) "{\"id\":\"" id "\",\"body\":\"b\"}"

START_TEST(a_connection_without_more_pages_ends)
{
    add_root();
    cuts(ISSUES(ISSUE("i1", NO_COMMENTS), "false", "null", "1"));
    ck_assert(page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.ended_count, 1);
    ck_assert_int_eq(page->frontier.ended[0], 1);
    ck_assert_uint_eq(page->frontier.entry_count, 0);
    ck_assert_ptr_null(origin.unproven);
    ck_assert_ptr_null(origin.keeps_rows);
    ck_assert_int_eq(origin.walk_count, 2);
    ck_assert_int_eq(origin.walk[0].rows, 1);
    ck_assert_int_eq(origin.walk[0].told, 1);
    ck_assert_int_eq(origin.walk[1].instances, 1);
    ck_assert(entries_are_done(&walker->entries, 0));
}

END_TEST

START_TEST(an_open_one_waits_for_its_next_page)
{
    add_root();
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "true", "\"c1\"", "2"));
    ck_assert(!page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    ck_assert_str_eq(page->frontier.entries[0].cursor, "c1");
    ck_assert_int_eq(page->frontier.entries[0].distinct, 1);
    ck_assert_int_eq(page->frontier.entries[0].told_first, 2);
    commits(ISSUES(ISSUE("i2", NO_COMMENTS), "false", "\"c2\"", "2"));
    ck_assert(page->frontier.is_last);
    ck_assert_ptr_null(origin.unproven);
}

END_TEST

START_TEST(a_row_that_comes_again_is_not_another_one)
{
    add_root();
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "true", "\"c1\"", "2"));
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "false", "\"c2\"", "2"));
    ck_assert(!page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    ck_assert_int_eq(page->frontier.entries[0].repeats, 1);
    ck_assert_ptr_null(page->frontier.entries[0].cursor);
    ck_assert_uint_eq(page->frontier.removal_count, 1);
}

END_TEST

START_TEST(what_stays_unproven_is_named)
{
    add_root();
    for (int i = 0; i < 3; i++) {
        commits(ISSUES(ISSUE("i1", NO_COMMENTS), "false", "null", "2"));
        /* The rows of the walk before are removed with its first page. */
        ck_assert_uint_eq(page->frontier.removal_count, i > 0 ? 2 : 0);
    }
    ck_assert(page->frontier.is_last);
    ck_assert_str_eq(origin.unproven, "repository.issues");
    ck_assert_int_eq(origin.walk[0].repeats, 2);
}

END_TEST

START_TEST(null_rows_remove_nothing)
{
    add_root();
    cuts(ISSUES(ISSUE("i1", NO_COMMENTS) ",null", "false", "null", "2"));
    ck_assert(page->frontier.is_last);
    ck_assert_ptr_null(origin.unproven);
    ck_assert_str_eq(origin.null_rows, "repository.issues (1)");
    ck_assert(origin.keeps_rows[0]);
    ck_assert(origin.keeps_rows[1]);
}

END_TEST

START_TEST(nested_connections_are_drained)
{
    add_root();
    commits(ISSUES(ISSUE("i1", COMMENTS(COMMENT("m1"), "true", "\"d1\"", "2")),
                   "false", "null", "1"));
    ck_assert(!page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.ended_count, 1);
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    ck_assert_str_eq(page->frontier.entries[0].parent_id, "i1");
    ck_assert_int_eq(page->frontier.entries[0].level, 1);
    commits(BELOW("i1", COMMENTS(COMMENT("m2"), "false", "null", "2")));
    ck_assert(page->frontier.is_last);
    ck_assert_str_eq(buf_str(&page->lines),
                     "{\"bulkpg_t2\":true,\"id\":\"m2\",\"body\":\"b\","
                     "\"__parentId\":\"i1\"}\n");
    ck_assert_ptr_null(origin.unproven);
}

END_TEST

START_TEST(a_parent_that_stays_away_has_gone)
{
    static const char gone[] = "{\"data\":{\"nodes\":[null]}}";

    add_root();
    commits(ISSUES(ISSUE("i1", COMMENTS(COMMENT("m1"), "true", "\"d1\"", "2")),
                   "false", "null", "1"));
    commits(gone);
    ck_assert(!page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    commits(gone);
    ck_assert(page->frontier.is_last);
    ck_assert_uint_eq(page->frontier.removal_count, 1);
    ck_assert_int_eq(page->frontier.removals[0].connection, 0);
    ck_assert_str_eq(page->frontier.removals[0].id, "i1");
    ck_assert_ptr_null(origin.unproven);
}

END_TEST

START_TEST(children_of_a_parent_that_comes_again_are_replaced)
{
    add_root();
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "true", "\"c1\"", "1"));
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    commits(ISSUES(ISSUE("i1", COMMENTS(COMMENT("m1"), "false", "null", "1")),
                   "false", "null", "1"));
    ck_assert_uint_eq(page->frontier.removal_count, 1);
    ck_assert_int_eq(page->frontier.removals[0].connection, 1);
    ck_assert_str_eq(page->frontier.removals[0].parent_id, "i1");
    ck_assert(page->frontier.is_last);
}

END_TEST

/* They are still being read, so they are not begun again. */
START_TEST(open_children_of_a_parent_that_comes_again_stay)
{
    static const char open[] = COMMENTS(COMMENT("m1"), "true", "\"d\"", "2");
    struct batch comments;
    char answer[1000];

    add_root();
    snprintf(answer, sizeof(answer),
             ISSUES(ISSUE("i1", "%s"), "true", "\"c1\"", "1"), open);
    commits(answer);
    ck_assert_uint_eq(page->frontier.entry_count, 2);
    /* Another request has the comments; meanwhile the issue comes again. */
    ck_assert(entries_take(&walker->entries, walker->most, &comments));
    ck_assert_int_eq(comments.connection->index, 1);
    snprintf(answer, sizeof(answer),
             ISSUES(ISSUE("i1", "%s"), "true", "\"c2\"", "1"), open);
    commits(answer);
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    ck_assert_ptr_null(strstr(buf_str(&page->lines), "\"m1\""));
    entries_back_from(&walker->entries, &comments, 0);
    batch_free(&comments);
}

END_TEST

/* Twice in one page. */
START_TEST(a_parent_that_comes_twice_in_a_page_has_its_children_once)
{
    static const char twice[] = ISSUES(
        ISSUE("i1", COMMENTS(COMMENT("m1"), "false", "null", "1")) "," ISSUE(
            "i1", COMMENTS(COMMENT("m1"), "false", "null", "1")),
        "false", "null", "1");
    const char *first;

    add_root();
    commits(twice);
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    first = strstr(buf_str(&page->lines), "\"m1\"");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "\"m1\""));
    ck_assert(page->frontier.is_last);
    ck_assert_int_eq(origin.walk[1].instances, 1);
}

END_TEST

START_TEST(a_cursor_that_leads_nowhere_restarts_the_walk_once)
{
    add_root();
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "true", "\"c1\"", "9"));
    commits(ISSUES(ISSUE("i2", NO_COMMENTS), "true", "\"c1\"", "9"));
    ck_assert_int_eq(page->frontier.entries[0].repeats, 1);
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "true", "\"c1\"", "9"));
    ck_assert(!cut(ISSUES(ISSUE("i2", NO_COMMENTS), "true", "null", "9")));
    ck_assert(err_is(&err, MSG_PAGE_CURSOR));
    ck_assert_str_eq(err.message,
                     "the API says that the connection \"repository.issues\" "
                     "has another page, but sends no new cursor for it");
}

END_TEST

START_TEST(a_circle_of_cursors_is_noticed)
{
    static const char *const answers[] = {ISSUES("", "true", "\"c1\"", "9"),
                                          ISSUES("", "true", "\"c2\"", "9"),
                                          ISSUES("", "true", "\"c3\"", "9")};
    int pages = 0;

    add_root();
    do {
        commits(answers[pages % 3]);
        ck_assert_int_lt(++pages, 20);
    } while (page->frontier.entries[0].repeats == 0);
}

END_TEST

static const struct {
    const char *answer;
    enum msg msg;
    const char *message;
} refused[] = {
    {"{\"data\":{\"repository\":null}}", MSG_PAGE_NULL,
     "\"repository.issues\" is null in the answer"},
    {"{\"data\":{\"repository\":{\"issues\":null}}}", MSG_PAGE_NULL,
     "\"repository.issues\" is null in the answer"},
    {"{\"data\":{}}", MSG_PAGE_NULL,
     "\"repository.issues\" is null in the answer"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{\"id\":\"i\","
     "\"title\":\"t\",\"comments\":null}]}}}}",
     MSG_PAGE_NULL,
     "\"repository.issues.comments\" of i is null in the answer"},
    {"{\"data\":{\"repository\":{\"issues\":7}}}", MSG_PAGE_SHAPE, NULL}};

START_TEST(null_is_never_an_empty_set)
{
    add_root();
    ck_assert(!cut(refused[_i].answer));
    ck_assert(err_is(&err, refused[_i].msg));
    if (refused[_i].message != NULL)
        ck_assert_str_eq(err.message, refused[_i].message);
}

END_TEST

/* Both come for the first pages below two issues. */
START_TEST(a_parent_comes_once_in_an_answer)
{
    static const char more[] = COMMENTS(COMMENT("m1"), "true", "\"d\"", "9");
    char answer[1000];

    add_root();
    snprintf(answer, sizeof(answer),
             ISSUES(ISSUE("i1", "%s"), "false", "null", "1"), more);
    commits(answer);
    ck_assert(
        !cut("{\"data\":{\"nodes\":[{\"id\":\"i1\",\"comments\":" NO_COMMENTS
             "},{\"id\":\"i1\",\"comments\":" NO_COMMENTS "}]}}"));
    ck_assert_str_eq(err.message, "the answer has \"repository.issues."
                                  "comments\" of i1 twice");
    ck_assert(!cut(BELOW("i2", NO_COMMENTS)));
    ck_assert_str_eq(err.message,
                     "the answer has \"repository.issues.comments\" of i2, "
                     "which was not asked for");
}

END_TEST

/* A comment of two issues: its reactions, which have no id, come once. */
START_TEST(what_is_below_a_row_comes_once)
{
#define REACTED                                                      \
    "{\"id\":\"m1\",\"body\":\"b\",\"reactions\":{\"edges\":[{"      \
    "\"node\":{\"content\":\"+1\"}}],\"pageInfo\":{\"hasNextPage\":" \
    "false,\"endCursor\":\"r\"}}}"
#define REACTION \
    "{\"bulkpg_t3\":true,\"content\":\"+1\",\"__parentId\":\"m1\"}\n"

    teardown();
    pages_open(&api, "tests/data/pages/forge.graphql", "github");
    open_walker("{ repository(owner: \"o\", name: \"n\") { issues { nodes { "
                "title comments { nodes { body reactions { edges { node { "
                "content } } } } } } } } }");
    add_root();
    commits(ISSUES(ISSUE("i1", COMMENTS(REACTED, "false", "null", "1")), "true",
                   "\"c\"", "2"));
    ck_assert_ptr_nonnull(strstr(buf_str(&page->lines), REACTION));
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    commits(ISSUES(ISSUE("i2", COMMENTS(REACTED, "false", "null", "1")),
                   "false", "null", "2"));
    ck_assert_ptr_null(strstr(buf_str(&page->lines), REACTION));
    ck_assert_ptr_nonnull(
        strstr(buf_str(&page->lines), "\"__parentId\":\"i2\""));
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    ck_assert_uint_eq(page->frontier.entry_count, 0);
}

END_TEST

/* ---- pages without an end ------------------------------------------------ */

/* Pages with a new cursor each, until the walk ends; returns how many. */
static int
count_pages(const char *nodes, const char *total)
{
    char answer[1000], cursor[32];
    int pages = 0;

    add_root();
    do {
        snprintf(cursor, sizeof(cursor), "\"c%d\"", pages++);
        snprintf(answer, sizeof(answer), ISSUES("%s", "true", "%s", "%s"),
                 nodes, cursor, total);
        if (!cut(answer))
            return pages;
        page_apply(page);
        ck_assert(page_settle(page, &err));
        page_committed(page);
    } while (pages < CIRCLE_IDLE_MOST * 2);
    return pages;
}

START_TEST(empty_pages_do_not_follow_for_ever)
{
    ck_assert_int_eq(count_pages("", "9"), CIRCLE_IDLE_MOST);
    ck_assert(err_is(&err, MSG_PAGE_CURSOR));
    ck_assert_str_eq(err.message,
                     "the API says that the connection \"repository.issues\" "
                     "has another page, but the last 1000 pages had nothing "
                     "new");
}

END_TEST

START_TEST(the_same_page_does_not_follow_for_ever)
{
    ck_assert_int_eq(count_pages(ISSUE("i1", NO_COMMENTS), "9"),
                     CIRCLE_IDLE_MOST + 1);
    ck_assert(err_is(&err, MSG_PAGE_CURSOR));
}

END_TEST

/* ---- a root that comes again --------------------------------------------- */

#define REACT(next)                                                       \
    "{\"id\":\"m1\",\"body\":\"b\",\"reactions\":{\"edges\":[{"           \
    "\"node\":{\"content\":\"+1\"}}],\"pageInfo\":{\"hasNextPage\":" next \
    ",\"endCursor\":\"r\"}}}"
#define REACTED_ISSUE(comment, cursor)                                   \
    ISSUES(ISSUE("i1", COMMENTS(comment, "false", "null", "1")), "true", \
           "\"" cursor "\"", "1")

/* Issues, their comments, and the reactions to these, all nested. */
static void
open_reactions(void)
{
    teardown();
    pages_open(&api, "tests/data/pages/forge.graphql", "github");
    open_walker("{ repository(owner: \"o\", name: \"n\") { issues { nodes { "
                "title comments { nodes { body reactions { edges { node { "
                "content } } } } } } } } }");
    walker->most[2] = 1;
    add_root();
}

static void
removes(size_t i, int connection, const char *parent_id)
{
    const struct frontier_removal *removal = &page->frontier.removals[i];

    ck_assert_uint_lt(i, page->frontier.removal_count);
    ck_assert_int_eq(removal->connection, connection);
    ck_assert_str_eq(removal->parent_id, parent_id);
}

/* The removal of the comments takes the reactions with it. */
START_TEST(grandchildren_of_a_root_that_comes_again_are_replaced)
{
    open_reactions();
    commits(REACTED_ISSUE(REACT("false"), "c1"));
    commits(REACTED_ISSUE(REACT("false"), "c2"));
    ck_assert_ptr_nonnull(strstr(buf_str(&page->lines), "\"m1\",\"body\""));
    ck_assert_ptr_nonnull(strstr(buf_str(&page->lines), REACTION));
    ck_assert_uint_eq(page->frontier.removal_count, 2);
    removes(0, 2, "m1");
    removes(1, 1, "i1");
    ck_assert_uint_eq(page->frontier.entry_count, 1);
}

END_TEST

/* The reactions are being read, so the comments are read again after them. */
START_TEST(children_wait_for_grandchildren_that_are_being_read)
{
    struct batch reactions;

    open_reactions();
    commits(REACTED_ISSUE(REACT("true"), "c1"));
    ck_assert(entries_take(&walker->entries, walker->most, &reactions));
    ck_assert_int_eq(reactions.connection->index, 2);
    commits(REACTED_ISSUE(REACT("true"), "c2"));
    ck_assert_ptr_null(strstr(buf_str(&page->lines), "\"m1\""));
    ck_assert_ptr_nonnull(strstr(buf_str(&page->lines), "\"i1\""));
    ck_assert_uint_eq(page->frontier.removal_count, 0);
    ck_assert_uint_eq(page->frontier.entry_count, 2);
    ck_assert_int_eq(page->frontier.entries[0].connection, 1);
    ck_assert(page->frontier.entries[0].is_again);
    entries_end(&walker->entries, reactions.entries[0]);
    batch_free(&reactions);
    walker->tallies.of[2].instances++;

    commits(BELOW("i1", COMMENTS(REACT("false"), "false", "null", "1")));
    ck_assert_ptr_nonnull(strstr(buf_str(&page->lines), REACTION));
    ck_assert_uint_eq(page->frontier.removal_count, 2);
    removes(0, 2, "m1");
    removes(1, 1, "i1");
    commits(ISSUES("", "false", "null", "1"));
    ck_assert(page->frontier.is_last);
    ck_assert_ptr_null(origin.unproven);
}

END_TEST

/* A comment that is new comes with the others, and so do its reactions. */
START_TEST(all_below_a_row_that_is_left_out_is_left_out)
{
    static const char more[] = COMMENTS(REACT("false"), "true", "\"d\"", "9");
    struct batch comments;
    char answer[1000];

    open_reactions();
    snprintf(answer, sizeof(answer),
             ISSUES(ISSUE("i1", "%s"), "true", "\"c1\"", "1"),
             COMMENTS("", "true", "\"d\"", "9"));
    commits(answer);
    ck_assert(entries_take(&walker->entries, walker->most, &comments));
    ck_assert_int_eq(comments.connection->index, 1);
    snprintf(answer, sizeof(answer),
             ISSUES(ISSUE("i1", "%s"), "true", "\"c2\"", "1"), more);
    commits(answer);
    ck_assert_ptr_null(strstr(buf_str(&page->lines), "\"m1\""));
    ck_assert_uint_eq(page->frontier.entry_count, 1);
    ck_assert_int_eq(walker->tallies.of[2].begun, 0);
    entries_back_from(&walker->entries, &comments, 0);
    batch_free(&comments);
}

END_TEST

/* ---- large answers ------------------------------------------------------- */

/* One issue with an id of this length and many comments, in 13 MB. */
static struct buf
large_answer(int id_bytes)
{
    enum { COMMENTS_COUNT = 180 * 1000 };
    struct buf text = buf_with_ceiling(16 * 1024 * 1024);

    buf_append_str(&text, "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{"
                          "\"id\":\"");
    for (int i = 0; i < id_bytes; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, "\",\"title\":\"t\",\"comments\":{\"nodes\":[");
    for (int i = 0; i < COMMENTS_COUNT; i++)
        buf_printf(&text,
                   "%s{\"id\":\"%d\",\"body\":\"0123456789012345678901234567890"
                   "1234567890123456789\"}",
                   i > 0 ? "," : "", i);
    buf_printf(&text,
               "],\"pageInfo\":{\"hasNextPage\":false},\"totalCount\":%d}}],"
               "\"pageInfo\":{\"hasNextPage\":false},\"totalCount\":1}}}}",
               COMMENTS_COUNT);
    ck_assert(!text.overflowed);
    ck_assert_uint_gt(text.length, 12 * 1024 * 1024);
    return text;
}

START_TEST(the_lines_of_a_large_answer_may_be_much_longer)
{
    struct buf text = large_answer(120);

    add_root();
    ck_assert_msg(cut(buf_str(&text)), "%s", err.message);
    ck_assert_uint_gt(page->lines.length, 2 * text.length);
    /* Another answer is expected to have lines of the usual length. */
    ck_assert(!page_has_space(page, 1));
    buf_free(&text);
}

END_TEST

/* The lines would have 64 MB. */
START_TEST(the_lines_of_a_large_answer_have_a_limit)
{
    struct buf text = large_answer(250);

    add_root();
    ck_assert(!cut(buf_str(&text)));
    ck_assert(err_is(&err, MSG_PAGE_SHAPE));
    ck_assert_str_eq(err.message, "the rows of a page are too large");
    ck_assert_uint_le(page->lines.capacity, 48 * 1024 * 1024);
    buf_free(&text);
}

END_TEST

/* Each comment repeats the id of its issue, so that little becomes much. */
START_TEST(lines_that_are_much_longer_than_their_answer_are_refused)
{
    enum { ID_BYTES = 100 * 1000, COMMENTS_COUNT = 1000 };
    struct buf text = buf_with_ceiling(1024 * 1024);

    buf_append_str(&text, "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{"
                          "\"id\":\"");
    for (int i = 0; i < ID_BYTES; i++)
        buf_append_char(&text, 'x');
    buf_append_str(&text, "\",\"title\":\"t\",\"comments\":{\"nodes\":[");
    for (int i = 0; i < COMMENTS_COUNT; i++)
        buf_printf(&text, "%s{\"id\":\"%d\"}", i > 0 ? "," : "", i);
    buf_append_str(&text, "],\"pageInfo\":{\"hasNextPage\":false},"
                          "\"totalCount\":1000}}],\"pageInfo\":{"
                          "\"hasNextPage\":false},\"totalCount\":1}}}}");
    add_root();
    ck_assert(!cut(buf_str(&text)));
    ck_assert(err_is(&err, MSG_PAGE_SHAPE));
    ck_assert_str_eq(err.message, "the rows of a page are too large");
    ck_assert_uint_le(page->lines.capacity, 24 * 1024 * 1024);
    buf_free(&text);
}

END_TEST

/* ---- long ids and totals ------------------------------------------------- */

/* The comments of an issue with an id of so many bytes. */
static bool
cut_long(size_t id_bytes, const char *next)
{
    struct buf text = buf_with_ceiling(16 * 1024);
    bool done;

    buf_append_str(&text, "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{"
                          "\"id\":\"");
    for (size_t i = 0; i < id_bytes; i++)
        buf_append_char(&text, 'x');
    buf_printf(&text,
               "\",\"title\":\"t\",\"comments\":{\"nodes\":[],\"pageInfo\":{"
               "\"hasNextPage\":%s,\"endCursor\":\"c\"},\"totalCount\":0}}],"
               "\"pageInfo\":{\"hasNextPage\":false},\"totalCount\":1}}}}",
               next);
    add_root();
    done = cut(buf_str(&text));
    buf_free(&text);
    return done;
}

START_TEST(rows_are_asked_for_by_ids_of_a_limited_length)
{
    ck_assert(cut_long(PAGES_ID_BYTES_MAX, "true"));
    ck_assert(cut_long(PAGES_ID_BYTES_MAX + 1, "false"));
    ck_assert(!cut_long(PAGES_ID_BYTES_MAX + 1, "true"));
    ck_assert(err_is(&err, MSG_PAGE_SHAPE));
    ck_assert_str_eq(err.message,
                     "an id of \"repository.issues\" has more than "
                     "2048 bytes");
}

END_TEST

START_TEST(totals_of_any_size_are_added)
{
    static const char huge[] =
        ISSUES(ISSUE("i1", COMMENTS("", "false", "null", "999999999999999999")),
               "false", "null", "1");

    add_root();
    for (int i = 0; i < 3; i++)
        commits(i == 0 ? huge
                       : BELOW("i1", COMMENTS("", "false", "null",
                                              "999999999999999999")));
    ck_assert_str_eq(origin.unproven, "repository.issues.comments");
    ck_assert_int_eq(origin.walk[1].told, INT64_C(999999999999999999));
}

END_TEST

/* ---- denied fields ------------------------------------------------------- */

static void
deny(int64_t times)
{
    add_root();
    ck_assert(cut(ISSUES(ISSUE("i1", NO_COMMENTS) "," ISSUE("i2", NO_COMMENTS),
                         "false", "null", "2")));
    page_apply(page);
    tallies_deny(&page->tallies, "repository.issues.title", times);
}

START_TEST(a_field_may_be_denied_in_all_rows)
{
    deny(2);
    ck_assert_msg(page_settle(page, &err), "%s", err.message);
}

END_TEST

START_TEST(but_not_in_some)
{
    deny(1);
    ck_assert(!page_settle(page, &err));
    ck_assert(err_is(&err, MSG_PAGE_DENIED));
    options.force_nulls = true;
    ck_assert(page_settle(page, &err));
    options.force_nulls = false;
}

END_TEST

/* ---- after a resume ------------------------------------------------------ */

/* An earlier process has read issue i1 of two; then it comes again. */
START_TEST(a_row_that_an_earlier_process_read_is_not_another_one)
{
    struct frontier_entry row = {.number = ++walker->tallies.last_number,
                                 .cursor = "c1",
                                 .rows = 1,
                                 .distinct = 1,
                                 .told_first = 2,
                                 .told_last = 2,
                                 .pages = 1};

    walker->tallies.of[0].begun++;
    ck_assert(seen_add(&walker->open, seen_instance(0, 0, span_of("", 0))));
    recall_row(walker, 0, NULL, "i1");
    entries_add(&walker->entries, &row);
    commits(ISSUES(ISSUE("i1", NO_COMMENTS), "false", "null", "2"));
    ck_assert(!page->frontier.is_last);
    ck_assert_int_eq(page->frontier.entries[0].repeats, 1);
    ck_assert(page->frontier.entries[0].is_again);
}

END_TEST

START_TEST(what_an_earlier_process_staged_below_a_row_is_replaced)
{
    recall_row(walker, 1, "i1", NULL);
    add_root();
    commits(ISSUES(ISSUE("i1", NO_COMMENTS) "," ISSUE("i2", NO_COMMENTS),
                   "false", "null", "2"));
    ck_assert_uint_eq(page->frontier.removal_count, 1);
    ck_assert_str_eq(page->frontier.removals[0].parent_id, "i1");
    ck_assert(page->frontier.is_last);
}

END_TEST

static Suite *
page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *all = tcase_create("page");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_connection_without_more_pages_ends);
    tcase_add_test(all, an_open_one_waits_for_its_next_page);
    tcase_add_test(all, a_row_that_comes_again_is_not_another_one);
    tcase_add_test(all, what_stays_unproven_is_named);
    tcase_add_test(all, null_rows_remove_nothing);
    tcase_add_test(all, nested_connections_are_drained);
    tcase_add_test(all, a_parent_that_stays_away_has_gone);
    tcase_add_test(all, children_of_a_parent_that_comes_again_are_replaced);
    tcase_add_test(all, open_children_of_a_parent_that_comes_again_stay);
    tcase_add_test(all,
                   a_parent_that_comes_twice_in_a_page_has_its_children_once);
    tcase_add_test(all, a_cursor_that_leads_nowhere_restarts_the_walk_once);
    tcase_add_test(all, a_circle_of_cursors_is_noticed);
    tcase_add_test(all, empty_pages_do_not_follow_for_ever);
    tcase_add_test(all, the_same_page_does_not_follow_for_ever);
    tcase_add_test(all, rows_are_asked_for_by_ids_of_a_limited_length);
    tcase_add_test(all, totals_of_any_size_are_added);
    tcase_add_loop_test(all, null_is_never_an_empty_set, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(all, a_parent_comes_once_in_an_answer);
    tcase_add_test(all, what_is_below_a_row_comes_once);
    tcase_add_test(all, grandchildren_of_a_root_that_comes_again_are_replaced);
    tcase_add_test(all, children_wait_for_grandchildren_that_are_being_read);
    tcase_add_test(all, all_below_a_row_that_is_left_out_is_left_out);
    tcase_add_test(all, the_lines_of_a_large_answer_may_be_much_longer);
    tcase_add_test(all, the_lines_of_a_large_answer_have_a_limit);
    tcase_add_test(all,
                   lines_that_are_much_longer_than_their_answer_are_refused);
    tcase_add_test(all, a_field_may_be_denied_in_all_rows);
    tcase_add_test(all, but_not_in_some);
    tcase_add_test(all, a_row_that_an_earlier_process_read_is_not_another_one);
    tcase_add_test(all, what_an_earlier_process_staged_below_a_row_is_replaced);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(page_suite());
}
