#include "journal/event.h"

#include "journal/call.h"
#include "journal/pending.h"
#include "json/write.h"
#include "sql.h"

/* Texts have limits where they come from, and a store has some hundred jobs. */
enum { EVENTS_BYTES = 64 * 1024 * 1024 };

static void
put_event(struct json_out *json, const struct journal_event *event)
{
    json_out_open(json, '{');
    json_out_text(json, "store", event->store);
    json_out_text(json, "event_id", event->event_id);
    json_out_text(json, "topic", event->topic);
    json_out_text(json, "type", event->type);
    json_out_number(json, "object_id", event->object_id);
    if (event->triggered_us != JOURNAL_NO_TRIGGER)
        json_out_number(json, "triggered_us", event->triggered_us);
    json_out_text(json, "finished", event->finished);
    json_out_key(json, "jobs");
    json_out_open(json, '[');
    for (size_t i = 0; i < event->job_count; i++)
        json_out_string(json, event->jobs[i]);
    json_out_close(json, ']');
    json_out_close(json, '}');
}

static bool
call_buf(struct call *call, const struct buf *text, struct err *err)
{
    if (text->overflowed)
        return err_set(err, MSG_BUG, "events are too long for the journal");
    call_text(call, buf_str(text));
    return true;
}

static bool
add_events(struct pg_conn *conn, const struct buf *text, struct err *err)
{
    struct call call = {0};

    if (!call_buf(&call, text, err))
        return false;
    call_number(&call, PENDING_TRIES);
    return journal_call_in(conn, sql_event_add, &call, NULL, err);
}

static bool
add_refused(struct pg_conn *conn, const struct buf *text, struct err *err)
{
    struct call call = {0};

    return call_buf(&call, text, err) &&
           journal_call_in(conn, sql_heard_refused, &call, NULL, err);
}

bool
journal_events_add(struct pg_conn *conn, const struct journal_event *events,
                   size_t count, struct err *err)
{
    struct buf text = buf_with_ceiling(EVENTS_BYTES);
    struct json_out *json = json_out_new(&text);
    bool ok;

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++)
        put_event(json, &events[i]);
    json_out_close(json, ']');
    json_out_free(json);
    ok = add_events(conn, &text, err) || err_wrap(err, "recording webhooks");
    buf_free(&text);
    return ok;
}

bool
journal_count_refused(struct pg_conn *conn,
                      const struct journal_refused *refused, size_t count,
                      struct err *err)
{
    struct buf text = buf_with_ceiling(EVENTS_BYTES);
    struct json_out *json = json_out_new(&text);
    bool ok;

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_out_open(json, '{');
        json_out_text(json, "store", refused[i].store);
        json_out_number(json, "refused", refused[i].count);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
    json_out_free(json);
    ok = add_refused(conn, &text, err) ||
         err_wrap(err, "counting webhooks that were refused");
    buf_free(&text);
    return ok;
}

/* ---- lists -------------------------------------------------------------- */

static void
read_heard(const struct pg_result *result, struct arena *arena,
           struct journal_live *live)
{
    live->heard_count = (size_t)pg_rows(result);
    live->heard = arena_array(arena, live->heard_count, sizeof(*live->heard));
    for (int row = 0; row < pg_rows(result); row++)
        live->heard[row] = (struct journal_heard){
            .store = call_read_text(result, row, 0, arena),
            .received = pg_int64(result, row, 1),
            .refused = pg_int64(result, row, 2),
            .duplicates = pg_int64(result, row, 3),
            .age_ms = call_read_count(result, row, 4),
            .lag_ms = call_read_count(result, row, 5)};
}

static void
read_pending(const struct pg_result *result, struct arena *arena,
             struct journal_live *live)
{
    live->pending_count = (size_t)pg_rows(result);
    live->pending =
        arena_array(arena, live->pending_count, sizeof(*live->pending));
    for (int row = 0; row < pg_rows(result); row++)
        live->pending[row] = (struct journal_pending){
            .store = call_read_text(result, row, 0, arena),
            .job = call_read_text(result, row, 1, arena),
            .objects = pg_int64(result, row, 2),
            .tries = pg_int64(result, row, 3),
            .age_ms = pg_int64(result, row, 4)};
}

bool
journal_list_live(struct journal *journal, struct arena *arena,
                  struct journal_live *live, struct err *err)
{
    struct call heard = {0}, pending = {0};
    struct pg_result *result;

    *live = (struct journal_live){0};
    if (!journal_call(journal, sql_heard_list, &heard, &result, err))
        return false;
    read_heard(result, arena, live);
    pg_result_free(result);
    if (!journal_call(journal, sql_pending_list, &pending, &result, err))
        return false;
    read_pending(result, arena, live);
    pg_result_free(result);
    return true;
}
