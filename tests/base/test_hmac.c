/* hmac: one key for many texts. The vectors of RFC 4231 are in
 * hook/test_signature.c. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/hmac.h"
#include "support/suite.h"

static const char *
hex_of(const struct hmac_key *key, const char *text)
{
    static char hex[2 * HMAC_BYTES + 1];
    uint8_t digest[HMAC_BYTES];

    hmac_digest(key, span_str(text), digest);
    for (size_t i = 0; i < HMAC_BYTES; i++)
        snprintf(&hex[2 * i], 3, "%02x", digest[i]);
    return hex;
}

START_TEST(a_key_is_used_again)
{
    static const char question[] = "what do ya want for nothing?";
    static const char digest[] =
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    struct hmac_key key;

    hmac_prepare(&key, span_str("Jefe"));
    ck_assert_str_eq(hex_of(&key, question), digest);
    ck_assert_str_ne(hex_of(&key, ""), digest);
    ck_assert_str_eq(hex_of(&key, question), digest);
}

END_TEST

static Suite *
hmac_suite(void)
{
    Suite *suite = suite_create("hmac");
    TCase *tests = tcase_create("hmac");

    tcase_add_test(tests, a_key_is_used_again);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(hmac_suite());
}
