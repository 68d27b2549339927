"""Two dcmfs, of which one is the DICOMweb client of the other: what is large, and what is interrupted."""
import json
import os
import pathlib
import tempfile
import unittest

from query_peers import dicom_file, wait_until
from rest_peers import RestDaemon
from rest_server import RestServer, ask, phantom

MIB = 1 << 20
LARGE = 256 * MIB  # of one instance
MEMORY_MB_MAX = 64


class LargeInstances(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        self.there = self.server(folder / "there", {})
        self.here = self.server(folder / "here", {"DicomWeb": {"Servers": {"there": [self.there.url + "/dicom-web/"]}}})

    def server(self, folder, configuration):
        folder.mkdir()
        server = RestServer(folder, configuration).start()
        self.addCleanup(server.stop)
        return server

    def call(self, what, body):
        status, _, answer = ask(f"{self.here.url}/dicom-web/servers/there/{what}", "POST", json.dumps(body).encode(), timeout=300)
        self.assertEqual(200, status, answer)
        return json.loads(answer)

    def test_they_go_there_and_back_and_fill_no_memory(self):
        content = dicom_file(("0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.7"), ("0008,0018", "UI", "1.2.3.4"), ("0010,0020", "LO", "1"),
                             ("0020,000d", "UI", "1.2.3"), ("0020,000e", "UI", "1.2.3.3"),
                             ("7fe0,0010", "OB", os.urandom(MIB) * (LARGE // MIB)))
        status, _, told = ask(self.here.url + "/instances", "POST", content, timeout=300)
        self.assertEqual(200, status, told)
        stored = json.loads(told)
        before = [server.rss_mb() for server in (self.here, self.there)]

        self.assertEqual("1", self.call("stow", {"Resources": [stored["ParentStudy"]]})["InstancesCount"])
        ask(f"{self.here.url}/studies/{stored['ParentStudy']}", "DELETE")
        told = self.call("retrieve", {"Resources": [{"Study": "1.2.3"}]})

        self.assertEqual({"ReceivedInstancesCount": "1", "NetworkUsageMB": "256"}, told)
        grown = [server.rss_mb() - mb for server, mb in zip((self.here, self.there), before)]
        self.assertLess(max(grown), MEMORY_MB_MAX, "the file was in memory")
        _, _, back = ask(f"{self.here.url}/instances/{stored['ID']}/file", timeout=300)
        self.assertTrue(back == content, "other bytes")


class KilledJobs(unittest.TestCase):
    """The client is killed with SIGKILL in the middle of a job, and started again."""
    INSTANCES = 400

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        phantom(folder / "phantom", "--patients", "1", "--studies", "1", "--series", "1", "--modality", "CT", "--size", "128x128",
                "--instances", str(self.INSTANCES))
        self.files = {path.read_bytes() for path in (folder / "phantom").rglob("*.dcm")}
        self.assertEqual(self.INSTANCES, len(self.files))
        self.there = self.server(folder, "there")
        self.here = self.server(folder, "here", DicomWeb={"Servers": {"there": [f"http://127.0.0.1:{self.there.http}/dicom-web/"]}})

    def server(self, folder, name, **settings):
        server = RestDaemon(folder / name, **settings).start()
        self.addCleanup(server.stop)
        return server

    def fill(self, server):
        for content in self.files:
            server.post("/instances", content)
        return server.get("/studies")[0]

    def kill_in_the_middle(self, job, at_least):
        """Kills the client once the job has done something, unless it is over by then; begins it again and waits for its end."""
        wait_until(lambda: self.here.get(f"/jobs/{job}")["Progress"] >= at_least or self.over(job), 60)
        was_over = self.over(job)
        self.here.kill()
        self.here.start()
        self.assertTrue(wait_until(lambda: self.over(job), 60))
        told = self.here.get(f"/jobs/{job}")
        self.assertEqual("Success", told["State"], told)
        return was_over, told

    def over(self, job):
        return self.here.get(f"/jobs/{job}")["State"] in ("Success", "Failure")

    def stored_in(self, server):
        return {server.ask("GET", f"/instances/{each}/file")[1] for each in server.get("/instances")}

    def test_what_was_being_sent_arrives_whole(self):
        study = self.fill(self.here)
        job = self.here.post("/dicom-web/servers/there/stow", {"Resources": [study], "Synchronous": False})["ID"]
        was_over, told = self.kill_in_the_middle(job, 1)
        self.assertFalse(was_over, "nothing was interrupted")
        self.assertEqual(str(self.INSTANCES), str(told["Content"]["InstancesCount"]))
        self.assertEqual(self.files, self.stored_in(self.there))

    def test_what_was_being_fetched_is_here_whole(self):
        self.fill(self.there)
        uid = self.there.get("/studies?expand")[0]["MainDicomTags"]["StudyInstanceUID"]
        job = self.here.post("/dicom-web/servers/there/retrieve", {"Resources": [{"Study": uid}], "Synchronous": False})["ID"]
        wait_until(lambda: self.here.get("/statistics")["CountInstances"] > 10, 60)
        was_over, _ = self.kill_in_the_middle(job, 0)
        self.assertFalse(was_over, "nothing was interrupted")
        self.assertEqual(self.files, self.stored_in(self.here))


if __name__ == "__main__":
    unittest.main()
