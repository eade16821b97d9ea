"""Lines at the limits: long, deep, with large numbers; and rejects."""
import hashlib
import json

from cases.queries import METAFIELD, PLAIN, PRODUCT, VARIANT, WIRE
from harness.case import FAILED, OK, PARTIAL, Case, World, joined

MIB = 1024 * 1024
LINE_MOST = 64 * MIB

# Memory that every load may use, and memory per byte of the longest line.
BASE, PER_BYTE = 32 * MIB, 5

GOOD = [json.dumps({"id": f"{PRODUCT}{n}", "title": "good"}).encode()
        for n in range(1, 4)]


def product(body, number=9):
    """A line with the id of a product, followed by `body`."""
    return (b'{"id":"' + PRODUCT.encode() + b'%d",' % number + body + b"}")


class Lines(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("wire", WIRE)

    def load_measuring(self, text, status=OK):
        """Load a file; memory must stay below a limit that depends on the
        longest line."""
        self.program.file("lines.jsonl", text)
        running = self.program.start("load", "--store", "acme", "--types",
                                     self.types, "wire", "lines.jsonl")
        peak = running.wait_measuring()
        self.expect(running.result, status)
        longest = max(len(line) for line in text.split(b"\n"))
        if not World.is_sanitized():
            self.assertLess(peak * 1024, BASE + PER_BYTE * longest)

    def rejected(self, columns="line_number, byte_offset, reason"):
        return self.rows("reject", columns, "line_number", schema="bulkpg")


class Long(Lines):
    weight = 8

    def test_60_megabytes_of_text(self):
        text = b"0123456789abcdef" * (60 * MIB // 16)
        self.load_measuring(joined(GOOD + [
            product(b'"title":"' + text + b'"'),
            product(b'"title":"behind"', 10)]))
        self.assertEqual([("behind",)],
                         self.rows("products WHERE id = 10", "title"))
        self.assertEqual(
            [(len(text), hashlib.md5(text).hexdigest())],
            self.rows("products WHERE id = 9", "length(title), md5(title)"))

    def test_20_megabytes_of_escapes_that_become_others(self):
        """The replaced characters need a second copy of the line."""
        count = 20 * MIB // 12
        self.load_measuring(joined(GOOD + [
            product(b'"tags":["' + b"\\u0000\\ud800" * count + b'"]')]))
        self.assertEqual([(2 * count, "\ufffd" * 3)], self.rows(
            "products WHERE id = 9", "length(tags->>0), left(tags->>0, 3)"))
        self.assertEqual(2 * count, self.last_run()["sanitized"])

    def test_the_longest_line_and_one_byte_more(self):
        head = product(b'"title":"x","pad":"')[:-1]
        whole = head + b" " * (LINE_MOST - len(head) - 2) + b'"}'
        self.load_measuring(joined([whole] + GOOD))
        self.assertEqual(4, len(self.rows("products")))
        self.load_measuring(joined(GOOD[:1] + [whole + b" "] + GOOD[1:]),
                            PARTIAL)
        ((line, offset, reason),) = self.rejected()
        self.assertEqual((2, len(GOOD[0]) + 1), (line, offset))
        self.assertIn(str(LINE_MOST), reason)
        self.assertEqual(
            [(MIB, hashlib.md5(whole[:MIB]).hexdigest())],
            self.rejected("length(raw), md5(raw)"))
        self.assertEqual(4, len(self.rows("products")))
        self.assertEqual(4, self.last_run()["lines"])

    def test_no_newline_for_long(self):
        """A file whose last line never ends."""
        self.load_measuring(joined(GOOD) + b"{" * (70 * MIB), PARTIAL)
        ((line, offset, _),) = self.rejected()
        self.assertEqual((4, len(joined(GOOD))), (line, offset))
        self.assertEqual(3, len(self.rows("products")))


class Deep(Lines):
    def test_ten_thousand_levels(self):
        """Levels of lists, of objects, and of both, closed or not."""
        depth = 10_000
        bad = [product(b'"tags":' + one) for one in (
            b"[" * depth + b"]" * depth,
            b'{"a":' * depth + b"1" + b"}" * depth,
            b'[{"a":' * depth + b"1" + b"}]" * depth,
            b"[" * depth)]
        bad.append(b"[" * depth)
        bad.append(b'{"a":' * depth)
        self.load_measuring(joined(GOOD + bad), PARTIAL)
        self.assertEqual([(4 + n,) for n in range(len(bad))],
                         self.rejected("line_number"))
        self.assertIn("deep", self.rejected("reason")[0][0])
        self.assertEqual(3, len(self.rows("products")))

    def test_64_levels_and_one_more(self):
        """The braces of the line are one level."""
        def nested(levels):
            return b"[" * levels + b"]" * levels

        self.load("wire", [product(b'"tags":' + nested(63), 1),
                           product(b'"tags":' + nested(64), 2),
                           product(b'"unknown":' + nested(64), 3)],
                  status=PARTIAL)
        self.assertEqual([(1,)], self.rows("products", "id"))
        self.assertEqual([(2,), (3,)], self.rejected("line_number"))


class Ahead(Lines):
    """A result that is so large that a second thread parses its lines."""
    weight = 8
    count = 60_000

    def setUp(self):
        super().setUp()
        text = "\\u00e9 \\/ \\\\ \\ud800 " + 200 * "x"
        self.lines = [product(b'"title":"%d %s"' % (n, text.encode()), n)
                      for n in range(self.count)]

    def check_titles(self, left_out):
        text = "\u00e9 / \\ \ufffd " + 200 * "x"
        titles = "".join(f"{n} {text}" for n in range(self.count)
                         if n not in left_out)
        self.assertEqual(
            [(hashlib.md5(titles.encode()).hexdigest(),)],
            self.rows("products", "md5(string_agg(title, '' ORDER BY id))"))

    def test_bad_lines(self):
        """Each is reported with its place and text, and no other is lost."""
        last = self.count - 1
        bad = {50_000: b"nonsense",
               51_000: product(b'"title":"\xff"'),
               52_000: product(b'"totalInventory":1.5'),
               53_000: product(b'"totalInventory":1.5,"tags":["%s"]'
                               % (b"long" * 50_000)),
               last: b'{"id":'}
        for n, text in bad.items():
            self.lines[n] = text
        self.load_measuring(joined(self.lines), PARTIAL)
        self.check_titles(bad)
        ends = [0]
        for line in self.lines:
            ends.append(ends[-1] + len(line) + 1)
        self.assertEqual(
            [(n + 1, ends[n], hashlib.md5(text).hexdigest())
             for n, text in bad.items()],
            self.rejected("line_number, byte_offset, md5(raw)"))
        self.assertEqual(self.count, self.last_run()["lines"])
        self.assertEqual(self.count - len(bad), self.last_run()["sanitized"])

    def test_a_late_line_that_widens_a_column(self):
        """The load restarts while lines are parsed."""
        self.lines[55_000] = b'{"id":"gid://other/9","title":"other"}'
        self.load_measuring(joined(self.lines))
        self.assertEqual([(self.count,)], self.rows("products", "count(*)"))
        self.assertEqual([("other",)], self.rows(
            "products WHERE id = 'gid://other/9'", "title"))

    def test_nothing_changed(self):
        self.load_measuring(joined(self.lines))
        before = self.snapshot()
        self.load_measuring(joined(self.lines))
        self.check_unchanged(before)
        self.check_titles({})


class Numbers(Lines):
    def amount(self, text, number):
        return product(b'"priceRangeV2":{"minVariantPrice":{"amount":%s}}'
                       % text, number)

    def test_many_digits(self):
        """Up to 10,000 digits, before and after the point, as JSON and as
        text."""
        most = b"7" * 5000
        lines = [self.amount(most, 1), self.amount(b'"' + most + b'"', 2),
                 self.amount(b"0." + most, 3), self.amount(b"1e5000", 4),
                 self.amount(b"9" * 20000, 5),
                 self.amount(b'"' + b"9" * 20000 + b'"', 6),
                 self.amount(b"1e999999999999", 7),
                 self.amount(b"0." + b"1" * 20000, 8),
                 product(b'"tags":[' + most + b"]", 9),
                 product(b'"tags":[' + b"9" * 20000 + b"]", 10)]
        self.load_measuring(joined(lines), PARTIAL)
        self.assertEqual([(5,), (6,), (7,), (8,), (10,)],
                         self.rejected("line_number"))
        self.assertEqual(
            [(1, most.decode()), (2, most.decode()),
             (3, "0." + most.decode()), (4, "1" + "0" * 5000), (9, None)],
            self.rows("products", "id, "
                      "price_range_v2_min_variant_price_amount::text"))
        self.assertEqual([(most.decode(),)], self.rows(
            "products WHERE id = 9", "tags->>0"))


class Kept(Lines):
    """Bad lines are reported; unusual but valid lines are loaded."""

    def test_marks_and_endings(self):
        bom = b"\xef\xbb\xbf"
        text = (bom + product(b'"title":"first"', 1) + b"\r\n"
                + bom + product(b'"title":"bom"', 2) + b"\r\n"
                + product(b'"title":"\xef\xbb\xbfin a value"', 3) + b"\r\n"
                + b"\r\n" + product(b'"title":"a\rb"', 4) + b"\r\n"
                + product(b'"title":"last"', 5) + b"\r")
        self.load("wire", text, status=PARTIAL)
        self.assertEqual([(1, "first"), (3, "\ufeffin a value"),
                          (5, "last")], self.rows("products", "id, title"))
        self.assertEqual([(2,), (5,)], self.rejected("line_number"))

    def test_a_key_twice(self):
        """The last value counts, also if the kinds differ, and in objects."""
        self.load("wire", [
            product(b'"title":{"a":1},"title":"b"', 1),
            product(b'"title":"a","title":null', 2),
            product(b'"priceRangeV2":{"minVariantPrice":{"amount":1}},'
                    b'"priceRangeV2":{"minVariantPrice":{"amount":2}}', 3),
            product(b'"priceRangeV2":{"minVariantPrice":{"amount":1}},'
                    b'"priceRangeV2":null', 4),
            product(b'"\\u0074itle":"escaped","t\\u0069tle":"twice"', 5)])
        self.assertEqual(
            [(1, "b", None), (2, None, None), (3, None, 2), (4, None, None),
             (5, "twice", None)],
            self.rows("products", "id, title, "
                      "price_range_v2_min_variant_price_amount"))
        self.assertEqual(0, self.last_run()["rejects"])

    def test_characters_that_are_replaced(self):
        """Replaced characters in values and in keys of jsonb, and keys that
        become equal."""
        lines = [
            product(b'"title":"\\u0000","tags":["\\uD800","\\uDC00\\uD800",'
                    b'"\\ud83d\\u0041","\\ud83d\\ud83d\\ude00"]', 1),
            product(b'"\\u0000":1,"title":"\\\\u0000\\\\\\u0000"', 2),
            b'{"id":"%s3","key":"\\u0000","jsonValue":{"\\u0000":1,'
            b'"\\ud800":2,"x":"\\uDFFF"},"__parentId":"%s1"}'
            % (METAFIELD.encode(), PRODUCT.encode())]
        self.load("wire", lines)
        self.assertEqual(
            [("\ufffd", ["\ufffd", "\ufffd\ufffd", "\ufffdA",
                         "\ufffd\U0001f600"]),
             ("\\u0000\\\ufffd", None)],
            self.rows("products", "title, tags", "id"))
        self.assertEqual([("\ufffd", {"\ufffd": 2, "x": "\ufffd"})],
                         self.rows("products_metafields", "key, json_value"))
        self.assertEqual(12, self.last_run()["sanitized"])
        self.assertEqual("loaded", self.last_run()["status"])

    def test_every_reason_says_where_and_what(self):
        bad = {b"nonsense": "", product(b'"title":"\xff"'): "UTF-8",
               product(b'"title":"a\x00b"'): "NUL",
               product(b'"totalInventory":1.5'): "total_inventory",
               b'{"title":"x"}': "id",
               b'{"id":"gid://shopify/Weird/9","__parentId":"' +
               PRODUCT.encode() + b'1"}': ""}
        self.load("wire", GOOD + list(bad), status=PARTIAL)
        offset = len(joined(GOOD))
        for n, ((line, at, reason, raw), (text, word)) in enumerate(zip(
                self.rejected("line_number, byte_offset, reason, "
                              "encode(raw, 'hex')"), bad.items())):
            self.assertEqual((n + 4, offset, text.hex()), (line, at, raw))
            self.assertIn(word, reason)
            self.assertLess(5, len(reason))
            offset += len(text) + 1
        self.assertEqual(len(bad), self.last_run()["rejects"])


class Watermark(Case):
    """A run with rejects does not move the watermark and removes nothing."""

    def test_rejects_hold_the_watermark_until_accepted(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute("UPDATE bulkpg.watermark SET high = high - interval "
                        "'1 day', last_full = last_full - interval '1 day'")
        first = self.db.row("SELECT * FROM bulkpg.watermark")
        self.change(store="acme", type="Product", count=2, delete=True)
        changed = self.change(store="acme", type="Product", count=1,
                              set={"title": "changed"})
        self.shop.set(edits=[{"line": 3, "insert": "nonsense"}])
        self.run_program("run", status=PARTIAL)
        self.assertEqual(first, self.db.row("SELECT * FROM bulkpg.watermark"))
        self.assertEqual(60, len(self.rows("products")))
        self.assertEqual(len(changed), len(self.rows(
            "products WHERE title = 'changed'")))
        self.run_program("run", "--accept-rejects", status=PARTIAL)
        moved = self.db.row("SELECT * FROM bulkpg.watermark")
        self.assertLess(first["high"], moved["high"])
        self.assertLess(first["last_full"], moved["last_full"])
        self.assertEqual(60, len(self.rows("products")))
        self.shop.set(edits=[])
        self.run_program("run", "--force-deletes")
        self.check_tables(PLAIN)

    def test_rejects_of_a_run_that_fails(self):
        """The rejects are saved; the tables do not change."""
        self.configure(tuning="max_rejects = 2")
        self.query("plain", PLAIN)
        self.run_program("run")
        before = self.snapshot()
        self.shop.set(edits=[{"line": n, "insert": "nonsense"}
                             for n in (3, 5, 7)])
        self.run_program("run", status=FAILED)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual([(3,), (5,), (7,)], self.rows(
            "reject", "line_number", "line_number", schema="bulkpg"))


class Repeated(Case):
    """If an element appears twice in a list, the rows of the last one count."""

    def prepare(self, options):
        self.configure()
        self.query("job", "{ orders { edges { node { id fulfillments" + options
                   + " { id name trackingInfo @table(name: \"infos\") { "
                   "number } } } } } }")

    def infos(self, *fulfillments):
        self.load("job", [json.dumps({
            "id": "gid://shopify/Order/1", "fulfillments": [
                {"id": f"gid://shopify/Fulfillment/{number}", "name": name,
                 "trackingInfo": [{"number": info} for info in infos]}
                for number, name, infos in fulfillments]})])
        self.check_no_staging()
        return self.rows("infos", "_parent_id, _ordinal, number", "1, 2")

    def test_its_own_lists(self):
        """On a first load and on a later one."""
        self.prepare(' @table(name: "parts")')
        for _ in range(2):
            self.assertEqual(
                [(1, 0, "v"), (1, 1, "w"), (2, 0, "z")],
                self.infos((1, "a", ["x", "y", "u"]), (2, "b", ["z"]),
                           (1, "c", ["v", "w"])))
            self.assertEqual([(1, "c"), (2, "b")],
                             self.rows("parts", "id, name"))

    def test_elements_of_a_skipped_table(self):
        self.prepare(" @table(skip: true)")
        self.assertEqual([(1, 0, "v")], self.infos(
            (1, "a", ["x", "y"]), (1, "c", ["v"])))

    def test_lists_of_rows_with_ids(self):
        self.configure()
        self.query("job", "{ products { edges { node { id options @table "
                   "{ id optionValues @table(name: \"vals\") { id } } } } } "
                   "}")
        self.load("job", [json.dumps({"id": f"{PRODUCT}1", "options": [
            {"id": "gid://shopify/ProductOption/1", "optionValues": [
                {"id": f"gid://shopify/ProductOptionValue/{value}"}
                for value in values]} for values in ([1, 2, 3], [3, 4])]})])
        self.assertEqual([(1, 3), (1, 4)],
                         self.rows("vals", "_parent_id, id", "2"))
