/*
 * metrics - what the journal knows, as Prometheus reads it.
 *
 * The text format, version 0.0.4, for node_exporter's textfile collector:
 *   https://prometheus.io/docs/instrumenting/exposition_formats/
 * Ages are as of the writing; a file that is no longer written is told by
 * node_textfile_mtime_seconds.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "base/buf.h"
#include "journal/operation.h"
#include "journal/runs.h"

/* `runs`: the newest of each store and job. */
void metrics_append(struct buf *text, const struct journal_runs *runs,
                    const struct journal_operations *operations);

#endif
