/*
 * The rows are selected, checked and compared as a push does it, in a
 * transaction of the journal that is rolled back at the end. So the counts are
 * those of a push that would begin now.
 *
 * The overview has the form of SQL comments, like that of a query, except the
 * first lines at its end. With --types only files are read, so that neither the
 * columns of the SELECT nor the counts are known.
 */
#include "command/plan_mutation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/random.h"
#include "job/control.h"
#include "job/mutation.h"
#include "json/write.h"
#include "plan/names.h"
#include "push/guard.h"
#include "push/select.h"
#include "push/stage.h"

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024 };

/* What a push would do. */
struct outlook {
    struct push *push;
    bool is_known; /* else only the mutation is */
    const struct binding *binding;
    const char *pulled_at; /* NULL: not known */
    int64_t pulled_age_ms;
    struct err stale;     /* why a push would send nothing; kind ERR_NONE: */
    struct err imageless; /* there is no such reason */
    struct push_counts counts;
    int64_t created; /* rows whose key was never sent */
    int64_t held;
    int64_t refused;
    int64_t duplicates; /* keys that several rows have */
    const char *first_duplicate;
    const char *faults; /* the first; "": none */
    char *lines;        /* the first, each with its newline */
    size_t lines_size;
};

/* ---- the rows ------------------------------------------------------------ */

static bool
take_rows(struct selection *selection, struct stage *stage, struct err *err)
{
    bool makes_keys = selection->push->mutation->makes_keys;
    char key[RANDOM_UUID_BYTES];
    bool more = true;

    while (more) {
        struct line line = {.hash = ""};
        struct err fault;

        if (makes_keys)
            random_uuid(key);
        if (!selection_next(selection, makes_keys ? key : NULL, &line, &fault,
                            &more, err) ||
            (more &&
             !stage_add(stage, &line, makes_keys ? key : NULL, &fault, err)))
            return false;
    }
    return stage_finish(stage, err);
}

static bool
stage_rows(struct outlook *outlook, struct selection *selection,
           struct stage *stage, struct err *err)
{
    struct push *push = outlook->push;

    if (!stage_begin(stage, push, selection->snapshot_at, 0, err))
        return false;
    stage->copy = open_memstream(&outlook->lines, &outlook->lines_size);
    stage->copy_most = push->context->options->rows;
    stage->diff.counts = (push->mutation->kinds & KIND_COUNTS) != 0;
    stage->diff.may_repeat = push->may_repeat;
    stage->pulled_at = selection->pulled_at;
    if (!take_rows(selection, stage, err) ||
        !stage_duplicates(stage, &outlook->duplicates,
                          &outlook->first_duplicate, err))
        return false;
    outlook->faults = "";
    outlook->counts = stage->counts;
    outlook->created = stage->unseen;
    outlook->held = stage->held;
    outlook->refused = stage->refused;
    return stage->counts.invalid == 0 ||
           stage_faults(stage, &outlook->faults, err);
}

/* Nothing is committed. */
static bool
look_at_rows(struct outlook *outlook, struct err *err)
{
    struct selection selection;
    struct stage stage = {.push = outlook->push};
    bool ok = selection_begin(&selection, outlook->push, &outlook->stale, err);

    outlook->imageless.kind = ERR_NONE;
    if (ok) {
        outlook->binding = selection.binding;
        (void)!guard_before(outlook->push, selection.binding,
                            &outlook->imageless);
        outlook->pulled_at = selection.pulled_at;
        outlook->pulled_age_ms = selection.pulled_age_ms;
        ok = stage_rows(outlook, &selection, &stage, err);
        stage_end(&stage);
    }
    selection_end(&selection);
    outlook->is_known = ok;
    return ok;
}

/* ---- the overview -------------------------------------------------------- */

static bool
is_key(const struct binding *binding, int column)
{
    for (int i = 0; i < binding->key_count; i++)
        if (binding->keys[i].column == column)
            return true;
    return false;
}

static const struct binding_path *
path_of(const struct binding *binding, int column)
{
    for (int i = 0; i < binding->path_count; i++)
        if (binding->paths[i].column == column ||
            binding->paths[i].before == column)
            return &binding->paths[i];
    return NULL;
}

static void
print_column(const struct binding *binding, int column, int width)
{
    const struct binding_path *path = path_of(binding, column);
    const char *key = is_key(binding, column) ? ", the key of a row" : "";
    const char *name = binding->columns[column].name;

    if (path == NULL)
        out_line(stdout, "--   %-*s  the key of a row; not sent", width, name);
    else if (path->before == column)
        out_line(stdout, "--   %-*s  $%s before the push", width, name,
                 path->text);
    else
        out_line(stdout, "--   %-*s  $%s: %s%s", width, name, path->text,
                 path->type->text, key);
}

static void
print_columns(const struct binding *binding)
{
    int width = 0;

    for (int i = 0; i < binding->column_count; i++)
        if ((int)strlen(binding->columns[i].name) > width)
            width = (int)strlen(binding->columns[i].name);
    out_printf(stdout, "\n-- Columns of the SELECT, and the variables that "
                       "they fill:\n");
    for (int i = 0; i < binding->column_count; i++)
        print_column(binding, i, width);
}

/* Without the database, the names that columns can have. */
static void
print_variables(const struct mutation *mutation)
{
    out_printf(stdout, "\n-- Variables, and the columns that fill them:\n");
    for (int i = 0; i < mutation->variable_count; i++)
        out_line(stdout, "--   $%s: %s  column %s%s",
                 mutation->variables[i].name, mutation->variables[i].type.text,
                 mutation->variables[i].column,
                 mutation->variables[i].type.kind == GQL_INPUT_TYPE &&
                         mutation->variables[i].type.list_depth == 0
                     ? ", or one for each field"
                     : "");
}

/* An API other than Shopify's has no bulk operations. */
static void
print_requests(const struct mutation *mutation, bool is_direct)
{
    if (is_direct)
        out_printf(stdout, "-- All rows are sent as single requests. ");
    else
        out_printf(stdout,
                   "-- Up to %" PRId64 " rows are sent as single requests, "
                   "more rows in bulk operations\n-- of at most %" PRId64
                   " rows. ",
                   mutation->direct, mutation->rows);
    out_printf(stdout, "More than %" PRId64 " rows need --force-max.\n",
               mutation->max);
}

static void
print_rules(const struct mutation *mutation, bool is_direct)
{
    const char *repeat = mutation->is_safe ? "is sent again"
                         : mutation->is_idempotent
                             ? "is sent again with the same idempotency "
                               "key,\n-- if it was a single request"
                             : "is held until push --settle decides about it";

    out_printf(stdout, "\n-- A row whose outcome is unknown %s.\n", repeat);
    print_requests(mutation, is_direct);
    if (mutation->gives_job)
        out_printf(stdout, "-- Warning: the mutation only starts a job at the "
                           "API. The job of an applied row\n-- can still "
                           "fail.\n");
}

static void
print_reason(const struct err *why)
{
    if (why->kind != ERR_NONE)
        out_line(stdout, "-- Error: %s; nothing would be sent (%s)",
                 why->message, why->code);
}

static void
print_age(const struct outlook *outlook)
{
    char age[32];

    out_part(stdout, "-- The values before are those of the last load: ");
    if (outlook->pulled_at == NULL)
        out_line(stdout, "%s", "its time is not known");
    else
        out_line(stdout, "%s, %s ago", outlook->pulled_at,
                 duration_rough(outlook->pulled_age_ms, age));
}

static void
print_counts(const struct outlook *outlook)
{
    const struct push_counts *counts = &outlook->counts;

    out_line(stdout, "%s", "");
    out_line(stdout,
             "-- Rows: %" PRId64 " new, %" PRId64 " changed, %" PRId64
             " unchanged, %" PRId64 " invalid, %" PRId64 " held",
             outlook->created, counts->changed - outlook->created,
             counts->unchanged, counts->invalid, outlook->held);
    if (outlook->refused > 0)
        out_line(stdout,
                 "-- Also %" PRId64 " rows that the API has refused before; "
                 "--retry refused sends them",
                 outlook->refused);
    if (outlook->duplicates > 0)
        out_line(stdout,
                 "-- Error: %" PRId64 " keys have several rows, such as %s; "
                 "nothing would be sent",
                 outlook->duplicates, outlook->first_duplicate);
    print_reason(&outlook->stale);
    print_reason(&outlook->imageless);
    if (outlook->faults[0] != '\0')
        out_line(stdout, "-- Not valid: %s", outlook->faults);
    if (outlook->binding->has_before)
        print_age(outlook);
}

static void
print_overview(const struct outlook *outlook)
{
    const struct push *push = outlook->push;
    const struct mutation *mutation = push->mutation;

    out_printf(stdout,
               "-- Job %s of %s %s. It executes this mutation for each row of "
               "%s:\n/*\n%s*/\n",
               push->job, store_config_kind(push->config), push->config->name,
               push->file->sql_path, mutation->document);
    if (outlook->is_known)
        print_columns(outlook->binding);
    else
        print_variables(mutation);
    out_printf(stdout, "\n-- The answers are in table %s.%s.\n",
               push->config->schema, mutation->table);
    print_rules(mutation, push->config->preset != NULL);
    if (!outlook->is_known)
        return;
    print_counts(outlook);
    if (outlook->lines != NULL && outlook->lines[0] != '\0') {
        out_printf(stdout, "\n-- The first lines:\n");
        out_lines(stdout, span_str(outlook->lines));
    }
}

/* ---- JSON ---------------------------------------------------------------- */

static void
append_columns(struct json_out *json, const struct binding *binding)
{
    json_out_key(json, "columns");
    json_out_open(json, '[');
    for (int i = 0; i < binding->column_count; i++) {
        const struct binding_path *path = path_of(binding, i);

        json_out_row(json);
        json_out_text(json, "column", binding->columns[i].name);
        json_out_text(json, "path", path != NULL ? path->text : NULL);
        json_out_text(json, "type", path != NULL ? path->type->text : NULL);
        json_out_boolean(json, "key", is_key(binding, i));
        json_out_boolean(json, "before", path != NULL && path->before == i);
        json_out_close(json, '}');
    }
    json_out_line(json);
    json_out_close(json, ']');
}

static void
append_lines(struct json_out *json, const char *lines)
{
    json_out_key(json, "lines");
    json_out_open(json, '[');
    while (lines != NULL && *lines != '\0') {
        size_t length = strcspn(lines, "\n");

        json_out_line(json);
        json_out_raw(json, span_of(lines, length));
        lines += length + (lines[length] != '\0');
    }
    json_out_close(json, ']');
}

static void
append_reasons(struct json_out *json, const struct outlook *outlook)
{
    const struct err *const reasons[] = {&outlook->stale, &outlook->imageless};

    json_out_key(json, "errors");
    json_out_open(json, '[');
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i]->kind == ERR_NONE)
            continue;
        json_out_open(json, '{');
        json_out_text(json, "code", reasons[i]->code);
        json_out_text(json, "message", reasons[i]->message);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_rows(struct json_out *json, const struct outlook *outlook)
{
    const struct push_counts *counts = &outlook->counts;

    append_columns(json, outlook->binding);
    json_out_key(json, "counts");
    json_out_open(json, '{');
    json_out_number(json, "rows", counts->rows);
    json_out_number(json, "new", outlook->created);
    json_out_number(json, "changed", counts->changed - outlook->created);
    json_out_number(json, "unchanged", counts->unchanged);
    json_out_number(json, "invalid", counts->invalid);
    json_out_number(json, "held", outlook->held);
    json_out_number(json, "refused", outlook->refused);
    json_out_number(json, "duplicates", outlook->duplicates);
    json_out_close(json, '}');
    json_out_text(json, "pulled_at", outlook->pulled_at);
    append_reasons(json, outlook);
    append_lines(json, outlook->lines);
}

static void
print_json(const struct outlook *outlook)
{
    const struct push *push = outlook->push;
    struct buf text = buf_with_ceiling(TEXT_BYTES_MAX);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    json_out_text(json, "job", push->job);
    json_out_text(json, "store", push->config->name);
    json_out_text(json, "mutation", push->mutation->root);
    json_out_text(json, "document", push->mutation->document);
    json_out_text(json, "schema", push->config->schema);
    json_out_text(json, "result_table", push->mutation->table);
    json_out_boolean(json, "safe", push->mutation->is_safe);
    json_out_boolean(json, "idempotent", push->mutation->is_idempotent);
    json_out_boolean(json, "gives_job", push->mutation->gives_job);
    json_out_number(json, "max", push->mutation->max);
    if (outlook->is_known)
        append_rows(json, outlook);
    json_out_close(json, '}');
    json_out_print(json, &text);
}

/* ---- the command --------------------------------------------------------- */

static bool
check_options(const struct options *options, struct err *err)
{
    const char *name = options->sql       ? "--sql"
                       : options->dbt     ? "--dbt"
                       : options->changes ? "--changes"
                                          : NULL;

    return name == NULL ||
           err_set(err, MSG_BAD_ARGUMENTS,
                   "%s is about the tables of a query, but %s is a mutation",
                   name, options->arguments[0]);
}

static bool
look(struct outlook *outlook, struct err *err)
{
    struct push *push = outlook->push;
    const struct options *options = push->context->options;
    bool offline = options->types_file != NULL;

    if (!offline) {
        if (!control_open(push->context, true, err))
            return false;
        push->journal = push->context->journal;
    }
    if (!mutation_prepare(push->context, push->store, push->file,
                          options->types_file, &push->log, &push->arena,
                          &push->mutation, err))
        return false;
    push->document = push->mutation->document;
    push->may_repeat = push->mutation->is_safe;
    push->mode = PUSH_BULK;
    push->is_direct = push->config->preset != NULL;
    push->rolls_back = push->mutation->rollback;
    if (offline || options->document)
        return true;
    if (push->file->sql_fault.kind != ERR_NONE) {
        *err = push->file->sql_fault;
        return false;
    }
    return look_at_rows(outlook, err);
}

static bool
plan_file(struct context *context, struct store_state *store,
          const struct query_file *file, struct err *err)
{
    struct push push;
    struct outlook outlook = {.push = &push};
    bool ok;

    push_init(&push, context, store, file);
    ok = look(&outlook, err);
    if (ok && context->options->document)
        out_lines(stdout, span_str(push.mutation->document));
    else if (ok && context->options->json)
        print_json(&outlook);
    else if (ok)
        print_overview(&outlook);
    free(outlook.lines);
    push_free(&push);
    return ok;
}

/* The first store that has the mutation; NULL: none. */
static struct store_state *
find_store(struct context *context, struct arena *arena)
{
    const char *job = context->options->arguments[0];

    for (size_t i = 0; i < context->config.store_count; i++)
        if (context_wants_store(context, &context->config.stores[i]) &&
            query_files_has_mutation(arena, &context->config.stores[i], job))
            return &context->stores[i];
    return NULL;
}

bool
plan_mutation(struct context *context, struct arena *arena, bool *is_mutation,
              struct err *err)
{
    struct store_state *store = find_store(context, arena);
    struct query_files files;

    *is_mutation = store != NULL;
    if (store == NULL)
        return true;
    if (!check_options(context->options, err))
        return false;
    if (store->config->fault.kind != ERR_NONE &&
        context->options->types_file == NULL) {
        *err = store->config->fault;
        return false;
    }
    return query_files_find_mutations(arena, store->config,
                                      context->options->arguments, &files,
                                      err) &&
           plan_file(context, store, &files.items[0], err);
}
