"""A push is killed, cut off from its database, or gets no answers. Nothing runs
twice, and every row is accounted for."""
import os
import random
import signal
import time

from harness.case import AGAIN, FAILED, OK, long_run
from harness.push_case import (ADJUST, PRICES, TAGS, VARIANTS, PushCase)

WANTED = """SELECT v.product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
    'price', (SELECT price FROM public.desired)) ORDER BY v.id) AS variants
FROM (SELECT * FROM products_variants
      WHERE product_id IN (SELECT id FROM products ORDER BY id LIMIT %d)) v
GROUP BY 1"""
TAGGED = """SELECT bulkpg.gid('Product', p.id) AS id, ARRAY[t.tag] AS tags,
  p.id || '/' || t.tag AS _key
FROM (SELECT * FROM products ORDER BY id LIMIT %d) p, public.tag t"""
EVENTS = """SELECT e.n AS _key, 'correction' AS reason, 'available' AS name,
  'app://test/' || e.n AS reference_document_uri,
  jsonb_build_array(jsonb_build_object(
    'inventoryItemId', e.item, 'locationId', e.location,
    'delta', 1, 'changeFromQuantity', NULL)) AS changes
FROM public.event e"""
LEVELS = """{ inventoryItems { edges { node { id
  inventoryLevels @table(parent: "inventory_item_id") { edges { node { id
    location { id }
    quantities(names: ["available"]) @table { name quantity } } } }
  } } } }"""

# Requests of a bulk push, at which it is killed.
MOMENTS = ("list", "stage", "upload", "run_mutation", "poll", "storage")


class Crash(PushCase):
    def rows_of(self, sql):
        return [tuple(row.values()) for row in self.db.rows(sql)]

    def skip_the_search(self):
        """A lost submission is searched for until a minute after it was sent:
        let that minute be over. The next push looks once."""
        self.db.execute("""UPDATE bulkpg.push_chunk
            SET sent_at = sent_at - interval '1 min'
            WHERE state = 'submitting'""")


class Bulk(Crash):
    """Bulk operations, with rows that may be repeated and others."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.pull(variants=VARIANTS.replace(
            "variants {", 'variants @table(parent: "product_id") {'))
        self.db.execute("""DROP TABLE IF EXISTS public.desired, public.tag;
            CREATE TABLE public.desired (price text);
            INSERT INTO public.desired VALUES ('1.00');
            CREATE TABLE public.tag (tag text);
            INSERT INTO public.tag VALUES ('t1')""")
        self.mutation("prices", PRICES.replace(
            'key: "product_id"', 'key: "product_id", direct: 0, max: 100000'),
            WANTED % 8)
        self.mutation("tags", TAGS.replace(
            "String!]!) {", "String!]!) @push(direct: 0, repeat: NEVER) {"),
            TAGGED % 8)
        self.wanted = 1

    def want_more(self):
        """Want another price, or another tag: every row has changed."""
        self.wanted += 1
        self.db.execute(f"""UPDATE public.desired SET price = '{self.wanted}.00';
            UPDATE public.tag SET tag = 't{self.wanted}'""")

    def check(self, job):
        self.check_once()
        self.check_accounted()
        self.assertEqual(0, self.db.value("""
            SELECT count(*) AS v FROM bulkpg.push_chunk
            WHERE target IS NOT NULL AND state <> 'submitting'"""))
        if job == "prices":
            self.assertLessEqual(set(self.states()), {"applied", "unchanged"})
            last = self.effects()[-1]["variables"]["variants"][0]["price"]
            self.assertEqual(f"{self.wanted}.00", last)

    def killed_at_each_request(self, job):
        for kind in MOMENTS:
            for after in False, True:
                with self.subTest(kind=kind, after=after):
                    self.want_more()
                    self.kill_at([job], {"after": after}, kind=kind)
                    self.skip_the_search()
                    self.finish(job)
                    self.check(job)

    def test_killed_while_prices_are_pushed(self):
        self.killed_at_each_request("prices")

    def test_killed_while_tags_are_pushed(self):
        """What was submitted is adopted, because the store lists it. If the
        store never got it, the rows are held."""
        self.killed_at_each_request("tags")
        self.assertEqual([(1, 8)], self.rows_of("""
            SELECT count(DISTINCT push_id) AS pushes, count(*) AS held
            FROM bulkpg.push_row
            WHERE state = 'held' AND n > 0"""))

    def test_a_retry_of_a_submission_that_may_still_begin(self):
        """Its rows are named, and not sent again."""
        self.kill_at(["tags"], {"after": False}, kind="run_mutation")
        self.skip_the_search()
        self.finish("tags")
        mark = len(self.requests(kind="run_mutation"))
        result = self.push("tags", "--retry", "unknown", status=FAILED)
        self.assertIn("PUSH_NOT_RETRIED", result.stderr)
        self.assertIn("may still begin", result.stderr)
        self.assertEqual({"held": 8}, self.states())
        self.assertEqual(mark, len(self.requests(kind="run_mutation")))

    def test_cut_off(self):
        """Of tags, which must not be repeated; test_push_kills.py has
        prices."""
        cuts = self.cut_everywhere(
            self.proxied(), self.want_more, lambda *_: self.check("tags"),
            "tags", step=1 if long_run() else 23)
        self.assertGreater(cuts, 2)

    def test_a_lost_answer_is_found_by_its_marker(self):
        """Also if the store lists the operation late."""
        self.shop.set(listing_looks=2)
        self.shop.rule({"close": True, "after": True}, kind="run_mutation")
        result = self.push("tags")
        self.assertIn("found by its marker", result.stderr)
        self.assertEqual({"applied": 8}, self.states())
        self.assertEqual(1, len(self.requests(kind="run_mutation")))
        self.check("tags")

    def test_a_refused_submission_is_not_searched(self):
        """A userError proves that nothing ran."""
        body = {"data": {"bulkOperationRunMutation": {
            "bulkOperation": None, "userErrors": [{
                "field": None, "message": "Bad.",
                "code": "INVALID_MUTATION"}]}}}
        self.shop.rule({"status": 200, "body": body}, kind="run_mutation")
        result = self.program.run("push", "tags")
        self.assertEqual(78, result.status, result)
        self.assertEqual({"skipped": 8}, self.states())
        self.assertEqual(1, len(self.requests(kind="list")))
        self.push("tags")
        self.assertEqual({"applied": 8}, self.states())
        self.check("tags")

    def test_no_slot(self):
        body = {"data": {"bulkOperationRunMutation": {
            "bulkOperation": None, "userErrors": [{
                "field": None, "message": "A bulk mutation operation for this "
                "app and shop is already in progress: gid://1.",
                "code": "OPERATION_IN_PROGRESS"}]}}}
        self.shop.rule({"status": 200, "body": body}, kind="run_mutation",
                       times=3)
        self.push("tags")
        self.assertEqual({"applied": 8}, self.states())
        (chunk,) = self.chunks()
        self.assertEqual(4, chunk["attempt"])
        self.check("tags")

    def test_uploads_that_fail(self):
        for action in ({"status": 403}, {"close": True}, {"corrupt": True},
                       {"etag": "0" * 32}):
            with self.subTest(action=action):
                self.want_more()
                self.shop.rule(action, kind="upload", times=2)
                self.push("tags")
                (chunk,) = self.chunks()
                self.assertEqual(3, chunk["targets"])
                self.check("tags")
        self.want_more()
        self.shop.rule({"status": 403}, kind="upload", times=3)
        self.push("tags", status=AGAIN)
        self.assertEqual({"skipped": 8}, self.states())

    def test_an_operation_that_fails_half_way(self):
        """The rows that have an answer are settled; those without are sent
        again only if they may be."""
        for job, states in (("tags", {"applied": 3, "unknown": 5}),
                            ("prices", {"applied": 8})):
            with self.subTest(job=job):
                self.want_more()
                self.shop.next(outcome={
                    "status": "FAILED", "error_code": "INTERNAL_SERVER_ERROR",
                    "applied": 5, "reported": 3, "partial_data": True})
                self.push(job, status=FAILED if job == "tags" else OK)
                self.assertEqual(states, self.states())
                self.check_accounted()
        self.check_once_of("tagsAdd")

    def check_once_of(self, field):
        twice = [one for one in self.shop.counts(field=field)
                 if one["applied"] > 1]
        self.assertEqual([], twice)

    def test_results_that_are_not_proven(self):
        for settings in ({"line_base": 1}, {"file_size": "+1"},
                         {"file_size": "-1"}):
            with self.subTest(settings=settings):
                self.want_more()
                self.shop.next(**settings)
                self.push("tags", status=FAILED)
                self.assertEqual({"unknown": 8}, self.states())
                self.check_once()

    def test_duplicates_and_gaps(self):
        self.shop.next(line_gaps=[2], line_duplicates=[4, 5])
        self.push("tags", status=FAILED)
        self.assertEqual({"applied": 7, "unknown": 1}, self.states())
        self.check_once()

    def test_a_restored_journal_sends_nothing(self):
        self.push("tags")
        self.db.execute("DELETE FROM bulkpg.push")
        self.want_more()
        mark = len(self.shop.ledger())
        result = self.push("tags", status=FAILED)
        self.assertIn("JOURNAL_RESTORED", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))

    def test_a_signal(self):
        """Operations run on, and the next push settles them."""
        self.shop.set(duration_ms=3000)
        running = self.program.start("push", "tags")
        self.wait_for(lambda: self.db.value("""
            SELECT count(*) AS v FROM bulkpg.push_chunk
            WHERE state = 'running'""") == 1, "an operation")
        running.signal(signal.SIGTERM)
        self.assertEqual(AGAIN, running.wait().status)
        self.assertEqual("interrupted", self.last_push()["status"])
        self.finish("tags")
        self.check("tags")
        self.assertEqual({"applied"}, {row["state"] for row in self.db.rows(
            "SELECT state FROM bulkpg.push_row WHERE n > 0")})


class Random(Crash):
    """Adjustments of stock, which count, with kills at any time."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.pull(stock=LEVELS)
        self.db.execute("""DROP TABLE IF EXISTS public.event;
            CREATE TABLE public.event (n bigint PRIMARY KEY, item text, location text)""")
        self.seed = random.randrange(1 << 30)
        self.random = random.Random(self.seed)
        self.events = 0

    def add_events(self, count):
        """New events; older ones have been sent."""
        self.db.execute(f"""
            INSERT INTO public.event
            SELECT {self.events} + row_number() OVER (),
                   bulkpg.gid('InventoryItem', l.inventory_item_id),
                   bulkpg.gid('Location', l.location_id)
            FROM (SELECT * FROM acme.inventory_items_inventory_levels
                  ORDER BY id LIMIT 3) l, generate_series(1, {count // 3})""")
        self.events += count // 3 * 3

    def kill_somewhere(self, most_s):
        running = self.program.start("push", "adjust")
        time.sleep(self.random.uniform(0, most_s))
        running.signal(signal.SIGKILL)
        running.wait()
        self.skip_the_search()

    def kills(self, default):
        return int(os.environ.get("E2E_KILLS", default))

    def test_direct(self):
        """Every event is applied exactly once."""
        self.mutation("adjust", ADJUST % ", direct: 100000, max: 100000",
                      EVENTS)
        self.shop.set(latency_ms=5)
        for _ in range(self.kills(12)):
            self.add_events(30)
            self.kill_somewhere(0.6)
        self.finish("adjust")
        seed = f"seed {self.seed}"
        self.assertEqual(self.events, len(self.effects()), seed)
        self.assertEqual(self.events, self.db.value("""
            SELECT count(*) AS v FROM bulkpg.push_state
            WHERE state = 'applied'"""), seed)
        self.check_once()
        self.check_accounted()

    def test_bulk(self):
        """No event twice; what is in doubt is held, and named."""
        self.mutation("adjust", ADJUST % ", direct: 0, max: 100000", EVENTS)
        for _ in range(self.kills(8)):
            self.add_events(30)
            self.kill_somewhere(1.2)
        self.finish("adjust")
        seed = f"seed {self.seed}"
        self.check_once()
        self.check_accounted()
        states = dict(self.rows_of("""
            SELECT state, count(*) FROM bulkpg.push_state GROUP BY 1"""))
        self.assertEqual(self.events, sum(states.values()), seed)
        self.assertLessEqual(set(states), {"applied", "unknown", "held"}, seed)
        self.assertLessEqual(states["applied"], len(self.effects()), seed)
