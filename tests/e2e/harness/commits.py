"""A proxy between the program and the database that can cut a connection at a
COMMIT, or at any message: before the server receives it, or before the client
receives the answer. It can also cut all connections and accept no new ones."""
import os
import shutil
import socket
import tempfile
import threading

COMMIT = b"COMMIT\x00"  # alone, or in a pipeline
SOCKET = ".s.PGSQL.5432"


class Proxy:
    """The proxy. It listens on a Unix socket in `folder`."""

    def __init__(self, server):
        self.server = os.path.join(server, SOCKET)
        self.folder = tempfile.mkdtemp(prefix="e2e-proxy-")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, SOCKET))
        self.listener.listen(16)
        self.lock = threading.Lock()
        self.commits = 0
        self.cut_at = 0
        self.before = False
        self.every = False
        self.pairs = []
        self.is_away = False
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()
        shutil.rmtree(self.folder)

    def cut(self, number, before, every=False):
        """Count COMMITs from now on, and cut the connection at this one; 0
        cuts none. With `every`, count all messages: a statement alone is a
        COMMIT, too."""
        with self.lock:
            self.commits, self.cut_at, self.before = 0, number, before
            self.every = every

    def away(self, is_away):
        """Make the server unreachable, or reachable again."""
        self.is_away = is_away
        for pair in self.pairs if is_away else ():
            pair.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_away:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
            pair = Pair(self, client, server)
            self.pairs.append(pair)
            threading.Thread(target=pair.to_server, daemon=True).start()
            threading.Thread(target=pair.to_client, daemon=True).start()

    def is_to_be_cut(self, data):
        if COMMIT not in data and not self.every:
            return False
        with self.lock:
            self.commits += 1
            return self.commits == self.cut_at


class Pair:
    """One connection; passes bytes in both directions."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.client = client
        self.server = server
        self.is_mute = False

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def to_server(self):
        try:
            while data := self.client.recv(65536):
                if self.proxy.is_to_be_cut(data):
                    if self.proxy.before:
                        break
                    self.is_mute = True
                self.server.sendall(data)
        except OSError:
            pass
        self.close()

    def to_client(self):
        try:
            while data := self.server.recv(65536):
                if self.is_mute:  # the server has answered: it has committed
                    break
                self.client.sendall(data)
        except OSError:
            pass
        self.close()
