#include "command/check_mutation.h"

#include <stdio.h>

#include "job/mutation.h"
#include "push/trial.h"

/* One mutation. */
struct look {
    struct access *access;
    struct push *push;
    const char *what;
    struct verdicts *verdicts;
    const char *owner; /* type of the objects that the rows name; "": unknown */
};

/* ---- one mutation ------------------------------------------------------ */

static bool
check_select(struct look *look, struct err *err)
{
    struct trial_found found;

    if (!trial_select(look->push, &found, err))
        return false;
    if (found.stale.kind != ERR_NONE)
        verdict_warn(look->verdicts, look->what, &found.stale);
    if (found.fault.kind != ERR_NONE)
        verdict_warn(look->verdicts, look->what, &found.fault);
    look->owner = found.owner;
    return true;
}

static bool
check_file(struct look *look, struct err *err)
{
    struct push *push = look->push;
    const struct query_file *file = push->file;

    if (!mutation_prepare(push->context, push->store, file, NULL, &push->log,
                          &push->arena, &push->mutation, err))
        return false;
    push->rolls_back = push->mutation->rollback;
    if (file->sql_fault.kind == ERR_NONE)
        return check_select(look, err);
    /* Rows can come from --from. */
    verdict_warn(look->verdicts, look->what, &file->sql_fault);
    return true;
}

static void
check_access(struct look *look)
{
    const struct push *push = look->push;
    const struct mutation *mutation = push->mutation;
    const char *scopes =
        kinds_scopes(mutation->dialect, mutation->root, span_str(look->owner));
    char place[512], detail[256] = "not tried at the store";

    snprintf(place, sizeof(place), "%s: %s", push->file->path, mutation->root);
    if (scopes != NULL && look->access->answers)
        snprintf(detail, sizeof(detail), "scope %s", scopes);
    if (access_has_scopes(look->access, scopes, place, look->what,
                          look->verdicts))
        verdict_ok(look->verdicts, look->what, detail);
}

static void
check_mutation(struct access *access, struct push *push,
               struct verdicts *verdicts)
{
    char what[512];
    struct look look = {.access = access,
                        .push = push,
                        .what = what,
                        .verdicts = verdicts,
                        .owner = ""};
    struct err err;

    snprintf(what, sizeof(what), "mutation %s (%s %s)", push->file->path,
             store_config_kind(push->config), push->config->name);
    verdicts->jobs++;
    verdict_about(verdicts, push->config->name, push->file->job);
    if (check_file(&look, &err))
        check_access(&look);
    else if (!access_collect(access, push->store, what, &err))
        verdict_blame(verdicts, what, &err);
}

void
check_mutations(struct access *access, struct context *context,
                struct store_state *store, struct verdicts *verdicts)
{
    struct arena arena = {0};
    struct query_files files;
    struct err err;
    char what[128];

    if (store->config->fault.kind != ERR_NONE)
        return;
    if (!query_files_find_mutations(&arena, store->config, NULL, &files,
                                    &err)) {
        snprintf(what, sizeof(what), "mutations of %s %s",
                 store_config_kind(store->config), store->config->name);
        verdict_error(verdicts, what, &err);
    } else {
        for (size_t i = 0; i < files.count; i++) {
            struct push push;

            push_init(&push, context, store, &files.items[i]);
            push.journal = context->journal;
            check_mutation(access, &push, verdicts);
            push_free(&push);
        }
    }
    arena_free(&arena);
}
