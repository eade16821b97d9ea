#include "journal/reject.h"

#include "base/hex.h"
#include "base/utf8.h"
#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

/* RAW_MOST is how many bytes of a line are kept. Rejects are collected into
 * statements of about CHUNK_BYTES; the ceiling leaves room for one more line
 * in hex. */
enum {
    RAW_MOST = 1024 * 1024,
    CHUNK_BYTES = 256 * 1024,
    CHUNK_CEILING = 4 * RAW_MOST
};

static void
put_text(struct json_out *json, const char *key, const char *text)
{
    struct arena arena = {0};

    if (text != NULL)
        text = utf8_repaired(&arena, text);
    json_out_text(json, key, text);
    arena_free(&arena);
}

static void
put_hex(struct json_out *json, const char *key, struct span raw)
{
    static const char digits[] = "0123456789abcdef";
    struct buf hex = buf_with_ceiling(2 * RAW_MOST + 2);
    char *to;

    if (raw.length > RAW_MOST)
        raw = span_head(raw, RAW_MOST);
    buf_append_char(&hex, '"');
    to = buf_reserve(&hex, 2 * raw.length);
    for (size_t i = 0; i < raw.length; i++) {
        unsigned char byte = (unsigned char)raw.bytes[i];

        to[2 * i] = digits[byte >> 4];
        to[2 * i + 1] = digits[byte & 15];
    }
    buf_extend(&hex, 2 * raw.length);
    buf_append_char(&hex, '"');
    json_out_key(json, key);
    json_out_raw(json, buf_span(&hex));
    buf_free(&hex);
}

static void
put_reject(struct json_out *json, const struct journal_reject *reject)
{
    json_out_open(json, '{');
    json_out_number(json, "line_number", reject->line_number);
    json_out_number(json, "byte_offset", reject->byte_offset);
    put_text(json, "operation_id", reject->operation_id);
    put_text(json, "table_name", reject->table_name);
    put_text(json, "object_id", reject->object_id);
    put_text(json, "reason", reject->reason);
    put_hex(json, "raw", reject->raw);
    json_out_close(json, '}');
}

/* Add rejects until the statement is long enough; returns their number. */
static size_t
put_some(struct buf *to, const struct journal_reject *rejects, size_t count)
{
    struct json_out *json = json_out_new(to);
    size_t some = 0;

    json_out_open(json, '[');
    while (some < count && to->length < CHUNK_BYTES)
        put_reject(json, &rejects[some++]);
    json_out_close(json, ']');
    json_out_free(json);
    return some;
}

static bool
too_long(struct err *err)
{
    return err_set(err, MSG_BUG, "a reject is too long for the journal");
}

static bool
send(struct journal *journal, const struct run_ref *run, struct buf *json,
     struct err *err)
{
    struct call call = {0};
    bool ours;

    if (json->overflowed)
        return too_long(err);
    run_append_ref(&call, run);
    call_text(&call, buf_str(json));
    if (!journal_call_found(journal, sql_reject_add, &call, &ours, err))
        return err_wrap(err, "saving rejects of run %lld",
                        (long long)run->run_id);
    buf_clear(json);
    return ours || journal_run_not_ours(journal, run, err);
}

bool
journal_reject_add(struct journal *journal, const struct run_ref *run,
                   const struct journal_reject *rejects, size_t count,
                   struct err *err)
{
    struct buf json = buf_with_ceiling(CHUNK_CEILING);
    bool ok = true;

    for (size_t i = 0; ok && i < count;) {
        i += put_some(&json, &rejects[i], count - i);
        ok = send(journal, run, &json, err);
    }
    buf_free(&json);
    return ok;
}

bool
journal_queue_rejects(struct pg_conn *conn, const struct run_ref *run,
                      const struct journal_reject *rejects, size_t count,
                      struct err *err)
{
    struct buf json = buf_with_ceiling(CHUNK_CEILING);
    bool ok = true;

    for (size_t i = 0; ok && i < count;) {
        struct call call = {0};

        buf_clear(&json);
        i += put_some(&json, &rejects[i], count - i);
        ok = !json.overflowed || too_long(err);
        if (!ok)
            break;
        run_append_ref(&call, run);
        call_text(&call, buf_str(&json));
        journal_queue_in(conn, sql_reject_add, &call,
                         &(struct pg_answer){.doing = "saving rejects"});
    }
    buf_free(&json);
    return ok;
}

void
journal_queue_rejects_hide(struct pg_conn *conn, const char *store,
                           const char *job, const char *plan_hash)
{
    struct call call = {0};

    call_text(&call, store);
    call_text(&call, job);
    call_text(&call, plan_hash);
    journal_queue_in(conn, sql_reject_hide, &call,
                     &(struct pg_answer){.doing = "hiding rejects"});
}
