/* ids: the file of --ids. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/ids.h"
#include "support/suite.h"

static struct arena arena;
static struct err err;
static char path[] = "/tmp/bulkpg-ids-XXXXXX";

static void
write_file(const char *text, size_t length)
{
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, text, length), (int)length);
    close(file);
}

static bool
read_text(struct ids *ids, const char *text)
{
    bool ok;

    write_file(text, strlen(text));
    ok = ids_read(ids, path, &arena, &err);
    unlink(path);
    return ok;
}

static void
teardown(void)
{
    arena_free(&arena);
}

START_TEST(one_id_is_in_each_line)
{
    struct ids ids;

    ck_assert(read_text(&ids, "b\r\n\n  a \t\nb\n\xc3\xa9\n \nlast"));
    ck_assert_uint_eq(ids.count, 5);
    ck_assert_str_eq(ids.lines[0].text, "b");
    ck_assert_int_eq(ids.lines[0].number, 1);
    ck_assert_str_eq(ids.lines[1].text, "a");
    ck_assert_int_eq(ids.lines[1].number, 3);
    ck_assert_str_eq(ids.lines[4].text, "last");
    ck_assert_int_eq(ids.lines[4].number, 7);
}

END_TEST

START_TEST(a_file_may_have_no_ids)
{
    struct ids ids;

    ck_assert(read_text(&ids, ""));
    ck_assert_uint_eq(ids.count, 0);
}

END_TEST

static void
is_refused(bool ok, const char *message)
{
    ck_assert(!ok);
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.code, "BAD_IDS");
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(a_line_that_is_not_text_is_refused)
{
    char line[2002];
    struct ids ids;

    is_refused(read_text(&ids, "a\n\xff\n"), ":2: the line is not text");
    strcpy(path, "/tmp/bulkpg-ids-XXXXXX");
    is_refused(read_text(&ids, "a\tb\n"), ":1: the line is not text");
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    strcpy(path, "/tmp/bulkpg-ids-XXXXXX");
    is_refused(read_text(&ids, line), ":1: the line is too long");
}

END_TEST

START_TEST(a_file_that_cannot_be_read_is_refused)
{
    struct ids ids;

    is_refused(ids_read(&ids, "/nowhere/ids", &arena, &err),
               "cannot read /nowhere/ids: No such file");
    is_refused(ids_read(&ids, "/tmp", &arena, &err), "cannot read /tmp: ");
}

END_TEST

static Suite *
ids_suite(void)
{
    Suite *suite = suite_create("ids");
    TCase *tests = tcase_create("ids");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, one_id_is_in_each_line);
    tcase_add_test(tests, a_file_may_have_no_ids);
    tcase_add_test(tests, a_line_that_is_not_text_is_refused);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(ids_suite());
}
