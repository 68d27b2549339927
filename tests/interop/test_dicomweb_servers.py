"""Two dcmfs, of which one is the DICOMweb client of the other: what is large."""
import json
import os
import pathlib
import tempfile
import unittest

from query_peers import dicom_file
from rest_server import RestServer, ask

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


if __name__ == "__main__":
    unittest.main()
