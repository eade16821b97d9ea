#include "scripted/lines.h"

#include <string.h>

static bool
open_lines(struct source *source, struct err *err)
{
    struct scripted_lines *lines = (struct scripted_lines *)source;

    (void)err;
    lines->is_read = false;
    lines->opened++;
    return true;
}

static bool
read_lines(struct source *source, struct span *chunk, struct err *err)
{
    struct scripted_lines *lines = (struct scripted_lines *)source;

    if (lines->failing != NULL) {
        *err = *lines->failing;
        lines->failing = NULL;
        return false;
    }
    *chunk = span_str(lines->is_read ? "" : lines->text);
    lines->is_read = true;
    return true;
}

static void
do_nothing(struct source *source)
{
    (void)source;
}

static int64_t
count_bytes(const struct source *source)
{
    return (int64_t)strlen(((const struct scripted_lines *)source)->text);
}

void
scripted_lines_init(struct scripted_lines *lines, const char *text)
{
    static const struct source_ops ops = {.open = open_lines,
                                          .read = read_lines,
                                          .close = do_nothing,
                                          .size = count_bytes,
                                          .free = do_nothing};

    *lines =
        (struct scripted_lines){.source = {.ops = &ops,
                                           .claims = {.who = "the test",
                                                      .object_count = -1,
                                                      .root_object_count = -1,
                                                      .file_size = -1},
                                           .name = "lines",
                                           .asked_at = "",
                                           .odd_count = "",
                                           .is_of_query = true},
                                .text = text};
}
