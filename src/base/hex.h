/*
 * hex - hexadecimal digits.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

/* What the digit stands for, of either case; -1 when it is none. */
int hex_digit(char c);

#endif
