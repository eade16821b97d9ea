#include "bulk/count.h"

#include "bulk/left.h"
#include "shopify/roots.h"

bool
count_in_window(struct job *job, const struct origin_run *run, int64_t *count,
                struct err *err)
{
    const struct plan *plan = job->plan;
    struct bulk_place place = left_place(job);
    struct plan_window window = {.from = run->window_from,
                                 .to = run->window_to};
    const char *filter;

    *count = -1;
    if (plan->paged.count_field == NULL)
        return true;
    if (run->mode == RUN_INCREMENTAL)
        window.field = plan->incremental->field;
    filter = plan_filter_in(plan, &window, &job->arena);
    return roots_count(place_session(&place), plan->paged.count_field, &filter,
                       1, &job->log, count, err);
}
