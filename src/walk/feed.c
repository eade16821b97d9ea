#include "walk/feed.h"

#include <stdlib.h>

#include "base/mem.h"
#include "walk/crew.h"
#include "walk/page.h"

struct feed {
    struct source source;
    struct walker *walker;
};

static bool
open_feed(struct source *source, struct err *err)
{
    (void)err;
    crew_begin(((struct feed *)source)->walker);
    return true;
}

static bool
read_page(struct source *source, struct span *chunk, struct err *err)
{
    struct walker *walker = ((struct feed *)source)->walker;

    if (!crew_next(walker, err))
        return false;
    *chunk = buf_span(&walker->current->lines);
    source->incomplete = walker->incomplete;
    return true;
}

static void
give_page(const struct source *source, struct source_page *given)
{
    const struct page *page = ((const struct feed *)source)->walker->current;

    *given = (struct source_page){.frontier = &page->frontier,
                                  .rejects = page->rejects,
                                  .reject_count = page->reject_count,
                                  .is_last = page->frontier.is_last};
}

static void
take_committed(struct source *source)
{
    crew_committed(((struct feed *)source)->walker);
}

static void
close_feed(struct source *source)
{
    crew_unlock(((struct feed *)source)->walker);
}

static int64_t
no_size(const struct source *source)
{
    (void)source;
    return -1;
}

static void
free_feed(struct source *source)
{
    free(source);
}

struct source *
feed_new(struct walker *walker)
{
    static const struct source_ops ops = {.open = open_feed,
                                          .read = read_page,
                                          .page = give_page,
                                          .committed = take_committed,
                                          .close = close_feed,
                                          .size = no_size,
                                          .free = free_feed};
    struct feed *feed = mem_alloc(sizeof(*feed));

    *feed = (struct feed){.source = {.ops = &ops,
                                     .claims = {.who = "the API",
                                                .object_count = -1,
                                                .root_object_count = -1,
                                                .file_size = -1},
                                     .name = "pages",
                                     .asked_at = walker->moment,
                                     .odd_count = "",
                                     .is_of_query = true,
                                     .is_read_once = true},
                          .walker = walker};
    return &feed->source;
}
