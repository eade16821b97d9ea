/*
 * outcome - what an answer says about its row.
 *
 *     every list of errors empty, no `errors`               applied
 *     a list of errors not empty                            refused; partly if
 *                                                           it has objects, too
 *     `errors` and no `data`; `ok` or `success` is false    refused
 *     `errors` that prove that nothing ran                  refused
 *     `errors`, and the root is null; another request has
 *     the same idempotency key                              unknown
 *     `errors`, the root is there, lists empty              applied
 */
#ifndef MAPPING_OUTCOME_H
#define MAPPING_OUTCOME_H

#include "mapping/mutation.h"

enum outcome_state {
    OUTCOME_APPLIED,
    OUTCOME_REFUSED,
    OUTCOME_PARTLY, /* refused, but the payload has objects */
    OUTCOME_UNKNOWN
};

struct outcome_error {
    const char *code;  /* NULL: none */
    const char *field; /* "input.title"; NULL: none */
    const char *message;
};

struct outcome {
    int64_t line; /* __lineNumber; -1: absent or not valid */
    enum outcome_state state;
    bool is_denied;    /* an error is ACCESS_DENIED */
    bool is_key_spent; /* a repeat needs a new idempotency key */
    bool has_payload;  /* the root is there */
    const struct outcome_error *errors;
    int error_count;
    const struct span *leaves; /* for each leaf of the mutation the text for a
                                * column of its type; bytes NULL: NULL */
    const struct span *ids;    /* gids in the payload */
    int id_count;
};

/* Read one line of a bulk operation's result, or the body of the answer to one
 * request. Everything is in the arena. ERR_FAILED if it is not a JSON object,
 * or not the answer to a mutation: the row's outcome is then unknown. */
MUST_CHECK bool
outcome_read(const struct mutation *mutation, struct span text,
             struct arena *arena, struct outcome *outcome, struct err *err);

/* Can the answer belong to these variables? False if both have gids of one
 * type, and each has one that the other lacks. */
bool outcome_agrees(const struct mutation *mutation, struct span variables,
                    const struct outcome *outcome, struct arena *scratch);

/* Does an error say that the state has changed meanwhile, or that a name is
 * taken? If the row was sent before, its first sending may be the cause. */
bool outcome_is_stale_or_taken(const struct outcome *outcome);

#endif
