#include "walk/windows.h"

#include "bulk/left.h"
#include "bulk/slices_note.h"

static struct bulk_run
run_of(const struct walker *walker)
{
    struct job *job = walker->job;

    return (struct bulk_run){.place = left_place(job),
                             .ref = walker->ref,
                             .arena = &job->arena,
                             .log = &job->log,
                             .query_file = job->file->path};
}

static void
note_cut(struct walker *walker)
{
    walker->origin->is_cut = walker->slices.count > 0;
}

bool
windows_cut(struct walker *walker, enum run_mode mode, struct err *err)
{
    struct bulk_run run = run_of(walker);

    if (walker->plan->slice == NULL || mode != RUN_FULL || walker->ids != NULL)
        return true;
    if (!slices_cut(&walker->slices, walker->plan, &run, err))
        return false;
    note_cut(walker);
    return true;
}

bool
windows_resume(struct walker *walker, const char *notes, struct err *err)
{
    if (!slices_note_read(&walker->slices, &walker->job->arena, notes, err))
        return false;
    note_cut(walker);
    return true;
}

bool
windows_count(struct walker *walker, struct err *err)
{
    struct bulk_run run = run_of(walker);
    int64_t before = walker->slices.before, now = -1;

    if (walker->slices.count == 0)
        return true;
    if (!slices_count_roots(walker->plan, &run, &now, err))
        return false;
    if (before >= 0 && now >= 0)
        walker->origin->least_roots = now < before ? now : before;
    return true;
}
