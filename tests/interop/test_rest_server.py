"""The HTTP server: ordinary clients, many clients, slow clients, large bodies, TLS, users."""
import base64
import concurrent.futures
import gzip
import hashlib
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

from rest_server import BIN, RestServer, RestTest, ask, free_port, run, small, wait_until
from mounted import need
from query_peers import element


class Clients(RestTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = small(cls.folder / "phantom", 4)

    def test_curl_uploads_and_downloads(self):
        need("curl")
        path = self.files[0]
        for options in ([f"--data-binary=@{path}"], [f"--data-binary", f"@{path}"]):
            if options[0].startswith("--data-binary="):
                continue
            report = json.loads(run("curl", "-sS", *options, f"{self.server.url}/instances").stdout)
            self.assertIn(report["Status"], ("Success", "AlreadyStored"))
        got = run("curl", "-sS", f"{self.server.url}/instances/{report['ID']}/file", text=False).stdout
        self.assertEqual(got, path.read_bytes())

    def test_curl_sends_a_form_and_a_stream(self):
        need("curl")
        form = run("curl", "-sS", "-F", f"a=@{self.files[1]}", "-F", f"b=@{self.files[2]}", f"{self.server.url}/instances")
        self.assertEqual(len(json.loads(form.stdout)), 2)
        with open(self.files[3], "rb") as source:  # of unknown length: chunked
            sent = run("curl", "-sS", "-X", "POST", "-T", "-", f"{self.server.url}/instances", stdin=source)
        self.assertEqual(json.loads(sent.stdout)["Status"], "Success")

    def test_ranges_conditions_and_head(self):
        report = self.load([self.files[0]])[0]
        url = f"{self.server.url}/instances/{report['ID']}/file"
        whole = self.files[0].read_bytes()
        status, headers, body = ask(url, headers={"Range": "bytes=100-199"})
        self.assertEqual((status, body), (206, whole[100:200]))
        self.assertEqual(headers["Content-Range"], f"bytes 100-199/{len(whole)}")
        status, headers, body = ask(url, "HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(whole)), b""))
        self.assertEqual(ask(url, headers={"If-None-Match": headers["ETag"]})[0], 304)

    def test_gzip_both_ways(self):
        body = gzip.compress(self.files[0].read_bytes())
        self.assertEqual(self.post("/instances", body, headers={"Content-Encoding": "gzip"})[0], 200)
        status, headers, packed = ask(self.server.url + "/instances?expand", headers={"Accept-Encoding": "gzip"})
        self.assertEqual((status, headers["Content-Encoding"]), (200, "gzip"))
        json.loads(gzip.decompress(packed))

    def test_wget_mirrors(self):
        need("wget")
        self.load(self.files)
        target = self.folder / "mirror"
        done = run("wget", "-q", "--mirror", "-P", target, f"{self.server.url}/instances", f"{self.server.url}/system", check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_many_clients_at_once(self):
        """64 for some seconds, with no error."""
        self.load(self.files)
        end = time.monotonic() + float(os.environ.get("DCMFS_CLIENTS_SECONDS", "5"))

        def one(number):
            count = 0
            while time.monotonic() < end:
                status, _, body = ask(self.server.url + ("/instances", "/statistics", "/changes", "/studies?expand")[(number + count) % 4])
                if status != 200:
                    raise AssertionError(body)
                json.loads(body)
                count += 1
            return count

        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            self.assertGreater(min(pool.map(one, range(64))), 0)


class BadRequests(RestTest):
    def raw(self, request, timeout=5):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while True:
                more = client.recv(65536)
                if not more:
                    return answer
                answer += more

    def test_each_is_told_what_is_wrong(self):
        deep = b"[" * 100000
        cases = [("GET", "/instances?limit=99999999999999999999&since=0", None), ("GET", "/changes?since=-1", None),
                 ("GET", "/changes?since=a", None), ("GET", "/instances?since=1", None), ("POST", "/tools/find", b"{"),
                 ("POST", "/tools/find", deep), ("POST", "/tools/find", b'{"Level":"Study","Level":"Series","Query":{}}'),
                 ("POST", "/tools/find", b'{"Level":7,"Query":{}}'), ("POST", "/tools/find", b"\xff"),
                 ("GET", "/studies/..%2f..%2fetc%2fpasswd", None), ("GET", "/studies/%ff", None), ("GET", "/studies/%00", None),
                 ("GET", "/" + "x/" * 5000, None), ("GET", "/studies?" + "a=b&" * 5000, None)]
        for method, path, body in cases:
            with self.subTest(path=path[:60], body=(body or b"")[:40]):
                status, headers, answer = ask(self.server.url + path, method, body)
                self.assertIn(status, range(400, 500), answer[:200])
                self.assertEqual(json.loads(answer)["HttpStatus"], status)
                self.assertNotIn(str(self.server.store).encode(), answer)

    def test_a_long_url(self):
        answer = self.raw(b"GET /studies/" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertRegex(answer[:12], rb"HTTP/1.1 4\d\d")

    def test_what_is_reflected_is_harmless(self):
        _, headers, body = ask(self.server.url + "/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        self.assertTrue(headers["Content-Type"].startswith("application/json"))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_a_header_does_not_become_two(self):
        _, headers, _ = ask(self.server.url + "/instances/x/file?filename=a%0d%0aSet-Cookie:%20a=b")
        self.assertIsNone(headers["Set-Cookie"])


class SlowClients(RestTest):
    def test_they_stop_nobody(self):
        """They send a byte now and then, of a request, of a body."""
        clients, stop = [], threading.Event()
        self.addCleanup(lambda: [client.close() for client in clients])
        for number in range(1000):
            client = socket.create_connection(("127.0.0.1", self.server.port))
            client.sendall(b"GET /sys" if number % 2 else b"POST /instances HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nDI")
            clients.append(client)

        def drip():
            while not stop.wait(1):
                for client in clients:
                    try:
                        client.send(b"x")
                    except OSError:
                        pass
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            times = []
            for _ in range(30):
                begin = time.monotonic()
                self.assertEqual(ask(self.server.url + "/system")[0], 200)
                times.append(time.monotonic() - begin)
                time.sleep(0.1)
            self.assertLess(sorted(times)[-3], 1)
        finally:
            stop.set()
            thread.join()
        for client in clients:
            client.close()
        clients.clear()
        self.assertTrue(wait_until(lambda: self.server.descriptors() < 100, 20), self.server.descriptors())


class LargeBodies(RestTest):
    def test_memory_stays_flat(self):
        """A gigabyte goes up, and is refused: it is no DICOM."""
        need("curl")
        self.assertEqual(ask(self.server.url + "/system")[0], 200)
        before = self.server.rss_mb()
        size = int(os.environ.get("DCMFS_LARGE_MB", "1024"))
        source = subprocess.Popen(["head", "-c", f"{size}M", "/dev/zero"], stdout=subprocess.PIPE)
        upload = subprocess.Popen(["curl", "-sS", "-X", "POST", "-T", "-", "-H", "Expect:", f"{self.server.url}/instances"],
                                  stdin=source.stdout, stdout=subprocess.PIPE)
        most = before
        while upload.poll() is None:
            most = max(most, self.server.rss_mb())
            time.sleep(0.05)
        source.stdout.close()
        source.wait()
        answer = json.loads(upload.stdout.read())
        upload.stdout.close()
        self.assertEqual(answer["HttpStatus"], 400)
        self.assertLess(most - before, 48)
        self.assertEqual([p for p in (self.server.store / "spool").rglob("*") if p.is_file()], [])


class LargeFile:
    """A video of that many bytes and a little more: PS3.5 A.4, in fragments of a quarter of a gigabyte."""
    FRAGMENT = 256 << 20
    PIECE = os.urandom(1 << 20)

    def __init__(self, size):
        self.fragments = -(-size // self.FRAGMENT)
        sop_class, sop_instance = "1.2.840.10008.5.1.4.1.1.77.1.1.1", "1.2.3.4.5"
        meta = b"".join(element(*each) for each in (
            ("0002,0001", "OB", b"\0\1"), ("0002,0002", "UI", sop_class), ("0002,0003", "UI", sop_instance),
            ("0002,0010", "UI", "1.2.840.10008.1.2.4.102"), ("0002,0012", "UI", "1.2.3")))
        self.head = (bytes(128) + b"DICM" + element("0002,0000", "UL", struct.pack("<I", len(meta))) + meta +
                     b"".join(element(*each) for each in (
                         ("0008,0016", "UI", sop_class), ("0008,0018", "UI", sop_instance), ("0010,0020", "LO", "LARGE"),
                         ("0020,000d", "UI", "1.2.3.4.1"), ("0020,000e", "UI", "1.2.3.4.2"))) +
                     b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0" + bytes(4))
        self.tail = b"\xfe\xff\xdd\xe0" + bytes(4)
        self.size = len(self.head) + self.fragments * (8 + self.FRAGMENT) + len(self.tail)
        self.digest = hashlib.sha256()

    def __iter__(self):
        for piece in self.pieces():
            self.digest.update(piece)
            yield piece

    def pieces(self):
        yield self.head
        for number in range(self.fragments):
            yield b"\xfe\xff\0\xe0" + struct.pack("<I", self.FRAGMENT)
            for at in range(self.FRAGMENT >> 20):
                yield struct.pack("<II", number, at) + self.PIECE[8:]
        yield self.tail


class LargeFiles(RestTest):
    def test_one_goes_up_and_comes_down_in_a_zip_and_memory_stays_flat(self):
        """DCMFS_LARGE_MB=10240 takes minutes, and that room on the disk."""
        self.assertEqual(ask(self.server.url + "/system")[0], 200)
        before, most, ended = self.server.rss_mb(), [0.0], threading.Event()

        def watch():
            while not ended.wait(0.05):
                most[0] = max(most[0], self.server.rss_mb())
        watching = threading.Thread(target=watch)
        watching.start()
        self.addCleanup(watching.join)
        self.addCleanup(ended.set)

        large = LargeFile(int(os.environ.get("DCMFS_LARGE_MB", "1024")) << 20)
        request = urllib.request.Request(self.server.url + "/instances", iter(large), {"Content-Length": str(large.size)})
        with urllib.request.urlopen(request, timeout=3600) as answer:
            report = json.loads(answer.read())
        self.assertEqual(report["Status"], "Success")
        self.assertEqual(self.get(f"/instances/{report['ID']}")["FileSize"], large.size)
        up = most[0]

        digest = hashlib.sha256()
        with urllib.request.urlopen(f"{self.server.url}/studies/{report['ParentStudy']}/archive", timeout=3600) as zipped:
            whole = int(zipped.headers["Content-Length"])
            local = zipped.read(30)  # the local header, and what is as long as it says
            self.assertEqual(local[:4], b"PK\3\4")
            zipped.read(sum(struct.unpack("<HH", local[26:30])))
            left = large.size
            while left:
                piece = zipped.read(min(left, 1 << 20))
                self.assertTrue(piece)
                digest.update(piece)
                left -= len(piece)
            rest = zipped.read()
        self.assertEqual(digest.digest(), large.digest.digest())
        self.assertIn(b"PK\5\6", rest)
        if large.size >= 1 << 32:
            self.assertIn(b"PK\6\6", rest, "ZIP64")
        self.assertGreater(whole, large.size)
        self.assertLess(most[0] - before, 64)
        print(f"\n{large.size >> 20} MB: {before:.0f} MB of memory before, up to {up:.0f} while it went up, {most[0]:.0f} in all",
              file=sys.stderr)


class Users(RestTest):
    configuration = {"RegisteredUsers": {"alice": "secret", "bob": "reader"}, "ReadOnlyUsers": ["bob"]}

    @classmethod
    def setUpClass(cls):
        made = subprocess.run([BIN / "dcmfs-passwd"], input="hashed word\n", capture_output=True, text=True, check=True)
        cls.configuration = {**cls.configuration, "RegisteredUsers": {**cls.configuration["RegisteredUsers"], "carol": made.stdout.strip()}}
        super().setUpClass()

    @staticmethod
    def as_user(name, password):
        return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}

    def status(self, method, path, headers=None, body=None):
        return ask(self.server.url + path, method, body, headers)[0]

    def test_who_may_what(self):
        self.assertEqual(self.status("GET", "/system"), 401)
        for name, password in (("alice", "secret"), ("bob", "reader"), ("carol", "hashed word")):
            self.assertEqual(self.status("GET", "/system", self.as_user(name, password)), 200, name)
        self.assertEqual(self.status("POST", "/instances", self.as_user("bob", "reader"), b"x"), 403)
        self.assertEqual(self.status("POST", "/instances", self.as_user("carol", "hashed word"), b"x"), 400)

    def test_a_wrong_password_takes_time(self):
        begin = time.monotonic()
        self.assertEqual(self.status("GET", "/system", self.as_user("alice", "wrong")), 401)
        self.assertGreater(time.monotonic() - begin, 0.9)

    def test_a_plain_password_is_warned_of_without_telling_it(self):
        self.assertIn("dcmfs-passwd", self.server.said())
        self.assertNotIn("secret", self.server.said())


class Life(RestTest):
    """Restarted and stopped by HTTP."""

    def configure(self, text):
        (self.server.store / "dcmfs.json").write_text(text)

    def order(self, what):
        return self.post(f"/tools/{what}", b"")[0]

    def name(self):
        """That of the configuration; None while nobody answers."""
        try:
            return self.get("/system")["Name"]
        except OSError:
            return None

    def test_reset_reads_the_configuration_again_and_shutdown_ends(self):
        report, = self.load(small(self.folder / "phantom", 1))
        process = self.server.process.pid
        self.configure('{"DicomPort": "wrong"}')
        self.assertEqual(self.order("reset"), 400)
        self.assertEqual(self.get(f"/instances/{report['ID']}")["ID"], report["ID"], "it runs on")

        self.configure('{"Name": "another"}')
        self.assertEqual(self.order("reset"), 200)
        self.assertTrue(wait_until(lambda: self.name() == "another", 20))
        self.assertEqual(self.server.process.pid, process)
        self.assertIsNone(self.server.process.poll())
        self.assertEqual(self.get(f"/instances/{report['ID']}")["ID"], report["ID"])

        self.assertEqual(self.order("shutdown"), 200)
        self.assertEqual(self.server.process.wait(20), 0)


class Tls(unittest.TestCase):
    def setUp(self):
        need("openssl")
        import tempfile
        import pathlib
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def certificate(self, store):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", store / "key.pem", "-out", store / "cert.pem")

    def test_https(self):
        server = RestServer(self.folder, {"SslEnabled": True, "SslCertificate": "cert.pem", "SslPrivateKey": "key.pem"})
        self.certificate(server.store)
        self.addCleanup(server.stop)
        server.start()
        trusting = ssl.create_default_context(cafile=server.store / "cert.pem")
        url = f"https://localhost:{server.port}/system"
        with urllib.request.urlopen(url, context=trusting, timeout=10) as answer:
            self.assertTrue(json.load(answer)["IsHttpServerSecure"])
        old = ssl.create_default_context(cafile=server.store / "cert.pem")
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError):
            urllib.request.urlopen(url, context=old, timeout=10)
        path = small(self.folder / "phantom", 1)[0]
        request = urllib.request.Request(f"https://localhost:{server.port}/instances", path.read_bytes(), method="POST")
        with urllib.request.urlopen(request, context=trusting, timeout=10) as answer:
            self.assertEqual(json.load(answer)["Status"], "Success")

    def test_other_machines_are_not_served_by_accident(self):
        cases = [({"RemoteAccessAllowed": True}, "RegisteredUsers"),
                 ({"HttpHost": "0.0.0.0", "RegisteredUsers": {"a": "b"}}, "SslEnabled"),
                 ({"SslEnabled": True}, "SslCertificate"),
                 ({"SslEnabled": True, "SslCertificate": "nothing.pem"}, "nothing.pem"),
                 ({"ReadOnlyUsers": ["x"]}, "ReadOnlyUsers")]
        for number, (configuration, named) in enumerate(cases):
            with self.subTest(configuration=configuration):
                folder = self.folder / str(number)
                folder.mkdir()
                server = RestServer(folder, configuration)
                done = run(BIN / "dcmfs", "-f", "--no-mount", "--http-port", free_port(), "--dicom-port", "0", server.store, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(named, done.stderr)


if __name__ == "__main__":
    unittest.main()
