#include "source/origin.h"

bool
origin_find(struct origin *origin, const struct journal_run *last,
            enum origin_left *left, struct err *err)
{
    *left = ORIGIN_NOTHING;
    return origin->ops->find == NULL ||
           origin->ops->find(origin, last, left, err);
}

bool
origin_first(struct origin *origin, const struct origin_run *run,
             struct run_first *first)
{
    return origin->ops->first != NULL && origin->ops->first(origin, run, first);
}

bool
origin_begin(struct origin *origin, const struct origin_run *run,
             struct err *err)
{
    return origin->ops->begin == NULL || origin->ops->begin(origin, run, err);
}

bool
origin_resume(struct origin *origin, const struct origin_run *run,
              struct err *err)
{
    return origin->ops->resume == NULL || origin->ops->resume(origin, run, err);
}

void
origin_recall(struct origin *origin, int connection, const char *parent_id,
              const char *id)
{
    origin->ops->recall(origin, connection, parent_id, id);
}

bool
origin_wait(struct origin *origin, struct err *err)
{
    return origin->ops->wait(origin, err);
}

bool
origin_took(struct origin *origin, int n, int64_t lines, int64_t bytes,
            struct err *err)
{
    return origin->ops->took == NULL ||
           origin->ops->took(origin, n, lines, bytes, err);
}

void
origin_renew(struct origin *origin, int n, bool again)
{
    if (origin->ops->renew != NULL)
        origin->ops->renew(origin, n, again);
}

bool
origin_clear(struct origin *origin, int64_t keep_run_id, struct err *err)
{
    return origin->ops->clear == NULL ||
           origin->ops->clear(origin, keep_run_id, err);
}

void
origin_give_up(struct origin *origin)
{
    if (origin->ops->give_up != NULL)
        origin->ops->give_up(origin);
}

void
origin_free(struct origin *origin)
{
    origin->ops->free(origin);
}
