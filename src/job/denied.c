/*
 *     before a run       denied_ask() asks for the first row, until no further
 *                        field is denied (job/job.c)
 *     pending objects    denied_recall(): what the store said in the last ten
 *                        minutes
 *     after a failure    denied_after(): the fields that the error names, or
 *                        else those that the first few rows show
 *
 * Hazards. A field that was denied before, or does not fit into the list, is
 * not new: so the caller's loop ends.
 */
#include "job/denied.h"

#include <string.h>

#include "base/clock.h"
#include "job/first_rows.h"

enum {
    DENIED_MAX = 64,
    FEW_ROWS = 10,
    FEWER_ROWS = 3,
    KNOWN_MS = 10 * 60 * 1000
};

/* ---- the list ------------------------------------------------------------ */

/* Add an entry as gql_leave_out() reads it. False if it is there already. */
static bool
add(struct job *job, const char *entry)
{
    const char **list = job->denied;
    int count = 0;

    if (list == NULL)
        list = arena_array(&job->arena, DENIED_MAX + 1, sizeof(*list));
    job->denied = list;
    while (list[count] != NULL && strcmp(list[count], entry) != 0)
        count++;
    if (list[count] != NULL || count == DENIED_MAX)
        return false;
    list[count] = arena_strdup(&job->arena, entry);
    return true;
}

void
denied_add(struct job *job, const char *path)
{
    (void)add(job, path);
}

/* The path of an error without numbers: "products.seo.title". */
static const char *
path_of(const struct json *error, struct arena *arena)
{
    const struct json *keys = json_get(error, "path");
    const char *path = "";

    if (keys == NULL || keys->kind != JSON_ARRAY)
        return path;
    for (const struct json *k = keys->first; k != NULL; k = k->next)
        if (k->kind == JSON_STRING)
            path = arena_printf(arena, "%s%s%s", path, *path != '\0' ? "." : "",
                                json_str(k));
    return path;
}

static bool
add_errors(struct job *job, const struct json *errors, struct arena *arena)
{
    bool any = false;

    if (errors == NULL || errors->kind != JSON_ARRAY)
        return false;
    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        const char *path = reply_is_denial(e) ? path_of(e, arena) : "";

        any |= path[0] != '\0' && add(job, path);
    }
    return any;
}

/* ---- questions ----------------------------------------------------------- */

/* *any: the answer denies fields that are not in the list yet. False if there
 * was no answer. */
static bool
ask_bulk(struct job *job, int rows, struct arena *arena, bool *any,
         struct err *err)
{
    struct answer answer = {0};
    bool fine;

    *err = (struct err){.kind = ERR_NONE};
    fine = first_rows_bulk(job, rows, arena, &answer, err);
    *any = !fine && add_errors(job, answer.errors, arena);
    return fine || answer.errors != NULL;
}

static bool
ask_roots(struct job *job, struct arena *arena, bool *any, struct err *err)
{
    const struct pages *pages = job->plan->pages;
    bool answered = true;

    *any = false;
    for (int i = 0; i < pages->count; i++) {
        struct reply reply = {0};

        if (pages->connections[i].parent != NULL)
            continue;
        if (first_rows_page(job, &pages->connections[i], arena, &reply, err))
            *any |= add_errors(job, reply.errors, arena);
        else
            answered = false;
    }
    return answered;
}

bool
denied_ask(struct job *job, int rows, bool *any)
{
    struct arena arena = {0};
    struct err err;
    bool answered = job->plan->paged.way == PLAN_BY_PAGES
                        ? ask_roots(job, &arena, any, &err)
                        : ask_bulk(job, rows, &arena, any, &err);

    arena_free(&arena);
    return answered;
}

/* ---- the memory of the process ------------------------------------------- */

struct denied_known {
    const char *job;
    const char **list;
    int64_t asked_ms;
    struct denied_known *next;
};

static struct denied_known *
find_known(const struct job *job)
{
    struct denied_known *known = job->store->denied;

    while (known != NULL && strcmp(known->job, job->file->job) != 0)
        known = known->next;
    return known;
}

static const char **
copy_list(struct arena *arena, const char *const *list)
{
    const char **copy =
        list == NULL ? NULL : arena_array(arena, DENIED_MAX + 1, sizeof(*copy));

    for (int i = 0; copy != NULL && list[i] != NULL; i++)
        copy[i] = arena_strdup(arena, list[i]);
    return copy;
}

static bool
are_equal(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0)
        a++, b++;
    return *a == *b;
}

/* The configuration's memory is kept, so an equal list is not copied again. */
void
denied_remember(const struct job *job)
{
    struct arena *arena = &job->context->config.arena;
    struct denied_known *known = find_known(job);

    if (known == NULL) {
        known = arena_alloc(arena, sizeof(*known));
        *known =
            (struct denied_known){.job = arena_strdup(arena, job->file->job),
                                  .next = job->store->denied};
        job->store->denied = known;
    }
    known->asked_ms = clock_now_ms();
    if (!are_equal(known->list, job->denied))
        known->list = copy_list(arena, job->denied);
}

bool
denied_recall(struct job *job)
{
    const struct denied_known *known = find_known(job);

    if (known == NULL || clock_now_ms() - known->asked_ms > KNOWN_MS)
        return false;
    job->denied = copy_list(&job->arena, known->list);
    return true;
}

/* ---- after a failure ----------------------------------------------------- */

/* Nested rows multiply the cost of the request. */
static bool
ask_more(struct job *job)
{
    struct arena arena = {0};
    struct err err;
    bool any;

    if ((!ask_bulk(job, FEW_ROWS, &arena, &any, &err) || !any) &&
        err_is(&err, MSG_MAX_COST_EXCEEDED) &&
        !ask_bulk(job, FEWER_ROWS, &arena, &any, &err))
        any = false;
    arena_free(&arena);
    return any;
}

/* ---- the text of an error ------------------------------------------------ */

static bool
add_named(struct job *job, const char *text)
{
    static const char before[] = "Access denied for ";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    bool any = false;

    while ((text = strstr(text, before)) != NULL) {
        char entry[128] = "?";
        size_t length;

        text += strlen(before);
        length = strspn(text, letters);
        if (length == 0 || length > sizeof(entry) - 2)
            continue;
        memcpy(entry + 1, text, length);
        any |= add(job, entry);
    }
    return any;
}

/* The pages of a walk denied the field "products.title" in some rows. */
static bool
add_quoted(struct job *job, const char *text)
{
    const char *quote = strchr(text, '"');
    struct arena arena = {0};
    bool any = false;

    if (quote != NULL)
        any = add(job, arena_dup(&arena,
                                 span_of(quote + 1, strcspn(quote + 1, "\""))));
    arena_free(&arena);
    return any;
}

bool
denied_after(struct job *job, const struct err *why)
{
    if (job->plan->asked_optional == NULL)
        return false;
    if (err_is(why, MSG_PAGE_DENIED))
        return add_quoted(job, why->message);
    if (!err_is(why, MSG_ACCESS_DENIED))
        return false;
    return add_named(job, why->message) ||
           (job->plan->paged.way != PLAN_BY_PAGES && ask_more(job));
}
