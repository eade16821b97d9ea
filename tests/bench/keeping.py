"""What it costs to keep the versions of rows (@history), and an archive of the
results. Alone:

    tests/bench/keeping.sh PROGRAM
"""
import contextlib
import copy
import glob
import os
import shutil
import signal
import sys

from catalogue import Data
from changes import ratio
from curves import row, table
from loads import CHANGED, FIRST, FULL_CHANGED, UNCHANGED, Load, say
from machine import Failed, Meter, Server, Web, quick_shop

ROOTS = 50_000
WAYS = [FIRST, UNCHANGED, FULL_CHANGED, CHANGED]
HEAD = ["wall s", "client CPU s", "server CPU s", "MiB", "lines/s", "MB/s"]
MOST_HISTORY, MOST_ARCHIVE = 1.3, 1.1


class WithHistory(Load):
    """The same query with @history."""

    def __init__(self, bench, data):
        data = copy.copy(data)
        data.query = data.query.replace("{", "@history {", 1)
        super().__init__(bench, data, False)
        self.written = []

    def did(self, db, **expected):
        """A run without changes writes no version; otherwise each row that it
        wrote begins one."""
        super().did(db, **expected)
        versions = sum(self.versions(db, name) for name in self.data.tables)
        new = expected.get("inserted", 0) + expected.get("updated", 0)
        if versions - sum(self.written) != new:
            raise SystemExit(f"bench: {new} rows were written, but "
                             f"{versions - sum(self.written)} versions")
        self.written.append(new)

    def versions(self, db, name):
        return int(db.value(f"SELECT count(*) AS v FROM acme.{name}_history"))

    def round_of_runs(self):
        self.written = []
        super().round_of_runs()


class WithArchive(Load):
    """The same query with [archive]."""

    sizes = ()

    def archive(self):
        return os.path.join(self.program.directory, "archive")

    def serve(self, stores, database="", tuning=""):
        super().serve(stores, database, tuning)
        self.program.file("bulkpg.ini", self.program.read("bulkpg.ini")
                          .decode() + "[archive]\ndir = archive\n")

    def first_run(self, way):
        shutil.rmtree(self.archive(), ignore_errors=True)
        db = super().first_run(way)
        self.sizes = [os.path.getsize(path) for path in
                      glob.glob(self.archive() + "/*.jsonl.zst")]
        if len(self.sizes) != 1:
            raise SystemExit(f"bench: the archive has {self.sizes}")
        return db


class Keeping:
    """Runs with @history and with [archive], each beside the same run without
    it."""

    def __init__(self, bench, roots):
        data = Data(bench.cache, "products", roots)
        self.plain = Load(bench, data, False)
        self.history = WithHistory(bench, data)
        self.archived = WithArchive(bench, data, False)

    def measure(self, rounds):
        for number in range(rounds):
            say(f"--- history and archive, round {number + 1} of {rounds}")
            for load in (self.plain, self.history):
                load.round_of_runs()
            self.archived.first_run(FIRST)

    def history_ratio(self, way, what="wall"):
        return ratio(self.history.median(way, what),
                     self.plain.median(way, what))

    def archive_ratio(self, what="wall"):
        return ratio(self.archived.median(FIRST, what),
                     self.plain.median(FIRST, what))

    def archive_share(self):
        """The size of the archive, by that of the result."""
        return sum(self.archived.sizes) / self.plain.data.size

    def unchanged_wal(self):
        """MiB that a run without changes writes more than one without
        @history."""
        return (self.history.wal_mib(UNCHANGED)
                - self.plain.wal_mib(UNCHANGED))

    def tables(self):
        data = self.plain.data
        size = data.lines, data.size
        rows = []
        for way in filter(self.plain.taken.get, WAYS):
            for name, load in (("", self.plain), ("@history", self.history)):
                cells = row(f"{way}", size, load.taken[way],
                            self.plain.taken[way])
                rows.append([cells[0], name, *cells[1:],
                             f"{load.wal_mib(way):,.1f}"])
        archived = [row(name, size, load.taken[FIRST], self.plain.taken[FIRST])
                    for name, load in (("without", self.plain),
                                       ("with", self.archived))]
        return [
            (f"@history: {data.lines:,} lines",
             table(["", "", *HEAD, "x without", "WAL MiB"], rows)),
            (f"[archive]: a first run of {data.lines:,} lines; the file has "
             f"{self.archive_share():.1%} of the size of the result",
             table(["", *HEAD, "x without"], archived))]

    def targets(self):
        """What, wanted, measured, and whether that is enough."""
        found = [(f"{way}, with @history", f"<= {MOST_HISTORY} x without",
                  self.history_ratio(way), MOST_HISTORY)
                 for way in (FULL_CHANGED, CHANGED, UNCHANGED)]
        found.append(("first run, with [archive]",
                      f"<= {MOST_ARCHIVE} x without", self.archive_ratio(),
                      MOST_ARCHIVE))
        return found


# ---- alone ------------------------------------------------------------------


class Bench:
    """As that of bench.py."""

    rivals = {}

    def __init__(self, program, cache, at_end):
        self.program = os.path.abspath(program)
        self.cache = cache
        self.at_end = at_end
        self.cluster = at_end.enter_context(Server())
        self.web = at_end.enter_context(Web(cache, self.cluster.prefix))
        self.shop = quick_shop(["acme"])
        at_end.callback(self.shop.stop)
        self.meter = Meter(self.cluster)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    cache = os.path.abspath(os.environ.get("BENCH_CACHE") or os.path.join(
        os.path.dirname(os.path.dirname(here)), "build", "bench"))
    os.makedirs(cache, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as at_end:
        keeping = Keeping(Bench(sys.argv[1], cache, at_end), int(
            os.environ.get("KEEPING_PRODUCTS") or ROOTS))
        keeping.measure(int(os.environ.get("BENCH_RUNS") or 3))
        print("\n\n".join(f"{title}:\n\n{text}"
                          for title, text in keeping.tables()))
        print()
        for what, wanted, measured, most in keeping.targets():
            if measured is not None:
                print(f"{what}: {measured:.2f} ({wanted}): "
                      + ("met" if measured <= most else "missed"))
        print(f"WAL of {UNCHANGED}: {keeping.unchanged_wal():.2f} MiB more "
              "than without @history")


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        raise SystemExit(f"bench: {error}") from None
