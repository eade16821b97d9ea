"""A proxy between the program and the database that counts how often the
program waits for the server."""
import select
import threading
import time

from harness.proxy import Proxy, cut, receive, send

GLANCE = 0.002
GLANCES = 5
PATIENCE = 200


class Pair:
    """One connection."""

    def __init__(self, client):
        self.client = client
        self.held = b""       # answers that the program has not received yet
        self.is_due = False   # the program has sent something since an answer
        self.has_ended = False


class Waits(Proxy):
    """Holds the server's answers back until the program has sent all that it
    can send without them: it sleeps, and no byte of it is unread. Then it
    passes on the answers on all connections, which is one wait, `count`. So
    waits on two connections at a time are one, and time does not matter.
    Opening a connection is one wait, because the server trusts its owner.
    `sent` has the messages that were sent before each wait."""

    def __init__(self, database):
        self.count = 0
        self.sent = [b""]
        self.running = None
        self.pairs = []
        self.lock = threading.Lock()
        self.changed = threading.Event()
        super().__init__(database, "pass")
        self._spawn(self._release)

    def follow(self, running):
        self.running = running

    def _pair(self, client):
        with self.lock:
            for pair in self.pairs:
                if pair.client is client:
                    return pair
            self.pairs.append(Pair(client))
            return self.pairs[-1]

    def _to_server(self, client, server, losing):
        pair = self._pair(client)
        while data := receive(client):
            with self.lock:
                pair.is_due = data[:1] != b"X" or len(data) > 5
                self.sent[-1] += data
            if not send(server, data):
                break
            self.changed.set()
        with self.lock:
            pair.has_ended = True
        cut(client)
        cut(server)

    def _to_client(self, client, server, losing):
        pair = self._pair(client)
        while data := receive(server):
            with self.lock:
                pair.held += data
            self.changed.set()
        with self.lock:
            pair.has_ended = True
            held, pair.held = pair.held, b""
        send(client, held)
        cut(client)

    def _is_quiet(self):
        """Whether the program sleeps, at several checks in a row, and sends
        nothing meanwhile."""
        before = len(self.sent[-1])
        for _ in range(GLANCES):
            if (self.running is None or self.running.state() not in "SZ"
                    or self._has_unread()):
                return False
            time.sleep(GLANCE)
        return before == len(self.sent[-1])

    def _has_unread(self):
        """Whether the program has sent what this proxy has not read yet."""
        sockets = [self.listener] + [pair.client for pair in self.pairs
                                     if not pair.has_ended]
        try:
            return bool(select.select(sockets, [], [], 0)[0])
        except (OSError, ValueError):
            return False

    def _is_answered(self):
        """Whether every connection that waits has an answer."""
        due = [pair for pair in self.pairs
               if pair.is_due and not pair.has_ended]
        return bool(due) and all(pair.held for pair in due)

    def _pass_on(self):
        with self.lock:
            counts = False
            for pair in self.pairs:
                counts = counts or pair.is_due and bool(pair.held)
                held, pair.held = pair.held, b""
                if held:
                    pair.is_due = False
                    send(pair.client, held)
            if counts:
                self.count += 1
                self.sent.append(b"")

    def _release(self):
        patience = 0
        while not self.released.is_set():
            self.changed.wait(0.05)
            self.changed.clear()
            while any(pair.held for pair in self.pairs):
                patience += 1
                if self._is_quiet() and (self._is_answered()
                                         or patience > PATIENCE
                                         or not self._has_due()):
                    self._pass_on()
                    patience = 0
                time.sleep(GLANCE)

    def _has_due(self):
        return any(pair.is_due for pair in self.pairs)
