"""Counts system calls and finds where the time goes."""
import collections
import os
import re
import shutil
import subprocess

from catalogue import Data
from loads import say

TINY_PRODUCTS = 100

# Shorter statements are not shown.
SHORTEST_MS = 20
# An entry of the server's log about a statement.
STATEMENT = re.compile(r"duration: ([\d.]+) ms +(?:statement|execute [^:]*): "
                       r"(.*)", re.S)
SHOWN = 96

# A line of perf's report: share, process, file, symbol, empty columns.
PERF_LINE = re.compile(r"( *([\d.]+)% +(\S+) +(\S+) +\[[.k]\] .*?) *(?:- *)*$")
# The processes to show; others may be running.
OURS = {"bulkpg", "postgres", "nginx", "node"}


def quietly(command, load, db):
    done = subprocess.run(
        command, cwd=load.program.directory, env=load.environment(db),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def statements(log, begin):
    """Durations and beginnings of the statements in a log, from an offset."""
    with open(log, encoding="utf-8", errors="replace") as file:
        file.seek(begin)
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", file.read(),
                           flags=re.M)
    found = [match for match in map(STATEMENT.search, entries) if match]
    return "\n".join(
        f"{float(match[1]):7.0f}  {' '.join(match[2].split())[:SHOWN]}"
        for match in found)


class Probes:
    """The system calls of a first run of the smallest catalogue; the profiles of
    a first run of the largest one, and of parsing alone."""

    def __init__(self, bench, loads):
        catalogues = sorted((load for load in loads if load.job == "products"),
                            key=lambda load: load.data.lines)
        self.small = catalogues[0]
        self.why_no_calls = None
        say("--- system calls")
        self.calls = self._count_calls(self.small.data)
        self.tiny = Data(bench.cache, "products", TINY_PRODUCTS)
        self.tiny_calls = self._count_calls(self.tiny)

    def _run(self, load, data, wrap):
        """A first run, started by another program such as strace."""
        db = load.checked()
        load.offer(data.path, data.lines, data.roots)
        return quietly([*wrap, *load.run_command()], load, db)

    def _count_calls(self, data):
        """The system calls of a first run, by name."""
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
        """The system calls per line, without those of the start, the tables
        and the end; None if calls could not be counted."""
        if not self.calls or not self.tiny_calls:
            return None
        return ((sum(self.calls.values()) - sum(self.tiny_calls.values()))
                / (self.small.data.lines - self.tiny.lines))

    # ---- profiles --------------------------------------------------------

    def profiles(self, load):
        """Profiles by title, from perf, or from callgrind if perf is not
        permitted."""
        say("--- profiles")
        first, unchanged = self._statements(load)
        db = load.fresh()
        return {
            f"Statements of a first run over {SHORTEST_MS} ms": first,
            f"Statements of an unchanged run over {SHORTEST_MS} ms":
                unchanged,
            "A first run": self._perf(
                load, lambda wrap: self._run(load, load.data, wrap), ["-a"])
            or self._perf(
                load, lambda wrap: self._run(load, load.data, wrap), []),
            "Only parse and encode": self._perf(
                load, lambda wrap: quietly([*wrap, *load.dry_command()],
                                           load, db), [])
            or self._callgrind(db),
        }

    def _statements(self, load):
        """The long statements of a first run and of an unchanged run."""
        db = load.checked()
        told = []
        db.execute(f"ALTER DATABASE {db.name} SET "
                   f"log_min_duration_statement = {SHORTEST_MS}")
        for words in ((), ("--full",)):
            begin = os.path.getsize(db.cluster.log)
            load.offer(load.data.path, load.data.lines, load.data.roots)
            status, said = quietly(load.run_command(*words), load, db)
            if status != 0:
                raise SystemExit("bench: " + said)
            told.append(statements(db.cluster.log, begin))
        db.execute(f"ALTER DATABASE {db.name} RESET "
                   "log_min_duration_statement")
        return told

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
        """A profile of the smallest catalogue, because callgrind takes fifty
        times as long."""
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
