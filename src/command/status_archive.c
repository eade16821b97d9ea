#include "command/status_archive.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/size.h"
#include "source/archive.h"

/* What all jobs have. */
struct sum {
    int64_t results;
    int64_t bytes; /* compressed */
    int64_t oldest_s;
};

static struct sum
read_folder(const char *folder)
{
    struct sum sum = {0};
    struct arena arena = {0};
    size_t count;
    const struct archive_job *jobs = archive_list(folder, &arena, &count);

    for (size_t i = 0; i < count; i++) {
        sum.results += jobs[i].results;
        sum.bytes += jobs[i].bytes;
        if (i == 0 || jobs[i].oldest_s < sum.oldest_s)
            sum.oldest_s = jobs[i].oldest_s;
    }
    arena_free(&arena);
    return sum;
}

void
status_archive_print(const char *folder)
{
    struct sum sum = read_folder(folder);
    int64_t age_ms = clock_wall_us() / 1000 - sum.oldest_s * 1000;
    char size[SIZE_BYTES], age[32];

    if (sum.results == 0)
        out_line(stdout, "archive %s: no results", folder);
    else
        out_line(stdout, "archive %s: %" PRId64 " %s, %s, the oldest %s ago",
                 folder, sum.results, sum.results == 1 ? "result" : "results",
                 size_rough(sum.bytes, size),
                 duration_rough(age_ms > 0 ? age_ms : 0, age));
}

void
status_archive_append(struct json_out *json, const char *folder)
{
    struct sum sum;
    char oldest[CLOCK_UTC_BYTES];

    if (folder[0] == '\0') {
        json_out_string(json, NULL);
        return;
    }
    sum = read_folder(folder);
    json_out_open(json, '{');
    json_out_text(json, "folder", folder);
    json_out_number(json, "results", sum.results);
    json_out_number(json, "bytes", sum.bytes);
    json_out_text(json, "oldest_at",
                  sum.results > 0 ? clock_format_utc(sum.oldest_s, oldest)
                                  : NULL);
    json_out_close(json, '}');
}
