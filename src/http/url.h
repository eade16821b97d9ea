/*
 * url - where a URL leads, read as curl reads it.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>

/* Is it https, or plain http to a loopback address, without a user? */
bool url_is_allowed(const char *url);

bool url_is_loopback(const char *url);

#endif
