/*
 * message - the table of all codes of failures and warnings.
 *
 * The table is messages.def. The program names a code by its constant, so the
 * compiler finds unknown ones. Codes from PostgreSQL (SQLSTATEs) and from the
 * store are looked up at run time.
 */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdbool.h>

/* The kind says what the handler should do, not where the failure happened. The
 * number is the exit status. */
enum err_kind {
    ERR_NONE = 0,
    ERR_ROW,       /* a line or value is bad: reject it and continue (65) */
    ERR_TRANSIENT, /* the same request may work later: wait and retry (75) */
    ERR_LATER,     /* given up for now: locked, no slot, no answer (75) */
    ERR_STOPPED,   /* a signal stops the program (75) */
    ERR_FAILED,    /* the job failed for good (69) */
    ERR_DENIED,    /* credentials, scopes or privileges (77) */
    ERR_CONFIG,    /* configuration or query (78) */
    ERR_OUTPUT,    /* standard output cannot be written (74) */
    ERR_USAGE,     /* the command line (64) */
    ERR_BUG        /* the program violated a rule of its own (70) */
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
    bool is_family; /* `code` is the beginning of its codes */
    enum err_kind kind;
    const char *meaning;
    const char *remedy;
};

struct message_section {
    const char *title;
    const char *text; /* or "" */
};

/* All texts of MSG_NONE are "". */
const struct message *message_at(enum msg msg);

/* The entry for `code`: its own, or its family's, or else the general one for
 * SQLSTATEs or for the store's codes. For "" it is MSG_NONE's. */
const struct message *message_of(const char *code);

const struct message_section *message_section(enum msg_section section);

/* What bulkpg does after such a failure, in a word or two and in a sentence. */
struct message_outcome {
    const char *word;
    const char *text;
};
const struct message_outcome *message_outcome(enum err_kind kind);

#endif
