"""make bench: measures, checks, and writes results.md and a chart."""
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

from harness.store import FakeShop

import changes
import chart
import curves
import keeping
import levers
import report
import rivals
from catalogue import LINES_PER_ROOT, Data
from loads import Load, say
from machine import Failed, Meter, Server, Web, quick_shop
from probes import Probes

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
USUAL = {"BENCH_PRODUCTS": "50000 200000", "BENCH_ORDERS": "60000",
         "BENCH_RUNS": "5"}
LONG_PRODUCTS = 2_000_000


@dataclass
class Bench:
    """The servers and settings that all measurements share."""

    program: str
    cluster: Any
    meter: Meter
    web: Web
    shop: FakeShop
    cache: str
    runs: int
    rivals: dict  # variables for the environment of the other methods
    at_end: contextlib.ExitStack


def setting(name):
    return os.environ.get(name) or USUAL[name]


def sizes(name):
    return [int(word) for word in setting(name).replace(",", " ").split()]


def is_set(name):
    return os.environ.get(name, "") not in ("", "0")


def is_usual():
    """True if runs and sizes are the defaults, so that the results may be
    published."""
    return all(setting(name) == value for name, value in USUAL.items())


def places():
    """The paths of results and chart. Only a run with the default sizes
    replaces the published ones."""
    if is_usual():
        return os.path.join(HERE, "results.md"), os.path.join(
            TOP, "docs", "bench.svg")
    folder = os.path.join(TOP, "build", "bench")
    return folder + "/results.md", folder + "/bench.svg"


def measure(bench):
    """Measure all loads, in rounds, so that noise affects all alike."""
    wanted = [("products", roots, True) for roots in sizes("BENCH_PRODUCTS")]
    wanted += [("orders", roots, False) for roots in sizes("BENCH_ORDERS")
               if roots > 0]
    loads = []
    for job, roots, with_rivals in wanted:
        say(f"data: {job}, {roots * LINES_PER_ROOT[job]:,} lines")
        loads.append(Load(bench, Data(bench.cache, job, roots), with_rivals))
    for number in range(bench.runs):
        say(f"--- round {number + 1} of {bench.runs}")
        for load in loads:
            load.round()
    if is_set("BENCH_LONG"):
        load = Load(bench, Data(bench.cache, "products", LONG_PRODUCTS),
                    False)
        say("--- the long load")
        load.round()
        loads.append(load)
    return loads


def work(bench):
    """Measure everything; returns the text of results.md and the chart."""
    loads = measure(bench)
    probes = Probes(bench, loads)
    found = changes.Curves(bench, max(sizes("BENCH_PRODUCTS")))
    found.measure(min(bench.runs, 3))
    kept = keeping.Keeping(bench, max(sizes("BENCH_PRODUCTS")))
    kept.measure(min(bench.runs, 3))
    more = {"Curves": found.tables(), "History and archive": kept.tables()}
    if is_set("BENCH_CURVES"):
        more["Curves"] += curves.measure(bench, is_set("BENCH_LONG"))
    if is_set("BENCH_LEVERS") or is_set("BENCH_BATCHES"):
        more["Levers"] = levers.measure(bench, sizes("BENCH_PRODUCTS"),
                                        is_set("BENCH_BATCHES"))
    return (report.write(bench, loads, probes, found, kept, more),
            chart.draw(report.largest(loads), report.where(bench)))


def main():
    cache = os.path.abspath(os.environ.get("BENCH_CACHE")
                            or os.path.join(TOP, "build", "bench"))
    os.makedirs(cache, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as at_end:
        cluster = at_end.enter_context(Server())
        web = at_end.enter_context(Web(cache, cluster.prefix))
        shop = quick_shop(sorted({*curves.store_names(),
                                  *changes.ManyStores.names}))
        at_end.callback(shop.stop)
        texts = work(Bench(os.path.abspath(sys.argv[1]), cluster,
                           Meter(cluster), web, shop, cache,
                           int(setting("BENCH_RUNS")),
                           rivals.prepare(cache), at_end))
    for path, text in zip(places(), texts):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        say(f"written: {path}")
    print(texts[0])


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        raise SystemExit(f"bench: {error}") from None
