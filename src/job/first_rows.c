#include "job/first_rows.h"

enum { VARIABLES_BYTES = 64 * 1024 };

bool
first_rows_bulk(struct job *job, int rows, struct arena *arena,
                struct answer *answer, struct err *err)
{
    return session_query_once(store_session(job->context, job->store), "try",
                              plan_document_for_few(job->plan, rows, arena),
                              NULL, &job->log, arena, answer, err);
}

bool
first_rows_page(struct job *job, const struct pages_connection *root,
                struct arena *arena, struct reply *reply, struct err *err)
{
    struct pages_values values = {.rows = 1, .nested_rows = 1};
    struct buf variables = buf_with_ceiling(VARIABLES_BYTES);
    struct request request = {.what = "try",
                              .document = root->read->document,
                              .once = true,
                              .partial = true};
    bool ok;

    pages_variables(job->plan, root->read, &values, &variables);
    request.variables = buf_str(&variables);
    ok = store_ask(job->context, job->store, &request, NULL, &job->log, arena,
                   reply, err);
    buf_free(&variables);
    return ok;
}
