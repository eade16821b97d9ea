#include "job/masks.h"

#include <string.h>

#include "config/secret.h"
#include "load/masked.h"
#include "plan/mask.h"

/* A shorter key could be guessed from the hashes of known values. */
enum { KEY_BYTES_MIN = 16 };

static bool
refuse_short(const struct job *job, const struct plan_column *column,
             struct err *err)
{
    mask_error(job->plan, column, MSG_MASK_KEY, err,
               "the key of [privacy] for @mask(how: HASH) on \"%s\" has fewer "
               "than %d bytes",
               column->path, KEY_BYTES_MIN);
    return err_hint(err, "make one with openssl rand -hex 32");
}

static bool
take_key(const struct job *job, const struct plan_column *column,
         const char *secret, struct err *err)
{
    struct context *context = job->context;

    if (strlen(secret) < KEY_BYTES_MIN)
        return refuse_short(job, column, err);
    hmac_prepare(&context->mask_key, span_str(secret));
    context->has_mask_key = true;
    return true;
}

/* Once per process, and only if a job needs it. */
static bool
read_key(const struct job *job, const struct plan_column *column,
         struct err *err)
{
    struct arena arena = {0};
    const char *secret;
    bool taken;

    if (job->context->has_mask_key)
        return true;
    if (secret_read(&arena, "", job->context->config.privacy.key, &secret,
                    err)) {
        taken = take_key(job, column, secret, err);
        explicit_bzero((char *)(uintptr_t)secret, strlen(secret));
    } else {
        err_wrap(err, "[privacy] key");
        taken = err_wrap(err, "%s:%u:%u: @mask(how: HASH)", job->plan->file,
                         column->mask_pos.line, column->mask_pos.column);
    }
    arena_free(&arena);
    return taken;
}

static bool
set_key(struct job *job, const struct plan_column *column, struct err *err)
{
    struct context *context = job->context;
    char check[MASKED_CHECK_BYTES];

    if (context->config.privacy.key == NULL)
        return mask_error(job->plan, column, MSG_MASK_KEY, err,
                          "@mask(how: HASH) on \"%s\" needs a key, and "
                          "bulkpg.ini has none",
                          column->path);
    if (!read_key(job, column, err))
        return false;
    mask_set_key(job->plan, masked_check(&context->mask_key, check));
    return true;
}

bool
masks_check(struct job *job, struct err *err)
{
    const struct plan_column *masked = mask_first(job->plan);
    const struct plan_column *hashed = mask_first_hash(job->plan);

    if (masked != NULL && job->context->options->keep_directory != NULL)
        return mask_error(job->plan, masked, MSG_MASK_KEEP, err,
                          "\"%s\" has @mask, so --keep cannot be used: the "
                          "file would have its values",
                          masked->path);
    return hashed == NULL || set_key(job, hashed, err);
}

const struct hmac_key *
masks_key(const struct job *job)
{
    return mask_first_hash(job->plan) != NULL ? &job->context->mask_key : NULL;
}
