/* statements: all statements for plans with every kind of table must be those
 * of tests/data/plan/statements.sql.
 *
 * To change that file: set STATEMENTS_OUT to a folder, and the test writes the
 * statements there. Compare the files, and copy the new one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/statements.h"
#include "support/pages.h"
#include "support/suite.h"
#include "support/types.h"

#define KEPT "tests/data/plan/statements.sql"

enum { TEXT_BYTES = 1024 * 1024 };

/* A root whose rows are marked as deleted, a child with @position and a list
 * without ids, an interface without ids, a list with ids that has a list in it,
 * a child whose rows are counted, a root whose rows are marked and compared,
 * and tables with histories. */
static const char *const queries[] = {
    ("query @deletes(mode: SOFT) @incremental { orders { edges { node { name "
     "@index createdAt lineItems @position { edges { node { title customer: "
     "product { id } taxLines @table(parent: \"line_item\") { title } } } } "
     "discountApplications { edges { node { index } } } transactions @table { "
     "kind fees @table { type } } } } } }"),
    ("{ products { edges { node { title variants { edges { node { sku } } } } } "
     "} }"),
    "query @deletes(mode: SOFT) { products { edges { node { title } } } }",
    ("query @history { products { edges { node { title variants { edges { node "
     "{ sku } } } } } } }"),
};

static const char *const type_files[] = {
    "tests/data/plan/types.json", "tests/fakeshop/admin-2026-10.reduced.json",
    "tests/fakeshop/admin-2026-10.reduced.json",
    "tests/fakeshop/admin-2026-10.reduced.json"};

/* Read by pages: roots, their children, a list, and rows below children; and
 * roots that are marked. */
static const char *const paged[] = {
    ("query @paged { products { nodes { title variants { nodes { sku metafields "
     "{ nodes { key } } } } options @table { name } } } }"),
    "query @paged @deletes(mode: SOFT) { products { nodes { title } } }",
};

static char kept[TEXT_BYTES];

static void
read_kept(void)
{
    FILE *file = fopen(KEPT, "r");

    ck_assert_ptr_nonnull(file);
    kept[fread(kept, 1, sizeof(kept) - 1, file)] = '\0';
    fclose(file);
}

/* Write the statements to the folder STATEMENTS_OUT, if it is set. */
static void
write_found(const char *text)
{
    const char *folder = getenv("STATEMENTS_OUT");
    char path[4096];
    FILE *file;

    if (folder == NULL)
        return;
    snprintf(path, sizeof(path), "%s/statements.sql", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Fail with the first line that differs. */
static void
check_same(const char *found)
{
    const char *a = found, *b = kept;
    int line = 1;

    while (*a != '\0' && *a == *b) {
        line += *a == '\n';
        a++;
        b++;
    }
    ck_assert_msg(*a == *b, KEPT ":%d: %.200s, found %.200s", line, b, a);
}

START_TEST(every_statement_is_as_in_the_file)
{
    struct buf found = buf_with_ceiling(TEXT_BYTES);

    for (int i = 0; i < COUNT(queries); i++) {
        struct types types;

        types_open(&types, type_files[i]);
        statements_print(&found, types_plan(&types, queries[i]), "acme");
        types_close(&types);
    }
    for (int i = 0; i < COUNT(paged); i++) {
        struct pages_api api;

        pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json",
                   "shopify");
        if (!pages_plan(&api, paged[i]))
            ck_abort_msg("%s", api.err.message);
        statements_print(&found, api.plan, "acme");
        pages_close(&api);
    }
    read_kept();
    write_found(buf_str(&found));
    check_same(buf_str(&found));
    buf_free(&found);
}

END_TEST

START_TEST(no_name_is_left_in_braces)
{
    read_kept();
    ck_assert_ptr_null(strchr(kept, '{'));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("statements");
    TCase *tcase = tcase_create("golden");

    tcase_add_test(tcase, every_statement_is_as_in_the_file);
    tcase_add_test(tcase, no_name_is_left_in_braces);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
