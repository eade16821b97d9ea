"""Requests for pages obey the limits of each API."""
import signal
import unittest

from cases.walks import DEVICES, FLAT, FLAT_ARTICLES, ISSUES, ORDERS, TEAMS
from harness.case import AGAIN, OK
from harness.walk_case import WalkCase


class RateCase(WalkCase):
    def prepare(self, api="github", query=FLAT, page=5, **how):
        self.sources(api, page=page, **how)
        self.query("rows", query, api)

    def charged(self, api):
        """The points that all requests so far cost."""
        return sum(one.get("cost") or 0 for one in self.graph.log(api=api))


class Announced(RateCase):
    """Waits that the server announces."""

    def check_wait(self, action, seconds, api="github", query=FLAT,
                   field="issues("):
        self.prepare(api, query, more="concurrency = 1\n")
        ahead = self.ahead()
        self.graph.rule(action, nth=3, api=api, kind="query", contains=field)
        running = self.program.start("run", "--store", api,
                                     environment=ahead.environment)
        self.wait_for(lambda: len(self.pages(api, field)) == 3)
        self.wait_for(lambda: running.has_said("waiting for the server's rate")
                      or not running.is_alive())
        self.assertEqual(3, len(self.pages(api, field)))
        ahead.seconds(seconds)
        self.expect(running.wait(), OK)
        self.check_source(api, query)

    def test_infrahub(self):
        self.check_wait({"status": 429, "headers": {"Retry-After": "1800"}},
                        2000, "infrahub", DEVICES, "InfraDevice")

    def test_retry_after(self):
        self.check_wait({"status": 429, "headers": {"Retry-After": "900"}},
                        1000)

    def test_a_secondary_limit(self):
        self.check_wait({"status": 403, "body": {
            "message": "You have exceeded a secondary rate limit"}}, 100)

    def test_a_wait_that_is_too_long(self):
        self.prepare()
        self.graph.rule({"status": 429, "headers": {"Retry-After": "4000"}},
                        nth=3, api="github", kind="query",
                        contains="issues(")
        self.walk("github", status=AGAIN)
        self.assertEqual("interrupted", self.status())
        self.walk("github")
        self.check_source("github", FLAT)
        # The pages that were read are not read again.
        self.assertEqual(6, len(self.pages("github", "issues(")))


class Points(RateCase):
    def test_github(self):
        """Of 20 points, 4 are left to others."""
        self.prepare(page=1)
        self.graph.set(api="github", points_limit=20, points_window_s=1800)
        ahead = self.ahead()
        running = self.program.start("run", "--store", "github",
                                     environment=ahead.environment)
        self.wait_for(lambda: running.has_said("waiting for the server's rate")
                      or not running.is_alive())
        self.assertEqual(16, self.charged("github"))
        self.graph.set(api="github", points_limit=5000)
        self.graph.post("refill", {"api": "github"})
        ahead.seconds(1900)
        self.expect(running.wait(), OK)
        self.check_source("github", FLAT)

    def test_linear(self):
        self.prepare("linear", TEAMS)
        self.graph.set(api="linear", requests_limit=400,
                       requests_window_s=10)
        self.walk("linear")
        self.check_source("linear", TEAMS)

    def test_saleor(self):
        """Requests per window, which no header tells."""
        self.prepare("saleor", ORDERS)
        self.graph.set(api="saleor", requests_limit=6, requests_window_s=1)
        self.walk("saleor")
        self.check_source("saleor", ORDERS)

    def test_infrahub(self):
        """Requests per window: in the answer that refuses one, Retry-After
        has seconds or a date, or is missing."""
        self.prepare("infrahub", DEVICES, more="concurrency = 4\n")
        for form in "seconds", "date", "none":
            with self.subTest(form):
                self.graph.set(api="infrahub", requests_limit=4,
                               requests_window_s=1, retry_after=form)
                before = self.mark()
                self.walk("infrahub", "--full")
                self.check_source("infrahub", DEVICES)
                self.assertIn(429, [one["status"] for one in self.graph.log(
                    api="infrahub", after=before)])

    def test_a_limit_that_nothing_announces(self):
        self.prepare("plain", FLAT_ARTICLES, page=1,
                     more="concurrency = 6")
        self.graph.set(api="plain", in_flight_limit=2, latency_ms=3)
        self.walk("plain")
        self.check_source("plain", FLAT_ARTICLES)


class Shared(RateCase):
    def test_two_jobs_and_two_sources_share_a_bucket(self):
        """The credentials are the same, so the points are."""
        self.program.configure(self.db.dsn, [], sources="".join(
            self.graph.section(self.program, "github", name,
                               "page = 2\nconcurrency = 1")
            for name in ("one", "two")))
        self.query("rows", FLAT, "one")
        self.query("rows", ISSUES, "two")
        self.graph.set(api="github", points_limit=40, points_window_s=3000)
        running = self.program.start("run")
        self.wait_for(lambda: running.has_said("waiting for the server's rate")
                      or not running.is_alive())
        self.assertIn(self.charged("github"), range(30, 34))
        running.signal(signal.SIGTERM)
        self.assertIn(running.wait().status, (AGAIN, 143))


if __name__ == "__main__":
    unittest.main()
