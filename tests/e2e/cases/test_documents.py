"""The examples in the documentation are valid and give the tables it shows."""
import os
import subprocess
import sys

from harness.case import Case, World

SCRIPTS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "scripts")


class Documents(Case):
    def check_script(self, name, *arguments):
        result = subprocess.run(
            [sys.executable, os.path.join(SCRIPTS, name), *arguments],
            capture_output=True, check=False, encoding="utf-8")
        self.assertEqual((0, "", ""),
                         (result.returncode, result.stdout, result.stderr))

    def test_examples_of_queries(self):
        """Each example in docs/queries.md gives the tables below it, and
        together they use every directive and argument."""
        self.check_script("document-queries", World.program, "--check")
