"""The REST routes that call other nodes and servers: Debian's Orthanc, and DCMTK's storescp and wlmscpfs."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from query_peers import Daemon, dicom_file, free_port, is_listening, need, wait_until
from retrieve_peers import OrthancPeer, Scp, value
from mounted import phantom

BRIDGE = pathlib.Path(__file__).resolve().parents[2] / "tools" / "samples" / "bridge.py"
WORKLIST_ITEM = [("0008,0016", "UI", "1.2.840.10008.5.1.4.31"), ("0008,0018", "UI", "1.2.3.4"), ("0008,0050", "SH", "A1"),
                 ("0010,0010", "PN", "DOE^JANE"), ("0010,0020", "LO", "P1"), ("0020,000d", "UI", "1.2.3"),
                 ("0032,1060", "LO", "HEAD"), ("0040,1001", "SH", "R1"),
                 ("0040,0100", "SQ", [[("0008,0060", "CS", "CT"), ("0040,0001", "AE", "CT1"), ("0040,0002", "DA", "20260101"),
                                       ("0040,0003", "TM", "0800"), ("0040,0006", "PN", "X^Y"), ("0040,0009", "SH", "S1")]])]


class Rest:
    """What a client sees of a server."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def send(self, method, path, body=None):
        """The status and the body, as JSON where it is."""
        data = body if body is None or isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode()

    def get(self, path):
        return self.send("GET", path)[1]

    def post(self, path, body=""):
        status, answer = self.send("POST", path, body)
        if status != 200:
            raise AssertionError(f"{path}: {status} {answer}")
        return answer


class WithOrthanc(unittest.TestCase):
    """A dcmfs with two studies of two instances each, and an Orthanc without any. They know each other."""

    def setUp(self):
        need("Orthanc", "storescp", "dcmdump")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.files = phantom(self.folder / "phantom", "--patients", "1", "--studies", "2", "--series", "1", "--instances",
                             "2", "--size", "64x64")
        self.node, self.peer = Daemon(self.folder), OrthancPeer(self.folder)
        self.node.http = free_port()
        self.node.settings |= {"DicomModalities": {"pacs": [self.peer.aet, "127.0.0.1", self.peer.port]},
                               "OrthancPeers": {"east": [f"http://127.0.0.1:{self.peer.http}/"]}}
        self.load()
        self.node.start()
        self.addCleanup(lambda: self.node.stop())
        self.peer.start(DicomModalities={"dcmfs": [self.node.aet, "127.0.0.1", self.node.port]})
        self.addCleanup(self.peer.stop)
        self.assertTrue(wait_until(lambda: is_listening(self.node.http), 20))
        self.rest, self.orthanc = Rest(self.node.http), Rest(self.peer.http)

    def load(self):
        self.node.load(self.files)

    def patient(self):
        """Its id is a function of PatientID: the other side can have it told."""
        self.orthanc.post("/instances", self.files[0].read_bytes())
        found, = self.orthanc.get("/patients")
        self.assertEqual(self.orthanc.send("DELETE", f"/patients/{found}")[0], 200)
        return found

    def wait_for(self, job, state="Success"):
        self.assertTrue(wait_until(lambda: self.rest.get(f"/jobs/{job}")["State"] == state, 60), self.rest.get(f"/jobs/{job}"))
        return self.rest.get(f"/jobs/{job}")


class Modalities(WithOrthanc):
    def test_echo_and_the_list_as_orthanc_has_it(self):
        self.assertEqual(self.rest.post("/modalities/pacs/echo", "{}"), {})
        self.assertEqual(self.rest.post("/tools/dicom-echo", {"AET": self.peer.aet, "Host": "127.0.0.1", "Port": self.peer.port}), {})
        ours = self.rest.get("/modalities?expand")["pacs"]
        theirs = self.orthanc.get("/modalities?expand")["dcmfs"]
        self.assertEqual({key: type(item) for key, item in theirs.items()},
                         {key: type(item) for key, item in ours.items() if key in theirs})

    def test_nobody_there_is_a_network_error_as_of_orthanc(self):
        answers = []
        for server in (self.rest, self.orthanc):
            self.assertEqual(server.send("PUT", "/modalities/gone", ["GONE", "127.0.0.1", free_port()])[0], 200)
            status, told = server.send("POST", "/modalities/gone/echo", "")
            self.assertTrue(told["Details"])
            answers.append((status, {key: told[key] for key in ("HttpStatus", "HttpError", "OrthancStatus", "Message", "Method", "Uri")}))
        self.assertEqual(*answers)

    def test_store_query_and_retrieve(self):
        patient = self.patient()
        stored = self.rest.post("/modalities/pacs/store", patient)
        self.assertEqual((stored["InstancesCount"], stored["FailedInstancesCount"], stored["RemoteAet"]), (4, 0, self.peer.aet))
        self.assertEqual(len(self.orthanc.get("/instances")), 4)
        back = self.orthanc.post("/modalities/dcmfs/store", patient)
        self.assertEqual(stored.keys(), back.keys())

        query = self.rest.post("/modalities/pacs/query", {"Level": "Study", "Query": {"PatientID": "*", "StudyDate": ""}})
        self.assertEqual(len(self.rest.get(query["Path"] + "/answers")), 2)
        theirs = self.orthanc.post("/modalities/dcmfs/query", {"Level": "Study", "Query": {"PatientID": "*", "StudyDate": ""}})
        fields = [sorted(server.get(path + "/answers?expand&simplify")[0].keys() - {"SpecificCharacterSet"})
                  for server, path in ((self.rest, query["Path"]), (self.orthanc, theirs["Path"]))]
        self.assertEqual(*fields)
        full = [server.get(path + "/answers?expand")[0]["0010,0020"]
                for server, path in ((self.rest, query["Path"]), (self.orthanc, theirs["Path"]))]
        self.assertEqual(*full)

        retrieved = self.rest.post(query["Path"] + "/answers/0/retrieve", self.node.aet)
        known = self.orthanc.post(theirs["Path"] + "/answers/0/retrieve", self.peer.aet)
        self.assertEqual(known.keys() - retrieved.keys(), set())
        self.assertEqual(known["Query"][0].keys(), retrieved["Query"][0].keys())

    def test_every_way_to_fetch_brings_what_is_missing(self):
        for wishes in ({}, {"RetrieveMethod": "C-GET"}):
            with self.subTest(wishes):
                node = Daemon(self.folder / ("get" if wishes else "move"))
                node.folder.mkdir()
                node.http = free_port()
                node.aet = "EMPTY"
                node.settings |= {"DicomAet": "EMPTY", "DicomModalities": {"pacs": [self.peer.aet, "127.0.0.1", self.peer.port]}}
                node.start()
                self.addCleanup(node.stop)
                self.orthanc.send("PUT", "/modalities/empty", ["EMPTY", "127.0.0.1", node.port])
                for path in self.files:
                    self.orthanc.post("/instances", path.read_bytes())
                rest = Rest(node.http)
                self.assertTrue(wait_until(lambda: is_listening(node.http), 20))
                for level, expected in (("Instance", 1), ("Series", 2), ("Study", 2), ("Patient", 4)):
                    query = rest.post("/modalities/pacs/query", {
                        "Level": level, "Query": {"StudyInstanceUID": value(self.files[0], "StudyInstanceUID")}})
                    rest.post(query["Path"] + "/answers/0/retrieve", wishes)
                    self.assertEqual(rest.get("/statistics")["CountInstances"], expected, level)

    def test_in_the_background_and_after_a_restart(self):
        job = self.rest.post("/modalities/pacs/store", {"Resources": [self.patient()], "Synchronous": False})["ID"]
        done = self.wait_for(job)
        self.assertEqual((done["Type"], done["Progress"], done["Content"]["InstancesCount"]), ("DicomModalityStore", 100, 4))
        self.node.stop()
        self.node.start()
        self.assertTrue(wait_until(lambda: is_listening(self.node.http), 20))
        self.assertEqual(self.rest.get(f"/jobs/{job}")["State"], "Success")

    def test_a_job_survives_a_kill(self):
        """What a silent peer kept waiting is sent by the next process, to one that answers."""
        patient = self.patient()
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.rest.send("PUT", "/modalities/later", ["LATER", "127.0.0.1", silent.getsockname()[1]])
        job = self.rest.post("/modalities/later/store", {"Resources": [patient], "Asynchronous": True, "Timeout": 600})["ID"]
        self.wait_for(job, "Running")
        self.rest.send("PUT", "/modalities/later", [self.peer.aet, "127.0.0.1", self.peer.port])
        self.node.process.kill()
        self.node.process.wait()
        self.node.log.close()
        self.node.start()
        self.assertTrue(wait_until(lambda: is_listening(self.node.http), 20))
        self.wait_for(job)
        self.assertEqual(len(self.orthanc.get("/instances")), 4)

    def test_straight_to_storescp(self):
        scp = Scp(self.folder, "SCP", lambda port, folder: ["storescp", "+B", "-aet", "SCP", "-od", folder, port])
        scp.start()
        self.addCleanup(scp.stop)
        self.rest.send("PUT", "/modalities/scp", ["SCP", "127.0.0.1", scp.port])
        told = self.rest.post("/modalities/scp/store-straight", self.files[0].read_bytes())
        self.assertEqual(told, {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
                                "SOPInstanceUID": value(self.files[0], "SOPInstanceUID")})
        self.assertEqual(len(list(scp.folder.iterdir())), 1)
        self.assertEqual(self.rest.send("POST", "/modalities/scp/store-straight", "nothing")[0], 400)

    def test_storage_commitment(self):
        patient = self.patient()
        self.rest.post("/modalities/pacs/store", patient)
        path = self.rest.post("/modalities/pacs/storage-commitment", {
            "Resources": [patient], "DicomInstances": [["1.2.840.10008.5.1.4.1.1.2", "1.2.3"]]})["Path"]
        self.assertTrue(wait_until(lambda: self.rest.get(path)["Status"] != "Pending", 60))
        told = self.rest.get(path)
        self.assertEqual((told["Status"], len(told["Success"]), told["Failures"][0]["FailureReason"]), ("Failure", 4, 0x0112))
        self.assertEqual(self.rest.send("POST", path + "/remove", "")[0], 409)
        path = self.rest.post("/modalities/pacs/storage-commitment", {"Resources": [patient]})["Path"]
        self.assertTrue(wait_until(lambda: self.rest.get(path)["Status"] == "Success", 60))
        self.rest.post(path + "/remove")
        self.assertEqual(self.rest.get("/statistics")["CountInstances"], 0)

    def test_worklists_of_wlmscpfs(self):
        need("wlmscpfs")
        folder = self.folder / "worklists" / "WL"
        folder.mkdir(parents=True)
        (folder / "lockfile").touch()
        (folder / "one.wl").write_bytes(dicom_file(*WORKLIST_ITEM))
        port = free_port()
        process = subprocess.Popen(["wlmscpfs", "-dfr", "-dfp", folder.parent, str(port)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.terminate(), process.wait()))
        self.assertTrue(wait_until(lambda: is_listening(port), 20))
        self.rest.send("PUT", "/modalities/wl", ["WL", "127.0.0.1", port])
        query = {"PatientName": "", "ScheduledProcedureStepSequence": [{"Modality": "CT", "ScheduledStationAETitle": ""}]}
        found = self.rest.post("/modalities/wl/find-worklist", query)
        self.assertEqual([(item["PatientName"], item["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"])
                          for item in found], [("DOE^JANE", "CT1")])
        query["ScheduledProcedureStepSequence"][0]["Modality"] = "MR"
        self.assertEqual(self.rest.post("/modalities/wl/find-worklist", query), [])
        answers = [server.send("POST", f"/modalities/{name}/find-worklist", {"PatientID": ""})
                   for server, name in ((self.rest, "pacs"),)]
        self.assertEqual([(status, told["OrthancStatus"]) for status, told in answers], [(500, 2016)])


class Peers(WithOrthanc):
    def test_store_and_system(self):
        patient = self.patient()
        self.assertEqual(self.rest.get("/peers/east/system"), self.orthanc.get("/system"))
        for compress in (False, True):
            told = self.rest.post("/peers/east/store", {"Resources": [patient], "Compress": compress})
            self.assertEqual((told["InstancesCount"], told["FailedInstancesCount"]), (4, 0))
            self.assertEqual(len(self.orthanc.get("/instances")), 4)
            self.orthanc.send("DELETE", f"/patients/{patient}")
        self.orthanc.send("PUT", "/peers/west", [self.rest.url])
        self.orthanc.send("PUT", "/peers/self", [self.orthanc.url])
        self.rest.post("/peers/east/store", patient)
        self.assertEqual(told.keys(), self.orthanc.post("/peers/self/store", patient).keys())
        ours, theirs = self.rest.get("/peers?expand")["east"], self.orthanc.get("/peers?expand")["west"]
        self.assertEqual(ours.keys(), theirs.keys())


class Transcoding(WithOrthanc):
    """What is stored in Explicit VR Little Endian, as phantoms are."""
    IMPLICIT = "1.2.840.10008.1.2"

    def syntaxes(self):
        """That Orthanc has; it forgets what it has."""
        found = {self.orthanc.send("GET", f"/instances/{each}/metadata/TransferSyntax")[1] for each in self.orthanc.get("/instances")}
        for patient in self.orthanc.get("/patients"):
            self.orthanc.send("DELETE", f"/patients/{patient}")
        return found

    def test_what_is_sent_is_in_the_wanted_syntax(self):
        patient = self.patient()
        for path in ("/modalities/pacs/store", "/peers/east/store"):
            for wanted, expected in (("", "1.2.840.10008.1.2.1"), (self.IMPLICIT, self.IMPLICIT)):
                with self.subTest(path, wanted=wanted):
                    told = self.rest.post(path, {"Resources": [patient], "Transcode": wanted})
                    self.assertEqual((told["InstancesCount"], told["FailedInstancesCount"]), (4, 0))
                    self.assertEqual(self.syntaxes(), {expected})
            self.assertEqual(self.rest.send("POST", path, {"Resources": [patient], "Transcode": "1.2.3"})[0], 400)
        self.assertEqual(self.orthanc.get("/instances"), [])

    def test_a_node_without_transcoding_gets_all_as_it_is_stored_or_nothing(self):
        patient = self.patient()
        self.orthanc.send("PUT", "/tools/accepted-transfer-syntaxes", [self.IMPLICIT])
        self.rest.post("/modalities/pacs/store", patient)
        self.assertEqual(self.syntaxes(), {self.IMPLICIT})
        node = {"AET": self.peer.aet, "Host": "127.0.0.1", "Port": self.peer.port, "AllowTranscoding": False}
        self.assertEqual(self.rest.send("PUT", "/modalities/pacs", node)[0], 200)
        status, told = self.rest.send("POST", "/modalities/pacs/store", patient)
        self.assertEqual((status, told["OrthancStatus"]), (500, 9), told)
        self.assertEqual(self.syntaxes(), set())


class Settings(WithOrthanc):
    def load(self):
        self.node.settings |= {"LogExportedResources": True, "CheckRevisions": True}
        super().load()

    def test_of_a_node_are_kept_and_shown_as_orthanc_does(self):
        for name, put in (("full", {"AET": "X", "Host": "h", "Port": 7, "Manufacturer": "Vitrea", "AllowTranscoding": False,
                                    "LocalAet": "ME", "Timeout": 5, "AllowFind": False}),
                          ("short", ["X", "h", 7, "GE"])):
            answers = []
            for server in (self.rest, self.orthanc):
                self.assertEqual(server.send("PUT", f"/modalities/{name}", put)[0], 200)
                answers.append(server.get(f"/modalities/{name}/configuration"))
            ours, theirs = answers
            self.assertEqual({key: ours[key] for key in theirs}, theirs)
        for put in (["X", "h", 7, "Nobody"], {"AET": "X", "Host": "h", "Port": 7, "RetrieveMethod": "FAX"}):
            self.assertEqual(self.rest.send("PUT", "/modalities/bad", put)[0], 400)
        self.rest.send("PUT", "/modalities/full", {"AET": "X", "Host": "h", "Port": 7, "RetrieveMethod": "C-GET", "Manufacturer": "GE"})
        before = self.rest.get("/modalities/full/configuration")
        self.node.stop()
        self.node.start()
        self.assertTrue(wait_until(lambda: is_listening(self.node.http), 20))
        self.assertEqual(self.rest.get("/modalities/full/configuration"), before)
        self.assertEqual((before["RetrieveMethod"], before["Manufacturer"]), ("C-GET", "GE"))

    def test_what_was_sent_is_in_the_exports(self):
        patient = self.patient()
        self.rest.post("/modalities/pacs/store", patient)
        self.rest.post("/peers/east/store", [self.rest.get("/instances")[0]])
        self.assertEqual([(each["ResourceType"], each["RemoteModality"]) for each in self.rest.get("/exports")["Exports"]],
                         [("Patient", "pacs"), ("Instance", "east")])

    def test_revisions_are_checked(self):
        path = f"/patients/{self.patient()}/metadata/1024"
        self.assertEqual([self.rest.send("PUT", path, text)[0] for text in ("one", "two")], [200, 409])
        self.assertTrue(self.rest.get("/system")["CheckRevisions"])

    def test_what_is_accepted_changes_while_it_runs(self):
        back = self.files[0].read_bytes()
        self.orthanc.send("POST", "/instances", back)
        patient, = self.orthanc.get("/patients")
        for accepted, expected in (('["1.2.840.10008.1.2.4.90"]', 500), ("*", 200)):
            self.assertEqual(self.rest.send("PUT", "/tools/accepted-transfer-syntaxes", accepted)[0], 200)
            self.assertEqual(self.orthanc.send("POST", "/modalities/dcmfs/store", patient)[0], expected)


class Bridge(WithOrthanc):
    def load(self):
        pass

    def test_it_forwards_what_arrives_and_removes_it(self):
        self.forwards(self.rest, "pacs", self.orthanc)

    def test_it_does_the_same_for_orthanc(self):
        self.forwards(self.orthanc, "dcmfs", self.rest)

    def forwards(self, source, modality, target):
        state = self.folder / "bridge.state"
        with open(self.folder / "bridge.log", "w") as log:
            def start():
                return subprocess.Popen([sys.executable, BRIDGE, "--url", source.url, "--modality", modality, "--state", state,
                                         "--every", "0.1"], stdout=log, stderr=log)
            process = start()
            try:
                for path in self.files[:2]:
                    source.post("/instances", path.read_bytes())
                self.assertTrue(wait_until(lambda: source.get("/statistics")["CountInstances"] == 0, 60))
                self.assertEqual(target.get("/statistics")["CountInstances"], 2)
                process.kill()
                process.wait()
                # Nobody listens where it sends to: nothing is removed, and it is sent when somebody does.
                known = source.get(f"/modalities/{modality}/configuration")
                source.send("PUT", f"/modalities/{modality}", [known["AET"], "127.0.0.1", free_port()])
                process = start()
                source.post("/instances", self.files[2].read_bytes())
                self.assertTrue(wait_until(lambda: "again in" in (self.folder / "bridge.log").read_text(), 60))
                self.assertEqual(source.get("/statistics")["CountInstances"], 1)
                source.send("PUT", f"/modalities/{modality}", [known["AET"], "127.0.0.1", known["Port"]])
                self.assertTrue(wait_until(lambda: source.get("/statistics")["CountInstances"] == 0, 60))
                self.assertEqual(target.get("/statistics")["CountInstances"], 3)
            finally:
                process.kill()
                process.wait()


if __name__ == "__main__":
    unittest.main()
