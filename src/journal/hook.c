#include "journal/hook.h"

#include "journal/call.h"
#include "sql.h"

static void
call_hook(struct call *call, const struct journal_hook *hook)
{
    call_text(call, hook->store);
    call_text(call, hook->topic);
    call_text(call, hook->url);
}

bool
journal_list_hooks(struct journal *journal, const char *store,
                   struct arena *arena, struct journal_hooks *hooks,
                   struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_text(&call, store);
    if (!journal_call(journal, sql_hook_list, &call, &result, err))
        return err_wrap(err, "reading bulkpg.hook");
    hooks->count = (size_t)pg_rows(result);
    hooks->items = arena_array(arena, hooks->count, sizeof(*hooks->items));
    for (int row = 0; row < pg_rows(result); row++)
        hooks->items[row] = (struct journal_hook){
            .store = call_read_text(result, row, 0, arena),
            .topic = call_read_text(result, row, 1, arena),
            .url = call_read_text(result, row, 2, arena),
            .subscription_id = call_read_text(result, row, 3, arena)};
    pg_result_free(result);
    return true;
}

bool
journal_hook_save(struct journal *journal, const struct journal_hook *hook,
                  struct err *err)
{
    struct call call = {0};

    call_hook(&call, hook);
    call_text(&call, hook->subscription_id);
    return journal_call(journal, sql_hook_save, &call, NULL, err) ||
           err_wrap(err, "recording a subscription in bulkpg.hook");
}

bool
journal_hook_forget(struct journal *journal, const struct journal_hook *hook,
                    struct err *err)
{
    struct call call = {0};

    call_hook(&call, hook);
    return journal_call(journal, sql_hook_forget, &call, NULL, err) ||
           err_wrap(err, "removing a subscription from bulkpg.hook");
}
