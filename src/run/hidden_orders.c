#include "run/hidden_orders.h"

#include <string.h>

#include "journal/store.h"

bool
hidden_orders_has(const struct plan_table *table)
{
    while (table != NULL && strcmp(table->node_type, "Order") != 0)
        table = table->parent;
    return table != NULL;
}

void
hidden_orders_ahead(const struct run *run, struct pg_conn *conn)
{
    for (int i = 0; i < run->plan->table_count; i++)
        if (hidden_orders_has(&run->plan->tables[i])) {
            journal_details_ahead(conn, run, run->store);
            return;
        }
}

/* Why orders that are not in the result may still exist; NULL: they are gone.
 * If the scopes are not known, a saved file counts as complete. */
static const char *
why_orders_stay(const struct run *run, const struct journal_store *store,
                bool has_orders)
{
    if (store == NULL || store->scopes == NULL || store->scopes[0] == '\0')
        return has_orders && run->mode.mode != RUN_REPLAY
                   ? "no orders are removed: the app's scopes are not known, "
                     "so the store may hide orders older than 60 days"
                   : NULL;
    return strstr(store->scopes, "read_all_orders") == NULL
               ? "no orders are removed: without the scope read_all_orders "
                 "the store shows only the orders of the last 60 days"
               : NULL;
}

bool
hidden_orders_find(struct run *run, struct err *err)
{
    struct journal_store *store;
    bool any = false, has_any = false;
    const char *why;

    for (int i = 0;
         run->plan->dialect->hides_orders && i < run->plan->table_count; i++)
        if (hidden_orders_has(&run->plan->tables[i])) {
            any = true;
            has_any = has_any || run->tables.targets[i].exists;
        }
    run->hides_orders = false;
    if (!any)
        return true;
    if (!journal_store(run->journal, run->store, run->arena, &store, err))
        return false;
    why = why_orders_stay(run, store, has_any);
    run->hides_orders = why != NULL;
    if (run->hides_orders)
        notes_warn(&run->notes, MSG_ORDERS_HIDDEN, why);
    return true;
}
