/*
 * A row is written directly into the table's batch, in the order of staging's
 * layout (plan/layout.h), with the hash that later shows whether the row has
 * changed. If a value does not fit, the row is removed from the batch.
 *
 * Hazard. This runs for every row. It must not allocate memory, except for the
 * type that the first gid of a domain sets.
 */
#include "load/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "load/binary.h"
#include "load/encode.h"
#include "load/hash.h"
#include "load/masked.h"

enum {
    /* An entry of a B-tree may take about a third of an 8 KiB page, with all
     * columns of the key together. */
    INDEXED_BYTES_MAX = 2600,
    OID_BYTES = 4,
    HEAD_BYTES = 8 /* type and length before each value */
};

/* ---- tables ------------------------------------------------------------ */

void
rows_table_init(struct loader_table *table, const struct plan_table *plan,
                uint64_t secret)
{
    struct layout_column *all =
        mem_array((size_t)(plan->column_count + LAYOUT_OWN_MAX), sizeof(*all));
    int count = layout_columns(plan, all);

    *table = (struct loader_table){.plan = plan, .columns = all};
    for (int i = 0; i < count; i++)
        if (all[i].in_staging)
            all[table->column_count++] = all[i];
    table->hash_seed = hash_seed(plan, secret);
    if (plan->kind == PLAN_LIST)
        table->record = record_new(plan->shape);
    if (plan->kind == PLAN_CONNECTION && !plan->skip)
        tally_init(&table->tally, plan->count != NULL);
}

void
rows_table_free(struct loader_table *table)
{
    tally_free(&table->tally);
    known_free(table->known);
    free(table->has_value);
    free(table->row_has_value);
    record_free(table->record);
    free(table->columns);
    free(table->stage);
    free(table->statement);
}

/* ---- rows -------------------------------------------------------------- */

static bool
is_null_at(const struct buf *bytes, size_t at)
{
    static const char null[4] = {'\xff', '\xff', '\xff', '\xff'};

    return memcmp(bytes->bytes + at, null, sizeof(null)) == 0;
}

/* The row's GraphQL type: its __typename, or else the type in its gid. */
static void
put_typename(struct buf *out, const struct plan_table *plan,
             const struct record *record)
{
    const struct record_value *name = record_get(record, plan->typename_slot);
    const struct record_value *id = record_get(record, plan->id_slot);
    struct span type = span_of("", 0);

    if (name != NULL && name->kind == JSON_STRING)
        type = name->text;
    else if (id != NULL && id->kind == JSON_STRING)
        type = encode_gid_type(id->text);
    binary_int32(out, type.length > 0 ? (int32_t)type.length : -1);
    buf_append_span(out, type);
}

/* ---- counts of children -------------------------------------------------- */

static bool
read_time(const struct record *record, int slot, int64_t *micros)
{
    const struct record_value *value = record_get(record, slot);
    struct err err;

    return value != NULL && value->kind == JSON_STRING &&
           timestamp_parse(value->text, micros, &err);
}

/* The least number of children that the result must have. ROWS_UNPROVEN if the
 * count is only a lower bound, or if the parent changed after the operation
 * began: then the count and the children may be of different times. Negative if
 * it is not known when the parent changed. */
static int32_t
promised(const struct plan_count *count, const struct row_source *source,
         int32_t counted)
{
    const struct record_value *precision =
        record_get(source->record, count->precision_slot);
    int64_t updated;

    if (precision == NULL || !span_is(precision->text, "EXACT"))
        return ROWS_UNPROVEN;
    if (source->asked_at == ROWS_ASKED_UNKNOWN ||
        (!read_time(source->record, count->updated_slot, &updated) &&
         !read_time(source->record, count->own_updated_slot, &updated)))
        return -counted;
    return updated < source->asked_at ? counted : ROWS_UNPROVEN;
}

static bool
read_count(const struct record_value *value, int64_t *counted)
{
    struct err err;

    return (value->kind == JSON_NUMBER || value->kind == JSON_STRING) &&
           binary_parse_integer(value->text, 0, INT32_MAX, counted, &err);
}

/* Write the count, or NULL if it is absent or cannot be read. The latter is
 * counted, and the run reports it. The line is loaded in any case, because the
 * count is not a column of the table. */
static int32_t
put_count(struct buf *out, struct loader_table *table,
          const struct plan_count *count, const struct row_source *source)
{
    const struct record_value *value =
        record_get(source->record, count->count_slot);
    int64_t counted;
    int32_t told;

    if (value == NULL || value->kind == JSON_NULL ||
        !read_count(value, &counted)) {
        table->odd_counts += value != NULL && value->kind != JSON_NULL;
        binary_int32(out, -1);
        return ROWS_UNTOLD;
    }
    told = promised(count, source, (int32_t)counted);
    binary_int32(out, 4);
    binary_int32(out, told == ROWS_UNPROVEN ? 0 : told);
    return told;
}

/* ---- columns ------------------------------------------------------------- */

/* A column that may be the key of rows without an id: the id of another object,
 * or else the first column that can be in a key. NULL if there is none. */
static const struct plan_column *
other_key(const struct plan_table *plan)
{
    const struct plan_column *first = NULL;

    for (int i = 0; i < plan->column_count; i++) {
        const struct plan_column *column = &plan->columns[i];

        if (i == plan->id_column || column->is_list)
            continue;
        if (column->gid != NULL)
            return column;
        if (first == NULL && column->type != PLAN_JSONB)
            first = column;
    }
    return first;
}

/* If id is the key, bulkpg adds it to the document. So a line without id comes
 * from another program. */
static bool
refuse_without_key(const struct plan_table *plan,
                   const struct plan_column *column, bool is_absent,
                   struct err *err)
{
    const struct plan_column *other = other_key(plan);

    err_set(err, MSG_LINE_KEY, "the row has no key: %s is absent or null",
            column->path);
    if (!is_absent || plan->id_column < 0 ||
        column != &plan->columns[plan->id_column])
        return false;
    if (plan->kind != PLAN_CONNECTION || other == NULL)
        return err_hint(err, "bulkpg did not make this file: it adds id to the "
                             "query by itself; create the file with id");
    return err_hint(err,
                    "bulkpg did not make this file: it adds id to the query by "
                    "itself; with @table(key: [\"%s\"]) on the connection, the "
                    "file can be loaded without id",
                    other->name);
}

static bool
put_value(struct buf *out, struct plan_column *column, enum plan_type type,
          const struct row_source *source, struct rows_widen *widen,
          struct err *err)
{
    const struct record_value *value = record_get(source->record, column->slot);

    if (column->gid != NULL && !column->is_list) {
        widen->gid = column->gid;
        return encode_gid(out, column->gid, value, source->arena, err);
    }
    if (type == PLAN_TEXT && !column->takes_json && value != NULL &&
        (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY))
        return err_set(err, MSG_LINE_VALUE, "%s is not a string",
                       value->kind == JSON_OBJECT ? "an object" : "a list");
    if (encode_value(out, type, value, err))
        return true;
    if (column->may_grow && err_is(err, MSG_NUMBER_TOO_LARGE)) {
        *widen = (struct rows_widen){.column = column};
        err_code(err, MSG_WIDEN);
    }
    return false;
}

/* Check the length of an id before it is encoded. Otherwise an id that is too
 * long for the index would first widen its column. */
static bool
check_id_length(const struct record_value *value, const char *column,
                struct err *err)
{
    if (value == NULL || value->text.length <= INDEXED_BYTES_MAX)
        return true;
    return err_set(err, MSG_LINE_TOO_LONG,
                   "column %s: the value has %zu bytes, but an index takes at "
                   "most %d",
                   column, value->text.length, INDEXED_BYTES_MAX);
}

/* All columns of a key together are one entry of its index. */
static bool
check_key_length(size_t bytes, struct err *err)
{
    if (bytes <= INDEXED_BYTES_MAX)
        return true;
    return err_set(err, MSG_LINE_TOO_LONG,
                   "the row's key has %zu bytes, but an index takes at most %d",
                   bytes, INDEXED_BYTES_MAX);
}

static bool
put_any(struct buf *out, const struct loader_table *table,
        const struct layout_column *layout, const struct row_source *source,
        struct rows_widen *widen, struct err *err)
{
    struct plan_column *column = &table->plan->columns[layout->data];

    if (column->mask != PLAN_MASK_NONE)
        return masked_put(out, column, table->mask_key,
                          record_get(source->record, column->slot), err);
    return put_value(out, column, layout->type, source, widen, err);
}

static bool
put_data(struct buf *out, const struct loader_table *table,
         const struct layout_column *layout, const struct row_source *source,
         struct rows_widen *widen, struct err *err)
{
    const struct plan_table *plan = table->plan;
    struct plan_column *column = &plan->columns[layout->data];
    size_t at = out->length;

    if (layout->in_key && column->gid != NULL &&
        !check_id_length(record_get(source->record, column->slot), column->name,
                         err))
        return false;
    if (!put_any(out, table, layout, source, widen, err)) {
        err_wrap(err, "column %s", column->name);
        return false;
    }
    if (layout->in_key && !out->overflowed && is_null_at(out, at))
        return refuse_without_key(
            plan, column, record_get(source->record, column->slot) == NULL,
            err);
    if ((layout->in_key || column->index) &&
        out->length - at > INDEXED_BYTES_MAX)
        return err_set(err, MSG_LINE_TOO_LONG,
                       "column %s: the value has %zu bytes, but an index takes "
                       "at most %d",
                       column->name, out->length - at - 4, INDEXED_BYTES_MAX);
    return true;
}

/* Where the parts of a row are in its batch that its hash is made of. */
struct hashed {
    size_t parent_at;
    size_t parent_end;
    size_t values_at;
};

static void
note_hashed(struct hashed *hashed, const struct layout_column *column,
            size_t from, size_t to)
{
    if (column->role == LAYOUT_PARENT)
        *hashed = (struct hashed){.parent_at = from, .parent_end = to};
    else if (hashed->values_at == 0 &&
             (column->role == LAYOUT_DATA || column->role == LAYOUT_TYPENAME))
        hashed->values_at = from;
}

static int64_t
hash_of(const struct loader_table *table, const struct hashed *hashed)
{
    struct span bytes = buf_span(&table->batch->bytes);
    size_t at = hashed->values_at != 0 ? hashed->values_at : bytes.length;

    return hash_row(table->hash_seed,
                    span_of(bytes.bytes + hashed->parent_at,
                            hashed->parent_end - hashed->parent_at),
                    span_tail(bytes, at));
}

static bool
put_column(struct loader_table *table, int index,
           const struct row_source *source, struct rows_widen *widen,
           struct err *err)
{
    const struct layout_column *layout = &table->columns[index];
    const struct plan_table *plan = table->plan;
    struct buf *out = &table->batch->bytes;

    binary_int32(out, (int32_t)encode_oid(layout->type));
    switch (layout->role) {
    case LAYOUT_LINE:
        binary_sized_int64(out, source->line);
        return true;
    case LAYOUT_POSITION:
        binary_int32(out, 4);
        binary_int32(out, source->position);
        return true;
    case LAYOUT_PARENT_POSITION:
        binary_int32(out, 4);
        binary_int32(out, source->parent_position);
        return true;
    case LAYOUT_COUNT:
        table->told[layout->data] =
            put_count(out, table, plan->counted[layout->data]->count, source);
        return true;
    case LAYOUT_ROW_ID:
        widen->gid = plan->id_gid;
        return check_id_length(record_get(source->record, plan->id_slot), "id",
                               err) &&
               (encode_gid(out, plan->id_gid,
                           record_get(source->record, plan->id_slot),
                           source->arena, err) ||
                err_wrap(err, "its id"));
    case LAYOUT_PARENT:
        widen->gid = plan->parent_gid;
        if (!check_id_length(source->parent_id, plan->parent_column, err))
            return false;
        if (!encode_gid(out, plan->parent_gid, source->parent_id, source->arena,
                        err)) {
            err_wrap(err, "column %s", plan->parent_column);
            return false;
        }
        return true;
    case LAYOUT_ORDINAL:
    case LAYOUT_PLACE:
        binary_int32(out, -1); /* the merge numbers the rows */
        return true;
    case LAYOUT_DATA:
        return put_data(out, table, layout, source, widen, err);
    case LAYOUT_TYPENAME:
        put_typename(out, plan, source->record);
        return true;
    case LAYOUT_HASH: /* put_hash() */
    case LAYOUT_LOADED_AT:
    case LAYOUT_DELETED_AT:
        break;
    }
    return err_set(err, MSG_BUG, "the column is not one of staging's");
}

static void
take_back(struct batch *batch, size_t place)
{
    batch->bytes.length = place;
    batch->bytes.overflowed = false;
}

/* All columns of staging but the hash, which is the last one where there is
 * one. */
static bool
put_columns(struct loader_table *table, const struct row_source *source,
            struct hashed *hashed, struct rows_widen *widen, struct err *err)
{
    struct buf *out = &table->batch->bytes;
    size_t key_bytes = 0;

    for (int i = 0; i < table->column_count; i++) {
        const struct layout_column *column = &table->columns[i];
        size_t at = out->length;

        if (column->role == LAYOUT_HASH)
            break;
        if (!put_column(table, i, source, widen, err))
            return false;
        note_hashed(hashed, column, at, out->length);
        if (out->overflowed)
            continue;
        if (column->in_key)
            key_bytes += out->length - at - HEAD_BYTES;
        if (table->known != NULL && !is_null_at(out, at + OID_BYTES))
            table->row_has_value[i] = true;
    }
    return check_key_length(key_bytes, err);
}

static void
put_hash(struct loader_table *table, const struct hashed *hashed)
{
    struct buf *out = &table->batch->bytes;

    table->hash = hash_of(table, hashed);
    binary_int32(out, (int32_t)encode_oid(PLAN_BIGINT));
    binary_sized_int64(out, table->hash);
}

/* A row that the table has already stays in no batch. */
static void
end_row(struct loader_table *table, size_t place)
{
    if (table->known != NULL)
        table->mark = known_mark(table->known, table->hash);
    if (table->mark == KNOWN_NOT)
        batch_row_end(table->batch, place);
    else
        take_back(table->batch, place);
}

bool
rows_put(struct loader_table *table, const struct row_source *source,
         struct rows_widen *widen, struct err *err)
{
    struct batch *batch = table->batch;
    size_t place = batch_row_begin(batch, table->column_count);
    struct hashed hashed = {0};

    if (table->known != NULL)
        memset(table->row_has_value, 0, (size_t)table->column_count);
    if (!put_columns(table, source, &hashed, widen, err)) {
        take_back(batch, place);
        return false;
    }
    if (!table->plan->skip && !batch->bytes.overflowed)
        put_hash(table, &hashed);
    if (batch->bytes.overflowed) {
        take_back(batch, place);
        return err_set(err, MSG_LINE_TOO_LONG,
                       "the row is larger than PostgreSQL accepts");
    }
    end_row(table, place);
    return true;
}

/* ---- rows that the table has --------------------------------------------- */

void
rows_compare(struct loader_table *table, struct known *known)
{
    table->known = known;
    table->has_value = mem_array((size_t)table->column_count, sizeof(bool));
    table->row_has_value = mem_array((size_t)table->column_count, sizeof(bool));
}

void
rows_keep(struct loader_table *table)
{
    if (table->known == NULL)
        return;
    for (int i = 0; i < table->column_count; i++)
        table->has_value[i] |= table->row_has_value[i];
}

bool
rows_has_value(const struct loader_table *table, int data)
{
    for (int i = 0; i < table->column_count; i++)
        if (table->columns[i].role == LAYOUT_DATA &&
            table->columns[i].data == data)
            return table->has_value[i];
    return false;
}

void
rows_undo(struct loader_table *table)
{
    if (table->mark != KNOWN_NOT)
        known_undo(table->known, table->hash, table->mark);
    table->mark = KNOWN_NOT;
}
