/*
 * notes - remarks about places in a document: what is valid but does not do
 * what it seems to.
 */
#ifndef GRAPHQL_NOTES_H
#define GRAPHQL_NOTES_H

#include "graphql/document.h"

struct gql_note {
    enum msg msg;
    struct gql_pos pos;
    const char *message; /* "file:line:column: ..." */
    const char *hint;    /* "" when the code's remedy says it */
    struct gql_note *next;
};

/* A list of them. With its arena, and otherwise all zero, it is empty. */
struct gql_notes {
    struct arena *arena;
    struct gql_note *first;
    struct gql_note *last;
};

/* Both texts are copied. */
void gql_notes_add(struct gql_notes *notes, enum msg msg, const char *file,
                   struct gql_pos pos, const char *message, const char *hint);

#endif
