#include "journal/relation.h"

#include "journal/call.h"
#include "sql.h"

static bool
list(struct journal *journal, const char *sql, struct call *call,
     struct arena *arena, struct journal_relations *relations, struct err *err)
{
    struct pg_result *result;

    if (!journal_call(journal, sql, call, &result, err))
        return err_wrap(err, "reading bulkpg.relation");
    relations->count = (size_t)pg_rows(result);
    relations->relations =
        arena_array(arena, relations->count, sizeof(*relations->relations));
    for (int row = 0; row < pg_rows(result); row++)
        relations->relations[row] = (struct journal_relation){
            .table_schema = call_read_text(result, row, 0, arena),
            .table_name = call_read_text(result, row, 1, arena),
            .store = call_read_text(result, row, 2, arena),
            .job = call_read_text(result, row, 3, arena),
            .file = call_read_text(result, row, 4, arena),
            .path = call_read_text(result, row, 5, arena),
            .columns = call_read_text(result, row, 6, arena),
            .hash_definition = call_read_text(result, row, 7, arena),
            .is_uneven = call_read_text(result, row, 8, arena)};
    pg_result_free(result);
    return true;
}

bool
journal_list_relations(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_relations *relations, struct err *err)
{
    struct call call = {0};

    call_text(&call, store);
    call_text(&call, job);
    call_text(&call, NULL);
    call_text(&call, NULL);
    return list(journal, sql_relation_list, &call, arena, relations, err);
}

bool
journal_job_tables(struct journal *journal, const char *store, const char *job,
                   struct arena *arena, struct journal_relations *relations,
                   struct err *err)
{
    struct call call = {0};

    call_text(&call, store);
    call_text(&call, job);
    return list(journal, sql_relation_there, &call, arena, relations, err);
}

static void
call_table(struct call *call, const char *table_schema, const char *table_name)
{
    call_text(call, NULL);
    call_text(call, NULL);
    call_text(call, table_schema);
    call_text(call, table_name);
}

void
journal_relation_ahead(struct pg_conn *conn, const void *owner,
                       const char *table_schema, const char *table_name)
{
    struct call call = {0};

    call_table(&call, table_schema, table_name);
    journal_ask_ahead(conn, owner, sql_relation_list, &call);
}

bool
journal_relation(struct journal *journal, const char *table_schema,
                 const char *table_name, struct arena *arena,
                 struct journal_relation **relation, struct err *err)
{
    struct call call = {0};
    struct journal_relations found;

    *relation = NULL;
    call_table(&call, table_schema, table_name);
    if (!list(journal, sql_relation_list, &call, arena, &found, err))
        return false;
    if (found.count > 0)
        *relation = &found.relations[0];
    return true;
}

void
journal_queue_relation(struct pg_conn *conn,
                       const struct journal_relation *relation)
{
    struct call call = {0};
    const char *doing =
        arena_printf(&call.arena, "recording table %s.%s in bulkpg.relation",
                     relation->table_schema, relation->table_name);

    call_text(&call, relation->table_schema);
    call_text(&call, relation->table_name);
    call_text(&call, relation->store);
    call_text(&call, relation->job);
    call_text(&call, relation->file);
    call_text(&call, relation->path);
    call_text(&call, relation->columns);
    call_text(&call, relation->hash_definition);
    call_text(&call, relation->is_uneven);
    journal_queue_in(conn, sql_relation_save, &call,
                     &(struct pg_answer){.doing = doing});
}
