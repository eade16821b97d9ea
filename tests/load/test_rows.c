/* rows: the bytes of a line's row. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "load/binary.h"
#include "load/encode.h"
#include "load/hash.h"
#include "load/rows.h"
#include "support/hex.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

enum { ROW_TYPE = 0x1234, HEADER_BYTES = 20, PARENTS = 0, CHILDREN = 1 };

static struct types types;
static struct plan *plan;
static struct record *record;
static struct loader_table tables[4];
static struct batch batches[4];
static struct rows_widen widen;
static struct err err;
static uint64_t secret;

static void
build(const char *text)
{
    plan = types_plan(&types, text);
    ck_assert_int_le(plan->table_count, 4);
    for (int i = 0; i < plan->table_count; i++) {
        rows_table_init(&tables[i], &plan->tables[i], secret);
        batches[i].bytes = buf_with_ceiling(64 * 1024);
        batch_begin(&batches[i], ROW_TYPE);
        tables[i].batch = &batches[i];
    }
    record = record_new(plan->line_shape);
}

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    memset(tables, 0, sizeof(tables));
    memset(batches, 0, sizeof(batches));
    plan = NULL;
    record = NULL;
    secret = 0;
    types_open(&types, types_path);
}

static void
teardown(void)
{
    for (int i = 0; plan != NULL && i < plan->table_count; i++) {
        rows_table_free(&tables[i]);
        buf_free(&batches[i].bytes);
    }
    record_free(record);
    types_close(&types);
}

/* Put the line as a row of table `index`. `asked_at` is the time at which the
 * operation began; NULL if it is not known. */
static bool
put_asked(int index, const char *line, const char *asked_at)
{
    struct row_source source = {.record = record,
                                .line = 0x0102,
                                .asked_at = ROWS_ASKED_UNKNOWN,
                                .position = 3,
                                .arena = &types.arena};

    if (asked_at != NULL)
        ck_assert(timestamp_parse(span_str(asked_at), &source.asked_at, &err));

    if (!record_parse(record, span_str(line), &err))
        ck_abort_msg("%s", err.message);
    source.parent_id = record_get(record, plan->parent_id_slot);
    widen = (struct rows_widen){NULL, NULL};
    return rows_put(&tables[index], &source, &widen, &err);
}

static bool
put(int index, const char *line)
{
    return put_asked(index, line, NULL);
}

/* `length` bytes of a table's batch from `at`, in hex, in groups of four. */
static const char *
hex(int index, size_t at, size_t length)
{
    ck_assert_uint_le(at + length, batches[index].bytes.length);
    return hex_groups(span_of(batches[index].bytes.bytes + at, length), 4);
}

/* The value of the last column of the last row. */
static const char *
last_hash(int index)
{
    static char copies[8][32];
    static int next;
    char *copy = copies[next++ % 8];

    snprintf(copy, sizeof(copies[0]), "%s",
             hex(index, batches[index].bytes.length - 8, 8));
    return copy;
}

static const char family[] =
    "{ products { edges { node { title variants { edges { node { sku position "
    "} } } } } } }";

START_TEST(a_root_row_has_its_bytes)
{
    build(family);
    ck_assert(
        put(PARENTS, "{\"id\":\"gid://shopify/Product/5\",\"title\":\"T\"}"));
    ck_assert_int_eq(batches[PARENTS].rows, 1);
    ck_assert_str_eq(hex(PARENTS, 0, HEADER_BYTES),
                     "00000001 00000000 00001234 00000000 00000001");
    /* length, number of columns; then for each column: type, length, value */
    ck_assert_str_eq(
        hex(PARENTS, HEADER_BYTES, 57),
        "0000003d 00000004 "
        "00000014 00000008 00000000 00000102 "     /* _line */
        "00000014 00000008 00000000 00000005 "     /* id */
        "00000019 00000001 54000000 14000000 08"); /* title, _hash */
    ck_assert_uint_eq(batches[PARENTS].bytes.length, HEADER_BYTES + 4 + 0x3d);
    batch_seal(&batches[PARENTS]);
    ck_assert_str_eq(hex(PARENTS, 12, 4), "00000001");
}

END_TEST

START_TEST(a_child_row_has_its_parents_id)
{
    build(family);
    ck_assert(put(CHILDREN, "{\"position\":7,\"__parentId\":\"gid://shopify/"
                            "Product/5\",\"id\":\"gid://shopify/"
                            "ProductVariant/6\"}"));
    ck_assert_str_eq(hex(CHILDREN, HEADER_BYTES, 84),
                     "00000058 00000006 "
                     "00000014 00000008 00000000 00000102 " /* _line */
                     "00000014 00000008 00000000 00000005 " /* _parent_id */
                     "00000014 00000008 00000000 00000006 " /* id */
                     "00000019 ffffffff "          /* sku: not in the line */
                     "00000017 00000004 00000007 " /* position */
                     "00000014 00000008");         /* _hash */
    ck_assert_str_eq(plan->tables[0].id_gid->type, "Product");
    ck_assert_str_eq(plan->tables[1].id_gid->type, "ProductVariant");
}

END_TEST

START_TEST(an_interface_row_has_its_type_and_a_list_its_position)
{
    build("{ orders { edges { node { discountApplications { edges { node { "
          "index } } } taxLines @table { title } } } } }");
    ck_assert(put(1, "{\"__typename\":\"ManualDiscountApplication\",\"index\":"
                     "1,\"__parentId\":\"gid://shopify/Order/5\"}"));
    ck_assert_str_eq(hex(1, HEADER_BYTES, 101),
                     "00000069 00000006 "
                     "00000014 00000008 00000000 00000102 "
                     "00000014 00000008 00000000 00000005 "
                     "00000014 ffffffff " /* _ordinal is set later */
                     "00000017 00000004 00000001 "
                     "00000019 00000019 4d616e75 616c4469 73636f75 6e744170 "
                     "706c6963 6174696f 6e000000 14000000 08");
    ck_assert(put(2, "{\"__parentId\":\"gid://shopify/Order/5\"}"));
    ck_assert_str_eq(hex(2, HEADER_BYTES, 76),
                     "00000050 00000006 "
                     "00000014 00000008 00000000 00000102 "
                     "00000017 00000004 00000003 " /* _pos */
                     "00000014 00000008 00000000 00000005 "
                     "00000014 ffffffff 00000019 ffffffff 00000014 00000008");
}

END_TEST

START_TEST(without_a_typename_the_type_is_that_of_the_gid)
{
    build("{ files { edges { node { id } } } }");
    ck_assert(put(0, "{\"id\":\"gid://shopify/Video/5\"}"));
    ck_assert_ptr_nonnull(memmem(batches[0].bytes.bytes,
                                 batches[0].bytes.length,
                                 "\0\0\0\x05Video\0\0\0\x14", 13));
}

END_TEST

/* ---- refused ------------------------------------------------------------ */

static const struct {
    const char *line;
    const char *message;
    const char *code;
} faults[] = {
    {"{}", "the row has no key: id is absent or null", "LINE_KEY"},
    {"{\"id\":null,\"title\":\"t\"}",
     "the row has no key: id is absent or null", "LINE_KEY"},
    {"{\"id\":[]}", "column id: an id must be a string", "LINE_VALUE"},
    {"{\"id\":\"gid://shopify/Product/1?x\"}",
     "column id: the id \"gid://shopify/Product/1?x\" does not have the form "
     "gid://shopify/…/NUMBER",
     "WIDEN"},
    {"{\"id\":\"gid://shopify/Product/1\",\"totalInventory\":\"many\"}",
     "column total_inventory: \"many\" is not an integer", "LINE_VALUE"},
    {"{\"id\":\"gid://shopify/Product/1\",\"createdAt\":\"2026-02-30\"}",
     "column created_at: \"2026-02-30\" is not a timestamp", "LINE_VALUE"},
};

START_TEST(a_refused_row_leaves_the_batch_as_it_was)
{
    size_t before;

    build("{ products { edges { node { id title totalInventory createdAt } } } "
          "}");
    before = batches[0].bytes.length;
    ck_assert(!put(0, faults[_i].line));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert_str_eq(err.code, faults[_i].code);
    ck_assert_uint_eq(batches[0].bytes.length, before);
    ck_assert_int_eq(batches[0].rows, 0);
    if (faults[_i].code[0] != '\0')
        ck_assert_ptr_eq(widen.gid, plan->tables[0].id_gid);
    ck_assert(put(0, "{\"id\":\"gid://shopify/Product/1\"}"));
    ck_assert_int_eq(batches[0].rows, 1);
}

END_TEST

START_TEST(a_row_past_the_ceiling_leaves_the_batch_as_it_was)
{
    char line[1024];
    size_t before;

    build("{ products { edges { node { title } } } }");
    batches[0].bytes.ceiling = 512;
    before = batches[0].bytes.length;
    snprintf(line, sizeof(line),
             "{\"id\":\"gid://shopify/Product/1\",\"title\":\"%0600d\"}", 0);
    ck_assert(!put(0, line));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_eq(err.message, "the row is larger than PostgreSQL accepts");
    ck_assert_uint_eq(batches[0].bytes.length, before);
    ck_assert(put(0, "{\"id\":\"gid://shopify/Product/1\"}"));
    ck_assert_int_eq(batches[0].rows, 1);
}

END_TEST

START_TEST(a_parent_of_another_type_widens_the_parents_domain)
{
    build(family);
    ck_assert(
        put(PARENTS, "{\"id\":\"gid://shopify/Product/5\",\"title\":\"T\"}"));
    ck_assert(!put(CHILDREN,
                   "{\"__parentId\":\"gid://shopify/Collection/5\",\"id\":"
                   "\"gid://shopify/ProductVariant/6\"}"));
    ck_assert_str_eq(err.code, "WIDEN");
    ck_assert_ptr_eq(widen.gid, plan->tables[PARENTS].id_gid);
    ck_assert_int_eq(strncmp(err.message, "column _parent_id: ", 19), 0);
}

END_TEST

START_TEST(every_column_of_a_key_must_have_a_value)
{
    build("{ products { edges { node { variants @table(key: [\"sku\", "
          "\"title\"]) { edges { node { title sku } } } } } } }");
    ck_assert(!put(1, "{\"__parentId\":\"gid://shopify/Product/5\",\"sku\":"
                      "\"s\",\"title\":null}"));
    ck_assert_str_eq(err.message,
                     "the row has no key: title is absent or null");
    ck_assert(put(1, "{\"__parentId\":\"gid://shopify/Product/5\",\"sku\":\"s\""
                     ",\"title\":\"\"}"));
}

END_TEST

/* ---- hashes ------------------------------------------------------------- */

#define PRODUCT "{\"id\":\"gid://shopify/Product/5\",\"title\":\"T\""

static const struct {
    const char *line;
    bool same;
} hashes[] = {
    {PRODUCT ",\"tags\":[1]}", true},
    {"{\"tags\":[1],\"title\":\"\\u0054\",\"id\":\"gid:\\/\\/shopify\\/Product"
     "\\/5\",\"vendor\":null,\"x\":1}",
     true},
    {PRODUCT ",\"tags\":[2]}", false},
    {PRODUCT ",\"tags\":null}", false},
    {PRODUCT "}", false},
    {PRODUCT ",\"tags\":[1],\"vendor\":\"\"}", false},
    {"{\"id\":\"gid://shopify/Product/6\",\"title\":\"T\",\"tags\":[1]}",
     false},
    {"{\"id\":\"gid://shopify/Product/5\",\"vendor\":\"T\",\"tags\":[1]}",
     false},
};

START_TEST(the_hash_depends_on_the_values)
{
    const char *hash;

    build("{ products { edges { node { title vendor tags } } } }");
    ck_assert(put(0, hashes[0].line));
    hash = last_hash(0);
    ck_assert(put(0, hashes[_i].line));
    ck_assert_int_eq(strcmp(last_hash(0), hash) == 0, hashes[_i].same);
}

END_TEST

#define VARIANT_OF(product)                                  \
    "{\"__parentId\":\"gid://shopify/Product/" product "\"," \
    "\"id\":\"gid://shopify/ProductVariant/6\"}"

/* Its key is the parent's id and its own. */
START_TEST(the_hash_follows_the_parent_and_not_the_line)
{
    struct row_source source = {
        .line = 99, .position = 5, .arena = &types.arena};
    char hash[32];

    build(family);
    ck_assert(put(1, VARIANT_OF("5")));
    snprintf(hash, sizeof(hash), "%s", last_hash(1));
    ck_assert(record_parse(record, span_str(VARIANT_OF("5")), &err));
    source.record = record;
    source.parent_id = record_get(record, plan->parent_id_slot);
    ck_assert(rows_put(&tables[1], &source, &widen, &err));
    ck_assert_str_eq(last_hash(1), hash);
    ck_assert(put(1, VARIANT_OF("7")));
    ck_assert_str_ne(last_hash(1), hash);
}

END_TEST

START_TEST(the_hash_follows_the_secret)
{
    char hash[32];

    build("{ products { edges { node { title } } } }");
    ck_assert(put(0, PRODUCT "}"));
    snprintf(hash, sizeof(hash), "%s", last_hash(0));
    teardown();
    setup();
    secret = 1;
    build("{ products { edges { node { title } } } }");
    ck_assert(put(0, PRODUCT "}"));
    ck_assert_str_ne(last_hash(0), hash);
}

END_TEST

/* ---- definitions of hashes ----------------------------------------------- */

static const char *
define(const char *query, uint64_t with)
{
    static char text[HASH_DEFINITION_BYTES];

    hash_definition(&types_plan(&types, query)->tables[0], with, text);
    return text;
}

START_TEST(a_definition_follows_columns_types_and_secret)
{
    static const char query[] = "{ products { edges { node { title } } } }";
    static const char *const others[] = {
        "{ products { edges { node { title vendor } } } }",
        "{ products { edges { node { vendor } } } }",
        "{ products { edges { node { title @column(name: \"name\") } } } }",
        "{ products { edges { node { title @column(type: \"jsonb\") } } } }"};
    char first[HASH_DEFINITION_BYTES];
    struct plan_table *table;

    snprintf(first, sizeof(first), "%s", define(query, 1));
    ck_assert_str_eq(define(query, 1), first);
    ck_assert_str_eq(
        define("{ products { edges { node { title @index } } } }", 1), first);
    ck_assert_str_ne(define(query, 2), first);
    for (int i = 0; i < COUNT(others); i++)
        ck_assert_str_ne(define(others[i], 1), first);
    table = &types_plan(&types, query)->tables[0];
    table->id_gid->whole = true;
    hash_definition(table, 1, (char *)&err.message);
    ck_assert_str_ne(err.message, first);
}

END_TEST

/* ---- rows that the table has --------------------------------------------- */

static struct known_budget budget = {.bytes_left = 1024 * 1024};

/* Compare with the rows put so far, whose hashes are in the batch. */
static void
compare_with(int64_t hash)
{
    struct known *known = known_new(&budget, 1);

    known_add(known, &hash);
    rows_compare(&tables[0], known);
}

START_TEST(a_known_row_is_marked_and_not_sent)
{
    size_t length;

    build("{ products { edges { node { title vendor } } } }");
    ck_assert(put(0, PRODUCT "}"));
    length = batches[0].bytes.length;
    compare_with(tables[0].hash);
    ck_assert(put(0, PRODUCT "}"));
    ck_assert_int_eq(tables[0].mark, KNOWN_FIRST);
    ck_assert_uint_eq(batches[0].bytes.length, length);
    ck_assert_int_eq(batches[0].rows, 1);
    ck_assert_int_eq(known_marked(tables[0].known), 1);
    ck_assert(put(0, PRODUCT ",\"vendor\":\"V\"}"));
    ck_assert_int_eq(tables[0].mark, KNOWN_NOT);
    ck_assert_int_eq(batches[0].rows, 2);
}

END_TEST

START_TEST(a_line_that_is_rejected_takes_its_mark_back)
{
    build("{ products { edges { node { title vendor } } } }");
    ck_assert(put(0, PRODUCT "}"));
    compare_with(tables[0].hash);
    ck_assert(put(0, PRODUCT "}"));
    rows_undo(&tables[0]);
    rows_undo(&tables[0]);
    ck_assert_int_eq(known_marked(tables[0].known), 0);
    ck_assert(put(0, PRODUCT "}"));
    ck_assert_int_eq(tables[0].mark, KNOWN_FIRST);
}

END_TEST

/* By their names: id, title, vendor. */
static void
check_has_value(bool id, bool title, bool vendor)
{
    ck_assert_int_eq(rows_has_value(&tables[0], 0), id);
    ck_assert_int_eq(rows_has_value(&tables[0], 1), title);
    ck_assert_int_eq(rows_has_value(&tables[0], 2), vendor);
}

START_TEST(columns_with_values_are_remembered_of_accepted_lines)
{
    build("{ products { edges { node { id title vendor } } } }");
    compare_with(1);
    check_has_value(false, false, false);
    ck_assert(put(0, PRODUCT "}"));
    check_has_value(false, false, false);
    rows_keep(&tables[0]);
    check_has_value(true, true, false);
    ck_assert(!put(0, "{\"id\":\"gid://shopify/Product/6\",\"vendor\":\"V\","
                      "\"title\":[]}"));
    ck_assert(put(0, PRODUCT "}"));
    rows_keep(&tables[0]);
    check_has_value(true, true, false);
    ck_assert(put(0, PRODUCT ",\"vendor\":\"V\"}"));
    rows_keep(&tables[0]);
    check_has_value(true, true, true);
}

END_TEST

START_TEST(the_hash_depends_on_the_names_of_the_columns)
{
    static char first[32];

    build("{ products { edges { node { title } } } }");
    ck_assert(put(0, PRODUCT "}"));
    snprintf(first, sizeof(first), "%s", last_hash(0));
    teardown();
    setup();
    build("{ products { edges { node { title @column(name: \"name\") } } } }");
    ck_assert(put(0, PRODUCT "}"));
    ck_assert_str_ne(last_hash(0), first);
}

END_TEST

/* ---- counts -------------------------------------------------------------- */

static void
setup_counted(void)
{
    setup();
    types_close(&types);
    types_open(&types, "tests/fakeshop/admin-2026-10.reduced.json");
    build("{ products { edges { node { title variants { edges { node { sku } } "
          "} } } } }");
}

#define ASKED "2026-01-02T03:04:05Z"
#define COUNTED(count, precision) \
    "\"bulkpg_c2\":{\"count\":" count ",\"precision\":\"" precision "\"}"
#define UPDATED(time) ",\"bulkpg_u\":" time

static const struct {
    const char *fields;
    const char *asked_at;
    const char *staged; /* length and value */
} counts[] = {
    /* the count is of a time after the last change */
    {COUNTED("7", "EXACT") UPDATED("\"2026-01-02T03:04:04Z\""), ASKED,
     "00000004 00000007"},
    {COUNTED("0", "EXACT") UPDATED("\"2026-01-02T03:04:04Z\""), ASKED,
     "00000004 00000000"},
    /* it may be of a time before it, or is a lower bound */
    {COUNTED("7", "EXACT") UPDATED("\"2026-01-02T03:04:05Z\""), ASKED,
     "00000004 00000000"},
    {COUNTED("7", "AT_LEAST") UPDATED("\"2026-01-02T03:04:04Z\""), ASKED,
     "00000004 00000000"},
    {"\"bulkpg_c2\":{\"count\":7}", ASKED, "00000004 00000000"},
    /* the time of the last change or of the operation is not known */
    {COUNTED("7", "EXACT"), ASKED, "00000004 fffffff9"},
    {COUNTED("7", "EXACT") UPDATED("null"), ASKED, "00000004 fffffff9"},
    {COUNTED("7", "EXACT") UPDATED("\"lately\""), ASKED, "00000004 fffffff9"},
    {COUNTED("7", "EXACT") UPDATED("\"2026-01-02T03:04:04Z\""), NULL,
     "00000004 fffffff9"},
    /* no count, or a count that cannot be read */
    {"\"title\":null", ASKED, "ffffffff 00000014"},
    {"\"bulkpg_c2\":null", ASKED, "ffffffff 00000014"},
    {"\"bulkpg_c2\":7", ASKED, "ffffffff 00000014"},
    {COUNTED("-1", "EXACT"), ASKED, "ffffffff 00000014"},
    {COUNTED("2147483648", "EXACT"), ASKED, "ffffffff 00000014"},
    {COUNTED("\"seven\"", "EXACT"), ASKED, "ffffffff 00000014"},
    {COUNTED("true", "EXACT"), ASKED, "ffffffff 00000014"},
    {COUNTED("[]", "EXACT"), ASKED, "ffffffff 00000014"},
    {COUNTED("null", "EXACT"), ASKED, "ffffffff 00000014"},
    /* numbers may come as strings */
    {COUNTED("\"7\"", "EXACT"), ASKED, "00000004 fffffff9"},
};

/* Counts, and whether they are negative or not a number. */
static const struct {
    const char *count;
    bool is_odd;
} odd_counts[] = {
    {"7", false},   {"\"7\"", false}, {"0", false},          {"null", false},
    {"-7", true},   {"7.5", true},    {"\"seven\"", true},   {"[]", true},
    {"true", true}, {"\"\"", true},   {"99999999999", true}, {"{}", true},
};

START_TEST(a_count_that_is_not_a_number_is_noticed)
{
    char line[256];

    snprintf(line, sizeof(line),
             "{\"id\":\"gid://shopify/Product/5\",\"bulkpg_c2\":{\"count\":%s,"
             "\"precision\":\"EXACT\"}}",
             odd_counts[_i].count);
    ck_assert(put_asked(PARENTS, line, ASKED));
    ck_assert_uint_eq(tables[PARENTS].odd_counts, odd_counts[_i].is_odd);
}

END_TEST

START_TEST(a_parents_count_is_staged_with_its_certainty)
{
    char line[256];

    snprintf(line, sizeof(line), "{\"id\":\"gid://shopify/Product/5\",%s}",
             counts[_i].fields);
    ck_assert(put_asked(PARENTS, line, counts[_i].asked_at));
    /* the count follows the line number */
    ck_assert_str_eq(
        hex(PARENTS, HEADER_BYTES + 24, 12),
        arena_printf(&types.arena, "00000017 %s", counts[_i].staged));
}

END_TEST

START_TEST(the_hash_does_not_depend_on_counts)
{
    const char *with, *without;

    ck_assert(put_asked(PARENTS,
                        "{\"id\":\"gid://shopify/Product/5\"," COUNTED(
                            "7", "EXACT") UPDATED("\"" ASKED "\"") "}",
                        ASKED));
    with = last_hash(PARENTS);
    ck_assert(put(PARENTS, "{\"id\":\"gid://shopify/Product/5\"}"));
    without = last_hash(PARENTS);
    ck_assert_str_eq(with, without);
    teardown();
    setup();
    build("{ products { edges { node { title } } } }");
    ck_assert(put(PARENTS, "{\"id\":\"gid://shopify/Product/5\"}"));
    ck_assert_str_eq(with, last_hash(PARENTS));
}

END_TEST

START_TEST(a_batch_is_full_by_rows_or_by_bytes)
{
    char line[2048];

    build("{ products { edges { node { title } } } }");
    for (int i = 0; i < BATCH_ROWS; i++) {
        ck_assert(!batch_is_full(&batches[0]));
        ck_assert(put(0, PRODUCT "}"));
    }
    ck_assert(batch_is_full(&batches[0]));
    batches[0].bytes.ceiling = 2 * BATCH_BYTES;
    batch_begin(&batches[0], ROW_TYPE);
    ck_assert_int_eq(batches[0].rows, 0);
    snprintf(line, sizeof(line),
             "{\"id\":\"gid://shopify/Product/1\",\"title\":\"%01500d\"}", 0);
    while (batches[0].bytes.length < BATCH_BYTES) {
        ck_assert(!batch_is_full(&batches[0]));
        ck_assert(put(0, line));
    }
    ck_assert(batch_is_full(&batches[0]));
    ck_assert_int_lt(batches[0].rows, BATCH_ROWS);
    batch_reset(&batches[0]);
    ck_assert_uint_le(batches[0].bytes.capacity, 2 * BATCH_BYTES);
}

END_TEST

static Suite *
rows_suite(void)
{
    Suite *suite = suite_create("rows");
    TCase *tests = tcase_create("rows");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_root_row_has_its_bytes);
    tcase_add_test(tests, a_child_row_has_its_parents_id);
    tcase_add_test(tests,
                   an_interface_row_has_its_type_and_a_list_its_position);
    tcase_add_test(tests, without_a_typename_the_type_is_that_of_the_gid);
    tcase_add_loop_test(tests, a_refused_row_leaves_the_batch_as_it_was, 0,
                        COUNT(faults));
    tcase_add_test(tests, a_row_past_the_ceiling_leaves_the_batch_as_it_was);
    tcase_add_test(tests, a_parent_of_another_type_widens_the_parents_domain);
    tcase_add_test(tests, every_column_of_a_key_must_have_a_value);
    tcase_add_loop_test(tests, the_hash_depends_on_the_values, 0,
                        COUNT(hashes));
    tcase_add_test(tests, the_hash_follows_the_parent_and_not_the_line);
    tcase_add_test(tests, the_hash_follows_the_secret);
    tcase_add_test(tests, a_definition_follows_columns_types_and_secret);
    tcase_add_test(tests, a_known_row_is_marked_and_not_sent);
    tcase_add_test(tests, a_line_that_is_rejected_takes_its_mark_back);
    tcase_add_test(tests, columns_with_values_are_remembered_of_accepted_lines);
    tcase_add_test(tests, the_hash_depends_on_the_names_of_the_columns);
    tcase_add_test(tests, a_batch_is_full_by_rows_or_by_bytes);
    suite_add_tcase(suite, tests);
    tests = tcase_create("counts");
    tcase_add_checked_fixture(tests, setup_counted, teardown);
    tcase_add_loop_test(tests, a_parents_count_is_staged_with_its_certainty, 0,
                        COUNT(counts));
    tcase_add_test(tests, the_hash_does_not_depend_on_counts);
    tcase_add_loop_test(tests, a_count_that_is_not_a_number_is_noticed, 0,
                        COUNT(odd_counts));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(rows_suite());
}
