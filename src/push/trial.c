#include "push/trial.h"

#include <string.h>

#include "push/guard.h"
#include "push/select.h"

#define GID_PREFIX "gid://shopify/"

static const char *
find_owner(struct span line, struct arena *arena)
{
    const char *gid = strstr(arena_dup(arena, line), GID_PREFIX);

    if (gid == NULL)
        return "";
    gid += strlen(GID_PREFIX);
    return arena_dup(arena, span_of(gid, strcspn(gid, "/\"")));
}

static bool
read_first(struct push *push, struct selection *selection,
           struct trial_found *found, struct err *err)
{
    struct line line = {.hash = ""};
    bool more;

    if (!selection_next(selection, NULL, &line, &found->fault, &more, err))
        return false;
    if (more && found->fault.kind == ERR_NONE)
        found->owner = find_owner(line.variables, &push->arena);
    return true;
}

bool
trial_select(struct push *push, struct trial_found *found, struct err *err)
{
    struct selection selection;
    bool ok;

    *found = (struct trial_found){.owner = ""};
    ok = selection_begin(&selection, push, &found->stale, err) &&
         guard_before(push, selection.binding, err) &&
         read_first(push, &selection, found, err);
    selection_end(&selection);
    return ok;
}
