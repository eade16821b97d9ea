#include "walk/tallies.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/tree.h"
#include "json/write.h"

/* Of one request. */
#define POINTS_MOST 1e9

void
tallies_init(struct tallies *tallies, const struct pages *pages)
{
    *tallies = (struct tallies){.pages = pages};
    tallies->of = mem_array((size_t)pages->count, sizeof(*tallies->of));
    for (int i = 0; i < pages->count; i++)
        tallies->of[i].told = -1;
}

void
tallies_free(struct tallies *tallies)
{
    while (tallies->denied != NULL) {
        struct denied *denied = tallies->denied;

        tallies->denied = denied->next;
        free(denied->path);
        free(denied);
    }
    free(tallies->of);
    tallies->of = NULL;
}

void
tallies_deny(struct tallies *tallies, const char *path, int64_t times)
{
    struct denied *denied = tallies->denied;

    while (denied != NULL && strcmp(denied->path, path) != 0)
        denied = denied->next;
    if (denied == NULL) {
        denied = mem_alloc(sizeof(*denied));
        denied->path = mem_strdup(path);
        denied->next = tallies->denied;
        tallies->denied = denied;
        tallies->denied_count++;
    }
    denied->times += times;
}

void
tallies_tell(struct tally *tally, int64_t total)
{
    int64_t before = tally->told >= 0 ? tally->told : 0;

    if (total >= 0)
        tally->told = total < INT64_MAX - before ? before + total : INT64_MAX;
}

/* The sum of any number of them can be written as a number of bulkpg.walk. */
void
tallies_pay(struct tally *tally, double points)
{
    tally->points += points < POINTS_MOST ? points : POINTS_MOST;
}

static void
add(struct tally *to, const struct tally *more)
{
    to->begun += more->begun;
    to->instances += more->instances;
    to->pages += more->pages;
    to->rows += more->rows;
    to->nulls += more->nulls;
    to->missing += more->missing;
    to->repeats += more->repeats;
    to->unproven += more->unproven;
    to->full += more->full;
    to->points += more->points;
    tallies_tell(to, more->told);
}

void
tallies_add(struct tallies *tallies, const struct tallies *more)
{
    for (int i = 0; i < tallies->pages->count; i++)
        add(&tallies->of[i], &more->of[i]);
    for (const struct denied *d = more->denied; d != NULL; d = d->next)
        tallies_deny(tallies, d->path, d->times);
    if (more->last_number > tallies->last_number)
        tallies->last_number = more->last_number;
}

/* ---- JSON --------------------------------------------------------------- */

/* The counts of a tally, in the order of their names. */
enum { COUNTS = 10 };

static const char *const names[COUNTS] = {
    "begun", "instances", "pages",   "rows",     "told",
    "nulls", "missing",   "repeats", "unproven", "full"};

static int64_t *
count_at(struct tally *tally, int n)
{
    int64_t *const counts[COUNTS] = {
        &tally->begun,    &tally->instances, &tally->pages,   &tally->rows,
        &tally->told,     &tally->nulls,     &tally->missing, &tally->repeats,
        &tally->unproven, &tally->full};

    return counts[n];
}

static void
write_tally(struct json_out *out, struct tally *tally)
{
    json_out_open(out, '{');
    for (int n = 0; n < COUNTS; n++)
        json_out_number(out, names[n], *count_at(tally, n));
    json_out_number(out, "points", (int64_t)(tally->points + 0.5));
    json_out_close(out, '}');
}

void
tallies_write(const struct tallies *tallies, struct buf *json)
{
    struct json_out *out = json_out_new(json);

    json_out_open(out, '{');
    json_out_number(out, "last_number", tallies->last_number);
    json_out_key(out, "connections");
    json_out_open(out, '[');
    for (int i = 0; i < tallies->pages->count; i++)
        write_tally(out, &tallies->of[i]);
    json_out_close(out, ']');
    json_out_key(out, "denied");
    json_out_open(out, '{');
    for (const struct denied *d = tallies->denied; d != NULL; d = d->next)
        json_out_number(out, d->path, d->times);
    json_out_close(out, '}');
    json_out_close(out, '}');
    json_out_free(out);
}

static bool
read_tally(const struct json *json, struct tally *tally)
{
    int64_t points;

    for (int n = 0; n < COUNTS; n++)
        if (!json_int64(json_get(json, names[n]), count_at(tally, n)))
            return false;
    if (!json_int64(json_get(json, "points"), &points))
        return false;
    tally->points = (double)points;
    return true;
}

static bool
read_all(struct tallies *tallies, const struct json *root)
{
    const struct json *list = json_get(root, "connections");
    const struct json *denied = json_get(root, "denied");
    const struct json *one = list != NULL ? list->first : NULL;

    for (int i = 0; i < tallies->pages->count; i++, one = one->next)
        if (one == NULL || !read_tally(one, &tallies->of[i]))
            return false;
    one = denied != NULL ? denied->first : NULL;
    for (int64_t times; one != NULL; one = one->next)
        if (json_int64(one, &times))
            tallies_deny(tallies, one->key, times);
    return json_int64(json_get(root, "last_number"), &tallies->last_number);
}

bool
tallies_read(struct tallies *tallies, const char *json)
{
    struct arena arena = {0};
    struct json *root;
    struct err ignored;
    bool read = json != NULL &&
                json_parse(&arena, span_str(json), &root, &ignored) &&
                read_all(tallies, root);

    arena_free(&arena);
    return read;
}
