/* keep: a file has its final name only if the result is complete and its
 * sidecar exists. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/keep.h"
#include "support/suite.h"

static char folder[] = "/tmp/bulkpg-keep-XXXXXX";
static struct keep keep;
static struct err err;

static void
setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    umask(0);
    memset(&err, 0, sizeof(err));
    keep = (struct keep){.path = "a.b.1.1.jsonl", .fd = -1};
}

/* Check writes the place of each assertion to a file of its own. So there must
 * be no ck_assert between setting the limit and lifting it. */
static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
    limit.rlim_cur = bytes;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
}

static void
teardown(void)
{
    char remove[64];

    keep_close(&keep);
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(remove), 0);
}

static bool
is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

static void
put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* The file has this text, and only its owner can read it. */
static void
holds(const char *name, const char *text)
{
    char bytes[64] = {0};
    struct stat status;
    FILE *file = fopen(name, "r");

    ck_assert_msg(file != NULL, "%s is not there", name);
    ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes) - 1, file), strlen(text));
    fclose(file);
    ck_assert_str_eq(bytes, text);
    ck_assert_int_eq(stat(name, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
}

static void
write_whole(const char *text)
{
    ck_assert_msg(keep_open(&keep, &err), "%s", err.message);
    ck_assert(keep_write(&keep, span_str(text), &err));
    ck_assert(keep_write(&keep, span_str(""), &err));
}

START_TEST(both_files_get_their_names_at_the_end)
{
    write_whole("line\n");
    holds("a.b.1.1.jsonl.part", "line\n");
    ck_assert(!is_there("a.b.1.1.jsonl"));
    ck_assert(!is_there("a.b.1.1.jsonl.meta.json"));
    ck_assert(keep_finish(&keep, span_str("{}\n"), &err));
    holds("a.b.1.1.jsonl", "line\n");
    holds("a.b.1.1.jsonl.meta.json", "{}\n");
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    ck_assert(!is_there("a.b.1.1.jsonl.meta.json.part"));
}

END_TEST

START_TEST(older_files_are_replaced)
{
    put("a.b.1.1.jsonl", "a longer old result\n");
    put("a.b.1.1.jsonl.meta.json", "an old sidecar\n");
    put("a.b.1.1.jsonl.part", "a killed run's part\n");
    put("a.b.1.1.jsonl.meta.json.part", "another part\n");
    write_whole("line\n");
    ck_assert(keep_finish(&keep, span_str("{}\n"), &err));
    holds("a.b.1.1.jsonl", "line\n");
    holds("a.b.1.1.jsonl.meta.json", "{}\n");
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    ck_assert(!is_there("a.b.1.1.jsonl.meta.json.part"));
}

END_TEST

START_TEST(an_incomplete_part_is_removed)
{
    ck_assert(keep_open(&keep, &err));
    ck_assert(keep_write(&keep, span_str("half a li"), &err));
    ck_assert(is_there("a.b.1.1.jsonl.part"));
    keep_close(&keep);
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    ck_assert(!is_there("a.b.1.1.jsonl"));
}

END_TEST

/* A result that is complete but did not pass its checks can be examined. */
START_TEST(a_result_that_failed_its_checks_stays_a_part)
{
    write_whole("line\n");
    keep_close(&keep);
    holds("a.b.1.1.jsonl.part", "line\n");
    ck_assert(!is_there("a.b.1.1.jsonl"));
}

END_TEST

START_TEST(a_full_disk_leaves_nothing)
{
    bool written;

    ck_assert(keep_open(&keep, &err));
    limit_files(3);
    written = keep_write(&keep, span_str("line\n"), &err);
    limit_files(RLIM_INFINITY);
    ck_assert(!written);
    ck_assert_str_eq(err.code, "CANNOT_KEEP");
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_ptr_nonnull(strstr(err.message, "a.b.1.1.jsonl: "));
    keep_close(&keep);
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    ck_assert(!is_there("a.b.1.1.jsonl"));
}

END_TEST

START_TEST(no_room_for_the_sidecar_leaves_nothing)
{
    bool finished;

    write_whole("line\n");
    limit_files(6);
    finished = keep_finish(&keep, span_str("{\"a\":1}\n"), &err);
    limit_files(RLIM_INFINITY);
    ck_assert(!finished);
    ck_assert_str_eq(err.code, "CANNOT_KEEP");
    keep_close(&keep);
    ck_assert(!is_there("a.b.1.1.jsonl"));
    ck_assert(!is_there("a.b.1.1.jsonl.meta.json"));
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    ck_assert(!is_there("a.b.1.1.jsonl.meta.json.part"));
}

END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    static char path[KEEP_PATH_BYTES];

    memset(path, 'a', sizeof(path) - 3);
    keep.path = path;
    ck_assert(!keep_open(&keep, &err));
    ck_assert_str_eq(err.code, "CANNOT_WRITE");
}

END_TEST

static const struct {
    const char *name;
    bool goes;
} left[] = {
    {"acme.items.7.1.jsonl.part", true},
    {"acme.items.12.34.jsonl.part", true},
    {"acme.items.7.1.jsonl.meta.json.part", true},
    {"acme.items.7.1.jsonl", false},
    {"acme.items.7.1.jsonl.meta.json", false},
    {"acme.items.7.jsonl.part", false},
    {"acme.items..1.jsonl.part", false},
    {"acme.items.7.1.jsonl.part.gz", false},
    {"acme.items.7.1x.jsonl.part", false},
    {"acme.items2.7.1.jsonl.part", false},
    {"acme2.items.7.1.jsonl.part", false},
    {"notes.part", false},
};

START_TEST(parts_of_killed_runs_are_removed)
{
    for (size_t i = 0; i < COUNT(left); i++)
        put(left[i].name, "");
    keep_clean(".", "acme", "items");
    for (size_t i = 0; i < COUNT(left); i++)
        ck_assert_msg(is_there(left[i].name) != left[i].goes, "%s",
                      left[i].name);
    keep_clean("nowhere", "acme", "items");
}

END_TEST

/* Two processes write parts of the same store and job if they use different
 * databases. */
START_TEST(a_part_that_is_being_written_stays)
{
    ck_assert(keep_open(&keep, &err));
    keep_clean(".", "a", "b");
    ck_assert(is_there("a.b.1.1.jsonl.part"));
}

END_TEST

/* Another process opened a part of the same name. Only that process may rename
 * or remove it. */
START_TEST(a_part_that_another_process_replaced_is_left_alone)
{
    struct keep other = {.path = "a.b.1.1.jsonl", .fd = -1};

    write_whole("line\n");
    ck_assert(keep_open(&other, &err));
    ck_assert(keep_write(&other, span_str("other "), &err));
    ck_assert(!keep_finish(&keep, span_str("{}\n"), &err));
    ck_assert_str_eq(err.code, "CANNOT_KEEP");
    ck_assert_ptr_nonnull(strstr(err.message, "another process"));
    keep_close(&keep);
    holds("a.b.1.1.jsonl.part", "other ");
    ck_assert(keep_write(&other, span_str("line\n"), &err));
    ck_assert(keep_write(&other, span_str(""), &err));
    ck_assert(keep_finish(&other, span_str("{}\n"), &err));
    holds("a.b.1.1.jsonl", "other line\n");
}

END_TEST

START_TEST(a_link_is_not_followed)
{
    put("victim", "text");
    ck_assert_int_eq(symlink("victim", "a.b.1.1.jsonl.part"), 0);
    ck_assert_int_eq(symlink("victim", "a.b.1.1.jsonl"), 0);
    ck_assert_int_eq(symlink("victim", "a.b.1.1.jsonl.meta.json"), 0);
    ck_assert_int_eq(symlink("victim", "a.b.1.1.jsonl.meta.json.part"), 0);
    write_whole("line\n");
    ck_assert(keep_finish(&keep, span_str("{}\n"), &err));
    holds("a.b.1.1.jsonl", "line\n");
    holds("a.b.1.1.jsonl.meta.json", "{}\n");
    ck_assert_int_eq(chmod("victim", 0600), 0);
    holds("victim", "text");
}

END_TEST

START_TEST(a_part_that_is_dropped_is_removed)
{
    write_whole("line\n");
    keep.stays = true;
    keep_close(&keep);
    ck_assert(is_there("a.b.1.1.jsonl.part"));
    keep_drop(&keep);
    ck_assert(!is_there("a.b.1.1.jsonl.part"));
    write_whole("line\n");
    ck_assert(keep_finish(&keep, span_str("{}\n"), &err));
    keep_drop(&keep);
    holds("a.b.1.1.jsonl", "line\n");
}

END_TEST

static Suite *
keep_suite(void)
{
    Suite *suite = suite_create("keep");
    TCase *tests = tcase_create("keep");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, both_files_get_their_names_at_the_end);
    tcase_add_test(tests, older_files_are_replaced);
    tcase_add_test(tests, an_incomplete_part_is_removed);
    tcase_add_test(tests, a_result_that_failed_its_checks_stays_a_part);
    tcase_add_test(tests, a_full_disk_leaves_nothing);
    tcase_add_test(tests, no_room_for_the_sidecar_leaves_nothing);
    tcase_add_test(tests, a_path_that_is_too_long_is_refused);
    tcase_add_test(tests, parts_of_killed_runs_are_removed);
    tcase_add_test(tests, a_part_that_is_being_written_stays);
    tcase_add_test(tests, a_part_that_another_process_replaced_is_left_alone);
    tcase_add_test(tests, a_link_is_not_followed);
    tcase_add_test(tests, a_part_that_is_dropped_is_removed);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(keep_suite());
}
