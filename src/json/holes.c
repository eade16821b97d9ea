#include "json/holes.h"

#include "json/scan.h"

/* Where the holes are: values below the member `outer`. */
enum { HOLE_DEPTH = 2 };

struct holes {
    const char *text;
    const char *outer;
    struct json_hole *list;
    size_t count;
    size_t most;
    int depth;     /* of what is open */
    bool is_outer; /* the next value at depth 1 is that of `outer` */
    bool passes;
};

static void
on_key(void *ctx, struct span key)
{
    struct holes *holes = ctx;

    if (holes->depth == 1)
        holes->is_outer = span_is(key, holes->outer);
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct holes *holes = ctx;

    holes->passes =
        holes->depth == HOLE_DEPTH ||
        (holes->depth == 1 && (kind != JSON_OBJECT || !holes->is_outer));
    holes->depth++;
}

static void
on_end(void *ctx, struct span source)
{
    struct holes *holes = ctx;
    size_t from = (size_t)(source.bytes - holes->text);

    if (--holes->depth == HOLE_DEPTH && holes->count < holes->most)
        holes->list[holes->count++] = (struct json_hole){
            .from = from + 1, .to = from + source.length - 1};
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source)
{
    (void)ctx;
    (void)kind;
    (void)source;
}

size_t
holes_find(struct span text, const char *outer, struct json_hole *list,
           size_t most)
{
    struct holes holes = {
        .text = text.bytes, .outer = outer, .list = list, .most = most};
    struct scan_visitor visitor = {.on_key = on_key,
                                   .on_begin = on_begin,
                                   .on_end = on_end,
                                   .on_scalar = on_scalar,
                                   .ctx = &holes,
                                   .passes = &holes.passes};
    struct err ignored;

    return outer != NULL && scan_text(text, &visitor, &ignored) ? holes.count
                                                                : 0;
}
