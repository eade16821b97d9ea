#include "journal/due.h"

#include "base/buf.h"
#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

enum { JOBS_MIB = 64, JOBS_BYTES = JOBS_MIB * 1024 * 1024 };

/* The columns of due_list.sql. */
enum { GOOD_AGE_MS, LAST_AGE_MS, LAST_REST_MS, HAS_FAILED, HAS_REJECTS };

static void
write_jobs(struct buf *text, const struct journal_due_job *jobs, size_t count)
{
    struct json_out *json = json_out_new(text);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_out_open(json, '[');
        json_out_string(json, jobs[i].store);
        json_out_string(json, jobs[i].job);
        json_out_close(json, ']');
    }
    json_out_close(json, ']');
    json_out_free(json);
}

static struct journal_due
read_row(const struct pg_result *result, int row)
{
    return (struct journal_due){
        .good_age_ms = call_read_count(result, row, GOOD_AGE_MS),
        .last_age_ms = call_read_count(result, row, LAST_AGE_MS),
        .last_rest_ms = call_read_count(result, row, LAST_REST_MS),
        .has_failed = pg_bool(result, row, HAS_FAILED),
        .has_rejects = pg_bool(result, row, HAS_REJECTS)};
}

bool
journal_due(struct journal *journal, const struct journal_due_job *jobs,
            size_t count, struct journal_due *seen, struct err *err)
{
    struct buf text = buf_with_ceiling(JOBS_BYTES);
    struct call call = {0};
    struct pg_result *result;
    bool asked;

    write_jobs(&text, jobs, count);
    call_text(&call, buf_str(&text));
    asked = journal_call(journal, sql_due_list, &call, &result, err);
    buf_free(&text);
    for (size_t i = 0; asked && i < count; i++)
        seen[i] = read_row(result, (int)i);
    pg_result_free(result);
    return asked || err_wrap(err, "reading which jobs are due");
}
