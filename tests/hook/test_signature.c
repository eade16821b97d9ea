/* signature: HMAC-SHA-256 with the vectors of RFC 4231, base64, comparison. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "hook/signature.h"
#include "support/suite.h"

#define FIFTY(byte)                                                            \
    byte byte byte byte byte byte byte byte byte byte byte byte byte byte byte \
        byte byte byte byte byte byte byte byte byte byte byte byte byte byte  \
            byte byte byte byte byte byte byte byte byte byte byte byte byte   \
                byte byte byte byte byte byte byte byte

#define KEY_4                                                              \
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11" \
    "\x12\x13\x14\x15\x16\x17\x18\x19"

/* Of the fifth, the RFC has only the first 16 bytes. */
static const struct {
    const char *key;
    size_t key_bytes;
    const char *text;
    const char *digest;
} vectors[] = {
    {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
     "\x0b\x0b",
     20, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 4, "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {FIFTY("\xaa"), 20, FIFTY("\xdd"),
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {KEY_4, 25, FIFTY("\xcd"),
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {FIFTY("\x0c"), 20, "Test With Truncation",
     "a3b6167473100ee06e0c796c2955552b"},
    {FIFTY("\xaa") FIFTY("\xaa") FIFTY("\xaa"), 131,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {FIFTY("\xaa") FIFTY("\xaa") FIFTY("\xaa"), 131,
     "This is a test using a larger than block-size key and a larger than "
     "block-size data. The key needs to be hashed before being used by the "
     "HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

START_TEST(digests_are_those_of_rfc_4231)
{
    struct span key = span_of(vectors[_i].key, vectors[_i].key_bytes);
    uint8_t digest[SIGNATURE_BYTES];
    char text[2 * SIGNATURE_BYTES + 1];

    signature_digest(key, span_str(vectors[_i].text), digest);
    for (size_t i = 0; i < SIGNATURE_BYTES; i++)
        snprintf(&text[2 * i], 3, "%02x", digest[i]);
    ck_assert_int_eq(
        strncmp(text, vectors[_i].digest, strlen(vectors[_i].digest)), 0);
}

END_TEST

START_TEST(a_signature_is_written_in_base64)
{
    char text[SIGNATURE_TEXT];

    ck_assert_str_eq(signature_write(span_str("Jefe"),
                                     span_str("what do ya want for nothing?"),
                                     text),
                     "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

END_TEST

START_TEST(only_the_right_signature_is_accepted)
{
    struct span secret = span_str("hush"), body = span_str("{\"id\":1}");
    char text[SIGNATURE_TEXT];

    signature_write(secret, body, text);
    ck_assert(signature_is(span_str(text), secret, body));
    ck_assert(!signature_is(span_str(text), span_str("hush "), body));
    ck_assert(!signature_is(span_str(text), secret, span_str("{\"id\":2}")));
    ck_assert(!signature_is(span_of("", 0), secret, body));
    ck_assert(!signature_is(span_of(text, SIGNATURE_LENGTH - 1), secret, body));
    for (size_t i = 0; i < SIGNATURE_LENGTH; i++) {
        text[i] ^= 1;
        ck_assert(!signature_is(span_str(text), secret, body));
        text[i] ^= 1;
    }
}

END_TEST

START_TEST(an_empty_body_has_a_signature)
{
    struct span secret = span_str("hush");
    char text[SIGNATURE_TEXT];

    signature_write(secret, span_of(NULL, 0), text);
    ck_assert(signature_is(span_str(text), secret, span_of("", 0)));
}

END_TEST

static Suite *
signature_suite(void)
{
    Suite *suite = suite_create("signature");
    TCase *tests = tcase_create("signature");

    tcase_add_loop_test(tests, digests_are_those_of_rfc_4231, 0,
                        COUNT(vectors));
    tcase_add_test(tests, a_signature_is_written_in_base64);
    tcase_add_test(tests, only_the_right_signature_is_accepted);
    tcase_add_test(tests, an_empty_body_has_a_signature);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(signature_suite());
}
