/* paged: lines that are cut from pages give the same tables, with the same
 * _hash, as those of a bulk result. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "load/kept_ids.h"
#include "load/staged.h"
#include "paged/split.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define SELECTION                                                             \
    "products { edges { node { title options @table { id name } variants "    \
    "{ edges { node { sku price } } } metafields { edges { node { key } } } " \
    "} } }"

static const char bulk_query[] = "{ " SELECTION " }";
static const char paged_query[] = "query @paged { " SELECTION " }";

#define GID(type, n) "\"gid://shopify/" type "/" n "\""

static const char bulk_lines[] =
    "{\"id\":" GID("Product", "1") ",\"title\":\"one\",\"options\":[{\"id\":" GID(
        "ProductOption",
        "5") ",\"name\":\"Size\"}]}\n"
             "{\"__typename\":\"ProductVariant\",\"id\":" GID("ProductVariant", "11") ",\"sku\":\"a\",\"price\":\"1.50\",\"__parentId\":" GID(
                 "Product",
                 "1") "}\n"
                      "{\"__typename\":\"Metafield\",\"id\":" GID(
                          "Metafield",
                          "7") ",\"key\":\"k\",\"__parentId\":" GID("Product",
                                                                    "1") "}\n"
                                                                         "{\"id\":" GID(
                                                                             "Product",
                                                                             "2") ",\"title\":null,\"options\":[]}\n";

#define LAST "\"pageInfo\":{\"hasNextPage\":false,\"endCursor\":null}"

/* The answers to the pages of products, variants and metafields. */
static const char *const answers[] = {
    "{\"data\":{\"products\":{\"edges\":[{\"node\":{\"id\":" GID("Product", "1") ",\"title\":\"one\",\"options\":[{\"id\":" GID(
        "ProductOption",
        "5") ",\"name\":\"Size\"}]}},{\"node\":{\"id\":" GID("Product",
                                                             "2") ",\"title\":null,\"options\":[]}}]," LAST
                                                                  "}}}",
    "{\"data\":{\"nodes\":[{\"id\":" GID(
        "Product",
        "1") ",\"variants\":{\"edges\":[{\"node\":{\"id\":" GID("ProductVariant",
                                                                "11") ",\"sku\":\"a\",\"price\":\"1.50\"}}]," LAST
                                                                      "}}]}}",
    "{\"data\":{\"nodes\":[{\"id\":" GID(
        "Product",
        "1") ",\"metafields\":{\"edges\":[{\"node\":{\"id\":" GID("Metafield",
                                                                  "7") ",\"key\":\"k\"}}]," LAST
                                                                       "}}]}}",
};

/* ---- lines of pages ------------------------------------------------------ */

static bool
keep_line(void *ctx, const struct plan_table *table, struct span line,
          struct err *err)
{
    (void)table;
    (void)err;
    buf_append_span(ctx, line);
    buf_append_char(ctx, '\n');
    return true;
}

static bool
pass_instance(void *ctx, const struct split_instance *instance, struct err *err)
{
    (void)ctx;
    (void)err;
    ck_assert_int_ne(instance->state, SPLIT_NULL);
    return true;
}

static bool
pass_parent(void *ctx, int index, struct span id, struct err *err)
{
    (void)ctx;
    (void)index;
    (void)id;
    (void)err;
    return true;
}

static void
cut_all(const struct plan *plan, struct buf *lines)
{
    struct split_sink sink = {.line = keep_line,
                              .instance = pass_instance,
                              .parent = pass_parent,
                              .ctx = lines};
    struct split *split = split_new();
    struct split_counts counts;
    struct err err;

    ck_assert_int_eq(plan->pages->count, COUNT(answers));
    for (int i = 0; i < COUNT(answers); i++)
        if (!split_page(split, plan->pages->connections[i].read,
                        &(struct pages_values){.rows = 10},
                        span_str(answers[i]), &sink, &counts, &err))
            ck_abort_msg("%s", err.message);
    split_free(split);
}

/* ---- tables -------------------------------------------------------------- */

static const char dump[] =
    "SELECT string_agg(t, E'\\n' ORDER BY t) FROM ("
    "SELECT to_jsonb(p) - '_loaded_at' || '{\"t\":0}' FROM s.products p "
    "UNION ALL SELECT to_jsonb(o) - '_loaded_at' FROM s.products_options o "
    "UNION ALL SELECT to_jsonb(v) - '_loaded_at' FROM s.products_variants v "
    "UNION ALL SELECT to_jsonb(m) - '_loaded_at' FROM s.products_metafields m"
    ") AS x(j), LATERAL (SELECT j::text) AS y(t)";

static char *
tables_of(const char *query, const char *lines)
{
    struct buf cut = buf_with_ceiling(64 * 1024);
    struct staged staged;
    char *tables;

    staged_open(&staged, query);
    if (lines == NULL) {
        cut_all(staged.plan, &cut);
        lines = buf_str(&cut);
    }
    staged_run(&staged, lines);
    ck_assert_int_eq(staged.rejects, 0);
    tables = strdup(staged_text(&staged, dump));
    staged_close(&staged);
    buf_free(&cut);
    return tables;
}

static void
compare_tables(void)
{
    char *bulk = tables_of(bulk_query, bulk_lines);
    char *paged = tables_of(paged_query, NULL);

    ck_assert_ptr_nonnull(strstr(bulk, "\"_hash\": "));
    ck_assert_ptr_nonnull(strstr(bulk, "\"price\": 1.50"));
    ck_assert_str_eq(paged, bulk);
    free(bulk);
    free(paged);
}

START_TEST(pages_give_the_tables_of_a_bulk_result)
{
    pg_task_run(compare_tables);
}

END_TEST

/* A line whose table has a parent must name it. */
static void
reject_without_parent(void)
{
    struct staged staged;

    staged_open(&staged, paged_query);
    staged_run(&staged, "{\"bulkpg_t1\":true,\"id\":" GID(
                            "Product", "1") "}\n"
                                            "{\"bulkpg_t2\":true,\"id\":" GID(
                                                "ProductVariant", "2") "}\n");
    ck_assert_int_eq(staged.rejects, 1);
    staged_close(&staged);
}

START_TEST(a_child_must_have_a_parent)
{
    pg_task_run(reject_without_parent);
}

END_TEST

/* ---- ids of staged rows -------------------------------------------------- */

static void
note_ids(void *ctx, const char *parent_id, const char *id)
{
    buf_printf(ctx, "%s > %s\n", parent_id != NULL ? parent_id : "-",
               id != NULL ? id : "-");
}

static void
read_ids(void)
{
    struct buf found = buf_with_ceiling(64 * 1024);
    struct staged staged;
    struct loader_config config;
    struct pg_conn *conn;
    struct err err;

    staged_open(&staged, paged_query);
    staged_load(
        &staged,
        "{\"bulkpg_t1\":true,\"id\":" GID(
            "Product",
            "1") "}\n"
                 "{\"bulkpg_t3\":true,\"id\":" GID("ProductVariant", "11") ",\"__parentId\":" GID(
                     "Product",
                     "1") "}\n"
                          "{\"bulkpg_t3\":true,\"id\":" GID(
                              "ProductVariant",
                              "11") ",\"__parentId\":" GID("Product",
                                                           "1") "}\n");
    config = (struct loader_config){.dsn = cluster_dsn_in(staged.database),
                                    .application_name = "kept",
                                    .schema = "s",
                                    .run_id = staged.run_id};
    ck_assert_msg(kept_ids_open(&config, &conn, &err), "%s", err.message);
    for (int has_rows = 1; has_rows >= 0; has_rows--)
        for (int i = 0; i < staged.plan->table_count; i++)
            if (!kept_ids_read(conn, &config, &staged.plan->tables[i], has_rows,
                               note_ids, &found, &err))
                ck_abort_msg("%s", err.message);
    ck_assert_str_eq(buf_str(&found), "- > gid://shopify/Product/1\n"
                                      "gid://shopify/Product/1 > "
                                      "gid://shopify/ProductVariant/11\n"
                                      "- > -\n"
                                      "gid://shopify/Product/1 > -\n");
    kept_ids_close(&config, conn);
    staged_undo(&staged);
    staged_close(&staged);
    buf_free(&found);
}

START_TEST(ids_of_staged_rows_are_whole_and_come_once)
{
    pg_task_run(read_ids);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("paged");
    TCase *tests = tcase_create("tables");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, pages_give_the_tables_of_a_bulk_result);
    tcase_add_test(tests, a_child_must_have_a_parent);
    tcase_add_test(tests, ids_of_staged_rows_are_whole_and_come_once);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
