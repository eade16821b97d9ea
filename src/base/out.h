/*
 * out - prints the program's output.
 *
 * All of standard output is printed with these functions. They escape values
 * from outside before they reach a terminal (shown.h), and remember the errno
 * of the first write that failed. log.h writes log lines.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdio.h>

#include "base/err.h"
#include "base/span.h"

/* Print one line and a newline. Newlines in the values are escaped. */
void out_line(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print part of a line. Newlines are escaped. */
void out_part(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print several lines, such as JSON or SQL. Newlines and tabs are kept. */
void out_lines(FILE *to, struct span text);
void out_printf(FILE *to, const char *format, ...) PRINTF_LIKE(2, 3);

/* Flush standard output. */
void out_flush(void);

/* errno of the first write to standard output that failed, or 0. */
int out_errno(void);

#endif
