"""Messages that no other case provokes. scripts/check-messages checks that some
test provokes every entry of src/base/messages.def."""
import os
import signal
import socket
import ssl
import subprocess
import threading

from cases.queries import PLAIN, PRODUCT
from harness.ahead import Ahead
from harness.case import AGAIN, CONFIG, DENIED, FAILED, USAGE, Case, World
from harness.cluster import Held

# Does {then} with a new staging table, once.
ON_STAGING = """
CREATE SCHEMA e2e;
CREATE SEQUENCE e2e.tries;
CREATE FUNCTION e2e.lose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('e2e.tries') = 1 THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION e2e.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record;
BEGIN
  FOR made IN SELECT * FROM pg_event_trigger_ddl_commands()
              WHERE object_identity LIKE '%\\_stage\\_%' LOOP
    {then}
  END LOOP;
END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
EXECUTE FUNCTION e2e.watch();
"""

A_ROW_IS_LOST = """EXECUTE format(
  'CREATE TRIGGER lose BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION '
  'e2e.lose()', made.object_identity);"""

IT_IS_GONE = """IF nextval('e2e.tries') = 1 THEN
  EXECUTE format('ALTER TABLE %s SET SCHEMA e2e', made.object_identity);
END IF;"""


class SelfMade:
    """An https server with a certificate that no authority signed."""

    def __init__(self, folder):
        path = os.path.join(folder, "server.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-keyout", path,
             "-out", path + ".crt"], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path + ".crt", path)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            try:
                self.context.wrap_socket(one, server_side=True).close()
            except OSError:
                one.close()

    def stop(self):
        self.listening.close()


class Messages(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PLAIN)

    def check_code(self, result, code):
        """The output has the code and a remedy."""
        if f"code={code} " in result.stderr:
            self.assertRegex(result.stderr, rf"code={code} .*\bhint=.")
        else:
            self.assertRegex(result.output, rf"\w.* \({code}\)\n")

    def test_a_certificate_without_an_authority(self):
        """bulkpg does not retry, and does not search for the operation."""
        server = SelfMade(self.program.directory)
        self.addCleanup(server.stop)
        self.run_program("run")
        path = os.path.join(self.program.directory, "bulkpg.ini")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.program.file("bulkpg.ini", text.replace(
            self.shop.stores["acme"]["endpoint"],
            f"https://127.0.0.1:{server.port}"))
        before = self.snapshot()
        result = self.run_program("run", status=CONFIG)
        self.check_code(result, "TLS")
        self.assertIn("ca-certificates", result.output)
        self.assertEqual("TLS", self.last_run()["error_code"])
        self.check_unchanged(before)

    def test_a_closed_store(self):
        self.run_program("run")
        self.shop.rule({"status": 200, "body": {"errors": [{
            "message": "Unavailable Shop", "extensions": {
                "code": "SHOP_INACTIVE"}}]}}, times=-1, kind="run")
        result = self.run_program("run", status=DENIED)
        self.check_code(result, "SHOP_INACTIVE")
        self.assertIn("enabled = no", result.output)

    def test_several_stores(self):
        self.configure("acme", "beta")
        self.program.file("lines.jsonl", "")
        result = self.run_program("load", "--types", self.types, "job",
                                  "lines.jsonl", status=USAGE)
        self.check_code(result, "SEVERAL_STORES")
        self.assertIn("--store", result.output)

    def test_types_of_a_store_that_never_ran(self):
        self.configure("acme", "beta")
        self.run_program("run", "--store", "beta")
        result = self.run_program("types", "--store", "acme", status=CONFIG)
        self.check_code(result, "NO_TYPES")

    def test_standard_input_can_be_read_once(self):
        """An id that is not a number widens the column, and the load must
        restart, which standard input does not allow."""
        self.run_program("run")
        before = self.snapshot()
        path = self.program.file(
            "lines.jsonl", f'{{"id":"{PRODUCT}1","title":"one"}}\n'
                           '{"id":"gid://shopify/Other/2","title":"two"}\n')
        with open(path, "rb") as file:
            result = self.run_program(
                "load", "--store", "acme", "--types", self.types, "job", "-",
                stdin=file, status=FAILED)
        self.check_code(result, "READ_ONCE")
        self.check_unchanged(before)

    def test_a_row_is_lost_in_staging(self):
        self.configure(tuning="compare_memory = 0")
        self.run_program("run")
        before = self.snapshot()
        self.db.execute(ON_STAGING.format(then=A_ROW_IS_LOST))
        result = self.run_program("run", status=FAILED)
        self.check_code(result, "WRONG_STAGED")
        self.check_unchanged(before)
        self.check_no_staging()

    def test_staging_disappears(self):
        self.run_program("run")
        # Staging is created, because a row must be sent.
        self.db.execute("UPDATE acme.products SET _hash = NULL")
        self.db.execute(ON_STAGING.format(then=IT_IS_GONE))
        result = self.run_program("run")
        self.check_code(result, "STAGING_GONE")
        self.check_tables(PLAIN)

    def test_a_window_is_canceled_when_another_fails(self):
        self.query("job", PLAIN.replace(
            "{", 'query @slice(field: "created_at", rows: 10) {', 1))
        self.shop.set(duration_ms=30000)
        self.shop.next(contains="created_at:<", duration_ms=50,
                       outcome={"status": "FAILED",
                                "error_code": "ACCESS_DENIED"})
        result = self.run_program("run", "-v", status=DENIED)
        self.check_code(result, "OTHER_WINDOW")
        self.assertEqual("ACCESS_DENIED", self.last_run()["error_code"])

    def test_a_run_that_another_process_ends(self):
        """Another process ends the run after this one has found it and before
        it takes it over."""
        self.shop.next(outcome={"never": True})
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "polling")
        running.signal(signal.SIGINT)
        self.expect(running.wait(), AGAIN)
        with Held(self.db, "UPDATE bulkpg.run SET status = 'failed', "
                  "error_code = 'SUPERSEDED'", end="COMMIT"):
            following = self.program.start("run")
            self.wait_for(lambda: following.has_said("waiting for the merge"))
        result = following.wait()
        self.expect(result, 0)
        self.check_code(result, "RUN_ENDED")
        self.assertEqual(["failed", "loaded"], self.db.column(
            "SELECT status FROM bulkpg.run ORDER BY run_id"))
        self.check_tables(PLAIN)

    def test_a_page_that_is_too_large(self):
        self.run_program("run")
        self.db.execute("UPDATE bulkpg.run SET status = 'failed', "
                        "error = repeat('x', 68 * 1024 * 1024)")
        result = self.run_program("report", status=FAILED)
        self.check_code(result, "OUTPUT_TOO_LARGE")
        self.assertEqual("", result.stdout)

    def test_an_operation_without_progress(self):
        """The clock is set ahead while bulkpg polls."""
        if World.is_sanitized():
            self.skipTest("the sanitizer's library comes first")
        clock = Ahead()
        self.addCleanup(clock.remove)
        self.configure(tuning="stall_timeout = 7d\nretry_budget = 7d")
        self.shop.next(outcome={"never": True})
        running = self.program.start("run", environment=clock.environment)
        self.wait_for(lambda: len(self.requests(kind="poll")) > 2)
        clock.hours(2)
        self.wait_for(lambda: running.has_said("makes no progress"))
        running.signal(signal.SIGINT)
        result = running.wait()
        self.expect(result, AGAIN)
        self.check_code(result, "STANDS_STILL")
        self.assertIn("bulkpg cancel", result.stderr)
