"""Measures the effect of settings: connections, memory for keys, gzip, the
shape of rows, the size of batches."""
import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import replace

from catalogue import Data
from curves import HEAD, row, table
from loads import FLOOR, LOAD, Load, say
from machine import Failed, Web, quick_shop
from network import Namespace

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

CONNECTIONS = [1, 2, 5]
FAMILIES = 50_000
KEY_MEMORY = ["16MB", "512MB"]
USUAL_KEY_MEMORY = "64MB"

SLOW_MBIT = 100

# Few wide rows, and many narrow ones: job, roots, description.
SHAPES = [("notes", 2000, "50 KB a row"),
          ("counts", 1_000_000, "an id and an integer")]

# Rows and KiB of a batch, including the defaults.
BATCHES = [(100, 256), (250, 256), (500, 256), (1000, 256), (2000, 256),
           (500, 64), (500, 128), (1000, 512), (2000, 1024)]


class Variant:
    """The program, built from changed sources."""

    def __init__(self, edits):
        """`edits` maps a file to pairs of texts. The first text of each pair
        must occur once in the file; the second replaces it."""
        self.folder = tempfile.mkdtemp(prefix="bench-variant-", dir="/tmp")
        self.program = os.path.join(self.folder, "build", "bulkpg")
        try:
            self._make(edits)
        except BaseException:
            self.close()
            raise

    def _make(self, edits):
        shutil.copytree(TOP, self.folder, dirs_exist_ok=True, symlinks=True,
                        ignore=shutil.ignore_patterns("build", ".git"))
        for name, pairs in edits.items():
            path = os.path.join(self.folder, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for old, new in pairs:
                if text.count(old) != 1:
                    raise Failed(f"{name} does not contain this once: {old}")
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run(
            ["make", "-s", "-C", self.folder, f"-j{os.cpu_count()}",
             "build/bulkpg"], capture_output=True, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.decode(errors="replace")[-2000:])

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def rows_of(load, ways, *bases):
    """A row for each method, with the multiples of the bases."""
    size = (load.data.lines, load.data.size)
    return [row(way, size, load.taken[way],
                *(load.taken[base] for base in bases)) for way in ways]


def heading(what, data):
    return f"{what}, {data.lines:,} lines, {data.size / 1e6:,.0f} MB"


# ---- connections, and memory for keys ------------------------------------


def name_of(count):
    return f"connections = {count}"


def over_connections(bench, load):
    for count in CONNECTIONS:
        load.serve([bench.shop.stores["acme"]], name_of(count))
        load.first(name_of(count))
    load.serve([bench.shop.stores["acme"]])


def over_key_memory(bench, load):
    for memory in KEY_MEMORY:
        db = bench.cluster.database()
        db.execute(f"ALTER DATABASE {db.name} SET maintenance_work_mem = "
                   f"'{memory}';")
        load.first(memory)
        db.execute(f"ALTER DATABASE {db.name} RESET maintenance_work_mem;")


def connections_table(load):
    usual = name_of(1)
    return table(["", *HEAD, "x floor", "x " + usual], rows_of(
        load, [FLOOR, *map(name_of, CONNECTIONS)], FLOOR, usual))


def of_catalogue(bench, rounds, data):
    """Measure both settings with the same floor and the same default load."""
    load = Load(bench, data, False)
    for _ in range(rounds):
        load.floor()
        over_connections(bench, load)
        over_key_memory(bench, load)
    load.taken[USUAL_KEY_MEMORY] = load.taken[name_of(1)]
    memories = sorted([USUAL_KEY_MEMORY, *KEY_MEMORY],
                      key=lambda memory: int(memory[:-2]))
    return [(heading("Connections: `load`, first", data),
             connections_table(load)),
            (heading("maintenance_work_mem: `load`, first", data),
             table(["", *HEAD, "x " + USUAL_KEY_MEMORY],
                   rows_of(load, memories, USUAL_KEY_MEMORY)))]


def of_families(bench, rounds):
    load = Load(bench, Data(bench.cache, "families", FAMILIES), False)
    for _ in range(rounds):
        load.floor()
        over_connections(bench, load)
    return [(heading("Connections: `load` of a query with five connections, "
                     "first", load.data), connections_table(load))]


# ---- the shape of rows ---------------------------------------------------


def of_shapes(bench, rounds):
    rows = []
    for job, roots, name in SHAPES:
        load = Load(bench, Data(bench.cache, job, roots), False)
        for _ in range(rounds):
            load.round_of_first()
        size = (load.data.lines, load.data.size)
        rows += [row(f"{name}: {way}", size, load.taken[way],
                     load.taken[FLOOR]) for way in (FLOOR, LOAD)]
    return [("Wide rows and narrow ones: `load`, first",
             table(["", *HEAD, "x floor"], rows))]


# ---- gzip ----------------------------------------------------------------

ASKING = {
    "src/http/transfer.c": [(
        "(long)STREAM_READ_BYTES);\n",
        "(long)STREAM_READ_BYTES);\n        refused |= (int)curl_easy_setopt"
        "(easy, CURLOPT_ACCEPT_ENCODING,\n \"gzip\");\n")],
    "src/shopify/download.c": [(
        'strcmp(head->content_encoding, "identity") == 0',
        'strcmp(head->content_encoding, "gzip") == 0')],
}
ON_THE_FLY = "gzip on; gzip_types *; gzip_comp_level 1;"
READY = "gzip_static on;"
# Whether the program requests gzip, and nginx's configuration.
TRANSFERS = {
    "plain": (False, ""),
    "gzip offered, not requested": (False, READY + ON_THE_FLY),
    "gzip requested, file ready": (True, READY),
    "gzip requested, made on the fly": (True, ON_THE_FLY),
}
GZIP_NOTE = """bulkpg does not request gzip; these figures are those of a build
that does. Such a build must restart a download that breaks, because the offset
to resume at would count compressed bytes."""


def compressed(data):
    """Compress the file for gzip_static; returns the size."""
    path = data.path + ".gz"
    if not os.path.exists(path):
        subprocess.run(["gzip", "-k", "-6", "-n", data.path], check=True)
    return os.path.getsize(path)


def over_transfers(bench, rounds, data, asking):
    """Measure on the current network namespace, where store and nginx also
    run."""
    with contextlib.ExitStack() as at_end:
        shop = quick_shop(["acme"])
        at_end.callback(shop.stop)
        bench = replace(bench, shop=shop)
        load = Load(bench, data, False)
        benches = {
            way: replace(
                bench, program=asking if asks else bench.program,
                web=at_end.enter_context(
                    Web(bench.cache, bench.cluster.prefix, more)))
            for way, (asks, more) in TRANSFERS.items()}
        for _ in range(rounds):
            for way, load.bench in benches.items():
                load.first_run(way)
    return table(["", *HEAD, "x plain"],
                 rows_of(load, TRANSFERS, next(iter(TRANSFERS))))


def of_transfers(bench, rounds, data):
    size = compressed(data)
    variant = Variant(ASKING)
    bench.at_end.callback(variant.close)
    what = heading("gzip: `run`, first", data) + \
        f", {size / 1e6:,.0f} MB as `gzip -6`"
    tables = [(f"{what}, over loopback",
               over_transfers(bench, rounds, data, variant.program)
               + "\n\n" + GZIP_NOTE)]
    slow = Namespace()
    try:
        slow.slow(SLOW_MBIT)
        with slow.inside():
            tables.append((f"{what}, over {SLOW_MBIT} Mbit/s",
                           over_transfers(bench, rounds, data,
                                          variant.program)))
    finally:
        slow.close()
    return tables


# ---- the size of batches -------------------------------------------------


def batch_name(rows, kib):
    return f"{rows} rows, {kib} KiB"


def over_batches(bench, rounds, data):
    """Measure batches of other sizes, each with its own build."""
    benches = {}
    for rows, kib in BATCHES:
        say(f"build: {batch_name(rows, kib)}")
        variant = Variant({"src/load/batch.h": [
            ("BATCH_ROWS = 500,", f"BATCH_ROWS = {rows},"),
            ("BATCH_BYTES = 256 * 1024,", f"BATCH_BYTES = {kib} * 1024,")]})
        bench.at_end.callback(variant.close)
        benches[batch_name(rows, kib)] = replace(bench,
                                                 program=variant.program)
    load = Load(bench, data, False)
    for _ in range(rounds):
        load.floor()
        for way, load.bench in benches.items():
            load.first(way)
    usual = batch_name(500, 256)
    return [(heading("Batches: `load`, first", data),
             table(["", *HEAD, "x floor", "x " + usual],
                   rows_of(load, benches, FLOOR, usual)))]


# ---- all of them ---------------------------------------------------------


def unless_refused(title, levers, *arguments):
    """Measure settings that need root or kernel features, if possible."""
    try:
        return levers(*arguments)
    except Failed as error:
        say(f"  {title}: {error}")
        return [(title, f"Not measured: {error}")]


def measure(bench, sizes, batches):
    """Titles and tables; medians of at most three rounds."""
    rounds = min(bench.runs, 3)
    small, large = (Data(bench.cache, "products", roots)
                    for roots in (min(sizes), max(sizes)))
    say("--- levers")
    tables = of_catalogue(bench, rounds, large)
    tables += of_families(bench, rounds)
    tables += of_shapes(bench, rounds)
    tables += unless_refused("gzip", of_transfers, bench, rounds, small)
    if batches:
        tables += over_batches(bench, rounds, large)
    return tables
