/* pack and unzstd: the original bytes, whatever the size of the pieces, or an
 * error; and how little memory a small file can make bulkpg use. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "source/pack.h"
#include "source/unpack.h"
#include "support/suite.h"

enum { CEILING = 4 * 1024 * 1024, OUT_BYTES = 100 };

static struct buf packed, plain;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    packed = buf_with_ceiling(CEILING);
    plain = buf_with_ceiling(CEILING);
}

static void
teardown(void)
{
    buf_free(&packed);
    buf_free(&plain);
}

static bool
append(void *ctx, struct span bytes, struct err *error)
{
    (void)ctx, (void)error;
    buf_append_span(&packed, bytes);
    return true;
}

/* Append one frame to `packed`, or two if it is flushed in the middle. */
static void
pack(struct span text, size_t middle)
{
    struct pack *pack = pack_new();

    ck_assert(pack_add(pack, span_head(text, middle), append, NULL, &err));
    if (middle < text.length)
        ck_assert(pack_end(pack, append, NULL, &err));
    ck_assert(pack_add(pack, span_tail(text, middle), append, NULL, &err));
    ck_assert(pack_end(pack, append, NULL, &err));
    pack_free(pack);
}

static void
pack_text(const char *text)
{
    pack(span_str(text), strlen(text));
}

static bool
take(struct unpack *unpack, struct span piece)
{
    char out[OUT_BYTES];
    size_t length = 0;

    do {
        if (!unpack_read(unpack, &piece, out, sizeof(out), &length, &err))
            return false;
        buf_append_span(&plain, span_of(out, length));
    } while (length > 0 || piece.length > 0);
    return true;
}

/* Decompress `packed` into `plain`, in pieces of `size` bytes. */
static bool
unpack_by(size_t size)
{
    struct unpack *unpack = unpack_new(span_str("\x28\xb5\x2f\xfd"));
    struct span rest = buf_span(&packed);
    bool ok = true;

    buf_clear(&plain);
    while (ok && rest.length > 0) {
        size_t now = rest.length < size ? rest.length : size;

        ok = take(unpack, span_head(rest, now));
        rest = span_tail(rest, now);
    }
    ok = ok && unpack_end(unpack, &err);
    unpack_free(unpack);
    return ok;
}

static void
check_unpacked(struct span text)
{
    static const size_t sizes[] = {1, 2, 3, 17, 1024, CEILING};

    for (int i = 0; i < COUNT(sizes); i++) {
        ck_assert_msg(unpack_by(sizes[i]), "%s", err.message);
        ck_assert_uint_eq(plain.length, text.length);
        ck_assert_int_eq(memcmp(plain.bytes, text.bytes, text.length), 0);
    }
}

START_TEST(the_original_bytes_are_restored)
{
    static char text[300 * 1000];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * i % 251);
    pack(span_of(text, sizeof(text)), sizeof(text));
    check_unpacked(span_of(text, sizeof(text)));
    buf_clear(&packed);
    pack(span_of(text, sizeof(text)), 200 * 1000);
    check_unpacked(span_of(text, sizeof(text)));
}

END_TEST

START_TEST(several_frames_are_joined)
{
    pack_text("one\n");
    pack_text("");
    pack_text("two\n");
    check_unpacked(span_str("one\ntwo\n"));
}

END_TEST

/* pzstd writes a frame before the data that is skipped. */
START_TEST(frames_are_skipped)
{
    buf_append_span(&packed, span_of("\x5f\x2a\x4d\x18\x03\0\0\0abc", 11));
    ck_assert(unpack_is_packed(buf_span(&packed)));
    pack_text("one\n");
    buf_append_span(&packed, span_of("\x50\x2a\x4d\x18\0\0\0\0", 8));
    check_unpacked(span_str("one\n"));
}

END_TEST

START_TEST(a_file_that_is_cut_off_is_refused)
{
    size_t first;

    pack_text("one line of text\n");
    first = packed.length;
    pack_text("two lines of text\n");
    for (size_t length = packed.length - 1; length > 0; length--) {
        packed.length = length;
        if (length == first)
            continue;
        ck_assert_msg(!unpack_by(5), "%zu bytes", length);
        ck_assert_str_eq(err.code, "BAD_ZSTD");
        ck_assert_int_eq(err.kind, ERR_FAILED);
        ck_assert_ptr_nonnull(strstr(err.message, "cut off after"));
    }
}

END_TEST

/* The checksum of the frame finds what its format does not. */
START_TEST(a_file_that_is_damaged_is_refused)
{
    pack_text("one line of text, one line of text, one line of text\n");
    for (size_t at = 0; at < packed.length; at++)
        for (int bit = 1; bit < 256; bit *= 2) {
            packed.bytes[at] ^= (char)bit;
            ck_assert_msg(!unpack_by(CEILING) ||
                              strcmp(buf_str(&plain),
                                     "one line of text, one line of text, one "
                                     "line of text\n") == 0,
                          "byte %zu", at);
            packed.bytes[at] ^= (char)bit;
        }
}

END_TEST

START_TEST(data_after_the_last_frame_is_refused)
{
    pack_text("text\n");
    buf_append_str(&packed, "more");
    ck_assert(!unpack_by(CEILING));
    ck_assert_str_eq(err.code, "BAD_ZSTD");
}

END_TEST

/* A frame header without checksum and size: the byte after it is the exponent
 * of the window, above 10. */
static void
begin_frame(char window)
{
    buf_append_span(&packed, span_of("\x28\xb5\x2f\xfd\0", 5));
    buf_append_char(&packed, window);
}

/* A block of 128 KiB that repeats one byte. */
static void
repeat(char byte, bool is_last)
{
    buf_append_char(&packed, is_last ? '\x03' : '\x02');
    buf_append_span(&packed, span_of("\0\x10", 2));
    buf_append_char(&packed, byte);
}

START_TEST(a_large_window_is_refused)
{
    begin_frame((char)((25 - 10) << 3));
    repeat('x', true);
    ck_assert(!unpack_by(CEILING));
    ck_assert_str_eq(err.code, "ZSTD_WINDOW");
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_ptr_nonnull(strstr(err.message, "more than 16 MiB"));
    buf_clear(&packed);
    begin_frame((char)((24 - 10) << 3));
    repeat('x', true);
    ck_assert_msg(unpack_by(CEILING), "%s", err.message);
    ck_assert_uint_eq(plain.length, 128 * 1024);
}

END_TEST

/* 4 bytes become 128 KiB, but never more than there is room for at once. */
START_TEST(a_small_file_is_unpacked_piece_by_piece)
{
    enum { BLOCKS = 16 * 1024 };
    struct unpack *unpack;
    struct span rest;
    uint64_t sum = 0;
    size_t length;

    begin_frame((char)((17 - 10) << 3));
    for (int i = 1; i <= BLOCKS; i++)
        repeat('\0', i == BLOCKS);
    unpack = unpack_new(buf_span(&packed));
    rest = buf_span(&packed);
    plain.length = 0;
    do {
        static char out[64 * 1024];

        ck_assert(unpack_read(unpack, &rest, out, sizeof(out), &length, &err));
        ck_assert_uint_le(length, sizeof(out));
        sum += length;
    } while (length > 0 || rest.length > 0);
    ck_assert(unpack_end(unpack, &err));
    ck_assert_uint_eq(sum, (uint64_t)BLOCKS * 128 * 1024);
    unpack_free(unpack);
}

END_TEST

START_TEST(zstd_is_recognized_by_its_first_bytes)
{
    ck_assert(unpack_is_packed(span_str("\x28\xb5\x2f\xfd")));
    ck_assert(unpack_is_packed(span_str("\x50\x2a\x4d\x18")));
    ck_assert(!unpack_is_packed(span_str("")));
    ck_assert(!unpack_is_packed(span_str("\x28\xb5\x2f")));
    ck_assert(!unpack_is_packed(span_str("\x60\x2a\x4d\x18")));
    ck_assert(!unpack_is_packed(span_str("{\"id\"")));
}

END_TEST

static Suite *
unzstd_suite(void)
{
    Suite *suite = suite_create("unzstd");
    TCase *tests = tcase_create("unzstd");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_original_bytes_are_restored);
    tcase_add_test(tests, several_frames_are_joined);
    tcase_add_test(tests, frames_are_skipped);
    tcase_add_test(tests, a_file_that_is_cut_off_is_refused);
    tcase_add_test(tests, a_file_that_is_damaged_is_refused);
    tcase_add_test(tests, data_after_the_last_frame_is_refused);
    tcase_add_test(tests, a_large_window_is_refused);
    tcase_add_test(tests, a_small_file_is_unpacked_piece_by_piece);
    tcase_add_test(tests, zstd_is_recognized_by_its_first_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(unzstd_suite());
}
