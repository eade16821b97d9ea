#include "dialect/filter_names.h"

#include <ctype.h>

enum {
    PATTERNS_MAX = sizeof((struct filter_names){0}.patterns) /
                   sizeof((struct filter_names){0}.patterns[0])
};

static bool
is_name_byte(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_.{}", c));
}

static bool
is_name(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_name_byte(text.bytes[i]))
            return false;
    return text.length > 0;
}

bool
filter_names_is_name(const char *name)
{
    return is_name(span_str(name)) && strpbrk(name, "{}") == NULL;
}

/* The part of `text` before the first `c`; all of it if there is none. */
static struct span
head_before(struct span text, char c)
{
    const char *found =
        text.length > 0 ? memchr(text.bytes, c, text.length) : NULL;

    return found != NULL ? span_head(text, (size_t)(found - text.bytes)) : text;
}

/* Take the part of `rest` before the first `c`, and skip that `c`. */
static struct span
take_before(struct span *rest, char c)
{
    struct span head = head_before(*rest, c);

    *rest = span_tail(*rest, head.length + (head.length < rest->length));
    return head;
}

static void
keep(struct filter_names *names, struct span name, struct span type,
     struct arena *arena)
{
    struct filter_name *made;
    const char *text = arena_dup(arena, name);

    if (dict_get(&names->by_name, text) != NULL)
        return;
    made = arena_alloc(arena, sizeof(*made));
    *made = (struct filter_name){.name = text, .type = arena_dup(arena, type)};
    (void)dict_add(&names->by_name, text, made);
    *names->end = made;
    names->end = &made->next;
    if (strchr(text, '{') != NULL && names->pattern_count < PATTERNS_MAX)
        names->patterns[names->pattern_count++] = made;
}

/* Read the name from the first line of a table row or list item. A row can have
 * more lines, which are skipped. */
static void
read_line(struct filter_names *names, struct span line, bool in_table,
          struct arena *arena)
{
    struct span name, type = span_of("", 0);

    line = span_trim(line);
    if (!span_starts(line, in_table ? "|" : "- `"))
        return;
    line = span_tail(line, in_table ? 1 : 3);
    name = take_before(&line, in_table ? '|' : '`');
    if (in_table) {
        name = span_trim(name);
        type = span_trim(take_before(&line, '|'));
    }
    if (is_name(name))
        keep(names, name, type, arena);
}

void
filter_names_read(struct filter_names *names, const struct gql_input *argument,
                  struct arena *arena)
{
    const char *table = strstr(argument->description, "\n| -");
    struct span rest =
        span_str(table != NULL ? table + 1 : argument->description);

    *names = (struct filter_names){.by_name = {.arena = arena}};
    names->end = &names->first;
    while (rest.length > 0)
        read_line(names, take_before(&rest, '\n'), table != NULL, arena);
}

bool
filter_names_fits(const char *pattern, const char *name)
{
    size_t fixed = strcspn(pattern, "{");

    return strlen(name) > fixed && strncmp(pattern, name, fixed) == 0;
}

const struct filter_name *
filter_names_find(const struct filter_names *names, const char *name)
{
    const struct filter_name *found = dict_get(&names->by_name, name);

    if (found != NULL && strchr(name, '{') == NULL)
        return found;
    for (int i = 0; i < names->pattern_count; i++)
        if (filter_names_fits(names->patterns[i]->name, name))
            return names->patterns[i];
    return NULL;
}
