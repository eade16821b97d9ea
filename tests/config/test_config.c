/* config: every fault names its file and line, and no message contains a
 * secret. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "support/suite.h"

static char folder[] = "/tmp/test_config.XXXXXX";
static struct config config;
static struct err err;

/* No message may contain it. */
static const char *const secret = "hunter2-hunter2";

static void
write_bytes(const char *path, const void *bytes, size_t length, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
    write_bytes(path, text, strlen(text), mode);
}

static void
setup(void)
{
    strcpy(strrchr(folder, '.') + 1, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(mkdir("secrets", 0755), 0);
    ck_assert_int_eq(mkdir("stores.d", 0755), 0);
    write_file("secrets/good", "hunter2-hunter2\n", 0600);
    write_file("secrets/crlf", "hunter2-hunter2\r\n", 0600);
    write_file("secrets/open", "hunter2-hunter2\n", 0644);
    write_file("secrets/empty", "\n", 0600);
    write_file("secrets/two", "hunter2\nhunter2\n", 0600);
    setenv("GOOD", secret, 1);
    setenv("EMPTY", "", 1);
    setenv("TWO", "hunter2\nhunter2", 1);
    unsetenv("MISSING");
    unsetenv("SHOPIFY_ACCESS_TOKEN");
    setenv("CREDENTIALS_DIRECTORY", "secrets", 1);
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    char command[sizeof(folder) + 16];

    config_free(&config);
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Read `text` as bulkpg.ini; frees what was read before. */
static bool
read_text(const char *text)
{
    config_free(&config);
    write_file("bulkpg.ini", text, 0644);
    return config_read(&config, "bulkpg.ini", true, &err);
}

static const struct store_config *
read_store(const char *text)
{
    ck_assert_msg(read_text(text), "%s", err.message);
    ck_assert_uint_ge(config.store_count, 1);
    return &config.stores[config.store_count - 1];
}

static void
ck_no_secret(const struct err *e)
{
    ck_assert_ptr_null(strstr(e->message, "hunter2"));
    ck_assert_ptr_null(strstr(e->hint, "hunter2"));
}

/* ---- valid files ------------------------------------------------------- */

static const char whole[] = "# all there is\n"
                            "[database]\n"
                            "dsn = service=warehouse\n"
                            "connections = 3\n"
                            "readers = analyst, metabase\n"
                            "[store *]\n"
                            "api_version = 2027-01\n"
                            "client_id = app-%s\n"
                            "client_secret = env:GOOD\n"
                            "[store acme]\n"
                            "domain = acme.myshopify.com\n"
                            "\n"
                            "[store beta]\n"
                            "domain = beta\n"
                            "token = file:secrets/good\n"
                            "schema = shop_beta\n"
                            "jobs = products, orders\n"
                            "enabled = yes\n"
                            "[tuning]\n"
                            "poll_initial = 2s\n"
                            "retry_budget = 0\n"
                            "max_delete_fraction = 0.5\n"
                            "max_loads = 4\n"
                            "compare_memory = 2GB\n";

static void
ck_whole(void)
{
    struct store_config *acme, *beta;

    ck_assert_str_eq(config.dsn, "service=warehouse");
    ck_assert_int_eq(config.connections, 3);
    ck_assert_str_eq(config.readers[0], "analyst");
    ck_assert_str_eq(config.readers[1], "metabase");
    ck_assert_ptr_null(config.readers[2]);
    ck_assert_uint_eq(config.store_count, 2);
    acme = config_store(&config, "acme");
    ck_assert_int_eq(acme->fault.kind, ERR_NONE);
    ck_assert_str_eq(acme->section, "bulkpg.ini:10");
    ck_assert_str_eq(acme->base_url, "https://acme.myshopify.com");
    ck_assert_str_eq(acme->api_version, "2027-01");
    ck_assert_str_eq(acme->schema, "acme");
    ck_assert_str_eq(acme->client_id, "app-acme");
    ck_assert_str_eq(acme->client_secret, secret);
    ck_assert_ptr_null(acme->token);
    ck_assert_ptr_null(acme->jobs);
    beta = config_store(&config, "beta");
    ck_assert_int_eq(beta->fault.kind, ERR_NONE);
    ck_assert_str_eq(beta->domain, "beta.myshopify.com");
    ck_assert_str_eq(beta->token, secret);
    ck_assert_ptr_null(beta->client_id);
    ck_assert_ptr_null(beta->client_secret);
    ck_assert_str_eq(beta->schema, "shop_beta");
    ck_assert_str_eq(beta->jobs[1], "orders");
    ck_assert_ptr_null(beta->jobs[2]);
    ck_assert_int_eq(config.tuning.poll_initial_ms, 2000);
    ck_assert_int_eq(config.tuning.retry_budget_ms, 0);
    ck_assert_double_eq(config.tuning.max_delete_fraction, 0.5);
    ck_assert_int_eq(config.tuning.max_loads, 4);
    ck_assert_int_eq(config.tuning.compare_bytes, INT64_C(2) << 30);
    ck_assert_ptr_null(config_store(&config, "gamma"));
}

START_TEST(whole_file_is_read)
{
    ck_assert_msg(read_text(whole), "%s", err.message);
    ck_whole();
}

END_TEST

START_TEST(byte_order_mark_and_crlf_change_nothing)
{
    char text[2 * sizeof(whole) + 3] = "\xef\xbb\xbf";
    size_t length = 3;

    for (const char *c = whole; *c != '\0'; c++) {
        if (*c == '\n')
            text[length++] = '\r';
        text[length++] = *c;
    }
    text[length - 2] =
        '\0'; /* a missing last newline changes nothing, either */
    ck_assert_msg(read_text(text), "%s", err.message);
    ck_whole();
}

END_TEST

static void
ck_defaults(void)
{
    ck_assert_str_eq(config.dsn, "");
    ck_assert_str_eq(config.include, "");
    ck_assert_int_eq(config.connections, 1);
    ck_assert_ptr_null(config.readers[0]);
    ck_assert_uint_eq(config.store_count, 0);
    ck_assert_int_eq(config.tuning.poll_initial_ms, 1000);
    ck_assert_int_eq(config.tuning.poll_max_ms, 30000);
    ck_assert_int_eq(config.tuning.retry_initial_ms, 500);
    ck_assert_int_eq(config.tuning.retry_max_ms, 60000);
    ck_assert_int_eq(config.tuning.retry_budget_ms, 3600000);
    ck_assert_int_eq(config.tuning.stall_timeout_ms, 60000);
    ck_assert_int_eq(config.tuning.request_timeout_ms, 60000);
    ck_assert_str_eq(config.tuning.ca_file, "");
    ck_assert_int_eq(config.tuning.max_rejects, 100);
    ck_assert_double_eq(config.tuning.max_delete_fraction, 0.2);
    ck_assert_int_eq(config.tuning.deadline_ms, 0);
    ck_assert_int_eq(config.tuning.max_loads, 0);
    ck_assert_int_eq(config.tuning.compare_bytes, 64 << 20);
    ck_assert_int_eq(config.tuning.journal_keep_ms, 400 * INT64_C(86400000));
    ck_assert_int_eq(config.tuning.rejects_keep_ms, 30 * INT64_C(86400000));
}

START_TEST(no_file_gives_the_defaults)
{
    ck_assert(config_read(&config, "bulkpg.ini", false, &err));
    ck_assert_ptr_null(config.path);
    ck_defaults();
}

END_TEST

START_TEST(empty_file_gives_the_defaults)
{
    static const char *const texts[] = {"", "\n", "# x", "[database]\n",
                                        "; x\n \n\t\r\n"};

    ck_assert_msg(read_text(texts[_i]), "%s", err.message);
    ck_assert_str_eq(config.path, "bulkpg.ini");
    ck_defaults();
}

END_TEST

START_TEST(long_lines_and_names_are_whole)
{
    char text[8192], dsn[4096], name[64];
    const struct store_config *store;

    memset(dsn, 'd', sizeof(dsn) - 1);
    dsn[sizeof(dsn) - 1] = '\0';
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    snprintf(text, sizeof(text),
             "[database]\ndsn = %s\n[store %s]\ndomain=a\ntoken=env:GOOD\n",
             dsn, name);
    store = read_store(text);
    ck_assert_str_eq(config.dsn, dsn);
    ck_assert_str_eq(store->name, name);
    ck_assert_str_eq(store->schema, name);
    ck_assert_int_eq(store->fault.kind, ERR_NONE);
}

END_TEST

static enum plan_deletes
deletes_of(const char *defaults, const char *own)
{
    char text[512];
    const struct store_config *store;

    snprintf(text, sizeof(text),
             "[store *]\ntoken = env:GOOD\n%s\n[store a]\ndomain = a\n%s\n",
             defaults, own);
    store = read_store(text);
    ck_assert_str_eq(store->fault.message, "");
    return store->deletes;
}

START_TEST(deletes_are_set_for_one_store_or_for_all)
{
    ck_assert_int_eq(deletes_of("", ""), PLAN_DELETES_HARD);
    ck_assert_int_eq(deletes_of("deletes = soft", ""), PLAN_DELETES_SOFT);
    ck_assert_int_eq(deletes_of("deletes = soft", "deletes = keep"),
                     PLAN_DELETES_KEEP);
    ck_assert_int_eq(deletes_of("deletes = KEEP", "deletes = hard"),
                     PLAN_DELETES_HARD);
    ck_assert_str_eq(
        read_store("[store a]\ndomain = a\ntoken = env:GOOD\ndeletes = yes\n")
            ->fault.message,
        "bulkpg.ini:4: deletes: \"yes\" is not hard, soft or keep");
}

END_TEST

static const struct address {
    const char *key;
    const char *value;
    const char *base_url; /* or the message after "bulkpg.ini:3: key: " */
    bool ok;
} addresses[] = {
    {"domain", "acme", "https://acme.myshopify.com", true},
    {"domain", "ACME.MyShopify.com", "https://acme.myshopify.com", true},
    {"domain", "https://acme.myshopify.com", "https://acme.myshopify.com",
     true},
    {"domain", "https://acme.myshopify.com/admin", "https://acme.myshopify.com",
     true},
    {"domain", "https://admin.shopify.com/store/acme",
     "https://acme.myshopify.com", true},
    {"domain", "https://admin.shopify.com/store/acme/products?x=1",
     "https://acme.myshopify.com", true},
    {"domain", "admin.shopify.com/store/acme/", "https://acme.myshopify.com",
     true},
    {"domain", "www.acme.com", "\"www.acme.com\" is not a store's domain",
     false},
    {"domain", "http://acme.myshopify.com",
     "\"http://acme.myshopify.com\" is not a store's domain", false},
    {"domain", "acme.myshopify.com.evil.example",
     "\"acme.myshopify.com.evil.example\" is not a store's domain", false},
    {"domain", "evil.example/acme.myshopify.com",
     "\"evil.example/acme.myshopify.com\" is not a store's domain", false},
    {"domain", "evil.example#.myshopify.com",
     "\"evil.example#.myshopify.com\" is not a store's domain", false},
    {"domain", "a@acme.myshopify.com", "the value is not a store's domain",
     false},
    {"domain", "shpat_hunter2.", "the value is not a store's domain", false},
    {"domain", "", "\"\" is not a store's domain", false},
    {"endpoint", "http://127.0.0.1:8080", "http://127.0.0.1:8080", true},
    {"endpoint", "http://127.9.9.9/", "http://127.9.9.9", true},
    {"endpoint", "http://[::1]:80/a/b//", "http://[::1]:80/a/b", true},
    {"endpoint", "http://localhost", "http://localhost", true},
    {"endpoint", "https://proxy.example:8443/shop",
     "https://proxy.example:8443/shop", true},
    {"endpoint", "http://proxy.example",
     "\"http://proxy.example\" is not on this machine: plain "
     "http is only for loopback addresses; use https",
     false},
    {"endpoint", "http://127.0.0.1.example",
     "\"http://127.0.0.1.example\" is not on this machine: plain "
     "http is only for loopback addresses; use https",
     false},
    {"endpoint", "http://127.0.0.1@evil.example",
     "the value is not an address: write https://HOST[:PORT][/PATH]", false},
    {"endpoint", "https://a:b/",
     "\"https://a:b/\" is not an address: write https://HOST[:PORT][/PATH]",
     false},
    {"endpoint", "https://a:",
     "\"https://a:\" is not an address: write https://HOST[:PORT][/PATH]",
     false},
    {"endpoint", "https://a:65536",
     "\"https://a:65536\" is not an address: write https://HOST[:PORT][/PATH]",
     false},
    {"endpoint", "https://[::1",
     "\"https://[::1\" is not an address: write https://HOST[:PORT][/PATH]",
     false},
    {"endpoint", "https://a/b?c",
     "\"https://a/b?c\" is not an address: write https://HOST[:PORT][/PATH]",
     false},
    {"endpoint", "https://",
     "\"https://\" is not an address: write https://HOST[:PORT][/PATH]", false},
    {"endpoint", "ftp://a",
     "\"ftp://a\" is not an address: it must begin with https://", false},
};

enum { ADDRESSES = sizeof(addresses) / sizeof(addresses[0]) };

START_TEST(addresses_are_accepted_or_refused)
{
    const struct address *address = &addresses[_i];
    const struct store_config *store;
    char text[512], message[512];

    snprintf(text, sizeof(text), "[store acme]\ntoken = env:GOOD\n%s = %s\n",
             address->key, address->value);
    store = read_store(text);
    if (address->ok) {
        ck_assert_str_eq(store->fault.message, "");
        ck_assert_str_eq(store->base_url, address->base_url);
        return;
    }
    snprintf(message, sizeof(message), "bulkpg.ini:3: %s: %s", address->key,
             address->base_url);
    ck_assert_int_eq(store->fault.kind, ERR_CONFIG);
    ck_assert_str_eq(store->fault.message, message);
    ck_no_secret(&store->fault);
}

END_TEST

/* ---- faults of the file ------------------------------------------------ */

static const struct fault {
    const char *text;
    const char *message;
} faults[] = {
    {"dsn = x\n", "bulkpg.ini:1: text outside of a section"},
    {"# x\n\nx\n[database]\n", "bulkpg.ini:3: text outside of a section"},
    {"[database]\n[stores]\n", "bulkpg.ini:2: unknown section [stores]"},
    {"[Database]\n", "bulkpg.ini:1: unknown section [Database]"},
    {"[store]\n", "bulkpg.ini:1: unknown section [store]"},
    {"[default]\nx = 1\n", "bulkpg.ini:1: unknown section [default]"},
    {"[]\n", "bulkpg.ini:1: [] is not a section: a name has letters, "
             "digits, _ and -"},
    {"[tuning\n", "bulkpg.ini:1: the line of a section must end with \"]\""},
    {"[tuning] # x\n",
     "bulkpg.ini:1: the line of a section must end with \"]\""},
    {"[store a.b]\n", "bulkpg.ini:1: [store a.b] is not a section: a name has "
                      "letters, digits, _ and -"},
    {"[store a b]\n", "bulkpg.ini:1: \"a b\" is not a store's name: 1 to 63 "
                      "letters, digits, _ and -"},
    {"[database]\nx\n", "bulkpg.ini:2: a line must be \"key = value\""},
    {"[database]\n = 1\n", "bulkpg.ini:2: a line must not be indented"},
    {"[database]\n= 1\n", "bulkpg.ini:2: the key before the \"=\" is missing"},
    {"[database]\nconnections = 1\n dsn = x\n",
     "bulkpg.ini:3: a line must not be indented"},
    {"[database]\n\tdsn = x\n", "bulkpg.ini:2: a line must not be indented"},
    {"[database]\nd.n = x\n",
     "bulkpg.ini:2: a key may have only letters, digits, _ and -"},
    {"[database]\n\ndns = x\n",
     "bulkpg.ini:3: unknown key \"dns\" in [database]"},
    {"[database]\nDSN = x\n",
     "bulkpg.ini:2: unknown key \"DSN\" in [database]"},
    {"[tuning]\ndsn = x\n", "bulkpg.ini:2: unknown key \"dsn\" in [tuning]"},
    {"[store *]\nscheme = x\n",
     "bulkpg.ini:2: unknown key \"scheme\" in [store *]"},
    {"[database]\ndsn = x\n# c\ndsn = y\n",
     "bulkpg.ini:4: dsn appears twice, first at bulkpg.ini:2"},
    {"[tuning]\nmax_loads = 1\nMAX_LOADS = 1\n",
     "bulkpg.ini:3: max_loads appears twice, first at bulkpg.ini:2"},
    {"[tuning]\n[database]\n[tuning]\n",
     "bulkpg.ini:3: section [tuning] appears twice, first at bulkpg.ini:1"},
    {"[store a]\n[store b]\n[store a]\n",
     "bulkpg.ini:3: section [store a] appears twice, first at bulkpg.ini:1"},
    {"[store a]\n[store A]\n",
     "bulkpg.ini:2: section [store A] appears twice, first at bulkpg.ini:1"},
    {"[store a]\n[store  a]\n",
     "bulkpg.ini:2: section [store  a] appears twice, first at bulkpg.ini:1"},
    {"[store *]\n[store  *]\n",
     "bulkpg.ini:2: section [store  *] appears twice, first at bulkpg.ini:1"},
    {"[database]\nconnections = 0\n",
     "bulkpg.ini:2: connections: \"0\" is not a number from 1 to 64"},
    {"[database]\nconnections = many\n",
     "bulkpg.ini:2: connections: \"many\" is not a number from 1 to 64"},
    {"[database]\nconnections =\n",
     "bulkpg.ini:2: connections: the value is missing"},
    {"[database]\nreaders = a,,b\n",
     "bulkpg.ini:2: readers: \"a,,b\" is not a list of roles, such as analyst, "
     "metabase"},
    {"[database]\ndsn = \xff\n", "bulkpg.ini:2: the file is not UTF-8 text"},
    {"[database]\ninclude = nothing.ini\n",
     "bulkpg.ini: include: file nothing.ini does not exist"},
    {"[database]\ninclude = stores.d\n", "stores.d is not a regular file"},
    {"[tuning]\npoll_max = 5x\n",
     "bulkpg.ini:2: poll_max: \"5x\" is not a duration, such as 500ms, 5s, 5m, "
     "20h or 7d"},
    {"[tuning]\npoll_max = 0\n",
     "bulkpg.ini:2: poll_max: \"0\" is too small: it must be more than 0"},
    {"[tuning]\n\npoll_max = 10ms\n",
     "bulkpg.ini:3: poll_initial is longer than poll_max"},
    {"[tuning]\nretry_max = 1s\nretry_initial = 2s\n",
     "bulkpg.ini:3: retry_initial is longer than retry_max"},
    {"[tuning]\nmax_rejects = -1\n",
     "bulkpg.ini:2: max_rejects: \"-1\" is not a whole number, 0 or more"},
    {"[tuning]\nmax_rejects = 99999999999999999999\n",
     "bulkpg.ini:2: max_rejects: \"99999999999999999999\" is not "
     "a whole number, 0 or more"},
    {"[tuning]\ncompare_memory = 64mb\n",
     "bulkpg.ini:2: compare_memory: \"64mb\" is not a size, such as 0, 512kB, 64MB "
     "or 2GB"},
    {"[tuning]\ncompare_memory = MB\n",
     "bulkpg.ini:2: compare_memory: \"MB\" is not a size, such as 0, 512kB, 64MB "
     "or 2GB"},
    {"[tuning]\ncompare_memory = 9999999999GB\n",
     "bulkpg.ini:2: compare_memory: \"9999999999GB\" is not a size, such as 0, "
     "512kB, 64MB or 2GB"},
    {"[tuning]\nmax_delete_fraction = 20%\n",
     "bulkpg.ini:2: max_delete_fraction: \"20%\" is not a number from 0 to 1"},
    {"[tuning]\nmax_delete_fraction = 1.5\n",
     "bulkpg.ini:2: max_delete_fraction: \"1.5\" is not a number from 0 to 1"},
    {"[store *]\napi_version = 2026-11\n",
     "bulkpg.ini:2: api_version: \"2026-11\" is not an API version, such as "
     "2026-10"},
    {"[store *]\nclient_secret = hunter2-hunter2\n",
     "bulkpg.ini:2: client_secret: the value must name a secret, "
     "not contain it"},
    {"[store *]\ntoken = env:GOOD\ntoken = env:GOOD\n",
     "bulkpg.ini:3: token appears twice, first at bulkpg.ini:2"},
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

START_TEST(fault_of_the_file_names_its_line)
{
    ck_assert(!read_text(faults[_i].text));
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_no_secret(&err);
}

END_TEST

START_TEST(file_that_cannot_be_read_is_named)
{
    char folder_now[512], message[600];

    ck_assert(!config_read(&config, "bulkpg.ini", true, &err));
    ck_assert_ptr_nonnull(getcwd(folder_now, sizeof(folder_now)));
    snprintf(message, sizeof(message), "cannot find bulkpg.ini in %s",
             folder_now);
    ck_assert_str_eq(err.message, message);
    ck_assert_str_eq(err_remedy(&err),
                     "create one with bulkpg init, or name its folder with "
                     "-C DIR");
    ck_assert(!config_read(&config, "secrets", false, &err));
    ck_assert_str_eq(err.message, "secrets is not a regular file");
    write_bytes("bulkpg.ini", "[database]\ndsn = a\0b\n", 21, 0644);
    ck_assert(!config_read(&config, "bulkpg.ini", true, &err));
    ck_assert_str_eq(err.message, "bulkpg.ini:2: the file is not UTF-8 text");
}

END_TEST

START_TEST(too_long_file_is_refused)
{
    size_t length = 1024 * 1024 + 1;
    char *text = malloc(length + 1);

    memset(text, '#', length);
    text[length] = '\0';
    ck_assert(!read_text(text));
    ck_assert_str_eq(err.message, "bulkpg.ini is over 1 MiB long");
    free(text);
}

END_TEST

/* ---- faults of one store ----------------------------------------------- */

static const struct fault store_faults[] = {
    {"token = env:GOOD", "bulkpg.ini:4: store acme has no domain"},
    {"domain = acme", "bulkpg.ini:4: store acme has no credentials"},
    {"domain = acme\nclient_id = x",
     "bulkpg.ini:4: store acme has no client_secret"},
    {"domain = acme\nclient_secret = env:GOOD",
     "bulkpg.ini:4: store acme has no client_id"},
    {"domain = acme\nrefresh_token = file:secrets/good",
     "bulkpg.ini:4: store acme has no client_id"},
    {"domain = acme\ntoken = env:GOOD\nclient_id = x",
     "bulkpg.ini:6: token: a client is given, too"},
    {"domain = acme\ntoken = env:GOOD\nrefresh_token = file:secrets/good",
     "bulkpg.ini:6: token: a client is given, too"},
    {"token = hunter2-hunter2",
     "bulkpg.ini:5: token: the value must name a secret, not contain it"},
    {"token = env:shpat_hunter2",
     "bulkpg.ini:5: token: the value must name a secret, not contain it"},
    {"client_id = shpss_hunter2",
     "bulkpg.ini:5: client_id: the value must name a secret, not contain it"},
    {"token =", "bulkpg.ini:5: token: the value is missing"},
    {"token = env:", "bulkpg.ini:5: token: the name after env: is missing"},
    {"token = env:a=b",
     "bulkpg.ini:5: token: the text after env: is not a variable's name"},
    {"token = cred:../good",
     "bulkpg.ini:5: token: the name after cred: must not contain \"/\""},
    {"domain = acme\ntoken = env:MISSING",
     "bulkpg.ini:6: token: environment variable MISSING is not set"},
    {"domain = acme\ntoken = env:EMPTY",
     "bulkpg.ini:6: token: environment variable EMPTY is empty"},
    {"domain = acme\ntoken = env:TWO",
     "bulkpg.ini:6: token: environment variable TWO contains a line break or "
     "another control character"},
    {"domain = acme\ntoken = file:secrets/missing",
     "bulkpg.ini:6: token: cannot read file secrets/missing: No such file or "
     "directory"},
    {"domain = acme\ntoken = file:secrets",
     "bulkpg.ini:6: token: secrets is not a regular file"},
    {"domain = acme\ntoken = file:secrets/empty",
     "bulkpg.ini:6: token: file secrets/empty is empty"},
    {"domain = acme\ntoken = file:secrets/two",
     "bulkpg.ini:6: token: file secrets/two contains a line break or another "
     "control character"},
    {"domain = acme\ntoken = file:secrets/open",
     "bulkpg.ini:6: token: file secrets/open can be read by others (mode "
     "0644)"},
    {"domain = acme\ntoken = cred:missing",
     "bulkpg.ini:6: token: cannot read file secrets/missing: No such file or "
     "directory"},
    {"domain = acme\nclient_id = env:MISSING\nclient_secret = env:GOOD",
     "bulkpg.ini:6: client_id: environment variable MISSING is not set"},
    {"domain = acme\nclient_id = x\nclient_secret = env:GOOD\n"
     "refresh_token = env:GOOD",
     "bulkpg.ini:8: refresh_token: a refresh token must be "
     "file:PATH, because bulkpg rewrites it"},
    {"domain = acme\nclient_id = x\nclient_secret = env:GOOD\n"
     "refresh_token = file:secrets/none",
     "bulkpg.ini:8: refresh_token: cannot read file secrets/none: No such "
     "file or directory"},
    {"api_version = 2025-10",
     "bulkpg.ini:5: api_version: \"2025-10\" is too old: 2026-01 or later is "
     "needed"},
    {"api_version = latest",
     "bulkpg.ini:5: api_version: \"latest\" is not an API version, such as "
     "2026-10"},
    {"schema = pg_x",
     "bulkpg.ini:5: schema: \"pg_x\" is a schema of PostgreSQL itself"},
    {"schema = bulkpg",
     "bulkpg.ini:5: schema: \"bulkpg\" is the schema of the journal"},
    {"jobs = a,b c",
     "bulkpg.ini:5: jobs: \"a,b c\" is not a list of jobs, such as products, "
     "orders"},
    {"jobs =", "bulkpg.ini:5: jobs: the value is missing"},
    {"enabled = perhaps",
     "bulkpg.ini:5: enabled: \"perhaps\" is neither yes nor no"},
    {"domian = acme", "bulkpg.ini:5: unknown key \"domian\" in [store acme]"},
    {"domain = acme\ndomain = acme",
     "bulkpg.ini:6: domain appears twice, first at bulkpg.ini:5"},
    {"domain = acme\n token = env:GOOD",
     "bulkpg.ini:6: a line must not be indented"},
    {"domain = acme\nhunter2-hunter2",
     "bulkpg.ini:6: a line must be \"key = value\""},
};

enum { STORE_FAULTS = sizeof(store_faults) / sizeof(store_faults[0]) };

START_TEST(fault_of_a_store_stays_in_that_store)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "[store good]\ndomain = good\ntoken = env:GOOD\n"
             "[store acme]\n%s\n",
             store_faults[_i].text);
    ck_assert_msg(read_text(text), "%s", err.message);
    ck_assert_int_eq(config.stores[0].fault.kind, ERR_NONE);
    ck_assert_int_eq(config.stores[1].fault.kind, ERR_CONFIG);
    ck_assert_str_eq(config.stores[1].fault.message, store_faults[_i].message);
    ck_assert_ptr_null(config.stores[1].token);
    ck_assert_ptr_null(config.stores[1].client_secret);
    ck_no_secret(&config.stores[1].fault);
}

END_TEST

START_TEST(wrong_switch_does_not_disable_the_store)
{
    const struct store_config *store =
        read_store("[store a]\ndomain = a\ntoken = env:GOOD\n"
                   "enabled = maybe\n");

    ck_assert(store->enabled);
    ck_assert_int_eq(store->fault.kind, ERR_CONFIG);
    config_free(&config);
    store = read_store("[store a]\ndomian = a\nenabled = no\n");
    ck_assert(!store->enabled);
    ck_assert_int_eq(store->fault.kind, ERR_CONFIG);
}

END_TEST

START_TEST(store_without_address_has_an_empty_one)
{
    const struct store_config *store =
        read_store("[store a]\ntoken = env:GOOD\n");

    ck_assert_str_eq(store->base_url, "");
    ck_assert_str_eq(store->domain, "");
}

END_TEST

START_TEST(place_of_readers_is_kept)
{
    ck_assert(read_text("[database]\ndsn = x\nreaders = analyst\n"));
    ck_assert_str_eq(config.readers_where, "bulkpg.ini:3: ");
    config_free(&config);
    ck_assert(read_text("[database]\n"));
    ck_assert_str_eq(config.readers_where, "");
}

END_TEST

START_TEST(faults_of_credentials_and_address_have_codes)
{
    ck_assert_str_eq(read_store("[store a]\ndomain = a\n")->fault.code,
                     "NO_CREDENTIALS");
    config_free(&config);
    ck_assert_str_eq(
        read_store("[store a]\ndomain = a\ntoken=env:MISSING\n")->fault.code,
        "NO_CREDENTIALS");
    config_free(&config);
    ck_assert_str_eq(read_store("[store a]\ntoken = env:GOOD\n")->fault.code,
                     "NO_ADDRESS");
    config_free(&config);
    ck_assert_str_eq(read_store("[store a]\ntoken = x\n")->fault.code,
                     "BAD_SECRET");
}

END_TEST

START_TEST(missing_secret_of_store_star_is_a_fault_of_each_store)
{
    const struct store_config *beta =
        read_store("[store *]\ndomain = %s\ntoken = env:%s_TOKEN\n"
                   "[store acme]\n[store beta]\ntoken = env:GOOD\n");

    ck_assert_str_eq(config.stores[0].fault.message,
                     "bulkpg.ini:3: token: environment variable acme_TOKEN is "
                     "not set");
    ck_assert_int_eq(beta->fault.kind, ERR_NONE);
}

END_TEST

START_TEST(disabled_store_needs_no_secret)
{
    const struct store_config *store =
        read_store("[store a]\nenabled = no\ndomain = a\ntoken=env:MISSING\n");

    ck_assert_str_eq(store->fault.message, "bulkpg.ini:1: store a is disabled");
    ck_assert_str_eq(store->fault.code, "NO_CREDENTIALS");
    ck_assert(!store->enabled);
    ck_assert_ptr_null(store->token);
}

END_TEST

/* ---- secrets ----------------------------------------------------------- */

START_TEST(secret_is_read_from_where_it_is_named)
{
    static const char *const references[] = {"env:GOOD", "file:secrets/good",
                                             "file:secrets/crlf", "cred:good",
                                             "cred:open"};
    char text[256];

    snprintf(text, sizeof(text), "[store a]\ndomain = a\ntoken = %s\n",
             references[_i]);
    ck_assert_str_eq(read_store(text)->fault.message, "");
    ck_assert_str_eq(config.stores[0].token, secret);
}

END_TEST

START_TEST(paths_are_relative_to_the_ini)
{
    const struct store_config *store;

    ck_assert_int_eq(mkdir("there", 0755), 0);
    ck_assert_int_eq(rename("secrets", "there/secrets"), 0);
    ck_assert_int_eq(rename("stores.d", "there/stores.d"), 0);
    write_file("there/stores.d/b.ini",
               "[store b]\ndomain=b\nclient_id=x\nclient_secret=env:GOOD\n"
               "refresh_token=file:secrets/good\n",
               0644);
    write_file("there/bulkpg.ini", "[database]\ninclude = stores.d/*.ini\n",
               0644);
    ck_assert_msg(config_read(&config, "there/bulkpg.ini", true, &err), "%s",
                  err.message);
    store = config_store(&config, "b");
    ck_assert_str_eq(store->fault.message, "");
    ck_assert_str_eq(store->section, "there/stores.d/b.ini:1");
    ck_assert_str_eq(store->refresh_token_file, "there/secrets/good");
}

END_TEST

START_TEST(file_of_another_user_is_read_with_a_warning)
{
    if (geteuid() != 0)
        return; /* only root can give files away */
    ck_assert_int_eq(chown("secrets/open", 65534, 65534), 0);
    ck_assert_str_eq(
        read_store("[store a]\ndomain=a\ntoken=file:secrets/open\n")->token,
        secret);
}

END_TEST

START_TEST(fifo_does_not_block)
{
    ck_assert_int_eq(mkfifo("secrets/fifo", 0600), 0);
    ck_assert_str_eq(
        read_store("[store a]\ndomain=a\ntoken=file:secrets/fifo\n")
            ->fault.message,
        "bulkpg.ini:3: token: secrets/fifo is not a regular file");
}

END_TEST

START_TEST(credentials_need_their_folder)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    ck_assert_str_eq(
        read_store("[store a]\ndomain=a\ntoken=cred:good\n")->fault.message,
        "bulkpg.ini:3: token: credential good: CREDENTIALS_DIRECTORY is not "
        "set");
}

END_TEST

/* ---- credentials of two kinds ------------------------------------------ */

START_TEST(own_credentials_replace_the_other_kind)
{
    const struct store_config *store = read_store(
        "[store *]\ndomain = %s\ntoken = env:GOOD\n"
        "[store a]\nclient_id = x\nclient_secret = file:secrets/good\n");

    ck_assert_str_eq(store->fault.message, "");
    ck_assert_ptr_null(store->token);
    ck_assert_str_eq(store->client_id, "x");
    ck_assert_str_eq(store->client_secret, secret);
}

END_TEST

START_TEST(endpoint_replaces_the_domain_s_address)
{
    const struct store_config *store =
        read_store("[store a]\ndomain = a\ntoken = env:GOOD\n"
                   "endpoint = http://127.0.0.1:8080/\n");

    ck_assert_str_eq(store->base_url, "http://127.0.0.1:8080");
    ck_assert_str_eq(store->domain, "a.myshopify.com");
}

END_TEST

/* ---- further files ----------------------------------------------------- */

START_TEST(included_stores_come_in_the_order_of_their_files)
{
    write_file("stores.d/b.ini", "[store b1]\n[store b2]\n", 0644);
    write_file("stores.d/a.ini", "[store a]\n", 0644);
    write_file("stores.d/.hidden.ini", "rubbish\n", 0644);
    ck_assert_msg(read_text("[database]\ninclude = stores.d/*.ini\n"
                            "[store z]\n"),
                  "%s", err.message);
    ck_assert_uint_eq(config.store_count, 4);
    ck_assert_str_eq(config.stores[0].name, "z");
    ck_assert_str_eq(config.stores[1].name, "a");
    ck_assert_str_eq(config.stores[2].name, "b1");
    ck_assert_str_eq(config.stores[3].section, "stores.d/b.ini:2");
}

END_TEST

static const struct fault include_faults[] = {
    {"[store z]\n", "stores.d/a.ini:1: section [store z] appears twice, first "
                    "at bulkpg.ini:3"},
    {"[store a]\n[tuning]\n",
     "stores.d/a.ini:2: unknown section [tuning] in an included file"},
    {"[store *]\n",
     "stores.d/a.ini:1: unknown section [store *] in an included file"},
    {"x = 1\n", "stores.d/a.ini:1: text outside of a section"},
};

enum { INCLUDE_FAULTS = sizeof(include_faults) / sizeof(include_faults[0]) };

START_TEST(fault_of_an_included_file_names_it)
{
    write_file("stores.d/a.ini", include_faults[_i].text, 0644);
    ck_assert(!read_text("[database]\ninclude = stores.d/*.ini\n[store z]\n"));
    ck_assert_str_eq(err.message, include_faults[_i].message);
}

END_TEST

START_TEST(pattern_that_matches_nothing_is_allowed)
{
    ck_assert(read_text("[database]\ninclude = stores.d/*.ini\n"));
    ck_assert_uint_eq(config.store_count, 0);
    config_free(&config);
    ck_assert(read_text("[database]\ninclude = nowhere.d/*.ini\n"));
    ck_assert_uint_eq(config.store_count, 0);
}

END_TEST

/* ---- a store from options ---------------------------------------------- */

START_TEST(store_from_options)
{
    const struct store_config *store;

    setenv("SHOPIFY_ACCESS_TOKEN", secret, 1);
    ck_assert(config_read(&config, "bulkpg.ini", false, &err));
    ck_assert(
        config_add_store(&config, NULL, "https://acme.myshopify.com", &err));
    ck_assert(config_add_store(&config, "test", "http://127.0.0.1:99/", &err));
    store = config_store(&config, "acme");
    ck_assert_str_eq(store->base_url, "https://acme.myshopify.com");
    ck_assert_str_eq(store->schema, "acme");
    ck_assert_str_eq(store->api_version, "2026-10");
    ck_assert_str_eq(store->token, secret);
    store = config_store(&config, "test");
    ck_assert_str_eq(store->base_url, "http://127.0.0.1:99");
    ck_assert_str_eq(store->domain, "");
    ck_assert(!config_add_store(&config, NULL, "acme", &err));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.message, "store acme already exists: --domain");
}

END_TEST

START_TEST(store_from_options_without_token_or_domain_has_a_fault)
{
    ck_assert(config_read(&config, "bulkpg.ini", false, &err));
    ck_assert(config_add_store(&config, NULL, "acme", &err));
    ck_assert_str_eq(config.stores[0].fault.message,
                     "environment variable SHOPIFY_ACCESS_TOKEN is not set");
    ck_assert_ptr_nonnull(strstr(config.stores[0].fault.hint, "export it"));
    ck_assert_str_eq(config.stores[0].fault.code, "NO_CREDENTIALS");
    ck_assert(config_add_store(&config, "offline", NULL, &err));
    ck_assert_str_eq(config.stores[1].fault.message,
                     "store offline has no domain");
    ck_assert_str_eq(config.stores[1].fault.code, "NO_ADDRESS");
}

END_TEST

START_TEST(misused_options_are_usage)
{
    ck_assert(config_read(&config, "bulkpg.ini", false, &err));
    ck_assert(!config_add_store(&config, NULL, "acme.example", &err));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.message,
                     "--domain: \"acme.example\" is not a store's domain");
    ck_assert(!config_add_store(&config, "a/b", "acme", &err));
    ck_assert_str_eq(err.message, "\"a/b\" is not a store's name: 1 to 63 "
                                  "letters, digits, _ and -");
    ck_assert(!config_add_store(&config, NULL, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_USAGE);
}

END_TEST

static TCase *
tcase_of_files(void)
{
    TCase *tests = tcase_create("files");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, whole_file_is_read);
    tcase_add_test(tests, byte_order_mark_and_crlf_change_nothing);
    tcase_add_test(tests, no_file_gives_the_defaults);
    tcase_add_loop_test(tests, empty_file_gives_the_defaults, 0, 5);
    tcase_add_test(tests, long_lines_and_names_are_whole);
    tcase_add_test(tests, deletes_are_set_for_one_store_or_for_all);
    tcase_add_loop_test(tests, fault_of_the_file_names_its_line, 0, FAULTS);
    tcase_add_test(tests, file_that_cannot_be_read_is_named);
    tcase_add_test(tests, too_long_file_is_refused);
    tcase_add_test(tests, included_stores_come_in_the_order_of_their_files);
    tcase_add_loop_test(tests, fault_of_an_included_file_names_it, 0,
                        INCLUDE_FAULTS);
    tcase_add_test(tests, pattern_that_matches_nothing_is_allowed);
    tcase_add_test(tests, place_of_readers_is_kept);
    return tests;
}

static TCase *
tcase_of_stores(void)
{
    TCase *tests = tcase_create("stores");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, addresses_are_accepted_or_refused, 0, ADDRESSES);
    tcase_add_loop_test(tests, fault_of_a_store_stays_in_that_store, 0,
                        STORE_FAULTS);
    tcase_add_test(tests, wrong_switch_does_not_disable_the_store);
    tcase_add_test(tests, store_without_address_has_an_empty_one);
    tcase_add_test(tests, faults_of_credentials_and_address_have_codes);
    tcase_add_test(tests,
                   missing_secret_of_store_star_is_a_fault_of_each_store);
    tcase_add_test(tests, disabled_store_needs_no_secret);
    tcase_add_loop_test(tests, secret_is_read_from_where_it_is_named, 0, 5);
    tcase_add_test(tests, paths_are_relative_to_the_ini);
    tcase_add_test(tests, file_of_another_user_is_read_with_a_warning);
    tcase_add_test(tests, fifo_does_not_block);
    tcase_add_test(tests, credentials_need_their_folder);
    tcase_add_test(tests, own_credentials_replace_the_other_kind);
    tcase_add_test(tests, endpoint_replaces_the_domain_s_address);
    tcase_add_test(tests, store_from_options);
    tcase_add_test(tests,
                   store_from_options_without_token_or_domain_has_a_fault);
    tcase_add_test(tests, misused_options_are_usage);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("config");

    suite_add_tcase(suite, tcase_of_files());
    suite_add_tcase(suite, tcase_of_stores());
    return suite_run(suite);
}
