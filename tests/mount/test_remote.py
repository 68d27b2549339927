"""modalities/NAME/find/ and retrieve/: what another node has, and fetching it."""
import errno
import json
import os
import subprocess
import unittest

from mounted import BIN, need, run, small, wait_until
from sending import PATIENCE, ModalitiesTest, free_port


class Remote(ModalitiesTest):
    """find/ and retrieve/, with DCMTK's dcmqrscp as the peer."""
    peer_options = ()
    hosts = ""

    def setUp(self):
        need("dcmqrscp", "dcmqridx")
        super().setUp()
        # Two studies of two patients.
        phantom = small(self.source, 3, size="64x64")
        other = small(self.folder / "other", 2, "--seed", "4711")
        archive = self.folder / "archive"
        archive.mkdir()
        for n, file in enumerate([*phantom, *other]):
            (archive / f"{n}.dcm").write_bytes(file.read_bytes())
        self.files = sorted(archive.iterdir())
        run("dcmqridx", archive, *self.files)
        config = self.folder / "dcmqrscp.cfg"
        config.write_text(f"NetworkTCPPort = {self.port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
                          f"HostTable BEGIN\n{self.hosts}HostTable END\nVendorTable BEGIN\nVendorTable END\n"
                          f"AETable BEGIN\nTHERE {archive} RW (200, 1024mb) ANY\nAETable END\n")
        process = subprocess.Popen(["dcmqrscp", "-q", *self.peer_options, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(wait_until(lambda: run(BIN / "dcmfs-echo", "-q", f"127.0.0.1:{self.port}/THERE",
                                               check=False).returncode == 0, 20))
        self.find = self.pacs / "find"

    def studies(self, *conditions):
        return sorted(self.find.joinpath(*conditions).iterdir())

    def test_studies_are_found(self):
        self.assertEqual([], os.listdir(self.find))
        found = self.studies("PatientName=*")
        self.assertGreaterEqual(len(found), 1)
        for path in found:
            content = path.read_text()
            self.assertEqual(path.stat().st_size, len(content.encode()))
            study = json.loads(content)
            again = self.studies("StudyInstanceUID=" + study["StudyInstanceUID"])
            self.assertEqual([path.name], [p.name for p in again])
        self.assertEqual([], self.studies("PatientID=nobody"))
        self.assertEqual(found, [self.find / "PatientName=*" / p.name for p in self.studies("PatientName=*", "StudyDate=19000101-")])
        with self.assertRaises(FileNotFoundError):
            os.listdir(self.find / "PatientNam=DOE")

    def test_a_study_that_is_copied_to_retrieve_is_fetched(self):
        study = self.studies("PatientName=*")[0]
        uid = json.loads(study.read_text())["StudyInstanceUID"]
        wanted = [f for f in self.files if uid.encode() in f.read_bytes()]
        run("cp", study, self.pacs / "retrieve")
        self.assertTrue(wait_until(lambda: len(self.mount.files()) == len(wanted), PATIENCE), self.status())
        self.assertEqual(self.datasets(wanted), self.datasets(self.mount.files()))
        self.assertTrue(wait_until(lambda: self.status()["RetrievingStudies"] == 0))
        self.assertEqual(len(wanted), self.status()["RetrievedInstances"])

    def test_a_folder_named_by_a_uid_has_the_study_fetched(self):
        uid = json.loads(self.studies("PatientName=*")[0].read_text())["StudyInstanceUID"]
        os.mkdir(self.pacs / "retrieve" / uid)
        self.assertTrue(wait_until(self.mount.files, PATIENCE), self.status())
        self.assertTrue(wait_until(lambda: self.status()["RetrievingStudies"] == 0))

    def test_what_cannot_be_fetched_is_told(self):
        with self.assertRaises(OSError) as caught:
            os.mkdir(self.pacs / "retrieve" / "study")
        self.assertEqual(errno.EINVAL, caught.exception.errno)
        os.mkdir(self.pacs / "retrieve" / "1.2.3.4")
        self.assertTrue(wait_until(lambda: self.status()["RetrievingStudies"] == 0, PATIENCE))
        self.assertIn("no such study", self.status()["LastRetrieveError"])

    def test_a_peer_that_is_not_there(self):
        with self.assertRaises(OSError) as caught:
            os.listdir(self.nobody / "find" / "PatientName=*")
        self.assertEqual(errno.EIO, caught.exception.errno)
        os.mkdir(self.nobody / "retrieve" / "1.2.3.4")  # it is tried again, also after a restart
        self.mount.kill()
        self.mount.start()
        self.assertEqual(1, self.status("NOBODY")["RetrievingStudies"])


class RemoteMove(Remote):
    """The same with a peer that has no C-GET: it sends to the port of this node."""
    own_port = free_port()
    options = ("--dicom-port", str(own_port))
    peer_options = ("--disable-get",)
    hosts = f"us = (DCMFS, 127.0.0.1, {own_port})\n"


if __name__ == "__main__":
    unittest.main()
