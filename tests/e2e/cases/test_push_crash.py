"""A push is killed, cut off from its database, or gets no answers. Nothing runs
twice, and every row is accounted for."""
from harness.case import AGAIN, FAILED, OK, long_run
from harness.push_case import PRICES, TAGS, VARIANTS, PushCase

WANTED = """SELECT v.product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
    'price', (SELECT price FROM public.desired)) ORDER BY v.id) AS variants
FROM (SELECT * FROM products_variants
      WHERE product_id IN (SELECT id FROM products ORDER BY id LIMIT %d)) v
GROUP BY 1"""
# A mutation with another table of results.
OTHER = """mutation Tags($id: ID!, $tags: [String!]!) @push(key: "_key") {
  tagsAdd(id: $id, tags: $tags) @table(name: "tagged") { node { id } }
}
"""
TAGGED = """SELECT bulkpg.gid('Product', p.id) AS id, ARRAY[t.tag] AS tags,
  p.id || '/' || t.tag AS _key
FROM (SELECT * FROM products ORDER BY id LIMIT %d) p, public.tag t"""
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
            "tags", step=1 if long_run() else 23, ends=(OK, FAILED))
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
        """Nothing ran: the upload restarts, three times in all."""
        for action in ({"status": 403}, {"status": 503},
                       {"status": 403, "read": 10}, {"close": True},
                       {"close": True, "after": True}, {"corrupt": True},
                       {"etag": "0" * 32}):
            with self.subTest(action=action):
                self.want_more()
                self.shop.rule(action, kind="upload", times=2)
                self.push("tags")
                (chunk,) = self.chunks()
                self.assertEqual(3, chunk["targets"])
                self.check("tags")
        self.want_more()
        self.shop.rule({"corrupt": True}, kind="upload", times=3)
        self.push("tags", status=AGAIN)
        self.assertEqual({"skipped": 8}, self.states())
        self.push("tags")
        self.check("tags")

    def test_the_answer_with_the_target_is_lost(self):
        self.shop.rule({"close": True, "after": True}, kind="stage")
        self.push("tags")
        self.assertEqual(1, len(self.requests(kind="upload")))
        self.check("tags")

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
        """Rows without an answer are sent again if they may be."""
        for job, status, states in (
                ("tags", FAILED, {"applied": 7, "unknown": 1}),
                ("prices", OK, {"applied": 8})):
            self.shop.next(line_gaps=[2], line_duplicates=[4, 5])
            self.push(job, status=status)
            self.assertEqual(states, self.states())
        self.check_once_of("tagsAdd")

    def test_a_restored_journal_sends_nothing(self):
        self.push("tags")
        self.db.execute("DELETE FROM bulkpg.push")
        self.want_more()
        mark = len(self.shop.ledger())
        result = self.push("tags", status=FAILED)
        self.assertIn("JOURNAL_RESTORED", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))

    def test_a_restored_journal_sends_no_single_requests(self):
        """The store's operations tell, although it does not list requests."""
        self.push("tags")
        self.db.execute("DELETE FROM bulkpg.push")
        self.mutation("prices", PRICES, WANTED % 8)
        result = self.push("prices", status=FAILED)
        self.assertIn("JOURNAL_RESTORED", result.stderr)
        self.assertEqual({"skipped": 8}, self.states())
        self.assertEqual([], self.shop.ledger(field="productVariantsBulkUpdate"))

    def test_a_database_that_was_restored(self):
        """It may lack pushes. What must not be sent twice waits for a
        user."""
        self.push("tags")
        self.db.execute("""UPDATE bulkpg.push
            SET notes = notes || '{"database": "another"}'""")
        self.want_more()
        mark = len(self.shop.ledger())
        result = self.push("tags", status=FAILED)
        self.assertIn("JOURNAL_MOVED", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))
        self.assertIn("JOURNAL_MOVED", self.push("prices").stderr)
        self.push("tags", status=FAILED)
        self.db.execute("UPDATE bulkpg.meta SET journal_uuid = "
                        "gen_random_uuid()")
        self.push("tags")
        self.assertNotIn("JOURNAL_MOVED", self.push("prices").stderr)
        self.check_once()

    def test_an_argument_has_another_name_after_a_kill(self):
        """What was sent is settled by what it selects."""
        self.kill_at(["prices"], {}, kind="poll")
        self.change_type("Mutation", "productVariantsBulkUpdate", "args",
                         "variants", "rows")
        self.mutation("prices", OTHER, TAGGED % 8)
        self.push("prices")
        self.assertEqual({"applied": 8}, self.states(1))
        self.assertEqual({"applied": 8}, self.states())

    def test_a_mutation_is_gone_after_a_kill(self):
        """Its answers cannot be read. Rows with other keys are sent."""
        self.kill_at(["prices"], {}, kind="poll")
        self.change_type("Mutation", "productVariantsBulkUpdate", None, None,
                         "another")
        self.mutation("prices", OTHER, TAGGED % 8)
        result = self.push("prices", status=FAILED)
        self.assertIn("the types of the API have changed", result.stderr)
        self.assertEqual({"unknown": 8}, self.states(1))
        self.assertEqual({"applied": 8}, self.states())
        self.push("--settle", "1", "applied")
        self.push("prices")
