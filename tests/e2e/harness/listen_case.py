"""Cases with a running `bulkpg listen`, and webhooks that are sent to it."""
import base64
import contextlib
import functools
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket

from harness.case import OK, Case
from harness.cluster import Database, Held

SECRET = "hush-acme"
SAID = re.compile(rb'"listening for webhooks" address=(\S+) port=(\d+)')


def sign(body, secret=SECRET):
    """The signature of a body, as Shopify sends it."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class Raw:
    """A connection that sends any bytes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(120)
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def has_ended(self):
        """Wait until the server closes the connection."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        return True

    def status(self):
        """The status of the next answer; None if there is none."""
        while b"\r\n\r\n" not in self.rest:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self.rest += data
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(self.rest) < length:
            self.rest += self.socket.recv(1 << 16)
        self.rest = self.rest[length:]
        return int(head.split()[1])

    def close(self):
        self.socket.close()


class ListenCase(Case):
    """acme has the domain of the fake store and SECRET."""

    running = None
    port = None

    def configure_hooks(self, stores=None, more=None, **how):
        """Configure stores that have a secret for webhooks."""
        self.program.environment["HOOK_SECRET"] = SECRET
        names = stores or ("acme",)
        self.program.configure(
            self.db.dsn, [self.without_api(name) for name in names],
            more=more or {name: "webhook_secret = env:HOOK_SECRET"
                          for name in names}, **how)

    def without_api(self, name):
        """A store whose API does not answer, so that no object is fetched and
        what is pending stays so."""
        return {**self.shop.stores[name], "endpoint": "http://127.0.0.1:1"}

    def listen(self, *arguments, **how):
        """Start it on a free port, and wait until it listens."""
        self.running = self.program.start("listen", "--port", "0", *arguments,
                                          **how)
        self.port = self.wait_for(self.said_port)
        return self.running

    def said_port(self):
        if not self.running.is_alive():
            self.fail(f"it does not listen: {self.running.result}")
        found = SAID.search(os.pread(self.running.files[1].fileno(),
                                     1 << 20, 0))
        return found and int(found[2])

    def stop(self, status=OK):
        """End it as systemd does."""
        self.running.signal(signal.SIGTERM)
        result = self.running.wait()
        self.expect(result, status)
        return result

    # ---- webhooks ----------------------------------------------------------

    def headers(self, body, topic="products/update", event="e1", store="acme",
                secret=SECRET, **changed):
        """The headers of a webhook; None in `changed` leaves one out."""
        headers = {"Content-Type": "application/json",
                   "X-Shopify-Topic": topic,
                   "X-Shopify-Hmac-SHA256": sign(body, secret),
                   "X-Shopify-Shop-Domain": self.shop.stores[store]["domain"],
                   "X-Shopify-API-Version": "2026-10",
                   "X-Shopify-Webhook-Id": f"w-{event}",
                   "X-Shopify-Event-Id": event,
                   "X-Shopify-Triggered-At": "2026-01-02T03:04:05.123456789Z"}
        for name, value in changed.items():
            headers["X-Shopify-" + name.replace("_", "-")] = value
        return {name: value for name, value in headers.items()
                if value is not None}

    def ask(self, method, path, body=None, headers=None):
        """Send a request on a connection of its own; returns the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=120)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def send(self, body, path="/", **how):
        """Send a webhook; returns the status."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.ask("POST", path, body, self.headers(body, **how))

    def request(self, body, path="/", more="", **how):
        """The bytes of a webhook's request."""
        head = "".join(f"{name}: {value}\r\n"
                       for name, value in self.headers(body, **how).items())
        return (f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}{more}"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def raw(self):
        raw = Raw(self.port)
        self.addCleanup(raw.close)
        return raw

    # ---- a table that is locked ----------------------------------------------
    #
    # A statement of the listener waits 4 s for a lock. On a very slow machine,
    # a test holds the lock for longer, and the webhooks get 503.

    def lock(self):
        """No event can be recorded until it is released."""
        return Held(self.db, "LOCK TABLE bulkpg.event IN SHARE MODE")

    def waits_for_lock(self):
        return self.db.value(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE "
            "application_name = 'bulkpg listen' AND wait_event_type = 'Lock'")

    def unsaved(self):
        """How often all webhooks that it had received got 503."""
        return os.pread(self.running.files[1].fileno(), 1 << 20, 0).count(
            b"WEBHOOKS_UNSAVED")

    def wait_for_lock(self, unsaved=0):
        """Wait until it waits for the lock, or has done so for too long."""
        self.wait_for(lambda: self.waits_for_lock()
                      or self.unsaved() > unsaved)

    def is_taken(self, request):
        with contextlib.closing(Raw(self.port)) as raw:
            raw.send(request)
            return raw.status() == 200

    def resend(self, requests):
        """Send these until they are taken, as Shopify does."""
        for request in requests:
            self.wait_for(functools.partial(self.is_taken, request))

    def repeat(self, act):
        """Call act(0), act(1), ... until its result is not None: the lock was
        not held for too long."""
        for number in range(20):
            result = act(number)
            if result is not None:
                return result
        return self.fail("no webhook was recorded in time")

    # ---- the outcome of them -----------------------------------------------

    def events(self, columns="store, topic, type, object_id"):
        return self.rows("event", columns, "received_at, store", "bulkpg")

    def pending(self):
        return self.rows("pending", "store, job, object_id",
                         "store, job, object_id", "bulkpg")

    def heard(self, store="acme"):
        """(received, refused, duplicates) of a store."""
        rows = self.db.rows("SELECT received, refused, duplicates FROM "
                            f"bulkpg.heard WHERE store = '{store}'")
        return tuple(rows[0].values()) if rows else (0, 0, 0)

    # ---- faults --------------------------------------------------------------

    def take_database_away(self):
        """End the program's sessions, and let nobody connect."""
        owner = Database(self.db.cluster, "postgres")
        owner.execute(f"ALTER DATABASE {self.db.name} ALLOW_CONNECTIONS false")
        self.addCleanup(self.give_database_back)
        owner.execute("SELECT pg_terminate_backend(pid, 5000) FROM "
                      "pg_stat_activity WHERE "
                      f"datname = '{self.db.name}'")

    def give_database_back(self):
        Database(self.db.cluster, "postgres").execute(
            f"ALTER DATABASE {self.db.name} ALLOW_CONNECTIONS true")
