/* query files: each job has the right file, and init writes files that are
 * found. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/init.h"
#include "config/query_files.h"
#include "support/suite.h"

static char folder[] = "/tmp/test_queries.XXXXXX";
static struct arena arena;
static struct query_files files;
static struct err err;
static struct store_config store;

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void
setup(void)
{
    strcpy(strrchr(folder, '.') + 1, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    memset(&err, 0, sizeof(err));
    store = (struct store_config){.name = "acme", .section = "bulkpg.ini:7"};
}

static void
setup_queries(void)
{
    setup();
    ck_assert_int_eq(mkdir("queries", 0755), 0);
    ck_assert_int_eq(mkdir("queries/acme", 0755), 0);
    write_file("queries/products.graphql", "{ all }");
    write_file("queries/orders.graphql", "{ orders }");
    write_file("queries/acme/products.graphql", "{ own }");
    write_file("queries/acme/extra.graphql", "{ extra }");
    write_file("queries/.#orders.graphql", "an editor's");
    write_file("queries/notes.txt", "a person's");
    write_file("q.graphql", "{ q }");
}

static void
teardown(void)
{
    char command[sizeof(folder) + 16];

    arena_free(&arena);
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Find the jobs "a,b"; "" for none. */
static bool
find(const char *names)
{
    static char text[256];
    const char *jobs[8];
    size_t count = 0;

    snprintf(text, sizeof(text), "%s", names);
    for (char *job = strtok(text, ","); job != NULL; job = strtok(NULL, ","))
        jobs[count++] = job;
    jobs[count] = NULL;
    return query_files_find(&arena, &store, jobs, &files, &err);
}

/* All files found, as "job=path ...". */
static const char *
found(void)
{
    static char text[1024];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < files.count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%s",
                                 i > 0 ? " " : "", files.items[i].job,
                                 files.items[i].path);
    return text;
}

/* ---- finding ----------------------------------------------------------- */

static const struct search {
    const char *jobs;
    const char *found;
} searches[] = {
    {"", "extra=queries/acme/extra.graphql orders=queries/orders.graphql "
         "products=queries/acme/products.graphql"},
    {"products", "products=queries/acme/products.graphql"},
    {"orders,extra", "orders=queries/orders.graphql "
                     "extra=queries/acme/extra.graphql"},
    {"orders,orders", "orders=queries/orders.graphql"},
    {"q.graphql", "q=q.graphql"},
    {"./q.graphql", "q=./q.graphql"},
    {"queries/products.graphql", "products=queries/products.graphql"},
};

enum { SEARCHES = sizeof(searches) / sizeof(searches[0]) };

START_TEST(job_is_a_name_or_a_path)
{
    ck_assert_msg(find(searches[_i].jobs), "%s", err.message);
    ck_assert_str_eq(found(), searches[_i].found);
}

END_TEST

/* ---- sources ------------------------------------------------------------ */

static const char *const source_jobs[] = {"orders", NULL};

static void
setup_source(void)
{
    setup_queries();
    store.preset = preset_none();
}

START_TEST(source_runs_its_own_queries)
{
    ck_assert_msg(find(""), "%s", err.message);
    ck_assert_str_eq(found(), "extra=queries/acme/extra.graphql "
                              "products=queries/acme/products.graphql");
    ck_assert(!find("orders"));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.message, "source acme has no job \"orders\"");
    ck_assert(find("./q.graphql"));
}

END_TEST

START_TEST(source_runs_what_its_jobs_name)
{
    store.jobs = source_jobs;
    ck_assert_msg(find(""), "%s", err.message);
    ck_assert_str_eq(found(), "orders=queries/orders.graphql");
    ck_assert(find("orders,extra"));
    ck_assert_str_eq(found(), "orders=queries/orders.graphql "
                              "extra=queries/acme/extra.graphql");
}

END_TEST

START_TEST(source_without_queries_has_a_hint)
{
    store.name = "gh";
    ck_assert(!find(""));
    ck_assert_str_eq(err.code, "NO_QUERIES");
    ck_assert_str_eq(err.message, "source gh has no queries in queries/gh/");
    ck_assert_ptr_nonnull(strstr(err.hint, "jobs in its section"));
}

END_TEST

static const struct {
    const char *job;
    bool is_of_source;
    bool is_of_store;
} owned[] = {
    {"products", true, true},
    {"orders", false, true},
    {"nope", false, false},
    {"queries/acme/extra.graphql", true, true},
    {"./queries/acme/extra.graphql", true, true},
    {"queries/orders.graphql", false, true},
    {"q.graphql", false, true},
    {"nope.graphql", false, false},
};

START_TEST(store_has_its_jobs)
{
    const char *job = owned[_i].job;

    ck_assert_int_eq(query_files_has(&arena, &store, job),
                     owned[_i].is_of_source);
    store.preset = NULL;
    ck_assert_int_eq(query_files_has(&arena, &store, job),
                     owned[_i].is_of_store);
    if (strstr(job, "acme") != NULL) {
        store.name = "beta";
        ck_assert(!query_files_has(&arena, &store, job));
    }
}

END_TEST

START_TEST(text_comes_from_the_file)
{
    ck_assert(find("products,q.graphql"));
    ck_assert_str_eq(files.items[0].text.bytes, "{ own }");
    ck_assert_uint_eq(files.items[0].text.length, 7);
    ck_assert_str_eq(files.items[1].text.bytes, "{ q }");
    ck_assert_int_eq(files.items[1].fault.kind, ERR_NONE);
}

END_TEST

START_TEST(other_stores_use_the_common_file)
{
    store.name = "beta";
    ck_assert(query_files_find(&arena, &store, NULL, &files, &err));
    ck_assert_str_eq(found(), "orders=queries/orders.graphql "
                              "products=queries/products.graphql");
}

END_TEST

START_TEST(configured_jobs_are_used_if_none_is_named)
{
    static const char *const jobs[] = {"products", NULL};

    store.jobs = jobs;
    ck_assert(find(""));
    ck_assert_str_eq(found(), "products=queries/acme/products.graphql");
    ck_assert(find("orders"));
    ck_assert_str_eq(found(), "orders=queries/orders.graphql");
}

END_TEST

static const struct refusal {
    const char *jobs;
    const char *message;
    const char *hint;
} refusals[] = {
    {"order", "store acme has no job \"order\"",
     "did you mean orders? The jobs are extra, orders, products"},
    {"customers", "store acme has no job \"customers\"",
     "the jobs are extra, orders, products"},
    {"a b", "store acme has no job \"a b\"",
     "the jobs are extra, orders, products"},
    {"./none.graphql", "file ./none.graphql does not exist", ""},
    {"q.graphql,./q.graphql", "q.graphql and ./q.graphql are both job q", ""},
};

enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };

START_TEST(unknown_job_is_usage_and_lists_the_jobs)
{
    ck_assert(!find(refusals[_i].jobs));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.message, refusals[_i].message);
    ck_assert_str_eq(refusals[_i].hint[0] != '\0' ? err_remedy(&err) : err.hint,
                     refusals[_i].hint);
}

END_TEST

START_TEST(configured_job_without_file_names_the_section)
{
    static const char *const jobs[] = {"customers", NULL};

    store.jobs = jobs;
    ck_assert(!find(""));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message,
                     "bulkpg.ini:7: jobs: store acme has no job \"customers\"");
}

END_TEST

START_TEST(no_queries_at_all_is_a_fault)
{
    ck_assert(!find(""));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, "store acme has no queries in queries/");
    ck_assert(!find("x"));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(
        err_remedy(&err),
        "there are no queries in queries/; create one with bulkpg init");
}

END_TEST

START_TEST(fault_of_a_file_stays_in_that_file)
{
    char big[1024 * 1024 + 2];

    memset(big, '#', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    write_file("queries/big.graphql", big);
    big[sizeof(big) - 2] = '\0';
    write_file("queries/fits.graphql", big);
    write_file("queries/my query.graphql", "{ x }");
    ck_assert_int_eq(mkdir("queries/dir.graphql", 0755), 0);
    ck_assert(find("./queries/big.graphql,fits,orders,queries/my "
                   "query.graphql,dir"));
    ck_assert_str_eq(files.items[0].fault.message,
                     "./queries/big.graphql is over 1 MiB long");
    ck_assert_uint_eq(files.items[1].text.length, 1024 * 1024);
    ck_assert_int_eq(files.items[2].fault.kind, ERR_NONE);
    ck_assert_str_eq(files.items[3].fault.message,
                     "queries/my query.graphql: a job's name must be 1 to 63 "
                     "letters, digits, _ and -");
    ck_assert_str_eq(files.items[4].fault.message,
                     "queries/dir.graphql is not a regular file");
    ck_assert_int_eq(files.items[4].fault.kind, ERR_CONFIG);
}

END_TEST

/* ---- init -------------------------------------------------------------- */

/* Run init with stdout in a temporary file. */
static int
init_for(const char *name, const char *directory, const char *add, bool list)
{
    const char *arguments[] = {directory, NULL};
    const char *stores[] = {name, NULL};
    struct options options = {.arguments = arguments,
                              .argument_count = directory != NULL,
                              .stores = stores,
                              .add = add,
                              .list = list};
    FILE *aside = tmpfile();
    int saved = dup(STDOUT_FILENO);
    int status;

    fflush(stdout);
    dup2(fileno(aside), STDOUT_FILENO);
    status = command_init(&options);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    fclose(aside);
    return status;
}

static int
init(const char *directory, const char *add, bool list)
{
    return init_for(NULL, directory, add, list);
}

static void
ck_file_holds(const char *path, const char *part)
{
    char text[16384];
    FILE *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s", path);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(strstr(text, part) != NULL, "%s in %s", part, path);
}

START_TEST(init_writes_what_a_user_needs)
{
    struct stat status;

    umask(022);
    ck_assert_int_eq(init("new", NULL, false), 0);
    ck_file_holds("new/bulkpg.ini", "[store mystore]\n");
    ck_file_holds("new/queries/products.graphql", "query Products {");
    ck_file_holds("new/bulkpg.graphqls", "directive @incremental");
    ck_file_holds("new/bulkpg.graphqls", "directive @slice(");
    ck_file_holds("new/.graphqlrc.yml", "bulkpg.graphqls");
    ck_assert_int_eq(stat("new/bulkpg.ini", &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0644);
    ck_assert_int_eq(chdir("new"), 0);
    ck_assert(find(""));
    ck_assert_str_eq(found(), "products=queries/products.graphql");
}

END_TEST

START_TEST(init_overwrites_nothing)
{
    write_file("bulkpg.ini", "mine");
    ck_assert_int_eq(init(NULL, NULL, false), 0);
    ck_assert_int_eq(init(NULL, NULL, false), 0);
    ck_file_holds("bulkpg.ini", "mine");
    ck_file_holds("queries/products.graphql", "query Products {");
}

END_TEST

START_TEST(init_adds_ready_queries)
{
    ck_assert_int_eq(init(NULL, "orders, inventory", false), 0);
    ck_assert(find(""));
    ck_assert_str_eq(found(), "inventory=queries/inventory.graphql "
                              "orders=queries/orders.graphql");
    ck_assert_int_eq(access("bulkpg.ini", F_OK), -1);
    ck_assert_int_eq(init(NULL, "order", false), 64);
    ck_assert_int_eq(init(NULL, "bulkpg.ini", false), 64);
    ck_assert_int_eq(init(NULL, "", false), 64);
    ck_assert_int_eq(init("bulkpg.ini/x", "orders", false), 78);
}

END_TEST

START_TEST(init_adds_queries_to_the_folder_of_a_source)
{
    ck_assert_int_eq(init(NULL, "github/issues,payouts", false), 0);
    ck_file_holds("queries/github/issues.graphql", "query Issues(");
    ck_file_holds("queries/payouts.graphql", "query Payouts ");
    ck_assert_int_eq(init_for("gh", NULL, "github/issues", false), 0);
    ck_file_holds("queries/gh/issues.graphql", "query Issues(");
    ck_assert_int_eq(init_for("acme", "new", "payouts", false), 0);
    ck_file_holds("new/queries/acme/payouts.graphql", "query Payouts ");
    ck_assert_int_eq(init(NULL, "issues", false), 64);
    ck_assert_int_eq(init(NULL, "github/", false), 64);
    write_file("queries/lab", "a file");
    ck_assert_int_eq(init_for("lab", NULL, "infrahub/devices", false), 78);
}

END_TEST

START_TEST(ready_queries_have_a_name_and_a_summary)
{
    struct ready_query query;
    size_t count = 0, known = 0;

    for (; init_ready_query(count, &query); count++) {
        ck_assert_uint_gt(query.name.length, 0);
        ck_assert_uint_gt(query.summary.length, 10);
        ck_assert(query.summary.bytes[0] != '#');
        known +=
            span_is(query.name, "orders") || span_is(query.name, "products");
    }
    ck_assert_uint_gt(count, 30);
    ck_assert_uint_eq(known, 2);
    ck_assert_int_eq(init(NULL, NULL, true), 0);
    ck_assert_int_eq(access("queries", F_OK), -1);
}

END_TEST

/* ---- mutations ---------------------------------------------------------- */

static void
setup_mutations(void)
{
    setup_queries();
    ck_assert_int_eq(mkdir("mutations", 0755), 0);
    ck_assert_int_eq(mkdir("mutations/acme", 0755), 0);
    write_file("mutations/prices.graphql", "mutation { all }");
    write_file("mutations/prices.sql", "SELECT 1");
    write_file("mutations/tags.graphql", "mutation { tags }");
    write_file("mutations/acme/prices.graphql", "mutation { own }");
    write_file("mutations/acme/prices.sql", "SELECT 2");
    write_file("mutations/products.graphql", "mutation { twin }");
    write_file("mutations/products.sql", "SELECT 3");
}

static bool
find_mutations(const char *job)
{
    const char *jobs[] = {job, NULL};

    return query_files_find_mutations(&arena, &store, jobs, &files, &err);
}

START_TEST(a_mutation_has_a_select_beside_it)
{
    ck_assert(find_mutations("prices"));
    ck_assert_uint_eq(files.count, 1);
    ck_assert(files.items[0].is_mutation);
    ck_assert_str_eq(files.items[0].path, "mutations/acme/prices.graphql");
    ck_assert_str_eq(files.items[0].text.bytes, "mutation { own }");
    ck_assert_str_eq(files.items[0].sql_path, "mutations/acme/prices.sql");
    ck_assert_str_eq(files.items[0].sql.bytes, "SELECT 2");
    ck_assert_int_eq(files.items[0].sql_fault.kind, ERR_NONE);
    store.name = "other";
    ck_assert(find_mutations("prices"));
    ck_assert_str_eq(files.items[0].sql.bytes, "SELECT 1");
    ck_assert(find_mutations("./mutations/acme/prices.graphql"));
    ck_assert_str_eq(files.items[0].sql.bytes, "SELECT 2");
}

END_TEST

START_TEST(a_mutation_without_a_select_is_found)
{
    ck_assert(find_mutations("tags"));
    ck_assert_int_eq(files.items[0].fault.kind, ERR_NONE);
    ck_assert_int_eq(files.items[0].sql_fault.kind, ERR_CONFIG);
    ck_assert_str_eq(files.items[0].sql_fault.message,
                     "mutations/tags.sql does not exist");
    ck_assert(err_is(&files.items[0].sql_fault, MSG_MUTATION_SQL));
    ck_assert_int_eq(mkdir("mutations/tags.sql", 0755), 0);
    ck_assert(find_mutations("tags"));
    ck_assert(err_is(&files.items[0].sql_fault, MSG_MUTATION_SQL));
}

END_TEST

START_TEST(a_query_and_a_mutation_cannot_have_one_name)
{
    ck_assert(find_mutations("products"));
    ck_assert(err_is(&files.items[0].fault, MSG_JOB_TWICE));
    ck_assert_str_eq(files.items[0].fault.message,
                     "queries/acme/products.graphql and "
                     "mutations/products.graphql are both job products");
}

END_TEST

START_TEST(a_job_of_the_other_kind_is_named)
{
    const char *jobs[] = {"tags", NULL};

    ck_assert(!find_mutations("orders"));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.hint, "orders is a query: bulkpg run orders");
    ck_assert(!query_files_find(&arena, &store, jobs, &files, &err));
    ck_assert_str_eq(err.hint, "tags is a mutation: bulkpg push tags");
    ck_assert(!find_mutations("price"));
    ck_assert_str_eq(err.hint, "did you mean prices? The jobs are prices, "
                               "products, tags");
}

END_TEST

START_TEST(a_file_with_a_select_is_a_mutation)
{
    ck_assert(query_files_has_mutation(&arena, &store, "tags"));
    ck_assert(!query_files_has_mutation(&arena, &store, "orders"));
    ck_assert(!query_files_has_mutation(&arena, &store, "q.graphql"));
    ck_assert(
        query_files_has_mutation(&arena, &store, "./mutations/tags.graphql"));
    ck_assert(
        !query_files_has_mutation(&arena, &store, "queries/orders.graphql"));
    write_file("q.sql", "SELECT 1");
    ck_assert(query_files_has_mutation(&arena, &store, "./q.graphql"));
    ck_assert(!query_files_has_mutation(&arena, &store, "./nope.graphql"));
}

END_TEST

START_TEST(all_mutations_of_a_store_are_found)
{
    ck_assert(query_files_find_mutations(&arena, &store, NULL, &files, &err));
    ck_assert_uint_eq(files.count, 3);
    ck_assert_str_eq(files.items[0].job, "prices");
    ck_assert_str_eq(files.items[2].job, "tags");
}

END_TEST

static void
note_stray(void *ctx, const struct err *warning)
{
    struct buf *to = ctx;

    buf_printf(to, "%s (%s)\n", warning->message, warning->hint);
}

START_TEST(strays_in_mutations_are_found)
{
    struct config config = {.stores = &store, .store_count = 1};
    struct buf found = buf_with_ceiling(2000);

    ck_assert_int_eq(mkdir("mutations/acmee", 0755), 0);
    write_file("queries/x.gql", "");
    query_files_find_strays(&arena, &config, note_stray, &found);
    ck_assert_str_eq(
        buf_str(&found),
        "queries/x.gql is not a job (the file of a job must end in .graphql)\n"
        "mutations/acmee: unknown store \"acmee\"; did you mean \"acme\"? (a "
        "folder in mutations/ is for the store of that name: rename or remove "
        "it)\n");
    buf_free(&found);
}

END_TEST

static TCase *
tcase_of_mutations(void)
{
    TCase *tests = tcase_create("mutations");

    tcase_add_checked_fixture(tests, setup_mutations, teardown);
    tcase_add_test(tests, a_mutation_has_a_select_beside_it);
    tcase_add_test(tests, a_mutation_without_a_select_is_found);
    tcase_add_test(tests, a_query_and_a_mutation_cannot_have_one_name);
    tcase_add_test(tests, a_job_of_the_other_kind_is_named);
    tcase_add_test(tests, a_file_with_a_select_is_a_mutation);
    tcase_add_test(tests, all_mutations_of_a_store_are_found);
    tcase_add_test(tests, strays_in_mutations_are_found);
    return tests;
}

static TCase *
tcase_of_queries(void)
{
    TCase *tests = tcase_create("queries");

    tcase_add_checked_fixture(tests, setup_queries, teardown);
    tcase_add_loop_test(tests, job_is_a_name_or_a_path, 0, SEARCHES);
    tcase_add_test(tests, text_comes_from_the_file);
    tcase_add_test(tests, other_stores_use_the_common_file);
    tcase_add_test(tests, configured_jobs_are_used_if_none_is_named);
    tcase_add_loop_test(tests, unknown_job_is_usage_and_lists_the_jobs, 0,
                        REFUSALS);
    tcase_add_test(tests, configured_job_without_file_names_the_section);
    tcase_add_test(tests, fault_of_a_file_stays_in_that_file);
    return tests;
}

static TCase *
tcase_of_init(void)
{
    TCase *tests = tcase_create("init");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, no_queries_at_all_is_a_fault);
    tcase_add_test(tests, init_writes_what_a_user_needs);
    tcase_add_test(tests, init_overwrites_nothing);
    tcase_add_test(tests, init_adds_ready_queries);
    tcase_add_test(tests, init_adds_queries_to_the_folder_of_a_source);
    tcase_add_test(tests, ready_queries_have_a_name_and_a_summary);
    return tests;
}

static TCase *
tcase_of_sources(void)
{
    TCase *tests = tcase_create("sources");

    tcase_add_checked_fixture(tests, setup_source, teardown);
    tcase_add_test(tests, source_runs_its_own_queries);
    tcase_add_test(tests, source_runs_what_its_jobs_name);
    tcase_add_test(tests, source_without_queries_has_a_hint);
    tcase_add_loop_test(tests, store_has_its_jobs, 0, COUNT(owned));
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("queries");

    suite_add_tcase(suite, tcase_of_queries());
    suite_add_tcase(suite, tcase_of_init());
    suite_add_tcase(suite, tcase_of_sources());
    suite_add_tcase(suite, tcase_of_mutations());
    return suite_run(suite);
}
