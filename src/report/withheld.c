#include "report/withheld.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/left_out.h"
#include "report/html.h"

struct withheld {
    const char *store;
    const char *job;
    const char *left_out;
    const char *masked;
};

static int
compare_masked(const void *a, const void *b)
{
    const struct report_masked *left = a, *right = b;
    int order = strcmp(left->store, right->store);

    return order != 0 ? order : strcmp(left->job, right->job);
}

static const char *
masked_of(const struct report *report, const struct journal_run *run)
{
    struct report_masked key = {.store = run->store, .job = run->job};
    const struct report_masked *found =
        report->masked_count > 0
            ? bsearch(&key, report->masked, report->masked_count,
                      sizeof(*report->masked), compare_masked)
            : NULL;

    return found != NULL ? found->columns : "";
}

static int
compare_jobs(const void *a, const void *b)
{
    const struct withheld *left = a, *right = b;
    int order = strcmp(left->store, right->store);

    return order != 0 ? order : strcmp(left->job, right->job);
}

static size_t
gather(const struct report *report, struct arena *arena,
       struct withheld *withheld)
{
    size_t count = 0;

    for (size_t i = 0; i < report->newest.count; i++) {
        const struct journal_run *run = &report->newest.runs[i];
        struct withheld one = {.store = run->store,
                               .job = run->job,
                               .left_out = journal_left_out(run, arena),
                               .masked = masked_of(report, run)};

        if (one.left_out[0] != '\0' || one.masked[0] != '\0')
            withheld[count++] = one;
    }
    if (count > 0)
        qsort(withheld, count, sizeof(*withheld), compare_jobs);
    return count;
}

static void
append_rows(struct buf *html, const struct withheld *withheld, size_t count)
{
    buf_append_str(html,
                   "<h2>Left out and masked</h2>\n<p class=\"soft\">Fields "
                   "with @optional that the last run left out, and columns "
                   "that do not have the API's values.</p>\n"
                   "<div class=\"wide\"><table>\n<thead><tr><th>store</th>"
                   "<th>job</th><th>left out</th><th>masked</th></tr></thead>\n"
                   "<tbody>\n");
    for (size_t i = 0; i < count && i < REPORT_WITHHELD_MAX; i++) {
        buf_append_str(html, "<tr>");
        html_cell(html, withheld[i].store);
        html_cell(html, withheld[i].job);
        html_cell(html, withheld[i].left_out);
        html_cell(html, withheld[i].masked);
        buf_append_str(html, "</tr>\n");
    }
    buf_append_str(html, "</tbody></table></div>\n");
    if (count > REPORT_WITHHELD_MAX)
        buf_printf(html, "<p>And %zu more jobs.</p>\n",
                   count - REPORT_WITHHELD_MAX);
}

void
withheld_append(struct buf *html, const struct report *report)
{
    struct withheld *withheld =
        mem_array(report->newest.count + 1, sizeof(*withheld));
    struct arena arena = {0};
    size_t count = gather(report, &arena, withheld);

    if (count > 0)
        append_rows(html, withheld, count);
    arena_free(&arena);
    free(withheld);
}
