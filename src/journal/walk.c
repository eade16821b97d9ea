#include "journal/walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

enum { WALK_CEILING = 16 * 1024 * 1024 };

static void
put_points(struct json_out *json, double points)
{
    char text[64];

    snprintf(text, sizeof(text), "%.2f", points);
    json_out_key(json, "points");
    json_out_raw(json, span_str(text));
}

static void
put_walk(struct json_out *json, const struct journal_walk *walk)
{
    json_out_open(json, '{');
    json_out_text(json, "path", walk->path);
    json_out_number(json, "instances", walk->instances);
    json_out_number(json, "pages", walk->pages);
    json_out_number(json, "rows", walk->rows);
    json_out_count(json, "told", walk->told);
    json_out_number(json, "nulls", walk->nulls);
    json_out_number(json, "repeats", walk->repeats);
    put_points(json, walk->points);
    json_out_close(json, '}');
}

static void
put_walks(struct buf *to, const struct journal_walk *walks, size_t count)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++)
        put_walk(json, &walks[i]);
    json_out_close(json, ']');
    json_out_free(json);
}

bool
journal_queue_walk(struct pg_conn *conn, int64_t run_id,
                   const struct journal_walk *walks, size_t count,
                   struct err *err)
{
    struct buf json = buf_with_ceiling(WALK_CEILING);
    struct call call = {0};
    bool fits;

    put_walks(&json, walks, count);
    fits = !json.overflowed;
    if (fits) {
        call_number(&call, run_id);
        call_text(&call, buf_str(&json));
        journal_queue_in(conn, sql_walk_add, &call,
                         &(struct pg_answer){.doing = "recording the pages"});
    }
    buf_free(&json);
    return fits || err_set(err, MSG_BUG,
                           "the counts of the pages are too long for the "
                           "journal");
}
