/* template: the names, lists and flags of a statement are filled in. */
#include <check.h>

#include "plan/template.h"
#include "support/suite.h"

static const char *const keys[] = {"_parent_id", "id"};
static const char *const odd[] = {"x", "a\"b", "select"};

static struct template_values values;

static void
setup(void)
{
    template_name(&values, "table", "acme", "products");
    template_columns(&values, "keys", keys, COUNT(keys));
    template_columns(&values, "key", keys, 1);
    template_columns(&values, "none", keys, 0);
    template_columns(&values, "odd", odd, COUNT(odd));
    template_flag(&values, "on", true);
    template_flag(&values, "off", false);
    template_name(&values, "absent", "acme", NULL);
    template_number(&values, "three", 3);
    template_literal(&values, "text", "it's");
}

static void
teardown(void)
{
    template_free(&values);
}

static const struct {
    const char *text;
    const char *sql;
} fillings[] = {
    {"", ""},
    {"SELECT 1", "SELECT 1"},
    {"-- What {table}\n-- is.\nSELECT 1 -- one\n", "SELECT 1 -- one\n"},
    {"FROM {table} AS t", "FROM \"acme\".\"products\" AS t"},
    {"{keys: s.x = t.x AND ...}",
     "s.\"_parent_id\" = t.\"_parent_id\" AND s.\"id\" = t.\"id\""},
    {"({keys: x, ...})", "(\"_parent_id\", \"id\")"},
    {"{keys: x = s.x,\n  ...};",
     "\"_parent_id\" = s.\"_parent_id\",\n  \"id\" = s.\"id\";"},
    {"{key: s.x = t.x AND ...}", "s.\"_parent_id\" = t.\"_parent_id\""},
    {"({none: x, ...})", "()"},
    {"{odd: ex.x, ...}", "ex.\"x\", ex.\"a\"\"b\", ex.\"select\""},
    {"{keys: max(x) AS x_max, ...}",
     "max(\"_parent_id\") AS x_max, max(\"id\") AS x_max"},
    {"{keys: (SELECT x FROM {table}), ...}",
     "(SELECT \"_parent_id\" FROM \"acme\".\"products\"), "
     "(SELECT \"id\" FROM \"acme\".\"products\")"},
    {"a{?on  OR b}c", "a OR bc"},
    {"a{?off  OR b}c", "ac"},
    {"a{?!off  OR b}c", "a OR bc"},
    {"a{?!on  OR b}c", "ac"},
    {"{?on FROM {table} WHERE {keys: x > 0 OR ...}}.",
     "FROM \"acme\".\"products\" WHERE \"_parent_id\" > 0 OR \"id\" > 0."},
    {"{?off {table}{?on {table}}}.", "."},
    {"{?absent a}{?!absent b}{?table c}{?!table d}", "bc"},
    {"{three} {text}", "3 'it''s'"},
    {"$1::bigint[]", "$1::bigint[]"},
    /* These are not changed. */
    {"{other}", "{other}"},
    {"{absent}", "{absent}"},
    {"{keys}", "{keys}"},
    {"{table: x, ...}", "{table: x, ...}"},
    {"{keys: x, }", "{keys: x, }"},
    {"{?other a}", "{?other a}"},
    {"{table", "\"acme\".\"products\""},
    {"{", "{"},
    {"{}", "{}"},
    {"}", "}"},
};

START_TEST(every_name_is_filled_in)
{
    struct buf sql = buf_with_ceiling(4096);

    template_append(&sql, fillings[_i].text, &values);
    ck_assert_str_eq(buf_str(&sql), fillings[_i].sql);
    buf_free(&sql);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("template");
    TCase *tcase = tcase_create("fillings");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_name_is_filled_in, 0, COUNT(fillings));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
