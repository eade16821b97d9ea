/*
 * charts - the bar charts of the report, as SVG in the page.
 */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "report/report.h"

/* The runs of each day, and how they ended. */
void charts_days(struct buf *html, const struct report *report);

/* The last runs of each store and job: time by phase, and rows per second. */
void charts_jobs(struct buf *html, const struct report *report);

#endif
