/* read_file: the content of a file, and each way in which reading fails. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"
#include "base/replace_file.h"
#include "support/suite.h"

static char folder[] = "/tmp/bulkpg-read-XXXXXX";
static struct buf text;
static struct stat status;

static void
setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    text = buf_with_ceiling(10 * 1000);
}

static void
teardown(void)
{
    char remove[64];

    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(remove), 0);
    buf_free(&text);
}

/* Create the file "f" of `length` bytes. Neighbouring bytes differ. */
static void
make_file(size_t length)
{
    struct buf bytes = buf_with_ceiling(100 * 1000);
    struct err err;

    for (size_t i = 0; i < length; i++)
        buf_append_char(&bytes, (char)('a' + i % 23));
    ck_assert(replace_file("f", buf_span(&bytes), &err));
    buf_free(&bytes);
}

static const size_t lengths[] = {0, 1, 256, 4095, 4096, 4097, 9999, 10000};

START_TEST(a_file_is_read_completely)
{
    size_t length = lengths[_i];

    make_file(length);
    ck_assert_int_eq(read_file_text("f", &text, &status), READ_FILE_OK);
    ck_assert_uint_eq(text.length, length);
    ck_assert_int_eq((int)status.st_size, (int)length);
    if (length >= 256) /* a second allocation would add 4096 bytes */
        ck_assert_uint_le(text.capacity, 2 * (length + 1));
    for (size_t i = 0; i < length; i++)
        ck_assert_int_eq(text.bytes[i], (char)('a' + i % 23));
}

END_TEST

START_TEST(the_content_is_appended)
{
    make_file(2);
    buf_append_str(&text, "x");
    ck_assert_int_eq(read_file_text("f", &text, NULL), READ_FILE_OK);
    ck_assert_str_eq(buf_str(&text), "xab");
}

END_TEST

START_TEST(one_byte_more_is_too_long)
{
    make_file(10 * 1000 + 1);
    ck_assert_int_eq(read_file_text("f", &text, NULL), READ_FILE_TOO_LONG);
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_uint_eq(text.length, 10 * 1000);
    ck_assert(!text.overflowed);
}

END_TEST

/* Files in /proc have a size of 0. */
START_TEST(a_file_of_unknown_size_is_read)
{
    ck_assert_int_eq(read_file_text("/proc/self/stat", &text, &status),
                     READ_FILE_OK);
    ck_assert_int_eq((int)status.st_size, 0);
    ck_assert_uint_gt(text.length, 0);
}

END_TEST

START_TEST(a_missing_file_fails)
{
    ck_assert_int_eq(read_file_text("f", &text, NULL), READ_FILE_FAILED);
    ck_assert_int_eq(errno, ENOENT);
}

END_TEST

START_TEST(a_folder_is_not_read)
{
    ck_assert_int_eq(read_file_text(".", &text, NULL), READ_FILE_NOT_REGULAR);
    ck_assert_int_eq(errno, EISDIR);
}

END_TEST

START_TEST(a_fifo_does_not_block)
{
    ck_assert_int_eq(mkfifo("f", 0600), 0);
    ck_assert_int_eq(read_file_text("f", &text, &status),
                     READ_FILE_NOT_REGULAR);
    ck_assert(S_ISFIFO(status.st_mode));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("read_file");
    TCase *tests = tcase_create("read_file");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_file_is_read_completely, 0, COUNT(lengths));
    tcase_add_test(tests, the_content_is_appended);
    tcase_add_test(tests, one_byte_more_is_too_long);
    tcase_add_test(tests, a_file_of_unknown_size_is_read);
    tcase_add_test(tests, a_missing_file_fails);
    tcase_add_test(tests, a_folder_is_not_read);
    tcase_add_test(tests, a_fifo_does_not_block);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
