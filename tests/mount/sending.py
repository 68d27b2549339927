"""A store that knows a modality, and what tests of sending ask."""
import json
import pathlib
import socket
import subprocess

from mounted import BIN, MountTest, need, run, small, wait_until

PATIENCE = 40

# A profile of storescp (asconfig.txt) that accepts no SOP class of storage.
NOTHING_BUT_ECHO = """[[TransferSyntaxes]]
[Uncompressed]
TransferSyntax1 = LittleEndianExplicit
[[PresentationContexts]]
[Nothing]
PresentationContext1 = VerificationSOPClass\\Uncompressed
[[Profiles]]
[Default]
PresentationContexts = Nothing
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Receiver:
    """storescp, which writes each instance as one file."""

    def __init__(self, folder, port, *options):
        self.folder, self.port = pathlib.Path(folder), port
        self.folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            ["storescp", "-q", "-od", self.folder, "+B", "-aet", "THERE", *options, str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_until(self.is_up, 20):
            self.stop()
            raise AssertionError("storescp does not listen")

    def is_up(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def files(self):
        return [p for p in self.folder.iterdir() if p.is_file()]

    def uids(self):
        return sorted(p.name.split(".", 1)[1] for p in self.files())

    def stop(self):
        self.process.kill()
        self.process.wait()


class ModalitiesTest(MountTest):
    """The store knows the modality PACS, which listens on self.port once somebody starts it."""

    def setUp(self):
        need("storescp")
        super().setUp()
        self.mount.stop()
        self.port = free_port()
        self.write_config({"PACS": ["THERE", "127.0.0.1", self.port], "NOBODY": ["NOBODY", "127.0.0.1", free_port()]})
        self.mount.start()
        self.pacs = self.mount.path / "modalities" / "PACS"
        self.nobody = self.mount.path / "modalities" / "NOBODY"

    def write_config(self, modalities, **more):
        (self.folder / "store" / "dcmfs.json").write_text(json.dumps({"DicomModalities": modalities, "DicomScuTimeout": 10, **more}))

    def start_pacs(self, *options):
        pacs = Receiver(self.folder / "received", self.port, *options)
        self.addCleanup(pacs.stop)
        return pacs

    def store(self, count=5):
        """A series in the store; its .dcm files in the mount."""
        run(BIN / "dcmfs-import", "-q", self.mount.store, *small(self.source, count))
        self.assertTrue(wait_until(lambda: len(self.mount.files()) == count))
        return self.mount.files()

    def status(self, name="PACS"):
        return json.loads((self.mount.path / "modalities" / name / "status.json").read_text())

    def pending(self, name="PACS"):
        """What is not sent yet: an attempt may be under way."""
        status = self.status(name)
        return status["Queued"] + status["Sending"]

    def wait_for_sent(self, count, name="PACS"):
        self.assertTrue(wait_until(lambda: self.status(name)["Sent"] == count, PATIENCE), self.status(name))

    def outbox(self):
        folder = self.mount.store / "outbox"
        return sorted(p for p in folder.iterdir()) if folder.exists() else []

    def datasets(self, files):
        """Without the meta headers, which the receiver makes anew (PS3.10 7.1: their length stands first)."""
        def dataset(content):
            return content[144 + int.from_bytes(content[140:144], "little"):]
        return sorted(dataset(pathlib.Path(f).read_bytes()) for f in files)
