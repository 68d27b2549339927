"""dcmfs and Debian's Orthanc as REST servers on loopback, asked in the same words."""
import json
import pathlib
import subprocess
import urllib.error
import urllib.request

from query_peers import BIN, Orthanc, free_port, is_listening, wait_until


class Rest:
    """What is asked of a server at `http`."""

    def ask(self, method, path, body=None, timeout=120):
        """(status, bytes); `body`: bytes, or what becomes JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get(self, path):
        status, body = self.ask("GET", path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def post(self, path, body):
        status, answer = self.ask("POST", path, body)
        assert status == 200, (path, status, answer)
        return json.loads(answer)

    def status(self, path, body):
        return self.ask("POST", path, body)[0]

    def upload(self, files):
        return [self.post("/instances", pathlib.Path(path).read_bytes()) for path in files]


class RestDaemon(Rest):
    """dcmfs without a mount and without DICOM."""

    def __init__(self, folder, **settings):
        self.folder, self.settings = pathlib.Path(folder) / "dcmfs", settings
        self.http = free_port()

    def start(self, wait=True):
        store = self.folder / "store"
        store.mkdir(parents=True, mode=0o700, exist_ok=True)
        (store / "dcmfs.json").write_text(json.dumps(self.settings))
        self.log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([BIN / "dcmfs", "-f", "--no-mount", "--dicom-port", "0", "--http-port", str(self.http), store],
                                        stdout=self.log, stderr=self.log)
        if wait and not wait_until(lambda: is_listening(self.http) or self.process.poll() is not None, 20) or self.process.poll() is not None:
            raise AssertionError("dcmfs does not listen: " + (self.folder / "log").read_text())
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.log.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class RestOrthanc(Orthanc, Rest):
    """Debian's."""
