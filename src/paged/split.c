/*
 * One pass over the answer, with a stack of frames, one for each array and
 * object that is open:
 *
 *     ANSWER ─► data ─► FIELDS ─┬─► FIELDS             an object with places
 *                               ├─► CONNECTION ─┬─► INFO
 *                               │               └─► LIST ─► EDGE ─► ROW
 *                               └─► LIST ─► ROW        a list is the rows
 *     ROW ─┬─► a place below it: FIELDS, CONNECTION, LIST
 *          └─► any other member is copied as it came
 *
 * Arrays and objects without a frame are passed over or copied. Members that
 * follow each other and are copied make a run, which is copied at once. Lines
 * and instances go to pieces.c, which gives them to the caller when the
 * outermost row or parent ends.
 *
 * Hazards. The server may send any key. A key becomes a member of a line only
 * if it is a GraphQL name and not one of bulkpg's own names. The blanks between
 * copied values may have newlines, which a line must not have. Only the
 * structure around copied values is checked (json/scan.h). The load checks the
 * values, because it reads each line. The sink may wait.
 */
#include "paged/split.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/name.h"
#include "json/scan.h"
#include "paged/pieces.h"

enum {
    LINE_BYTES_MAX = 128 * 1024 * 1024,
    LINE_BYTES_KEPT = 64 * 1024,
    SEEN_MAX = 64,
    TOTAL_DIGITS = 18
};

enum frame_kind {
    FRAME_ANSWER,     /* the object around `data` */
    FRAME_FIELDS,     /* an object with places, outside or inside of a row */
    FRAME_CONNECTION, /* has rows_key, pageInfo, and the total */
    FRAME_INFO,       /* pageInfo */
    FRAME_LIST,       /* of edges, rows, elements or parents */
    FRAME_EDGE        /* has node_key */
};

struct frame {
    enum frame_kind kind;
    const struct pages_place *place;  /* NULL: `data` */
    const struct pages_place *places; /* FIELDS: below it */
    uint64_t seen;    /* FIELDS: bit n: the object has the place number n */
    uint64_t visits;  /* FIELDS: members that are not only copied */
    int piece;        /* FIELDS, EDGE: the row or object that it is, or is in */
    bool is_holder;   /* FIELDS: it is the row or object `piece` itself */
    bool is_in_line;  /* members are copied to the line */
    bool has_members; /* the next member needs a comma */
    bool ends_row;    /* the line ends with this frame */
    bool has_node;    /* EDGE */
};

/* A connection that is open. */
struct open_connection {
    struct split_instance instance;
    int parent;     /* the piece that it is below */
    bool is_by_ids; /* its rows were asked for by their ids */
    bool has_rows;
    bool has_info; /* hasNextPage was true or false */
    bool has_next;
    struct buf cursor;
};

/* A line that is open, and the fields of its edge. */
struct open_line {
    struct buf text;
    struct buf edge;
};

struct split {
    struct pieces pieces;
    struct frame frames[JSON_MAX_DEPTH + 1];
    struct open_connection connections[JSON_MAX_DEPTH + 1];
    struct open_line lines[JSON_MAX_DEPTH + 1];
    int depth; /* of frames */
    int connection_count;
    int line_count;
    int holders;     /* rows and objects that are open */
    bool is_other;   /* in a value without a frame */
    bool copies;     /* this value is copied, not skipped */
    uint64_t visits; /* those of the innermost frame */
    bool has_data;
    const char *end;    /* of the answer */
    bool has_newlines;  /* it may have some */
    struct span key;    /* of the member whose value comes next */
    struct span run;    /* members that follow each other in the answer, to be
                         * copied at once; empty: none */
    struct buf decoded; /* an id or a cursor with escapes */
    int parent_index;   /* PAGES_PARENTS: number of the next one */

    const struct pages_request *request;
    const struct pages_values *values;
    const struct split_sink *sink;
    struct split_counts *counts;
    struct err *err;
    bool stopped;
};

struct split *
split_new(void)
{
    struct split *split = mem_alloc(sizeof(*split));

    split->pieces = pieces_new();
    split->decoded = buf_with_ceiling(LINE_BYTES_MAX);
    for (int i = 0; i <= JSON_MAX_DEPTH; i++) {
        split->lines[i].text = buf_with_ceiling(LINE_BYTES_MAX);
        split->lines[i].edge = buf_with_ceiling(LINE_BYTES_MAX);
        split->connections[i].cursor = buf_with_ceiling(PAGES_CURSOR_BYTES_MAX);
    }
    return split;
}

void
split_free(struct split *split)
{
    if (split == NULL)
        return;
    pieces_free(&split->pieces);
    buf_free(&split->decoded);
    for (int i = 0; i <= JSON_MAX_DEPTH; i++) {
        buf_free(&split->lines[i].text);
        buf_free(&split->lines[i].edge);
        buf_free(&split->connections[i].cursor);
    }
    free(split);
}

/* ---- state -------------------------------------------------------------- */

static void
stop(struct split *split)
{
    split->stopped = true;
}

static void
refuse(struct split *split, const char *what)
{
    if (split->stopped)
        return;
    err_set(split->err, MSG_PAGE_SHAPE, "%.*s of the answer is %s",
            SPAN_ARG(split->key), what);
    stop(split);
}

static struct frame *
top(struct split *split)
{
    return split->depth > 0 ? &split->frames[split->depth - 1] : NULL;
}

static struct frame *
push(struct split *split, enum frame_kind kind, const struct pages_place *place)
{
    const struct frame *around = top(split);
    struct frame *frame = &split->frames[split->depth++];

    *frame = (struct frame){.kind = kind,
                            .place = place,
                            .visits = SCAN_ALL_KEYS,
                            .piece = around != NULL ? around->piece
                                                    : PIECES_NO_PARENT};
    split->visits = SCAN_ALL_KEYS;
    return frame;
}

static struct open_line *
line_of(struct split *split)
{
    return &split->lines[split->line_count - 1];
}

static struct open_connection *
connection_of(struct split *split)
{
    return &split->connections[split->connection_count - 1];
}

static bool
key_is(const struct split *split, const char *key)
{
    return key != NULL && span_is(split->key, key);
}

/* ---- lines -------------------------------------------------------------- */

/* Can the member be part of a line? */
static bool
is_member(const struct split *split)
{
    struct span key = split->key;

    if (key.length == 0 || name_length(key.bytes, split->end) < key.length)
        return false;
    if (key.bytes[0] == '_')
        return !span_starts(key, "__") || span_is(key, "__typename");
    return key.bytes[0] != 'b' || !span_starts(key, "bulkpg_");
}

static void
append_key(struct split *split, struct buf *out, bool needs_comma)
{
    size_t length = split->key.length + (needs_comma ? 4 : 3);
    char *room = buf_reserve(out, length);

    if (room == NULL)
        return;
    if (needs_comma)
        *room++ = ',';
    *room++ = '"';
    memcpy(room, split->key.bytes, split->key.length);
    memcpy(room + split->key.length, "\":", 2);
    buf_extend(out, length);
}

/* Blanks between values may be newlines. Strings have none (json/scan.h). */
static void
append_source(const struct split *split, struct buf *out, struct span source)
{
    char *to;
    size_t i = 0;

    if (!split->has_newlines) {
        buf_append(out, source.bytes, source.length);
        return;
    }
    to = source.length > 0 ? buf_reserve(out, source.length) : NULL;
    if (to == NULL)
        return;
    for (; i + STEP <= source.length; i += STEP) {
        step_bytes bytes = step_load(source.bytes + i);

        bytes ^= (bytes == '\n') & ('\n' ^ ' ');
        memcpy(to + i, &bytes, STEP);
    }
    for (; i < source.length; i++)
        to[i] = source.bytes[i] == '\n' ? ' ' : source.bytes[i];
    buf_extend(out, source.length);
}

/* Append the members that were to be copied. Called before anything else is
 * appended to the line. */
static void
end_run(struct split *split)
{
    if (split->run.length > 0)
        append_source(split, &line_of(split)->text, split->run);
    split->run.length = 0;
}

/* Copy a member, or several, from its key to the end of its value. */
static void
copy_from(struct split *split, struct frame *frame, const char *key,
          const char *end)
{
    if (split->run.length == 0) {
        split->run.bytes = key;
        if (frame->has_members)
            buf_append_char(&line_of(split)->text, ',');
    }
    split->run.length = (size_t)(end - split->run.bytes);
    frame->has_members = true;
}

/* Copy a member of a row, or of an object in it. */
static void
copy_member(struct split *split, struct frame *frame, struct span source)
{
    if (is_member(split))
        copy_from(split, frame, split->key.bytes - strlen("\""),
                  source.bytes + source.length);
    else
        end_run(split);
}

/* Members that have nothing to do with the places of the row. */
static void
on_run(void *ctx, struct span source)
{
    struct split *split = ctx;

    copy_from(split, top(split), source.bytes, source.bytes + source.length);
}

/* Copy a value of a row, of a list in it, or of its edge. */
static void
copy_value(struct split *split, struct span source)
{
    struct frame *frame = top(split);
    struct open_line *line = line_of(split);

    if (frame->kind == FRAME_FIELDS) {
        copy_member(split, frame, source);
    } else if (frame->kind == FRAME_LIST) {
        if (frame->has_members)
            buf_append_char(&line->text, ',');
        frame->has_members = true;
        append_source(split, &line->text, source);
    } else if (is_member(split)) {
        append_key(split, &line->edge, line->edge.length > 0);
        append_source(split, &line->edge, source);
    }
}

static bool
begin_piece(struct split *split, struct frame *frame,
            const struct plan_table *table)
{
    frame->piece = pieces_begin(&split->pieces, table, frame->piece);
    frame->is_holder = true;
    split->holders++;
    if (frame->piece >= 0)
        return true;
    refuse(split, "a row with too many rows below it");
    return false;
}

static void
begin_row(struct split *split, struct frame *frame)
{
    const struct plan_table *table = frame->place->table;
    struct open_line *line;

    if (!begin_piece(split, frame, table))
        return;
    split->line_count++;
    line = line_of(split);
    buf_clear(&line->text);
    buf_clear(&line->edge);
    buf_append_span(&line->text, table->page_head);
    frame->ends_row = true;
}

static void
end_row(struct split *split, const struct frame *frame)
{
    struct open_line *line = line_of(split);

    if (line->edge.length > 0) {
        buf_append_str(&line->text, ",\"" PAGES_EDGE_KEY "\":{");
        buf_append_span(&line->text, buf_span(&line->edge));
        buf_append_char(&line->text, '}');
    }
    if (line->text.overflowed || line->edge.overflowed)
        refuse(split, "a row that is too large");
    else
        pieces_set_line(&split->pieces, frame->piece, buf_span(&line->text));
    buf_shrink(&line->text, LINE_BYTES_KEPT);
    buf_shrink(&line->edge, LINE_BYTES_KEPT);
    split->line_count--;
}

static void
flush(struct split *split)
{
    if (!split->stopped &&
        !pieces_flush(&split->pieces, split->sink, split->counts, split->err))
        stop(split);
}

/* ---- instances ---------------------------------------------------------- */

static void
add_instance(struct split *split, int parent,
             const struct split_instance *instance)
{
    if (!pieces_instance(&split->pieces, parent, instance))
        refuse(split, "a row with too many rows below it");
    else if (split->holders == 0)
        flush(split);
}

static void
add_state(struct split *split, int parent,
          const struct pages_connection *connection, enum split_state state)
{
    add_instance(split, parent,
                 &(struct split_instance){
                     .connection = connection, .state = state, .total = -1});
}

static bool
is_by_ids(const struct split *split, const struct pages_place *place)
{
    return split->request->by != PAGES_BY_ROOT &&
           place == split->request->places;
}

/* Must the members of an object be there that lead to a connection, also if a
 * fragment selects the connection? Those of `data` must; and those of a parent
 * of a certain type, because it was asked for by its id. */
static bool
is_way_certain(const struct pages_place *around)
{
    return around == NULL ||
           (around->kind == PAGES_PARENTS && !around->table->is_abstract);
}

/* The place has no rows, because it, or an object around it, is null or absent.
 * If the row has no such object, its connections have no rows. Otherwise, or if
 * `is_fault`, it is never an empty connection. */
static void
add_absent(struct split *split, int parent, const struct pages_place *place,
           bool is_fault, bool is_certain)
{
    if (place->kind == PAGES_PARENTS || is_by_ids(split, place))
        refuse(split, "without the objects that were asked for");
    else if (place->kind == PAGES_ROWS || place->kind == PAGES_ROW)
        add_state(split, parent, place->connection,
                  is_fault ? SPLIT_NULL : SPLIT_CLOSED);
    else if (place->kind == PAGES_OBJECT)
        for (const struct pages_place *p = place->first; p; p = p->next)
            if (!split->stopped)
                add_absent(split, parent, p,
                           is_fault && (is_certain || !p->is_optional),
                           is_certain);
}

static void
begin_connection(struct split *split, const struct pages_place *place,
                 int parent)
{
    struct open_connection *open = &split->connections[split->connection_count];

    split->connection_count++;
    open->instance =
        (struct split_instance){.connection = place->connection, .total = -1};
    open->parent = parent;
    open->is_by_ids = is_by_ids(split, place);
    open->has_rows = place->rows_key == NULL;
    open->has_info = open->has_next = false;
    buf_clear(&open->cursor);
}

static enum split_state
state_by_cursor(const struct open_connection *open)
{
    if (!open->has_info)
        return SPLIT_BROKEN;
    if (!open->has_next)
        return SPLIT_CLOSED;
    return open->instance.cursor.length > 0 ? SPLIT_OPEN : SPLIT_BROKEN;
}

/* Rows that are null count as well, because the server has skipped them. */
static enum split_state
state_by_offset(const struct split *split, struct open_connection *open)
{
    struct split_instance *instance = &open->instance;
    int64_t came = instance->rows + instance->nulls;

    if (instance->connection == split->request->connection)
        instance->offset = split->values->offset;
    instance->offset += came;
    if (came == 0 ||
        (instance->total >= 0 && instance->offset >= instance->total))
        return SPLIT_CLOSED;
    return SPLIT_OPEN;
}

static void
end_connection(struct split *split)
{
    struct open_connection *open = connection_of(split);
    struct split_instance *instance = &open->instance;

    instance->cursor = buf_span(&open->cursor);
    if (!open->has_rows)
        instance->state = SPLIT_NULL;
    else if (instance->connection->is_only)
        instance->state = SPLIT_CLOSED;
    else if (instance->connection->kind == PAGES_RELAY)
        instance->state = state_by_cursor(open);
    else if (instance->connection->kind == PAGES_OFFSET)
        instance->state = state_by_offset(split, open);
    else
        instance->state = SPLIT_CLOSED;
    split->connection_count--;
    if (open->cursor.overflowed)
        refuse(split, "a cursor that is too large");
    else if (!open->is_by_ids)
        add_instance(split, open->parent, instance);
}

/* ---- the ends of objects ------------------------------------------------ */

static void
report_parent(struct split *split, struct span id)
{
    if (!split->stopped &&
        !split->sink->parent(split->sink->ctx, split->parent_index++, id,
                             split->err))
        stop(split);
}

static void
add_apart(struct split *split, const struct frame *frame)
{
    const struct pages_connection *list = split->request->pages->connections;
    const struct pages_place *place = frame->place;

    for (int i = 0; i < place->apart_count && !split->stopped; i++)
        add_state(split, frame->piece, &list[place->apart[i]], SPLIT_APART);
}

/* What the object should have, and has not. */
static void
add_unseen(struct split *split, const struct frame *frame)
{
    int n = 0;

    for (const struct pages_place *p = frame->places; p; p = p->next, n++)
        if (n < SEEN_MAX && (frame->seen >> n & 1) == 0 && !split->stopped)
            add_absent(split, frame->piece, p, !p->is_optional,
                       is_way_certain(frame->place));
}

static void
end_holder(struct split *split, const struct frame *frame)
{
    const struct pages_place *place = frame->place;
    struct span id = pieces_id(&split->pieces, frame->piece);

    if (place->kind == PAGES_PARENTS || is_by_ids(split, place))
        report_parent(split, id);
    else if (place->kind == PAGES_ROWS)
        connection_of(split)->instance.rows++;
    if (place->kind != PAGES_PARENTS)
        add_apart(split, frame);
    if (place->kind == PAGES_ROW && !is_by_ids(split, place))
        add_instance(split, PIECES_NO_PARENT,
                     &(struct split_instance){.connection = place->connection,
                                              .state = SPLIT_CLOSED,
                                              .rows = 1,
                                              .total = -1});
    if (--split->holders == 0)
        flush(split);
}

static void
count_null(struct split *split, const struct pages_place *place)
{
    if (place->kind == PAGES_PARENTS || is_by_ids(split, place))
        report_parent(split, span_of("", 0));
    else if (place->kind == PAGES_ROWS)
        connection_of(split)->instance.nulls++;
}

static void
end_fields(struct split *split, const struct frame *frame)
{
    end_run(split);
    add_unseen(split, frame);
    if (frame->is_in_line && !frame->ends_row &&
        !(frame->is_holder && frame->place->kind == PAGES_ROWS))
        buf_append_char(&line_of(split)->text, '}');
    if (frame->ends_row)
        end_row(split, frame);
    if (frame->is_holder && frame->place->node_key == NULL)
        end_holder(split, frame);
}

static void
end_edge(struct split *split, const struct frame *frame)
{
    bool is_row = frame->place->kind == PAGES_ROWS;

    if (is_row && frame->has_node)
        end_row(split, frame);
    else if (is_row)
        split->line_count--;
    if (!frame->has_node) {
        pieces_drop(&split->pieces, frame->piece);
        count_null(split, frame->place);
        if (--split->holders == 0)
            flush(split);
        return;
    }
    end_holder(split, frame);
}

static void
end_frame(struct split *split)
{
    const struct frame *frame = &split->frames[--split->depth];

    split->visits = split->depth > 0 ? top(split)->visits : SCAN_ALL_KEYS;
    switch (frame->kind) {
    case FRAME_FIELDS:
        end_fields(split, frame);
        break;
    case FRAME_EDGE:
        end_edge(split, frame);
        break;
    case FRAME_CONNECTION:
        if (frame->place->kind == PAGES_ROWS)
            end_connection(split);
        break;
    case FRAME_LIST:
        if (frame->place->kind == PAGES_ELEMENTS)
            buf_append_char(&line_of(split)->text, ']');
        else if (frame->place->kind == PAGES_ROWS &&
                 frame->place->rows_key == NULL)
            end_connection(split);
        break;
    case FRAME_ANSWER:
    case FRAME_INFO:
        break;
    }
}

/* ---- the beginnings of objects ------------------------------------------ */

/* All other members are copied as they are. */
static void
set_visits(struct split *split, struct frame *frame)
{
    frame->visits = scan_key("id", strlen("id"));
    for (const struct pages_place *p = frame->places; p; p = p->next)
        frame->visits |= scan_key(p->key, strlen(p->key));
    split->visits = frame->visits;
}

static void
begin_fields(struct split *split, const struct pages_place *place,
             const struct pages_place *places, bool is_in_line)
{
    struct frame *frame = push(split, FRAME_FIELDS, place);

    frame->places = places;
    frame->is_in_line = is_in_line;
    if (is_in_line)
        set_visits(split, frame);
    frame->has_members = false;
}

/* An element of a list of rows, elements or parents, or the only one. */
static void
begin_object(struct split *split, const struct pages_place *place)
{
    bool is_row = place->kind == PAGES_ROWS || place->kind == PAGES_ROW;
    struct frame *frame;

    if (place->node_key != NULL) {
        frame = push(split, FRAME_EDGE, place);
        frame->is_in_line = is_row;
    } else {
        begin_fields(split, place, place->first,
                     is_row || place->kind == PAGES_ELEMENTS);
        frame = top(split);
    }
    if (!is_row) {
        begin_piece(split, frame, NULL);
        return;
    }
    begin_row(split, frame);
    frame->has_members = true;
    frame->ends_row = place->node_key == NULL;
}

/* The node of an edge: the members of the row or parent that the edge began. */
static void
begin_node(struct split *split, const struct pages_place *place)
{
    struct frame *edge = top(split), *frame;
    bool is_row = place->kind == PAGES_ROWS;

    edge->has_node = true;
    begin_fields(split, place, place->first, is_row);
    frame = top(split);
    frame->is_holder = true;
    frame->has_members = is_row;
}

static const struct pages_place *
find_place(struct split *split, struct frame *frame)
{
    int n = 0;

    for (const struct pages_place *p = frame->places; p; p = p->next, n++) {
        if (!key_is(split, p->key))
            continue;
        if (n < SEEN_MAX)
            frame->seen |= (uint64_t)1 << n;
        return p;
    }
    return NULL;
}

/* A place whose value is an array or object. */
static void
begin_place(struct split *split, const struct pages_place *place,
            enum json_kind kind)
{
    bool is_list = place->kind == PAGES_ELEMENTS ||
                   (place->kind == PAGES_ROWS && place->rows_key == NULL) ||
                   (place->kind == PAGES_PARENTS && place->rows_key == NULL &&
                    split->request->by == PAGES_BY_IDS);
    struct frame *around = top(split);
    bool is_in_line = around->is_in_line;

    end_run(split);
    if ((kind == JSON_ARRAY) != is_list) {
        refuse(split,
               is_list ? "an object, not a list" : "a list, not an object");
        return;
    }
    if (is_in_line &&
        (place->kind == PAGES_OBJECT || place->kind == PAGES_ELEMENTS)) {
        append_key(split, &line_of(split)->text, around->has_members);
        around->has_members = true;
        buf_append_char(&line_of(split)->text, is_list ? '[' : '{');
    }
    if (place->kind == PAGES_ROWS)
        begin_connection(split, place, around->piece);
    if (is_list)
        push(split, FRAME_LIST, place);
    else if (place->kind == PAGES_OBJECT)
        begin_fields(split, place, place->first, is_in_line);
    else if (place->rows_key != NULL)
        push(split, FRAME_CONNECTION, place);
    else
        begin_object(split, place);
}

/* ---- events ------------------------------------------------------------- */

/* A value without a frame. Its end copies or skips it. */
static void
begin_other(struct split *split, bool copies)
{
    split->is_other = true;
    split->copies = copies;
}

static void
begin_in_connection(struct split *split, const struct frame *frame,
                    enum json_kind kind)
{
    if (key_is(split, frame->place->rows_key)) {
        if (frame->place->kind == PAGES_ROWS)
            connection_of(split)->has_rows = true;
        if (kind == JSON_ARRAY)
            push(split, FRAME_LIST, frame->place);
        else
            refuse(split, "an object, not a list");
    } else if (frame->place->kind == PAGES_ROWS && kind == JSON_OBJECT &&
               key_is(split, "pageInfo")) {
        push(split, FRAME_INFO, frame->place);
    } else {
        begin_other(split, false);
    }
}

static void
begin_in_list(struct split *split, struct frame *frame, enum json_kind kind)
{
    if (kind == JSON_ARRAY) {
        refuse(split, "a list of lists");
        return;
    }
    if (frame->place->kind == PAGES_ELEMENTS) {
        if (frame->has_members)
            buf_append_char(&line_of(split)->text, ',');
        frame->has_members = true;
        buf_append_char(&line_of(split)->text, '{');
    }
    begin_object(split, frame->place);
}

static void
begin_in_fields(struct split *split, struct frame *frame, enum json_kind kind)
{
    const struct pages_place *place = find_place(split, frame);

    if (place != NULL)
        begin_place(split, place, kind);
    else
        begin_other(split, frame->is_in_line);
}

static void
begin_data(struct split *split, enum json_kind kind)
{
    if (!key_is(split, "data")) {
        begin_other(split, false);
        return;
    }
    if (split->has_data) {
        refuse(split, "there twice");
        return;
    }
    split->has_data = true;
    if (kind != JSON_OBJECT)
        refuse(split, "a list, not an object");
    else
        begin_fields(split, NULL, split->request->places, false);
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct split *split = ctx;
    struct frame *frame = top(split);

    if (frame == NULL) {
        if (kind == JSON_OBJECT)
            push(split, FRAME_ANSWER, NULL);
        else
            refuse(split, "a list, not an object");
        return;
    }
    switch (frame->kind) {
    case FRAME_ANSWER:
        begin_data(split, kind);
        break;
    case FRAME_FIELDS:
        begin_in_fields(split, frame, kind);
        break;
    case FRAME_CONNECTION:
        begin_in_connection(split, frame, kind);
        break;
    case FRAME_INFO:
        begin_other(split, false);
        break;
    case FRAME_LIST:
        begin_in_list(split, frame, kind);
        break;
    case FRAME_EDGE:
        if (!key_is(split, frame->place->node_key))
            begin_other(split, frame->is_in_line);
        else if (kind == JSON_OBJECT && !frame->has_node)
            begin_node(split, frame->place);
        else
            refuse(split, "not one object");
        break;
    }
}

static void
on_end(void *ctx, struct span source)
{
    struct split *split = ctx;

    if (split->stopped)
        return;
    if (!split->is_other)
        end_frame(split);
    else if (split->copies)
        copy_value(split, source);
    split->is_other = false;
}

static void
on_key(void *ctx, struct span key)
{
    struct split *split = ctx;

    split->key = key;
}

/* The text of a string, valid until the next one is decoded. */
static struct span
decode(struct split *split, struct span source)
{
    struct span text;

    if (scan_string(source, &split->decoded, &text))
        return text;
    refuse(split, "not a valid string");
    return span_of("", 0);
}

static void
scalar_in_info(struct split *split, enum json_kind kind, struct span source)
{
    struct open_connection *open = connection_of(split);

    if (key_is(split, "hasNextPage")) {
        open->has_info = kind == JSON_TRUE || kind == JSON_FALSE;
        open->has_next = kind == JSON_TRUE;
    } else if (key_is(split, "endCursor") && kind == JSON_STRING) {
        buf_clear(&open->cursor);
        buf_append_span(&open->cursor, decode(split, source));
    }
}

/* -1 if it is not a count. */
static int64_t
read_total(struct span text)
{
    int64_t total = 0;

    if (text.length > TOTAL_DIGITS)
        return -1;
    for (size_t i = 0; i < text.length; i++) {
        if (!isdigit((unsigned char)text.bytes[i]))
            return -1;
        total = total * 10 + (text.bytes[i] - '0');
    }
    return total;
}

static void
scalar_in_connection(struct split *split, const struct frame *frame,
                     enum json_kind kind, struct span source)
{
    if (key_is(split, frame->place->rows_key)) {
        if (kind != JSON_NULL || frame->place->kind == PAGES_PARENTS)
            refuse(split, "not a list");
    } else if (frame->place->kind == PAGES_ROWS && kind == JSON_NUMBER &&
               key_is(split, frame->place->total_key)) {
        connection_of(split)->instance.total = read_total(source);
    }
}

/* A place whose value is null, or should have been an array or object. */
static void
scalar_at_place(struct split *split, struct frame *frame,
                const struct pages_place *place, enum json_kind kind,
                struct span source)
{
    if (kind != JSON_NULL)
        refuse(split, "a value, not an object or a list");
    else if (split->request->by == PAGES_BY_ID && frame->place == NULL)
        report_parent(split, span_of("", 0));
    else
        add_absent(split, frame->piece, place,
                   place->kind == PAGES_ROWS || split->holders == 0,
                   split->holders == 0);
    if (frame->is_in_line && place->kind != PAGES_ROWS)
        copy_value(split, source);
    else
        end_run(split);
}

static void
scalar_in_fields(struct split *split, struct frame *frame, enum json_kind kind,
                 struct span source)
{
    const struct pages_place *place = find_place(split, frame);

    if (place != NULL) {
        scalar_at_place(split, frame, place, kind, source);
        return;
    }
    if (frame->is_holder && key_is(split, "id") &&
        (kind == JSON_STRING || kind == JSON_NUMBER))
        pieces_set_id(&split->pieces, frame->piece, source,
                      kind == JSON_STRING ? decode(split, source) : source);
    if (frame->is_in_line)
        copy_value(split, source);
}

static void
scalar_in_list(struct split *split, struct frame *frame, enum json_kind kind,
               struct span source)
{
    if (kind != JSON_NULL)
        refuse(split, "a list of values, not of objects");
    else if (frame->place->kind == PAGES_ELEMENTS)
        copy_value(split, source);
    else
        count_null(split, frame->place);
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source)
{
    struct split *split = ctx;
    struct frame *frame = top(split);

    if (frame == NULL) {
        refuse(split, "a value, not an object");
        return;
    }
    switch (frame->kind) {
    case FRAME_FIELDS:
        scalar_in_fields(split, frame, kind, source);
        break;
    case FRAME_CONNECTION:
        scalar_in_connection(split, frame, kind, source);
        break;
    case FRAME_INFO:
        scalar_in_info(split, kind, source);
        break;
    case FRAME_LIST:
        scalar_in_list(split, frame, kind, source);
        break;
    case FRAME_EDGE:
        if (key_is(split, frame->place->node_key) && kind != JSON_NULL)
            refuse(split, "a value, not an object");
        else if (!key_is(split, frame->place->node_key) && frame->is_in_line &&
                 !key_is(split, "cursor") && !key_is(split, "__typename"))
            copy_value(split, source);
        break;
    case FRAME_ANSWER:
        break;
    }
}

/* ---- an answer ---------------------------------------------------------- */

static void
begin_answer(struct split *split, const struct pages_request *request,
             const struct pages_values *values, const struct split_sink *sink,
             struct split_counts *counts, struct err *err)
{
    pieces_clear(&split->pieces);
    split->key = split->run = span_of("", 0);
    split->pieces.outer =
        span_str(values->parent_id != NULL ? values->parent_id : "");
    split->depth = split->connection_count = split->line_count = 0;
    split->holders = split->parent_index = 0;
    split->is_other = split->has_data = split->stopped = false;
    split->visits = SCAN_ALL_KEYS;
    split->request = request;
    split->values = values;
    split->sink = sink;
    split->counts = counts;
    split->err = err;
    *counts = (struct split_counts){0};
}

/* Without `data`, all places are missing. */
static void
add_all_missing(struct split *split)
{
    for (const struct pages_place *p = split->request->places; p; p = p->next)
        if (!split->stopped)
            add_absent(split, PIECES_NO_PARENT, p, true, true);
}

bool
split_page(struct split *split, const struct pages_request *request,
           const struct pages_values *values, struct span answer,
           const struct split_sink *sink, struct split_counts *counts,
           struct err *err)
{
    struct scan_visitor visitor = {.on_key = on_key,
                                   .on_begin = on_begin,
                                   .on_end = on_end,
                                   .on_scalar = on_scalar,
                                   .on_run = on_run,
                                   .ctx = split,
                                   .visits = &split->visits,
                                   .passes = &split->is_other,
                                   .stopped = &split->stopped};

    begin_answer(split, request, values, sink, counts, err);
    split->end = answer.bytes + answer.length;
    split->has_newlines = memchr(answer.bytes, '\n', answer.length) != NULL;
    if (!scan_text(answer, &visitor, err))
        return false;
    if (!split->has_data)
        add_all_missing(split);
    pieces_clear(&split->pieces);
    return !split->stopped;
}
