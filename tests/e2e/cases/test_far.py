"""A server that is far away: enough is under way, and not too much."""
import fcntl
import json
import struct
import termios
import time

from cases.queries import PRODUCT
from harness.case import OK, Case
from harness.proxy import Proxy, cut, receive, send
from harness.store import SCHEMA

QUERY = "{ products { edges { node { id title } } } }"
ROUND_TRIP = 0.1
GLANCE = 0.01
GLANCES = 50
MIB = 1 << 20


def unread(one):
    """Bytes that have come and were not received yet."""
    return struct.unpack("i", fcntl.ioctl(one, termios.FIONREAD, bytes(4)))[0]


class Far(Proxy):
    """Answers to the loader come late, and none to its batches until it has
    sent all that it wants to: then it sleeps, and nothing of it is under way.
    """

    def __init__(self, database):
        self.batches = self.bytes = 0
        self.running = self.client = None
        super().__init__(database, "pass")

    def _to_server(self, client, server, losing):
        """`losing` says that it is the loader's connection."""
        while data := receive(client):
            if b"\0bulkpg run " in data:
                self.client = client
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

    def _to_client(self, client, server, losing):
        while data := receive(server):
            if losing.is_set() and not self.released.is_set():
                self._hold()
            if not send(client, data):
                break
        cut(client)
        cut(server)

    def _is_done(self):
        """At many glances in a row. One that wants to send more, and only
        lacks a processor, is runnable; one that waits for us has bytes that
        are unread."""
        before = self.bytes
        for _ in range(GLANCES):
            if (self.running is None or self.running.state() != "S"
                    or unread(self.client) > 0 or self.bytes != before):
                return False
            time.sleep(GLANCE)
        return True

    def _hold(self):
        time.sleep(ROUND_TRIP)
        while self.batches > 0 and not self.released.is_set():
            if self._is_done():
                self.release()
            time.sleep(GLANCE)


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
        far.running = self.program.start("load", "products", path, "--types",
                                         SCHEMA, "--dsn", far.dsn)
        self.expect(far.running.wait(), OK)
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
