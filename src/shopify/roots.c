#include "shopify/roots.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum {
    COUNTS_PER_REQUEST = 20,
    DOCUMENT_BYTES = 2 * 1024 * 1024 /* each filter repeats the query's */
};

/* query CountRoots { n0: productsCount(query: "…", limit: null) { … } … } */
static void
write_counts(struct buf *document, const char *count_field,
             const char *const *filters, size_t count)
{
    buf_append_str(document, "query CountRoots {");
    for (size_t i = 0; i < count; i++) {
        buf_printf(document, " n%zu: %s(query: ", i, count_field);
        buf_append_json(document, span_str(filters[i]));
        buf_append_str(document, ", limit: null) { count precision }");
    }
    buf_append_str(document, " }");
}

/* -1: the count is not exact, or not valid. */
static int64_t
exact_count(const struct json *data, size_t i, const struct log_ctx *log)
{
    char alias[32];
    const struct json *said;
    const char *precision;
    int64_t count;

    snprintf(alias, sizeof(alias), "n%zu", i);
    said = json_get(data, alias);
    precision = json_str(json_get(said, "precision"));
    if (precision == NULL || strcmp(precision, "EXACT") != 0)
        return -1;
    if (json_int64(json_get(said, "count"), &count) && count >= 0)
        return count;
    log_warn(log, MSG_COUNT_UNREADABLE,
             "the store's count of roots is negative or not a number", LOG_END);
    return -1;
}

static bool
count_some(struct session *session, const char *count_field,
           const char *const *filters, size_t count, const struct log_ctx *log,
           int64_t *counts, struct err *err)
{
    struct buf document = buf_with_ceiling(DOCUMENT_BYTES);
    struct arena arena = {0};
    struct answer reply;
    bool asked;

    write_counts(&document, count_field, filters, count);
    asked = session_query(session, "count", buf_str(&document), NULL, log,
                          &arena, &reply, err);
    for (size_t i = 0; asked && i < count; i++)
        counts[i] = exact_count(reply.data, i, log);
    arena_free(&arena);
    buf_free(&document);
    return asked;
}

bool
roots_count(struct session *session, const char *count_field,
            const char *const *filters, size_t count, const struct log_ctx *log,
            int64_t *counts, struct err *err)
{
    for (size_t done = 0; done < count;) {
        size_t now = count - done < COUNTS_PER_REQUEST ? count - done
                                                       : COUNTS_PER_REQUEST;

        if (!count_some(session, count_field, &filters[done], now, log,
                        &counts[done], err))
            return false;
        done += now;
    }
    return true;
}

/* ---- earliest and latest time ------------------------------------------ */

static void
write_end(struct buf *document, const char *alias, const char *root_field,
          const char *sort_key, const char *time_field, const char *filter,
          const char *reverse)
{
    buf_printf(document,
               " %s: %s(first: 1, sortKey: %s, reverse: %s, query: ", alias,
               root_field, sort_key, reverse);
    buf_append_json(document, span_str(filter));
    buf_printf(document, ") { edges { node { %s } } }", time_field);
}

static void
read_end(const struct json *data, const char *alias, const char *time_field,
         char time[40])
{
    const struct json *edges = json_path(data, alias, "edges", NULL);
    const struct json *first =
        edges != NULL && edges->count > 0 ? edges->first : NULL;
    const char *said = json_str(json_path(first, "node", time_field, NULL));

    snprintf(time, 40, "%s", said != NULL ? said : "");
}

bool
roots_reach(struct session *session, const char *root_field,
            const char *sort_key, const char *time_field, const char *filter,
            const struct log_ctx *log, char earliest[40], char latest[40],
            struct err *err)
{
    struct buf document = buf_with_ceiling(DOCUMENT_BYTES);
    struct arena arena = {0};
    struct answer reply;
    bool asked;

    buf_append_str(&document, "query ReachOfRoots {");
    write_end(&document, "earliest", root_field, sort_key, time_field, filter,
              "false");
    write_end(&document, "latest", root_field, sort_key, time_field, filter,
              "true");
    buf_append_str(&document, " }");
    asked = session_query(session, "reach", buf_str(&document), NULL, log,
                          &arena, &reply, err);
    if (asked) {
        read_end(reply.data, "earliest", time_field, earliest);
        read_end(reply.data, "latest", time_field, latest);
    }
    arena_free(&arena);
    buf_free(&document);
    return asked;
}
