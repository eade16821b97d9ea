/* Each metric is a row of a table: its name, its help, and the function that
 * takes its value from a run or a push. -1 means that the value is not known;
 * its line is left out. The format requires that all lines of one metric follow
 * its help. Names of stores and jobs are labels and are escaped as such. */
#include "report/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/shown.h"

enum { LABEL_BYTES = 64 * 1024 };

/* A whole number, or milliseconds that are printed as seconds. */
typedef int64_t value_fn(const struct journal_run *run);

struct metric {
    const char *name;
    const char *help;
    value_fn *value; /* returns -1 if the value is not known */
    bool is_ms;
};

/* ---- text -------------------------------------------------------------- */

static void
append_head_of(struct buf *text, const char *name, const char *help,
               const char *type)
{
    buf_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
append_head(struct buf *text, const char *name, const char *help)
{
    append_head_of(text, name, help, "gauge");
}

static void
append_label(struct buf *text, const char *name, const char *value)
{
    struct buf shown = buf_with_ceiling(LABEL_BYTES);

    shown_append(&shown, span_str(value));
    buf_printf(text, "%s=\"", name);
    for (const char *c = buf_str(&shown); *c != '\0'; c++) {
        if (*c == '\\' || *c == '"')
            buf_append_char(text, '\\');
        buf_append_char(text, *c);
    }
    buf_free(&shown);
    buf_append_char(text, '"');
}

/* `more` is the name of an additional label, or NULL. */
static void
append_labels(struct buf *text, const char *name, const char *store,
              const char *job, const char *more, const char *value)
{
    buf_printf(text, "%s{", name);
    append_label(text, "store", store);
    buf_append_char(text, ',');
    append_label(text, "job", job);
    if (more != NULL) {
        buf_append_char(text, ',');
        append_label(text, more, value);
    }
    buf_append_str(text, "} ");
}

static void
append_name(struct buf *text, const char *name, const struct journal_run *run,
            const char *more, const char *value)
{
    append_labels(text, name, run->store, run->job, more, value);
}

static void
append_value(struct buf *text, int64_t value, bool is_ms)
{
    if (is_ms)
        buf_printf(text, "%" PRId64 ".%03d\n", value / 1000,
                   (int)(value % 1000));
    else
        buf_printf(text, "%" PRId64 "\n", value);
}

/* ---- one value of each job --------------------------------------------- */

static int64_t
run_id(const struct journal_run *run)
{
    return run->ref.run_id;
}

static int64_t
started_s(const struct journal_run *run)
{
    return journal_seconds(run->started_at);
}

static int64_t
finished_s(const struct journal_run *run)
{
    return journal_seconds(run->finished_at);
}

static int64_t
duration_ms(const struct journal_run *run)
{
    if (run->status == RUN_ABANDONED)
        return -1;
    return run->duration_ms >= 0 ? run->duration_ms : run->age_ms;
}

static int64_t
age_ms(const struct journal_run *run)
{
    return run->age_ms;
}

static int64_t
lines(const struct journal_run *run)
{
    return run->counts.lines;
}

static int64_t
bytes(const struct journal_run *run)
{
    return run->counts.bytes;
}

static int64_t
rejects(const struct journal_run *run)
{
    return run->counts.rejects;
}

static int64_t
last_good_s(const struct journal_run *run)
{
    return journal_seconds(run->last_good_at);
}

static int64_t
last_good_age_ms(const struct journal_run *run)
{
    return run->last_good_age_ms;
}

static const struct metric metrics[] = {
    {"bulkpg_last_run_id", "Number of the last run, bulkpg.run.run_id.", run_id,
     false},
    {"bulkpg_last_run_start_timestamp_seconds", "When the last run began.",
     started_s, false},
    {"bulkpg_last_run_end_timestamp_seconds",
     "When the last run ended or stopped; absent while it runs.", finished_s,
     false},
    {"bulkpg_last_run_duration_seconds",
     "How long the last run took, or has taken so far; absent if it was "
     "abandoned.",
     duration_ms, true},
    {"bulkpg_last_run_age_seconds", "How long ago the last run began.", age_ms,
     true},
    {"bulkpg_last_run_lines", "Lines that the last run received.", lines,
     false},
    {"bulkpg_last_run_bytes", "Bytes that the last run received.", bytes,
     false},
    {"bulkpg_last_run_rejects", "Lines that the last run rejected.", rejects,
     false},
    {"bulkpg_last_good_run_start_timestamp_seconds",
     "When the last good run began; absent if there is none.", last_good_s,
     false},
    {"bulkpg_last_good_run_age_seconds",
     "How long ago the last good run began; absent if there is none.",
     last_good_age_ms, true},
};

static void
append_metric(struct buf *text, const struct metric *metric,
              const struct journal_runs *runs)
{
    append_head(text, metric->name, metric->help);
    for (size_t i = 0; i < runs->count; i++) {
        int64_t value = metric->value(&runs->runs[i]);

        if (value < 0)
            continue;
        append_name(text, metric->name, &runs->runs[i], NULL, NULL);
        append_value(text, value, metric->is_ms);
    }
}

/* ---- several values of each job ---------------------------------------- */

static void
append_statuses(struct buf *text, const struct journal_runs *runs)
{
    static const char name[] = "bulkpg_last_run_status";

    append_head(text, name, "1 for the status of the last run, else 0.");
    for (size_t i = 0; i < runs->count; i++)
        for (int s = RUN_SUBMITTING; s <= RUN_ABANDONED; s++) {
            enum run_status status = (enum run_status)s;

            if (status == RUN_DRY)
                continue;
            append_name(text, name, &runs->runs[i], "status",
                        run_status_name(status));
            append_value(text, runs->runs[i].status == status, false);
        }
}

static void
append_rows(struct buf *text, const struct journal_runs *runs)
{
    static const char name[] = "bulkpg_last_run_rows";

    append_head(text, name, "Rows of the last run, by result.");
    for (size_t i = 0; i < runs->count; i++) {
        const struct run_counts *counts = &runs->runs[i].counts;

        const struct {
            const char *result;
            int64_t count;
        } rows[] = {{"inserted", counts->rows_inserted},
                    {"updated", counts->rows_updated},
                    {"deleted", counts->rows_deleted},
                    {"unchanged", counts->rows_unchanged}};

        for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
            append_name(text, name, &runs->runs[i], "result", rows[r].result);
            append_value(text, rows[r].count, false);
        }
    }
}

static bool
is_of(const struct journal_operation *operation, const struct journal_run *run)
{
    return strcmp(operation->store, run->store) == 0 &&
           strcmp(operation->job, run->job) == 0;
}

static int64_t
running_operations(const struct journal_operations *operations,
                   const struct journal_run *run)
{
    int64_t count = 0;

    for (size_t i = 0; i < operations->count; i++)
        count += is_of(&operations->operations[i], run);
    return count;
}

/* -1 if no operation is running. */
static int64_t
oldest_operation_ms(const struct journal_operations *operations,
                    const struct journal_run *run)
{
    int64_t oldest = -1;

    for (size_t i = 0; i < operations->count; i++)
        if (is_of(&operations->operations[i], run) &&
            operations->operations[i].age_ms > oldest)
            oldest = operations->operations[i].age_ms;
    return oldest;
}

static void
append_operations(struct buf *text, const struct journal_runs *runs,
                  const struct journal_operations *operations)
{
    static const char running[] = "bulkpg_running_operations";
    static const char oldest[] = "bulkpg_oldest_running_operation_age_seconds";

    append_head(text, running,
                "Bulk operations running at the store, as last seen.");
    for (size_t i = 0; i < runs->count; i++) {
        append_name(text, running, &runs->runs[i], NULL, NULL);
        append_value(text, running_operations(operations, &runs->runs[i]),
                     false);
    }
    append_head(text, oldest,
                "Age of the oldest bulk operation running at the store; absent "
                "if there is none.");
    for (size_t i = 0; i < runs->count; i++) {
        int64_t age = oldest_operation_ms(operations, &runs->runs[i]);

        if (age < 0)
            continue;
        append_name(text, oldest, &runs->runs[i], NULL, NULL);
        append_value(text, age, true);
    }
}

/* This metric exists for every job. The others are absent for a job that never
 * ran, so an alert cannot use them. */
static void
append_good(struct buf *text, const struct journal_runs *runs)
{
    static const char name[] = "bulkpg_has_good_run";

    append_head(text, name, "1 if the job has a good run, else 0.");
    for (size_t i = 0; i < runs->count; i++) {
        append_name(text, name, &runs->runs[i], NULL, NULL);
        append_value(text, runs->runs[i].last_good_age_ms >= 0, false);
    }
}

void
metrics_append(struct buf *text, const struct journal_runs *runs,
               const struct journal_operations *operations)
{
    struct journal_runs ran = *runs;

    while (ran.count > 0 && ran.runs[ran.count - 1].status == RUN_NEVER)
        ran.count--;
    append_statuses(text, &ran);
    for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        append_metric(text, &metrics[i], &ran);
    append_good(text, runs);
    append_rows(text, &ran);
    append_operations(text, &ran, operations);
}

/* ---- pushes ------------------------------------------------------------ */

static int64_t
push_id(const struct journal_push *push)
{
    return push->ref.push_id;
}

static int64_t
push_started_s(const struct journal_push *push)
{
    return journal_seconds(push->started_at);
}

static int64_t
push_finished_s(const struct journal_push *push)
{
    return journal_seconds(push->finished_at);
}

static int64_t
push_duration_ms(const struct journal_push *push)
{
    return push->duration_ms;
}

static int64_t
push_age_ms(const struct journal_push *push)
{
    return push->age_ms;
}

static const struct {
    const char *name;
    const char *help;
    int64_t (*value)(const struct journal_push *push);
    bool is_ms;
} push_metrics[] = {
    {"bulkpg_last_push_id", "Number of the last push, bulkpg.push.push_id.",
     push_id, false},
    {"bulkpg_last_push_start_timestamp_seconds", "When the last push began.",
     push_started_s, false},
    {"bulkpg_last_push_end_timestamp_seconds",
     "When the last push ended or stopped; absent while it runs.",
     push_finished_s, false},
    {"bulkpg_last_push_duration_seconds",
     "How long the last push took; absent while it runs.", push_duration_ms,
     true},
    {"bulkpg_last_push_age_seconds", "How long ago the last push began.",
     push_age_ms, true},
};

static void
append_push_metric(struct buf *text, size_t m,
                   const struct journal_pushes *pushes)
{
    append_head(text, push_metrics[m].name, push_metrics[m].help);
    for (size_t i = 0; i < pushes->count; i++) {
        const struct journal_push *push = &pushes->pushes[i];
        int64_t value = push_metrics[m].value(push);

        if (value < 0)
            continue;
        append_labels(text, push_metrics[m].name, push->store, push->job, NULL,
                      NULL);
        append_value(text, value, push_metrics[m].is_ms);
    }
}

static void
append_push_statuses(struct buf *text, const struct journal_pushes *pushes)
{
    static const char name[] = "bulkpg_last_push_status";

    append_head(text, name, "1 for the status of the last push, else 0.");
    for (size_t i = 0; i < pushes->count; i++)
        for (int s = 0; s < PUSH_STATUS_COUNT; s++) {
            const struct journal_push *push = &pushes->pushes[i];
            enum push_status status = (enum push_status)s;

            append_labels(text, name, push->store, push->job, "status",
                          push_status_name(status));
            append_value(text, push->status == status, false);
        }
}

/* The counts of a push that still runs are not known. */
static void
append_push_rows(struct buf *text, const struct journal_pushes *pushes)
{
    static const char name[] = "bulkpg_last_push_rows";

    append_head(text, name,
                "Rows of the last push, by state; absent while it runs.");
    for (size_t i = 0; i < pushes->count; i++) {
        const struct journal_push *push = &pushes->pushes[i];
        const struct push_counts *counts = &push->counts;

        const struct {
            const char *state;
            int64_t count;
        } rows[] = {{"applied", counts->applied},
                    {"refused", counts->refused},
                    {"unknown", counts->unknown},
                    {"unchanged", counts->unchanged},
                    {"invalid", counts->invalid},
                    {"skipped", counts->rows - counts->applied -
                                    counts->refused - counts->unknown -
                                    counts->unchanged - counts->invalid}};

        for (size_t r = 0;
             push->status != PUSH_RUNNING && r < sizeof(rows) / sizeof(rows[0]);
             r++) {
            append_labels(text, name, push->store, push->job, "state",
                          rows[r].state);
            append_value(text, rows[r].count, false);
        }
    }
}

static int64_t
rows_in_doubt(const struct journal_doubts *doubts,
              const struct journal_push *push)
{
    for (size_t i = 0; i < doubts->count; i++)
        if (strcmp(doubts->jobs[i].store, push->store) == 0 &&
            strcmp(doubts->jobs[i].job, push->job) == 0)
            return doubts->jobs[i].rows;
    return 0;
}

static void
append_doubts(struct buf *text, const struct journal_pushes *pushes,
              const struct journal_doubts *doubts)
{
    static const char name[] = "bulkpg_push_rows_in_doubt";

    append_head(text, name,
                "Rows that the store may or may not have applied, of all "
                "pushes of the job.");
    for (size_t i = 0; i < pushes->count; i++) {
        append_labels(text, name, pushes->pushes[i].store,
                      pushes->pushes[i].job, NULL, NULL);
        append_value(text, rows_in_doubt(doubts, &pushes->pushes[i]), false);
    }
}

void
metrics_append_pushes(struct buf *text, const struct journal_pushes *pushes,
                      const struct journal_doubts *doubts)
{
    append_push_statuses(text, pushes);
    for (size_t m = 0; m < sizeof(push_metrics) / sizeof(push_metrics[0]); m++)
        append_push_metric(text, m, pushes);
    append_push_rows(text, pushes);
    append_doubts(text, pushes, doubts);
}

/* ---- webhooks ----------------------------------------------------------- */

typedef int64_t heard_fn(const struct journal_heard *heard);

static int64_t
received(const struct journal_heard *heard)
{
    return heard->received;
}

static int64_t
refused(const struct journal_heard *heard)
{
    return heard->refused;
}

static int64_t
duplicates(const struct journal_heard *heard)
{
    return heard->duplicates;
}

static int64_t
webhook_age_ms(const struct journal_heard *heard)
{
    return heard->age_ms;
}

static int64_t
webhook_lag_ms(const struct journal_heard *heard)
{
    return heard->lag_ms;
}

static const struct {
    const char *name;
    const char *help;
    heard_fn *value;
    bool is_ms;
} webhooks[] = {
    {"bulkpg_webhooks_received_total",
     "Webhooks that were accepted, with duplicates.", received, false},
    {"bulkpg_webhooks_refused_total",
     "Requests that were refused; store is empty if they belong to none.",
     refused, false},
    {"bulkpg_webhooks_duplicates_total",
     "Webhooks that had been received before.", duplicates, false},
    {"bulkpg_webhook_age_seconds",
     "How long ago the last webhook was accepted; absent if there was none.",
     webhook_age_ms, true},
    {"bulkpg_webhook_lag_seconds",
     "Time from the last event at the store until it was recorded.",
     webhook_lag_ms, true},
};

static void
append_heard(struct buf *text, const struct journal_live *live)
{
    for (size_t m = 0; m < sizeof(webhooks) / sizeof(webhooks[0]); m++) {
        append_head_of(text, webhooks[m].name, webhooks[m].help,
                       webhooks[m].is_ms ? "gauge" : "counter");
        for (size_t i = 0; i < live->heard_count; i++) {
            int64_t value = webhooks[m].value(&live->heard[i]);

            if (value < 0)
                continue;
            buf_printf(text, "%s{", webhooks[m].name);
            append_label(text, "store", live->heard[i].store);
            buf_append_str(text, "} ");
            append_value(text, value, webhooks[m].is_ms);
        }
    }
}

static void
append_pending(struct buf *text, const struct journal_live *live, bool ages)
{
    const char *name =
        ages ? "bulkpg_pending_oldest_age_seconds" : "bulkpg_pending_objects";

    append_head(text, name,
                ages ? "Age of the oldest event whose object is still to be "
                       "fetched."
                     : "Objects that the job is still to fetch because of "
                       "webhooks; absent if there are none.");
    for (size_t i = 0; i < live->pending_count; i++) {
        const struct journal_pending *pending = &live->pending[i];
        struct journal_run job = {.store = pending->store, .job = pending->job};

        append_name(text, name, &job, NULL, NULL);
        append_value(text, ages ? pending->age_ms : pending->objects, ages);
    }
}

void
metrics_append_live(struct buf *text, const struct journal_live *live)
{
    append_heard(text, live);
    append_pending(text, live, false);
    append_pending(text, live, true);
}
