/* random: UUIDs have the form of version 4, and differ. */
#include <check.h>
#include <string.h>

#include "base/random.h"
#include "support/suite.h"

START_TEST(uuids_have_the_form_of_version_4)
{
    char uuid[RANDOM_UUID_BYTES], last[RANDOM_UUID_BYTES] = "";

    for (int i = 0; i < 100; i++) {
        random_uuid(uuid);
        ck_assert_uint_eq(strlen(uuid), 36);
        ck_assert_uint_eq(strspn(uuid, "0123456789abcdef-"), 36);
        ck_assert(uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' &&
                  uuid[23] == '-');
        ck_assert_int_eq(uuid[14], '4');
        ck_assert(strchr("89ab", uuid[19]) != NULL);
        ck_assert_str_ne(uuid, last);
        memcpy(last, uuid, sizeof(last));
    }
}

END_TEST

static Suite *
random_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");

    tcase_add_test(tests, uuids_have_the_form_of_version_4);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(random_suite());
}
