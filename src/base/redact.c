/*
 * The known secrets are one list for the whole process. redact_bytes() looks
 * for secrets and tokens in one pass:
 *
 *     bytes ─► do a secret's first three bytes begin here?    no: next byte
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
#include "base/step.h"

enum {
    SECRET_LEAST = 6, /* bytes; shorter ones may be part of ordinary words */
    TOKEN_PREFIX = 6, /* bytes of "shpat_" */
    BEGIN = 3         /* bytes by which a place is found */
};

#define STARS "***"

static char **secrets;
static size_t secret_count;

/* The first bytes of the secrets, without those of tokens: each byte as often
 * as it is compared at once. A text is compared with the secrets only where one
 * of them begins. */
struct begin {
    step_bytes bytes[BEGIN];
};

static struct begin *begins;
static size_t begin_count;

/* ---- the known secrets ------------------------------------------------- */

static bool
is_secret(const char *text)
{
    return text != NULL && strlen(text) >= SECRET_LEAST;
}

/* May a secret or a token begin here? `at` has at least BEGIN bytes. */
static bool
may_begin(const char *at)
{
    bool begins_here = memcmp(at, "shp", BEGIN) == 0;

    for (size_t i = 0; i < begin_count && !begins_here; i++)
        begins_here = at[0] == begins[i].bytes[0][0] &&
                      at[1] == begins[i].bytes[1][0] &&
                      at[2] == begins[i].bytes[2][0];
    return begins_here;
}

static void
note_begins(void)
{
    begins = mem_resize(begins, (secret_count + 1) * sizeof(*begins));
    begin_count = 0;
    for (size_t i = 0; i < secret_count; i++) {
        if (may_begin(secrets[i]))
            continue;
        for (int n = 0; n < BEGIN; n++)
            memset(&begins[begin_count].bytes[n], secrets[i][n], STEP);
        begin_count++;
    }
}

void
redact_learn(const char *secret)
{
    if (!is_secret(secret))
        return;
    secrets = mem_resize(secrets, (secret_count + 1) * sizeof(*secrets));
    secrets[secret_count++] = mem_strdup(secret);
    note_begins();
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
    note_begins();
    if (secret_count == 0) {
        free(secrets);
        free(begins);
        secrets = NULL;
        begins = NULL;
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
    size_t longest = 0;

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

/* Compare each of the next STEP bytes with where a secret or a token begins. */
static inline step_bytes
begins_in(const char *at)
{
    step_bytes first = step_load(at), second = step_load(at + 1),
               third = step_load(at + 2);
    step_bytes found = (first == 's') & (second == 'h') & (third == 'p');

    for (size_t i = 0; i < begin_count; i++)
        found |= (first == begins[i].bytes[0]) &
                 (second == begins[i].bytes[1]) & (third == begins[i].bytes[2]);
    return found;
}

/* The number of bytes before the next place where a secret or a token may
 * begin. Answers have megabytes, and nearly all of them are passed over. */
static size_t
plain_length(const char *bytes, size_t length)
{
    size_t i = 0;

    while (i + STEPS + BEGIN <= length &&
           step_find(begins_in(bytes + i) | begins_in(bytes + i + STEP) |
                     begins_in(bytes + i + 2 * STEP) |
                     begins_in(bytes + i + 3 * STEP)) == 0)
        i += STEPS;
    for (; i + STEP + BEGIN <= length; i += STEP) {
        step_found found = step_find(begins_in(bytes + i));

        if (found != 0)
            return i + step_first(found);
    }
    for (; i + BEGIN <= length; i++)
        if (may_begin(bytes + i))
            return i;
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

char *
redact_copy(const char *text)
{
    char *copy = mem_strdup(text);

    redact(copy);
    return copy;
}
