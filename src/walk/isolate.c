#include "walk/isolate.h"

#include "paged/judge.h"
#include "plan/mask.h"
#include "walk/ask.h"

enum { WORDS_BYTES = 1000 };

/* The API's words may quote a value that the query masks. */
static void
gather_words(const struct page *page, const struct json *errors,
             struct buf *words)
{
    if (errors == NULL)
        return;
    judge_words(errors, words);
    if (mask_first(page->walker->plan) == NULL)
        return;
    buf_clear(words);
    buf_append_str(words, "its words are not shown, because the query has "
                          "@mask");
}

static bool
refuse(const struct page *page, const struct json *errors, struct err *err)
{
    struct buf words = buf_with_ceiling(WORDS_BYTES);

    gather_words(page, errors, &words);
    err_set(err, MSG_PAGE_ERRORS, "the API cannot return a row of \"%s\": %s",
            page->batch.connection->path, buf_str(&words));
    buf_free(&words);
    return false;
}

static void
reject(struct page *page, const char *id, const struct json *errors)
{
    struct buf words = buf_with_ceiling(WORDS_BYTES);

    gather_words(page, errors, &words);
    page_reject(page, page->batch.connection, id,
                words.length > 0 ? buf_str(&words) : "the row is null");
    buf_free(&words);
}

/* One row by its id. */
static bool
ask_row(struct page *page, const struct pages_values *at, const char *id,
        const struct json *errors, struct err *err)
{
    const struct pages_connection *c = page->batch.connection;
    struct pages_values values = {.rows = at->rows,
                                  .nested_rows = at->nested_rows,
                                  .ids = &id,
                                  .id_count = 1,
                                  .parent_id =
                                      c->parent != NULL ? at->ids[0] : NULL};
    struct arena arena = {0};
    struct ask_answer answer;
    size_t lines = page->lines.length, rejects = page->reject_count;
    bool asked = c->by_ids == NULL ||
                 ask_one(page, c->by_ids, &values, false, &arena, &answer, err);

    if (asked && c->by_ids == NULL)
        reject(page, id, errors);
    else if (asked &&
             judge_beside_data(answer.errors, answer.data) == JUDGE_FAULT)
        reject(page, id, answer.errors);
    else if (asked)
        asked = page_cut(page, c->by_ids, &values, answer.body, err);
    if (asked && page->lines.length == lines && page->reject_count == rejects)
        reject(page, id, errors);
    arena_free(&arena);
    return asked;
}

/* The state of the connection, and the ids of the page's rows. */
static bool
ask_ids(struct page *page, const struct pages_values *values, struct err *err)
{
    const struct pages_connection *c = page->batch.connection;
    struct arena arena = {0};
    struct ask_answer answer;
    bool asked = ask_one(page, c->bare, values, false, &arena, &answer, err);

    if (asked && judge_beside_data(answer.errors, answer.data) == JUDGE_FAULT) {
        asked = refuse(page, answer.errors, err);
    } else if (asked) {
        page->is_bare = true;
        asked = page_cut(page, c->bare, values, answer.body, err);
        page->is_bare = false;
    }
    arena_free(&arena);
    return asked;
}

bool
isolate_row(struct page *page, const struct pages_values *values,
            const struct json *errors, struct err *err)
{
    const struct pages_connection *c = page->batch.connection;

    if (page->walker->ids != NULL && c->level == 0) {
        reject(page, values->ids[0], errors);
        page_end_all(page);
        return true;
    }
    if (c->bare == NULL)
        return refuse(page, errors, err);
    if (!ask_ids(page, values, err))
        return false;
    for (size_t i = 0; i < page->row_id_count; i++)
        if (!ask_row(page, values, page->row_ids[i], errors, err))
            return false;
    return true;
}
