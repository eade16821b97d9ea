"""A benchmark of named measurements: its settings, its table of values with
their targets, and its command line."""
import math
import os
import re
import signal
import sys

from machine import Server

HEAD = """| | measured | target | |
|---|--:|--:|---|
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def number(usual, name):
    """A setting: the environment's, or the usual one."""
    return int(os.environ.get(name) or usual[name])


def line(what, value, digits, most, unknown=""):
    """A line of the table. A value that is not a number has no verdict, and
    `unknown` says why."""
    verdict = "missed" if value > most else ""
    return (what, f"{value:.{digits}f}", str(most),
            unknown if math.isnan(value) else verdict)


def main(doc, ways):
    """Print a table of the measurements in `ways` that the command line names,
    or of all. Each one is a function of the program and of a cluster, and gives
    lines."""
    path = os.path.abspath(sys.argv[1])
    names = sys.argv[2:]
    if not all(re.fullmatch("|".join(ways), name) for name in names):
        raise SystemExit(doc)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Server() as cluster:
        rows = [row for name in names or ways
                for row in ways[name](path, cluster)]
    print(HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows), end="")
