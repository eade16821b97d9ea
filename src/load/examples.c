#include "load/examples.h"

#include "load/statement.h"
#include "sql.h"

/* The answer to one statement that changes rows. */
struct merge_example {
    enum examples_kind kind;
    struct pg_result *result; /* their number, and some keys */
    struct merge_example *next;
};

bool
examples_queue_change(struct merge *merge, struct merge_table *table,
                      const struct merge_table *above, const char *text,
                      enum examples_kind kind, int64_t *rows, struct err *err)
{
    const char *values[] = {merge->loaded_at};
    bool takes_time = kind != EXAMPLES_REMOVED || table->table->marks_deleted;
    struct merge_example *example = arena_alloc(merge->arena, sizeof(*example));

    *example = (struct merge_example){.kind = kind, .next = table->examples};
    table->examples = example;
    return statement_queue_versioned(
        merge, sql_show_changed, text, table, above, takes_time ? 1 : 0, values,
        (struct pg_answer){.number = rows, .result = &example->result}, err);
}

const char *
examples_text(const struct merge_table *table, enum examples_kind kind,
              struct arena *arena)
{
    const char *text = NULL;

    for (const struct merge_example *e = table->examples; e; e = e->next) {
        if (e->kind != kind || e->result == NULL || pg_is_null(e->result, 0, 1))
            continue;
        text = text == NULL ? arena_strdup(arena, pg_text(e->result, 0, 1))
                            : arena_printf(arena, "%s, %s",
                                           pg_text(e->result, 0, 1), text);
    }
    return text;
}

void
examples_free(struct merge_table *table)
{
    for (struct merge_example *e = table->examples; e; e = e->next) {
        pg_result_free(e->result);
        e->result = NULL;
    }
}
