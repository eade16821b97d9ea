"""What a push does after each fault of the store: nothing runs twice, and every
row is accounted for."""
import signal

from cases.test_push import Adjusting, Pricing
from harness.case import AGAIN, FAILED


class Uploads(Pricing):
    """Nothing ran: the upload restarts."""

    def check_done(self, uploads):
        self.push("prices")
        self.assertEqual({"applied": 10}, self.states())
        self.assertEqual(uploads, len(self.requests(kind="upload")))
        self.check_once()

    def test_faults(self):
        self.prices(direct=0)
        for price, action in enumerate([
                {"close": True}, {"close": True, "after": True},
                {"status": 503}, {"status": 403, "read": 100},
                {"corrupt": True}, {"etag": "0" * 32}]):
            with self.subTest(action=action):
                self.want(20 + price)
                before = len(self.requests(kind="upload"))
                self.shop.rule(action, kind="upload")
                self.check_done(before + 2)

    def test_the_stage_is_lost(self):
        self.prices(direct=0)
        self.shop.rule({"close": True, "after": True}, kind="stage")
        self.check_done(1)

    def test_an_upload_that_never_works(self):
        self.prices(direct=0)
        self.shop.rule({"corrupt": True}, times=-1, kind="upload")
        self.push("prices", status=AGAIN)
        self.assertEqual([], self.shop.ledger())
        self.shop.post("rules/clear")
        self.push("prices")
        self.check_once()
        self.check_accounted()


class Submissions(Pricing):
    def mutations(self):
        return [one for one in self.shop.operations()
                if one["type"] == "MUTATION"]

    def test_a_lost_answer_is_adopted(self):
        for looks in 0, 2:
            with self.subTest(looks=looks):
                self.shop.post("reset")
                self.prices(direct=0, price=f"{20 + looks}.10")
                self.shop.set(listing_looks=looks)
                self.shop.rule({"close": True, "after": True},
                               kind="run_mutation")
                self.push("prices")
                self.assertEqual(1, len(self.mutations()))
                self.assertEqual({"applied": 10}, self.states())
                self.check_once()
                self.db.execute("DELETE FROM bulkpg.push_state")

    def test_a_slot_is_waited_for(self):
        self.prices(direct=0)
        self.shop.set(mutation_slots=0)
        running = self.program.start("push", "prices")
        self.wait_for(lambda: len(self.requests(kind="run_mutation")) > 1
                      or not running.is_alive())
        self.shop.set(mutation_slots=5)
        result = running.wait()
        if result.status == AGAIN:
            self.push("prices")
        self.assertEqual({"applied": 10}, self.states())
        self.check_once()


class Results(Pricing):
    def test_a_failure_in_the_middle(self):
        """k lines were applied and j reported; prices may be sent again."""
        self.prices(direct=0)
        self.shop.next(contains="productVariantsBulkUpdate", outcome={
            "status": "FAILED", "applied": 6, "reported": 3,
            "error_code": "INTERNAL_SERVER_ERROR"})
        self.push("prices")
        self.assertEqual({"applied": 10}, self.states())
        lines = [one["line"] for one in self.shop.ledger()]
        self.assertEqual(6 + 7, len(lines))
        self.check_accounted()

    def test_canceled_in_the_middle(self):
        self.prices(direct=0)
        self.shop.set(hold_after=4, cancel_reports=2)
        running = self.program.start("push", "prices")
        self.wait_for(lambda: len(self.effects()) == 4
                      or not running.is_alive())
        self.shop.set(hold_after=None)
        (operation,) = [one for one in self.shop.operations()
                        if one["type"] == "MUTATION"]
        self.shop.ask("""mutation($id: ID!) { bulkOperationCancel(id: $id) {
            userErrors { message } } }""", {"id": operation["id"]})
        running.wait()
        self.finish("prices")
        self.assertEqual(0, self.db.value("""SELECT count(*) AS v
            FROM bulkpg.push_row WHERE state IN ('sending', 'planned')"""))
        self.check_accounted()

    def test_gaps_and_duplicates(self):
        self.prices(direct=0)
        self.shop.next(contains="productVariantsBulkUpdate",
                       line_gaps=[1, 5], line_duplicates=[2])
        self.push("prices")
        self.assertEqual({"applied": 10}, self.states())
        self.assertEqual(12, len(self.shop.ledger()))

    def test_another_base_of_numbers(self):
        """Lines numbered from 1 are of other rows, as the ids show."""
        self.prices(direct=0)
        self.shop.next(contains="productVariantsBulkUpdate", line_base=1)
        self.push("prices", status=FAILED)
        self.assertEqual({"unknown": 10}, self.states())


class NotRepeatable(Adjusting):
    """What is not safe to repeat is held, never guessed."""

    def test_a_failure_in_the_middle(self):
        self.job(limit=1, last=8, direct=0)
        self.shop.next(contains="inventoryAdjustQuantities", outcome={
            "status": "FAILED", "applied": 5, "reported": 2,
            "error_code": "INTERNAL_SERVER_ERROR"})
        self.push("adjust", status=FAILED)
        states = self.states()
        self.assertEqual(2, states.get("applied"))
        self.assertEqual(6, sum(states.get(one, 0)
                                for one in ("unknown", "held")), states)
        self.assertEqual(5, self.check_sums())
        self.finish("adjust")
        self.assertEqual(5, self.check_sums())
        self.check_once()

    def test_a_lost_submission_that_is_listed_late(self):
        self.job(limit=1, last=4, direct=0)
        self.shop.set(listing_looks=1)
        self.shop.rule({"close": True, "after": True}, kind="run_mutation")
        self.finish("adjust")
        self.assertEqual(4, self.check_sums())
        self.check_once()

    def test_direct_answers_are_lost(self):
        """The stored key makes a repeat harmless."""
        self.job(limit=1, last=6)
        self.shop.rule({"close": True, "after": True}, nth=2, times=2,
                       kind="mutation")
        self.finish("adjust")
        self.assertEqual(6, self.check_sums())
        self.check_once()
        self.check_accounted()

    def test_a_key_that_is_spent(self):
        """The store remembers that the row failed, so a repeat needs another
        key."""
        self.job(limit=1, last=4)
        self.shop.rule({"error": {}}, kind="line", nth=2)
        self.push("adjust")
        self.assertEqual({"applied": 4}, self.states())
        codes = [code for one in self.shop.ledger() for code in one["codes"]]
        self.assertEqual(["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"], codes)
        self.assertEqual(4, self.check_sums())
        self.check_once()
        self.check_accounted()

    def test_a_retry_after_12_hours(self):
        """The store may have forgotten the keys, so the rows are not sent;
        they are named."""
        self.job(limit=1, last=3)
        self.shop.rule({"close": True, "after": True}, times=-1,
                       kind="mutation")
        self.finish("adjust")
        self.shop.post("rules/clear")
        self.assertEqual({"held": 3}, self.states(1))
        mark = len(self.shop.ledger())
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at - interval '13 hours'""")
        result = self.push("adjust", "--retry", "unknown", status=FAILED)
        self.assertIn("PUSH_NOT_RETRIED", result.stderr)
        for key in self.db.column("SELECT key FROM bulkpg.push_state"):
            self.assertIn(key, result.stderr)
        self.assertEqual({"held": 3}, self.states())
        self.assertEqual(mark, len(self.shop.ledger()))
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at + interval '13 hours'""")
        self.push("adjust", "--retry", "unknown")
        self.assertEqual({"applied": 3}, self.states())
        self.assertEqual(3, self.check_sums())
        self.check_once()

    def test_direct_after_a_kill(self):
        self.job(limit=1, last=6)
        for nth in 1, 3:
            self.kill_at(["adjust"], {"after": True}, nth=nth,
                         kind="mutation")
        self.finish("adjust")
        self.assertEqual(6, self.check_sums())
        self.check_once()


class Stops(Pricing):
    def test_a_signal(self):
        self.prices(direct=0)
        self.shop.set(hold_after=2)
        running = self.program.start("push", "prices")
        self.wait_for(lambda: len(self.effects()) == 2
                      or not running.is_alive())
        running.signal(signal.SIGTERM)
        result = running.wait()
        self.assertIn(result.status, (AGAIN, 128 + signal.SIGTERM), result)
        (operation,) = [one for one in self.shop.operations()
                        if one["type"] == "MUTATION"]
        self.shop.set(hold_after=None)
        self.shop.post("operation", {"id": operation["id"], "go": True})
        self.finish("prices")
        self.check_once()
        self.check_accounted()
        self.assertEqual(10, self.db.value("""SELECT count(*) AS v
            FROM bulkpg.push_state WHERE state = 'applied'"""))
