"""Constant memory, whatever the size of the file."""
import json

from cases.queries import PLAIN, PRODUCT, VARIANT
from harness.case import OK, Case, World, long_run

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
