"""A small connection pooler, which listens on a Unix socket in its own folder.

Like PgBouncer, it gives clients a process id of its own instead of the
server's. In mode "transaction" all clients share one session of the server,
each until its transaction ends; in mode "session" each client has its own.
"""
import os
import shutil
import socket
import struct
import tempfile
import threading


def receive(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def message(sock):
    """Read one message; returns its type and all of its bytes."""
    head = receive(sock, 5)
    return head[:1], head + receive(sock, struct.unpack("!I", head[1:])[0] - 4)


def is_query_end(kind):
    return kind in (b"Q", b"S")


class Session:
    """A session of the server; `greeting` is what the server sent after the
    startup packet."""

    def __init__(self, path, startup):
        self.turn = threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.sendall(startup)
        self.greeting = b""
        kind = b""
        while kind != b"Z":
            kind, text = message(self.socket)
            self.greeting += text if kind in (b"R", b"S") else b""

    def transaction(self, client):
        """Pass on one client's messages until its transaction ends."""
        kind, text = message(client)
        with self.turn:
            while True:
                if kind == b"X":
                    raise ConnectionError
                self.socket.sendall(text)
                if is_query_end(kind) and self._answer(client):
                    return
                kind, text = message(client)

    def _answer(self, client):
        while True:
            kind, text = message(self.socket)
            client.sendall(text)
            if kind == b"Z":
                return text[-1:] == b"I"


class Pooler:
    def __init__(self, server, mode):
        self.directory = tempfile.mkdtemp(prefix="e2e-pool-", dir="/tmp")
        self.server = server + "/.s.PGSQL.5432"
        self.mode = mode
        self.sessions = []
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(self.directory + "/.s.PGSQL.5432")
        self.door.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.door.close()
        for session in self.sessions:
            session.socket.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _accept(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _session(self, startup):
        if self.mode == "session" or not self.sessions:
            self.sessions.append(Session(self.server, startup))
        return self.sessions[-1]

    def _serve(self, client):
        size = receive(client, 4)
        session = self._session(
            size + receive(client, struct.unpack("!I", size)[0] - 4))
        try:
            client.sendall(session.greeting + b"K" + struct.pack(
                "!III", 12, os.getpid(), 1) + b"Z" + struct.pack("!I", 5)
                + b"I")
            while True:
                session.transaction(client)
        except OSError:
            client.close()
            if self.mode == "session":
                session.socket.close()
