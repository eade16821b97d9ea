/*
 * url - checks which server a URL refers to, with curl's own parser.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>

/* Is the URL https, or http to a loopback address, and without a user name? */
bool url_is_allowed(const char *url);

bool url_is_loopback(const char *url);

#endif
