"""Storage commitment between dcmfs and Debian's Orthanc, which asks us and takes our report on another association."""
import pathlib
import tempfile
import unittest

from query_peers import BIN, Daemon, free_port, need, run, wait_until
from retrieve_peers import OrthancPeer, value
from mounted import phantom

NO_SUCH_INSTANCE, CLASS_INSTANCE_CONFLICT = 0x0112, 0x0119  # PS3.3 C.14.1.1


class Commitment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("Orthanc", "dcmdump")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.files = phantom(cls.folder / "phantom", "--patients", "1", "--studies", "1", "--series", "1",
                            "--instances", "4", "--size", "64x64")
        cls.references = [[value(path, "SOPClassUID"), value(path, "SOPInstanceUID")] for path in cls.files]
        cls.node = Daemon(cls.folder)
        cls.orthanc = OrthancPeer(cls.folder)
        cls.node.settings = {"DicomModalities": {"orthanc": {
            "AET": cls.orthanc.aet, "Host": "127.0.0.1", "Port": cls.orthanc.port, "StorageCommitment": True}}}
        # One that looks for it where nobody listens.
        (cls.folder / "moved").mkdir()
        cls.moved = Daemon(cls.folder / "moved", DicomModalities={"orthanc": [cls.orthanc.aet, "127.0.0.1", free_port()]})
        for node in (cls.node, cls.moved):
            node.load(cls.files[:3])
            node.start()
            cls.addClassCleanup(node.stop)
        cls.orthanc.start(DicomModalities={name: [node.aet, "127.0.0.1", node.port]
                                           for name, node in (("dcmfs", cls.node), ("moved", cls.moved))})
        cls.addClassCleanup(cls.orthanc.stop)

    def ask(self, references, node="dcmfs"):
        """Starts a transaction; the answer is where its report will be."""
        return self.orthanc.ask(f"/modalities/{node}/storage-commitment", {"DicomInstances": references})["Path"]

    def report(self, path):
        self.assertTrue(wait_until(lambda: self.orthanc.ask(path)["Status"] != "Pending", 60), self.node.log_text())
        return self.orthanc.ask(path)

    def test_all_are_committed(self):
        report = self.report(self.ask(self.references[:3]))
        self.assertEqual((report["Status"], report["RemoteAET"]), ("Success", self.node.aet))
        self.assertEqual(sorted(one["SOPInstanceUID"] for one in report["Success"]),
                         sorted(instance for _, instance in self.references[:3]))
        self.assertEqual(report["Failures"], [])

    def test_each_failure_has_its_reason(self):
        other_class = ["1.2.840.10008.5.1.4.1.1.88.11", self.references[1][1]]
        report = self.report(self.ask([self.references[0], self.references[3], other_class]))
        self.assertEqual(report["Status"], "Failure")
        self.assertEqual([one["SOPInstanceUID"] for one in report["Success"]], [self.references[0][1]])
        reasons = {one["SOPInstanceUID"]: one["FailureReason"] for one in report["Failures"]}
        self.assertEqual(reasons, {self.references[3][1]: NO_SUCH_INSTANCE, other_class[1]: CLASS_INSTANCE_CONFLICT})

    def test_a_report_survives_a_kill(self):
        """Of a peer that was not where its report was brought, through kill -9."""
        path = self.ask(self.references[:1], "moved")
        self.assertTrue(wait_until(lambda: "could not be reported" in self.moved.log_text(), 60), self.moved.log_text())
        self.moved.process.kill()
        self.moved.process.wait()
        self.moved.settings = self.node.settings
        self.moved.start()
        self.assertEqual(self.report(path)["Status"], "Success")

    def test_orthanc_commits_to_what_it_is_sent(self):
        """Its report comes on an association that it requests."""
        run(BIN / "dcmfs-send", "-q", self.node.store, "orthanc", "Modality=*")
        self.assertEqual(len(self.orthanc.ask("/instances")), 3)


if __name__ == "__main__":
    unittest.main()
