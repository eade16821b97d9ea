/*
 *     remask_find()     which columns have values, in the table or its history
 *     remask_values()   for each column: fetch some plain values with a cursor,
 *                       mask them here, add them to a temporary table; then
 *                       rewrite the table
 *
 * Hazards. A masked value must never be masked again: only columns that are
 * MASK_APPLIES are. A fetch brings at most 1,000 values.
 */
#include "load/remask.h"

#include <inttypes.h>

#include "json/write.h"
#include "load/masked.h"
#include "plan/ddl.h"
#include "plan/names.h"
#include "plan/template.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 1024 * 1024, PAIRS_BYTES_MAX = 256 * 1024 * 1024 };

#define FETCH "FETCH FORWARD 1000 FROM bulkpg_values"

/* A column of a table or of its history. */
struct site {
    struct pg_conn *conn;
    const char *schema;
    const char *relation;
    const struct plan_column *column;
};

/* ---- which columns ------------------------------------------------------- */

static bool
is_filled(const struct site *site, bool *filled, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    struct pg_result *result;
    bool asked;

    buf_append_str(&sql, "SELECT EXISTS (SELECT FROM ");
    ddl_append_qualified(&sql, site->schema, site->relation);
    buf_append_str(&sql, " WHERE ");
    name_append_quoted(&sql, site->column->name);
    buf_append_str(&sql, " IS NOT NULL)");
    asked = pg_exec(site->conn, buf_str(&sql), 0, NULL, &result, err);
    buf_free(&sql);
    if (!asked)
        return false;
    *filled = pg_bool(result, 0, 0);
    pg_result_free(result);
    return true;
}

static bool
table_changes(const struct target *target, int column)
{
    return target->exists && target->has_column[column] &&
           target_mask_change(target, column) != MASK_KEEPS;
}

static bool
history_changes(const struct target *target, int column)
{
    return target->history.exists && target->history.has_column[column] &&
           target->history.mask_change[column] != MASK_KEEPS;
}

static const char *
words_of(const struct target *target, bool is_history, int column)
{
    if (is_history && !target->history.knows_mask[column])
        return "and it is not known whether they are masked";
    return target->masks[column].how != NULL
               ? "which were masked in another way or with another key"
               : "which are not masked";
}

/* Of the table, or of its history. */
static bool
find_values(const struct plan *plan, const struct site *site,
            const struct target *target, int column, bool is_history, bool may,
            struct err *err)
{
    bool filled;

    if (!is_filled(site, &filled, err))
        return false;
    if (!filled && is_history)
        target->history.mask_change[column] = MASK_CLEARS;
    else if (!filled)
        target->mask_change[column] = MASK_CLEARS;
    return !filled || may ||
           mask_error(plan, site->column, MSG_MASK_FILLED, err,
                      "column %s of %s.%s already has values, %s",
                      site->column->name, site->schema, site->relation,
                      words_of(target, is_history, column));
}

static bool
find_column(const struct plan *plan, const struct plan_table *table,
            struct site *site, const struct target *target, int column,
            bool may, struct err *err)
{
    site->column = &table->columns[column];
    site->relation = table->name;
    if (table_changes(target, column) &&
        !find_values(plan, site, target, column, false, may, err))
        return false;
    site->relation = table->history;
    return !history_changes(target, column) ||
           find_values(plan, site, target, column, true, may, err);
}

bool
remask_find(struct pg_conn *conn, const struct plan *plan, const char *schema,
            const struct target *targets, bool may, struct err *err)
{
    struct site site = {.conn = conn, .schema = schema};

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];

        for (int c = 0; !table->skip && c < table->column_count; c++)
            if (!find_column(plan, table, &site, &targets[i], c, may, err))
                return false;
    }
    return true;
}

bool
remask_any(const struct plan_table *table, const struct target *target)
{
    for (int c = 0; !table->skip && c < table->column_count; c++)
        if (table_changes(target, c) || history_changes(target, c))
            return true;
    return false;
}

static bool
table_applies(const struct target *target, int column)
{
    return table_changes(target, column) &&
           target->mask_change[column] == MASK_APPLIES;
}

static bool
history_applies(const struct target *target, int column)
{
    return history_changes(target, column) &&
           target->history.mask_change[column] == MASK_APPLIES;
}

static void
describe(struct buf *sql, const char *schema, const char *relation,
         const struct plan_column *column)
{
    buf_append_str(sql, "-- The values of ");
    ddl_append_qualified(sql, schema, relation);
    buf_append_char(sql, '.');
    name_append_quoted(sql, column->name);
    buf_printf(sql, " are masked (%s).\n", mask_name(column->mask));
}

void
remask_describe(struct buf *sql, const struct plan_table *table,
                const char *schema, const struct target *target)
{
    for (int c = 0; !table->skip && c < table->column_count; c++) {
        if (table_applies(target, c))
            describe(sql, schema, table->name, &table->columns[c]);
        if (history_applies(target, c))
            describe(sql, schema, table->history, &table->columns[c]);
    }
}

/* ---- masking ------------------------------------------------------------- */

static bool
run_template(const struct site *site, const char *text, struct err *err)
{
    struct template_values values = {.count = 0};
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool done;

    template_name(&values, "table", site->schema, site->relation);
    template_name(&values, "column", NULL, site->column->name);
    template_sql(&values, "type", plan_type_name(site->column->type));
    template_append(&sql, text, &values);
    done = pg_script(site->conn, buf_str(&sql), err);
    buf_free(&sql);
    template_free(&values);
    return done;
}

/* The masked forms of the values in a result, as JSON. A value whose form is
 * NULL is left out. */
static void
write_pairs(const struct site *site, const struct hmac_key *key,
            const struct pg_result *result, struct buf *pairs)
{
    struct json_out *json = json_out_new(pairs);
    struct buf masked = buf_with_ceiling(PAIRS_BYTES_MAX);

    json_out_open(json, '[');
    for (int row = 0; row < pg_rows(result); row++) {
        buf_clear(&masked);
        if (!masked_text(&masked, site->column, key, pg_value(result, row, 1)))
            continue;
        json_out_open(json, '{');
        json_out_number(json, "n", pg_int64(result, row, 0));
        json_out_text(json, "m", buf_str(&masked));
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
    json_out_free(json);
    buf_free(&masked);
}

/* Mask the next values. *more: there were some. */
static bool
mask_some(const struct site *site, const struct hmac_key *key, bool *more,
          struct err *err)
{
    struct buf pairs = buf_with_ceiling(PAIRS_BYTES_MAX);
    struct pg_result *result;
    const char *value;
    bool done;

    if (!pg_exec(site->conn, FETCH, 0, NULL, &result, err))
        return false;
    *more = pg_rows(result) > 0;
    write_pairs(site, key, result, &pairs);
    pg_result_free(result);
    value = buf_str(&pairs);
    done = !*more || pg_exec(site->conn, sql_remask_add, 1, &value, NULL, err);
    buf_free(&pairs);
    return done;
}

static bool
mask_column(const struct site *site, const struct hmac_key *key,
            struct err *err)
{
    bool more = true;

    if (!run_template(site, sql_remask_begin, err))
        return false;
    while (more)
        if (!mask_some(site, key, &more, err))
            return false;
    return run_template(site, sql_remask_end, err);
}

static bool
mask_table(struct site *site, const struct plan_table *table,
           const struct target *target, const struct hmac_key *key,
           struct err *err)
{
    for (int c = 0; c < table->column_count; c++) {
        site->column = &table->columns[c];
        site->relation = table->name;
        if (table_applies(target, c) && !mask_column(site, key, err))
            return false;
        site->relation = table->history;
        if (history_applies(target, c) && !mask_column(site, key, err))
            return false;
    }
    return true;
}

bool
remask_values(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, const struct hmac_key *key,
              struct err *err)
{
    struct site site = {.conn = conn, .schema = schema};

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip &&
            !mask_table(&site, &plan->tables[i], &targets[i], key, err))
            return false;
    return true;
}
