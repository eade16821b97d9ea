/*
 * mem - allocation that ends the program if it fails.
 *
 * Everything that grows has an upper limit. If memory runs out nevertheless,
 * the machine is too small for the configuration: the program prints how much
 * it asked for and exits with status 70. No function here returns NULL.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Report that there is not enough memory for `what`, and end the program. For
 * callers that allocate by other means. */
_Noreturn void mem_out(const char *what);

void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *old, size_t size);
char *mem_strdup(const char *text);

/* `count` zeroed elements of `size` bytes; an overflow of the product is an
 * allocation that fails. */
void *mem_array(size_t count, size_t size);

#endif
