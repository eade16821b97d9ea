/* options: every command line is accepted, or refused with one line. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "command/commands.h"
#include "support/suite.h"

enum { MOST_WORDS = 32, TEXT_BYTES = 16384 };

static struct options options;
static const struct command *command;
static struct err err;
static char text[1024];
static char *words[MOST_WORDS];
static int word_count;
static const char *ran; /* name of the command that was run */

#define STUB(function)                        \
    int function(const struct options *given) \
    {                                         \
        (void)given;                          \
        ran = #function;                      \
        return 42;                            \
    }

STUB(command_init)
STUB(command_check)
STUB(command_plan)
STUB(command_run)
STUB(command_load)
STUB(command_status)
STUB(command_cancel)
STUB(command_types)
STUB(command_views)
STUB(command_report)

/* Split a line such as "run --full" at its blanks, as argv. */
static void
split(const char *line)
{
    snprintf(text, sizeof(text), "bulkpg %s", line);
    word_count = 0;
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        words[word_count++] = word;
    words[word_count] = NULL;
}

static bool
parse(const char *line)
{
    options_free(&options);
    split(line);
    return options_parse(word_count, words, &commands, &options, &command,
                         &err);
}

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    ran = "";
}

static void
teardown(void)
{
    options_free(&options);
}

/* ---- valid command lines --------------------------------------------- */

START_TEST(run_takes_its_options)
{
    ck_assert_msg(parse("-C there run --store=a products --full "
                        "--older-than 20h --keep d orders --domain c "
                        "--log-format json -v --dsn x"),
                  "%s", err.message);
    ck_assert_str_eq(command->name, "run");
    ck_assert_str_eq(options.directory, "there");
    ck_assert_str_eq(options.stores[0], "a");
    ck_assert_ptr_null(options.stores[1]);
    ck_assert_str_eq(options.domain, "c");
    ck_assert_int_eq(options.argument_count, 2);
    ck_assert_str_eq(options.arguments[0], "products");
    ck_assert_str_eq(options.arguments[1], "orders");
    ck_assert_ptr_null(options.arguments[2]);
    ck_assert(options.full);
    ck_assert_int_eq(options.older_than_ms, 20 * 3600000);
    ck_assert_str_eq(options.keep_directory, "d");
    ck_assert_str_eq(options.dsn, "x");
    ck_assert_int_eq(options.log_format, LOG_JSON);
    ck_assert_int_eq(options.log_level, LOG_DEBUG);
}

END_TEST

START_TEST(options_have_defaults)
{
    ck_assert(parse("run"));
    ck_assert_ptr_null(options.directory);
    ck_assert_ptr_null(options.stores[0]);
    ck_assert_ptr_null(options.dsn);
    ck_assert_ptr_null(options.domain);
    ck_assert_ptr_null(options.types_file);
    ck_assert_ptr_null(options.keep_directory);
    ck_assert_ptr_null(options.add);
    ck_assert_int_eq(options.older_than_ms, -1);
    ck_assert_int_eq(options.objects, -1);
    ck_assert_int_eq(options.log_format, LOG_TEXT);
    ck_assert_int_eq(options.log_level, LOG_INFO);
    ck_assert(!options.quiet && !options.full && !options.json);
    ck_assert(!options.timings);
    ck_assert(!options.document && !options.dry_run && !options.failed);
    ck_assert(!options.any_query);
    ck_assert(!options.list && !options.help && !options.version);
    ck_assert_int_eq(options.argument_count, 0);
}

END_TEST

START_TEST(other_commands_take_theirs)
{
    ck_assert(parse("load products - --objects 0 --dry-run --full -q "
                    "--types f --dsn d --store a --any-query"));
    ck_assert(options.any_query);
    ck_assert_str_eq(options.arguments[1], "-");
    ck_assert_int_eq(options.objects, 0);
    ck_assert(options.dry_run && options.full && options.quiet);
    ck_assert_int_eq(options.log_level, LOG_ERROR);
    ck_assert_str_eq(options.types_file, "f");
    ck_assert_str_eq(options.dsn, "d");
    ck_assert(!options.timings);
    ck_assert(parse("load products - --timings"));
    ck_assert(options.timings);
    ck_assert(parse("run --timings"));
    ck_assert(options.timings);
    ck_assert(parse("plan x --types f --document --store a"));
    ck_assert_str_eq(options.types_file, "f");
    ck_assert(options.document && !options.json);
    ck_assert(parse("status --json --failed --older-than 7d"));
    ck_assert(options.failed && options.json);
    ck_assert_int_eq(options.older_than_ms, 7 * 24 * 3600000);
    ck_assert(parse("init there --add orders,inventory"));
    ck_assert_str_eq(options.add, "orders,inventory");
    ck_assert(parse("init --list"));
    ck_assert(options.list);
    ck_assert(parse("types --store a"));
    ck_assert(parse("cancel a b --store x"));
    ck_assert(parse("views --schema everything"));
    ck_assert_str_eq(options.schema, "everything");
    ck_assert(parse("views"));
    ck_assert_ptr_null(options.schema);
}

END_TEST

START_TEST(check_and_run_take_many_stores)
{
    ck_assert(parse("check --store a --store=b --json"));
    ck_assert_str_eq(options.stores[0], "a");
    ck_assert_str_eq(options.stores[1], "b");
    ck_assert_ptr_null(options.stores[2]);
    ck_assert(parse("run --store a --store b --store c"));
    ck_assert_str_eq(options.stores[2], "c");
    ck_assert_ptr_null(options.stores[3]);
}

END_TEST

START_TEST(double_dash_ends_the_options)
{
    ck_assert(parse("run -- --full help"));
    ck_assert(!options.full);
    ck_assert_str_eq(options.arguments[0], "--full");
    ck_assert_str_eq(options.arguments[1], "help");
}

END_TEST

START_TEST(many_letters_in_one_word)
{
    ck_assert(parse("-vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvq run"));
    ck_assert_int_eq(options.log_level, LOG_ERROR);
}

END_TEST

START_TEST(order_does_not_depend_on_the_environment)
{
    setenv("POSIXLY_CORRECT", "1", 1);
    ck_assert(parse("run products --full"));
    unsetenv("POSIXLY_CORRECT");
    ck_assert(options.full);
    ck_assert_int_eq(options.argument_count, 1);
}

END_TEST

/* ---- misuse ---------------------------------------------------------- */

static const struct misuse {
    const char *line;
    const char *message;
    const char *hint;
} misuses[] = {
    {"-v", "no command is given", "bulkpg --help lists the commands"},
    {"rnu", "unknown command \"rnu\"", "did you mean \"run\"?"},
    {"stats", "unknown command \"stats\"", "did you mean \"status\"?"},
    {"explain", "unknown command \"explain\"",
     "bulkpg --help lists the commands"},
    {"help explain", "unknown command \"explain\"",
     "bulkpg --help lists the commands"},
    {"run --ful", "unknown option --ful", "did you mean --full?"},
    {"run --stor=x", "unknown option --stor", "did you mean --store?"},
    {"run --FULL", "unknown option --FULL", "did you mean --full?"},
    {"plan x --documents", "unknown option --documents",
     "did you mean --document?"},
    {"run --zzzzzz", "unknown option --zzzzzz",
     "bulkpg COMMAND --help lists the options"},
    {"run -x", "unknown option -x", "bulkpg COMMAND --help lists the options"},
    {"run --objects 1", "run has no option --objects",
     "bulkpg run --help lists its options"},
    {"check --full", "check has no option --full",
     "bulkpg check --help lists its options"},
    {"run --store", "--store needs a value: S", NULL},
    {"run -C", "-C needs a value: DIR", "-C: change to DIR first"},
    {"run --full=yes", "--full takes no value",
     "--full: fetch or load everything, not only changes"},
    {"run --log-format xml", "--log-format: \"xml\" is neither text nor json",
     ""},
    {"run --older-than 5",
     "--older-than: \"5\" is not a duration: write 500ms, "
     "5s, 5m, 20h or 7d",
     ""},
    {"load a b --objects -1",
     "--objects: \"-1\" is not a whole number, 0 or more", ""},
    {"load a b --objects 1x",
     "--objects: \"1x\" is not a whole number, 0 or more", ""},
    {"load", "load: JOB FILE|- is missing",
     "usage: bulkpg load JOB FILE|- [OPTION...]"},
    {"load a", "load: FILE is missing",
     "usage: bulkpg load JOB FILE|- [OPTION...]"},
    {"plan", "plan: JOB is missing", "usage: bulkpg plan JOB [OPTION...]"},
    {"plan a b", "plan: one argument too many: \"b\"",
     "usage: bulkpg plan JOB [OPTION...]"},
    {"check a", "check: one argument too many: \"a\"",
     "usage: bulkpg check [OPTION...]"},
    {"plan x --store a --store b", "plan: takes only one --store", NULL},
    {"run --store a --store b --domain c",
     "run: --domain allows only one --store", NULL},
    {"types", "types: --store is missing", NULL},
    {"plan x --json --document",
     "plan: --document, --json, --dbt, --sql and --changes exclude each other",
     NULL},
    {"plan x --dbt --json",
     "plan: --document, --json, --dbt, --sql and --changes exclude each other",
     NULL},
    {"plan x --sql --dbt",
     "plan: --document, --json, --dbt, --sql and --changes exclude each other",
     NULL},
    {"plan x --changes --json",
     "plan: --document, --json, --dbt, --sql and --changes exclude each other",
     NULL},
    {"plan x --changes --types f",
     "plan: --changes reads the database, but --types does not use it", NULL},
    {"check --store a --store b --domain c",
     "check: --domain allows only one --store", NULL},
    {"run --changes", "run has no option --changes", NULL},
    {"init --list --add x", "init: --list and --add exclude each other", NULL},
    {"init --store x", "init: --store needs --add, and the name of a store",
     NULL},
    {"init --add x --store a/b",
     "init: --store needs --add, and the name of a store", NULL},
    {"cancel --store a --store b", "cancel: takes only one --store", NULL},
    {"load a b --store a --store b", "load: takes only one --store", NULL},
    {"types --store a --store b", "types: takes only one --store", NULL},
    {"init a b", "init: one argument too many: \"b\"",
     "usage: bulkpg init [DIR] [OPTION...]"},
    {"load a b c", "load: one argument too many: \"c\"", NULL},
    {"status a", "status: one argument too many: \"a\"", NULL},
    {"types --store a b", "types: one argument too many: \"b\"", NULL},
    {"status --store a", "status has no option --store",
     "bulkpg status --help lists its options"},
    {"init --json", "init has no option --json", NULL},
    {"load a b --keep d", "load has no option --keep", NULL},
    {"load a b --domain d", "load has no option --domain", NULL},
    {"status --dsn d", "status has no option --dsn", NULL},
    {"run --types f", "run has no option --types", NULL},
    {"run --document", "run has no option --document", NULL},
    {"run --failed", "run has no option --failed", NULL},
    {"status --dry-run", "status has no option --dry-run", NULL},
    {"run --since yesterday", "--since: \"yesterday\" is not a time",
     "write 2026-01-02 or 2026-01-02T03:04:05Z"},
    {"run --until 2026-13-01", "--until: \"2026-13-01\" is not a time", NULL},
    {"run --until 2026-01-01", "run: --until needs --since", NULL},
    {"run --since 2026-01-01 --until 2026-01-01",
     "run: --until is not after --since", NULL},
    {"run --since 2026-01-01 --full",
     "run: --since and --full exclude each other", NULL},
    {"run --ids f", "run: --ids needs one JOB", NULL},
    {"run a b --ids -", "run: --ids needs one JOB", NULL},
    {"run a --ids f --full", "run: --ids excludes --full and --since", NULL},
    {"run a --ids f --since 2026-01-01",
     "run: --ids excludes --full and --since", NULL},
    {"run a --ids f --older-than 1h",
     "run: --ids and --older-than exclude each other", NULL},
    {"run --due --older-than 1h",
     "run: --due and --older-than exclude each other", NULL},
    {"run a --due --ids f", "run: --ids and --due exclude each other", NULL},
    {"status --due", "status has no option --due", NULL},
    {"load a b --ids f", "load has no option --ids", NULL},
    {"load a b --since 2026-01-01", "load has no option --since", NULL},
    {"cancel --older-than 5m", "cancel has no option --older-than", NULL},
    {"status --schema x", "status has no option --schema", NULL},
    {"views --store a", "views has no option --store", NULL},
    {"views a", "views: one argument too many: \"a\"",
     "usage: bulkpg views [OPTION...]"},
    {"views --schema", "--schema needs a value: NAME", NULL},
};

enum { MISUSES = sizeof(misuses) / sizeof(misuses[0]) };

START_TEST(misuse_is_reported_in_one_line_with_a_hint)
{
    const struct misuse *misuse = &misuses[_i];

    ck_assert(!parse(misuse->line));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_str_eq(err.message, misuse->message);
    ck_assert_ptr_null(strchr(err.message, '\n'));
    if (misuse->hint != NULL)
        ck_assert_str_eq(misuse->hint[0] != '\0' ? err_remedy(&err) : err.hint,
                         misuse->hint);
}

END_TEST

/* Misspelled names, as a script with a typo would use them. */
static const char *const strange[] = {
    "reports",      "repor page.html", "run --accept-reject",
    "status --jso", "-x run",
};

enum { STRANGE = sizeof(strange) / sizeof(strange[0]) };

START_TEST(strange_names_are_misuse)
{
    ck_assert(!parse(strange[_i]));
    ck_assert_int_eq(err.kind, ERR_USAGE);
    ck_assert_msg(strncmp(err.message, "unknown ", 8) == 0, "%s", err.message);
}

END_TEST

/* ---- help and version ------------------------------------------------ */

/* Run the line with stdout and stderr in temporary files. Returns the exit
 * status. */
static int
run_line(const char *line, char out[TEXT_BYTES], char complaint[TEXT_BYTES])
{
    FILE *files[] = {tmpfile(), tmpfile()};
    int saved[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    char *texts[] = {out, complaint};
    int status;

    fflush(stdout);
    split(line);
    for (int i = 0; i < 2; i++)
        dup2(fileno(files[i]), STDOUT_FILENO + i);
    status = options_run(word_count, words, &commands);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], STDOUT_FILENO + i);
        close(saved[i]);
        rewind(files[i]);
        texts[i][fread(texts[i], 1, TEXT_BYTES - 1, files[i])] = '\0';
        fclose(files[i]);
    }
    return status;
}

static char out[TEXT_BYTES], complaint[TEXT_BYTES];

static const struct answer {
    const char *line;
    const char *says[3];
} answers[] = {
    {"--help", {"Usage: bulkpg [-C DIR]", "\n  load JOB FILE|-", "\n  75  "}},
    {"help", {"Usage: bulkpg [-C DIR]", "\nCommands:\n", "--log-format"}},
    {"run --help",
     {"Usage: bulkpg run [JOB...] [OPTION...]\n", "\n  --domain D ",
      "\n  --dsn D "}},
    {"--help run --full",
     {"Usage: bulkpg run", "--full", "`bulkpg --help` lists the options"}},
    {"-h", {"Usage: bulkpg [-C DIR]", "\n  75  ", "\n  74  "}},
    {"run -h", {"Usage: bulkpg run", "--full", "the exit statuses.\n"}},
    {"-h run --store acme", {"Usage: bulkpg run", "--full", ""}},
    {"help plan",
     {"Usage: bulkpg plan JOB [OPTION...]\n", "--document", "\n  --types "}},
    {"types --help",
     {"Usage: bulkpg types --store S [OPTION...]\n",
      "only this store or source\n", ""}},
    {"check --help",
     {"Creates the journal if it does not exist", "changes no other table",
      "--store may be given more than once."}},
    {"plan --help",
     {"Creates the journal if it does not exist", "changes no other table",
      "neither the store nor the database"}},
    {"run --help", {"--store may be given more than once.", "", ""}},
    {"views --help",
     {"in schema stores,", "\n  --schema NAME ", "never changed"}},
    {"--version", {"bulkpg ", "", ""}},
};

enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

START_TEST(help_and_version_are_answered_on_stdout)
{
    ck_assert_int_eq(run_line(answers[_i].line, out, complaint), 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(strstr(out, answers[_i].says[i]) != NULL,
                      "%s: no \"%s\" in:\n%s", answers[_i].line,
                      answers[_i].says[i], out);
    ck_assert_str_eq(complaint, "");
    ck_assert_str_eq(ran, "");
}

END_TEST

START_TEST(help_of_a_command_shows_its_own_options_only)
{
    ck_assert_int_eq(run_line("status --help", out, complaint), 0);
    ck_assert_ptr_null(strstr(out, "--full"));
    ck_assert_ptr_nonnull(strstr(out, "--failed"));
    ck_assert_ptr_null(strstr(out, "-C DIR"));
    ck_assert_ptr_null(strstr(out, "Exit status"));
}

END_TEST

START_TEST(misuse_is_64_on_stderr)
{
    ck_assert_int_eq(run_line("run --ful", out, complaint), 64);
    ck_assert_str_eq(complaint,
                     "bulkpg: unknown option --ful\n"
                     "hint: did you mean --full? (UNKNOWN_OPTION)\n");
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(run_line("", out, complaint), 64);
    ck_assert_ptr_nonnull(strstr(complaint, "Usage: bulkpg"));
    ck_assert_str_eq(out, "");
}

END_TEST

START_TEST(command_runs_in_its_folder_and_gives_the_status)
{
    char before[4096], after[4096];

    ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
    ck_assert_int_eq(run_line("cancel -C /usr", out, complaint), 42);
    ck_assert_str_eq(ran, "command_cancel");
    ck_assert_ptr_nonnull(getcwd(after, sizeof(after)));
    ck_assert_str_eq(after, "/usr");
    ck_assert_int_eq(chdir(before), 0);
    ck_assert_int_eq(run_line("-C /nowhere run", out, complaint), 64);
    ck_assert_str_eq(complaint,
                     "bulkpg: -C: cannot change to /nowhere: No "
                     "such file or directory\n"
                     "hint: create the folder, or give the user that "
                     "runs bulkpg access to it (NO_FOLDER)\n");
    ck_assert_str_eq(ran, "command_cancel");
}

END_TEST

static void
print_one_library(void)
{
    printf("libthing 3\n");
}

START_TEST(version_names_the_libraries)
{
    options_on_version(print_one_library);
    ck_assert_int_eq(run_line("--version", out, complaint), 0);
    ck_assert_ptr_nonnull(strstr(out, "\nlibthing 3\n"));
    options_on_version(NULL);
}

END_TEST

static TCase *
tcase_of_parsing(void)
{
    TCase *tests = tcase_create("parsing");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, run_takes_its_options);
    tcase_add_test(tests, options_have_defaults);
    tcase_add_test(tests, other_commands_take_theirs);
    tcase_add_test(tests, check_and_run_take_many_stores);
    tcase_add_test(tests, double_dash_ends_the_options);
    tcase_add_test(tests, many_letters_in_one_word);
    tcase_add_test(tests, order_does_not_depend_on_the_environment);
    tcase_add_loop_test(tests, misuse_is_reported_in_one_line_with_a_hint, 0,
                        MISUSES);
    tcase_add_loop_test(tests, strange_names_are_misuse, 0, STRANGE);
    return tests;
}

static TCase *
tcase_of_running(void)
{
    TCase *tests = tcase_create("running");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, help_and_version_are_answered_on_stdout, 0,
                        ANSWERS);
    tcase_add_test(tests, help_of_a_command_shows_its_own_options_only);
    tcase_add_test(tests, misuse_is_64_on_stderr);
    tcase_add_test(tests, command_runs_in_its_folder_and_gives_the_status);
    tcase_add_test(tests, version_names_the_libraries);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("options");

    suite_add_tcase(suite, tcase_of_parsing());
    suite_add_tcase(suite, tcase_of_running());
    return suite_run(suite);
}
