/*
 * staged - tell an origin of pages which rows an earlier process has staged.
 *
 * Private to this folder.
 */
#ifndef RUN_STAGED_H
#define RUN_STAGED_H

#include "load/loader.h"
#include "run/state.h"

/* After the gid types of staging are known, before the first page is read. Does
 * nothing if the origin does not need it. Millions of rows may be staged, so it
 * has a session of its own, like the loader's: other jobs need the control
 * session. */
MUST_CHECK bool
staged_recall(struct run *run, const struct loader_config *config,
              struct err *err);

#endif
