"""The database's password: bulkpg.ini names it, and bulkpg never shows it."""
import os
import re

from cases.queries import PLAIN
from harness.case import CONFIG, OK, Case


class Password(Case):
    def setUp(self):
        super().setUp()
        self.query("plain", PLAIN)

    def dsn(self, **more):
        words = [word for word in self.db.dsn.split()
                 if not word.startswith("password=")]
        return " ".join(words + [f"{k}={v}" for k, v in more.items()])

    def with_dsn(self, dsn, database=""):
        self.program.configure(dsn, [self.shop.stores["acme"]],
                               database=database)
        return os.path.join(self.program.directory, "bulkpg.ini")

    def test_the_password_is_named(self):
        """It is not an error if the server does not ask for the password."""
        self.program.environment["DB"] = "pass'wo\\rd"
        path = self.program.file("secret", "pass word\n")
        os.chmod(path, 0o600)
        for reference in ("env:DB", "file:secret"):
            self.with_dsn(self.dsn(), f"password = {reference}")
            result = self.run_program("-v", "run")
            self.assertNotIn("pass'", result.output)
            self.assertNotIn("pass word", result.output)

    def test_the_password_is_missing_or_is_in_the_file(self):
        for value, word in (("env:NOT_SET", "NOT_SET is not set"),
                            ("hunter2hunter2", "must name a secret")):
            self.with_dsn(self.dsn(), f"password = {value}")
            result = self.run_program("run", status=CONFIG)
            self.assertIn(word, result.stderr)
            self.assertNotIn("hunter2", result.output)

    def test_the_password_is_given_twice(self):
        self.program.environment["DB"] = "other"
        self.with_dsn(self.dsn(password="hunter2hunter2"),
                      "password = env:DB")
        result = self.run_program("run", status=CONFIG)
        self.assertIn("dsn contains a password, too", result.stderr)
        self.assertNotIn("hunter2", result.output)

    def test_the_password_is_not_sent_elsewhere(self):
        """With --dsn bulkpg does not use the configured password."""
        self.with_dsn(self.dsn(), "password = env:NOT_SET")
        self.run_program("run", "--dsn", self.db.dsn)

    def test_everybody_can_read_it(self):
        for dsn, mode, warns in (
                (self.dsn(password="hunter2hunter2"), 0o644, True),
                (self.dsn(password="hunter2hunter2"), 0o640, False),
                (self.dsn(), 0o644, False)):
            os.chmod(self.with_dsn(dsn), mode)
            for command in ("run", "check"):
                result = self.run_program(command, status=OK)
                found = re.findall("SECRET_EXPOSED", result.stderr)
                self.assertEqual(1 if warns else 0, len(found), result)
                self.assertNotIn("hunter2", result.output)
