"""The output of a run: progress lines on a terminal, log lines elsewhere, the
summary, and the timings."""
import re
import signal
import tempfile

from cases.queries import PLAIN, PRODUCTS
from harness.case import AGAIN, DENIED, FAILED, PARTIAL, USAGE, Case
from harness.terminal import Terminal

TIMINGS = ["wait", "download", "parse", "encode", "send", "index", "load",
           "merge"]


def named(table):
    return PLAIN.replace("products", f'products @table(name: "{table}")', 1)


class Screen(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("products", PRODUCTS)
        self.program.environment.pop("NO_COLOR", None)

    def open(self, *arguments, **how):
        terminal = Terminal(self.program, *arguments, **how)
        self.addCleanup(self.close, terminal)
        return terminal

    def close(self, terminal):
        terminal.end()
        for secret in self.shop.secrets():
            self.assertNotIn(secret, terminal.text)

    def until_shown(self, terminal, text):
        self.wait_while(terminal, lambda: not terminal.shows(text), text)

    def until_drawn(self, terminal, pattern):
        self.wait_while(terminal, lambda: not any(
            re.search(pattern, line) for line in terminal.drawn()), pattern)

    def until_end(self, terminal):
        self.wait_while(terminal, terminal.is_alive, "its end")
        terminal.look()
        return terminal.process.returncode

    def wait_while(self, terminal, what, why):
        try:
            self.wait_for(lambda: not what())
        except AssertionError:
            self.fail(f"{why!r} did not happen: {terminal.text!r}")

    def complete(self, status="COMPLETED", **more):
        """Make the store end the operation."""
        self.shop.post("operation", {"store": "acme", "status": status,
                                     **more})


class Terminals(Screen):
    def test_a_run_from_store_to_summary(self):
        self.shop.set(outcome={"never": True}, bytes_per_second=30000)
        terminal = self.open("run")
        self.until_shown(terminal, "running at the store")
        self.complete()
        self.until_shown(terminal, " left")
        self.shop.set(bytes_per_second=0)
        self.assertEqual(0, self.until_end(terminal))
        drawn = terminal.drawn()
        for line in drawn:
            self.assertRegex(line, r"^acme/products  \d:\d\d  \w+")
        self.assertTrue(any(re.search(
            r"loading \d+%  \d+\.\d MB  [\d,]+ rows/s  \d+:\d\d left$", line)
            for line in drawn), drawn)
        shown = terminal.look()
        self.assertRegex(shown[0], r"^table +inserted +updated +deleted +"
                                   r"unchanged$")
        self.assertRegex(shown[-1], r"^acme/products +0 +\d+\.\d  loaded$")
        self.assertNotIn("level=", terminal.text)

    def test_pages(self):
        self.query("products", PLAIN.replace(
            "{", "query @paged(first: 7, concurrency: 1) {", 1))
        self.shop.rule({"hold": True}, nth=4, kind="query",
                       contains="products(")
        terminal = self.open("run")
        self.wait_while(terminal, lambda: self.shop.get("held") == 0, "a page")
        self.until_drawn(
            terminal, r"reading pages  [1-9][\d,]* rows  "
                      r"([\d,]+ rows/s  )?\d+ requests?  [\d,]+ points left")
        self.shop.post("rules/clear")
        self.assertEqual(0, self.until_end(terminal))

    def test_pages_that_wait_for_the_rate(self):
        self.query("products", PLAIN.replace(
            "{", "query @paged(first: 7, concurrency: 1) {", 1))
        self.shop.rule({"status": 429, "headers": {"Retry-After": "900"}},
                       nth=3, kind="query", contains="products(")
        terminal = self.open("run")
        self.until_shown(terminal, "waiting for the rate until ")
        terminal.process.send_signal(signal.SIGTERM)
        self.assertEqual(AGAIN, self.until_end(terminal))
        drawn = terminal.drawn()
        self.assertTrue(any(re.search(
            r"waiting for the rate until \d\d:\d\d:\d\d  \d+ rows", line)
            for line in drawn), drawn)
        self.assertEqual("interrupted", self.status())

    def test_log_lines_are_above_progress_lines(self):
        self.shop.set(outcome={"never": True})
        self.shop.rule({"status": 503}, kind="poll", nth=2)
        terminal = self.open("run")
        self.until_shown(terminal, "warning: acme/products: ")
        self.until_shown(terminal, "running at the store")
        shown = terminal.look()
        at = [i for i, line in enumerate(shown) if "warning: " in line][0]
        live = [i for i, line in enumerate(shown)
                if line.startswith("acme/products ")]
        self.assertEqual([len(shown) - 1], live)
        self.assertLess(at, live[0])
        self.complete()
        self.assertEqual(0, self.until_end(terminal))
        warning = [line for line in terminal.text.splitlines()
                   if "warning: " in line]
        self.assertRegex(warning[0], r"warning: acme/products: .*: .*HTTP 503"
                                     r".* \(request_id \S+\)$")
        self.assertTrue(any("warning: " in line for line in terminal.look()))

    def test_errors_are_sentences(self):
        """On a terminal an error is a sentence, followed by a hint."""
        for arguments in (["plan", "prodcts"], ["run", "--store", "acm"]):
            terminal = self.open(*arguments)
            self.assertEqual(USAGE, self.until_end(terminal))
            shown = "\n".join(terminal.look())
            self.assertRegex(shown, r"^error: the command failed: .*"
                                    r"(job|store) .*\"(prodcts|acm)\"")
            self.assertRegex(shown, r"(?m)^hint: did you mean \w+\?")
            self.assertNotIn("=", shown)

    def test_a_narrow_window(self):
        self.shop.set(outcome={"never": True})
        terminal = self.open("run", columns=20)
        self.until_shown(terminal, "acme/prod…  runnin…")
        self.assertLessEqual(max(map(len, terminal.drawn())), 19)

    def test_verbose_shows_all_of_the_log(self):
        terminal = self.open("-v", "run")
        self.assertEqual(0, self.until_end(terminal))
        for level in ("info", "debug"):
            self.assertIn(f"level={level}", terminal.text)

    def test_more_jobs_than_lines(self):
        self.program.remove_file("queries/products.graphql")
        for i in range(40):
            self.query(f"job{i:02}", named(f"t{i}"))
        self.shop.set(outcome={"never": True})
        terminal = self.open("run", rows=9)
        self.until_shown(terminal, "… and 35 more: 35 waiting")
        self.until_shown(terminal, "running at the store")
        self.wait_for(lambda: len([line for line in terminal.look()
                                   if "running at the store" in line]) == 5)
        self.assertEqual(6, len(terminal.look()))
        terminal.press(b"\x03")
        self.assertEqual(AGAIN, self.until_end(terminal))
        self.assertIn("40 jobs were stopped by a signal; to fix: run again",
                      "".join(terminal.look()))

    def test_the_window_changes(self):
        self.shop.set(outcome={"never": True})
        terminal = self.open("run")
        self.until_shown(terminal, "running at the store  0 objects")
        terminal.resize(30, 24)
        self.until_shown(terminal, "  running…")
        terminal.resize(40, 24)
        self.until_shown(terminal, "running at the st…")
        terminal.resize(200, 24)
        self.wait_for(lambda: terminal.look()[-1].endswith("0 objects"))
        self.assertLessEqual(max(map(len, terminal.drawn())), 79)

    def test_the_summary_goes_elsewhere(self):
        with tempfile.TemporaryFile() as out:
            self.shop.set(outcome={"never": True})
            terminal = self.open("run", stdout=out)
            self.until_shown(terminal, "running at the store")
            self.complete()
            self.assertEqual(0, self.until_end(terminal))
            self.assertEqual([], terminal.look())
            out.seek(0)
            text = out.read().decode()
        self.assertIn("acme.products ", text)
        self.assertNotIn("\x1b", text)

    def test_a_failure_leaves_the_screen_clean(self):
        self.shop.set(outcome={"never": True})
        terminal = self.open("run")
        self.until_shown(terminal, "running at the store")
        self.complete("FAILED", error_code="ACCESS_DENIED")
        self.assertEqual(DENIED, self.until_end(terminal))
        shown = "".join(terminal.look())
        self.assertNotIn("running at the store", shown)
        self.assertIn("error: acme/products: the run failed: ", shown)
        self.assertIn("to fix: grant the app the scopes", shown)

    def test_the_log_is_logfmt_if_that_is_requested(self):
        self.shop.set(outcome={
            "status": "FAILED", "error_code": "ACCESS_DENIED"})
        terminal = self.open("--log-format", "text", "run")
        self.assertEqual(DENIED, self.until_end(terminal))
        shown = "".join(terminal.look())
        self.assertIn(" level=error ", shown)
        self.assertNotIn("error: acme/products", shown)

    def test_a_load_has_a_progress_line(self):
        line = '{"id":"gid://shopify/Product/%d","title":"t"}\n'
        self.query("plain", "{products{edges{node{id title}}}}")
        self.program.file("big.jsonl", "".join(
            line % (i + 1) for i in range(500000)))
        terminal = self.open("load", "plain", "big.jsonl")
        self.assertEqual(0, self.until_end(terminal))
        self.assertTrue(any("acme/plain" in line and "loading " in line
                            for line in terminal.drawn()), terminal.text)
        self.assertIn("acme.products", "".join(terminal.look()))


class Stops(Screen):
    def drew_after(self, terminal, text):
        terminal.look()
        return "submitting" in terminal.text.partition(text)[2]

    def test_interrupted(self):
        self.shop.set(outcome={"never": True})
        terminal = self.open("run")
        self.until_shown(terminal, "running at the store")
        terminal.press(b"\x03")
        self.assertEqual(AGAIN, self.until_end(terminal))
        shown = terminal.look()
        self.assertFalse([line for line in shown if "running" in line])
        self.assertFalse([line for line in shown if "^C" in line])
        self.assertIn("to fix: run again", "".join(shown))

    def test_interrupted_twice(self):
        """The first signal waits for the answer to a submission; the second
        ends the program at once."""
        self.shop.rule({"delay_ms": 60000}, kind="run")
        terminal = self.open("run")
        self.until_shown(terminal, "submitting to the store")
        self.wait_for(lambda: self.requests(kind="run"))
        terminal.press(b"\x03")
        self.wait_while(terminal, lambda: not self.drew_after(terminal, "^C"),
                        "a frame after the first")
        terminal.press(b"\x03")
        self.assertEqual(AGAIN, self.until_end(terminal))
        self.assertEqual([], terminal.look())
        self.assertNotIn("level=", terminal.text)


class Elsewhere(Screen):
    """Without a terminal, or with some options, bulkpg draws no progress."""

    def test_a_file_gets_log_lines_only(self):
        self.shop.set(duration_ms=500)
        result = self.run_program("run", environment={"TERM": "xterm"})
        self.assertNotIn("\x1b", result.output)
        self.assertIn("level=info", result.stderr)
        for line in result.stderr.splitlines():
            self.assertRegex(line, r"^time=")

    def test_a_dumb_terminal(self):
        self.shop.set(duration_ms=500)
        terminal = self.open("run", environment={"TERM": "dumb"})
        self.assertEqual(0, self.until_end(terminal))
        self.assertNotIn("\x1b", terminal.text)
        self.assertIn("level=info", terminal.text)

    def test_json_is_for_programs(self):
        terminal = self.open("--log-format", "json", "run")
        self.assertEqual(0, self.until_end(terminal))
        self.assertNotIn("\x1b", terminal.text)

    def test_colours(self):
        self.query("broken", "{ nosuch { edges { node { id } } } }")
        for environment in ({}, {"NO_COLOR": "1"}):
            self.shop.set(outcome={"never": True})
            terminal = self.open("run", environment=environment)
            self.until_shown(terminal, "running at the store")
            self.complete()
            self.until_end(terminal)
            self.assertIn("\x1b[K", terminal.text)
            self.assertEqual(not environment, "\x1b[31m" in terminal.text)
            self.assertEqual(not environment,
                             re.search(r"\x1b\[\d*m", terminal.text)
                             is not None)

    def test_quiet(self):
        self.shop.set(duration_ms=500)
        terminal = self.open("-q", "run")
        self.assertEqual(0, self.until_end(terminal))
        self.assertEqual([], terminal.look())
        self.query("broken", "{ nosuch { edges { node { id } } } }")
        result = self.program.run("-q", "run")
        self.assertEqual("", result.stdout)
        lines = result.stderr.splitlines()
        self.assertEqual(1, len(lines), lines)
        self.assertRegex(lines[0], r"level=error store=acme job=broken .*"
                         r"error=.* code=QUERY_TYPES hint=.")


class Summaries(Screen):
    def test_jobs_and_what_to_do(self):
        self.query("broken", "{ nosuch { edges { node { id } } } }")
        self.configure("acme", "beta", credentials={"beta": ""})
        result = self.program.run("run")
        blocks = result.stdout.split("\n\n")
        self.assertRegex(blocks[0].splitlines()[0],
                         r"^table +inserted +updated +deleted +unchanged$")
        self.assertIn("acme.products ", blocks[0])
        jobs = blocks[1].splitlines()
        self.assertRegex(jobs[0], r"^job +rejects +seconds  outcome$")
        self.assertRegex(jobs[1], r"^acme/broken +- +\d+\.\d  failed$")
        self.assertRegex(jobs[2], r"^acme/products +0 +\d+\.\d  loaded$")
        remedies = blocks[2].splitlines()
        self.assertEqual(2, len(remedies), result)
        self.assertRegex(remedies[0],
                         r"^store beta is left out: .*; to fix: .")
        self.assertRegex(remedies[1], r"^acme/broken failed: .*; to fix: .")

    def test_rejects(self):
        result = self.load("products", ['{"id":"gid://shopify/Product/1"}',
                                        "no json"], status=PARTIAL)
        self.assertRegex(result.stdout, r"(?m)^acme/products +1 +\d+\.\d  "
                                        r"loaded$")
        run = self.last_run()["run_id"]
        self.assertIn("acme/products rejected 1 line; to fix: see "
                      f"bulkpg.reject where run_id = {run}\n", result.stdout)

    def test_nothing_was_due(self):
        self.run_program("run")
        result = self.run_program("run", "--older-than", "1h")
        self.assertEqual("1 job was not due\n", result.output)
        self.query("other", "{ customers { edges { node { id } } } }")
        result = self.run_program("run", "--older-than", "1h")
        self.assertNotIn("acme/products", result.stdout)
        self.assertIn("\n1 job was not due\n", result.stdout)
        for _ in range(2):
            quiet = self.run_program("-q", "run", "--older-than", "1h")
            self.assertEqual("", quiet.output)


class Timings(Screen):
    def timings(self):
        found = self.last_run()["timings"]
        self.assertEqual(sorted(TIMINGS), sorted(found))
        return {name: float(value) for name, value in found.items()}

    def test_a_run(self):
        self.shop.set(duration_ms=700)
        plain = self.run_program("run").stdout
        self.assertNotIn("download", plain)
        found = self.timings()
        self.assertGreaterEqual(found["wait"], 0.69)
        for name in ("download", "parse", "encode", "send", "index", "load",
                     "merge"):
            self.assertGreater(found[name], 0, name)
        parts = sum(found[name] for name in ("download", "parse", "encode",
                                             "send"))
        self.assertLessEqual(parts, found["load"] + 0.005)
        self.assertLessEqual(found["index"], found["merge"])
        shown = self.run_program("run", "--timings").stdout
        self.assertRegex(shown, r"(?m)^seconds +" + " +".join(TIMINGS) + "$")
        self.assertRegex(shown, r"(?m)^acme/products( +\d+\.\d\d){8}$")
        self.assertEqual(0, self.timings()["index"])  # the indexes exist

    def test_a_load(self):
        lines = ['{"id":"gid://shopify/Product/%d"}' % (i + 1)
                 for i in range(5000)]
        result = self.load("products", lines, "--timings")
        self.assertRegex(result.stdout, r"(?m)^acme/products( +\d+\.\d\d){8}$")
        found = self.timings()
        self.assertGreaterEqual(found["wait"], 0)
        self.assertGreater(found["parse"], 0)
        dry = self.load("products", lines, "--timings", "--dry-run")
        self.assertRegex(dry.stdout, r"(?m)^acme/products( +\d+\.\d\d){8}$")

    def test_a_failure_keeps_them(self):
        self.shop.set(duration_ms=300, outcome={
            "status": "FAILED", "error_code": "TIMEOUT"})
        self.run_program("run", status=FAILED)
        found = self.timings()
        self.assertGreaterEqual(found["wait"], 0.29)
        self.assertEqual(0, found["load"])
        self.assertEqual(0, found["merge"])
