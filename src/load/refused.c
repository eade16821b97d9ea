#include "load/refused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct refused_line *
find(const struct refused *refused, int64_t line)
{
    for (size_t i = 0; i < refused->count; i++)
        if (refused->lines[i].line == line)
            return &refused->lines[i];
    return NULL;
}

const char *
refused_reason(const struct refused *refused, int64_t line)
{
    const struct refused_line *found = find(refused, line);

    return found != NULL && found->is_certain ? found->reason : NULL;
}

void
refused_add(struct refused *refused, int64_t line, const struct err *why)
{
    struct refused_line *added = find(refused, line);

    if (added != NULL) {
        added->is_certain = true;
        return;
    }
    refused->lines = mem_resize(refused->lines,
                                (refused->count + 1) * sizeof(*refused->lines));
    added = &refused->lines[refused->count++];
    added->line = line;
    added->is_certain = !refused_is_internal(why);
    if (refused->hides_words)
        snprintf(added->reason, sizeof(added->reason),
                 "the server refused it (SQLSTATE %.5s); its words are not "
                 "shown, because the query has @mask",
                 why->code);
    else
        snprintf(added->reason, sizeof(added->reason),
                 "the server refused it: %.200s", why->message);
}

size_t
refused_evidence(const struct refused *refused)
{
    size_t evidence = refused->count;

    for (size_t i = 0; i < refused->count; i++)
        evidence += refused->lines[i].is_certain;
    return evidence;
}

void
refused_free(struct refused *refused)
{
    free(refused->lines);
    *refused = (struct refused){0};
}

static bool
is_class(const struct err *err, const char *class)
{
    return strlen(err->code) == 5 && strncmp(err->code, class, 2) == 0;
}

/* A broken constraint is named before the details, which are in parentheses.
 * The words about a value that is not valid, and those of a user's function,
 * may quote it anywhere. */
void
refused_hide_words(struct err *err)
{
    char code[sizeof(err->code)];
    char *details = strstr(err->message, " (");

    if (is_class(err, "23") && details != NULL)
        *details = '\0';
    if (!is_class(err, "22") && !is_class(err, "P0"))
        return;
    memcpy(code, err->code, sizeof(code));
    snprintf(err->message, sizeof(err->message),
             "the server refuses a row (SQLSTATE %s); its words are not shown, "
             "because the query has @mask",
             code);
    err->hint[0] = '\0';
}

bool
refused_is_internal(const struct err *err)
{
    return strcmp(err->code, "XX000") == 0;
}

bool
refused_is_row(const struct err *err)
{
    return refused_is_internal(err) || is_class(err, "22") ||
           is_class(err, "54");
}
