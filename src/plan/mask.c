#include "plan/mask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/names.h"

static const char *const names[] = {[PLAN_MASK_HASH] = "HASH",
                                    [PLAN_MASK_NULL] = "NULL",
                                    [PLAN_MASK_DOMAIN] = "DOMAIN",
                                    [PLAN_MASK_YEAR] = "YEAR"};

const char *
mask_name(enum plan_mask mask)
{
    return names[mask];
}

/* The first column with the mask; PLAN_MASK_NONE: with any. */
static const struct plan_column *
find(const struct plan *plan, enum plan_mask mask)
{
    for (int i = 0; i < plan->table_count; i++)
        for (int c = 0; c < plan->tables[i].column_count; c++) {
            const struct plan_column *column = &plan->tables[i].columns[c];

            if (column->mask != PLAN_MASK_NONE &&
                (mask == PLAN_MASK_NONE || column->mask == mask))
                return column;
        }
    return NULL;
}

const struct plan_column *
mask_first(const struct plan *plan)
{
    return find(plan, PLAN_MASK_NONE);
}

const struct plan_column *
mask_first_hash(const struct plan *plan)
{
    return find(plan, PLAN_MASK_HASH);
}

void
mask_set_key(struct plan *plan, const char *check)
{
    const char *text = arena_printf(plan->arena, "%s %s", plan->hash, check);
    char hex[NAME_DIGEST_BYTES];

    for (int i = 0; i < plan->table_count; i++)
        for (int c = 0; c < plan->tables[i].column_count; c++)
            if (plan->tables[i].columns[c].mask == PLAN_MASK_HASH)
                plan->tables[i].columns[c].mask_key =
                    arena_strdup(plan->arena, check);
    name_md5(text, strlen(text), hex);
    plan->hash = arena_strdup(plan->arena, hex);
}

bool
mask_error(const struct plan *plan, const struct plan_column *column,
           enum msg msg, struct err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err_vset(err, msg, format, args);
    va_end(args);
    return err_wrap(err, "%s:%u:%u", plan->file, column->mask_pos.line,
                    column->mask_pos.column);
}
