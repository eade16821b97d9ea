/*
 * hex - hexadecimal digits.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

/* The value of a digit in upper or lower case; -1 if it is not a digit. */
int hex_digit(char c);

#endif
