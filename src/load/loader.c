/*
 * The steps of one line, in take_line():
 *
 *     clean      check UTF-8, replace escapes that PostgreSQL refuses
 *     parse      find its values, by slot
 *     route      find its table: a root's, or a connection's (route.c)
 *     refused?   reject it if the server refused it in an earlier attempt
 *     put        write its rows, and those of its lists, into batches
 *     tally      count it for its parent, and note its own counts
 *
 * If a step fails, the whole line is rejected, and on_reject gets the reason.
 * If a value does not fit its column but would fit a wider one, the load ends
 * with the code WIDEN, and restarts after loader_widen(). A paged run then
 * continues at the page.
 *
 * Hazards. This code runs for every line. It must not allocate memory, except
 * for a gid type that comes for the first time. The line and all spans into it
 * are invalid after take_line() returns. loader_line() may only copy the line
 * into a block, and the steps follow later (json/tandem.h). Sending a batch may
 * wait, and other tasks run meanwhile.
 */
#include "load/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "json/clean.h"
#include "json/tandem.h"
#include "load/encode.h"
#include "load/grow.h"
#include "load/isolate.h"
#include "load/kept.h"
#include "load/put.h"
#include "load/removal.h"
#include "load/ring.h"
#include "load/route.h"
#include "load/rows.h"
#include "load/stage.h"
#include "pg/queue.h"
#include "plan/mask.h"
#include "plan/merge_sql.h"
#include "sql.h"

enum { OPERATION_SHIFT = 40, OBJECT_ID_BYTES = 256, MEASURED_EVERY = 61 };

/* Of a smaller result, one thread parses all lines. */
enum { TANDEM_AFTER_BYTES = 8 * 1024 * 1024 };

/* Limits for gid types that no connection has and that are looked up in the
 * tables. Beyond them the line is rejected. */
enum { ASKED_MAX = 16, GID_TYPE_BYTES_MAX = 64 };

struct loader {
    struct plan *plan;
    struct loader_config config;
    struct loader_table *tables; /* by plan index */
    int table_count;
    struct loader_ahead *ahead;  /* from loader_stage() on, not NULL */
    loader_stage_fn *stage_late; /* creates staging; NULL: it is there */
    void *late_ctx;
    struct ring ring;
    struct grow grow;      /* after late staging, if many rows are sent */
    struct tandem *tandem; /* of a bulk result; parses lines ahead */
    struct record *record; /* the values of the current line */
    struct buf text;       /* the current line, after cleaning */
    struct loader_counts counts;
    struct loader_times times; /* without send_ns, which the ring has */
    struct put put;
    int operation;
    int64_t asked_at;
    bool is_masked;          /* the query has @mask: lines are not quoted */
    bool has_pages;          /* its lines were cut from pages */
    bool is_bulk;            /* its lines were not: the first one shows it */
    int64_t page_line;       /* _line of the page's first line */
    const struct line *line; /* the current one */
    const struct tandem_parsed *parsed; /* it, if it was parsed ahead */
    const char *table_name;             /* of the current line, once routed */
    bool root_fits;         /* a root had a gid type that roots can have */
    const char *other_root; /* the first gid type that they cannot have, */
    const struct plan_table *other_table; /* and the root that it came for */
    const char *asked[ASKED_MAX];         /* gid types that were looked up */
    int asked_count;
};

static bool take_line(void *ctx, const struct line *line,
                      const struct tandem_parsed *parsed, struct err *err);

struct loader *
loader_new(struct plan *plan, const struct loader_config *config)
{
    struct loader *loader = mem_alloc(sizeof(*loader));

    loader->plan = plan;
    loader->config = *config;
    loader->table_count = plan->table_count;
    loader->tables =
        mem_array((size_t)plan->table_count, sizeof(*loader->tables));
    for (int i = 0; i < plan->table_count; i++) {
        rows_table_init(&loader->tables[i], &plan->tables[i],
                        config->hash_secret);
        loader->tables[i].mask_key = config->mask_key;
    }
    loader->is_masked = mask_first(plan) != NULL;
    loader->record = record_new(plan->line_shape);
    loader->text = buf_with_ceiling(LOADER_LINE_BYTES_MAX);
    if (!config->is_paged)
        loader->tandem =
            tandem_new(plan->line_shape, TANDEM_AFTER_BYTES, take_line, loader);
    ring_init(&loader->ring, plan->table_count);
    loader->ring.is_paged = config->is_paged;
    put_init(&loader->put, plan, &loader->ring, loader->tables);
    return loader;
}

void
loader_free(struct loader *loader)
{
    if (loader == NULL)
        return;
    tandem_free(loader->tandem);
    loader_ahead_free(loader->ahead);
    grow_end(&loader->grow, &loader->ring);
    put_free(&loader->put);
    ring_free(&loader->ring);
    for (int i = 0; i < loader->table_count; i++)
        rows_table_free(&loader->tables[i]);
    record_free(loader->record);
    buf_free(&loader->text);
    free(loader->tables);
    free(loader);
}

/* ---- ahead ------------------------------------------------------------- */

struct loader_ahead {
    struct loader_config config;
    struct ring_openings *openings;
    struct stage_ahead stage;
};

struct loader_ahead *
loader_ahead_new(const struct loader_config *config)
{
    struct pg_config sessions = {.dsn = config->dsn,
                                 .application_name = config->application_name,
                                 .loader = true,
                                 .answer_timeout_ms =
                                     config->answer_timeout_ms};
    struct loader_ahead *ahead = mem_alloc(sizeof(*ahead));

    ahead->config = *config;
    ahead->openings = ring_connect(&sessions, config->sessions,
                                   config->is_paged ? 1 : config->connections);
    return ahead;
}

void
loader_ahead_stage(struct loader_ahead *ahead, struct pg_conn *control,
                   const struct plan *plan, const bool *becomes_table)
{
    stage_queue_ahead(control, ahead->config.schema, ahead->config.run_id, plan,
                      becomes_table, &ahead->stage);
}

void
loader_ahead_committed(struct loader_ahead *ahead)
{
    ahead->stage.is_made = true;
}

void
loader_ahead_free(struct loader_ahead *ahead)
{
    if (ahead == NULL)
        return;
    ring_close(ahead->openings);
    stage_ahead_free(&ahead->stage);
    free(ahead);
}

void
loader_take(struct loader *loader, struct loader_ahead *ahead)
{
    loader->ahead = ahead;
}

/* ---- before the first line --------------------------------------------- */

bool
loader_stage(struct loader *loader, struct pg_conn *control,
             const bool *becomes_table, struct err *err)
{
    if (loader->ahead == NULL)
        loader->ahead = loader_ahead_new(&loader->config);
    if (loader->config.continues)
        return kept_continue(control, loader->config.schema,
                             loader->config.run_id, loader->tables,
                             loader->table_count, err);
    return stage_create(control, loader->config.schema, loader->config.run_id,
                        loader->tables, loader->table_count, becomes_table,
                        &loader->ahead->stage, &loader->config.fence, err);
}

const char *
loader_stage_name(const struct loader *loader, int table)
{
    return loader->tables[table].stage;
}

static bool
open_ring(struct loader *loader, struct err *err)
{
    struct ring_openings *openings = loader->ahead->openings;

    loader->ahead->openings = NULL;
    return ring_open(&loader->ring, openings,
                     loader->config.shares_transactions, err);
}

bool
loader_connect(struct loader *loader, struct err *err)
{
    if (!open_ring(loader, err))
        return false;
    ring_prepare(&loader->ring, loader->config.schema, loader->tables,
                 loader->table_count);
    return true;
}

/* ---- late staging ------------------------------------------------------ */

bool
loader_stage_later(struct loader *loader, loader_stage_fn *stage, void *ctx,
                   struct err *err)
{
    for (int i = 0; i < loader->table_count; i++)
        if (stage_has_rows(loader->tables[i].plan))
            stage_name_table(&loader->tables[i], loader->config.run_id);
    loader->stage_late = stage;
    loader->late_ctx = ctx;
    return open_ring(loader, err);
}

bool
loader_is_unstaged(const struct loader *loader)
{
    return loader->stage_late != NULL;
}

/* Is there a row to send? It is in the first batch of its table. */
static bool
has_row(const struct loader *loader)
{
    for (int i = 0; i < loader->table_count; i++) {
        const struct batch *batch = loader->tables[i].batch;

        if (batch != NULL && batch->rows > 0)
            return true;
    }
    return false;
}

/* Create staging, and meanwhile set up the sessions. */
static bool
stage_now(struct loader *loader, struct err *err)
{
    struct ring *ring = &loader->ring;
    struct err other;
    bool staged;

    ring_begin_setup(ring);
    staged = loader->stage_late(loader->late_ctx, err);
    if (!ring_end_setup(ring, staged ? err : &other) || !staged)
        return false;
    loader->stage_late = NULL;
    loader->grow.wanted = loader->config.connections - ring->conn_count;
    for (int i = 0; i < loader->table_count; i++)
        if (loader->tables[i].batch != NULL)
            batch_set_type(loader->tables[i].batch, loader->tables[i].row_type);
    return ring_start(ring, err) &&
           ring_prepare_late(ring, loader->config.schema, loader->tables,
                             loader->table_count, err);
}

static bool
stage_first_row(struct loader *loader, struct err *err)
{
    return loader->stage_late == NULL || !has_row(loader) ||
           stage_now(loader, err);
}

bool
loader_start(struct loader *loader, struct err *err)
{
    return ring_start(&loader->ring, err);
}

struct pg_conn *
loader_session(const struct loader *loader)
{
    return loader->ring.conns[0];
}

void
loader_compare(struct loader *loader, int table, struct known *known)
{
    rows_compare(&loader->tables[table], known);
}

struct known *
loader_known(const struct loader *loader, int table)
{
    return loader->tables[table].known;
}

bool
loader_has_value(const struct loader *loader, int table, int column)
{
    return rows_has_value(&loader->tables[table], column);
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
    if (loader->tandem != NULL)
        times.parse_ns += tandem_waited_ns(loader->tandem) / MEASURED_EVERY;
    return times;
}

/* The value of _line: the operation's number in the upper bits and the line
 * number below, so that staging has one order over all operations. */
static int64_t
line_key(int operation, uint64_t number)
{
    return ((int64_t)(operation - 1) << OPERATION_SHIFT) | (int64_t)number;
}

/* ---- one line ---------------------------------------------------------- */

/* The text of the line, without a byte order mark. */
static struct span
text_of(const struct line *line)
{
    static const char bom[] = "\xef\xbb\xbf";

    return line->offset == 0 && span_starts(line->text, bom)
               ? span_tail(line->text, strlen(bom))
               : line->text;
}

/* Refuse or replace everything that yajl or PostgreSQL would not accept. */
static bool
clean_text(struct loader *loader, struct err *err)
{
    struct span text = text_of(loader->line);
    size_t at, replaced;

    if (loader->line->too_long)
        return err_set(err, MSG_LINE_TOO_LONG,
                       "the line is longer than %d bytes",
                       LOADER_LINE_BYTES_MAX);
    if (!clean_json(text, &loader->text, &replaced, &at))
        return err_set(err, MSG_LINE_UTF8, "%s at byte %zu",
                       text.bytes[at] == '\0' ? "a NUL byte" : "invalid UTF-8",
                       at);
    loader->counts.sanitized += replaced;
    return true;
}

/* Parse the cleaned text. If that fails, the original text is parsed as well,
 * only to report the error at its position in the original. */
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

static bool
read_text(struct loader *loader, struct err *err)
{
    const struct tandem_parsed *parsed = loader->parsed;

    if (parsed == NULL && loader->config.is_paged && !loader->line->too_long &&
        clean_is_needless(loader->line->text))
        return record_parse(loader->record, loader->line->text, err);
    if (parsed == NULL)
        return clean_text(loader, err) && parse_text(loader, err);
    record_restore(loader->record, parsed->values, parsed->count,
                   parsed->has_unknown_keys);
    loader->counts.sanitized += parsed->replaced;
    return true;
}

/* Should the type be looked up in the tables? If so, it is noted, so that it is
 * looked up only once. */
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

/* A table may have ids of a gid type that neither the query nor the journal
 * knows. Sets *learned if a table has ids of this line's type; routing the line
 * again may then succeed. */
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

/* A line that was cut from a page has a parent if its table has one. */
static bool
route_page_line(struct loader *loader, const struct plan_table *table,
                const struct record_value **parent_id, bool *is_clear,
                struct err *err)
{
    loader->has_pages = true;
    *is_clear = table->parent != NULL;
    if (table->parent == NULL) {
        *parent_id = NULL;
        return true;
    }
    *parent_id = record_get(loader->record, loader->plan->parent_id_slot);
    return (*parent_id != NULL && (*parent_id)->kind == JSON_STRING) ||
           err_set(err, MSG_LINE_TABLE,
                   "its tag names %s, but its __parentId is not a string",
                   table->path);
}

/* Find the table of the parsed line. *parent_id is NULL for a root; *is_clear
 * is set if the line is certainly not a root. */
static bool
route(struct loader *loader, const struct plan_table **table,
      const struct record_value **parent_id, bool *is_clear, struct err *err)
{
    *table = loader->is_bulk ? NULL : route_paged(loader->plan, loader->record);
    if (*table != NULL)
        return route_page_line(loader, *table, parent_id, is_clear, err);
    loader->is_bulk = !loader->has_pages;
    *parent_id = record_get(loader->record, loader->plan->parent_id_slot);
    if (*parent_id == NULL || (*parent_id)->kind == JSON_NULL) {
        *parent_id = NULL;
        *table = &loader->plan->tables[0];
        return true;
    }
    if ((*parent_id)->kind != JSON_STRING)
        return err_set(err, MSG_LINE_TABLE, "its __parentId is not a string");
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

    if (!read_text(loader, err) ||
        !route(loader, table, parent_id, is_clear, err))
        return false;
    loader->table_name = (*table)->name;
    reason = refused_reason(loader->config.refused, loader->put.line);
    return reason == NULL || err_set(err, MSG_LINE_REFUSED, "%s", reason);
}

/* An id as text, which is also the form of __parentId. */
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
        struct span id = gid_of(record_get(source->record, plan->id_slot));

        if (table->told[i] == ROWS_UNTOLD)
            tally_no_promise(below);
        else if (table->told[i] == ROWS_UNPROVEN)
            tally_leave_open(below, id);
        else
            tally_promise(below, id, (uint32_t)abs(table->told[i]));
    }
}

static bool
put_measured(struct loader *loader, const struct plan_table *table,
             const struct row_source *source, int64_t begun_ns, struct err *err)
{
    int64_t parsed_ns = clock_now_ns();
    int64_t sent_ns = loader->ring.send_ns;
    bool put = put_line(&loader->put, table, source, err);

    loader->times.parse_ns += parsed_ns - begun_ns;
    loader->times.encode_ns +=
        clock_now_ns() - parsed_ns - (loader->ring.send_ns - sent_ns);
    return put;
}

/* Called until one root has a gid type of the query's roots. If none ever has,
 * the file belongs to another query. */
static void
look_at_root(struct loader *loader, const struct plan_table *root)
{
    struct span type =
        encode_gid_type(gid_of(record_get(loader->record, root->id_slot)));

    if (type.length == 0)
        return;
    loader->root_fits = route_allows(root, type);
    if (loader->root_fits || loader->other_root != NULL)
        return;
    loader->other_root = arena_dup(loader->plan->arena, type);
    loader->other_table = root;
}

static bool
load_line(struct loader *loader, bool *is_clear, struct err *err)
{
    const struct plan_table *table = NULL;
    struct row_source source = {.record = loader->record,
                                .line = loader->put.line,
                                .asked_at = loader->asked_at,
                                .arena = loader->plan->arena};
    bool is_measured = loader->counts.lines % MEASURED_EVERY == 1;
    int64_t begun_ns = is_measured ? clock_now_ns() : 0;

    if (!parse_line(loader, &table, &source.parent_id, is_clear, err) ||
        !(is_measured ? put_measured(loader, table, &source, begun_ns, err)
                      : put_line(&loader->put, table, &source, err)))
        return false;
    if (!loader->has_pages)
        tally_line(loader, table, &source);
    if (!loader->root_fits && table->kind == PLAN_ROOT)
        look_at_root(loader, table);
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
                            .remedy = err_remedy(why)};

    if (!loader->is_masked)
        reject.raw = loader->line->text;
    read_object_id(loader, object_id);
    put_undo(&loader->put);
    loader->counts.rejects++;
    loader->counts.rejects_unclear += !is_clear;
    return loader->config.on_reject(loader->config.ctx, &reject, err);
}

bool
loader_remove(struct loader *loader, const struct loader_removal *removals,
              size_t count, struct err *err)
{
    struct removal_counts removed;

    if (!removal_run(loader->ring.conns[0], loader->config.schema,
                     loader->tables, loader->table_count, loader->page_line,
                     removals, count, &removed, err))
        return false;
    loader->counts.lines -= (uint64_t)removed.lines;
    loader->counts.roots -= (uint64_t)removed.roots;
    return true;
}

/* Rows that came unchanged are not staged, so they cannot be removed there. */
static bool
check_compared(const struct loader *loader, struct err *err)
{
    for (int i = 0; i < loader->table_count; i++)
        if (loader->tables[i].known != NULL)
            return err_set(err, MSG_NOT_COMPARED,
                           "the result replaces rows that came before");
    return true;
}

/* A copy of a paged result says which rows of the lines before are replaced.
 * The paged run itself knows that from the page, and a dry run has no rows. If
 * rows are compared, the load restarts and sends all of them, even if none was
 * staged yet: a row that is removed may be one that was not sent. */
static bool
remove_again(struct loader *loader, const struct line *line, struct err *err)
{
    struct ring *ring = &loader->ring;
    struct arena arena = {0};
    struct loader_removal removal;
    bool removed;

    if (loader->config.is_paged ||
        (ring->pipe_count == 0 && loader->stage_late == NULL))
        return true;
    removed = check_compared(loader, err) &&
              removal_read(loader->plan, &arena, line->text, &removal, err) &&
              put_send_all(&loader->put, err) && ring_drain(ring, err);
    if (removed) {
        ring_end_pipes(ring);
        loader->page_line = line_key(loader->operation, line->number);
        removed =
            loader_remove(loader, &removal, 1, err) && ring_start(ring, err);
    }
    arena_free(&arena);
    return removed;
}

static bool
send_line(struct loader *loader, struct err *err)
{
    if (!stage_first_row(loader, err) || !put_send_full(&loader->put, err))
        return false;
    if (loader->grow.wanted > 0)
        grow_look(&loader->grow, &loader->ring, &loader->config, loader->tables,
                  loader->table_count);
    return true;
}

static bool
take_line(void *ctx, const struct line *line,
          const struct tandem_parsed *parsed, struct err *err)
{
    struct loader *loader = ctx;
    struct err why;
    bool is_clear = false;

    if (!loader->is_bulk && span_starts(line->text, REMOVAL_LINE))
        return remove_again(loader, line, err);
    loader->line = line;
    loader->parsed = parsed;
    loader->counts.lines++;
    loader->table_name = "";
    put_begin(&loader->put, line_key(loader->operation, line->number));
    if (load_line(loader, &is_clear, &why)) {
        buf_shrink(&loader->text, BATCH_BYTES);
        return send_line(loader, err);
    }
    if (why.kind == ERR_ROW && !err_is(&why, MSG_WIDEN))
        return reject_line(loader, is_clear, &why, err);
    *err = why;
    return false;
}

/* Most lines begin with a brace, and need no closer look. */
static bool
is_blank(const struct line *line)
{
    return (line->text.length == 0 || line->text.bytes[0] != '{') &&
           !line->too_long && span_trim(line->text).length == 0;
}

bool
loader_line(void *ctx, const struct line *line, struct err *err)
{
    struct loader *loader = ctx;

    if (is_blank(line))
        return true;
    return loader->tandem != NULL ? tandem_line(loader->tandem, line, err)
                                  : take_line(loader, line, NULL, err);
}

bool
loader_end_operation(struct loader *loader, struct err *err)
{
    return loader->tandem == NULL || tandem_finish(loader->tandem, err);
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
    const struct rows_widen *widen = &loader->put.widen;

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
    refused->hides_words = loader->is_masked;
    return isolate_refused(&loader->ring, refused, err);
}

/* Send the rest, and complete the list of void lines. */
static bool
send_rest(struct loader *loader, struct err *err)
{
    struct buf *void_lines = &loader->put.void_lines;

    if (!put_send_all(&loader->put, err))
        return false;
    if (void_lines->length > 0)
        buf_append_char(void_lines, '}');
    return !void_lines->overflowed ||
           err_set(err, MSG_TOO_MANY_REJECTS,
                   "too many lines were rejected after some of their rows had "
                   "been sent");
}

bool
loader_finish(struct loader *loader, struct err *err)
{
    return send_rest(loader, err) && ring_drain(&loader->ring, err);
}

/* ---- pages ------------------------------------------------------------- */

void
loader_continue(struct loader *loader, const struct loader_counts *counts)
{
    loader->counts = *counts;
}

bool
loader_begin_page(struct loader *loader, uint64_t line, struct err *err)
{
    loader->page_line = line_key(loader->operation, line);
    return ring_start(&loader->ring, err);
}

void
loader_count_missing(struct loader *loader, uint64_t rows)
{
    loader->counts.lines += rows;
    loader->counts.rejects += rows;
    loader->counts.rejects_unclear += rows;
}

/* Rows of rejected lines that were sent before the line was rejected. */
static void
queue_void_lines(struct loader *loader, struct pg_conn *conn)
{
    const char *lines = loader_void_lines(loader);
    struct buf sql = buf_with_ceiling(4096);

    for (int i = 0; lines != NULL && i < loader->table_count; i++) {
        struct merge_sql_target target = {.table = loader->tables[i].plan,
                                          .schema = loader->config.schema,
                                          .stage = loader->tables[i].stage};

        if (target.stage == NULL)
            continue;
        buf_clear(&sql);
        merge_sql(&sql, sql_delete_lines, &target, NULL);
        pg_queue(conn, buf_str(&sql), 1, &lines, NULL);
    }
    buf_clear(&loader->put.void_lines);
    buf_free(&sql);
}

bool
loader_end_page(struct loader *loader, struct pg_conn **conn, struct err *err)
{
    if (!send_rest(loader, err) || !ring_end_page(&loader->ring, conn, err))
        return false;
    queue_void_lines(loader, *conn);
    return true;
}

/* ---- what the load found ------------------------------------------------ */

bool
loader_has_all_rows(const struct loader *loader, int table)
{
    return loader->has_pages || tally_is_even(&loader->tables[table].tally);
}

uint64_t
loader_odd_counts(const struct loader *loader, int table)
{
    return loader->tables[table].odd_counts;
}

const char *
loader_other_roots(const struct loader *loader, const struct plan_table **root)
{
    *root = loader->other_table;
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
    const struct buf *void_lines = &loader->put.void_lines;

    return void_lines->length > 0 ? buf_str(void_lines) : NULL;
}
