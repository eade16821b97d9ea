"""Incremental runs night after night, at a store whose data change."""
import random
import time

from cases.queries import METAFIELD, PRODUCT, VARIANT
from harness.case import Case

QUERY = """query @incremental {
  products {
    edges {
      node {
        id
        title
        updatedAt
        options @table { id name position }
        variants {
          edges {
            node {
              id
              sku
              price
              metafields { edges { node { id key value } } }
            }
          }
        }
        media { edges { node { alt mediaContentType } } }
      }
    }
  }
}
"""

# The first products have very many variants; the tests do not change them.
FIRST = 5


class Week(Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(7)
        self.configure()
        self.query("job", QUERY)
        self.run_program("run")
        self.check_tables(QUERY)

    def some(self, table, columns, count):
        rows = self.rows(f"{table} t", columns, "1, 2")
        return self.random.sample(rows, count)

    def touch(self, parents):
        self.change_now(ids=[PRODUCT + str(one) for one in sorted(set(parents))],
                 set={"title": f"touched {self.random.random()}"})

    def products(self):
        """The ids of the products that may be changed."""
        return [one for (one,) in self.rows("products", "id", "id")][FIRST:]

    def night(self):
        """Add, change and delete parents, children and grandchildren."""
        self.change_now(type="Product", grow=3)
        self.touch(self.random.sample(self.products(), 4))
        safe = ", ".join(map(str, self.products()))
        below = f"products_variants WHERE _parent_id IN ({safe})"
        variants = self.rows(below, "id, _parent_id", "1")
        changed, gone, bare = (self.random.sample(variants, 3)
                               for _ in range(3))
        self.change_now(ids=[VARIANT + str(one) for one, _ in changed],
                 set={"sku": f"sku {self.random.random()}"})
        self.change_now(ids=[VARIANT + str(one) for one, _ in gone], delete=True)
        metafields = self.rows(
            "products_variants_metafields WHERE _parent_id IN ("
            + ", ".join(str(one) for one, _ in bare) + ")", "id")
        if metafields:
            self.change_now(ids=[METAFIELD + str(one) for (one,) in metafields],
                     delete=True)
        self.touch(parent for _, parent in changed + gone + bare)

    def test_seven_nights(self):
        for night in range(1, 8):
            self.night()
            if night == 4:
                self.change_now(ids=[PRODUCT + str(one) for one in
                              self.random.sample(self.products(), 3)],
                         delete=True)
            self.run_program("run", *(["--full"] if night == 4 else []))
            run = self.last_run()
            self.assertEqual(("full" if night == 4 else "incremental",
                              "loaded"), (run["mode"], run["status"]), night)
            self.check_tables(QUERY)
            if night != 4:
                self.assertLess(run["root_object_count"],
                                len(self.rows("products")))
        self.check_no_staging()

    def test_deleted_roots_go_with_the_full_run_that_is_due(self):
        self.change_now(ids=[PRODUCT + str(one) for one in self.products()[:3]],
                 delete=True)
        before = len(self.rows("products"))
        self.run_program("run")
        self.assertEqual(before, len(self.rows("products")))
        self.db.execute("UPDATE bulkpg.watermark SET last_full = now() - "
                        "interval '7 days'")
        self.run_program("run")
        self.assertEqual("full_every", self.last_run()["mode_reason"])
        self.check_tables(QUERY)

    def test_again_and_again_without_a_pause(self):
        """Runs in quick succession, as from a cron job every minute."""
        for n in range(6):
            self.touch(self.products()[n:n + 1])
            self.run_program("run")
            self.check_tables(QUERY)
        marks = self.db.column("SELECT count(*) FROM bulkpg.run WHERE mode = "
                               "'incremental' AND status = 'loaded'")
        self.assertEqual([6], marks)

    def test_unchanged_rows_are_not_written(self):
        def versions():
            return {table: dict(self.rows(table, "ctid::text, xmin::text"))
                    for table in ("products", "products_variants",
                                  "products_variants_metafields",
                                  "products_media", "products_options")}
        before = versions()
        self.run_program("run")
        self.assertEqual(before, versions())
        run = self.last_run()
        self.assertEqual((0, 0, 0), (run["rows_inserted"],
                                     run["rows_updated"],
                                     run["rows_deleted"]))
        (one,) = self.products()[:1]
        self.touch([one])
        self.run_program("run")
        after = versions()
        self.assertEqual(before["products_variants"],
                         after["products_variants"])
        self.assertEqual(1, len(set(after["products"].items())
                                - set(before["products"].items())))

    def test_rejects_hold_the_watermark(self):
        mark = self.db.row("SELECT * FROM bulkpg.watermark")
        self.touch(self.products()[:2])
        self.shop.set(edits=[{"line": -1, "insert": "no JSON"}])
        self.run_program("run", status=65)
        self.assertEqual(mark, self.db.row("SELECT * FROM bulkpg.watermark"))
        time.sleep(1.1)  # the store's times are whole seconds
        self.run_program("run", "--accept-rejects", status=65)
        self.assertLess(mark["high"], self.db.row(
            "SELECT * FROM bulkpg.watermark")["high"])
        self.shop.set(edits=[])
        self.run_program("run")
        self.assertEqual("incremental", self.last_run()["mode"])
        self.check_tables(QUERY)

    def test_an_interrupted_window_is_resumed(self):
        self.touch(self.products()[:2])
        self.shop.set(duration_ms=600000)
        running = self.program.start("run")
        self.wait_for(lambda: self.last_run()["status"] == "polling")
        running.signal(9)
        running.wait()
        self.shop.set(duration_ms=20)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        before = len(self.shop.operations())
        self.run_program("run")
        self.assertEqual(before, len(self.shop.operations()))
        run = self.last_run()
        self.assertEqual(("incremental", "loaded", 1),
                         (run["mode"], run["status"], run["resumed"]))
        self.check_tables(QUERY)

    def test_since_needs_incremental(self):
        self.query("job", QUERY.replace(" @incremental", ""))
        self.run_program("run", "--since", "2026-01-01", status=64)

    def test_since_does_not_replace_a_full_run(self):
        """A run with --since does not make the tables complete for a changed
        query, so the next run is full."""
        wider = QUERY.replace("title\n", "title vendor\n", 1)
        self.query("job", wider)
        self.run_program("run", "--since", "2026-10-31")
        self.run_program("run")
        self.assertEqual("query_changed", self.last_run()["mode_reason"])
        self.check_tables(wider)
