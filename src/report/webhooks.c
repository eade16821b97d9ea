#include "report/webhooks.h"

#include <string.h>

#include "base/clock.h"
#include "report/html.h"

static void
append_duration(struct buf *html, int64_t ms)
{
    char text[32];

    html_element(html, "td", "number", ms < 0 ? "" : duration_rough(ms, text));
}

/* The objects of all jobs of the store. */
static int64_t
pending_of(const struct journal_live *live, const char *store)
{
    int64_t objects = 0;

    for (size_t i = 0; i < live->pending_count; i++)
        if (strcmp(live->pending[i].store, store) == 0)
            objects += live->pending[i].objects;
    return objects;
}

static void
append_row(struct buf *html, const struct journal_live *live,
           const struct journal_heard *heard)
{
    buf_append_str(html, "<tr>");
    html_cell(html, heard->store[0] != '\0' ? heard->store : "(no store)");
    html_count(html, "td", heard->received);
    html_count(html, "td", heard->duplicates);
    html_count(html, "td", heard->refused);
    append_duration(html, heard->age_ms);
    append_duration(html, heard->lag_ms);
    html_count(html, "td", pending_of(live, heard->store));
    buf_append_str(html, "</tr>\n");
}

void
webhooks_append(struct buf *html, const struct journal_live *live)
{
    if (live->heard_count == 0)
        return;
    buf_append_str(
        html,
        "<h2>Webhooks</h2>\n<p class=\"soft\">The lag is the time from the "
        "last event at the store until it was recorded.</p>\n"
        "<div class=\"wide\"><table>\n<thead><tr><th>store</th>"
        "<th class=\"number\">received</th>"
        "<th class=\"number\">duplicates</th>"
        "<th class=\"number\">refused</th>"
        "<th class=\"number\">last one ago</th>"
        "<th class=\"number\">lag</th>"
        "<th class=\"number\">objects to fetch</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < live->heard_count && i < WEBHOOKS_LISTED_MAX; i++)
        append_row(html, live, &live->heard[i]);
    buf_append_str(html, "</tbody></table></div>\n");
}
