#include "json/index.h"

#include <assert.h>

#include "json/walk.h"

/* The rest of each path at a value: "" if the path ends there, NULL if the path
 * does not lead through that value. */
struct place {
    const char *rest[JSON_INDEX_MAX_PATHS];
};

struct index {
    size_t count;
    json_index_fn *found;
    void *ctx;
    struct place root;
    struct place open[JSON_MAX_DEPTH]; /* of the open arrays and objects */
    bool is_array[JSON_MAX_DEPTH];
    size_t depth;
    struct place member; /* of the value that follows the last key */
};

/* `rest` after its first step, if that step is `step`; otherwise NULL. */
static const char *
step_down(const char *rest, struct span step)
{
    if (rest == NULL)
        return NULL;
    if (*rest == '.')
        rest++;
    if (strncmp(rest, step.bytes, step.length) != 0)
        return NULL;
    rest += step.length;
    return *rest == '\0' || *rest == '.' || *rest == '[' ? rest : NULL;
}

static struct place
place_below(const struct index *index, struct span step)
{
    const struct place *parent = &index->open[index->depth - 1];
    struct place place = {0};

    for (size_t i = 0; i < index->count; i++)
        place.rest[i] = step_down(parent->rest[i], step);
    return place;
}

/* The place of the next value. */
static struct place
place_of_value(const struct index *index)
{
    if (index->depth == 0)
        return index->root;
    if (index->is_array[index->depth - 1])
        return place_below(index, span_of("[]", 2));
    return index->member;
}

static void
report(const struct index *index, const struct place *place, struct span source,
       struct span text)
{
    for (size_t i = 0; i < index->count; i++)
        if (place->rest[i] != NULL && *place->rest[i] == '\0')
            index->found(index->ctx, i, source, text);
}

static void
on_key(void *ctx, struct span key)
{
    struct index *index = ctx;

    index->member = place_below(index, key);
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct index *index = ctx;

    index->open[index->depth] = place_of_value(index);
    index->is_array[index->depth] = kind == JSON_ARRAY;
    index->depth++;
}

static void
on_end(void *ctx, struct span source)
{
    struct index *index = ctx;

    index->depth--;
    report(index, &index->open[index->depth], source, span_str(""));
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct index *index = ctx;
    struct place place = place_of_value(index);

    (void)kind;
    report(index, &place, source, text);
}

bool
json_index(struct span text, const char *const *paths, size_t count,
           json_index_fn *found, void *ctx, struct err *err)
{
    struct index index = {.count = count, .found = found, .ctx = ctx};
    struct json_visitor visitor = {on_key,    on_begin, on_end,
                                   on_scalar, &index,   NULL};

    assert(count <= JSON_INDEX_MAX_PATHS);
    for (size_t i = 0; i < count; i++)
        index.root.rest[i] = paths[i];
    return json_walk(text, &visitor, err);
}
