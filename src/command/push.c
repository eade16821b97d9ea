/*
 * Three forms: push JOB..., push --undo ID, push --settle ID applied|failed.
 *
 *     collect the jobs of the stores ─► open the database ─► push all of them,
 *     concurrently ─► prune the journal ─► one line per job
 *
 * A store whose configuration has a fault is left out, and the others are
 * pushed to. A job that no store has is misuse.
 */
#include "push/push.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/mem.h"
#include "base/out.h"
#include "cli/process.h"
#include "command/commands.h"
#include "job/control.h"
#include "journal/claim.h"
#include "push/again.h"
#include "push/ending.h"
#include "push/past.h"
#include "source/keep.h"

struct pushes {
    struct push *items;
    size_t count;
    struct arena arena;
    int status; /* of stores that are left out */
};

/* ---- the jobs ----------------------------------------------------------- */

static enum push_rows
rows_from(const struct options *options)
{
    if (options->retry == NULL)
        return PUSH_SELECTED;
    return strcmp(options->retry, "refused") == 0 ? PUSH_RETRY_REFUSED
                                                  : PUSH_RETRY_UNKNOWN;
}

static void
add(struct pushes *pushes, struct context *context, struct store_state *store,
    const struct query_file *file)
{
    struct push *push;

    pushes->items =
        mem_resize(pushes->items, (pushes->count + 1) * sizeof(*pushes->items));
    push = &pushes->items[pushes->count++];
    push_init(push, context, store, file);
    push->rows_from = rows_from(context->options);
}

static void
leave_out(struct pushes *pushes, const struct store_config *store,
          const struct err *fault)
{
    struct log_ctx log = {.store = store->name};

    log_failure(LOG_ERROR, &log, "the store is left out", fault);
    event_failure(&log, fault);
    pushes->status =
        err_worse_status(pushes->status, err_exit_status(fault->kind));
}

/* *missing: a named job does not exist for this store; `why` says which. */
static void
collect_store(struct pushes *pushes, struct context *context,
              struct store_state *store, bool *missing, struct err *why)
{
    struct query_files files;
    struct err err;

    *missing = false;
    if (store->config->fault.kind != ERR_NONE) {
        leave_out(pushes, store->config, &store->config->fault);
    } else if (query_files_find_mutations(&pushes->arena, store->config,
                                          context->options->arguments, &files,
                                          &err)) {
        for (size_t i = 0; i < files.count; i++)
            add(pushes, context, store, &files.items[i]);
    } else if (err.kind == ERR_USAGE) {
        *missing = true;
        *why = err;
    } else {
        leave_out(pushes, store->config, &err);
    }
}

/* A job may exist for some stores only. If a store is named, it must have all
 * of the jobs. */
static bool
collect(struct pushes *pushes, struct context *context, struct err *err)
{
    bool names_store = context->options->stores[0] != NULL;
    bool any_missing = false, any = false;

    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *store = &context->stores[i];
        struct err why;
        bool missing;

        if (!context_wants_store(context, store->config))
            continue;
        any = true;
        collect_store(pushes, context, store, &missing, &why);
        if (missing && names_store) {
            *err = why;
            return false;
        }
        if (missing && !any_missing)
            *err = why;
        any_missing = any_missing || missing;
    }
    if (!any)
        return err_set(err, MSG_NO_STORE, "no store is configured");
    return pushes->count > 0 || pushes->status != 0 || !any_missing;
}

static bool
only_one(const struct context *context, const struct pushes *pushes,
         struct err *err)
{
    if (context->options->from_file == NULL || pushes->count <= 1)
        return true;
    return err_set(err, MSG_SEVERAL_STORES,
                   "--from takes one store, but %zu stores have this job",
                   pushes->count);
}

/* ---- the end ------------------------------------------------------------ */

static void
print_more(const char *name, int64_t count)
{
    if (count > 0)
        out_part(stdout, ", %" PRId64 " %s", count, name);
}

static void
print_push(const struct push *push)
{
    const struct push_counts *counts = &push->counts;

    out_part(stdout,
             "%s/%s: %" PRId64 " %s, %" PRId64 " changed, %" PRId64
             " sent, %" PRId64 " applied, %" PRId64 " refused, %" PRId64
             " unknown, %" PRId64 " unchanged",
             push->config->name, push->job, counts->rows,
             counts->rows == 1 ? "row" : "rows", counts->changed, counts->sent,
             counts->applied, counts->refused, counts->unknown,
             counts->unchanged);
    print_more("invalid", counts->invalid);
    print_more("held", counts->held);
    print_more("skipped", counts->skipped);
    out_line(stdout, "%s", "");
    if (push->err.kind != ERR_NONE)
        out_line(stdout, "    %s; to fix: %s (%s)", push->err.message,
                 err_remedy(&push->err), push->err.code);
}

static void
summarize(struct pushes *pushes, size_t jobs, int status)
{
    EVENT("summary", NULL, LOG_NUM("jobs", (int64_t)jobs),
          LOG_NUM("exit_status", status), LOG_END);
    free(pushes->items);
    arena_free(&pushes->arena);
    out_flush();
}

/* One line for each job, and one for what did not succeed. */
static int
end(struct context *context, struct pushes *pushes)
{
    int status = pushes->status;

    for (size_t i = 0; i < pushes->count; i++) {
        if (!context->options->quiet && !event_is_enabled())
            print_push(&pushes->items[i]);
        status = err_worse_status(status, pushes->items[i].status);
        push_free(&pushes->items[i]);
    }
    summarize(pushes, pushes->count, status);
    return status;
}

static void
run_all(struct pushes *pushes)
{
    struct task_group group = {0};

    for (size_t i = 0; i < pushes->count; i++)
        task_group_spawn(&group, "push", push_job, &pushes->items[i]);
    task_group_wait(&group);
}

static int
push_jobs(struct context *context)
{
    struct pushes pushes = {.items = NULL};
    struct err err;
    bool ok = context_configure(context, &err) &&
              collect(&pushes, context, &err) &&
              only_one(context, &pushes, &err) &&
              keep_make_folder(context->options->keep_directory, &err) &&
              control_open(context, true, &err);

    if (!ok) {
        pushes.count = 0;
        pushes.status = err_worse_status(pushes.status, process_fail(&err));
        return end(context, &pushes);
    }
    for (size_t i = 0; i < pushes.count; i++)
        pushes.items[i].journal = context->journal;
    run_all(&pushes);
    control_prune(context);
    return end(context, &pushes);
}

/* ---- undo --------------------------------------------------------------- */

/* Find the push, and the store that it went to. */
static bool
find(struct context *context, int64_t push_id, struct arena *arena,
     struct journal_push **earlier, struct store_state **store, struct err *err)
{
    if (!context_configure(context, err) || !control_open(context, true, err) ||
        !past_find(context->journal, push_id, arena, earlier, err))
        return false;
    *store = context_store(context, (*earlier)->store);
    if (*store == NULL)
        return err_set(err, MSG_UNKNOWN_STORE,
                       "push %" PRId64 " went to store %s, which is not "
                       "configured",
                       push_id, (*earlier)->store);
    *err = (*store)->config->fault;
    return err->kind == ERR_NONE;
}

static void
print_left_rows(const char *why, int64_t count, const char *keys)
{
    if (count > 0)
        out_line(stdout, "%" PRId64 " %s %s: %s%s", count,
                 count == 1 ? "row was left alone because it"
                            : "rows were left alone because they",
                 why, keys, count > 20 ? ", ..." : "");
}

static void
send_left_rows(const struct log_ctx *log, const char *reason, int64_t count,
               const char *keys)
{
    if (count > 0)
        EVENT("left", log, LOG_STR("reason", reason), LOG_NUM("rows", count),
              LOG_STR("keys", keys), LOG_END);
}

static bool
print_left(const struct context *context, const struct journal_push *earlier,
           struct arena *arena, struct err *err)
{
    struct log_ctx log = {.store = earlier->store,
                          .job = earlier->job,
                          .push_id = earlier->ref.push_id};
    struct again_left left;

    if (!again_find_left(context->journal, earlier->ref.push_id, arena, &left,
                         err))
        return false;
    send_left_rows(&log, "changed", left.changed, left.changed_keys);
    send_left_rows(&log, "no_values_before", left.imageless,
                   left.imageless_keys);
    if (context->options->quiet || event_is_enabled())
        return true;
    print_left_rows("changed since", left.changed, left.changed_keys);
    print_left_rows("cannot be undone", left.imageless, left.imageless_keys);
    return true;
}

static int
undo(struct context *context)
{
    struct pushes pushes = {.items = NULL};
    struct journal_push *earlier;
    struct store_state *store;
    struct query_file file;
    struct err err;
    int64_t push_id = context->options->undo;

    if (!find(context, push_id, &pushes.arena, &earlier, &store, &err)) {
        pushes.status = process_fail(&err);
        return end(context, &pushes);
    }
    file = past_file(earlier, &pushes.arena);
    if (!print_left(context, earlier, &pushes.arena, &err))
        pushes.status = process_fail(&err);
    add(&pushes, context, store, &file);
    pushes.items[0].rows_from = PUSH_TAKE_BACK;
    pushes.items[0].undo_of = push_id;
    run_all(&pushes);
    return end(context, &pushes);
}

/* ---- settle ------------------------------------------------------------- */

static bool
decide_claimed(struct push *push, const struct journal_push *earlier,
               int64_t *rows, struct err *err)
{
    const struct options *options = push->context->options;
    bool applied = strcmp(options->arguments[0], "applied") == 0;
    struct err why;

    if (!past_take(push, earlier, err))
        return false;
    if (past_decide(push, applied, options->keys, rows, err))
        return push_record(push, NULL, false, err);
    if (!push_record(push, NULL, false, &why))
        log_failure(LOG_WARN, &push->log,
                    "cannot record the push's end in the journal", &why);
    return false;
}

static bool
decide(struct push *push, const struct journal_push *earlier, int64_t *rows,
       struct err *err)
{
    bool ok;

    if (!journal_claim(push->journal, push->config->name, push->job,
                       JOURNAL_CLAIM_MS, err))
        return false;
    ok = decide_claimed(push, earlier, rows, err);
    journal_release(push->journal, push->config->name, push->job);
    return ok && (*rows > 0 ||
                  err_set(err, MSG_NO_PUSH,
                          "push %" PRId64 " has no such row whose outcome is "
                          "not known",
                          push->ref.push_id));
}

static void
print_settled(const struct push *push, int64_t rows)
{
    const struct options *options = push->context->options;

    EVENT("settled", &push->log, LOG_STR("outcome", options->arguments[0]),
          LOG_NUM("rows", rows), LOG_END);
    if (!options->quiet && !event_is_enabled())
        out_line(stdout, "%" PRId64 " %s of push %" PRId64 " %s %s", rows,
                 rows == 1 ? "row" : "rows", options->settle,
                 rows == 1 ? "counts as" : "count as", options->arguments[0]);
}

static int
settle(struct context *context)
{
    struct pushes pushes = {.items = NULL};
    struct journal_push *earlier;
    struct store_state *store;
    struct query_file file;
    int64_t rows = 0;
    struct err err;
    bool ok = find(context, context->options->settle, &pushes.arena, &earlier,
                   &store, &err);
    int status;

    if (ok) {
        file = past_file(earlier, &pushes.arena);
        add(&pushes, context, store, &file);
        ok = decide(&pushes.items[0], earlier, &rows, &err);
        if (ok)
            print_settled(&pushes.items[0], rows);
        push_free(&pushes.items[0]);
    }
    status = ok ? 0 : process_fail(&err);
    summarize(&pushes, pushes.count, status);
    return status;
}

static int
push(struct context *context)
{
    if (context->options->undo > 0)
        return undo(context);
    if (context->options->settle > 0)
        return settle(context);
    return push_jobs(context);
}

int
command_push(const struct options *options)
{
    if (options->json)
        event_enable();
    return process_run(options, push);
}
