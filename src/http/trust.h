/*
 * trust - which certificate authorities are trusted. Private to this folder.
 */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include <curl/curl.h>
#include <stddef.h>

/* The certificates of authorities are read from here. If both are NULL, curl
 * uses its default. */
struct trust {
    const char *file;
    const char *file_from; /* the variable or key that names `file` */
    const char *folder;
    const char *folder_from; /* the variable that names `folder` */
};

/* From the environment variables. */
struct trust trust_of_environment(void);

/* Require TLS 1.2 and these authorities, both for the server and for a proxy
 * with https. Returns 0 if curl accepts the options. */
int trust_apply(const struct trust *trust, CURL *easy);

/* Write the names of the file and the folder into `text`, for a message; "" for
 * curl's default. Returns `text`. */
const char *trust_describe(const struct trust *trust, char *text, size_t size);

#endif
