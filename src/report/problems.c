/* A job is a problem if its newest run failed, if its last good run is too old,
 * or if its newest run has warnings. Problems of one store with one cause (the
 * code, or the message of a problem without a code) are a group, so that a bad
 * token is one entry and not one per job.
 *
 *     gather ─► sort: failed first, then by store and cause
 *            ─► print group by group, at most REPORT_PROBLEMS_MAX */
#include "report/problems.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "json/tree.h"
#include "report/html.h"

/* One problem of one run. */
struct problem {
    const struct journal_run *run;
    enum report_state state; /* REPORT_GOOD: a warning of a good run */
    const char *code;        /* or "" */
    const char *message;
    const char *remedy;
};

struct problems {
    struct problem *items;
    size_t count;
    size_t room;
    struct arena arena;
};

static void
add(struct problems *problems, const struct problem *problem)
{
    if (problems->count == problems->room) {
        problems->room = 2 * problems->room + 64;
        problems->items = mem_resize(problems->items,
                                     problems->room * sizeof(*problems->items));
    }
    problems->items[problems->count++] = *problem;
}

/* ---- problems of a run ------------------------------------------------- */

static void
add_failed(struct problems *problems, const struct journal_run *run)
{
    const char *code = run->error_code != NULL ? run->error_code : "";
    struct problem problem = {.run = run,
                              .state = REPORT_FAILED,
                              .code = code,
                              .message = run->error,
                              .remedy = run->remedy};

    if (problem.remedy == NULL)
        problem.remedy = message_of(code)->remedy;
    if (problem.message == NULL && run->counts.rejects > 0) {
        problem.message = arena_printf(
            &problems->arena, "%" PRId64 " %s rejected", run->counts.rejects,
            run->counts.rejects == 1 ? "line was" : "lines were");
        problem.remedy = "see bulkpg.reject, by run_id";
    }
    if (problem.message == NULL)
        problem.message = "no error was recorded";
    add(problems, &problem);
}

/* A failed run is recorded. A late job has no such run, so either nothing was
 * started, or its run has not ended. */
static void
add_late(struct problems *problems, const struct journal_run *run)
{
    struct problem problem = {.run = run, .state = REPORT_LATE, .code = ""};

    if (run->status == RUN_NEVER) {
        problem.message = "no run is recorded";
        problem.remedy = arena_printf(
            &problems->arena, "run it with bulkpg run --store %s", run->store);
    } else if (run_status_is_final(run->status)) {
        problem.message =
            "no run is recorded after this one: bulkpg run was not started, "
            "or did not reach the database";
        problem.remedy = "start bulkpg run, and read its log";
    } else {
        problem.message = "its run has not ended yet";
        problem.remedy = "see its progress with bulkpg status";
    }
    add(problems, &problem);
}

static const struct json *
first_of(const struct json *notes, const char *list)
{
    const struct json *items = json_get(notes, list);

    return items != NULL && items->kind == JSON_ARRAY ? items->first : NULL;
}

/* The warnings of a good run are in its notes. Notes of older runs have no
 * codes. */
static void
add_warnings(struct problems *problems, const struct journal_run *run)
{
    struct json *notes = NULL;
    const struct json *warning, *code;
    struct err err;

    if (run->notes == NULL ||
        !json_parse(&problems->arena, span_str(run->notes), &notes, &err))
        return;
    code = first_of(notes, "warning_codes");
    for (warning = first_of(notes, "warnings"); warning != NULL;
         warning = warning->next) {
        const char *name = code != NULL ? json_str(code) : NULL;
        struct problem problem = {.run = run,
                                  .state = REPORT_GOOD,
                                  .code = name != NULL ? name : "",
                                  .message = json_str(warning)};

        problem.remedy = message_of(problem.code)->remedy;
        code = code != NULL ? code->next : NULL;
        if (problem.message != NULL)
            add(problems, &problem);
    }
}

static void
gather(struct problems *problems, const struct report *report)
{
    for (size_t i = 0; i < report->newest.count; i++) {
        const struct journal_run *run = &report->newest.runs[i];

        switch (report_state(report, run)) {
        case REPORT_FAILED:
            add_failed(problems, run);
            break;
        case REPORT_LATE:
            add_late(problems, run);
            break;
        case REPORT_GOOD:
            add_warnings(problems, run);
            break;
        default:
            break;
        }
    }
}

/* ---- groups ------------------------------------------------------------ */

/* Late jobs have no code, so their message is the cause. Messages with one code
 * may differ in names and values. */
static int
compare_causes(const struct problem *a, const struct problem *b)
{
    int order = strcmp(a->code, b->code);

    if (order == 0 && a->code[0] == '\0')
        order = strcmp(a->message, b->message);
    return order;
}

/* Worst first. */
static int
compare_groups(const struct problem *a, const struct problem *b)
{
    int order;

    if (a->state != b->state)
        return a->state > b->state ? -1 : 1;
    order = strcmp(a->run->store, b->run->store);
    return order != 0 ? order : compare_causes(a, b);
}

static int
compare_problems(const void *x, const void *y)
{
    const struct problem *a = x, *b = y;
    int order = compare_groups(a, b);

    if (order == 0)
        order = strcmp(a->run->job, b->run->job);
    return order != 0 ? order : strcmp(a->message, b->message);
}

struct group {
    const struct problem *items;
    size_t count;
    const char *message; /* the message that all items have, or NULL */
    const char *remedy;  /* the remedy that all items have, or NULL */
    const char *word;    /* how the items' runs ended */
};

static struct group
group_at(const struct problems *problems, size_t at)
{
    const struct problem *first = &problems->items[at];
    struct group group = {.items = first,
                          .message = first->message,
                          .remedy = first->remedy,
                          .word = run_status_name(first->run->status)};

    while (at + group.count < problems->count &&
           compare_groups(first, &first[group.count]) == 0) {
        const struct problem *problem = &first[group.count++];

        if (group.message != NULL &&
            strcmp(group.message, problem->message) != 0)
            group.message = NULL;
        if (group.remedy != NULL && strcmp(group.remedy, problem->remedy) != 0)
            group.remedy = NULL;
        if (problem->run->status != first->run->status)
            group.word = "failed";
    }
    if (first->run->status == RUN_LOADED_WITH_REJECTS)
        group.word = "loaded with rejects";
    if (first->state == REPORT_LATE)
        group.word = first->run->status == RUN_NEVER ? "never ran" : "late";
    if (first->state == REPORT_GOOD)
        group.word = "with warnings";
    return group;
}

static void
append_remedy(struct buf *html, const char *remedy)
{
    if (remedy[0] == '\0')
        return;
    buf_append_str(html, "<p>To fix: ");
    html_text(html, remedy);
    buf_append_str(html, "</p>\n");
}

static void
append_ago(struct buf *html, const char *before, int64_t age_ms)
{
    char age[32];

    if (age_ms < 0)
        buf_printf(html, "%snever", before);
    else
        buf_printf(html, "%s%s ago", before, duration_rough(age_ms, age));
}

/* Print how and when the run ended, and when the last good run began. */
static void
append_run(struct buf *html, const struct report *report,
           const struct journal_run *run)
{
    bool has_ended = run->finished_at != NULL;
    const char *time = has_ended ? run->finished_at : run->started_at;

    buf_append_str(html, " <span class=\"soft\">");
    if (run->status != RUN_NEVER) {
        buf_printf(html, "%s%s ", run_status_name(run->status),
                   has_ended ? "" : ", began");
        html_time(html, time);
        append_ago(html, ", ",
                   has_ended ? (report->now_s - journal_seconds(time)) * 1000
                             : run->age_ms);
        buf_printf(html, "<br />run %" PRId64 "; ", run->ref.run_id);
    }
    append_ago(html, "last good ", run->last_good_age_ms);
    buf_append_str(html, "</span>");
}

/* The matrix of stores and jobs links to this element. */
static void
append_job(struct buf *html, const struct report *report,
           const struct group *group, const struct problem *problem)
{
    if (problem->state == REPORT_GOOD || problem->run->status == RUN_NEVER)
        buf_append_str(html, "<li>");
    else
        buf_printf(html, "<li id=\"run%" PRId64 "\">",
                   problem->run->ref.run_id);
    html_element(html, "b", "", problem->run->job);
    append_run(html, report, problem->run);
    if (group->message == NULL)
        html_element(html, "p", "", problem->message);
    if (group->remedy == NULL)
        append_remedy(html, problem->remedy);
    buf_append_str(html, "</li>\n");
}

static size_t
count_jobs(const struct group *group)
{
    size_t jobs = 1;

    for (size_t i = 1; i < group->count; i++)
        jobs += group->items[i].run != group->items[i - 1].run;
    return jobs;
}

static void
append_group(struct buf *html, const struct report *report,
             const struct group *group)
{
    const struct problem *first = &group->items[0];
    const char *class = first->state == REPORT_GOOD
                            ? "warned"
                            : report_state_name(first->state);
    size_t jobs = count_jobs(group);

    buf_printf(html, "<section class=\"problem %s\"><h3>", class);
    html_text(html, first->run->store);
    buf_printf(html, ": %zu %s %s</h3>\n", jobs, jobs == 1 ? "job" : "jobs",
               group->word);
    if (first->code[0] != '\0' || group->message != NULL) {
        buf_append_str(html, "<p>");
        if (first->code[0] != '\0')
            html_element(html, "code", "", first->code);
        if (group->message != NULL) {
            buf_append_char(html, ' ');
            html_text(html, group->message);
        }
        buf_append_str(html, "</p>\n");
    }
    if (group->remedy != NULL)
        append_remedy(html, group->remedy);
    buf_append_str(html, "<ul>\n");
    for (size_t i = 0; i < group->count; i++)
        append_job(html, report, group, &group->items[i]);
    buf_append_str(html, "</ul></section>\n");
}

void
problems_append(struct buf *html, const struct report *report)
{
    struct problems problems = {0};
    size_t shown = 0, at = 0;

    gather(&problems, report);
    if (problems.count > 0)
        qsort(problems.items, problems.count, sizeof(*problems.items),
              compare_problems);
    else
        buf_append_str(html, "<p>None.</p>\n");
    while (at < problems.count && shown < REPORT_PROBLEMS_MAX) {
        struct group group = group_at(&problems, at);

        append_group(html, report, &group);
        at += group.count;
        shown++;
    }
    if (at < problems.count)
        buf_printf(html, "<p>And %zu more.</p>\n", problems.count - at);
    free(problems.items);
    arena_free(&problems.arena);
}
