/*
 * options - the values of the command line.
 *
 * cli/options.c fills them in. It is the only file that knows how options are
 * spelled; all other folders only read them. Strings point into argv.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

#define OPTION_NO_TIME INT64_MIN

struct options {
    const char *directory; /* -C */
    enum log_format log_format;
    bool asks_logfmt;         /* --log-format text: logfmt also at a terminal */
    enum log_level log_level; /* -q LOG_ERROR, default LOG_INFO, -v LOG_DEBUG */
    bool quiet;
    const char *const *stores;  /* --store, repeatable; NULL-terminated */
    const char *types_file;     /* --types */
    const char *dsn;            /* --dsn; NULL: the configuration's */
    const char *domain;         /* --domain */
    const char *keep_directory; /* --keep */
    const char *ids_file;       /* --ids; "-": standard input */
    const char *from_file;      /* --from (push); "-": standard input */
    const char *retry;          /* --retry: "refused" or "unknown" */
    const char *const *keys;    /* --key, repeatable; NULL-terminated */
    int64_t undo;               /* --undo, --settle: ids of pushes; 0: not */
    int64_t settle;             /* given */
    int64_t id;                 /* --id (hooks test); 0: not given */
    int64_t archive;            /* --archive: id of a run; 0: not given */
    const char *operation;      /* --operation */
    int64_t limit;              /* --limit; -1: not given */
    int64_t rows;               /* --rows (plan) */
    const char *add;            /* --add (init) */
    const char *metrics_file;   /* --metrics */
    const char *schema;         /* --schema (views); NULL: not given */
    bool list;                  /* --list (init) */
    bool metafields;            /* --metafields (init) */
    int64_t older_than_ms;      /* --older-than; -1: not given */
    bool due;                   /* --due */
    int64_t port;               /* --port; default: 8080 */
    const char *bind;           /* --bind: a numeric address */
    int64_t objects;            /* --objects; -1: not given */
    int64_t since_s;            /* --since, --until: seconds since 1970, */
    int64_t until_s;            /* or OPTION_NO_TIME */
    bool full;
    bool accept_rejects;
    bool accept_partial;
    bool force_deletes;
    bool force_nulls;
    bool remask;
    bool dry_run;
    bool all;                     /* --all */
    bool force_max;               /* --force-max */
    bool accept_invalid;          /* --accept-invalid */
    bool rollback;                /* --rollback */
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

#endif
