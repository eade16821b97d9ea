#include "command/plan_compare.h"

#include "run/comparable.h"

const char *
plan_compare_against(const struct job *job, const struct changes *changes,
                     const struct plan_table *table)
{
    const struct context *context = job->context;
    const struct comparable comparable = {
        .plan = job->plan,
        .tables = changes != NULL ? &changes->tables : NULL,
        .schema = job->config->schema,
        .hash_secret =
            changes != NULL ? journal_hash_secret(context->journal) : 0,
        .memory = context->config.tuning.compare_bytes,
        .by_pages = job->plan->paged.way == PLAN_BY_PAGES};

    return comparable_against(&comparable, table);
}

void
plan_compare_append(struct buf *text, const struct job *job,
                    const struct changes *changes)
{
    const struct plan *plan = job->plan;

    buf_append_str(text, "\n-- What a full run sends to the database:\n");
    for (int i = 0; i < plan->table_count; i++) {
        const char *why = plan_compare_against(job, changes, &plan->tables[i]);

        if (plan->tables[i].skip)
            continue;
        if (why == NULL)
            buf_printf(text, "--   %s: the rows that changed\n",
                       plan->tables[i].name);
        else
            buf_printf(text, "--   %s: all rows, because %s\n",
                       plan->tables[i].name, why);
    }
}
