#include "journal/pending.h"

#include "base/buf.h"
#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

enum { IDS_MIB = 256, IDS_BYTES = IDS_MIB * 1024 * 1024 };

/* ---- reading --------------------------------------------------------- */

bool
journal_pending_jobs(struct journal *journal, struct arena *arena,
                     struct pending_jobs *jobs, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *jobs = (struct pending_jobs){0};
    call_number(&call, PENDING_TRIES);
    if (!journal_call(journal, sql_pending_jobs, &call, &result, err))
        return err_wrap(err, "reading what is pending");
    jobs->count = (size_t)pg_rows(result);
    jobs->jobs = arena_array(arena, jobs->count + 1, sizeof(*jobs->jobs));
    for (int row = 0; row < pg_rows(result); row++)
        jobs->jobs[row] =
            (struct pending_job){.store = call_read_text(result, row, 0, arena),
                                 .job = call_read_text(result, row, 1, arena),
                                 .count = pg_int64(result, row, 2),
                                 .age_ms = call_read_count(result, row, 3),
                                 .rest_ms = pg_int64(result, row, 4)};
    pg_result_free(result);
    return true;
}

bool
journal_pending_objects(struct journal *journal, const char *store,
                        const char *job, int64_t limit, struct arena *arena,
                        struct pending_batch *batch, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *batch = (struct pending_batch){.count = 0};
    call_text(&call, store);
    call_text(&call, job);
    call_number(&call, limit);
    call_number(&call, PENDING_TRIES);
    if (!journal_call(journal, sql_pending_objects, &call, &result, err))
        return err_wrap(err, "reading what is pending");
    batch->count = (size_t)pg_rows(result);
    batch->objects =
        arena_array(arena, batch->count + 1, sizeof(*batch->objects));
    for (int row = 0; row < pg_rows(result); row++)
        batch->objects[row] = (struct pending_object){pg_int64(result, row, 0),
                                                      pg_int64(result, row, 1)};
    if (batch->count > 0)
        batch->ready = pg_int64(result, 0, 2);
    pg_result_free(result);
    return true;
}

/* ---- changing -------------------------------------------------------- */

static void
call_ids(struct call *call, const struct pending_object *objects, size_t count)
{
    struct buf text = buf_with_ceiling(IDS_BYTES);

    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%lld", i == 0 ? "[" : ",",
                   (long long)objects[i].id);
    buf_append_str(&text, count == 0 ? "[]" : "]");
    call_text(call, arena_dup(&call->arena, buf_span(&text)));
    buf_free(&text);
}

bool
journal_pending_failed(struct journal *journal, const char *store,
                       const char *job, const struct pending_object *objects,
                       size_t count, bool divides, struct err *err)
{
    struct call call = {0};

    call_text(&call, store);
    call_text(&call, job);
    if (objects != NULL)
        call_ids(&call, objects, count);
    else
        call_text(&call, NULL);
    if (objects != NULL && divides)
        call_number(&call, (int64_t)count);
    else
        call_text(&call, NULL);
    call_number(&call, PENDING_TRIES);
    return journal_call(journal, sql_pending_failed, &call, NULL, err) ||
           err_wrap(err, "recording that fetching has failed");
}

/* ---- in a merge ------------------------------------------------------ */

static void
queue(struct pg_conn *conn, const char *sql, struct call *call)
{
    journal_queue_in(
        conn, sql, call,
        &(struct pg_answer){.doing = "recording what is not pending any more"});
}

static void
queue_of_run(struct pg_conn *conn, const char *sql, int64_t run_id,
             const char *text)
{
    struct call call = {0};

    call_number(&call, run_id);
    call_text(&call, text);
    queue(conn, sql, &call);
}

void
journal_queue_pending_done(struct pg_conn *conn, int64_t run_id,
                           const char *type)
{
    queue_of_run(conn, sql_pending_done, run_id, type);
}

static void
write_fetched(struct buf *text, const char *const *ids, const int64_t *read_us,
              size_t count)
{
    struct json_out *json = json_out_new(text);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_out_open(json, '{');
        json_out_text(json, "id", ids[i]);
        if (read_us != NULL)
            json_out_number(json, "us", read_us[i]);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
    json_out_free(json);
}

bool
journal_queue_pending_fetched(struct pg_conn *conn, int64_t run_id,
                              const char *const *ids, const int64_t *read_us,
                              size_t count, struct err *err)
{
    struct buf text = buf_with_ceiling(IDS_BYTES);
    bool fits;

    write_fetched(&text, ids, read_us, count);
    fits = !text.overflowed;
    if (fits)
        queue_of_run(conn, sql_pending_done_ids, run_id, buf_str(&text));
    buf_free(&text);
    return fits || err_set(err, MSG_TOO_LARGE,
                           "the ids of a run are more than %d MiB", IDS_MIB);
}

void
journal_queue_pending_again(struct pg_conn *conn, int64_t run_id,
                            const char *type, bool is_reference)
{
    struct call call = {0};

    call_number(&call, run_id);
    call_text(&call, type);
    call_text(&call, is_reference ? "true" : "false");
    queue(conn, sql_pending_again, &call);
}
