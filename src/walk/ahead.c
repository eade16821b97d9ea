#include "walk/ahead.h"

#include <stdlib.h>

#include "base/mem.h"
#include "job/store.h"
#include "walk/ask.h"

struct ahead_answer {
    struct ahead *ahead;
    struct pages_values values;
    struct arena arena;
    struct ask_answer answer;
    bool has_come;
};

/* Requests that may be in flight, beside that of the page itself. */
static int64_t
idle_requests(const struct walker *walker)
{
    const struct job *job = walker->job;
    const struct rate *rate = store_rate(job->context, job->store);
    int64_t own = walker->plan->paged.concurrency;
    int64_t idle = rate_allowed(rate) - rate_in_flight(rate) - 1;

    return own > 0 && own - 1 < idle ? own - 1 : idle;
}

/* How many pages follow, as far as they can be asked for now. The total is not
 * known before the first page has come. */
static int64_t
count_ahead(const struct page *page, const struct pages_values *values)
{
    const struct walker *walker = page->walker;
    const struct pages_connection *c = page->batch.connection;
    const struct walk_entry *entry = page->batch.entries[0];
    int64_t rows = entry->row.told_last - values->offset - values->rows;
    int64_t idle;

    if (c->kind != PAGES_OFFSET || c->is_only || page->batch.count != 1 ||
        entry->faults > 0 || entry->rows_most > 0 ||
        walker->entries.waiting > 0 || rows <= 0)
        return 0;
    rows = (rows + values->rows - 1) / values->rows;
    idle = idle_requests(walker);
    return rows < idle ? rows : idle;
}

static void
ask_ahead(void *ctx)
{
    struct ahead_answer *answer = ctx;
    struct ahead *ahead = answer->ahead;
    struct err err;

    answer->has_come = ask_one(ahead->page, ahead->request, &answer->values,
                               true, &answer->arena, &answer->answer, &err);
}

void
ahead_begin(struct ahead *ahead, struct page *page,
            const struct pages_request *request,
            const struct pages_values *values)
{
    int64_t count = count_ahead(page, values);

    *ahead = (struct ahead){.page = page, .request = request};
    if (count <= 0)
        return;
    ahead->count = (int)count;
    ahead->answers = mem_array((size_t)count, sizeof(*ahead->answers));
    for (int i = 0; i < ahead->count; i++) {
        struct ahead_answer *answer = &ahead->answers[i];

        answer->ahead = ahead;
        answer->values = *values;
        answer->values.offset += values->rows * (i + 1);
        task_group_spawn(&ahead->tasks, "pages", ask_ahead, answer);
    }
}

bool
ahead_cut(struct ahead *ahead, struct err *err)
{
    if (ahead->count > 0)
        task_group_wait(&ahead->tasks);
    for (int i = 0; i < ahead->count; i++) {
        struct ahead_answer *answer = &ahead->answers[i];

        if (!answer->has_come || answer->answer.errors != NULL ||
            page_next_offset(ahead->page) != answer->values.offset ||
            !page_has_space(ahead->page, answer->answer.body.length))
            return true;
        if (!page_cut_next(ahead->page, ahead->request, &answer->values,
                           answer->answer.body, err))
            return false;
    }
    return true;
}

void
ahead_end(struct ahead *ahead)
{
    task_group_wait(&ahead->tasks);
    for (int i = 0; i < ahead->count; i++)
        arena_free(&ahead->answers[i].arena);
    free(ahead->answers);
}
