"""https for the fake store, with a certificate authority of the tests."""
import os
import socket
import ssl
import subprocess
import threading
import warnings


def run_openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Authority:
    """Signs certificates for this machine. The address 0.0.0.0 also reaches
    this machine, but the program does not take it for a loopback address, and
    therefore uses the proxy."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "authority.pem")
        self.server = os.path.join(folder, "server.pem")
        key, request = self.file + ".key", self.server + ".csr"
        names = os.path.join(folder, "names")
        run_openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                    "2", "-subj", "/CN=Authority of a test", "-keyout", key,
                    "-out", self.file)
        run_openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=store", "-keyout", self.server + ".key", "-out",
                    request)
        with open(names, "w", encoding="ascii") as file:
            file.write("subjectAltName = IP:127.0.0.1, IP:0.0.0.0\n")
        run_openssl("x509", "-req", "-in", request, "-CA", self.file,
                    "-CAkey", key, "-CAcreateserial", "-days", "2",
                    "-extfile", names, "-out", self.server)

    def hashed(self, folder):
        """Create a folder of certificates for SSL_CERT_DIR."""
        os.makedirs(folder)
        text = subprocess.run(
            ["openssl", "x509", "-in", self.file, "-noout", "-hash"],
            check=True, capture_output=True, text=True).stdout
        os.symlink(self.file, os.path.join(folder, text.strip() + ".0"))
        return folder

    def context(self, version=None):
        """The context of a server; with `version`, it accepts only this version
        of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server, self.server + ".key")
        if version is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = version
                context.maximum_version = version
        return context


def pump(source, target, seen=None):
    try:
        while data := source.recv(1 << 16):
            if seen is not None:
                seen.append(data)
            target.sendall(data)
    except OSError:
        pass
    for one in (source, target):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Relay:
    """Passes bytes on to a port of this machine. With `context` it accepts TLS
    and passes the decrypted bytes on. `seen` has the bytes from clients."""

    def __init__(self, port, context=None):
        self.target = port
        self.context = context
        self.seen = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._spawn(self._accept)

    @staticmethod
    def _spawn(body, *arguments):
        threading.Thread(target=body, args=arguments, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self._spawn(self._serve, client)

    def _serve(self, client):
        try:
            if self.context is not None:
                client = self.context.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            client.close()
            return
        self._spawn(pump, server, client)
        pump(client, server, self.seen)

    def stop(self):
        self.listener.close()


class Proxy:
    """tinyproxy, an HTTP proxy. It connects only to the port `allowed`."""

    def __init__(self, folder, allowed):
        path = os.path.join(folder, "proxy.conf")
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        listener.close()
        with open(path, "w", encoding="ascii") as file:
            file.write(f"Port {self.port}\nListen 127.0.0.1\nTimeout 60\n"
                       f"MaxClients 50\nAllow 127.0.0.1\nLogLevel Connect\n"
                       f"ConnectPort {allowed}\n")
        self.process = subprocess.Popen(
            ["tinyproxy", "-d", "-c", path], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.terminate()
        self.process.communicate()
