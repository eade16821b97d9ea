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
read_all(struct run *run, const struct loader_config *config,
         struct pg_conn *conn, struct err *err)
{
    const struct pages *pages = run->plan->pages;
    const enum origin_recall *recalls = run->origin->recalls;
    struct recalling recalling = {.origin = run->origin};

    for (int i = 0; i < pages->count; i++) {
        recalling.connection = i;
        if (recalls[i] != RECALL_NOTHING &&
            !kept_ids_read(conn, config, pages->connections[i].table,
                           recalls[i] == RECALL_ROWS, give, &recalling, err))
            return false;
    }
    return true;
}

static bool
recalls_any(const struct run *run)
{
    const enum origin_recall *recalls = run->origin->recalls;

    for (int i = 0; recalls != NULL && i < run->plan->pages->count; i++)
        if (recalls[i] != RECALL_NOTHING)
            return true;
    return false;
}

bool
staged_recall(struct run *run, const struct loader_config *config,
              struct err *err)
{
    struct pg_conn *conn;
    bool read;

    if (!recalls_any(run))
        return true;
    if (!kept_ids_open(config, &conn, err))
        return false;
    read = read_all(run, config, conn, err);
    kept_ids_close(config, conn);
    return read;
}
