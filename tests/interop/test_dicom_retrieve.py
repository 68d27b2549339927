"""C-MOVE and C-GET asked by DCMTK and GDCM, to destinations of DCMTK's, to Debian's Orthanc and to ourselves."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from query_peers import Daemon, free_port, need, run, wait_until
from retrieve_peers import OrthancPeer, Scp, dataset, datasets, retrieve, value
from mounted import phantom

EXPLICIT, IMPLICIT, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"
JPEG, JPEG_LS = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"
# How a destination is called on a port, with a folder.
DESTINATIONS = {
    "STORESCP": lambda port, folder: ["storescp", "+B", "-aet", "STORESCP", "-od", folder, port],
    "IMPLICIT": lambda port, folder: ["storescp", "+xi", "-aet", "IMPLICIT", "-od", folder, port],
    "LOSSLESS": lambda port, folder: ["storescp", "+B", "+xs", "-aet", "LOSSLESS", "-od", folder, port],
    "DCMRECV": lambda port, folder: ["dcmrecv", "-xf", "/etc/dcmtk/storescp.cfg", "Default", "-aet", "DCMRECV", "-od",
                                      folder, port],
    "REFUSER": lambda port, folder: ["storescp", "--refuse", port],
}


class RetrieveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("movescu", "getscu", "storescp", "dcmrecv", "dcmcrle", "dcmcjpeg", "dcmcjpls", "dcmdump")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.files = phantom(cls.folder / "phantom", "--patients", "1", "--studies", "2", "--series", "2",
                            "--instances", "3", "--size", "64x64")
        cls.study, cls.patient = value(cls.files[0], "StudyInstanceUID"), value(cls.files[0], "PatientID")
        cls.of_study = [path for path in cls.files if value(path, "StudyInstanceUID") == cls.study]
        cls.nodes = {name: Scp(cls.folder, name, command) for name, command in DESTINATIONS.items()}
        cls.own_port = free_port()
        known = {name: [name, "127.0.0.1", node.port] for name, node in cls.nodes.items()}
        known["MOVESCU"] = ["MOVESCU", "127.0.0.1", cls.own_port]
        cls.node = Daemon(cls.folder)
        known["self"] = ["DCMFS", "127.0.0.1", cls.node.port]
        cls.prepare(known)
        # Clients that no configuration knows.
        cls.node.settings = {"DicomModalities": known, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True}
        cls.node.load(cls.files)
        for node in [*cls.nodes.values(), cls.node]:
            node.start()
            cls.addClassCleanup(node.stop)

    @classmethod
    def prepare(cls, known):
        pass

    def arrived(self, name):
        """The data sets that came to a destination since it was asked last."""
        folder = self.nodes[name].folder
        found = datasets(folder)
        for path in folder.iterdir():
            path.unlink()
        return found

    def sets(self, files):
        return sorted(dataset(path) for path in files)

    def keys(self, level, *more):
        return [f"QueryRetrieveLevel={level}", *more]

    def of_study_keys(self):
        return self.keys("STUDY", f"StudyInstanceUID={self.study}")


class Move(RetrieveTest):
    def test_every_level_and_model(self):
        first = self.files[0]
        series = [p for p in self.files if value(p, "SeriesInstanceUID") == value(first, "SeriesInstanceUID")]
        above = [f"PatientID={self.patient}", f"StudyInstanceUID={self.study}",
                 f"SeriesInstanceUID={value(first, 'SeriesInstanceUID')}", f"SOPInstanceUID={value(first, 'SOPInstanceUID')}"]
        levels = [("PATIENT", 1, self.files), ("STUDY", 2, self.of_study), ("SERIES", 3, series), ("IMAGE", 4, [first])]
        for model, usable in {"-P": levels, "-S": levels[1:], "-O": levels[:2]}.items():
            for level, keys, expected in usable:
                with self.subTest(model=model, level=level):
                    retrieve("movescu", self.node, model, "-aem", "STORESCP", keys=self.keys(level, *above[:keys]))
                    self.assertEqual(self.arrived("STORESCP"), self.sets(expected))

    def test_a_list_of_uids(self):
        uids = [value(path, "SOPInstanceUID") for path in self.of_study[:2]]
        retrieve("movescu", self.node, "-S", "-aem", "STORESCP",
                 keys=self.keys("IMAGE", "SOPInstanceUID=" + "\\".join(uids)))
        self.assertEqual(self.arrived("STORESCP"), self.sets(self.of_study[:2]))

    def test_dcmrecv(self):
        retrieve("movescu", self.node, "-S", "-aem", "DCMRECV", keys=self.of_study_keys())
        self.assertEqual(len(self.arrived("DCMRECV")), len(self.of_study))

    def test_to_the_client_itself(self):
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as received:
            retrieve("movescu", self.node, "-S", "-aem", "MOVESCU", "-aet", "MOVESCU", "+P", self.own_port, "-od", received,
                     keys=self.of_study_keys())
            self.assertEqual({value(path, "SOPInstanceUID") for path in pathlib.Path(received).iterdir()},
                             {value(path, "SOPInstanceUID") for path in self.of_study})

    def test_to_ourselves(self):
        retrieve("movescu", self.node, "-S", "-aem", "DCMFS", keys=self.of_study_keys())

    def test_converted_for_who_takes_implicit_only(self):
        retrieve("movescu", self.node, "-S", "-aem", "IMPLICIT", keys=self.of_study_keys())
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as converted:
            for number, path in enumerate(self.of_study):
                run("dcmconv", "+ti", "-g", path, f"{converted}/{number}")
            self.assertEqual(self.arrived("IMPLICIT"), datasets(converted))

    def test_nothing_matches(self):
        text = retrieve("movescu", self.node, "-S", "-aem", "STORESCP", keys=self.keys("STUDY", "StudyInstanceUID=1.2.3"))
        self.assertNotIn("Failed Suboperations: 1", text)
        self.assertEqual(self.arrived("STORESCP"), [])

    def test_what_cannot_be_is_told(self):
        cases = [("NOBODY", self.of_study_keys(), "MoveDestinationUnknown"),
                 ("STORESCP", self.keys("STUDY", "StudyInstanceUID=*"), "DataSetDoesNotMatchSOPClass|0xa900|IdentifierDoesNotMatch"),
                 ("REFUSER", self.of_study_keys(), "OutOfResources|UnableToPerform|0xa702")]
        for destination, keys, expected in cases:
            with self.subTest(destination=destination, keys=keys):
                text = retrieve("movescu", self.node, "-S", "-aem", destination, keys=keys, check=False)
                self.assertRegex(text, expected)

    def test_gdcm(self):
        """It crashes, or never ends, when all has come or before (GDCM 3.0.21, also with dcmqrscp): what counts is what it
        wrote, in one of some attempts."""
        need("gdcmscu")
        expected = {value(path, "SOPInstanceUID") for path in self.of_study}
        for _ in range(4):
            found = self.moved_by_gdcm(expected)
            if found == expected:
                return
            self.assertLess(found, expected)  # nothing else, ever
        raise unittest.SkipTest("gdcmscu ended or hung four times before it had received all")

    def moved_by_gdcm(self, expected):
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as received:
            command = ["gdcmscu", "--move", "--studyroot", "--study", "--call", "DCMFS", "--aetitle", "MOVESCU", "--port-scp",
                       self.own_port, "--key", f"20,d={self.study}", "--output", received, "127.0.0.1", self.node.port]
            process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            def found():
                return {path.stem for path in pathlib.Path(received).iterdir()}
            try:
                wait_until(lambda: found() == expected or process.poll() is not None, 15)
                return found()
            finally:
                process.kill()
                process.wait()

    def test_termscu_does_not_end_us(self):
        need("termscu")
        run("termscu", "-aec", "DCMFS", "127.0.0.1", self.node.port, check=False)
        retrieve("movescu", self.node, "-S", "-aem", "DCMFS", keys=self.of_study_keys())


class Archive(RetrieveTest):
    """DCMTK's dcmqrscp as destination."""

    @classmethod
    def prepare(cls, known):
        need("dcmqrscp")
        folder = cls.folder / "qr"
        folder.mkdir()
        config = cls.folder / "qr.cfg"

        def command(port, _):
            config.write_text(f'NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n'
                              f'HostTable END\nVendorTable BEGIN\nVendorTable END\nAETable BEGIN\n'
                              f'QRSCP {folder} RW (200, 1024mb) ANY\nAETable END\n')
            return ["dcmqrscp", "-c", config]
        cls.nodes["QRSCP"] = Scp(cls.folder, "QRSCP", command)
        known["QRSCP"] = ["QRSCP", "127.0.0.1", cls.nodes["QRSCP"].port]

    def test_everything_of_a_patient(self):
        retrieve("movescu", self.node, "-P", "-aem", "QRSCP", keys=self.keys("PATIENT", f"PatientID={self.patient}"))
        self.assertEqual(len(list((self.folder / "qr").glob("*.dcm"))), len(self.files))


class Get(RetrieveTest):
    def get(self, *arguments, keys=None, **options):
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as received:
            self.text = retrieve("getscu", self.node, *arguments, "+B", "-od", received, keys=keys or self.of_study_keys(),
                                 **options)
            return datasets(received)

    def test_models_and_proposals(self):
        for arguments in ("-S",), ("-P",), ("-O",), ("-S", "-xi"), ("-S", "-xb"), ("-S", "+xe"):
            with self.subTest(arguments):
                self.assertEqual(self.get(*arguments), self.sets(self.of_study))

    def test_a_preference_for_compressed_images_leaves_us_something_to_send(self):
        for preference in "+xs", "+xv", "+xr", "+xd":
            with self.subTest(preference):
                self.assertEqual(self.get("-S", preference), self.sets(self.of_study))

    def test_a_wildcard_is_refused(self):
        self.assertEqual(self.get("-S", keys=self.keys("STUDY", "StudyInstanceUID=*"), check=False), [])


class Compressed(RetrieveTest):
    """What is stored compressed goes out as it is, and decompressed where nothing else is accepted."""

    @classmethod
    def prepare(cls, known):
        cls.original = cls.files[0]
        cls.compressed = {}
        for syntax, program in {RLE: "dcmcrle", JPEG: "dcmcjpeg", JPEG_LS: "dcmcjpls"}.items():
            path = cls.folder / f"{program}.dcm"
            run(program, cls.original, path)
            run("dcmodify", "-nb", "-gin", path)
            cls.compressed[syntax] = path
        cls.files = list(cls.compressed.values())

    def pixels(self, path):
        raw = self.folder / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        raw.mkdir()
        run("dcmdump", "+W", raw, path)
        (one,) = raw.iterdir()
        return one.read_bytes()

    def test_as_stored_to_who_takes_it(self):
        retrieve("movescu", self.node, "-S", "-aem", "LOSSLESS", keys=self.of_study_keys())
        arrived = dict(self.arrived("LOSSLESS"))
        self.assertEqual(arrived[JPEG], dataset(self.compressed[JPEG])[1])

    def test_decompressed_to_who_takes_nothing_else(self):
        for name, syntax in {"STORESCP": EXPLICIT, "IMPLICIT": IMPLICIT}.items():
            with self.subTest(name):
                retrieve("movescu", self.node, "-S", "-aem", name, keys=self.of_study_keys())
                paths = list(self.nodes[name].folder.iterdir())
                self.assertEqual(len(paths), len(self.compressed))
                for path in paths:
                    self.assertEqual(dataset(path)[0], syntax)
                    self.assertEqual(self.pixels(path), self.pixels(self.original))
                self.arrived(name)

    def test_getscu_gets_pictures(self):
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as received:
            retrieve("getscu", self.node, "-S", "-od", received, keys=self.of_study_keys())
            paths = list(pathlib.Path(received).iterdir())
            self.assertEqual(len(paths), len(self.compressed))
            for path in paths:
                self.assertEqual(self.pixels(path), self.pixels(self.original))


class Cancel(unittest.TestCase):
    def test_movescu_cancels(self):
        need("movescu", "storescp")
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as temporary:
            folder = pathlib.Path(temporary)
            count = 400
            files = phantom(folder / "phantom", "--patients", "1", "--studies", "1", "--series", "1", "--instances", count,
                            "--size", "16x16")
            peer = Scp(folder, "SLOW", lambda port, where: ["storescp", "--sleep-during", 1, "-od", where, port])
            node = Daemon(folder, DicomAlwaysAllowMove=True,
                          DicomModalities={"SLOW": ["SLOW", "127.0.0.1", peer.port]})
            node.load(files)
            for one in peer, node:
                one.start()
                self.addCleanup(one.stop)
            text = retrieve("movescu", node, "-S", "-aem", "SLOW", "--cancel", 1, check=False,
                            keys=["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={value(files[0], 'StudyInstanceUID')}"])
            self.assertRegex(text, "(?i)cancel")
            self.assertLess(len(list(peer.folder.iterdir())), 20)


class WithOrthanc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("movescu", "Orthanc", "dcmdump")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.files = phantom(cls.folder / "phantom", "--patients", "1", "--studies", "1", "--series", "2", "--instances", "3",
                            "--size", "64x64")
        cls.study = value(cls.files[0], "StudyInstanceUID")
        cls.node, cls.orthanc = Daemon(cls.folder), OrthancPeer(cls.folder)
        cls.node.settings = {"DicomModalities": {"orthanc": ["ORTHANC", "127.0.0.1", cls.orthanc.port]},
                             "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True}
        cls.node.load(cls.files)
        cls.orthanc.start(DicomModalities={"dcmfs": ["DCMFS", "127.0.0.1", cls.node.port]})
        cls.addClassCleanup(cls.orthanc.stop)
        cls.node.start()
        cls.addClassCleanup(cls.node.stop)

    def setUp(self):
        for patient in self.orthanc.ask("/patients"):
            run("curl", "-sX", "DELETE", f"http://127.0.0.1:{self.orthanc.http}/patients/{patient}")

    def test_orthanc_is_the_destination(self):
        retrieve("movescu", self.node, "-S", "-aem", "ORTHANC",
                 keys=["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={self.study}"])
        self.assertEqual(sorted(self.orthanc.files()), sorted(dataset(path) for path in self.files))

    def test_orthanc_fetches_what_it_wants(self):
        self.orthanc.ask("/modalities/dcmfs/move", {
            "Level": "Study", "Resources": [{"StudyInstanceUID": self.study}], "TargetAet": "ORTHANC", "Synchronous": True})
        self.assertTrue(wait_until(lambda: len(self.orthanc.ask("/instances")) == len(self.files), 30))

    def test_we_are_the_destination(self):
        with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as temporary:
            other = phantom(pathlib.Path(temporary) / "other", "--patients", "1", "--studies", "1", "--series", "1",
                            "--instances", "4", "--size", "32x32", "--seed", "77")
            self.orthanc.load(other)
            study = value(other[0], "StudyInstanceUID")
            retrieve("movescu", self.orthanc, "-S", "-aem", "DCMFS",
                     keys=["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study}"])
            with tempfile.TemporaryDirectory(prefix="dcmfs-test-") as received:
                retrieve("getscu", self.node, "-S", "+B", "-od", received,
                         keys=["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study}"])
                self.assertEqual(datasets(received), sorted(dataset(path) for path in other))


if __name__ == "__main__":
    unittest.main()
