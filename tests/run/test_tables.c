/* tables: their owners, what they lack, and their entries in the journal. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/ddl.h"
#include "run/tables.h"
#include "scripted/job.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define PLAIN "{ products { edges { node { id title } } } }"
#define WIDER "{ products { edges { node { id title vendor } } } }"

static struct scripted_job job;
static struct tables tables;
static struct err err;

static void
open_job(void)
{
    scripted_job_open(&job, cluster_database(""), PLAIN);
    tables = (struct tables){0};
}

static void
prepare(void)
{
    tables = (struct tables){0};
    ck_assert_msg(tables_prepare(&tables, &job.job, &err) &&
                      tables_make_schema(&tables, &job.job, &err),
                  "%s: %s", err.code, err.message);
}

static void
is_refused(enum err_kind kind, const char *code)
{
    tables = (struct tables){0};
    ck_assert(!tables_prepare(&tables, &job.job, &err));
    ck_assert_str_eq(err.code, code);
    ck_assert_int_eq(err.kind, kind);
}

static void
says(const char *sql, const char *text)
{
    ck_assert_str_eq(scripted_job_ask(&job, sql), text);
}

/* Create the table as a merge does, and record that the job owns it. */
static void
make_table(void)
{
    struct buf sql = buf_with_ceiling(64 * 1024);
    struct pg_conn *control;

    prepare();
    ddl_print_table(&sql, &job.job.plan->tables[0], "acme");
    ck_assert(journal_borrow(job.context.journal, &control, &err));
    pg_task_script(control, buf_str(&sql));
    buf_free(&sql);
    tables_queue_save(&tables, &job.job, false, control);
    ck_assert_msg(pg_settle(control, &err), "%s", err.message);
    journal_give_back(job.context.journal);
    prepare();
}

/* The members that prepare() gives the notes of a run. */
static void
notes_are(const char *expected)
{
    struct buf text = buf_with_ceiling(1024);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    tables_write_notes(&tables, json);
    json_out_close(json, '}');
    json_out_free(json);
    ck_assert_str_eq(buf_str(&text), expected);
    buf_free(&text);
}

static void
use_query(const char *text)
{
    job.file.text = span_str(text);
    scripted_job_again(&job);
}

#define TABLES_TEST(name)          \
    static void name##_body(void); \
    static void name##_task(void)  \
    {                              \
        open_job();                \
        name##_body();             \
        scripted_job_close(&job);  \
    }                              \
    START_TEST(name)               \
    {                              \
        pg_task_run(name##_task);  \
    }                              \
    END_TEST                       \
    static void name##_body(void)

TABLES_TEST(the_schema_is_created_if_it_does_not_exist)
{
    prepare();
    says("SELECT to_regnamespace('acme') IS NOT NULL", "t");
    ck_assert(tables_miss_one(&tables, job.job.plan));
    ck_assert(!tables_any_there(&tables, job.job.plan));
    ck_assert(!tables_lost_column(&tables, job.job.plan));
    ck_assert(!tables_widen(&tables, job.job.plan));
    notes_are("{}");
    prepare();
    ck_assert(tables.has_schema);
}

TABLES_TEST(an_inspection_creates_nothing)
{
    ck_assert(tables_inspect(&tables, &job.job, &err));
    ck_assert(!tables.has_schema);
    says("SELECT to_regnamespace('acme') IS NULL", "t");
}

TABLES_TEST(an_existing_table_lacks_nothing)
{
    make_table();
    ck_assert(!tables_miss_one(&tables, job.job.plan));
    ck_assert(tables_any_there(&tables, job.job.plan));
    notes_are("{}");
}

TABLES_TEST(the_journal_has_the_columns)
{
    make_table();
    says("SELECT concat_ws(' ', store, job, table_schema, table_name) "
         "FROM bulkpg.relation",
         "acme products acme products");
    says("SELECT string_agg(c->>'name', ' ') FROM bulkpg.relation, "
         "jsonb_array_elements(columns) AS c",
         "id title");
}

TABLES_TEST(a_missing_table_is_not_recorded_with_only_there)
{
    struct pg_conn *control;

    prepare();
    ck_assert(journal_borrow(job.context.journal, &control, &err));
    tables_queue_save(&tables, &job.job, true, control);
    ck_assert(pg_settle(control, &err));
    journal_give_back(job.context.journal);
    says("SELECT count(*) FROM bulkpg.relation", "0");
}

TABLES_TEST(a_new_column_is_noted)
{
    make_table();
    use_query(WIDER);
    prepare();
    notes_are("{\"columns_added\":[\"products.vendor\"]}");
    ck_assert(!tables_miss_one(&tables, job.job.plan));
}

TABLES_TEST(a_column_no_longer_selected_stays_the_jobs)
{
    make_table();
    use_query("{ products { edges { node { id } } } }");
    prepare();
    notes_are("{\"columns_left\":[\"products.title\"]}");
    says("ALTER TABLE acme.products DROP COLUMN title", "");
    prepare();
    notes_are("{}");
}

TABLES_TEST(a_column_that_a_user_dropped_is_found)
{
    make_table();
    says("ALTER TABLE acme.products DROP COLUMN title", "");
    prepare();
    ck_assert(tables_lost_column(&tables, job.job.plan));
    ck_assert(tables_miss_one(&tables, job.job.plan));
}

TABLES_TEST(a_table_that_bulkpg_did_not_create_is_refused)
{
    says("CREATE SCHEMA acme", "");
    says("CREATE TABLE acme.products (id bigint PRIMARY KEY, title text)", "");
    is_refused(ERR_CONFIG, "TABLE_FOREIGN");
}

TABLES_TEST(a_table_of_another_job_is_refused_while_its_file_exists)
{
    char file[] = "/tmp/bulkpg-tables-XXXXXX";
    char sql[256];
    int fd = mkstemp(file);

    ck_assert_int_ge(fd, 0);
    make_table();
    snprintf(sql, sizeof(sql),
             "UPDATE bulkpg.relation SET job = 'other', file = '%s'", file);
    says(sql, "");
    is_refused(ERR_CONFIG, "TABLE_OWNED");
    ck_assert_ptr_nonnull(strstr(err.message, "job other"));
    close(fd);
    unlink(file);
    prepare();
}

TABLES_TEST(a_table_is_refused_if_the_folder_of_its_file_is_missing)
{
    make_table();
    says("UPDATE bulkpg.relation SET job = 'other', "
         "file = '/nowhere/at/all/other.graphql'",
         "");
    is_refused(ERR_CONFIG, "TABLE_OWNED");
}

static Suite *
tables_suite(void)
{
    Suite *suite = suite_create("tables");
    TCase *all = tcase_create("tables");

    tcase_add_test(all, the_schema_is_created_if_it_does_not_exist);
    tcase_add_test(all, an_inspection_creates_nothing);
    tcase_add_test(all, an_existing_table_lacks_nothing);
    tcase_add_test(all, the_journal_has_the_columns);
    tcase_add_test(all, a_missing_table_is_not_recorded_with_only_there);
    tcase_add_test(all, a_new_column_is_noted);
    tcase_add_test(all, a_column_no_longer_selected_stays_the_jobs);
    tcase_add_test(all, a_column_that_a_user_dropped_is_found);
    tcase_add_test(all, a_table_that_bulkpg_did_not_create_is_refused);
    tcase_add_test(all,
                   a_table_of_another_job_is_refused_while_its_file_exists);
    tcase_add_test(all,
                   a_table_is_refused_if_the_folder_of_its_file_is_missing);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(tables_suite());
}
