#include "api/page_size.h"

enum { GOOD_TO_GROW = 10, LONGEST_WAIT = 160 };

struct page_size
page_size_of(int64_t most)
{
    return (struct page_size){.most = most, .now = most, .wait = GOOD_TO_GROW};
}

bool
page_size_failed(struct page_size *size, int64_t rows)
{
    if (rows <= 1)
        return false;
    if (size->now < rows)
        return true;
    size->now = rows / 2;
    size->good = 0;
    if (size->has_grown && size->wait < LONGEST_WAIT)
        size->wait *= 2;
    size->has_grown = false;
    return true;
}

void
page_size_worked(struct page_size *size, int64_t rows)
{
    if (size->now >= size->most || rows != size->now ||
        ++size->good < size->wait)
        return;
    size->good = 0;
    size->has_grown = true;
    size->now = size->now * 2 < size->most ? size->now * 2 : size->most;
}
