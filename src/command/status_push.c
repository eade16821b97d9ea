#include "command/status_push.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/out.h"
#include "command/columns.h"

bool
status_push_is_failed(const struct journal_push *push)
{
    return (push->status != PUSH_RUNNING && push->status != PUSH_DONE) ||
           push->counts.refused > 0 || push->counts.unknown > 0 ||
           push->counts.invalid > 0;
}

static void
print_push(const struct journal_push *push, const struct columns *columns)
{
    const struct push_counts *counts = &push->counts;
    char age[32], began[48];

    snprintf(began, sizeof(began), "%s ago", duration_rough(push->age_ms, age));
    out_line(stdout,
             "%-*s  %-*s  %6" PRId64 "  %-11s  %-6s  %10s  %8" PRId64
             "  %8" PRId64 "  %8" PRId64 "  %8" PRId64,
             columns->store, push->store, columns->job, push->job,
             push->ref.push_id, push_status_name(push->status),
             push_mode_name(push->mode), began, counts->sent, counts->applied,
             counts->refused, counts->unknown);
    columns_print_error(push->error_code, push->error, push->remedy);
}

void
status_push_print(const struct journal_pushes *pushes)
{
    struct columns columns = columns_begin();

    if (pushes->count == 0)
        return;
    for (size_t i = 0; i < pushes->count; i++)
        columns_widen(&columns, pushes->pushes[i].store, pushes->pushes[i].job);
    out_line(stdout, "%-*s  %-*s  %6s  %-11s  %-6s  %10s  %8s  %8s  %8s  %8s",
             columns.store, "store", columns.job, "job", "push", "status",
             "mode", "began", "sent", "applied", "refused", "unknown");
    for (size_t i = 0; i < pushes->count; i++)
        print_push(&pushes->pushes[i], &columns);
}

static void
append_push(struct json_out *json, const struct journal_push *push)
{
    json_out_row(json);
    json_out_text(json, "store", push->store);
    json_out_text(json, "job", push->job);
    json_out_number(json, "push_id", push->ref.push_id);
    json_out_text(json, "status", push_status_name(push->status));
    json_out_text(json, "mode", push_mode_name(push->mode));
    json_out_number(json, "rows", push->counts.rows);
    json_out_number(json, "changed", push->counts.changed);
    json_out_number(json, "sent", push->counts.sent);
    json_out_number(json, "applied", push->counts.applied);
    json_out_number(json, "refused", push->counts.refused);
    json_out_number(json, "unknown", push->counts.unknown);
    json_out_number(json, "unchanged", push->counts.unchanged);
    json_out_number(json, "invalid", push->counts.invalid);
    json_out_count(json, "undo_of", push->undo_of > 0 ? push->undo_of : -1);
    json_out_text(json, "started_at", push->started_at);
    json_out_text(json, "finished_at", push->finished_at);
    json_out_text(json, "error_code", push->error_code);
    json_out_text(json, "error", push->error);
    json_out_text(json, "remedy", push->remedy);
    json_out_close(json, '}');
}

void
status_push_append(struct json_out *json, const struct journal_pushes *pushes)
{
    json_out_open(json, '[');
    for (size_t i = 0; i < pushes->count; i++)
        append_push(json, &pushes->pushes[i]);
    json_out_close(json, ']');
}
