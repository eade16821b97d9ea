/*
 * The known secrets are one list for the whole process. redact_bytes() looks
 * for secrets and tokens in one pass:
 *
 *     bytes ─► does a secret begin with this pair of bytes?   no: next byte
 *           ─► the longest secret, or a token, that begins here ─► "***"
 *
 * Hazards. Answers have megabytes, so plain_length() may do little for each
 * byte. A replacement must not be longer than what it replaces, because the
 * text does not grow: a secret has at least 6 bytes, a shorter token becomes as
 * many stars, and a shorter query part of a URL is not hidden. If a secret
 * begins with another one, the longer must win; otherwise its end would be
 * printed.
 */
#include "base/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    SECRET_LEAST = 6, /* bytes; shorter ones may be part of ordinary words */
    TOKEN_PREFIX = 6  /* bytes of "shpat_" */
};

#define STARS "***"

static char **secrets;
static size_t secret_count;

/* One bit for each pair of bytes with which a secret begins. A long text is
 * compared with the secrets only at such pairs. */
static unsigned char pairs[65536 / 8];

/* ---- the known secrets ------------------------------------------------- */

static bool
is_secret(const char *text)
{
    return text != NULL && strlen(text) >= SECRET_LEAST;
}

static unsigned
pair_at(const char *text)
{
    return (unsigned char)text[0] | (unsigned)(unsigned char)text[1] << 8;
}

static void
note_pairs(void)
{
    memset(pairs, 0, sizeof(pairs));
    for (size_t i = 0; i < secret_count; i++) {
        unsigned pair = pair_at(secrets[i]);

        pairs[pair / 8] |= (unsigned char)(1U << pair % 8);
    }
}

void
redact_learn(const char *secret)
{
    if (!is_secret(secret))
        return;
    secrets = mem_resize(secrets, (secret_count + 1) * sizeof(*secrets));
    secrets[secret_count++] = mem_strdup(secret);
    note_pairs();
}

void
redact_forget(const char *secret)
{
    if (!is_secret(secret))
        return;
    for (size_t i = 0; i < secret_count; i++) {
        if (strcmp(secrets[i], secret) != 0)
            continue;
        explicit_bzero(secrets[i], strlen(secrets[i]));
        free(secrets[i]);
        secrets[i] = secrets[--secret_count];
        break;
    }
    note_pairs();
    if (secret_count == 0) {
        free(secrets);
        secrets = NULL;
    }
}

/* ---- hiding ------------------------------------------------------------ */

/* Replace `length` bytes at `at` by stars. Returns the place after them. */
static char *
hide(char *at, size_t length)
{
    memmove(at + strlen(STARS), at + length, strlen(at + length) + 1);
    memcpy(at, STARS, strlen(STARS));
    return at + strlen(STARS);
}

/* A message that was cut may end with the beginning of a secret. */
static void
hide_at_end(char *text, const char *secret)
{
    size_t length = strlen(text), most = strlen(secret) - 1;

    if (most > length)
        most = length;
    for (size_t part = most; part >= SECRET_LEAST; part--) {
        if (memcmp(text + length - part, secret, part) == 0) {
            hide(text + length - part, part);
            return;
        }
    }
}

/* The length of the longest secret that begins at `at`, or 0. */
static size_t
secret_length(const char *at, size_t left)
{
    unsigned pair = left >= SECRET_LEAST ? pair_at(at) : 0;
    size_t longest = 0;

    if (left < SECRET_LEAST || (pairs[pair / 8] & 1U << pair % 8) == 0)
        return 0;
    for (size_t i = 0; i < secret_count; i++) {
        size_t length = strlen(secrets[i]);

        if (length > longest && length <= left &&
            memcmp(at, secrets[i], length) == 0)
            longest = length;
    }
    return longest;
}

/* The number of bytes after "shpat_", "shpss_", …, if a token begins at `at`;
 * otherwise 0. It need not be a token that was learned. */
static size_t
token_length(const char *at, size_t left)
{
    size_t length = 0;

    if (left <= TOKEN_PREFIX || memcmp(at, "shp", 3) != 0 ||
        !islower((unsigned char)at[3]) || !islower((unsigned char)at[4]) ||
        at[5] != '_' || !isalnum((unsigned char)at[TOKEN_PREFIX]))
        return 0;
    while (TOKEN_PREFIX + length < left &&
           (isalnum((unsigned char)at[TOKEN_PREFIX + length]) ||
            at[TOKEN_PREFIX + length] == '_'))
        length++;
    return length;
}

/* The number of bytes before the next place where a secret or a token may
 * begin. Answers have megabytes, and nearly all of them are passed over. */
static size_t
plain_length(const char *bytes, size_t length)
{
    static const unsigned token_pair = 's' | 'h' << 8;
    unsigned pair = length > 0 ? (unsigned)(unsigned char)bytes[0] << 8 : 0;

    for (size_t i = 0; i + 1 < length; i++) {
        pair = pair >> 8 | (unsigned)(unsigned char)bytes[i + 1] << 8;
        if (pair == token_pair || (pairs[pair / 8] & 1U << pair % 8) != 0)
            return i;
    }
    return length;
}

size_t
redact_bytes(char *bytes, size_t length)
{
    size_t to = 0;

    for (size_t at = 0; at < length;) {
        size_t plain = plain_length(bytes + at, length - at);
        size_t secret, token, stars;

        if (to < at)
            memmove(bytes + to, bytes + at, plain);
        to += plain;
        at += plain;
        if (at == length)
            break;
        secret = secret_length(bytes + at, length - at);
        token = secret > 0 ? 0 : token_length(bytes + at, length - at);
        stars = secret > 0 || token > strlen(STARS) ? strlen(STARS) : token;

        if (token > 0) {
            memmove(bytes + to, bytes + at, TOKEN_PREFIX);
            to += TOKEN_PREFIX;
            at += TOKEN_PREFIX;
        }
        memset(bytes + to, '*', stars);
        to += stars;
        at += secret + token;
        if (secret + token == 0)
            bytes[to++] = bytes[at++];
    }
    return to;
}

static void
hide_queries(char *text)
{
    for (char *at = strstr(text, "http"); at != NULL; at = strstr(at, "http")) {
        const char *rest = at + strlen("http");

        rest += *rest == 's';
        at++;
        if (strncmp(rest, "://", 3) != 0)
            continue;
        at += strcspn(at, "? \t\r\n\"'<>");
        if (*at != '?')
            continue;
        at++;
        if (strcspn(at, " \t\r\n\"'<>") < strlen(STARS))
            continue;
        at = hide(at, strcspn(at, " \t\r\n\"'<>"));
    }
}

void
redact(char *text)
{
    text[redact_bytes(text, strlen(text))] = '\0';
    for (size_t i = 0; i < secret_count; i++)
        hide_at_end(text, secrets[i]);
    hide_queries(text);
}
