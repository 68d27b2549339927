"""DICOMweb with Debian's Orthanc and its DICOMweb plugin: each is the other's client."""
import hashlib
import json
import pathlib
import tempfile
import unittest

from query_peers import free_port
from rest_peers import RestDaemon, RestOrthanc
from mounted import SHARED, manifest, phantom, wait_until

def digest(content):
    return hashlib.sha256(content).hexdigest()


PLUGIN = pathlib.Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


class WithPlugin(unittest.TestCase):
    """A dcmfs and an Orthanc, which know each other as "there"."""

    def setUp(self):
        if not PLUGIN.exists():
            self.skipTest("orthanc-dicomweb is not installed")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.orthanc, self.rest = RestOrthanc(self.folder), RestDaemon(self.folder)
        self.orthanc.settings = {"Plugins": [str(PLUGIN)], "OverwriteInstances": False,
                                 "DicomWeb": {"Enable": True, "Servers": {"there": {
                                     "Url": f"http://127.0.0.1:{self.rest.http}/dicom-web/", "HasWadoRsUniversalTransferSyntax": True}}}}
        self.rest.settings = {"DicomWeb": {"Servers": {"there": [f"http://127.0.0.1:{self.orthanc.http}/dicom-web/"]}}}
        self.orthanc.start()
        self.addCleanup(self.orthanc.stop)
        self.rest.start()
        self.addCleanup(self.rest.stop)
        self.files = phantom(self.folder / "phantom", "--patients", "1", "--studies", "2", "--series", "1", "--instances", "6",
                             "--size", "128x128")

    @staticmethod
    def stored(server):
        return sorted(digest(server.ask("GET", f"/instances/{one}/file")[1]) for one in server.get("/instances"))

    def contents(self):
        return sorted(digest(path.read_bytes()) for path in self.files)

    def studies(self, server):
        return {study["ID"]: study["MainDicomTags"]["StudyInstanceUID"] for study in server.get("/studies?expand")}

    def send_and_fetch(self, client, server):
        """All of the client to the server, then away with it there, then back."""
        client.upload(self.files)
        studies = self.studies(client)
        told = client.post("/dicom-web/servers/there/stow", {"Resources": list(studies)})
        self.assertEqual("12", told["InstancesCount"])
        self.assertEqual(self.contents(), self.stored(server))

        for study in studies:
            client.ask("DELETE", f"/studies/{study}")
        self.assertEqual([], client.get("/instances"))
        found = client.post("/dicom-web/servers/there/qido", {"Uri": "/studies", "Arguments": {"PatientID": "PHANTOM*"}})
        self.assertEqual(sorted(studies.values()), sorted(study["0020000D"]["Value"] for study in found))
        told = client.post("/dicom-web/servers/there/retrieve", {"Resources": [{"Study": uid} for uid in studies.values()]})
        self.assertEqual("12", told["ReceivedInstancesCount"])
        self.assertEqual(self.contents(), self.stored(client))

    def test_dcmfs_is_the_client_of_orthanc(self):
        self.send_and_fetch(self.rest, self.orthanc)

    def test_orthanc_is_the_client_of_dcmfs(self):
        self.send_and_fetch(self.orthanc, self.rest)

    def test_all_transfer_syntaxes_go_there_and_back(self):
        paths = [SHARED / row["path"] for row in manifest() if row["path"].startswith("transfer_syntaxes/")]
        for path in paths:
            self.rest.ask("POST", "/instances", path.read_bytes())
        before = self.stored(self.rest)
        self.assertGreater(len(before), 10)
        studies = self.studies(self.rest)
        told = self.rest.post("/dicom-web/servers/there/stow", {"Resources": list(studies), "Permissive": True})
        there = self.stored(self.orthanc)
        self.assertLessEqual(set(there), set(before))
        # It does not take every file, and then none of the request that it was in: the others are sent again.
        self.assertEqual((len(there), len(before) - len(there)), (int(told["InstancesCount"]), int(told.get("FailedInstancesCount", 0))))
        self.assertGreater(len(there), 50)

        for study in studies:
            self.rest.ask("DELETE", f"/studies/{study}")
        self.assertEqual([], self.rest.get("/instances"))
        uids = self.studies(self.orthanc).values()
        self.rest.post("/dicom-web/servers/there/retrieve", {"Resources": [{"Study": uid} for uid in uids], "Permissive": True})
        self.assertEqual(there, self.stored(self.rest))

    def test_the_routes_answer_as_the_plugin_does(self):
        for server in (self.rest, self.orthanc):
            server.ask("PUT", "/dicom-web/servers/added", {"Url": "http://127.0.0.1:1/", "HasDelete": True, "Username": "u", "Password": "p"})
            server.upload(self.files[:1])
            server.ask("PUT", "/dicom-web/servers/self", [f"http://127.0.0.1:{server.http}/dicom-web/"])
        body = {"Uri": "/studies", "Arguments": {}}
        asked = [("GET", "/dicom-web/servers", None), ("GET", "/dicom-web/servers/added", None), ("GET", "/dicom-web/servers/there", None),
                 ("DELETE", "/dicom-web/servers/added", None), ("GET", "/dicom-web/servers/added", None),
                 ("POST", "/dicom-web/servers/there/qido", {"Arguments": {}}),
                 ("POST", "/dicom-web/servers/there/get", {"Uri": "/nothing/there"}),
                 ("POST", "/dicom-web/servers/there/retrieve", {}), ("POST", "/dicom-web/servers/there/retrieve", {"Resources": [{"Series": "1"}]}),
                 ("POST", "/dicom-web/servers/there/stow", {"Resources": ["none"]}),
                 ("POST", "/dicom-web/servers/there/delete", {"Level": "Study", "StudyInstanceUID": "1.2"})]
        for method, path, sent in asked:
            with self.subTest(f"{method} {path} {sent}"):
                ours, theirs = (server.ask(method, path, sent) for server in (self.rest, self.orthanc))
                self.assertEqual(ours[0], theirs[0], (ours, theirs))
                if ours[0] == 200:
                    self.assertEqual(*(json.loads(answer[1]) for answer in (ours, theirs)))
        ours, theirs = (server.post("/dicom-web/servers/self/qido", body)[0] for server in (self.rest, self.orthanc))
        for tag in ("00100020", "00080020", "00080061", "0020000D"):
            self.assertEqual(ours[tag], theirs[tag])
        with self.subTest("a job"):
            jobs = [server.post("/dicom-web/servers/there/stow", {"Resources": server.get("/studies"), "Asynchronous": True})["ID"]
                    for server in (self.rest, self.orthanc)]
            for server, job in zip((self.rest, self.orthanc), jobs):
                self.assertTrue(wait_until(lambda: server.get(f"/jobs/{job}")["State"] == "Success", 30), server.get(f"/jobs/{job}"))
            ours, theirs = (server.get(f"/jobs/{job}") for server, job in zip((self.rest, self.orthanc), jobs))
            self.assertEqual((ours["Type"], ours["Content"]), (theirs["Type"], theirs["Content"]))

    def test_a_server_that_is_not_there_is_a_network_error(self):
        self.rest.ask("PUT", "/dicom-web/servers/gone", [f"http://127.0.0.1:{free_port()}/"])
        for what, body in (("qido", {"Uri": "/studies"}), ("get", {"Uri": "/studies"}), ("retrieve", {"Resources": [{"Study": "1.2"}]})):
            status, told = self.rest.ask("POST", f"/dicom-web/servers/gone/{what}", body)
            self.assertEqual((500, 9), (status, json.loads(told)["OrthancStatus"]))


if __name__ == "__main__":
    unittest.main()
