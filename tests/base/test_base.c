/* base: spans, buffers, arenas, durations, failures and log lines. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/dict.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/redact.h"
#include "support/suite.h"

enum { MIB = 1024 * 1024 };

/* ---- spans -------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *trimmed;
} trims[] = {
    {"", ""},           {" \t\r\n", ""},    {"a", "a"},
    {"  a b\t", "a b"}, {"\r\na\r\n", "a"}, {"\va\f", "\va\f"},
};

START_TEST(blanks_around_a_span_are_trimmed)
{
    ck_assert(span_is(span_trim(span_str(trims[_i].text)), trims[_i].trimmed));
}

END_TEST

START_TEST(spans_are_compared_by_their_bytes)
{
    ck_assert(span_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
    ck_assert(!span_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
    ck_assert(!span_equal(span_str("ab"), span_str("a")));
    ck_assert(span_equal(span_of(NULL, 0), span_str("")));
    ck_assert(span_starts(span_str("abc"), "ab"));
    ck_assert(span_starts(span_str("abc"), ""));
    ck_assert(!span_starts(span_str("a"), "ab"));
    ck_assert(span_is(span_head(span_str("abc"), 2), "ab"));
    ck_assert(span_is(span_tail(span_str("abc"), 2), "c"));
}

END_TEST

/* ---- buffers ------------------------------------------------------------ */

START_TEST(a_buffer_ends_in_a_nul_that_is_not_counted)
{
    struct buf buf = buf_with_ceiling(100);

    ck_assert_str_eq(buf_str(&buf), "");
    ck_assert_uint_eq(buf_span(&buf).length, 0);
    buf_append_str(&buf, "ab");
    buf_append_char(&buf, 'c');
    buf_append_span(&buf, span_of("de\0", 2));
    buf_printf(&buf, "-%d-%s", 7, "x");
    ck_assert_str_eq(buf_str(&buf), "abcde-7-x");
    ck_assert_uint_eq(buf.length, 9);
    buf_clear(&buf);
    ck_assert_str_eq(buf_str(&buf), "");
    buf_free(&buf);
    ck_assert_ptr_null(buf.bytes);
    ck_assert_uint_eq(buf.ceiling, 100);
}

END_TEST

START_TEST(a_buffer_holds_exactly_its_ceiling)
{
    struct buf buf = buf_with_ceiling((size_t)_i);

    for (int i = 0; i < _i; i++)
        buf_append_char(&buf, 'x');
    ck_assert(!buf.overflowed);
    ck_assert_uint_eq(buf.length, (size_t)_i);
    buf_append(&buf, "", 0);
    ck_assert(!buf.overflowed);
    buf_append_char(&buf, 'y');
    ck_assert(buf.overflowed);
    ck_assert_uint_eq(buf.length, (size_t)_i);
    buf_free(&buf);
}

END_TEST

START_TEST(an_overflow_sticks_until_the_buffer_is_cleared)
{
    struct buf buf = buf_with_ceiling(4);

    buf_append_str(&buf, "abc");
    buf_append_str(&buf, "de");
    ck_assert(buf.overflowed);
    buf_append_char(&buf, 'd'); /* would fit */
    buf_printf(&buf, "%d", 1);
    ck_assert_ptr_null(buf_reserve(&buf, 1));
    ck_assert_str_eq(buf_str(&buf), "abc");
    buf_clear(&buf);
    buf_append_str(&buf, "abcd");
    ck_assert_str_eq(buf_str(&buf), "abcd");
    ck_assert(!buf.overflowed);
    buf_free(&buf);
}

END_TEST

START_TEST(bytes_written_into_reserved_room_are_kept)
{
    struct buf buf = buf_with_ceiling(1000);
    char *room;

    buf_append_str(&buf, "a");
    room = buf_reserve(&buf, 500);
    memset(room, 'b', 500);
    buf_extend(&buf, 2);
    ck_assert_str_eq(buf_str(&buf), "abb");
    buf_free(&buf);
}

END_TEST

START_TEST(a_buffer_shrinks_only_if_its_content_fits)
{
    struct buf buf = buf_with_ceiling(MIB);

    for (int i = 0; i < 1000; i++)
        buf_append_str(&buf, "0123456789");
    buf_shrink(&buf, 100);
    ck_assert_uint_eq(buf.length, 10000);
    ck_assert_uint_ge(buf.capacity, 10000);
    buf_clear(&buf);
    buf_shrink(&buf, 100);
    ck_assert_uint_eq(buf.capacity, 100);
    buf_append_str(&buf, "still of use");
    ck_assert_str_eq(buf_str(&buf), "still of use");
    buf_free(&buf);
}

END_TEST

START_TEST(json_strings_are_escaped)
{
    struct buf buf = buf_with_ceiling(100);

    buf_append_json(&buf, span_of("a\"\\/\n\r\t\x01\x7f\0z\xc3\xa9", 13));
    ck_assert_str_eq(buf_str(&buf), "\"a\\\"\\\\/\\n\\r\\t\\u0001\\u007f"
                                    "\\u0000z\xc3\xa9\"");
    buf_free(&buf);
}

END_TEST

START_TEST(hexadecimal_digits_may_be_upper_or_lower_case)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    static const char none[] = {'/', ':', '@', 'G', '`', 'g', '\0', ' '};

    for (int i = 0; digits[i] != '\0'; i++)
        ck_assert_int_eq(hex_digit(digits[i]), i < 16 ? i : i - 6);
    for (size_t i = 0; i < sizeof(none); i++)
        ck_assert_int_eq(hex_digit(none[i]), -1);
}

END_TEST

/* ---- arenas ------------------------------------------------------------- */

START_TEST(arena_memory_is_zeroed_and_aligned)
{
    struct arena arena = {0};

    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            unsigned char *memory;

            memset(arena_bytes(&arena, size % 7), 0xff, size % 7);
            memory = arena_alloc(&arena, size);
            ck_assert_uint_eq((uintptr_t)memory % 16, 0);
            for (size_t i = 0; i < size; i++)
                if (memory[i] != 0)
                    ck_abort_msg("byte %zu of %zu", i, size);
            memset(memory, 0xff, size);
        }
        arena_clear(&arena);
    }
    arena_free(&arena);
}

END_TEST

START_TEST(a_cleared_arena_allocates_no_more)
{
    struct arena arena = {0};
    size_t held;

    for (int i = 0; i < 2000; i++)
        arena_alloc(&arena, 100);
    held = arena_held_bytes(&arena);
    ck_assert_uint_ge(held, 200000);
    for (int round = 0; round < 10; round++) {
        arena_clear(&arena);
        for (int i = 0; i < 2000; i++)
            arena_alloc(&arena, 100);
        ck_assert_uint_eq(arena_held_bytes(&arena), held);
    }
    arena_free(&arena);
    ck_assert_uint_eq(arena_held_bytes(&arena), 0);
}

END_TEST

START_TEST(a_huge_arena_is_given_back_when_cleared)
{
    struct arena arena = {0};
    char *kept;

    arena_alloc(&arena, 8 * MIB);
    arena_clear(&arena);
    ck_assert_uint_le(arena_held_bytes(&arena), MIB);
    kept = arena_strdup(&arena, "of use");
    arena_alloc(&arena, 8 * MIB);
    ck_assert_str_eq(kept, "of use");
    arena_free(&arena);
}

END_TEST

START_TEST(arena_copies_end_in_a_nul)
{
    struct arena arena = {0};

    ck_assert_str_eq(arena_dup(&arena, span_of("abcd", 2)), "ab");
    ck_assert_str_eq(arena_dup(&arena, span_of(NULL, 0)), "");
    ck_assert_str_eq(arena_printf(&arena, "%s-%d", "x", 12), "x-12");
    ck_assert_uint_eq(strlen(arena_printf(&arena, "%*d", 50000, 1)), 50000);
    ck_assert_str_eq(arena_strdup(&arena, ""), "");
    arena_free(&arena);
}

END_TEST

/* ---- durations ---------------------------------------------------------- */

static const struct {
    const char *text;
    int64_t ms; /* -1: not a duration */
    const char *formatted;
} durations[] = {
    {"0", 0, "0ms"},
    {"0s", 0, "0ms"},
    {"1ms", 1, "1ms"},
    {"500ms", 500, "500ms"},
    {"1000ms", 1000, "1s"},
    {"5s", 5000, "5s"},
    {"90s", 90000, "90s"},
    {"5m", 300000, "5m"},
    {"60m", 3600000, "1h"},
    {"20h", 72000000, "20h"},
    {"7d", 604800000, "7d"},
    {"007d", 604800000, "7d"},
    {"400d", INT64_C(34560000000), "400d"},
    {"", -1, NULL},
    {"5", -1, NULL},
    {"s", -1, NULL},
    {"5 s", -1, NULL},
    {"5s ", -1, NULL},
    {"5S", -1, NULL},
    {"5sec", -1, NULL},
    {"-5s", -1, NULL},
    {"+5s", -1, NULL},
    {"1.5h", -1, NULL},
    {"5m30s", -1, NULL},
    {"9999999999999999999d", -1, NULL},
    {"99999999999999999d", -1, NULL},
};

START_TEST(durations_are_read_and_written)
{
    struct err err = {0};
    int64_t ms = -1;
    char text[32];
    bool parsed = duration_parse(durations[_i].text, &ms, &err);

    ck_assert_int_eq(parsed, durations[_i].ms >= 0);
    if (parsed) {
        ck_assert_int_eq(ms, durations[_i].ms);
        ck_assert_str_eq(duration_format(ms, text), durations[_i].formatted);
    } else {
        ck_assert_int_eq(err.kind, ERR_CONFIG);
        ck_assert_ptr_nonnull(strstr(err.message, durations[_i].text));
    }
}

END_TEST

START_TEST(never_stays_never)
{
    int64_t before = clock_now_ms();

    ck_assert(clock_after_ms(CLOCK_NEVER) == CLOCK_NEVER);
    ck_assert_int_ge(clock_after_ms(1000), before + 1000);
}

END_TEST

static const struct {
    int64_t ms;
    const char *text;
} rough[] = {{0, "0s"},         {119999, "119s"},     {120000, "2m"},
             {7199999, "119m"}, {7200000, "2h"},      {172799999, "47h"},
             {172800000, "2d"}, {34560000000, "400d"}};

START_TEST(durations_are_rounded_for_people)
{
    char said[32];

    ck_assert_str_eq(duration_rough(rough[_i].ms, said), rough[_i].text);
}

END_TEST

/* ---- failures ----------------------------------------------------------- */

START_TEST(context_is_put_in_front_of_the_cause)
{
    struct err err;

    ck_assert(!err_set(&err, MSG_08001, "connection %s", "reset"));
    ck_assert(!err_code(&err, MSG_08006));
    ck_assert(!err_hint(&err, "try %d", 1));
    ck_assert(!err_wrap(&err, "downloading %s", "orders"));
    ck_assert_str_eq(err.message, "downloading orders: connection reset");
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_str_eq(err.code, "08006");
    ck_assert_str_eq(err.hint, "try 1");
    err_set(&err, MSG_TRUNCATED, "again");
    ck_assert_str_eq(err.code, "TRUNCATED");
    ck_assert_str_eq(err.hint, "");
}

END_TEST

START_TEST(an_overlong_message_is_cut_short)
{
    struct err err;
    char text[2 * sizeof(err.message)];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    err_set(&err, MSG_TRUNCATED, "%s", text);
    err_wrap(&err, "loading");
    ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
    ck_assert_int_eq(strncmp(err.message, "loading: xxx", 12), 0);
    err_given(&err, text);
    err_hint(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.code), sizeof(err.code) - 1);
    ck_assert_uint_eq(strlen(err.hint), sizeof(err.hint) - 1);
}

END_TEST

static const struct {
    enum err_kind kind;
    int status;
} statuses[] = {
    {ERR_NONE, EX_OK},
    {ERR_ROW, EX_DATAERR},
    {ERR_TRANSIENT, EX_TEMPFAIL},
    {ERR_LATER, EX_TEMPFAIL},
    {ERR_STOPPED, EX_TEMPFAIL},
    {ERR_FAILED, EX_UNAVAILABLE},
    {ERR_DENIED, EX_NOPERM},
    {ERR_CONFIG, EX_CONFIG},
    {ERR_USAGE, EX_USAGE},
    {ERR_BUG, EX_SOFTWARE},
};

START_TEST(every_kind_of_failure_has_its_status)
{
    ck_assert_int_eq(err_exit_status(statuses[_i].kind), statuses[_i].status);
}

END_TEST

START_TEST(the_worse_of_two_statuses_wins)
{
    static const int worst_first[] = {70, 64, 78, 77, 69, 75, 65, 0};

    for (int a = 0; a < COUNT(worst_first); a++)
        for (int b = 0; b < COUNT(worst_first); b++)
            ck_assert_int_eq(err_worse_status(worst_first[a], worst_first[b]),
                             worst_first[a < b ? a : b]);
}

END_TEST

/* ---- log lines ---------------------------------------------------------- */

/* The line that `log_line` writes to stderr, without its time. */
static const char *
logged(void (*log_line)(void))
{
    static char text[4096];
    FILE *capture = tmpfile();
    int saved = dup(STDERR_FILENO);
    size_t length;
    char *level;

    fflush(stderr);
    dup2(fileno(capture), STDERR_FILENO);
    log_line();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(capture);
    length = fread(text, 1, sizeof(text) - 1, capture);
    text[length] = '\0';
    fclose(capture);
    level = strstr(text, "level");
    return level != NULL ? level : text;
}

static const struct log_ctx everything = {.run_id = 12,
                                          .store = "acme",
                                          .job = "orders",
                                          .operation_id = "gid://x/7"};

static void
log_ready(void)
{
    log_info(&everything, "result ready", LOG_STR("url", "a=b"),
             LOG_NUM("objects", -5033), LOG_END);
}

static void
log_hostile(void)
{
    log_warn(NULL, MSG_RECONNECTED, "two\nlines",
             LOG_STR("key", "\x1b[1m\"x\""), LOG_STR("none", ""),
             LOG_STR("hint", "none"), LOG_END);
}

static void
log_remedy(void)
{
    log_warn(NULL, MSG_RECONNECTED, "back", LOG_NUM("tries", 2), LOG_END);
}

static void
log_detail(void)
{
    log_debug(NULL, "detail", LOG_END);
}

static void
log_refusal(void)
{
    struct err err;

    err_set(&err, MSG_TRUNCATED, "no way");
    err_given(&err, "42P01");
    err_hint(&err, "make one");
    log_failure(LOG_ERROR, &(struct log_ctx){.store = "acme"}, "failed", &err);
}

START_TEST(log_lines_are_logfmt)
{
    log_configure(LOG_TEXT, LOG_INFO);
    ck_assert_str_eq(logged(log_ready),
                     "level=info run=12 store=acme job=orders op=gid://x/7 "
                     "msg=\"result ready\" url=\"a=b\" objects=-5033\n");
    ck_assert_str_eq(logged(log_hostile), "level=warn msg=\"two\\nlines\" "
                                          "key=\"\\u001b[1m\\\"x\\\"\" "
                                          "code=RECONNECTED hint=none\n");
    ck_assert_str_eq(logged(log_remedy),
                     "level=warn msg=back tries=2 code=RECONNECTED "
                     "hint=\"check whether something between bulkpg and the "
                     "server ends idle connections\"\n");
    ck_assert_str_eq(logged(log_refusal),
                     "level=error store=acme msg=failed error=\"no way\" "
                     "code=42P01 hint=\"make one\"\n");
    ck_assert_str_eq(logged(log_detail), "");
}

END_TEST

START_TEST(log_lines_are_json_if_configured)
{
    log_configure(LOG_JSON, LOG_DEBUG);
    ck_assert_str_eq(logged(log_ready),
                     "level\":\"info\",\"run\":12,\"store\":\"acme\",\"job\":"
                     "\"orders\",\"op\":\"gid://x/7\",\"msg\":\"result "
                     "ready\",\"url\":\"a=b\",\"objects\":-5033}\n");
    ck_assert_str_eq(logged(log_detail),
                     "level\":\"debug\",\"msg\":\"detail\"}\n");
    log_configure(LOG_TEXT, LOG_INFO);
}

END_TEST

START_TEST(log_lines_are_plain_if_configured)
{
    log_configure(LOG_PLAIN, LOG_INFO);
    ck_assert_str_eq(logged(log_ready), "info: acme/orders: result ready (url "
                                        "a=b, objects -5033)\n");
    ck_assert_str_eq(logged(log_hostile),
                     "warning: two\\nlines (key \\u001b[1m\"x\")\nhint: "
                     "none\n");
    ck_assert_str_eq(logged(log_refusal),
                     "error: acme: failed: no way\nhint: make one\n");
    ck_assert_str_eq(logged(log_detail), "");
    log_configure(LOG_TEXT, LOG_INFO);
}

END_TEST

START_TEST(a_logged_url_has_no_query_part)
{
    char text[64];

    ck_assert_str_eq(
        log_url("https://x/y?Signature=secret", text, sizeof(text)),
        "https://x/y");
    ck_assert_str_eq(log_url("https://x/y", text, sizeof(text)), "https://x/y");
}

END_TEST

static void
add_memory_tests(TCase *tests)
{
    tcase_add_test(tests, a_buffer_ends_in_a_nul_that_is_not_counted);
    tcase_add_loop_test(tests, a_buffer_holds_exactly_its_ceiling, 0, 20);
    tcase_add_loop_test(tests, a_buffer_holds_exactly_its_ceiling, 250, 260);
    tcase_add_test(tests, an_overflow_sticks_until_the_buffer_is_cleared);
    tcase_add_test(tests, bytes_written_into_reserved_room_are_kept);
    tcase_add_test(tests, a_buffer_shrinks_only_if_its_content_fits);
    tcase_add_test(tests, json_strings_are_escaped);
    tcase_add_test(tests, hexadecimal_digits_may_be_upper_or_lower_case);
    tcase_add_test(tests, arena_memory_is_zeroed_and_aligned);
    tcase_add_test(tests, a_cleared_arena_allocates_no_more);
    tcase_add_test(tests, a_huge_arena_is_given_back_when_cleared);
    tcase_add_test(tests, arena_copies_end_in_a_nul);
}

/* ---- redact ------------------------------------------------------------ */

static const struct {
    const char *text;
    const char *shown;
} redacted[] = {
    {"nothing to hide", "nothing to hide"},
    {"a 0123456789abcdef b", "a *** b"},
    {"0123456789abcdef0123456789abcdef", "******"},
    {"cut at 0123456", "cut at ***"},
    {"cut at 01234", "cut at 01234"}, /* less than 6 bytes */
    {"token shpat_a1B2_c3!", "token shpat_***!"},
    {"shpss_abc, shprt_def", "shpss_***, shprt_***"},
    {"cut at shpat_a", "cut at shpat_*"},
    {"shpat_ names a token, shipping none", "shpat_ names a token, shipping "
                                            "none"},
    {"GET https://host/a?Signature=s%2Bx: reset", "GET https://host/a?*** "
                                                  "reset"},
    {"<a href=\"http://host/?x=12345\">", "<a href=\"http://host/?***\">"},
    {"http://host/ is that? no", "http://host/ is that? no"},
    {"gid://shopify/InventoryLevel/1?item=2",
     "gid://shopify/InventoryLevel/1?item=2"},
    {"is https:// there?", "is https:// there?"},
    {"", ""},
};

/* The bytes may contain NUL. */
START_TEST(secrets_are_hidden_among_any_bytes)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *shown;
        size_t shown_length;
    } texts[] = {
        {"", 0, "", 0},
        {"a\0secret one\0b", 14, "a\0***\0b", 7},
        {"secret one two", 14, "***", 3}, /* the longer secret */
        {"secret onesecret one", 20, "******", 6},
        {"secret on", 9, "secret on", 9},
        {"shpat_0az_9-shpss_x", 19, "shpat_***-shpss_*", 17},
        {"shpat_", 6, "shpat_", 6},
        {"https://x/y?a=b", 15, "https://x/y?a=b", 15},
    };

    char bytes[64];

    redact_learn("secret one");
    redact_learn("secret one two");
    memcpy(bytes, texts[_i].bytes, texts[_i].length);
    ck_assert_uint_eq(redact_bytes(bytes, texts[_i].length),
                      texts[_i].shown_length);
    ck_assert_mem_eq(bytes, texts[_i].shown, texts[_i].shown_length);
    redact_forget("secret one");
    redact_forget("secret one two");
}

END_TEST

/* At every place of the bytes that are compared at once, and after them. */
START_TEST(a_secret_is_hidden_at_every_place)
{
    char bytes[200], shown[200];

    redact_learn("secret one");
    for (size_t before = 0; before < 150; before++) {
        size_t length = before + strlen("secret one") + 20;

        memset(bytes, 's', sizeof(bytes));
        memset(shown, 's', sizeof(shown));
        memcpy(bytes + before, "secret one", strlen("secret one"));
        memcpy(shown + before, "***", strlen("***"));
        ck_assert_uint_eq(redact_bytes(bytes, length), before + 23);
        ck_assert_mem_eq(bytes, shown, before + 23);
    }
    redact_forget("secret one");
}

END_TEST

START_TEST(secrets_are_hidden)
{
    char text[128];

    redact_learn("0123456789abcdef");
    redact_learn("short"); /* too short to be hidden */
    redact_learn(NULL);
    snprintf(text, sizeof(text), "%s", redacted[_i].text);
    redact(text);
    ck_assert_str_eq(text, redacted[_i].shown);
    redact_forget("0123456789abcdef");
}

END_TEST

START_TEST(a_secret_is_hidden_until_all_have_forgotten_it)
{
    char text[32] = "my secret word";

    redact_learn("secret word");
    redact_learn("secret word");
    redact_forget("secret word");
    redact(text);
    ck_assert_str_eq(text, "my ***");
    redact_forget("secret word");
    redact_forget("secret word");
    strcpy(text, "my secret word");
    redact(text);
    ck_assert_str_eq(text, "my secret word");
}

END_TEST

START_TEST(messages_of_failures_contain_no_secret)
{
    struct err err;

    err_set(&err, MSG_UNAUTHORIZED, "token %s is bad", "shpat_123");
    ck_assert_str_eq(err.message, "token shpat_*** is bad");
    err_wrap(&err, "%s", "shpss_123");
    ck_assert_str_eq(err.message, "shpss_***: token shpat_*** is bad");
    err_set(&err, MSG_UNAUTHORIZED, "refused");
    err_add(&err, "%s, %d", "shpat_123", 7);
    ck_assert_str_eq(err.message, "refused: shpat_***, 7");
    err_hint(&err, "try %s", "https://host/?sign=abc");
    ck_assert_str_eq(err.hint, "try https://host/?***");
    err_given(&err, "shpat_123");
    ck_assert_str_eq(err.code, "shpat_***");
}

END_TEST

START_TEST(an_arena_adopts_memory)
{
    struct buf buf = buf_with_ceiling(1000);
    struct arena arena = {0}, other = {0};
    char *bytes;

    ck_assert_ptr_null(buf_give(&buf));
    buf_append_str(&buf, "adopted");
    bytes = buf_give(&buf);
    ck_assert_str_eq(bytes, "adopted");
    ck_assert_uint_eq(buf.length, 0);
    ck_assert_str_eq(arena_strdup(&other, "before"), "before");
    arena_adopt(&other, bytes, 1000);
    ck_assert_uint_ge(arena_held_bytes(&other), 1000);
    ck_assert_str_eq(arena_strdup(&other, "after"), "after");
    arena_take(&arena, &other);
    ck_assert_str_eq(bytes, "adopted");
    arena_clear(&arena);
    ck_assert_uint_eq(arena_held_bytes(&arena), 0);
    arena_adopt(&arena, strdup("alone"), 6);
    ck_assert_str_eq(arena_strdup(&arena, "more"), "more");
    arena_free(&arena);
    buf_append_str(&buf, "still of use");
    ck_assert_str_eq(buf_str(&buf), "still of use");
    buf_free(&buf);
}

END_TEST

START_TEST(an_arena_takes_the_memory_of_another)
{
    struct arena ours = {0}, theirs = {0}, empty = {0};
    char *kept = arena_strdup(&ours, "ours");
    char *large = arena_bytes(&theirs, 100000);
    size_t held;

    memset(large, 'x', 100000);
    held = arena_held_bytes(&ours) + arena_held_bytes(&theirs);
    arena_take(&ours, &theirs);
    arena_take(&ours, &empty);
    ck_assert_uint_eq(arena_held_bytes(&ours), held);
    ck_assert_uint_eq(arena_held_bytes(&theirs), 0);
    ck_assert_str_eq(arena_strdup(&ours, "more"), "more");
    ck_assert_str_eq(kept, "ours");
    ck_assert_int_eq(large[99999], 'x');
    arena_take(&empty, &ours);
    ck_assert_str_eq(arena_strdup(&empty, "on"), "on");
    arena_free(&empty);
}

END_TEST

START_TEST(a_dict_finds_every_name_it_was_given)
{
    enum { NAMES = 5000 };
    struct arena arena = {0};
    struct dict dict = {0}, of_names = {.arena = &arena};
    int values[NAMES];

    ck_assert_ptr_null(dict_get(&dict, "n0"));
    dict.arena = &arena;
    for (int i = 0; i < NAMES; i++)
        ck_assert(dict_add(&dict, arena_printf(&arena, "n%d", i), &values[i]));
    for (int i = 0; i < NAMES; i++)
        ck_assert_ptr_eq(dict_get(&dict, arena_printf(&arena, "n%d", i)),
                         &values[i]);
    ck_assert(!dict_add(&dict, "n7", &values[0]));
    ck_assert_ptr_eq(dict_get(&dict, "n7"), &values[7]);
    ck_assert_ptr_null(dict_get(&dict, "n5000"));
    ck_assert_ptr_null(dict_get(&dict, ""));
    ck_assert(dict_add_name(&of_names, "x"));
    ck_assert(!dict_add_name(&of_names, "x"));
    ck_assert_str_eq(dict_get(&of_names, "x"), "x");
    arena_free(&arena);
}

END_TEST

static Suite *
base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *tests = tcase_create("base");

    tcase_add_loop_test(tests, blanks_around_a_span_are_trimmed, 0,
                        COUNT(trims));
    tcase_add_test(tests, spans_are_compared_by_their_bytes);
    add_memory_tests(tests);
    tcase_add_loop_test(tests, durations_are_read_and_written, 0,
                        COUNT(durations));
    tcase_add_loop_test(tests, durations_are_rounded_for_people, 0,
                        COUNT(rough));
    tcase_add_test(tests, never_stays_never);
    tcase_add_test(tests, context_is_put_in_front_of_the_cause);
    tcase_add_test(tests, an_overlong_message_is_cut_short);
    tcase_add_loop_test(tests, every_kind_of_failure_has_its_status, 0,
                        COUNT(statuses));
    tcase_add_test(tests, the_worse_of_two_statuses_wins);
    tcase_add_test(tests, log_lines_are_logfmt);
    tcase_add_test(tests, log_lines_are_json_if_configured);
    tcase_add_test(tests, log_lines_are_plain_if_configured);
    tcase_add_test(tests, a_logged_url_has_no_query_part);
    tcase_add_test(tests, a_secret_is_hidden_at_every_place);
    tcase_add_loop_test(tests, secrets_are_hidden_among_any_bytes, 0, 8);
    tcase_add_loop_test(tests, secrets_are_hidden, 0, COUNT(redacted));
    tcase_add_test(tests, a_secret_is_hidden_until_all_have_forgotten_it);
    tcase_add_test(tests, messages_of_failures_contain_no_secret);
    tcase_add_test(tests, an_arena_takes_the_memory_of_another);
    tcase_add_test(tests, an_arena_adopts_memory);
    tcase_add_test(tests, a_dict_finds_every_name_it_was_given);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(base_suite());
}
