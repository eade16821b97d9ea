/* config: [source NAME]. Each fault names its line, and no message contains a
 * secret. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "support/suite.h"

static char folder[] = "/tmp/test_sources.XXXXXX";
static struct config config;
static struct err err;

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void
setup(void)
{
    strcpy(strrchr(folder, '.') + 1, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    write_file("good", "hunter2-hunter2\n", 0600);
    write_file("open", "hunter2-hunter2\n", 0644);
    write_file("schema.graphql", "type Query { a: Int }", 0644);
    setenv("GOOD", "hunter2-hunter2", 1);
    unsetenv("MISSING");
    setenv("CREDENTIALS_DIRECTORY", ".", 1);
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

static bool
read_text(const char *text)
{
    write_file("bulkpg.ini", text, 0644);
    return config_read(&config, "bulkpg.ini", true, &err);
}

/* The last store or source of `text`. */
static const struct store_config *
read_source(const char *text)
{
    ck_assert_msg(read_text(text), "%s", err.message);
    return &config.stores[config.store_count - 1];
}

/* ---- valid -------------------------------------------------------------- */

START_TEST(whole_section_is_read)
{
    const struct store_config *source =
        read_source("[store acme]\ndomain = acme\ntoken = env:GOOD\n"
                    "page = 50\nconcurrency = 2\nshare = 0.5\n"
                    "[source lab]\n"
                    "preset = infrahub\n"
                    "url = https://lab.example/graphql/{branch}?x=1&at={at}\n"
                    "branch = a/b.c\n"
                    "header.X-INFRAHUB-KEY = env:GOOD\n"
                    "header.X-Priority = low\n"
                    "schema_file = schema.graphql\n"
                    "schema = network\n"
                    "jobs = devices, sites\n"
                    "deletes = soft\n"
                    "page = 7\n"
                    "concurrency = 3\n"
                    "share = 1\n");
    const struct store_config *store = config_store(&config, "acme");

    ck_assert_int_eq(source->fault.kind, ERR_NONE);
    ck_assert_str_eq(source->name, "lab");
    ck_assert_str_eq(source->section, "bulkpg.ini:7");
    ck_assert_str_eq(source->base_url,
                     "https://lab.example/graphql/a/b.c?x=1&at={at}");
    ck_assert_str_eq(source->preset->name, "infrahub");
    ck_assert_uint_eq(source->header_count, 2);
    ck_assert_str_eq(source->headers[0].name, "X-INFRAHUB-KEY");
    ck_assert_str_eq(source->headers[0].before, "");
    ck_assert_str_eq(source->headers[0].secret, "hunter2-hunter2");
    ck_assert_str_eq(source->headers[1].name, "X-Priority");
    ck_assert_str_eq(source->headers[1].before, "low");
    ck_assert_ptr_null(source->headers[1].secret);
    ck_assert_str_eq(source->types_file, "schema.graphql");
    ck_assert_str_eq(source->schema, "network");
    ck_assert_str_eq(source->jobs[1], "sites");
    ck_assert_int_eq(source->deletes, PLAN_DELETES_SOFT);
    ck_assert_int_eq(source->page, 7);
    ck_assert_int_eq(source->concurrency, 3);
    ck_assert_double_eq(source->share, 1);
    ck_assert_ptr_null(store->preset);
    ck_assert_int_eq(store->page, 50);
    ck_assert_int_eq(store->concurrency, 2);
    ck_assert_double_eq(store->share, 0.5);
}

END_TEST

START_TEST(preset_gives_the_defaults)
{
    const struct store_config *source =
        read_source("[source gh]\npreset = github\n"
                    "header.Authorization = Bearer  env:GOOD\n");

    ck_assert_msg(source->fault.kind == ERR_NONE, "%s", source->fault.message);
    ck_assert_str_eq(source->base_url, "https://api.github.com/graphql");
    ck_assert_str_eq(source->headers[0].name, "Authorization");
    ck_assert_str_eq(source->headers[0].before, "Bearer  ");
    ck_assert_str_eq(source->headers[0].secret, "hunter2-hunter2");
    ck_assert_str_eq(source->schema, "gh");
    ck_assert_str_eq(source->branch, "main");
    ck_assert_int_eq(source->page, source->preset->pages.page);
    ck_assert_int_eq(source->concurrency, source->preset->concurrency);
    ck_assert_double_eq(source->share, source->preset->share);
    ck_assert_ptr_null(source->types_file);
    ck_assert_ptr_null(source->jobs);
    ck_assert(source->enabled);
}

END_TEST

START_TEST(source_without_preset_has_defaults)
{
    const struct store_config *source =
        read_source("[source any]\nurl = http://[::1]:99/g\n");

    ck_assert_int_eq(source->fault.kind, ERR_NONE);
    ck_assert_ptr_eq(source->preset, preset_none());
    ck_assert_str_eq(source->base_url, "http://[::1]:99/g");
    ck_assert_int_eq(source->page, 100);
    ck_assert_int_eq(source->concurrency, 4);
    ck_assert_double_eq(source->share, 0.8);
    ck_assert_uint_eq(source->header_count, 0);
}

END_TEST

START_TEST(store_has_defaults_for_pages)
{
    const struct store_config *store =
        read_source("[store *]\nshare = 0.4\n[store acme]\ndomain = acme\n"
                    "token = env:GOOD\n");

    ck_assert_int_eq(store->page, 250);
    ck_assert_int_eq(store->concurrency, 4);
    ck_assert_double_eq(store->share, 0.4);
}

END_TEST

static const char *const secrets[] = {"env:GOOD", "file:good", "cred:good",
                                      "file:open"};

START_TEST(secret_is_the_last_word)
{
    char text[200];
    const struct store_config *source;

    snprintf(text, sizeof(text),
             "[source a]\nurl = https://a.example/\nheader.K = Basic %s\n",
             secrets[_i]);
    source = read_source(text);
    if (_i == 3) {
        ck_assert_int_eq(source->fault.kind, ERR_CONFIG);
        ck_assert_ptr_nonnull(
            strstr(source->fault.message, "bulkpg.ini:3: header.K: "));
        return;
    }
    ck_assert_msg(source->fault.kind == ERR_NONE, "%s", source->fault.message);
    ck_assert_str_eq(source->headers[0].before, "Basic ");
    ck_assert_str_eq(source->headers[0].secret, "hunter2-hunter2");
}

END_TEST

START_TEST(disabled_source_needs_no_secret)
{
    const struct store_config *source =
        read_source("[source a]\nenabled = no\nurl = https://a.example/\n"
                    "header.K = env:MISSING\n");

    ck_assert(!source->enabled);
    ck_assert_str_eq(source->fault.message,
                     "bulkpg.ini:1: source a is disabled");
    ck_assert_uint_eq(source->header_count, 0);
}

END_TEST

START_TEST(included_file_may_have_sources)
{
    const struct store_config *source;

    write_file("more.ini", "[source b]\nurl = https://b.example/\n", 0644);
    source = read_source("[database]\ninclude = more.ini\n"
                         "[source a]\nurl = https://a.example/\n");
    ck_assert_uint_eq(config.store_count, 2);
    ck_assert_str_eq(source->section, "more.ini:1");
}

END_TEST

/* ---- faults ------------------------------------------------------------- */

struct fault {
    const char *text;
    const char *message;
};

#define URL "url = https://a.example/\n"

static const struct fault faults[] = {
    {"[source a]\n", "bulkpg.ini:1: source a has no url"},
    {"[source a]\npreset = saleor\n", "bulkpg.ini:1: source a has no url"},
    {"[source a]\npreset = gitlab\n",
     "bulkpg.ini:2: preset: \"gitlab\" is not a preset"},
    {"[source a]\npreset =\n" URL,
     "bulkpg.ini:2: preset: the value is missing"},
    {"[source a]\nurl = http://a.example/\n",
     "bulkpg.ini:2: url: \"http://a.example/\" is not on this machine: plain "
     "http is only for loopback addresses; use https"},
    {"[source a]\nurl = a.example\n",
     "bulkpg.ini:2: url: \"a.example\" is not an address: it must begin with "
     "https://"},
    {"[source a]\nurl = https://u:hunter2@a.example/\n",
     "bulkpg.ini:2: url: the value is not an address: write "
     "https://HOST[:PORT][/PATH]"},
    {"[source a]\nurl = https://a.example/#x\n",
     "bulkpg.ini:2: url: \"https://a.example/#x\" is not an address: write "
     "https://HOST[:PORT][/PATH]"},
    {"[source a]\nurl = https://a.example/{x}\n",
     "bulkpg.ini:2: url: \"https://a.example/{x}\" is not an address: only "
     "{branch} and {at} may be in braces"},
    {"[source a]\nurl = https://a.example/{branch}\nbranch = a b\n",
     "bulkpg.ini:3: branch: \"a b\" is not the name of a branch: it has "
     "letters, digits, \"_\", \"-\", \".\" and \"/\""},
    {"[source a]\n" URL "branch = ../x\n",
     "bulkpg.ini:3: branch: \"../x\" is not the name of a branch: it has "
     "letters, digits, \"_\", \"-\", \".\" and \"/\""},
    {"[source a]\n" URL "header.X = env:MISSING\n",
     "bulkpg.ini:3: header.X: environment variable MISSING is not set"},
    {"[source a]\n" URL "header.X = Bearer env:\n",
     "bulkpg.ini:3: header.X: the name after env: is missing"},
    {"[source a]\n" URL "header.X = Bearer shpat_hunter2\n",
     "bulkpg.ini:3: header.X: the value must name a secret, not contain it"},
    {"[source a]\n" URL "header.X =\n",
     "bulkpg.ini:3: header.X: the value is missing"},
    {"[source a]\n" URL "header.a b = x\n",
     "bulkpg.ini:3: header.a b: a header's name has letters, digits and \"-\""},
    {"[source a]\n" URL "header.Content-Type = x\n",
     "bulkpg.ini:3: header.Content-Type: bulkpg sets this header itself"},
    {"[source a]\n" URL "header.hOST = x\n",
     "bulkpg.ini:3: header.hOST: bulkpg sets this header itself"},
    {"[source a]\n" URL "header = x\n",
     "bulkpg.ini:3: unknown key \"header\" in [source a]"},
    {"[source a]\n" URL "header. = x\n",
     "bulkpg.ini:3: a key may have only letters, digits, _ and -"},
    {"[source a]\n" URL "header.X.Y = x\n",
     "bulkpg.ini:3: a key may have only letters, digits, _ and -"},
    {"[source a]\n" URL "header.X = x\nheader.x = y\n",
     "bulkpg.ini:4: header.X appears twice, first at bulkpg.ini:3"},
    {"[source a]\n" URL "token = env:GOOD\n",
     "bulkpg.ini:3: unknown key \"token\" in [source a]"},
    {"[source a]\n" URL "page = 0\n",
     "bulkpg.ini:3: page: \"0\" is not a number from 1 to 5000"},
    {"[source a]\npreset = github\npage = 101\n",
     "bulkpg.ini:3: page: GitHub allows at most 100 rows a page"},
    {"[source a]\n" URL "concurrency = 65\n",
     "bulkpg.ini:3: concurrency: \"65\" is not a number from 1 to 64"},
    {"[source a]\n" URL "share = 0\n",
     "bulkpg.ini:3: share: \"0\" is too small: it must be more than 0"},
    {"[source a]\n" URL "share = 1.1\n",
     "bulkpg.ini:3: share: \"1.1\" is not a number from 0 to 1"},
    {"[source a]\n" URL "schema_file = nope.graphql\n",
     "bulkpg.ini:3: schema_file: cannot read nope.graphql"},
    {"[source a]\n" URL "schema_file =\n",
     "bulkpg.ini:3: schema_file: the value is missing"},
    {"[source a]\n" URL "schema = pg_x\n",
     "bulkpg.ini:3: schema: \"pg_x\" is a schema of PostgreSQL itself"},
    {"[source bulkpg]\n" URL,
     "bulkpg.ini:1: schema: \"bulkpg\" is the schema of the journal"},
    {"[store a]\ndomain = a\ntoken = env:GOOD\npage = 251\n",
     "bulkpg.ini:4: page: \"251\" is not a number from 1 to 250"},
};

START_TEST(fault_stays_in_its_source)
{
    char text[600];

    snprintf(text, sizeof(text), "%s[source other]\n" URL, faults[_i].text);
    ck_assert_msg(read_text(text), "%s", err.message);
    ck_assert_uint_eq(config.store_count, 2);
    ck_assert_str_eq(config.stores[0].fault.message, faults[_i].message);
    ck_assert_int_eq(config.stores[0].fault.kind, ERR_CONFIG);
    ck_assert_ptr_null(strstr(config.stores[0].fault.hint, "hunter2"));
    ck_assert_uint_eq(config.stores[0].header_count, 0);
    ck_assert_int_eq(config.stores[1].fault.kind, ERR_NONE);
}

END_TEST

static const struct fault file_faults[] = {
    {"[source *]\n" URL, "bulkpg.ini:1: \"*\" is not a source's name: 1 to 63 "
                         "letters, digits, _ and -"},
    {"[source]\n", "bulkpg.ini:1: unknown section [source]"},
    {"[source a]\n" URL "[source A]\n",
     "bulkpg.ini:3: section [source A] appears twice, first at bulkpg.ini:1"},
    {"[store a]\ndomain = a\n[source A]\n" URL,
     "bulkpg.ini:3: [source A] has the name of [store a] at bulkpg.ini:1"},
    {"[database]\nheader.x = 1\n",
     "bulkpg.ini:2: unknown key \"header.x\" in [database]"},
};

START_TEST(fault_of_the_file_names_its_line)
{
    ck_assert(!read_text(file_faults[_i].text));
    ck_assert_str_eq(err.message, file_faults[_i].message);
}

END_TEST

START_TEST(headers_are_limited)
{
    char text[1000] = "[source a]\n" URL;

    for (int i = 0; i < 13; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "header.h%d = x\n", i);
    ck_assert(read_text(text));
    ck_assert_str_eq(config.stores[0].fault.message,
                     "bulkpg.ini:15: header.h12: more than 12 headers");
}

END_TEST

static Suite *
source_suite(void)
{
    Suite *suite = suite_create("config_source");
    TCase *tests = tcase_create("source");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, whole_section_is_read);
    tcase_add_test(tests, preset_gives_the_defaults);
    tcase_add_test(tests, source_without_preset_has_defaults);
    tcase_add_test(tests, store_has_defaults_for_pages);
    tcase_add_loop_test(tests, secret_is_the_last_word, 0, COUNT(secrets));
    tcase_add_test(tests, disabled_source_needs_no_secret);
    tcase_add_test(tests, included_file_may_have_sources);
    tcase_add_loop_test(tests, fault_stays_in_its_source, 0, COUNT(faults));
    tcase_add_loop_test(tests, fault_of_the_file_names_its_line, 0,
                        COUNT(file_faults));
    tcase_add_test(tests, headers_are_limited);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(source_suite());
}
