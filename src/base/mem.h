/*
 * mem - memory that is there or ends the program.
 *
 * Every growing thing has a ceiling of its own, so running out of memory
 * means a machine too small for the configuration: the program says how much
 * it asked for and exits with 70. Nothing here returns NULL.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* For who gets memory elsewhere: there is none for `what`. Ends the program. */
_Noreturn void mem_out(const char *what);

void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *old, size_t size);
char *mem_strdup(const char *text);

/* `count` zeroed elements; the product is checked. */
void *mem_array(size_t count, size_t size);

#endif
