/* Each row has an option's name, the commands that take it, the function that
 * stores its value, and its help. A new option needs a row, a member of struct
 * options (config/options.h), and a KEEP_ line or a function here. Options of a
 * single command are in the same table, so that a wrong command gets the
 * message "check has no option --list". */
#include "cli/option_rows.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"

/* ---- values ---------------------------------------------------------- */

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

/* The list has room for one store per argument. */
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

/* The value is a time such as 2026-01-02 or 2026-01-02T03:04:05Z. Without a
 * zone it is UTC. */
static bool
set_time(const char *value, int64_t *seconds, struct err *err)
{
    struct err why;
    int64_t micros;

    if (!timestamp_parse(span_str(value), &micros, &why)) {
        err_set(err, MSG_BAD_OPTION, "\"%.100s\" is not a time", value);
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
set_number(const char *value, int64_t *number, struct err *err)
{
    char *end;

    errno = 0;
    *number = strtoll(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0)
        return err_set(err, MSG_BAD_OPTION,
                       "\"%s\" is not a whole number, 0 or more", value);
    return true;
}

static bool
set_objects(struct options *options, const char *value, struct err *err)
{
    return set_number(value, &options->objects, err);
}

static bool
set_limit(struct options *options, const char *value, struct err *err)
{
    return set_number(value, &options->limit, err);
}

static bool
set_rows(struct options *options, const char *value, struct err *err)
{
    return set_number(value, &options->rows, err);
}

static bool
set_port(struct options *options, const char *value, struct err *err)
{
    return set_number(value, &options->port, err) &&
           (options->port <= UINT16_MAX ||
            err_set(err, MSG_BAD_OPTION, "\"%s\" is not a port", value));
}

/* The id of a push or a run. */
static bool
set_id(const char *value, int64_t *id, struct err *err)
{
    return set_number(value, id, err) &&
           (*id > 0 ||
            err_set(err, MSG_BAD_OPTION,
                    "\"%s\" is not an id: write a number above 0", value));
}

/* The number at the end of a gid. */
static bool
set_object_id(struct options *options, const char *value, struct err *err)
{
    return set_number(value, &options->id, err) &&
           (options->id > 0 ||
            err_set(err, MSG_BAD_OPTION,
                    "\"%s\" is not the number of an object", value));
}

static bool
set_undo(struct options *options, const char *value, struct err *err)
{
    return set_id(value, &options->undo, err);
}

static bool
set_settle(struct options *options, const char *value, struct err *err)
{
    return set_id(value, &options->settle, err);
}

static bool
set_archive(struct options *options, const char *value, struct err *err)
{
    return set_id(value, &options->archive, err);
}

static bool
set_retry(struct options *options, const char *value, struct err *err)
{
    if (strcmp(value, "refused") != 0 && strcmp(value, "unknown") != 0)
        return err_set(err, MSG_BAD_OPTION,
                       "\"%s\" is neither refused nor unknown", value);
    options->retry = value;
    return true;
}

/* The list has room for one key per argument. */
static bool
add_key(struct options *options, const char *value, struct err *err)
{
    const char **keys = (const char **)(uintptr_t)options->keys;

    (void)err;
    while (*keys != NULL)
        keys++;
    *keys = value;
    return true;
}

/* Options that only store their text, or that they were given. */
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
KEEP_TEXT(set_ids, ids_file)
KEEP_TEXT(set_from, from_file)
KEEP_TEXT(set_add, add)
KEEP_TEXT(set_bind, bind)
KEEP_TEXT(set_operation, operation)
KEEP_TEXT(set_schema, schema)
KEEP_TEXT(set_metrics, metrics_file)
KEEP_FLAG(set_list, list)
KEEP_FLAG(set_metafields, metafields)
KEEP_FLAG(set_full, full)
KEEP_FLAG(set_due, due)
KEEP_FLAG(set_dry_run, dry_run)
KEEP_FLAG(set_all, all)
KEEP_FLAG(set_force_max, force_max)
KEEP_FLAG(set_accept_invalid, accept_invalid)
KEEP_FLAG(set_rollback, rollback)
KEEP_FLAG(set_any_query, any_query)
KEEP_FLAG(set_accept_rejects, accept_rejects)
KEEP_FLAG(set_accept_partial, accept_partial)
KEEP_FLAG(set_force_deletes, force_deletes)
KEEP_FLAG(set_force_nulls, force_nulls)
KEEP_FLAG(set_remask, remask)
KEEP_FLAG(set_timings, timings)
KEEP_FLAG(set_json, json)
KEEP_FLAG(set_document, document)
KEEP_FLAG(set_dbt, dbt)
KEEP_FLAG(set_sql, sql)
KEEP_FLAG(set_changes, changes)
KEEP_FLAG(set_failed, failed)
KEEP_FLAG(set_help, help)
KEEP_FLAG(set_version, version)

/* ---- options --------------------------------------------------------- */

const struct option_row option_rows[] = {
    {"list", 0, NULL, OF_INIT, set_list,
     "list the ready queries and mutations"},
    {"add", 0, "NAME,...", OF_INIT, set_add,
     "copy these into queries/ or mutations/"},
    {"metafields", 0, NULL, OF_INIT, set_metafields,
     "with --add: add the metafields that the store defines"},
    {"store", 0, "S",
     OF_INIT | OF_CHECK | OF_PLAN | OF_RUN | OF_LOAD | OF_CANCEL | OF_TYPES |
         OF_PUSH | OF_HOOKS,
     add_store, "only this store or source"},
    {"full", 0, NULL, OF_RUN | OF_LOAD, set_full,
     "fetch or load everything, not only changes"},
    {"since", 0, "TIME", OF_RUN, set_since,
     "fetch only changes since TIME; keep the watermark"},
    {"until", 0, "TIME", OF_RUN, set_until,
     "with --since: only changes before TIME"},
    {"ids", 0, "FILE", OF_RUN, set_ids,
     "fetch only objects whose ids are in FILE (-: stdin)"},
    {"older-than", 0, "AGE", OF_RUN | OF_STATUS | OF_REPORT, set_older_than,
     "jobs whose last good run is older than AGE"},
    {"due", 0, NULL, OF_RUN, set_due,
     "only jobs that are due by @every, or every in bulkpg.ini"},
    {"keep", 0, "DIR", OF_RUN | OF_PUSH, set_keep,
     "save the results, or what a push sends, in DIR"},
    {"accept-rejects", 0, NULL, OF_RUN, set_accept_rejects,
     "move the watermark despite rejects"},
    {"accept-partial", 0, NULL, OF_RUN, set_accept_partial,
     "load what a failed operation fetched"},
    {"force-deletes", 0, NULL, OF_RUN | OF_LOAD, set_force_deletes,
     "allow any number of rows to be removed"},
    {"force-nulls", 0, NULL, OF_RUN | OF_LOAD, set_force_nulls,
     "accept columns that lost all their values"},
    {"remask", 0, NULL, OF_RUN, set_remask,
     "mask values that are in the tables already"},
    {"domain", 0, "D", OF_CHECK | OF_PLAN | OF_RUN | OF_PUSH, set_domain,
     "the store's domain; token: SHOPIFY_ACCESS_TOKEN"},
    {"dsn", 0, "D", OF_CHECK | OF_PLAN | OF_RUN | OF_LOAD | OF_PUSH, set_dsn,
     "the database, as a libpq connection string"},
    {"types", 0, "F", OF_PLAN | OF_LOAD, set_types,
     "read types from F: introspection result or SDL"},
    {"objects", 0, "N", OF_LOAD, set_objects,
     "the number of lines that FILE must have"},
    {"any-query", 0, NULL, OF_LOAD, set_any_query,
     "load the result of another query as far as it fits"},
    {"dry-run", 0, NULL, OF_RUN | OF_LOAD | OF_PUSH, set_dry_run,
     "show what would be done; change and send nothing"},
    {"from", 0, "FILE", OF_PUSH, set_from,
     "read the rows' variables from FILE (-: stdin)"},
    {"limit", 0, "N", OF_PUSH, set_limit, "send at most N changed rows"},
    {"all", 0, NULL, OF_PUSH, set_all, "send all rows, not only changed ones"},
    {"force-max", 0, NULL, OF_PUSH, set_force_max,
     "send more rows than @push(max:) allows"},
    {"accept-invalid", 0, NULL, OF_PUSH, set_accept_invalid,
     "leave out rows that are not valid"},
    {"retry", 0, "WHICH", OF_PUSH, set_retry,
     "send refused or unknown rows again"},
    {"rollback", 0, NULL, OF_PUSH, set_rollback,
     "undo the push if a row is not applied"},
    {"undo", 0, "ID", OF_PUSH, set_undo, "undo what push ID applied"},
    {"settle", 0, "ID", OF_PUSH, set_settle,
     "decide about the unknown rows of push ID"},
    {"key", 0, "K", OF_PUSH, add_key, "with --settle: only the row with key K"},
    {"id", 0, "N", OF_HOOKS, set_object_id,
     "of test: the number of the object that changed (default: 1)"},
    {"archive", 0, "RUN_ID", OF_LOAD, set_archive,
     "load the archived results of this run"},
    {"operation", 0, "GID", OF_LOAD, set_operation,
     "load the result of this bulk operation"},
    {"timings", 0, NULL, OF_RUN | OF_LOAD, set_timings,
     "show where the time went"},
    {"document", 0, NULL, OF_PLAN, set_document,
     "print only the document to submit"},
    {"rows", 0, "N", OF_PLAN, set_rows,
     "of a mutation: the first N lines (default: 3)"},
    {"dbt", 0, NULL, OF_PLAN, set_dbt, "print the tables as dbt sources"},
    {"sql", 0, NULL, OF_PLAN, set_sql, "print all SQL statements of a run"},
    {"changes", 0, NULL, OF_PLAN, set_changes,
     "print only what the next run would change"},
    {"json", 0, NULL,
     OF_RUN | OF_LOAD | OF_PUSH | OF_CHECK | OF_PLAN | OF_STATUS, set_json,
     "print JSON; while it works: one event a line"},
    {"failed", 0, NULL, OF_STATUS, set_failed,
     "only jobs whose last run did not succeed"},
    {"metrics", 0, "FILE", OF_STATUS, set_metrics,
     "write Prometheus metrics to FILE instead"},
    {"schema", 0, "NAME", OF_VIEWS, set_schema,
     "create the views in this schema (default: stores)"},
    {"port", 0, "N", OF_LISTEN | OF_HOOKS, set_port,
     "the port of bulkpg listen (default: 8080)"},
    {"bind", 0, "ADDRESS", OF_LISTEN, set_bind,
     "the address to listen on (default: 127.0.0.1)"},
    {NULL, 'C', "DIR", OF_ANY, set_directory, "change to DIR first"},
    {"log-format", 0, "FORMAT", OF_ANY, set_log_format,
     "log as text or json (default: text)"},
    {NULL, 'v', NULL, OF_ANY, set_verbose, "log more"},
    {NULL, 'q', NULL, OF_ANY, set_quiet, "print only failures"},
    {"help", 'h', NULL, OF_ANY, set_help, "print this help; also -h"},
    {"version", 0, NULL, OF_ANY, set_version,
     "print the versions of bulkpg and its libraries"},
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
