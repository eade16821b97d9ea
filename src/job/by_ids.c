#include "job/by_ids.h"

#include "plan/pages.h"

static bool
refuse(const struct job *job, struct err *err, const char *why)
{
    return err_set(err, MSG_NOT_BY_IDS, "%s: --ids cannot be used: %s",
                   job->file->path, why);
}

/* The only root that has rows with ids; NULL: there is none, or there are
 * several. */
static const struct pages_connection *
only_root(const struct pages *pages)
{
    const struct pages_connection *root = NULL;

    for (int i = 0; i < pages->count; i++) {
        if (pages->connections[i].parent != NULL)
            continue;
        if (root != NULL)
            return NULL;
        root = &pages->connections[i];
    }
    return root != NULL && root->kind != PAGES_ONE ? root : NULL;
}

const struct pages_connection *
by_ids_root(struct job *job, struct err *err)
{
    const struct plan *plan = job->plan;
    const struct pages_connection *root;
    const char *filter;

    if (plan->pages == NULL) {
        *err = plan->no_pages;
        return NULL;
    }
    root = only_root(plan->pages);
    if (root == NULL) {
        refuse(job, err, "the query must have one root, a connection");
        return NULL;
    }
    if (root->by_ids == NULL || root->table->skip) {
        refuse(job, err, "its roots cannot be found by their ids");
        return NULL;
    }
    if (root->is_only) {
        refuse(job, err, "the query limits the number of its roots");
        return NULL;
    }
    filter = pages_own_filter(plan, root);
    if (filter != NULL) {
        refuse(job, err,
               arena_printf(&job->arena,
                            "the argument %s selects the roots, and would not "
                            "apply to roots that are fetched by their ids",
                            filter));
        return NULL;
    }
    return root;
}

const char *
by_ids_type(struct job *job)
{
    struct err ignored;
    const struct pages_connection *root = by_ids_root(job, &ignored);

    return root != NULL && !root->table->is_abstract ? root->table->node_type
                                                     : NULL;
}
