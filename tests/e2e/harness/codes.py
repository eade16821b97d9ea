"""Which codes the tests have seen, for scripts/check-messages: a line each, in
the file that MESSAGES_SEEN names."""
import os
import re

from harness.cluster import SqlError

FILE = os.environ.get("MESSAGES_SEEN")

# In a line of the log, in JSON, and behind a remedy. What status prints may
# have been written by a test.
WRITTEN = re.compile(r'\bcode=([^\s"]+)|"code":\s*"([^"]+)"|\((\w+)\)$',
                     re.M)
KEPT = """SET statement_timeout = '5s';
SELECT DISTINCT error_code FROM bulkpg.operation
WHERE error_code IS NOT NULL"""


def append(codes):
    with open(FILE, "a", encoding="utf-8") as file:
        file.write("".join(f"{code}\n" for code in sorted(codes)))


def note(text):
    """The codes in what the program has printed."""
    if FILE:
        append({code for found in WRITTEN.findall(text)
                for code in found if code})


def note_journal(database):
    """Those of its operations, if there is a journal and the database is up.
    """
    if not FILE:
        return
    try:
        append(database.execute(KEPT))
    except SqlError:
        pass
