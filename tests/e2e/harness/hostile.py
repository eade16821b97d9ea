"""Text with terminal control sequences, and the characters that the program
may never print."""
import re

# ESC sequences, a C1 CSI, bidirectional overrides, line separators, a byte
# order mark, DEL.
TEXT = ("\x1b]0;owned\x07\x1b[2J\u009b31m\u202eOWNED\u2066\u2028x\u2029"
        "\r\nOWNED line\ty\ufeff\x7f")

# The characters that src/base/shown.c escapes, except newline and tab.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")


def find(text):
    """The first forbidden part of `text`, with some context; None if there is
    none."""
    match = FORBIDDEN.search(text)
    if match is None and "\nOWNED" in text:
        return "a line of its own"
    return repr(text[max(match.start() - 80, 0):match.end() + 40]) \
        if match else None
