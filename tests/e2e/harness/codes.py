"""Records the message codes that the tests see, one per line, in the file that
MESSAGES_SEEN names. scripts/check-messages reads the file."""
import os
import re

from harness.cluster import SqlError

FILE = os.environ.get("MESSAGES_SEEN")

# A code in a log line, in JSON, and after a remedy. The output of status may
# also contain codes that a test wrote into the journal.
WRITTEN = re.compile(r'\bcode=([^\s"]+)|"code":\s*"([^"]+)"|\((\w+)\)$',
                     re.M)
KEPT = """SET statement_timeout = '5s';
SELECT DISTINCT error_code FROM bulkpg.operation
WHERE error_code IS NOT NULL"""


def append(codes):
    with open(FILE, "a", encoding="utf-8") as file:
        file.write("".join(f"{code}\n" for code in sorted(codes)))


def note(text):
    """Record the codes in the program's output."""
    if FILE:
        append({code for found in WRITTEN.findall(text)
                for code in found if code})


def note_journal(database):
    """Record the error codes of the operations in the journal, if there is a
    journal and the server is running."""
    if not FILE:
        return
    try:
        append(database.execute(KEPT))
    except SqlError:
        pass
