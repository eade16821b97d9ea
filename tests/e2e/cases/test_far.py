"""A distant server: bulkpg sends enough batches ahead, and not too many."""
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
    """The number of bytes that have arrived and were not read yet."""
    return struct.unpack("i", fcntl.ioctl(one, termios.FIONREAD, bytes(4)))[0]


class Far(Proxy):
    """Delays answers to the connection that loads, and holds back those to its
    batches until the program sends no more: it sleeps, and all its bytes have
    been read."""

    def __init__(self, database):
        self.batches = self.bytes = 0
        self.running = self.client = None
        super().__init__(database, "pass")

    def _to_server(self, client, server, losing):
        """`losing` marks the connection that loads."""
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
        """Count batches and bytes that were sent before the first answer."""
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
        """True if the program has sent all that it can: at many checks in a
        row it sleeps and no byte is unread. A program that only waits for a
        processor is runnable instead; one that waits for this proxy has
        unread bytes."""
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
        """Load a file; returns the batches and the bytes that were sent before
        the first answer."""
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

    def test_many_batches_are_sent_ahead(self):
        batches, _ = self.load(50_000, "")
        self.assertGreater(batches, 60)
        self.assertLess(batches, 90)

    def test_wide_rows_are_limited_by_bytes(self):
        _, size = self.load(600, "x" * 50_000)
        self.assertGreater(size, 7 * MIB)
        self.assertLess(size, 9 * MIB)
