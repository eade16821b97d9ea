#include "load/views.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "base/retry.h"
#include "cli/process.h"
#include "command/commands.h"
#include "job/context.h"
#include "job/control.h"
#include "load/make_schema.h"
#include "plan/names.h"
#include "sql.h"

/* In SQL this name needs quotes, because "all" is a reserved word. */
#define DEFAULT_SCHEMA "all"

static const char *
schema_of(const struct context *context)
{
    return context->options->schema != NULL ? context->options->schema
                                            : DEFAULT_SCHEMA;
}

/* ---- preparation ------------------------------------------------------- */

static bool
check_name(const char *schema, struct err *err)
{
    size_t length = strlen(schema);

    if (length > 0 && length <= NAME_BYTES_MAX)
        return true;
    return err_set(err, MSG_BAD_OPTION,
                   "--schema: a name has 1 to %d bytes, but this one has %zu",
                   NAME_BYTES_MAX, length);
}

/* In these schemas a view could take the name of a table. */
static bool
check_schema(const struct context *context, struct err *err)
{
    const char *schema = schema_of(context);
    const struct config *config = &context->config;

    if (strcmp(schema, "bulkpg") == 0) {
        return err_set(err, MSG_SCHEMA_TAKEN,
                       "schema bulkpg belongs to the journal");
    }
    for (size_t i = 0; i < config->store_count; i++)
        if (config->stores[i].schema != NULL &&
            strcmp(config->stores[i].schema, schema) == 0) {
            return err_set(err, MSG_SCHEMA_TAKEN,
                           "schema %s has the tables of store %s", schema,
                           config->stores[i].name);
        }
    return true;
}

/* Get the names of the views that exist or should exist, and create their
 * schema. */
static bool
list_names(struct context *context, struct pg_result **names, struct err *err)
{
    const char *schema = schema_of(context);
    struct pg_conn *control;
    bool listed;

    if (!journal_borrow(context->journal, &control, err))
        return false;
    listed = pg_exec(control, sql_view_list, 1, &schema, names, err) &&
             (pg_rows(*names) == 0 ||
              schema_make(control, schema, context->config.readers, err));
    journal_give_back(context->journal);
    return listed;
}

/* ---- one view ---------------------------------------------------------- */

static bool
try_to_change(struct context *context, const char *name,
              struct view_change *change, struct err *err)
{
    struct pg_conn *control;
    bool changed;

    if (!control_reopen(context, err) ||
        !journal_borrow(context->journal, &control, err))
        return false;
    changed = views_change(control, schema_of(context), name, change, err);
    journal_give_back(context->journal);
    return changed;
}

static bool
change_view(struct context *context, const char *name, struct err *err)
{
    struct backoff backoff = context_backoff(context);
    struct view_change change;

    while (!try_to_change(context, name, &change, err))
        if (err->kind != ERR_TRANSIENT ||
            !retry_wait(&backoff, 0, NULL, "a view cannot be changed yet", err))
            return err_wrap(err, "view %s.%s", schema_of(context), name);
    if (strcmp(change.what, "dropped") == 0)
        out_line(stdout, "%-10s %s.%s", change.what, schema_of(context), name);
    else if (strcmp(change.what, "nothing") != 0)
        out_line(stdout, "%-10s %s.%s, %" PRId64 " store%s", change.what,
                 schema_of(context), name, change.stores,
                 change.stores == 1 ? "" : "s");
    return true;
}

/* ---- the command ------------------------------------------------------- */

/* If one view fails, the others are still changed. */
static int
change_views(struct context *context, const struct pg_result *names)
{
    int status = 0;

    for (int row = 0; row < pg_rows(names); row++) {
        struct err err;

        if (change_view(context, pg_text(names, row, 0), &err))
            continue;
        log_failure(LOG_ERROR, NULL, "a view was not changed", &err);
        status = err_worse_status(status, err_exit_status(err.kind));
        if (err.kind == ERR_STOPPED || err.kind == ERR_LATER)
            break;
    }
    return status;
}

static bool
grant_readers(struct context *context, struct err *err)
{
    const char *const *role = context->config.readers;

    for (; *role != NULL; role++)
        if (!journal_grant(context->journal, *role, err) ||
            !journal_grant_tables(context->journal, schema_of(context), *role,
                                  err))
            return false;
    return true;
}

static int
views(struct context *context)
{
    struct pg_result *names = NULL;
    struct err err;
    int status;

    if (!check_name(schema_of(context), &err) ||
        !context_configure(context, &err) || !check_schema(context, &err) ||
        !control_open(context, false, &err) ||
        !list_names(context, &names, &err)) {
        pg_result_free(names);
        return process_fail_without_journal(&err);
    }
    if (pg_rows(names) == 0)
        log_info(NULL, "there are no tables yet", LOG_END);
    status = change_views(context, names);
    pg_result_free(names);
    if (!grant_readers(context, &err)) {
        log_failure(LOG_ERROR, NULL,
                    "the readers may be unable to read some views", &err);
        status = err_worse_status(status, err_exit_status(err.kind));
    }
    return status;
}

int
command_views(const struct options *options)
{
    return process_run(options, views);
}
