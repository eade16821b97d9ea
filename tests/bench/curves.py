"""Measures how the cost grows with lines, columns and stores."""
import os
import statistics

from catalogue import Data, wide_query, write_wide
from loads import FLOOR, LOAD, Load, say

LINES = [10_000, 100_000, 1_000_000]
LONG_LINES = 10_000_000
COLUMNS = [5, 10, 20, 50, 100, 200]
WIDE_LINES = 20_000
STORES = [1, 2, 5, 10, 20, 50, 100, 200]
STORE_PRODUCTS = 1000


def store_names():
    """The fake stores; the curve over stores needs many."""
    if os.environ.get("BENCH_CURVES", "") in ("", "0"):
        return ["acme"]
    return ["acme"] + [f"s{n}" for n in range(1, max(STORES))]


def table(head, rows):
    widths = "|".join("--:" for _ in head)
    return "\n".join(["| " + " | ".join(head) + " |", f"|{widths}|"]
                     + ["| " + " | ".join(row) + " |" for row in rows])


def row(name, data, taken, *bases):
    """A row of a table. `data` is the number of lines and bytes. The last
    cells are the wall time as multiples of the medians of `bases`."""
    lines, size = data
    wall = statistics.median(one.wall for one in taken)
    cells = [name, f"{wall:.3f}",
             f"{statistics.median(one.cpu for one in taken):.2f}",
             f"{statistics.median(one.server for one in taken):.2f}",
             f"{max(one.memory for one in taken):.1f}",
             f"{lines / wall:,.0f}", f"{size / wall / 1e6:,.0f}"]
    cells += [f"{wall / statistics.median(one.wall for one in base):.2f}"
              for base in bases]
    return cells


HEAD = ["wall s", "client CPU s", "server CPU s", "MiB", "lines/s", "MB/s"]


def over_lines(bench, rounds, long):
    rows = []
    for lines in LINES + ([LONG_LINES] if long else []):
        load = Load(bench, Data(bench.cache, "products", lines // 6), False)
        for _ in range(1 if lines == LONG_LINES else rounds):
            load.round_of_first()
        rows.append(row(f"{load.data.lines:,}",
                        (load.data.lines, load.data.size),
                        load.taken[LOAD], load.taken[FLOOR]))
    return table(["lines", *HEAD, "x floor"], rows)


class Wide:
    """A result of one table with many columns."""

    job = "products"
    tables = ["products"]
    roots = lines = WIDE_LINES

    def __init__(self, bench, columns):
        self.folder = os.path.join(bench.cache, f"wide-{columns}")
        os.makedirs(self.folder, exist_ok=True)
        self.path = os.path.join(self.folder, "result.jsonl")
        self.query = wide_query(columns)
        write_wide(self.path, self.flat("products"), columns, WIDE_LINES)
        self.size = os.path.getsize(self.path)

    def flat(self, name):
        return os.path.join(self.folder, name + ".txt")


def over_columns(bench, rounds):
    rows = []
    for columns in COLUMNS:
        data = Wide(bench, columns)
        load = Load(bench, data, False)
        for _ in range(rounds):
            load.round_of_first()
        rows.append(row(f"{columns}", (data.lines, data.size), load.taken[LOAD],
                        load.taken[FLOOR]))
    return table(["columns", *HEAD, "x floor"], rows)


def over_stores(bench, rounds):
    data = Data(bench.cache, "products", STORE_PRODUCTS)
    load = Load(bench, data, False)
    bench.shop.set(result_file={
        "path": data.path, "object_count": data.lines,
        "root_object_count": data.roots, "url": bench.web.url(data.path)})
    rows = []
    for count in STORES:
        way = f"{count} stores"
        load.serve([bench.shop.stores[name]
                    for name in store_names()[:count]])
        for _ in range(rounds):
            load.take(way, load.checked(), load.run_command())
        rows.append(row(f"{count}", (data.lines * count, data.size * count),
                        load.taken[way]))
    bench.shop.set(result_file=None)
    return table(["stores", *HEAD], rows)


def measure(bench, long):
    """Titles and tables; medians of at most three rounds, the longest load
    once."""
    rounds = min(bench.runs, 3)
    say("--- curves")
    return [
        ("Lines (`load` of a catalogue, first)",
         over_lines(bench, rounds, long)),
        (f"Columns (`load` of {WIDE_LINES:,} lines, first)",
         over_columns(bench, rounds)),
        (f"Stores (`run` of all at once, {STORE_PRODUCTS * 6:,} lines each, "
         "first)", over_stores(bench, rounds)),
    ]
