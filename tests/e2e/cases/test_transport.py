"""Results as they come over the wire: cut anywhere, in any order, broken."""
import json
import os

from cases.queries import CUSTOMERS, PLAIN, PRODUCT, PRODUCTS, VARIANT
from harness.case import FAILED, OK, Case

TEXTS = ["\u00e9", "\u20ac", "\U0001f600", "\u4e2d\u6587\u5b57",
         "a\u00e9\u20ac\U0001f600b", "\\", "\"", "\U0001f468\u200d\U0001f469"]


class Chunks(Case):
    """Multi-byte text across every edge of what arrives."""

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
    """What may be in a file without anything being wrong."""

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


class Broken(Case):
    """Downloads that break and go on."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PRODUCTS)

    def run_and_check(self, **ranges):
        result = self.run_program("run")
        self.check_tables(PRODUCTS)
        self.check_no_staging()
        self.assertEqual(1, len(self.shop.operations()))
        return result

    def test_cut(self):
        self.shop.rule({"truncate_after": 30001}, kind="storage")
        self.run_and_check()
        ranges = [one["range"] for one in self.requests(kind="storage")]
        self.assertEqual([None, "bytes=30001-"], ranges)
        self.assertIsNotNone(self.requests(kind="storage")[1]["if_range"])

    def test_cut_again_and_again(self):
        self.shop.rule({"truncate_after": 20000}, times=5, kind="storage")
        self.run_and_check()

    def test_cut_inside_a_character(self):
        self.change(store="acme", type="Product", count=60,
                    set={"title": "\U0001f600" * 3000})
        self.shop.rule({"truncate_after": 10003}, times=20, kind="storage")
        self.run_and_check()

    def test_stalled(self):
        self.shop.rule({"stall_after": 10000}, kind="storage")
        self.run_and_check()

    def test_no_ranges(self):
        self.shop.set(ranges=False)
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.run_and_check()

    def test_another_etag(self):
        self.shop.rule({"truncate_after": 30000, "etag": "other"},
                       kind="storage")
        self.run_and_check()

    def test_server_errors(self):
        for n, status in enumerate((500, 502, 503, 429, 408), 1):
            self.shop.rule({"status": status, "body": "<Error/>"}, nth=n,
                           kind="storage")
        self.run_and_check()

    def test_a_page_instead_of_a_result(self):
        self.shop.rule({"status": 200, "body": "<html>sorry</html>",
                        "headers": {"Content-Type": "text/html"}},
                       kind="storage")
        self.run_and_check()

    def test_connection_refused_midway(self):
        self.shop.rule({"close": True}, times=2, kind="storage")
        self.run_and_check()

    def test_lapsed_url(self):
        self.shop.rule({"status": 400, "body":
                        "<Error><Code>ExpiredToken</Code></Error>"},
                       kind="storage")
        self.run_and_check()

    def test_url_lapsed_for_good(self):
        """Then the operation is submitted anew."""
        self.shop.next(url_lifetime_s=0)
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.assertEqual(2, len(self.shop.operations()))

    def test_a_redirect_is_refused(self):
        self.shop.rule({"status": 302, "headers": {"Location":
                        self.shop.endpoint}, "body": ""}, times=-1,
                       kind="storage")
        before = len(self.requests(server="admin"))
        result = self.program.run("run")
        self.assertNotEqual(OK, result.status)
        self.assertEqual({}, self.snapshot())
        self.assertLess(len(self.requests(server="admin")) - before, 30)

    def test_always_cut_at_the_same_byte(self):
        self.run_program("run")
        before = self.snapshot()
        self.change(store="acme", type="Product", count=3, set={"title": "x"})
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.shop.rule({"truncate_after": 0}, times=-1, kind="storage")
        self.run_program("run", status=FAILED)
        self.check_unchanged(before)
        self.check_no_staging()

    def test_api_in_trouble(self):
        throttled = {"status": 200, "body": {"errors": [{
            "message": "Throttled", "extensions": {"code": "THROTTLED"}}]}}
        for n, action in enumerate((
                {"status": 503, "body": "<html>"}, {"close": True},
                {"status": 429, "body": {"errors": "x"}},
                {"status": 200, "body": "<html>"}, throttled), 1):
            for kind in ("poll", "introspection"):
                self.shop.rule(action, nth=n, kind=kind)
        self.shop.rule(throttled, kind="run")
        self.run_and_check()

    def test_an_answer_that_tells_nothing(self):
        """Whether the operation began is not known: it did not."""
        self.shop.rule({"status": 503, "body": "<html>"}, kind="run")
        self.run_and_check()

    def test_lost_answer_to_the_submission(self):
        self.shop.rule({"after": True, "close": True}, kind="run")
        self.run_and_check()

    def test_keep_while_broken(self):
        os.mkdir(os.path.join(self.program.directory, "kept"))
        self.shop.set(ranges=False)
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.run_program("run", "--keep", "kept")
        (operation,) = self.shop.operations()
        run_id = self.last_run()["run_id"]
        with open(operation["path"], "rb") as file:
            self.assertEqual(file.read(), self.program.read(
                f"kept/acme.job.{run_id}.1.jsonl"))
