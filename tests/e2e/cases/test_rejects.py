"""Lines that cannot be loaded are saved, and the others are loaded."""
import json
import os

from cases.queries import METAFIELD, PRODUCT, VARIANT, WIRE
from harness.case import FAILED, PARTIAL, Case, joined

GOOD = [json.dumps({"id": f"{PRODUCT}{n}", "title": "good"}).encode()
        for n in range(1, 6)]

# Each is one line that is rejected.
BAD = {
    "nonsense": b"nonsense",
    "an array": b'[{"id":"x"}]',
    "a string": b'"x"',
    "a number": b"12",
    "null": b"null",
    "cut off": b'{"id":"gid://shopify/Product/9","title":"x',
    "two objects": b'{"id":"gid://shopify/Product/8"}'
                   b'{"id":"gid://shopify/Product/9"}',
    "a trailing comma": b'{"id":"gid://shopify/Product/9",}',
    "a comment": b'{"id":"gid://shopify/Product/9"} // x',
    "too deep": b'{"id":"gid://shopify/Product/9","tags":' + b"[" * 64
                + b"]" * 64 + b"}",
    "no id": b'{"title":"x"}',
    "id is null": b'{"id":null,"title":"x"}',
    "a bad byte": b'{"id":"gid://shopify/Product/9","title":"\xff"}',
    "an overlong form": b'{"id":"gid://shopify/Product/9","title":"\xc0\x80"}',
    "a raw surrogate": b'{"id":"gid://shopify/Product/9",'
                       b'"title":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"id":"gid://shopify/Product/9",'
                      b'"title":"\xf4\x90\x80\x80"}',
    "a cut character": b'{"id":"gid://shopify/Product/9","title":"\xe2\x82"}',
    "a raw NUL": b'{"id":"gid://shopify/Product/9","title":"a\x00b"}',
    "a NUL outside": b'{"id":"gid://shopify/Product/9"}\x00',
    "a control character": b'{"id":"gid://shopify/Product/9","title":"\x01"}',
    "a BOM inside": b'\xef\xbb\xbf{"id":"gid://shopify/Product/9"}',
    "text for integer": b'{"id":"gid://shopify/Product/9",'
                        b'"totalInventory":"many"}',
    "a fraction for integer": b'{"id":"gid://shopify/Product/9",'
                              b'"totalInventory":1.5}',
    "too much for integer": b'{"id":"gid://shopify/Product/9",'
                            b'"totalInventory":2147483648}',
    "text for boolean": b'{"id":"gid://shopify/Product/9",'
                        b'"isGiftCard":"maybe"}',
    "text for numeric": b'{"id":"gid://shopify/Product/9","priceRangeV2":'
                        b'{"minVariantPrice":{"amount":"12,50"}}}',
    "text for time": b'{"id":"gid://shopify/Product/9",'
                     b'"createdAt":"yesterday"}',
    "no such day": b'{"id":"gid://shopify/Product/9",'
                   b'"createdAt":"2023-02-29T00:00:00Z"}',
    "too many digits": b'{"id":"gid://shopify/Product/9","priceRangeV2":'
                       b'{"minVariantPrice":{"amount":"'
                       + b"9" * 10001 + b'"}}}',
    "too many digits in JSON": b'{"id":"gid://shopify/Metafield/9",'
                               b'"key":"k","jsonValue":1e20000,'
                               b'"__parentId":"gid://shopify/Product/1"}',
    "no connection for it": b'{"id":"gid://shopify/Weird/9","__parentId":'
                            b'"gid://shopify/Product/1"}',
    "keys of no connection": b'{"foo":1,"__parentId":'
                             b'"gid://shopify/Product/1"}',
    "__parentId is not a string": b'{"id":"gid://shopify/ProductVariant/9",'
                                  b'"__parentId":7}',
}


class Rejects(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("wire", WIRE)

    def test_every_bad_line(self):
        """All bad lines in one file, between good lines."""
        lines, offset, wanted = [], 0, []
        for n, (name, bad) in enumerate(BAD.items()):
            good = json.dumps({"id": f"{PRODUCT}{n + 1000}",
                               "title": name}).encode()
            for line in (good, bad):
                if line is bad:
                    wanted.append((len(lines) + 1, offset, bad.hex()))
                lines.append(line)
                offset += len(line) + 1
        result = self.load("wire", lines, status=PARTIAL)
        found = [(row["line_number"], row["byte_offset"], row["raw"])
                 for row in self.db.rows(
                     "SELECT line_number, byte_offset, encode(raw, 'hex') "
                     "AS raw FROM bulkpg.reject ORDER BY line_number")]
        names = dict(zip((line for line, _, _ in wanted), BAD))
        self.assertEqual(
            [], [names[one[0]] for one in wanted if one not in found],
            f"not rejected, or with a wrong line, offset or raw: {result}")
        self.assertEqual(len(wanted), len(found))
        self.assertEqual(sorted((name,) for name in BAD), self.rows(
            "products", "title", "title"))
        run = self.last_run()
        self.assertEqual(("loaded_with_rejects", len(BAD), len(lines)),
                         (run["status"], run["rejects"], run["lines"]))
        self.assertEqual([], self.db.column(
            "SELECT line_number FROM bulkpg.reject WHERE reason = ''"))

    def test_reasons_name_column_and_object(self):
        self.load("wire", GOOD + [BAD["text for integer"]], status=PARTIAL)
        row = self.db.row("SELECT * FROM bulkpg.reject")
        self.assertIn("total_inventory", row["reason"])
        self.assertEqual(("products", PRODUCT + "9"),
                         (row["table_name"], row["object_id"]))

    def test_nothing_is_removed_in_such_a_run(self):
        child = [f'{{"id":"{VARIANT}1","title":"v","__parentId":"'
                 f'{PRODUCT}1"}}'.encode()]
        self.load("wire", GOOD + child)
        new = json.dumps({"id": PRODUCT + "1", "title": "new"}).encode()
        born = json.dumps({"id": PRODUCT + "7", "title": "born"}).encode()
        self.load("wire", [new, born, b"bad"], status=PARTIAL)
        self.assertEqual([(1, "new"), (2, "good"), (3, "good"), (4, "good"),
                          (5, "good"), (7, "born")],
                         self.rows("products", "id, title"))
        self.assertEqual([(1, 1)], self.rows("products_variants",
                                             "_parent_id, id"))
        self.assertEqual(0, self.last_run()["rows_deleted"])

    def test_over_max_rejects(self):
        self.configure(tuning="max_rejects = 3")
        self.load("wire", GOOD)
        before = self.snapshot()
        result = self.load("wire", GOOD[:1] + [b"bad"] * 4, status=FAILED)
        self.assertIn("max_rejects", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual("failed", self.last_run()["status"])
        self.assertLessEqual(1, len(self.rows("reject", schema="bulkpg")))
        self.load("wire", GOOD + [b"bad"] * 3, status=PARTIAL)

    def test_among_many_lines(self):
        """Of a batch with one value that only the database refuses, only that
        row is rejected."""
        lines = [json.dumps({"id": f"{METAFIELD}{n}", "key": "k",
                             "jsonValue": {"n": n},
                             "__parentId": f"{PRODUCT}1"}).encode()
                 for n in range(5000)]
        for n in (0, 777, 4999):
            lines[n] = lines[n].replace(b'"jsonValue": {',
                                        b'"totalInventory":1,"jsonValue": {')
        bad = (b'{"id":"%s9999999","key":"k","jsonValue":1e200000,'
               b'"__parentId":"%s1"}' % (METAFIELD.encode(),
                                         PRODUCT.encode()))
        lines[3000] = bad
        self.load("wire", GOOD + lines, status=PARTIAL)
        self.assertEqual([(3006,)], self.rows("reject", "line_number",
                                              schema="bulkpg"))
        self.assertEqual([(4999,)], self.rows("products_metafields",
                                              "count(*)"))

    def test_unusual_files_are_accepted(self):
        """Blank lines, carriage returns, a BOM at the start and a missing last
        newline are not rejects."""
        text = (b"\xef\xbb\xbf" + GOOD[0] + b"\r\n\n   \n\r\n\t\n" + GOOD[1]
                + b"\r\n  " + GOOD[2] + b"  \n" + GOOD[3])
        self.load("wire", text)
        self.assertEqual([(1,), (2,), (3,), (4,)],
                         self.rows("products", "id"))
        self.assertEqual(0, self.last_run()["rejects"])
        self.assertEqual(4, self.last_run()["lines"])

    def test_through_a_store(self):
        """Rejects in a download, where bulkpg also compares counts."""
        self.shop.set(edits=[
            {"line": 3, "insert": "nonsense"},
            {"line": 5, "insert_base64": "eyJpZCI6Iv8ifQ=="},
            {"line": -1, "insert": "{\"cut"}])
        result = self.run_program("run", status=PARTIAL)
        self.assertIn("reject", result.output)
        self.assertEqual(
            [(3, "nonsense"), (5, None)],
            [(line, "nonsense" if raw == b"nonsense".hex() else None)
             for line, raw in self.rows("reject", "line_number, encode(raw, "
                                        "'hex')", schema="bulkpg")[:2]])
        run = self.last_run()
        self.assertEqual(("loaded_with_rejects", 3),
                         (run["status"], run["rejects"]))
        self.shop.set(edits=[])
        self.run_program("run")
        self.check_tables(WIRE)

    def test_saved_lines_are_limited_in_size(self):
        line = b'{"id":"' + b"x" * (2 << 20)
        self.load("wire", joined(GOOD[:1]) + line + b"\n", status=PARTIAL)
        self.assertEqual([(1 << 20,)], self.rows(
            "reject", "octet_length(raw)", schema="bulkpg"))


class Refused(Case):
    """Rows that only the server refuses: they are larger than a page."""

    COLUMNS = 1490

    def line(self, number, filled):
        row = {"id": f"gid://shopify/Product/{number}", "title": "t"}
        if filled:
            row.update({f"c{i}": "2026-01-01T00:00:00Z"
                        for i in range(self.COLUMNS)})
        return json.dumps(row)

    def setUp(self):
        super().setUp()
        self.configure()
        aliases = " ".join(f"c{i}: createdAt" for i in range(self.COLUMNS))
        self.query("wide", "{ products { edges { node { id title " + aliases +
                   " } } } }")

    def hand_out(self, name, lines):
        self.program.file(name, joined(lines))
        self.shop.set(result_file=os.path.join(self.program.directory, name))

    def test_lines_of_another_result(self):
        """A line refused in one result does not exclude the line with the same
        number in the next result."""
        self.hand_out("first.jsonl", [self.line(number, number == 7)
                                      for number in range(1, 21)])
        self.shop.rule({"hold": True}, kind="storage")
        self.shop.rule({"status": 403, "body": "<Error/>"}, nth=2, times=2,
                       kind="storage")
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="storage"))
        self.hand_out("second.jsonl", [self.line(number, number == 7)
                                       for number in range(3, 21)])
        self.shop.post("release")
        self.expect(running.wait(), PARTIAL)
        self.assertEqual(2, len(self.shop.operations()))
        self.assertEqual([5], self.db.column(
            "SELECT line_number FROM bulkpg.reject"))
        self.assertEqual([number for number in range(3, 21) if number != 7],
                         self.db.column("SELECT id FROM acme.products "
                                        "ORDER BY 1"))

    def test_only_the_refused_rows_are_rejected(self):
        wrong = (7, 1200, 1201)
        lines = [self.line(number, number in wrong)
                 for number in range(1, 2001)]
        self.load("wide", lines, status=PARTIAL)
        self.assertEqual(2000 - len(wrong),
                         self.db.value("SELECT count(*) FROM acme.products"))
        rejects = self.db.rows(
            "SELECT line_number, reason, length(raw) AS length "
            "FROM bulkpg.reject ORDER BY 1")
        self.assertEqual(list(wrong), [row["line_number"] for row in rejects])
        for row in rejects:
            self.assertIn("row is too big", row["reason"])
            self.assertEqual(len(self.line(row["line_number"], True)),
                             row["length"])
        self.check_no_staging()
