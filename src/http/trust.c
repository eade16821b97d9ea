#include "http/trust.h"

#include <stdio.h>
#include <stdlib.h>

/* An empty variable counts as not set. */
static const char *
variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* In the same order as the curl program. */
struct trust
trust_of_environment(void)
{
    struct trust trust = {.file = variable("CURL_CA_BUNDLE"),
                          .file_from = "CURL_CA_BUNDLE"};

    if (trust.file != NULL)
        return trust;
    return (struct trust){.file = variable("SSL_CERT_FILE"),
                          .file_from = "SSL_CERT_FILE",
                          .folder = variable("SSL_CERT_DIR"),
                          .folder_from = "SSL_CERT_DIR"};
}

static int
set_authorities(const struct trust *trust, CURL *easy)
{
    int refused = 0;

    if (trust->file != NULL) {
        refused |= (int)curl_easy_setopt(easy, CURLOPT_CAINFO, trust->file);
        refused |=
            (int)curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, trust->file);
    }
    if (trust->folder != NULL) {
        refused |= (int)curl_easy_setopt(easy, CURLOPT_CAPATH, trust->folder);
        refused |=
            (int)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, trust->folder);
    }
    return refused;
}

int
trust_apply(const struct trust *trust, CURL *easy)
{
    int refused = set_authorities(trust, easy);

    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                                     (long)CURL_SSLVERSION_TLSv1_2);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION,
                                     (long)CURL_SSLVERSION_TLSv1_2);
    return refused;
}

const char *
trust_describe(const struct trust *trust, char *text, size_t size)
{
    text[0] = '\0';
    if (trust->file != NULL && trust->folder != NULL)
        snprintf(text, size, "%s (%s) and %s (%s)", trust->file,
                 trust->file_from, trust->folder, trust->folder_from);
    else if (trust->file != NULL)
        snprintf(text, size, "%s (%s)", trust->file, trust->file_from);
    else if (trust->folder != NULL)
        snprintf(text, size, "%s (%s)", trust->folder, trust->folder_from);
    return text;
}
