"""Writes results.md: the figures, the machine, and whether targets are met."""
import datetime
import functools
import operator
import os
import platform
import re
import subprocess

import rivals
from changes import ALL_SENT, TINY_PRODUCTS, ratio
from loads import (CHANGED, DRY, FEW, FIRST, FLOOR, FULL_CHANGED, LOAD,
                   LOAD_AGAIN, RIVALS, UNCHANGED)
from machine import memory_mib

MIB = 1 << 20
WAYS = [FLOOR, FIRST, LOAD, UNCHANGED, LOAD_AGAIN, FULL_CHANGED, CHANGED, FEW,
        DRY, *RIVALS]
TIMES = "{:.2f}".format
MET, MISSED, UNKNOWN = "met", "**missed**", "not measured"


def catalogues(loads):
    return sorted((load for load in loads if load.job == "products"),
                  key=lambda load: load.data.lines)


def largest(loads):
    """The largest catalogue that all methods loaded."""
    return [load for load in catalogues(loads) if load.rivals][-1]


def table(head, rows):
    marks = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |"
                     for row in [head, marks, *rows])


# ---- figures -------------------------------------------------------------


def figures(load):
    """The table of medians of one data set."""
    data = load.data
    floor = load.median(FLOOR)
    rows = []
    for way in WAYS:
        wall = load.median(way)
        if wall is None:
            continue
        lines, size = data.lines, data.size
        if way in load.changed:
            roots, version = load.changed[way]
            lines = data.lines // data.roots * roots
            size = os.path.getsize(data.changed(roots, version))
        least, most = load.spread(way)
        rows.append([
            way, f"{wall:.3f}", f"{least:.3f}-{most:.3f}",
            f"{wall / floor:.2f}", f"{load.median(way, 'cpu'):.2f}",
            f"{load.median(way, 'server'):.2f}",
            f"{max(one.memory for one in load.taken[way]):.1f}",
            f"{lines / wall:,.0f}", f"{size / wall / 1e6:,.0f}",
            f"{load.wal_mib(way):,.1f}"])
    text = table(["", "wall s", "least-most", "x floor", "client CPU s",
                  "server CPU s", "peak MiB", "lines/s", "MB/s", "WAL MiB"], rows)
    left = [f"Left out: {way}: {why}\n"
            for way, why in load.left_out.items()]
    roots = {way: count for way, (count, _) in load.changed.items()}
    title = f"{data.job}: {data.lines:,} lines, {data.size / 1e6:,.0f} MB"
    return (f"### {title}\n\n{text}\n\n`{FEW}`: {roots[FEW]:,} roots.\n"
            + "".join("\n" + line for line in left))


# ---- targets -------------------------------------------------------------


def target(what, wanted, value, shown, is_met):
    if value is None:
        return [what, wanted, "", UNKNOWN]
    return [what, wanted, shown(value), MET if is_met(value) else MISSED]


def both_cpu(load, way):
    return load.median(way, "cpu") + load.median(way, "server")


def fastest_other(load):
    """The name and seconds of the fastest other method; None if there is
    none."""
    return min(((load.median(way), way) for way in load.rivals
                if load.median(way)), default=None)


def of_runs(loads):
    """Targets for first runs and later runs, from all loads."""
    big, small = largest(loads), catalogues(loads)[0]
    two = small is not big
    first, floor = big.median(FIRST), big.median(FLOOR)
    work = ratio(both_cpu(big, FIRST), both_cpu(big, FLOOR))
    other = fastest_other(big)
    return [
        target(f"first run of {big.data.lines:,} lines", "<= 0.75 x floor",
               ratio(first, floor), lambda x: f"{x:.2f}; of the floor's CPU, "
               f"client and server: {work:.2f}", lambda x: x <= 0.75),
        target("first run, by the fastest other method", "< 1",
               ratio(first, other and other[0]),
               lambda x: f"{x:.2f} ({other[1]})", lambda x: x < 1),
        target("unchanged full run", "<= 0.65 x first",
               ratio(big.median(UNCHANGED), first), TIMES,
               lambda x: x <= 0.65),
        target("its server CPU", "<= 0.18 x that of first",
               ratio(big.median(UNCHANGED, "server"),
                     big.median(FIRST, "server")), TIMES,
               lambda x: x <= 0.18),
        target("rows that it writes", "none", big.wal_mib(UNCHANGED),
               lambda x: f"none; {x:.2f} MiB of WAL", lambda x: x < 1),
        target("full run, 1 % changed, 0.1 % gone", "<= 0.70 x first",
               ratio(big.median(FULL_CHANGED), first), TIMES,
               lambda x: x <= 0.70),
        target("incremental run, 1 % changed", "<= 0.1 x first",
               ratio(big.median(CHANGED), first), TIMES, lambda x: x <= 0.1),
        target(f"{big.changed[FEW][0]:,} roots changed, in the largest "
               "catalogue", "<= 1.5 x the smallest",
               ratio(big.median(FEW), small.median(FEW)) if two and
               big.changed[FEW] == small.changed[FEW] else None,
               TIMES, lambda x: x <= 1.5),
    ]


def of_resources(loads, probes):
    """Targets for memory, the client's CPU and system calls."""
    big = largest(loads)
    peaks = {load.data.lines: max(one.memory for one in load.taken[FIRST])
             for load in catalogues(loads)}
    most = 16 + 12 * big.data.lines / MIB
    dry, rate = big.median(DRY), big.data.size / 1e6
    return [
        target("peak memory of a first run", "<= 16.5 MiB",
               max(peaks.values()), "{:.1f} MiB".format, lambda x: x <= 16.5),
        target("the same with "
               + ", ".join(f"{count:,}" for count in peaks) + " lines",
               "<= 1.15 x", ratio(max(peaks.values()), min(peaks.values()))
               if len(peaks) > 1 else None, TIMES, lambda x: x <= 1.15),
        target("peak memory of an unchanged run",
               f"<= {most:.1f} MiB: 12 bytes a row more",
               max(one.memory for one in big.taken[UNCHANGED]),
               "{:.1f} MiB".format, lambda x: x <= most),
        target("client CPU of a first run", "<= 60 % of one core",
               100 * big.median(FIRST, "cpu") / big.median(FIRST),
               "{:.0f} %".format, lambda x: x <= 60),
        target("only parse and encode", ">= 350 MB/s",
               rate / dry, lambda x: f"{x:.0f} MB/s, "
               f"{rate / big.median(DRY, 'cpu'):.0f} MB a second of CPU",
               lambda x: x >= 350),
        target("system calls of a first run", "<= 0.1 a line",
               probes.calls_per_line(), "{:.4f} a line".format,
               lambda x: x <= 0.1),
    ]


def of_curves(curves):
    """Targets that the curves measure."""
    changes, last = curves.changes, -1
    return [
        target("bytes sent to the database, unchanged", "<= 2 % of first",
               changes.sent("0"), "{:.2%}".format, lambda x: x <= 0.02),
        target("unchanged, without memory to compare", "<= 1.18 x first",
               changes.ratio("0", ALL_SENT), TIMES, lambda x: x <= 1.18),
        target(f"first load at 60 ms, {6 * TINY_PRODUCTS:,} lines",
               "<= 1.6 s", curves.far(0, LOAD, 60), "{:.2f} s".format,
               lambda x: x <= 1.6),
        target("first load at 60 ms, the largest catalogue",
               "<= 1.3 x 0 ms", ratio(curves.far(last, LOAD, 60),
                                      curves.far(last, LOAD, 0)), TIMES,
               lambda x: x <= 1.3),
        target(f"{curves.stores.title()}, unchanged, server CPU",
               "<= 0.3 x without comparing", curves.stores.server_ratio(),
               TIMES, lambda x: x <= 0.3),
    ]


def of_keeping(kept):
    """Targets for @history and [archive]."""
    rows = [target(what, wanted, measured, TIMES,
                   functools.partial(operator.ge, most))
            for what, wanted, measured, most in kept.targets()]
    return rows + [target("rows that an unchanged run writes into histories",
                          "none", kept.unchanged_wal(),
                          lambda x: f"none; {x:.2f} MiB more WAL",
                          lambda x: x < 0.5)]


def of_long(load):
    """The target for a table that is too large to be compared in memory."""
    if load.rivals:
        return []
    return [target(f"unchanged, {load.data.lines:,} lines, compare_memory too "
                   "small", "<= 1.4 x first",
                   ratio(load.median(UNCHANGED), load.median(FIRST)), TIMES,
                   lambda x: x <= 1.4)]


def targets(loads, probes, curves, kept):
    """One row per target: what, wanted, measured, verdict."""
    return [*of_runs(loads), *of_long(catalogues(loads)[-1]),
            *of_curves(curves), *of_keeping(kept),
            *of_resources(loads, probes)]


# ---- the machine ---------------------------------------------------------


def says(*command):
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return "missing"
    text = (done.stdout or done.stderr).decode(errors="replace").strip()
    return text.splitlines()[0] if text else "?"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found[1] if found else platform.machine()


def packages():
    names = ["libcurl4", "libyajl2", "libpq5", "nginx", "nodejs", "jq",
             "python3-aiohttp", "python3-asyncpg", "python3-psycopg"]
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}, ", *names],
        capture_output=True, check=False)
    return done.stdout.decode().rstrip(", ")


def where(bench):
    """A line about the machine."""
    version = bench.cluster.database().value(
        "SELECT current_setting('server_version') AS v").split()[0]
    return (f"Measured on {os.cpu_count()} cores, {processor()}, with "
            f"PostgreSQL {version}; client and server share the machine.")


def machine(bench):
    db = bench.cluster.database()
    rows = db.rows("SELECT name, current_setting(name) AS value FROM "
                   "pg_settings WHERE source = 'configuration file' AND name "
                   "NOT IN ('unix_socket_directories', 'log_min_messages', "
                   "'listen_addresses', 'DateStyle', 'TimeZone', "
                   "'log_timezone', 'default_text_search_config') AND name "
                   "NOT LIKE 'lc\\_%' ORDER BY name")
    load1 = os.getloadavg()[0]
    return "\n".join([
        f"* {datetime.date.today()}; {os.cpu_count()} cores, {processor()}; "
        f"{memory_mib() / 1024:.0f} GiB; Linux {platform.release()}; load "
        f"{load1:.1f} at the end",
        f"* {db.value('SELECT version() AS v')}",
        "* " + ", ".join(f"`{row['name']} = {row['value']}`" for row in rows),
        f"* {says(bench.program, '--version')}; {says('gcc', '--version')}",
        f"* {packages()}; node {says('node', '--version')}; "
        + rivals.versions(bench.rivals),
    ])


HEAD = """# Results of the benchmark

Written by `make bench`. `tests/bench/README.md` says what is measured. All
methods load the same rows into the same tables with keys, which is checked
after each run. Figures are medians of {runs}; each round runs every method
once. Client, server and nginx share the machine.
"""


def write(bench, loads, probes, found, kept, more):
    """The text of results.md. `found` are the curves, `kept` histories and the
    archive; `more` has titles and tables by section."""
    rows = targets(loads, probes, found, kept)
    parts = [HEAD.format(runs="one run" if bench.runs == 1
                         else f"{bench.runs} runs"),
             machine(bench) + "\n", "## Targets\n",
             table(["", "wanted", "measured", ""], rows) + "\n",
             "## Figures\n", *(figures(load) for load in loads)]
    parts.append("## System calls of a first run\n")
    if probes.calls:
        most = sorted(probes.calls.items(), key=lambda call: -call[1])
        parts.append(f"{probes.tiny.lines:,} lines: "
                     f"{sum(probes.tiny_calls.values()):,} calls. "
                     f"{probes.small.data.lines:,} lines: "
                     f"{sum(probes.calls.values()):,} calls: "
                     + ", ".join(f"{name} {count:,}"
                                 for name, count in most[:10]) + "\n")
    else:
        parts.append(f"Not counted: {probes.why_no_calls}\n")
    if any(row[3] == MISSED for row in rows):
        parts.append("## Where the time goes\n")
        for title, text in probes.profiles(largest(loads)).items():
            parts.append(f"{title}:\n\n" + ("```\n" + text + "\n```\n" if text
                                            else "no data\n"))
    for section, tables in more.items():
        parts.append(f"## {section}\n")
        parts += [f"{title}:\n\n{text}\n" for title, text in tables]
    return "\n".join(parts)
