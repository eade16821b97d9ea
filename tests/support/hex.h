/*
 * hex - writes bytes as text, for comparisons in tests.
 */
#ifndef SUPPORT_HEX_H
#define SUPPORT_HEX_H

#include "base/span.h"

/* "0102 fffe" for groups of 2 bytes. It is valid until the next call. */
const char *hex_groups(struct span bytes, size_t group);

#endif
