#include "http/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

enum { SCHEME_BYTES = 16, HOST_BYTES = 256 };

struct parts {
    char scheme[SCHEME_BYTES];
    char host[HOST_BYTES]; /* lower case; an IPv6 address is in brackets */
    bool has_user;
};

static bool
copy_part(CURLU *url, CURLUPart part, char *text, size_t size)
{
    char *value = NULL;
    bool fits;

    if (curl_url_get(url, part, &value, 0) != CURLUE_OK)
        return false;
    fits = strlen(value) < size;
    if (fits)
        for (size_t i = 0; i <= strlen(value); i++)
            text[i] = (char)tolower((unsigned char)value[i]);
    curl_free(value);
    return fits;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    bool found = curl_url_get(url, part, &value, 0) == CURLUE_OK;

    curl_free(value);
    return found;
}

/* curl's own parser is used, so that the host that is checked is the host to
 * which curl connects. */
static bool
split(const char *text, struct parts *parts)
{
    CURLU *url = curl_url();
    bool ok;

    memset(parts, 0, sizeof(*parts));
    ok = url != NULL &&
         curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
         copy_part(url, CURLUPART_SCHEME, parts->scheme, SCHEME_BYTES) &&
         copy_part(url, CURLUPART_HOST, parts->host, HOST_BYTES);
    parts->has_user = ok && (has_part(url, CURLUPART_USER) ||
                             has_part(url, CURLUPART_PASSWORD));
    curl_url_cleanup(url);
    return ok;
}

/* curl resolves "localhost" to 127.0.0.1 and ::1 itself, without a resolver. */
static bool
is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char inner[HOST_BYTES];

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (host[0] != '[')
        return false;
    snprintf(inner, sizeof(inner), "%.*s", (int)strcspn(host + 1, "]"),
             host + 1);
    return inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool
url_is_loopback(const char *url)
{
    struct parts parts;

    return split(url, &parts) && is_loopback(parts.host);
}

bool
url_is_allowed(const char *url)
{
    struct parts parts;

    if (!split(url, &parts) || parts.has_user)
        return false;
    return strcmp(parts.scheme, "https") == 0 ||
           (strcmp(parts.scheme, "http") == 0 && is_loopback(parts.host));
}
