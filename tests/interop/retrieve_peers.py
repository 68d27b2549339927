"""For the tests of C-MOVE and C-GET: nodes that can be told of each other, and what arrived where, byte for byte."""
import hashlib
import json
import pathlib
import signal
import struct
import subprocess
import urllib.request

from query_peers import Orthanc, free_port, is_listening, need, run, wait_until


def dataset(path):
    """The transfer syntax that the File Meta Information names, and a digest of the bytes behind it."""
    content = pathlib.Path(path).read_bytes()
    assert content[128:136] == b"DICM\x02\0\0\0", path
    begin = 144 + struct.unpack("<I", content[140:144])[0]
    meta = content[:begin]
    at = meta.index(b"\x02\x00\x10\x00UI")
    length = struct.unpack("<H", meta[at + 6:at + 8])[0]
    return meta[at + 8:at + 8 + length].rstrip(b"\0").decode(), hashlib.sha256(content[begin:]).hexdigest()


def datasets(folder):
    return sorted(dataset(path) for path in pathlib.Path(folder).rglob("*") if path.is_file())


def value(path, keyword):
    """What dcmdump tells of an attribute, without its brackets."""
    line = run("dcmdump", "+P", keyword, "-q", path).stdout.splitlines()[0]
    return line[line.index("[") + 1:line.index("]")] if "[" in line else line.split()[2]


def retrieve(program, node, *arguments, keys, check=True):
    """What movescu or getscu says."""
    command = [program, "-v", "-aec", node.aet]
    for key in keys:
        command += ["-k", key]
    done = subprocess.run([str(word) for word in [*command, *arguments, "127.0.0.1", node.port]], capture_output=True,
                          text=True, timeout=120)
    text = done.stdout + done.stderr
    if check and (done.returncode != 0 or "Success" not in text):
        raise AssertionError(f"{program}: {text}")
    return text


class Scp:
    """A program that listens: command(port, folder) is how it is called."""

    def __init__(self, folder, name, command):
        self.folder, self.aet, self.port = pathlib.Path(folder) / name.lower(), name, free_port()
        self.folder.mkdir()
        self.command = [str(word) for word in command(self.port, self.folder)]
        need(self.command[0])

    def start(self):
        self.log = open(self.folder.with_suffix(".log"), "w")
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        if not wait_until(lambda: is_listening(self.port), 20):
            raise AssertionError(f"{self.command[0]} does not listen")
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


class OrthancPeer(Orthanc):
    """Debian's Orthanc that knows other nodes."""

    def start(self, **settings):
        (self.folder / "config.json").write_text(json.dumps({
            "StorageDirectory": str(self.folder / "db"), "IndexDirectory": str(self.folder / "db"), "Plugins": [],
            "DicomPort": self.port, "HttpPort": self.http, "DicomAet": self.aet, "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True, **settings}))
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(["/usr/sbin/Orthanc", self.folder / "config.json"], stdout=self.log,
                                        stderr=self.log)
        if not wait_until(lambda: is_listening(self.port) and is_listening(self.http), 60):
            raise AssertionError("Orthanc does not listen")
        return self

    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}",
                                         None if body is None else json.dumps(body).encode())
        return json.loads(urllib.request.urlopen(request, timeout=60).read())

    def files(self):
        """The data sets of its instances."""
        for identifier in self.ask("/instances"):
            path = self.folder / "instance"
            path.write_bytes(urllib.request.urlopen(
                f"http://127.0.0.1:{self.http}/instances/{identifier}/file", timeout=60).read())
            yield dataset(path)
