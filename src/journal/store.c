/*
 * Details of the stores, and the cache of their types.
 *
 * The cache is read as a whole, in the same wait as the details, unless it is
 * too large; then it is read type by type. Types that the store sent are saved
 * together, after all of them are there.
 *
 * Hazard. Several processes may save the types of one store at the same time.
 * Each row is a type as the store sent it, so the last one wins.
 */
#include "journal/store.h"

#include "base/task.h"
#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

enum { NAMES_CEILING = 1024 * 1024 };

/* ---- stores ------------------------------------------------------------ */

bool
journal_store_save(struct journal *journal, const struct journal_store *store,
                   struct err *err)
{
    struct call call = {0};

    call_text(&call, store->store);
    call_text(&call, store->domain);
    call_text(&call, store->schema);
    call_text(&call, store->shop_id);
    call_text(&call, store->currency_code);
    call_text(&call, store->iana_timezone);
    call_text(&call, store->plan);
    call_text(&call, store->scopes);
    return journal_call(journal, sql_store_save, &call, NULL, err) ||
           err_wrap(err, "saving the details of store %s", store->store);
}

bool
journal_store(struct journal *journal, const char *name, struct arena *arena,
              struct journal_store **store, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *store = NULL;
    call_text(&call, name);
    if (!journal_call(journal, sql_store_get, &call, &result, err))
        return err_wrap(err, "reading the details of store %s", name);
    if (pg_rows(result) == 1) {
        *store = arena_alloc(arena, sizeof(**store));
        **store = (struct journal_store){
            .store = call_read_text(result, 0, 0, arena),
            .domain = call_read_text(result, 0, 1, arena),
            .schema = call_read_text(result, 0, 2, arena),
            .shop_id = call_read_text(result, 0, 3, arena),
            .currency_code = call_read_text(result, 0, 4, arena),
            .iana_timezone = call_read_text(result, 0, 5, arena),
            .plan = call_read_text(result, 0, 6, arena),
            .scopes = call_read_text(result, 0, 7, arena),
            .checked_at = call_read_text(result, 0, 8, arena),
            .checked_age_ms = pg_int64(result, 0, 9)};
    }
    pg_result_free(result);
    return true;
}

/* ---- types ------------------------------------------------------------- */

static void
name_version(struct call *call, const char *store, const char *api_version)
{
    call_text(call, store);
    call_text(call, api_version);
}

void
journal_details_ahead(struct pg_conn *conn, const void *owner,
                      const char *store)
{
    struct call call = {0};

    call_text(&call, store);
    journal_ask_ahead(conn, owner, sql_store_get, &call);
}

void
journal_store_ahead(struct pg_conn *conn, const void *owner, const char *store,
                    const char *api_version)
{
    struct call query_type = {0}, types = {0};

    journal_details_ahead(conn, owner, store);
    name_version(&query_type, store, api_version);
    journal_ask_ahead(conn, owner, sql_query_type_get, &query_type);
    name_version(&types, store, api_version);
    journal_ask_ahead(conn, owner, sql_type_all, &types);
}

static void
put_names(struct buf *to, const char *const *names, size_t count)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++)
        json_out_string(json, names[i]);
    json_out_close(json, ']');
    json_out_free(json);
}

static struct journal_type
read_type(const struct pg_result *result, int row, struct arena *arena)
{
    const char *json = call_read_text(result, row, 1, arena);

    return (struct journal_type){.name = call_read_text(result, row, 0, arena),
                                 .json = json != NULL ? span_str(json)
                                                      : (struct span){0},
                                 .age_ms = pg_int64(result, row, 2)};
}

static void
read_types(const struct pg_result *result, struct arena *arena,
           struct journal_types *types)
{
    int rows = pg_rows(result);

    types->count = 0;
    types->types = arena_array(arena, (size_t)rows, sizeof(*types->types));
    for (int row = 0; row < rows; row++)
        if (!pg_is_null(result, row, 0))
            types->types[types->count++] = read_type(result, row, arena);
}

bool
journal_types(struct journal *journal, const char *store,
              const char *api_version, const char *const *names, size_t count,
              struct arena *arena, struct journal_types *types, struct err *err)
{
    struct call call = {0};
    struct buf wanted = buf_with_ceiling(NAMES_CEILING);
    struct pg_result *result;
    bool ok;

    put_names(&wanted, names, count);
    call_text(&call, store);
    call_text(&call, api_version);
    call_text(&call, names != NULL ? buf_str(&wanted) : NULL);
    ok = !wanted.overflowed ||
         err_set(err, MSG_QUERY_TOO_LARGE, "the query uses too many types");
    ok = ok && journal_call(journal, sql_type_list, &call, &result, err);
    buf_free(&wanted);
    if (!ok)
        return err_wrap(err, "reading the types of store %s", store);
    read_types(result, arena, types);
    pg_result_free(result);
    return true;
}

bool
journal_all_types(struct journal *journal, const char *store,
                  const char *api_version, struct arena *arena,
                  struct journal_types *types, bool *complete, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    name_version(&call, store, api_version);
    if (!journal_call(journal, sql_type_all, &call, &result, err))
        return err_wrap(err, "reading the types of store %s", store);
    *complete = pg_rows(result) > 0;
    read_types(result, arena, types);
    pg_result_free(result);
    return true;
}

static void
queue_type(struct pg_conn *conn, const char *store, const char *api_version,
           const struct journal_type *type)
{
    struct call call = {0};
    char *json =
        type->json.length > 0 ? arena_dup(&call.arena, type->json) : NULL;
    const char *doing =
        arena_printf(&call.arena, "saving the type %s", type->name);

    name_version(&call, store, api_version);
    call_text(&call, type->name);
    call_text(&call, json);
    journal_queue_in(conn, sql_type_save, &call,
                     &(struct pg_answer){.doing = doing});
}

static void
queue_query_type(struct pg_conn *conn, const char *store,
                 const char *api_version, const char *name)
{
    const char *const statements[] = {sql_query_type_clear,
                                      sql_query_type_save};

    for (size_t i = 0; i < 2; i++) {
        struct call call = {0};

        name_version(&call, store, api_version);
        call_text(&call, name);
        journal_queue_in(
            conn, statements[i], &call,
            &(struct pg_answer){.doing = "saving the name of the query type"});
    }
}

/* A cache: whether the COMMIT had its effect need not be known. */
static bool
save_types(struct pg_conn *conn, const char *store, const char *api_version,
           const char *query_type, const struct journal_types *types,
           struct err *err)
{
    if (!pg_begin(conn, err))
        return false;
    if (query_type != NULL)
        queue_query_type(conn, store, api_version, query_type);
    for (size_t i = 0; i < types->count; i++)
        queue_type(conn, store, api_version, &types->types[i]);
    pg_queue(conn, "COMMIT", 0, NULL, NULL);
    if (pg_settle(conn, err))
        return true;
    pg_rollback(conn);
    return false;
}

bool
journal_types_save(struct journal *journal, const char *store,
                   const char *api_version, const char *query_type,
                   const struct journal_types *types, struct err *err)
{
    struct pg_conn *conn;
    bool ok;

    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    ok = save_types(conn, store, api_version, query_type, types, err);
    task_unshield();
    journal_give_back(journal);
    return ok;
}

bool
journal_query_type(struct journal *journal, const char *store,
                   const char *api_version, struct arena *arena,
                   const char **name, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *name = NULL;
    name_version(&call, store, api_version);
    if (!journal_call(journal, sql_query_type_get, &call, &result, err))
        return false;
    if (pg_rows(result) == 1)
        *name = call_read_text(result, 0, 0, arena);
    pg_result_free(result);
    return true;
}
