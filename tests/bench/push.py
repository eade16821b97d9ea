"""Pushes: how soon the first rows are on their way, what it costs to check and
stage many rows, and to find that nothing has changed. Alone:

    tests/bench/push.sh PROGRAM [upload] [stage] [unchanged]
"""
import os
import signal
import time
from datetime import datetime

from harness.program import Program
from harness.store import FakeShop

from machine import Failed, take
from measures import line, main, number, say

PRICES = """mutation Prices($productId: ID!,
    $variants: [ProductVariantsBulkInput!]!)
    @push(key: "product_id", max: 10000000) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    productVariants { id price }
  }
}
"""
VARIANTS = """{ products { edges { node { id
  variants @table(parent: "product_id") {
    edges { node { id price } } } } } } }
"""
# One row is one product. The price depends on public.price, so that a test can
# change all rows at once.
SELECT = """SELECT v.product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
    'price', (v.price + p.price)::text) ORDER BY v.id) AS variants
FROM %s v, public.price p GROUP BY v.product_id
"""
# As many products as wanted, with two variants each, as the table
# products_variants of a store has them.
MANY = """CREATE TABLE acme.many AS
  SELECT bulkpg.gid('Product', 1000000 + i / 2) AS product_id,
         9000000 + i AS id, (i %% 10000 + 100) / 100.0 AS price
  FROM generate_series(0, 2 * %d - 1) i;
  ANALYZE acme.many"""
# What the journal has after the push has ended well.
APPLIED = """
UPDATE bulkpg.push_row
SET state = 'applied', tries = 1, first_sent_at = now();
INSERT INTO bulkpg.push_state (store, job, key, hash, push_id, state,
                               settled_at)
SELECT 'acme', 'prices', key, hash, push_id, state, now()
FROM bulkpg.push_row;
UPDATE bulkpg.push_chunk SET state = 'settled';
UPDATE bulkpg.push SET status = 'done', finished_at = now();
"""

USUAL = {"PUSH_UPLOAD_ROWS": "10000", "PUSH_STAGE_ROWS": "200000",
         "PUSH_UNCHANGED_ROWS": "100000"}
LONGEST_S = 3600


class Place:
    """A folder with the job `prices`, a new database, and a store."""

    def __init__(self, path, cluster, products=10):
        self.path = path
        self.program = Program(path)
        self.db = cluster.database()
        self.shop = FakeShop(["--products", str(products)])
        self.shop.set(created_ms=0, duration_ms=0)
        self.program.configure(self.db.dsn, [self.shop.stores["acme"]],
                               tuning="poll_initial = 20ms")
        self.program.query("variants", VARIANTS)
        self.db.execute("DROP TABLE IF EXISTS public.price;"
                        "CREATE TABLE public.price AS SELECT 0 AS price")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shop.stop()
        self.program.remove()

    def prices_of(self, table):
        self.program.file("mutations/prices.graphql", PRICES)
        self.program.file("mutations/prices.sql", SELECT % table)

    def run(self, *arguments):
        result = self.program.run(*arguments)
        if result.status != 0:
            raise Failed(str(result))

    def take(self, *arguments):
        return take([self.path, "-q", *arguments], self.program.directory,
                    {**os.environ, **self.program.environment}, LONGEST_S)

    def many(self, products):
        """Rows that the store does not have, to be staged only."""
        self.run("run", "variants")
        self.db.execute(MANY % products)
        self.prices_of("many")

    def push_until(self, kind):
        """Push until the first request of this kind, then kill the process.
        Returns the seconds from its start to the request."""
        self.shop.rule({"hold": True}, kind=kind)
        mark = len(self.shop.log(kind=kind))
        began = time.time()
        running = self.program.start("-q", "push", "prices")
        while self.shop.get("held") == 0:
            if not running.is_alive():
                raise Failed(str(running.wait()))
            time.sleep(0.02)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        sent = self.shop.log(kind=kind)[mark]["time"]
        return (datetime.fromisoformat(sent.replace("Z", "+00:00")).timestamp()
                - began)


# ---- the measurements ------------------------------------------------------

def upload(path, cluster):
    """Price updates: when the first upload begins, and the memory."""
    rows = number(USUAL, "PUSH_UPLOAD_ROWS")
    with Place(path, cluster, rows) as place:
        place.run("run", "variants")
        place.prices_of("products_variants")
        place.db.execute("UPDATE public.price SET price = 1")
        seconds = place.push_until("upload")
        place.db.execute("UPDATE public.price SET price = 2")
        place.run("push", "prices", "--limit", "1")  # ends the killed push
        place.db.execute("UPDATE public.price SET price = 3")
        taken = place.take("push", "prices")
        applied = place.db.value("SELECT max(applied) AS v FROM bulkpg.push")
    say(f"upload: {applied:,} rows in {taken.wall:.1f} s; the first upload "
        f"began after {seconds:.2f} s; {taken.memory:.1f} MiB")
    if applied < rows:
        raise Failed(f"only {applied} rows were applied")
    return [line(f"{rows:,} price updates: seconds to the first upload",
                 seconds, 2, 2),
            line("and memory until the end, MiB", taken.memory, 1, 40)]


def stage(path, cluster):
    """Checking and staging, until the first request of the push."""
    rows = number(USUAL, "PUSH_STAGE_ROWS")
    with Place(path, cluster) as place:
        place.many(rows)
        seconds = place.push_until("stage")
        staged = place.db.value("SELECT count(*) AS v FROM bulkpg.push_row")
    say(f"stage: {staged:,} rows in {seconds:.2f} s")
    if staged != rows:
        raise Failed(f"only {staged} rows were staged")
    return [line(f"check and stage {rows:,} rows, seconds", seconds, 2, 5)]


def unchanged(path, cluster):
    """A second push of rows that the store has."""
    rows = number(USUAL, "PUSH_UNCHANGED_ROWS")
    with Place(path, cluster) as place:
        place.many(rows)
        place.push_until("stage")
        place.db.execute(APPLIED)
        place.db.execute("VACUUM ANALYZE bulkpg.push_state")
        place.db.execute("VACUUM ANALYZE bulkpg.push_row")
        mark = len(place.shop.log())
        taken = place.take("push", "prices")
        found = place.db.value("""SELECT unchanged AS v FROM bulkpg.push
            ORDER BY push_id DESC LIMIT 1""")
        sent = len(place.shop.log()) - mark
    say(f"unchanged: {found:,} rows in {taken.wall:.2f} s, {sent} requests, "
        f"CPU {taken.cpu:.2f} s, {taken.memory:.1f} MiB")
    if found != rows or sent > 0:
        raise Failed(f"{found} rows are unchanged, {sent} requests were sent")
    return [line(f"a push of {rows:,} unchanged rows, seconds", taken.wall, 2,
                 2)]


WAYS = {"upload": upload, "stage": stage, "unchanged": unchanged}


if __name__ == "__main__":
    main(__doc__, WAYS)
