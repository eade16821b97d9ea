#include "report/pushes.h"

#include "base/clock.h"
#include "report/html.h"

static const char *
class_of(const struct journal_push *push)
{
    if (push->status == PUSH_RUNNING)
        return "running";
    return push->status == PUSH_DONE && push->error == NULL ? "good" : "failed";
}

static void
append_error(struct buf *html, const struct journal_push *push)
{
    if (push->error == NULL)
        return;
    buf_append_str(html, "<tr><td></td><td colspan=\"11\">");
    html_text(html, push->error);
    if (push->remedy != NULL) {
        buf_append_str(html, "; to fix: ");
        html_text(html, push->remedy);
    }
    buf_append_str(html, "</td></tr>\n");
}

static void
append_row(struct buf *html, const struct journal_push *push)
{
    const struct push_counts *counts = &push->counts;
    char took[32];

    buf_append_str(html, "<tr>");
    html_count(html, "td", push->ref.push_id);
    html_cell(html, push->store);
    html_cell(html, push->job);
    buf_printf(html, "<td><b class=\"%s\">", class_of(push));
    html_name(html, push_status_name(push->status));
    buf_printf(html, "</b></td><td>%s</td><td>", push_mode_name(push->mode));
    html_time(html, push->started_at);
    buf_append_str(html, "</td>");
    html_element(
        html, "td", "number",
        duration_rough(push->duration_ms < 0 ? push->age_ms : push->duration_ms,
                       took));
    html_count(html, "td", counts->rows);
    html_count(html, "td", counts->sent);
    html_count(html, "td", counts->applied);
    html_count(html, "td", counts->refused);
    html_count(html, "td", counts->unknown);
    buf_append_str(html, "</tr>\n");
    append_error(html, push);
}

void
pushes_append(struct buf *html, const struct journal_pushes *pushes)
{
    if (pushes->count == 0)
        return;
    buf_append_str(
        html,
        "<h2>Newest pushes</h2>\n<div class=\"wide runs\"><table>\n<thead><tr>"
        "<th class=\"number\">push</th><th>store</th><th>job</th><th>status"
        "</th><th>mode</th><th>began</th><th class=\"number\">took</th>"
        "<th class=\"number\">rows</th><th class=\"number\">sent</th>"
        "<th class=\"number\">applied</th><th class=\"number\">refused</th>"
        "<th class=\"number\">unknown</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < pushes->count && i < PUSHES_LISTED_MAX; i++)
        append_row(html, &pushes->pushes[i]);
    buf_append_str(html, "</tbody></table></div>\n");
}
