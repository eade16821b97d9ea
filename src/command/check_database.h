/*
 * check_database - how `check` examines the database and the journal in it.
 */
#ifndef COMMAND_CHECK_DATABASE_H
#define COMMAND_CHECK_DATABASE_H

#include "command/verdict.h"
#include "job/context.h"

/* Open the database and check it. If the journal cannot be opened,
 * context->journal stays NULL. */
void check_database(struct context *context, struct verdicts *verdicts);

#endif
