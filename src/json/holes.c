#include "json/holes.h"

#include <string.h>

/* The place in the text. Each function below moves it past what it is named
 * after, and returns false at the end of the text, or if that is not there. */
struct scan {
    const char *at;
    const char *end;
};

static bool
skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' ||
                                    *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
    return scan->at < scan->end;
}

static bool
skip_char(struct scan *scan, char c)
{
    if (!skip_blanks(scan) || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* A quote after an odd number of backslashes does not end a string. */
static bool
is_escaped(const char *begin, const char *quote)
{
    const char *at = quote;

    while (at > begin && at[-1] == '\\')
        at--;
    return (quote - at) % 2 == 1;
}

/* The scan is after the opening quote. `text` becomes the string as written. */
static bool
skip_string(struct scan *scan, struct span *text)
{
    const char *begin = scan->at;

    for (;;) {
        const char *quote =
            memchr(scan->at, '"', (size_t)(scan->end - scan->at));

        if (quote == NULL)
            return false;
        scan->at = quote + 1;
        if (!is_escaped(begin, quote)) {
            *text = span_of(begin, (size_t)(quote - begin));
            return true;
        }
    }
}

/* The scan is after the opening bracket. */
static bool
skip_to_closing(struct scan *scan)
{
    struct span string;
    size_t depth = 1;

    while (scan->at < scan->end) {
        switch (*scan->at++) {
        case '"':
            if (!skip_string(scan, &string))
                return false;
            break;
        case '[':
        case '{':
            depth++;
            break;
        case ']':
        case '}':
            if (--depth == 0)
                return true;
            break;
        default:
            break;
        }
    }
    return false;
}

static bool
is_open(const struct scan *scan)
{
    return *scan->at == '{' || *scan->at == '[';
}

/* A value at which the scan is. */
static bool
skip_value(struct scan *scan)
{
    struct span string;

    if (is_open(scan)) {
        scan->at++;
        return skip_to_closing(scan);
    }
    if (*scan->at == '"') {
        scan->at++;
        return skip_string(scan, &string);
    }
    while (scan->at < scan->end && *scan->at != ',' && *scan->at != '}')
        scan->at++;
    return true;
}

static bool
skip_key(struct scan *scan, struct span *key)
{
    return skip_char(scan, '"') && skip_string(scan, key) &&
           skip_char(scan, ':') && skip_blanks(scan);
}

/* ---- members ------------------------------------------------------------- */

struct holes {
    const char *text;
    const char *outer;
    struct json_hole *list;
    size_t count;
    size_t most;
};

typedef bool member_fn(struct holes *holes, struct scan *scan, struct span key);

/* Call `member` at the value of each member of the object at which the scan
 * is. */
static bool
each_member(struct holes *holes, struct scan *scan, member_fn *member)
{
    struct span key;

    if (!skip_char(scan, '{'))
        return false;
    if (skip_char(scan, '}'))
        return true;
    do {
        if (!skip_key(scan, &key) || !member(holes, scan, key))
            return false;
    } while (skip_char(scan, ','));
    return skip_char(scan, '}');
}

static bool
note_hole(struct holes *holes, struct scan *scan, struct span key)
{
    size_t from = (size_t)(scan->at - holes->text) + 1;
    bool is_hole = is_open(scan) && holes->count < holes->most;

    (void)key;
    if (!skip_value(scan))
        return false;
    if (is_hole)
        holes->list[holes->count++] = (struct json_hole){
            .from = from, .to = (size_t)(scan->at - holes->text) - 1};
    return true;
}

static bool
look_into_outer(struct holes *holes, struct scan *scan, struct span key)
{
    return span_is(key, holes->outer) && *scan->at == '{'
               ? each_member(holes, scan, note_hole)
               : skip_value(scan);
}

size_t
holes_find(struct span text, const char *outer, struct json_hole *list,
           size_t most)
{
    struct holes holes = {
        .text = text.bytes, .outer = outer, .list = list, .most = most};
    struct scan scan = {text.bytes, text.bytes + text.length};

    if (outer == NULL || text.length == 0 ||
        !each_member(&holes, &scan, look_into_outer))
        return 0;
    return holes.count;
}
