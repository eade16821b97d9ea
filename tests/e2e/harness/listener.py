"""An HTTP server that receives webhooks and keeps them."""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from harness.program import LAST_RESORT


class Webhook:
    """A request that was received."""

    def __init__(self, path, headers, raw):
        self.path = path
        self.headers = headers
        self.raw = raw
        self.topic = headers["X-Shopify-Topic"]
        self.body = json.loads(raw)

    def is_signed(self, secret):
        digest = hmac.new(secret.encode(), self.raw, hashlib.sha256).digest()
        return base64.b64encode(digest).decode() == self.headers[
            "X-Shopify-Hmac-Sha256"]


class Listener:
    """Answers each webhook with the status that answer(webhook) returns;
    received has those that were answered with 200."""

    def __init__(self):
        self.received = []
        self.answer = lambda webhook: 200
        self.lock = threading.Lock()
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # the name that the library calls
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                webhook = Webhook(self.path, self.headers, raw)
                with listener.lock:
                    status = listener.answer(webhook)
                    if status == 200:
                        listener.received.append(webhook)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, what):
        end = time.monotonic() + LAST_RESORT
        while not (found := what()):
            if time.monotonic() > end:
                raise AssertionError("no webhooks arrived")
            time.sleep(0.01)
        return found

    def wait(self, count):
        """Wait for so many webhooks; returns them."""
        self.wait_for(lambda: len(self.received) >= count)
        return list(self.received)
