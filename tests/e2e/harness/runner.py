"""Runs the cases in parallel and prints the tests that fail; with -v, all."""
import argparse
import glob
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import unittest

from harness.case import World
from harness.cluster import Cluster

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(os.path.dirname(HERE), "cases")


def flatten(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from flatten(one)
        else:
            yield one


def find(patterns):
    """The names of the tests whose name contains one of the patterns. Tests
    that take long come first."""
    names = []
    for path in sorted(glob.glob(os.path.join(CASES, "test_*.py"))):
        module = importlib.import_module(
            "cases." + os.path.basename(path)[:-3])
        loaded = unittest.defaultTestLoader.loadTestsFromModule(module)
        for test in flatten(loaded):
            if not patterns or any(p in test.id() for p in patterns):
                weight = getattr(getattr(test, test._testMethodName),
                                 "weight", getattr(test, "weight", 1))
                names.append((-weight, test.id()))
    return [name for _, name in sorted(names)]


def end_with(parent):
    """End this worker when the runner has ended, for whatever reason. The
    programs that the worker started then end, too."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def start_worker(program, cluster, parent):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    tempfile.tempdir = os.environ["TMPDIR"] = cluster.folder()
    World.program = program
    World.cluster = cluster


def run_test(name):
    """(name, 'passed', 'skipped' or 'failed', text, seconds)"""
    began = time.monotonic()
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(name).run(result)
    problems = [text for _, text in result.failures + result.errors]
    what = "failed" if problems else "skipped" if result.skipped else "passed"
    text = "\n".join(problems) or "".join(why for _, why in result.skipped)
    return name, what, text, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("program")
    parser.add_argument("patterns", nargs="*",
                        help="run only tests whose name contains one of these")
    parser.add_argument("-j", type=int,
                        default=int(os.environ.get("E2E_JOBS", "0")))
    parser.add_argument("-v", action="store_true")
    options = parser.parse_intermixed_args()
    # Most tests wait more than they compute.
    jobs = options.j or max(2, min(12, (os.cpu_count() or 2) * 3))

    began = time.monotonic()
    names = find(options.patterns)
    cluster = Cluster()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    # Exit at once: the workers and the server notice it and clean up. An
    # orderly end of the pool could wait for a lock that this thread holds.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        cluster.start()
        with multiprocessing.get_context("fork").Pool(
                min(jobs, len(names) or 1), start_worker,
                (os.path.abspath(options.program), cluster,
                 os.getpid())) as pool:
            for name, what, text, seconds in pool.imap_unordered(
                    run_test, names):
                counts[what] += 1
                if what == "failed" or options.v:
                    print(f"{what:7} {seconds:6.1f} s  {name}", flush=True)
                if what == "failed":
                    print("    " + text.replace("\n", "\n    "), flush=True)
    except KeyboardInterrupt:  # Ctrl-C
        print("e2e: interrupted")
        return 130
    finally:
        cluster.stop()
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"e2e: {counts['passed']} passed, {counts['failed']} failed"
          f"{skipped} in {time.monotonic() - began:.0f} s")
    return 1 if counts["failed"] or not names else 0


if __name__ == "__main__":
    sys.exit(main())
