/*
 * member - the members of a JSON object that is one line of output.
 *
 *     member_text(&line, "store", "acme");     {"store":"acme"
 *     member_number(&line, "lines", 9);        ,"lines":9
 *     member_end(&line);                       }
 *
 * base/ must not depend on json/, and a line of the log must not depend on a
 * library's memory. So this is a writer of its own; buf_append_json() escapes
 * the texts, as in json/write.c.
 */
#ifndef BASE_MEMBER_H
#define BASE_MEMBER_H

#include <stdint.h>

#include "base/buf.h"

/* Append a member, after `{` if the line is empty, else after a comma. Secrets
 * in the text are hidden. NULL and an empty text append nothing. */
void member_text(struct buf *line, const char *key, const char *text);
void member_number(struct buf *line, const char *key, int64_t number);

/* Append the closing brace and a newline. */
void member_end(struct buf *line);

#endif
