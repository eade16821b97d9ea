/*
 * line - makes the line of variables of each row, and checks every value by its
 * type.
 *
 * Lines are canonical: the same values give the same bytes. Variables and
 * fields have the order of the declarations and of the schema. The idempotency
 * key is the last member, and it is not part of the hash.
 */
#ifndef MAPPING_LINE_H
#define MAPPING_LINE_H

#include "mapping/binding.h"

enum { LINE_HASH_BYTES = 33 }; /* md5 in hexadecimal digits, and a NUL */

/* What the _before_ columns say. */
enum line_before {
    LINE_BEFORE_UNKNOWN, /* not enough is known: the hash decides */
    LINE_BEFORE_EQUAL,   /* the store already has what would be sent */
    LINE_BEFORE_DIFFERENT
};

/* Spans are valid until the maker's next line. */
struct line {
    struct span variables; /* JSON, without newline */
    struct span before;    /* the variables that undo it; bytes NULL: the row
                            * cannot be undone, or has no image */
    struct span key;       /* text of the key; also set after a fault, if the
                            * key could be read, else bytes NULL */
    char hash[LINE_HASH_BYTES];
    enum line_before compared;
    const char *first_sent_at; /* by an earlier push, with the same idempotency
                                * key; NULL: it was not sent */
    const char *fault_column;  /* after a fault: the column; else NULL */
};

struct line_maker;
struct line_maker *line_maker_new(const struct binding *binding);
void line_maker_free(struct line_maker *maker); /* NULL is allowed */

/* Make the line of a row. `values` has one text for each column, in
 * PostgreSQL's text format with DateStyle ISO; bytes NULL is NULL.
 * `idempotency_key` is used if mutation->makes_keys. A row that is not valid
 * gives ERR_ROW; the fault names its key and column. */
MUST_CHECK bool
line_make(struct line_maker *maker, const struct span *values,
          const char *idempotency_key, struct line *line, struct err *fault);

/* The same for a line of --from. */
MUST_CHECK bool line_from_json(struct line_maker *maker, struct span text,
                               const char *idempotency_key, struct line *line,
                               struct err *fault);

/* Append `variables`, made by line_make() for this mutation, with another
 * idempotency key. */
void line_with_key(const struct mutation *mutation, struct span variables,
                   const char *idempotency_key, struct buf *to);

/* The hash of variables as line_make() makes it. */
void line_hash(const struct mutation *mutation, struct span variables,
               char hash[LINE_HASH_BYTES]);

#endif
