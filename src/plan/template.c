/*
 * Fill in the statements of sql/merge/ and sql/ddl/; template.h describes the
 * braces. A name without a value stays in braces. This is not valid SQL: the
 * server refuses it, and a test fails if a printed statement has braces.
 */
#include "plan/template.h"

#include <ctype.h>
#include <string.h>

#include "plan/names.h"

#define DOTS "..."

enum { QUOTED_CEILING = 1024 * 1024 };

/* ---- values ------------------------------------------------------------ */

/* A value beyond TEMPLATE_VALUES_MAX is dropped, so its name stays in braces,
 * which a test finds. */
static struct template_value *
add(struct template_values *values, const char *name)
{
    static struct template_value none;
    struct template_value *value = &none;

    if (values->count < TEMPLATE_VALUES_MAX)
        value = &values->items[values->count++];
    *value = (struct template_value){.name = name};
    return value;
}

void
template_sql(struct template_values *values, const char *name, const char *sql)
{
    struct template_value *value = add(values, name);

    value->sql = sql;
    value->is_set = sql != NULL;
}

void
template_number(struct template_values *values, const char *name, int number)
{
    template_sql(values, name, arena_printf(&values->arena, "%d", number));
}

void
template_flag(struct template_values *values, const char *name, bool is_set)
{
    add(values, name)->is_set = is_set;
}

/* Set a value to the text in `quoted`, and free `quoted`. */
static void
keep(struct template_values *values, const char *name, struct buf *quoted)
{
    template_sql(values, name, arena_strdup(&values->arena, buf_str(quoted)));
    buf_free(quoted);
}

void
template_literal(struct template_values *values, const char *name,
                 const char *text)
{
    struct buf quoted = buf_with_ceiling(QUOTED_CEILING);

    name_append_literal(&quoted, text);
    keep(values, name, &quoted);
}

void
template_name(struct template_values *values, const char *name,
              const char *schema, const char *bare)
{
    struct buf quoted = buf_with_ceiling(QUOTED_CEILING);

    if (bare == NULL) {
        template_flag(values, name, false);
        return;
    }
    if (schema != NULL) {
        name_append_quoted(&quoted, schema);
        buf_append_char(&quoted, '.');
    }
    name_append_quoted(&quoted, bare);
    keep(values, name, &quoted);
}

void
template_columns(struct template_values *values, const char *name,
                 const char *const *columns, int count)
{
    struct template_value *value = add(values, name);

    value->columns = columns;
    value->column_count = count;
}

void
template_free(struct template_values *values)
{
    arena_free(&values->arena);
    values->count = 0;
}

/* ---- reading ----------------------------------------------------------- */

static const struct template_value *
find(const struct template_values *values, struct span name)
{
    for (int i = 0; i < values->count; i++)
        if (span_is(name, values->items[i].name))
            return &values->items[i];
    return NULL;
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The length of the word at the start of `text`. */
static size_t
word_length(struct span text)
{
    size_t length = 0;

    while (length < text.length && is_word(text.bytes[length]))
        length++;
    return length;
}

/* The number of bytes before the brace that closes the one before `text`. */
static size_t
closed_length(struct span text)
{
    int depth = 1;
    size_t at = 0;

    for (; at < text.length; at++) {
        depth += (text.bytes[at] == '{') - (text.bytes[at] == '}');
        if (depth == 0)
            break;
    }
    return at;
}

static struct span
skip_blank(struct span text)
{
    return text.length > 0 && isspace((unsigned char)text.bytes[0])
               ? span_tail(text, 1)
               : text;
}

/* ---- lists ------------------------------------------------------------- */

static size_t append_any(struct buf *sql, struct span text,
                         const struct template_values *values);

/* Append `expression`, with the column in place of each word `x`. */
static void
append_column(struct buf *sql, struct span expression, const char *column,
              const struct template_values *values)
{
    while (expression.length > 0) {
        size_t length = word_length(expression);

        if (length == 1 && expression.bytes[0] == 'x')
            name_append_quoted(sql, column);
        else if (length > 0)
            buf_append(sql, expression.bytes, length);
        else
            length = append_any(sql, expression, values);
        expression = span_tail(expression, length);
    }
}

/* Split "s.x = t.x AND ..." into expression and separator. The separator is the
 * last word or comma before the dots, with its blanks. */
static bool
split_list(struct span text, struct span *expression, struct span *separator)
{
    size_t dots = sizeof(DOTS) - 1, end, at;

    if (text.length < dots ||
        memcmp(text.bytes + text.length - dots, DOTS, dots) != 0)
        return false;
    end = text.length - dots;
    at = end;
    while (at > 0 && isspace((unsigned char)text.bytes[at - 1]))
        at--;
    if (at > 0 && text.bytes[at - 1] == ',')
        at--;
    else
        while (at > 0 && !isspace((unsigned char)text.bytes[at - 1]))
            at--;
    if (at > 0 && isspace((unsigned char)text.bytes[at - 1]))
        at--;
    *expression = span_head(text, at);
    *separator = span_of(text.bytes + at, end - at);
    return true;
}

static bool
append_list(struct buf *sql, const struct template_value *value,
            struct span text, const struct template_values *values)
{
    struct span expression, separator;

    if (value->columns == NULL || !split_list(text, &expression, &separator))
        return false;
    for (int i = 0; i < value->column_count; i++) {
        if (i > 0)
            buf_append(sql, separator.bytes, separator.length);
        append_column(sql, expression, value->columns[i], values);
    }
    return true;
}

/* ---- texts ------------------------------------------------------------- */

static void append_text(struct buf *sql, struct span text,
                        const struct template_values *values);

/* Append the text of "?flag text" or "?!flag text", if the flag fits. False if
 * the flag is unknown. */
static bool
append_flagged(struct buf *sql, struct span text,
               const struct template_values *values)
{
    bool wanted = text.length < 2 || text.bytes[1] != '!';
    struct span rest = span_tail(text, wanted ? 1 : 2);
    size_t length = word_length(rest);
    const struct template_value *value = find(values, span_head(rest, length));

    if (value == NULL)
        return false;
    if (value->is_set == wanted)
        append_text(sql, skip_blank(span_tail(rest, length)), values);
    return true;
}

/* Fill in `text`, which was between two braces. False if a value is missing. */
static bool
append_braced(struct buf *sql, struct span text,
              const struct template_values *values)
{
    size_t length = word_length(text);
    const struct template_value *value;

    if (span_starts(text, "?"))
        return append_flagged(sql, text, values);
    value = find(values, span_head(text, length));
    if (value == NULL)
        return false;
    if (length < text.length && text.bytes[length] == ':')
        return append_list(sql, value, skip_blank(span_tail(text, length + 1)),
                           values);
    if (length != text.length || value->sql == NULL)
        return false;
    buf_append_str(sql, value->sql);
    return true;
}

/* Append the braces at the start of `text`, filled in, or else one byte. Return
 * the number of bytes of `text` that are done. */
static size_t
append_any(struct buf *sql, struct span text,
           const struct template_values *values)
{
    struct span inside = span_tail(text, 1);
    size_t length;

    if (text.bytes[0] != '{') {
        buf_append_char(sql, text.bytes[0]);
        return 1;
    }
    inside = span_head(inside, closed_length(inside));
    length = 1 + inside.length;
    if (length < text.length)
        length++; /* the closing brace */
    if (!append_braced(sql, inside, values))
        buf_append(sql, text.bytes, length);
    return length;
}

static void
append_text(struct buf *sql, struct span text,
            const struct template_values *values)
{
    while (text.length > 0)
        text = span_tail(text, append_any(sql, text, values));
}

struct span
template_purpose(const char *text)
{
    size_t length = 0;

    while (strncmp(text + length, "--", 2) == 0)
        length += strcspn(text + length, "\n") + 1;
    return span_of(text, length);
}

void
template_append(struct buf *sql, const char *text,
                const struct template_values *values)
{
    append_text(sql, span_str(text + template_purpose(text).length), values);
}
