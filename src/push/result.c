/*
 *     download ─► lines ─► outcome_read ─► settle_line ─► proof ─► settle_end
 *        ▲                                                  │
 *        └── a new URL, or from the start (abandoned) ◄─────┘
 *
 * Hazards. The order of the lines is not that of the file that was sent; only
 * their numbers count. The last line of a partial result may be cut. A line
 * that cannot be read leaves its row unknown; but if a number is out of range,
 * none of the numbers can be trusted.
 */
#include "push/result.h"

#include <inttypes.h>

#include "job/store.h"
#include "json/lines.h"
#include "mapping/outcome.h"
#include "push/settle.h"
#include "shopify/download.h"

enum { LINE_BYTES_MAX = 16 * 1024 * 1024, READS_MAX = 3 };

struct reading {
    struct chunk *chunk;
    struct settle *settle;
    struct arena arena; /* for one line */
    int64_t bytes;
    int64_t lines;
    int64_t unreadable;
    bool is_partial;  /* the operation did not complete */
    bool is_at_end;   /* the current line has no newline */
    struct err doubt; /* why the result is not believed; kind ERR_NONE: it is */
};

/* ---- lines -------------------------------------------------------------- */

static void
note_unreadable(struct reading *reading, const struct err *why)
{
    if (reading->unreadable++ == 0)
        log_failure(LOG_WARN, &reading->chunk->log,
                    "an answer cannot be read, and its row is unknown", why);
}

static bool
take_outcome(struct reading *reading, const struct outcome *outcome,
             struct err *err)
{
    const struct journal_chunk *row = &reading->chunk->row;

    if (outcome->line < 0 || outcome->line >= row->lines) {
        if (reading->doubt.kind == ERR_NONE)
            err_set(&reading->doubt, MSG_PUSH_UNPROVEN,
                    "line %" PRId64 " of the result answers line %" PRId64
                    ", but %" PRId64 " lines were sent",
                    reading->lines, outcome->line, row->lines);
        return true;
    }
    return settle_line(reading->settle, outcome->line, outcome, err);
}

static bool
take_line(void *ctx, const struct line *line, struct err *err)
{
    struct reading *reading = ctx;
    struct outcome outcome;
    struct err why;

    if (span_trim(line->text).length == 0 && !line->too_long)
        return true;
    reading->lines++;
    arena_clear(&reading->arena);
    if (!line->too_long &&
        outcome_read(reading->chunk->push->mutation, line->text,
                     &reading->arena, &outcome, &why))
        return take_outcome(reading, &outcome, err);
    if (line->too_long)
        err_set(&why, MSG_TOO_LARGE, "line %" PRIu64 " is too long",
                line->number);
    if (!reading->is_partial || !reading->is_at_end)
        note_unreadable(reading, &why);
    return true;
}

/* ---- bytes -------------------------------------------------------------- */

static bool
read_all(struct reading *reading, struct download *download, struct err *err)
{
    struct lines lines;
    struct span chunk;
    bool ok;

    lines_init(&lines, LINE_BYTES_MAX, take_line, reading);
    do {
        ok = download_read(download, &chunk, err) &&
             lines_feed(&lines, chunk, err);
        reading->bytes += ok ? (int64_t)chunk.length : 0;
    } while (ok && chunk.length > 0);
    reading->is_at_end = true;
    ok = ok && lines_finish(&lines, err);
    lines_free(&lines);
    return ok;
}

/* The size of a partial result is not announced. */
static bool
download_lines(struct reading *reading, struct err *err)
{
    struct chunk *chunk = reading->chunk;
    struct push *push = chunk->push;
    const struct bulk_operation *bulk = &chunk->bulk;
    struct session *session = store_session(push->context, push->store);
    const char *url = bulk->url[0] != '\0' ? bulk->url : bulk->partial_url;
    struct download *download;
    bool ok;

    if (url[0] == '\0')
        return true;
    download = download_new(push->context->http, url,
                            reading->is_partial ? -1 : bulk->file_size,
                            session_backoff(session, "download"), &chunk->log);
    ok = read_all(reading, download, err);
    if (!ok && err->kind == ERR_LATER && download_storage_is_gone(download))
        session_give_up(session, err);
    download_free(download);
    return ok;
}

/* The storage has another file than the one that the store announced. */
static bool
is_other_file(const struct err *err)
{
    return err_is(err, MSG_TRUNCATED) || err_is(err, MSG_TOO_LONG);
}

/* ---- proof -------------------------------------------------------------- */

static void
warn_of_gaps(const struct reading *reading)
{
    const struct chunk *chunk = reading->chunk;
    int64_t told = chunk->bulk.object_count;

    if (reading->lines >= chunk->row.lines && reading->lines >= told)
        return;
    log_warn(&chunk->log, MSG_PUSH_GAPS,
             "the result has fewer answers than lines were sent",
             LOG_NUM("sent", chunk->row.lines), LOG_NUM("reported", told),
             LOG_NUM("answers", reading->lines),
             LOG_STR("status", bulk_status_name(chunk->bulk.status)), LOG_END);
}

static bool
end_reading(struct reading *reading, struct err *err)
{
    bool ok = settle_missing(reading->settle, err);

    if (!ok) {
        settle_abandon(reading->settle);
        return false;
    }
    if (reading->doubt.kind != ERR_NONE)
        settle_distrust(reading->settle, &reading->doubt);
    else
        warn_of_gaps(reading);
    if (!settle_end(reading->settle, true, err))
        return false;
    reading->chunk->row.state = CHUNK_SETTLED;
    return true;
}

static bool
settle_once(struct chunk *chunk, struct err *err)
{
    struct reading reading = {
        .chunk = chunk, .is_partial = chunk->bulk.status != BULK_COMPLETED};
    bool ok;

    if (!settle_begin(chunk->push, (int)chunk->row.n, &reading.settle, err))
        return false;
    reading.doubt = chunk->push->unread;
    ok = reading.doubt.kind != ERR_NONE || download_lines(&reading, err);
    if (!ok && is_other_file(err) && !reading.is_partial) {
        reading.doubt = *err;
        err_code(&reading.doubt, MSG_PUSH_UNPROVEN);
        err_as(&reading.doubt, ERR_FAILED);
        ok = true;
    }
    if (ok)
        ok = end_reading(&reading, err);
    else
        settle_abandon(reading.settle);
    arena_free(&reading.arena);
    return ok;
}

/* May reading again help, with a new URL? */
static bool
is_of_url(const struct err *err)
{
    return err_is(err, MSG_URL_LAPSED) || err_is(err, MSG_RESTART);
}

/* The operation has run, so its rows wait for their answers. */
static bool
is_of_download(const struct err *err)
{
    return is_of_url(err) || is_other_file(err) || err_is(err, MSG_TOO_SLOW) ||
           err_is(err, MSG_NOT_JSONL);
}

bool
result_settle(struct chunk *chunk, struct err *err)
{
    struct push *push = chunk->push;

    for (int reads = 1;; reads++) {
        if (settle_once(chunk, err))
            return true;
        if (!is_of_url(err) || reads >= READS_MAX)
            break;
        log_failure(LOG_WARN, &chunk->log, "reading the result again", err);
        if (!bulk_read(store_session(push->context, push->store),
                       chunk->row.operation_id, 0, &chunk->log, &chunk->bulk,
                       err))
            return false;
    }
    return is_of_download(err) ? err_as(err, ERR_LATER) : false;
}

bool
result_settle_without(struct chunk *chunk, struct err *err)
{
    struct settle *settle;

    if (!settle_begin(chunk->push, (int)chunk->row.n, &settle, err))
        return false;
    if (!settle_missing(settle, err)) {
        settle_abandon(settle);
        return false;
    }
    if (!settle_end(settle, true, err))
        return false;
    chunk->row.state = CHUNK_SETTLED;
    return true;
}
