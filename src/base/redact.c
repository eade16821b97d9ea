#include "base/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Shorter ones would stand in ordinary words; of a cut one this much tells. */
enum { SECRET_LEAST = 6, TOKEN_PREFIX = 6 };

#define STARS "***"

static char **secrets;
static size_t secret_count;

/* ---- what is known ----------------------------------------------------- */

static bool
is_secret(const char *text)
{
    return text != NULL && strlen(text) >= SECRET_LEAST;
}

void
redact_learn(const char *secret)
{
    if (!is_secret(secret))
        return;
    secrets = mem_resize(secrets, (secret_count + 1) * sizeof(*secrets));
    secrets[secret_count++] = mem_strdup(secret);
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
    if (secret_count == 0) {
        free(secrets);
        secrets = NULL;
    }
}

/* ---- what is hidden ---------------------------------------------------- */

/* `length` bytes at `at`; returns where the text goes on. */
static char *
hide(char *at, size_t length)
{
    memmove(at + strlen(STARS), at + length, strlen(at + length) + 1);
    memcpy(at, STARS, strlen(STARS));
    return at + strlen(STARS);
}

static void
hide_whole(char *text, const char *secret)
{
    for (char *at = strstr(text, secret); at != NULL; at = strstr(at, secret))
        at = hide(at, strlen(secret));
}

/* A message that was cut short may end in the beginning of a secret. */
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

/* "shpat_", "shpss_", …: then it is a token, whosever it is. */
static bool
starts_token(const char *text)
{
    return strncmp(text, "shp", 3) == 0 && islower((unsigned char)text[3]) &&
           islower((unsigned char)text[4]) && text[5] == '_' &&
           isalnum((unsigned char)text[TOKEN_PREFIX]);
}

static void
hide_tokens(char *text)
{
    for (char *at = strstr(text, "shp"); at != NULL; at = strstr(at, "shp")) {
        size_t length = 0;

        if (!starts_token(at)) {
            at++;
            continue;
        }
        at += TOKEN_PREFIX;
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
        if (length < strlen(STARS))
            memset(at, '*', length);
        else
            at = hide(at, length);
    }
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
    for (size_t i = 0; i < secret_count; i++) {
        hide_whole(text, secrets[i]);
        hide_at_end(text, secrets[i]);
    }
    hide_tokens(text);
    hide_queries(text);
}
