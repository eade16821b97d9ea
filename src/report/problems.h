/*
 * problems - the report's first part: what to look at, and what to do.
 */
#ifndef REPORT_PROBLEMS_H
#define REPORT_PROBLEMS_H

#include "report/report.h"

/* What failed, is late or warned, in groups of one store and cause; worst
 * first. */
void problems_append(struct buf *html, const struct report *report);

#endif
