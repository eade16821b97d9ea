/*
 * repeat - a statement that a session executes again and again is prepared, so
 * that the server does not have to plan it each time. Private to this folder.
 *
 *     sent for the REPEAT_TIMESth time ─► prepared, after what is sent with it
 *                                         └─► from then on executed by its name
 *
 * The journal and the inspection of tables ask the same for each job. The plans
 * are generic. Statements with the names of tables differ from each other, and
 * take places from which a repeated one drives them out.
 */
#ifndef PG_REPEAT_H
#define PG_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

enum { REPEAT_PLACES = 128, REPEAT_TIMES = 4, REPEAT_NAME_BYTES = 24 };

struct repeat {
    uint64_t hash; /* of the text */
    char *sql;     /* owned; NULL: an empty place */
    int count;     /* of the parameters */
    int times;     /* that it was sent */
    bool is_due;   /* it is being prepared */
    bool is_prepared;
    char name[REPEAT_NAME_BYTES];
};

struct repeats {
    struct repeat *places; /* owned; NULL until the first statement */
};

/* A statement is sent: its place. NULL: another one, which is prepared, has
 * it. */
struct repeat *
repeat_count(struct repeats *repeats, const char *sql, int count);

/* Must the statement be prepared now? */
bool repeat_is_wanted(const struct repeat *repeat);

void repeats_free(struct repeats *repeats);

#endif
