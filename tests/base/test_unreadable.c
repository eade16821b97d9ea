/* unreadable: following the hint lets this user read the file. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unreadable.h"
#include "support/suite.h"

enum { NOBODY = 65534 };

static char folder[] = "/tmp/bulkpg-unreadable-XXXXXX";
static struct err err;

static void
setup(void)
{
    int fd;

    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(chmod(".", 0755), 0);
    ck_assert_int_eq(mkdir("shut", 0755), 0);
    fd = open("shut/file", O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    fd = open("file", O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    memset(&err, 0, sizeof(err));
    err_set(&err, MSG_CANNOT_READ, "cannot read it");
}

static void
teardown(void)
{
    char remove[64];

    snprintf(remove, sizeof(remove), "chmod 755 shut; rm -rf %s", folder);
    ck_assert_int_eq(seteuid(getuid()), 0);
    ck_assert_int_eq(system(remove), 0);
    ck_assert_int_eq(chdir("/"), 0);
}

/* The errno of opening `path`. root can open every file, so the test changes
 * to another user first. */
static int
reason(const char *path)
{
    int fd;

    if (getuid() == 0)
        ck_assert_int_eq(seteuid(NOBODY), 0);
    fd = open(path, O_RDONLY);
    ck_assert_int_lt(fd, 0);
    return errno;
}

static void
check_hint(const char *path, bool is_secret, const char *hint)
{
    ck_assert(!unreadable_hint(&err, path, reason(path), is_secret));
    ck_assert_msg(strstr(err_remedy(&err), hint) != NULL, "%s",
                  err_remedy(&err));
}

START_TEST(a_file_of_this_user)
{
    if (getuid() == 0)
        ck_assert_int_eq(chown("file", NOBODY, (gid_t)-1), 0);
    ck_assert_int_eq(chmod("file", 0), 0);
    check_hint("file", false, "chmod u+r file");
}

END_TEST

START_TEST(a_folder_without_permission)
{
    ck_assert_int_eq(chmod("shut", getuid() == 0 ? 0700 : 0), 0);
    check_hint("shut/file", false, "the folder shut: chmod a+x shut");
}

END_TEST

START_TEST(a_file_of_another_user)
{
    if (getuid() != 0)
        return; /* the test cannot change to another user */
    check_hint("file", false, " file, or chmod a+r file if others may");
    check_hint("file", true, "bulkpg runs as ");
    ck_assert_ptr_null(strstr(err_remedy(&err), "chmod"));
}

END_TEST

START_TEST(a_file_that_does_not_exist)
{
    ck_assert(!unreadable_hint(&err, "nowhere", ENOENT, false));
    ck_assert_str_eq(err_remedy(&err), message_at(MSG_CANNOT_READ)->remedy);
}

END_TEST

static Suite *
unreadable_suite(void)
{
    Suite *suite = suite_create("unreadable");
    TCase *tests = tcase_create("unreadable");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_file_of_this_user);
    tcase_add_test(tests, a_folder_without_permission);
    tcase_add_test(tests, a_file_of_another_user);
    tcase_add_test(tests, a_file_that_does_not_exist);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(unreadable_suite());
}
