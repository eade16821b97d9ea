/*
 * notes - what a run has to say beside its counts: warnings, which also go to
 * the log, and columns that widened.
 */
#ifndef RUN_NOTES_H
#define RUN_NOTES_H

#include "base/buf.h"
#include "base/log.h"
#include "base/message.h"
#include "json/write.h"

struct notes {
    const struct log_ctx *log;
    struct buf widened;  /* "products.id, …" */
    struct buf warnings; /* strings, each with its NUL */
    struct buf codes;    /* the code of each warning, likewise */
};

void notes_init(struct notes *notes, const struct log_ctx *log);
void notes_free(struct notes *notes);

/* To the log, and to the notes. `notes` is a struct notes: the signature of
 * merge_warn_fn. */
void notes_warn(void *notes, enum msg msg, const char *warning);

/* Warnings so far; and back to what they were, for a step that is tried
 * again. All zero: to none. */
struct notes_mark {
    size_t warnings;
    size_t codes;
};

struct notes_mark notes_mark(const struct notes *notes);
void notes_back_to(struct notes *notes, struct notes_mark mark);

/* Write them as members of the notes of a run: warnings, warning_codes and
 * widened, those that there are. */
void notes_write(const struct notes *notes, struct json_out *json);

#endif
