#include "plan/names.h"

#include <ctype.h>
#include <md5.h>
#include <string.h>

static bool
begins_word(const char *name, size_t i)
{
    if (i == 0 || !isupper((unsigned char)name[i]))
        return false;
    if (islower((unsigned char)name[i - 1]) ||
        isdigit((unsigned char)name[i - 1]))
        return true;
    return isupper((unsigned char)name[i - 1]) &&
           islower((unsigned char)name[i + 1]);
}

char *
name_snake_case(struct arena *arena, const char *name)
{
    char *snake = arena_bytes(arena, strlen(name) * 2 + 1);
    size_t length = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        if (begins_word(name, i))
            snake[length++] = '_';
        snake[length++] = (char)tolower((unsigned char)name[i]);
    }
    snake[length] = '\0';
    return snake;
}

void
name_md5(const char *bytes, size_t length, char hex[NAME_DIGEST_BYTES])
{
    MD5Data((const uint8_t *)bytes, length, hex);
}

const char *
name_shorten(struct arena *arena, const char *name)
{
    size_t length = strlen(name);
    char digest[NAME_DIGEST_BYTES];

    if (length <= NAME_BYTES_MAX)
        return name;
    name_md5(name, length, digest);
    return arena_printf(arena, "%.*s_%.8s", NAME_BYTES_KEPT, name, digest);
}

static void
append_doubled(struct buf *sql, const char *text, char quote)
{
    buf_append_char(sql, quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buf_append_char(sql, quote);
        buf_append_char(sql, *text);
    }
    buf_append_char(sql, quote);
}

void
name_append_quoted(struct buf *sql, const char *name)
{
    append_doubled(sql, name, '"');
}

/* standard_conforming_strings is on, so a backslash is itself. */
void
name_append_literal(struct buf *sql, const char *text)
{
    append_doubled(sql, text, '\'');
}
