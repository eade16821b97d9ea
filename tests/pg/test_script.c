/* script: a script is split where PostgreSQL ends its statements. */
#include <check.h>

#include "pg/script.h"
#include "support/suite.h"

enum { MOST = 4 };

static const struct {
    const char *script;
    const char *statements[MOST];
} cuts[] = {
    {"", {0}},
    {" ;;\n; ", {0}},
    {"-- nothing\n/* at all; */", {0}},
    {"SELECT 1", {"SELECT 1"}},
    {"SELECT 1;\n", {"SELECT 1"}},
    {"a; b ;c", {"a", "b", "c"}},
    {"-- first; of two\nBEGIN;\n-- last\nEND;", {"BEGIN", "END"}},
    {"a -- b; c\n; d", {"a -- b; c", "d"}},
    {"a /* ; /* ; */ ; */ b; c", {"a /* ; /* ; */ ; */ b", "c"}},
    {"SELECT ';', 'it''s; so'; b", {"SELECT ';', 'it''s; so'", "b"}},
    {"SELECT 'a\\'; b", {"SELECT 'a\\'", "b"}},
    {"SELECT E'a\\'; b'; c", {"SELECT E'a\\'; b'", "c"}},
    {"SELECT e'\\\\'; c", {"SELECT e'\\\\'", "c"}},
    {"SELECT name'\\'; c", {"SELECT name'\\'", "c"}},
    {"SELECT U&'d\\0061'; c", {"SELECT U&'d\\0061'", "c"}},
    {"CREATE TABLE \"a;\"\"b\" (); c", {"CREATE TABLE \"a;\"\"b\" ()", "c"}},
    {"DO $$ x; y; $$; c", {"DO $$ x; y; $$", "c"}},
    {"DO $a$ x; $$; $b$ $a$; c", {"DO $a$ x; $$; $b$ $a$", "c"}},
    {"SELECT $1; c$x$; d", {"SELECT $1", "c$x$", "d"}},
    {"SELECT $ ; c", {"SELECT $", "c"}},
    {"SELECT 2*3/4-5; c", {"SELECT 2*3/4-5", "c"}},
    {"SELECT \xc3\xa4\xe2\x80\x9a; c", {"SELECT \xc3\xa4\xe2\x80\x9a", "c"}},
    {"a; 'no end; b", {"a", "'no end; b"}},
    {"a; \"no end; b", {"a", "\"no end; b"}},
    {"a; $$no end; b", {"a", "$$no end; b"}},
    {"a; E'no end\\", {"a", "E'no end\\"}},
    {"a; b /* no end; c", {"a", "b /* no end; c"}},
    {"a; /* no end; c", {"a"}},
};

START_TEST(statements_end_where_the_server_ends_them)
{
    struct span script = span_str(cuts[_i].script);
    struct span statement;
    int count = 0;

    while (script_next(&script, &statement)) {
        ck_assert_int_lt(count, MOST);
        ck_assert_msg(cuts[_i].statements[count] != NULL &&
                          span_is(statement, cuts[_i].statements[count]),
                      "%s: %.*s", cuts[_i].script, SPAN_ARG(statement));
        count++;
    }
    ck_assert_msg(count == MOST || cuts[_i].statements[count] == NULL,
                  "%s: %d statements", cuts[_i].script, count);
    ck_assert(!script_next(&script, &statement));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("script");
    TCase *tcase = tcase_create("cuts");

    tcase_add_loop_test(tcase, statements_end_where_the_server_ends_them, 0,
                        COUNT(cuts));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
