"""Pushes whose database connection is cut at every COMMIT, or that are killed at
random moments: nothing runs twice, and every row gets a state that is true."""
import os
import random
import signal
from collections import Counter

from cases.test_push import Adjusting, Pricing
from harness.case import AGAIN, FAILED, OK, PARTIAL, long_run
from harness.store import FAST

KILLS = int(os.environ.get("E2E_KILLS", "16"))
SEED = int(os.environ.get("E2E_KILL_SEED", random.randrange(1 << 32)))

# With the usual rate limit, the rows of many kills would take minutes.
WITHOUT_LIMIT = {"bucket_maximum": 10 ** 9, "bucket_restore": 10 ** 9}

# A short run cuts each fifth message.
STEP = 5
# Requests at which a push is killed: before they take effect, or after it.
KINDS = ("list", "stage", "upload", "run_mutation", "poll", "storage")


class Cuts(Pricing):
    """The database is lost at each message of a push."""

    weight = 60

    def check_cuts(self, direct):
        """Prices are safe to repeat: a row can be sent twice, but only with
        the same values, and in the end the store has them."""
        self.prices(direct=direct)
        proxy = self.proxied()
        prices = iter(range(100, 1000))

        def push():
            self.want(next(prices))
            self.mark = len(self.shop.ledger())

        def check(number, before):
            with self.subTest(number=number, before=before):
                self.check_accounted()
                wanted = self.db.value(
                    "SELECT min(price)::text AS v FROM public.desired")
                self.assertEqual(10, self.db.value("""
                    SELECT count(*) AS v FROM bulkpg.push_state
                    WHERE state = 'applied'"""))
                sent = self.shop.ledger()[self.mark:]
                self.assertEqual({float(wanted)}, {
                    float(variant["price"]) for one in sent
                    for variant in one["variables"]["variants"]})

        cuts = self.cut_everywhere(proxy, push, check, "prices",
                                   step=1 if long_run() else STEP)
        self.assertLess(10, cuts)

    def test_bulk(self):
        self.check_cuts(0)

    def test_direct(self):
        self.check_cuts(50)


class RandomKills(Adjusting):
    """Adjustments by one: each level changes by exactly what the journal
    says."""

    weight = 200

    def setUp(self):
        super().setUp()
        self.shop.set(**WITHOUT_LIMIT)
        self.rng = random.Random(SEED)
        self.story = []

    def disturb(self, direct):
        """Start a push, and kill it at a request."""
        kind = "mutation" if direct else self.rng.choice(KINDS)
        nth = self.rng.randint(1, 5) if direct else 1
        after = self.rng.random() < 0.5
        self.story.append((kind, nth, after))
        if self.rng.random() < 0.2:
            self.shop.rule({"close": True, "after": after}, nth=nth,
                           kind=kind)
            return self.program.run("push", "adjust")
        self.shop.rule({"hold": True, "after": after}, nth=nth, kind=kind)
        running = self.program.start("push", "adjust")
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive())
        if running.is_alive():
            running.signal(signal.SIGKILL)
            self.killed += 1
        result = running.wait()
        self.shop.post("rules/clear")
        return result

    def check_kills(self, direct, more):
        self.killed = 0
        last = 0
        try:
            while self.killed < KILLS:
                first, last = last + 1, last + 4
                self.job(limit=3, first=first, last=last, direct=direct,
                         more=more)
                for _ in range(self.rng.randint(1, 3)):
                    self.disturb(direct)
                result = self.finish("adjust")
                self.assertIn(result.status, (OK, PARTIAL, FAILED), result)
                states = self.check_rows(3 * last)
                if direct:
                    self.check_held(states)
            self.check_sums()
        except Exception as error:
            raise AssertionError(f"E2E_KILL_SEED={SEED}: {self.story}\n"
                                 f"{error}") from error

    def check_held(self, states):
        """With keys, a row is held only after three requests without an
        answer."""
        self.assertNotIn("unknown", states)
        self.assertEqual(states.get("held", 0), self.db.value("""
            SELECT count(DISTINCT key) AS v FROM bulkpg.push_row
            JOIN bulkpg.push_state s USING (key, push_id)
            WHERE s.state = 'held' AND tries >= 3"""))

    def check_rows(self, total):
        """Check that each row that was ever sent is applied once, or is held
        or unknown, and that no row is missing."""
        self.check_once()
        states = Counter(self.db.column(
            "SELECT state FROM bulkpg.push_state"))
        self.assertEqual(total, sum(states.values()), states)
        self.assertEqual(set(), set(states) - {"applied", "held", "unknown"})
        effects = len(self.effects())
        self.assertLessEqual(states["applied"], effects)
        self.assertLessEqual(effects, total)
        return states

    def test_direct(self):
        """With idempotency keys, a level changes once for each of its rows."""
        self.check_kills(50, "")

    def test_bulk(self):
        self.check_kills(0, "")


class RandomPrices(Pricing):
    """Prices, which may be sent again: in the end the store has them all."""

    weight = 100

    def test_bulk(self):
        rng = random.Random(SEED)
        self.shop.set(**WITHOUT_LIMIT)
        self.prices(direct=0)
        story = []
        try:
            for number in range(max(4, KILLS // 2)):
                self.want(100 + number)
                kind = rng.choice(KINDS)
                action = rng.choice([
                    {"after": False}, {"after": True}])
                story.append((kind, action))
                if rng.random() < 0.3:
                    self.shop.next(contains="productVariants",
                                   outcome={"status": "FAILED",
                                            "applied": rng.randint(0, 10),
                                            "reported": 2})
                self.shop.rule({"hold": True, **action}, kind=kind)
                running = self.program.start("push", "prices")
                self.wait_for(lambda r=running: self.shop.get("held") > 0
                              or not r.is_alive())
                if running.is_alive():
                    running.signal(signal.SIGKILL)
                running.wait()
                self.shop.post("rules/clear")
                self.shop.set(**FAST)
                self.finish("prices")
                self.check_accounted()
            result = self.program.run("push", "prices")
            self.assertIn(result.status, (OK, AGAIN, FAILED), result)
            self.check_pull(self.program.read("queries/variants.graphql")
                            .decode())
            self.assertEqual(100 + number, self.db.value("""
                SELECT min(v.price) AS v FROM acme.products_variants v
                JOIN public.desired d USING (product_id)"""))
        except Exception as error:
            raise AssertionError(f"E2E_KILL_SEED={SEED}: {story}\n"
                                 f"{error}") from error
