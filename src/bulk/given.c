#include "bulk/given.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/retry.h"
#include "bulk/left.h"
#include "source/download.h"

#define GID "gid://shopify/BulkOperation/"

enum { POLLS_WITHOUT_URL_MAX = 5 };

/* An operation that has not completed has no result, or only a part of it. */
static bool
judge(const struct bulk_operation *bulk, struct err *err)
{
    const char *code = bulk->error_code;

    if (bulk->status == BULK_COMPLETED &&
        (bulk->url[0] != '\0' || bulk->object_count == 0))
        return true;
    if (bulk->status == BULK_COMPLETED)
        return err_set(err, MSG_NO_URL,
                       "%s is COMPLETED with %" PRId64 " objects but has no "
                       "URL",
                       bulk->id, bulk->object_count);
    err_set(err, MSG_FAILED, "%s is %s%s%s", bulk->id,
            bulk_status_name(bulk->status), code[0] != '\0' ? ": " : "", code);
    err_given(err, code[0] != '\0' ? code : bulk_status_name(bulk->status));
    return err_hint(err, "only the whole result of an operation is loaded; "
                         "start another operation");
}

static bool
may_have_ended(const struct bulk_operation *bulk, int *without_url)
{
    return bulk_is_terminal(bulk->status) &&
           (bulk->status != BULK_COMPLETED || bulk->url[0] != '\0' ||
            bulk->object_count == 0 || ++*without_url >= POLLS_WITHOUT_URL_MAX);
}

static bool
await_end(struct given *given, struct err *err)
{
    struct job *job = given->job;
    struct bulk_place place = left_place(job);
    struct backoff pace = backoff_of(place.tuning->poll_initial_ms,
                                     place.tuning->poll_max_ms, CLOCK_NEVER);
    char id[sizeof(given->bulk.id)];
    int without_url = 0;

    snprintf(id, sizeof(id), "%s", given->bulk.id);
    for (;;) {
        if (!bulk_read(place_session(&place), id, 0, &job->log, &given->bulk,
                       err))
            return false;
        if (may_have_ended(&given->bulk, &without_url))
            return judge(&given->bulk, err);
        if (!retry_rest(&pace, err))
            return false;
    }
}

static void
free_source(struct origin *origin)
{
    struct given *given = (struct given *)origin;

    source_free(given->source);
    given->source = NULL;
    origin->source_count = 0;
}

static bool
offer_result(struct origin *origin, struct err *err)
{
    struct given *given = (struct given *)origin;
    struct job *job = given->job;
    struct bulk_place place = left_place(job);

    free_source(origin);
    if (given->has_lapsed)
        return err_set(err, MSG_NO_URL,
                       "the URLs that the store gives for %s have expired",
                       given->bulk.id);
    if (!await_end(given, err))
        return false;
    given->source = source_download_new(
        job->context->http, place_session(&place), &given->bulk, &job->log);
    given->source->is_of_query = job->context->options->any_query;
    origin->sources = &given->source;
    origin->source_count = 1;
    return true;
}

/* The next wait() asks the store for a new URL. */
static void
renew_url(struct origin *origin, int n, bool again)
{
    (void)n;
    ((struct given *)origin)->has_lapsed = again;
}

bool
given_init(struct given *given, struct job *job, const char *id,
           struct err *err)
{
    static const struct origin_ops ops = {
        .wait = offer_result, .renew = renew_url, .free = free_source};
    const char *number =
        strncmp(id, GID, strlen(GID)) == 0 ? id + strlen(GID) : id;

    *given = (struct given){
        .origin = {.ops = &ops, .is_replay = true, .least_roots = -1},
        .job = job};
    if (number[0] == '\0' || strspn(number, "0123456789") != strlen(number) ||
        strlen(number) > 20)
        return err_set(err, MSG_BAD_OPTION,
                       "--operation \"%.100s\" is not the id of a bulk "
                       "operation",
                       id);
    snprintf(given->bulk.id, sizeof(given->bulk.id), GID "%s", number);
    return true;
}
