"""Runs the program under test in a folder of its own."""
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from harness import codes

# A warning of the sanitizer that does not depend on the program.
NOISE = re.compile(r"^==\d+==WARNING: ASan doesn't fully support .*\n", re.M)

# A test that waits this many seconds for an event fails: the program hangs. No
# result depends on this limit, because a program that works is much faster.
LAST_RESORT = 600 * float(os.environ.get("E2E_PATIENCE", "1"))

INI = """[database]
dsn = {dsn}
{database}
[store *]
api_version = 2026-10
{stores}
[tuning]
poll_initial = 20ms
poll_max = 100ms
retry_initial = 20ms
retry_max = 100ms
retry_budget = 5m
stall_timeout = 1m
{tuning}
"""

STORE = """
[store {name}]
domain = {domain}
endpoint = {endpoint}
{credentials}
{more}
"""


class Result:
    """The exit status and the output of a program that has ended."""

    def __init__(self, arguments, status, stdout, stderr, seconds,
                 is_utf8):
        self.arguments = arguments
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds
        self.is_utf8 = is_utf8

    @property
    def output(self):
        return self.stdout + self.stderr

    def __str__(self):
        return (f"bulkpg {' '.join(self.arguments)}: status {self.status} in "
                f"{self.seconds:.1f} s\n--- stdout\n{self.stdout[-3000:]}"
                f"--- stderr\n{self.stderr[-6000:]}")


class Running:
    """A program that was started; wait() returns its result."""

    def __init__(self, arguments, process, out, err):
        self.arguments = arguments
        self.process = process
        self.files = out, err
        self.began = time.monotonic()
        self.result = None

    def signal(self, number):
        self.process.send_signal(number)

    def has_said(self, text):
        """True if its standard error contains this text so far."""
        return self.result is None and text.encode() in os.pread(
            self.files[1].fileno(), 1 << 20, 0)

    def is_alive(self):
        return self.result is None and self._poll() is None

    def peak_kib(self):
        """The most memory it has used so far, in KiB; 0 after its end."""
        try:
            with open(f"/proc/{self.process.pid}/status",
                      encoding="ascii") as file:
                lines = [line for line in file if line.startswith("VmHWM:")]
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return int(lines[0].split()[1]) if lines else 0

    def _stat(self):
        """The fields of /proc/PID/stat after the name."""
        with open(f"/proc/{self.process.pid}/stat",
                  encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()

    def state(self):
        """R if it runs or could run, S if it waits."""
        return self._stat()[0]

    def cpu_seconds(self):
        """The user and system time that it has used so far."""
        return sum(map(int, self._stat()[11:13])) / os.sysconf("SC_CLK_TCK")

    def wait_measuring(self):
        """Wait for its end; returns the most memory that it used, in KiB."""
        peak = 0
        while self.is_alive():
            peak = max(peak, self.peak_kib())
            time.sleep(0.005)
        return peak

    def _poll(self):
        if self.process.poll() is None:
            return None
        texts, is_utf8 = [], True
        for file in self.files:
            file.seek(0)
            raw = file.read()
            text = raw.decode(errors="replace")
            is_utf8 = is_utf8 and text.encode() == raw
            texts.append(NOISE.sub("", text))
            file.close()
        codes.note("\n".join(texts))
        self.result = Result(self.arguments, self.process.returncode, *texts,
                             time.monotonic() - self.began, is_utf8)
        return self.result

    def wait(self):
        end = time.monotonic() + LAST_RESORT
        while self.is_alive():
            if time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                self._poll()
                raise AssertionError("the program does not end: "
                                     f"{self.result}")
            time.sleep(0.003)
        return self.result


class Program:
    """The program, and a folder with its files."""

    def __init__(self, path):
        self.path = path
        self.directory = tempfile.mkdtemp(prefix="e2e-")
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("PG", "SHOPIFY", "http", "HTTP"))
            or name in ("PG_BIN",)}
        self.environment["no_proxy"] = "*"
        self.results = []

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def file(self, name, text):
        """Write a file into the folder; returns its path."""
        path = os.path.join(self.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def remove_file(self, name):
        os.unlink(os.path.join(self.directory, name))

    def read(self, name):
        with open(os.path.join(self.directory, name), "rb") as file:
            return file.read()

    def configure(self, dsn, stores, database="", tuning="", more=None,
                  credentials=None, sources=""):
        """Write bulkpg.ini for stores as the fake store describes them. Keys
        in `tuning` replace those of the template; `sources` are sections of
        other APIs."""
        sections = sources
        for store in stores:
            name = "TOKEN_" + store["name"].upper()
            self.environment[name] = store["token"]
            sections += STORE.format(
                name=store["name"], domain=store["domain"],
                endpoint=store["endpoint"],
                credentials=(credentials or {}).get(
                    store["name"], f"token = env:{name}"),
                more=(more or {}).get(store["name"], ""))
        keys = [line.split("=")[0].strip() for line in tuning.splitlines()]
        text = "".join(
            line for line in INI.splitlines(keepends=True)
            if line.split("=")[0].strip() not in keys)
        self.file("bulkpg.ini", text.format(
            dsn=dsn, database=database, stores=sections, tuning=tuning))

    def query(self, job, text, store=None):
        folder = f"queries/{store}/" if store else "queries/"
        return self.file(f"{folder}{job}.graphql", text)

    def start(self, *arguments, stdin=None, environment=None,
              open_files=None):
        """`open_files`: the limit on open files that it gets."""
        limits = {resource.RLIMIT_CORE: 0}
        if open_files is not None:
            limits[resource.RLIMIT_NOFILE] = open_files

        def limit():
            for name, count in limits.items():
                resource.setrlimit(name, (count, count))

        files = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        process = subprocess.Popen(
            [self.path, *arguments], cwd=self.directory,
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=files[0], stderr=files[1],
            env={**self.environment, **(environment or {})},
            preexec_fn=limit)
        running = Running(arguments, process, *files)
        self.results.append(running)
        return running

    def run(self, *arguments, **how):
        return self.start(*arguments, **how).wait()

    def end_all(self):
        """Kill programs that a failed test left running."""
        for running in self.results:
            if running.is_alive():
                running.signal(signal.SIGKILL)
                running.wait()
