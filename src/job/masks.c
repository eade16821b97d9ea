#include "job/masks.h"

#include <string.h>

#include "config/secret.h"
#include "load/masked.h"
#include "plan/mask.h"

/* Once per process, and only if a job needs it. */
static bool
read_key(struct context *context, struct err *err)
{
    struct arena arena = {0};
    const char *secret;
    bool read;

    if (context->has_mask_key)
        return true;
    read = secret_read(&arena, "", context->config.privacy.key, &secret, err);
    if (read) {
        hmac_prepare(&context->mask_key, span_str(secret));
        explicit_bzero((char *)(uintptr_t)secret, strlen(secret));
        context->has_mask_key = true;
    }
    arena_free(&arena);
    return read;
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
    if (!read_key(context, err)) {
        err_wrap(err, "[privacy] key");
        return err_wrap(err, "%s:%u:%u: @mask(how: HASH)", job->plan->file,
                        column->mask_pos.line, column->mask_pos.column);
    }
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
