/*
 * An inspection has three steps. It reads bulkpg.relation (the owner of each
 * table, the job's columns, the gid types of ids), then the catalogs of the
 * database, and then looks for obstacles to the rows. Each inspection starts
 * from zero, because other jobs may change tables at any time. Only the gid
 * types that it finds are kept, in the plan.
 *
 * Hazard: during an inspection, the merge of a process that was killed may
 * still commit. The first step then does not see the table, and the second
 * does, as if a user had created it. So an inspection that refuses a table is
 * repeated once.
 */
#include "run/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "journal/relation.h"
#include "json/tree.h"
#include "json/write.h"
#include "load/adapt.h"
#include "load/make_schema.h"
#include "load/obstacle.h"
#include "load/remask.h"
#include "plan/ddl.h"
#include "plan/history.h"
#include "plan/names.h"

/* Among a table's columns in bulkpg.relation: its history is kept, or was, and
 * no mask has changed since. */
#define HISTORY_ENTRY "_history"

/* In the entry of a column or history: the query no longer has it. */
#define LEFT_KEY "left"

/* In the entry of a column with @mask: "HASH", and the check value of its
 * key. */
#define MASK_KEY       "mask"
#define MASK_CHECK_KEY "mask_key"

enum { JSON_BYTES_MAX = 4 * 1024 * 1024, DDL_BYTES_MAX = 16 * 1024 * 1024 };

/* ---- what the journal has recorded ------------------------------------- */

static void
recall_gid(struct plan_gid *gid, const struct json *column, struct arena *arena)
{
    const char *type = json_str(json_get(column, "gid_type"));

    if (gid != NULL && type != NULL && gid->type == NULL)
        gid->type = arena_strdup(arena, type);
}

/* The table has ids of this type, so lines with such ids belong to it, even if
 * the query's types do not say so. */
static void
recall_held(struct plan_table *table, const struct json *column,
            struct arena *arena)
{
    const char *type = json_str(json_get(column, "gid_type"));
    struct gql_name *name;

    if (type == NULL || gql_name_in(table->held, type))
        return;
    name = arena_alloc(arena, sizeof(*name));
    *name = (struct gql_name){.name = arena_strdup(arena, type),
                              .next = table->held};
    table->held = name;
}

static const char *
text_at(const struct json *column, const char *key, struct arena *arena)
{
    const char *text = json_str(json_get(column, key));

    return text != NULL ? arena_strdup(arena, text) : NULL;
}

static struct target_mask
recall_mask(const struct json *column, struct arena *arena)
{
    return (struct target_mask){.how = text_at(column, MASK_KEY, arena),
                                .key = text_at(column, MASK_CHECK_KEY, arena),
                                .gid_type = text_at(column, "gid_type", arena)};
}

/* What the journal says of the plan's columns. */
struct recalled {
    bool *had_column;
    struct target_mask *masks;
};

static void
recall_column(struct plan_table *table, const struct json *column,
              const char *name, struct target_memory *memory,
              const struct recalled *recalled, struct arena *arena)
{
    if (table->parent_column != NULL && strcmp(name, table->parent_column) == 0)
        recall_gid(table->parent_gid, column, arena);
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(name, table->columns[i].name) == 0) {
            recalled->had_column[i] = true;
            recalled->masks[i] = recall_mask(column, arena);
            memory->lacked_column =
                memory->lacked_column || json_get(column, LEFT_KEY) != NULL;
            if (table->id_gid != NULL && table->columns[i].gid == table->id_gid)
                recall_held(table, column, arena);
            recall_gid(table->columns[i].gid, column, arena);
        }
}

static void
recall_history(const struct json *entry, struct target_memory *memory)
{
    memory->had_history = json_get(entry, LEFT_KEY) == NULL;
    memory->knows_history = true;
}

static bool
is_history(const struct json *entry)
{
    const char *name = json_str(json_get(entry, "name"));

    return name != NULL && strcmp(name, HISTORY_ENTRY) == 0;
}

static bool
recall_columns(struct tables *tables, struct job *job, struct plan_table *table,
               const char *columns, struct err *err)
{
    struct target_memory *memory = &tables->memory[table->index];
    size_t count = (size_t)table->column_count + 1;
    struct recalled recalled = {
        .had_column = arena_array(&job->arena, count, sizeof(bool)),
        .masks = arena_array(&job->arena, count, sizeof(struct target_mask))};
    struct json *array;

    memory->had_column = recalled.had_column;
    memory->masks = recalled.masks;
    if (!json_parse(&job->arena, span_str(columns), &array, err))
        return err_wrap(err, "bulkpg.relation, table %s", table->name);
    tables->known[table->index] = array;
    for (const struct json *c = array->first; c != NULL; c = c->next) {
        const char *name = json_str(json_get(c, "name"));

        if (name != NULL && strcmp(name, "_deleted_at") == 0)
            memory->had_mark = true;
        else if (name != NULL && strcmp(name, "_position") == 0)
            memory->had_position = true;
        else if (is_history(c))
            recall_history(c, memory);
        else if (name != NULL)
            recall_column(table, c, name, memory, &recalled, &job->arena);
    }
    return true;
}

static bool
is_planned(const struct plan_table *table, const char *name)
{
    bool planned = strcmp(name, "_deleted_at") == 0 ||
                   (table->has_position && strcmp(name, "_position") == 0) ||
                   (table->parent_column != NULL &&
                    strcmp(name, table->parent_column) == 0);

    for (int i = 0; i < table->column_count && !planned; i++)
        planned = strcmp(name, table->columns[i].name) == 0;
    return planned;
}

static const struct json *
first_known(const struct tables *tables, const struct plan_table *table)
{
    const struct json *known = tables->known[table->index];

    return known != NULL ? known->first : NULL;
}

/* Find the job's columns that the plan no longer has. A column that a user
 * dropped is forgotten: a user may create one with its name. */
static void
find_left(struct tables *tables, struct job *job,
          const struct plan_table *table)
{
    const struct target *target = &tables->targets[table->index];
    const struct json **left;
    size_t count = 0;

    for (const struct json *c = first_known(tables, table); c; c = c->next)
        count++;
    left = arena_array(&job->arena, count + 1, sizeof(const struct json *));
    tables->left[table->index] = left;
    for (const struct json *c = first_known(tables, table); c; c = c->next) {
        const char *name = json_str(json_get(c, "name"));

        if (name != NULL && !is_planned(table, name) &&
            target_has(target, name))
            *left++ = c;
    }
}

/* ---- owners ------------------------------------------------------------ */

static bool
refuse_owned(const struct job *job, const struct journal_relation *owner,
             struct err *err)
{
    err_set(err, MSG_TABLE_OWNED,
            "%s writes table %s.%s, which belongs to job %s of store %s (%s)",
            job->file->path, owner->table_schema, owner->table_name, owner->job,
            owner->store, owner->file);
    return err_hint(err, "give the table another name with @table(name:), or "
                         "the store another schema; if that job was removed, "
                         "delete its rows from bulkpg.relation");
}

/* True if a query file was certainly removed: its folder exists, but the file
 * does not. A folder that does not exist, or that cannot be read, may be on
 * another machine or belong to another user. */
static bool
is_gone(struct job *job, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash == NULL
            ? "."
            : arena_dup(&job->arena, span_of(path, (size_t)(slash - path) + 1));
    struct stat file;

    if (stat(folder, &file) != 0 || !S_ISDIR(file.st_mode))
        return false;
    return stat(path, &file) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* A job takes over another job's table only if that job's query file was
 * removed. */
static bool
is_ours(struct job *job, const struct journal_relation *owner)
{
    if (strcmp(owner->store, job->config->name) == 0 &&
        strcmp(owner->job, job->file->job) == 0)
        return true;
    return owner->file == NULL || is_gone(job, owner->file);
}

static bool
check_owner(struct tables *tables, struct job *job, struct plan_table *table,
            struct err *err)
{
    struct journal_relation *owner;

    if (!journal_relation(job->context->journal, job->config->schema,
                          table->name, &job->arena, &owner, err))
        return false;
    tables->memory[table->index].is_owned = owner != NULL;
    if (owner == NULL)
        return true;
    if (!is_ours(job, owner))
        return refuse_owned(job, owner, err);
    tables->memory[table->index].hash_definition = owner->hash_definition;
    tables->memory[table->index].is_uneven = strcmp(owner->is_uneven, "t") == 0;
    return recall_columns(tables, job, table,
                          owner->columns != NULL ? owner->columns : "[]", err);
}

static bool
check_owners(struct tables *tables, struct job *job, struct err *err)
{
    for (int i = 0; i < job->plan->table_count; i++)
        if (!job->plan->tables[i].skip &&
            !check_owner(tables, job, &job->plan->tables[i], err))
            return false;
    return true;
}

static bool
look(struct tables *tables, struct job *job, struct err *err)
{
    size_t count = (size_t)job->plan->table_count;
    const char *schema = job->config->schema;
    struct pg_conn *control;
    bool fit;

    tables->targets = arena_array(&job->arena, count, sizeof(*tables->targets));
    tables->left = arena_array(&job->arena, count, sizeof(*tables->left));
    tables->memory = arena_array(&job->arena, count, sizeof(*tables->memory));
    tables->notes = arena_array(&job->arena, count, sizeof(*tables->notes));
    tables->known = arena_array(&job->arena, count, sizeof(*tables->known));
    if (!check_owners(tables, job, err) ||
        !journal_borrow(job->context->journal, &control, err))
        return false;
    fit = obstacle_in_schema(control, schema, &tables->has_schema, err) &&
          target_inspect(control, job->plan, schema, tables->memory,
                         tables->targets, &job->arena, err) &&
          remask_find(control, job->plan, schema, tables->targets,
                      job->context->options->remask, err) &&
          obstacle_find(control, job->plan, schema, tables->targets, err);
    journal_give_back(job->context->journal);
    for (size_t i = 0; fit && i < count; i++)
        find_left(tables, job, &job->plan->tables[i]);
    return fit;
}

void
tables_ahead(struct tables *tables, const struct job *job, struct pg_conn *conn)
{
    const struct plan *plan = job->plan;
    const char *schema = job->config->schema;

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            journal_relation_ahead(conn, tables, schema, plan->tables[i].name);
    target_inspect_ahead(conn, tables, plan, schema);
    obstacle_ahead(conn, tables, plan, schema, tables->targets);
    tables->is_asked = true;
}

static bool
look_ahead(struct tables *tables, struct job *job, struct err *err)
{
    struct journal *journal = job->context->journal;
    struct pg_conn *control;
    bool fit;

    if (!journal_borrow(journal, &control, err))
        return false;
    if (!tables->is_asked)
        tables_ahead(tables, job, control);
    journal_give_back(journal);
    fit = look(tables, job, err);
    pg_forget_ahead(job->context->control, tables);
    tables->is_asked = false;
    return fit;
}

/* The second look is for the hazard in the head of this file. */
bool
tables_inspect(struct tables *tables, struct job *job, struct err *err)
{
    if (look_ahead(tables, job, err))
        return true;
    return (err->kind == ERR_CONFIG || err->kind == ERR_FAILED) &&
           look(tables, job, err);
}

/* ---- recording in bulkpg.relation --------------------------------------- */

static void
append_column(struct json_out *json, const char *name, const char *path,
              enum plan_type type, const struct plan_gid *gid)
{
    json_out_open(json, '{');
    json_out_text(json, "name", name);
    json_out_text(json, "type", plan_type_name(type));
    json_out_text(json, "path", path);
    if (gid != NULL && gid->type != NULL)
        json_out_text(json, "gid_type", gid->type);
    json_out_close(json, '}');
}

static void
append_data(struct json_out *json, const struct plan_column *column)
{
    if (column->mask == PLAN_MASK_NONE) {
        append_column(json, column->name, column->path,
                      plan_column_type(column), column->gid);
        return;
    }
    json_out_open(json, '{');
    json_out_text(json, "name", column->name);
    json_out_text(json, "type", plan_type_name(plan_column_type(column)));
    json_out_text(json, "path", column->path);
    json_out_text(json, MASK_KEY, mask_name(column->mask));
    if (column->mask_key != NULL)
        json_out_text(json, MASK_CHECK_KEY, column->mask_key);
    json_out_close(json, '}');
}

/* A column that the plan no longer has. Its entry says so. */
static void
append_left(struct json_out *json, const struct json *column)
{
    json_out_open(json, '{');
    for (const struct json *member = column->first; member != NULL;
         member = member->next) {
        if (strcmp(member->key, LEFT_KEY) == 0)
            continue;
        json_out_key(json, member->key);
        json_out_raw(json, member->source);
    }
    json_out_boolean(json, LEFT_KEY, true);
    json_out_close(json, '}');
}

static bool
is_same_mask(const struct plan_column *column, const struct target_mask *had)
{
    const char *how = mask_name(column->mask), *key = column->mask_key;

    return (how == NULL ? had->how == NULL
                        : had->how != NULL && strcmp(how, had->how) == 0) &&
           (key == NULL ? had->key == NULL
                        : had->key != NULL && strcmp(key, had->key) == 0);
}

static bool
changes_masks(const struct plan_table *table, const struct target *target)
{
    for (int i = 0; i < table->column_count; i++)
        if (!is_same_mask(&table->columns[i], &target->masks[i]))
            return true;
    return false;
}

/* Before the merge a history is only kept if the last merge kept it. If it is
 * not kept, its masks stay as they are. They are those of the table until these
 * change. */
static void
append_history(struct json_out *json, const struct tables *tables,
               const struct plan_table *table, bool is_merged)
{
    const struct target_memory *memory = &tables->memory[table->index];
    bool is_kept = table->history != NULL && (is_merged || memory->had_history);

    if (is_kept)
        append_column(json, HISTORY_ENTRY, table->history, PLAN_TEXT, NULL);
    else if (memory->knows_history &&
             (table->history != NULL ||
              !changes_masks(table, &tables->targets[table->index])))
        for (const struct json *c = first_known(tables, table); c; c = c->next)
            if (is_history(c))
                append_left(json, c);
}

/* The columns of a table for bulkpg.relation, as a JSON array. */
static const char *
relation_columns(const struct tables *tables, struct job *job,
                 const struct plan_table *table, bool is_merged)
{
    struct buf text = buf_with_ceiling(JSON_BYTES_MAX);
    struct json_out *json = json_out_new(&text);
    const char *kept;
    bool has_mark = tables->targets[table->index].has_mark;

    json_out_open(json, '[');
    if (table->parent_column != NULL)
        append_column(json, table->parent_column, "__parentId",
                      plan_gid_column_type(table->parent_gid),
                      table->parent_gid);
    if (table->has_position)
        append_column(json, "_position", "_position", PLAN_INTEGER, NULL);
    append_history(json, tables, table, is_merged);
    for (int i = 0; i < table->column_count; i++)
        append_data(json, &table->columns[i]);
    if (has_mark || table->marks_deleted)
        append_column(json, "_deleted_at", "_deleted_at", PLAN_TIMESTAMPTZ,
                      NULL);
    for (const struct json **c = tables->left[table->index]; *c != NULL; c++)
        append_left(json, *c);
    json_out_close(json, ']');
    json_out_free(json);
    kept = arena_strdup(&job->arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

/* The absolute path of the query file, because a later process that checks
 * whether the file exists may run in another folder. */
static const char *
whole_path(struct job *job)
{
    char *whole = realpath(job->file->path, NULL);
    const char *kept =
        arena_strdup(&job->arena, whole != NULL ? whole : job->file->path);

    free(whole);
    return kept;
}

static void
queue_table(const struct tables *tables, struct job *job,
            const struct plan_table *table, bool is_merged,
            struct pg_conn *conn)
{
    struct journal_relation relation = {
        .table_schema = job->config->schema,
        .table_name = table->name,
        .store = job->config->name,
        .job = job->file->job,
        .file = whole_path(job),
        .path = table->path,
        .columns = relation_columns(tables, job, table, is_merged),
        .hash_definition = tables->notes[table->index].hash_definition,
        .is_uneven = tables->notes[table->index].is_uneven};

    journal_queue_relation(conn, &relation);
}

/* The history of a table that was dropped may get masks, too. */
static bool
is_there(const struct plan_table *table, const struct target *target)
{
    return target->exists || remask_any(table, target);
}

void
tables_queue_save(const struct tables *tables, struct job *job, bool only_there,
                  struct pg_conn *conn)
{
    for (int i = 0; i < job->plan->table_count; i++) {
        const struct plan_table *table = &job->plan->tables[i];

        if (only_there ? is_there(table, &tables->targets[i]) : !table->skip)
            queue_table(tables, job, table, !only_there, conn);
    }
}

/* ---- differences from the plan ----------------------------------------- */

typedef bool differs_fn(const struct plan_table *table,
                        const struct target *target, int column);

static bool
is_added(const struct plan_table *table, const struct target *target,
         int column)
{
    (void)table;
    return !target->has_column[column];
}

static const char *
column_in(const struct plan_table *table, const char *column,
          struct arena *arena)
{
    return arena_printf(arena, "%s.%s", table->name, column);
}

/* List the columns of existing tables for which `differs` is true. With `names`
 * NULL, only count them. */
static size_t
list_columns(const struct tables *tables, struct job *job, differs_fn *differs,
             const char **names)
{
    size_t count = 0;

    for (int i = 0; i < job->plan->table_count; i++) {
        const struct plan_table *t = &job->plan->tables[i];
        const struct target *target = &tables->targets[i];

        for (int c = 0; c < t->column_count; c++) {
            if (t->skip || !target->exists || !differs(t, target, c))
                continue;
            if (names != NULL)
                names[count] = column_in(t, t->columns[c].name, &job->arena);
            count++;
        }
    }
    return count;
}

static size_t
list_left(const struct tables *tables, struct job *job, const char **names)
{
    size_t count = 0;

    for (int i = 0; i < job->plan->table_count; i++) {
        const struct plan_table *t = &job->plan->tables[i];

        for (const struct json **c = tables->left[i]; !t->skip && *c; c++) {
            if (names != NULL)
                names[count] =
                    column_in(t, json_str(json_get(*c, "name")), &job->arena);
            count++;
        }
    }
    return count;
}

static const char **
array_of_names(struct job *job, size_t count)
{
    return arena_array(&job->arena, count + 1, sizeof(const char *));
}

static void
find_differences(struct tables *tables, struct job *job)
{
    differs_fn *const differ[] = {
        [TABLES_ADDED] = is_added, [TABLES_WIDENED] = adapt_column_widens};

    for (int i = TABLES_ADDED; i <= TABLES_WIDENED; i++) {
        tables->differences[i] =
            array_of_names(job, list_columns(tables, job, differ[i], NULL));
        list_columns(tables, job, differ[i], tables->differences[i]);
    }
    tables->differences[TABLES_LEFT] =
        array_of_names(job, list_left(tables, job, NULL));
    list_left(tables, job, tables->differences[TABLES_LEFT]);
}

void
tables_write_notes(const struct tables *tables, struct json_out *json)
{
    static const char *const keys[] = {[TABLES_ADDED] = "columns_added",
                                       [TABLES_WIDENED] = "columns_widened",
                                       [TABLES_LEFT] = "columns_left"};

    for (int i = 0; i < TABLES_DIFFERENCES; i++) {
        const char **names = tables->differences[i];

        if (names == NULL || names[0] == NULL)
            continue;
        json_out_key(json, keys[i]);
        json_out_open(json, '[');
        for (; *names != NULL; names++)
            json_out_string(json, *names);
        json_out_close(json, ']');
    }
}

/* ---- statements that are pending ---------------------------------------- */

/* The history of an existing table is created by the merge that first keeps
 * it. */
static void
append_table_ddl(struct buf *sql, const struct plan_table *table,
                 const char *schema, const struct target *target)
{
    if (!target->exists)
        ddl_print_table(sql, table, schema);
    else if (table->history != NULL && !target->history.exists)
        history_create(sql, table, schema);
    adapt_table_changes(sql, table, schema, target);
    remask_describe(sql, table, schema, target);
}

static const char *
keep_text(struct buf *sql, struct job *job)
{
    const char *kept =
        sql->length > 0 ? arena_strdup(&job->arena, buf_str(sql)) : NULL;

    buf_free(sql);
    return kept;
}

const char *const *
tables_pending_ddl(const struct tables *tables, struct job *job)
{
    const char *schema = job->config->schema;
    int count = job->plan->table_count, texts = 0;
    const char **ddl = array_of_names(job, (size_t)count + 1);
    struct buf sql = buf_with_ceiling(DDL_BYTES_MAX);

    if (!tables->has_schema) {
        buf_append_str(&sql, "CREATE SCHEMA ");
        name_append_quoted(&sql, schema);
        buf_append_str(&sql, ";\n");
    }
    ddl[texts] = keep_text(&sql, job);
    texts += ddl[texts] != NULL;
    for (int i = 0; i < count; i++) {
        sql = buf_with_ceiling(DDL_BYTES_MAX);
        if (!job->plan->tables[i].skip)
            append_table_ddl(&sql, &job->plan->tables[i], schema,
                             &tables->targets[i]);
        ddl[texts] = keep_text(&sql, job);
        texts += ddl[texts] != NULL;
    }
    return texts > 0 ? ddl : NULL;
}

/* ---- questions of a run ------------------------------------------------- */

bool
tables_prepare(struct tables *tables, struct job *job, struct err *err)
{
    if (!tables_inspect(tables, job, err))
        return false;
    find_differences(tables, job);
    return true;
}

bool
tables_make_schema(const struct tables *tables, const struct job *job,
                   struct err *err)
{
    struct context *context = job->context;
    struct pg_conn *control;
    bool made;

    if (tables->has_schema)
        return true;
    if (!journal_borrow(context->journal, &control, err))
        return false;
    made =
        schema_make(control, job->config->schema, context->config.readers, err);
    journal_give_back(context->journal);
    return made;
}

bool
tables_widen(const struct tables *tables, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (adapt_widens(&plan->tables[i], &tables->targets[i]))
            return true;
    return false;
}

bool
tables_remask(const struct tables *tables, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (remask_any(&plan->tables[i], &tables->targets[i]))
            return true;
    return false;
}

bool
tables_miss_one(const struct tables *tables, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip &&
            (!tables->targets[i].exists || tables->targets[i].lost_column))
            return true;
    return false;
}

bool
tables_any_there(const struct tables *tables, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (tables->targets[i].exists)
            return true;
    return false;
}

bool
tables_lost_column(const struct tables *tables, const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (tables->targets[i].lost_column)
            return true;
    return false;
}
