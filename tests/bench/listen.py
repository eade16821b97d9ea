"""Webhooks: none is lost at a fixed rate, answers are fast, and memory is flat,
also while hostile clients hold connections.

    tests/bench/listen.sh PROGRAM
"""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

from harness.program import Program

from machine import Server, tool

USUAL = {"LISTEN_RATE": "1000", "LISTEN_SECONDS": "60",
         "LISTEN_CONNECTIONS": "64", "LISTEN_BYTES": "4096",
         "LISTEN_IDLE": "10000", "LISTEN_SLOW": "200"}
DOMAIN, SECRET = "bench.myshopify.com", "bench-secret"
QUERY = "query { products { edges { node { id title } } } }"
# Memory may grow by so much, and by so much for each connection of others.
P99_MS, GROWTH_KIB, CONNECTION_KIB = 200, 4096, 10


def setting(name):
    return int(os.environ.get(name) or USUAL[name])


class Hostile:
    """Clients that hold connections: some send nothing, others a byte each
    second. A connection that the server closes is opened again."""

    def __init__(self, port, idle, slow):
        self.port = port
        self.all = [[None, i < slow] for i in range(idle + slow)]
        self.closed = 0
        self.ends = False
        self.most = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ends:
            began = time.monotonic()
            for one in self.all:
                self.act(one)
            self.most = max(self.most, self.held())
            time.sleep(max(0, began + 1 - time.monotonic()))

    def act(self, one):
        try:
            if one[0] is None:
                one[0] = socket.create_connection(("127.0.0.1", self.port),
                                                  timeout=1)
                one[0].setblocking(False)
                if one[1]:
                    one[0].send(b"POST / HTTP/1.1\r\nX: ")
            elif one[1]:
                one[0].send(b"x")
            try:
                if one[0].recv(1000) == b"":
                    raise ConnectionError
            except BlockingIOError:
                pass
        except OSError:
            self.closed += one[0] is not None
            if one[0] is not None:
                one[0].close()
            one[0] = None

    def held(self):
        return sum(one[0] is not None for one in self.all)

    def end(self):
        self.ends = True
        self.thread.join()
        for one in self.all:
            if one[0] is not None:
                one[0].close()


class Bench:
    def __init__(self, path, server):
        self.program = Program(os.path.abspath(path))
        self.db = server.database()
        self.program.environment["SECRET"] = SECRET
        self.program.configure(self.db.dsn, [
            {"name": "bench", "domain": DOMAIN, "token": "x",
             "endpoint": "http://127.0.0.1:9"}],
            more={"bench": "webhook_secret = env:SECRET"})
        self.program.query("products", QUERY)

    def start(self):
        running = self.program.start("listen", "--port", "0")
        while True:
            said = os.pread(running.files[1].fileno(), 1 << 16, 0)
            found = re.search(rb" port=(\d+)", said)
            if found:
                return running, int(found[1])
            if not running.is_alive():
                raise SystemExit(str(running.result))
            time.sleep(0.02)

    def stop(self, running):
        running.signal(signal.SIGTERM)
        return running.wait().status

    def send(self, sender, hostile):
        """Send webhooks for the whole time; returns the numbers."""
        self.db.execute("TRUNCATE bulkpg.event, bulkpg.pending, bulkpg.heard;"
                        "CHECKPOINT")
        running, port = self.start()
        before = running.peak_kib()
        others = Hostile(port, *hostile) if hostile else None
        while others and others.most < len(others.all):
            time.sleep(0.1)
        cpu = running.cpu_seconds()
        said = subprocess.run(
            [sender, str(port), str(setting("LISTEN_RATE")),
             str(setting("LISTEN_SECONDS")),
             str(setting("LISTEN_CONNECTIONS")),
             str(setting("LISTEN_BYTES")), DOMAIN, SECRET],
            check=True, capture_output=True)
        result = json.loads(said.stdout)
        result["peak_kib"] = running.peak_kib()
        result["growth_kib"] = result["peak_kib"] - before
        result["connections"] = len(others.all) if others else 0
        result["cpu_s"] = running.cpu_seconds() - cpu
        result["events"] = self.db.value(
            "SELECT count(*) FROM bulkpg.event")
        result["commits"] = self.db.value(
            "SELECT count(DISTINCT xmin::text) FROM bulkpg.event")
        if others:
            result["held"] = others.held()
            result["closed"] = others.closed
            others.end()
        result["exit"] = self.stop(running)
        return result


def judge(result):
    """What is missed, or ""."""
    missed = []
    if result["events"] != result["sent"] or \
            result.get("status_200") != result["sent"]:
        missed.append("webhooks are lost")
    if result["p99_ms"] > P99_MS:
        missed.append("slow")
    if result["growth_kib"] > \
            GROWTH_KIB + CONNECTION_KIB * result["connections"]:
        missed.append("memory grows")
    return ", ".join(missed)


def main():
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    missed = False
    print("| clients | sent | committed | commits | p50 | p99 | p99.9 | "
          "longest | memory | grew by | CPU | |\n"
          "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    with Server() as server:
        sender = tool("webhooks")
        bench = Bench(sys.argv[1], server)
        bench.stop(bench.start()[0])  # the journal exists
        hostile = (setting("LISTEN_IDLE"), setting("LISTEN_SLOW"))
        for name, others in (("alone", None), (
                f"with {hostile[0]} idle and {hostile[1]} slow ones",
                hostile)):
            result = bench.send(sender, others)
            why = judge(result)
            missed = missed or bool(why)
            print(f"| {name} | {result['sent']} | {result['events']} | "
                  f"{result['commits']} | {result['p50_ms']} ms | "
                  f"{result['p99_ms']} ms | {result['p999_ms']} ms | "
                  f"{result['max_ms']} ms | "
                  f"{result['peak_kib'] / 1024:.1f} MiB | "
                  f"{result['growth_kib']} KiB | {result['cpu_s']:.1f} s | "
                  f"{why} |", flush=True)
            print(json.dumps(result), file=sys.stderr)
        bench.program.end_all()
        bench.program.remove()
    return missed


if __name__ == "__main__":
    sys.exit(main())
