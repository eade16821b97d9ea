#include "load/views.h"

#include <stdio.h>
#include <string.h>

#include "sql.h"

/* Columns of sql_view_plan and sql_view_down. */
enum { WHAT, STORES, SCRIPT };

enum { DROP, GRANTS };

struct view {
    const char *schema;
    const char *name;
    const char *grants; /* other roles' rights on it, as a script; or "" */
    struct view *next;
};

/* ---- dropping and creating again ---------------------------------------- */

static bool
hint_at_dependents(struct err *err)
{
    if (err_is(err, MSG_2BP01))
        err_hint(err, "drop the objects that depend on it, run the command "
                      "again, then create them");
    return false;
}

static bool
take_down(struct pg_conn *conn, const char *schema, const char *name,
          struct views *views, struct err *err)
{
    const char *values[] = {schema, name};
    struct view *view = arena_alloc(&views->arena, sizeof(*view));
    struct pg_result *result;
    bool down;

    if (!pg_exec(conn, sql_view_down, 2, values, &result, err))
        return false;
    *view = (struct view){
        .schema = arena_strdup(&views->arena, schema),
        .name = arena_strdup(&views->arena, name),
        .grants = arena_strdup(&views->arena, pg_text(result, 0, GRANTS)),
        .next = views->first};
    views->first = view;
    down = pg_script(conn, pg_text(result, 0, DROP), err);
    pg_result_free(result);
    return down || hint_at_dependents(err);
}

bool
views_take_down(struct pg_conn *conn, const char *schema, const char *table,
                struct views *views, struct err *err)
{
    const char *values[] = {schema, table};
    struct pg_result *above;
    bool ok = true;

    if (!pg_exec(conn, sql_view_lock, 0, NULL, NULL, err) ||
        !pg_exec(conn, sql_view_above, 2, values, &above, err))
        return false;
    for (int row = 0; ok && row < pg_rows(above); row++)
        ok = take_down(conn, pg_text(above, row, 0), pg_text(above, row, 1),
                       views, err);
    pg_result_free(above);
    return ok;
}

static bool
ask(struct pg_conn *conn, const char *schema, const char *name,
    struct pg_result **plan, struct err *err)
{
    const char *values[] = {schema, name};

    return pg_exec(conn, sql_view_plan, 2, values, plan, err);
}

bool
views_put_up(struct pg_conn *conn, const struct views *views, struct err *err)
{
    bool ok = true;

    for (const struct view *view = views->first; ok && view != NULL;
         view = view->next) {
        struct pg_result *plan;

        if (!ask(conn, view->schema, view->name, &plan, err))
            return false;
        ok = pg_script(conn, pg_text(plan, 0, SCRIPT), err) &&
             pg_script(conn, view->grants, err);
        pg_result_free(plan);
    }
    return ok;
}

void
views_free(struct views *views)
{
    arena_free(&views->arena);
    views->first = NULL;
}

/* ---- one view ---------------------------------------------------------- */

static bool
refuse_foreign(const char *schema, const char *name, struct err *err)
{
    err_set(err, MSG_VIEW_FOREIGN, "%s.%s exists, but bulkpg did not create it",
            schema, name);
    return false;
}

static bool
remake(struct pg_conn *conn, const char *schema, const char *name,
       const char *script, struct err *err)
{
    struct views down = {0};
    bool done = take_down(conn, schema, name, &down, err) &&
                (script == NULL || (pg_script(conn, script, err) &&
                                    pg_script(conn, down.first->grants, err)));

    views_free(&down);
    return done;
}

static bool
act(struct pg_conn *conn, const char *schema, const char *name,
    const char *what, const char *script, struct err *err)
{
    if (strcmp(what, "foreign") == 0)
        return refuse_foreign(schema, name, err);
    if (strcmp(what, "made") == 0 || strcmp(what, "changed") == 0)
        return pg_script(conn, script, err);
    if (strcmp(what, "remade") == 0)
        return remake(conn, schema, name, script, err);
    if (strcmp(what, "dropped") == 0)
        return remake(conn, schema, name, NULL, err);
    return true;
}

static bool
change_in_transaction(struct pg_conn *conn, const char *schema,
                      const char *name, struct view_change *change,
                      struct err *err)
{
    struct pg_result *plan;
    bool done;

    if (!pg_script(conn, sql_lock_timeout, err) ||
        !pg_exec(conn, sql_view_lock, 0, NULL, NULL, err) ||
        !ask(conn, schema, name, &plan, err))
        return false;
    snprintf(change->what, sizeof(change->what), "%s", pg_text(plan, 0, WHAT));
    change->stores = pg_int64(plan, 0, STORES);
    done = act(conn, schema, name, change->what, pg_text(plan, 0, SCRIPT), err);
    pg_result_free(plan);
    return done;
}

bool
views_change(struct pg_conn *conn, const char *schema, const char *name,
             struct view_change *change, struct err *err)
{
    if (!pg_begin(conn, err))
        return false;
    if (!change_in_transaction(conn, schema, name, change, err)) {
        pg_rollback(conn);
        return false;
    }
    return pg_commit(conn, err);
}
