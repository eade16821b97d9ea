"""Text that a terminal would obey, and what may never be printed."""
import re

# ESC sequences, C1 CSI, a bidi override, line separators, a mark, DEL.
TEXT = ("\x1b]0;owned\x07\x1b[2J\u009b31m\u202eOWNED\u2066\u2028x\u2029"
        "\r\nOWNED line\ty\ufeff\x7f")

# All but newline and tab of what src/base/shown.c lists.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]")


def find(text):
    """What of `text` a terminal must not get, with its surroundings."""
    match = FORBIDDEN.search(text)
    if match is None and "\nOWNED" in text:
        return "a line of its own"
    return repr(text[max(match.start() - 80, 0):match.end() + 40]) \
        if match else None
