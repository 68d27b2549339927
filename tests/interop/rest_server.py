"""A dcmfs that serves HTTP for a test, without a mount, and what tests ask of it."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import BIN, phantom, run, small, wait_until  # noqa: E402


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class RestServer:
    def __init__(self, folder, configuration=None, *options):
        self.store = pathlib.Path(folder) / "store"
        self.port = free_port()
        self.options = options
        self.process = None
        self.store.mkdir(exist_ok=True)
        (self.store / "dcmfs.json").write_text(json.dumps(configuration or {}))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.log = open(self.store.parent / "daemon.log", "a")
        self.process = subprocess.Popen([BIN / "dcmfs", "-f", "--no-mount", "--http-port", str(self.port), "--dicom-port", "0",
                                         *self.options, self.store], stdout=self.log, stderr=self.log)
        if not wait_until(lambda: self.is_up() or self.process.poll() is not None, 20) or self.process.poll() is not None:
            raise AssertionError("dcmfs did not come up: " + self.said())
        return self

    def is_up(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def said(self):
        return (self.store.parent / "daemon.log").read_text()

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        status = self.process.wait(60)
        self.process = None
        self.log.close()
        if status != 0:
            raise AssertionError(f"dcmfs exited {status}: {self.said()}")

    def rss_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))


def ask(url, method="GET", body=None, headers=None, timeout=60):
    """Status, headers, bytes: also of errors."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class RestTest(unittest.TestCase):
    """One server for each class; `configuration` is its dcmfs.json."""
    configuration = {}

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.server = RestServer(cls.folder, cls.configuration)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def get(self, path, **options):
        status, _, body = ask(self.server.url + path, **options)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def post(self, path, body, **options):
        return ask(self.server.url + path, "POST", body, **options)

    def load(self, files):
        """The reports of the uploads."""
        reports = []
        for path in files:
            status, _, body = self.post("/instances", path.read_bytes())
            self.assertEqual(status, 200, body)
            reports.append(json.loads(body))
        return reports
