/*
 * problems - the first part of the report: problems, and how to fix them.
 */
#ifndef REPORT_PROBLEMS_H
#define REPORT_PROBLEMS_H

#include "report/report.h"

/* Append failed jobs, late jobs and warnings, in groups of one store and cause;
 * worst first. */
void problems_append(struct buf *html, const struct report *report);

#endif
