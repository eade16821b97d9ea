#include "run/notes.h"

#include <string.h>

enum { NOTE_BYTES_MAX = 64 * 1024 };

void
notes_init(struct notes *notes, const struct log_ctx *log)
{
    *notes = (struct notes){.log = log,
                            .widened = buf_with_ceiling(NOTE_BYTES_MAX),
                            .warnings = buf_with_ceiling(NOTE_BYTES_MAX),
                            .codes = buf_with_ceiling(NOTE_BYTES_MAX)};
}

void
notes_free(struct notes *notes)
{
    buf_free(&notes->widened);
    buf_free(&notes->warnings);
    buf_free(&notes->codes);
}

/* Add a string with its NUL. A string that does not fit is left out. */
static void
list_string(struct buf *list, const char *text)
{
    buf_append(list, text, strlen(text) + 1);
}

void
notes_warn(void *ctx, enum msg msg, const char *warning)
{
    struct notes *notes = ctx;

    log_warn(notes->log, msg, warning, LOG_END);
    list_string(&notes->warnings, warning);
    list_string(&notes->codes, message_at(msg)->code);
}

struct notes_mark
notes_mark(const struct notes *notes)
{
    return (struct notes_mark){.warnings = notes->warnings.length,
                               .codes = notes->codes.length};
}

static void
cut(struct buf *text, size_t length)
{
    if (text->bytes == NULL)
        return;
    text->length = length;
    text->bytes[length] = '\0';
}

void
notes_back_to(struct notes *notes, struct notes_mark mark)
{
    cut(&notes->warnings, mark.warnings);
    cut(&notes->codes, mark.codes);
}

static void
write_list(struct json_out *json, const char *key, const struct buf *list)
{
    json_out_key(json, key);
    json_out_open(json, '[');
    for (size_t at = 0; at < list->length; at += strlen(list->bytes + at) + 1)
        json_out_string(json, list->bytes + at);
    json_out_close(json, ']');
}

void
notes_write(const struct notes *notes, struct json_out *json)
{
    if (notes->warnings.length > 0) {
        write_list(json, "warnings", &notes->warnings);
        write_list(json, "warning_codes", &notes->codes);
    }
    if (notes->widened.length > 0)
        json_out_text(json, "widened", buf_str(&notes->widened));
}
