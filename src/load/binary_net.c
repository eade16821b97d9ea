/* Ids and addresses: uuid, macaddr, inet and cidr. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/hex.h"
#include "load/binary.h"

enum {
    UUID_BYTES = 16,
    MAC_BYTES = 6,
    PG_INET = 2, /* PostgreSQL's numbers of the two families */
    PG_INET6 = 3,
    ADDRESS_CHARS_MAX = 64
};

/* ---- hexadecimal digits ------------------------------------------------- */

/* Read the byte at `at`, two digits. */
static bool
hex_byte(struct span text, size_t at, unsigned char *byte)
{
    int high, low;

    if (at + 2 > text.length)
        return false;
    high = hex_digit(text.bytes[at]);
    low = hex_digit(text.bytes[at + 1]);
    *byte = (unsigned char)(high * 16 + low);
    return high >= 0 && low >= 0;
}

/* ---- uuid --------------------------------------------------------------- */

/* Hyphens may follow every fourth digit, and braces may be around all. */
static bool
parse_uuid(struct span text, unsigned char bytes[UUID_BYTES])
{
    size_t at = 0;

    if (text.length > 1 && text.bytes[0] == '{' &&
        text.bytes[text.length - 1] == '}')
        text = span_of(text.bytes + 1, text.length - 2);
    for (int i = 0; i < UUID_BYTES; i++) {
        if (!hex_byte(text, at, &bytes[i]))
            return false;
        at += 2;
        if (i % 2 == 1 && i < UUID_BYTES - 1 && at < text.length &&
            text.bytes[at] == '-')
            at++;
    }
    return at == text.length;
}

bool
binary_uuid(struct buf *out, struct span text, struct err *err)
{
    unsigned char bytes[UUID_BYTES];

    if (!parse_uuid(text, bytes))
        return err_not_a(text, "UUID", err);
    binary_int32(out, UUID_BYTES);
    buf_append(out, bytes, UUID_BYTES);
    return true;
}

/* ---- macaddr ------------------------------------------------------------ */

/* The separator after each `group` bytes; the address has no other. */
static bool
parse_mac(struct span text, int group, char separator,
          unsigned char bytes[MAC_BYTES])
{
    size_t at = 0;

    for (int i = 0; i < MAC_BYTES; i++) {
        if (i > 0 && i % group == 0 &&
            (at >= text.length || text.bytes[at++] != separator))
            return false;
        if (!hex_byte(text, at, &bytes[i]))
            return false;
        at += 2;
    }
    return at == text.length;
}

bool
binary_macaddr(struct buf *out, struct span text, struct err *err)
{
    static const struct {
        int group;
        char separator;
    } forms[] = {{1, ':'}, {1, '-'}, {3, ':'},        {3, '-'},
                 {2, '.'}, {2, '-'}, {MAC_BYTES, ' '}};

    unsigned char bytes[MAC_BYTES];

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (!parse_mac(text, forms[i].group, forms[i].separator, bytes))
            continue;
        binary_int32(out, MAC_BYTES);
        buf_append(out, bytes, MAC_BYTES);
        return true;
    }
    return err_not_a(text, "MAC address", err);
}

/* ---- inet and cidr ------------------------------------------------------ */

struct address {
    bool is_six;
    int bits; /* of the mask */
    unsigned char bytes[16];
};

static int
most_bits(const struct address *address)
{
    return address->is_six ? 128 : 32;
}

static bool
parse_bits(const char *text, struct address *address)
{
    if (text == NULL) {
        address->bits = most_bits(address);
        return true;
    }
    address->bits = 0;
    if (*text == '\0' || strlen(text) > 3)
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        address->bits = address->bits * 10 + (*text - '0');
    }
    return address->bits <= most_bits(address);
}

static bool
parse_address(struct span text, struct address *address)
{
    char copy[ADDRESS_CHARS_MAX];
    char *slash;

    if (text.length >= sizeof(copy) ||
        memchr(text.bytes, '\0', text.length) != NULL)
        return false;
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    slash = strchr(copy, '/');
    if (slash != NULL)
        *slash++ = '\0';
    address->is_six = strchr(copy, ':') != NULL;
    return inet_pton(address->is_six ? AF_INET6 : AF_INET, copy,
                     address->bytes) == 1 &&
           parse_bits(slash, address);
}

/* A network has no bits to the right of its mask. */
static bool
is_network(const struct address *address)
{
    for (int bit = address->bits; bit < most_bits(address); bit++)
        if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

bool
binary_inet(struct buf *out, struct span text, bool is_cidr, struct err *err)
{
    struct address address;
    int bytes;

    if (!parse_address(text, &address) || (is_cidr && !is_network(&address)))
        return err_not_a(text, is_cidr ? "network" : "network address", err);
    bytes = most_bits(&address) / 8;
    binary_int32(out, 4 + bytes);
    buf_append_char(out, address.is_six ? PG_INET6 : PG_INET);
    buf_append_char(out, (char)address.bits);
    buf_append_char(out, is_cidr);
    buf_append_char(out, (char)bytes);
    buf_append(out, address.bytes, (size_t)bytes);
    return true;
}
