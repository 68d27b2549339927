"""For the C-FIND tests: dcmfs and Orthanc as DICOM nodes on loopback, small DICOM files, and findscu."""
import json
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import BIN, need, run, wait_until  # noqa: E402

LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def element(tag, vr, value):
    """In Explicit VR Little Endian; `tag` as "0010,0010", `value` str (ASCII), bytes or, of SQ, a list of items."""
    group, number = (int(part, 16) for part in tag.split(","))
    vr = vr.encode()
    if vr == b"SQ":
        items = (b"".join(element(*e) for e in item) for item in value)
        value = b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in items)
    elif isinstance(value, str):
        value = value.encode()
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    head = struct.pack("<HH", group, number) + vr
    return head + (b"\0\0" + struct.pack("<I", len(value)) if vr in LONG else struct.pack("<H", len(value))) + value


def dicom_file(*elements):
    """A part-10 file; SOP Class and Instance UID must be among the elements."""
    values = {tag: value for tag, _, value in elements}
    meta = b"".join([element("0002,0001", "OB", b"\0\1"), element("0002,0002", "UI", values["0008,0016"]),
                     element("0002,0003", "UI", values["0008,0018"]),
                     element("0002,0010", "UI", "1.2.840.10008.1.2.1"), element("0002,0012", "UI", "1.2.3")])
    return (bytes(128) + b"DICM" + element("0002,0000", "UL", struct.pack("<I", len(meta))) + meta +
            b"".join(element(*e) for e in sorted(elements)))


# Whoever asks is answered.
OPEN = {f"DicomAlwaysAllow{what}": True for what in ("Find", "FindWorklist", "Get", "Move")}


class Daemon:
    """dcmfs without a mount; with OPEN, and what is said."""

    def __init__(self, folder, *options, **settings):
        self.folder, self.options = pathlib.Path(folder), options
        self.settings = {**OPEN, **settings}
        self.store = self.folder / "store"
        self.port, self.aet = free_port(), "DCMFS"
        self.http = 0  # no REST server

    def load(self, files):
        run(BIN / "dcmfs-import", self.store, *files)

    def start(self):
        self.store.mkdir(mode=0o700, exist_ok=True)
        if self.settings:
            (self.store / "dcmfs.json").write_text(json.dumps(self.settings))
        self.log = open(self.folder / "dcmfs.log", "a")
        self.process = subprocess.Popen(
            [BIN / "dcmfs", "-f", "--no-mount", "--http-port", str(self.http), "--dicom-port", str(self.port), *self.options, self.store],
            stdout=self.log, stderr=self.log)
        if not wait_until(lambda: is_listening(self.port) or self.process.poll() is not None, 20):
            raise AssertionError("dcmfs does not listen")
        if self.process.poll() is not None:
            raise AssertionError("dcmfs ended: " + self.log_text())
        return self

    def log_text(self):
        return (self.folder / "dcmfs.log").read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


class Orthanc:
    """Debian's, with its default configuration but for ports and folders."""

    def __init__(self, folder):
        need("Orthanc")
        self.folder = pathlib.Path(folder) / "orthanc"
        self.folder.mkdir()
        self.port, self.http, self.aet = free_port(), free_port(), "ORTHANC"
        self.settings = {}

    def start(self, wait=True):
        (self.folder / "config.json").write_text(json.dumps({
            "StorageDirectory": str(self.folder / "db"), "IndexDirectory": str(self.folder / "db"), "Plugins": [],
            "DicomPort": self.port, "HttpPort": self.http, "DicomAlwaysAllowFind": True, "DicomAet": self.aet,
            **self.settings}))
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(["/usr/sbin/Orthanc", self.folder / "config.json"], stdout=self.log, stderr=self.log)
        if wait and not wait_until(lambda: is_listening(self.port) and is_listening(self.http), 60):
            raise AssertionError("Orthanc does not listen")
        return self

    def load(self, files):
        for path in files:
            urllib.request.urlopen(f"http://127.0.0.1:{self.http}/instances", path.read_bytes(), 30).read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


ELEMENT = re.compile(rb"^[ID]: +\((\w{4}),(\w{4})\) (\w\w) (?:\[(.*?)\]|(\((?:no value|Sequence|Item)[^)]*\))|(\S+)) +#")


class Answers(list):
    """A dictionary for each response, from tags to bytes; `status` is what findscu says of the last one."""
    status = ""
    text = ""


def findscu(node, *arguments, keys=(), check=True):
    """`keys`: "PatientID=1", or bytes where they are not UTF-8."""
    command = ["findscu", "-v", "-aec", node.aet, *arguments]
    for key in keys:
        command += ["-k", key]
    done = subprocess.run([*command, "127.0.0.1", str(node.port)], capture_output=True, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr or done.stdout}")
    answers = Answers()
    output = done.stdout + done.stderr
    answers.text = output.decode("latin-1")
    responding = False
    for line in output.splitlines():
        if re.search(rb"(?<!Final )Find Response:? \d", line):
            answers.append({})
            responding = True
        elif b"Final Find Response" in line:
            answers.status = line.partition(b"Response")[2].decode().strip()
            responding = False
        elif responding and (found := ELEMENT.match(line)):
            group, number, _, value, nothing, word = found.groups()
            value = b"" if nothing else value if value is not None else word
            answers[-1][f"{group.decode()},{number.decode()}"] = value.strip(b" \0")
    return answers
