#include "walk/recall.h"

#include "paged/proof.h"
#include "walk/begun.h"

enum { ENTRIES_AT_ONCE = 10000 };

static struct span
span_or_empty(const char *text)
{
    return text != NULL ? span_str(text) : span_of("", 0);
}

static bool
has_total(const struct pages_connection *c)
{
    return c->has_total && !c->is_only;
}

static void
recall_entry(struct walker *walker, const struct frontier_entry *row)
{
    const struct pages_connection *c =
        &walker->pages->connections[row->connection];
    struct span parent = span_or_empty(row->parent_id);

    begun_add(walker, c, parent);
    if (has_total(c) && row->pages > 0)
        (void)!seen_add(&walker->open, seen_instance(c->index, 0, parent) +
                                           (uint64_t)row->repeats);
}

/* ---- what is to be recalled ---------------------------------------------- */

/* Of which connections are entries left? */
struct left {
    bool *any;
    bool *counted; /* one that was read in part, and has a total */
};

static void
note_left(const struct left *left, const struct walker *walker,
          const struct frontier_entry *row)
{
    left->any[row->connection] = true;
    if (has_total(&walker->pages->connections[row->connection]) &&
        row->pages > 0)
        left->counted[row->connection] = true;
}

/* A row below which rows are staged can come again only while a connection
 * above these is being read. */
static enum origin_recall
recall_of(const struct left *left, const struct pages_connection *c)
{
    if (left->counted[c->index])
        return RECALL_ROWS;
    for (c = c->parent; c != NULL; c = c->parent)
        if (left->any[c->index])
            return RECALL_PARENTS;
    return RECALL_NOTHING;
}

static void
set_recalls(struct walker *walker, const struct left *left)
{
    const struct pages *pages = walker->pages;
    enum origin_recall *recalls =
        arena_array(&walker->arena, (size_t)pages->count, sizeof(*recalls));

    for (int i = 0; i < pages->count; i++)
        recalls[i] = recall_of(left, &pages->connections[i]);
    walker->origin->recalls = recalls;
}

/* ---- entries ------------------------------------------------------------- */

bool
recall_entries(struct walker *walker, struct err *err)
{
    size_t count = (size_t)walker->pages->count;
    struct left left = {arena_array(&walker->arena, count, sizeof(bool)),
                        arena_array(&walker->arena, count, sizeof(bool))};
    struct frontier_entries found = {.count = ENTRIES_AT_ONCE};
    struct arena arena = {0};
    int64_t number = 0;
    bool read = true;

    while (read && found.count == ENTRIES_AT_ONCE) {
        arena_clear(&arena);
        read = journal_frontier_after(walker->job->context->journal,
                                      walker->ref.run_id, number,
                                      ENTRIES_AT_ONCE, &arena, &found, err);
        for (size_t i = 0; read && i < found.count; i++) {
            recall_entry(walker, &found.entries[i]);
            note_left(&left, walker, &found.entries[i]);
            number = found.entries[i].number;
        }
    }
    arena_free(&arena);
    set_recalls(walker, &left);
    return read;
}

/* ---- rows ---------------------------------------------------------------- */

/* Staged rows are those of the latest time that the connection was read. */
void
recall_row(struct walker *walker, int connection, const char *parent_id,
           const char *id)
{
    const struct pages_connection *c = &walker->pages->connections[connection];
    struct span parent = span_or_empty(parent_id);
    uint64_t key;

    begun_add(walker, c, parent);
    if (id == NULL)
        return;
    key = seen_hash(seen_instance(connection, 0, parent), span_str(id));
    for (uint64_t repeats = 0; repeats < PROOF_TRIES; repeats++)
        if (seen_has(&walker->open,
                     seen_instance(connection, 0, parent) + repeats))
            (void)!seen_add(&walker->keys, key + repeats);
}
