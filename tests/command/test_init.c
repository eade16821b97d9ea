/* init: the ready queries for pages are valid for the real schemas. */
#include <check.h>
#include <string.h>

#include "command/init.h"
#include "plan/layout.h"
#include "support/pages.h"
#include "support/suite.h"

#define GITHUB   "tests/fakegraph/schemas/github-2026-07.reduced.graphql"
#define SHOPIFY  "tests/fakeshop/admin-2026-10.reduced.json"
#define INFRAHUB "tests/data/sdl/infrahub.graphql"

static struct pages_api api;

static const char *
text_of(const char *name)
{
    struct ready_query query;

    for (size_t i = 0; init_ready_query(i, &query); i++)
        if (span_is(query.name, name))
            return query.text;
    ck_abort_msg("no ready query %s", name);
    return NULL;
}

static const struct {
    const char *name;
    const char *preset;
    const char *schema;
    const char *tables; /* each with its key */
} queries[] = {
    {"payouts", "shopify", SHOPIFY, "payouts(id) balance_transactions(id)"},
    {"refund_line_items", "shopify", SHOPIFY,
     "refund_orders(id) refunds(order_id,id) refund_line_items(refund_id,_ordinal) "
     "refund_shipping_lines(refund_id,id) refund_adjustments(refund_id,id)"},
    {"collection_order", "shopify", SHOPIFY,
     "-collections collection_order(collection_id,product_id)"},
    {"github/issues", "github", GITHUB,
     "issues(id) issue_assignees(issue_id,user_id) "
     "issue_labels(issue_id,label_id) issue_comments(issue_id,id)"},
    {"github/pull_requests", "github", GITHUB,
     "pull_requests(id) pull_request_labels(pull_request_id,label_id) "
     "pull_request_reviews(pull_request_id,id) "
     "pull_request_comments(pull_request_id,id)"},
    {"infrahub/devices", "infrahub", INFRAHUB,
     "devices(id) device_tags(device_id,tag_id)"},
    {"infrahub/interfaces", "infrahub", INFRAHUB,
     "interfaces(id) interface_addresses(interface_id,address_id)"},
};

/* "issues(id) -orders": a table with its key; one that is skipped. */
static void
append_tables(struct buf *text, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        const char *names[LAYOUT_KEY_MAX];
        int count = layout_key(table, names);

        buf_printf(text, "%s%s%s", i > 0 ? " " : "", table->skip ? "-" : "",
                   table->name);
        for (int n = 0; n < count && !table->skip; n++)
            buf_printf(text, "%c%s%s", n == 0 ? '(' : ',', names[n],
                       n == count - 1 ? ")" : "");
    }
}

START_TEST(query_is_valid_for_the_real_schema)
{
    struct buf tables = buf_with_ceiling(4096);

    pages_open(&api, queries[_i].schema, queries[_i].preset);
    if (!pages_plan(&api, text_of(queries[_i].name)))
        ck_abort_msg("%s", api.err.message);
    ck_assert_int_eq(api.plan->paged.way, PLAN_BY_PAGES);
    ck_assert_ptr_nonnull(api.plan->pages);
    append_tables(&tables, api.plan);
    ck_assert_str_eq(buf_str(&tables), queries[_i].tables);
    buf_free(&tables);
    pages_close(&api);
}

END_TEST

START_TEST(every_query_of_a_preset_is_here)
{
    struct ready_query query;

    for (size_t i = 0; init_ready_query(i, &query); i++) {
        int found = memchr(query.name.bytes, '/', query.name.length) == NULL ||
                    span_starts(query.name, "mutations/");

        for (int n = 0; n < COUNT(queries); n++)
            found += span_is(query.name, queries[n].name);
        ck_assert_msg(found > 0, "%.*s", SPAN_ARG(query.name));
    }
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("init");
    TCase *tests = tcase_create("ready queries");

    tcase_add_loop_test(tests, query_is_valid_for_the_real_schema, 0,
                        COUNT(queries));
    tcase_add_test(tests, every_query_of_a_preset_is_here);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
