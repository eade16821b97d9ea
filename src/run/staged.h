/*
 * staged - tell an origin of pages which rows an earlier process has staged.
 *
 * Private to this folder.
 */
#ifndef RUN_STAGED_H
#define RUN_STAGED_H

#include "run/state.h"

/* After the gid types of staging are known, before the first page is read. Does
 * nothing if the origin does not need it. */
MUST_CHECK bool staged_recall(struct run *run, struct err *err);

#endif
