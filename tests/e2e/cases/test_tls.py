"""https: trusted authorities, protocol versions, and proxies."""
import os
import shutil
import ssl
import urllib.parse

from cases.queries import PLAIN
from harness.ahead import Ahead
from harness.case import CONFIG, Case, World
from harness.tls import Authority, Proxy, Relay

# With this configuration OpenSSL would use TLS 1.0 if the program allowed it.
OLD_OPENSSL = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


class Tls(Case):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.program.directory)
        self.query("job", PLAIN)
        self.program.environment = {
            name: value for name, value in self.program.environment.items()
            if name.lower() not in ("no_proxy", "https_proxy", "all_proxy",
                                    "ssl_cert_file", "ssl_cert_dir",
                                    "curl_ca_bundle")}

    def relay(self, port, context=None):
        relay = Relay(port, context)
        self.addCleanup(relay.stop)
        return relay

    def serve(self, host="127.0.0.1", version=None, tuning=""):
        """Serve the fake store acme over https, and configure that."""
        store = dict(self.shop.stores["acme"])
        real = urllib.parse.urlsplit(store["endpoint"])
        front = self.relay(real.port, self.authority.context(version))
        self.address(f"https://{host}:{front.port}{real.path}", tuning)
        return front

    def address(self, endpoint, tuning=""):
        self.program.configure(
            self.db.dsn, [dict(self.shop.stores["acme"], endpoint=endpoint)],
            tuning=tuning)

    def check_refused(self, code, *words, **how):
        """The run fails at once, without a retry."""
        result = self.run_program("run", status=CONFIG, **how)
        self.assertIn(f"code={code} ", result.stderr)
        self.assertNotIn("retrying a request", result.output)
        for word in words:
            self.assertIn(word, result.output)
        return result


class Trust(Tls):
    def test_an_authority_by_its_key(self):
        self.serve(tuning="ca_file = authority.pem")
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_an_authority_by_variable(self):
        self.serve()
        folder = self.authority.hashed(
            os.path.join(self.program.directory, "certs"))
        for name, value in (("CURL_CA_BUNDLE", self.authority.file),
                            ("SSL_CERT_FILE", self.authority.file),
                            ("SSL_CERT_DIR", folder)):
            self.run_program("run", environment={name: value})

    def test_other_authorities(self):
        """The message names the source of the authorities. The key ca_file has
        precedence over a variable."""
        self.serve()
        other = os.path.join(self.program.directory, "other")
        os.mkdir(other)
        path = Authority(other).file
        self.check_refused("TLS", "ca-certificates", "ca_file in [tuning]")
        for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            self.check_refused("TLS", f"{path} ({name})",
                               environment={name: path})
        self.check_refused("TLS", f"{other} (SSL_CERT_DIR)",
                           environment={"SSL_CERT_DIR": other})
        self.serve(tuning="ca_file = other/authority.pem")
        self.check_refused(
            "TLS", "other/authority.pem (ca_file)",
            environment={"SSL_CERT_FILE": self.authority.file})

    def test_a_missing_file(self):
        self.serve(tuning="ca_file = nowhere.pem")
        result = self.run_program("run", status=CONFIG)
        self.assertRegex(result.stderr, r"bulkpg\.ini:\d+: ca_file: cannot "
                         r"read nowhere\.pem: No such file")
        self.serve()
        self.check_refused("TLS", "/nowhere.pem (SSL_CERT_FILE)",
                           environment={"SSL_CERT_FILE": "/nowhere.pem"})


class Protocols(Tls):
    def test_old_tls_is_not_spoken(self):
        conf = self.program.file("openssl.cnf", OLD_OPENSSL)
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            self.serve(version=version, tuning="ca_file = authority.pem")
            self.check_refused("TLS_PROTOCOL", "TLS 1.2",
                               environment={"OPENSSL_CONF": conf})

    def test_tls_1_2_is_spoken(self):
        self.serve(version=ssl.TLSVersion.TLSv1_2,
                   tuning="ca_file = authority.pem")
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_plain_http_where_https_is_expected(self):
        store = self.shop.stores["acme"]["endpoint"]
        self.address(store.replace("http:", "https:"))
        self.check_refused("TLS_PROTOCOL", "host and port")

    def test_a_handshake_that_breaks_is_retried(self):
        """A connection that is lost during the handshake is retried."""
        if World.is_sanitized():
            self.skipTest("the sanitizer's library comes first")
        clock = Ahead()
        self.addCleanup(clock.remove)
        broken = self.relay(1)  # no server listens there
        self.address(f"https://127.0.0.1:{broken.port}",
                     "retry_budget = 1h\nstall_timeout = 2s")
        running = self.program.start("run", environment=clock.environment)
        self.wait_for(lambda: running.has_said("retrying a request"))
        self.wait_for(lambda: broken.connections > 3)
        clock.hours(2)
        self.expect(running.wait(), 75)


class Proxies(Tls):
    def setUp(self):
        super().setUp()
        if shutil.which("tinyproxy") is None:
            self.skipTest("tinyproxy is not installed")

    def proxy(self, allowed):
        """Start a proxy; returns a relay that records what it receives, and
        the environment that names it."""
        proxy = Proxy(self.program.directory, allowed)
        self.addCleanup(proxy.stop)
        self.wait_for(proxy.listens)
        seen = self.relay(proxy.port)
        return seen, {"HTTPS_PROXY": f"http://127.0.0.1:{seen.port}"}

    def test_a_proxy_connects_and_sees_no_token(self):
        front = self.serve(host="0.0.0.0", tuning="ca_file = authority.pem")
        seen, environment = self.proxy(front.port)
        self.run_program("run", environment=environment)
        self.check_tables(PLAIN)
        self.assertGreater(seen.connections, 0)
        text = b"".join(seen.seen)
        self.assertTrue(text.startswith(
            f"CONNECT 0.0.0.0:{front.port} HTTP/1.1\r\n".encode()))
        self.assertNotIn(b"POST ", text)
        self.assertNotIn(b"X-Shopify-Access-Token", text)
        for secret in self.shop.secrets():
            self.assertNotIn(secret.encode(), text)
        self.assertIn(b"X-Shopify-Access-Token", b"".join(front.seen))

    def test_a_proxy_that_refuses(self):
        front = self.serve(host="0.0.0.0", tuning="ca_file = authority.pem")
        _, environment = self.proxy(front.port + 1)
        self.check_refused("PROXY_REFUSED", "HTTPS_PROXY", "CONNECT",
                           environment=environment)

    def test_this_machine_is_reached_directly(self):
        front = self.serve(tuning="ca_file = authority.pem")
        seen, environment = self.proxy(front.port)
        self.run_program("run", environment=environment)
        self.assertEqual(0, seen.connections)
