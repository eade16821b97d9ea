#include "journal/remedy.h"

#include "json/write.h"

enum { NOTE_BYTES_MAX = 8 * 1024 };

const char *
remedy_note(struct arena *arena, const struct err *why)
{
    struct buf note = buf_with_ceiling(NOTE_BYTES_MAX);
    struct json_out *json = json_out_new(&note);
    const char *kept;

    json_out_open(json, '{');
    json_out_text(json, "remedy", err_remedy(why));
    json_out_close(json, '}');
    json_out_free(json);
    kept = note.overflowed ? NULL : arena_strdup(arena, buf_str(&note));
    buf_free(&note);
    return kept;
}
