/*
 * keep - the copy of a result that run --keep or the archive writes, and its
 * sidecar.
 *
 *     NAME.jsonl.part  ─► NAME.jsonl and NAME.jsonl.meta.json
 *
 * NAME.jsonl is always a complete and verified result. A run that failed or
 * was killed leaves NAME.jsonl.part at most, to which a run that is read page
 * by page appends when it is resumed. Only the owner can read these
 * files, because results contain customers' data.
 */
#ifndef SOURCE_KEEP_H
#define SOURCE_KEEP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct keep {
    const char *path;  /* the final name; NULL: no copy is written */
    const char *named; /* the sidecar has this name; NULL: that of `path` */
    int fd;            /* the open part; < 0: none */
    int64_t bytes;     /* written so far */
    int64_t started;   /* bytes that the kernel was asked to write to disk */
    bool is_whole;     /* the part has the whole result */
    bool stays;        /* the part is kept even if it is not whole */
    bool packs;        /* compress with zstd; the caller sets it, with `path` */
    struct pack *pack;
};

/* The name of the copy of result `n` of a run. In `arena`. */
const char *
keep_path(struct arena *arena, const char *directory, const char *store,
          const char *job, int64_t run_id, int64_t n);

/* Make the folder of --keep if it does not exist. A path of NULL needs none.
 * Call it before the store is asked for anything, because its results may take
 * hours. MSG_NO_FOLDER if there is no folder that can be written to. */
MUST_CHECK bool keep_make_folder(const char *path, struct err *err);

/* Create the part; an existing one is replaced. ERR_CONFIG if it cannot be
 * created. */
MUST_CHECK bool keep_open(struct keep *keep, struct err *err);

/* Open the part of an earlier process or attempt, and cut it to its first
 * `bytes` bytes. keep_close() does not remove it. ERR_CONFIG if it cannot be
 * opened or is shorter. */
MUST_CHECK bool
keep_continue(struct keep *keep, int64_t bytes, struct err *err);

/* Is there a part of at least so many bytes? */
bool keep_has(const char *path, int64_t bytes);

/* Append bytes of the result. Call it with no bytes at the end of the result.
 * ERR_FAILED if they cannot be written. */
MUST_CHECK bool
keep_write(struct keep *keep, struct span bytes, struct err *err);

/* Of a copy that is compressed: write what is not written yet, so that the part
 * can be cut here later. */
MUST_CHECK bool keep_flush(struct keep *keep, struct err *err);

/* Call after the result has been verified. Writes the sidecar and gives both
 * files their final names. ERR_FAILED if that is not possible. */
MUST_CHECK bool
keep_finish(struct keep *keep, struct span sidecar, struct err *err);

/* Close the part. Remove it if it does not have the whole result. */
void keep_close(struct keep *keep);

/* Close the part and remove it, even if it has the whole result or was to stay.
 * It is kept if another process is writing it. */
void keep_drop(struct keep *keep);

/* Remove the parts that killed runs of this job left in the folder. Parts that
 * another process is writing are kept. */
void keep_clean(const char *directory, const char *store, const char *job);

/* Remove a part from an open folder, unless another process is writing it. */
void keep_remove_part(int folder, const char *name);

/* What the archive appends to the name of a result. */
#define KEEP_PACKED ".zst"

/* The path of the sidecar: <path>.meta.json. False if it is too long. */
enum { KEEP_PATH_BYTES = 4096 };

bool keep_sidecar_path(const char *path, char sidecar[KEEP_PATH_BYTES]);

#endif
