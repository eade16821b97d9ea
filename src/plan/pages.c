/*
 * Variables are written from the request, which says what the document
 * declares, and from the values of this page. Estimates walk over the places of
 * the answer and multiply the rows of each connection by those below them.
 *
 * Hazards. A variable that is null is not the same as one that is absent: an
 * API may filter by null. $query contains the query's own filter, so a full run
 * sends it, too. The length of a list in a row is not known: it counts as
 * LIST_ROWS, so a request with lists may have more rows than estimated. A
 * request by ids has its rows, or their parents, at its first place: these are
 * as many as the ids.
 */
#include "plan/pages.h"

#include <math.h>
#include <stdio.h>

#include "json/write.h"

/* ---- variables ---------------------------------------------------------- */

static void
write_ids(struct json_out *json, const struct pages_request *request,
          const struct pages_values *values)
{
    if (request->by == PAGES_BY_ID && values->id_count > 0) {
        json_out_text(json, "id", values->ids[0]);
        return;
    }
    json_out_key(json, "ids");
    json_out_open(json, '[');
    for (int i = 0; i < values->id_count; i++)
        json_out_string(json, values->ids[i]);
    json_out_close(json, ']');
}

/* The page. Absent variables are those of the first page. */
static void
write_page(struct json_out *json, const struct pages_request *request,
           const struct pages_values *values)
{
    int64_t nested =
        values->nested_rows > 0 ? values->nested_rows : values->rows;

    if (request->takes_rows)
        json_out_number(json, "first", values->rows);
    if (request->takes_after && values->after != NULL)
        json_out_text(json, "after", values->after);
    if (request->takes_offset && values->offset > 0)
        json_out_number(json, "offset", values->offset);
    for (int i = 0; i < request->nested_count; i++) {
        char name[32];

        snprintf(name, sizeof(name), "first%d", request->nested[i]);
        json_out_number(json, name, nested);
    }
}

/* The window's filter contains the query's own, so it has one even in a full
 * run. */
static void
write_window(struct json_out *json, const struct plan *plan,
             const struct pages_request *request,
             const struct plan_window *window, bool reverse)
{
    static const struct plan_window none = {.field = ""};
    bool is_window = window != NULL && window->from != NULL;
    struct arena scratch = {0};
    const char *filter;

    if (request->takes_filter) {
        filter =
            plan_filter_in(plan, window != NULL ? window : &none, &scratch);
        if (filter[0] != '\0')
            json_out_text(json, "query", filter);
    }
    if (request->sort_steady != NULL)
        json_out_text(json, "sort",
                      is_window ? request->sort_window : request->sort_steady);
    if (request->takes_reverse && reverse)
        json_out_boolean(json, "reverse", true);
    if (request->takes_since && is_window)
        json_out_text(json, "since", window->from);
    if (request->takes_until && window != NULL && window->to != NULL)
        json_out_text(json, "until", window->to);
    arena_free(&scratch);
}

void
pages_variables(const struct plan *plan, const struct pages_request *request,
                const struct pages_values *values, struct buf *json)
{
    struct json_out *out = json_out_new(json);

    json_out_open(out, '{');
    if (request->by != PAGES_BY_ROOT)
        write_ids(out, request, values);
    if (request->takes_count)
        json_out_number(out, "count", values->id_count);
    write_page(out, request, values);
    write_window(out, plan, request, values->window, values->reverse);
    json_out_close(out, '}');
    json_out_free(out);
}

/* ---- estimates ---------------------------------------------------------- */

enum { CALLS_PER_POINT = 100, LIST_ROWS = 10 };

/* The most rows of one instance at this place. Nothing is known of a list. */
static int64_t
rows_at(const struct pages_request *request, const struct pages_place *place,
        const struct pages_values *values)
{
    const struct pages_connection *c = place->connection;

    if (request->by != PAGES_BY_ROOT && place == request->places)
        return values->id_count;
    if (c->is_only)
        return c->only;
    if (c->kind == PAGES_LIST)
        return c->only > 0 ? c->only : LIST_ROWS;
    if (c != request->connection && values->nested_rows > 0)
        return values->nested_rows;
    return values->rows;
}

/* How many objects at this place one object around it has. */
static int64_t
times(const struct pages_request *request, const struct pages_place *place,
      const struct pages_values *values)
{
    switch (place->kind) {
    case PAGES_ROWS:
        return rows_at(request, place, values);
    case PAGES_PARENTS:
        return request->by == PAGES_BY_ID ? 1 : values->id_count;
    case PAGES_ELEMENTS:
        return LIST_ROWS;
    case PAGES_OBJECT:
    case PAGES_ROW:
        break;
    }
    return 1;
}

static int64_t
count_rows(const struct pages_request *request, const struct pages_place *place,
           const struct pages_values *values)
{
    int64_t count = 0;

    for (; place != NULL; place = place->next) {
        bool is_row = place->kind == PAGES_ROWS || place->kind == PAGES_ROW;

        count += times(request, place, values) *
                 (is_row + count_rows(request, place->first, values));
    }
    return count;
}

int64_t
pages_rows(const struct pages_request *request,
           const struct pages_values *values)
{
    return count_rows(request, request->places, values);
}

int64_t
pages_nested_rows(const struct pages_request *request, int64_t rows,
                  int64_t most)
{
    struct pages_values values = {.rows = rows, .nested_rows = rows};

    if (request->by != PAGES_BY_ROOT)
        values.id_count = 1;
    while (values.nested_rows > 1 && pages_rows(request, &values) > most)
        values.nested_rows--;
    return values.nested_rows;
}

/* Each connection of each row is one call. */
static int64_t
count_calls(const struct pages_request *request,
            const struct pages_place *place, const struct pages_values *values)
{
    int64_t count = 0;

    for (; place != NULL; place = place->next)
        count += (place->kind == PAGES_ROWS) +
                 times(request, place, values) *
                     count_calls(request, place->first, values);
    return count;
}

static double
log_weight(int64_t rows)
{
    double weight = floor(2 * log(rows > 0 ? (double)rows : 1));

    return weight < 1 ? 1 : weight;
}

/* Objects inside of rows are in `objects` of their row already. */
static double
log_points(const struct pages_request *request, const struct pages_place *place,
           const struct pages_values *values, bool in_row)
{
    double points = 0;

    for (; place != NULL; place = place->next) {
        const struct pages_place *below = place->first;
        bool is_by_ids =
            request->by != PAGES_BY_ROOT && place == request->places;

        if (place->kind == PAGES_ROWS && !is_by_ids &&
            place->connection->kind != PAGES_LIST)
            points += 2 + log_weight(rows_at(request, place, values)) *
                              (1 + place->objects +
                               log_points(request, below, values, true));
        else if (place->kind == PAGES_ROWS || place->kind == PAGES_ROW)
            points +=
                1 + place->objects + log_points(request, below, values, true);
        else
            points += !in_row + log_points(request, below, values, in_row);
    }
    return points;
}

double
pages_points(const struct pages *pages, const struct pages_request *request,
             const struct pages_values *values)
{
    double points;

    switch (pages->dialect->cost) {
    case DIALECT_COST_LOG:
        return log_points(request, request->places, values, false);
    case DIALECT_COST_CALLS:
        points = round((double)count_calls(request, request->places, values) /
                       CALLS_PER_POINT);
        return points < 1 ? 1 : points;
    case DIALECT_COST_REQUEST:
        break;
    }
    return 1;
}
