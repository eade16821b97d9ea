#include "plan/plan.h"

enum plan_type
plan_gid_column_type(const struct plan_gid *gid)
{
    return gid->whole ? PLAN_TEXT : PLAN_BIGINT;
}

enum plan_type
plan_column_type(const struct plan_column *column)
{
    return column->gid != NULL ? plan_gid_column_type(column->gid)
                               : column->type;
}

const char *
plan_id_column(const struct plan_table *table)
{
    for (int i = 0; i < table->column_count && table->id_gid != NULL; i++)
        if (table->columns[i].gid == table->id_gid)
            return table->columns[i].name;
    return NULL;
}
