"""A proxy between the program and the database that acts on one message."""
import socket
import threading

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
FENCE = b"FOR NO KEY UPDATE"
SYNC = b"S\x00\x00\x00\x04"


class Proxy:
    """Passes bytes on until a connection that loads rows sends `message` (and
    has sent `after` before). Then it does what `action` says, once. Bytes
    before the message are always passed on.

    lose   pass the message on, and cut the connection when the answer comes
    cut    cut the connection before the server receives the message
    hold   keep the message until release()
    """

    def __init__(self, database, action, message=COMMIT, after=b""):
        self.server = f"{database.cluster.directory}/.s.PGSQL.5432"
        self.action = action
        self.message = message
        self.after = after
        self.reached = threading.Event()
        self.released = threading.Event()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.dsn = (f"host=127.0.0.1 port={self.listener.getsockname()[1]} "
                    f"dbname={database.name} user=owner sslmode=disable "
                    "gssencmode=disable")
        self._spawn(self._accept)

    def close(self):
        self.released.set()
        for one in [self.listener] + self.sockets:
            cut(one)
            one.close()

    def release(self):
        self.released.set()

    @staticmethod
    def _spawn(body, *arguments):
        threading.Thread(target=body, args=arguments, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
            except OSError:
                return
            self.sockets += [client, server]
            losing = threading.Event()
            self._spawn(self._to_server, client, server, losing)
            self._spawn(self._to_client, client, server, losing)

    def _split(self, data, is_armed):
        """The bytes before the message, and the bytes from the message on."""
        at = data.find(self.message) if is_armed else -1
        return (data, b"") if at < 0 else (data[:at], data[at:])

    def _meet(self, server, rest, losing):
        """Do what `action` says; False if the connection must end."""
        if self.action == "lose":
            losing.set()
        else:
            self.reached.set()
        if self.action == "hold":
            self.released.wait()
        return self.action != "cut" and send(server, rest)

    def _to_server(self, client, server, losing):
        is_loader, is_armed = None, False
        while data := receive(client):
            if is_loader is None:
                is_loader = b"\0bulkpg run " in data
            is_armed = is_armed or is_loader and self.after in data
            data, rest = self._split(data, is_armed
                                     and not self.reached.is_set())
            if not send(server, data) or rest and not self._meet(
                    server, rest, losing):
                break
        cut(client)
        cut(server)

    def _to_client(self, client, server, losing):
        while data := receive(server):
            if losing.is_set():
                self.reached.set()
                break
            if not send(client, data):
                break
        cut(client)
        cut(server)


def receive(one):
    try:
        return one.recv(1 << 16)
    except OSError:
        return b""


def send(one, data):
    try:
        one.sendall(data)
    except OSError:
        return False
    return True


def cut(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
