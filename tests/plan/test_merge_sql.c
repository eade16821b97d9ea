/* ddl and merge_sql: the exact statements for every kind of table. */
#include <check.h>
#include <string.h>

#include "plan/ddl.h"
#include "plan/merge_sql.h"
#include "sql.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

/* A root, a child with a list without ids, an interface without ids, and a list
 * in a list. */
static const char query[] =
    "{ orders { edges { node { name @index createdAt "
    "lineItems { edges { node { title customer: product { id } "
    "taxLines @table(parent: \"line_item\") { title } } } } "
    "discountApplications { edges { node { index } } } "
    "transactions @table { kind fees @table { type } } } } } }";

enum { ORDERS, LINE_ITEMS, TAX_LINES, DISCOUNTS, TRANSACTIONS, FEES };

static struct types types;
static struct plan *plan;
static struct buf sql;
static struct err err;

static void
build(const char *text)
{
    plan = types_plan(&types, text);
}

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    sql = buf_with_ceiling(64 * 1024);
    types_open(&types, types_path);
    build(query);
}

/* A plan with counts, one and two levels below the root. */
static void
setup_counted(void)
{
    memset(&err, 0, sizeof(err));
    sql = buf_with_ceiling(64 * 1024);
    types_open(&types, "tests/fakeshop/admin-2026-10.reduced.json");
    build("{ products { edges { node { title variants { edges { node { sku "
          "sellingPlanGroups { edges { node { name } } } } } } media { edges { "
          "node { alt } } } metafields { edges { node { key } } } } } } }");
}

static void
teardown(void)
{
    types_close(&types);
    buf_free(&sql);
}

/* The statement, with each run of blanks replaced by one. */
static const char *
written(void)
{
    char *text = arena_strdup(&types.arena, buf_str(&sql));
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool blank = *from == ' ' || *from == '\n';

        if (!blank)
            *to++ = *from;
        else if (from[1] != ' ' && from[1] != '\n' && from[1] != '\0')
            *to++ = ' ';
    }
    *to = '\0';
    ck_assert(!sql.overflowed);
    buf_clear(&sql);
    return text;
}

/* ---- tables ------------------------------------------------------------- */

static const char *const printed[] = {
    "CREATE TABLE \"acme\".\"orders\" (\n"
    "    \"id\" bigint NOT NULL,\n"
    "    \"name\" text,\n"
    "    \"created_at\" timestamptz,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders\" ADD CONSTRAINT \"orders_pkey\" PRIMARY "
    "KEY (\"id\");\n"
    "CREATE INDEX \"orders_name_idx\" ON \"acme\".\"orders\" (\"name\");\n"
    "COMMENT ON TABLE \"acme\".\"orders\" IS 'orders: Order';\n"
    "COMMENT ON COLUMN \"acme\".\"orders\".\"id\" IS 'id: ID!; the number of "
    "gid://shopify/Order/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders\".\"name\" IS 'name: String!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders\".\"created_at\" IS 'createdAt: "
    "DateTime!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders\".\"_hash\" IS 'hash of the row''s "
    "values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN \"acme\".\"orders\".\"_loaded_at\" IS 'when the run "
    "that last changed the row began to load';\n",
    "CREATE TABLE \"acme\".\"orders_line_items\" (\n"
    "    \"_parent_id\" bigint NOT NULL,\n"
    "    \"id\" bigint NOT NULL,\n"
    "    \"title\" text,\n"
    "    \"customer_id\" bigint,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders_line_items\" ADD CONSTRAINT "
    "\"orders_line_items_pkey\" PRIMARY KEY (\"_parent_id\", \"id\");\n"
    "CREATE INDEX \"orders_line_items_id_idx\" ON "
    "\"acme\".\"orders_line_items\" (\"id\");\n"
    "COMMENT ON TABLE \"acme\".\"orders_line_items\" IS 'orders.lineItems: "
    "LineItem';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"_parent_id\" IS 'id of "
    "the row''s parent in orders; the number of "
    "gid://shopify/Order/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"id\" IS 'id: ID!; the "
    "number of gid://shopify/LineItem/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"title\" IS 'title: "
    "String!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"customer_id\" IS "
    "'customer.id: ID!; the number of gid://shopify/Product/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"_hash\" IS 'hash of "
    "the row''s values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items\".\"_loaded_at\" IS 'when "
    "the run that last changed the row began to load';\n",
    "CREATE TABLE \"acme\".\"orders_line_items_tax_lines\" (\n"
    "    \"line_item\" bigint NOT NULL,\n"
    "    \"_ordinal\" bigint NOT NULL,\n"
    "    \"title\" text,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders_line_items_tax_lines\" ADD CONSTRAINT "
    "\"orders_line_items_tax_lines_pkey\" PRIMARY KEY (\"line_item\", "
    "\"_ordinal\");\n"
    "COMMENT ON TABLE \"acme\".\"orders_line_items_tax_lines\" IS "
    "'orders.lineItems.taxLines: TaxLine';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items_tax_lines\".\"line_item\" "
    "IS 'id of the row''s parent in orders.lineItems; the number of "
    "gid://shopify/LineItem/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items_tax_lines\".\"_ordinal\" "
    "IS 'position under the parent, from 0';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items_tax_lines\".\"title\" IS "
    "'title: String!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items_tax_lines\".\"_hash\" IS "
    "'hash of the row''s values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_line_items_tax_lines\".\"_loaded_at\" "
    "IS 'when the run that last changed the row began to load';\n",
    "CREATE TABLE \"acme\".\"orders_discount_applications\" (\n"
    "    \"_parent_id\" bigint NOT NULL,\n"
    "    \"_ordinal\" bigint NOT NULL,\n"
    "    \"index\" integer,\n"
    "    \"_typename\" text,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders_discount_applications\" ADD CONSTRAINT "
    "\"orders_discount_applications_pkey\" PRIMARY KEY (\"_parent_id\", "
    "\"_ordinal\");\n"
    "COMMENT ON TABLE \"acme\".\"orders_discount_applications\" IS "
    "'orders.discountApplications: DiscountApplication';\n"
    "COMMENT ON COLUMN "
    "\"acme\".\"orders_discount_applications\".\"_parent_id\" IS 'id of the "
    "row''s parent in orders; the number of gid://shopify/Order/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_discount_applications\".\"_ordinal\" "
    "IS 'position under the parent, from 0';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_discount_applications\".\"index\" IS "
    "'index: Int!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_discount_applications\".\"_typename\" "
    "IS 'the row''s GraphQL type';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_discount_applications\".\"_hash\" IS "
    "'hash of the row''s values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN "
    "\"acme\".\"orders_discount_applications\".\"_loaded_at\" IS 'when the run "
    "that last changed the row began to load';\n",
    "CREATE TABLE \"acme\".\"orders_transactions\" (\n"
    "    \"_parent_id\" bigint NOT NULL,\n"
    "    \"id\" bigint NOT NULL,\n"
    "    \"kind\" text,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders_transactions\" ADD CONSTRAINT "
    "\"orders_transactions_pkey\" PRIMARY KEY (\"_parent_id\", \"id\");\n"
    "CREATE INDEX \"orders_transactions_id_idx\" ON "
    "\"acme\".\"orders_transactions\" (\"id\");\n"
    "COMMENT ON TABLE \"acme\".\"orders_transactions\" IS "
    "'orders.transactions: OrderTransaction';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions\".\"_parent_id\" IS 'id "
    "of the row''s parent in orders; the number of "
    "gid://shopify/Order/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions\".\"id\" IS 'id: ID!; "
    "the number of gid://shopify/OrderTransaction/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions\".\"kind\" IS 'kind: "
    "OrderTransactionKind!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions\".\"_hash\" IS 'hash of "
    "the row''s values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions\".\"_loaded_at\" IS "
    "'when the run that last changed the row began to load';\n",
    "CREATE TABLE \"acme\".\"orders_transactions_fees\" (\n"
    "    \"_parent_id\" bigint NOT NULL,\n"
    "    \"id\" bigint NOT NULL,\n"
    "    \"type\" text,\n"
    "    \"_hash\" bigint,\n"
    "    \"_loaded_at\" timestamptz\n"
    ");\n"
    "ALTER TABLE \"acme\".\"orders_transactions_fees\" ADD CONSTRAINT "
    "\"orders_transactions_fees_pkey\" PRIMARY KEY (\"_parent_id\", \"id\");\n"
    "CREATE INDEX \"orders_transactions_fees_id_idx\" ON "
    "\"acme\".\"orders_transactions_fees\" (\"id\");\n"
    "COMMENT ON TABLE \"acme\".\"orders_transactions_fees\" IS "
    "'orders.transactions.fees: TransactionFee';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions_fees\".\"_parent_id\" IS "
    "'id of the row''s parent in orders.transactions; the number of "
    "gid://shopify/OrderTransaction/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions_fees\".\"id\" IS 'id: "
    "ID!; the number of gid://shopify/TransactionFee/<number>';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions_fees\".\"type\" IS "
    "'type: String!';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions_fees\".\"_hash\" IS "
    "'hash of the row''s values; NULL: the next merge writes the row';\n"
    "COMMENT ON COLUMN \"acme\".\"orders_transactions_fees\".\"_loaded_at\" IS "
    "'when the run that last changed the row began to load';\n",
};

START_TEST(a_plan_is_printed_as_ddl)
{
    const char *rest;

    ddl_print(&sql, plan, "acme");
    rest = buf_str(&sql);
    for (int i = 0; i < COUNT(printed); i++) {
        size_t length = strlen(printed[i]);

        if (i > 0)
            ck_assert_int_eq(*rest++, '\n');
        ck_assert_str_eq(arena_printf(&types.arena, "%.*s", (int)length, rest),
                         printed[i]);
        rest += length;
    }
    ck_assert_str_eq(rest, "");
}

END_TEST

static const struct {
    int table;
    const char *created;
} stages[] = {
    {ORDERS,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"id\" bigint NOT NULL, \"name\" text, \"created_at\" "
     "timestamptz, \"_hash\" bigint );"},
    {LINE_ITEMS,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"_parent_id\" bigint NOT NULL, \"id\" bigint NOT NULL, \"title\" "
     "text, \"customer_id\" bigint, \"_hash\" bigint );"},
    {TAX_LINES,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"_pos\" integer, \"line_item\" bigint NOT NULL, \"_ordinal\" "
     "bigint, \"title\" text, \"_hash\" bigint );"},
    {DISCOUNTS,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"_parent_id\" bigint NOT NULL, \"_ordinal\" bigint, \"index\" "
     "integer, \"_typename\" text, \"_hash\" bigint );"},
    {TRANSACTIONS,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"_pos\" integer, \"_parent_id\" bigint NOT NULL, \"id\" bigint "
     "NOT NULL, \"kind\" text, \"_hash\" bigint );"},
    {FEES,
     "CREATE UNLOGGED TABLE \"acme\".\"_stage_7_1\" ( \"_line\" bigint, "
     "\"_pos\" integer, \"_parent_pos\" integer, \"_parent_id\" bigint "
     "NOT NULL, \"id\" bigint NOT NULL, \"type\" text, \"_hash\" bigint );"},
};

START_TEST(staging_has_the_columns_that_are_sent)
{
    const struct plan_table *table = &plan->tables[stages[_i].table];

    ddl_stage_create(&sql, table, "acme", "_stage_7_1", false);
    ck_assert_str_eq(written(), stages[_i].created);
    ddl_stage_create(&sql, table, "acme", "_stage_7_1", true);
    ck_assert_int_eq(strncmp(written(), "CREATE TABLE \"acme\"", 19), 0);
}

END_TEST

START_TEST(rows_are_inserted_as_one_array)
{
    ddl_stage_insert(&sql, "ac\"me", "_stage_7_1");
    ck_assert_str_eq(written(),
                     "INSERT INTO \"ac\"\"me\".\"_stage_7_1\" SELECT * FROM "
                     "pg_catalog.unnest($1::\"ac\"\"me\".\"_stage_7_1\"[])");
}

END_TEST

START_TEST(staging_becomes_the_table)
{
    ddl_stage_promote(&sql, &plan->tables[ORDERS], "acme", "_stage_7_1",
                      "2026-01-02 03:04:05+00");
    ck_assert_str_eq(
        written(),
        "ALTER TABLE \"acme\".\"_stage_7_1\" DROP COLUMN \"_line\", ADD "
        "COLUMN _loaded_at timestamptz DEFAULT '2026-01-02 03:04:05+00'; ALTER "
        "TABLE "
        "\"acme\".\"_stage_7_1\" ALTER COLUMN _loaded_at DROP DEFAULT; ALTER "
        "TABLE \"acme\".\"_stage_7_1\" RENAME TO \"orders\";");
    ddl_stage_promote(&sql, &plan->tables[FEES], "acme", "_stage_7_6", "now");
    ck_assert_int_eq(strncmp(written(),
                             "ALTER TABLE \"acme\".\"_stage_7_6\" DROP COLUMN "
                             "\"_line\", DROP COLUMN \"_pos\", DROP COLUMN "
                             "\"_parent_pos\", ADD COLUMN",
                             110),
                     0);
}

END_TEST

START_TEST(keys_and_indexes_of_staging_have_the_tables_names)
{
    ddl_key_create(&sql, &plan->tables[LINE_ITEMS], "acme", "_stage_7_2");
    ck_assert_str_eq(written(),
                     "ALTER TABLE \"acme\".\"_stage_7_2\" ADD CONSTRAINT "
                     "\"orders_line_items_pkey\" PRIMARY KEY (\"_parent_id\", "
                     "\"id\");");
    ddl_stage_key(&sql, &plan->tables[LINE_ITEMS], "acme", "_stage_7_2");
    ck_assert_str_eq(written(), "CREATE UNIQUE INDEX ON "
                                "\"acme\".\"_stage_7_2\" (\"_parent_id\", "
                                "\"id\");");
    ddl_indexes_create(&sql, &plan->tables[LINE_ITEMS], "acme", "_stage_7_2");
    ck_assert_str_eq(written(), "CREATE INDEX \"orders_line_items_id_idx\" ON "
                                "\"acme\".\"_stage_7_2\" (\"id\");");
    ddl_indexes_create(&sql, &plan->tables[TAX_LINES], "acme", "x");
    ck_assert_str_eq(written(), "");
}

END_TEST

START_TEST(long_tables_have_short_key_names)
{
    build("{ products { edges { node { "
          "anAliasOfFiftyAndSomeBytesForTheVariantsOfAProduct: variants { "
          "edges { node { sku @index } } } } } } }");
    ddl_key_create(&sql, &plan->tables[1], "acme", plan->tables[1].name);
    ck_assert_ptr_nonnull(strstr(buf_str(&sql), " PRIMARY KEY (\"_parent_id\", "
                                                "\"id\");"));
    buf_clear(&sql);
    ddl_indexes_create(&sql, &plan->tables[1], "acme", plan->tables[1].name);
    ck_assert_str_eq(
        written(),
        "CREATE INDEX "
        "\"products_an_alias_of_fifty_and_some_bytes_for_the_vari_0743dc93\" "
        "ON "
        "\"acme\".\"products_an_alias_of_fifty_and_some_bytes_for_the_vari_"
        "b30ba58e\" "
        "(\"id\"); CREATE INDEX "
        "\"products_an_alias_of_fifty_and_some_bytes_for_the_vari_2cc6eb34\" "
        "ON "
        "\"acme\".\"products_an_alias_of_fifty_and_some_bytes_for_the_vari_"
        "b30ba58e\" "
        "(\"sku\");");
}

END_TEST

START_TEST(columns_are_added_with_their_index)
{
    ddl_add_column(&sql, &plan->tables[ORDERS], 1, "acme");
    ck_assert_str_eq(written(),
                     "ALTER TABLE \"acme\".\"orders\" ADD COLUMN \"name\" "
                     "text; CREATE INDEX \"orders_name_idx\" ON "
                     "\"acme\".\"orders\" (\"name\"); COMMENT ON COLUMN "
                     "\"acme\".\"orders\".\"name\" IS 'name: String!';");
    ddl_add_column(&sql, &plan->tables[ORDERS], 2, "acme");
    ck_assert_str_eq(written(), "ALTER TABLE \"acme\".\"orders\" ADD COLUMN "
                                "\"created_at\" timestamptz; COMMENT ON COLUMN "
                                "\"acme\".\"orders\".\"created_at\" IS "
                                "'createdAt: DateTime!';");
}

END_TEST

START_TEST(types_widen_in_steps)
{
    ck_assert(plan_type_widens(PLAN_INTEGER, PLAN_BIGINT));
    ck_assert(plan_type_widens(PLAN_INTEGER, PLAN_NUMERIC));
    ck_assert(plan_type_widens(PLAN_BIGINT, PLAN_NUMERIC));
    ck_assert(plan_type_widens(PLAN_DATE, PLAN_TIMESTAMPTZ));
    ck_assert(plan_type_widens(PLAN_JSONB, PLAN_TEXT));
    ck_assert(!plan_type_widens(PLAN_BIGINT, PLAN_INTEGER));
    ck_assert(!plan_type_widens(PLAN_BIGINT, PLAN_DOUBLE));
    ck_assert(!plan_type_widens(PLAN_TIMESTAMPTZ, PLAN_DATE));
    ck_assert(!plan_type_widens(PLAN_TEXT, PLAN_BIGINT));
    ck_assert(!plan_type_widens(PLAN_TYPE_COUNT, PLAN_TEXT));
}

END_TEST

START_TEST(a_bigint_becomes_numeric)
{
    ddl_widen_type(&sql, "acme", "orders", "total", PLAN_BIGINT, PLAN_NUMERIC);
    ck_assert_str_eq(written(), "ALTER TABLE \"acme\".\"orders\" ALTER COLUMN "
                                "\"total\" TYPE numeric;");
}

END_TEST

/* Conversions do not depend on the session's DateStyle and TimeZone. */
static const struct {
    enum plan_type from;
    enum plan_type to;
    const char *type;
} converted[] = {
    {PLAN_DATE, PLAN_TIMESTAMPTZ,
     "timestamptz USING \"at\"::timestamp AT TIME ZONE 'UTC'"},
    {PLAN_DATE, PLAN_TEXT, "text USING to_char(\"at\", 'YYYY-MM-DD')"},
    {PLAN_TIMESTAMPTZ, PLAN_TEXT,
     "text USING rtrim(rtrim(to_char(\"at\" AT TIME ZONE 'UTC', "
     "'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"},
    {PLAN_JSONB, PLAN_TEXT, "text USING \"at\" #>> '{}'"},
    {PLAN_INET, PLAN_TEXT, "text USING abbrev(\"at\")"},
};

START_TEST(times_convert_by_fixed_formats)
{
    struct buf expected = buf_with_ceiling(4096);

    buf_printf(&expected,
               "ALTER TABLE \"acme\".\"orders\" ALTER COLUMN \"at\" TYPE %s;",
               converted[_i].type);
    ddl_widen_type(&sql, "acme", "orders", "at", converted[_i].from,
                   converted[_i].to);
    ck_assert_str_eq(written(), buf_str(&expected));
    buf_free(&expected);
}

END_TEST

START_TEST(numbers_become_gids_again)
{
    ddl_widen_gid(&sql, "acme", "orders", "id", "Order");
    ck_assert_str_eq(written(),
                     "ALTER TABLE \"acme\".\"orders\" ALTER COLUMN \"id\" TYPE "
                     "text USING 'gid://shopify/Order/' || \"id\"::text;");
    ddl_widen_gid(&sql, "acme", "orders", "id", NULL);
    ck_assert_str_eq(written(),
                     "ALTER TABLE \"acme\".\"orders\" ALTER COLUMN \"id\" TYPE "
                     "text USING \"id\"::text;");
}

END_TEST

START_TEST(readers_are_granted_select)
{
    ddl_grant_select(&sql, "acme", "orders", "Meta base");
    ck_assert_str_eq(written(),
                     "GRANT SELECT ON \"acme\".\"orders\" TO \"Meta base\";");
}

END_TEST

/* ---- merging ------------------------------------------------------------ */

static struct merge_sql_target
target_of(int table)
{
    static const char *const stages_of[] = {"s1", "s2", "s3", "s4", "s5", "s6"};

    return (struct merge_sql_target){.table = &plan->tables[table],
                                     .schema = "acme",
                                     .stage = stages_of[table],
                                     .changes = "c"};
}

static const struct {
    const char *text;
    int table;
    const char *statement;
} statements[] = {
    {sql_count_staged, ORDERS, "SELECT count(*) FROM \"acme\".\"s1\""},
    {sql_delete_lines, ORDERS,
     "DELETE FROM \"acme\".\"s1\" WHERE _line = ANY ($1::bigint[])"},
    {sql_delete_duplicates, ORDERS,
     "DELETE FROM \"acme\".\"s1\" AS s USING (SELECT ctid AS place, "
     "row_number() OVER (PARTITION BY \"id\" ORDER BY _line DESC) AS n FROM "
     "\"acme\".\"s1\") AS d WHERE s.ctid = d.place AND d.n > 1"},
    {sql_delete_duplicates, LINE_ITEMS,
     "DELETE FROM \"acme\".\"s2\" AS s USING (SELECT ctid AS place, "
     "row_number() OVER (PARTITION BY \"_parent_id\", \"id\" ORDER BY _line "
     "DESC) AS n FROM \"acme\".\"s2\") AS d WHERE s.ctid = d.place AND d.n "
     "> 1"},
    {sql_delete_duplicates, TRANSACTIONS,
     "DELETE FROM \"acme\".\"s5\" AS s USING (SELECT ctid AS place, "
     "row_number() OVER (PARTITION BY \"_parent_id\", \"id\" ORDER BY _line "
     "DESC, _pos DESC) AS n FROM \"acme\".\"s5\") AS d WHERE s.ctid = "
     "d.place AND d.n > 1"},
    {sql_set_ordinals, TAX_LINES,
     "UPDATE \"acme\".\"s3\" AS s SET _ordinal = d.n - 1 FROM (SELECT ctid "
     "AS place, row_number() OVER (PARTITION BY \"line_item\" ORDER BY "
     "_line, _pos) AS n FROM \"acme\".\"s3\") AS d WHERE s.ctid = d.place"},
    {sql_set_ordinals, DISCOUNTS,
     "UPDATE \"acme\".\"s4\" AS s SET _ordinal = d.n - 1 FROM (SELECT ctid "
     "AS place, row_number() OVER (PARTITION BY \"_parent_id\" ORDER BY "
     "_line) AS n FROM \"acme\".\"s4\") AS d WHERE s.ctid = d.place"},
    {sql_delete_gone, ORDERS,
     "DELETE FROM ONLY \"acme\".\"orders\" AS t WHERE NOT EXISTS (SELECT FROM "
     "\"acme\".\"s1\" AS s WHERE s.\"id\" = t.\"id\")"},
    {sql_delete_gone, LINE_ITEMS,
     "DELETE FROM ONLY \"acme\".\"orders_line_items\" AS t WHERE NOT EXISTS "
     "(SELECT FROM \"acme\".\"s2\" AS s WHERE s.\"_parent_id\" = "
     "t.\"_parent_id\" AND s.\"id\" = t.\"id\")"},
    {sql_delete_gone, TAX_LINES,
     "DELETE FROM ONLY \"acme\".\"orders_line_items_tax_lines\" AS t WHERE NOT "
     "EXISTS (SELECT FROM \"acme\".\"s3\" AS s WHERE s.\"line_item\" = "
     "t.\"line_item\" AND s.\"_ordinal\" = t.\"_ordinal\")"},
    {sql_delete_gone, DISCOUNTS,
     "DELETE FROM ONLY \"acme\".\"orders_discount_applications\" AS t WHERE "
     "NOT "
     "EXISTS (SELECT FROM \"acme\".\"s4\" AS s WHERE s.\"_parent_id\" = "
     "t.\"_parent_id\" AND s.\"_ordinal\" = t.\"_ordinal\")"},
    {sql_list_changes, ORDERS,
     "CREATE UNLOGGED TABLE \"acme\".\"c\" AS SELECT s.ctid AS place, "
     "t.\"id\" IS NULL AS is_new FROM \"acme\".\"s1\" AS s LEFT JOIN "
     "ONLY \"acme\".\"orders\" AS t ON s.\"id\" = t.\"id\" WHERE t.\"id\" IS "
     "NULL OR "
     "t._hash IS DISTINCT FROM s._hash"},
    {sql_count_changes, ORDERS,
     "SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT "
     "is_new), 0 FROM \"acme\".\"c\""},
    {sql_update_changed, LINE_ITEMS,
     "UPDATE ONLY \"acme\".\"orders_line_items\" AS t SET \"title\" = "
     "s.\"title\", \"customer_id\" = s.\"customer_id\", \"_hash\" = "
     "s.\"_hash\", _loaded_at = $1::timestamptz FROM (SELECT s.* FROM "
     "\"acme\".\"s2\" AS s, \"acme\".\"c\" AS c WHERE NOT c.is_new AND "
     "s.ctid = c.place OFFSET 0) AS s WHERE s.\"_parent_id\" = "
     "t.\"_parent_id\" AND s.\"id\" = t.\"id\""},
    {sql_insert_new, DISCOUNTS,
     "INSERT INTO \"acme\".\"orders_discount_applications\" AS t "
     "(\"_parent_id\", \"_ordinal\", \"index\", \"_typename\", \"_hash\", "
     "_loaded_at) SELECT s.\"_parent_id\", s.\"_ordinal\", s.\"index\", "
     "s.\"_typename\", s.\"_hash\", $1::timestamptz FROM \"acme\".\"s4\" AS "
     "s, \"acme\".\"c\" AS c WHERE c.is_new AND s.ctid = c.place"},
};

START_TEST(statements_are_word_for_word)
{
    struct merge_sql_target target = target_of(statements[_i].table);

    merge_sql(&sql, statements[_i].text, &target, NULL);
    ck_assert_str_eq(written(), statements[_i].statement);
}

END_TEST

START_TEST(written_rows_are_compared_with_staging)
{
    struct merge_sql_target orders = target_of(ORDERS);
    struct merge_sql_target lines = target_of(LINE_ITEMS);

    orders.has_mark = true;
    merge_sql(&sql, sql_count_unwritten, &orders, NULL);
    ck_assert_str_eq(
        written(),
        "SELECT count(*) FILTER (WHERE s.is_new), count(*) FILTER (WHERE NOT "
        "s.is_new) FROM (SELECT s.*, c.is_new FROM \"acme\".\"s1\" AS s, "
        "\"acme\".\"c\" AS c WHERE s.ctid = c.place OFFSET 0) AS s WHERE NOT "
        "EXISTS (SELECT FROM ONLY \"acme\".\"orders\" AS t WHERE s.\"id\" = "
        "t.\"id\" AND t._hash IS NOT DISTINCT FROM s._hash AND "
        "t._deleted_at IS NULL)");
    merge_sql(&sql, sql_count_gone, &orders, NULL);
    ck_assert_str_eq(written(),
                     "SELECT count(*) FROM ONLY \"acme\".\"orders\" AS t "
                     "WHERE NOT EXISTS (SELECT FROM \"acme\".\"s1\" AS s "
                     "WHERE s.\"id\" = t.\"id\")");
    merge_sql(&sql, sql_count_below, &lines, &orders);
    ck_assert_str_eq(
        written(),
        "SELECT count(*) FROM ONLY \"acme\".\"orders_line_items\" AS t, "
        "(SELECT DISTINCT \"id\" AS id FROM \"acme\".\"s1\") AS p WHERE "
        "t.\"_parent_id\" = p.id AND NOT EXISTS (SELECT FROM \"acme\".\"s2\" "
        "AS s WHERE s.\"_parent_id\" = t.\"_parent_id\" AND s.\"id\" = "
        "t.\"id\")");
}

END_TEST

/* The rows of a partitioned table are in its partitions: no ONLY. */
START_TEST(a_partitioned_table_is_read_whole)
{
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        struct merge_sql_target target = target_of(statements[i].table);

        target.is_partitioned = true;
        merge_sql(&sql, statements[i].text, &target, NULL);
    }
    ck_assert_ptr_null(strstr(buf_str(&sql), "ONLY"));
}

END_TEST

static const struct {
    int list, parent;
    const char *superseded;
} lists[] = {
    {TAX_LINES, LINE_ITEMS,
     "DELETE FROM \"acme\".\"s3\" AS s USING (SELECT \"id\" AS id, "
     "max(_line) AS last FROM \"acme\".\"s2\" GROUP BY 1 HAVING count(*) > "
     "1) AS d WHERE s.\"line_item\" = d.id AND s._line < d.last"},
    {TRANSACTIONS, ORDERS,
     "DELETE FROM \"acme\".\"s5\" AS s USING (SELECT \"id\" AS id, "
     "max(_line) AS last FROM \"acme\".\"s1\" GROUP BY 1 HAVING count(*) > "
     "1) AS d WHERE s.\"_parent_id\" = d.id AND s._line < d.last"},
    {FEES, TRANSACTIONS,
     "DELETE FROM \"acme\".\"s6\" AS s USING (SELECT \"id\" AS id, "
     "max(ARRAY[_line, _pos]) AS last FROM \"acme\".\"s5\" GROUP BY 1 "
     "HAVING count(*) > 1) AS d WHERE s.\"_parent_id\" = d.id AND "
     "ARRAY[s._line, s._parent_pos] < d.last"},
};

START_TEST(rows_of_lists_are_deleted_with_their_line)
{
    struct merge_sql_target target = target_of(lists[_i].list);
    struct merge_sql_target parent = target_of(lists[_i].parent);

    merge_sql(&sql, sql_delete_superseded, &target, &parent);
    ck_assert_str_eq(written(), lists[_i].superseded);
}

END_TEST

START_TEST(rows_of_lists_in_lists_are_deleted_with_their_parents)
{
    struct merge_sql_target target = target_of(FEES);
    struct merge_sql_target parent = target_of(TRANSACTIONS);

    merge_sql(&sql, sql_delete_orphans, &target, &parent);
    ck_assert_str_eq(written(),
                     "DELETE FROM \"acme\".\"s6\" AS s WHERE NOT EXISTS "
                     "(SELECT FROM \"acme\".\"s5\" AS p WHERE p._line = "
                     "s._line AND p._pos = s._parent_pos)");
}

END_TEST

START_TEST(a_skipped_parent_stages_its_id_for_its_lists)
{
    struct merge_sql_target target, parent;

    build("{ orders @table(skip: true) { edges { node { taxLines @table { "
          "title } } } } }");
    target = target_of(1);
    parent = target_of(0);
    merge_sql(&sql, sql_delete_superseded, &target, &parent);
    ck_assert_str_eq(
        written(),
        "DELETE FROM \"acme\".\"s2\" AS s USING (SELECT \"_id\" AS id, "
        "max(_line) AS last FROM \"acme\".\"s1\" GROUP BY 1 HAVING count(*) > "
        "1) AS d WHERE s.\"_parent_id\" = d.id AND s._line < d.last");
}

END_TEST

/* ---- incremental runs, marks -------------------------------------------- */

START_TEST(rows_that_did_not_come_with_their_parent_are_removed)
{
    struct merge_sql_target target = target_of(LINE_ITEMS);
    struct merge_sql_target parent = target_of(ORDERS);

    merge_sql(&sql, sql_delete_below, &target, &parent);
    ck_assert_str_eq(
        written(),
        "DELETE FROM ONLY \"acme\".\"orders_line_items\" AS t USING (SELECT "
        "DISTINCT \"id\" AS id FROM \"acme\".\"s1\") AS p WHERE "
        "t.\"_parent_id\" = p.id AND NOT EXISTS (SELECT FROM \"acme\".\"s2\" "
        "AS s WHERE s.\"_parent_id\" = t.\"_parent_id\" AND s.\"id\" = "
        "t.\"id\")");
}

END_TEST

START_TEST(ids_of_removed_rows_are_listed_for_tables_below)
{
    struct merge_sql_target target = target_of(LINE_ITEMS);
    struct merge_sql_target parent = target_of(ORDERS);

    target.gone = "s2_gone";
    merge_sql(&sql, sql_list_gone, &target, &parent);
    ck_assert_str_eq(
        written(),
        "INSERT INTO \"acme\".\"s2_gone\" SELECT DISTINCT "
        "t.\"id\" AS id FROM ONLY \"acme\".\"orders_line_items\" AS t, (SELECT "
        "DISTINCT \"id\" AS id FROM \"acme\".\"s1\") AS p WHERE "
        "t.\"_parent_id\" = p.id AND NOT EXISTS (SELECT FROM \"acme\".\"s2\" "
        "AS s WHERE s.\"_parent_id\" = t.\"_parent_id\" AND s.\"id\" = "
        "t.\"id\")");
}

END_TEST

START_TEST(rows_whose_parents_are_gone_are_removed)
{
    struct merge_sql_target target = target_of(TAX_LINES);
    struct merge_sql_target parent = target_of(LINE_ITEMS);

    parent.gone = "s2_gone";
    merge_sql(&sql, sql_delete_orphaned, &target, &parent);
    ck_assert_str_eq(
        written(),
        "DELETE FROM ONLY \"acme\".\"orders_line_items_tax_lines\" AS t USING "
        "\"acme\".\"s2_gone\" AS g WHERE t.\"line_item\" = g.id AND NOT "
        "EXISTS (SELECT FROM ONLY \"acme\".\"orders_line_items\" AS p WHERE "
        "p.\"id\" = g.id)");
}

END_TEST

START_TEST(tables_whose_rows_have_ids_have_marks)
{
    struct merge_sql_target orders, tax_lines;

    build("query @deletes(mode: SOFT) { orders { edges { node { name taxLines "
          "@table { title } } } } }");
    ck_assert(plan->tables[0].marks_deleted);
    ck_assert(!plan->tables[1].marks_deleted);
    orders = target_of(0);
    orders.has_mark = true;
    tax_lines = target_of(1);
    merge_sql(&sql, sql_mark_gone, &orders, NULL);
    merge_sql(&sql, sql_delete_below, &tax_lines, &orders);
    merge_sql(&sql, sql_update_changed, &orders, NULL);
    ck_assert_str_eq(
        written(),
        "UPDATE ONLY \"acme\".\"orders\" AS t SET _deleted_at = "
        "$1::timestamptz, "
        "_loaded_at = $1::timestamptz WHERE t._deleted_at IS NULL AND NOT "
        "EXISTS (SELECT FROM \"acme\".\"s1\" AS s WHERE s.\"id\" = "
        "t.\"id\") "
        "DELETE FROM ONLY \"acme\".\"orders_tax_lines\" AS t USING (SELECT "
        "DISTINCT \"id\" AS id FROM \"acme\".\"s1\") AS p WHERE "
        "t.\"_parent_id\" = p.id AND NOT EXISTS (SELECT FROM "
        "\"acme\".\"s2\" AS s WHERE s.\"_parent_id\" = t.\"_parent_id\" AND "
        "s.\"_ordinal\" = t.\"_ordinal\") "
        "UPDATE ONLY \"acme\".\"orders\" AS t SET \"name\" = s.\"name\", "
        "\"_hash\" = s.\"_hash\", _loaded_at = $1::timestamptz, _deleted_at = "
        "NULL FROM (SELECT s.* FROM \"acme\".\"s1\" AS s, \"acme\".\"c\" AS c "
        "WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) AS s WHERE "
        "s.\"id\" = t.\"id\"");
}

END_TEST

/* _position is set in staging, compared in addition to the hash, and written
 * with the row. */
START_TEST(positions_are_numbered_and_compared)
{
    struct merge_sql_target items;

    build("{ orders { edges { node { id lineItems @position { edges { node { "
          "id } } } } } } }");
    ck_assert(plan->tables[1].has_position);
    items = target_of(1);
    ddl_stage_create(&sql, items.table, "acme", "s2", false);
    merge_sql(&sql, sql_set_ordinals, &items, NULL);
    merge_sql(&sql, sql_list_changes, &items, NULL);
    merge_sql(&sql, sql_update_changed, &items, NULL);
    ck_assert_str_eq(
        written(),
        "CREATE UNLOGGED TABLE \"acme\".\"s2\" ( \"_line\" bigint, "
        "\"_parent_id\" bigint NOT NULL, \"_position\" integer, \"id\" bigint "
        "NOT NULL, \"_hash\" bigint ); UPDATE \"acme\".\"s2\" AS s SET "
        "_position = d.n - 1 FROM (SELECT ctid AS place, row_number() OVER "
        "(PARTITION BY \"_parent_id\" ORDER BY _line) AS n FROM "
        "\"acme\".\"s2\") AS d WHERE s.ctid = d.place CREATE UNLOGGED TABLE "
        "\"acme\".\"c\" AS SELECT s.ctid AS place, t.\"_parent_id\" IS NULL "
        "AS is_new FROM \"acme\".\"s2\" AS s LEFT JOIN ONLY "
        "\"acme\".\"orders_line_items\" AS t ON s.\"_parent_id\" = "
        "t.\"_parent_id\" AND s.\"id\" = t.\"id\" WHERE t.\"_parent_id\" IS "
        "NULL OR t._hash IS DISTINCT FROM s._hash OR t._position IS DISTINCT "
        "FROM s._position UPDATE ONLY \"acme\".\"orders_line_items\" AS t SET "
        "\"_position\" = s.\"_position\", \"_hash\" = s.\"_hash\", _loaded_at "
        "= $1::timestamptz FROM (SELECT s.* FROM \"acme\".\"s2\" AS s, "
        "\"acme\".\"c\" AS c WHERE NOT c.is_new AND s.ctid = c.place OFFSET 0) "
        "AS s WHERE s.\"_parent_id\" = t.\"_parent_id\" AND s.\"id\" = "
        "t.\"id\"");
}

END_TEST

/* ---- counts -------------------------------------------------------------- */

enum { PRODUCTS, VARIANTS, GROUPS, MEDIA, METAFIELDS };

START_TEST(only_staging_has_counts)
{
    ddl_stage_create(&sql, &plan->tables[PRODUCTS], "acme", "s1", false);
    ck_assert_str_eq(written(),
                     "CREATE UNLOGGED TABLE \"acme\".\"s1\" ( \"_line\" "
                     "bigint, \"_count_2\" integer, \"_count_4\" integer, "
                     "\"id\" bigint NOT NULL, \"title\" text, \"_hash\" "
                     "bigint );");
    ddl_stage_promote(&sql, &plan->tables[PRODUCTS], "acme", "s1", "now");
    ck_assert_ptr_nonnull(strstr(buf_str(&sql),
                                 " DROP COLUMN \"_line\", DROP COLUMN "
                                 "\"_count_2\", DROP COLUMN \"_count_4\", ADD "
                                 "COLUMN _loaded_at "));
    buf_clear(&sql);
    ddl_print(&sql, plan, "acme");
    ck_assert_ptr_null(strstr(buf_str(&sql), "_count_"));
    buf_clear(&sql);
    for (int i = PRODUCTS; i <= METAFIELDS; i++) {
        struct merge_sql_target target = target_of(i);

        merge_sql(&sql, sql_update_changed, &target, NULL);
        merge_sql(&sql, sql_insert_new, &target, NULL);
    }
    ck_assert_ptr_null(strstr(buf_str(&sql), "_count_"));
}

END_TEST

#define CUT_HEAD                                                             \
    "SELECT kind, parents, id, counted, came FROM (SELECT *, count(*) OVER " \
    "(PARTITION BY kind) AS parents, row_number() OVER (PARTITION BY kind "  \
    "ORDER BY id) AS n FROM (SELECT CASE WHEN counted > 0 THEN 0 WHEN "      \
    "counted < 0 THEN 1 ELSE 2 END AS kind, id, max(abs(counted)) AS "       \
    "counted, max(coalesce(came, 0)) AS came FROM "
#define CUT_TAIL                                                               \
    " WHERE abs(counted) > coalesce(came, 0) OR (counted IS NULL AND came IN " \
    "(100, 250)) GROUP BY 1, 2) AS d) AS e WHERE n <= 3 ORDER BY kind, id"

START_TEST(counts_are_compared_with_the_rows_that_came)
{
    struct merge_sql_target target = target_of(VARIANTS);
    struct merge_sql_target parent = target_of(PRODUCTS);

    merge_sql(&sql, sql_find_truncated, &target, &parent);
    ck_assert_str_eq(
        written(),
        CUT_HEAD "(SELECT \"_parent_id\" AS id, count(*) AS came FROM "
                 "\"acme\".\"s2\" GROUP BY 1) AS c FULL JOIN (SELECT \"id\" "
                 "AS id, \"_count_2\" AS counted FROM \"acme\".\"s1\") AS p "
                 "USING (id)" CUT_TAIL);
}

END_TEST

START_TEST(parents_without_counts_are_examined)
{
    struct merge_sql_target target = target_of(METAFIELDS);

    merge_sql(&sql, sql_find_truncated, &target, NULL);
    ck_assert_str_eq(written(), CUT_HEAD
                     "(SELECT \"_parent_id\" AS id, count(*) AS came FROM "
                     "\"acme\".\"s5\" GROUP BY 1) AS c CROSS JOIN (SELECT "
                     "NULL::integer AS counted) AS p" CUT_TAIL);
}

END_TEST

static Suite *
ddl_merge_suite(void)
{
    Suite *suite = suite_create("ddl_merge");
    TCase *tests = tcase_create("ddl_merge");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_plan_is_printed_as_ddl);
    tcase_add_loop_test(tests, staging_has_the_columns_that_are_sent, 0,
                        COUNT(stages));
    tcase_add_test(tests, rows_are_inserted_as_one_array);
    tcase_add_test(tests, staging_becomes_the_table);
    tcase_add_test(tests, keys_and_indexes_of_staging_have_the_tables_names);
    tcase_add_test(tests, long_tables_have_short_key_names);
    tcase_add_test(tests, columns_are_added_with_their_index);
    tcase_add_test(tests, types_widen_in_steps);
    tcase_add_test(tests, a_bigint_becomes_numeric);
    tcase_add_loop_test(tests, times_convert_by_fixed_formats, 0,
                        sizeof(converted) / sizeof(converted[0]));
    tcase_add_test(tests, numbers_become_gids_again);
    tcase_add_test(tests, readers_are_granted_select);
    tcase_add_test(tests, written_rows_are_compared_with_staging);
    tcase_add_test(tests, a_partitioned_table_is_read_whole);
    tcase_add_loop_test(tests, statements_are_word_for_word, 0,
                        COUNT(statements));
    tcase_add_loop_test(tests, rows_of_lists_are_deleted_with_their_line, 0,
                        COUNT(lists));
    tcase_add_test(tests,
                   rows_of_lists_in_lists_are_deleted_with_their_parents);
    tcase_add_test(tests, a_skipped_parent_stages_its_id_for_its_lists);
    tcase_add_test(tests, rows_that_did_not_come_with_their_parent_are_removed);
    tcase_add_test(tests, ids_of_removed_rows_are_listed_for_tables_below);
    tcase_add_test(tests, rows_whose_parents_are_gone_are_removed);
    tcase_add_test(tests, tables_whose_rows_have_ids_have_marks);
    tcase_add_test(tests, positions_are_numbered_and_compared);
    suite_add_tcase(suite, tests);
    tests = tcase_create("counts");
    tcase_add_checked_fixture(tests, setup_counted, teardown);
    tcase_add_test(tests, only_staging_has_counts);
    tcase_add_test(tests, counts_are_compared_with_the_rows_that_came);
    tcase_add_test(tests, parents_without_counts_are_examined);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(ddl_merge_suite());
}
