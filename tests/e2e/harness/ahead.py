"""A clock that a test sets ahead: hours are over at once."""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Ahead:
    """Of the program's monotonic clock; give `environment` to it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="e2e-clock-")
        self.file = os.path.join(self.folder, "ahead")
        library = os.path.join(self.folder, "clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library,
                        os.path.join(HERE, "..", "clock.c"), "-ldl"],
                       check=True)
        self.environment = {"LD_PRELOAD": library, "CLOCK_AHEAD": self.file}
        self.hours(0)

    def hours(self, count):
        """So far ahead from now on."""
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(str(count * 3600))
        os.rename(self.file + ".new", self.file)

    def remove(self):
        shutil.rmtree(self.folder)
