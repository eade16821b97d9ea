#include "walk/ends.h"

#include "walk/page.h"

/* The offset of the entry that reads downwards: pages by cursor have none. */
enum { DOWNWARDS = -1, DIGITS_MAX = 18 };

static bool
can_reverse(const struct walker *walker, int connection)
{
    const struct pages_connection *c = &walker->pages->connections[connection];

    return c->level == 0 && c->read != NULL && c->read->takes_reverse &&
           walker->in_window == NULL && walker->slices.count == 0 &&
           walker->ids == NULL;
}

bool
ends_is_down(const struct walker *walker, const struct frontier_entry *row)
{
    return row->offset == DOWNWARDS && can_reverse(walker, row->connection);
}

static struct ends *
ends_of(const struct page *page)
{
    return &page->walker->ends[page->batch.connection->index];
}

static const struct frontier_entry *
row_of(const struct page *page)
{
    return &page->batch.entries[0]->row;
}

/* The number at the end of a gid; 0 if there is none. */
static int64_t
number_of(struct span id)
{
    int64_t number = 0, place = 1;
    int digits = 0;

    while (id.length > 0 && digits < DIGITS_MAX &&
           (unsigned char)(id.bytes[id.length - 1] - '0') < 10) {
        number += place * (id.bytes[--id.length] - '0');
        place *= 10;
        digits++;
    }
    return id.length > 0 && id.bytes[id.length - 1] == '/' ? number : 0;
}

/* ---- rows --------------------------------------------------------------- */

/* The first page downwards must begin above everything that was read upwards.
 * So an API that ignores `reverse` is noticed. */
static bool
is_in_order(const struct page *page, bool is_down, int64_t number)
{
    const struct ends *ends = ends_of(page);
    const struct page_ends *own = &page->ends;

    if (number == 0)
        return false;
    if (own->rows > 0)
        return is_down ? number < own->last : number > own->last;
    if (!is_down)
        return number > ends->up;
    return ends->down > 0 ? number < ends->down : number > ends->up;
}

void
ends_row(struct page *page, struct span id)
{
    const struct ends *ends = ends_of(page);
    struct page_ends *own = &page->ends;
    bool is_down;
    int64_t number;

    if (!can_reverse(page->walker, page->batch.connection->index))
        return;
    is_down = ends_is_down(page->walker, row_of(page));
    number = number_of(id);
    if (!is_in_order(page, is_down, number))
        own->is_out_of_order = true;
    own->rows++;
    own->last = number;
    if (ends->is_one_way || own->is_out_of_order)
        own->skips = is_down;
    else
        own->skips = is_down ? number <= ends->up
                             : ends->down > 0 && number >= ends->down;
}

bool
ends_have_met(const struct walker *walker, const struct frontier_entry *row)
{
    const struct ends *ends = &walker->ends[row->connection];

    return can_reverse(walker, row->connection) && !ends->is_one_way &&
           ends->down > 0 && ends->up >= ends->down;
}

/* ---- entries ------------------------------------------------------------- */

static bool
have_met(const struct page *page, bool is_down)
{
    const struct ends *ends = ends_of(page);
    const struct page_ends *own = &page->ends;

    if (own->rows == 0)
        return false;
    return is_down ? ends->up >= own->last
                   : ends->down > 0 && own->last >= ends->down;
}

bool
ends_stop(const struct page *page, struct frontier_entry *row)
{
    const struct ends *ends = ends_of(page);
    const struct page_ends *own = &page->ends;
    bool is_down = ends_is_down(page->walker, row);

    if (!can_reverse(page->walker, row->connection))
        return false;
    row->told_first = row->told_last = -1;
    if (ends->is_one_way || own->is_out_of_order)
        return is_down;
    if (own->rows > 0)
        row->told_first = own->last;
    else
        row->told_first = is_down ? ends->down : ends->up;
    row->told_last = is_down ? ends->up : ends->down;
    return have_met(page, is_down);
}

bool
ends_begin(const struct page *page, const struct frontier_entry *first,
           struct frontier_entry *row)
{
    struct walker *walker = page->walker;

    if (!can_reverse(walker, first->connection) || walker->workers < 2 ||
        first->offset == DOWNWARDS || first->pages > 1 || first->repeats > 0 ||
        page->ends.rows == 0 || page->ends.is_out_of_order)
        return false;
    *row = (struct frontier_entry){.number = ++walker->tallies.last_number,
                                   .connection = first->connection,
                                   .offset = DOWNWARDS,
                                   .told_first = -1,
                                   .told_last = -1};
    return true;
}

/* If the root is read again, its rows are removed, those that were read
 * downwards, too. */
void
ends_apply(struct page *page, const struct frontier_entry *row, bool is_again)
{
    struct ends *ends = &page->walker->ends[row->connection];
    const struct page_ends *own = &page->ends;

    if (!can_reverse(page->walker, row->connection))
        return;
    if (own->is_out_of_order || is_again)
        *ends = (struct ends){.is_one_way = true};
    else if (own->rows > 0 && ends_is_down(page->walker, row))
        ends->down = own->last;
    else if (own->rows > 0)
        ends->up = own->last;
}

/* An entry that notes no id was out of order. */
void
ends_resume(struct walker *walker, const struct frontier_entry *row)
{
    struct ends *ends = &walker->ends[row->connection];
    bool is_down = ends_is_down(walker, row);
    int64_t up = is_down ? row->told_last : row->told_first;
    int64_t down = is_down ? row->told_first : row->told_last;

    if (!can_reverse(walker, row->connection) || row->pages == 0)
        return;
    if (row->told_first < 0 || row->repeats > 0)
        ends->is_one_way = true;
    if (up > ends->up)
        ends->up = up;
    if (down > 0 && (ends->down == 0 || down < ends->down))
        ends->down = down;
}
