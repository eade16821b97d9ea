#include "plan/expense.h"

#include <math.h>

bool
expense_of(const struct plan *plan, const struct pages_connection *c,
           const struct expense_terms *terms, struct expense *expense)
{
    const struct pages_request *read = c->read;
    struct pages_values values = {.rows = terms->rows, .id_count = 1};
    int64_t step = terms->rows;

    *expense = (struct expense){0};
    if (read == NULL)
        return false;
    if (read->by == PAGES_BY_IDS && !c->is_nested)
        values.id_count = read->ids_max;
    if (read->by != PAGES_BY_ROOT)
        expense->parents = values.id_count;
    values.nested_rows = pages_nested_rows(read, terms->rows, PAGES_ROWS_MOST);
    expense->rows = pages_rows(read, &values);
    expense->points = pages_points(plan->pages, read, &values);
    if (expense->parents > 0)
        step = expense->parents;
    else if (c->is_only || c->kind == PAGES_ONE || c->kind == PAGES_LIST)
        step = 0;
    if (step > 0 && !c->is_nested)
        expense->per_many = (EXPENSE_MANY + step - 1) / step;
    return true;
}

const char *
expense_kind(enum pages_kind kind)
{
    static const char *const words[] = {[PAGES_ONE] = "one",
                                        [PAGES_RELAY] = "cursor",
                                        [PAGES_OFFSET] = "offset",
                                        [PAGES_LIST] = "list"};

    return words[kind];
}

/* ---- printing ----------------------------------------------------------- */

/* "1 point", "13 points" */
static void
append_count(struct buf *text, double count, const char *what)
{
    buf_printf(text, "%.0f %s%s", count, what, count == 1 ? "" : "s");
}

static void
append_time(struct buf *text, double seconds)
{
    if (seconds < 1)
        buf_append_str(text, "less than 1 s");
    else if (seconds < 100)
        buf_printf(text, "%.0f s", ceil(seconds));
    else if (seconds < 6000)
        buf_printf(text, "%.0f min", seconds / 60);
    else
        buf_printf(text, "%.1f h", seconds / 3600);
}

/* How long many rows take. */
static void
print_many(const struct pages_connection *c, const struct expense_terms *terms,
           const struct expense *expense, struct buf *text)
{
    double points = expense->points * (double)expense->per_many;

    if (expense->per_many == 0)
        return;
    buf_append_str(text, "--      ");
    if (expense->parents > 0)
        buf_printf(text, "below 10,000 rows of %s: at least ", c->owner->path);
    else
        buf_append_str(text, "10,000 rows: ");
    append_count(text, (double)expense->per_many, "request");
    buf_append_str(text, ", ");
    append_count(text, points, "point");
    if (terms->per_second > 0) {
        buf_append_str(text, ", ");
        append_time(text, points / terms->per_second);
    }
    buf_append_char(text, '\n');
}

static void
print_connection(const struct plan *plan, const struct pages_connection *c,
                 const struct expense_terms *terms, struct buf *text)
{
    static const char *const kinds[] = {[PAGES_ONE] = "one object",
                                        [PAGES_RELAY] = "pages by cursor",
                                        [PAGES_OFFSET] = "pages by offset",
                                        [PAGES_LIST] = "a list without pages"};
    struct expense expense;
    bool has_requests = expense_of(plan, c, terms, &expense);

    buf_printf(text, "--   %d  %s, %s", c->level, c->path,
               c->is_only ? "only the first rows" : kinds[c->kind]);
    if (c->is_nested)
        buf_printf(text, ", the first in the page of %s", c->parent->path);
    if (c->is_nested && has_requests)
        buf_append_str(text, "; the rest");
    if (has_requests && c->parent != NULL)
        buf_printf(text, " below %d %s of %s", expense.parents,
                   expense.parents == 1 ? "row" : "rows", c->owner->path);
    if (has_requests) {
        buf_printf(text, ": at most %lld rows, ", (long long)expense.rows);
        append_count(text, expense.points, "point");
        buf_append_str(text, " a request");
    }
    buf_append_char(text, '\n');
    print_many(c, terms, &expense, text);
}

static void
print_terms(const struct plan *plan, const struct expense_terms *terms,
            struct buf *text)
{
    buf_append_str(text, "-- At most ");
    append_count(text, (double)terms->concurrency, "request");
    buf_append_str(text, " at once. ");
    if (terms->per_second > 0)
        buf_printf(text,
                   "bulkpg uses %.3g points a second, its share of the lowest "
                   "rate limit of %s.\n",
                   terms->per_second, plan->dialect->name);
    else
        buf_append_str(text, "The first answer reports the rate limit.\n");
}

void
expense_print(const struct plan *plan, const struct expense_terms *terms,
              struct buf *text)
{
    const struct pages *pages = plan->pages;
    int deepest = 0;

    buf_append_str(text, "\n-- The requests, level by level:\n");
    for (int level = 0; level <= deepest; level++)
        for (int i = 0; i < pages->count; i++) {
            const struct pages_connection *c = &pages->connections[i];

            deepest = c->level > deepest ? c->level : deepest;
            if (c->level == level)
                print_connection(plan, c, terms, text);
        }
    print_terms(plan, terms, text);
}
