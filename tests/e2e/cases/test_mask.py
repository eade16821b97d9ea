"""@mask: plain values are planted, and looked for everywhere."""
import hashlib
import hmac
import json
import os
import signal
import subprocess

from cases.walks import FLAT
from harness.case import AGAIN, CONFIG, FAILED, OK, PARTIAL, USAGE, Case
from harness.cluster import Held, find_binaries
from harness.walk_case import WalkCase

KEY = "planted-key-of-the-tests"
CUSTOMER = "gid://shopify/Customer/"

QUERY = """query {more} {{ customers {{ edges {{ node {{ id
  email @mask(how: HASH) @index
  domain: email @mask(how: DOMAIN)
  displayName @mask(how: NULL)
  createdAt @mask(how: YEAR)
  numberOfOrders
  defaultAddress {{ id city phone @mask(how: HASH) }}
}} }} }} }}"""

MASKED = ("email", "domain", "display_name", "created_at",
          "default_address_phone")


def masked(text):
    return hmac.new(KEY.encode(), text.encode(),
                    hashlib.sha256).hexdigest()[:32]


def line(number, **values):
    row = {"id": f"{CUSTOMER}{number}", "numberOfOrders": "1",
           "email": f"planted{number}@example.com",
           "domain": f"planted{number}@example.com",
           "displayName": f"Planted Person {number}",
           "createdAt": "1987-06-05T04:03:02Z",
           "defaultAddress": {"id": f"gid://shopify/MailingAddress/{number}",
                              "city": "Bern", "phone": "+41-planted"}}
    return json.dumps({**row, **values})


class Mask:
    """What cases of masks need; mixed into a case."""

    planted = ("planted", "Planted", "1987-06-05", "04:03:02")

    def set_key(self, key=KEY):
        self.program.environment["MASK_KEY"] = key
        text = self.program.read("bulkpg.ini").decode().split("[privacy]")[0]
        self.program.file("bulkpg.ini",
                          text + "[privacy]\nkey = env:MASK_KEY\n")

    def dump(self):
        """The database as text, with what bytea columns have as text, too."""
        return subprocess.run(
            [os.path.join(find_binaries(), "pg_dump"), "--inserts",
             "--dbname", self.db.dsn], check=True, capture_output=True).stdout

    def files(self, besides=("lines.jsonl",)):
        for folder, _, names in os.walk(self.program.directory):
            for name in names:
                path = os.path.join(folder, name)
                if name not in besides and os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield path, file.read()

    def check_hidden(self, *results, besides=("lines.jsonl",)):
        """No planted value is in the database, in a file, or in what the
        program printed so far."""
        places = [("the database", self.dump()), *self.files(besides)]
        places += [(f"output of {one.arguments}", one.output.encode())
                   for one in results]
        for word in self.planted + (KEY,):
            for where, text in places:
                for form in (word.encode(), word.encode().hex().encode()):
                    at = text.find(form)
                    if at >= 0:
                        self.fail(f"{word} is in {where}: "
                                  f"{text[max(at - 300, 0):at + 200]}")


class StoreCase(Mask, Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.set_key()
        self.query("people", QUERY.format(more=""))
        self.plant(count=5)

    def plant(self, **which):
        """Customers with values that are found again."""
        self.change(store="acme", type="Customer", set={
            "email": "planted@example.com", "displayName": "Planted Person",
            "createdAt": "1987-06-05T04:03:02Z"}, **which)

    def people(self):
        return self.rows("customers", "email, domain, display_name, "
                         "created_at", "id")

    def run_masked(self, *arguments, status=OK):
        result = self.run_program("run", "-v", *arguments, status=status)
        self.check_hidden(result)
        return result

    def check_refused(self, code, where, *arguments, command=("run",)):
        result = self.run_program(*command, *arguments, status=CONFIG)
        self.assertIn(f"people.graphql:{where}", result.stderr)
        self.assertIn(code, result.stderr)
        return result


class Runs(StoreCase):
    def test_a_run(self):
        self.program.file("bulkpg.ini", self.program.read("bulkpg.ini")
                          + b"[archive]\ndir = archive\n")
        self.run_masked("--json", "--timings")
        self.assertEqual((masked("planted@example.com"), "example.com", None,
                          1987), self.people()[0])
        self.assertEqual(["text", "text", "text", "integer", "text"],
                         [self.type_of("customers", one) for one in MASKED])
        self.assertEqual([], os.listdir(
            os.path.join(self.program.directory, "archive")))
        before = self.snapshot()
        self.run_masked()
        self.check_unchanged(before)
        self.assertEqual(0, self.last_run()["rows_updated"])
        self.plant(count=7)
        self.run_masked()
        self.assertEqual(2, self.last_run()["rows_updated"])

    def test_what_is_masked_is_said(self):
        result = self.run_program("plan", "people")
        for words in ("customers.email: a hash of 32 digits (HASH)",
                      "customers.domain: what follows the @ (DOMAIN)",
                      "customers.display_name: NULL (NULL)",
                      "customers.created_at: the year, in UTC (YEAR)",
                      "masked: HASH"):
            self.assertIn(words, result.stdout)
        plan = json.loads(self.run_program("plan", "people", "--json").stdout)
        self.assertEqual(
            {"email": "HASH", "domain": "DOMAIN", "display_name": "NULL",
             "created_at": "YEAR", "default_address_phone": "HASH"},
            {one["name"]: one["mask"] for one in plan["tables"][0]["columns"]
             if one["mask"] is not None})
        self.assertNotIn("@", plan["document"])

    def test_the_report_lists_masked_columns(self):
        self.query("plain", "{ orders { edges { node { id } } } }")
        self.run_program("run")
        page = self.run_program("report").stdout.replace("<wbr />", "")
        self.assertIn(
            "<tr><td>acme</td><td>people</td><td></td><td>"
            "customers.email (HASH), customers.domain (DOMAIN), "
            "customers.display_name (NULL), customers.created_at (YEAR), "
            "customers.default_address_phone (HASH)</td></tr>", page)
        self.assertEqual(1, page.count("(DOMAIN)"))

    def test_by_pages(self):
        self.query("people", QUERY.format(more="@paged(first: 9)"))
        self.run_masked("--json")
        self.assertEqual((masked("planted@example.com"), "example.com", None,
                          1987), self.people()[0])
        before = self.snapshot()
        self.query("people", QUERY.format(more=""))
        self.run_masked()
        self.check_unchanged(before)

    def test_incremental(self):
        self.query("people", QUERY.format(
            more='@incremental(overlap: "48h") @deletes(mode: SOFT)'))
        self.run_masked()
        self.change_now(type="Customer", **{"from": 20}, count=3, set={
            "email": "planted-later@example.org"})
        self.run_masked()
        self.assertEqual("incremental", self.last_run()["mode"])
        self.assertEqual(3, self.db.value(
            "SELECT count(*) AS v FROM acme.customers WHERE email = "
            f"'{masked('planted-later@example.org')}'"))

    def test_a_field_that_is_denied_and_granted(self):
        """The column keeps its mask while the field is left out."""
        self.query("people", """query @history { customers { edges { node { id
            email @optional @mask(how: HASH) createdAt @optional
            @mask(how: YEAR) born: birthday @optional @mask(how: YEAR)
            } } } }""")
        denied = [{"type": "Customer", "field": name,
                   "scope": "read_customers"} for name in ("email",
                                                           "createdAt")]
        granted = (masked("planted@example.com"), 1987)
        for fields in ([], denied, denied, []):
            self.shop.set(denied=fields)
            self.run_masked("--force-nulls")
            self.assertEqual((None, None) if fields else granted, self.rows(
                "customers", "email, created_at", "id")[0])
        self.assertEqual("integer", self.type_of("customers", "created_at"))

    def test_equal_over_stores(self):
        self.configure("acme", "beta")
        self.set_key()
        self.change(store="beta", type="Customer", count=2, set={
            "email": "planted@example.com"})
        self.run_masked()
        self.assertEqual(self.people()[0][0], self.rows(
            "customers", "email", "id", "beta")[0][0])

    # ---- settings ----------------------------------------------------------

    def test_wrong_settings(self):
        text = self.program.read("bulkpg.ini").decode()
        self.check_refused("MASK_KEEP", "2:9: ", "--keep", "kept")
        self.assertFalse(os.path.exists(os.path.join(
            self.program.directory, "kept", "people")))
        self.program.file("bulkpg.ini", text.split("[privacy]")[0])
        self.check_refused("MASK_KEY", "2:9: ")
        self.check_refused("MASK_KEY", "2:9: ", command=("plan", "people"))
        self.program.file("bulkpg.ini", text)
        del self.program.environment["MASK_KEY"]
        self.check_refused("NO_CREDENTIALS", "2:9: ")
        self.set_key("planted-15-char")
        result = self.check_refused("MASK_KEY", "2:9: ")
        self.assertIn("openssl rand -hex 32", result.stderr)
        self.assertNotIn("planted", result.output)
        self.set_key()
        for field, where in (("plain: email", "3:2: "),
                             ("address: defaultAddress @json { id phone }",
                              "3:37: "),
                             ("tags @mask(how: HASH)", "3:7: "),
                             ("tags @optional @mask(how: YEAR)", "3:17: "),
                             ("note @mask(how: SHA)", "3:18: "),
                             ("other: id @mask(how: NULL)", "3:12: ")):
            self.query("people", "{ customers { edges { node { id\n"
                       " email @mask(how: HASH) defaultAddress { id phone "
                       f"@mask(how: HASH) }}\n {field} }} }} }} }}")
            self.check_refused("QUERY_DIRECTIVE", where)
        self.program.file("bulkpg.ini", text.replace(
            "env:MASK_KEY", "a-secret-in-the-file"))
        result = self.run_program("run", status=CONFIG)
        self.assertIn("bulkpg.ini:", result.stderr)
        self.assertNotIn("a-secret-in-the-file", result.output)
        self.program.file("bulkpg.ini", text)
        self.run_program("load", "people", "lines.jsonl", "--remask",
                         status=USAGE)

    # ---- files -------------------------------------------------------------

    BAD = [line(11, createdAt="planted at noon"),
           line(12, createdAt="1987-06-05T99:00:00Z"),
           line(13, email=["planted@example.com"]),
           line(14, numberOfOrders="many"),
           line(16)[:-1] + ',"displayName":"Planted',
           line(17).replace("}", "") + " planted",
           line(18, __parentId="gid://shopify/Product/1"),
           '"planted"']

    def check_rejects(self, *arguments):
        lines = [line(n) for n in range(1, 6)] + self.BAD + [
            line(19, defaultAddress="planted"),
            line(20, unknown="planted")]
        result = self.load("people", lines, *arguments, status=PARTIAL)
        self.check_hidden(result)
        return result

    def test_a_file_with_rejects(self):
        self.check_rejects("-v", "--json")
        self.run_program("report", "report.html")
        self.check_hidden(self.program.run("status", "--json", "--failed"))
        rejects = self.rows("reject", "octet_length(raw), reason", "line_number",
                            schema="bulkpg")
        self.assertEqual(len(self.BAD), len(rejects))
        self.assertEqual({0}, {size for size, _ in rejects})
        self.assertIn("column created_at: the value is not a date",
                      rejects[0][1])
        self.assertEqual([(masked(f"planted{n}@example.com"), "example.com",
                           None, 1987) for n in range(1, 6)],
                         self.people()[:5])

    def test_a_dry_run(self):
        self.check_rejects("--dry-run")

    def test_rejects_of_a_load_that_made_no_table(self):
        plain = QUERY.format(more="")
        for how in "HASH", "DOMAIN", "NULL", "YEAR":
            plain = plain.replace(f" @mask(how: {how})", "")
        self.query("people", plain)
        self.load("people", [line(1, createdAt="planted at noon")],
                  status=PARTIAL)
        self.db.execute("DROP TABLE acme.customers")
        self.assertIn(b"planted".hex().encode(), self.dump())
        self.query("people", QUERY.format(more=""))
        self.run_masked("--remask")
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.reject"))
        self.check_rejects("--force-deletes")
        kept = self.rows("reject", "reason", "1", "bulkpg")
        self.run_masked("--force-deletes")
        self.assertEqual(kept, self.rows("reject", "reason", "1", "bulkpg"))

    def test_values_without_a_mask_in_them(self):
        self.load("people", [line(1, email="nobody", domain="nobody",
                                  createdAt="2024-12-31T23:30:00-05:00"),
                             line(2, email=None, domain=None, createdAt=None),
                             line(3, email="", domain="@")])
        self.assertEqual([(masked("nobody"), None, None, 2025),
                          (None, None, None, None),
                          (masked(""), None, None, 1987)], self.people())

    def check_refused_row(self, what):
        """The words of PostgreSQL do not quote masked columns, either."""
        self.load("people", [line(1)])
        self.db.execute(what)
        result = self.load("people", [line(1), line(
            2, domain="planted@quoted.org")], status=FAILED)
        self.planted += ("quoted.org", masked("planted2@example.com"))
        self.check_hidden(result)
        return result

    def test_a_constraint(self):
        result = self.check_refused_row("""
            ALTER TABLE acme.customers ADD CONSTRAINT mine
              CHECK (length(domain) <> length('quoted') + 4)""")
        self.assertIn("mine", result.stderr)

    def test_a_trigger(self):
        result = self.check_refused_row("""
            CREATE FUNCTION acme.no() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'not %', NEW.domain; END $$;
            CREATE TRIGGER no BEFORE INSERT ON acme.customers
              FOR EACH ROW EXECUTE FUNCTION acme.no()""")
        self.assertIn("SQLSTATE P0001", result.stderr)

    def test_errors_of_the_store(self):
        """The words of an error may quote what the store could not send."""
        self.query("people", QUERY.format(more="@paged(first: 9)"))
        for errors in ([{"message": "planted", "path": ["customers", "x"],
                         "locations": [{"line": 1, "column": 1}]}],
                       [{"message": "planted"}], "planted"):
            self.shop.rule({"status": 200, "body": {
                "data": None, "errors": errors}}, times=-1, store="acme",
                kind="query", contains="displayName")
            result = self.program.run("run", "-v")
            self.assertNotEqual(OK, result.status)
            self.check_hidden(result)
            self.assertIn("@mask", result.output)
            self.shop.post("rules/clear")

    def test_errors_at_a_check(self):
        self.shop.rule({"status": 200, "body": {"data": None, "errors": [
            {"message": "planted", "path": ["customers", "x"]}]}}, times=-1,
            store="acme", kind="query", contains="displayName")
        for more in "", "@paged(first: 9)":
            self.query("people", QUERY.format(more=more))
            result = self.program.run("check", "-v")
            self.assertNotEqual(OK, result.status)
            self.check_hidden(result)
            self.assertIn("@mask", result.output)

    # ---- a kill ------------------------------------------------------------

    def test_a_kill(self):
        self.query("people", QUERY.format(more="@paged(first: 5)"))
        self.shop.rule({"hold": True}, nth=4, times=-1, store="acme",
                       kind="query", contains="customers")
        running = self.program.start("run", "-v")
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive())
        self.check_hidden()
        self.assertLess(0, self.db.value(
            "SELECT count(*) AS v FROM pg_tables WHERE tablename LIKE "
            r"'\_stage\_%'"))
        running.signal(signal.SIGKILL)
        self.check_hidden(running.wait())
        self.shop.post("rules/clear")
        self.run_masked()
        self.assertEqual(1, self.last_run()["resumed"])


class Remask(StoreCase):
    """A column gets a mask when it has values already."""

    PLAIN = """query @history @deletes(mode: SOFT) { customers { edges { node {
      id email domain: email displayName createdAt numberOfOrders
      ref: defaultAddress { key: id } lastOrder { id } } } } }"""
    MASKED = """query @history @deletes(mode: SOFT) { customers { edges { node {
      id email @mask(how: HASH) domain: email @mask(how: DOMAIN)
      displayName @mask(how: NULL) createdAt @mask(how: YEAR) numberOfOrders
      ref: defaultAddress { key: id } lastOrder { id @mask(how: HASH) } } } } }"""

    def setUp(self):
        super().setUp()
        self.query("people", self.PLAIN)
        self.run_program("run")
        self.change(store="acme", type="Customer", count=2, set={
            "email": "planted-second@example.org"})
        self.change(store="acme", type="Customer", **{"from": 3}, count=1,
                    delete=True)
        self.run_program("run")
        self.assertIn(b"planted", self.dump())
        self.before = self.rows("customers", "id, email, created_at::text, "
                                "last_order_id", "id")
        self.versions = self.rows("customers_history", "id, _valid_from::text, "
                                  "_valid_to::text, email", "1, 2")

    def check_masked(self):
        self.assertEqual(
            [(id, masked(email) if email else None,
              int(time[:4]) if time else None,
              masked(f"gid://shopify/Order/{order}") if order else None)
             for id, email, time, order in self.before],
            self.rows("customers", "id, email, created_at, last_order_id",
                      "id"))
        self.assertEqual(
            [(id, begin, end, masked(email) if email else None)
             for id, begin, end, email in self.versions],
            self.rows("customers_history", "id, _valid_from::text, "
                      "_valid_to::text, email", "1, 2"))

    def test_filled_columns(self):
        self.query("people", self.MASKED)
        before = self.snapshot()
        result = self.check_refused("MASK_FILLED", "2:16: ")
        self.assertIn("--remask", result.stderr)
        self.check_refused("MASK_FILLED", "2:16: ", command=("plan", "people"))
        self.check_unchanged(before)
        self.run_masked("--remask")
        self.check_masked()
        self.assertEqual(len(self.before) - 1,
                         self.last_run()["rows_updated"])
        self.assertEqual([(self.gone(),)], self.rows(
            "customers WHERE _hash IS NULL", "id"))
        self.assertEqual("remasked", self.last_run()["mode_reason"])
        self.assertEqual("masked: HASH", self.db.value(
            "SELECT right(col_description('acme.customers'::regclass, attnum), "
            "12) AS v FROM pg_attribute WHERE attrelid = "
            "'acme.customers'::regclass AND attname = 'email'"))
        before = self.snapshot()
        self.run_masked()
        self.run_masked("--remask")
        self.check_unchanged(before)

    def test_a_dry_run_says_what_is_masked(self):
        self.query("people", self.MASKED)
        before = self.snapshot()
        result = self.run_program("run", "--dry-run", "--remask")
        self.check_unchanged(before)
        for table in "customers", "customers_history":
            self.assertIn(f'-- The values of "acme"."{table}"."email" are '
                          "masked (HASH).\n", result.stdout)
            self.assertNotIn(f'"{table}"."display_name" are', result.stdout)
        self.assertNotIn("planted", result.output)

    def test_all_or_nothing(self):
        """The history cannot be changed, so the table is not, either."""
        self.db.execute("""
            CREATE VIEW acme.mine AS SELECT email FROM acme.customers_history""")
        self.query("people", self.MASKED)
        before = self.snapshot()
        self.run_program("run", "--remask", status=FAILED)
        self.check_unchanged(before)
        self.db.execute("DROP VIEW acme.mine")
        self.run_masked("--remask")
        self.check_masked()

    def test_a_kill_while_values_are_masked(self):
        self.query("people", self.MASKED)
        before = self.rows("customers", order="id")
        with Held(self.db, "LOCK acme.customers_history IN ACCESS SHARE MODE"):
            running = self.program.start("run", "--remask")
            self.wait_for(lambda: not running.is_alive() or self.db.value(
                "SELECT count(*) AS v FROM pg_stat_activity WHERE "
                "application_name LIKE 'bulkpg run %' AND "
                "wait_event_type = 'Lock'") > 0)
            running.signal(signal.SIGKILL)
            running.wait()
        self.assertEqual(before, self.rows("customers", order="id"))
        self.check_refused("MASK_FILLED", "2:16: ")
        self.run_masked("--remask")
        self.check_masked()

    def test_a_trigger_sees_no_plain_value(self):
        self.db.execute("""
            CREATE TABLE acme.seen (t text);
            CREATE FUNCTION acme.see() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO acme.seen VALUES (OLD.email); RETURN NEW; END $$;
            CREATE TRIGGER see BEFORE UPDATE ON acme.customers
              FOR EACH ROW EXECUTE FUNCTION acme.see()""")
        self.query("people", self.MASKED)
        self.run_masked("--remask")

    def test_what_earlier_rejects_have(self):
        self.load("people", [line(1), line(2, createdAt="planted at noon")],
                  "--force-deletes", status=PARTIAL)
        self.assertIn(b"planted".hex().encode(), self.dump())
        self.query("people", self.MASKED)
        self.run_masked("--remask")
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.reject"))

    def test_a_view_over_all_stores(self):
        self.run_program("views")
        self.query("people", self.MASKED)
        self.run_masked("--remask")
        self.assertEqual("integer", self.db.value(
            "SELECT pg_typeof(created_at)::text AS v FROM stores.customers "
            "LIMIT 1"))
        self.check_masked()

    def test_empty_columns(self):
        """There is nothing to mask, so --remask is not needed."""
        self.db.execute("UPDATE acme.customers SET created_at = NULL; "
                        "UPDATE acme.customers_history SET created_at = NULL")
        self.query("people", self.PLAIN.replace(
            "createdAt", "createdAt @mask(how: YEAR)"))
        self.run_program("run")
        self.assertEqual("integer", self.type_of("customers", "created_at"))
        self.assertEqual(1987, self.db.value(
            "SELECT created_at AS v FROM acme.customers ORDER BY id LIMIT 1"))

    def test_a_history_whose_table_was_dropped(self):
        """No column changes its type."""
        self.planted = ("planted@example.com", "planted-second@example.org")
        self.db.execute("DROP TABLE acme.customers")
        self.query("people", self.PLAIN.replace(
            "email domain: email", "email @mask(how: HASH) "
            "domain: email @mask(how: DOMAIN)"))
        self.check_refused("MASK_FILLED", "2:16: ")
        self.run_masked("--remask")
        kept = self.rows("customers_history", "id, _valid_from::text, email",
                         "1, 2")
        for id, begin, _, email in self.versions:
            self.assertIn((id, begin, masked(email) if email else None), kept)
        before = self.snapshot()
        self.run_masked()
        self.check_unchanged(before)

    def test_a_merge_that_fails_after_a_history_was_masked(self):
        """The next run does not hash the hashes."""
        self.db.execute("DROP TABLE acme.customers")
        self.query("people", self.MASKED)
        self.db.execute("""
            CREATE FUNCTION acme.no() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE 'no'; END $$;
            CREATE TRIGGER no BEFORE INSERT OR UPDATE ON acme.customers_history
              FOR EACH STATEMENT EXECUTE FUNCTION acme.no()""")
        self.run_program("run", "--remask", status=FAILED)
        self.db.execute("DROP FUNCTION acme.no CASCADE")
        self.run_masked("--remask")
        kept = self.rows("customers_history", "id, _valid_from::text, email",
                         "1, 2")
        for id, begin, _, email in self.versions:
            self.assertIn((id, begin, masked(email) if email else None), kept)

    def leave_history(self, query):
        self.query("people", query.replace("@history ", ""))
        self.run_program("run", "--remask")
        self.query("people", self.MASKED)

    def test_a_history_that_did_not_get_the_mask(self):
        self.leave_history(self.PLAIN)
        self.leave_history(self.MASKED)
        result = self.check_refused("MASK_FILLED", "2:16: ")
        self.assertIn("acme.customers_history already has values, and it is "
                      "not known", result.stderr)
        self.run_masked("--remask")
        kept = self.rows("customers_history", "id, _valid_from::text, email",
                         "1, 2")
        for id, begin, _, _ in self.versions:
            self.assertIn((id, begin, None), kept)
        self.assertEqual(
            {(id, masked(email) if email else None)
             for id, email, _, _ in self.before if id != self.gone()},
            set(self.rows("customers_history WHERE _valid_to IS NULL",
                          "id, email")))
        before = self.snapshot()
        self.run_masked()
        self.check_unchanged(before)

    def gone(self):
        return self.db.value("SELECT id AS v FROM acme.customers "
                             "WHERE _deleted_at IS NOT NULL")

    def test_a_history_that_was_left_out_for_a_while(self):
        """No mask has changed, or the mask comes with the history."""
        self.leave_history(self.PLAIN)
        self.check_refused("MASK_FILLED", "2:16: ")
        self.run_masked("--remask")
        self.leave_history(self.MASKED)
        self.run_masked()
        versions = self.rows("customers_history", "id, _valid_from::text, "
                             "email", "1, 2")
        for id, begin, _, email in self.versions:
            self.assertIn((id, begin, masked(email) if email else None),
                          versions)

    def test_another_key(self):
        self.query("people", self.MASKED)
        self.run_program("run", "--remask")
        self.set_key("another-planted-key")
        before = self.snapshot()
        self.check_refused("MASK_FILLED", "2:16: ")
        self.check_unchanged(before)
        self.run_program("run", "--remask")
        expected = hmac.new(b"another-planted-key", b"planted@example.com",
                            hashlib.sha256).hexdigest()[:32]
        self.assertIn(expected, [row[0] for row in self.people()])
        self.assertEqual(0, self.db.value(
            "SELECT count(*) AS v FROM acme.customers_history WHERE email = "
            f"'{masked('planted@example.com')}'"))
        self.assertEqual("example.com", self.people()[2][1])

    def test_another_mask(self):
        self.query("people", self.MASKED)
        self.run_program("run", "--remask")
        self.query("people", self.MASKED.replace(
            "email @mask(how: HASH)", "email @mask(how: NULL)"))
        self.check_refused("MASK_FILLED", "2:16: ")
        self.run_masked("--remask")
        self.assertEqual({None}, {row[0] for row in self.people()})
        self.query("people", self.PLAIN.replace(
            "createdAt", "").replace("lastOrder { id }", ""))
        self.run_program("run")
        self.assertEqual(2, self.db.value(
            "SELECT count(*) AS v FROM acme.customers WHERE email = "
            "'planted-second@example.org'"))


class OfASource(Mask, WalkCase):
    """Errors of an API may quote what it could not send."""

    QUERY = FLAT.replace("title", "title @mask(how: HASH)")

    def setUp(self):
        super().setUp()
        self.sources("github")
        self.set_key()
        self.query("rows", self.QUERY, "github")

    def fault(self, action, **how):
        self.graph.rule(action, api="github", kind="query",
                        contains="issues(", **how)

    def check_words(self, result):
        self.check_hidden(result)
        self.assertIn("@mask", result.output)

    def test_rows_that_cannot_be_sent(self):
        self.walk("github")
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "title", "ids": ids[7:8],
            "fail": {"message": "cannot represent planted",
                     "code": "SOMETHING"}}])
        self.check_words(self.walk("github", "-v", status=PARTIAL))
        (reject,) = self.rejects("github")
        self.assertEqual(ids[7], reject["object_id"])
        self.assertIn("@mask", reject["reason"])

    def test_reasons_of_earlier_rejects(self):
        self.query("rows", FLAT, "github")
        self.walk("github")
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "title", "ids": ids[7:8],
            "fail": {"message": "cannot represent planted",
                     "code": "SOMETHING"}}])
        self.walk("github", status=PARTIAL)
        (reject,) = self.rejects("github")
        self.assertIn("planted", reject["reason"])
        self.graph.set(api="github", twists=[])
        self.query("rows", self.QUERY, "github")
        self.walk("github", "--remask")
        (reject,) = self.rejects("github")
        self.assertIn("@mask", reject["reason"])

    def test_an_answer_without_data(self):
        self.fault({"without_data": True, "errors": [
            {"message": "cannot represent: planted", "path": ["a", "b"]}]},
                   times=-1)
        result = self.program.run("run", "-v", "--store", "github")
        self.assertNotEqual(OK, result.status)
        self.check_words(result)

    def test_an_error_with_data(self):
        self.fault({"errors": [{"message": "planted is wrong"}]}, times=-1)
        result = self.program.run("run", "-v", "--store", "github")
        self.assertNotEqual(OK, result.status)
        self.check_words(result)

    def test_a_fault_of_the_document(self):
        """It has a place in the document, and quotes no value."""
        self.fault({"without_data": True, "errors": [
            {"message": "no field of this name",
             "locations": [{"line": 1, "column": 2}]}]}, times=-1)
        result = self.walk("github", status=CONFIG)
        self.assertIn("no field of this name", result.output)

    def test_a_server_that_fails(self):
        self.fault({"status": 500, "body": {"errors": [
            {"message": "planted"}]}}, times=-1)
        running = self.program.start("run", "-v", "--store", "github")
        self.wait_for(lambda: running.has_said("retrying")
                      or not running.is_alive())
        running.signal(signal.SIGTERM)
        result = running.wait()
        self.expect(result, AGAIN)
        self.check_hidden(result)
