"""A day in a hospital: everybody sends, asks and fetches at the same time, and in the evening all is where it should be.

It lasts DCMFS_DAY_SECONDS; a number of minutes says more than the default.
"""
import collections
import hashlib
import itertools
import json
import os
import pathlib
import re
import statistics
import tempfile
import threading
import time
import unittest

from dimse import Association, elements, read_file, uid
from query_peers import findscu
from retrieve_peers import OrthancPeer, dataset, datasets, retrieve

from mounted import BIN, Mount, need, phantom, run, wait_until  # noqa: I100 (query_peers finds it)
from sending import Receiver, free_port
from stored import Instances, check

SECONDS = float(os.environ.get("DCMFS_DAY_SECONDS", "20"))
ASSOCIATIONS = 4   # of each sender
BATCH = 25         # instances of an association
EVENING = 120      # seconds in which what is queued has to be sent
# Beside the pages of the index, of which SQLite keeps what it has written, up to 64 MiB.
MEMORY_GROWTH_MAX = 8 << 20
DESCRIPTOR_GROWTH_MAX = 8
# Up to 16 connections to the index stay for who reads next, of two descriptors each.
DESCRIPTORS_KEPT_MAX = 2 * 16 + DESCRIPTOR_GROWTH_MAX
START = re.compile(r"^info: (mounted at|ready: |DICOM: \S+ listens)")


PATIENT_ID, STUDY, SERIES, SOP_INSTANCE = (0x10, 0x20), (0x20, 0x0d), (0x20, 0x0e), (0x08, 0x18)


def value(path, tag):
    """Of a file of dcmfs-phantom, which is uncompressed."""
    file = read_file(path)
    return next(uid(found) for at, found in elements(file.dataset, file.syntax) if at == tag).strip()


def digest(file):
    return file.kind, file.calling, hashlib.sha256(file.dataset).hexdigest()


class Sender:
    """Sends instances of its own until the day is over; what it sent, by SOP Instance UID."""

    def __init__(self, folder, title, port, seed):
        self.folder, self.title, self.port = folder / title, title, port
        self.folder.mkdir()
        self.instances = Instances(self.folder / "like", "--seed", str(seed), size="96x96")
        self.numbers, self.lock = itertools.count(1), threading.Lock()
        self.sent = {}

    def batch(self, folder):
        """Files in that folder, which is emptied before."""
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        with self.lock:
            numbers = list(itertools.islice(self.numbers, BATCH))
        return [read_file(path) for path in self.instances.write(folder, numbers)]

    def note(self, files):
        with self.lock:
            for file in files:
                file.calling = self.title
                self.sent[file.sop_instance] = digest(file)

    def work(self, is_over):
        threads = [Worker(self.send, self.folder / str(n), is_over) for n in range(ASSOCIATIONS)]
        for thread in threads:
            thread.finish()

    def send(self, folder, is_over):
        while not is_over():
            files = self.batch(folder)
            self.send_files(files)
            self.note(files)


class Storescu(Sender):
    def send_files(self, files):
        run("storescu", "-aet", self.title, "-aec", "DCMFS", "127.0.0.1", self.port, *(file.path for file in files))


class OurOwn(Sender):
    def send_files(self, files):
        with Association(self.port, {file.kind for file in files}, calling=self.title) as association:
            for file in files:
                status = association.store(file)
                if status != 0:
                    raise AssertionError(f"{self.title}: a C-STORE was answered {status:04x}")
            association.release()


class AnotherDcmfs(Sender):
    """What is imported there is routed to the node, over as many associations at a time. A backlog ends with the day."""
    backlog_max = 2 * ASSOCIATIONS * BATCH

    def __init__(self, folder, title, port, seed):
        super().__init__(folder, title, port, seed)
        self.mount = mount_with(self.folder, 0, {
            "DicomAet": title, "DicomRoutes": {"all": {"To": "HOSPITAL"}},
            "DicomModalities": {"HOSPITAL": {"AET": "DCMFS", "Host": "127.0.0.1", "Port": port,
                                             "Associations": ASSOCIATIONS}}})

    def send_files(self, files):
        run(BIN / "dcmfs-import", "-q", self.mount.store, *(file.path for file in files))
        wait_until(lambda: pending(self.mount, "HOSPITAL") < self.backlog_max, EVENING)


class Worker(threading.Thread):
    """A thread whose failure is that of the test."""

    def __init__(self, work, *arguments):
        super().__init__()
        self.work, self.arguments, self.failure = work, arguments, None
        self.start()

    def run(self):
        try:
            self.work(*self.arguments)
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def finish(self):
        self.join()
        if self.failure is not None:
            raise self.failure


class Watch:
    """What the daemon of a mount needs, from now on: a sample for each half second."""

    def __init__(self, mount):
        self.proc, self.index = pathlib.Path(f"/proc/{mount.process.pid}"), mount.store / "index.db"
        self.samples, self.done = [], threading.Event()
        self.before = self.descriptors()
        self.worker = Worker(self.work)

    def descriptors(self):
        return len(list((self.proc / "fd").iterdir()))

    def work(self):
        while not self.done.wait(0.5):
            memory = dict(re.findall(r"^(VmRSS|RssAnon):\s*(\d+) kB", (self.proc / "status").read_text(), re.MULTILINE))
            self.samples.append((int(memory["VmRSS"]) << 10, int(memory["RssAnon"]) << 10, self.index.stat().st_size,
                                 self.descriptors()))

    def finish(self):
        self.done.set()
        self.worker.finish()
        self.rss, self.anon, self.indexed, self.open = zip(*self.samples)

    @staticmethod
    def growth(samples):
        """From the second quarter to the last."""
        quarter = len(samples) // 4
        return statistics.median(samples[-quarter:]) - statistics.median(samples[quarter:2 * quarter])


def mount_with(folder, port, settings):
    store = folder / "store"
    store.mkdir(mode=0o700)
    (store / "dcmfs.json").write_text(json.dumps(settings))
    return Mount(store, folder / "mnt", "--dicom-port", str(port))


def status(mount, name):
    return json.loads((mount.path / "modalities" / name / "status.json").read_text())


def pending(mount, name):
    now = status(mount, name)
    return now["Queued"] + now["Sending"]


class Day(unittest.TestCase):
    aet = "DCMFS"

    def setUp(self):
        need("storescu", "findscu", "movescu", "storescp", "Orthanc", "fusermount3")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.port, archive_port = free_port(), free_port()
        # Of two patients there are images from before: those of one are moved, those of the other are sent.
        history = phantom(self.folder / "history", "--patients", "2", "--studies", "1", "--series", "6", "--instances", "20",
                          "--size", "96x96")
        self.of_patient = collections.defaultdict(list)
        for path in history:
            self.of_patient[value(path, PATIENT_ID)].append(path)
        (self.moved, self.moved_files), (self.copied, self.copied_files) = sorted(self.of_patient.items())

        self.orthanc = OrthancPeer(self.folder)
        self.archive = Receiver(self.folder / "archive", archive_port, "-uf")
        self.addCleanup(self.archive.stop)
        self.mount = mount_with(self.folder, self.port, {
            "DicomModalities": {"ARCHIVE": ["THERE", "127.0.0.1", archive_port],
                                "ORTHANC": ["ORTHANC", "127.0.0.1", self.orthanc.port],
                                "WORKSTATION": {"AET": "WORKSTATION", "Host": "127.0.0.1", "Port": 104}}})
        run(BIN / "dcmfs-import", "-q", self.mount.store, self.folder / "history")
        self.orthanc.start(DicomModalities={"dcmfs": ["DCMFS", "127.0.0.1", self.port]})
        self.addCleanup(self.orthanc.stop)
        self.senders = [kind(self.folder, title, self.port, seed) for seed, (title, kind) in
                        enumerate({"CT1": Storescu, "MR1": OurOwn, "GATEWAY": AnotherDcmfs}.items(), 100)]
        self.gateway = self.senders[-1].mount
        for mount in self.mount, self.gateway:
            mount.start()
            self.addCleanup(mount.stop)
        self.end, self.queries = 0, 0

    def is_over(self):
        return time.monotonic() >= self.end

    def spread(self, items, action):
        """Over the day, the first at its beginning."""
        for n, item in enumerate(items):
            action(item)
            time.sleep(max(0, self.end - time.monotonic()) / (len(items) - n))

    # The workstation knows what must be found, whatever else arrives meanwhile.
    def query(self):
        count = {"0020,1208": str(len(self.moved_files)).encode()}
        while not self.is_over():
            answers = findscu(self, "-S", "-aet", "WORKSTATION", keys=[
                "QueryRetrieveLevel=STUDY", f"PatientID={self.moved}", "StudyInstanceUID", "NumberOfStudyRelatedInstances"])
            self.assertEqual([{tag: answer[tag] for tag in count} for answer in answers], [count])
            answers = findscu(self, "-P", "-aet", "WORKSTATION", keys=["QueryRetrieveLevel=PATIENT", "PatientID=*", "PatientName"])
            self.assertTrue({self.moved, self.copied} <= {answer["0010,0020"].decode() for answer in answers})
            self.queries += 2

    def move(self, series):
        retrieve("movescu", self, "-S", "-aet", "WORKSTATION", "-aem", "ORTHANC", keys=[
            "QueryRetrieveLevel=SERIES", f"StudyInstanceUID={value(self.moved_files[0], STUDY)}",
            f"SeriesInstanceUID={series}"])

    def copy(self, folder):
        run("cp", "-r", folder, self.mount.path / "modalities" / "ARCHIVE")

    def folders_of_copied(self):
        uids = {value(path, SOP_INSTANCE) for path in self.copied_files}
        by_folder = collections.Counter(path.parent for path in self.mount.files() if value(path, SOP_INSTANCE) in uids)
        self.assertEqual(sum(by_folder.values()), len(uids))
        return sorted(by_folder)

    def test_everything_at_once(self):
        folders = self.folders_of_copied()
        series = sorted({value(path, SERIES) for path in self.moved_files})
        watch = Watch(self.mount)
        began = time.monotonic()
        self.end = began + SECONDS
        workers = [Worker(sender.work, self.is_over) for sender in self.senders]
        workers += [Worker(self.query), Worker(self.spread, series, self.move), Worker(self.spread, folders, self.copy)]
        for worker in workers:
            worker.finish()
        took = time.monotonic() - began
        watch.finish()
        for mount, name in ((self.mount, "ARCHIVE"), (self.gateway, "HOSPITAL")):
            self.assertTrue(wait_until(lambda: pending(mount, name) == 0, EVENING), status(mount, name))
        evening = time.monotonic() - began - took

        total = sum(len(sender.sent) for sender in self.senders)
        print(f"{took:.0f} + {evening:.0f} s: " + ", ".join(f"{sender.title} {len(sender.sent)}" for sender in self.senders) +
              f" instances; {self.queries} queries; RSS at most {max(watch.rss) >> 20} MiB, without files at most "
              f"{max(watch.anon) >> 20}, {watch.growth(watch.anon) / (1 << 20):+.1f} MiB with "
              f"{watch.growth(watch.indexed) / (1 << 20):+.1f} of the index; descriptors at most {max(watch.open)}",
              flush=True)
        self.assert_all_is_there()
        self.assert_nothing_was_sent_twice()
        self.assertGreater(total, 3 * ASSOCIATIONS * BATCH)
        self.assertGreater(self.queries, 2)
        self.assertLess(watch.growth(watch.anon) - watch.growth(watch.indexed), MEMORY_GROWTH_MAX)
        self.assertLess(watch.growth(watch.open), DESCRIPTOR_GROWTH_MAX)
        self.assertTrue(wait_until(lambda: watch.descriptors() < watch.before + DESCRIPTORS_KEPT_MAX, 30),
                        (watch.before, watch.descriptors()))
        self.assert_nobody_complained()
        check(self.mount.store)

    def assert_all_is_there(self):
        expected = {path.read_bytes() for path in self.moved_files + self.copied_files}
        sent = {uid: what for sender in self.senders for uid, what in sender.sent.items()}
        found = {}
        for path in (self.mount.store / "blobs").rglob("*.dcm"):
            content = path.read_bytes()
            if content in expected:
                expected.remove(content)
                continue
            file = read_file(path)
            self.assertNotIn(file.sop_instance, found)
            found[file.sop_instance] = digest(file)
        self.assertEqual(len(expected), 0, "imported before, and not there any more")
        self.assertEqual(len(found), len(sent))
        self.assertEqual({uid: (what, sent.get(uid)) for uid, what in found.items() if sent.get(uid) != what}, {})
        self.assertEqual(sorted(self.orthanc.files()), sorted(dataset(path) for path in self.moved_files))
        self.assertEqual(datasets(self.archive.folder), sorted(dataset(path) for path in self.copied_files))

    # The archive gives each arrival a file of its own.
    def assert_nothing_was_sent_twice(self):
        for mount, name, count in ((self.mount, "ARCHIVE", len(self.copied_files)),
                                   (self.gateway, "HOSPITAL", len(self.senders[-1].sent))):
            now = status(mount, name)
            self.assertEqual((now["Sent"], now["Failed"], now["Queued"], now["Sending"]), (count, 0, 0, 0), name)
        self.assertEqual(len(self.archive.files()), len(self.copied_files))

    def assert_nobody_complained(self):
        for mount in self.mount, self.gateway:
            lines = (mount.store.parent / "daemon.log").read_text().splitlines()
            self.assertEqual([line for line in lines if not START.match(line)], [])


if __name__ == "__main__":
    unittest.main()
