/* gunzip: the original bytes, whatever the size of the pieces, or an error. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "source/gunzip.h"
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

/* Append one gzip member to `packed`. */
static void
pack(const char *text, size_t length)
{
    static unsigned char bytes[1024 * 1024];
    z_stream stream = {.next_in = (z_const Bytef *)text,
                       .avail_in = (uInt)length,
                       .next_out = bytes,
                       .avail_out = sizeof(bytes)};

    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf_append_span(&packed, span_of((char *)bytes, stream.total_out));
    deflateEnd(&stream);
}

static bool
take(struct gunzip *gunzip, struct span piece)
{
    char out[OUT_BYTES];
    size_t length = 0;

    do {
        if (!gunzip_read(gunzip, &piece, out, sizeof(out), &length, &err))
            return false;
        buf_append_span(&plain, span_of(out, length));
    } while (length > 0 || piece.length > 0);
    return true;
}

/* Decompress `packed` into `plain`, in pieces of `size` bytes. */
static bool
unpack_by(size_t size)
{
    struct gunzip *gunzip = gunzip_new();
    struct span rest = buf_span(&packed);
    bool ok = true;

    buf_clear(&plain);
    while (ok && rest.length > 0) {
        size_t now = rest.length < size ? rest.length : size;

        ok = take(gunzip, span_head(rest, now));
        rest = span_tail(rest, now);
    }
    ok = ok && gunzip_end(gunzip, &err);
    gunzip_free(gunzip);
    return ok;
}

static void
check_unpacked(const char *text, size_t length)
{
    static const size_t sizes[] = {1, 2, 3, 17, 1024, CEILING};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        ck_assert_msg(unpack_by(sizes[i]), "%s", err.message);
        ck_assert_uint_eq(plain.length, length);
        ck_assert(length == 0 || memcmp(plain.bytes, text, length) == 0);
    }
}

START_TEST(the_original_bytes_are_restored)
{
    static char text[300000];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * i % 251);
    pack(text, sizeof(text));
    check_unpacked(text, sizeof(text));
}

END_TEST

START_TEST(an_empty_member_has_no_bytes)
{
    pack("", 0);
    check_unpacked("", 0);
}

END_TEST

START_TEST(several_members_are_joined)
{
    pack("one\n", 4);
    pack("", 0);
    pack("two\n", 4);
    check_unpacked("one\ntwo\n", 8);
    buf_append_span(&packed, span_of("\0\0\0", 3));
    check_unpacked("one\ntwo\n", 8);
}

END_TEST

START_TEST(a_file_that_is_cut_off_is_refused)
{
    pack("one line of text\n", 17);
    for (size_t length = packed.length - 1; length > 0; length--) {
        packed.length = length;
        ck_assert(!unpack_by(5));
        ck_assert_str_eq(err.code, "BAD_GZIP");
        ck_assert_int_eq(err.kind, ERR_FAILED);
        ck_assert_ptr_nonnull(strstr(err.message, "cut off after"));
    }
}

END_TEST

/* Every byte is damaged once, except those of the header that gunzip does not
 * check. */
START_TEST(a_file_that_is_damaged_is_refused)
{
    size_t length;

    pack("one line of text\n", 17);
    length = packed.length;
    for (size_t at = 0; at < length; at++) {
        if (at >= 3 && at < 10) /* flags, time, operating system */
            continue;
        packed.bytes[at] ^= 0x10;
        ck_assert_msg(!unpack_by(CEILING), "byte %zu", at);
        ck_assert_str_eq(err.code, "BAD_GZIP");
        packed.bytes[at] ^= 0x10;
    }
}

END_TEST

START_TEST(data_after_the_last_member_is_refused)
{
    pack("text\n", 5);
    buf_append_str(&packed, "more");
    ck_assert(!unpack_by(CEILING));
    ck_assert_ptr_nonnull(strstr(err.message, "data follows the last member"));
    packed.length -= 4;
    buf_append_span(&packed, span_of("\0\0", 2));
    pack("text\n", 5);
    ck_assert(!unpack_by(3));
    ck_assert_ptr_nonnull(strstr(err.message, "data follows the last member"));
}

END_TEST

START_TEST(gzip_is_recognized_by_its_first_bytes)
{
    ck_assert(gunzip_is_packed(span_str("\x1f\x8b")));
    ck_assert(gunzip_is_packed(span_str("\x1f\x8b\x08...")));
    ck_assert(!gunzip_is_packed(span_str("")));
    ck_assert(!gunzip_is_packed(span_str("\x1f")));
    ck_assert(!gunzip_is_packed(span_str("\x1f{")));
    ck_assert(!gunzip_is_packed(span_str("{\"id\"")));
}

END_TEST

static Suite *
gunzip_suite(void)
{
    Suite *suite = suite_create("gunzip");
    TCase *tests = tcase_create("gunzip");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_original_bytes_are_restored);
    tcase_add_test(tests, an_empty_member_has_no_bytes);
    tcase_add_test(tests, several_members_are_joined);
    tcase_add_test(tests, a_file_that_is_cut_off_is_refused);
    tcase_add_test(tests, a_file_that_is_damaged_is_refused);
    tcase_add_test(tests, data_after_the_last_member_is_refused);
    tcase_add_test(tests, gzip_is_recognized_by_its_first_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(gunzip_suite());
}
