/*
 * suite - what every test program ends with.
 */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>

/* Elements of an array, as the end of a loop test. */
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Run and free the suite; the status to end the program with. */
int suite_run(Suite *suite);

/* The same, with the cluster of support/cluster.h around it. */
int suite_run_with_cluster(Suite *suite);

#endif
