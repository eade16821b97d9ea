/*
 * metrics - the last run and the last push of each job, as metrics for
 * Prometheus.
 *
 * The text format, version 0.0.4, for node_exporter's textfile collector:
 *
 *     https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * Ages are as of the time of writing. node_textfile_mtime_seconds shows whether
 * the file is still written.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "base/buf.h"
#include "journal/event.h"
#include "journal/operation.h"
#include "journal/push.h"
#include "journal/runs.h"

/* `runs` has the newest run of each store and job; those of status RUN_NEVER
 * are last. */
void metrics_append(struct buf *text, const struct journal_runs *runs,
                    const struct journal_operations *operations);

/* What was received from the stores, and what their jobs are still to fetch. */
void metrics_append_live(struct buf *text, const struct journal_live *live);
/* `pushes` has the newest push of each store and mutation job. */
void
metrics_append_pushes(struct buf *text, const struct journal_pushes *pushes,
                      const struct journal_doubts *doubts);

#endif
