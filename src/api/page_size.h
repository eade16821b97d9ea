/*
 * page_size - how many rows a request asks for.
 *
 * The size halves when the server cannot answer a page of it: after a time-out,
 * 502, 504, a refusal because of complexity, or an answer over 4 MiB. It
 * doubles again after ten good pages, up to where it began. If it fails after
 * it has grown, the next growth waits for twice as many pages, up to 160.
 */
#ifndef API_PAGE_SIZE_H
#define API_PAGE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

struct page_size {
    int64_t most;
    int64_t now;
    int good;       /* pages in a row */
    int wait;       /* good pages before the next growth */
    bool has_grown; /* since the last failure */
};

struct page_size page_size_of(int64_t most);

/* A page of `rows` failed. False if no smaller page is possible. Nothing
 * changes if the size is already below `rows`, because several requests of one
 * size fail together. */
bool page_size_failed(struct page_size *size, int64_t rows);

/* A page of `rows` came. */
void page_size_worked(struct page_size *size, int64_t rows);

#endif
