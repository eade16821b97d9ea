"""Pages: what bulkpg makes of a server's rate limit and of its latency, and what
memory and CPU it needs. Alone:

    tests/bench/pages.sh PROGRAM [rate] [latency] [memory] [cpu]
"""
import math
import os
import re
import signal
import statistics
import sys

from harness.graph import FakeGraph
from harness.program import Program
from harness.store import FakeShop

from machine import Failed, Server, take

CATALOGUE = """query Catalogue {how} {{
  products {{ edges {{ node {{
    id title handle vendor productType status tags createdAt updatedAt
    variants {{ edges {{ node {{ id title sku price position }} }} }} }} }} }}
}}
"""
DEVICES = """query Devices @paged(first: {first}) {{
  InfraDevice {{ edges {{ node {{
    id name {{ value }} role {{ value }} status {{ value }} }} }} }}
}}
"""

USUAL = {"PAGES_PRODUCTS": "50000", "PAGES_REQUESTS": "1000",
         "PAGES_ROWS": "1000000", "PAGES_CPU_ROWS": "200000"}
BUCKET, RESTORE, SHARE = 2000, 100, 0.8
RATE_LATENCY_MS, LATENCY_MS = 300, 1080
CONCURRENCY = 8
SLICES = 5  # windows of `rate`, because one cursor is read page after page
ROWS_PER_PRODUCT = 3.4  # a product has 2.4 variants, on average
LONGEST_S = 3600

HEAD = """| | measured | target | |
|---|--:|--:|---|
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def setting(name):
    return int(os.environ.get(name) or USUAL[name])


def verdict(value, most):
    if math.isnan(value):
        return "the bucket is larger than that"
    return "" if value <= most else "missed"


class Run:
    """One run of one query into a new database."""

    def __init__(self, path, cluster):
        self.program = Program(path)
        self.db = cluster.database()
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.remove()

    def store(self, shop, how):
        self.program.configure(
            self.db.dsn, [shop.stores["acme"]],
            tuning="poll_initial = 20ms",
            more={"acme": f"concurrency = {CONCURRENCY}"})
        self.program.query("catalogue", CATALOGUE.format(how=how))

    def source(self, graph, query):
        self.program.configure(self.db.dsn, [], sources=graph.section(
            self.program, "infrahub", more=f"concurrency = {CONCURRENCY}"))
        self.program.query("devices", query, "infrahub")

    def check(self):
        """Afterwards the types are known, and the journal exists."""
        result = self.program.run("check")
        if result.status != 0:
            raise Failed(str(result))

    def measure(self):
        return take([self.path, "-q", "run"], self.program.directory,
                    {**os.environ, **self.program.environment}, LONGEST_S)

    def rows(self, *tables):
        return sum(int(self.db.value(f"SELECT count(*) AS v FROM {table}"))
                   for table in tables)


def shop_with(products, **settings):
    shop = FakeShop(["--products", str(products)])
    shop.set(created_ms=0, duration_ms=0, **settings)
    return shop


def unlimited():
    """Settings of a store without a rate limit that could be felt."""
    return {"bucket_maximum": 10 ** 9, "bucket_restore": 10 ** 9}


# ---- the measurements ------------------------------------------------------

def rate(path, cluster):
    """The time, compared with what the bucket allows to a client that takes
    its share."""
    products = setting("PAGES_PRODUCTS")
    shop = shop_with(products, latency_ms=RATE_LATENCY_MS,
                     bucket_maximum=BUCKET, bucket_restore=RESTORE)
    try:
        with Run(path, cluster) as run:
            run.store(shop, f"@slice(rows: {max(1, products // SLICES)}) "
                      "@paged")
            run.check()
            before = len(shop.log(kind="query"))
            taken = run.measure()
            rows = run.rows("acme.products", "acme.products_variants")
        sent = shop.log(kind="query")[before:]
    finally:
        shop.stop()
    points = sum(one.get("spent") or 0 for one in sent)
    slow = statistics.mean(one.get("ms") or 0 for one in sent)
    allowed = max(0, points - BUCKET * SHARE) / (RESTORE * SHARE)
    ratio = taken.wall / allowed if allowed > 0 else float("nan")
    say(f"rate: {rows:,} rows, {points:,.0f} points, {taken.wall:.1f} s; the "
        f"bucket allows {allowed:.1f} s. An answer took {slow:.0f} ms on "
        f"average, {RATE_LATENCY_MS} ms of them latency")
    return [(f"{products:,} products with variants ({rows:,} rows, "
             f"{points:,.0f} points) at {RESTORE} points/s and "
             f"{RATE_LATENCY_MS} ms: time, by that of the bucket",
             f"{ratio:.2f}", "1.15", verdict(ratio, 1.15))]


def latency(path, cluster):
    """Requests of a slow server, side by side."""
    requests = setting("PAGES_REQUESTS")
    first = 5
    graph = FakeGraph(["--apis", "infrahub"])
    try:
        graph.set(api="infrahub", latency_ms=LATENCY_MS,
                  sizes={"devices": requests * first})
        with Run(path, cluster) as run:
            run.source(graph, DEVICES.format(first=first))
            run.check()
            before = graph.flight("infrahub")["requests"]
            taken = run.measure()
            rows = run.rows("infrahub.infra_device")
            sent = graph.flight("infrahub")["requests"] - before
    finally:
        graph.stop()
    least = LATENCY_MS / 1000 * requests / CONCURRENCY
    say(f"latency: {rows:,} rows, {sent:,} requests, {taken.wall:.1f} s; at "
        f"least {least:.1f} s")
    ratio = taken.wall / least
    return [(f"{requests:,} requests of {LATENCY_MS / 1000:.2f} s at "
             f"concurrency {CONCURRENCY}: {taken.wall:.0f} s, by latency x "
             "requests / concurrency", f"{ratio:.2f}", "1.10",
             verdict(ratio, 1.1))]


def memory(path, cluster):
    """The memory of a long walk."""
    products = round(setting("PAGES_ROWS") / ROWS_PER_PRODUCT)
    shop = shop_with(products, **unlimited())
    try:
        with Run(path, cluster) as run:
            run.store(shop, "@paged")
            run.check()
            taken = run.measure()
            rows = run.rows("acme.products", "acme.products_variants")
    finally:
        shop.stop()
    say(f"memory: {rows:,} rows, {taken.memory:.1f} MiB, {taken.wall:.1f} s")
    return [(f"memory for {rows:,} rows at concurrency {CONCURRENCY}, MiB",
             f"{taken.memory:.1f}", "96", verdict(taken.memory, 96))]


def cpu(path, cluster):
    """The client's CPU time per row, by pages and by bulk."""
    products = round(setting("PAGES_CPU_ROWS") / ROWS_PER_PRODUCT)
    shop = shop_with(products, **unlimited())
    taken, rows = {}, {}
    try:
        for way, how in (("bulk", ""), ("pages", "@paged")):
            with Run(path, cluster) as run:
                run.store(shop, how)
                run.check()
                taken[way] = run.measure()
                rows[way] = run.rows("acme.products", "acme.products_variants")
    finally:
        shop.stop()
    if rows["bulk"] != rows["pages"]:
        raise Failed(f"the two ways give {rows} rows")
    per_row = {way: one.cpu / rows[way] * 1e6 for way, one in taken.items()}
    ratio = per_row["pages"] / per_row["bulk"]
    say(f"cpu: {per_row} us a row")
    return [(f"CPU per row by pages ({per_row['pages']:.2f} us), by that of a "
             f"bulk operation ({per_row['bulk']:.2f} us), {rows['bulk']:,} rows",
             f"{ratio:.2f}", "1.50", verdict(ratio, 1.5))]


WAYS = {"rate": rate, "latency": latency, "memory": memory, "cpu": cpu}


def measure(path, cluster, names=()):
    """A table of the measurements."""
    lines = []
    for name in names or WAYS:
        lines += WAYS[name](path, cluster)
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main():
    path = os.path.abspath(sys.argv[1])
    names = sys.argv[2:]
    if not all(re.fullmatch("|".join(WAYS), name) for name in names):
        raise SystemExit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Server() as cluster:
        print(measure(path, cluster, names), end="")


if __name__ == "__main__":
    main()
