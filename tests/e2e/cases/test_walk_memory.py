"""The memory of a run by pages does not depend on the number of rows, and a
hostile answer does not take many times its size."""
import unittest

from cases.walks import FLAT_ARTICLES, ISSUES, LIBRARY
from harness.case import AGAIN, CONFIG, FAILED, OK, PARTIAL, World
from harness.walk_case import WalkCase

MIB = 1 << 20
WALK_MIB, LIMIT_MIB = 64, 96
MANY = "concurrency = 8\n"


def answer(nodes, total=1):
    """A page of issues."""
    return ('{"data":{"repository":{"issues":{"nodes":[' + ",".join(nodes)
            + '],"pageInfo":{"hasNextPage":false,"endCursor":null},'
            f'"totalCount":{total}}}}}}}}}')


def issue(id_, comments="", labels="", next_="false"):
    """An issue with these nodes below it."""
    page = ('{"nodes":[%s],"pageInfo":{"hasNextPage":' + next_
            + ',"endCursor":"c"},"totalCount":1}')
    return ('{"id":"' + id_ + '","comments":' + page % comments
            + ',"labels":' + page % labels + "}")


def repeated(one, bytes_=15 * MIB // 4):
    return ",".join([one] * (bytes_ // (len(one) + 1)))


# Answers of less than 4 MiB whose rows would be much longer, or many.
SHAPES = {
    "a long parent id": lambda: answer(
        [issue("x" * 100_000, repeated('{"id":"1","body":""}'))]),
    "a longer parent id": lambda: answer(
        [issue("x" * 2 * MIB, repeated('{"id":"1","body":""}', MIB))]),
    "short rows": lambda: answer([issue("i", repeated('{"id":"1"}'))]),
    "rows without anything": lambda: answer([issue("i", repeated("{}"))]),
    "nulls": lambda: answer([issue("i", repeated("null"))]),
    "roots": lambda: answer([repeated('{"id":"1"}')]),
    "open connections": lambda: answer(
        [repeated(issue("i", next_="true"))]),
    "a large row": lambda: answer(
        ['{"id":"i","title":"' + "x" * (15 * MIB // 4) + '"}']),
    "escapes": lambda: answer(
        ['{"id":"i","title":"' + "\\u0001" * (MIB // 2) + '"}']),
    "errors": lambda: '{"data":{},"errors":[' + repeated(
        '{"message":"x","path":["repository","issues"]}') + "]}",
    "deep": lambda: '{"data":' + "[" * (15 * MIB // 4),
}


class MemoryCase(WalkCase):
    weight = 30

    def setUp(self):
        super().setUp()
        if World.is_sanitized():
            self.skipTest("the sanitizer needs memory of its own")

    def peak(self, api):
        """Run a source's jobs; returns the most memory, in MiB, and the
        result."""
        running = self.program.start("run", "--store", api)
        peak = running.wait_measuring()
        return peak / 1024, running.result


class Walks(MemoryCase):
    def test_many_rows(self):
        self.sources("plain", page=500, more=MANY)
        self.query("articles", FLAT_ARTICLES, "plain")
        for count in 2_000, 40_000:
            self.control("set", api="plain", sizes={"Article": count})
            peak, result = self.peak("plain")
            self.expect(result, OK)
            self.assertEqual(count, self.db.value(
                "SELECT count(*) AS v FROM plain.articles"))
            self.assertLess(peak, WALK_MIB)

    def test_many_connections(self):
        self.sources("plain", page=50, more=MANY)
        self.query("library", LIBRARY, "plain")
        self.control("set", api="plain", sizes={
            "LibraryInfo.shelves": 300, "Shelf.books": [60, 90]})
        peak, result = self.peak("plain")
        self.expect(result, OK)
        self.assertLess(peak, WALK_MIB)

    def test_large_pages_side_by_side(self):
        """Each answer has about 3 MiB, and eight are in flight."""
        self.sources("plain", page=30, more=MANY)
        self.query("library", LIBRARY, "plain")
        self.control("set", api="plain", sizes={
            "LibraryInfo.shelves": 12, "Shelf.books": 90})
        self.graph.set(api="plain", twists=[{
            "type": "Book", "field": "title", "pad": 100_000}])
        peak, result = self.peak("plain")
        self.expect(result, OK)
        self.assertLess(peak, LIMIT_MIB)
        self.assertEqual({"rows": 12 * 90, "longest": 100_000}, self.db.row(
            "SELECT count(*) AS rows, max(length(title)) AS longest "
            "FROM plain.library_info_shelves_books"))


class Hostile(MemoryCase):
    def test_answers_that_expand(self):
        self.sources("github", more=MANY, tuning="retry_budget = 200ms")
        self.query("issues", ISSUES, "github")
        for name, make in SHAPES.items():
            self.graph.post("rules/clear")
            self.graph.rule({"status": 200, "body": make()}, times=-1,
                            api="github", kind="query", contains="issues(")
            peak, result = self.peak("github")
            with self.subTest(shape=name, peak_mib=peak):
                self.assertLess(peak, LIMIT_MIB)
                self.assertIn(result.status,
                              (OK, PARTIAL, FAILED, AGAIN, CONFIG), result)


if __name__ == "__main__":
    unittest.main()
