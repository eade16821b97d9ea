/* The command line passes four steps. Each may fail with one line and a hint:
 *
 *     take apart   getopt_long() splits argv into options and words
 *     set          each option's function stores its value (option_rows.c)
 *     choose       the first word is the command; `help` means --help
 *     check        the command takes these options and this many words, and
 *                  the options do not contradict each other
 *
 * The command is chosen after the options are set, because --help and --version
 * need no command. With either of them the last step is skipped, so that a user
 * who asks for help gets it. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "base/out.h"
#include "base/span.h"
#include "cli/option_rows.h"
#include "cli/screen.h"
#include "cli/usage.h"

#ifndef BULKPG_VERSION
#define BULKPG_VERSION "0"
#endif

enum { FIRST_LONG = 256 };

static void (*print_libraries)(void);

static bool
unknown_command(const struct command_table *commands, const char *name,
                struct err *err)
{
    struct nearest nearest = nearest_to(name);

    for (size_t i = 0; i < commands->count; i++)
        nearest_try(&nearest, commands->items[i].name);
    err_set(err, MSG_UNKNOWN_COMMAND, "unknown command \"%s\"", name);
    if (nearest.best != NULL)
        err_hint(err, "did you mean \"%s\"?", nearest.best);
    return false;
}

/* `given` is the argument as written: with dashes, and perhaps with a value. */
static bool
unknown_option(const char *given, struct err *err)
{
    char name[OPTION_NAME_BYTES];
    struct nearest nearest;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(given, "="), given);
    nearest = nearest_to(name[0] == '-' && name[1] == '-' ? name + 2 : "");
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].name != NULL)
            nearest_try(&nearest, option_rows[i].name);
    err_set(err, MSG_UNKNOWN_OPTION, "unknown option %s", name);
    if (nearest.best != NULL)
        err_hint(err, "did you mean --%s?", nearest.best);
    return false;
}

/* One option of the command line. */
struct given {
    const struct option_row *row;
    const char *value;
};

/* The command line, taken apart. */
struct parts {
    struct given *given;
    size_t given_count;
    const char *
        *words; /* arguments that are not options; words[0] is the command */
    int word_count;
};

/* The "-" at the start makes getopt_long() return words in their order,
 * wherever the options are. The ":" makes a missing value different from an
 * unknown option. */
static void
describe_options(struct option *longs, char *shorts)
{
    *shorts++ = '-';
    *shorts++ = ':';
    for (int i = 0; i < (int)option_row_count; i++) {
        bool has_value = option_rows[i].value != NULL;

        if (option_rows[i].name != NULL)
            *longs++ =
                (struct option){option_rows[i].name,
                                has_value ? required_argument : no_argument,
                                NULL, FIRST_LONG + i};
        if (option_rows[i].letter == '\0')
            continue;
        *shorts++ = option_rows[i].letter;
        if (has_value)
            *shorts++ = ':';
    }
    *longs = (struct option){0};
    *shorts = '\0';
}

static const struct option_row *
find_row(int code)
{
    if (code >= FIRST_LONG)
        return &option_rows[code - FIRST_LONG];
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].letter == code)
            return &option_rows[i];
    return NULL;
}

/* Reports an option that getopt_long() refused. `code` is ':' for a missing
 * value, else '?'. */
static bool
misused_option(int code, char **argv, struct err *err)
{
    const struct option_row *row = optopt != 0 ? find_row(optopt) : NULL;
    char name[OPTION_NAME_BYTES];

    if (row == NULL && optopt != 0) {
        snprintf(name, sizeof(name), "-%c", optopt);
        return unknown_option(name, err);
    }
    if (row == NULL)
        return unknown_option(argv[optind - 1], err);
    if (code == ':')
        err_set(err, MSG_BAD_OPTION, "%s needs a value: %s",
                option_spell(row, name), row->value);
    else
        err_set(err, MSG_BAD_OPTION, "%s takes no value",
                option_spell(row, name));
    return err_hint(err, "%s: %s", name, row->help);
}

/* The argument of the option that getopt_long() has just returned. */
static const char *
written_option(char **argv)
{
    bool value_follows = optarg != NULL && argv[optind - 1] == optarg;

    return argv[optind - (value_follows ? 2 : 1)];
}

/* getopt_long() accepts "--ful" for --full. bulkpg refuses it, because an
 * abbreviation may mean another option in a later version. */
static bool
is_abbreviated(const struct option_row *row, char **argv)
{
    const char *written = written_option(argv);

    return row->name != NULL && strncmp(written, "--", 2) == 0 &&
           !span_is(span_of(written + 2, strcspn(written + 2, "=")), row->name);
}

/* Split argv into options and words. getopt_long() keeps its state in globals,
 * which optind = 0 resets. opterr = 0 suppresses its own messages. */
static bool
take_apart(int argc, char **argv, struct parts *parts, struct err *err)
{
    struct option longs[OPTION_ROWS_MOST + 1];
    char shorts[2 * OPTION_ROWS_MOST + 3];
    int code;

    describe_options(longs, shorts);
    optind = 0;
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == 1)
            parts->words[parts->word_count++] = optarg;
        else if (code == ':' || code == '?')
            return misused_option(code, argv, err);
        else if (is_abbreviated(find_row(code), argv))
            return unknown_option(written_option(argv), err);
        else
            parts->given[parts->given_count++] =
                (struct given){find_row(code), optarg};
    }
    while (optind < argc) /* after "--" */
        parts->words[parts->word_count++] = argv[optind++];
    return true;
}

static bool
find_command(const struct command_table *commands, const char *name,
             const struct command **command, struct err *err)
{
    for (size_t i = 0; i < commands->count; i++) {
        if (strcmp(name, commands->items[i].name) == 0) {
            *command = &commands->items[i];
            return true;
        }
    }
    return unknown_command(commands, name, err);
}

/* `help` and `help COMMAND` mean --help. Succeeds without a command only for
 * --help and --version. */
static bool
choose_command(struct parts *parts, const struct command_table *commands,
               struct options *options, const struct command **command,
               struct err *err)
{
    if (parts->word_count > 0 && strcmp(parts->words[0], "help") == 0) {
        options->help = true;
        parts->words++;
        parts->word_count--;
    }
    if (parts->word_count > 0)
        return find_command(commands, parts->words[0], command, err);
    if (options->help || options->version)
        return true;
    return err_set(err, MSG_UNKNOWN_COMMAND, "no command is given");
}

static bool
set_options(const struct parts *parts, struct options *options, struct err *err)
{
    char name[OPTION_NAME_BYTES];

    for (size_t i = 0; i < parts->given_count; i++) {
        const struct option_row *row = parts->given[i].row;

        if (!row->set(options, parts->given[i].value, err)) {
            err_code(err, MSG_BAD_OPTION);
            err_as(err, ERR_USAGE);
            return err_wrap(err, "%s", option_spell(row, name));
        }
    }
    return true;
}

static bool
check_belongs(const struct parts *parts, const struct command *command,
              struct err *err)
{
    char name[OPTION_NAME_BYTES];

    for (size_t i = 0; i < parts->given_count; i++) {
        const struct option_row *row = parts->given[i].row;

        if ((row->belongs & command->bit) != 0)
            continue;
        err_set(err, MSG_UNKNOWN_OPTION, "%s has no option %s", command->name,
                option_spell(row, name));
        return err_hint(err, "bulkpg %s --help lists its options",
                        command->name);
    }
    return true;
}

static bool
misused(const struct command *command, const char *what, struct err *err)
{
    err_set(err, MSG_BAD_ARGUMENTS, "%s: %s", command->name, what);
    return err_hint(err, "usage: bulkpg %s%s%s [OPTION...]", command->name,
                    command->arguments[0] != '\0' ? " " : "",
                    command->arguments);
}

static bool
check_arguments(const struct command *command, const struct options *options,
                struct err *err)
{
    char text[128];
    int count = options->argument_count;

    if (count < command->least_arguments) {
        snprintf(text, sizeof(text), "%s is missing",
                 count == 0 ? command->arguments : "FILE");
        return misused(command, text, err);
    }
    if (command->most_arguments >= 0 && count > command->most_arguments) {
        snprintf(text, sizeof(text), "one argument too many: \"%.60s\"",
                 options->arguments[command->most_arguments]);
        return misused(command, text, err);
    }
    return true;
}

static bool
check_window(const struct command *command, const struct options *options,
             struct err *err)
{
    bool since = options->since_s != OPTION_NO_TIME;
    bool until = options->until_s != OPTION_NO_TIME;

    if (until && !since)
        return misused(command, "--until needs --since", err);
    if (until && options->until_s <= options->since_s)
        return misused(command, "--until is not after --since", err);
    if (since && options->full)
        return misused(command, "--since and --full exclude each other", err);
    return true;
}

/* What load loads: one of three. */
static bool
check_load(const struct command *command, const struct options *options,
           struct err *err)
{
    int given = (options->argument_count > 1) + (options->archive > 0) +
                (options->operation != NULL);

    if (command->bit != OF_LOAD)
        return true;
    if (given == 0)
        return misused(command, "FILE is missing", err);
    if (given > 1)
        return misused(
            command, "FILE, --archive and --operation exclude each other", err);
    if (options->dry_run && options->argument_count < 2)
        return misused(command, "--dry-run needs FILE", err);
    return true;
}

static bool
check_due(const struct command *command, const struct options *options,
          struct err *err)
{
    if (options->due && options->older_than_ms >= 0)
        return misused(command, "--due and --older-than exclude each other",
                       err);
    if (options->due && options->ids_file != NULL)
        return misused(command, "--ids and --due exclude each other", err);
    return true;
}

static bool
check_ids(const struct command *command, const struct options *options,
          struct err *err)
{
    if (options->ids_file == NULL)
        return true;
    if (options->argument_count != 1)
        return misused(command, "--ids needs one JOB", err);
    if (options->full || options->since_s != OPTION_NO_TIME)
        return misused(command, "--ids excludes --full and --since", err);
    if (options->older_than_ms >= 0)
        return misused(command, "--ids and --older-than exclude each other",
                       err);
    return true;
}

/* push has three forms: of jobs, --undo and --settle. */
static bool
check_push(const struct command *command, const struct options *options,
           struct err *err)
{
    bool of_jobs = options->undo == 0 && options->settle == 0;
    int count = options->argument_count;

    if (command->bit != OF_PUSH)
        return true;
    if (options->undo > 0 && options->settle > 0)
        return misused(command, "--undo and --settle exclude each other", err);
    if (of_jobs && count == 0)
        return misused(command, "a JOB must be named", err);
    if (options->undo > 0 && count > 0)
        return misused(command, "--undo takes no JOB", err);
    if (options->settle > 0 &&
        (count != 1 || (strcmp(options->arguments[0], "applied") != 0 &&
                        strcmp(options->arguments[0], "failed") != 0)))
        return misused(command, "--settle ID needs applied or failed", err);
    if (options->settle == 0 && options->keys[0] != NULL)
        return misused(command, "--key needs --settle", err);
    if (options->from_file != NULL && (options->retry != NULL || !of_jobs))
        return misused(command, "--from excludes --retry, --undo and --settle",
                       err);
    if (options->from_file != NULL && count > 1)
        return misused(command, "--from needs one JOB", err);
    return options->retry == NULL || of_jobs ||
           misused(command, "--retry needs a JOB", err);
}

/* hooks has four forms, of which two take a second word. */
static bool
check_hooks(const struct command *command, const struct options *options,
            struct err *err)
{
    int count = options->argument_count;
    const char *form = count > 0 ? options->arguments[0] : "list";
    bool tests = strcmp(form, "test") == 0;
    bool takes_word = tests || strcmp(form, "subscribe") == 0;

    if (command->bit != OF_HOOKS)
        return true;
    if (!takes_word && strcmp(form, "list") != 0 && strcmp(form, "remove") != 0)
        return misused(command,
                       "the first word is list, subscribe, remove or "
                       "test",
                       err);
    if (takes_word && count < 2)
        return misused(command,
                       tests ? "test needs a TOPIC" : "subscribe needs a URL",
                       err);
    if (!takes_word && count > 1)
        return misused(command, "list and remove take no argument", err);
    return tests || options->id == 0 ||
           misused(command, "--id needs test TOPIC", err);
}

/* Options that need or exclude each other. */
static bool
check_together(const struct command *command, const struct options *options,
               struct err *err)
{
    bool many_stores = options->stores[0] != NULL && options->stores[1] != NULL;

    if (many_stores &&
        (command->bit & (OF_CHECK | OF_RUN | OF_PUSH | OF_HOOKS)) == 0)
        return misused(command, "takes only one --store", err);
    if (many_stores && options->domain != NULL)
        return misused(command, "--domain allows only one --store", err);
    if (command->bit == OF_TYPES && options->stores[0] == NULL)
        return misused(command, "--store is missing", err);
    if (options->document + options->json + options->dbt + options->changes +
            options->sql >
        1)
        return misused(command,
                       "--document, --json, --dbt, --sql and --changes "
                       "exclude each other",
                       err);
    if (options->changes && options->types_file != NULL)
        return misused(command,
                       "--changes reads the database, but --types does not "
                       "use it",
                       err);
    if (options->list && options->add != NULL)
        return misused(command, "--list and --add exclude each other", err);
    if (command->bit == OF_INIT && options->stores[0] != NULL &&
        (options->add == NULL || strchr(options->stores[0], '/') != NULL))
        return misused(command, "--store needs --add, and the name of a store",
                       err);
    return check_load(command, options, err) &&
           check_window(command, options, err) &&
           check_due(command, options, err) &&
           check_ids(command, options, err) &&
           check_push(command, options, err) &&
           check_hooks(command, options, err);
}

static bool
check_all(const struct parts *parts, const struct command *command,
          const struct options *options, struct err *err)
{
    if (options->help || options->version)
        return true;
    return check_belongs(parts, command, err) &&
           check_arguments(command, options, err) &&
           check_together(command, options, err);
}

/* An upper limit for the number of options: "-vvv" is three. */
static size_t
count_characters(int argc, char **argv)
{
    size_t count = 0;

    for (int i = 0; i < argc; i++)
        count += strlen(argv[i]);
    return count;
}

/* `stores` and `arguments` have room for one entry per word of argv. */
static struct options
blank_options(int argc)
{
    return (struct options){
        .log_level = LOG_INFO,
        .stores = mem_array((size_t)argc + 1, sizeof(char *)),
        .arguments = mem_array((size_t)argc + 1, sizeof(char *)),
        .keys = mem_array((size_t)argc + 1, sizeof(char *)),
        .older_than_ms = -1,
        .since_s = OPTION_NO_TIME,
        .until_s = OPTION_NO_TIME,
        .objects = -1,
        .bind = "127.0.0.1",
        .limit = -1,
        .rows = 3,
        .port = 8080,
    };
}

static void
keep_arguments(struct options *options, const struct parts *parts)
{
    const char **arguments = (const char **)(uintptr_t)options->arguments;

    for (int i = 1; i < parts->word_count; i++)
        arguments[options->argument_count++] = parts->words[i];
}

bool
options_parse(int argc, char **argv, const struct command_table *commands,
              struct options *options, const struct command **command,
              struct err *err)
{
    const char **words = mem_array((size_t)argc + 1, sizeof(*words));
    struct parts parts = {
        .given = mem_array(count_characters(argc, argv), sizeof(*parts.given)),
        .words = words};
    bool ok;

    *options = blank_options(argc);
    *command = NULL;
    ok = take_apart(argc, argv, &parts, err) &&
         set_options(&parts, options, err) &&
         choose_command(&parts, commands, options, command, err);
    if (ok && *command != NULL) {
        keep_arguments(options, &parts);
        ok = check_all(&parts, *command, options, err);
    }
    free(words);
    free(parts.given);
    return ok;
}

void
options_free(struct options *options)
{
    free((void *)(uintptr_t)options->stores);
    free((void *)(uintptr_t)options->arguments);
    free((void *)(uintptr_t)options->keys);
    *options = (struct options){0};
}

/* ---- running --------------------------------------------------------- */

static bool
change_directory(const struct options *options, struct err *err)
{
    if (options->directory == NULL || chdir(options->directory) == 0)
        return true;
    return err_set(err, MSG_NO_FOLDER, "-C: cannot change to %s: %s",
                   options->directory, strerror(errno));
}

static int
print_misuse(const struct err *err)
{
    out_line(stderr, "bulkpg: %s", err->message);
    out_line(stderr, "hint: %s (%s)", err_remedy(err), err->code);
    return EX_USAGE;
}

static int
print_version(void)
{
    out_line(stdout, "bulkpg %s", BULKPG_VERSION);
    if (print_libraries != NULL)
        print_libraries();
    return EX_OK;
}

/* At a terminal, log lines are plain text for a reader. With -v, or with
 * --log-format, they have all fields. */
static void
configure_log(const struct options *options)
{
    bool is_read = options->log_format == LOG_TEXT && !options->asks_logfmt &&
                   options->log_level != LOG_DEBUG &&
                   screen_is_possible(STDERR_FILENO);

    log_configure(is_read ? LOG_PLAIN : options->log_format,
                  options->log_level);
}

static int
run_command(const struct command_table *commands, const struct command *command,
            const struct options *options)
{
    struct err err = {0};

    if (options->version)
        return print_version();
    if (options->help) {
        usage_print_help(commands, command);
        return EX_OK;
    }
    configure_log(options);
    if (!change_directory(options, &err))
        return print_misuse(&err);
    return command->run(options);
}

void
options_on_version(void (*print)(void))
{
    print_libraries = print;
}

int
options_run(int argc, char **argv, const struct command_table *commands)
{
    struct options options;
    const struct command *command;
    struct err err = {0};
    int status;

    if (argc < 2) {
        usage_print(stderr, commands);
        return EX_USAGE;
    }
    if (options_parse(argc, argv, commands, &options, &command, &err))
        status = run_command(commands, command, &options);
    else
        status = print_misuse(&err);
    options_free(&options);
    return status;
}
