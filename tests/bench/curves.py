"""How cost grows: with lines, with columns, with stores."""
import os
import statistics

from harness.program import Program
from harness.store import SCHEMA

from catalogue import Data, wide_query, write_wide
from loads import TUNING, Load, say
from machine import take

LINES = [10_000, 100_000, 1_000_000]
LONG_LINES = 10_000_000
COLUMNS = [5, 10, 20, 50, 100, 200]
WIDE_LINES = 20_000
STORES = [1, 2, 5, 10, 20, 50, 100, 200]
STORE_PRODUCTS = 1000


def store_names():
    """Those of the fake; the curve over stores wants many."""
    if os.environ.get("BENCH_CURVES", "") in ("", "0"):
        return ["acme"]
    return ["acme"] + [f"s{n}" for n in range(1, max(STORES))]


def table(head, rows):
    widths = "|".join("--:" for _ in head)
    return "\n".join(["| " + " | ".join(head) + " |", f"|{widths}|"]
                     + ["| " + " | ".join(row) + " |" for row in rows])


def row(name, lines, size, taken):
    wall = statistics.median(one.wall for one in taken)
    cpu = statistics.median(one.cpu for one in taken)
    return [f"{name:,}", f"{wall:.3f}", f"{cpu:.2f}", f"{lines / wall:,.0f}",
            f"{size / wall / 1e6:,.0f}",
            f"{max(one.memory for one in taken):.1f}"]


HEAD = ["wall s", "CPU s", "lines/s", "MB/s", "MiB"]


def over_lines(bench, long):
    rows = []
    for lines in LINES + ([LONG_LINES] if long else []):
        load = Load(bench, Data(bench.cache, "products", lines // 6), False)
        taken = []
        for _ in range(min(bench.runs, 3)):
            db = load.fresh()
            taken.append(take(load.load_command(db), load.program.directory,
                              load.environment(db), load.limit))
        rows.append(row(load.data.lines, load.data.lines, load.data.size,
                        taken))
        load.close()
    return table(["lines", *HEAD], rows)


def over_columns(bench):
    rows = []
    for columns in COLUMNS:
        program = Program(bench.program)
        program.configure("", [bench.shop.stores["acme"]])
        program.query("wide", wide_query(columns))
        path = program.file("wide.jsonl", "")
        write_wide(path, columns, WIDE_LINES)
        taken = []
        for _ in range(min(bench.runs, 3)):
            db = bench.cluster.database()
            db.execute("CHECKPOINT")
            taken.append(take(
                [bench.program, "-q", "load", "--types", SCHEMA, "--dsn",
                 db.dsn, "wide", path], program.directory,
                program.environment, 300))
        rows.append(row(columns, WIDE_LINES, os.path.getsize(path), taken))
        program.remove()
    return table(["columns", *HEAD], rows)


def over_stores(bench):
    rows = []
    data = Data(bench.cache, "products", STORE_PRODUCTS)
    result = {"path": data.path, "object_count": data.lines,
              "root_object_count": data.roots,
              "url": bench.web.url(data.path)}
    for count in STORES:
        taken = []
        load = Load(bench, data, False)
        stores = [bench.shop.stores[name] for name in store_names()[:count]]
        for _ in range(min(bench.runs, 3)):
            db = load.fresh()
            load.program.configure(db.dsn, stores, tuning=TUNING)
            bench.shop.set(result_file=result)
            taken.append(take([bench.program, "-q", "run"],
                              load.program.directory, load.environment(db),
                              300))
            bench.shop.set(result_file=None)
        rows.append(row(count, data.lines * count, data.size * count, taken))
        load.close()
    return table(["stores", *HEAD], rows)


def measure(bench, long):
    """Title and table of each."""
    say("--- curves")
    return [
        ("Lines (`load` of a catalogue, first)", over_lines(bench, long)),
        (f"Columns (`load` of {WIDE_LINES:,} lines, first)",
         over_columns(bench)),
        (f"Stores (`run` of all at once, {data_lines():,} lines each, first)",
         over_stores(bench)),
    ]


def data_lines():
    return STORE_PRODUCTS * 6
