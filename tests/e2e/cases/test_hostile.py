"""Foreign text in the output, and standard files that are closed or full.

After every test, Case.check_no_leaks checks that the output has no terminal
control sequences. These tests bring such text to every output."""
import json
import os
import subprocess

from cases.queries import PLAIN, PRODUCT, PRODUCTS
from cases.test_events import read_events
from harness import codes, hostile
from harness.case import (CONFIG, DENIED, FAILED, OK, PARTIAL, UNWRITTEN, Case)
from harness.terminal import Terminal

TEXT = hostile.TEXT
ERROR = {"status": 200, "body": {"errors": [
    {"message": TEXT, "extensions": {
        "code": "ACCESS_DENIED", "requestId": TEXT,
        "requiredAccess": TEXT}}]}}
SHOWN = "\\u202eOWNED"


class Outputs(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("plain", PLAIN)

    def check_page(self):
        self.run_program("report", "page.html")
        page = self.program.read("page.html").decode()
        self.assertIsNone(hostile.find(page))
        return page

    def check_metrics(self):
        self.run_program("status", "--metrics", "out.prom")
        text = self.program.read("out.prom").decode()
        self.assertIsNone(hostile.find(text))
        return text

    def test_an_error_of_the_store(self):
        """In the log as text and JSON, the summary, status, report, --json."""
        self.shop.rule(ERROR, times=-1, kind="run")
        for how in ((), ("--log-format", "json"), ("-v",), ("-q",)):
            result = self.run_program(*how, "run", status=DENIED)
            self.assertIn(SHOWN, result.stderr.replace("\\\\", "\\"))
        result = self.run_program("status", "--failed", status=FAILED)
        self.assertIn(SHOWN, result.stdout)
        result = self.run_program("status", "--json")
        run = json.loads(result.stdout)["runs"][0]
        self.assertIn("OWNED", run["error"])
        self.assertIn(SHOWN, self.check_page())
        self.check_metrics()

    def test_an_error_on_a_terminal(self):
        self.shop.rule(ERROR, times=-1, kind="run")
        terminal = Terminal(self.program, "run", columns=200)
        self.wait_for(lambda: not terminal.is_alive() or terminal.look())
        self.wait_for(lambda: not terminal.is_alive())
        terminal.look()
        terminal.end()
        self.assertIn("OWNED", terminal.text)
        self.assertNotIn("\x1b]", terminal.text)
        for c in "\x07\x9b\u202e\u2066\u2028\u2029\ufeff\x7f":
            self.assertNotIn(c, terminal.text)
        self.assertNotIn("\x1b[2J", terminal.text)
        self.assertNotIn("\nOWNED", terminal.text)

    def test_the_details_of_the_shop(self):
        self.shop.rule({"status": 200, "body": {"data": {
            "shop": {"id": "gid://shopify/Shop/1", "currencyCode": TEXT[:3],
                     "ianaTimezone": TEXT, "plan": {
                         "publicDisplayName": TEXT}},
            "currentAppInstallation": {"accessScopes": [
                {"handle": "read_products"}, {"handle": TEXT}]}}}},
            times=-1, kind="shop")
        for how in ((), ("--json",)):
            result = self.program.run("check", *how)
            self.assertIn("\\u202eOWNED", result.stdout)
            if how:
                for line in result.stdout.splitlines():
                    json.loads(line)

    def test_an_operation(self):
        """Its id appears in the log, in status and in the report."""
        answer = {"status": 200, "body": {"data": {"bulkOperationRunQuery": {
            "bulkOperation": {"id": TEXT, "status": "CREATED",
                              "createdAt": "2026-01-01T00:00:00Z"},
            "userErrors": []}}}}
        self.shop.rule(answer, times=-1, kind="run")
        self.shop.rule({"status": 200, "body": {"data": {
            "bulkOperation": {"id": TEXT, "status": "FAILED",
                              "errorCode": TEXT}}}}, times=-1, kind="poll")
        for how in ((), ("--log-format", "json")):
            result = self.program.run("-v", *how, "run")
            self.assertNotEqual(OK, result.status)
            self.assertIn("OWNED", result.stderr)
        self.program.run("status")
        self.program.run("status", "--json")
        self.program.run("cancel")
        self.check_page()

    def test_lines_of_a_result(self):
        bad = json.dumps({"id": PRODUCT + "1", "updatedAt": TEXT})
        self.load("plain", bad, status=PARTIAL)
        raw = b'{"id":"\xff\x1b[2J\xc2\x9b"}\n'
        self.load("plain", raw, status=PARTIAL)
        self.load("plain", raw, "--dry-run", status=PARTIAL)
        self.check_page()

    def test_an_error_of_the_database(self):
        self.run_program("run")
        self.db.execute(
            "CREATE FUNCTION acme.no() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION E'%', " + self.literal(TEXT) + "; END $$")
        self.db.execute("CREATE TRIGGER no BEFORE UPDATE ON acme.products "
                        "FOR EACH STATEMENT EXECUTE FUNCTION acme.no()")
        self.change(store="acme", type="Product", count=1,
                    set={"title": "New"})
        result = self.program.run("run")
        self.assertNotEqual(OK, result.status)
        self.assertIn("OWNED", result.stderr)
        self.program.run("status")
        self.check_page()

    @staticmethod
    def literal(text):
        return "U&'" + "".join(f"\\{ord(c):04x}" for c in text) + "'"

    def test_the_command_line_and_the_configuration(self):
        for arguments in ((TEXT,), ("run", "--" + TEXT), ("run", TEXT),
                          ("run", "--store", TEXT), ("-C", TEXT, "run"),
                          ("plan", TEXT + ".graphql"),
                          ("load", "plain", TEXT, "--types", TEXT)):
            for how in ((), ("--log-format", "json")):
                result = self.program.run(*how, *arguments)
                self.assertNotEqual(OK, result.status)
                self.assertIn("OWNED", result.stderr)
        self.program.file("bulkpg.ini", f"[store {TEXT[:9]}]\n{TEXT} = 1\n")
        for command in ("run", "check", "status"):
            self.assertNotEqual(OK, self.program.run(command).status)

    def test_a_query(self):
        self.query("bad", PLAIN.replace("title", f'title @column(name: '
                   f'"\\u001b[2J\\u202e")'))
        self.query("worse", PLAIN.replace("title", "title\x1b[2J\u202e"))
        self.query("filter", PLAIN.replace(
            "products", 'products(query: "title:\u202ex\u2066")'))
        for job in ("bad", "worse", "filter"):
            for how in ((), ("--json",), ("--document",), ("--dbt",)):
                self.program.run("plan", job, *how, "--types", self.types)
        result = self.run_program("plan", "filter", "--document", "--types",
                                  self.types)
        self.assertIn('"title:\\u202ex\\u2066"', result.stdout)


class Names(Case):
    """Files whose names are not UTF-8, or hold control characters."""

    NAMES = (b"bad\xff", b"esc\x1b[2J", b"two\nOWNED", b"c1\xc2\x9b",
             b"bidi\xe2\x80\xae")

    def test_bad_names_are_refused_and_other_jobs_run(self):
        self.configure()
        self.query("products", PRODUCTS)
        folder = os.path.join(self.program.directory, "queries").encode()
        for name in self.NAMES:
            with open(folder + b"/" + name + b".graphql", "w",
                      encoding="ascii") as file:
                file.write(PLAIN)
        os.mkdir(folder + b"/dir\xff\x1b")
        result = self.run_program("run", status=CONFIG)
        self.assertEqual("loaded", self.status("products"))
        for shown in ("bad\\xff", "esc\\u001b[2J", "two\\nOWNED",
                      "c1\\u009b", "bidi\\u202e"):
            self.assertIn(f"queries/{shown}.graphql", result.stdout)
        self.run_program("check", status=CONFIG)
        events = read_events(self, self.run_program("check", "--json",
                                                    status=CONFIG))
        failed = [one for one in events if one.get("verdict") == "error"]
        self.assertEqual(len(failed), events[-1]["failed"])
        self.assertTrue(all(one["code"] and one["remedy"] for one in failed))
        self.program.run("status", "--failed")
        json.loads(self.program.run("status", "--json", "--failed").stdout)
        for name, arguments in (("out.prom", ("status", "--metrics")),
                                ("page.html", ("report",))):
            self.run_program(*arguments, name)
            self.assertIsNone(hostile.find(self.program.read(name).decode()))


class StandardFiles(Case):
    def shell(self, text, *arguments):
        result = subprocess.run(
            ["sh", "-c", f'exec "$0" "$@" {text}', self.program.path,
             *arguments], cwd=self.program.directory,
            env=self.program.environment, capture_output=True, timeout=600)
        codes.note(result.stderr.decode())
        return result

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("plain", PLAIN)

    def test_closed_at_the_start(self):
        """The program must not write its output into a socket or file that
        got the number of a closed descriptor."""
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            result = self.shell(closed, "run", "--keep", ".")
            self.assertEqual(OK, result.returncode, (closed, result))
        self.check_tables(PLAIN)
        result = self.shell("<&- >&- 2>&-", "run", "no-such-job")
        self.assertEqual(64, result.returncode)

    def test_a_full_disk(self):
        for arguments in (("run",), ("load", "plain", "lines", "--types",
                                     self.types),
                          ("check",), ("plan", "plan-no", "--help"),
                          ("plan", "plain"), ("plan", "plain", "--json"),
                          ("status",), ("status", "--json"), ("report",),
                          ("types", "--store", "acme"), ("init", "--list"),
                          ("init", "new"), ("--help",), ("--version",)):
            self.program.file("lines", "")
            if arguments[0] == "load":
                arguments += ("--force-deletes",)
            result = self.shell(">/dev/full", *arguments)
            self.assertEqual(UNWRITTEN, result.returncode,
                             (arguments, result))
            self.assertIn(b"cannot write to standard output: No space left "
                          b"on device", result.stderr, arguments)
            self.assertIn(b"(CANNOT_PRINT)", result.stderr)

    def test_a_full_disk_hides_no_failure(self):
        result = self.shell(">/dev/full", "run", "no-such-job")
        self.assertEqual(64, result.returncode)
        self.shop.rule({"status": 403}, times=-1, kind="run")
        result = self.shell(">/dev/full", "run")
        self.assertEqual(DENIED, result.returncode)
        self.assertIn(b"No space left on device", result.stderr)

    def test_a_reader_that_ends_early(self):
        """A reader such as head ends early; that is not reported."""
        read, write = os.pipe()
        os.close(read)
        result = subprocess.run(
            [self.program.path, "run"], cwd=self.program.directory,
            env=self.program.environment, stdout=write,
            stderr=subprocess.PIPE, timeout=600)
        os.close(write)
        self.assertEqual(UNWRITTEN, result.returncode, result)
        self.assertNotIn(b"standard output", result.stderr)
        self.assertEqual("loaded", self.status("plain"))
