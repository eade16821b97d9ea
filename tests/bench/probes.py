"""What a clock does not tell: system calls, and where the time goes."""
import collections
import os
import re
import shutil
import subprocess

from catalogue import Data
from loads import say

TINY_PRODUCTS = 100

# A line of perf's report: share, process, file, symbol; then what is empty.
PERF_LINE = re.compile(r"( *([\d.]+)% +(\S+) +(\S+) +\[[.k]\] .*?) *(?:- *)*$")
# Other processes may run beside.
OURS = {"bulkpg", "postgres", "nginx", "node"}


def quietly(command, load, db):
    done = subprocess.run(
        command, cwd=load.program.directory, env=load.environment(db),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


class Probes:
    """Of the smallest catalogue: system calls of a first run; of the
    largest: the profiles of a first run and of parsing alone."""

    def __init__(self, bench, loads):
        self.bench = bench
        catalogues = sorted((load for load in loads if load.job == "products"),
                            key=lambda load: load.data.lines)
        self.small = catalogues[0]
        self.why_no_calls = None
        say("--- system calls")
        self.calls = self._count_calls(self.small.data)
        self.tiny = Data(bench.cache, "products", TINY_PRODUCTS)
        self.tiny_calls = self._count_calls(self.tiny)

    def _run(self, load, data, wrap):
        """A first run under another program."""
        db = load.checked()
        load.offer(data.path, data.lines, data.roots)
        return quietly([*wrap, *load.run_command()], load, db)

    def _count_calls(self, data):
        """Of a first run, by name."""
        calls = {}
        if shutil.which("strace") is None:
            self.why_no_calls = "strace is missing"
            return calls
        path = self.small.program.file("calls", "")
        status, said = self._run(self.small, data,
                                 ["strace", "-f", "-c", "-o", path])
        if status != 0:
            self.why_no_calls = said.strip().splitlines()[-1]
            return calls
        with open(path, encoding="utf-8") as file:
            for line in file:
                found = re.match(r" *[\d.]+ +[\d.]+ +\d+ +(\d+) .*?(\w+)$",
                                 line.rstrip())
                if found and found[2] != "total":
                    calls[found[2]] = int(found[1])
        return calls

    def calls_per_line(self):
        """What lines cost, and not start, tables and end; None where calls
        could not be counted."""
        if not self.calls or not self.tiny_calls:
            return None
        return ((sum(self.calls.values()) - sum(self.tiny_calls.values()))
                / (self.small.data.lines - self.tiny.lines))

    # ---- profiles --------------------------------------------------------

    def profiles(self, load):
        """Texts by title: perf's, or callgrind's where it may not look."""
        say("--- profiles")
        db = load.fresh()
        return {
            "A first run: all processes": self._perf(
                load, lambda wrap: self._run(load, load.data, wrap), ["-a"]),
            "Parse and encode alone": self._perf(
                load, lambda wrap: quietly([*wrap, *load.dry_command()],
                                           load, db), [])
            or self._callgrind(db),
        }

    def _perf(self, load, run, options):
        if shutil.which("perf") is None:
            return None
        data = os.path.join(load.program.directory, "perf.data")
        status, _ = run(["perf", "record", "-q", "-e", "cpu-clock", "-F",
                         "999", "-o", data, *options, "--"])
        if status != 0:
            return None
        done = subprocess.run(
            ["perf", "report", "-i", data, "--stdio", "-q", "--sort",
             "comm,dso,symbol"], stdin=subprocess.DEVNULL,
            capture_output=True, check=False)
        lines = [line.group(1) for line in map(
            PERF_LINE.match, done.stdout.decode().splitlines())
            if line and line.group(3) in OURS]
        shares = collections.Counter()
        for line in map(PERF_LINE.match, lines):
            shares[line.group(3), line.group(4)] += float(line.group(2))
        parts = [f"{share:6.2f}%  {process:9} {file}, all of it"
                 for (process, file), share in shares.most_common(8)]
        return "\n".join([*parts, "", *lines[:25]]) if lines else None

    def _callgrind(self, db):
        """Of the smallest: it takes fifty times as long."""
        if shutil.which("callgrind_annotate") is None:
            return None
        out = os.path.join(self.small.program.directory, "callgrind.out")
        status, _ = quietly(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
             *self.small.dry_command()], self.small, db)
        if status != 0:
            return None
        done = subprocess.run(["callgrind_annotate", out],
                              capture_output=True, check=False)
        lines = [line for line in done.stdout.decode().splitlines()
                 if re.match(r" *[\d,]+ \(", line)]
        return "\n".join(lines[:25]) or None
