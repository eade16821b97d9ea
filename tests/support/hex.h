/*
 * hex - bytes as text, to be compared with what a test expects.
 */
#ifndef SUPPORT_HEX_H
#define SUPPORT_HEX_H

#include "base/span.h"

/* "0102 fffe" by groups of 2 bytes. Valid until the next call. */
const char *hex_groups(struct span bytes, size_t group);

#endif
