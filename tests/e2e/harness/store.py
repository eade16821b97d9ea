"""The fake store and the oracle's GraphQL part: two Node processes."""
import json
import os
import subprocess
import urllib.request
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.dirname(HERE)
FAKESHOP = os.path.join(os.path.dirname(E2E), "fakeshop")
SCHEMA = os.environ.get("E2E_SCHEMA") or os.path.join(
    FAKESHOP, "admin-2026-10.reduced.json")

# The stores' data end at this time, which is before every run of the tests.
NOW = "2025-06-01T06:00:00Z"
STORES = ["acme", "beta"]
SIZES = {"seed": 1, "products": 60, "customers": 40, "orders": 80}

# Operations take almost no time, unless a test changes this.
FAST = {"created_ms": 5, "duration_ms": 20, "cancel_ms": 5}


def seconds_between(first, second):
    """The seconds between two requests in the fake store's log."""
    times = [datetime.fromisoformat(one["time"].replace("Z", "+00:00"))
             for one in (first, second)]
    return (times[1] - times[0]).total_seconds()


class Oracle:
    """Computes the expected tables from the query and the stores' data."""

    def __init__(self):
        options = {**SIZES, "now": NOW, "names": STORES, "schema": SCHEMA}
        self.process = subprocess.Popen(
            ["node", os.path.join(E2E, "oracle", "serve.js"),
             json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Fake:
    """A fake server, which prints where it is when it is ready, and its
    control interface."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.ready = json.loads(self.process.stdout.readline())
        self.control = self.ready["control"]
        self.endpoint = self.ready["endpoint"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()

    def get(self, name):
        with urllib.request.urlopen(f"{self.control}/{name}") as answer:
            return json.load(answer)

    def post(self, command, body=None):
        request = urllib.request.Request(
            f"{self.control}/{command}", json.dumps(body or {}).encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def set(self, **settings):
        return self.post("set", settings)

    def rule(self, action, nth=1, times=1, **match):
        return self.post("rules", [{"match": match, "nth": nth,
                                    "times": times, "action": action}])

    def log(self, **match):
        query = "&".join(f"{name}={value}" for name, value in match.items())
        return self.get("log?" + query)

    def secrets(self):
        """All secrets. The program must never print one of them."""
        return self.get("secrets")


class FakeShop(Fake):
    """The fake Admin API."""

    def __init__(self, arguments=()):
        command = ["node", os.path.join(FAKESHOP, "fakeshop.js"),
                   "--exit-with-stdin", "--stores", ",".join(STORES),
                   "--now", NOW, "--schema", SCHEMA]
        for name, value in SIZES.items():
            command += ["--" + name, str(value)]
        super().__init__(command + list(arguments))
        self.storage = self.ready["storage"]
        self.stores = {store["name"]: store for store in self.ready["stores"]}

    def next(self, **settings):
        return self.post("next", settings)

    def operations(self, store="acme"):
        return self.get("operations?store=" + store)

    def ask(self, query, variables=None, store="acme", version="2026-10",
            token=None):
        """Send a document to the Admin API; returns the answer's JSON."""
        where = self.stores[store]
        request = urllib.request.Request(
            f"{where['endpoint']}/admin/api/{version}/graphql.json",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json",
             "X-Shopify-Access-Token": token or where["token"]})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    # ---- what mutations did ------------------------------------------------

    def ledger(self, store="acme", **match):
        """The executions of mutations so far, by operation, field, state,
        key, after."""
        query = "".join(f"&{name}={value}" for name, value in match.items())
        return self.get(f"ledger?store={store}{query}")

    def counts(self, store="acme", **match):
        """How often each mutation took place: field, args, times, applied."""
        query = "".join(f"&{name}={value}" for name, value in match.items())
        return self.get(f"counts?store={store}{query}")

    def uploads(self, text=False):
        return self.get("uploads" + ("?text=1" if text else ""))

    def pass_time(self, seconds):
        """Set the clock of idempotency keys and uploads ahead."""
        return self.post("clock", {"advance_s": seconds})
