"""Networks that are slow in a way that we choose, in namespaces of our own:
nothing of the machine's is touched, and all is gone with its last process."""
import contextlib
import ctypes
import fcntl
import os
import struct
import subprocess

from machine import Failed, Meter, Server

HERE = os.path.dirname(os.path.abspath(__file__))
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000

NEAR, FAR = "10.233.7.1", "10.233.7.2"
# So few and large packets that carrying them takes no noticeable time.
MTU = 9000

# A loopback packet is up to 64 KiB, and all of it needs room in the bucket.
BUCKET = "256kb"


def call(name, *arguments):
    """One of the C library's."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise Failed(f"{name}: {os.strerror(ctypes.get_errno())}")


def shell(*command):
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise Failed(str(error)) from None
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: "
                     f"{done.stderr.decode(errors='replace').strip()}")


class Namespace:
    """A network of its own, with a loopback device."""

    def __init__(self):
        self.outer = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        call("unshare", CLONE_NEWNET)
        self.inner = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            shell("ip", "link", "set", "lo", "up")
        finally:
            call("setns", self.outer, CLONE_NEWNET)

    @contextlib.contextmanager
    def inside(self):
        """What starts, listens or connects within is on this network."""
        call("setns", self.inner, CLONE_NEWNET)
        try:
            yield
        finally:
            call("setns", self.outer, CLONE_NEWNET)

    def slow(self, mbit):
        """Makes its loopback device one of that many Mbit/s."""
        with self.inside():
            shell("tc", "qdisc", "replace", "dev", "lo", "root", "tbf",
                  "rate", f"{mbit}mbit", "burst", BUCKET, "latency", "50ms")

    def device(self, address):
        """A tun device with that address; its descriptor."""
        name = "bench0"
        with self.inside():
            tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tun, TUNSETIFF, struct.pack(
                "16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
            shell("ip", "address", "add", address + "/24", "dev", name)
            shell("ip", "link", "set", name, "mtu", str(MTU), "txqueuelen",
                  "10000", "up")
        return tun

    def close(self):
        os.close(self.inner)
        os.close(self.outer)


class FarServer:
    """A PostgreSQL, and a namespace from where it is as far away as delay()
    says. Its Unix socket is as near as any."""

    def __init__(self):
        self.at_end = contextlib.ExitStack()
        self.link = None

    def __enter__(self):
        try:
            self._open()
        except OSError as error:
            self.at_end.close()
            raise Failed(str(error)) from None
        except BaseException:
            self.at_end.close()
            raise
        return self

    def _open(self):
        self.near, far = Namespace(), Namespace()
        self.at_end.callback(self.near.close)
        self.at_end.callback(far.close)
        self.devices = [self.near.device(NEAR), far.device(FAR)]
        for device in self.devices:
            self.at_end.callback(os.close, device)
        self.program = "/tmp/bench-link-" + str(os.getpid())
        shell("cc", "-O2", "-D_GNU_SOURCE", "-o", self.program,
              os.path.join(HERE, "link.c"))
        self.at_end.callback(os.unlink, self.program)
        with far.inside():
            self.cluster = self.at_end.enter_context(
                Server({"listen_addresses": f"'{FAR}'"}))
        with open(self.cluster.directory + "/data/pg_hba.conf", "a",
                  encoding="ascii") as file:
            file.write(f"host all all {NEAR}/32 trust\n")
        self.cluster.database().execute("SELECT pg_reload_conf();")
        self.meter = Meter(self.cluster)
        self.at_end.callback(self._cut)

    def delay(self, ms):
        """From now on packets take so long, each way."""
        self._cut()
        self.link = subprocess.Popen(
            [self.program, *map(str, self.devices), str(ms)],
            stdin=subprocess.PIPE, pass_fds=self.devices)

    def _cut(self):
        if self.link is not None:
            self.link.stdin.close()
            self.link.wait()
            self.link = None

    def __exit__(self, *_):
        self.at_end.close()
