"""Allocations that fail, and the number of allocations."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from cases.queries import PLAIN, PRODUCT, VARIANT
from harness.case import (AGAIN, CONFIG, DENIED, FAILED, INTERNAL, OK, USAGE,
                          Case, World, long_run)

HERE = os.path.dirname(__file__)
CLEAN = (OK, INTERNAL, FAILED, AGAIN, DENIED, CONFIG)


def lines(products, first=0):
    """Lines of products with two variants each; strings have escapes."""
    text = []
    for n in range(products):
        text.append(json.dumps({
            "id": f"{PRODUCT}{n}", "title": f"Prod\u00fcct {first + n}\\",
            "updatedAt": "2026-01-02T03:04:05Z"}))
        for i in range(2):
            text.append(json.dumps({
                "id": f"{VARIANT}{n * 2 + i}", "sku": f"SKU-{n}-{i}",
                "price": f"{n % 1000}.{i}0",
                "__parentId": f"{PRODUCT}{n}"}))
    return "\n".join(text) + "\n"


class Allocation(Case):
    weight = 30

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="e2e-malloc-")
        os.chmod(cls.folder, 0o755)
        cls.library = os.path.join(cls.folder, "malloc.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", cls.library,
                        os.path.join(HERE, "..", "malloc.c")], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        super().setUp()
        if World.is_sanitized():
            self.skipTest("the sanitizer has a malloc of its own")
        self.configure()
        self.query("plain", PLAIN)

    def run_with(self, *arguments, **how):
        environment = {"LD_PRELOAD": self.library,
                       **{name: str(value) for name, value in how.items()}}
        return self.program.run(*arguments, environment=environment)

    def load_arguments(self, name):
        return ("load", "--store", "acme", "--types", self.types, "plain",
                name)

    def count(self, *arguments, status=OK):
        """Run the program; returns the number of its allocations."""
        path = os.path.join(self.program.directory, "count")
        self.expect(self.run_with(*arguments, MALLOC_COUNT=path), status)
        return int(self.program.read("count"))

    # ---- counts ----------------------------------------------------------

    def test_no_allocation_per_row(self):
        counts = []
        for products in (7_000, 14_000):
            self.program.file("lines", lines(products))
            self.count(*self.load_arguments("lines"))
            counts.append(self.count(*self.load_arguments("lines")))
        rows = 3 * 7_000
        # libpq makes a few allocations for the answer to a batch of 500 rows.
        self.assertLess(abs(counts[1] - counts[0]), rows / 20, counts)

    # ---- failures --------------------------------------------------------

    def contents(self):
        return (self.rows("products", "id, title, updated_at"),
                self.rows("products_variants", "_parent_id, id, sku, price",
                          order="1, 2"))

    def fail_everywhere(self, offer, arguments):
        """Fail the n-th allocation, or all from the n-th on, for many n of a
        run that changes the tables. The program must end cleanly, with the
        tables as before or as after. offer(side) selects one of two results
        for the next run."""
        states, points = [], 150 if long_run() else 10
        for side in (0, 1):
            offer(side)
            self.run_program(*arguments)
            states.append(self.contents())
        offer(0)
        last = self.count(*arguments)
        # Start after the configuration is read, because libini_config crashes
        # if an allocation fails. Nothing else has happened until then.
        first = self.count("run", "no-such-job", status=USAGE)
        current = 0
        for name in ("MALLOC_FAIL_AT", "MALLOC_FAIL_FROM"):
            for point in range(points):
                n = first + int((last - first) * (point + 0.5) / points)
                offer(1 - current)
                result = self.run_with(*arguments, **{name: n})
                what = f"{name}={n} of {last}: {result}"
                self.assertIn(result.status, CLEAN, what)
                if result.status != OK:
                    self.assertNotEqual("", result.stderr, what)
                state = self.contents()
                self.assertIn(state, states, what)
                if result.status == OK:
                    self.assertEqual(states[1 - current], state, what)
                current = states.index(state)
        offer(1 - current)
        self.run_program(*arguments)
        self.assertEqual(states[1 - current], self.contents())
        self.check_no_staging()

    def files(self):
        return [self.program.file(name, lines(40 + side, first=3 * side))
                for side, name in enumerate(("even", "odd"))]

    def test_the_configuration(self):
        """libini_config may crash, but bulkpg never runs without a key that
        libini_config lost."""
        crashed = (-signal.SIGSEGV, -signal.SIGABRT)
        arguments = ("run", "no-such-job")
        total = self.count(*arguments, status=USAGE)
        points = 600 if long_run() else 120
        for name in ("MALLOC_FAIL_AT", "MALLOC_FAIL_FROM"):
            for point in range(points):
                n = 1 + int(total * point / points)
                result = self.run_with(*arguments, **{name: n})
                what = f"{name}={n} of {total}: {result}"
                if result.status == CONFIG:
                    self.assertIn("CONFIG_SYNTAX", result.stderr, what)
                self.assertIn(result.status,
                              (INTERNAL, USAGE, CONFIG) + crashed, what)

    def test_load(self):
        texts = [open(path, "rb").read() for path in self.files()]
        self.fail_everywhere(
            lambda side: self.program.file("lines", texts[side]),
            self.load_arguments("lines"))

    def test_run(self):
        paths = self.files()
        self.fail_everywhere(
            lambda side: self.shop.set(result_file=paths[side]),
            ("run", "--force-deletes"))
