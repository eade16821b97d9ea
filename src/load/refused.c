#include "load/refused.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *
refused_reason(const struct refused *refused, int64_t line)
{
    for (size_t i = 0; i < refused->count; i++)
        if (refused->lines[i].line == line)
            return refused->lines[i].reason;
    return NULL;
}

void
refused_add(struct refused *refused, int64_t line, const char *reason)
{
    struct refused_line *added;

    if (refused_reason(refused, line) != NULL)
        return;
    refused->lines = mem_resize(refused->lines,
                                (refused->count + 1) * sizeof(*refused->lines));
    added = &refused->lines[refused->count++];
    added->line = line;
    snprintf(added->reason, sizeof(added->reason), "the server says: %s",
             reason);
}

void
refused_free(struct refused *refused)
{
    free(refused->lines);
    *refused = (struct refused){0};
}

bool
refused_is_row(const struct err *err)
{
    return strlen(err->code) == 5 && (strncmp(err->code, "22", 2) == 0 ||
                                      strncmp(err->code, "54", 2) == 0);
}
