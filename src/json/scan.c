/*
 * The state is a position in the text, the open arrays and objects, and what
 * the visitor wants. Long parts that nobody visits are passed over in steps of
 * several bytes (base/step.h), which only look for quotes, brackets and
 * backslashes.
 *
 * Hazards. A bracket inside a string does not count, and a quote after an odd
 * number of backslashes does not end a string: steps with a backslash are read
 * byte by byte. What is passed over is not checked.
 */
#include "json/scan.h"

#include <string.h>

#include "base/step.h"
#include "json/name.h"

/* Names of bulkpg's own, which an answer must not have, begin with "__" or with
 * "bulkpg_". */
enum { OWN_LEAST = 7 };

struct scan {
    const struct scan_visitor *visitor;
    const bool *stopped; /* the visitor's, or false */
    const char *begin;
    const char *at;
    const char *end;
    const char *open[JSON_MAX_DEPTH]; /* the brackets that are open */
    int depth;
    bool too_deep;
};

/* ---- steps --------------------------------------------------------------- */

/* Each function moves the scan past what it is named after. It returns false at
 * the end of the text, or if that is not there. */

static inline bool
skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && (unsigned char)*scan->at <= ' ' &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' ||
            *scan->at == '\t'))
        scan->at++;
    return scan->at < scan->end;
}

/* Usually there are none. */
static inline bool
skip_any_blanks(struct scan *scan)
{
    return (scan->at<scan->end && * scan->at> ' ') || skip_blanks(scan);
}

static inline bool
skip_char(struct scan *scan, char c)
{
    if ((scan->at == scan->end || *scan->at != c) &&
        (!skip_blanks(scan) || *scan->at != c))
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

/* Find the next quote; NULL if a newline or the end of the text comes first.
 * Most strings are short: memchr() would take longer to begin. */
static inline const char *
next_quote(const struct scan *scan)
{
    const char *at = scan->at;

    for (; scan->end - at >= STEP; at += STEP) {
        step_bytes bytes = step_load(at);
        step_found found = step_find((bytes == '"') | (bytes == '\n'));

        if (found == 0)
            continue;
        at += step_first(found);
        return *at == '"' ? at : NULL;
    }
    while (at < scan->end && *at != '"' && *at != '\n')
        at++;
    return at < scan->end && *at == '"' ? at : NULL;
}

/* The scan is after the opening quote. */
static inline bool
skip_string(struct scan *scan)
{
    const char *begin = scan->at;
    const char *quote = next_quote(scan);

    while (quote != NULL) {
        scan->at = quote + 1;
        if (quote[-1] != '\\' || !is_escaped(begin, quote))
            return true;
        quote = next_quote(scan);
    }
    return false;
}

/* ---- passing over -------------------------------------------------------- */

/* A search for the closing bracket. */
struct search {
    size_t depth;
    bool in_string;
    bool is_over; /* found, or the text is not valid */
};

static void
count_bracket(struct search *search, char c)
{
    if (c == '{' || c == '[')
        search->depth++;
    else
        search->depth--;
    search->is_over = search->depth == 0;
}

/* Look at the bytes one by one, before `end`. */
static void
look_at_bytes(struct search *search, struct scan *scan, const char *end)
{
    while (scan->at < end && !search->is_over) {
        char c = *scan->at++;

        if (c == '"')
            search->in_string = !search->in_string;
        else if (search->in_string && c == '\\')
            scan->at += scan->at < scan->end;
        else if (search->in_string && c == '\n')
            search->is_over = true;
        else if (!search->in_string && ((c | ' ') == '{' || (c | ' ') == '}'))
            count_bracket(search, c);
    }
}

/* The bits from each odd one on up to the even one after it: from opening
 * quotes to the bytes before closing ones. */
static inline uint64_t
between(uint64_t quotes)
{
    quotes ^= quotes << 1;
    quotes ^= quotes << 2;
    quotes ^= quotes << 4;
    quotes ^= quotes << 8;
    quotes ^= quotes << 16;
    return quotes ^ quotes << 32;
}

/* Count the brackets that were found in `count` bytes. */
static void
count_found(struct search *search, struct scan *scan, uint64_t found,
            size_t count)
{
    const char *begin = scan->at;

    scan->at = begin + count;
    for (; found != 0 && !search->is_over; found &= found - 1) {
        count_bracket(search, begin[steps_first(found)]);
        if (search->is_over)
            scan->at = begin + steps_first(found) + 1;
    }
}

static inline uint64_t
inside_strings(struct search *search, uint64_t quotes, size_t count)
{
    uint64_t inside = between(quotes) ^ (search->in_string ? UINT64_MAX : 0);

    search->in_string = (inside >> (count - 1) & 1) != 0;
    return inside;
}

static inline step_bytes
is_special(step_bytes bytes)
{
    return (bytes == '\\') | (bytes == '\n');
}

/* A bracket and a brace differ in one bit. */
static inline step_bytes
is_bracket(step_bytes bytes)
{
    step_bytes braces = bytes | ' ';

    return (braces == '{') | (braces == '}');
}

/* Look at STEP bytes. */
static void
look_at_step(struct search *search, struct scan *scan)
{
    step_bytes bytes = step_load(scan->at);
    uint64_t inside;

    if (step_find(is_special(bytes)) != 0) {
        look_at_bytes(search, scan, scan->at + STEP);
        return;
    }
    inside = inside_strings(search, step_find(bytes == '"'), STEP);
    count_found(search, scan, step_find(is_bracket(bytes)) & ~inside, STEP);
}

/* Look at STEPS bytes, or fewer if one of them is a backslash or a newline. */
static void
look_at_steps(struct search *search, struct scan *scan)
{
    step_bytes a = step_load(scan->at), b = step_load(scan->at + STEP),
               c = step_load(scan->at + 2 * STEP),
               d = step_load(scan->at + 3 * STEP);
    uint64_t inside;

    if (step_find(is_special(a) | is_special(b) | is_special(c) |
                  is_special(d)) != 0) {
        look_at_step(search, scan);
        return;
    }
    inside = inside_strings(
        search, steps_find(a == '"', b == '"', c == '"', d == '"'), STEPS);
    count_found(
        search, scan,
        steps_find(is_bracket(a), is_bracket(b), is_bracket(c), is_bracket(d)) &
            ~inside,
        STEPS);
}

/* The scan is after the opening bracket. */
static bool
skip_to_closing(struct scan *scan)
{
    struct search search = {.depth = 1};

    while (!search.is_over && scan->end - scan->at >= STEPS)
        look_at_steps(&search, scan);
    while (!search.is_over && scan->end - scan->at >= STEP)
        look_at_step(&search, scan);
    look_at_bytes(&search, scan, scan->end);
    return search.is_over && search.depth == 0;
}

static void
skip_word(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != ',' && *scan->at != ']' &&
           *scan->at != '}' && *scan->at > ' ')
        scan->at++;
}

/* ---- values -------------------------------------------------------------- */

static struct span
since(const struct scan *scan, const char *begin)
{
    return span_of(begin, (size_t)(scan->at - begin));
}

static inline bool
goes_on(const struct scan *scan)
{
    return !*scan->stopped;
}

static bool
pass_end(struct scan *scan, const char *begin)
{
    scan->visitor->on_end(scan->visitor->ctx, since(scan, begin));
    return goes_on(scan);
}

/* The scan is at an opening bracket. */
static bool
read_opening(struct scan *scan)
{
    const char *begin = scan->at++;

    if (scan->depth == JSON_MAX_DEPTH) {
        scan->too_deep = true;
        return false;
    }
    scan->visitor->on_begin(scan->visitor->ctx,
                            *begin == '{' ? JSON_OBJECT : JSON_ARRAY);
    if (!goes_on(scan))
        return false;
    if (*scan->visitor->passes)
        return skip_to_closing(scan) && pass_end(scan, begin);
    scan->open[scan->depth++] = begin;
    return true;
}

static bool
is_number(struct span word)
{
    return word.length > 0 && (word.bytes[0] == '-' ||
                               (word.bytes[0] >= '0' && word.bytes[0] <= '9'));
}

static bool
kind_of_word(struct span word, enum json_kind *kind)
{
    if (is_number(word))
        *kind = JSON_NUMBER;
    else if (span_is(word, "null"))
        *kind = JSON_NULL;
    else if (span_is(word, "true"))
        *kind = JSON_TRUE;
    else if (span_is(word, "false"))
        *kind = JSON_FALSE;
    else
        return false;
    return true;
}

static bool
read_scalar(struct scan *scan)
{
    const char *begin = scan->at;
    enum json_kind kind = JSON_STRING;
    struct span word;

    if (*begin == '"') {
        scan->at++;
        if (!skip_string(scan))
            return false;
        word = since(scan, begin);
    } else {
        skip_word(scan);
        word = since(scan, begin);
        if (!kind_of_word(word, &kind))
            return false;
    }
    scan->visitor->on_scalar(scan->visitor->ctx, kind, word);
    return goes_on(scan);
}

static inline bool
read_value(struct scan *scan)
{
    if (!skip_any_blanks(scan))
        return false;
    return *scan->at == '{' || *scan->at == '[' ? read_opening(scan)
                                                : read_scalar(scan);
}

/* ---- runs ---------------------------------------------------------------- */

/* The scan is at a value. Pass over it. */
static inline bool
pass_value(struct scan *scan)
{
    const char *begin = scan->at;
    enum json_kind kind;

    if (*begin == '"') {
        scan->at++;
        return skip_string(scan);
    }
    if (*begin == '{' || *begin == '[') {
        scan->at++;
        scan->too_deep = scan->depth == JSON_MAX_DEPTH;
        return !scan->too_deep && skip_to_closing(scan);
    }
    skip_word(scan);
    return kind_of_word(since(scan, begin), &kind);
}

/* The length of the key that begins here, if its member needs no visit; or
 * 0. */
static inline size_t
key_of_run(const struct scan *scan)
{
    const char *key = scan->at + 1;
    size_t length;

    if (scan->at == scan->end || *scan->at != '"')
        return 0;
    length = name_length(key, scan->end);
    if (length == 0 || key + length == scan->end || key[length] != '"' ||
        key[0] == '_' || (key[0] == 'b' && length >= OWN_LEAST) ||
        (*scan->visitor->visits & scan_key(key, length)) != 0)
        return 0;
    return length;
}

/* The scan is in an object, before a member or the end. It moves past as many
 * members as need no visit, and *run begins with the first one's key. */
static bool
pass_members(struct scan *scan, bool is_first, struct span *run)
{
    const char *begin = NULL, *end = scan->at;
    size_t length = 1;

    while (length > 0) {
        if (!is_first && (scan->at == scan->end || *scan->at != ','))
            break;
        scan->at += !is_first;
        (void)skip_any_blanks(scan);
        length = key_of_run(scan);
        if (length == 0)
            break;
        begin = begin != NULL ? begin : scan->at;
        scan->at += length + strlen("\"\"");
        if (!skip_char(scan, ':') || !skip_any_blanks(scan) ||
            !pass_value(scan))
            return false;
        end = scan->at;
        (void)skip_any_blanks(scan);
        is_first = false;
    }
    scan->at = end;
    *run =
        begin != NULL ? span_of(begin, (size_t)(end - begin)) : span_of(end, 0);
    return true;
}

/* *is_first is false after a run. */
static bool
read_run(struct scan *scan, bool *is_first)
{
    struct span run;

    if (!pass_members(scan, *is_first, &run))
        return false;
    if (run.length == 0)
        return true;
    *is_first = false;
    scan->visitor->on_run(scan->visitor->ctx, run);
    return goes_on(scan);
}

/* ---- members and elements ------------------------------------------------ */

static bool
read_key(struct scan *scan)
{
    const char *begin;

    if (!skip_char(scan, '"'))
        return false;
    begin = scan->at;
    if (!skip_string(scan))
        return false;
    scan->visitor->on_key(
        scan->visitor->ctx,
        span_of(begin, (size_t)(scan->at - begin) - strlen("\"")));
    return goes_on(scan) && skip_char(scan, ':');
}

/* The next member or element of the innermost array or object, or its end. */
static bool
read_next(struct scan *scan)
{
    const char *open = scan->open[scan->depth - 1];
    bool is_first = scan->at == open + 1;

    if (*open == '{' && scan->visitor->visits != NULL &&
        *scan->visitor->visits != SCAN_ALL_KEYS && !read_run(scan, &is_first))
        return false;
    if (!skip_any_blanks(scan))
        return false;
    if (*scan->at == (*open == '{' ? '}' : ']')) {
        scan->at++;
        scan->depth--;
        return pass_end(scan, open);
    }
    return (is_first || skip_char(scan, ',')) &&
           (*open == '[' || read_key(scan)) && read_value(scan);
}

static bool
read_text(struct scan *scan)
{
    if (!read_value(scan))
        return false;
    while (scan->depth > 0)
        if (!read_next(scan))
            return false;
    return !skip_blanks(scan);
}

/* ---- interface ----------------------------------------------------------- */

bool
scan_text(struct span text, const struct scan_visitor *visitor, struct err *err)
{
    static const bool goes_on_always = false;
    struct scan scan = {.visitor = visitor,
                        .stopped = visitor->stopped != NULL ? visitor->stopped
                                                            : &goes_on_always,
                        .begin = text.bytes,
                        .at = text.bytes,
                        .end = text.bytes + text.length};

    if (read_text(&scan))
        return true;
    if (!goes_on(&scan))
        return false;
    if (scan.too_deep)
        return err_set(err, MSG_BAD_JSON,
                       "JSON nested deeper than %d levels at byte %zu",
                       JSON_MAX_DEPTH, (size_t)(scan.at - scan.begin));
    return err_set(err, MSG_BAD_JSON, "not valid JSON at byte %zu",
                   (size_t)(scan.at - scan.begin));
}

/* ---- strings ------------------------------------------------------------- */

static void
keep_text(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct buf *room = ctx;

    (void)kind;
    (void)source;
    buf_append_span(room, text);
}

bool
scan_string(struct span source, struct buf *room, struct span *text)
{
    struct json_visitor visitor = {.on_scalar = keep_text, .ctx = room};
    struct err ignored;

    *text = span_of(source.bytes + 1, source.length - 2);
    if (memchr(text->bytes, '\\', text->length) == NULL)
        return true;
    buf_clear(room);
    if (!json_walk(source, &visitor, &ignored))
        return false;
    *text = buf_span(room);
    return !room->overflowed;
}
