#include "report/archived.h"

#include <inttypes.h>

#include "base/clock.h"
#include "report/html.h"

static void
append_sum(struct buf *html, const struct report *report)
{
    int64_t results = 0, bytes = 0;

    for (size_t i = 0; i < report->archived_count; i++) {
        results += report->archived[i].results;
        bytes += report->archived[i].bytes;
    }
    buf_append_str(html, "<p class=\"soft\">Folder ");
    html_text(html, report->archive);
    buf_printf(html, ": %" PRId64 " results, ", results);
    html_bytes(html, "span", bytes);
    buf_append_str(html, " compressed. bulkpg load JOB --archive RUN loads one."
                         "</p>\n");
}

static void
append_row(struct buf *html, const struct report_archived *one)
{
    char oldest[CLOCK_UTC_BYTES];

    buf_append_str(html, "<tr>");
    html_cell(html, one->store);
    html_cell(html, one->job);
    html_count(html, "td", one->results);
    html_count(html, "td", one->first_run);
    html_count(html, "td", one->last_run);
    buf_append_str(html, "<td>");
    html_time(html, clock_format_utc(one->oldest_s, oldest));
    buf_append_str(html, "</td>");
    html_bytes(html, "td", one->bytes);
    buf_append_str(html, "</tr>\n");
}

void
archived_append(struct buf *html, const struct report *report)
{
    size_t count = report->archived_count;

    if (report->archive[0] == '\0')
        return;
    buf_append_str(html, "<h2>Archive</h2>\n");
    append_sum(html, report);
    if (count == 0)
        return;
    buf_append_str(
        html,
        "<div class=\"wide\"><table>\n<thead><tr><th>store</th><th>job</th>"
        "<th class=\"number\">results</th>"
        "<th class=\"number\">first run</th>"
        "<th class=\"number\">last run</th><th>oldest</th>"
        "<th class=\"number\">size</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < REPORT_ARCHIVED_MAX; i++)
        append_row(html, &report->archived[i]);
    buf_append_str(html, "</tbody></table></div>\n");
    if (count > REPORT_ARCHIVED_MAX)
        buf_printf(html, "<p>%zu jobs have results.</p>\n", count);
}
