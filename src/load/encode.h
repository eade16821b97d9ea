/*
 * encode - a JSON value as one column's binary value.
 */
#ifndef LOAD_ENCODE_H
#define LOAD_ENCODE_H

#include "base/buf.h"
#include "base/err.h"
#include "json/record.h"
#include "plan/plan.h"

/* pg_type.oid of a column's type, and back: PLAN_TYPE_COUNT when none of ours
 * has it. */
uint32_t encode_oid(enum plan_type type);
enum plan_type encode_type_of(uint32_t oid);

/* Append length and value; NULL for an absent value or a JSON null. ERR_ROW
 * when it does not fit. */
MUST_CHECK bool encode_value(struct buf *out, enum plan_type type,
                             const struct record_value *value, struct err *err);

/* The same for an id. While the domain holds numbers, a gid of another type,
 * or one that is no plain number, is ERR_ROW with the code WIDEN, which no
 * reject can cure; the first gid of a domain tells its type, kept in `arena`.
 * */
MUST_CHECK bool encode_gid(struct buf *out, struct plan_gid *gid,
                           const struct record_value *value,
                           struct arena *arena, struct err *err);

/* The type in "gid://shopify/<Type>/…"; empty when it is no gid. */
struct span encode_gid_type(struct span gid);

#endif
