/*
 * views: creates the views that unite the tables of all stores, and changes
 * those that exist. If one view fails, the others are still changed.
 *
 * Hazards. In a schema of the journal or of a store, a view could take the name
 * of a table, so these schemas are refused.
 */
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

/* Columns of sql_view_list. */
enum { NAME, HIDES_SHOPS };

enum { SCHEMA_BYTES = 64 };

/* The command, and the schema of its views. */
struct making {
    struct context *context;
    const char *schema;
    char default_schema[SCHEMA_BYTES];
};

/* ---- preparation ------------------------------------------------------- */

static bool
check_name(const char *schema, struct err *err)
{
    size_t length = schema != NULL ? strlen(schema) : 1;

    if (length > 0 && length <= NAME_BYTES_MAX)
        return true;
    return err_set(err, MSG_BAD_OPTION,
                   "--schema: a name has 1 to %d bytes, but this one has %zu",
                   NAME_BYTES_MAX, length);
}

/* Without --schema: `stores`, or `all`, which was the default of earlier
 * versions, if it has views. */
static bool
find_schema(struct making *making, struct err *err)
{
    struct journal *journal = making->context->journal;
    struct pg_result *found;
    struct pg_conn *control;
    bool asked;

    making->schema = making->context->options->schema;
    if (making->schema != NULL)
        return true;
    if (!journal_borrow(journal, &control, err))
        return false;
    asked = pg_exec(control, sql_view_schema, 0, NULL, &found, err);
    journal_give_back(journal);
    if (!asked)
        return false;
    snprintf(making->default_schema, SCHEMA_BYTES, "%s", pg_text(found, 0, 0));
    making->schema = making->default_schema;
    pg_result_free(found);
    return true;
}

/* In these schemas a view could take the name of a table. */
static bool
check_schema(const struct making *making, struct err *err)
{
    const char *schema = making->schema;
    const struct config *config = &making->context->config;

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
list_names(const struct making *making, struct pg_result **names,
           struct err *err)
{
    struct context *context = making->context;
    const char *schema = making->schema;
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
try_to_change(const struct making *making, const char *name,
              struct view_change *change, struct err *err)
{
    struct context *context = making->context;
    struct pg_conn *control;
    bool changed;

    if (!control_reopen(context, err) ||
        !journal_borrow(context->journal, &control, err))
        return false;
    changed = views_change(control, making->schema, name, change, err);
    journal_give_back(context->journal);
    return changed;
}

static bool
change_view(const struct making *making, const char *name, struct err *err)
{
    struct backoff backoff = context_backoff(making->context);
    struct view_change change;

    while (!try_to_change(making, name, &change, err))
        if (err->kind != ERR_TRANSIENT ||
            !retry_wait(&backoff, 0, NULL, "a view cannot be changed yet", err))
            return err_wrap(err, "view %s.%s", making->schema, name);
    if (strcmp(change.what, "dropped") == 0)
        out_line(stdout, "%-10s %s.%s", change.what, making->schema, name);
    else if (strcmp(change.what, "nothing") != 0)
        out_line(stdout, "%-10s %s.%s, %" PRId64 " store%s", change.what,
                 making->schema, name, change.stores,
                 change.stores == 1 ? "" : "s");
    return true;
}

/* ---- the command ------------------------------------------------------- */

static void
warn_of_shops(const struct making *making)
{
    log_warn(NULL, MSG_SHOPS_TAKEN,
             "the view shops is over tables of this name, and does not list "
             "the shops of all stores",
             LOG_STR("schema", making->schema), LOG_END);
}

/* If one view fails, the others are still changed. */
static int
change_views(const struct making *making, const struct pg_result *names)
{
    int status = 0;

    for (int row = 0; row < pg_rows(names); row++) {
        struct err err;

        if (pg_bool(names, row, HIDES_SHOPS))
            warn_of_shops(making);
        if (change_view(making, pg_text(names, row, NAME), &err))
            continue;
        log_failure(LOG_ERROR, NULL, "a view was not changed", &err);
        status = err_worse_status(status, err_exit_status(err.kind));
        if (err.kind == ERR_STOPPED || err.kind == ERR_LATER)
            break;
    }
    return status;
}

static bool
grant_readers(const struct making *making, struct err *err)
{
    struct context *context = making->context;
    const char *const *role = context->config.readers;

    for (; *role != NULL; role++)
        if (!journal_grant(context->journal, *role, err) ||
            !journal_grant_tables(context->journal, making->schema, *role, err))
            return false;
    return true;
}

static int
views(struct context *context)
{
    struct making making = {.context = context};
    struct pg_result *names = NULL;
    struct err err;
    int status;

    if (!check_name(context->options->schema, &err) ||
        !context_configure(context, &err) ||
        !control_open(context, false, &err) || !find_schema(&making, &err) ||
        !check_schema(&making, &err) || !list_names(&making, &names, &err)) {
        pg_result_free(names);
        return process_fail_without_journal(&err);
    }
    if (pg_rows(names) == 0)
        log_info(NULL, "there are no tables yet", LOG_END);
    status = change_views(&making, names);
    pg_result_free(names);
    if (!grant_readers(&making, &err)) {
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
