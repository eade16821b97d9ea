#include "bulk/said.h"

#include <string.h>

static void
copy(struct journal_operation *row, const struct bulk_operation *bulk)
{
    row->operation_id = bulk->id;
    row->status = bulk_status_name(bulk->status);
    row->created_at = bulk->created_at[0] != '\0' ? bulk->created_at : NULL;
    row->completed_at =
        bulk->completed_at[0] != '\0' ? bulk->completed_at : NULL;
    row->error_code = bulk->error_code[0] != '\0' ? bulk->error_code : NULL;
    row->object_count = bulk->object_count;
    row->root_object_count = bulk->root_object_count;
    row->file_size = bulk->file_size;
}

bool
said_keep(struct journal *journal, struct journal_operation *row,
          const struct bulk_operation *bulk, struct err *err)
{
    copy(row, bulk);
    return journal_operation_update(journal, row, err);
}

bool
said_keep_last(struct journal *journal, struct journal_operation *row,
               const struct bulk_operation *bulk, struct err *err)
{
    copy(row, bulk);
    return journal_operation_update_soon(journal, row, err);
}

bool
said_keep_submitted(struct journal *journal, const struct run_ref *run,
                    struct journal_operation *row,
                    const struct bulk_operation *bulk, struct err *err)
{
    copy(row, bulk);
    return journal_operation_submitted(journal, run, row, err);
}

bool
said_keep_missing(struct journal *journal, const struct journal_operation *row,
                  struct err *err)
{
    struct journal_operation said = *row;

    said.status = NULL;
    said.error_code = message_at(MSG_NOT_THERE)->code;
    return journal_operation_update(journal, &said, err);
}

bool
said_is_running(const struct journal_operation *row)
{
    return row->operation_id != NULL &&
           (row->status == NULL || strcmp(row->status, "CREATED") == 0 ||
            strcmp(row->status, "RUNNING") == 0 ||
            strcmp(row->status, "CANCELING") == 0);
}
