"""C-STORE to dcmfs: DCMTK, GDCM and Orthanc send, kill -9 comes between, and gigabytes come in one piece."""
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

import dimse
from dimse import Association, Ended, read_file
from query_peers import OPEN, Daemon, Orthanc, element, free_port, is_listening

from mounted import Mount, manifest, need, phantom, run, small, wait_until, SHARED  # noqa: I100 (query_peers finds it)
from stored import Instances, check

SUCCESS, DUPLICATE = 0x0000, 0x0111
CT = "1.2.840.10008.5.1.4.1.1.2"
DICOMDIR = "1.2.840.10008.1.3.10"
HEAP_MAX = 64 << 20

# What storescu proposes by which option.
PROPOSALS = {
    "-xe": dimse.EXPLICIT, "-xb": dimse.BIG, "-xi": dimse.IMPLICIT, "-xd": dimse.DEFLATED, "-xr": "1.2.840.10008.1.2.5",
    "-xs": "1.2.840.10008.1.2.4.70", "-xy": "1.2.840.10008.1.2.4.50", "-xx": "1.2.840.10008.1.2.4.51",
    "-xv": "1.2.840.10008.1.2.4.90", "-xw": "1.2.840.10008.1.2.4.91", "-xt": "1.2.840.10008.1.2.4.80",
    "-xu": "1.2.840.10008.1.2.4.81", "-xm": "1.2.840.10008.1.2.4.100", "-xn": "1.2.840.10008.1.2.4.102"}


class StoreTest(unittest.TestCase):
    settings = {}

    def setUp(self):
        need("storescu")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.node = Daemon(self.folder, **self.settings).start()
        self.addCleanup(self.node.stop)

    def stored(self, node=None):
        """What is stored, by SOP Instance UID."""
        files = (read_file(path) for path in ((node or self.node).store / "blobs").rglob("*.dcm"))
        return {file.sop_instance: file for file in files}

    def storescu(self, *arguments, **options):
        return run("storescu", "-aec", "DCMFS", *arguments[:-1], "127.0.0.1", self.node.port, *arguments[-1], **options)

    def assert_stored(self, files, calling):
        stored = self.stored()
        self.assertEqual(sorted(stored), sorted(file.sop_instance for file in files))
        for file in files:
            found = stored[file.sop_instance]
            self.assertEqual((found.kind, found.calling), (file.kind, calling), file.path)
            self.assertEqual(found.dataset, file.dataset, file.path)


def shared_files():
    """The good ones of the shared data that can be sent as they are."""
    files = [read_file(SHARED / row["path"]) for row in manifest() if not row["path"].startswith("bad/")]
    good = [file for file in files if file and file.sop_class != DICOMDIR]
    return good, len(files) - len(good)


class SharedData(StoreTest):
    def test_every_file_is_stored_byte_for_byte(self):
        files, left_out = shared_files()
        self.assertLess(left_out, len(files) // 20)
        # Many are one instance in several transfer syntaxes: in each round a store has one of them.
        rounds = collections.defaultdict(list)
        seen = collections.Counter()
        for file in files:
            rounds[seen[file.sop_instance]].append(file)
            seen[file.sop_instance] += 1
        for number, chosen in rounds.items():
            folder = self.folder / str(number)
            folder.mkdir()
            node = Daemon(folder).start()
            try:
                self.send(node, chosen)
            finally:
                node.stop()
            stored = self.stored(node)
            for file in chosen:
                found = stored[file.sop_instance]
                self.assertEqual(found.kind, file.kind, file.path)
                self.assertEqual(found.dataset, file.dataset, file.path)
            check(node.store)
            shutil.rmtree(folder)

    def send(self, node, files):
        kinds = sorted({file.kind for file in files})
        for first in range(0, len(kinds), dimse.CONTEXTS_MAX):
            proposed = kinds[first:first + dimse.CONTEXTS_MAX]
            association = Association(node.port, proposed)
            for file in files:
                if file.kind in proposed:
                    self.assertEqual(association.store(file), SUCCESS, file.path)
            association.release()

    def test_storescu_sends_what_it_can_in_every_transfer_syntax(self):
        # DCMTK cuts longer UIDs off, and does not take all that is in structure/ for DICOM.
        files = [file for file in shared_files()[0]
                 if len(file.sop_instance) <= 64 and "structure" not in file.path.parts]
        sent = {}  # one variant of each instance, the rarer transfer syntaxes first
        for option, syntax in sorted(PROPOSALS.items(), key=lambda each: sum(f.syntax == each[1] for f in files)):
            chosen = {file.sop_instance: file for file in files
                      if file.syntax == syntax and file.sop_instance not in sent}
            self.assertTrue(chosen, syntax)
            chosen = dict(list(chosen.items())[:10])
            self.storescu("-R", option, [file.path for file in chosen.values()])
            sent.update(chosen)
        stored = self.stored()
        self.assertEqual({uid: file.kind for uid, file in sent.items()}, {uid: file.kind for uid, file in stored.items()})


class Peers(StoreTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.folder / "source", 20)

    def test_storescu_and_dcmsend(self):
        self.storescu("-aet", "SCU", self.files[:10])
        run("dcmsend", "-aec", "DCMFS", "-aet", "SCU", "127.0.0.1", self.node.port, *self.files[10:])

        self.assert_stored([read_file(path) for path in self.files], "SCU")

    def test_a_second_time_is_a_success_and_other_bytes_are_not(self):
        files = [read_file(path) for path in self.files]
        association = Association(self.node.port, [files[0].kind])
        for file in files + files:
            self.assertEqual(association.store(file), SUCCESS)
        other = files[0]
        other.dataset = other.dataset[:-1] + bytes([other.dataset[-1] ^ 1])
        self.assertEqual(association.store(other), DUPLICATE)
        association.release()
        self.assertEqual(len(self.stored()), len(files))

    def test_converting_does_not_hurt(self):
        # With +C one context has several transfer syntaxes, and the first is taken.
        for option in ("-xb", "-xi", "-xd"):
            node_folder = self.folder / option
            node_folder.mkdir()
            node = Daemon(node_folder).start()
            self.addCleanup(node.stop)
            run("storescu", "+C", option, "127.0.0.1", node.port, *self.files)
            syntaxes = {file.syntax for file in self.stored(node).values()}
            self.assertEqual(syntaxes, {PROPOSALS[option]})

    def test_small_and_large_pdus(self):
        self.storescu("-pdu", "4096", "--max-send-pdu", "4096", self.files[:10])
        self.storescu("-pdu", "131072", self.files[10:])
        self.assertEqual(len(self.stored()), len(self.files))

    def test_gdcmscu(self):
        need("gdcmscu")
        if "ProtocolStream" in run("gdcmscu", "--echo", "127.0.0.1", self.node.port, check=False).stderr:
            self.skipTest("this gdcmscu cannot even send a C-ECHO, to whomever")
        run("gdcmscu", "--store", "--call", "DCMFS", "127.0.0.1", self.node.port, *(self.files[:5]))
        self.assertEqual(len(self.stored()), 5)

    def test_echoscu_with_all_that_it_can_propose(self):
        run("echoscu", "-pts", "38", "-ppc", "128", "--repeat", "20", "127.0.0.1", self.node.port)
        run("echoscu", "--abort", "127.0.0.1", self.node.port)

    def test_termscu_ends_nothing(self):
        run("termscu", "127.0.0.1", self.node.port, check=False)
        run("echoscu", "127.0.0.1", self.node.port)

    def test_an_aborted_association_keeps_what_was_answered(self):
        self.storescu("--abort", self.files)
        self.assertEqual(len(self.stored()), len(self.files))

    def test_orthanc_sends(self):
        orthanc = Orthanc(self.folder)
        orthanc.start()
        self.addCleanup(orthanc.stop)
        orthanc.load(self.files)
        url = f"http://127.0.0.1:{orthanc.http}"
        node = json.dumps({"AET": "DCMFS", "Host": "127.0.0.1", "Port": self.node.port}).encode()
        urllib.request.urlopen(urllib.request.Request(url + "/modalities/dcmfs", node, method="PUT"), timeout=30).read()
        ids = json.load(urllib.request.urlopen(url + "/patients", timeout=30))
        answer = urllib.request.urlopen(url + "/modalities/dcmfs/store", json.dumps(ids).encode(), timeout=60)
        self.assertEqual(json.load(answer)["FailedInstancesCount"], 0)
        self.assert_stored([read_file(path) for path in self.files], "ORTHANC")


class Known(StoreTest):
    settings = {"DicomAlwaysAllowStore": False, "RejectedSopClasses": ["1.2.840.10008.5.1.4.1.1.4"],
                "DicomModalities": {"ct": ["CT1", "127.0.0.1", 104], "shy": {"AET": "CT2", "Host": "h", "Port": 104,
                                                                             "AllowStore": False}}}

    def test_only_who_is_known_may_store(self):
        files = small(self.folder / "source", 1)
        self.storescu("-aet", "ct1", files)
        for title in ("CT2", "STRANGER"):
            refused = self.storescu("-aet", title, files, check=False)
            self.assertNotEqual(refused.returncode, 0, title)
            run("echoscu", "-aet", title, "127.0.0.1", self.node.port)

    def test_what_is_rejected_is_not_stored(self):
        files = small(self.folder / "source", 1, "--modality", "MR")
        self.assertNotEqual(self.storescu("-aet", "CT1", files, check=False).returncode, 0)


class KnownByAddress(StoreTest):
    settings = {**dict.fromkeys(OPEN, False), "DicomAlwaysAllowStore": False, "DicomAlwaysAllowEcho": False,
                "DicomCheckModalityHost": True,
                "DicomModalities": {"here": ["CT1", "localhost", 104], "there": ["CT2", "192.0.2.1", 104]}}

    def test_a_title_from_another_address_is_rejected(self):
        run("echoscu", "-aet", "CT1", "127.0.0.1", self.node.port)
        self.assertNotEqual(run("echoscu", "-aet", "CT2", "127.0.0.1", self.node.port, check=False).returncode, 0)
        with self.assertRaisesRegex(Ended, "rejected"):
            Association(self.node.port, [(CT, dimse.EXPLICIT)], calling="CT2")


class Large(StoreTest):
    """By default 512 MiB; DCMFS_LARGE_MIB asks for more."""
    mib = 512

    def test_memory_does_not_grow_with_what_is_received(self):
        mib = int(os.environ.get("DCMFS_LARGE_MIB", self.mib))
        if shutil.disk_usage(self.folder).free < (mib << 20) * 2:
            self.skipTest("not enough room on the disk")
        rows, columns = 1024, 512
        frames = mib
        head = b"".join(element(*e) for e in [
            ("0008,0016", "UI", CT), ("0008,0018", "UI", "1.2.3.4"), ("0008,0060", "CS", "CT"), ("0010,0010", "PN", "BIG^ONE"),
            ("0010,0020", "LO", "1"), ("0020,000d", "UI", "1.2.3"), ("0020,000e", "UI", "1.2.3.1"),
            ("0028,0002", "US", b"\1\0"), ("0028,0004", "CS", "MONOCHROME2"), ("0028,0008", "IS", str(frames)),
            ("0028,0010", "US", rows.to_bytes(2, "little")), ("0028,0011", "US", columns.to_bytes(2, "little")),
            ("0028,0100", "US", b"\x10\0"), ("0028,0101", "US", b"\x10\0"), ("0028,0102", "US", b"\x0f\0"),
            ("0028,0103", "US", b"\0\0")])
        # One bulk value cannot be longer than 4 GiB (PS3.5 7.1.1): the rest goes to another one.
        length = min(mib << 20, 0xFFFFFFFE)
        head += b"\xe0\x7f\x10\0OW\0\0" + length.to_bytes(4, "little")
        heap, done = [0], threading.Event()

        def watch():
            while not done.is_set():
                heap[0] = max(heap[0], self.anonymous_memory())
                time.sleep(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            association = Association(self.node.port, [(CT, dimse.EXPLICIT)], timeout=600)
            begun = time.monotonic()
            status = association.store_holes(head, length, CT, "1.2.3.4")
            took = time.monotonic() - begun
        finally:
            done.set()
            watcher.join()
        association.release()
        print(f"{mib} MiB in {took:.1f} s, heap {heap[0] >> 20} MiB", flush=True)
        self.assertEqual(status, SUCCESS)
        self.assertLess(heap[0], HEAP_MAX)

    def anonymous_memory(self):
        status = pathlib.Path(f"/proc/{self.node.process.pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("RssAnon"))


class Killed(unittest.TestCase):
    rounds, senders = 50, 4

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.port = free_port()
        self.mount = Mount(self.folder / "store", self.folder / "mnt", "--dicom-port", str(self.port)).start()
        self.addCleanup(self.mount.stop)
        self.instances = Instances(self.folder / "like")
        self.next, self.lock = 0, threading.Lock()
        self.seed = random.randrange(1 << 30)
        self.chance = random.Random(self.seed)
        print(f"{self.id()}: seed {self.seed}", flush=True)

    def instance(self, number):
        path = self.folder / f"{threading.get_ident()}.dcm"
        path.write_bytes(self.instances.bytes(number))
        return read_file(path)

    def number(self):
        with self.lock:
            self.next += 1
            return self.next

    # Until the daemon is gone.
    def send(self, answered):
        try:
            with Association(self.port, [self.instance(0).kind], timeout=20) as association:
                while True:
                    number = self.number()
                    if association.store(self.instance(number)) == SUCCESS:
                        answered.append(number)
        except (Ended, OSError):
            pass

    def read(self, number):
        try:
            path = self.mount.path / "instances" / (self.instances.uid_of(number) + ".dcm")
            copy = self.folder / "copy.dcm"
            copy.write_bytes(path.read_bytes())
            return read_file(copy).dataset
        except FileNotFoundError:
            return None

    def assert_there(self, numbers, when):
        for number in numbers:
            if self.read(number) != self.instance(number).dataset:
                self.fail(f"seed {self.seed}, {when}: {number} was answered 0000 and is not there")

    def test_what_was_answered_is_there(self):
        need("fusermount3")
        answered = []
        for round_ in range(self.rounds):
            self.assertTrue(wait_until(lambda: is_listening(self.port)))
            of_each = [[] for _ in range(self.senders)]
            senders = [threading.Thread(target=self.send, args=(mine,)) for mine in of_each]
            for sender in senders:
                sender.start()
            time.sleep(self.chance.uniform(0.02, 0.3))  # the random moment
            self.mount.die()
            for sender in senders:
                sender.join()
            told = sum(of_each, [])
            answered += told
            self.mount.start()
            self.assert_there(told, f"round {round_}")
        self.assertGreater(len(answered), self.rounds, "the test did not get far")
        self.assert_there(self.chance.sample(answered, min(500, len(answered))), "in the end")
        self.mount.stop()
        check(self.mount.store)
        print(f"{len(answered)} of {self.next} were answered", flush=True)


if __name__ == "__main__":
    unittest.main()
