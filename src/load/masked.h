/*
 * masked - the values of columns with @mask.
 *
 * Errors do not quote the value.
 */
#ifndef LOAD_MASKED_H
#define LOAD_MASKED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hmac.h"
#include "json/record.h"
#include "plan/mask.h"

enum { MASKED_DIGITS = 32, MASKED_CHECK_BYTES = 17 };

/* Append the length and the masked value, as encode_value() does. `key` is only
 * needed for PLAN_MASK_HASH. */
MUST_CHECK bool masked_put(struct buf *out, const struct plan_column *column,
                           const struct hmac_key *key,
                           const struct record_value *value, struct err *err);

/* Append the masked form of a text to `out`; nothing if it is NULL. False if it
 * is NULL. */
bool masked_text(struct buf *out, const struct plan_column *column,
                 const struct hmac_key *key, struct span text);

/* What the journal has of a key, to see whether it is the same. */
const char *
masked_check(const struct hmac_key *key, char text[MASKED_CHECK_BYTES]);

#endif
