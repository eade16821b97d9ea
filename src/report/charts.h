/*
 * charts - the report's bars, as SVG in the page.
 */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "report/report.h"

/* Runs by day, and how they ended. */
void charts_days(struct buf *html, const struct report *report);

/* Of each store and job its last runs: how long by phase, how fast. */
void charts_jobs(struct buf *html, const struct report *report);

#endif
