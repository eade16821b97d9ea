/*
 * message - the table of every code that a failure or a warning can have.
 *
 * The table is messages.def. The program names a code by its constant, so
 * that the compiler refuses one that is not there; codes that others give
 * (SQLSTATEs, the store's) are looked up.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>

/* What the handler should do, not where it happened. */
enum err_kind {
    ERR_NONE = 0,
    ERR_ROW,       /* this line or value is bad: reject it and go on */
    ERR_TRANSIENT, /* the same request may work later: back off and retry */
    ERR_LATER,     /* given up for now: locked, no slot, out of reach (75) */
    ERR_STOPPED,   /* a signal asked us to stop (75) */
    ERR_FAILED,    /* this job failed for good (69) */
    ERR_DENIED,    /* credentials, scopes or rights (77) */
    ERR_CONFIG,    /* configuration or query (78) */
    ERR_OUTPUT,    /* standard output cannot be written (74) */
    ERR_USAGE,     /* the command line (64) */
    ERR_BUG        /* we broke a promise of our own (70) */
};

#define SECTION(id, title, text) MSGS_##id,
#define MESSAGE(section, code, kind, is, todo)
#define FAMILY(section, code, kind, is, todo)

enum msg_section {

#include "base/messages.def"
    MSGS_COUNT
};
#undef SECTION
#undef MESSAGE
#undef FAMILY

#define SECTION(id, title, text)
#define MESSAGE(section, code, kind, is, todo) MSG_##code,
#define FAMILY(section, code, kind, is, todo)  MSG_##code,

enum msg {
    MSG_NONE,

#include "base/messages.def"
    MSG_COUNT
};
#undef SECTION
#undef MESSAGE
#undef FAMILY

struct message {
    enum msg_section section;
    const char *code;
    bool is_family; /* `code` is how they begin */
    enum err_kind kind;
    const char *meaning;
    const char *remedy;
};

struct message_section {
    const char *title;
    const char *text; /* or "" */
};

/* Of MSG_NONE every text is "". */
const struct message *message_at(enum msg msg);

/* The entry that tells of `code`: its own, that of its family, or that of all
 * others of its sort. Of "" that of MSG_NONE. */
const struct message *message_of(const char *code);

const struct message_section *message_section(enum msg_section section);

/* What bulkpg does then, in a word or two and in a sentence. */
struct message_outcome {
    const char *word;
    const char *text;
};
const struct message_outcome *message_outcome(enum err_kind kind);

#endif
