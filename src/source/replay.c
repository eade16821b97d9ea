#include "source/replay.h"

#include "source/file.h"

static bool
offer_file(struct origin *origin, struct err *err)
{
    (void)err;
    origin->sources = &((struct replay *)origin)->source;
    origin->source_count = 1;
    return true;
}

static void
keep_file(struct origin *origin)
{
    origin->source_count = 0;
}

bool
replay_open(struct replay *replay, const char *path, int64_t objects,
            const char *plan_hash, bool any_query, struct arena *arena,
            struct err *err)
{
    static const struct origin_ops ops = {.wait = offer_file,
                                          .free = keep_file};

    *replay = (struct replay){
        .origin = {.ops = &ops, .is_replay = true, .least_roots = -1}};
    if (!source_file_new(path, plan_hash, any_query, arena, &replay->source,
                         err))
        return false;
    if (objects >= 0) {
        replay->source->claims.object_count = objects;
        replay->source->claims.who = "--objects";
    }
    return true;
}

void
replay_close(struct replay *replay)
{
    source_free(replay->source);
    replay->source = NULL;
}
