"""Slow networks for the benchmark, in network namespaces. The machine's own
network does not change, and a namespace ends with its last process."""
import contextlib
import ctypes
import fcntl
import os
import struct
import subprocess

from machine import Failed, Meter, Server, tool

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 1, 0x1000, 0x4000
TUNSETOFFLOAD, TUN_F_CSUM, TUN_F_TSO4 = 0x400454D0, 1, 2

NEAR, FAR = "10.233.7.1", "10.233.7.2"
# As a network card does, the devices take several packets at once (TSO), and
# leave out checksums. Otherwise carrying them takes time of the two cores.
MTU = 9000

# A loopback packet has up to 64 KiB and must fit into the bucket.
BUCKET = "256kb"


def call(name, *arguments):
    """Call a function of the C library; Failed if it fails."""
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
    """A network namespace with a loopback device."""

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
        """Within this context, processes start and sockets connect in this
        namespace."""
        call("setns", self.inner, CLONE_NEWNET)
        try:
            yield
        finally:
            call("setns", self.outer, CLONE_NEWNET)

    def slow(self, mbit):
        """Limit its loopback device to this many Mbit/s."""
        with self.inside():
            shell("tc", "qdisc", "replace", "dev", "lo", "root", "tbf",
                  "rate", f"{mbit}mbit", "burst", BUCKET, "latency", "50ms")

    def device(self, address):
        """Create a tun device with this address; returns its descriptor."""
        name = "bench0"
        with self.inside():
            tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tun, TUNSETIFF, struct.pack(
                "16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
            fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
            shell("ip", "address", "add", address + "/24", "dev", name)
            shell("ip", "link", "set", name, "mtu", str(MTU), "txqueuelen",
                  "10000", "up")
        return tun

    def close(self):
        os.close(self.inner)
        os.close(self.outer)


class FarServer:
    """A PostgreSQL server and a namespace (`near`). Connections from there are
    delayed as delay() says; the server's Unix socket is not."""

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
        self.program = tool("link")
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
        """Delay packets by this much from now on, in each direction."""
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
