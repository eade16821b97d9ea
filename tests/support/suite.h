/*
 * suite - runs the suite of a test program.
 */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>

/* The number of elements of an array, for the end of a loop test. */
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Run and free the suite. Returns the exit status of the program. */
int suite_run(Suite *suite);

/* The same, with the cluster of support/cluster.h. */
int suite_run_with_cluster(Suite *suite);

#endif
