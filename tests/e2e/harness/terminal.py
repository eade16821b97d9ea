"""A terminal for the program: a pty, and a small emulation of its screen."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from harness.program import NOISE

# The only sequences that the program may send.
SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])")

# A sequence or a character of which only the first bytes were read.
NOT_WHOLE = re.compile(rb"(\x1b(\[\d*)?|[\xc0-\xff][\x80-\xbf]{0,2})\Z")


class Grid:
    """The window's lines and the cursor. Unknown sequences are an error."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [""]
        self.row = self.column = 0

    def feed(self, text):
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if found is None:
                    raise AssertionError(f"unknown: {text[at:at + 20]!r}")
                self._do(found.group(2), int(found.group(1) or 0))
                at = found.end()
            else:
                self._put(text[at])
                at += 1

    def shown(self):
        lines = [line.rstrip() for line in self.lines[-self.rows:]]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _do(self, what, number):
        line = self.lines[self.row]
        if what == "A":
            top = max(len(self.lines) - self.rows, 0)
            self.row = max(self.row - max(number, 1), top)
        elif what == "J" and number == 0:
            self.lines[self.row] = line[:self.column]
            del self.lines[self.row + 1:]
        elif what == "K":
            self.lines[self.row] = "" if number == 2 else line[:self.column]
        elif what != "m":
            raise AssertionError(f"unknown sequence {number}{what}")

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._next_row()
        else:
            if self.column == self.columns:
                self.column = 0
                self._next_row()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = (line[:self.column] + character
                                    + line[self.column + 1:])
            self.column += 1

    def _next_row(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")


class Terminal:
    """Runs the program on a terminal. With `stdout`, standard output goes
    there instead."""

    def __init__(self, program, *arguments, columns=80, rows=24, stdout=None,
                 environment=None):
        self.master, self.slave = pty.openpty()
        self.grid = Grid(columns, rows)
        self.resize(columns, rows)
        self.text = ""
        self.rest = b""
        self.process = subprocess.Popen(
            [program.path, *arguments], cwd=program.directory,
            stdin=self.slave, stdout=stdout or self.slave, stderr=self.slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0),
            env={**program.environment, "TERM": "xterm",
                 **(environment or {})})

    def resize(self, columns, rows):
        """Change the size of the window. Lines that are already shown are not
        wrapped again."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys)

    def look(self):
        """The lines that the window shows now."""
        while select.select([self.master], [], [], 0)[0]:
            self.rest += os.read(self.master, 65536)
            whole = NOT_WHOLE.sub(b"", self.rest)
            self.rest = self.rest[len(whole):]
            shown = NOISE.sub("", whole.decode())
            self.text += shown
            self.grid.feed(shown)
        return self.grid.shown()

    def shows(self, text):
        return any(text in line for line in self.look())

    def drawn(self):
        """Every progress line that was drawn so far."""
        self.look()
        return [SEQUENCE.sub("", part) for part in self.text.split("\r")
                if part.endswith("\x1b[K")]

    def is_alive(self):
        self.look()  # the program would wait if the pty were full
        return self.process.poll() is None

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for one in (self.master, self.slave):
            os.close(one)
