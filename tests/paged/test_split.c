/* split: an answer becomes lines, and what is known of its connections. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "paged/split.h"
#include "support/pages.h"
#include "support/suite.h"

static struct pages_api api;
static struct split *splitter;
static struct split_counts counts;
static struct buf seen;
static struct err err;

static void
setup_forge(void)
{
    pages_open(&api, "tests/data/pages/forge.graphql", "github");
    splitter = split_new();
    seen = buf_with_ceiling(1024 * 1024);
    memset(&err, 0, sizeof(err));
}

static void
setup_graph(void)
{
    setup_forge();
    pages_close(&api);
    pages_open(&api, "tests/data/pages/graph.graphql", "infrahub");
}

static void
setup_shop(void)
{
    setup_forge();
    pages_close(&api);
    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
}

static void
teardown(void)
{
    split_free(splitter);
    buf_free(&seen);
    pages_close(&api);
}

/* ---- what the splitter gives, as text ----------------------------------- */

static bool
on_line(void *ctx, const struct plan_table *table, struct span line,
        struct err *why)
{
    (void)ctx;
    (void)table;
    (void)why;
    buf_printf(&seen, "%.*s\n", SPAN_ARG(line));
    return true;
}

static bool
on_instance(void *ctx, const struct split_instance *i, struct err *why)
{
    static const char *const states[] = {"closed", "open", "apart", "null",
                                         "broken"};

    (void)ctx;
    (void)why;
    buf_printf(&seen, "- %s of %.*s %s", i->connection->path,
               SPAN_ARG(i->parent_id), states[i->state]);
    if (i->state != SPLIT_APART)
        buf_printf(&seen, " %d", (int)i->rows);
    if (i->nulls > 0)
        buf_printf(&seen, " nulls %d", (int)i->nulls);
    if (i->total >= 0)
        buf_printf(&seen, " of %d", (int)i->total);
    if (i->cursor.length > 0)
        buf_printf(&seen, " after %.*s", SPAN_ARG(i->cursor));
    if (i->offset > 0)
        buf_printf(&seen, " at %d", (int)i->offset);
    buf_append_char(&seen, '\n');
    return true;
}

static bool
on_parent(void *ctx, int index, struct span id, struct err *why)
{
    (void)ctx;
    (void)why;
    buf_printf(&seen, "%d %.*s\n", index,
               SPAN_ARG(id.length > 0 ? id : span_str("gone")));
    return true;
}

static const struct split_sink sink = {
    .line = on_line, .instance = on_instance, .parent = on_parent};

static bool
cut_with(const struct pages_request *request, const char *answer,
         struct pages_values values)
{
    buf_clear(&seen);
    return split_page(splitter, request, &values, span_str(answer), &sink,
                      &counts, &err);
}

static void
gives(const struct pages_request *request, const char *answer,
      const char *expected)
{
    if (!cut_with(request, answer, (struct pages_values){.rows = 100}))
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq(buf_str(&seen), expected);
}

#define END(next, cursor) \
    "\"pageInfo\":{\"hasNextPage\":" next ",\"endCursor\":" cursor "}"

/* ---- nested ------------------------------------------------------------- */

static const char issues[] =
    "{ repository(owner: \"o\", name: \"n\") { issues { nodes { title "
    "author { login } comments { edges { node { body reactions { edges { "
    "reactedAt node { content } } } } } } } } } }";

START_TEST(children_follow_their_parents)
{
    gives(
        pages_connection(&api, issues, "repository.issues")->read,
        "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{\"id\":\"I1\","
        "\"title\":\"a\\nb\",\"author\":{\"id\": \"U\",\n\"login\":\"x\"},"
        "\"comments\":{\"edges\":[{\"node\":{\"body\":\"c\",\"reactions\":{"
        "\"edges\":[{\"reactedAt\":\"t\",\"node\":{\"content\":\"+1\"}},"
        "{\"node\":{\"content\":\"-1\"},\"reactedAt\":null}]," END("true", "\"r1\"") "},\"id\":\"C1\"}}]," END(
            "false",
            "\"c1\"") ",\"totalCount\":1}},{\"title\":null,\"id\":\"I2\",\"author\":null,"
                      "\"comments\":{\"totalCount\":0,\"edges\":[]," END(
                          "false",
                          "null") "}}]," END("true",
                                             "\"i2\"") ",\"totalCount\":9}}}}",
        "{\"bulkpg_t1\":true,\"id\":\"I1\",\"title\":\"a\\nb\",\"author\":{"
        "\"id\": \"U\", \"login\":\"x\"}}\n"
        "{\"bulkpg_t2\":true,\"body\":\"c\",\"id\":\"C1\",\"__parentId\":"
        "\"I1\"}\n"
        "{\"bulkpg_t3\":true,\"content\":\"+1\",\"bulkpg_e\":{\"reactedAt\":"
        "\"t\"},\"__parentId\":\"C1\"}\n"
        "{\"bulkpg_t3\":true,\"content\":\"-1\",\"bulkpg_e\":{\"reactedAt\":"
        "null},\"__parentId\":\"C1\"}\n"
        "- repository.issues.comments.reactions of C1 open 2 after r1\n"
        "- repository.issues.comments of I1 closed 1 of 1 after c1\n"
        "{\"bulkpg_t1\":true,\"title\":null,\"id\":\"I2\",\"author\":null}\n"
        "- repository.issues.comments of I2 closed 0 of 0\n"
        "- repository.issues of  open 2 of 9 after i2\n");
    ck_assert_int_eq(counts.lines, 5);
    ck_assert_int_eq(counts.orphans, 0);
}

END_TEST

START_TEST(nulls_are_counted)
{
    gives(
        pages_connection(&api, issues, "repository.issues")->read,
        "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[null,{\"id\":"
        "\"I1\",\"comments\":{\"edges\":[null,{\"node\":null},{},{\"node\":{"
        "\"id\":\"C1\",\"reactions\":null}}]," END(
            "false",
            "\"c\"") "}},null,{\"id\":\"I3\"},{\"id\":\"I4\",\"comments\":{\"edges\":"
                     "null," END("false", "null") "}}]," END("true",
                                                             "null") "}}}}",
        "{\"bulkpg_t1\":true,\"id\":\"I1\"}\n"
        "{\"bulkpg_t2\":true,\"id\":\"C1\",\"__parentId\":\"I1\"}\n"
        "- repository.issues.comments.reactions of C1 null 0\n"
        "- repository.issues.comments of I1 closed 1 nulls 3 after c\n"
        "{\"bulkpg_t1\":true,\"id\":\"I3\"}\n"
        "- repository.issues.comments of I3 null 0\n"
        "{\"bulkpg_t1\":true,\"id\":\"I4\"}\n"
        "- repository.issues.comments of I4 null 0\n"
        "- repository.issues of  broken 3 nulls 2\n");
}

END_TEST

START_TEST(rows_without_an_id_have_no_children)
{
    gives(pages_connection(&api, issues, "repository.issues")->read,
          "{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{\"id\":null,"
          "\"comments\":{\"edges\":[{\"node\":{\"id\":\"C1\",\"reactions\":{"
          "\"edges\":[{\"node\":{\"content\":\"x\"}}]," END(
              "false", "null") "}}}]," END("true",
                                           "\"c\"") "}}]," END("false",
                                                               "null") "}}}}",
          "{\"bulkpg_t1\":true,\"id\":null}\n"
          "- repository.issues of  closed 1\n");
    ck_assert_int_eq(counts.orphans, 2);
}

END_TEST

static const char *const nothing[] = {
    "{}",
    "{\"data\":{}}",
    "{\"data\":{\"repository\":null}}",
    "{\"data\":{\"repository\":{}}}",
    "{\"data\":{\"repository\":{\"issues\":null}}}",
    "{\"data\":{\"repository\":{\"issues\":{}}}}",
    "{\"data\":{\"repository\":{\"issues\":{\"nodes\":null}}}}",
    "{\"data\":null,\"errors\":[]}",
};

START_TEST(what_is_missing_is_not_empty)
{
    gives(pages_connection(&api, issues, "repository.issues")->read,
          nothing[_i], "- repository.issues of  null 0\n");
}

END_TEST

static const struct {
    const char *answer;
    const char *message;
} faults[] = {
    {"[]", " of the answer is a list, not an object"},
    {"1", " of the answer is a value, not an object"},
    {"{\"data\":[]}", "data of the answer is a list, not an object"},
    {"{\"data\":{\"repository\":[]}}",
     "repository of the answer is a list, not an object"},
    {"{\"data\":{\"repository\":7}}",
     "repository of the answer is a value, not an object or a list"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":{}}}}}",
     "nodes of the answer is an object, not a list"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":3}}}}",
     "nodes of the answer is not a list"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":[1]}}}}",
     "nodes of the answer is a list of values, not of objects"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":[[]]}}}}",
     "nodes of the answer is a list of lists"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{\"comments\":{"
     "\"edges\":[{\"node\":[]}]}}]}}}}",
     "node of the answer is not one object"},
    {"{\"data\":{\"repository\":{\"issues\":{\"nodes\":[{\"comments\":{"
     "\"edges\":[{\"node\":1}]}}]}}}}",
     "node of the answer is a value, not an object"},
};

START_TEST(another_form_is_refused)
{
    ck_assert(
        !cut_with(pages_connection(&api, issues, "repository.issues")->read,
                  faults[_i].answer, (struct pages_values){.rows = 1}));
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert(err_is(&err, MSG_PAGE_SHAPE));
}

END_TEST

START_TEST(only_names_become_members)
{
    gives(pages_connection(&api, issues, "repository.issues")->read,
          "{\"data\":{\"repository\":{\"x\":[{}],\"issues\":{\"y\":{\"nodes\":"
          "1},\"nodes\":[{\"__parentId\":\"x\",\"bulkpg_t1\":1,\"a\\\"b\":{},"
          "\"\":1,\"id\":\n\"I\",\"__typename\":\"Issue\",\"comments\":{"
          "\"edges\":[]," END("false", "null") "}}]," END(
              "false", "null") "}}},\"extensions\":{\"data\":{}}}",
          "{\"bulkpg_t1\":true,\"id\": \"I\",\"__typename\":\"Issue\"}\n"
          "- repository.issues.comments of I closed 0\n"
          "- repository.issues of  closed 1\n");
}

END_TEST

/* ---- by ids ------------------------------------------------------------- */

START_TEST(parents_are_not_rows)
{
    gives(
        pages_connection(&api, issues, "repository.issues.comments")->read,
        "{\"data\":{\"nodes\":[{\"comments\":{\"edges\":[{\"node\":{\"id\":"
        "\"C1\",\"reactions\":{\"edges\":[]," END("false", "null") "}}}]," END(
            "true", "\"c1\"") ",\"totalCount\":5},\"id\":\"I1\"},null,{\"id\":"
                              "\"I3\"}]}}",
        "0 I1\n"
        "{\"bulkpg_t2\":true,\"id\":\"C1\",\"__parentId\":\"I1\"}\n"
        "- repository.issues.comments.reactions of C1 closed 0\n"
        "- repository.issues.comments of I1 open 1 of 5 after c1\n"
        "1 gone\n"
        "2 I3\n"
        "- repository.issues.comments of I3 null 0\n");
}

END_TEST

START_TEST(rows_come_by_their_ids)
{
    const struct pages_request *request =
        pages_connection(&api, issues, "repository.issues")->by_ids;

    gives(request,
          "{\"data\":{\"nodes\":[{\"id\":\"I1\",\"title\":\"a\",\"comments\":{"
          "\"edges\":[]," END("false", "null") "}},null]}}",
          "0 I1\n"
          "{\"bulkpg_t1\":true,\"id\":\"I1\",\"title\":\"a\"}\n"
          "- repository.issues.comments of I1 closed 0\n"
          "1 gone\n");
    ck_assert(!cut_with(request, "{\"data\":{\"nodes\":null}}",
                        (struct pages_values){.rows = 1}));
    ck_assert(
        !cut_with(request, "{\"data\":{}}", (struct pages_values){.rows = 1}));
    ck_assert_str_eq(err.message, "data of the answer is without the objects "
                                  "that were asked for");
}

END_TEST

START_TEST(rows_by_ids_have_the_given_parent)
{
    const struct pages_connection *c =
        pages_connection(&api,
                         "{ repository(owner: \"o\", name: \"n\") { issues { "
                         "nodes { comments { nodes { body } } } } } }",
                         "repository.issues.comments");

    ck_assert(cut_with(
        c->by_ids, "{\"data\":{\"nodes\":[{\"id\":\"C1\",\"body\":\"b\"}]}}",
        (struct pages_values){.parent_id = "I\"1"}));
    ck_assert_str_eq(buf_str(&seen),
                     "0 C1\n{\"bulkpg_t2\":true,\"id\":\"C1\",\"body\":"
                     "\"b\",\"__parentId\":\"I\\\"1\"}\n");
}

END_TEST

/* A root object of another type than the fragment's has no such connection;
 * but if the object itself is missing, that is never an empty set. */
START_TEST(a_root_of_another_type_has_no_rows)
{
    const struct pages_request *request =
        pages_connection(&api,
                         "{ node(id: \"x\") { ... on Repository { issues { "
                         "nodes { title } } } } }",
                         "node.issues")
            ->read;

    gives(request, "{\"data\":{\"node\":{}}}", "- node.issues of  closed 0\n");
    gives(request, "{\"data\":{\"node\":null}}", "- node.issues of  null 0\n");
    gives(request, "{\"data\":{}}", "- node.issues of  null 0\n");
    request = pages_connection(&api,
                               "{ node(id: \"x\") { ... on Issue { "
                               "milestone { issues { nodes { title } } } } } "
                               "}",
                               "node.milestone.issues")
                  ->read;
    gives(request, "{\"data\":{\"node\":{}}}",
          "- node.milestone.issues of  closed 0\n");
    gives(request, "{\"data\":{\"node\":{\"milestone\":null}}}",
          "- node.milestone.issues of  null 0\n");
}

END_TEST

START_TEST(one_object_is_a_row)
{
    const struct pages_request *request =
        pages_connection(&api, "{ viewer { login } }", "viewer")->read;

    gives(request, "{\"data\":{\"viewer\":{\"id\":\"U\",\"login\":\"x\"}}}",
          "{\"bulkpg_t1\":true,\"id\":\"U\",\"login\":\"x\"}\n"
          "- viewer of  closed 1\n");
    gives(request, "{\"data\":{\"viewer\":null}}", "- viewer of  null 0\n");
}

END_TEST

/* ---- offsets ------------------------------------------------------------ */

static const char devices[] =
    "{ Device { edges { node { name { value } site { node { racks { edges { "
    "node { id } } } } } } } } }";

START_TEST(offsets_end_at_the_total)
{
    const struct pages_request *request =
        pages_connection(&api, devices, "Device")->read;
    static const char answer[] =
        "{\"data\":{\"Device\":{\"edges\":[{\"node\":{\"id\":\"d\",\"name\":{"
        "\"value\":\"x\"},\"site\":{\"node\":{\"racks\":{\"edges\":[{\"node\":{"
        "\"id\":\"r\"}}],\"count\":3}}}}},{\"node\":{\"id\":\"e\",\"site\":{"
        "\"node\":null}}}],\"count\":4}}}";

    ck_assert(cut_with(request, answer, (struct pages_values){.rows = 2}));
    ck_assert_str_eq(
        buf_str(&seen),
        "{\"bulkpg_t1\":true,\"id\":\"d\",\"name\":{\"value\":\"x\"},\"site\":{"
        "\"node\":{}}}\n"
        "{\"bulkpg_t2\":true,\"id\":\"r\",\"__parentId\":\"d\"}\n"
        "- Device.site.node.racks of d open 1 of 3 at 1\n"
        "{\"bulkpg_t1\":true,\"id\":\"e\",\"site\":{\"node\":null}}\n"
        "- Device.site.node.racks of e closed 0\n"
        "- Device of  open 2 of 4 at 2\n");
    ck_assert(cut_with(request, answer,
                       (struct pages_values){.rows = 2, .offset = 2}));
    ck_assert_ptr_nonnull(
        strstr(buf_str(&seen), "- Device of  closed 2 of 4 at 4\n"));
}

END_TEST

START_TEST(without_a_total_an_empty_page_is_the_end)
{
    const struct pages_request *request =
        pages_connection(&api, "{ events { kind } }", "events")->read;

    gives(request,
          "{\"data\":{\"events\":[{\"id\":\"e\",\"kind\":\"k\"},null"
          "]}}",
          "{\"bulkpg_t1\":true,\"id\":\"e\",\"kind\":\"k\"}\n"
          "- events of  open 1 nulls 1 at 2\n");
    gives(request, "{\"data\":{\"events\":[]}}", "- events of  closed 0\n");
    gives(request, "{\"data\":{\"events\":null}}", "- events of  null 0\n");
}

END_TEST

START_TEST(parents_may_come_through_a_connection)
{
    gives(pages_connection(&api, devices, "Device.site.node.racks")->read,
          "{\"data\":{\"Device\":{\"edges\":[{\"node\":{\"id\":\"d\",\"site\":{"
          "\"node\":{\"racks\":{\"edges\":[{\"node\":{\"id\":\"r\"}}],"
          "\"count\":1}}}}},{\"node\":null},{\"node\":{\"id\":\"e\",\"site\":"
          "null}}]}}}",
          "0 d\n"
          "{\"bulkpg_t2\":true,\"id\":\"r\",\"__parentId\":\"d\"}\n"
          "- Device.site.node.racks of d closed 1 of 1 at 1\n"
          "1 gone\n"
          "2 e\n"
          "- Device.site.node.racks of e closed 0\n");
}

END_TEST

/* ---- apart -------------------------------------------------------------- */

START_TEST(children_apart_are_asked_for)
{
    gives(
        pages_connection(
            &api,
            "query @paged { orders { nodes { name refunds @table { id "
            "refundLineItems { nodes { quantity } } } lineItems { nodes { "
            "sku } } } } }",
            "orders")
            ->read,
        "{\"data\":{\"orders\":{\"nodes\":[{\"id\":\"O1\",\"refunds\":[{"
        "\"id\":\"R1\"},null,{\"id\":\"R2\",\"x\":[1,\n2]}],\"name\":\"#1\"},"
        "{\"refunds\":[],\"id\":\"O2\"},{\"refunds\":null,\"id\":\"O3\"}]," END(
            "false", "null") "}}}",
        "{\"bulkpg_t1\":true,\"id\":\"O1\",\"refunds\":[{\"id\":\"R1\"},null,"
        "{\"id\":\"R2\",\"x\":[1, 2]}],\"name\":\"#1\"}\n"
        "- orders.refunds.refundLineItems of R1 apart\n"
        "- orders.refunds.refundLineItems of R2 apart\n"
        "- orders.lineItems of O1 apart\n"
        "{\"bulkpg_t1\":true,\"refunds\":[],\"id\":\"O2\"}\n"
        "- orders.lineItems of O2 apart\n"
        "{\"bulkpg_t1\":true,\"refunds\":null,\"id\":\"O3\"}\n"
        "- orders.lineItems of O3 apart\n"
        "- orders of  closed 3\n");
}

END_TEST

START_TEST(a_type_without_the_connection_has_no_rows)
{
    gives(pages_connection(&api,
                           "query @paged { files { nodes { ... on MediaImage { "
                           "metafields { nodes { key } } } } } }",
                           "files.metafields")
              ->read,
          "{\"data\":{\"nodes\":[{\"id\":\"V\"},{\"id\":\"M\",\"metafields\":{"
          "\"nodes\":[{\"id\":\"m\",\"key\":\"k\"}]," END("false",
                                                          "null") "}}]}}",
          "0 V\n- files.metafields of V closed 0\n"
          "1 M\n{\"bulkpg_t2\":true,\"id\":\"m\",\"key\":\"k\","
          "\"__parentId\":\"M\"}\n"
          "- files.metafields of M closed 1\n");
}

END_TEST

/* ---- the sink ----------------------------------------------------------- */

static bool
refuse_line(void *ctx, const struct plan_table *table, struct span line,
            struct err *why)
{
    (void)ctx;
    (void)table;
    (void)line;
    return err_set(why, MSG_BUG, "no");
}

START_TEST(a_failure_of_the_sink_ends_the_cut)
{
    struct split_sink refusing = sink;

    refusing.line = refuse_line;
    ck_assert(!split_page(
        splitter, pages_connection(&api, "{ events { kind } }", "events")->read,
        &(struct pages_values){.rows = 1},
        span_str("{\"data\":{\"events\":[{\"id\":\"e\"}]}}"), &refusing,
        &counts, &err));
    ck_assert_str_eq(err.message, "no");
}

END_TEST

/* ---- long ids ------------------------------------------------------------ */

enum { LONG_ID = 100 * 1000, LONG_ROWS = 3000 };

static bool
on_long_line(void *ctx, const struct plan_table *table, struct span line,
             struct err *why)
{
    size_t *rows = ctx;

    (void)why;
    if (table->parent == NULL)
        return true;
    ++*rows;
    ck_assert_uint_gt(line.length, LONG_ID);
    ck_assert_mem_eq(line.bytes + line.length - 4, "ii\"}", 4);
    return true;
}

static bool
pass_instance(void *ctx, const struct split_instance *i, struct err *why)
{
    (void)ctx;
    (void)i;
    (void)why;
    return true;
}

START_TEST(a_cursor_has_a_limit)
{
    struct buf answer = buf_with_ceiling(64 * 1024);

    for (int over = 0; over < 2; over++) {
        buf_clear(&answer);
        buf_append_str(&answer, "{\"data\":{\"repository\":{\"issues\":{"
                                "\"nodes\":[],\"pageInfo\":{"
                                "\"hasNextPage\":true,\"endCursor\":\"");
        for (int i = 0; i < PAGES_CURSOR_BYTES_MAX + over; i++)
            buf_append_char(&answer, 'c');
        buf_append_str(&answer, "\"}}}}}");
        ck_assert_int_eq(
            split_page(
                splitter,
                pages_connection(&api, issues, "repository.issues")->read,
                &(struct pages_values){.rows = 100}, buf_span(&answer),
                &(struct split_sink){.line = on_long_line,
                                     .instance = pass_instance},
                &counts, &err),
            over == 0);
    }
    ck_assert_msg(strstr(err.message, "a cursor that is too large") != NULL,
                  "%s", err.message);
    buf_free(&answer);
}

END_TEST

/* Each row repeats the id of its parent: 300 MB, of which few are kept at a
 * time. */
START_TEST(a_long_id_is_not_kept_once_for_each_row)
{
    size_t rows = 0;
    struct split_sink quiet = {
        .line = on_long_line, .instance = pass_instance, .ctx = &rows};
    struct buf answer = buf_with_ceiling(1024 * 1024);

    buf_append_str(&answer, "{\"data\":{\"repository\":{\"issues\":{"
                            "\"nodes\":[{\"id\":\"");
    for (int i = 0; i < LONG_ID; i++)
        buf_append_char(&answer, 'i');
    buf_append_str(&answer, "\",\"comments\":{\"edges\":[");
    for (int i = 0; i < LONG_ROWS; i++)
        buf_printf(&answer, "%s{\"node\":{\"id\":\"%d\"}}", i > 0 ? "," : "",
                   i);
    buf_append_str(
        &answer, "]," END("false", "null") "}}]," END("false", "null") "}}}}");
    ck_assert(!answer.overflowed);
    if (!split_page(splitter,
                    pages_connection(&api, issues, "repository.issues")->read,
                    &(struct pages_values){.rows = 100}, buf_span(&answer),
                    &quiet, &counts, &err))
        ck_abort_msg("%s", err.message);
    ck_assert_uint_eq(rows, LONG_ROWS);
    buf_free(&answer);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("split");
    TCase *forge = tcase_create("cursors");
    TCase *graph = tcase_create("offsets");
    TCase *shop = tcase_create("apart");

    tcase_add_checked_fixture(forge, setup_forge, teardown);
    tcase_add_test(forge, children_follow_their_parents);
    tcase_add_test(forge, nulls_are_counted);
    tcase_add_test(forge, rows_without_an_id_have_no_children);
    tcase_add_loop_test(forge, what_is_missing_is_not_empty, 0, COUNT(nothing));
    tcase_add_loop_test(forge, another_form_is_refused, 0, COUNT(faults));
    tcase_add_test(forge, only_names_become_members);
    tcase_add_test(forge, parents_are_not_rows);
    tcase_add_test(forge, rows_come_by_their_ids);
    tcase_add_test(forge, rows_by_ids_have_the_given_parent);
    tcase_add_test(forge, a_root_of_another_type_has_no_rows);
    tcase_add_test(forge, one_object_is_a_row);
    tcase_add_test(forge, a_cursor_has_a_limit);
    tcase_add_test(forge, a_long_id_is_not_kept_once_for_each_row);
    suite_add_tcase(suite, forge);
    tcase_add_checked_fixture(graph, setup_graph, teardown);
    tcase_add_test(graph, offsets_end_at_the_total);
    tcase_add_test(graph, without_a_total_an_empty_page_is_the_end);
    tcase_add_test(graph, parents_may_come_through_a_connection);
    tcase_add_test(graph, a_failure_of_the_sink_ends_the_cut);
    suite_add_tcase(suite, graph);
    tcase_add_checked_fixture(shop, setup_shop, teardown);
    tcase_add_test(shop, children_apart_are_asked_for);
    tcase_add_test(shop, a_type_without_the_connection_has_no_rows);
    suite_add_tcase(suite, shop);
    return suite_run(suite);
}
