/* archive: which files are results of a run, and which are old. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/archive.h"
#include "support/suite.h"

static char folder[] = "/tmp/bulkpg-archive-XXXXXX";
static struct arena arena;
static struct err err;

static void
setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void
teardown(void)
{
    char remove[64];

    arena_free(&arena);
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(remove), 0);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static void
put(const char *name)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
}

static void
put_old(const char *name)
{
    static const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};

    put(name);
    ck_assert_int_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

static bool
is_there(const char *name)
{
    struct stat file;

    return lstat(name, &file) == 0;
}

/* ---- finding ------------------------------------------------------------- */

static int
find(int64_t run_id, const char ***paths)
{
    int count;

    return archive_find(".", "acme", "items", run_id, &arena, paths, &count,
                        &err)
               ? count
               : 0;
}

START_TEST(results_are_found_by_number)
{
    static const char *const names[] = {
        "acme.items.7.1.jsonl.zst",
        "acme.items.7.2.jsonl.zst",
        "acme.items.7.10.jsonl.zst",
        "acme.items.7.1.jsonl.meta.json",
        "acme.items.7.3.jsonl",
        "acme.items.7.4.jsonl.zst.part",
        "acme.items.77.1.jsonl.zst",
        "acme.items2.7.1.jsonl.zst",
        "acme2.items.7.1.jsonl.zst",
        "acme.items.7.01.jsonl.zst",
        "acme.items.7. 1.jsonl.zst",
        "acme.items.7.+1.jsonl.zst",
        "acme.items.7.-1.jsonl.zst",
        "acme.items.7.0.jsonl.zst",
        "acme.items.7.1.1.jsonl.zst",
        "acme.items.7..jsonl.zst",
        "acme.items.7.1x.jsonl.zst",
        "acme.items.07.1.jsonl.zst",
        "acme.items.7.99999999999999999999.jsonl.zst"};
    const char **paths;

    for (size_t i = 0; i < COUNT(names); i++)
        put(names[i]);
    ck_assert_int_eq(find(7, &paths), 3);
    ck_assert_str_eq(paths[0], "./acme.items.7.1.jsonl.zst");
    ck_assert_str_eq(paths[1], "./acme.items.7.2.jsonl.zst");
    ck_assert_str_eq(paths[2], "./acme.items.7.10.jsonl.zst");
}

END_TEST

/* Opening a pipe would wait for its writer. */
START_TEST(only_files_are_found)
{
    const char **paths;

    ck_assert_int_eq(mkfifo("acme.items.7.1.jsonl.zst", 0600), 0);
    ck_assert_int_eq(mkdir("acme.items.7.2.jsonl.zst", 0700), 0);
    ck_assert_int_eq(symlink("nowhere", "acme.items.7.3.jsonl.zst"), 0);
    put("moved");
    ck_assert_int_eq(symlink("moved", "acme.items.7.4.jsonl.zst"), 0);
    ck_assert_int_eq(find(7, &paths), 1);
    ck_assert_str_eq(paths[0], "./acme.items.7.4.jsonl.zst");
}

END_TEST

START_TEST(no_result_is_an_error)
{
    const char **paths;

    ck_assert_int_eq(find(7, &paths), 0);
    ck_assert_str_eq(err.code, "NO_ARCHIVE");
    ck_assert_ptr_nonnull(strstr(err.message, "run 7 of acme/items"));
}

END_TEST

/* ---- listing ------------------------------------------------------------- */

static void
put_sized(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(results_are_counted_by_job)
{
    struct archive_job *jobs;
    size_t count;

    put_sized("acme.items.7.1.jsonl.zst", "12");
    put_sized("acme.items.7.2.jsonl.zst", "123");
    put_old("acme.items.12.1.jsonl.zst");
    put_sized("acme.more-items.9.1.jsonl.zst", "123456");
    put_sized("acme.items.7.3.jsonl.zst.part", "123");
    put_sized("notes.jsonl.zst", "123");
    put("beta.items.1.1.jsonl.meta.json");
    ck_assert_int_eq(mkdir("beta.items.1.1.jsonl.zst", 0700), 0);
    jobs = archive_list(".", &arena, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(jobs[0].store, "acme");
    ck_assert_str_eq(jobs[0].job, "more-items");
    ck_assert_int_eq(jobs[0].results, 1);
    ck_assert_int_eq(jobs[0].bytes, 6);
    ck_assert_int_eq(jobs[0].first_run, 9);
    ck_assert_int_eq(jobs[0].last_run, 9);
    ck_assert_str_eq(jobs[1].job, "items");
    ck_assert_int_eq(jobs[1].results, 3);
    ck_assert_int_eq(jobs[1].bytes, 5);
    ck_assert_int_eq(jobs[1].first_run, 7);
    ck_assert_int_eq(jobs[1].last_run, 12);
    ck_assert_int_eq(jobs[1].oldest_s, 1);
    ck_assert_ptr_null(archive_list("nowhere", &arena, &count));
    ck_assert_uint_eq(count, 0);
}

END_TEST

START_TEST(many_jobs_are_listed)
{
    char name[64];
    size_t count;

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "acme.job%d.1.1.jsonl.zst", i);
        put(name);
    }
    ck_assert_ptr_nonnull(archive_list(".", &arena, &count));
    ck_assert_uint_eq(count, 200);
}

END_TEST

START_TEST(the_folder_is_made)
{
    archive_make("");
    archive_make("made");
    archive_make("made");
    archive_make("not/made");
    ck_assert(is_there("made"));
}

END_TEST

/* ---- removing ------------------------------------------------------------ */

static const struct {
    const char *name;
    bool goes;
} old[] = {
    {"acme.items.7.1.jsonl.zst", true},
    {"acme.items.7.1.jsonl.meta.json", true},
    {"a-b.c_d.12.34.jsonl.zst", true},
    {"acme.items.8.1.jsonl.meta.json", true},  /* without a result */
    {"acme.items.9.1.jsonl.meta.json", false}, /* of run --keep */
    {"acme.items.9.1.jsonl", false},
    {"acme.items.10.1.jsonl.meta.json", false},
    {"acme.items.10.1.jsonl.gz", false},
    {"acme.items.11.1.jsonl.zst", true}, /* of both */
    {"acme.items.11.1.jsonl.meta.json", false},
    {"acme.items.11.1.jsonl", false},
    {"notes.jsonl.zst", false},
    {"1.1.jsonl.zst", false},
    {"acme.1.1.jsonl.zst", false},
    {"acme.items.x.1.jsonl.zst", false},
    {"acme.items.7.1.jsonl.zst.part", true},
    {"acme.items.7.1.jsonl.meta.json.part", true},
    {"acme.items.7.1.jsonl.part", false}, /* run --keep may continue it */
    {"acme.items.x.1.jsonl.zst.part", false},
    {"notes.jsonl.zst.part", false},
    {"acme.items.7.1.zst", false},
    {"meta.json", false},
};

START_TEST(old_results_are_removed)
{
    put("acme.items.13.1.jsonl.zst");
    put_old("acme.items.13.1.jsonl.meta.json");
    for (size_t i = 0; i < COUNT(old); i++)
        put_old(old[i].name);
    archive_prune(".", 60 * 1000);
    for (size_t i = 0; i < COUNT(old); i++)
        ck_assert_msg(is_there(old[i].name) != old[i].goes, "%s", old[i].name);
    ck_assert(is_there("acme.items.13.1.jsonl.zst"));
    ck_assert(is_there("acme.items.13.1.jsonl.meta.json"));
    archive_prune("nowhere", 1);
}

END_TEST

START_TEST(results_get_older_from_the_end_of_the_run)
{
    static const char *const stamped[] = {"acme.items.7.1.jsonl.zst",
                                          "acme.items.7.1.jsonl.meta.json",
                                          "acme.items.7.12.jsonl.zst"};
    static const char *const others[] = {
        "acme.items.70.1.jsonl.zst", "acme.items2.7.1.jsonl.zst",
        "acme.items.8.1.jsonl.zst", "acme.items.8.1.jsonl.meta.json"};

    for (size_t i = 0; i < COUNT(stamped); i++)
        put_old(stamped[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        put_old(others[i]);
    archive_stamp(".", "acme", "items", 7);
    archive_stamp("", "acme", "items", 8);
    archive_stamp("nowhere", "acme", "items", 8);
    archive_prune(".", 60 * 1000);
    for (size_t i = 0; i < COUNT(stamped); i++)
        ck_assert_msg(is_there(stamped[i]), "%s", stamped[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_msg(!is_there(others[i]), "%s", others[i]);
}

END_TEST

START_TEST(parts_are_kept_while_they_are_new_or_written)
{
    int fd;

    put("acme.items.7.1.jsonl.zst.part");
    put_old("acme.items.7.2.jsonl.zst.part");
    fd = open("acme.items.7.2.jsonl.zst.part", O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    archive_prune(".", 60 * 1000);
    ck_assert(is_there("acme.items.7.1.jsonl.zst.part"));
    ck_assert(is_there("acme.items.7.2.jsonl.zst.part"));
    close(fd);
    archive_prune(".", 60 * 1000);
    ck_assert(!is_there("acme.items.7.2.jsonl.zst.part"));
}

END_TEST

START_TEST(only_files_are_removed)
{
    put_old("moved");
    ck_assert_int_eq(symlink("moved", "acme.items.7.1.jsonl.zst"), 0);
    ck_assert_int_eq(mkdir("acme.items.7.2.jsonl.zst", 0700), 0);
    archive_prune(".", 1);
    ck_assert(is_there("moved"));
    ck_assert(is_there("acme.items.7.1.jsonl.zst"));
    ck_assert(is_there("acme.items.7.2.jsonl.zst"));
}

END_TEST

static Suite *
archive_suite(void)
{
    Suite *suite = suite_create("archive");
    TCase *tests = tcase_create("archive");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, results_are_found_by_number);
    tcase_add_test(tests, only_files_are_found);
    tcase_add_test(tests, no_result_is_an_error);
    tcase_add_test(tests, results_are_counted_by_job);
    tcase_add_test(tests, many_jobs_are_listed);
    tcase_add_test(tests, the_folder_is_made);
    tcase_add_test(tests, old_results_are_removed);
    tcase_add_test(tests, results_get_older_from_the_end_of_the_run);
    tcase_add_test(tests, parts_are_kept_while_they_are_new_or_written);
    tcase_add_test(tests, only_files_are_removed);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(archive_suite());
}
