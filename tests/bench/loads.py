"""The methods that load a result into tables. A Load runs, measures and checks
all methods for one data set."""
import json
import os
import statistics
import sys

from harness.program import Program
from harness.store import SCHEMA

from machine import Failed, take
from rivals import PYTHON

HERE = os.path.dirname(os.path.abspath(__file__))
WAYS = os.path.join(HERE, "ways")

TUNING = """poll_initial = 20ms
retry_budget = 1m
stall_timeout = 60s"""

FIRST, UNCHANGED, CHANGED, FEW = ("bulkpg run", "bulkpg run, unchanged",
                                  "bulkpg run, 1 % changed",
                                  "bulkpg run, few changed")
FULL_CHANGED = "bulkpg run, full, 1 % changed, 0.1 % gone"
LOAD, DRY, FLOOR = "bulkpg load", "bulkpg load --dry-run", "floor"
LOAD_AGAIN = "bulkpg load, unchanged"

# Other methods: name and command. Each command gets the URL of the result.
RIVALS = {
    "Python: orjson, psycopg 3 text COPY": [PYTHON, "python_text.py"],
    "Python: orjson, psycopg 3 binary COPY": [PYTHON, "python_binary.py"],
    "Node: JSON.parse, pg-copy-streams": ["node", "node_streams.js"],
    "Python: aiohttp, json, asyncpg COPY": [PYTHON, "asyncpg_copy.py"],
    "Python: aiohttp, json, asyncpg upserts": [PYTHON, "tutorial.py"],
    "curl, jsonb, INSERT SELECT": ["bash", "jsonb.sh"],
    "curl, jq, psql COPY": ["bash", "jq.sh"],
}
# Methods that run in every round. The others, which are slower, run in the
# first SLOW_ROUNDS.
FAST = set(list(RIVALS)[:3])
SLOW_ROUNDS = 3
# Methods that are too slow for the larger sizes.
SLOW = {"curl, jq, psql COPY"}
SLOW_LINES = 400_000

CHECK = """
SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric),
                                   0) AS sum
FROM (SELECT {columns} FROM acme.{table}) t"""
DID = """
SELECT coalesce(sum(inserted), 0) AS inserted,
       coalesce(sum(updated), 0) AS updated,
       coalesce(sum(deleted), 0) AS deleted,
       coalesce(sum(unchanged), 0) AS unchanged
FROM bulkpg.run_table WHERE run_id = (SELECT max(run_id) FROM bulkpg.run)"""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Ddl:
    """The tables of a job, from bulkpg plan."""

    def __init__(self, plan):
        self.tables = {}
        self.create = []
        self.keys = []
        for table in plan["tables"]:
            names = [column["name"] for column in table["columns"]]
            self.tables[table["name"]] = [
                name for name in names
                if name not in ("_hash", "_loaded_at")]
        for statement in statements(plan["ddl"]):
            if statement.startswith("CREATE TABLE"):
                self.create.append(statement)
            elif not statement.startswith("COMMENT"):
                self.keys.append(statement)

    def common(self):
        """The tables without _hash and _loaded_at."""
        return [statement.replace(
            ',\n    "_hash" bigint,\n    "_loaded_at" timestamptz', "")
            for statement in self.create]


def statements(text):
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [one.strip() for one in "\n".join(lines).split(";\n")
            if one.strip()]


class Load:
    """All measurements of one data set."""

    def __init__(self, bench, data, with_rivals):
        self.bench = bench
        self.data = data
        self.job = data.job
        self.program = Program(bench.program)
        bench.at_end.callback(self.program.remove)
        self.serve([bench.shop.stores["acme"]])
        self.program.query(self.job, data.query)
        self.ddl = Ddl(self._plan())
        self.keys = self.program.file("keys.sql", "".join(
            f"{statement};\n" for statement in
            self.ddl.keys + [f"ANALYZE acme.{table}"
                             for table in data.tables]))
        self.program.file("floor.sql", self._floor_script())
        self.rivals = {
            name: command for name, command in RIVALS.items()
            if with_rivals and (data.lines <= SLOW_LINES
                                or name not in SLOW)}
        self.limit = 60 + data.lines / 4000
        self.taken = {}
        self.wal = {}
        self.left_out = {}
        self.sums = None
        few = max(1, min(500, data.roots // 100))
        self.changed = {CHANGED: (max(1, data.roots // 100), 1),
                        FEW: (few, 2)}

    def serve(self, stores, database="", tuning=""):
        """Configure these fake stores."""
        self.program.configure(self.bench.cluster.database().dsn, stores,
                               database, f"{TUNING}\n{tuning}")

    # ---- commands --------------------------------------------------------

    def _plan(self):
        words = ["plan", self.job, "--types", SCHEMA]
        plan = json.loads(self._bulkpg_says(*words, "--json"))
        plan["ddl"] = self._bulkpg_says(*words).split("-- The tables:")[1]
        return plan

    def _bulkpg_says(self, *words):
        result = self.program.run(*words)
        if result.status != 0:
            raise SystemExit(f"bench: {result}")
        return result.stdout

    def _floor_script(self):
        copies = [f"\\copy acme.{table} from '{self.data.flat(table)}'"
                  for table in self.data.tables]
        return "\n".join(
            ["BEGIN;", "CREATE SCHEMA acme;"]
            + [statement + ";" for statement in self.ddl.create] + copies
            + [f"\\i {self.keys}", "COMMIT;", ""])

    def environment(self, db):
        cluster = db.cluster
        return {**self.program.environment, **self.bench.rivals, "PGHOST": cluster.directory,
                "PGUSER": "owner", "PGDATABASE": db.name,
                "PGCLIENTENCODING": "UTF8", "LC_ALL": "C.UTF-8",
                "PATH": cluster.bin + ":" + os.environ["PATH"]}

    def fresh(self, statements_=()):
        db = self.bench.cluster.database()
        db.execute(";\n".join(["SELECT 1", *statements_, "CHECKPOINT"]) + ";")
        return db

    def take(self, way, db, command):
        """Measure one method once."""
        before = db.value("SELECT pg_current_wal_insert_lsn() AS v")
        server = self.bench.meter.read()
        taken = take(command, self.program.directory, self.environment(db),
                     self.limit)
        self.wal.setdefault(way, []).append(db.value(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), "
            f"'{before}') AS v"))
        taken.server = self.bench.meter.read() - server
        self.taken.setdefault(way, []).append(taken)
        say(f"  {way:40} {taken.wall:8.3f} s, CPU {taken.cpu:6.2f} s, "
            f"server's {taken.server:6.2f} s {taken.memory:7.1f} MiB")

    def check(self, way, db):
        """Check that the rows are those of the floor, which runs first."""
        sums = [db.value(CHECK.format(
            table=table, columns=", ".join(f'"{name}"' for name in names)))
            for table, names in self.ddl.tables.items()]
        if self.sums is None:
            self.sums = sums
        if sums != self.sums:
            raise SystemExit(f"bench: {way} has other rows: {sums}; the "
                             f"floor has {self.sums}")

    # ---- one round -------------------------------------------------------

    def round(self):
        db = self.round_of_first()
        self.take(LOAD_AGAIN, db, self.load_command(db))
        self.take(DRY, db, self.dry_command())
        self.round_of_runs()
        for way, command in self.rivals.items():
            if way not in self.left_out and (
                    way in FAST or len(self.taken.get(way, []))
                    < SLOW_ROUNDS):
                self.rival(way, command)

    def round_of_first(self):
        """Measure the floor and a first load; returns the database."""
        say(f"{self.job}, {self.data.lines:,} lines")
        self.floor()
        return self.first(LOAD)

    def floor(self, way=FLOOR):
        db = self.fresh()
        self.take(way, db, self.floor_command())
        self.check(way, db)

    def first(self, way):
        """Measure a first load; returns the database."""
        return self.first_into(self.fresh(), way)

    def first_into(self, db, way):
        self.take(way, db, self.load_command(db))
        self.check(way, db)
        return db

    def floor_command(self):
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f",
                "floor.sql"]

    def load_command(self, db):
        return [self.bench.program, "-q", "load", "--full", "--types", SCHEMA,
                "--dsn", db.dsn, self.job, self.data.path]

    def dry_command(self):
        return [self.bench.program, "load", "--dry-run", "--types", SCHEMA,
                self.job, self.data.path]

    def rival(self, way, command):
        db = self.fresh(["CREATE SCHEMA acme", *self.ddl.common()])
        command = [command[0], os.path.join(WAYS, command[1]),
                   self.bench.web.url(self.data.path), self.keys]
        try:
            self.take(way, db, command)
        except Failed as error:
            self.left_out[way] = str(error).strip().splitlines()[-1]
            say(f"  {way}: left out: {error}")
            return
        self.check(way, db)

    def offer(self, path, lines, roots):
        """Give the store's next operation this result, which nginx serves."""
        self.bench.shop.next(store="acme", result_file={
            "path": path, "object_count": lines, "root_object_count": roots,
            "url": self.bench.web.url(path)})

    def run_command(self, *more):
        return [self.bench.program, "-q", "run", self.job, *more]

    def checked(self):
        """A database on which `bulkpg check` has run: it has a journal and the
        store's types."""
        db = self.fresh()
        self._bulkpg_says("check")
        db.execute("CHECKPOINT")
        return db

    def first_run(self, way):
        """Measure a first run; returns the database."""
        data = self.data
        db = self.checked()
        self.offer(data.path, data.lines, data.roots)
        self.take(way, db, self.run_command())
        self.check(way, db)
        self.did(db, inserted=data.lines)
        return db

    def round_of_runs(self):
        data = self.data
        db = self.first_run(FIRST)
        db.execute("CHECKPOINT")
        self.offer(data.path, data.lines, data.roots)
        self.take(UNCHANGED, db, self.run_command("--full"))
        self.did(db, unchanged=data.lines)
        self.full_changed(db)
        for way, (roots, version) in self.changed.items():
            lines = data.lines // data.roots * roots
            path = data.changed(roots, version)
            db.execute("CHECKPOINT")
            self.offer(path, lines, roots)
            self.take(way, db, self.run_command())
            self.did(db, updated=lines)

    def full_changed(self, db):
        """A full run in which 1 % of the roots changed and 0.1 % are gone."""
        data = self.data
        if data.roots < 1000 or data.roots % 1000:
            return
        per_root = data.lines // data.roots
        gone = data.roots // 1000
        db.execute("CHECKPOINT")
        self.offer(data.full(100, 3, 1000), data.lines - gone * per_root,
                   data.roots - gone)
        self.take(FULL_CHANGED, db, self.run_command("--full"))
        changed = data.roots // 100
        self.did(db, updated=changed * per_root, deleted=gone * per_root,
                 unchanged=data.lines - (changed + gone) * per_root)

    def did(self, db, **expected):
        """Check the numbers of rows that the last run recorded."""
        expected = {"inserted": 0, "updated": 0, "deleted": 0,
                    "unchanged": 0, **expected}
        found = {name: int(count) for name, count in db.row(DID).items()}
        if found != expected:
            raise SystemExit(f"bench: {self.job}: the run did {found}, not "
                             f"{expected}")

    # ---- results ---------------------------------------------------------

    def median(self, way, what="wall"):
        """The median of one method; None if it was not measured."""
        values = [getattr(one, what) for one in self.taken.get(way, [])]
        return statistics.median(values) if values else None

    def spread(self, way):
        values = [one.wall for one in self.taken[way]]
        return min(values), max(values)

    def wal_mib(self, way):
        return float(statistics.median(self.wal[way])) / (1 << 20)
