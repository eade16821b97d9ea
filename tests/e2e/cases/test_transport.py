"""Results as they arrive: in chunks of any size, in any order."""
import json

from cases.queries import CUSTOMERS, PLAIN, PRODUCT, PRODUCTS, VARIANT
from harness.case import Case

TEXTS = ["\u00e9", "\u20ac", "\U0001f600", "\u4e2d\u6587\u5b57",
         "a\u00e9\u20ac\U0001f600b", "\\", "\"", "\U0001f468\u200d\U0001f469"]


class Chunks(Case):
    """Multi-byte characters across the boundaries of chunks."""

    def lines(self):
        out = []
        for n, text in enumerate(TEXTS * 3, 1):
            title = "x" * (n % 5) + text * (n % 7 + 1)
            out.append({"id": f"{PRODUCT}{n}", "title": title})
            out.append({"id": f"{VARIANT}{n}", "sku": text,
                        "__parentId": f"{PRODUCT}{n}"})
        return out

    def check_chunks(self, sizes, **settings):
        lines = self.lines()
        path = self.program.file("result.jsonl", "".join(
            json.dumps(one, ensure_ascii=False) + "\n" for one in lines))
        self.configure()
        self.query("plain", PLAIN)
        for size in sizes:
            self.shop.set(chunk_bytes=size, result_file=path, **settings)
            self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE")
            self.run_program("run")
            self.assertEqual(
                [(one["title"],) for one in lines if "title" in one],
                self.rows("products", "title", "id"))
            self.assertEqual(
                [(one["sku"],) for one in lines if "sku" in one],
                self.rows("products_variants", "sku", "id"))

    def test_small(self):
        self.check_chunks([1, 2, 3])

    def test_odd(self):
        self.check_chunks([5, 7, 13, 64])

    def test_chunked_encoding(self):
        self.check_chunks([1, 11], chunked=True)


class Shapes(Case):
    """Properties that a valid result may have."""

    def check_settings(self, text=PRODUCTS, **settings):
        self.configure()
        self.query("job", text)
        self.shop.set(**settings)
        self.run_program("run")
        self.check_tables(text)
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)
        return self.last_run()

    def test_grouped(self):
        self.check_settings(order="grouped")

    def test_children_before_parents(self):
        self.check_settings(order="child_first")
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        self.check_settings(CUSTOMERS, order="child_first")

    def test_children_twice(self):
        run = self.check_settings(CUSTOMERS, duplicate_children=3)
        self.assertLess(0, run["duplicates"])

    def test_blank_lines(self):
        self.check_settings(blank_lines=2)

    def test_carriage_returns(self):
        self.check_settings(crlf=True)

    def test_no_newline_at_the_end(self):
        self.check_settings(final_newline=False)

    def test_byte_order_mark(self):
        self.check_settings(bom=True)

    def test_an_empty_file(self):
        self.configure()
        self.query("job", PLAIN)
        self.shop.set(empty=True, empty_url=True)
        self.run_program("run")
        self.assertEqual([], self.rows("products"))

    def test_lines_short_and_long(self):
        sizes = [0, 1, 100, 65535, 65536, 65537, 1 << 20, 20 << 20, 3]
        lines = [json.dumps({"id": f"{PRODUCT}{n}", "title": "\u00e9" * (
            size // 2)}, ensure_ascii=False) for n, size in enumerate(sizes)]
        path = self.program.file("result.jsonl",
                                 "".join(one + "\n" for one in lines))
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(result_file=path)
        self.run_program("run")
        self.assertEqual([(n, size // 2) for n, size in enumerate(sizes)],
                         self.rows("products", "id, length(title)"))
