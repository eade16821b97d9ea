#include "source/download.h"

#include <stdlib.h>

#include "base/mem.h"
#include "shopify/download.h"

struct source_download {
    struct source source;
    struct http *http;
    struct session *session; /* with the operation's store */
    const struct bulk_operation *operation;
    const struct log_ctx *log;
    struct download *download; /* NULL: not open, or an empty result */
};

static bool
open_download(struct source *source, struct err *err)
{
    struct source_download *from = (struct source_download *)source;

    (void)err;
    if (from->operation->url[0] != '\0')
        from->download = download_new(
            from->http, from->operation->url, source->claims.file_size,
            session_backoff(from->session, "download"), from->log);
    return true;
}

static bool
read_download(struct source *source, struct span *chunk, struct err *err)
{
    struct source_download *from = (struct source_download *)source;

    *chunk = span_of("", 0);
    if (from->download == NULL || download_read(from->download, chunk, err))
        return true;
    if (err->kind == ERR_LATER && download_storage_is_gone(from->download))
        session_give_up(from->session, err);
    return false;
}

static void
close_download(struct source *source)
{
    struct source_download *from = (struct source_download *)source;

    download_free(from->download);
    from->download = NULL;
}

static int64_t
size_as_claimed(const struct source *source)
{
    return source->claims.file_size;
}

static void
free_download(struct source *source)
{
    close_download(source);
    free(source);
}

struct source *
source_download_new(struct http *http, struct session *session,
                    const struct bulk_operation *operation,
                    const struct log_ctx *log)
{
    static const struct source_ops ops = {.open = open_download,
                                          .read = read_download,
                                          .close = close_download,
                                          .size = size_as_claimed,
                                          .free = free_download};
    struct source_download *from = mem_alloc(sizeof(*from));

    *from = (struct source_download){
        .source = {.ops = &ops,
                   .claims = {.who = "the store",
                              .object_count = operation->object_count,
                              .root_object_count = operation->root_object_count,
                              .file_size = operation->file_size},
                   .name = operation->id,
                   .operation_id = operation->id,
                   .asked_at = operation->created_at,
                   .odd_count = operation->odd_count,
                   .is_of_query = true},
        .http = http,
        .session = session,
        .operation = operation,
        .log = log};
    return &from->source;
}
