/*
 * notes - warnings about places in a document that are valid but do not do what
 * the reader would expect.
 */
#ifndef GRAPHQL_NOTES_H
#define GRAPHQL_NOTES_H

#include "graphql/document.h"

struct gql_note {
    enum msg msg;
    struct gql_pos pos;
    const char *message; /* "file:line:column: ..." */
    const char *hint;    /* "": the remedy of the code applies */
    struct gql_note *next;
};

/* A list of notes. It is empty if all members but the arena are zero. */
struct gql_notes {
    struct arena *arena;
    struct gql_note *first;
    struct gql_note *last;
};

/* Add a note with a copy of both texts. */
void gql_notes_add(struct gql_notes *notes, enum msg msg, const char *file,
                   struct gql_pos pos, const char *message, const char *hint);

#endif
