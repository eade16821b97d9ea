"""Memory does not depend on the size of a result or of an answer."""
import json

from cases.queries import PLAIN, PRODUCT, VARIANT
from harness.case import (AGAIN, CONFIG, DENIED, FAILED, OK, Case, World,
                          long_run)

LIMIT_KIB = 64 * 1024


def write_lines(path, count):
    """Products with two variants each."""
    with open(path, "w", encoding="utf-8") as file:
        for n in range(count // 3):
            file.write(json.dumps({
                "id": f"{PRODUCT}{n}", "title": f"Product number {n} " * 3,
                "updatedAt": "2026-01-02T03:04:05Z"}) + "\n")
            for i in range(2):
                file.write(json.dumps({
                    "id": f"{VARIANT}{n * 2 + i}", "sku": f"SKU-{n}-{i}",
                    "price": f"{n % 1000}.{i}0",
                    "__parentId": f"{PRODUCT}{n}"}) + "\n")


class Memory(Case):
    weight = 60

    def check_lines(self, count):
        path = self.program.file("result.jsonl", "")
        write_lines(path, count)
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(result_file=path)
        for _ in range(2):
            running = self.program.start("run")
            peak = running.wait_measuring()
            self.expect(running.result, OK)
            if not World.is_sanitized():
                self.assertLess(peak, LIMIT_KIB)
        self.assertEqual([(count // 3,)], self.rows("products", "count(*)"))
        self.assertEqual([(count // 3 * 2,)],
                         self.rows("products_variants", "count(*)"))
        self.assertEqual(count, self.last_run()["rows_unchanged"])

    def test_300_000_lines(self):
        self.check_lines(300_000)

    def test_1_200_000_lines(self):
        if not long_run():
            self.skipTest("E2E_LONG=1 runs it")
        self.check_lines(1_200_000)


def filled(before, one, after, bytes_=15 * 1024 * 1024):
    """Repeat `one` until the text has about this many bytes."""
    return before + ",".join([one] * (bytes_ // (len(one) + 1))) + after


TYPE = '{"data":{"t0":{"kind":"OBJECT","name":"QueryRoot",'
FIELD = '{"name":"","type":{"kind":"ENUM","name":""}}'

# Answers of a store to a request for types: 15 MiB in many shapes.
SHAPES = {
    "fields": lambda: filled(TYPE + '"fields":[', FIELD, "]}}}"),
    "arguments": lambda: filled(
        TYPE + '"fields":[{"name":"a","type":{"kind":"ENUM","name":"b"},'
        '"args":[', FIELD, "]}]}}}"),
    "names": lambda: filled(TYPE + '"possibleTypes":[', '{"name":""}', "]}}}"),
    "numbers in a type": lambda: filled(TYPE + '"x":[', "1", "]}}}"),
    "objects in a type": lambda: filled(TYPE + '"x":[', "{}", "]}}}"),
    "members of data": lambda: filled('{"data":{', '"":1', "}}"),
    "data is a list": lambda: filled('{"data":[', "1", "]}"),
    "errors": lambda: filled('{"errors":[', "1", "]}"),
    "error texts": lambda: filled('{"errors":[', '{"message":"x"}', "]}"),
    "extensions": lambda: filled('{"data":{},"extensions":{', '"a":[]', "}}"),
    "deep": lambda: "[" * (15 * 1024 * 1024),
    "deep objects": lambda: '{"a":' * (3 * 1024 * 1024),
    "deep references": lambda: filled(
        TYPE + '"fields":[{"name":"a","type":'
        + '{"kind":"LIST","ofType":' * 50 + '{"kind":"ENUM","name":"',
        "x" * 1000, '"}' + "}" * 50 + "}]}}}"),
    "a long string": lambda: TYPE + '"x":"' + "x" * (15 << 20) + '"}}}',
    "an escaped string": lambda: TYPE + '"x":"' + "\\n" * (7 << 20) + '"}}}',
    "a long name": lambda: TYPE.replace("QueryRoot", "Q" * (15 << 20))
    + '"fields":[]}}}',
    "a long key": lambda: TYPE + '"' + "k" * (15 << 20) + '":1}}}',
    "a long message": lambda: '{"errors":"' + "x" * (15 << 20) + '"}',
    "tokens": lambda: filled('{"errors":[', '"shpat_a"', "]}"),
    "blanks": lambda: " " * (15 << 20),
    "a page": lambda: "<" * (15 << 20),
    "fewer fields": lambda: filled(TYPE + '"fields":[', FIELD, "]}}}", 7 << 20),
    "fewer names": lambda: filled(TYPE + '"possibleTypes":[', '{"name":""}',
                                  "]}}}", 7 << 20),
    "fewer wrappers": lambda: filled(
        TYPE + '"fields":[', '{"name":"a","type":'
        + '{"kind":"LIST","ofType":' * 50 + '{"kind":"ENUM","name":"b"}'
        + "}" * 51, "]}}}", 7 << 20),
    "too much": lambda: TYPE + '"x":"' + "x" * (17 << 20) + '"}}}',
}


class Answers(Case):
    """An answer of the store never takes many times its size in memory."""

    weight = 60

    def setUp(self):
        super().setUp()
        if World.is_sanitized():
            self.skipTest("the sanitizer needs memory of its own")
        self.configure(tuning="retry_budget = 200ms")
        self.query("plain", PLAIN)

    def peak(self, *arguments, status=None):
        running = self.program.start(*arguments)
        peak = running.wait_measuring()
        if status is not None:
            self.expect(running.result, status)
        return peak // 1024, running.result

    def check_shapes(self, kind, command, size=None):
        for name, make in SHAPES.items():
            self.shop.post("rules/clear")
            self.shop.rule({"status": 200, "body": make()[:size]}, times=-1,
                           kind=kind)
            peak, result = self.peak(command)
            with self.subTest(shape=name, kind=kind, peak_mib=peak):
                self.assertLess(peak, 96)
                self.assertIn(result.status, (FAILED, AGAIN, DENIED, CONFIG),
                              result)

    def test_hostile_types(self):
        self.shop.rule({"status": 400}, times=-1, kind="introspection", nth=2)
        self.run_program("run", status=FAILED)  # the query type is known now
        self.check_shapes("introspection", "run")

    def test_hostile_answers_about_the_shop(self):
        self.check_shapes("shop", "check", 4 << 20)

    def test_hostile_answers_instead_of_a_token(self):
        store = self.shop.stores["acme"]
        self.program.environment["SECRET"] = store["client_secret"]
        self.configure(tuning="retry_budget = 200ms", credentials={
            "acme": f"client_id = {store['client_id']}\n"
                    "client_secret = env:SECRET"})
        self.check_shapes("oauth", "check", 60000)

    def test_the_cache_of_types(self):
        """Each type has 7 MiB that are not needed. The cache stores them, and
        reading them back does not take that much memory."""
        text = TYPE + '"x":"' + "x" * (7 << 20) + '"}}}'
        self.shop.rule({"status": 200, "body": text}, times=2,
                       kind="introspection", nth=2)
        for _ in range(2):
            peak, _ = self.peak("plan", "plain")
            self.assertLess(peak, 96)

    def test_types_of_all_ready_queries(self):
        self.run_program("init", "all")
        names = [line.split()[0] for line in self.run_program(
            "init", "--list").stdout.splitlines()
            if line and not line.startswith("`")]
        self.run_program("init", "--add", ",".join(names))
        peak, _ = self.peak("check")
        self.assertLess(peak, 64)
        peak, _ = self.peak("types", "--store", "acme", status=OK)
        self.assertLess(peak, 64)

    def test_a_file_of_types(self):
        """A file with as many types as the Admin API has, and a hostile one."""
        with open(self.types, encoding="utf-8") as file:
            document = json.load(file)
        types = document.get("data", document)["__schema"]["types"]
        filler = json.dumps(types[:200])
        copies = 10 * 1024 * 1024 // len(filler)
        for i in range(copies):
            for one in json.loads(filler):
                one["name"] += f"_{i}"
                types.append(one)
        path = self.program.file("types.json", json.dumps(document))
        peak, _ = self.peak("plan", "plain", "--types", path, status=OK)
        self.assertLess(peak, 64)
        self.program.file("types.json", filled(
            '{"__schema":{"queryType":{"name":"Q"},"types":[',
            '{"name":""}', "]}}"))
        peak, result = self.peak("plan", "plain", "--types", path)
        self.assertLess(peak, 96)
        self.assertIn("more than 100000 types", result.stderr)
