#include "job/timings.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/write.h"

enum { JSON_BYTES_MAX = 1024 };

static const char *const names[] = {"wait", "download", "parse", "encode",
                                    "send", "index",    "load",  "merge"};

_Static_assert(sizeof(names) / sizeof(names[0]) == TIMING_COUNT,
               "each timing has a name");

const char *
timing_name(enum timing timing)
{
    return names[timing];
}

void
timings_since(struct timings *timings, enum timing timing, int64_t begun_ns)
{
    timings->ns[timing] += clock_now_ns() - begun_ns;
}

void
timings_clear_load(struct timings *timings)
{
    for (int i = TIMING_DOWNLOAD; i < TIMING_COUNT; i++)
        timings->ns[i] = 0;
}

void
timings_feed(struct timings *timings, int64_t fed_ns,
             const struct loader_times *times)
{
    int64_t measured_ns = times->parse_ns + times->encode_ns;
    int64_t own_ns = fed_ns - times->send_ns;
    double share = measured_ns > 0
                       ? (double)times->parse_ns / (double)measured_ns
                       : 1; /* no line was measured */

    if (own_ns < 0)
        own_ns = 0;
    timings->ns[TIMING_PARSE] = (int64_t)((double)own_ns * share);
    timings->ns[TIMING_ENCODE] = own_ns - timings->ns[TIMING_PARSE];
    timings->ns[TIMING_SEND] = times->send_ns;
}

const char *
timings_json(const struct timings *timings, struct arena *arena)
{
    struct buf text = buf_with_ceiling(JSON_BYTES_MAX);
    struct json_out *json = json_out_new(&text);
    const char *kept;

    json_out_open(json, '{');
    for (int i = 0; i < TIMING_COUNT; i++) {
        char seconds[32];

        snprintf(seconds, sizeof(seconds), "%.6f",
                 (double)timings->ns[i] / 1e9);
        json_out_key(json, names[i]);
        json_out_raw(json, span_str(seconds));
    }
    json_out_close(json, '}');
    json_out_free(json);
    kept = arena_strdup(arena, buf_str(&text));
    buf_free(&text);
    return kept;
}
