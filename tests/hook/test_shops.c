/* shops: which sections a webhook is for, its secrets, the jobs of a type. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hook/shops.h"
#include "hook/signature.h"
#include "support/suite.h"

enum { STORES = 6 };

static struct store_config stores[STORES];
static const struct preset *const preset =
    (const struct preset *)(const void *)&stores;
static struct shops shops;

static void
setup(void)
{
    for (size_t i = 0; i < STORES; i++)
        stores[i] = (struct store_config){.enabled = true, .domain = ""};
    stores[0].name = "acme";
    stores[0].domain = "acme.myshopify.com";
    stores[0].client_secret = "one";
    stores[1].name = "source";
    stores[1].preset = preset;
    stores[2].name = "twin";
    stores[2].domain = "acme.myshopify.com";
    stores[2].webhook_secret = "two";
    stores[2].client_secret = "three";
    stores[3].name = "beta";
    stores[3].domain = "beta.myshopify.com";
    stores[4].name = "off";
    stores[4].domain = "acme.myshopify.com";
    stores[4].enabled = false;
    stores[5].name = "here";
    shops_init(&shops, stores, STORES);
}

static void
teardown(void)
{
    shops_free(&shops);
}

/* The reason of a refusal; "" for a request that is taken. */
static const char *
verify(const char *domain, const char *path, const char *secret)
{
    struct span body = span_str("{\"id\":1}");
    char signature[SIGNATURE_TEXT];
    const char *reason = "";
    struct delivery delivery = {
        .domain = span_str(domain), .store = span_str(path), .body = body};

    if (secret[0] != '\0')
        delivery.signature =
            span_str(signature_write(span_str(secret), body, signature));
    if (shops_verify(&shops, &delivery, &reason) != NULL)
        return "";
    return reason;
}

#define ACME "acme.myshopify.com"

START_TEST(each_secret_of_the_domain_is_valid)
{
    ck_assert_uint_eq(shops.count, 3);
    ck_assert_str_eq(verify(ACME, "", "one"), "");
    ck_assert_str_eq(verify(ACME, "", "two"), "");
    ck_assert_str_eq(verify(ACME, "", "three"), "");
    ck_assert_str_eq(verify("ACME.MyShopify.com", "", "one"), "");
    ck_assert_str_eq(verify(ACME, "", "four"), "wrong signature");
    ck_assert_str_eq(verify(ACME, "", ""), "no signature");
    ck_assert_str_eq(verify("beta.myshopify.com", "", "one"), "no secret");
    ck_assert_str_eq(verify("cafe.myshopify.com", "", "one"), "unknown shop");
    ck_assert_str_eq(verify("", "", "one"), "unknown shop");
    ck_assert(shops_has_secret(&shops, &shops.items[0]));
    ck_assert(!shops_has_secret(&shops, &shops.items[2]));
}

END_TEST

START_TEST(the_path_names_a_section_of_the_domain)
{
    ck_assert_str_eq(verify(ACME, "acme", "one"), "");
    ck_assert_str_eq(verify(ACME, "twin", "one"), "");
    ck_assert_str_eq(verify(ACME, "beta", "one"), "wrong store in the path");
    ck_assert_str_eq(verify(ACME, "off", "one"), "wrong store in the path");
    ck_assert_str_eq(verify(ACME, "ACME", "one"), "wrong store in the path");
}

END_TEST

START_TEST(all_sections_of_a_domain_follow_each_other)
{
    const struct shop *shop = shops_next(&shops, span_str(ACME), NULL);

    ck_assert_str_eq(shop->config->name, "acme");
    shop = shops_next(&shops, span_str(ACME), shop);
    ck_assert_str_eq(shop->config->name, "twin");
    ck_assert_ptr_null(shops_next(&shops, span_str(ACME), shop));
}

END_TEST

/* ---- queries ------------------------------------------------------------ */

static void
write_query(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void
begin_folder(void)
{
    char path[] = "/tmp/bulkpg-shops-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
    ck_assert_int_eq(mkdir("queries", 0700), 0);
}

static void
end_folder(void)
{
    char path[100];

    ck_assert_ptr_nonnull(getcwd(path, sizeof(path)));
    ck_assert_int_eq(chdir("/tmp"), 0);
    strcat(path, "/queries");
    rmdir(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

/* "job:Type job:Type" of the first shop, in the order of the files. */
static const char *
jobs(void)
{
    static char text[400];
    const struct shop *shop = &shops.items[0];

    shop_read_jobs(&shops.items[0]);
    text[0] = '\0';
    for (size_t i = 0; i < shop->job_count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, shop->jobs[i].job);
        strcat(text, ":");
        strcat(text, shop->jobs[i].type);
    }
    return text;
}

START_TEST(the_types_of_roots_are_found_in_queries)
{
    begin_folder();
    ck_assert_str_eq(jobs(), "");
    write_query("queries/a.graphql", "{ orders { nodes { id } } }");
    write_query("queries/b.graphql",
                "query { ...F x: products { nodes { id } } }"
                "fragment F on QueryRoot { ... { products { nodes { id } } }"
                "  draftOrders { nodes { id } } ...F }");
    write_query("queries/c.graphql", "{ giftCards { nodes { id } } "
                                     "orders @skip(if: true) { nodes { id } } "
                                     "locations { nodes { orders } } }");
    write_query("queries/d.graphql", "{ orders {");
    ck_assert_str_eq(jobs(), "a:Order b:Product b:DraftOrder c:Location");
    unlink("queries/a.graphql");
    write_query("queries/c.graphql", "{ orders { nodes { id } } }");
    ck_assert_str_eq(jobs(), "b:Product b:DraftOrder c:Order");
    unlink("queries/b.graphql");
    unlink("queries/c.graphql");
    unlink("queries/d.graphql");
    end_folder();
}

END_TEST

START_TEST(queries_that_cannot_be_read_keep_their_types)
{
    begin_folder();
    write_query("queries/a.graphql", "{ orders { nodes { id } } }");
    write_query("queries/b.graphql", "{ products { nodes { id } } }");
    ck_assert_str_eq(jobs(), "a:Order b:Product");
    write_query("queries/a.graphql", "");
    write_query("queries/b.graphql", "{ locations { nodes { id } } }");
    ck_assert_str_eq(jobs(), "a:Order b:Location");
    write_query("queries/a.graphql", "\xff");
    ck_assert_str_eq(jobs(), "a:Order b:Location");
    ck_assert_int_eq(rename("queries", "aside"), 0);
    ck_assert_str_eq(jobs(), "a:Order b:Location");
    ck_assert_int_eq(rename("aside", "queries"), 0);
    unlink("queries/a.graphql");
    ck_assert_str_eq(jobs(), "b:Location");
    unlink("queries/b.graphql");
    ck_assert_str_eq(jobs(), "b:Location");
    end_folder();
}

END_TEST

static Suite *
shops_suite(void)
{
    Suite *suite = suite_create("shops");
    TCase *tests = tcase_create("shops");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_secret_of_the_domain_is_valid);
    tcase_add_test(tests, the_path_names_a_section_of_the_domain);
    tcase_add_test(tests, all_sections_of_a_domain_follow_each_other);
    tcase_add_test(tests, the_types_of_roots_are_found_in_queries);
    tcase_add_test(tests, queries_that_cannot_be_read_keep_their_types);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(shops_suite());
}
