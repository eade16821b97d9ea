/*
 * notes - a run's warnings, which also go to the log, and the columns that it
 * widened. They end up in bulkpg.run.notes.
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
    struct buf codes;    /* the code of each warning, each with its NUL */
};

void notes_init(struct notes *notes, const struct log_ctx *log);
void notes_free(struct notes *notes);

/* Add a warning to the notes and to the log. `notes` is a struct notes; the
 * type is merge_warn_fn. */
void notes_warn(void *notes, enum msg msg, const char *warning);

/* Remember the warnings so far with notes_mark(). Before a step is retried,
 * notes_back_to() removes the warnings added since. A mark of {0} removes
 * all. */
struct notes_mark {
    size_t warnings;
    size_t codes;
};

struct notes_mark notes_mark(const struct notes *notes);
void notes_back_to(struct notes *notes, struct notes_mark mark);

/* Write the notes as members of a JSON object: warnings, warning_codes and
 * widened. Empty members are left out. */
void notes_write(const struct notes *notes, struct json_out *json);

#endif
