/* hook: a topic of a store has one address. */
#include <check.h>

#include "journal/hook.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct err err;

static void
save(struct journal *journal, const char *store, const char *topic,
     const char *url)
{
    struct journal_hook hook = {store, topic, url,
                                "gid://shopify/WebhookSubscription/1"};

    OK(journal_hook_save(journal, &hook, &err));
}

/* A process may be killed after each statement. */
static void
address_body(void)
{
    struct pg_config config = {
        .dsn = cluster_dsn_as(cluster_database(""), "owner"),
        .application_name = "bulkpg test"};
    struct pg_conn *conn = pg_task_connect(&config);
    struct arena arena = {0};
    struct journal *journal;
    struct journal_hooks hooks;

    OK(journal_open(conn, true, &journal, &err));
    save(journal, "acme", "orders/create", "https://a.example");
    save(journal, "beta", "products/create", "https://a.example");
    save(journal, "acme", "products/create", "https://a.example");
    save(journal, "acme", "products/create", "https://b.example");
    OK(journal_list_hooks(journal, "acme", &arena, &hooks, &err));
    ck_assert_uint_eq(hooks.count, 2);
    ck_assert_str_eq(hooks.items[0].url, "https://a.example");
    ck_assert_str_eq(hooks.items[1].url, "https://b.example");
    OK(journal_list_hooks(journal, "beta", &arena, &hooks, &err));
    ck_assert_uint_eq(hooks.count, 1);
    journal_close(journal);
    pg_close(conn);
    arena_free(&arena);
}

START_TEST(a_topic_has_one_address)
{
    pg_task_run(address_body);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("hook");
    TCase *tests = tcase_create("hook");

    tcase_add_test(tests, a_topic_has_one_address);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
