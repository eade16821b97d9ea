#include "cli/usage.h"

#include "base/out.h"
#include "cli/option_rows.h"

enum { USAGE_WIDTH = 28 };

static void
print_option(const struct option_row *row)
{
    char name[OPTION_NAME_BYTES], usage[2 * OPTION_NAME_BYTES];

    snprintf(usage, sizeof(usage), "%s%s%s", option_spell(row, name),
             row->value == NULL ? "" : " ",
             row->value == NULL ? "" : row->value);
    out_line(stdout, "  %-*s%s", USAGE_WIDTH - 2, usage, row->help);
}

static void
print_options(const char *title, unsigned of, bool global)
{
    bool first = true;

    for (size_t i = 0; i < option_row_count; i++) {
        if ((option_rows[i].belongs == OF_ANY) != global ||
            (option_rows[i].belongs & of) == 0)
            continue;
        if (first)
            out_printf(stdout, "\n%s:\n", title);
        first = false;
        print_option(&option_rows[i]);
    }
}

void
usage_print(FILE *to, const struct command_table *commands)
{
    out_printf(
        to, "%s",
        "Usage: bulkpg [-C DIR] [--log-format text|json] [-v|-q] COMMAND "
        "...\n"
        "\n"
        "Loads Shopify and other GraphQL APIs into PostgreSQL tables.\n"
        "\n"
        "Commands:\n");
    for (size_t i = 0; i < commands->count; i++) {
        char usage[OPTION_NAME_BYTES];

        snprintf(usage, sizeof(usage), "%s %s", commands->items[i].name,
                 commands->items[i].arguments);
        out_line(to, "  %-*s%s", USAGE_WIDTH - 2, usage,
                 commands->items[i].summary);
    }
}

const struct usage_status usage_statuses[] = {
    {0, "success; also if no job was due"},
    {64, "wrong command line, or a job that does not exist"},
    {65, "loaded or pushed, but some lines were rejected or rows refused"},
    {69, "a job failed, or status --failed or --older-than lists one"},
    {70, "an internal error, or out of memory"},
    {74, "cannot write to standard output"},
    {75, "temporary failure, or stopped: run it again later"},
    {77, "credentials, scopes or privileges are missing"},
    {78, "the configuration, a query or a mutation is wrong"},
};

const size_t usage_status_count =
    sizeof(usage_statuses) / sizeof(usage_statuses[0]);

static void
print_statuses(void)
{
    out_printf(stdout, "\nExit status, the worst of all jobs:\n");
    for (size_t i = 0; i < usage_status_count; i++)
        out_line(stdout, "  %2d  %s", usage_statuses[i].status,
                 usage_statuses[i].text);
}

void
usage_print_help(const struct command_table *commands,
                 const struct command *command)
{
    if (command == NULL) {
        usage_print(stdout, commands);
    } else {
        out_printf(stdout, "Usage: bulkpg %s%s%s [OPTION...]\n\n%s",
                   command->name, command->arguments[0] != '\0' ? " " : "",
                   command->arguments, command->text);
        print_options("Options", command->bit, false);
    }
    if (command == NULL) {
        print_options("Options of every command", OF_ANY, true);
        print_statuses();
    }
    out_printf(stdout, "%s",
               command == NULL
                   ? "\n`bulkpg COMMAND --help` lists the options of a "
                     "command.\n"
                   : "\n`bulkpg --help` lists the options of every command and "
                     "the exit statuses.\n");
}
