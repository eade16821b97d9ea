/*
 *     begin ─► the line is set, the id is set, in any order ─► flush
 *                     └─► or dropped
 *
 * A row, an object and an instance are each one piece, and its number is its
 * index in the list. At the flush a piece is dropped if its parent was dropped
 * or has no id. Such rows are counted as orphans.
 *
 * Hazards. The text moves while it grows, so pieces have offsets, not spans.
 * What the sink gets, and the result of pieces_id(), is valid only until
 * something is added. In the list, a parent is before its children, so
 * drop_orphan() has already decided whether it is dropped. An overflow of the
 * text is noticed only at the flush.
 */
#include "paged/pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    TEXT_BYTES_MAX = 256 * 1024 * 1024,
    TEXT_BYTES_KEPT = 1024 * 1024,
    TEXT_BYTES_WHOLE = 1024 * 1024,
    END_BYTES = 32, /* of a line, without the parent's id */
    PIECES_KEPT = 4096
};

enum piece_kind { PIECE_ROW, PIECE_OBJECT, PIECE_INSTANCE };

/* A part of pieces.text; it has no bytes if the value is absent. */
struct place {
    size_t at;
    size_t length;
};

struct piece {
    enum piece_kind kind;
    bool is_dropped; /* it has no row, or its parent has none or no id */
    bool is_whole;   /* the line has its end */
    int parent;
    struct place id;   /* of an instance: its cursor */
    struct place json; /* the id as a JSON string */
    struct place line; /* of a row */
    const struct plan_table *table;
    struct split_instance instance;
};

struct pieces
pieces_new(void)
{
    return (struct pieces){.text = buf_with_ceiling(TEXT_BYTES_MAX),
                           .line = buf_with_ceiling(TEXT_BYTES_MAX)};
}

void
pieces_free(struct pieces *pieces)
{
    buf_free(&pieces->text);
    buf_free(&pieces->line);
    free(pieces->list);
}

void
pieces_clear(struct pieces *pieces)
{
    buf_clear(&pieces->text);
    buf_clear(&pieces->line);
    buf_shrink(&pieces->text, TEXT_BYTES_KEPT);
    buf_shrink(&pieces->line, TEXT_BYTES_KEPT);
    pieces->count = 0;
    if (pieces->room <= PIECES_KEPT)
        return;
    free(pieces->list);
    pieces->list = NULL;
    pieces->room = 0;
}

/* ---- adding ------------------------------------------------------------- */

static struct piece *
add(struct pieces *pieces, enum piece_kind kind, int parent)
{
    struct piece *piece;

    if (pieces->count == PIECES_MAX)
        return NULL;
    if (pieces->count == pieces->room) {
        pieces->room = pieces->room > 0 ? pieces->room * 2 : 64;
        pieces->list = mem_resize(pieces->list,
                                  (size_t)pieces->room * sizeof(*pieces->list));
    }
    piece = &pieces->list[pieces->count++];
    *piece = (struct piece){.kind = kind, .parent = parent};
    return piece;
}

static struct place
keep(struct pieces *pieces, struct span span)
{
    struct place place = {pieces->text.length, span.length};

    buf_append_span(&pieces->text, span);
    return place;
}

static struct span
kept(const struct pieces *pieces, struct place place)
{
    return place.length > 0 && !pieces->text.overflowed
               ? span_of(pieces->text.bytes + place.at, place.length)
               : span_of("", 0);
}

int
pieces_begin(struct pieces *pieces, const struct plan_table *table, int parent)
{
    struct piece *piece =
        add(pieces, table != NULL ? PIECE_ROW : PIECE_OBJECT, parent);

    if (piece == NULL)
        return -1;
    piece->table = table;
    return pieces->count - 1;
}

void
pieces_set_id(struct pieces *pieces, int piece, struct span source,
              struct span id)
{
    size_t at = pieces->text.length;

    if (source.bytes[0] == '"')
        buf_append(&pieces->text, source.bytes, source.length);
    else
        buf_append_json(&pieces->text, id);
    pieces->list[piece].json = (struct place){at, pieces->text.length - at};
    if (source.bytes[0] == '"' && source.length == id.length + strlen("\"\""))
        pieces->list[piece].id = (struct place){at + 1, id.length};
    else /* it has escapes, or is a number */
        pieces->list[piece].id = keep(pieces, id);
}

/* The end of a line. */
static void
append_end(const struct pieces *pieces, const struct piece *piece,
           struct buf *out)
{
    static const char member[] = ",\"__parentId\":";

    if (piece->table->parent != NULL) {
        buf_append(out, member, sizeof(member) - 1);
        if (piece->parent == PIECES_NO_PARENT)
            buf_append_json(out, pieces->outer);
        else
            buf_append_span(out,
                            kept(pieces, pieces->list[piece->parent].json));
    }
    buf_append_char(out, '}');
}

/* The parent's id has nearly always come before its children. Room is made
 * first, because the id is in the same text. After TEXT_BYTES_WHOLE, each line
 * gets its end when it is given: a long id that is repeated in many lines would
 * make the text many times as long as the answer. */
void
pieces_set_line(struct pieces *pieces, int piece, struct span line)
{
    struct piece *row = &pieces->list[piece];
    bool has_parent =
        row->parent != PIECES_NO_PARENT && row->table->parent != NULL;
    size_t end = has_parent ? pieces->list[row->parent].json.length : 0;

    if ((has_parent && end == 0) ||
        pieces->text.length + line.length + end > TEXT_BYTES_WHOLE ||
        buf_reserve(&pieces->text, line.length + end + END_BYTES) == NULL) {
        row->line = keep(pieces, line);
        return;
    }
    row->line.at = pieces->text.length;
    buf_append_span(&pieces->text, line);
    append_end(pieces, row, &pieces->text);
    row->line.length = pieces->text.length - row->line.at;
    row->is_whole = true;
}

void
pieces_drop(struct pieces *pieces, int piece)
{
    pieces->list[piece].is_dropped = true;
}

bool
pieces_instance(struct pieces *pieces, int parent,
                const struct split_instance *instance)
{
    struct piece *piece = add(pieces, PIECE_INSTANCE, parent);

    if (piece == NULL)
        return false;
    piece->instance = *instance;
    piece->id = keep(pieces, instance->cursor);
    return true;
}

struct span
pieces_id(const struct pieces *pieces, int piece)
{
    return kept(pieces, pieces->list[piece].id);
}

/* ---- giving ------------------------------------------------------------- */

/* The id of the parent of a piece. */
static struct span
parent_id(const struct pieces *pieces, const struct piece *piece)
{
    return piece->parent != PIECES_NO_PARENT ? pieces_id(pieces, piece->parent)
                                             : span_of("", 0);
}

static bool
give_line(struct pieces *pieces, const struct piece *piece,
          const struct split_sink *sink, struct split_counts *counts,
          struct err *err)
{
    struct span line = kept(pieces, piece->line);

    if (!piece->is_whole) {
        buf_clear(&pieces->line);
        buf_append_span(&pieces->line, line);
        append_end(pieces, piece, &pieces->line);
        line = buf_span(&pieces->line);
    }
    counts->lines++;
    if (sink->row != NULL)
        sink->row(sink->ctx, piece->table,
                  piece->parent != PIECES_NO_PARENT ||
                          piece->table->parent == NULL
                      ? parent_id(pieces, piece)
                      : pieces->outer,
                  kept(pieces, piece->id));
    return sink->line(sink->ctx, piece->table, line, err);
}

static bool
give_instance(const struct pieces *pieces, struct piece *piece,
              const struct split_sink *sink, struct err *err)
{
    piece->instance.cursor = kept(pieces, piece->id);
    piece->instance.parent_id = parent_id(pieces, piece);
    return sink->instance(sink->ctx, &piece->instance, err);
}

/* Pieces without a parent that has an id lead nowhere. */
static void
drop_orphan(struct pieces *pieces, struct piece *piece,
            struct split_counts *counts)
{
    const struct piece *parent;

    if (piece->is_dropped || piece->parent == PIECES_NO_PARENT)
        return;
    parent = &pieces->list[piece->parent];
    piece->is_dropped = parent->is_dropped || parent->id.length == 0;
    counts->orphans += piece->is_dropped && piece->kind == PIECE_ROW;
}

bool
pieces_flush(struct pieces *pieces, const struct split_sink *sink,
             struct split_counts *counts, struct err *err)
{
    bool given = true;

    if (pieces->text.overflowed || pieces->line.overflowed)
        return err_set(err, MSG_PAGE_SHAPE, "a row of the page is too large");
    for (int i = 0; i < pieces->count && given; i++) {
        struct piece *piece = &pieces->list[i];

        drop_orphan(pieces, piece, counts);
        if (piece->is_dropped || piece->kind == PIECE_OBJECT)
            continue;
        given = piece->kind == PIECE_ROW
                    ? give_line(pieces, piece, sink, counts, err)
                    : give_instance(pieces, piece, sink, err);
    }
    pieces->count = 0;
    buf_clear(&pieces->text);
    return given;
}
