"""What a push does after faults of the store that test_push_crash.py does not
have: nothing runs twice, and every row is accounted for."""
from cases.test_push import Adjusting, Pricing
from harness.case import FAILED


class Canceled(Pricing):
    def test_in_the_middle(self):
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


class Keys(Adjusting):
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

    def check_retry(self, more=""):
        """After 12 hours the store may have forgotten the keys, so the rows
        are not sent; they are named. Before, they are."""
        self.job(limit=1, last=3, more=more)
        self.shop.rule({"close": True, "after": True}, times=-1,
                       kind="mutation")
        self.finish("adjust")
        self.shop.post("rules/clear")
        self.assertEqual({"held": 3}, self.states(1))
        mark = len(self.shop.ledger())
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at - interval '13 hours'""")
        self.shop.pass_time(25 * 3600)
        result = self.push("adjust", "--retry", "unknown", status=FAILED)
        self.assertIn("PUSH_NOT_RETRIED", result.stderr)
        for key in self.db.column("SELECT key FROM bulkpg.push_state"):
            self.assertIn(key, result.stderr)
        self.assertEqual({"held": 3}, self.states())
        self.assertEqual(mark, len(self.shop.ledger()))
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at + interval '13 hours'""")
        self.shop.pass_time(-25 * 3600)
        self.push("adjust", "--retry", "unknown")
        self.assertEqual({"applied": 3}, self.states())
        self.assertEqual(3, self.check_sums())
        self.check_once()

    def test_a_retry_after_12_hours(self):
        self.check_retry()

    def test_a_retry_does_not_make_keys_younger(self):
        """What counts is when a key was sent first, by whichever push."""
        self.job(limit=1, last=3, more=", repeat: NEVER")
        self.shop.rule({"close": True, "after": True}, times=-1,
                       kind="mutation")
        self.finish("adjust")
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at - interval '11 hours'""")
        self.finish("adjust", "--retry", "unknown")
        self.assertEqual({"held": 3}, self.states())
        self.assertEqual(3, self.last_push()["sent"])
        self.shop.post("rules/clear")
        self.db.execute("""UPDATE bulkpg.push_row
            SET first_sent_at = first_sent_at - interval '2 hours'""")
        self.shop.pass_time(25 * 3600)
        mark = len(self.shop.ledger())
        result = self.push("adjust", "--retry", "unknown", status=FAILED)
        self.assertIn("PUSH_NOT_RETRIED", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))
        self.assertEqual(3, self.check_sums())
        self.check_once()

    def test_a_retry_of_rows_that_never_repeat_after_12_hours(self):
        """They have a key, too."""
        self.check_retry(", repeat: NEVER")
