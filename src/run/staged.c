#include "run/staged.h"

#include "load/kept_ids.h"
#include "plan/pages.h"

struct recalling {
    struct origin *origin;
    int connection;
};

static void
give(void *ctx, const char *parent_id, const char *id)
{
    struct recalling *recalling = ctx;

    origin_recall(recalling->origin, recalling->connection, parent_id, id);
}

static bool
read_all(struct run *run, struct pg_conn *control, struct err *err)
{
    const struct pages *pages = run->plan->pages;
    struct recalling recalling = {.origin = run->origin};

    for (int i = 0; i < pages->count; i++) {
        recalling.connection = i;
        if (!kept_ids_read(control, run->schema, run->ref.run_id,
                           pages->connections[i].table, give, &recalling, err))
            return false;
    }
    return true;
}

bool
staged_recall(struct run *run, struct err *err)
{
    struct pg_conn *control;
    bool read;

    if (!run->origin->must_recall)
        return true;
    if (!journal_borrow(run->journal, &control, err))
        return false;
    read = read_all(run, control, err);
    journal_give_back(run->journal);
    return read;
}
