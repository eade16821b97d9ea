#include "walk/recall.h"

#include "paged/proof.h"
#include "walk/page.h"

enum { ENTRIES_AT_ONCE = 10000 };

static struct span
span_or_empty(const char *text)
{
    return text != NULL ? span_str(text) : span_of("", 0);
}

static void
recall_entry(struct walker *walker, const struct frontier_entry *row)
{
    const struct pages_connection *c =
        &walker->pages->connections[row->connection];
    struct span parent = span_or_empty(row->parent_id);

    (void)!page_begin_parent(walker, c, parent);
    if (c->has_total && !c->is_only && row->pages > 0)
        (void)!seen_add(&walker->open, seen_instance(c->index, 0, parent) +
                                           (uint64_t)row->repeats);
}

bool
recall_entries(struct walker *walker, struct err *err)
{
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
            number = found.entries[i].number;
        }
    }
    arena_free(&arena);
    return read;
}

/* Staged rows are those of the latest time that the connection was read. */
void
recall_row(struct walker *walker, int connection, const char *parent_id,
           const char *id)
{
    const struct pages_connection *c = &walker->pages->connections[connection];
    struct span parent = span_or_empty(parent_id);
    uint64_t key;

    (void)!page_begin_parent(walker, c, parent);
    if (id == NULL)
        return;
    key = seen_hash(seen_instance(connection, 1, parent), span_str(id));
    for (uint64_t repeats = 0; repeats < PROOF_TRIES; repeats++)
        if (seen_has(&walker->open,
                     seen_instance(connection, 0, parent) + repeats))
            (void)!seen_add(&walker->keys, key + repeats);
}
