/* message: the form of the table's texts, and the entries for codes of
 * PostgreSQL and the store. */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "support/suite.h"

/* The text can follow other text in a line of the log. */
static void
is_phrase(const char *code, const char *text)
{
    size_t length = strlen(text);

    ck_assert_msg(length > 0, "%s: nothing", code);
    ck_assert_msg(text[length - 1] != '.' && text[length - 1] != ' ', "%s: %s",
                  code, text);
    ck_assert_msg(strpbrk(text, "\n\t") == NULL, "%s: %s", code, text);
    ck_assert_msg(strstr(text, "  ") == NULL, "%s: %s", code, text);
    ck_assert_msg(!isupper((unsigned char)text[0]) ||
                      isupper((unsigned char)text[1]) ||
                      strncmp(text, "Shopify", strlen("Shopify")) == 0 ||
                      strncmp(text, "PostgreSQL", strlen("PostgreSQL")) == 0,
                  "%s: %s", code, text);
    ck_assert_uint_lt(length, sizeof(((struct err *)NULL)->hint));
}

START_TEST(every_message_has_meaning_and_remedy)
{
    for (int i = MSG_NONE + 1; i < MSG_COUNT; i++) {
        const struct message *one = message_at((enum msg)i);

        is_phrase(one->code, one->meaning);
        is_phrase(one->code, one->remedy);
        ck_assert_uint_lt(strlen(one->code),
                          sizeof(((struct err *)NULL)->code));
        ck_assert_str_ne(message_section(one->section)->title, "");
    }
}

END_TEST

/* docs/messages.md has the order of the table. */
START_TEST(every_code_appears_once_and_in_its_section)
{
    for (int i = MSG_NONE + 1; i < MSG_COUNT; i++) {
        const struct message *one = message_at((enum msg)i);

        ck_assert_msg(i == MSG_NONE + 1 ||
                          message_at((enum msg)(i - 1))->section <=
                              one->section,
                      "%s", one->code);
        if (!one->is_family)
            ck_assert_ptr_eq(message_of(one->code), one);
    }
}

END_TEST

static const struct {
    const char *code;
    enum msg msg;
} given[] = {
    {"", MSG_NONE},
    {"08006", MSG_08006},
    {"08003", MSG_08},
    {"22001", MSG_22},
    {"40001", MSG_40001},
    {"40002", MSG_SQLSTATE},
    {"42501", MSG_42501},
    {"42P01", MSG_42},
    {"57P03", MSG_57P0},
    {"0A000", MSG_SQLSTATE},
    {"XX000", MSG_SQLSTATE},
    {"HTTP_430", MSG_HTTP_430},
    {"HTTP_501", MSG_HTTP_501},
    {"HTTP_503", MSG_HTTP_5},
    {"HTTP_418", MSG_HTTP_},
    {"THROTTLED", MSG_THROTTLED},
    {"RESOURCE_NOT_FOUND", MSG_GRAPHQL_ERROR},
    {"argumentNotAccepted", MSG_GRAPHQL_ERROR},
    {"OTHER", MSG_GRAPHQL_ERROR}, /* five letters, but not a SQLSTATE */
    {"2", MSG_GRAPHQL_ERROR},
    {"22", MSG_GRAPHQL_ERROR},
    {"220000", MSG_GRAPHQL_ERROR},
};

START_TEST(a_foreign_code_has_its_own_entry_or_its_familys)
{
    ck_assert_str_eq(message_of(given[_i].code)->code,
                     message_at(given[_i].msg)->code);
}

END_TEST

START_TEST(a_failure_has_the_remedy_of_its_code)
{
    struct err err;

    err_set(&err, MSG_LOCKED, "taken");
    ck_assert_int_eq(err.kind, message_at(MSG_LOCKED)->kind);
    ck_assert(err_is(&err, MSG_LOCKED));
    ck_assert_str_eq(err_remedy(&err), message_at(MSG_LOCKED)->remedy);
    err_as(&err, ERR_DENIED);
    err_given(&err, "53100");
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert(!err_is(&err, MSG_LOCKED));
    ck_assert_str_eq(err_remedy(&err), message_at(MSG_53)->remedy);
    err_hint(&err, "free %d GB", 3);
    ck_assert_str_eq(err_remedy(&err), "free 3 GB");
    err_set(&err, MSG_TRUNCATED, "again");
    ck_assert_str_eq(err_remedy(&err), message_at(MSG_TRUNCATED)->remedy);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("message");
    TCase *all = tcase_create("all");

    tcase_add_test(all, every_message_has_meaning_and_remedy);
    tcase_add_test(all, every_code_appears_once_and_in_its_section);
    tcase_add_loop_test(all, a_foreign_code_has_its_own_entry_or_its_familys, 0,
                        COUNT(given));
    tcase_add_test(all, a_failure_has_the_remedy_of_its_code);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
