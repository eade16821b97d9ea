#include "run/notes.h"

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

/* "…","…" */
static void
list_string(struct buf *list, const char *text)
{
    buf_append_str(list, list->length > 0 ? "," : "");
    buf_append_json(list, span_str(text));
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

void
notes_append_warnings(const struct notes *notes, struct buf *json)
{
    if (notes->warnings.length > 0)
        buf_printf(json, "\"warnings\":[%s],\"warning_codes\":[%s],",
                   buf_str(&notes->warnings), buf_str(&notes->codes));
}

void
notes_append_widened(const struct notes *notes, struct buf *json)
{
    if (notes->widened.length == 0)
        return;
    buf_append_str(json, "\"widened\":");
    buf_append_json(json, buf_span(&notes->widened));
    buf_append_char(json, ',');
}
