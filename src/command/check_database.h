/*
 * check_database - what `check` says of the database and the journal in it.
 */
#ifndef COMMAND_CHECK_DATABASE_H
#define COMMAND_CHECK_DATABASE_H

#include "command/verdict.h"
#include "job/context.h"

/* Opens it; without a journal, context->journal stays NULL. */
void check_database(struct context *context, struct verdicts *verdicts);

#endif
