/*
 * tandem - parses lines in a second thread, ahead of the one that takes them.
 *
 *     line ─► block ─► parsed by either thread ─► taken, in the order of lines
 *
 * All functions are called by one thread, and only this one takes lines. The
 * other thread cleans and parses text, and sees nothing else. It is started
 * when a result turns out to be large, and if another core is there for it;
 * until then each line is taken at once. Memory is a fixed number of blocks.
 */
#ifndef JSON_TANDEM_H
#define JSON_TANDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "json/lines.h"
#include "json/record.h"
#include "json/shape.h"

/* A line that is clean and parsed. */
struct tandem_parsed {
    const struct record_kept *values; /* for record_restore() */
    int count;
    bool has_unknown_keys;
    size_t replaced; /* as clean_json() counts */
};

/* Takes one line. If `parsed` is NULL, it must still be cleaned and parsed.
 * Both are borrowed for the call. A failure ends the work. */
typedef bool
tandem_take_fn(void *ctx, const struct line *line,
               const struct tandem_parsed *parsed, struct err *err);

struct tandem;

/* The thread starts after `after_bytes` of lines. */
struct tandem *tandem_new(const struct shape *shape, size_t after_bytes,
                          tandem_take_fn *take, void *ctx);
void tandem_free(struct tandem *tandem);

/* The next line. It is taken now or later, and earlier lines before it. */
MUST_CHECK bool
tandem_line(struct tandem *tandem, const struct line *line, struct err *err);

/* Take all lines that are left. More may follow. */
MUST_CHECK bool tandem_finish(struct tandem *tandem, struct err *err);

/* The time that the lines that were parsed ahead were still waited for. */
int64_t tandem_waited_ns(const struct tandem *tandem);

#endif
