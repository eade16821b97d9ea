/* usage: the tables that the manual is made from are complete: each option, key
 * and status has a text. */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "cli/option_rows.h"
#include "cli/usage.h"
#include "config/keys.h"
#include "support/suite.h"

/* The text is one line and not empty. */
static void
is_line(const char *name, const char *text)
{
    ck_assert_msg(text != NULL && text[0] != '\0', "%s: nothing", name);
    ck_assert_msg(strpbrk(text, "\n\t") == NULL, "%s: %s", name, text);
    ck_assert_msg(!isspace((unsigned char)text[strlen(text) - 1]), "%s", name);
}

START_TEST(options_have_a_text)
{
    char name[OPTION_NAME_BYTES];

    for (size_t i = 0; i < option_row_count; i++) {
        is_line(option_spell(&option_rows[i], name), option_rows[i].help);
        ck_assert_msg(option_rows[i].belongs != 0, "%s", name);
    }
}

END_TEST

static void
keys_are_sentences(const struct setting_key *key)
{
    for (; key->name != NULL; key++) {
        is_line(key->name, key->help);
        ck_assert_msg(key->help[strlen(key->help) - 1] == '.', "%s", key->name);
    }
}

START_TEST(keys_have_a_text)
{
    keys_are_sentences(keys_database);
    keys_are_sentences(keys_store);
    keys_are_sentences(keys_source);
    keys_are_sentences(keys_tuning);
    keys_are_sentences(keys_archive);
    keys_are_sentences(keys_privacy);
}

END_TEST

START_TEST(statuses_have_a_text_and_are_in_order)
{
    for (size_t i = 0; i < usage_status_count; i++) {
        is_line("status", usage_statuses[i].text);
        ck_assert(i == 0 ||
                  usage_statuses[i - 1].status < usage_statuses[i].status);
    }
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("manual");
    TCase *all = tcase_create("all");

    tcase_add_test(all, options_have_a_text);
    tcase_add_test(all, keys_have_a_text);
    tcase_add_test(all, statuses_have_a_text_and_are_in_order);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
