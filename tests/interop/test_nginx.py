"""The nginx configuration that we ship, with Debian's nginx."""
import json
import os
import pathlib
import socket
import ssl
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from nginx_server import SECRET, NginxServer
from rest_server import RestServer, ask, run, small, wait_until
from mounted import need


class Nginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("nginx", "openssl", "curl")
        if os.geteuid() != 0:
            raise unittest.SkipTest("nginx must be the user that dcmfs is")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.server = RestServer(cls.folder, {"HttpProxySecret": SECRET})
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        cls.files = small(cls.folder / "phantom", 6)
        cls.nginx = NginxServer(cls.folder, cls.server.port, cls.server.store).start()
        cls.addClassCleanup(cls.nginx.stop)
        cls.port = cls.nginx.port
        cls.trusting = ssl.create_default_context(cafile=cls.nginx.certificate)

    def ask(self, path, method="GET", body=None, headers=None):
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.trusting, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def upload(self, path):
        status, _, body = self.ask("/instances", "POST", path.read_bytes())
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def uploads_left(self):
        return [p for p in (self.server.store / "uploads").rglob("*") if p.is_file()]

    def test_there_and_back(self):
        for path in self.files[:2]:
            report = self.upload(path)
            status, headers, body = self.ask(f"/instances/{report['ID']}/file")
            self.assertEqual((status, body), (200, path.read_bytes()))
            self.assertEqual(headers["Content-Type"], "application/dicom")
            self.assertIsNone(headers["X-Accel-Redirect"])
        self.assertTrue(wait_until(lambda: not self.uploads_left(), 5), self.uploads_left())

    def test_ranges(self):
        report = self.upload(self.files[2])
        status, _, body = self.ask(f"/instances/{report['ID']}/file", headers={"Range": "bytes=10-19"})
        self.assertEqual((status, body), (206, self.files[2].read_bytes()[10:20]))

    def test_a_form(self):
        done = run("curl", "-sS", "--cacert", self.folder / "cert.pem", "-F", f"a=@{self.files[3]}", "-F", f"b=@{self.files[4]}",
                   f"https://localhost:{self.port}/instances")
        self.assertEqual([report["Status"] for report in json.loads(done.stdout)], ["Success", "Success"])

    def test_json_and_what_is_no_dicom(self):
        self.assertEqual(self.ask("/tools/find", "POST", b'{"Level":"Study","Query":{}}')[0], 200)
        self.assertEqual(self.ask("/instances", "POST", b"no DICOM")[0], 400)
        self.assertTrue(wait_until(lambda: not self.uploads_left(), 5), self.uploads_left())

    def test_files_are_for_the_proxy_alone(self):
        target = self.server.url + "/instances"
        lie = {"X-Dcmfs-Body-File": str(self.files[5])}
        self.assertEqual(ask(target, "POST", b"", lie)[0], 400)  # an empty body: the header says nothing
        self.assertEqual(ask(target, "POST", b"", {**lie, "X-Dcmfs-Proxy": "guess"})[0], 400)
        self.assertEqual(ask(target, "POST", b"", {**lie, "X-Dcmfs-Proxy": SECRET})[0], 403)  # not in STORE/uploads
        (self.server.store / "uploads").mkdir(exist_ok=True)
        link = self.server.store / "uploads" / "link"
        link.symlink_to(self.files[5])
        self.addCleanup(link.unlink)
        for path in (link, f"{self.server.store}/uploads/../index.db", f"{self.server.store}/uploads", "/nothing"):
            status = ask(target, "POST", b"", {"X-Dcmfs-Body-File": str(path), "X-Dcmfs-Proxy": SECRET})[0]
            self.assertEqual(status, 403, path)
        self.assertTrue(self.files[5].exists())
        # Behind nginx nobody can say so, because it sets the headers anew.
        self.assertEqual(self.ask("/instances", "POST", b"no DICOM", {**lie, "X-Dcmfs-Proxy": SECRET})[0], 400)
        blob = next(p for p in (self.server.store / "blobs").rglob("*.dcm"))
        self.assertEqual(self.ask("/dcmfs-stored/" + str(blob.relative_to(self.server.store)))[0], 404)

    def test_slow_clients_stop_nobody(self):
        """They never come further than nginx."""
        before = self.server.descriptors()
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])
        for _ in range(90):  # of one address, nginx takes 100
            client = self.trusting.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname="localhost")
            client.sendall(b"POST /instances HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nDI")
            clients.append(client)
        begin = time.monotonic()
        self.assertEqual(self.ask("/system")[0], 200)
        self.assertLess(time.monotonic() - begin, 2)
        self.assertLess(self.server.descriptors(), before + 20)


if __name__ == "__main__":
    unittest.main()
