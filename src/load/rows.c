/*
 * One row, in the order of staging's layout, and the hash that later tells
 * whether the row changed. It is written in place into the table's batch. If a
 * value does not fit, the batch is taken back to where the row began.
 *
 * Hazards. This runs for every row and allocates nothing, except for a gid type
 * that is learned: a gid domain without a type takes the first that comes.
 */
#include "load/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "load/binary.h"
#include "load/encode.h"

/* A third of PostgreSQL's page is what one entry of a B-tree may take: all
 * columns of a key together. */
enum {
    INDEXED_BYTES_MAX = 2600,
    HEAD_BYTES = 8 /* oid and length before each value */
};

/* ---- tables ------------------------------------------------------------ */

/* A row's hash covers the names of its columns too, so that a changed list of
 * columns rewrites every row; but not those of counts and of the row's place,
 * which is compared beside it. */
static uint64_t
hash_names(const struct loader_table *table)
{
    XXH64_hash_t hash = 0;

    for (int i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;

        if (table->columns[i].role == LAYOUT_COUNT ||
            table->columns[i].role == LAYOUT_PLACE)
            continue;
        hash = XXH3_64bits_withSeed(name, strlen(name) + 1, hash);
    }
    return hash;
}

void
rows_table_init(struct loader_table *table, const struct plan_table *plan)
{
    struct layout_column *all =
        mem_array((size_t)(plan->column_count + LAYOUT_OWN_MAX), sizeof(*all));
    int count = layout_columns(plan, all);

    *table = (struct loader_table){.plan = plan, .columns = all};
    for (int i = 0; i < count; i++)
        if (all[i].in_staging)
            all[table->column_count++] = all[i];
    table->names_hash = hash_names(table);
    if (plan->kind == PLAN_LIST)
        table->record = record_new(plan->shape);
    if (plan->kind == PLAN_CONNECTION && !plan->skip)
        tally_init(&table->tally, plan->count != NULL);
}

void
rows_table_free(struct loader_table *table)
{
    tally_free(&table->tally);
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

/* The row's GraphQL type: as it says itself, else as its gid does. */
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

/* ---- counts of what is below --------------------------------------------- */

static bool
read_time(const struct record *record, int slot, int64_t *micros)
{
    const struct record_value *value = record_get(record, slot);
    struct err err;

    return value != NULL && value->kind == JSON_STRING &&
           timestamp_parse(value->text, micros, &err);
}

/* How many rows must come: nothing is said by a count that is a lower bound
 * or may be older than what it counts. */
static int32_t
promised(const struct plan_count *count, const struct row_source *source,
         int32_t counted)
{
    const struct record_value *precision =
        record_get(source->record, count->precision_slot);
    int64_t updated;

    if (precision == NULL || !span_is(precision->text, "EXACT"))
        return 0;
    if (source->asked_at == ROWS_ASKED_UNKNOWN ||
        (!read_time(source->record, count->updated_slot, &updated) &&
         !read_time(source->record, count->own_updated_slot, &updated)))
        return -counted;
    return updated < source->asked_at ? counted : 0;
}

static bool
read_count(const struct record_value *value, int64_t *counted)
{
    struct err err;

    return (value->kind == JSON_NUMBER || value->kind == JSON_STRING) &&
           binary_parse_integer(value->text, 0, INT32_MAX, counted, &err);
}

/* A line without a count promises nothing; neither does one whose count cannot
 * be read, which the run reports. The line is loaded either way: the count is
 * not a column of the row. */
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
    binary_int32(out, told);
    return told;
}

/* ---- columns ------------------------------------------------------------- */

/* The column that may tell the rows of one parent apart: an id of something
 * else, else the first that can be in a key; NULL: none. */
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

/* bulkpg adds id to the query where it is the key, so that a line without it
 * is another program's. */
static bool
refuse_without_key(const struct plan_table *plan,
                   const struct plan_column *column, bool is_absent,
                   struct err *err)
{
    const struct plan_column *other = other_key(plan);

    err_set(err, MSG_LINE_KEY, "without its key: %s is absent or null",
            column->path);
    if (!is_absent || plan->id_column < 0 ||
        column != &plan->columns[plan->id_column])
        return false;
    if (plan->kind != PLAN_CONNECTION || other == NULL)
        return err_hint(err, "bulkpg did not make this file: it adds id to the "
                             "query by itself; make the file with id");
    return err_hint(err,
                    "bulkpg did not make this file: it adds id to the query by "
                    "itself; @table(key: [\"%s\"]) on the connection loads "
                    "the file without",
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
        return err_set(err, MSG_LINE_VALUE, "%s is no string",
                       value->kind == JSON_OBJECT ? "an object" : "a list");
    if (encode_value(out, type, value, err))
        return true;
    if (column->may_grow && err_is(err, MSG_NUMBER_TOO_LARGE)) {
        *widen = (struct rows_widen){.column = column};
        err_code(err, MSG_WIDEN);
    }
    return false;
}

/* Before an id widens its column, since it will be in an index. */
static bool
check_id_length(const struct record_value *value, const char *column,
                struct err *err)
{
    if (value == NULL || value->text.length <= INDEXED_BYTES_MAX)
        return true;
    return err_set(err, MSG_LINE_TOO_LONG,
                   "column %s: %zu bytes, and an index takes at most %d",
                   column, value->text.length, INDEXED_BYTES_MAX);
}

/* The columns of a key are one entry of its index. */
static bool
check_key_length(size_t bytes, struct err *err)
{
    if (bytes <= INDEXED_BYTES_MAX)
        return true;
    return err_set(err, MSG_LINE_TOO_LONG,
                   "its key: %zu bytes, and an index takes at most %d", bytes,
                   INDEXED_BYTES_MAX);
}

static bool
put_data(struct buf *out, const struct plan_table *plan,
         const struct layout_column *layout, const struct row_source *source,
         struct rows_widen *widen, struct err *err)
{
    struct plan_column *column = &plan->columns[layout->data];
    size_t at = out->length;

    if (layout->in_key && column->gid != NULL &&
        !check_id_length(record_get(source->record, column->slot), column->name,
                         err))
        return false;
    if (!put_value(out, column, layout->type, source, widen, err)) {
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
                       "column %s: %zu bytes, and an index takes at most %d",
                       column->name, out->length - at - 4, INDEXED_BYTES_MAX);
    return true;
}

static bool
put_column(struct loader_table *table, int index,
           const struct row_source *source, size_t hashed_from,
           struct rows_widen *widen, struct err *err)
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
        binary_int32(out, -1); /* numbered by SQL, from the line */
        return true;
    case LAYOUT_DATA:
        return put_data(out, plan, layout, source, widen, err);
    case LAYOUT_TYPENAME:
        put_typename(out, plan, source->record);
        return true;
    case LAYOUT_HASH:
        binary_sized_int64(
            out, (int64_t)XXH3_64bits_withSeed(out->bytes + hashed_from,
                                               out->length - hashed_from,
                                               table->names_hash));
        return true;
    case LAYOUT_LOADED_AT:
    case LAYOUT_DELETED_AT:
        break;
    }
    return err_set(err, MSG_BUG, "a column that staging does not have");
}

static bool
is_hashed(const struct layout_column *column)
{
    return column->role == LAYOUT_DATA || column->role == LAYOUT_TYPENAME ||
           column->role == LAYOUT_HASH;
}

static void
take_back(struct batch *batch, size_t place)
{
    batch->bytes.length = place;
    batch->bytes.overflowed = false;
}

bool
rows_put(struct loader_table *table, const struct row_source *source,
         struct rows_widen *widen, struct err *err)
{
    struct batch *batch = table->batch;
    size_t place = batch_row_begin(batch, table->column_count);
    size_t hashed_from = 0, key_bytes = 0;
    bool fits = true;

    for (int i = 0; fits && i < table->column_count; i++) {
        size_t at = batch->bytes.length;

        if (hashed_from == 0 && is_hashed(&table->columns[i]))
            hashed_from = at;
        fits = put_column(table, i, source, hashed_from, widen, err);
        if (fits && table->columns[i].in_key && !batch->bytes.overflowed)
            key_bytes += batch->bytes.length - at - HEAD_BYTES;
    }
    if (!fits || !check_key_length(key_bytes, err)) {
        take_back(batch, place);
        return false;
    }
    if (batch->bytes.overflowed) {
        take_back(batch, place);
        return err_set(err, MSG_LINE_TOO_LONG,
                       "a row larger than PostgreSQL takes");
    }
    batch_row_end(batch, place);
    return true;
}
