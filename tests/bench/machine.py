"""Temporary servers for the benchmark (PostgreSQL, nginx, a fake store), and
the measurement of a command."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

from harness.cluster import Cluster
from harness.store import FakeShop

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        {more}
    }}
}}
"""


def memory_mib():
    return (os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) >> 20


def settings():
    """Settings of a server for loads: asynchronous commits, a quarter of the
    memory, and no autovacuum or checkpoint during a measurement."""
    return {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "off",
        "shared_buffers": f"{min(2048, memory_mib() // 4)}MB",
        "max_wal_size": "8GB",
        "max_connections": "100",
        "autovacuum": "off",
    }


def tool(name):
    """The path of a program of this folder, which is built first."""
    program = f"build/release/bench/{name}"
    done = subprocess.run(["make", "-s", "-C", TOP, "VARIANT=release", program],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"make {program}: {done.stderr.strip()}")
    return os.path.join(TOP, program)


class Server:
    """A cluster as a context manager."""

    def __init__(self, more=None):
        self.cluster = Cluster({**settings(), **(more or {})})

    def __enter__(self):
        try:
            self.cluster.start()
        except BaseException:
            self.cluster.stop()
            raise
        return self.cluster

    def __exit__(self, *_):
        self.cluster.stop()


class Meter:
    """The CPU time of a cluster's backends. The postmaster accounts for a backend
    after it has ended."""

    def __init__(self, cluster):
        with open(cluster.directory + "/data/postmaster.pid",
                  encoding="ascii") as file:
            self.pid = int(file.readline())
        self.own = self._children()

    def _children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children",
                  encoding="ascii") as file:
            return set(file.read().split())

    def read(self):
        """Wait until all backends have ended; returns their CPU seconds so far.
        A backend that used much memory takes a moment to end."""
        end = time.monotonic() + 30
        while not self._children() <= self.own and time.monotonic() < end:
            time.sleep(0.01)
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")


class Web:
    """nginx for the files of a folder. `prefix` makes it run as an ordinary user;
    `more` is added to its configuration."""

    def __init__(self, files, prefix, more=""):
        self.more = more
        self.files = os.path.abspath(files)
        self.prefix = prefix
        self.program = shutil.which("nginx", path=os.environ["PATH"]
                                    + ":/usr/sbin")
        self.folder = tempfile.mkdtemp(prefix="bench-web-", dir="/tmp")
        self.process = None
        self.origin = None

    def __enter__(self):
        if self.program is None:
            raise SystemExit("bench: nginx is missing")
        if subprocess.run(self.prefix + ["test", "-x", self.files], cwd="/",
                          check=False).returncode != 0:
            raise SystemExit(
                f"bench: {self.files} cannot be read by the ordinary user "
                "that nginx runs as; set BENCH_CACHE to a folder that can")
        os.chmod(self.folder, 0o777)
        for _ in range(5):
            if self._start():
                return self
        with open(self.folder + "/error.log", encoding="utf-8") as file:
            raise SystemExit("bench: nginx does not start:\n" + file.read())

    def _start(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = self.folder + "/nginx.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=self.folder, port=port,
                                    files=self.files, more=self.more))
        # nginx ends when this process ends, for whatever reason.
        ends = ["setpriv", "--pdeathsig", "TERM"] + self.prefix[1:] \
            if self.prefix else ["setpriv", "--pdeathsig", "TERM", "--"]
        self.process = subprocess.Popen(
            ends + [self.program, "-p", self.folder, "-c", config, "-e",
                    self.folder + "/error.log"], cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                self.origin = f"http://127.0.0.1:{port}"
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def url(self, path):
        return f"{self.origin}/{os.path.relpath(path, self.files)}"

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def quick_shop(names):
    """Fake stores with these names, whose operations take no time."""
    shop = FakeShop(["--stores", ",".join(names)])
    shop.set(created_ms=0, duration_ms=0)
    return shop


@dataclass
class Taken:
    """The cost of a command: seconds of wall time, of its CPU and of the server's
    CPU; and MiB of its largest process."""

    wall: float
    cpu: float
    memory: float
    server: float = 0


class Failed(Exception):
    """A command failed."""


def take(command, folder, environment, limit):
    """Run a command and measure it with its children. GNU time starts it, because
    a process first has the memory of its parent, which would count."""
    with tempfile.NamedTemporaryFile() as report, \
            tempfile.TemporaryFile() as printed:
        began = time.monotonic()
        process = subprocess.Popen(
            ["time", "-q", "-o", report.name, "-f", "%U %S %M", *command],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=printed, stderr=printed, start_new_session=True)
        try:
            process.wait(limit)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failed(f"it did not end within {limit:.0f} s") from None
            raise
        wall = time.monotonic() - began
        printed.seek(0)
        output = printed.read().decode(errors="replace")
        if process.returncode != 0:
            raise Failed(f"status {process.returncode}: {output[-2000:]}")
        user, system, kib = report.read().split()[-3:]
    return Taken(wall, float(user) + float(system), int(kib) / 1024)
