/* replace_file: a file has its old content or the new one. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace_file.h"
#include "support/suite.h"

static char folder[] = "/tmp/bulkpg-replace-XXXXXX";
static struct err err;

static void
setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    umask(077);
}

static void
teardown(void)
{
    char remove[64];

    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(remove), 0);
}

static void
write_text(const char *path, const char *text)
{
    ck_assert_msg(replace_file(path, span_str(text), &err), "%s", err.message);
}

static void
holds(const char *path, const char *text)
{
    char bytes[64] = {0};
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes) - 1, file), strlen(text));
    fclose(file);
    ck_assert_str_eq(bytes, text);
}

static int
count_files(void)
{
    DIR *open = opendir(".");
    int count = 0;

    ck_assert_ptr_nonnull(open);
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count - 2; /* "." and ".." */
}

START_TEST(a_file_is_created_and_replaced)
{
    struct stat status;

    write_text("out", "one");
    write_text("out", "two");
    holds("out", "two");
    ck_assert_int_eq(stat("out", &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0644);
    ck_assert_int_eq(count_files(), 1);
}

END_TEST

/* A reader that has opened the file continues to read the old content. */
START_TEST(the_old_file_is_not_written_to)
{
    char bytes[8] = {0};
    FILE *file;

    write_text("out", "one");
    file = fopen("out", "r");
    ck_assert_ptr_nonnull(file);
    write_text("out", "two");
    ck_assert_uint_eq(fread(bytes, 1, 7, file), 3);
    ck_assert_str_eq(bytes, "one");
    fclose(file);
}

END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat status;

    write_text("real", "one");
    ck_assert_int_eq(symlink("real", "link"), 0);
    write_text("link", "two");
    holds("real", "two");
    ck_assert_int_eq(lstat("link", &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
}

END_TEST

START_TEST(a_device_is_written_to)
{
    struct stat status;

    write_text("/dev/null", "one");
    ck_assert_int_eq(stat("/dev/null", &status), 0);
    ck_assert(S_ISCHR(status.st_mode));
}

END_TEST

START_TEST(a_failed_write_names_the_file_and_leaves_nothing)
{
    ck_assert(!replace_file("nowhere/out", span_str("x"), &err));
    ck_assert_str_eq(err.message,
                     "cannot write nowhere/out: No such file or directory");
    ck_assert_int_eq(mkdir("out", 0700), 0);
    ck_assert(!replace_file("out", span_str("x"), &err));
    ck_assert_int_eq(count_files(), 1);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("replace_file");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_file_is_created_and_replaced);
    tcase_add_test(all, the_old_file_is_not_written_to);
    tcase_add_test(all, a_link_stays_a_link);
    tcase_add_test(all, a_device_is_written_to);
    tcase_add_test(all, a_failed_write_names_the_file_and_leaves_nothing);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
