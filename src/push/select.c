/*
 *     connect ─► BEGIN, read only, one snapshot ─► EXPLAIN: which tables
 *     ─► DECLARE a cursor ─► FETCH: columns, and the first rows
 *     ─► bind the columns ─► FETCH …
 *
 * The SELECT is the user's text. It runs in a transaction of its own that
 * cannot write, and it is one statement, because the extended protocol takes
 * only one. A page of the cursor has about PAGE_BYTES, so that memory does not
 * depend on the length of rows. While a page is read, a task of its own fetches
 * the next one.
 *
 * Hazard. The origin of a column is known only for a plain column of a table.
 * Ids in expressions need bulkpg.gid() or @gid.
 */
#include "push/select.h"

#include <errno.h>
#include <string.h>

#include "config/query_files.h"
#include "json/write.h"
#include "push/fresh.h"
#include "sql.h"

enum {
    FIRST_ROWS = 20, /* they may be long */
    PAGE_ROWS = 2000,
    PAGE_BYTES = 2 * 1024 * 1024,
    LINE_BYTES_MAX = 64 * 1024 * 1024,
    SELECT_BYTES_MAX = 2 * 1024 * 1024,
    ORIGINS_BYTES_MAX = 1024 * 1024
};

/* ---- the SELECT -------------------------------------------------------- */

#define DECLARE "DECLARE bulkpg_rows NO SCROLL CURSOR FOR\n"

/* Errors of class 22 quote the value that does not fit, which is one of a row.
 * Those who read the log may not be allowed to read rows. */
static void
hide_value(struct err *err)
{
    const char *first = strchr(err->message, '"');
    const char *last = strrchr(err->message, '"');
    char hidden[sizeof(err->message)];

    if (strncmp(err->code, "22", 2) != 0 || first == last)
        return;
    snprintf(hidden, sizeof(hidden), "%.*s\"...%s", (int)(first - err->message),
             err->message, last);
    memcpy(err->message, hidden, sizeof(hidden));
}

static struct span
select_text(const struct push *push)
{
    struct span text = span_trim(push->file->sql);

    while (text.length > 0 && text.bytes[text.length - 1] == ';') {
        text.length--;
        text = span_trim(text);
    }
    return text;
}

/* Lines and columns count from 1, columns in characters. */
struct place {
    int line;
    int column;
};

/* The place in the file of the SELECT's character number `position`. */
static struct place
find_place(const struct push *push, int position)
{
    const char *at = push->file->sql.bytes;
    const char *start = select_text(push).bytes;
    const char *end = at + push->file->sql.length;
    struct place place = {1, 1};

    for (; at < end; at++) {
        bool begins_character = ((unsigned char)*at & 0xc0) != 0x80;

        if (at >= start && begins_character && --position == 0)
            break;
        if (*at == '\n')
            place = (struct place){place.line + 1, 1};
        else
            place.column += begins_character;
    }
    return place;
}

/* An error of the user's statement is one of the file. `before` is what bulkpg
 * wrote before the SELECT; NULL: the error is not one of its text. The SELECT
 * is read-only on any server, so that it is at fault if it writes. */
static bool
blame_file(const struct push *push, const char *before, struct err *err)
{
    const char *path = push->file->sql_path;
    int position = before != NULL ? err->position - (int)strlen(before) : 0;
    struct place place;

    hide_value(err);
    if ((err->kind == ERR_TRANSIENT && !err_is(err, MSG_25006)) ||
        err->kind == ERR_STOPPED || err->kind == ERR_LATER ||
        err->kind == ERR_DENIED)
        return err_wrap(err, "%s", path);
    if (position > 0) {
        place = find_place(push, position);
        err_wrap(err, "%s:%d:%d", path, place.line, place.column);
    } else {
        err_wrap(err, "%s", path);
    }
    err_hint(err, "correct the SELECT in %s", path);
    return err_as(err, ERR_CONFIG);
}

static bool
begin_snapshot(struct selection *selection, struct err *err)
{
    struct push *push = selection->push;
    const char *values[] = {push->config->schema};
    struct pg_result *result;

    pg_queue(selection->conn, sql_push_snapshot, 0, NULL, NULL);
    if (!pg_exec(selection->conn, sql_push_search_path, 1, values, &result,
                 err))
        return false;
    selection->snapshot_at = arena_strdup(&push->arena, pg_text(result, 0, 1));
    pg_result_free(result);
    return true;
}

/* Rows of the next page: about PAGE_BYTES, by the length of those before. */
static int
page_rows(const struct pg_result *page)
{
    size_t bytes = 0, rows;

    if (page == NULL || pg_rows(page) == 0)
        return FIRST_ROWS;
    for (int row = 0; row < pg_rows(page); row++)
        for (int i = 0; i < pg_columns(page); i++)
            bytes += pg_value(page, row, i).length;
    rows = PAGE_BYTES / (bytes / (size_t)pg_rows(page) + 1) + 1;
    return rows < PAGE_ROWS ? (int)rows : PAGE_ROWS;
}

/* The body of the task. */
static void
fetch_ahead(void *ctx)
{
    struct selection *selection = ctx;
    char sql[64];

    snprintf(sql, sizeof(sql), "FETCH %d FROM bulkpg_rows",
             selection->ahead_rows);
    if (!pg_exec(selection->conn, sql, 0, NULL, &selection->ahead,
                 &selection->why))
        selection->ahead = NULL;
}

static void
ask_for_page(struct selection *selection)
{
    selection->ahead_rows = page_rows(selection->page);
    task_group_spawn(&selection->fetcher, "fetch", fetch_ahead, selection);
}

static bool
take_page(struct selection *selection, struct err *err)
{
    int rows;

    if (selection->ahead_rows == 0)
        ask_for_page(selection);
    rows = selection->ahead_rows;
    task_group_wait(&selection->fetcher);
    selection->ahead_rows = 0;
    pg_result_free(selection->page);
    selection->page = selection->ahead;
    selection->ahead = NULL;
    selection->row = 0;
    if (selection->page == NULL) {
        *err = selection->why;
        return blame_file(selection->push, NULL, err);
    }
    selection->is_last = pg_rows(selection->page) < rows;
    return true;
}

static bool
declare(struct selection *selection, struct err *err)
{
    struct buf sql = buf_with_ceiling(SELECT_BYTES_MAX);
    bool ok;

    buf_append_str(&sql, DECLARE);
    buf_append_span(&sql, select_text(selection->push));
    ok = pg_exec(selection->conn, buf_str(&sql), 0, NULL, NULL, err);
    buf_free(&sql);
    return (ok || blame_file(selection->push, DECLARE, err)) &&
           take_page(selection, err);
}

/* ---- columns ----------------------------------------------------------- */

static void
put_origins(const struct binding_column *columns, int count, struct buf *to)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '[');
    for (int i = 0; i < count; i++) {
        if (columns[i].table == 0)
            continue;
        json_out_open(json, '{');
        json_out_number(json, "column", i);
        json_out_number(json, "table", columns[i].table);
        json_out_number(json, "attnum", columns[i].attnum);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
    json_out_free(json);
}

/* The numbers in a column of one of our tables are ids of a known type. Those
 * of another store mean nothing to this one. */
static bool
take_origin(struct push *push, const struct pg_result *result, int row,
            struct binding_column *column, struct err *err)
{
    if (strcmp(pg_text(result, row, 1), push->config->name) != 0)
        return err_set(err, MSG_MUTATION_COLUMN,
                       "%s: the ids of column %s are of store %s (table %s), "
                       "but the push is to store %s",
                       push->file->sql_path, column->name,
                       pg_text(result, row, 1), pg_text(result, row, 2),
                       push->config->name);
    column->gid_type = arena_strdup(&push->arena, pg_text(result, row, 3));
    return true;
}

static bool
find_origins(struct selection *selection, struct binding_column *columns,
             int count, struct err *err)
{
    struct buf json = buf_with_ceiling(ORIGINS_BYTES_MAX);
    struct pg_result *result;
    const char *values[1];
    bool ok;

    put_origins(columns, count, &json);
    values[0] = buf_str(&json);
    ok = pg_exec(selection->conn, sql_push_columns, 1, values, &result, err);
    buf_free(&json);
    for (int row = 0; ok && row < pg_rows(result); row++)
        ok = take_origin(selection->push, result, row,
                         &columns[pg_int64(result, row, 0)], err);
    pg_result_free(result);
    return ok;
}

static bool
bind_columns(struct selection *selection, struct err *err)
{
    struct push *push = selection->push;
    struct pg_result *page = selection->page;
    int count = pg_columns(page);
    struct binding_column *columns =
        arena_array(&push->arena, (size_t)count, sizeof(*columns));
    struct binding_source source = {.file = push->file->sql_path,
                                    .text = push->file->sql};

    for (int i = 0; i < count; i++)
        columns[i] = (struct binding_column){
            .name = arena_strdup(&push->arena, pg_column_name(page, i)),
            .type = pg_column_type(page, i),
            .table = pg_column_table(page, i),
            .attnum = pg_column_number(page, i)};
    selection->values =
        arena_array(&push->arena, (size_t)count, sizeof(*selection->values));
    return find_origins(selection, columns, count, err) &&
           binding_make(&push->arena, push->mutation, columns, count, &source,
                        &selection->binding, err);
}

static bool
check_age(const struct push *push, const struct fresh_tables *tables,
          struct err *stale, struct err *err)
{
    if (fresh_check(tables, push->mutation->fresh_ms,
                    stale != NULL ? stale : err))
        return true;
    return stale != NULL;
}

static bool
begin_select(struct selection *selection, struct err *stale, struct err *err)
{
    struct push *push = selection->push;
    struct pg_config config = {
        .dsn = context_dsn(push->context),
        .application_name = "bulkpg select",
        .answer_timeout_ms = push->context->config.tuning.stall_timeout_ms};
    struct fresh_tables tables;
    const struct fresh_table *oldest;

    if (!pg_connect(&config, &selection->conn, err) ||
        !begin_snapshot(selection, err))
        return false;
    if (!fresh_find(selection->conn, select_text(push), &push->arena, &tables,
                    err))
        return blame_file(push, FRESH_EXPLAIN, err);
    oldest = fresh_oldest(&tables);
    if (oldest != NULL) {
        selection->pulled_at = oldest->pulled_at;
        selection->pulled_age_ms = oldest->pulled_age_ms;
    }
    return check_age(push, &tables, stale, err) && declare(selection, err) &&
           bind_columns(selection, err);
}

static bool
next_row(struct selection *selection, bool *more, struct err *err)
{
    while (selection->row == pg_rows(selection->page)) {
        *more = !selection->is_last;
        if (!*more)
            return true;
        if (!take_page(selection, err))
            return false;
        if (!selection->is_last)
            ask_for_page(selection);
    }
    for (int i = 0; i < pg_columns(selection->page); i++)
        selection->values[i] = pg_value(selection->page, selection->row, i);
    selection->row++;
    *more = true;
    return true;
}

/* ---- a file ------------------------------------------------------------ */

static bool
begin_file(struct selection *selection, struct err *err)
{
    struct push *push = selection->push;
    const char *path = push->context->options->from_file;
    bool is_input = strcmp(path, "-") == 0;

    selection->file_name = is_input ? "standard input" : path;
    selection->file = is_input ? stdin : fopen(path, "re");
    selection->text = buf_with_ceiling(LINE_BYTES_MAX);
    if (selection->file == NULL)
        return err_set(err, MSG_BAD_FROM, "cannot read %s: %s", path,
                       strerror(errno));
    return binding_make_for_json(&push->arena, push->mutation,
                                 &selection->binding, err);
}

/* Read one line, without its newline, into selection->text. */
static bool
read_line(struct selection *selection, bool *more, struct err *err)
{
    struct buf *text = &selection->text;
    int c = EOF;

    buf_clear(text);
    selection->number++;
    while ((c = getc_unlocked(selection->file)) != EOF && c != '\n')
        buf_append_char(text, (char)c);
    *more = c != EOF || text->length > 0;
    if (ferror(selection->file))
        return err_set(err, MSG_BAD_FROM, "cannot read %s: %s",
                       selection->file_name, strerror(errno));
    return !text->overflowed ||
           err_set(err, MSG_BAD_FROM, "%s:%lld: the line is over 64 MiB long",
                   selection->file_name, (long long)selection->number);
}

/* Blank lines are skipped. */
static bool
next_line(struct selection *selection, bool *more, struct err *err)
{
    do
        if (!read_line(selection, more, err))
            return false;
    while (*more && span_trim(buf_span(&selection->text)).length == 0);
    return true;
}

/* ---- both -------------------------------------------------------------- */

bool
selection_begin(struct selection *selection, struct push *push,
                struct err *stale, struct err *err)
{
    *selection = (struct selection){.push = push};
    if (stale != NULL)
        stale->kind = ERR_NONE;
    if (!(push->context->options->from_file != NULL
              ? begin_file(selection, err)
              : begin_select(selection, stale, err)))
        return false;
    selection->maker = line_maker_new(selection->binding);
    return true;
}

static bool
make_from_text(struct selection *selection, const char *idempotency_key,
               struct line *line, struct err *fault)
{
    return line_from_json(selection->maker,
                          span_trim(buf_span(&selection->text)),
                          idempotency_key, line, fault) ||
           err_wrap(fault, "%s:%lld", selection->file_name,
                    (long long)selection->number);
}

bool
selection_next(struct selection *selection, const char *idempotency_key,
               struct line *line, struct err *fault, bool *more,
               struct err *err)
{
    bool is_file = selection->file != NULL;
    bool is_valid;

    fault->kind = ERR_NONE;
    if (!(is_file ? next_line(selection, more, err)
                  : next_row(selection, more, err)))
        return false;
    if (!*more)
        return true;
    is_valid = is_file ? make_from_text(selection, idempotency_key, line, fault)
                       : line_make(selection->maker, selection->values,
                                   idempotency_key, line, fault);
    if (is_valid)
        fault->kind = ERR_NONE;
    return true;
}

void
selection_end(struct selection *selection)
{
    task_group_wait(&selection->fetcher);
    line_maker_free(selection->maker);
    pg_result_free(selection->page);
    pg_result_free(selection->ahead);
    pg_close(selection->conn);
    if (selection->file != NULL && selection->file != stdin)
        fclose(selection->file);
    buf_free(&selection->text);
}
