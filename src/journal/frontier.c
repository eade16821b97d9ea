/*
 * The head row has the number 0, entries have numbers from 1. A page queues:
 *
 *     advance   the head row, from page n - 1 to page n
 *     remove    entries that have no pages left
 *     add       fresh entries: of which nothing was read
 *     save      other entries; both in statements of about 256 KiB
 *
 * `advance` also locks the run's row. If the page is not ours to commit, it
 * divides by zero, and the transaction fails. So the statements after it are
 * sent without waiting for its answer.
 *
 * Hazards. The table is unlogged: a crash of the server empties it, and the run
 * begins from scratch. put_entry() leaves out counts that are 0 or not known;
 * they must be the defaults in frontier_save.sql. There may be a fresh entry
 * for each row of a page, so writing one must be cheap.
 */
#include "journal/frontier.h"

#include <string.h>

#include "journal/call.h"
#include "json/write.h"
#include "sql.h"

/* Entries are collected into statements of about CHUNK_BYTES; the ceiling
 * leaves room for one more entry. */
enum {
    CHUNK_BYTES = 256 * 1024,
    CHUNK_CEILING = 8 * 1024 * 1024,
    HEAD_CEILING = 64 * 1024 * 1024
};

static bool
too_long(const struct buf *json, struct err *err)
{
    return json->overflowed &&
           !err_set(err, MSG_BUG,
                    "a page's cursors are too long for the journal");
}

/* ---- the head row ------------------------------------------------------ */

static void
put_json(struct json_out *json, const char *key, const char *value)
{
    json_out_key(json, key);
    if (value == NULL)
        json_out_string(json, NULL);
    else
        json_out_raw(json, span_str(value));
}

static void
put_head(struct buf *to, const struct frontier_head *head)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '{');
    json_out_number(json, "page", head->page);
    json_out_number(json, "next_line", head->next_line);
    json_out_number(json, "lines", head->lines);
    json_out_number(json, "roots", head->roots);
    json_out_number(json, "skipped", head->skipped);
    json_out_number(json, "rejects", head->rejects);
    json_out_number(json, "sanitized", head->sanitized);
    json_out_number(json, "copy_bytes", head->copy_bytes);
    json_out_text(json, "moment", head->moment);
    json_out_text(json, "branch", head->branch);
    put_json(json, "gids", head->gids);
    put_json(json, "walked", head->walked);
    json_out_close(json, '}');
    json_out_free(json);
}

bool
journal_frontier_begin(struct journal *journal, const struct run_ref *run,
                       const struct frontier_head *head, struct err *err)
{
    struct buf json = buf_with_ceiling(HEAD_CEILING);
    struct call call = {0};
    bool ours = false;
    bool ok;

    put_head(&json, head);
    run_append_ref(&call, run);
    call_text(&call, buf_str(&json));
    ok = !too_long(&json, err) &&
         journal_call_found(journal, sql_frontier_begin, &call, &ours, err);
    arena_free(&call.arena);
    buf_free(&json);
    return ok && (ours || journal_run_not_ours(journal, run, err));
}

static void
read_head(const struct pg_result *result, struct arena *arena,
          struct frontier_head *head)
{
    *head =
        (struct frontier_head){.page = pg_int64(result, 0, 0),
                               .next_line = pg_int64(result, 0, 1),
                               .lines = pg_int64(result, 0, 2),
                               .roots = pg_int64(result, 0, 3),
                               .skipped = pg_int64(result, 0, 4),
                               .rejects = pg_int64(result, 0, 5),
                               .sanitized = pg_int64(result, 0, 6),
                               .copy_bytes = pg_int64(result, 0, 7),
                               .moment = call_read_text(result, 0, 8, arena),
                               .branch = call_read_text(result, 0, 9, arena),
                               .gids = call_read_text(result, 0, 10, arena),
                               .walked = call_read_text(result, 0, 11, arena),
                               .age_ms = pg_int64(result, 0, 12)};
}

bool
journal_frontier_head(struct journal *journal, int64_t run_id,
                      struct arena *arena, struct frontier_head *head,
                      bool *found, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_number(&call, run_id);
    if (!journal_call(journal, sql_frontier_head, &call, &result, err))
        return false;
    *found = pg_rows(result) > 0;
    if (*found)
        read_head(result, arena, head);
    pg_result_free(result);
    return true;
}

/* ---- entries ----------------------------------------------------------- */

static void
put_numbers(struct buf *to, const int64_t *numbers, size_t count)
{
    buf_append_char(to, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(to, ',');
        buf_append_number(to, numbers[i]);
    }
    buf_append_char(to, ']');
}

static void
read_entry(const struct pg_result *result, int row, struct arena *arena,
           struct frontier_entry *entry)
{
    *entry = (struct frontier_entry){
        .number = pg_int64(result, row, 0),
        .connection = (int)pg_int64(result, row, 1),
        .level = (int)pg_int64(result, row, 2),
        .parent_id = call_read_text(result, row, 3, arena),
        .cursor = call_read_text(result, row, 4, arena),
        .offset = pg_int64(result, row, 5),
        .rows = pg_int64(result, row, 6),
        .distinct = call_read_count(result, row, 7),
        .told_first = call_read_count(result, row, 8),
        .told_last = call_read_count(result, row, 9),
        .nulls = pg_int64(result, row, 10),
        .repeats = (int)pg_int64(result, row, 11),
        .pages = pg_int64(result, row, 12),
        .is_again = pg_bool(result, row, 13)};
}

static bool
read_entries(struct journal *journal, const char *sql, struct call *call,
             struct arena *arena, struct frontier_entries *entries,
             struct err *err)
{
    struct pg_result *result;

    if (!journal_call(journal, sql, call, &result, err))
        return false;
    entries->count = (size_t)pg_rows(result);
    entries->entries =
        arena_array(arena, entries->count, sizeof(*entries->entries));
    for (size_t i = 0; i < entries->count; i++)
        read_entry(result, (int)i, arena, &entries->entries[i]);
    pg_result_free(result);
    return true;
}

bool
journal_frontier_entries(struct journal *journal, int64_t run_id,
                         const int64_t *held, size_t held_count, int64_t limit,
                         struct arena *arena, struct frontier_entries *entries,
                         struct err *err)
{
    struct buf numbers = buf_with_ceiling(CHUNK_CEILING);
    struct call call = {0};
    bool ok;

    put_numbers(&numbers, held, held_count);
    call_number(&call, run_id);
    call_text(&call, buf_str(&numbers));
    call_number(&call, limit);
    ok = read_entries(journal, sql_frontier_list, &call, arena, entries, err);
    buf_free(&numbers);
    return ok;
}

bool
journal_frontier_after(struct journal *journal, int64_t run_id, int64_t number,
                       int64_t limit, struct arena *arena,
                       struct frontier_entries *entries, struct err *err)
{
    struct call call = {0};

    call_number(&call, run_id);
    call_number(&call, number);
    call_number(&call, limit);
    return read_entries(journal, sql_frontier_after, &call, arena, entries,
                        err);
}

/* ---- one page ---------------------------------------------------------- */

static void
put_unless(struct json_out *json, const char *key, int64_t number,
           int64_t absent)
{
    if (number != absent)
        json_out_number(json, key, number);
}

static void
put_entry(struct json_out *json, const struct frontier_entry *entry)
{
    json_out_open(json, '{');
    json_out_number(json, "number", entry->number);
    json_out_number(json, "connection", entry->connection);
    json_out_number(json, "level", entry->level);
    if (entry->parent_id != NULL)
        json_out_text(json, "parent_id", entry->parent_id);
    if (entry->cursor != NULL)
        json_out_text(json, "cursor", entry->cursor);
    put_unless(json, "row_offset", entry->offset, 0);
    put_unless(json, "rows", entry->rows, 0);
    put_unless(json, "distinct_rows", entry->distinct, -1);
    put_unless(json, "told_first", entry->told_first, -1);
    put_unless(json, "told_last", entry->told_last, -1);
    put_unless(json, "nulls", entry->nulls, 0);
    put_unless(json, "repeats", entry->repeats, 0);
    put_unless(json, "pages", entry->pages, 0);
    if (entry->is_again)
        json_out_boolean(json, "is_again", true);
    json_out_close(json, '}');
}

/* Was nothing read of it? Then it is new. */
static bool
is_fresh(const struct frontier_entry *entry)
{
    return entry->parent_id != NULL && entry->cursor == NULL &&
           entry->offset == 0 && entry->rows == 0 && entry->distinct == 0 &&
           entry->told_first < 0 && entry->told_last < 0 && entry->nulls == 0 &&
           entry->repeats == 0 && entry->pages == 0 && !entry->is_again;
}

/* The first fresh entry of the next connection after this one; NULL: none. */
static const struct frontier_entry *
next_fresh(const struct frontier_page *page, int connection)
{
    const struct frontier_entry *next = NULL;

    for (size_t i = 0; i < page->entry_count; i++) {
        const struct frontier_entry *entry = &page->entries[i];

        if (entry->connection > connection && is_fresh(entry) &&
            (next == NULL || entry->connection < next->connection))
            next = entry;
    }
    return next;
}

/* Add fresh entries of the connection until the statement is long enough;
 * returns how many entries were looked at. */
static size_t
put_fresh(struct buf *to, int connection, const struct frontier_entry *entries,
          size_t count)
{
    size_t some = 0;

    buf_append_char(to, '{');
    for (; some < count && to->length < CHUNK_BYTES; some++) {
        const struct frontier_entry *entry = &entries[some];

        if (entry->connection != connection || !is_fresh(entry))
            continue;
        buf_append_str(to, to->length > 1 ? ",\"" : "\"");
        buf_append_number(to, entry->number);
        buf_append_str(to, "\":");
        buf_append_json(to, span_str(entry->parent_id));
    }
    buf_append_char(to, '}');
    return some;
}

/* Add other entries, in the same way. */
static size_t
put_some(struct buf *to, const struct frontier_entry *entries, size_t count)
{
    struct json_out *json = json_out_new(to);
    size_t some = 0;

    json_out_open(json, '[');
    for (; some < count && to->length < CHUNK_BYTES; some++)
        if (!is_fresh(&entries[some]))
            put_entry(json, &entries[some]);
    json_out_close(json, ']');
    json_out_free(json);
    return some;
}

static void
queue_json(struct pg_conn *conn, const char *sql, int64_t run_id,
           const struct buf *json)
{
    struct call call = {0};

    call_number(&call, run_id);
    call_text(&call, buf_str(json));
    journal_queue_in(conn, sql, &call,
                     &(struct pg_answer){.doing = "recording a page"});
}

static void
queue_add(struct pg_conn *conn, int64_t run_id,
          const struct frontier_entry *first, const struct buf *json)
{
    struct call call = {0};

    call_number(&call, run_id);
    call_number(&call, first->connection);
    call_number(&call, first->level);
    call_text(&call, buf_str(json));
    journal_queue_in(conn, sql_frontier_add, &call,
                     &(struct pg_answer){.doing = "recording a page"});
}

/* The fresh entries of the connection of `first`. */
static bool
queue_fresh(struct pg_conn *conn, int64_t run_id,
            const struct frontier_page *page,
            const struct frontier_entry *first, struct buf *json,
            struct err *err)
{
    for (size_t i = 0; i < page->entry_count;) {
        buf_clear(json);
        i += put_fresh(json, first->connection, &page->entries[i],
                       page->entry_count - i);
        if (too_long(json, err))
            return false;
        if (json->length > strlen("{}"))
            queue_add(conn, run_id, first, json);
    }
    return true;
}

static bool
queue_entries(struct pg_conn *conn, int64_t run_id,
              const struct frontier_page *page, struct buf *json,
              struct err *err)
{
    const struct frontier_entry *first = next_fresh(page, -1);

    for (; first != NULL; first = next_fresh(page, first->connection))
        if (!queue_fresh(conn, run_id, page, first, json, err))
            return false;
    for (size_t i = 0; i < page->entry_count;) {
        buf_clear(json);
        i += put_some(json, &page->entries[i], page->entry_count - i);
        if (too_long(json, err))
            return false;
        if (json->length > strlen("[]"))
            queue_json(conn, sql_frontier_save, run_id, json);
    }
    return true;
}

static bool
queue_ended(struct pg_conn *conn, int64_t run_id,
            const struct frontier_page *page, struct buf *json, struct err *err)
{
    if (page->ended_count == 0)
        return true;
    buf_clear(json);
    put_numbers(json, page->ended, page->ended_count);
    if (too_long(json, err))
        return false;
    queue_json(conn, sql_frontier_remove, run_id, json);
    return true;
}

static bool
queue_head(struct pg_conn *conn, const struct run_ref *run,
           const struct frontier_head *head, struct err *err)
{
    struct buf json = buf_with_ceiling(HEAD_CEILING);
    struct call call = {0};
    bool fits;

    put_head(&json, head);
    fits = !too_long(&json, err);
    if (fits) {
        run_append_ref(&call, run);
        call_number(&call, head->page - 1);
        call_text(&call, buf_str(&json));
        journal_queue_in(conn, sql_frontier_advance, &call,
                         &(struct pg_answer){.doing = "recording a page"});
    }
    buf_free(&json);
    return fits;
}

bool
journal_frontier_queue(struct pg_conn *conn, const struct run_ref *run,
                       const struct frontier_head *head,
                       const struct frontier_page *page, struct err *err)
{
    struct buf json = buf_with_ceiling(CHUNK_CEILING);
    bool ok = queue_head(conn, run, head, err) &&
              queue_ended(conn, run->run_id, page, &json, err) &&
              queue_entries(conn, run->run_id, page, &json, err);

    buf_free(&json);
    return ok;
}

bool
journal_frontier_failed(const struct err *err)
{
    return pg_check_failed(err);
}

/* ---- the end ----------------------------------------------------------- */

void
journal_frontier_queue_end(struct pg_conn *conn, int64_t run_id)
{
    struct call call = {0};

    call_number(&call, run_id);
    journal_queue_in(conn, sql_frontier_end, &call,
                     &(struct pg_answer){.doing = "removing the frontier"});
}

bool
journal_frontier_end(struct journal *journal, int64_t run_id, struct err *err)
{
    struct call call = {0};

    call_number(&call, run_id);
    return journal_call(journal, sql_frontier_end, &call, NULL, err);
}
