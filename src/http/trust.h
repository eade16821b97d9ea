/*
 * trust - whose certificates are believed. Private to this folder.
 */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include <curl/curl.h>
#include <stddef.h>

/* Where the certificates of authorities are read from; NULL: curl knows. */
struct trust {
    const char *file;
    const char *file_from; /* the variable or key that names it */
    const char *folder;
    const char *folder_from;
};

/* As the environment says. */
struct trust trust_of_environment(void);

/* 0, or a CURLcode: no TLS below 1.2, and these authorities, for the server
 * and for a proxy that is asked over https. */
int trust_apply(const struct trust *trust, CURL *easy);

/* Which files these are, for a message; "" if curl's own. */
const char *trust_describe(const struct trust *trust, char *text, size_t size);

#endif
