#include "support/suite.h"

#include <stdlib.h>

#include "support/cluster.h"

/* End a test that hangs. Check's default of 4 s is too short for a correct test
 * on a busy machine; no correct test needs as long as this limit. */
__attribute__((constructor)) static void
be_patient(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "600", 0);
}

int
suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
suite_run_with_cluster(Suite *suite)
{
    int status;

    cluster_start();
    status = suite_run(suite);
    cluster_stop();
    return status;
}
