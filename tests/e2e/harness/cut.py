"""A proxy between the program and the database that can reset connections or
stop passing bytes on."""
import os
import socket
import struct
import threading

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 s


class Pair:
    """One connection: the program's side, the database's, and its name."""

    def __init__(self, client, server):
        self.sides = client, server
        self.name = ""

    def reset(self):
        client, server = self.sides
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        for side in (client, server):
            try:
                side.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
            except OSError:
                pass
            side.close()


class Cut:
    """A TCP port of this machine that leads to the database's socket."""

    def __init__(self, database):
        folder = database.cluster.directory
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.dsn = database.dsn.replace(
            f"host={folder}", f"host=127.0.0.1 port={port} sslmode=disable "
            "gssencmode=disable connect_timeout=2")
        self.pairs = []
        self.flows = threading.Event()  # cleared: no bytes pass
        self.flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def has(self, name):
        """The connections whose application name begins with `name`."""
        return [pair for pair in self.pairs if pair.name.startswith(name)]

    def cut(self, name=""):
        """Reset these connections; returns how many there were."""
        found = self.has(name)
        for pair in found:
            self._forget(pair)
            pair.reset()
        return len(found)

    def freeze(self):
        self.flows.clear()

    def thaw(self):
        self.flows.set()

    def end(self):
        self.thaw()
        self.listener.close()
        self.cut()

    def _forget(self, pair):
        if pair in self.pairs:
            self.pairs.remove(pair)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.path)
            pair = Pair(client, server)
            self.pairs.append(pair)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(pair, *ends),
                                 daemon=True).start()

    def _carry(self, pair, source, target):
        try:
            while data := source.recv(65536):
                self.flows.wait()
                if not pair.name and source is pair.sides[0]:
                    pair.name = application_name(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self._forget(pair)


def application_name(startup):
    """The application name in a startup packet, which consists of a length, a
    version, and names with their values."""
    words = startup[8:].split(b"\0")
    names = dict(zip(words[0::2], words[1::2]))
    return names.get(b"application_name", b"?").decode()
