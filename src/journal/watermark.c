#include "journal/watermark.h"

#include "journal/call.h"
#include "sql.h"

static void
call_watermark(struct call *call, const char *store, const char *job,
               int64_t overlap_ms)
{
    call_text(call, store);
    call_text(call, job);
    call_number(call, overlap_ms);
}

void
journal_watermark_ahead(struct pg_conn *conn, const void *owner,
                        const char *store, const char *job, int64_t overlap_ms)
{
    struct call call = {0};

    call_watermark(&call, store, job, overlap_ms);
    journal_ask_ahead(conn, owner, sql_watermark_get, &call);
}

bool
journal_watermark(struct journal *journal, const char *store, const char *job,
                  int64_t overlap_ms, struct arena *arena,
                  struct journal_watermark *watermark, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *watermark = (struct journal_watermark){.last_full_age_ms = -1};
    call_watermark(&call, store, job, overlap_ms);
    if (!journal_call(journal, sql_watermark_get, &call, &result, err))
        return err_wrap(err, "reading the watermark");
    if (pg_rows(result) == 1)
        *watermark = (struct journal_watermark){
            .high = call_read_text(result, 0, 0, arena),
            .from = call_read_text(result, 0, 1, arena),
            .last_full = call_read_text(result, 0, 2, arena),
            .last_full_age_ms = call_read_count(result, 0, 3)};
    pg_result_free(result);
    return true;
}

bool
journal_forget_full(struct journal *journal, const char *store, const char *job,
                    struct err *err)
{
    struct call call = {0};

    call_text(&call, store);
    call_text(&call, job);
    return journal_call(journal, sql_watermark_forget, &call, NULL, err);
}
