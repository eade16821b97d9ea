"""A server that is far away: enough is under way, and not too much."""
import json
import time

from cases.queries import PRODUCT
from harness.case import Case
from harness.program import PATIENCE
from harness.proxy import Proxy, cut, receive, send
from harness.store import SCHEMA

QUERY = "{ products { edges { node { id title } } } }"
ROUND_TRIP = 0.1
QUIET = 1.0 * PATIENCE
MIB = 1 << 20


class Far(Proxy):
    """Answers to the loader come late, and none to its batches until it has
    sent all that it wants to."""

    def __init__(self, database):
        self.batches = self.bytes = 0
        self.last = None
        super().__init__(database, "pass")

    def _to_server(self, client, server, losing):
        """`losing` says that it is the loader's connection."""
        while data := receive(client):
            if b"\0bulkpg run " in data:
                losing.set()
            if losing.is_set():
                self._count(data)
            if not send(server, data):
                break
        cut(client)
        cut(server)

    def _count(self, data):
        """Executions of the staging tables' statements, before answers."""
        if self.released.is_set():
            return
        self.batches += data.count(b"\0_stage_")
        if self.batches > 0:
            self.bytes += len(data)
            self.last = time.monotonic()

    def _to_client(self, client, server, losing):
        while data := receive(server):
            if losing.is_set() and not self.released.is_set():
                self._hold()
            if not send(client, data):
                break
        cut(client)
        cut(server)

    def _hold(self):
        time.sleep(ROUND_TRIP)
        while self.last is not None and not self.released.is_set():
            if time.monotonic() > self.last + QUIET:
                self.release()
            time.sleep(0.01)


class FarServer(Case):
    def load(self, count, title):
        """What was under way before the first answer: batches, bytes."""
        path = self.program.file("result.jsonl", "".join(
            json.dumps({"id": f"{PRODUCT}{n}", "title": f"{n}{title}"}) + "\n"
            for n in range(count)))
        self.configure()
        self.query("products", QUERY)
        far = Far(self.db)
        self.addCleanup(far.close)
        self.run_program("load", "products", path, "--types", SCHEMA, "--dsn",
                         far.dsn)
        self.assertEqual([(count,)], self.rows("products", "count(*)"))
        return far.batches, far.bytes

    def test_as_many_batches_as_the_way_takes(self):
        batches, _ = self.load(50_000, "")
        self.assertGreater(batches, 60)
        self.assertLess(batches, 90)

    def test_wide_rows_are_no_more_than_memory_is_for(self):
        _, size = self.load(600, "x" * 50_000)
        self.assertGreater(size, 7 * MIB)
        self.assertLess(size, 9 * MIB)
