/*
 * remedy - what to do about a failure, as the journal keeps it.
 *
 * Runs and pushes have it in their notes, where status and report find it.
 */
#ifndef JOURNAL_REMEDY_H
#define JOURNAL_REMEDY_H

#include "base/arena.h"
#include "base/err.h"

/* A JSON object in the arena: {"remedy": "..."}. NULL if it is too long. */
const char *remedy_note(struct arena *arena, const struct err *why);

#endif
