#include "journal/left_out.h"

#include <string.h>

#include "json/tree.h"

#define KEY "left_out" /* plan_write_left_out() writes it */

/* NULL: there is none. Most runs have no such notes, so they are not parsed. */
static const struct json *
list_of(const struct journal_run *run, struct arena *arena)
{
    struct json *notes = NULL;
    const struct json *list;
    struct err ignored;

    if (run->notes == NULL || strstr(run->notes, "\"" KEY "\"") == NULL ||
        !json_parse(arena, span_str(run->notes), &notes, &ignored))
        return NULL;
    list = json_get(notes, KEY);
    return list != NULL && list->kind == JSON_ARRAY ? list : NULL;
}

static const char *
reason_of(const struct json *field)
{
    const char *why = json_str(json_get(field, "why"));

    return why != NULL && strcmp(why, "denied") == 0
               ? "denied"
               : "the API does not have it";
}

const char *
journal_left_out(const struct journal_run *run, struct arena *arena)
{
    const struct json *list = list_of(run, arena);
    const char *text = "";

    for (const struct json *field = list != NULL ? list->first : NULL;
         field != NULL; field = field->next) {
        const char *path = json_str(json_get(field, "field"));

        if (path != NULL)
            text = arena_printf(arena, "%s%s%s (%s)", text,
                                text[0] != '\0' ? ", " : "", path,
                                reason_of(field));
    }
    return text;
}

struct span
journal_left_out_json(const struct journal_run *run, struct arena *arena)
{
    const struct json *list = list_of(run, arena);

    return list != NULL ? list->source : span_str("[]");
}
