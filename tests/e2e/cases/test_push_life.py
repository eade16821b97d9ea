"""How a push continues after it was stopped, killed or canceled, and what the
other commands show of it."""
import json
import signal

from cases.test_push_rows import PRICES, PriceCase, SQL, WITH_BEFORE
from cases.test_watch import parse_metrics
from harness.case import AGAIN, FAILED, PARTIAL
from harness.cluster import Held
from harness.push_case import VARIANTS


class Life(PriceCase):
    def test_a_push_is_killed_while_it_is_staged(self):
        """Its rows wait for a lock. Nothing was sent, and nothing of it is
        left."""
        self.prepare()
        with Held(self.db, "LOCK TABLE bulkpg.push_row IN EXCLUSIVE MODE"):
            running = self.program.start("push", "prices")
            self.wait_for(lambda: not running.is_alive() or self.db.value("""
                SELECT count(*) AS v FROM pg_locks
                WHERE relation = 'bulkpg.push_row'::regclass
                  AND NOT granted""") > 0, "a lock")
            self.assertTrue(running.is_alive(), running.result)
            running.signal(signal.SIGKILL)
            running.wait()
        self.assertEqual([], self.shop.ledger())
        self.check_counts(self.push("prices"), changed=6, applied=6)
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.push"))
        self.check_once()

    def test_rows_that_were_not_submitted_are_dropped(self):
        self.prepare(40, more=", direct: 0")
        self.kill_at(["prices"], {}, kind="stage")
        self.assertEqual("running", self.last_push()["status"])
        self.db.execute("UPDATE acme.wanted SET price = 14")
        self.check_counts(self.push("prices"), changed=40, applied=40)
        self.assertEqual({"skipped": 40}, self.states(1))
        self.assertEqual({"14.00"}, {
            variant["price"] for one in self.effects()
            for variant in one["variables"]["variants"]})
        self.check_once()
        self.check_accounted()

    def test_a_push_is_killed_while_it_runs(self):
        self.prepare(40, more=", direct: 0")
        self.kill_at(["prices"], {}, kind="poll")
        # The store has the outcome of the rows.
        result = self.push("--settle", "1", "applied", status=FAILED)
        self.assertIn("PUSH_FOUND", result.stderr)
        self.check_counts(self.push("prices"), changed=0, unchanged=40)
        self.assertEqual({"applied": 40}, self.states(1))
        self.assertEqual("done", self.db.value(
            "SELECT status AS v FROM bulkpg.push WHERE push_id = 1"))
        self.check_once()
        self.check_accounted()

    def test_a_stopped_push_is_finished(self):
        self.prepare(40, more=", direct: 0")
        self.shop.post("set", {"store": "acme", "hold_after": 3})
        running = self.program.start("push", "prices")
        self.wait_for(lambda: len(self.effects()) >= 3, "three rows")
        running.signal(signal.SIGTERM)
        self.assertEqual(AGAIN, running.wait().status)
        self.assertEqual("interrupted", self.last_push()["status"])
        self.shop.post("set", {"store": "acme", "hold_after": None})
        (operation,) = self.shop.get("operations?store=acme")[-1:]
        self.shop.post("operation", {"store": "acme",
                                     "id": operation["id"], "go": True})
        self.check_counts(self.push("prices"), changed=0, unchanged=40)
        self.check_once()

    def test_two_processes_push_one_job(self):
        self.prepare(40, more=", direct: 0")
        self.shop.rule({"hold": True}, kind="poll")
        running = self.program.start("push", "prices")
        self.wait_for(lambda: self.shop.get("held") > 0, "a poll")
        result = self.push("prices", status=AGAIN)
        self.assertIn("LOCKED", result.stderr)
        self.shop.post("rules/clear")
        self.assertEqual(0, running.wait().status)
        self.check_once()

    def test_the_claim_is_lost_while_rows_are_selected(self):
        """The connection that has the claim ends while the SELECT waits for a
        lock, and another process pushes the rows of a file."""
        self.prepare(sql=SQL.replace("FROM wanted", """FROM wanted
            WHERE (SELECT pg_advisory_xact_lock_shared(4711)) IS NOT NULL"""))
        self.program.file("rows.jsonl", json.dumps({
            "productId": self.first_product(), "variants": []}))
        with Held(self.db, "SELECT pg_advisory_xact_lock(4711)"):
            running = self.program.start("push", "prices")
            self.wait_for(lambda: not running.is_alive() or self.db.value("""
                SELECT count(*) AS v FROM pg_locks WHERE objid = 4711
                AND locktype = 'advisory' AND NOT granted""") > 0, "a lock")
            self.assertTrue(running.is_alive(), running.result)
            claims = """FROM pg_locks l JOIN pg_database d
                ON d.oid = l.database AND d.datname = current_database()
                WHERE locktype = 'advisory' AND objid <> 4711"""
            self.assertEqual(1, self.db.value(
                f"SELECT count(pg_terminate_backend(pid)) AS v {claims}"))
            self.wait_for(lambda: self.db.value(
                f"SELECT count(*) AS v {claims}") == 0)
            self.check_counts(self.push("prices", "--from", "rows.jsonl"),
                              row=1, applied=1)
        result = running.wait()
        self.assertEqual(AGAIN, result.status, result)
        self.assertIn("another process has pushed job prices of store acme "
                      "meanwhile (push ", result.stderr)
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.push"))
        self.assertEqual(1, len(self.effects()))
        self.check_counts(self.push("prices"), row=6, applied=6)

    def test_a_rollback_is_killed(self):
        """The next push undoes the rest."""
        self.prepare(sql=WITH_BEFORE.replace("v._parent_id", "w.product_id"),
                     more=", rollback: true")
        before = self.db.rows("SELECT id, price FROM acme.products_variants "
                              "ORDER BY id")
        self.db.execute("""UPDATE acme.wanted SET product_id = 1
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")
        self.shop.rule({"hold": True}, nth=8, kind="mutation")
        running = self.program.start("push", "prices")
        self.wait_for(lambda: self.shop.get("held") > 0, "a request")
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.db.execute("DELETE FROM acme.wanted")
        self.program.run("push", "prices")
        first, undo = self.db.rows("SELECT * FROM bulkpg.push "
                                   "ORDER BY push_id")[:2]
        self.assertEqual("rolled_back", first["status"])
        self.assertEqual(first["push_id"], undo["undo_of"])
        self.pull(products=VARIANTS)
        self.assertEqual(before, self.db.rows(
            "SELECT id, price FROM acme.products_variants ORDER BY id"))


class Others(PriceCase):
    def test_status(self):
        self.prepare()
        self.db.execute("""UPDATE acme.wanted SET product_id = 1
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")
        self.push("prices", status=PARTIAL)
        text = self.run_program("status").stdout
        self.assertRegex(text, r"acme +prices +1 +done +direct")
        self.assertIn("PUSH_REFUSED", text)
        (push,) = json.loads(self.run_program("status",
                                              "--json").stdout)["pushes"]
        self.assertEqual(1, push["refused"])
        self.assertEqual("done", push["status"])
        self.run_program("status", "--failed", status=FAILED)
        page = self.run_program("report").stdout
        self.assertIn("Newest pushes", page)
        self.assertIn("the store refused 1 row of push 1", page)

    def test_metrics(self):
        """The last push of each job, also of those that succeeded, and the
        rows in doubt of all pushes."""
        self.prepare(3, more=", repeat: NEVER")
        self.shop.rule({"close": True, "after": True}, kind="mutation")
        self.program.run("push", "prices")
        self.run_program("status", "--metrics", "out.prom", "--older-than",
                         "1h")
        found = parse_metrics(self.program.read("out.prom").decode())
        job = ("acme", "prices")
        push = self.last_push()
        self.assertEqual(push["push_id"], found["bulkpg_last_push_id"][job])
        self.assertEqual(1, found["bulkpg_last_push_status"][
            (*job, push["status"])])
        self.assertEqual(2, found["bulkpg_last_push_rows"][(*job, "applied")])
        self.assertEqual(1, found["bulkpg_last_push_rows"][(*job, "unknown")])
        self.assertEqual(1, found["bulkpg_push_rows_in_doubt"][job])

    def test_cancel(self):
        self.prepare(40, more=", direct: 0")
        self.shop.post("set", {"store": "acme", "hold_after": 3})
        running = self.program.start("push", "prices")
        self.wait_for(lambda: len(self.effects()) >= 3, "three rows")
        result = self.run_program("cancel", "prices")
        self.assertIn("acme prices push 1 CANCELED, 1 operation", result.stdout)
        self.assertNotEqual(0, running.wait().status)
        self.assertEqual("canceled", self.last_push()["status"])
        self.shop.post("set", {"store": "acme", "hold_after": None})
        # The next push reads what the operation did, and sends the rest.
        self.finish("prices")
        self.check_accounted()

    def test_keys_of_several_columns(self):
        self.prepare(3)
        self.mutation("prices", PRICES.replace(
            'key: "product_id"', 'key: ["product_id", "variants"]') % "", SQL)
        self.push("prices")
        (column,) = self.db.rows("""SELECT data_type
            FROM information_schema.columns
            WHERE table_name = 'prices_result' AND column_name = '_key'""")
        self.assertEqual("jsonb", column["data_type"])
        self.assertEqual(3, len(self.result_rows("prices")))
        self.check_counts(self.push("prices"), unchanged=3)

    def test_a_key_of_its_own(self):
        self.prepare(3)
        self.mutation("prices", PRICES.replace('(key: "product_id"%s)', ""),
                      SQL.replace("SELECT", "SELECT wanted.product_id "
                                  "AS _key,"))
        self.push("prices")
        (column,) = self.db.rows("""SELECT data_type
            FROM information_schema.columns
            WHERE table_name = 'prices_result' AND column_name = '_key'""")
        self.assertEqual("bigint", column["data_type"])
        ids = self.db.rows("SELECT DISTINCT product_id AS _key "
                           "FROM acme.wanted ORDER BY 1")
        self.assertEqual(ids, self.result_rows("prices", "_key"))

    def test_readers_see_results_but_not_what_is_sent(self):
        self.prepare(2)
        self.push("prices")
        self.assertIn("prices_result", [row["table_name"] for row in
            self.db.rows("SELECT table_name FROM bulkpg.relation")])
