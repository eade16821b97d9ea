"""Kills runs by pages at random moments. In the end the tables are those of the
oracle, and few pages were read twice."""
import os
import random
import signal
from collections import Counter

from cases.walks import ARTICLES, ISSUES, LIBRARY
from harness.case import AGAIN, OK
from harness.cluster import SqlError
from harness.walk_case import WalkCase

KILLS = max(8, int(os.environ.get("E2E_KILLS", "16")) // 2)
SEED = int(os.environ.get("E2E_KILL_SEED", random.randrange(1 << 32)))

JOBS = {"github": [ISSUES], "plain": [ARTICLES, LIBRARY]}
CONCURRENCY = 3


class WalkKills(WalkCase):
    weight = 60

    def setUp(self):
        super().setUp()
        self.long_when_sanitized()
        self.rng = random.Random(SEED)
        self.story = []
        self.struck = Counter()

    # ---- strikes -----------------------------------------------------------

    def kill(self, running):
        running.signal(signal.SIGKILL)

    def stop(self, running):
        running.signal(self.rng.choice((signal.SIGINT, signal.SIGTERM)))

    def end_loaders(self, _):
        self.end("bulkpg run%")

    def end_control(self, _):
        self.end("bulkpg control")

    def end(self, name):
        try:
            self.db.end_backends(name)
        except SqlError:
            pass

    STRIKES = {kill: 6, stop: 2, end_loaders: 3, end_control: 2}

    def disturb(self, api):
        """Let a request wait for its answer, and strike then."""
        page = self.rng.randint(1, 30)
        self.graph.rule({"hold": True, "after": self.rng.random() < 0.5},
                        nth=page, times=-1, api=api, kind="query")
        (strike,) = self.rng.choices(list(self.STRIKES),
                                     self.STRIKES.values())
        running = self.program.start("run", "--store", api)
        self.wait_for(lambda: self.graph.get("held") > 0
                      or not running.is_alive())
        if running.is_alive():
            strike(self, running)
            self.struck[strike.__name__] += 1
            self.story.append(f"{strike.__name__} at {page}")
        self.graph.post("rules/clear")
        result = running.wait()
        if strike is not WalkKills.kill and result.status not in (
                OK, AGAIN, 130, 143, -2, -15):
            self.fail(str(result))

    def change_data(self, api, tables):
        ids = self.db.column(f"SELECT id FROM {api}.{tables[0]}")
        self.control("change", api=api, ids=self.rng.sample(ids, 3),
                     set={"title": f"t{self.rng.random()}"})
        if self.rng.random() < 0.4:
            self.control("change", api=api, ids=self.rng.sample(ids, 1),
                         delete=True)

    def finish(self, api):
        for _ in range(3):
            result = self.program.run("run", "--store", api)
            if result.status != AGAIN:
                break
        self.expect(result, OK)

    def check_kills(self, api, table):
        self.sources(api, page=3, more=f"concurrency = {CONCURRENCY}",
                     tuning="max_delete_fraction = 1")
        self.control("set", api=api, sizes={
            "Issue.comments": [0, 9], "Shelf.books": [0, 9],
            "LibraryInfo.shelves": 8,
            "Article.revisions": [0, 9]})
        for number, text in enumerate(JOBS[api]):
            self.query(f"rows{number}", text, api)
        try:
            while sum(self.struck.values()) < KILLS:
                for _ in range(self.rng.randint(1, 3)):
                    self.disturb(api)
                self.finish(api)
                self.check_source(api, *JOBS[api])
                self.check_no_staging()
                self.check_no_frontier()
                self.change_data(api, table)
                self.story.append("|")
        except Exception as error:
            raise AssertionError(f"E2E_KILL_SEED={SEED}: {self.story}\n"
                                 f"{error}") from error

    def test_github(self):
        self.check_kills("github", ["repository_issues"])

    def test_plain(self):
        self.check_kills("plain", ["articles"])
