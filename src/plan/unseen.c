#include "plan/unseen.h"

#include <string.h>

#include "base/arena.h"

enum { SENTENCES_MAX = 3, NAMES_BYTES = 400 };

static bool
has_own_filter(const struct plan *plan)
{
    const struct plan_window all = {0};

    return plan_filter_in(plan, &all, plan->arena)[0] != '\0';
}

/* "products.variants, products.variants.metafields". Lists are not included,
 * because they are in the line of their parent. */
static const char *
paths_of(const struct plan *plan, enum plan_kind kind)
{
    struct buf names = buf_with_ceiling(NAMES_BYTES);
    const char *kept;

    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].kind == kind)
            buf_printf(&names, "%s%s", names.length > 0 ? ", " : "",
                       plan->tables[i].path);
    kept = arena_strdup(plan->arena, buf_str(&names));
    buf_free(&names);
    return kept;
}

/* What a window is chosen by: a field of the root, or whatever the query's
 * $since is compared with. */
static const char *
time_of(const struct plan *plan)
{
    const struct dialect_pages *pages = plan->dialect->pages;

    return pages != NULL && pages->takes_since ? "the time that $since selects"
                                               : plan->incremental->field;
}

const char *const *
unseen_list(const struct plan *plan)
{
    const char **list =
        arena_array(plan->arena, SENTENCES_MAX + 1, sizeof(*list));
    const char *root = paths_of(plan, PLAN_ROOT);
    const char *below = paths_of(plan, PLAN_CONNECTION);
    int count = 0;

    if (plan->incremental == NULL)
        return list;
    list[count++] = arena_printf(
        plan->arena, "rows of %s that were deleted at the store", root);
    if (has_own_filter(plan))
        list[count++] = arena_printf(
            plan->arena,
            "rows of %s that the query's own filter no longer finds", root);
    if (below[0] != '\0')
        list[count++] = arena_printf(
            plan->arena, "changes in %s that do not change %s of %s", below,
            time_of(plan), root);
    return list;
}
