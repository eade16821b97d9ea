/*
 * out - what the program prints.
 *
 * Everything that goes to standard output goes through here, so that no value
 * of others reaches a terminal as it came (shown.h), and the first write that
 * failed is known at the end, with its errno. Log lines are written by log.h.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdio.h>

#include "base/err.h"
#include "base/span.h"

/* One line, whatever the values hold; its newline is added. */
void out_line(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Part of a line. */
void out_part(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Text of several lines, such as JSON or SQL: newlines and tabs in it stay. */
void out_lines(FILE *to, struct span text);
void out_printf(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Write out what is still buffered for standard output. */
void out_flush(void);

/* errno of the first write to standard output that failed, or 0. */
int out_errno(void);

#endif
