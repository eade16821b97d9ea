"""Settings of a database or role that change how values are printed."""
import json

from cases.queries import PLAIN, PRODUCT
from harness.case import Case

ODD = {
    "quote_all_identifiers": "on",
    "search_path": "acme,public",
    "DateStyle": "SQL,DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Tokyo",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "exit_on_error": "on",
    "xmlbinary": "hex",
}

TIMES = """query @deletes(mode: KEEP) { products%s { edges { node {
  id at: createdAt @column(name: "at", type: "%s") } } } }"""


class Settings(Case):
    def setUp(self):
        super().setUp()
        options = " ".join(f"-c {name}={value}" for name, value in ODD.items())
        self.program.configure(f"{self.db.dsn} options='{options}'",
                               [self.shop.stores["acme"]])

    def test_later_runs(self):
        """Later runs with changed rows and new columns, and the views."""
        self.query("job", PLAIN)
        self.run_program("run")
        more = PLAIN.replace("title", "title @index handle createdAt tags")
        self.query("job", more)
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.assertIn('ADD COLUMN "handle" text',
                      self.run_program("plan", "job").stdout)
        self.run_program("run")
        self.check_tables(more)
        self.run_program("views")
        self.run_program("run")
        self.check_tables(more)
        self.assertEqual(0, self.last_run()["rows_updated"])
        self.assertIn("-- none", self.run_program("plan", "job").stdout)
        before = self.snapshot()
        self.run_program("views")
        self.check_unchanged(before)
        self.run_program("check")
        self.run_program("status")

    def check_times(self, narrow, *values):
        """Values that are widened to text are the same as if they had been
        loaded as text."""
        lines = [json.dumps({"id": f"{PRODUCT}{n}", "at": value})
                 for n, value in enumerate(values)]
        self.query("job", TIMES % ("", narrow))
        self.load("job", lines)
        self.query("job", TIMES % ("", "text"))
        self.load("job", [json.dumps({"id": f"{PRODUCT}999"})],
                  "--force-nulls")
        self.query("fresh", TIMES % (' @table(name: "fresh")', "text"))
        self.load("fresh", lines)
        self.assertEqual([(value,) for value in values],
                         self.rows("fresh", "at", "id"))
        self.assertEqual(self.rows("fresh", "at", "id"), self.rows(
            "products WHERE at IS NOT NULL", "at", "id"))

    def test_times_become_text(self):
        self.check_times("timestamptz", "2026-01-02T03:04:05Z",
                         "2026-07-31T23:59:59.5Z", "2025-12-31T15:00:00Z",
                         "1999-02-03T10:20:30.000001Z",
                         "0001-01-02T00:00:00Z")

    def test_dates_become_text(self):
        self.check_times("date", "2026-01-02", "2025-12-31", "0099-02-03",
                         "9999-12-31")

    def test_dates_become_times(self):
        self.query("job", TIMES % ("", "date"))
        self.load("job", [json.dumps({"id": PRODUCT + "1",
                                      "at": "2026-01-02"})])
        self.query("job", TIMES % ("", "timestamptz"))
        self.load("job", [json.dumps({"id": PRODUCT + "2",
                                      "at": "2026-01-02"})])
        self.assertEqual([(True,), (True,)], self.rows(
            "products", "at = '2026-01-02T00:00:00Z'", "id"))
