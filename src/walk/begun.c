/*
 * Two hashes show whether a connection was begun below a parent: one for the
 * whole walk, which is also that of the first round, and one for the present
 * round of the connection. A new round begins when a connection above it is
 * read again.
 *
 * Hazards. If a root comes again, the staged rows of its connection are removed
 * together with all below them. So these must come again, too: a new round
 * begins for all connections below. That is possible only while none of them is
 * being read, because the pages that follow would lack those before. Otherwise
 * the connection is read again later (struct walk_entry, is_again).
 *
 * The first question about a parent decides, because the answer may begin a
 * round. It also costs the most: it looks through the entries.
 */
#include "walk/begun.h"

#include <stdlib.h>

#include "base/mem.h"

enum { HERE_MOST = 1024 * 1024 };

struct begun_asked {
    uint64_t instance; /* 0: none */
    enum begun_how how;
};

void
begun_init(struct begun *begun, const struct walker *walker)
{
    *begun = (struct begun){.here = seen_new(HERE_MOST),
                            .left = seen_new(HERE_MOST),
                            .asked = mem_array((size_t)walker->pages->count,
                                               sizeof(*begun->asked))};
}

void
begun_free(struct begun *begun)
{
    seen_free(&begun->here);
    seen_free(&begun->left);
    free(begun->asked);
}

/* ---- parents of the walk ------------------------------------------------ */

/* The same in all rounds; and that of the first round. */
static uint64_t
in_all_rounds(const struct pages_connection *c, struct span parent)
{
    return seen_instance(c->index, 0, parent);
}

uint64_t
begun_instance(const struct walker *walker, const struct pages_connection *c,
               struct span parent)
{
    return seen_instance(c->index, walker->rounds[c->index], parent);
}

/* In the first round, the two hashes are the same. */
static void
add_parent(struct walker *walker, const struct pages_connection *c,
           struct span parent, uint64_t instance)
{
    (void)!seen_add(&walker->parents, instance);
    if (walker->rounds[c->index] > 0)
        (void)!seen_add(&walker->parents, begun_instance(walker, c, parent));
}

void
begun_add(struct walker *walker, const struct pages_connection *c,
          struct span parent)
{
    if (parent.length > 0)
        add_parent(walker, c, parent, in_all_rounds(c, parent));
}

void
begun_round(struct walker *walker, const struct pages_connection *above)
{
    for (int i = 0; i < walker->pages->count; i++)
        if (entries_is_below(&walker->pages->connections[i], above))
            walker->rounds[i]++;
}

/* ---- rows of a page ----------------------------------------------------- */

void
begun_leave_out(struct begun *begun, const struct pages_connection *c,
                struct span id)
{
    if (id.length > 0)
        (void)!seen_add(&begun->left, in_all_rounds(c, id));
}

void
begun_next_row(struct begun *begun)
{
    seen_clear(&begun->left);
}

static bool
is_in_left_out(const struct begun *begun, const struct pages_connection *c,
               struct span parent)
{
    return begun->left.count > 0 && c->parent != NULL &&
           seen_has(&begun->left, in_all_rounds(c->parent, parent));
}

static bool
has_below(const struct walker *walker, const struct pages_connection *above)
{
    for (int i = 0; i < walker->pages->count; i++)
        if (entries_is_below(&walker->pages->connections[i], above))
            return true;
    return false;
}

/* The connection below a root that comes again. */
static enum begun_how
read_again(struct walker *walker, const struct pages_connection *c)
{
    if (!has_below(walker, c))
        return BEGUN_AGAIN;
    if (!entries_may_restart(&walker->entries, c))
        return c->read != NULL ? BEGUN_LATER : BEGUN_STAYS;
    begun_round(walker, c);
    return BEGUN_AGAIN;
}

static enum begun_how
decide(const struct begun *begun, struct walker *walker,
       const struct pages_connection *c, uint64_t instance, struct span parent,
       bool is_apart)
{
    if (is_in_left_out(begun, c, parent))
        return BEGUN_STAYS;
    if (!seen_has(&walker->parents, instance))
        return BEGUN_NOT;
    if (seen_has(&begun->here, instance))
        return BEGUN_STAYS;
    if (c->level > 1 &&
        seen_has(&walker->parents, begun_instance(walker, c, parent)))
        return BEGUN_STAYS;
    if (c->level == 1 && entries_find(&walker->entries, c, parent) != NULL)
        return BEGUN_STAYS;
    if (is_apart)
        return BEGUN_LATER;
    return c->level == 1 ? read_again(walker, c) : BEGUN_AGAIN;
}

enum begun_how
begun_ask(struct begun *begun, struct walker *walker,
          const struct pages_connection *c, struct span parent, bool is_apart)
{
    struct begun_asked *asked = &begun->asked[c->index];
    uint64_t instance;

    if (parent.length == 0 || c->level == 0)
        return BEGUN_NOT;
    instance = in_all_rounds(c, parent);
    if (asked->instance != instance)
        *asked = (struct begun_asked){
            instance, decide(begun, walker, c, instance, parent, is_apart)};
    return asked->how;
}

void
begun_end(struct begun *begun, const struct pages_connection *c)
{
    begun->asked[c->index].instance = 0;
}

void
begun_note(struct begun *begun, struct walker *walker,
           const struct pages_connection *c, struct span parent)
{
    struct begun_asked *asked = &begun->asked[c->index];
    uint64_t instance = asked->instance;

    asked->instance = 0;
    if (parent.length == 0 || c->level == 0)
        return;
    if (instance == 0)
        instance = in_all_rounds(c, parent);
    (void)!seen_add(&begun->here, instance);
    add_parent(walker, c, parent, instance);
}
