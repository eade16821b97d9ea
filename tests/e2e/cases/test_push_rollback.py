"""A push is rolled back, also if it stopped early or was killed; and what
cannot be rolled back is not sent."""
from cases.test_push_rows import PriceCase, SQL, TAGS, WITH_BEFORE
from harness.case import CONFIG, DENIED, FAILED, PARTIAL
from harness.push_case import VARIANTS

BEFORE = WITH_BEFORE.replace("v._parent_id", "w.product_id")


class RollbackCase(PriceCase):
    def variants(self):
        return self.db.rows("SELECT id, price FROM acme.products_variants "
                            "ORDER BY id")

    def prepare_rollback(self, more="", refused=True):
        """The first of six products does not exist, so that its row is
        refused."""
        self.prepare(sql=BEFORE, more=more)
        self.before = self.variants()
        if refused:
            self.db.execute("""UPDATE acme.wanted SET product_id = 1
                WHERE product_id = (SELECT min(product_id)
                                    FROM acme.wanted)""")

    def pushes(self):
        return self.db.rows("SELECT * FROM bulkpg.push ORDER BY push_id")

    def check_taken_back(self):
        self.pull(products=VARIANTS)
        self.assertEqual(self.before, self.variants())


class Stopped(RollbackCase):
    def test_after_a_denied_row(self):
        """Status 77, and what was applied is undone."""
        self.prepare_rollback(more=", rollback: true", refused=False)
        self.shop.rule({"error": {"message": "Access denied.",
                                  "code": "ACCESS_DENIED"}},
                       nth=3, kind="line", path="productVariantsBulkUpdate")
        result = self.push("prices", "--keep", "kept", status=DENIED)
        self.assertIn("5 of 5 applied rows were undone", result.stderr)
        first, undo = self.pushes()
        self.assertEqual("rolled_back", first["status"])
        self.assertEqual("ACCESS_DENIED", first["error_code"])
        self.assertEqual((first["push_id"], 5),
                         (undo["undo_of"], undo["applied"]))
        self.check_taken_back()
        self.assertEqual([6, 5], [
            self.program.read(f"kept/acme.{name}.variables.jsonl")
            .count(b"\n") for name in ("prices", "prices.undo")])

    def test_after_the_canary(self):
        self.configure()
        self.pull(products=VARIANTS)
        self.mutation("tags", TAGS, """
            SELECT n AS _key, bulkpg.gid('Product', min(p.id)) AS id,
                   ARRAY['tag-' || n] AS tags, ARRAY['old'] AS _before_tags
            FROM products p, generate_series(1, 600) n GROUP BY n""")
        self.shop.rule({"user_errors": [{"field": ["tags"],
                                         "message": "No."}]},
                       times=10, kind="line", path="tagsAdd")
        result = self.push("tags", "--rollback", status=FAILED)
        self.assertIn("PUSH_ROLLED_BACK", result.stderr)
        self.assertIn("15 of 15 applied rows were undone", result.stderr)
        self.assertIn("of the first 25 rows", result.stderr)
        first, undo = self.pushes()
        self.assertEqual("rolled_back", first["status"])
        self.assertEqual({"applied": 15, "refused": 10, "skipped": 575},
                         self.states(first["push_id"]))
        self.assertEqual(15, undo["applied"])


class Impossible(RollbackCase):
    def check_refused(self, *arguments):
        mark = len(self.shop.ledger())
        result = self.push("prices", *arguments, status=CONFIG)
        self.assertIn("PUSH_NO_UNDO", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))

    def test_without_values_before(self):
        self.prepare()
        self.check_refused("--rollback")
        self.check_refused("--rollback", "--dry-run")
        self.mutation("prices", self.program.read("mutations/prices.graphql")
                      .decode().replace('"product_id"',
                                        '"product_id", rollback: true'), SQL)
        self.check_refused()
        self.assertIn("nothing would be sent (PUSH_NO_UNDO)",
                      self.run_program("plan", "prices").stdout)

    def test_rows_of_a_file(self):
        self.prepare(sql=WITH_BEFORE)
        self.push("prices", "--keep", "kept")
        self.check_refused("--rollback", "--from",
                           "kept/acme.prices.variables.jsonl")

    def test_rows_that_are_sent_again(self):
        self.prepare()
        self.db.execute("""UPDATE acme.wanted SET product_id = 1
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")
        self.push("prices", status=PARTIAL)
        self.check_refused("--rollback", "--retry", "refused")


class Killed(RollbackCase):
    """The process ends before the rollback: the next one does it, if the
    killed push was to be rolled back, and only then."""

    def test_the_next_push_rolls_back(self):
        """Its own options do not matter."""
        self.prepare_rollback(more=", direct: 0")
        self.kill_at(["prices", "--rollback"], {}, kind="poll")
        self.db.execute("DELETE FROM acme.wanted")
        self.program.run("push", "prices", "--limit", "1")
        first, undo = self.pushes()[:2]
        self.assertEqual("rolled_back", first["status"])
        self.assertEqual((first["push_id"], 5),
                         (undo["undo_of"], undo["applied"]))
        self.check_taken_back()

    def test_rollback_is_for_the_push_of_the_command(self):
        self.prepare_rollback(more=", direct: 0")
        self.kill_at(["prices"], {}, kind="poll")
        self.db.execute("DELETE FROM acme.wanted")
        result = self.push("prices", "--rollback", status=PARTIAL)
        self.assertIn("the store refused 1 row of earlier pushes",
                      result.stderr)
        first, second = self.pushes()
        self.assertEqual(("done", 5), (first["status"], first["applied"]))
        self.assertIsNone(second["undo_of"])

    def test_the_undo_was_staged(self):
        """What the next process undoes counts."""
        self.prepare_rollback(more=", rollback: true")
        self.kill_at(["prices"], {}, nth=7, kind="mutation")
        self.assertEqual([1], [push["undo_of"] for push in self.pushes()[1:]])
        self.db.execute("DELETE FROM acme.wanted")
        self.program.run("push", "prices")
        first = self.pushes()[0]
        self.assertEqual("rolled_back", first["status"])
        self.assertIn("5 of 5 applied rows were undone", first["error"])
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.push WHERE undo_of = 1"))
        self.check_taken_back()
