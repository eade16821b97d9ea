/* proof: when a connection is complete, and when it is read again. */
#include <check.h>

#include "paged/proof.h"
#include "support/suite.h"

#define RELAY                                  \
    {                                          \
        .kind = PAGES_RELAY, .has_total = true \
    }
#define OFFSET                                  \
    {                                           \
        .kind = PAGES_OFFSET, .has_total = true \
    }
#define COUNTS(rows, distinct, nulls, first, last, repeats) \
    {                                                       \
        rows, distinct, nulls, first, last, repeats         \
    }

static const struct {
    const char *what;
    struct pages_connection connection;
    struct proof_counts counts;
    enum proof proof;
} proofs[] = {
    {"no total", RELAY, COUNTS(3, 3, 0, -1, -1, 0), PROOF_WHOLE},
    {"empty", RELAY, COUNTS(0, 0, 0, 0, 0, 0), PROOF_WHOLE},
    {"as told", RELAY, COUNTS(3, 3, 0, 3, 3, 0), PROOF_WHOLE},
    {"rows were added", RELAY, COUNTS(3, 3, 0, 3, 5, 0), PROOF_WHOLE},
    {"rows were removed", RELAY, COUNTS(3, 3, 0, 5, 3, 0), PROOF_WHOLE},
    {"only the last total", RELAY, COUNTS(3, 3, 0, -1, 3, 0), PROOF_WHOLE},
    {"only the first total", RELAY, COUNTS(2, 2, 0, 3, -1, 0), PROOF_AGAIN},
    {"a row is missing", RELAY, COUNTS(2, 2, 0, 3, 3, 0), PROOF_AGAIN},
    {"a row came twice", RELAY, COUNTS(3, 2, 0, 3, 3, 0), PROOF_AGAIN},
    {"a row is null", RELAY, COUNTS(2, 2, 1, 3, 3, 0), PROOF_WHOLE},
    {"keys are not known", RELAY, COUNTS(3, -1, 0, 3, 3, 0), PROOF_WHOLE},
    {"the second time", RELAY, COUNTS(2, 2, 0, 3, 3, 1), PROOF_AGAIN},
    {"the third time", RELAY, COUNTS(2, 2, 0, 3, 3, 2), PROOF_NONE},
    {"offsets", OFFSET, COUNTS(3, 3, 0, 3, 3, 0), PROOF_WHOLE},
    {"offsets that shift", OFFSET, COUNTS(3, 3, 0, 3, 4, 0), PROOF_AGAIN},
    {"too many by offset", OFFSET, COUNTS(4, 4, 0, 3, 3, 0), PROOF_AGAIN},
    {"offsets, no total", OFFSET, COUNTS(4, 4, 0, -1, -1, 0), PROOF_WHOLE},
    {"only so many",
     {.kind = PAGES_RELAY, .is_only = true, .has_total = true},
     COUNTS(2, 2, 0, 9, 9, 0),
     PROOF_WHOLE}};

START_TEST(counts_decide)
{
    ck_assert_msg(proof_of(&proofs[_i].connection, &proofs[_i].counts) ==
                      proofs[_i].proof,
                  "%s", proofs[_i].what);
}

END_TEST

static Suite *
proof_suite(void)
{
    Suite *suite = suite_create("proof");
    TCase *all = tcase_create("proof");

    tcase_add_loop_test(all, counts_decide, 0,
                        sizeof(proofs) / sizeof(proofs[0]));
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(proof_suite());
}
