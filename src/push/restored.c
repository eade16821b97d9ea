#include "push/restored.h"

#include <inttypes.h>

#include "job/store.h"
#include "journal/chunk.h"
#include "shopify/bulk.h"
#include "sql.h"

/* ---- the store's operations --------------------------------------------- */

static bool
refuse(const char *marker, struct err *err)
{
    return err_set(err, MSG_JOURNAL_RESTORED,
                   "the store has executed a push of this journal that the "
                   "journal does not contain: %s",
                   marker);
}

static bool
check_markers(struct push *push, struct arena *arena, struct err *err)
{
    struct bulk_markers *markers = arena_alloc(arena, sizeof(*markers));
    const char *stranger;

    markers->arena = arena;
    if (!journal_chunk_week(push->journal, arena, &markers->since,
                            &markers->prefix, err) ||
        !bulk_list_markers(store_session(push->context, push->store),
                           &push->log, markers, err) ||
        !journal_chunk_stranger(push->journal, markers->first_lines,
                                markers->count, arena, &stranger, err))
        return false;
    return stranger == NULL || refuse(stranger, err);
}

bool
restored_check(struct push *push, struct err *err)
{
    struct arena arena = {0};
    bool ok = check_markers(push, &arena, err);

    arena_free(&arena);
    return ok;
}

/* ---- the database ------------------------------------------------------- */

/* *push_id: the newest push that began in another database; 0: there is none.
 */
static bool
find_other(struct push *push, int64_t *push_id, struct err *err)
{
    const char *values[] = {push->config->name};
    struct pg_result *result;
    struct pg_conn *conn;
    bool ok;

    if (!journal_borrow(push->journal, &conn, err))
        return false;
    ok = pg_exec(conn, sql_push_elsewhere, 1, values, &result, err);
    journal_give_back(push->journal);
    if (!ok)
        return false;
    *push_id = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

bool
restored_check_database(struct push *push, struct err *err)
{
    int64_t push_id;

    if (!find_other(push, &push_id, err))
        return false;
    if (push_id == 0)
        return true;
    err_set(err, MSG_JOURNAL_MOVED,
            "push %" PRId64
            " began in another database: this one was restored from a backup, "
            "is a copy, or another server has taken over. Pushes that came "
            "later may be missing in the journal",
            push_id);
    if (!push->may_repeat)
        return false;
    log_failure(LOG_WARN, &push->log,
                "rows may be taken for unchanged; --all sends all", err);
    return true;
}
