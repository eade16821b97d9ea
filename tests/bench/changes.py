"""Measures what a full load costs by the share of changed rows, and what a load
costs by the distance to the database."""
import itertools
import re
import statistics
from dataclasses import replace

from catalogue import Data
from curves import row, table
from loads import FLOOR, LOAD, LOAD_AGAIN, TUNING, Load, say
from machine import Failed
from network import FAR, FarServer
from probes import quietly

ROOTS = 50_000
# Each share, and its "every how many roots"; 0: none.
SHARES = [("0", 0), ("0.1 %", 1000), ("1 %", 100), ("10 %", 10),
          ("50 %", 2), ("100 %", 1)]
COMPARED, ALL_SENT = "compared", "all sent"

ROUND_TRIPS_MS = [0, 5, 20, 60]
TINY_PRODUCTS, SOME_PRODUCTS = 100, 10_000
HEAD = ["wall s", "client CPU s", "server CPU s", "MiB", "lines/s", "MB/s"]

STORES, JOBS, STORE_PRODUCTS = 150, 3, 200
SYSTEM_CALL = re.compile(r"(sendto|recvfrom)\(.* = (\d+)$")


def ways_of(program):
    """Whether the hashes of rows are compared first: the names of both ways,
    and their settings. An older program has one way."""
    with open(program, "rb") as file:
        if b"compare_memory" not in file.read():
            return {ALL_SENT: ""}
    return {COMPARED: "", ALL_SENT: "compare_memory = 0"}


def ratio(over, under):
    return over / under if over is not None and under else None


def bytes_moved(load, db, command):
    """The bytes that a command sends to the database and receives from it;
    None if they cannot be counted. Its input must be a file."""
    path = load.program.file("calls", "")
    status, _ = quietly(["strace", "-f", "-s", "0", "-e",
                         "trace=sendto,recvfrom", "-o", path, *command],
                        load, db)
    if status != 0:
        return None
    sums = {"sendto": 0, "recvfrom": 0}
    with open(path, encoding="utf-8") as file:
        for found in filter(None, map(SYSTEM_CALL.search, file)):
            sums[found[1]] += int(found[2])
    return sums["sendto"], sums["recvfrom"]


def megabytes(moved):
    return ["?", "?"] if moved is None else [f"{count / 1e6:.2f}"
                                             for count in moved]


# ---- the share of changed rows -------------------------------------------


class Changes:
    """Full loads of 300,000 lines. Each one changes a larger share of the
    rows, with the hashes of the rows compared first, and without."""

    def __init__(self, bench):
        self.bench = bench
        self.load = Load(bench, Data(bench.cache, "products", ROOTS), False)
        self.moved = {}
        self.ways = ways_of(bench.program)

    def path(self, number):
        every = SHARES[number][1]
        return self.load.data.full(every, 10 + number)

    def command(self, db, path):
        return [path if word == self.load.data.path else word
                for word in self.load.load_command(db)]

    def chain(self, comparing, measure):
        """A first load, then one for each share. measure() takes the name of
        the load, the database and the command."""
        load = self.load
        load.serve([self.bench.shop.stores["acme"]],
                   tuning=self.ways[comparing])
        db = load.fresh()
        measure(f"first, {comparing}", db, load.load_command(db))
        for number, (share, every) in enumerate(SHARES):
            db.execute("VACUUM")
            db.execute("CHECKPOINT")
            measure(f"{share}, {comparing}", db,
                    self.command(db, self.path(number)))
            lines = load.data.lines
            changed = lines // every if every else 0
            load.did(db, updated=changed, unchanged=lines - changed)
        load.serve([self.bench.shop.stores["acme"]])

    def round(self):
        for comparing in self.ways:
            self.chain(comparing, self.load.take)

    def count_bytes(self):
        def measure(name, db, command):
            self.moved[name] = bytes_moved(self.load, db, command)
        for comparing in self.ways:
            self.chain(comparing, measure)

    def ratio(self, share, comparing, what="wall"):
        """A load of this share by a first one, which is the same with the
        hashes compared and without."""
        firsts = [getattr(one, what) for name in self.ways
                  for one in self.load.taken[f"first, {name}"]]
        return ratio(self.load.median(f"{share}, {comparing}", what),
                     statistics.median(firsts))

    def sent(self, share):
        """The bytes sent, by those of a first load; None if not counted."""
        here, first = (self.moved.get(f"{name}, {COMPARED}") or [None]
                       for name in (share, "first"))
        return ratio(here[0], first[0])

    def crossing(self, what):
        """The smallest share from which on sending all rows takes less, as a
        text."""
        behind = list(itertools.takewhile(
            lambda share: self.ratio(share, COMPARED, what)
            > self.ratio(share, ALL_SENT, what),
            [share for share, _ in reversed(SHARES)]))
        return f"from {behind[-1]} on" if behind else "at no share"

    def table(self):
        head = ["changed", "", *HEAD[:3], "MB to the database",
                "MB from it", "x first"]
        rows = []
        for share in ["first"] + [share for share, _ in SHARES]:
            for comparing in self.ways:
                name = f"{share}, {comparing}"
                rows.append([
                    share, comparing, f"{self.load.median(name):.3f}",
                    f"{self.load.median(name, 'cpu'):.2f}",
                    f"{self.load.median(name, 'server'):.2f}",
                    *megabytes(self.moved.get(name)),
                    f"{self.ratio(share, comparing):.2f}"])
        if len(self.ways) == 1:
            return table(head, rows)
        return (table(head, rows) + "\n\nSending all rows takes less time "
                + self.crossing("wall") + ", and less CPU of the server "
                + self.crossing("server") + ".")

    def title(self):
        return ("Rows changed: `load` of a full result, "
                f"{self.load.data.lines:,} lines")


# ---- the distance to the database ----------------------------------------


class FarLoad(Load):
    """Loads into a distant server."""

    def __init__(self, bench, far, data):
        self.far = far
        super().__init__(replace(bench, cluster=far.cluster,
                                 meter=far.meter), data, False)

    def environment(self, db):
        return {**super().environment(db), "PGHOST": FAR}

    def load_command(self, db):
        return [f"host={FAR} dbname={db.name} user=owner"
                if word == db.dsn else word
                for word in super().load_command(db)]

    def first(self, way):
        """The journal exists, because only the very first command of a
        database creates it."""
        return self.first_into(self.checked(), way)

    def take(self, way, db, command):
        with self.far.near.inside():
            super().take(way, db, command)


class Distance:
    """The floor, a first load and an unchanged one, by the round trip."""

    def __init__(self, bench, far, sizes):
        self.far = far
        self.loads = [FarLoad(bench, far, Data(bench.cache, "products", roots))
                      for roots in sizes]

    def trips(self, load):
        """The largest catalogue is only measured near and far."""
        return (ROUND_TRIPS_MS[::3] if load is self.loads[-1]
                else ROUND_TRIPS_MS)

    def round(self):
        for ms in ROUND_TRIPS_MS:
            self.far.delay(ms / 2)
            say(f"{ms} ms to the database")
            for load in self.loads:
                if ms not in self.trips(load):
                    continue
                load.floor(f"{FLOOR}, {ms} ms")
                db = load.first(f"{LOAD}, {ms} ms")
                load.take(f"{LOAD_AGAIN}, {ms} ms", db, load.load_command(db))

    def tables(self):
        tables = []
        for load in self.loads:
            rows = []
            for way in (FLOOR, LOAD, LOAD_AGAIN):
                names = [f"{way}, {ms} ms" for ms in self.trips(load)]
                rows += [row(name, (load.data.lines, load.data.size),
                             load.taken[name], load.taken[names[0]])
                         for name in names]
            tables.append((f"Distance to the database: `load`, "
                           f"{load.data.lines:,} lines",
                           table(["", *HEAD, "x 0 ms"], rows)))
        return tables


# ---- many stores ----------------------------------------------------------


class ManyStores:
    """Unchanged full runs of many jobs in one process."""

    names = ["acme"] + [f"s{n}" for n in range(1, STORES)]

    def __init__(self, bench):
        self.bench = bench
        self.load = Load(bench, Data(bench.cache, "products", STORE_PRODUCTS),
                         False)
        self.load.limit = 60 + STORES * JOBS
        for number in range(1, JOBS):
            self.load.program.query(f"more{number}", self.load.data.query
                                    .replace("products {", "products @table("
                                             f'name: "more{number}") {{', 1))

    def round(self):
        data, load = self.load.data, self.load
        self.bench.shop.set(result_file={
            "path": data.path, "object_count": data.lines,
            "root_object_count": data.roots,
            "url": self.bench.web.url(data.path)})
        stores = [self.bench.shop.stores[name] for name in self.names]
        load.serve(stores)
        db = load.checked()
        command = [self.bench.program, "-q", "run"]
        load.take("first", db, command)
        for comparing, tuning in ways_of(self.bench.program).items():
            load.program.configure(db.dsn, stores, "", f"{TUNING}\n{tuning}")
            db.execute("CHECKPOINT")
            load.take(f"unchanged, {comparing}", db, [*command, "--full"])
        self.bench.shop.set(result_file=None)
        load.serve([self.bench.shop.stores["acme"]])

    def server_ratio(self):
        return ratio(*(self.load.median(f"unchanged, {way}", "server")
                       for way in (COMPARED, ALL_SENT)))

    def title(self):
        return (f"{STORES} stores with {JOBS} jobs each, "
                f"{self.load.data.lines:,} lines a job: `run`, one process")

    def table(self):
        count = STORES * JOBS
        size = (self.load.data.lines * count, self.load.data.size * count)
        return table(["", *HEAD], [row(name, size, taken)
                                   for name, taken in self.load.taken.items()])


# ---- all of them -----------------------------------------------------------


class Curves:
    """The curves of every benchmark. `why_no_distance` is set if the distant
    database could not be had."""

    def __init__(self, bench, largest):
        self.changes = Changes(bench)
        self.stores = ManyStores(bench)
        self.distance, self.why_no_distance = None, None
        try:
            far = bench.at_end.enter_context(FarServer())
            self.distance = Distance(
                bench, far, [TINY_PRODUCTS, SOME_PRODUCTS, largest])
        except Failed as error:
            self.why_no_distance = str(error)
            say(f"  distance to the database: {error}")

    def measure(self, rounds):
        for number in range(rounds):
            say(f"--- curves, round {number + 1} of {rounds}")
            self.changes.round()
            if self.distance is not None:
                self.distance.round()
        self.changes.count_bytes()
        self.stores.round()

    def far(self, place, way, ms):
        """The median seconds of the distant catalogue number `place`."""
        if self.distance is None:
            return None
        return self.distance.loads[place].median(f"{way}, {ms} ms")

    def tables(self):
        found = [(self.changes.title(), self.changes.table())]
        if self.distance is not None:
            found += self.distance.tables()
        else:
            found.append(("Distance to the database",
                          f"Not measured: {self.why_no_distance}"))
        return found + [(self.stores.title(), self.stores.table())]
