/*
 * archived - the part of the report about [archive]: which results a folder
 * has, by job.
 *
 * Private to this folder.
 */
#ifndef REPORT_ARCHIVED_H
#define REPORT_ARCHIVED_H

#include "report/report.h"

/* Nothing if the configuration has no archive. */
void archived_append(struct buf *html, const struct report *report);

#endif
