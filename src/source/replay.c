#include "source/replay.h"

#include "source/file.h"

static bool
offer_files(struct origin *origin, struct err *err)
{
    struct replay *replay = (struct replay *)origin;

    (void)err;
    origin->sources = replay->files;
    origin->source_count = replay->count;
    return true;
}

static void
keep_files(struct origin *origin)
{
    origin->source_count = 0;
}

bool
replay_open_all(struct replay *replay, const char *const *paths, int count,
                const char *plan_hash, bool any_query, struct arena *arena,
                struct err *err)
{
    static const struct origin_ops ops = {.wait = offer_files,
                                          .free = keep_files};

    *replay = (struct replay){
        .origin = {.ops = &ops,
                   .is_replay = true,
                   .least_roots = -1,
                   .is_cut = count > 1},
        .files = arena_array(arena, (size_t)count, sizeof(struct source *))};
    for (; replay->count < count; replay->count++) {
        struct source **file = &replay->files[replay->count];

        if (!source_file_new(paths[replay->count], plan_hash, any_query, arena,
                             file, err)) {
            replay_close(replay);
            return false;
        }
        if (replay->origin.partial == NULL)
            replay->origin.partial = (*file)->incomplete;
        if (count == 1)
            replay->origin.window = (*file)->window;
        if (replay->left_out == NULL)
            replay->left_out = (*file)->left_out;
    }
    return true;
}

bool
replay_open(struct replay *replay, const char *path, int64_t objects,
            const char *plan_hash, bool any_query, struct arena *arena,
            struct err *err)
{
    if (!replay_open_all(replay, &path, 1, plan_hash, any_query, arena, err))
        return false;
    if (objects >= 0) {
        replay->files[0]->claims.object_count = objects;
        replay->files[0]->claims.who = "--objects";
    }
    return true;
}

void
replay_close(struct replay *replay)
{
    for (int i = 0; i < replay->count; i++)
        source_free(replay->files[i]);
    replay->count = 0;
}
