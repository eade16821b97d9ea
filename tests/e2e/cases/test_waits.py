"""How often a run waits for the database server, however many rows there
are."""
import os
import re
from datetime import datetime, timedelta, timezone

from harness.case import OK, Case
from harness.proxy import COMMIT
from harness.waits import Waits

# At most so many waits. A poll that finds the operation running is one more.
FIRST, FULL, INCREMENTAL = 15, 14, 14

# What crash safety needs: each of these is sent after the answer to the one
# before it. src/README.md says why.
BARRIERS = [
    ("claim", b"WITH claim AS"),
    ("run and operation", b"INSERT INTO bulkpg.operation"),
    ("operation's id", b"UPDATE bulkpg.operation"),
    ("loading and staging", b'CREATE TABLE "acme"."_stage_'),
    ("prepared", b'INSERT INTO "acme"."_stage_'),
    ("rows", b"\0_stage_"),
    ("merging", b"\0\0\0\x07merging"),
    ("fence", b"FOR NO KEY UPDATE"),
    ("changes", b"ADD COLUMN _loaded_at"),
    ("record", b"INSERT INTO bulkpg.run_table"),
    ("commit", COMMIT),
]

QUERY = """query Products @incremental {
  products {
    edges {
      node {
        id
        title
        updatedAt
        variants {
          edges {
            node {
              id
              sku
              metafields { edges { node { id namespace key value } } }
            }
          }
        }
      }
    }
  }
}
"""
OTHER = "{ customers { edges { node { id displayName } } } }"


def words(data):
    """The statements among these bytes, for a message."""
    return re.findall(rb"[A-Z]{4,}[ -~]{0,60}", data)


class RoundTrips(Case):
    def setUp(self):
        super().setUp()
        self.shop.set(created_ms=0, duration_ms=0)
        self.configure()
        self.query("customers", OTHER)
        self.query("products", QUERY)
        self.run_program("run", "customers")

    def run_far(self, *arguments):
        """Run the job over the proxy; returns the proxy."""
        far = Waits(self.db)
        self.addCleanup(far.close)
        running = self.program.start("run", *arguments, "--dsn", far.dsn)
        far.follow(running)
        self.expect(running.wait(), OK)
        far.close()
        if os.environ.get("E2E_WAITS"):
            print("waits:", far.count)
            for n, data in enumerate(far.sent):
                print(n + 1, b" | ".join(words(data))[:200].decode())
        return far

    def change_products(self, first):
        at = datetime.now(timezone.utc) - timedelta(seconds=5)
        self.change(store="acme", type="Product", count=10,
                    at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    set={"title": f"from {first}"}, **{"from": first})

    def test_ceilings(self):
        self.change(store="acme", type="ProductVariant", count=1000,
                    set={"sku": None})
        counts = [self.run_far("products").count]
        self.change_products(3)
        self.change(store="acme", type="Product", count=2, delete=True,
                    **{"from": 30})
        counts.append(self.run_far("products", "--full").count)
        self.change_products(7)
        counts.append(self.run_far("products").count)
        self.check_tables(OTHER, QUERY)
        self.assertEqual([(0,)], self.rows("products_variants", "count(sku)"))
        for count, most in zip(counts, (FIRST, FULL, INCREMENTAL)):
            self.assertLessEqual(count, most, counts)

    def test_ceilings_if_nothing_changes(self):
        self.run_program("run", "products")
        counts = [self.run_far("products", "--full").count,
                  self.run_far("products").count]
        self.check_tables(OTHER, QUERY)
        for count, most in zip(counts, (FULL, INCREMENTAL)):
            self.assertLess(count, most, counts)

    def test_a_table_that_vanishes_while_the_store_works(self):
        """Staging that was created for another table is not used."""
        self.run_program("run", "products")
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products", "--full")
        self.wait_for(lambda: self.status() == "polling")
        self.db.execute("DROP TABLE acme.products_variants")
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.expect(running.wait(), OK)
        self.check_tables(OTHER, QUERY)
        self.check_no_staging()

    def test_each_barrier_is_a_wait(self):
        sent = self.run_far("products").sent
        before = -1
        for name, pattern in BARRIERS:
            found = [n for n, data in enumerate(sent)
                     if n > before and pattern in data]
            self.assertTrue(found, f"{name} is not sent after the answer to "
                            "what is before it")
            before = found[0]
