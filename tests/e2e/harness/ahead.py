"""A clock that a test can set ahead, so that it need not wait for hours."""
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Ahead:
    """Sets the program's monotonic clock ahead. Start the program with
    `environment`."""

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
        """Set the clock this many hours ahead of the real one."""
        self.seconds(count * 3600)

    def later(self, seconds):
        """Set the clock further ahead."""
        self.seconds(self.count + seconds)

    def seconds(self, count):
        self.count = count
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(str(count))
        os.rename(self.file + ".new", self.file)

    def remove(self):
        shutil.rmtree(self.folder)
