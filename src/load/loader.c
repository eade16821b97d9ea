#include "load/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "json/clean.h"
#include "load/encode.h"
#include "load/isolate.h"
#include "load/ring.h"
#include "load/rows.h"
#include "load/stage.h"

/* The operation's number stands above its line numbers, so that staging has
 * one order over several operations. */
enum { OPERATION_SHIFT = 40, OBJECT_ID_BYTES = 256, MEASURED_EVERY = 61 };

/* Gid types that no connection has: how many are looked for in the tables. */
enum { ASKED_MAX = 16, GID_TYPE_BYTES_MAX = 64 };

struct loader {
    struct plan *plan;
    struct loader_config config;
    struct loader_table *tables; /* by plan index */
    int table_count;
    struct ring ring;
    struct record *record; /* of lines */
    struct buf text;       /* of the current line, as it is parsed */
    struct loader_counts counts;
    struct loader_times times; /* without send_ns, the ring's */
    struct rows_widen widen;
    int operation;
    int64_t asked_at;
    bool line_sent;          /* rows of the current line have gone out */
    struct buf void_lines;   /* "{1,2,3" */
    const struct line *line; /* the current one */
    struct plan_gid **gids;  /* of no known type when the line began: what they
                             * learn from it is forgotten if it is rejected */
    int gid_count;
    bool gids_asked;
    const char *table_name; /* of the current line, once routed */
    bool root_fits;         /* one has come whose gid is of the roots' type */
    const char *other_root; /* the first gid type that is not; NULL: none */
    const char *asked[ASKED_MAX]; /* gid types that on_gid_type was asked for */
    int asked_count;
};

/* At most: a domain is counted wherever it stands. */
static size_t
count_gids(const struct plan *plan)
{
    size_t count = 0;

    for (int i = 0; i < plan->table_count; i++)
        count += (size_t)plan->tables[i].column_count + 1;
    return count;
}

struct loader *
loader_new(struct plan *plan, const struct loader_config *config)
{
    struct loader *loader = mem_alloc(sizeof(*loader));

    loader->plan = plan;
    loader->config = *config;
    loader->table_count = plan->table_count;
    loader->tables =
        mem_array((size_t)plan->table_count, sizeof(*loader->tables));
    for (int i = 0; i < plan->table_count; i++)
        rows_table_init(&loader->tables[i], &plan->tables[i]);
    loader->gids = mem_array(count_gids(plan), sizeof(struct plan_gid *));
    loader->record = record_new(plan->line_shape);
    loader->text = buf_with_ceiling(LOADER_LINE_BYTES_MAX);
    loader->void_lines = buf_with_ceiling(1024 * 1024);
    ring_init(&loader->ring, plan->table_count);
    return loader;
}

void
loader_free(struct loader *loader)
{
    if (loader == NULL)
        return;
    ring_free(&loader->ring);
    for (int i = 0; i < loader->table_count; i++)
        rows_table_free(&loader->tables[i]);
    record_free(loader->record);
    buf_free(&loader->text);
    buf_free(&loader->void_lines);
    free(loader->tables);
    free(loader->gids);
    free(loader);
}

bool
loader_stage(struct loader *loader, struct pg_conn *control,
             const bool *becomes_table, struct err *err)
{
    return stage_create(control, loader->config.schema, loader->config.run_id,
                        loader->tables, loader->table_count, becomes_table,
                        err);
}

const char *
loader_stage_name(const struct loader *loader, int table)
{
    return loader->tables[table].stage;
}

bool
loader_connect(struct loader *loader, struct err *err)
{
    struct pg_config config = {
        .dsn = loader->config.dsn,
        .application_name = loader->config.application_name,
        .loader = true,
        .answer_timeout_ms = loader->config.answer_timeout_ms};

    return ring_open(&loader->ring, &config, loader->config.connections,
                     loader->config.shares_transactions, loader->config.schema,
                     loader->tables, loader->table_count, err);
}

void
loader_begin_operation(struct loader *loader, int operation,
                       const char *asked_at)
{
    struct err err;

    loader->operation = operation;
    if (asked_at == NULL ||
        !timestamp_parse(span_str(asked_at), &loader->asked_at, &err))
        loader->asked_at = ROWS_ASKED_UNKNOWN;
    loader->counts = (struct loader_counts){0};
}

const struct loader_counts *
loader_counts(const struct loader *loader)
{
    return &loader->counts;
}

struct loader_times
loader_times(const struct loader *loader)
{
    struct loader_times times = loader->times;

    times.send_ns = loader->ring.send_ns;
    return times;
}

/* ---- the rows of one line ---------------------------------------------- */

static int64_t
line_key(const struct loader *loader)
{
    return ((int64_t)(loader->operation - 1) << OPERATION_SHIFT) |
           (int64_t)loader->line->number;
}

/* A batch to write to; whatever is full of this very line is sent first, so
 * that one huge list does not grow without bound. */
static bool
make_room(struct loader *loader, struct loader_table *table, struct err *err)
{
    uint64_t early_sends = loader->ring.early_sends;

    if (table->batch != NULL && batch_is_full(table->batch)) {
        if (!ring_send(&loader->ring, table, err))
            return false;
        loader->line_sent = true;
    }
    if (table->batch != NULL)
        return true;
    if (!ring_take(&loader->ring, loader->tables, loader->table_count, table,
                   err))
        return false;
    loader->line_sent =
        loader->line_sent || loader->ring.early_sends > early_sends;
    table->mark_bytes = table->batch->bytes.length;
    table->mark_rows = 0;
    return true;
}

static bool
put_row(struct loader *loader, struct loader_table *table,
        const struct row_source *source, struct err *err)
{
    return (table->plan->skip && !table->plan->stages_id) ||
           (make_room(loader, table, err) &&
            rows_put(table, source, &loader->widen, err));
}

struct list_scope {
    struct loader *loader;
    struct loader_table *table;
    const struct record_value *parent_id;
    int32_t parent_position;
};

static bool
put_lists(struct loader *loader, const struct plan_table *parent,
          const struct record *record, int32_t position, struct err *err);

static bool
put_element(void *ctx, struct record *record, struct err *err)
{
    struct list_scope *scope = ctx;
    struct loader_table *table = scope->table;
    struct row_source source = {.record = record,
                                .parent_id = scope->parent_id,
                                .line = line_key(scope->loader),
                                .position = table->position++,
                                .parent_position = scope->parent_position,
                                .arena = scope->loader->plan->arena};

    return put_row(scope->loader, table, &source, err) &&
           put_lists(scope->loader, table->plan, record, source.position, err);
}

static bool
put_list(struct loader *loader, struct loader_table *table,
         const struct record *record, int32_t position, struct err *err)
{
    const struct record_value *list =
        record_get(record, table->plan->list_slot);
    struct list_scope scope = {
        .loader = loader,
        .table = table,
        .parent_id = record_get(record, table->plan->parent->id_slot),
        .parent_position = position};

    if (list == NULL || list->kind == JSON_NULL)
        return true;
    if (list->kind != JSON_ARRAY)
        return err_set(err, MSG_LINE_VALUE, "%s is no list", table->plan->path);
    if (scope.parent_id == NULL || scope.parent_id->kind == JSON_NULL)
        return err_set(err, MSG_LINE_KEY,
                       "without the id that the rows of %s need",
                       table->plan->path);
    if (!record_parse_array(table->record, list->raw, put_element, &scope,
                            err)) {
        err_wrap(err, "%s", table->plan->path);
        return false;
    }
    return true;
}

static bool
put_lists(struct loader *loader, const struct plan_table *parent,
          const struct record *record, int32_t position, struct err *err)
{
    for (int i = parent->index + 1; i < loader->table_count; i++) {
        struct loader_table *table = &loader->tables[i];

        if (table->plan->kind == PLAN_LIST && table->plan->parent == parent &&
            !put_list(loader, table, record, position, err))
            return false;
    }
    return true;
}

/* Where every table stands before the line, and which domains know no type
 * yet. */
static void
mark(struct loader *loader)
{
    loader->line_sent = false;
    loader->widen = (struct rows_widen){NULL, NULL};
    loader->table_name = "";
    for (int i = 0; i < loader->table_count; i++) {
        struct loader_table *table = &loader->tables[i];

        table->position = 0;
        if (table->batch != NULL) {
            table->mark_bytes = table->batch->bytes.length;
            table->mark_rows = table->batch->rows;
        }
    }
}

static void
note_unknown_gid(struct loader *loader, struct plan_gid *gid)
{
    if (gid != NULL && !gid->whole && gid->type == NULL)
        loader->gids[loader->gid_count++] = gid;
}

/* Of those that waited when the line before began, the ones that still do. */
static void
forget_known_gids(struct loader *loader)
{
    int waiting = 0;

    for (int i = 0; i < loader->gid_count; i++)
        if (loader->gids[i]->type == NULL)
            loader->gids[waiting++] = loader->gids[i];
    loader->gid_count = waiting;
}

/* Domains that still wait for their first gid: most lines find only those of
 * tables that have no rows, however many columns there are. */
static void
note_unknown_gids(struct loader *loader)
{
    if (loader->gids_asked) {
        forget_known_gids(loader);
        return;
    }
    loader->gids_asked = true;
    for (int i = 0; i < loader->table_count; i++) {
        const struct plan_table *plan = loader->tables[i].plan;

        note_unknown_gid(loader, plan->parent_gid);
        for (int c = 0; c < plan->column_count; c++)
            note_unknown_gid(loader, plan->columns[c].gid);
    }
}

static void
undo(struct loader *loader)
{
    for (int i = 0; i < loader->table_count; i++) {
        struct loader_table *table = &loader->tables[i];

        if (table->batch == NULL)
            continue;
        table->batch->bytes.length = table->mark_bytes;
        table->batch->bytes.overflowed = false;
        table->batch->rows = table->mark_rows;
    }
    for (int i = 0; i < loader->gid_count; i++)
        loader->gids[i]->type = NULL;
    if (loader->line_sent) {
        buf_append_char(&loader->void_lines,
                        loader->void_lines.length == 0 ? '{' : ',');
        buf_printf(&loader->void_lines, "%lld", (long long)line_key(loader));
    }
}

static bool
send_full(struct loader *loader, struct err *err)
{
    for (int i = 0; i < loader->table_count; i++) {
        struct loader_table *table = &loader->tables[i];

        if (table->batch != NULL && batch_is_full(table->batch) &&
            !ring_send(&loader->ring, table, err))
            return false;
    }
    return true;
}

/* ---- one line ---------------------------------------------------------- */

/* The text of the line, behind a byte order mark. */
static struct span
text_of(const struct line *line)
{
    static const char bom[] = "\xef\xbb\xbf";

    return line->offset == 0 && span_starts(line->text, bom)
               ? span_tail(line->text, strlen(bom))
               : line->text;
}

/* What yajl and PostgreSQL would stumble over is settled before. */
static bool
clean_text(struct loader *loader, struct err *err)
{
    struct span text = text_of(loader->line);
    size_t at, replaced;

    if (loader->line->too_long)
        return err_set(err, MSG_LINE_TOO_LONG, "a line longer than %d bytes",
                       LOADER_LINE_BYTES_MAX);
    if (!clean_json(text, &loader->text, &replaced, &at))
        return err_set(err, MSG_LINE_UTF8, "%s at byte %zu",
                       text.bytes[at] == '\0' ? "a NUL" : "invalid UTF-8", at);
    loader->counts.sanitized += replaced;
    return true;
}

/* What is wrong with a line is told by where it stands in it as it came, which
 * is never taken for what it is. */
static bool
parse_text(struct loader *loader, struct err *err)
{
    struct err cleaned;

    if (record_parse(loader->record, buf_span(&loader->text), &cleaned))
        return true;
    if (record_parse(loader->record, text_of(loader->line), err))
        *err = cleaned;
    return false;
}

/* Ask once for each type. */
static bool
is_new_type(struct loader *loader, struct span type)
{
    if (type.length == 0 || type.length > GID_TYPE_BYTES_MAX ||
        loader->asked_count == ASKED_MAX)
        return false;
    for (int i = 0; i < loader->asked_count; i++)
        if (span_is(type, loader->asked[i]))
            return false;
    loader->asked[loader->asked_count++] = arena_dup(loader->plan->arena, type);
    return true;
}

static void
note_held(struct loader *loader, struct plan_table *table, const char *type)
{
    struct gql_name *name = arena_alloc(loader->plan->arena, sizeof(*name));

    *name = (struct gql_name){.name = type, .next = table->held};
    table->held = name;
}

/* A table may hold ids of a type that neither the query nor the journal
 * names. *learned: one does, so that the line may have a place after all. */
static bool
learn_held(struct loader *loader, bool *learned, struct err *err)
{
    const struct record_value *id =
        record_get(loader->record, loader->plan->id_slot);
    struct span type = id != NULL && id->kind == JSON_STRING
                           ? encode_gid_type(id->text)
                           : span_of("", 0);

    *learned = false;
    if (loader->config.on_gid_type == NULL || !is_new_type(loader, type))
        return true;
    for (int i = 0; i < loader->table_count; i++) {
        struct plan_table *table = &loader->plan->tables[i];
        const char *name = loader->asked[loader->asked_count - 1];
        bool held = false;

        if (table->kind != PLAN_CONNECTION || route_allows(table, type))
            continue;
        if (!loader->config.on_gid_type(loader->config.ctx, table, name, &held,
                                        err))
            return false;
        if (held)
            note_held(loader, table, name);
        *learned = *learned || held;
    }
    return true;
}

static bool
route_child(struct loader *loader, const struct plan_table **table,
            struct err *err)
{
    struct err other;
    bool learned;

    *table = route_line(loader->plan, loader->record, err);
    if (*table != NULL)
        return true;
    if (!learn_held(loader, &learned, &other)) {
        *err = other;
        return false;
    }
    if (learned)
        *table = route_line(loader->plan, loader->record, err);
    return *table != NULL;
}

/* The table of the parsed line; *parent_id NULL for a root. */
static bool
route(struct loader *loader, const struct plan_table **table,
      const struct record_value **parent_id, bool *is_clear, struct err *err)
{
    *parent_id = record_get(loader->record, loader->plan->parent_id_slot);
    if (*parent_id == NULL || (*parent_id)->kind == JSON_NULL) {
        *parent_id = NULL;
        *table = &loader->plan->tables[0];
        return true;
    }
    if ((*parent_id)->kind != JSON_STRING)
        return err_set(err, MSG_LINE_TABLE, "its __parentId is no string");
    *is_clear = true;
    return route_child(loader, table, err);
}

/* From the text of the line to its table and values. */
static bool
parse_line(struct loader *loader, const struct plan_table **table,
           const struct record_value **parent_id, bool *is_clear,
           struct err *err)
{
    const char *reason;

    if (!clean_text(loader, err) || !parse_text(loader, err) ||
        !route(loader, table, parent_id, is_clear, err))
        return false;
    loader->table_name = (*table)->name;
    reason = refused_reason(loader->config.refused, line_key(loader));
    return reason == NULL || err_set(err, MSG_LINE_REFUSED, "%s", reason);
}

/* As text, since that is how a row names its parent. */
static struct span
gid_of(const struct record_value *id)
{
    return id != NULL && id->kind == JSON_STRING ? id->text : span_of("", 0);
}

static void
tally_line(struct loader *loader, const struct plan_table *plan,
           const struct row_source *source)
{
    struct loader_table *table = &loader->tables[plan->index];

    if (plan->kind == PLAN_CONNECTION && !plan->skip)
        tally_row(&table->tally, gid_of(source->parent_id));
    for (int i = 0; i < plan->counted_count; i++) {
        struct tally *below = &loader->tables[plan->counted[i]->index].tally;

        if (table->told[i] == ROWS_UNTOLD)
            tally_no_promise(below);
        else
            tally_promise(below,
                          gid_of(record_get(source->record, plan->id_slot)),
                          (uint32_t)abs(table->told[i]));
    }
}

static bool
put_line(struct loader *loader, const struct plan_table *table,
         const struct row_source *source, struct err *err)
{
    return put_row(loader, &loader->tables[table->index], source, err) &&
           put_lists(loader, table, loader->record, 0, err);
}

static bool
put_measured(struct loader *loader, const struct plan_table *table,
             const struct row_source *source, int64_t begun_ns, struct err *err)
{
    int64_t parsed_ns = clock_now_ns();
    int64_t sent_ns = loader->ring.send_ns;
    bool put = put_line(loader, table, source, err);

    loader->times.parse_ns += parsed_ns - begun_ns;
    loader->times.encode_ns +=
        clock_now_ns() - parsed_ns - (loader->ring.send_ns - sent_ns);
    return put;
}

/* Until one root fits: a file of which none does is another query's. */
static void
look_at_root(struct loader *loader)
{
    const struct plan_table *root = &loader->plan->tables[0];
    struct span type =
        encode_gid_type(gid_of(record_get(loader->record, root->id_slot)));

    if (type.length == 0)
        return;
    loader->root_fits = route_allows(root, type);
    if (!loader->root_fits && loader->other_root == NULL)
        loader->other_root = arena_dup(loader->plan->arena, type);
}

static bool
load_line(struct loader *loader, bool *is_clear, struct err *err)
{
    const struct plan_table *table = NULL;
    struct row_source source = {.record = loader->record,
                                .line = line_key(loader),
                                .asked_at = loader->asked_at,
                                .arena = loader->plan->arena};
    bool is_measured = loader->counts.lines % MEASURED_EVERY == 1;
    int64_t begun_ns = is_measured ? clock_now_ns() : 0;

    if (!parse_line(loader, &table, &source.parent_id, is_clear, err) ||
        !(is_measured ? put_measured(loader, table, &source, begun_ns, err)
                      : put_line(loader, table, &source, err)))
        return false;
    tally_line(loader, table, &source);
    if (!loader->root_fits && table->kind == PLAN_ROOT)
        look_at_root(loader);
    loader->counts.skipped += table->skip && !table->stages_id;
    loader->counts.roots += table->kind == PLAN_ROOT;
    return true;
}

static void
read_object_id(const struct loader *loader, char id[OBJECT_ID_BYTES])
{
    const struct record_value *value =
        loader->table_name[0] != '\0'
            ? record_get(loader->record, loader->plan->id_slot)
            : NULL;

    id[0] = '\0';
    if (value != NULL && value->kind == JSON_STRING)
        snprintf(id, OBJECT_ID_BYTES, "%.*s", SPAN_ARG(value->text));
}

static bool
reject_line(struct loader *loader, bool is_clear, const struct err *why,
            struct err *err)
{
    char object_id[OBJECT_ID_BYTES];
    struct reject reject = {.operation = loader->operation,
                            .line_number = loader->line->number,
                            .byte_offset = loader->line->offset,
                            .table_name = loader->table_name,
                            .object_id = object_id,
                            .code = why->code,
                            .reason = why->message,
                            .remedy = err_remedy(why),
                            .raw = loader->line->text};

    read_object_id(loader, object_id);
    undo(loader);
    loader->counts.rejects++;
    loader->counts.rejects_unclear += !is_clear;
    return loader->config.on_reject(loader->config.ctx, &reject, err);
}

bool
loader_line(void *ctx, const struct line *line, struct err *err)
{
    struct loader *loader = ctx;
    struct err why;
    bool is_clear = false;

    if (span_trim(line->text).length == 0 && !line->too_long)
        return true;
    loader->line = line;
    loader->counts.lines++;
    mark(loader);
    note_unknown_gids(loader);
    if (load_line(loader, &is_clear, &why)) {
        buf_shrink(&loader->text, BATCH_BYTES);
        return send_full(loader, err);
    }
    if (why.kind == ERR_ROW && !err_is(&why, MSG_WIDEN))
        return reject_line(loader, is_clear, &why, err);
    *err = why;
    return false;
}

/* ---- ends -------------------------------------------------------------- */

static void
note_widened(struct buf *note, const struct plan_table *table,
             const char *column)
{
    buf_printf(note, "%s%s.%s", note->length > 0 ? ", " : "", table->name,
               column);
}

void
loader_widen(struct loader *loader, struct buf *note)
{
    const struct rows_widen *widen = &loader->widen;

    for (int i = 0; i < loader->table_count; i++) {
        const struct plan_table *plan = loader->tables[i].plan;

        if (plan->skip)
            continue;
        if (widen->gid != NULL && plan->parent_gid == widen->gid)
            note_widened(note, plan, plan->parent_column);
        for (int c = 0; c < plan->column_count; c++) {
            const struct plan_column *column = &plan->columns[c];

            if (column == widen->column ||
                (widen->gid != NULL && column->gid == widen->gid))
                note_widened(note, plan, column->name);
        }
    }
    if (widen->column != NULL)
        widen->column->type = PLAN_NUMERIC;
    else
        widen->gid->whole = true;
}

bool
loader_isolate(struct loader *loader, struct refused *refused, struct err *err)
{
    return isolate_refused(&loader->ring, refused, err);
}

bool
loader_finish(struct loader *loader, struct err *err)
{
    for (int i = 0; i < loader->table_count; i++)
        if (loader->tables[i].batch != NULL &&
            !ring_send(&loader->ring, &loader->tables[i], err))
            return false;
    if (loader->void_lines.length > 0)
        buf_append_char(&loader->void_lines, '}');
    if (loader->void_lines.overflowed)
        return err_set(err, MSG_TOO_MANY_REJECTS,
                       "too many rejected lines to undo");
    return ring_drain(&loader->ring, err);
}

bool
loader_has_all_rows(const struct loader *loader, int table)
{
    return tally_is_even(&loader->tables[table].tally);
}

uint64_t
loader_odd_counts(const struct loader *loader, int table)
{
    return loader->tables[table].odd_counts;
}

const char *
loader_other_roots(const struct loader *loader)
{
    return loader->root_fits ? NULL : loader->other_root;
}

struct pg_conn *
loader_release(struct loader *loader)
{
    ring_end_pipes(&loader->ring);
    return loader->ring.conns[0];
}

const char *
loader_void_lines(const struct loader *loader)
{
    return loader->void_lines.length > 0 ? buf_str(&loader->void_lines) : NULL;
}
