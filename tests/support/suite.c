#include "support/suite.h"

#include <stdlib.h>

#include "support/cluster.h"

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
