/*
 * event - tells another program what happens: one JSON object a line on
 * stdout, for --json of run, load, push and check.
 *
 *     {"event":"loaded","store":"acme","job":"orders","run_id":12,"lines":9}
 *
 * docs/events.schema.json describes all events. An event that is not enabled
 * costs nothing. Each line is written at once, so that a reader sees it when it
 * happens; a reader that ended does not disturb the run.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/log.h"

/* From now on, events are printed. */
void event_enable(void);
bool event_is_enabled(void);

/* Print an event about a job. `ctx` may be NULL; its fields that are unknown
 * are left out, and so are texts that are NULL or empty, and numbers below 0.
 * Secrets are hidden. */
void event_write(const char *event, const struct log_ctx *ctx,
                 const struct log_field *fields);

/* EVENT("loaded", ctx, LOG_NUM("lines", n), LOG_END); */
#define EVENT(event, ctx, ...) \
    event_write(event, ctx, (const struct log_field[]){__VA_ARGS__})

/* Print the event "failed", with code, message, remedy and request id. */
void event_failure(const struct log_ctx *ctx, const struct err *err);

#endif
