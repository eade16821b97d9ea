#include "source/source.h"

#include "base/clock.h"
#include "base/task.h"

bool
source_open(struct source *source, struct err *err)
{
    return source->ops->open(source, err);
}

bool
source_read(struct source *source, struct span *chunk, struct err *err)
{
    return source->ops->read(source, chunk, err);
}

bool
source_keep(struct source *source, struct err *err)
{
    return source->ops->keep == NULL || source->ops->keep(source, err);
}

bool
source_has_pages(const struct source *source)
{
    return source->ops->page != NULL;
}

void
source_page(const struct source *source, struct source_page *page)
{
    source->ops->page(source, page);
}

void
source_committed(struct source *source)
{
    source->ops->committed(source);
}

void
source_close(struct source *source)
{
    source->ops->close(source);
}

int64_t
source_size(const struct source *source)
{
    return source->ops->size(source);
}

void
source_free(struct source *source)
{
    if (source != NULL)
        source->ops->free(source);
}

/* *ended: that was the end of the source. */
static bool
feed_chunk(struct source *source, struct lines *lines, bool *ended,
           struct err *err)
{
    int64_t begun = clock_now_ns(), has_read;
    struct span chunk;
    bool fed;

    if (!source_read(source, &chunk, err))
        return false;
    has_read = clock_now_ns();
    source->read_ns += has_read - begun;
    *ended = chunk.length == 0;
    if (*ended && source->is_partial)
        lines_cut(lines);
    fed = *ended ? lines_finish(lines, err) : lines_feed(lines, chunk, err);
    source->feed_ns += clock_now_ns() - has_read;
    return fed;
}

bool
source_feed(struct source *source, struct lines *lines, struct err *err)
{
    bool ended = false;

    source->read_ns = source->feed_ns = 0;
    for (;;) {
        if (tasks_stopping())
            return task_stopped(err);
        if (!feed_chunk(source, lines, &ended, err))
            return false;
        if (ended)
            return true;
        task_yield();
    }
}
