/*
 * source_download - the result of a bulk operation, downloaded from the
 * store's storage. shopify/download.h says how an interrupted download
 * resumes.
 */
#ifndef SOURCE_DOWNLOAD_H
#define SOURCE_DOWNLOAD_H

#include "base/log.h"
#include "http/http.h"
#include "shopify/bulk.h"
#include "shopify/session.h"
#include "source/source.h"

/* All parameters are borrowed until the source is freed. An operation without
 * a URL has an empty result. */
struct source *source_download_new(struct http *http, struct session *session,
                                   const struct bulk_operation *operation,
                                   const struct log_ctx *log);

#endif
