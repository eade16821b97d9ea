/*
 * encode - write a JSON value as the binary value of one column.
 */
#ifndef LOAD_ENCODE_H
#define LOAD_ENCODE_H

#include "base/buf.h"
#include "base/err.h"
#include "json/record.h"
#include "plan/plan.h"

/* pg_type.oid of a column's type, and the type of an oid: PLAN_TYPE_COUNT if no
 * type of a plan has this oid. */
uint32_t encode_oid(enum plan_type type);
enum plan_type encode_type_of(uint32_t oid);

/* Append the length and the value. `value` is NULL if it is absent; an absent
 * value and a JSON null become NULL. ERR_ROW if the value does not fit the
 * type; `out` may then end with a part of it. */
MUST_CHECK bool encode_value(struct buf *out, enum plan_type type,
                             const struct record_value *value, struct err *err);

/* The same for an id. `gid` is the domain of the id: all columns that hold ids
 * of the same kind. A domain stores numbers until it is widened, and its first
 * gid sets its gid type, which is copied to `arena`. A gid of another type, or
 * one that does not end with a plain number, is ERR_ROW with the code WIDEN:
 * the caller must widen the domain instead of rejecting the line. */
MUST_CHECK bool encode_gid(struct buf *out, struct plan_gid *gid,
                           const struct record_value *value,
                           struct arena *arena, struct err *err);

/* The number of an id in a domain that stores numbers. False if the domain
 * cannot have the id without being widened. */
bool
encode_gid_number(const struct plan_gid *gid, struct span id, int64_t *number);

#define ENCODE_GID_PREFIX "gid://shopify/"

/* The type in "gid://shopify/<Type>/…"; empty if `gid` is not a gid. */
struct span encode_gid_type(struct span gid);

#endif
