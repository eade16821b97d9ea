#include "push/guard.h"

#include "config/query_files.h"
#include "mapping/mutation.h"

bool
guard_options(const struct push *push, struct err *err)
{
    if (!push->context->options->all ||
        (push->mutation->kinds & KIND_COUNTS) == 0)
        return true;
    return err_set(err, MSG_PUSH_COUNTS,
                   "--all would send every row of %s again, but %s adds to "
                   "what the store has",
                   push->file->path, push->mutation->root);
}

bool
guard_undo(const struct push *push, struct err *err)
{
    if (push->mode != PUSH_UNDO && !push->rolls_back)
        return true;
    if (!mutation_can_undo(push->mutation)) {
        err_set(err, MSG_PUSH_NO_UNDO,
                "%s cannot be undone: %s creates, deletes, counts or pays",
                push->file->path, push->mutation->root);
        return err_hint(err, "undo it by a mutation of your own");
    }
    if (!push->rolls_back || push->rows_from != PUSH_SELECTED ||
        push->context->options->from_file == NULL)
        return true;
    err_set(err, MSG_PUSH_NO_UNDO,
            "a rollback of %s is not possible: the rows of --from have no "
            "values before",
            push->file->path);
    return err_hint(err, "push without rollback, or select the rows");
}

bool
guard_before(const struct push *push, const struct binding *binding,
             struct err *err)
{
    if (!push->rolls_back || binding->has_before)
        return true;
    err_set(err, MSG_PUSH_NO_UNDO,
            "a rollback of %s is not possible: %s has no column _before_...",
            push->file->path, push->file->sql_path);
    return err_hint(err, "add a column _before_NAME for each column whose "
                         "value the push changes, or push without rollback");
}

static bool
guard_keys(struct stage *stage, struct err *err)
{
    const char *first;
    int64_t count;

    if (!stage_duplicates(stage, &count, &first, err))
        return false;
    return count == 0 || err_set(err, MSG_PUSH_DUPLICATE,
                                 "%lld %s several rows: %s; nothing was sent",
                                 (long long)count,
                                 count == 1 ? "key has" : "keys have", first);
}

static bool
guard_invalid(struct stage *stage, struct err *err)
{
    int64_t count = stage->counts.invalid;
    const char *first;

    if (count == 0 || stage->push->context->options->accept_invalid)
        return true;
    if (!stage_faults(stage, &first, err))
        return false;
    return err_set(err, MSG_PUSH_INVALID,
                   "%lld of %lld rows %s not valid; nothing was sent: %s",
                   (long long)count, (long long)stage->counts.rows,
                   count == 1 ? "is" : "are", first);
}

static bool
guard_max(const struct stage *stage, struct err *err)
{
    const struct push *push = stage->push;
    int64_t max = push->mutation->max;

    if (push->mode == PUSH_UNDO || push->context->options->force_max ||
        stage->counts.changed <= max)
        return true;
    return err_set(err, MSG_PUSH_MAX,
                   "%lld rows have changed, but a push of %s sends at most "
                   "%lld; nothing was sent",
                   (long long)stage->counts.changed, push->file->path,
                   (long long)max);
}

bool
guard_rows(struct stage *stage, struct err *err)
{
    return guard_keys(stage, err) && guard_invalid(stage, err) &&
           guard_max(stage, err);
}
