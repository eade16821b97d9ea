#include "job/fault.h"

#include <string.h>

#include "job/job.h"
#include "job/jobs.h"

/* These errors concern the access to the store, not the request. */
static const enum msg store_wide[] = {
    MSG_UNAUTHORIZED,  MSG_PAYMENT_REQUIRED, MSG_FORBIDDEN,
    MSG_NOT_FOUND,     MSG_STORE_LOCKED,     MSG_HTTP_430,
    MSG_TOKEN_REFUSED, MSG_BAD_TOKEN,        MSG_REFRESH_TOKEN_FILE,
    MSG_REDIRECTED,    MSG_SHOP_INACTIVE,    MSG_NOT_HTTPS,
    MSG_TLS,           MSG_TLS_PROTOCOL,     MSG_PROXY_REFUSED};

/* The kind is checked because REDIRECTED has two meanings: by the store it is
 * ERR_CONFIG, by the storage of a result ERR_FAILED. */
bool
fault_is_of_store(const struct store_state *store, const struct err *err)
{
    const struct err *given_up =
        store->session != NULL    ? session_given_up(store->session)
        : store->endpoint != NULL ? endpoint_given_up(store->endpoint)
                                  : NULL;

    if (given_up != NULL && err->kind == ERR_LATER &&
        strcmp(err->code, given_up->code) == 0)
        return true;
    if (err->kind != ERR_DENIED && err->kind != ERR_CONFIG)
        return false;
    for (size_t i = 0; i < sizeof(store_wide) / sizeof(store_wide[0]); i++)
        if (err_is(err, store_wide[i]))
            return true;
    return false;
}

static struct store_fault *
find_or_add(struct store_faults *faults, const struct err *err)
{
    for (size_t i = 0; i < faults->count; i++)
        if (faults->items[i].err.kind == err->kind &&
            strcmp(faults->items[i].err.code, err->code) == 0)
            return &faults->items[i];
    if (faults->count == STORE_FAULTS_MAX)
        return NULL;
    faults->items[faults->count].err = *err;
    return &faults->items[faults->count++];
}

bool
fault_collect(struct job *job, const char *message)
{
    struct store_fault *fault = NULL;

    if (job->context->lasts)
        return false;
    if (fault_is_of_store(job->store, &job->err))
        fault = find_or_add(&job->store->faults, &job->err);
    if (fault == NULL)
        return false;
    if (fault->jobs++ == 0) {
        fault->job = job;
        fault->message = message;
    }
    job->fault = fault;
    return true;
}

bool
fault_is_shared(const struct job *job)
{
    return job->fault != NULL && job->fault->jobs > 1;
}

const char *
fault_ending(const struct store_fault *fault)
{
    return fault->err.kind == ERR_LATER ? "postponed" : "failed";
}

static void
report_fault(const struct store_fault *fault)
{
    struct log_ctx log = {.store = fault->job->log.store};
    const struct err *err = &fault->err;

    if (fault->jobs == 1) {
        log_failure(LOG_ERROR, &fault->job->log, fault->message, err);
        return;
    }
    LOG_AT(LOG_ERROR, &log,
           err->kind == ERR_LATER ? "the store's jobs are postponed"
                                  : "the store's jobs failed",
           LOG_NUM("jobs", fault->jobs), LOG_STR("error", err->message),
           LOG_STR("code", err->code), LOG_STR("request_id", err->request_id),
           LOG_STR("hint", err_remedy(err)), LOG_END);
}

void
fault_job_ended(struct store_state *store)
{
    if (--store->faults.jobs_open > 0)
        return;
    for (size_t i = 0; i < store->faults.count; i++)
        report_fault(&store->faults.items[i]);
}
