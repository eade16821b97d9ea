/* commands: every command has a description, a sensible number of words, and a
 * bit and options of its own. */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "cli/option_rows.h"
#include "command/commands.h"
#include "support/suite.h"

enum { LINE_BYTES = 80 };

START_TEST(commands_have_a_description)
{
    for (size_t i = 0; i < commands.count; i++) {
        const struct command *command = &commands.items[i];
        const char *line = command->text;

        ck_assert_msg(command->summary[0] != '\0', "%s", command->name);
        ck_assert_msg(strpbrk(command->summary, "\n\t") == NULL, "%s",
                      command->name);
        ck_assert(line[strlen(line) - 1] == '\n');
        for (; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_msg(strcspn(line, "\n") < LINE_BYTES, "%s: %s",
                          command->name, line);
    }
}

END_TEST

START_TEST(names_and_bits_are_distinct)
{
    unsigned seen = 0;

    for (size_t i = 0; i < commands.count; i++) {
        unsigned bit = commands.items[i].bit;

        ck_assert(bit != 0 && (bit & (bit - 1)) == 0);
        ck_assert_msg((seen & bit) == 0, "%s", commands.items[i].name);
        seen |= bit;
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(commands.items[i].name, commands.items[k].name);
    }
}

END_TEST

/* `run` takes any number of words, `init` at most one. */
START_TEST(numbers_of_words_fit_the_usage_line)
{
    for (size_t i = 0; i < commands.count; i++) {
        const struct command *command = &commands.items[i];
        bool is_many = strstr(command->arguments, "...") != NULL;

        ck_assert(command->run != NULL);
        ck_assert_msg((command->most_arguments == -1) == is_many, "%s",
                      command->name);
        ck_assert_msg(is_many ||
                          command->least_arguments <= command->most_arguments,
                      "%s", command->name);
        ck_assert_msg(command->least_arguments == 0 ||
                          isupper((unsigned char)command->arguments[0]),
                      "%s", command->name);
    }
}

END_TEST

START_TEST(options_belong_to_commands_that_exist)
{
    unsigned all = 0;
    char name[OPTION_NAME_BYTES];

    for (size_t i = 0; i < commands.count; i++)
        all |= commands.items[i].bit;
    for (size_t i = 0; i < option_row_count; i++)
        ck_assert_msg(option_rows[i].belongs == OF_ANY ||
                          (option_rows[i].belongs & ~all) == 0,
                      "%s", option_spell(&option_rows[i], name));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("commands");
    TCase *all = tcase_create("all");

    tcase_add_test(all, commands_have_a_description);
    tcase_add_test(all, names_and_bits_are_distinct);
    tcase_add_test(all, numbers_of_words_fit_the_usage_line);
    tcase_add_test(all, options_belong_to_commands_that_exist);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
