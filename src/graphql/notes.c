#include "graphql/notes.h"

void
gql_notes_add(struct gql_notes *notes, enum msg msg, const char *file,
              struct gql_pos pos, const char *message, const char *hint)
{
    struct gql_note *note = arena_alloc(notes->arena, sizeof(*note));

    *note = (struct gql_note){
        .msg = msg,
        .pos = pos,
        .message = arena_printf(notes->arena, "%s:%u:%u: %s", file, pos.line,
                                pos.column, message),
        .hint = arena_strdup(notes->arena, hint)};
    if (notes->first == NULL)
        notes->first = note;
    else
        notes->last->next = note;
    notes->last = note;
}
