/*
 * random - random identifiers. They are never derived from anything, so that a
 * copy of a database does not make those of the original.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

enum { RANDOM_UUID_BYTES = 37 };

/* A UUID of version 4, as text. The program ends if the system has no random
 * bytes. */
void random_uuid(char uuid[RANDOM_UUID_BYTES]);

#endif
