#include "support/suite.h"

#include <stdlib.h>

#include "support/cluster.h"

/* A test that hangs is ended at last. Check's own 4 s are less than a busy
 * machine can take for a test that is right; nothing that works comes near
 * this.
 */
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
