#include "plan/layout.h"

#include "base/mem.h"

static bool
is_natural_key(const struct plan_table *table, int data)
{
    for (int i = 0; i < table->natural_key_count; i++)
        if (table->natural_key[i] == data)
            return true;
    return false;
}

static bool
is_key(const struct plan_table *table, int data)
{
    return table->natural_key != NULL ? is_natural_key(table, data)
                                      : data == table->id_column;
}

/* A column of bulkpg's own. Its role determines whether staging, the table and
 * the key have it. */
static struct layout_column
own(enum layout_role role, const char *name, enum plan_type type)
{
    return (struct layout_column){
        .role = role,
        .name = name,
        .type = type,
        .in_staging = role != LAYOUT_LOADED_AT && role != LAYOUT_DELETED_AT,
        .in_table = role != LAYOUT_LINE && role != LAYOUT_POSITION &&
                    role != LAYOUT_PARENT_POSITION && role != LAYOUT_COUNT &&
                    role != LAYOUT_ROW_ID,
        .in_key = role == LAYOUT_PARENT || role == LAYOUT_ORDINAL};
}

bool
layout_is_nested_list(const struct plan_table *table)
{
    return table->kind == PLAN_LIST && table->parent->kind == PLAN_LIST;
}

int
layout_columns(const struct plan_table *table, struct layout_column *columns)
{
    int count = 0;

    columns[count++] = own(LAYOUT_LINE, "_line", PLAN_BIGINT);
    if (table->kind == PLAN_LIST)
        columns[count++] = own(LAYOUT_POSITION, "_pos", PLAN_INTEGER);
    if (layout_is_nested_list(table))
        columns[count++] =
            own(LAYOUT_PARENT_POSITION, "_parent_pos", PLAN_INTEGER);
    for (int i = 0; i < table->counted_count; i++) {
        columns[count] =
            own(LAYOUT_COUNT, table->counted[i]->count->column, PLAN_INTEGER);
        columns[count++].data = i;
    }
    if (table->stages_id)
        columns[count++] =
            own(LAYOUT_ROW_ID, "_id", plan_gid_column_type(table->id_gid));
    if (table->parent != NULL)
        columns[count++] = own(LAYOUT_PARENT, table->parent_column,
                               plan_gid_column_type(table->parent_gid));
    if (table->skip)
        return count; /* staging is only needed for the lists below */
    if (table->has_ordinal)
        columns[count++] = own(LAYOUT_ORDINAL, "_ordinal", PLAN_BIGINT);
    if (table->has_position)
        columns[count++] = own(LAYOUT_PLACE, "_position", PLAN_INTEGER);
    for (int i = 0; i < table->column_count; i++)
        columns[count++] =
            (struct layout_column){.role = LAYOUT_DATA,
                                   .name = table->columns[i].name,
                                   .type = plan_column_type(&table->columns[i]),
                                   .data = i,
                                   .in_staging = true,
                                   .in_table = true,
                                   .in_key = is_key(table, i)};
    if (table->is_abstract)
        columns[count++] = own(LAYOUT_TYPENAME, "_typename", PLAN_TEXT);
    columns[count++] = own(LAYOUT_HASH, "_hash", PLAN_BIGINT);
    columns[count++] = own(LAYOUT_LOADED_AT, "_loaded_at", PLAN_TIMESTAMPTZ);
    if (table->marks_deleted)
        columns[count++] =
            own(LAYOUT_DELETED_AT, "_deleted_at", PLAN_TIMESTAMPTZ);
    return count;
}

struct layout_column *
layout_of(const struct plan_table *table, int *count)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));

    *count = layout_columns(table, columns);
    return columns;
}

int
layout_key(const struct plan_table *table, const char **names)
{
    int count = 0;

    if (table->parent != NULL)
        names[count++] = table->parent_column;
    for (int i = 0; i < table->natural_key_count; i++)
        names[count++] = table->columns[table->natural_key[i]].name;
    if (table->natural_key_count > 0)
        return count;
    names[count++] =
        table->has_ordinal ? "_ordinal" : table->columns[table->id_column].name;
    return count;
}
