#include "run/verify.h"

bool
verify_result(const struct source_claims *claims,
              const struct loader_counts *counts, uint64_t bytes,
              struct err *err)
{
    int64_t roots = (int64_t)counts->roots;
    int64_t unclear = (int64_t)counts->rejects_unclear;

    if (claims->file_size >= 0 && bytes != (uint64_t)claims->file_size)
        return err_set(err, MSG_WRONG_BYTES,
                       "the result has %llu bytes, but %lld according to %s",
                       (unsigned long long)bytes, (long long)claims->file_size,
                       claims->who);
    if (claims->object_count >= 0 &&
        counts->lines != (uint64_t)claims->object_count)
        return err_set(err, MSG_WRONG_LINES,
                       "the result has %llu lines, but %lld according to %s",
                       (unsigned long long)counts->lines,
                       (long long)claims->object_count, claims->who);
    if (claims->root_object_count >= 0 &&
        (roots > claims->root_object_count ||
         claims->root_object_count > roots + unclear))
        return err_set(err, MSG_WRONG_ROOTS,
                       "the result has %lld root objects, but %lld according "
                       "to %s",
                       (long long)roots, (long long)claims->root_object_count,
                       claims->who);
    return true;
}

bool
verify_roots(const struct source *source, const struct plan_table *root,
             const char *other, struct err *err)
{
    if (other == NULL || source->is_of_query)
        return true;
    err_set(err, MSG_OTHER_QUERY,
            "%s has no roots of type %s: the type of the first root is %.60s",
            source->name, root->node_type, other);
    return err_hint(err, "load the file with the query that produced it; "
                         "--any-query loads it with this one");
}

bool
verify_staged(int64_t staged, int64_t skipped, int64_t rejects, int64_t lines,
              struct err *err)
{
    if (staged + skipped + rejects == lines)
        return true;
    return err_set(
        err, MSG_WRONG_STAGED,
        "%lld lines were received, but %lld are in staging, %lld belong to no "
        "table, and %lld were rejected",
        (long long)lines, (long long)staged, (long long)skipped,
        (long long)rejects);
}
