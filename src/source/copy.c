/*
 *     a result   open ─► read: write the same bytes ─► keep: name the copy
 *     pages      open: new, or cut to the committed bytes
 *                ─► read: write the page ─► committed: note the length
 *                ─► … ─► keep
 *
 * A page is in the copy before it is committed in the database. If the commit
 * fails, the page comes again, so open_pages() cuts the copy to the length of
 * the committed ones. The part of a run by pages stays when the process ends,
 * because the next one continues it; that of the archive is removed with the
 * source.
 *
 * Hazards. keep_write() takes an empty chunk for the end of a result, but a
 * page may be empty. The reader gets the chunk with the removal lines, not that
 * of `inner`.
 */
#include "source/copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "journal/frontier.h"
#include "json/write.h"
#include "source/keep.h"

enum {
    SIDECAR_CEILING = 1024 * 1024,
    PAGE_CEILING = 256 * 1024 * 1024,
    PAGE_KEPT_BYTES = 1024 * 1024
};

struct source_copy {
    struct source source;
    struct source *inner; /* owned */
    struct keep keep;
    const struct log_ctx *log; /* of the archive; NULL: a copy that must be
                                * written */
    bool is_given_up;          /* the archive could not be written */
    struct sidecar about;
    int64_t committed; /* bytes of the copy with pages that were committed */
    int64_t length;    /* of these pages, not compressed */
    int64_t read;      /* the same, with the page that was read */
    struct buf page;   /* a page with the rows that it replaces */
    char packed_path[KEEP_PATH_BYTES]; /* of the archive */
};

/* A copy that cannot be written fails the run. The archive does not. */
static bool
may_continue(struct source_copy *copy, const struct err *why)
{
    if (copy->log == NULL)
        return false;
    if (!copy->is_given_up)
        log_warn(copy->log, MSG_NOT_ARCHIVED, "the result is not archived",
                 LOG_STR("error", why->message), LOG_END);
    copy->is_given_up = true;
    copy->keep.is_whole = copy->keep.stays = false;
    keep_close(&copy->keep);
    return true;
}

static bool
open_copy(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    return (copy->is_given_up || keep_open(&copy->keep, err) ||
            may_continue(copy, err)) &&
           source_open(copy->inner, err);
}

static bool
write_copy(struct source_copy *copy, struct span chunk, struct err *err)
{
    return copy->is_given_up || keep_write(&copy->keep, chunk, err) ||
           may_continue(copy, err);
}

static bool
read_copied(struct source *source, struct span *chunk, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    return source_read(copy->inner, chunk, err) &&
           write_copy(copy, *chunk, err);
}

static bool
name_copy(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;
    struct buf text = buf_with_ceiling(SIDECAR_CEILING);
    bool kept;

    copy->about.partial = copy->inner->incomplete;
    sidecar_write(&copy->about, &text);
    kept = copy->is_given_up ||
           keep_finish(&copy->keep, buf_span(&text), err) ||
           may_continue(copy, err);
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

/* ---- pages --------------------------------------------------------------- */

/* A page that was not committed is cut off, because it comes again. */
static bool
open_pages(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;
    struct keep *keep = &copy->keep;
    bool opened =
        copy->is_given_up ||
        (copy->committed > 0 ? keep_continue(keep, copy->committed, err)
                             : keep_open(keep, err)) ||
        may_continue(copy, err);

    keep->stays = !copy->is_given_up;
    return opened && source_open(copy->inner, err);
}

static void
append_removal(struct buf *text, const struct frontier_removal *removal)
{
    struct json_out *json = json_out_new(text);

    json_out_open(json, '{');
    json_out_key(json, SOURCE_COPY_REMOVES);
    json_out_open(json, '{');
    json_out_number(json, "connection", removal->connection);
    json_out_text(json, "parent", removal->parent_id);
    json_out_text(json, "id", removal->id);
    json_out_close(json, '}');
    json_out_close(json, '}');
    json_out_free(json);
    buf_append_char(text, '\n');
}

/* Put a line for each removal before the lines of the page. */
static bool
add_removals(struct source_copy *copy, struct span *chunk, struct err *err)
{
    struct source_page page;

    source_page(copy->inner, &page);
    if (page.frontier->removal_count == 0)
        return true;
    buf_clear(&copy->page);
    buf_shrink(&copy->page, PAGE_KEPT_BYTES);
    for (size_t i = 0; i < page.frontier->removal_count; i++)
        append_removal(&copy->page, &page.frontier->removals[i]);
    buf_append_span(&copy->page, *chunk);
    *chunk = buf_span(&copy->page);
    return !copy->page.overflowed ||
           err_set(err, MSG_BUG, "a page is too long for its copy");
}

/* A page may have no lines, so its end is not the end of the result. */
static bool
read_page(struct source *source, struct span *chunk, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    if (!source_read(copy->inner, chunk, err) ||
        !add_removals(copy, chunk, err))
        return false;
    source->incomplete = copy->inner->incomplete;
    copy->read = copy->length + (int64_t)chunk->length;
    return (chunk->length == 0 || write_copy(copy, *chunk, err)) &&
           (copy->is_given_up || keep_flush(&copy->keep, err) ||
            may_continue(copy, err));
}

static void
page_of_inner(const struct source *source, struct source_page *page)
{
    source_page(((const struct source_copy *)source)->inner, page);
}

static void
note_committed(struct source *source)
{
    struct source_copy *copy = (struct source_copy *)source;

    copy->committed = copy->keep.bytes;
    copy->length = copy->read;
    source_committed(copy->inner);
}

/* The API does not announce the size of a result. The size of what was copied
 * shows a load whether the file is complete. The checksums of the archive do
 * not show that: each page has its own. */
static bool
name_pages(struct source *source, struct err *err)
{
    struct source_copy *copy = (struct source_copy *)source;

    copy->keep.is_whole = true;
    copy->about.claims.file_size = copy->length;
    return name_copy(source, err);
}

/* ---- both ---------------------------------------------------------------- */

static int64_t
size_of_inner(const struct source *source)
{
    return source_size(((const struct source_copy *)source)->inner);
}

static void
free_copy(struct source *source)
{
    struct source_copy *copy = (struct source_copy *)source;

    close_copy(source);
    if (copy->log != NULL)
        keep_drop(&copy->keep);
    source_free(copy->inner);
    buf_free(&copy->page);
    free(copy);
}

/* The archive is compressed. Its sidecar has the name of the result. */
static void
compress(struct source_copy *copy, const struct log_ctx *log)
{
    copy->log = log;
    copy->keep.packs = true;
    copy->keep.named = copy->keep.path;
    copy->keep.path = copy->packed_path;
    snprintf(copy->packed_path, sizeof(copy->packed_path), "%s" KEEP_PACKED,
             copy->keep.named);
}

static struct source_copy *
new_copy(const struct source_ops *ops, struct source *inner, const char *path,
         const struct sidecar *about)
{
    struct source_copy *copy = mem_alloc(sizeof(*copy));

    *copy = (struct source_copy){.source = *inner,
                                 .inner = inner,
                                 .keep = {.path = path, .fd = -1},
                                 .about = *about,
                                 .page = buf_with_ceiling(PAGE_CEILING)};
    copy->source.ops = ops;
    copy->about.claims = inner->claims;
    return copy;
}

struct source *
source_copy_new(struct source *inner, const char *path,
                const struct sidecar *about, const struct log_ctx *archive)
{
    static const struct source_ops ops = {.open = open_copy,
                                          .read = read_copied,
                                          .keep = name_copy,
                                          .close = close_copy,
                                          .size = size_of_inner,
                                          .free = free_copy};

    struct source_copy *copy = new_copy(&ops, inner, path, about);

    if (archive != NULL)
        compress(copy, archive);
    return &copy->source;
}

struct source *
source_copy_pages(struct source *inner, const char *path, int64_t bytes,
                  const struct sidecar *about, const struct log_ctx *archive)
{
    static const struct source_ops ops = {.open = open_pages,
                                          .read = read_page,
                                          .page = page_of_inner,
                                          .committed = note_committed,
                                          .keep = name_pages,
                                          .close = close_copy,
                                          .size = size_of_inner,
                                          .free = free_copy};
    struct source_copy *copy = new_copy(&ops, inner, path, about);

    copy->committed = copy->length = bytes;
    if (archive != NULL)
        compress(copy, archive);
    return &copy->source;
}
