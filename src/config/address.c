/* An address decides where a store's token is sent, so nothing is guessed. A
 * host is accepted only if it is a label under .myshopify.com, or is given as
 * an endpoint. An endpoint may use plain http only on a loopback address. User
 * names, queries and fragments are refused, because they can make one host look
 * like another. */
#include "config/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/secret.h"

enum { LABEL_BYTES = 63, HOST_BYTES = 255 };

#define SHOP_SUFFIX ".myshopify.com"
#define ADMIN_STORE "admin.shopify.com/store/"

/* The text after `prefix`, in upper or lower case; NULL if `text` does not
 * begin with it. */
static const char *
after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncasecmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool
address_is_plain_http(const char *text)
{
    return after(text, "http://") != NULL;
}

/* Sets the error "\"text\" is ...". `text` is not shown if it may be a token in
 * the wrong place, or contains a password. */
static bool
refuse(const char *text, const char *what, struct err *err)
{
    if (secret_is_likely(text) || strchr(text, '@') != NULL)
        return err_set(err, MSG_BAD_SETTING, "the value is %s", what);
    return err_set(err, MSG_BAD_SETTING, "\"%.200s\" is %s", text, what);
}

/* ---- domain ------------------------------------------------------------ */

static bool
is_label(struct span label)
{
    if (label.length == 0 || label.length > LABEL_BYTES ||
        label.bytes[0] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++) {
        unsigned char c = (unsigned char)label.bytes[i];

        if (!isascii(c) || (!isalnum(c) && c != '-'))
            return false;
    }
    return true;
}

/* The store's label in "acme", in "acme.myshopify.com", or in the part of an
 * admin URL after /store/. */
static struct span
label_of(const char *host)
{
    size_t length = strcspn(host, "/?#");
    size_t suffix = strlen(SHOP_SUFFIX);

    if (length > suffix &&
        strncasecmp(host + length - suffix, SHOP_SUFFIX, suffix) == 0)
        length -= suffix;
    return span_of(host, length);
}

bool
address_domain(struct arena *arena, const char *text, const char **domain,
               struct err *err)
{
    const char *host = after(text, "https://");
    const char *admin;
    struct span label;
    char *made;

    if (host == NULL)
        host = text;
    admin = after(host, ADMIN_STORE);
    label = label_of(admin != NULL ? admin : host);
    if (!is_label(label)) {
        refuse(text, "not a store's domain", err);
        return err_hint(err, "write acme, acme" SHOP_SUFFIX
                             " or https://" ADMIN_STORE "acme");
    }
    made = arena_printf(arena, "%.*s" SHOP_SUFFIX, SPAN_ARG(label));
    for (char *c = made; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    *domain = made;
    return true;
}

/* ---- endpoint ---------------------------------------------------------- */

/* The two parts of "host", "host:port" or "[::1]:port". */
struct authority {
    char host[HOST_BYTES + 1]; /* without brackets */
    bool is_bracketed;
    struct span port; /* "" if there is none */
};

static bool
split_authority(struct span text, struct authority *parts)
{
    const char *end;
    size_t length;

    parts->is_bracketed = span_starts(text, "[");
    if (parts->is_bracketed)
        text = span_tail(text, 1);
    end = memchr(text.bytes, parts->is_bracketed ? ']' : ':', text.length);
    length = end != NULL ? (size_t)(end - text.bytes) : text.length;
    if (length == 0 || length > HOST_BYTES ||
        (parts->is_bracketed && end == NULL))
        return false;
    memcpy(parts->host, text.bytes, length);
    parts->host[length] = '\0';
    text = span_tail(text, length + (parts->is_bracketed ? 1 : 0));
    if (text.length > 0 && text.bytes[0] != ':')
        return false;
    parts->port = text.length > 0 ? span_tail(text, 1) : text;
    return text.length != 1;
}

static bool
is_port(struct span port)
{
    unsigned number = 0;

    if (port.length > 5)
        return false;
    for (size_t i = 0; i < port.length; i++) {
        if (!isdigit((unsigned char)port.bytes[i]))
            return false;
        number = number * 10 + (unsigned)(port.bytes[i] - '0');
    }
    return port.length == 0 || (number > 0 && number <= 65535);
}

static bool
is_host(const struct authority *parts)
{
    struct in6_addr ip6;

    if (parts->is_bracketed)
        return inet_pton(AF_INET6, parts->host, &ip6) == 1;
    for (const char *c = parts->host; *c != '\0'; c++)
        if (!isascii((unsigned char)*c) ||
            (!isalnum((unsigned char)*c) && *c != '.' && *c != '-'))
            return false;
    return true;
}

/* The whole host must be an address: 127.0.0.1.example.com is not a loopback
 * address. */
static bool
is_loopback(const struct authority *parts)
{
    struct in_addr ip4;
    struct in6_addr ip6;

    if (parts->is_bracketed)
        return inet_pton(AF_INET6, parts->host, &ip6) == 1 &&
               IN6_IS_ADDR_LOOPBACK(&ip6);
    if (strcasecmp(parts->host, "localhost") == 0)
        return true;
    return inet_pton(AF_INET, parts->host, &ip4) == 1 &&
           ntohl(ip4.s_addr) >> 24 == 127;
}

/* `refused`: characters that it cannot have, beside blanks and bytes that are
 * not ASCII. */
static bool
is_path(const char *path, const char *refused)
{
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;

        if (c <= ' ' || c >= 0x7f || strchr(refused, c) != NULL)
            return false;
    }
    return true;
}

static bool
check_url(const char *text, const char *form, const char *refused,
          struct err *err)
{
    bool is_plain = address_is_plain_http(text);
    const char *rest = after(text, is_plain ? "http://" : "https://");
    struct authority parts;

    if (rest == NULL)
        return refuse(text, "not an address: it must begin with https://", err);
    if (!split_authority(span_of(rest, strcspn(rest, "/?")), &parts) ||
        !is_host(&parts) || !is_port(parts.port) ||
        !is_path(rest + strcspn(rest, "/?"), refused))
        return refuse(text, form, err);
    if (is_plain && !is_loopback(&parts))
        return refuse(text,
                      "not on this machine: plain http is only for loopback "
                      "addresses; use https",
                      err);
    return true;
}

bool
address_endpoint(struct arena *arena, const char *text, const char **endpoint,
                 struct err *err)
{
    size_t length = strlen(text);

    if (!check_url(text, "not an address: write https://HOST[:PORT][/PATH]",
                   "?#\"<>\\^`{|}", err))
        return false;
    while (text[length - 1] == '/')
        length--;
    *endpoint = arena_dup(arena, span_of(text, length));
    return true;
}

/* A brace is only a part of the mark {at}. */
static bool
has_other_brace(const char *text)
{
    for (text = strpbrk(text, "{}"); text != NULL; text = strpbrk(text, "{}")) {
        if (strncmp(text, "{at}", 4) != 0)
            return true;
        text += 4;
    }
    return false;
}

bool
address_url(struct arena *arena, const char *text, const char **url,
            struct err *err)
{
    if (has_other_brace(text))
        return refuse(text,
                      "not an address: only {branch} and {at} may be in braces",
                      err);
    if (!check_url(text, "not an address: write https://HOST[:PORT][/PATH]",
                   "#\"<>\\^`|", err))
        return false;
    *url = arena_strdup(arena, text);
    return true;
}
