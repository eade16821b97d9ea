"""make bench: measures, checks, and writes results.md and a chart."""
import os
import sys
from dataclasses import dataclass
from typing import Any

from harness.store import FakeShop

import chart
import curves
import report
from catalogue import LINES_PER_ROOT, Data
from loads import Load, say
from machine import Server, Web
from probes import Probes

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
USUAL = {"BENCH_PRODUCTS": "50000 200000", "BENCH_ORDERS": "60000",
         "BENCH_RUNS": "5"}
LONG_PRODUCTS = 2_000_000


@dataclass
class Bench:
    """What all measurements share."""

    program: str
    cluster: Any
    web: Web
    shop: FakeShop
    cache: str
    runs: int


def setting(name):
    return os.environ.get(name) or USUAL[name]


def sizes(name):
    return [int(word) for word in setting(name).replace(",", " ").split()]


def is_set(name):
    return os.environ.get(name, "") not in ("", "0")


def is_usual():
    """Whether this run is one to publish."""
    return all(setting(name) == value for name, value in USUAL.items())


def places():
    """Where results and chart go: only a whole run replaces those of the
    sources."""
    if is_usual():
        return os.path.join(HERE, "results.md"), os.path.join(
            TOP, "docs", "bench.svg")
    folder = os.path.join(TOP, "build", "bench")
    return folder + "/results.md", folder + "/bench.svg"


def measure(bench):
    """The loads, measured in turn, so that noise hits all alike."""
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
        say("--- the long one")
        load.round()
        loads.append(load)
    return loads


def main():
    program = os.path.abspath(sys.argv[1])
    cache = os.path.abspath(os.environ.get("BENCH_CACHE")
                            or os.path.join(TOP, "build", "bench"))
    os.makedirs(cache, exist_ok=True)
    results, picture = places()
    with Server() as cluster, Web(cache, cluster.prefix) as web:
        shop = FakeShop(["--stores", ",".join(curves.store_names())])
        try:
            shop.set(created_ms=0, duration_ms=0)
            bench = Bench(program, cluster, web, shop, cache,
                          int(setting("BENCH_RUNS")))
            loads = measure(bench)
            probes = Probes(bench, loads)
            if is_set("BENCH_CURVES"):
                lines = curves.measure(bench, is_set("BENCH_LONG"))
            else:
                lines = []
            text = report.write(bench, loads, probes, lines)
            for load in loads:
                load.close()
        finally:
            shop.stop()
    with open(results, "w", encoding="utf-8") as file:
        file.write(text)
    with open(picture, "w", encoding="utf-8") as file:
        file.write(chart.draw(report.largest(loads)))
    print(text)
    say(f"written: {results}, {picture}")


if __name__ == "__main__":
    main()
