"""The base class of all cases: a database, the fake stores, the program."""
import inspect
import os
import time
import unittest
from datetime import datetime, timezone

import oracle
from harness import codes, hostile
from harness.ahead import Ahead
from harness.graph import FakeGraph
from harness.program import LAST_RESORT, Program
from harness.store import FAST, SCHEMA, FakeShop, Oracle

OK, PARTIAL, USAGE, FAILED, UNWRITTEN = 0, 65, 64, 69, 74
INTERNAL, AGAIN, DENIED, CONFIG = 70, 75, 77, 78


class World:
    """Servers that the tests of one process share, started on first use."""

    cluster = None
    program = None
    _shop = None
    _graph = None
    _oracle = None

    @classmethod
    def shop(cls):
        if cls._shop is None:
            cls._shop = FakeShop()
        return cls._shop

    @classmethod
    def graph(cls):
        if cls._graph is None:
            cls._graph = FakeGraph()
        return cls._graph

    @classmethod
    def oracle(cls):
        if cls._oracle is None:
            cls._oracle = Oracle()
        return cls._oracle

    @classmethod
    def is_sanitized(cls):
        """True if the program was built with sanitizers. Its memory use then
        says nothing."""
        with open(cls.program, "rb") as file:
            return b"__asan_init" in file.read()

    @classmethod
    def end(cls):
        for one in (cls._shop, cls._graph, cls._oracle):
            if one is not None:
                one.stop()


class Case(unittest.TestCase):
    """A test with a fresh database, fresh stores and an empty folder."""

    maxDiff = 3000
    types = SCHEMA

    def setUp(self):
        self.shop = World.shop()
        self.shop.post("reset")
        self.shop.set(**FAST)
        self.db = World.cluster.database()
        self.program = Program(World.program)
        self.addCleanup(self.program.remove)
        self.addCleanup(self.program.end_all)
        self.addCleanup(self.check_no_leaks)
        self.addCleanup(codes.note_journal, self.db)

    # ---- doing -----------------------------------------------------------

    def configure(self, *names, **how):
        """Write bulkpg.ini for these fake stores; by default for acme."""
        stores = [self.shop.stores[name] for name in names or ("acme",)]
        self.program.configure(self.db.dsn, stores, **how)

    def query(self, job, text, store=None):
        return self.program.query(job, text, store)

    def run_program(self, *arguments, status=OK, **how):
        """Run the program; fail unless it ends with this status."""
        result = self.program.run(*arguments, **how)
        self.expect(result, status)
        return result

    def expect(self, result, status):
        if result.status != status:
            self.fail(f"expected status {status}: {result}")

    def load(self, job, lines, *arguments, status=OK, **how):
        """Load lines (bytes, text or a list of either) from a file, with
        bulkpg load."""
        self.program.file("lines.jsonl", joined(lines))
        return self.run_program("load", "--store", "acme", "--types",
                                self.types, job, "lines.jsonl", *arguments,
                                status=status, **how)

    def change(self, **what):
        """Change a store's data, at the fake store and in the oracle."""
        what.setdefault("at", "2025-07-01T00:00:00Z")
        answer = self.shop.post("change", what)
        World.oracle().ask(cmd="change", body=what)
        return answer["ids"]

    def change_now(self, **what):
        """Change data of store acme with the current time, so that the next
        incremental run fetches it."""
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.change(store="acme", at=at, **what)

    def long_when_sanitized(self):
        """Skip a test that takes minutes under sanitizers, unless E2E_LONG
        is set."""
        if World.is_sanitized() and not long_run():
            self.skipTest("E2E_LONG=1 runs it under sanitizers")

    def ahead(self):
        """A clock that a test sets ahead."""
        if World.is_sanitized():
            self.skipTest("the sanitizer's library comes first")
        ahead = Ahead()
        self.addCleanup(ahead.remove)
        return ahead

    def pass_time(self, ahead, until, step=7200):
        """Set a clock ahead, two hours at a time, until something has
        happened. So a limit of an hour passes whenever its time began."""
        waited = time.monotonic()
        ahead.later(step)

        def has_happened():
            nonlocal waited
            if until():
                return True
            if time.monotonic() > waited + 0.5:
                waited = time.monotonic()
                ahead.later(step)
            return False
        self.wait_for(has_happened)

    def wait_for(self, what, why=None):
        """Wait until what() is true, and return its value."""
        end = time.monotonic() + LAST_RESORT
        while True:
            found = what()
            if found:
                return found
            if time.monotonic() > end:
                self.fail(f"this did not happen: {why or source_of(what)}")
            time.sleep(0.02)

    # ---- looking ---------------------------------------------------------

    def status(self, job=None):
        """The newest run's status; None before the first run."""
        if self.db.value("SELECT to_regclass('bulkpg.run') IS NULL AS v"):
            return None
        where = f"WHERE job = '{job}'" if job else ""
        rows = self.db.column(f"SELECT status FROM bulkpg.run {where} "
                              "ORDER BY run_id DESC LIMIT 1")
        return rows[0] if rows else None

    def plan(self, query, store="acme"):
        return World.oracle().ask(cmd="expect", query=query, store=store)

    def check_tables(self, *queries, store="acme", schema=None, besides=()):
        """Check that the schema contains exactly the tables and rows that
        the oracle expects for these queries."""
        try:
            return oracle.check(self.db, schema or store,
                                [self.plan(text, store) for text in queries],
                                besides)
        except oracle.Wrong as wrong:
            self.fail(str(wrong))

    def rows(self, table, columns="*", order="1", schema="acme"):
        """Rows as tuples; values as Python reads them from JSON."""
        rows = self.db.rows(f"SELECT {columns} FROM {schema}.{table} "
                            f"ORDER BY {order}")
        return [tuple(row.values()) for row in rows]

    def type_of(self, table, column, schema="acme"):
        return oracle.Actual(self.db, schema).types()[table][column]

    def last_run(self, job=None, store="acme"):
        where = f" AND job = '{job}'" if job else ""
        return self.db.row(f"SELECT * FROM bulkpg.run WHERE store = '{store}'"
                           f"{where} ORDER BY run_id DESC LIMIT 1")

    def snapshot(self):
        return oracle.snapshot(self.db)

    def check_unchanged(self, before):
        self.assertEqual(before, self.snapshot(), "tables were changed")

    def check_no_staging(self):
        self.assertEqual([], self.db.column(
            "SELECT relname FROM pg_class WHERE relname LIKE '%stage%' "
            "AND relnamespace::regnamespace::text NOT IN "
            "('pg_catalog', 'information_schema')"))

    def check_no_leaks(self):
        """Check that the program printed no secret and no terminal control
        sequence, that the result host received no secret, and that the
        sanitizers reported nothing."""
        self.assertEqual([], self.shop.get("leaks"))
        secrets = self.shop.secrets()
        for running in self.program.results:
            if running.result is None:
                continue
            for secret in secrets:
                self.assertNotIn(secret, running.result.output)
            self.assertIsNone(hostile.find(running.result.output))
            self.assertTrue(running.result.is_utf8)
            for fault in ("Sanitizer", "runtime error:"):
                self.assertNotIn(fault, running.result.stderr)

    def requests(self, **match):
        return self.shop.log(**match)

    def tearDown(self):
        World.oracle().ask(cmd="reset")


def source_of(function):
    """The source of a function, on one line."""
    return " ".join(inspect.getsource(function).split())


def joined(lines):
    if isinstance(lines, (bytes, str)):
        return lines
    return b"".join((line if isinstance(line, bytes) else line.encode())
                    + b"\n" for line in lines)


def long_run():
    return os.environ.get("E2E_LONG") == "1"
