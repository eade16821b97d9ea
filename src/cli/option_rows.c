/* A row says how an option is spelled, which commands take it, what stores
 * its value and what --help says. A new option is one row, one member of
 * struct options (config/options.h) and one KEEP_ line or function here. An
 * option of one command only still stands in the same table, so that a wrong
 * command can be answered with "run has no option --list". */
#include "cli/option_rows.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"

/* ---- values ------------------------------------------------------------ */

static bool
set_directory(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->directory = value;
    return true;
}

static bool
set_log_format(struct options *options, const char *value, struct err *err)
{
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return err_set(err, MSG_BAD_OPTION, "\"%s\" is neither text nor json",
                       value);
    options->log_format = value[0] == 'j' ? LOG_JSON : LOG_TEXT;
    options->asks_logfmt = value[0] == 't';
    return true;
}

static bool
set_verbose(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->log_level = LOG_DEBUG;
    options->quiet = false;
    return true;
}

static bool
set_quiet(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->log_level = LOG_ERROR;
    options->quiet = true;
    return true;
}

/* The list has room for as many as there are arguments. */
static bool
add_store(struct options *options, const char *value, struct err *err)
{
    const char **stores = (const char **)(uintptr_t)options->stores;

    (void)err;
    while (*stores != NULL)
        stores++;
    *stores = value;
    return true;
}

static bool
set_older_than(struct options *options, const char *value, struct err *err)
{
    if (duration_parse(value, &options->older_than_ms, err))
        return true;
    err->kind = ERR_USAGE;
    return false;
}

/* "2026-01-02", "2026-01-02T03:04:05Z"; without a zone it is UTC. */
static bool
set_time(const char *value, int64_t *seconds, struct err *err)
{
    struct err why;
    int64_t micros;

    if (!timestamp_parse(span_str(value), &micros, &why)) {
        err_set(err, MSG_BAD_OPTION, "\"%.100s\" is no time", value);
        return err_hint(err, "write 2026-01-02 or 2026-01-02T03:04:05Z");
    }
    *seconds = micros / 1000000 + TIMESTAMP_EPOCH_S;
    return true;
}

static bool
set_since(struct options *options, const char *value, struct err *err)
{
    return set_time(value, &options->since_s, err);
}

static bool
set_until(struct options *options, const char *value, struct err *err)
{
    return set_time(value, &options->until_s, err);
}

static bool
set_objects(struct options *options, const char *value, struct err *err)
{
    char *end;

    errno = 0;
    options->objects = strtoll(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0)
        return err_set(err, MSG_BAD_OPTION, "\"%s\" is no number, 0 or more",
                       value);
    return true;
}

/* Options that only keep their text, or that they were given. */
#define KEEP_TEXT(name, field)                                   \
    static bool name(struct options *options, const char *value, \
                     struct err *err)                            \
    {                                                            \
        (void)err;                                               \
        options->field = value;                                  \
        return true;                                             \
    }
#define KEEP_FLAG(name, field)                                   \
    static bool name(struct options *options, const char *value, \
                     struct err *err)                            \
    {                                                            \
        (void)value, (void)err;                                  \
        options->field = true;                                   \
        return true;                                             \
    }

KEEP_TEXT(set_types, types_file)
KEEP_TEXT(set_dsn, dsn)
KEEP_TEXT(set_domain, domain)
KEEP_TEXT(set_keep, keep_directory)
KEEP_TEXT(set_add, add)
KEEP_TEXT(set_schema, schema)
KEEP_TEXT(set_metrics, metrics_file)
KEEP_FLAG(set_list, list)
KEEP_FLAG(set_full, full)
KEEP_FLAG(set_dry_run, dry_run)
KEEP_FLAG(set_any_query, any_query)
KEEP_FLAG(set_accept_rejects, accept_rejects)
KEEP_FLAG(set_force_deletes, force_deletes)
KEEP_FLAG(set_force_nulls, force_nulls)
KEEP_FLAG(set_timings, timings)
KEEP_FLAG(set_json, json)
KEEP_FLAG(set_document, document)
KEEP_FLAG(set_dbt, dbt)
KEEP_FLAG(set_sql, sql)
KEEP_FLAG(set_changes, changes)
KEEP_FLAG(set_failed, failed)
KEEP_FLAG(set_help, help)
KEEP_FLAG(set_version, version)

/* ---- options ----------------------------------------------------------- */

const struct option_row option_rows[] = {
    {"list", 0, NULL, OF_INIT, set_list, "list the ready queries"},
    {"add", 0, "NAME,...", OF_INIT, set_add, "add these ready queries"},
    {"store", 0, "S",
     OF_CHECK | OF_PLAN | OF_RUN | OF_LOAD | OF_CANCEL | OF_TYPES, add_store,
     "only this store"},
    {"full", 0, NULL, OF_RUN | OF_LOAD, set_full,
     "fetch or load everything anew"},
    {"since", 0, "TIME", OF_RUN, set_since,
     "only what changed since then; moves no watermark"},
    {"until", 0, "TIME", OF_RUN, set_until, "and before then"},
    {"older-than", 0, "AGE", OF_RUN | OF_STATUS | OF_REPORT, set_older_than,
     "only where the last good run is older"},
    {"keep", 0, "DIR", OF_RUN, set_keep, "keep the results received in DIR"},
    {"accept-rejects", 0, NULL, OF_RUN, set_accept_rejects,
     "move the watermark in spite of rejects"},
    {"force-deletes", 0, NULL, OF_RUN | OF_LOAD, set_force_deletes,
     "remove rows however many they are"},
    {"force-nulls", 0, NULL, OF_RUN | OF_LOAD, set_force_nulls,
     "accept columns that come without values"},
    {"domain", 0, "D", OF_CHECK | OF_PLAN | OF_RUN, set_domain,
     "the store's domain; SHOPIFY_ACCESS_TOKEN is its token"},
    {"dsn", 0, "D", OF_CHECK | OF_PLAN | OF_RUN | OF_LOAD, set_dsn,
     "database, as libpq writes it"},
    {"types", 0, "F", OF_PLAN | OF_LOAD, set_types,
     "take types from an introspection result"},
    {"objects", 0, "N", OF_LOAD, set_objects, "number of lines there must be"},
    {"any-query", 0, NULL, OF_LOAD, set_any_query,
     "load a result that another query made, as far as it fits"},
    {"dry-run", 0, NULL, OF_LOAD, set_dry_run,
     "parse and count only, into no database"},
    {"timings", 0, NULL, OF_RUN | OF_LOAD, set_timings,
     "tell where the time went"},
    {"document", 0, NULL, OF_PLAN, set_document, "only the document to submit"},
    {"dbt", 0, NULL, OF_PLAN, set_dbt, "print the tables as dbt sources"},
    {"sql", 0, NULL, OF_PLAN, set_sql,
     "print every statement that a run sends to the database"},
    {"changes", 0, NULL, OF_PLAN, set_changes,
     "only what the next run would change in the database"},
    {"json", 0, NULL, OF_CHECK | OF_PLAN | OF_STATUS, set_json, "print JSON"},
    {"failed", 0, NULL, OF_STATUS, set_failed,
     "only jobs whose last run failed, was interrupted or abandoned"},
    {"metrics", 0, "FILE", OF_STATUS, set_metrics,
     "write Prometheus metrics to FILE instead"},
    {"schema", 0, "NAME", OF_VIEWS, set_schema,
     "make the views in this schema (all)"},
    {NULL, 'C', "DIR", OF_ANY, set_directory, "change to DIR first"},
    {"log-format", 0, "FORMAT", OF_ANY, set_log_format,
     "log lines as text or json (text)"},
    {NULL, 'v', NULL, OF_ANY, set_verbose, "log more"},
    {NULL, 'q', NULL, OF_ANY, set_quiet, "print failures only"},
    {"help", 'h', NULL, OF_ANY, set_help, "print this; also -h"},
    {"version", 0, NULL, OF_ANY, set_version, "print versions"},
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MOST,
               "too many options");

const char *
option_spell(const struct option_row *row, char text[OPTION_NAME_BYTES])
{
    if (row->name != NULL)
        snprintf(text, OPTION_NAME_BYTES, "--%s", row->name);
    else
        snprintf(text, OPTION_NAME_BYTES, "-%c", row->letter);
    return text;
}
