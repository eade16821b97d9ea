/*
 * options - the command line, and every word of --help, from one table.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

#define OPTION_NO_TIME INT64_MIN

struct options {
    const char *directory; /* -C */
    enum log_format log_format;
    bool asks_logfmt;         /* --log-format text: at a terminal, too */
    enum log_level log_level; /* -q LOG_ERROR, default LOG_INFO, -v LOG_DEBUG */
    bool quiet;
    const char *const *stores;  /* --store, repeatable; NULL-terminated */
    const char *types_file;     /* --types */
    const char *dsn;            /* --dsn; NULL: the configuration's */
    const char *domain;         /* --domain */
    const char *keep_directory; /* --keep */
    const char *add;            /* --add (init) */
    const char *metrics_file;   /* --metrics */
    const char *schema;         /* --schema (views); NULL: all */
    bool list;                  /* --list (init) */
    int64_t older_than_ms;      /* --older-than; -1: not given */
    int64_t objects;            /* --objects; -1: not given */
    int64_t since_s;            /* --since, --until: seconds since 1970, */
    int64_t until_s;            /* or OPTION_NO_TIME */
    bool full;
    bool accept_rejects;
    bool force_deletes;
    bool force_nulls;
    bool dry_run;
    bool any_query;               /* --any-query */
    bool timings;                 /* --timings */
    bool json;                    /* --json */
    bool document;                /* --document */
    bool dbt;                     /* --dbt */
    bool changes;                 /* --changes */
    bool sql;                     /* --sql */
    bool failed;                  /* --failed */
    bool help;                    /* --help */
    bool version;                 /* --version */
    const char *const *arguments; /* after the command; NULL-terminated */
    int argument_count;
};

/* What a command does: returns the exit status. */
typedef int command_fn(const struct options *options);

struct command {
    const char *name;
    const char *arguments; /* as in its usage line: "JOB FILE|-"; or "" */
    const char *summary;   /* one line */
    command_fn *run;
    int least_arguments;
    int most_arguments; /* -1: any number */
    const char *text;   /* what --help says beyond the summary */
};

/* The command line as options, without doing anything: `command` is NULL when
 * only --help or --version was asked for. ERR_USAGE with a hint for misuse.
 * Strings are argv's, which is not changed; the lists are freed by
 * options_free(), also after a failure. */
MUST_CHECK bool options_parse(int argc, char **argv, struct options *options,
                              const struct command **command, struct err *err);
void options_free(struct options *options);

/* What --version prints after our own version: the libraries. */
void options_on_version(void (*print)(void));

/* Parse argv, run the command (commands.h); --help, help [COMMAND], COMMAND
 * --help and --version are answered here, on stdout. Returns the exit status;
 * 64 with one line and a hint for misuse. */
int options_run(int argc, char **argv);

#endif
