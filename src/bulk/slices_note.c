#include "bulk/slices_note.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/tree.h"
#include "json/write.h"

enum { NOTE_BYTES = 256 * 1024 };

static void
note_time(struct json_out *note, const char *key, bool has, int64_t seconds)
{
    char text[CLOCK_UTC_BYTES];

    json_out_text(note, key, has ? clock_format_utc(seconds, text) : NULL);
}

static void
write_note(struct buf *to, const struct slices *slices, const char *field)
{
    struct json_out *note = json_out_new(to);

    json_out_open(note, '{');
    json_out_key(note, "slices");
    json_out_open(note, '{');
    json_out_text(note, "field", field);
    json_out_count(note, "before", slices->before);
    json_out_number(note, "last_n", slices->last_n);
    note_time(note, "low", true, slices->low_s);
    note_time(note, "high", true, slices->high_s);
    json_out_key(note, "windows");
    json_out_open(note, '[');
    for (int i = 0; i < slices->count; i++) {
        const struct slice *slice = &slices->items[i];

        json_out_open(note, '{');
        json_out_number(note, "n", slice->n);
        note_time(note, "from", slice->has_from, slice->from_s);
        note_time(note, "to", slice->has_to, slice->to_s);
        json_out_close(note, '}');
    }
    json_out_close(note, ']');
    json_out_close(note, '}');
    json_out_close(note, '}');
    json_out_free(note);
}

bool
slices_note_keep(const struct slices *slices, const char *field,
                 const struct bulk_run *run, struct err *err)
{
    struct buf note = buf_with_ceiling(NOTE_BYTES);
    bool kept;

    write_note(&note, slices, field);
    kept = journal_run_note(run->place.journal, &run->ref, buf_str(&note), err);
    buf_free(&note);
    return kept;
}

static bool
read_time(const struct json *note, const char *key, int64_t *seconds)
{
    return slices_read_time(json_str(json_get(note, key)), seconds);
}

static bool
read_slices(struct slices *slices, struct arena *arena, const struct json *note)
{
    const struct json *windows = json_get(note, "windows");
    int64_t number;

    if (windows == NULL || windows->count > SLICES_MAX ||
        !read_time(note, "low", &slices->low_s) ||
        !read_time(note, "high", &slices->high_s) ||
        !json_int64(json_get(note, "last_n"), &number))
        return false;
    slices->last_n = (int)number;
    if (!json_int64(json_get(note, "before"), &slices->before))
        slices->before = -1;
    slices->items = arena_array(arena, SLICES_MAX, sizeof(*slices->items));
    for (const struct json *w = windows->first; w != NULL; w = w->next) {
        struct slice *slice = &slices->items[slices->count];

        if (!json_int64(json_get(w, "n"), &number))
            return false;
        slice->n = (int)number;
        slice->has_from = read_time(w, "from", &slice->from_s);
        slice->has_to = read_time(w, "to", &slice->to_s);
        slices->count++;
    }
    return slices->count > 0;
}

bool
slices_note_fit(const struct plan_slice *slice, const char *notes, bool *fit,
                struct err *err)
{
    struct arena arena = {0};
    struct json *root;
    const struct json *note;
    const char *field;
    bool read = json_parse(&arena, span_str(notes), &root, err);

    if (read) {
        note = json_get(root, "slices");
        field = json_str(json_get(note, "field"));
        *fit = note == NULL || (slice != NULL && field != NULL &&
                                strcmp(field, slice->field) == 0);
    }
    arena_free(&arena);
    return read;
}

bool
slices_note_read(struct slices *slices, struct arena *arena, const char *notes,
                 struct err *err)
{
    struct arena parsed = {0};
    struct json *root;
    const struct json *note;
    bool read = json_parse(&parsed, span_str(notes), &root, err);

    *slices = (struct slices){.before = -1};
    if (read) {
        note = json_get(root, "slices");
        if (note != NULL && !read_slices(slices, arena, note))
            read =
                err_set(err, MSG_BUG, "the run's notes have no valid windows");
    }
    arena_free(&parsed);
    return read;
}
