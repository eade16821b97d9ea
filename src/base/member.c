#include "base/member.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/redact.h"

static void
append_key(struct buf *line, const char *key)
{
    buf_append_char(line, line->length == 0 ? '{' : ',');
    buf_append_json(line, span_str(key));
    buf_append_char(line, ':');
}

void
member_text(struct buf *line, const char *key, const char *text)
{
    char *shown;

    if (text == NULL || text[0] == '\0')
        return;
    shown = redact_copy(text);
    append_key(line, key);
    buf_append_json(line, span_str(shown));
    free(shown);
}

void
member_number(struct buf *line, const char *key, int64_t number)
{
    append_key(line, key);
    buf_printf(line, "%" PRId64, number);
}

void
member_end(struct buf *line)
{
    buf_append_str(line, "}\n");
}
