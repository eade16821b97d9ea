/*
 * The splitter reports the state of each connection. It decides what happens to
 * the entry:
 *
 *     CLOSED ─┬─► complete: the entry ends
 *             ├─► not proven: it is read again from its beginning
 *             └─► not proven for the third time: it ends, and is unproven
 *     OPEN ───┬─► it waits for its next page
 *             └─► the cursor came before: the same as BROKEN
 *     APART ────► a new entry
 *     BROKEN ─┬─► it is read again from its beginning
 *             └─► for the second time: the walk fails
 *     NULL ─────► the walk fails
 *
 * A connection that was nested in its parent's row has no entry yet.
 *
 * If a parent does not come, it is asked for once more. If it does not come
 * again, it no longer exists, and its staged rows are removed.
 *
 * Hazards. If a connection is read again, or a parent comes a second time, its
 * old rows are removed together with the first page of the new ones: a page's
 * removals happen before its rows are added. Nothing here may wait, because the
 * splitter is shared.
 */
#include "walk/page.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "paged/proof.h"
#include "walk/circle.h"
#include "walk/conclusion.h"

/* The lines of a page are longer than its answer, because each has a tag and
 * the id of its parent: of small rows, several times as long. The answer to a
 * request for one row may be larger than others, and then its lines may be,
 * too: up to twice LINES_BYTES_MAX, or so much more than a larger answer. */
enum {
    LINES_BYTES_MAX = 24 * 1024 * 1024,
    LINES_MOST_PER_ANSWER = 6,
    CHANGES_MOST = 200 * 1000,
    WALKED_BYTES_MAX = 16 * 1024 * 1024,
    KEYS_MOST = 1024 * 1024
};

/* The seed of rejects among the hashes of keys. */
#define REJECTS UINT64_MAX

/* ---- life --------------------------------------------------------------- */

struct page *
page_new(struct walker *walker, struct batch *batch)
{
    struct page *page = mem_alloc(sizeof(*page));

    page->walker = walker;
    page->batch = *batch;
    *batch = (struct batch){0};
    page->lines = buf_with_ceiling(LINES_BYTES_MAX);
    page->walked = buf_with_ceiling(WALKED_BYTES_MAX);
    page->seen = seen_new(KEYS_MOST);
    begun_init(&page->begun, walker);
    tallies_init(&page->tallies, walker->pages);
    return page;
}

void
page_free(struct page *page)
{
    if (page == NULL)
        return;
    entries_back_from(&page->walker->entries, &page->batch, 0);
    batch_free(&page->batch);
    tallies_free(&page->tallies);
    seen_free(&page->seen);
    begun_free(&page->begun);
    buf_free(&page->lines);
    buf_free(&page->walked);
    free(page->changes);
    free(page->removals);
    free(page->rejects);
    free(page->keys);
    free(page->row_ids);
    arena_free(&page->arena);
    free(page);
}

bool
page_has_space(const struct page *page, size_t answer_bytes)
{
    return page->lines.length + answer_bytes * LINES_PER_ANSWER <=
           LINES_BYTES_MAX;
}

/* A page that is larger than others, because of one row. */
static void
raise_ceiling(struct page *page, size_t answer_bytes)
{
    size_t least =
        answer_bytes > LINES_BYTES_MAX ? answer_bytes : LINES_BYTES_MAX;
    size_t most = answer_bytes * LINES_MOST_PER_ANSWER;

    if (most > least + LINES_BYTES_MAX)
        most = least + LINES_BYTES_MAX;
    if (page->lines.ceiling < page->lines.length + most)
        page->lines.ceiling = page->lines.length + most;
}

/* Room for one more element of `size` bytes. */
static void *
make_room(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room > 0 ? *room * 2 : 16;
    return mem_resize(list, *room * size);
}

static struct page_change *
add_change(struct page *page, struct walk_entry *entry)
{
    struct page_change *change;

    page->changes = make_room(page->changes, page->change_count,
                              &page->change_room, sizeof(*page->changes));
    change = &page->changes[page->change_count++];
    *change = (struct page_change){.entry = entry, .is_new = entry == NULL};
    if (entry == NULL)
        return change;
    change->row = entry->row;
    entry->change = page->change_count;
    return change;
}

static const char *
copy_text(struct page *page, const char *text)
{
    return text != NULL ? arena_strdup(&page->arena, text) : NULL;
}

/* The texts are copied: the entry that they are from changes before the page is
 * committed. */
static void
add_removal(struct page *page, const struct pages_connection *c,
            const char *parent_id, const char *id)
{
    page->removals = make_room(page->removals, page->removal_count,
                               &page->removal_room, sizeof(*page->removals));
    page->removals[page->removal_count++] =
        (struct frontier_removal){.connection = c->index,
                                  .parent_id = copy_text(page, parent_id),
                                  .id = copy_text(page, id)};
}

static struct tally *
tally_of(struct page *page, const struct pages_connection *c)
{
    return &page->tallies.of[c->index];
}

void
page_reject(struct page *page, const struct pages_connection *c, const char *id,
            const char *why)
{
    page->rejects = make_room(page->rejects, page->reject_count,
                              &page->reject_room, sizeof(*page->rejects));
    page->rejects[page->reject_count++] =
        (struct journal_reject){.table_name = c->table->name,
                                .object_id = arena_strdup(&page->arena, id),
                                .reason = arena_strdup(&page->arena, why),
                                .raw = span_of("", 0)};
    tally_of(page, c)->missing++;
}

static char *
keep(struct page *page, struct span text)
{
    return text.length > 0 ? arena_dup(&page->arena, text) : NULL;
}

/* ---- rows --------------------------------------------------------------- */

/* Does the answer have the rows themselves, not the pages of a connection? */
static bool
has_rows_by_ids(const struct page *page)
{
    return page->request == page->request->connection->by_ids;
}

/* Is it the connection whose pages were asked for? */
static bool
is_own(const struct page *page, const struct pages_connection *c)
{
    return c == page->request->connection && !has_rows_by_ids(page);
}

static void
add_key(struct page *page, const struct pages_connection *c, struct span parent,
        struct span id)
{
    struct page_key *key;
    uint64_t instance = begun_instance(page->walker, c, parent);

    page->keys = make_room(page->keys, page->key_count, &page->key_room,
                           sizeof(*page->keys));
    key = &page->keys[page->key_count++];
    *key = (struct page_key){.instance = instance, .is_first = true};
    if (id.length == 0)
        return;
    key->key = seen_hash(instance, id);
    key->is_first = seen_add(&page->seen, key->key);
}

static void
add_row_id(struct page *page, struct span id)
{
    page->row_ids = make_room(page->row_ids, page->row_id_count,
                              &page->row_id_room, sizeof(*page->row_ids));
    page->row_ids[page->row_id_count++] = arena_dup(&page->arena, id);
}

/* A row of a connection that was not asked for, but is in its parent's row. */
static bool
is_left_out(struct page *page, const struct pages_connection *c,
            struct span parent, struct span id)
{
    enum begun_how how =
        begun_ask(&page->begun, page->walker, c, parent, false);

    if (how != BEGUN_STAYS && how != BEGUN_LATER)
        return false;
    begun_leave_out(&page->begun, c, id);
    return true;
}

static void
on_own_row(struct page *page, const struct pages_connection *c, struct span id)
{
    begun_next_row(&page->begun);
    if (page->own_rows++ == 0 && id.length > 0)
        page->first = seen_hash(0, id);
    if (is_own(page, c))
        ends_row(page, id);
    else
        page->ends.skips = false; /* asked for by its id */
    if (page->is_bare && !page->ends.skips)
        add_row_id(page, id);
}

static void
on_row(void *ctx, const struct plan_table *table, struct span parent,
       struct span id)
{
    struct page *page = ctx;
    const struct pages_connection *c =
        page->walker->connection_of[table->index];
    bool is_asked = c == page->request->connection;

    page->is_left_out = false;
    if (c == NULL)
        return;
    if (is_asked)
        on_own_row(page, c, id);
    else
        page->is_left_out =
            page->ends.skips || is_left_out(page, c, parent, id);
    if (page->is_left_out)
        return;
    if (!page->is_bare)
        tally_of(page, c)->rows += !page->ends.skips;
    if (c->has_total && !c->is_only && (!is_asked || !has_rows_by_ids(page)))
        add_key(page, c, parent, id);
}

static bool
on_line(void *ctx, const struct plan_table *table, struct span line,
        struct err *err)
{
    struct page *page = ctx;

    (void)table;
    if (page->is_bare || page->is_left_out || page->ends.skips)
        return true;
    buf_append_span(&page->lines, line);
    buf_append_char(&page->lines, '\n');
    return !page->lines.overflowed ||
           err_set(err, MSG_PAGE_SHAPE, "the rows of a page are too large");
}

/* ---- instances ---------------------------------------------------------- */

/* Take the keys of this instance, and count those that are new. They came last:
 * those of the instances below it are taken already. Keys of an instance that
 * has, or will have, other pages are remembered. */
static int64_t
take_keys(struct page *page, const struct split_instance *i,
          const struct frontier_entry *row, bool has_others)
{
    uint64_t instance =
        begun_instance(page->walker, i->connection, i->parent_id);
    struct seen *keys = &page->walker->keys;
    int64_t count = 0;

    while (page->key_count > 0) {
        const struct page_key *key = &page->keys[page->key_count - 1];

        if (key->instance != instance)
            break;
        page->key_count--;
        if (key->is_first)
            count += !has_others || key->key == 0 ||
                     seen_add(keys, key->key + (uint64_t)row->repeats);
    }
    return count;
}

static void
count_page(struct page *page, const struct split_instance *i,
           struct frontier_entry *row)
{
    const struct pages_connection *c = i->connection;
    bool has_others = row->pages > 0 || i->state == SPLIT_OPEN;
    int64_t before = row->distinct;

    row->pages++;
    row->rows += i->rows;
    row->nulls += i->nulls;
    tally_of(page, c)->nulls += i->nulls;
    if (i->total >= 0 && row->told_first < 0)
        row->told_first = i->total;
    if (i->total >= 0)
        row->told_last = i->total;
    if (c->has_total && !c->is_only)
        row->distinct += take_keys(page, i, row, has_others);
    else
        row->distinct = row->rows;
    page->is_idle = row->distinct == before;
}

/* Read it again from its beginning. The window of a root cannot be, because its
 * rows cannot be told from those of other windows. */
static void
restart(struct page *page, const struct pages_connection *c,
        struct page_change *change)
{
    struct frontier_entry *row = &change->row;

    tally_of(page, c)->repeats++;
    tally_of(page, c)->nulls -= row->nulls;
    row->cursor = NULL;
    if (c->kind == PAGES_OFFSET)
        row->offset = 0;
    row->rows = row->distinct = row->nulls = row->pages = 0;
    row->told_first = row->told_last = -1;
    row->repeats++;
    change->is_again = true;
}

static void
close_instance(struct page *page, const struct pages_connection *c,
               struct page_change *change)
{
    const struct frontier_entry *row = &change->row;
    struct tally *tally = tally_of(page, c);
    struct proof_counts counts = {
        .rows = row->rows,
        .distinct = row->distinct,
        .nulls = row->nulls,
        .told_first = c->has_total ? row->told_first : -1,
        .told_last = c->has_total ? row->told_last : -1,
        .repeats = row->repeats};
    enum proof proof = proof_of(c, &counts);

    if (proof == PROOF_AGAIN) {
        restart(page, c, change);
        return;
    }
    change->has_ended = true;
    tally->instances++;
    tally->unproven += proof == PROOF_NONE;
    tally->full += c->kind == PAGES_LIST && c->only > 0 && row->rows >= c->only;
    tallies_tell(tally, counts.told_last);
}

static bool
restart_broken(struct page *page, const struct split_instance *i,
               struct page_change *change, struct err *err)
{
    struct walk_entry *entry = change->entry;

    if (entry != NULL &&
        (entry->was_broken || walker_slice(page->walker, &entry->row) != NULL))
        return err_set(err, MSG_PAGE_CURSOR,
                       "the API says that the connection \"%s\" has another "
                       "page, but sends no new cursor for it",
                       i->connection->path);
    change->was_broken = true;
    restart(page, i->connection, change);
    return true;
}

static bool
refuse_endless(const struct split_instance *i, struct err *err)
{
    return err_set(err, MSG_PAGE_CURSOR,
                   "the API says that the connection \"%s\" has another page, "
                   "but the last %d pages had nothing new",
                   i->connection->path, CIRCLE_IDLE_MOST);
}

static bool
go_on(struct page *page, const struct split_instance *i,
      struct page_change *change, struct err *err)
{
    if (!circle_goes_on(change->entry, page->first, page->is_idle))
        return refuse_endless(i, err);
    if (i->connection->kind == PAGES_RELAY &&
        circle_has(change->entry, i->cursor, change->row.pages))
        return restart_broken(page, i, change, err);
    change->row.cursor = keep(page, i->cursor);
    if (i->connection->kind == PAGES_OFFSET)
        change->row.offset = i->offset;
    if (is_own(page, i->connection) && ends_stop(page, &change->row)) {
        change->has_ended = true;
        tally_of(page, i->connection)->instances +=
            !ends_is_down(page->walker, &change->row);
    }
    return true;
}

static bool
refuse_null(const struct split_instance *i, struct err *err)
{
    if (i->parent_id.length == 0)
        return err_set(err, MSG_PAGE_NULL, "\"%s\" is null in the answer",
                       i->connection->path);
    return err_set(err, MSG_PAGE_NULL, "\"%s\" of %.*s is null in the answer",
                   i->connection->path, SPAN_ARG(i->parent_id));
}

static bool
settle_instance(struct page *page, const struct split_instance *i,
                struct page_change *change, struct err *err)
{
    if (change->entry != NULL && i->state != SPLIT_OPEN &&
        i->state != SPLIT_NULL && ends_is_down(page->walker, &change->row)) {
        change->has_ended = true;
        return true;
    }
    switch (i->state) {
    case SPLIT_CLOSED:
        close_instance(page, i->connection, change);
        return true;
    case SPLIT_OPEN:
        return go_on(page, i, change, err);
    case SPLIT_BROKEN:
        return restart_broken(page, i, change, err);
    case SPLIT_NULL:
        return refuse_null(i, err);
    case SPLIT_APART:
        break;
    }
    return true;
}

static struct page_change *
find_change(struct page *page, const struct walk_entry *entry)
{
    return entry->change > 0 ? &page->changes[entry->change - 1] : NULL;
}

static bool
refuse_instance(const struct split_instance *i, const char *why,
                struct err *err)
{
    return err_set(err, MSG_PAGE_SHAPE, "the answer has \"%s\" of %.*s%s",
                   i->connection->path, SPAN_ARG(i->parent_id), why);
}

/* A connection whose pages were not asked for: it has no entry yet. */
static void
begin_instance(struct page *page, const struct split_instance *i,
               struct page_change *change, enum begun_how how)
{
    tally_of(page, i->connection)->begun++;
    begun_note(&page->begun, page->walker, i->connection, i->parent_id);
    change->is_again = how == BEGUN_LATER;
    if (how == BEGUN_AGAIN)
        add_removal(page, i->connection, change->row.parent_id, NULL);
}

static bool
has_room(const struct page *page, struct err *err)
{
    return page->change_count < CHANGES_MOST ||
           err_set(err, MSG_PAGE_SHAPE,
                   "the answer has more than %d connections", CHANGES_MOST);
}

/* The entry would have the id of its parent. */
static bool
check_id(const struct split_instance *i, struct err *err)
{
    return i->parent_id.length <= PAGES_ID_BYTES_MAX ||
           (i->state != SPLIT_OPEN && i->state != SPLIT_APART) ||
           err_set(err, MSG_PAGE_SHAPE,
                   "an id of \"%s\" has more than %d bytes",
                   i->connection->owner->path, PAGES_ID_BYTES_MAX);
}

/* An instance without an entry. */
static bool
add_instance(struct page *page, const struct split_instance *i,
             enum begun_how how, struct err *err)
{
    struct page_change *change;

    if (!has_room(page, err) || !check_id(i, err))
        return false;
    change = add_change(page, NULL);
    change->row =
        (struct frontier_entry){.number = ++page->walker->tallies.last_number,
                                .connection = i->connection->index,
                                .level = i->connection->level,
                                .parent_id = keep(page, i->parent_id),
                                .told_first = -1,
                                .told_last = -1};
    begin_instance(page, i, change, how);
    if (i->state == SPLIT_APART)
        return true;
    count_page(page, i, &change->row);
    return settle_instance(page, i, change, err);
}

static bool
change_instance(struct page *page, const struct split_instance *i,
                struct walk_entry *entry, struct err *err)
{
    struct page_change *change;
    struct frontier_entry row;

    if (!has_room(page, err))
        return false;
    change = add_change(page, entry);
    if (entry->is_again)
        add_removal(page, i->connection, entry->row.parent_id, NULL);
    count_page(page, i, &change->row);
    row = change->row;
    if (!settle_instance(page, i, change, err))
        return false;
    if (i->state == SPLIT_OPEN && ends_begin(page, &row, &row))
        add_change(page, NULL)->row = row;
    return true;
}

/* A connection that came in the row of its parent, or is to be asked for. */
static bool
on_nested(struct page *page, const struct split_instance *i, struct err *err)
{
    struct split_instance instance = *i;
    enum begun_how how = begun_ask(&page->begun, page->walker, i->connection,
                                   i->parent_id, i->state == SPLIT_APART);

    if (how == BEGUN_STAYS) {
        begun_end(&page->begun, i->connection);
        return true;
    }
    if (how == BEGUN_LATER && i->state != SPLIT_NULL)
        instance.state = SPLIT_APART;
    return add_instance(page, &instance, how, err);
}

static bool
on_instance(void *ctx, const struct split_instance *i, struct err *err)
{
    struct page *page = ctx;
    struct walk_entry *entry;
    struct page_change *change;

    if (!is_own(page, i->connection))
        return page->ends.skips || on_nested(page, i, err);
    entry = batch_find(&page->batch, i->parent_id);
    if (entry == NULL)
        return refuse_instance(i, ", which was not asked for", err);
    change = find_change(page, entry);
    if (change == NULL)
        return change_instance(page, i, entry, err);
    if (!page->goes_on)
        return refuse_instance(i, " twice", err);
    count_page(page, i, &change->row);
    return settle_instance(page, i, change, err);
}

/* ---- parents ------------------------------------------------------------ */

/* A row that comes in place of another one would hide that this is missing. */
static bool
is_asked_for(const struct pages_values *values, int index, struct span id)
{
    for (int n = 0; n < values->id_count; n++)
        if (span_is(id, values->ids[(index + n) % values->id_count]))
            return true;
    return false;
}

/* With --ids, an entry is one row, which has come. */
static bool
on_parent(void *ctx, int index, struct span id, struct err *err)
{
    struct page *page = ctx;
    struct walk_entry *entry;

    if (id.length == 0 || !has_rows_by_ids(page))
        return true;
    if (!is_asked_for(page->values, index, id))
        return err_set(err, MSG_PAGE_SHAPE,
                       "the answer has %.*s, which was not asked for",
                       SPAN_ARG(id));
    if (page->walker->ids == NULL || page->batch.connection->level > 0)
        return true;
    entry = batch_find(&page->batch, id);
    if (entry == NULL || find_change(page, entry) != NULL)
        return true;
    add_change(page, entry)->has_ended = true;
    tally_of(page, page->batch.connection)->instances++;
    return true;
}

/* A parent has not come. It has gone if it does not come a second time. */
static void
miss(struct page *page, struct walk_entry *entry)
{
    const struct pages_connection *c = page->batch.connection;

    if (entry->gone++ == 0)
        return;
    add_change(page, entry)->has_ended = true;
    tally_of(page, c)->instances++;
    if (c->parent == NULL)
        conclusion_add_gone(page->walker, entry->row.parent_id);
    else if (c->owner == c->parent->table)
        add_removal(page, c->parent, NULL,
                    arena_strdup(&page->arena, entry->row.parent_id));
}

static void
miss_others(struct page *page)
{
    for (int i = 0; i < page->batch.count; i++) {
        struct walk_entry *entry = page->batch.entries[i];

        if (find_change(page, entry) == NULL && entry->row.parent_id != NULL)
            miss(page, entry);
    }
}

/* ---- an answer ---------------------------------------------------------- */

/* A connection that is read again brings all below it again. */
static void
begin_rounds(struct page *page)
{
    bool is_again = false;

    for (int i = 0; i < page->batch.count; i++)
        is_again = is_again || page->batch.entries[i]->is_again;
    if (is_again)
        begun_round(page->walker, page->batch.connection);
}

bool
page_cut(struct page *page, const struct pages_request *request,
         const struct pages_values *values, struct span answer, struct err *err)
{
    struct split_sink sink = {.row = on_row,
                              .line = on_line,
                              .instance = on_instance,
                              .parent = on_parent,
                              .ctx = page};
    struct split_counts counts;
    bool is_whole =
        request != request->connection->by_ids || page->walker->ids != NULL;

    page->request = request;
    page->values = values;
    page->own_rows = 0;
    page->first = 0;
    raise_ceiling(page, answer.length);
    (void)buf_reserve(&page->lines, answer.length);
    begin_rounds(page);
    if (!split_page(page->walker->split, request, values, answer, &sink,
                    &counts, err))
        return false;
    if (is_whole && request->by != PAGES_BY_ROOT)
        miss_others(page);
    return true;
}

bool
page_cut_next(struct page *page, const struct pages_request *request,
              const struct pages_values *values, struct span answer,
              struct err *err)
{
    bool cut;

    page->goes_on = true;
    cut = page_cut(page, request, values, answer, err);
    page->goes_on = false;
    return cut;
}

int64_t
page_next_offset(struct page *page)
{
    const struct page_change *change =
        page->batch.count == 1 ? find_change(page, page->batch.entries[0])
                               : NULL;

    return change != NULL && !change->has_ended && !change->is_again
               ? change->row.offset
               : -1;
}

void
page_restart(struct page *page)
{
    struct walk_entry *entry = page->batch.entries[0];
    struct page_change *change = add_change(page, entry);

    change->was_broken = true;
    if (ends_is_down(page->walker, &change->row))
        change->has_ended = true; /* the other entry reads the rest */
    else
        restart(page, page->batch.connection, change);
}

static void
end_entry(struct page *page, struct walk_entry *entry)
{
    add_change(page, entry)->has_ended = true;
    tally_of(page, page->batch.connection)->instances +=
        !ends_is_down(page->walker, &entry->row);
}

void
page_end_all(struct page *page)
{
    for (int i = 0; i < page->batch.count; i++)
        end_entry(page, page->batch.entries[i]);
}

/* ---- the frontier in memory ---------------------------------------------- */

static void
apply_change(struct page *page, struct page_change *change)
{
    struct entries *entries = &page->walker->entries;
    struct walk_entry *entry = change->entry;

    change->row.is_again = change->is_again;
    change->entry = NULL;
    if (entry != NULL) {
        change->row.parent_id = copy_text(page, change->row.parent_id);
        change->row.cursor = copy_text(page, change->row.cursor);
        entry->change = 0;
    }
    if (change->has_ended) {
        if (entry != NULL)
            entries_end(entries, entry);
        return;
    }
    if (entry == NULL) {
        entry = entries_add(entries, &change->row);
        if (entry == NULL)
            return;
    } else {
        if (change->is_again)
            circle_forget(entry);
        entry->is_again = change->is_again;
        entry->is_resumed = false;
        entry->gone = entry->faults = 0;
        entries_back(entries, entry, &change->row);
    }
    entry->was_broken = entry->was_broken || change->was_broken;
}

static void
apply_ends(struct page *page, const struct page_change *change)
{
    if (change != NULL)
        ends_apply(page, &page->batch.entries[0]->row, change->is_again);
}

/* A root that is read from both ends may be read twice where they meet. */
static void
leave_out_known_rejects(struct page *page)
{
    size_t count = 0;

    for (size_t i = 0; i < page->reject_count; i++) {
        struct span id = span_str(page->rejects[i].object_id);

        if (page->batch.connection->level > 0 ||
            seen_add(&page->walker->keys, seen_hash(REJECTS, id)))
            page->rejects[count++] = page->rejects[i];
    }
    page->reject_count = count;
}

void
page_apply(struct page *page)
{
    struct batch *batch = &page->batch;
    int count = 0;

    leave_out_known_rejects(page);
    if (batch->count == 1)
        apply_ends(page, find_change(page, batch->entries[0]));
    for (int i = 0; i < batch->count; i++)
        if (find_change(page, batch->entries[i]) == NULL)
            batch->entries[count++] = batch->entries[i];
    batch->count = count;
    for (size_t i = 0; i < page->change_count; i++)
        apply_change(page, &page->changes[i]);
    entries_back_from(&page->walker->entries, batch, 0);
}

/* ---- what the journal gets ---------------------------------------------- */

static void
add_entry(struct frontier_page *frontier, const struct frontier_entry *row)
{
    struct frontier_entry *entries = (struct frontier_entry *)frontier->entries;

    entries[frontier->entry_count++] = *row;
}

static bool
has_change_of(const struct page *page, int64_t number)
{
    for (size_t i = 0; i < page->change_count; i++)
        if (page->changes[i].row.number == number)
            return true;
    return false;
}

/* With the first page, all roots get into the journal. */
static void
add_roots(struct page *page)
{
    const struct walker *walker = page->walker;

    for (int i = 0; i < walker->root_count && !walker->has_begun; i++)
        if (!has_change_of(page, walker->roots[i].number))
            add_entry(&page->frontier, &walker->roots[i]);
}

/* The sums with this page. */
static bool
settle_sums(struct page *page, struct err *err)
{
    struct walker *walker = page->walker;
    struct frontier_page *frontier = &page->frontier;
    struct tallies sums;
    bool settled;

    tallies_init(&sums, walker->pages);
    tallies_add(&sums, &walker->tallies);
    tallies_add(&sums, &page->tallies);
    buf_clear(&page->walked);
    tallies_write(&sums, &page->walked);
    frontier->walked = buf_str(&page->walked);
    settled = page->walked.overflowed
                  ? err_set(err, MSG_BUG, "the counts of the walk are too long")
                  : !frontier->is_last || conclusion_draw(walker, &sums, err);
    tallies_free(&sums);
    return settled;
}

bool
page_settle(struct page *page, struct err *err)
{
    struct frontier_page *frontier = &page->frontier;
    size_t most = page->change_count + (size_t)page->walker->root_count + 1;
    int64_t *ended = arena_array(&page->arena, most, sizeof(*ended));

    *frontier = (struct frontier_page){
        .ended = ended,
        .entries = arena_array(&page->arena, most, sizeof(*frontier->entries)),
        .removals = page->removals,
        .removal_count = page->removal_count,
        .is_last = walker_is_done(page->walker)};
    for (size_t i = 0; i < page->change_count; i++) {
        const struct page_change *change = &page->changes[i];

        if (!change->has_ended)
            add_entry(frontier, &change->row);
        else if (!change->is_new)
            ended[frontier->ended_count++] = change->row.number;
    }
    add_roots(page);
    return settle_sums(page, err);
}

void
page_committed(struct page *page)
{
    tallies_add(&page->walker->tallies, &page->tallies);
    page->walker->has_begun = true;
}
