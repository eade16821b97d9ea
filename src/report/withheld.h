/*
 * withheld - the part of the report about what a job's tables do not have: the
 * fields that its last run left out, and the columns that are masked.
 *
 * Private to this folder.
 */
#ifndef REPORT_WITHHELD_H
#define REPORT_WITHHELD_H

#include "report/report.h"

/* Nothing if no job leaves out or masks anything. */
void withheld_append(struct buf *html, const struct report *report);

#endif
