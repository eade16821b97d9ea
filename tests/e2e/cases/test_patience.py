"""How long bulkpg waits for a store, and how often it reports that."""
import re

from cases.queries import PLAIN
from harness.case import AGAIN, CONFIG, DENIED, FAILED, OK, Case

JOBS = 13
UNENDING = "stall_timeout = 1h\nrequest_timeout = 7d\nretry_budget = 1h\n"


class Patience(Case):
    def prepare(self, *stores, jobs=1, tuning="", **how):
        self.configure(*(stores or ("acme",)), tuning=tuning, **how)
        for n in range(jobs):
            self.query(f"job{n:02}", PLAIN.replace(
                "products", f"products @table(name: \"products{n:02}\")", 1))

    def start_ahead(self, *words):
        """Start the program with a clock that can be set ahead."""
        self.clock = self.ahead()
        return self.program.start(*words,
                                  environment=self.clock.environment)

    def wait_for_request(self, kind, count=1):
        self.wait_for(lambda: len(self.requests(kind=kind)) >= count)

    def loaded(self, store):
        if self.db.value("SELECT to_regclass('bulkpg.run') IS NULL"):
            return 0
        return self.db.value("SELECT count(*) FROM bulkpg.run WHERE store = "
                             f"'{store}' AND status = 'loaded'")


class Silence(Patience):
    """A store that does not answer: its jobs share a budget and a message."""

    def run_beside(self, action, *options, seen):
        """Run with a store acme that does `action` with every request, and a
        store beta that works. The clock is set ahead once, after beta is
        done: beta must not wait for acme, and acme's jobs must share one
        budget."""
        self.prepare("acme", "beta", jobs=JOBS, tuning=UNENDING)
        self.shop.rule(action, times=-1, kind="graphql", store="acme")
        running = self.start_ahead(*options, "run")
        self.wait_for(lambda: self.loaded("beta") == JOBS)
        self.wait_for(lambda: seen(running))
        self.clock.hours(2)
        result = running.wait()
        self.expect(result, AGAIN)
        return result

    def about_acme(self, text):
        return [line for line in text.splitlines()
                if "store=acme" in line or "acme" in line.split(": ")[0]]

    def check_lines(self, result):
        first, last = self.about_acme(result.stderr)
        self.assertRegex(first, r"level=warn .*retrying a request")
        self.assertRegex(last, rf"level=error store=acme .*jobs={JOBS} ")
        self.assertIn("gave up after retrying for 1h", last)
        summary = self.about_acme(result.stdout)
        self.assertEqual(1, len(summary), summary)
        self.assertRegex(summary[0], rf"^store acme: {JOBS} jobs postponed: "
                         r".*; to fix: .* \(\w+\)$")

    def test_a_store_in_trouble(self):
        result = self.run_beside(
            {"status": 503, "body": ""},
            seen=lambda running: running.has_said("retrying a request"))
        self.check_lines(result)
        self.assertIn("code=HTTP_503", result.stderr)

    def test_a_store_that_is_silent(self):
        """The pending request is ended."""
        result = self.run_beside(
            {"delay_ms": 600000},
            seen=lambda _: self.requests(kind="introspection", store="acme"))
        about = self.about_acme(result.stderr)
        self.assertEqual(1, len(about), about)
        self.assertRegex(about[0], rf"level=error .*jobs={JOBS} ")
        self.assertIn("no complete answer within", about[0])

    def test_quiet(self):
        result = self.run_beside(
            {"status": 503, "body": ""}, "-q",
            seen=lambda _: len(self.requests(kind="introspection",
                                             store="acme")) > 2)
        self.assertEqual("", result.stdout)
        lines = result.stderr.splitlines()
        self.assertEqual(1, len(lines), lines)
        self.assertRegex(lines[0], rf"jobs={JOBS} .*code=HTTP_503 .*hint=.")

    def test_while_it_submits(self):
        """With more jobs than slots, the jobs that wait for a slot have no
        budget of their own. A job whose request is under way when the clock
        is set forward is named with its own error."""
        self.prepare(jobs=JOBS, tuning=UNENDING)
        self.run_program("run")
        self.shop.rule({"status": 503, "body": ""}, times=-1, kind="run")
        self.shop.rule({"status": 503, "body": ""}, times=-1, kind="list")
        running = self.start_ahead("run")
        self.wait_for_request("list", 10)
        self.clock.hours(2)
        result = running.wait()
        self.expect(result, AGAIN)
        self.assertEqual(1, result.stderr.count("level=warn"), result)
        together = re.search(r"(?m)^store acme: (\d+) jobs postponed: ",
                             result.stdout)
        alone = re.findall(r"(?m)^acme/\w+ postponed: "
                           r".*\((?:ANSWER_LOST|NOT_SENT)\)$", result.stdout)
        self.assertEqual(JOBS, int(together[1]) + len(alone), result)
        self.shop.post("rules/clear")
        self.run_program("run")
        self.assertEqual(2 * JOBS, self.loaded("acme"))

    def test_one_job_that_fails_while_others_succeed(self):
        """bulkpg gives up only the job, not the store."""
        self.prepare(jobs=1, tuning=UNENDING)
        self.query("other", "{ customers { edges { node { id } } } }")
        self.shop.next(contains="customers", duration_ms=7200000)
        running = self.start_ahead("run")
        self.wait_for(lambda: self.loaded("acme") == 1)
        self.wait_for_request("poll", 5)
        self.shop.rule({"status": 503, "body": ""}, times=-1, kind="poll")
        self.wait_for(lambda: running.has_said("retrying a request"))
        self.clock.hours(2)
        result = running.wait()
        self.expect(result, AGAIN)
        self.assertRegex(result.stdout, r"(?m)^acme/other postponed: gave up "
                         r"after retrying for 1h: poll: .*\(HTTP_503\)$")


class Limits(Patience):
    """Every request has a time limit."""

    TRICKLE = "request_timeout = 1h\nretry_budget = 30d\n" \
        "stall_timeout = 30d"

    def pass_trickles(self, *kinds):
        """Run with an answer to each of these that does not end, and let the
        time pass. A submission is looked for after that."""
        for kind in kinds:
            self.shop.rule({"trickle_ms": 50}, kind=kind)
        running = self.start_ahead("-v", "run")
        for kind in kinds:
            others = (kind, "list") if kind == "run" else (kind,)
            self.wait_for_request(kind)
            self.pass_time(self.clock, lambda others=others: sum(
                len(self.requests(kind=one)) for one in others) > 1)
        result = running.wait()
        self.expect(result, OK)
        self.assertEqual(1, self.loaded("acme"))
        return result

    def test_an_answer_that_trickles(self):
        self.prepare(tuning=self.TRICKLE)
        result = self.pass_trickles("introspection", "run", "poll")
        self.assertLessEqual(3, result.stderr.count(
            "no complete answer within 1h"))

    def test_a_token_that_trickles(self):
        self.prepare(tuning=self.TRICKLE, credentials={
            "acme": "client_id = fake-client-acme\n"
                    "client_secret = env:SECRET"})
        self.program.environment["SECRET"] = \
            self.shop.stores["acme"]["client_secret"]
        self.pass_trickles("oauth")

    def test_a_result_that_trickles(self):
        """Bytes keep coming, so it is not a stall; the lower speed limit ends
        it."""
        self.prepare(tuning="stall_timeout = 1s")
        self.run_program("run")
        before = self.snapshot()
        self.shop.set(chunk_bytes=1, bytes_per_second=20)
        result = self.run_program("run", status=FAILED)
        self.assertEqual("TOO_SLOW", self.last_run()["error_code"])
        self.assertIn("less than 1 kB/s over 1s", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()

    def poll_in_vain(self, times):
        """Start a run whose operation never ends, and whose polls from the
        second on get no answer, `times` times. Set the clock past the
        deadline."""
        self.prepare(tuning="stall_timeout = 7d\nrequest_timeout = 7d\n"
                     "retry_budget = 7d\ndeadline = 1h")
        self.shop.next(outcome={"never": True})
        self.shop.rule({"delay_ms": 600000}, nth=2, times=times, kind="poll")
        running = self.start_ahead("run")
        self.wait_for_request("poll", 2)
        self.clock.hours(2)
        return running

    def test_deadline_ends_a_poll(self):
        running = self.poll_in_vain(1)
        self.expect(running.wait(), FAILED)
        self.assertEqual(("failed", "DEADLINE"), (
            self.last_run()["status"], self.last_run()["error_code"]))
        self.assertEqual(1, len(self.requests(kind="cancel")))

    def test_deadline_ends_also_when_nothing_is_answered(self):
        """The operation may still be running; the next run cancels it."""
        running = self.poll_in_vain(-1)
        self.wait_for_request("poll", 3)
        self.clock.hours(24 * 30)
        result = running.wait()
        self.expect(result, AGAIN)
        self.assertEqual(("interrupted", "DEADLINE"), (
            self.last_run()["status"], self.last_run()["error_code"]))
        self.assertIn("could not be asked to cancel it", result.stderr)


class Causes(Patience):
    """One cause is reported in one line."""

    def check_store_lines(self, result, most):
        lines = [line for line in result.output.splitlines() if line]
        self.assertLessEqual(len(lines), most, result)

    def check_bad_token(self, *options, most):
        self.prepare(jobs=JOBS)
        result = self.run_program(*options, "run", status=DENIED,
                                  environment={"TOKEN_ACME": "shpat_wrong"})
        self.check_store_lines(result, most)
        self.assertEqual(1, result.stderr.count(f"jobs={JOBS} "))
        self.assertIn("code=UNAUTHORIZED", result.stderr)
        return result

    def test_a_bad_token(self):
        result = self.check_bad_token(most=4)
        self.assertRegex(result.stdout, rf"(?m)^store acme: {JOBS} jobs "
                         r"failed: .*; to fix: .* \(UNAUTHORIZED\)$")

    def test_a_bad_token_quiet(self):
        self.assertEqual("", self.check_bad_token("-q", most=1).stdout)

    def test_a_secret_that_is_missing(self):
        self.prepare(jobs=JOBS)
        del self.program.environment["TOKEN_ACME"]
        result = self.run_program("run", status=CONFIG)
        self.check_store_lines(result, 2)
        self.assertIn(f"jobs={JOBS} ", result.stderr)
        self.assertIn(f"({JOBS} jobs did not run)", result.stdout)
        result = self.run_program("-q", "run", status=CONFIG)
        self.check_store_lines(result, 1)
        self.assertIn(f"jobs={JOBS} ", result.stderr)

    def test_nothing_due(self):
        self.prepare("acme", "beta", jobs=3)
        self.run_program("run")
        result = self.run_program("run", "--older-than", "20h")
        self.assertEqual("6 jobs were not due\n", result.output)

    def test_check_counts(self):
        self.prepare(jobs=3)
        self.query("bad", "{ nosuch { edges { node { id } } } }")
        lines = self.run_program("check", status=CONFIG).stdout.splitlines()
        words = [line.split()[0] for line in lines[:-1] if line[0] != " "]
        self.assertEqual(
            ", ".join(f"{words.count(word)} {word}"
                      for word in ("ok", "warn", "error")), lines[-1])

    def test_check_quiet(self):
        self.prepare(jobs=3)
        self.assertEqual("", self.run_program("-q", "check").output)
        self.query("bad", "{ nosuch { edges { node { id } } } }")
        result = self.run_program("-q", "check", status=CONFIG)
        self.assertRegex(result.output, r"^error  query queries/bad.graphql "
                         r".*; to fix: .* \(QUERY_TYPES\)\n$")

    def test_check_of_a_store_that_does_not_answer(self):
        self.prepare(jobs=JOBS, tuning="retry_budget = 1h")
        self.shop.rule({"close": True}, times=-1, kind="graphql")
        lines = self.run_program("check", status=AGAIN).stdout.splitlines()
        errors = [line for line in lines if line.startswith("error")]
        self.assertEqual(2, len(errors), errors)
        self.assertIn("error  store acme ", errors[0])
        self.assertIn(f"error  queries of store acme: {JOBS} are not checked",
                      errors[1])

    def test_check_of_a_bad_token(self):
        self.prepare(jobs=JOBS)
        lines = self.run_program(
            "-q", "check", status=DENIED,
            environment={"TOKEN_ACME": "shpat_wrong"}).stdout.splitlines()
        self.assertLessEqual(len(lines), 3, lines)
