/* metrics: every line is one that Prometheus can read. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/metrics.h"
#include "support/suite.h"

#define HOSTILE "a\"b\\c\nd{e=\"f\"} 7"

static struct buf text;
static struct journal_run runs[2];
static struct journal_operation operations[2];
static struct journal_heard heard[] = {
    {.store = HOSTILE,
     .received = 12,
     .refused = 3,
     .duplicates = 1,
     .age_ms = 2500,
     .lag_ms = 61},
    {.age_ms = -1, .lag_ms = -1, .store = ""}};
static struct journal_pending pending[] = {
    {.store = "acme", .job = HOSTILE, .objects = 7, .age_ms = 1500}};
static const struct journal_live live = {heard, 2, pending, 1};
static struct journal_push pushes[2];
static struct journal_doubt doubt = {HOSTILE, "j", 4};

static void
setup(void)
{
    text = buf_with_ceiling(1024 * 1024);
    runs[0] = (struct journal_run){
        .ref = {7, 0},
        .store = "acme",
        .job = "orders",
        .status = RUN_LOADED,
        .counts = {.lines = 10, .bytes = 999, .rows_updated = 3},
        .started_at = "2026-01-02T03:04:05Z",
        .finished_at = "2026-01-02T03:04:06Z",
        .age_ms = 61234,
        .duration_ms = 1005,
        .last_good_age_ms = 61234,
        .last_good_at = "2026-01-02T03:04:05Z"};
    runs[1] = (struct journal_run){.ref = {8, 0},
                                   .store = HOSTILE,
                                   .job = "j",
                                   .status = RUN_POLLING,
                                   .started_at = "2026-01-02T03:04:05Z",
                                   .age_ms = 5,
                                   .duration_ms = -1,
                                   .last_good_age_ms = -1};
    operations[0] =
        (struct journal_operation){.store = HOSTILE, .job = "j", .age_ms = 9};
    operations[1] = (struct journal_operation){
        .store = HOSTILE, .job = "j", .age_ms = 4321};
    pushes[0] = (struct journal_push){
        .ref = {9, 0},
        .store = "acme",
        .job = "prices",
        .status = PUSH_DONE,
        .counts = {.rows = 10, .applied = 6, .refused = 1, .unchanged = 2},
        .started_at = "2026-01-02T03:04:05Z",
        .finished_at = "2026-01-02T03:04:06Z",
        .age_ms = 61234,
        .duration_ms = 1005};
    pushes[1] = (struct journal_push){.ref = {10, 0},
                                      .store = HOSTILE,
                                      .job = "j",
                                      .status = PUSH_RUNNING,
                                      .started_at = "2026-01-02T03:04:05Z",
                                      .age_ms = 5,
                                      .duration_ms = -1};
}

static void
teardown(void)
{
    buf_free(&text);
}

static void
append(void)
{
    struct journal_runs all = {runs, 2};
    struct journal_operations running = {operations, 2};
    struct journal_pushes pushed = {pushes, 2};
    struct journal_doubts doubts = {&doubt, 1};

    metrics_append(&text, &all, &running);
    metrics_append_live(&text, &live);
    metrics_append_pushes(&text, &pushed, &doubts);
    ck_assert(!text.overflowed);
}

/* ---- a parser of the format -------------------------------------------- */

static bool
is_name(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Read name="value" with its escapes. Returns what follows. */
static const char *
parse_label(const char *at)
{
    ck_assert_msg(is_name(*at), "no label: %s", at);
    while (is_name(*at))
        at++;
    ck_assert(at[0] == '=' && at[1] == '"');
    for (at += 2; *at != '"'; at++) {
        ck_assert(*at != '\n' && *at != '\0');
        if (*at != '\\')
            continue;
        at++;
        ck_assert(*at == '\\' || *at == '"' || *at == 'n');
    }
    return at + 1;
}

/* Read a sample of the metric `name`. Returns what follows its newline. */
static const char *
parse_sample(const char *at, const char *name)
{
    char *end;

    ck_assert_msg(strncmp(at, name, strlen(name)) == 0, "%s: %.60s", name, at);
    at += strlen(name);
    ck_assert_int_eq(*at++, '{');
    for (;; at++) {
        at = parse_label(at);
        if (*at != ',')
            break;
    }
    ck_assert(at[0] == '}' && at[1] == ' ');
    strtod(at + 2, &end);
    ck_assert(end > at + 2);
    ck_assert_int_eq(*end, '\n');
    return end + 1;
}

START_TEST(each_line_has_the_format_of_prometheus)
{
    char name[128], again[128];
    int samples = 0, metrics = 0;
    const char *at;

    append();
    for (at = buf_str(&text); *at != '\0'; metrics++) {
        ck_assert_int_eq(sscanf(at, "# HELP %127s ", name), 1);
        ck_assert_int_eq(strncmp(name, "bulkpg_", 7), 0);
        at = strchr(at, '\n') + 1;
        ck_assert_int_eq(sscanf(at, "# TYPE %127s gauge\n", again), 1);
        ck_assert_str_eq(name, again);
        for (at = strchr(at, '\n') + 1; *at != '#' && *at != '\0'; samples++)
            at = parse_sample(at, name);
    }
    ck_assert_int_ge(metrics, 10);
    ck_assert_int_ge(samples, 2 * 10);
}

END_TEST

static const char *const expected[] = {
    "bulkpg_last_run_status{store=\"acme\",job=\"orders\",status=\"loaded\"} "
    "1\n",
    "bulkpg_last_run_status{store=\"acme\",job=\"orders\",status=\"failed\"} "
    "0\n",
    "bulkpg_last_run_start_timestamp_seconds{store=\"acme\",job=\"orders\"} "
    "1767323045\n",
    "bulkpg_last_run_duration_seconds{store=\"acme\",job=\"orders\"} 1.005\n",
    "bulkpg_last_good_run_age_seconds{store=\"acme\",job=\"orders\"} 61.234\n",
    "bulkpg_last_run_rows{store=\"acme\",job=\"orders\",result=\"updated\"} "
    "3\n",
    "bulkpg_last_run_rows{store=\"acme\",job=\"orders\",result=\"deleted\"} "
    "0\n",
    "bulkpg_running_operations{store=\"acme\",job=\"orders\"} 0\n",
    "{store=\"a\\\"b\\\\c\\\\nd{e=\\\"f\\\"} 7\",job=\"j\"} 2\n",
    "bulkpg_oldest_running_operation_age_seconds{store=\"a\\\"b\\\\c\\\\nd{e="
    "\\\"f\\\"} 7\",job=\"j\"} 4.321\n",
    "bulkpg_webhooks_received_total{store=\"\"} 0\n",
    "{e=\\\"f\\\"} 7\"} 12\n",
    "# TYPE bulkpg_webhooks_refused_total counter\n",
    "# TYPE bulkpg_webhook_lag_seconds gauge\n",
    "{e=\\\"f\\\"} 7\"} 0.061\n",
    "bulkpg_pending_objects{store=\"acme\",job=\"a\\\"b",
    "bulkpg_pending_oldest_age_seconds{store=\"acme\",job=\"a\\\"b",
    "bulkpg_last_push_id{store=\"acme\",job=\"prices\"} 9\n",
    "bulkpg_last_push_status{store=\"acme\",job=\"prices\",status=\"done\"} "
    "1\n",
    "bulkpg_last_push_status{store=\"acme\",job=\"prices\",status=\"failed\"} "
    "0\n",
    "bulkpg_last_push_start_timestamp_seconds{store=\"acme\",job=\"prices\"} "
    "1767323045\n",
    "bulkpg_last_push_duration_seconds{store=\"acme\",job=\"prices\"} 1.005\n",
    "bulkpg_last_push_rows{store=\"acme\",job=\"prices\",state=\"applied\"} "
    "6\n",
    "bulkpg_last_push_rows{store=\"acme\",job=\"prices\",state=\"skipped\"} "
    "1\n",
    "bulkpg_push_rows_in_doubt{store=\"acme\",job=\"prices\"} 0\n",
    "bulkpg_push_rows_in_doubt{store=\"a\\\"b\\\\c\\\\nd{e=\\\"f\\\"} 7\",job="
    "\"j\"} 4\n",
};

START_TEST(values_have_their_labels)
{
    append();
    ck_assert_msg(strstr(buf_str(&text), expected[_i]) != NULL, "%s\n%s",
                  expected[_i], buf_str(&text));
}

END_TEST

/* The job has no good run, and its run has not ended. */
START_TEST(unknown_values_are_absent)
{
    append();
    ck_assert_ptr_null(strstr(
        buf_str(&text), "bulkpg_last_good_run_age_seconds{store=\"a\\\""));
    ck_assert_ptr_null(strstr(
        buf_str(&text), "bulkpg_last_run_end_timestamp_seconds{store=\"a\\"));
    ck_assert_ptr_nonnull(strstr(buf_str(&text), "} 0.005\n"));
    ck_assert_ptr_null(
        strstr(buf_str(&text), "bulkpg_webhook_age_seconds{store=\"\"}"));
    ck_assert_ptr_null(strstr(
        buf_str(&text), "bulkpg_last_push_end_timestamp_seconds{store=\"a\\"));
    ck_assert_ptr_null(
        strstr(buf_str(&text), "bulkpg_last_push_rows{store=\"a\\"));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, each_line_has_the_format_of_prometheus);
    tcase_add_loop_test(all, values_have_their_labels, 0, COUNT(expected));
    tcase_add_test(all, unknown_values_are_absent);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
