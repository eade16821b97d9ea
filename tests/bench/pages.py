"""Pages: what bulkpg makes of a server's rate limit and of its latency, and what
memory and CPU it needs. Alone:

    tests/bench/pages.sh PROGRAM [rate] [latency] [memory] [cpu]
"""
import os
import re
import shutil
import statistics
import tempfile

from harness.graph import FakeGraph
from harness.program import Program
from harness.store import FakeShop

from machine import Failed, take
from measures import line, main, number, say

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
SLICES = CONCURRENCY  # of `rate`, because one cursor is read page after page
ROWS_PER_PRODUCT = 3.4  # a product has 2.4 variants, on average
LONGEST_S = 3600


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

    def measure(self, *prefix):
        return take([*prefix, self.path, "-q", "run"], self.program.directory,
                    {**os.environ, **self.program.environment}, LONGEST_S)

    def count(self):
        """The same, and the instructions that it took; NaN if this machine does
        not count them."""
        if shutil.which("perf") is None:
            return self.measure(), float("nan")
        with tempfile.NamedTemporaryFile() as report:
            taken = self.measure("perf", "stat", "-x,", "-o", report.name,
                                 "-e", "instructions:u")
            found = re.search(rb"^(\d+),", report.read(), re.M)
        return taken, int(found[1]) if found else float("nan")

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
    products = number(USUAL, "PAGES_PRODUCTS")
    how = f"@slice(rows: {max(1, products // SLICES)}) @paged"
    shop = shop_with(products, **unlimited())
    try:
        with Run(path, cluster) as run:  # the store keeps what it has filtered
            run.store(shop, how)
            run.check()
            run.measure()
        shop.set(latency_ms=RATE_LATENCY_MS, bucket_maximum=BUCKET,
                 bucket_restore=RESTORE)
        with Run(path, cluster) as run:
            run.store(shop, how)
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
    return [line(f"{products:,} products with variants ({rows:,} rows, "
                 f"{points:,.0f} points) at {RESTORE} points/s and "
                 f"{RATE_LATENCY_MS} ms: time, by that of the bucket",
                 ratio, 2, 1.15, "the bucket is larger than that")]


def latency(path, cluster):
    """Requests of a slow server, side by side."""
    requests = number(USUAL, "PAGES_REQUESTS")
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
    return [line(f"{requests:,} requests of {LATENCY_MS / 1000:.2f} s at "
                 f"concurrency {CONCURRENCY}: {taken.wall:.0f} s, by latency x "
                 "requests / concurrency", ratio, 2, 1.1)]


def memory(path, cluster):
    """The memory of a long walk."""
    products = round(number(USUAL, "PAGES_ROWS") / ROWS_PER_PRODUCT)
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
    return [line(f"memory for {rows:,} rows at concurrency {CONCURRENCY}, MiB",
                 taken.memory, 1, 96)]


def cpu(path, cluster):
    """What the client does for a row, by pages and by bulk: its CPU time, and
    its instructions, which another process on the machine does not change."""
    products = round(number(USUAL, "PAGES_CPU_ROWS") / ROWS_PER_PRODUCT)
    shop = shop_with(products, **unlimited())
    seconds, counted, rows = {}, {}, {}
    try:
        for way, how in (("bulk", ""), ("pages", "@paged")):
            with Run(path, cluster) as run:
                run.store(shop, how)
                run.check()
                taken, counted[way] = run.count()
                seconds[way] = taken.cpu
                rows[way] = run.rows("acme.products", "acme.products_variants")
    finally:
        shop.stop()
    if rows["bulk"] != rows["pages"]:
        raise Failed(f"the two ways give {rows} rows")
    us = {way: one / rows[way] * 1e6 for way, one in seconds.items()}
    number_of = {way: one / rows[way] for way, one in counted.items()}
    say(f"cpu: {us} us a row, {number_of} instructions a row")
    return [line(f"CPU per row by pages ({us['pages']:.2f} us), by that of a "
                 f"bulk operation ({us['bulk']:.2f} us), {rows['bulk']:,} rows",
                 us["pages"] / us["bulk"], 2, 1.5),
            line(f"instructions per row by pages ({number_of['pages']:,.0f}), "
                 f"by those of a bulk operation ({number_of['bulk']:,.0f})",
                 number_of["pages"] / number_of["bulk"], 2, 1.5,
                 "perf does not count them")]


WAYS = {"rate": rate, "latency": latency, "memory": memory, "cpu": cpu}


if __name__ == "__main__":
    main(__doc__, WAYS)
