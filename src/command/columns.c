#include "command/columns.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"

static void
widen(int *width, const char *text)
{
    int length = (int)strlen(text);

    *width = length > *width ? length : *width;
}

struct columns
columns_begin(void)
{
    struct columns columns = {0};

    columns_widen(&columns, "store", "job");
    return columns;
}

void
columns_widen(struct columns *columns, const char *store, const char *job)
{
    widen(&columns->store, store);
    widen(&columns->job, job);
}

void
columns_print_error(const char *code, const char *error, const char *remedy)
{
    if (error == NULL)
        return;
    out_line(stdout, "    %s%s%s%s%s", code != NULL ? code : "",
             code != NULL ? ": " : "", error,
             remedy != NULL ? "; to fix: " : "", remedy != NULL ? remedy : "");
}
