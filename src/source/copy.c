#include "source/copy.h"

#include <stdlib.h>

#include "base/mem.h"
#include "source/keep.h"

enum { SIDECAR_CEILING = 1024 * 1024 };

struct source_copy {
    struct source source;
    struct source *inner; /* owned */
    struct keep keep;
    struct sidecar about;
};

static bool
open_copy(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    return keep_open(&copy->keep, err) && source_open(copy->inner, err);
}

static bool
read_copied(struct source *source, struct span *chunk, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    return source_read(copy->inner, chunk, err) &&
           keep_write(&copy->keep, *chunk, err);
}

static bool
name_copy(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;
    struct buf text = buf_with_ceiling(SIDECAR_CEILING);
    bool kept;

    sidecar_write(&copy->about, &text);
    kept = keep_finish(&copy->keep, buf_span(&text), err);
    buf_free(&text);
    return kept && source_keep(copy->inner, err);
}

static void
close_copy(struct source *source)
{
    struct source_copy *copy = (struct source_copy *)source;

    source_close(copy->inner);
    keep_close(&copy->keep);
}

static int64_t
size_of_inner(const struct source *source)
{
    return source_size(((const struct source_copy *)source)->inner);
}

static void
free_copy(struct source *source)
{
    close_copy(source);
    source_free(((struct source_copy *)source)->inner);
    free(source);
}

struct source *
source_copy_new(struct source *inner, const char *path,
                const struct sidecar *about)
{
    static const struct source_ops ops = {.open = open_copy,
                                          .read = read_copied,
                                          .keep = name_copy,
                                          .close = close_copy,
                                          .size = size_of_inner,
                                          .free = free_copy};
    struct source_copy *copy = mem_alloc(sizeof(*copy));

    *copy = (struct source_copy){.source = *inner,
                                 .inner = inner,
                                 .keep = {.path = path, .fd = -1},
                                 .about = *about};
    copy->source.ops = &ops;
    copy->about.claims = inner->claims;
    return &copy->source;
}
