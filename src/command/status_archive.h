/*
 * status_archive - the part of `status` about the folder of [archive]: how many
 * results it has, their size, and the oldest. The report lists them by job.
 */
#ifndef COMMAND_STATUS_ARCHIVE_H
#define COMMAND_STATUS_ARCHIVE_H

#include "json/write.h"

/* Print one line. */
void status_archive_print(const char *folder);

/* Append an object; null if `folder` is "". */
void status_archive_append(struct json_out *json, const char *folder);

#endif
