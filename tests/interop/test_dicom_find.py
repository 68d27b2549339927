"""C-FIND asked by DCMTK and GDCM, and the same asked of Debian's Orthanc, which has the same instances."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from query_peers import Daemon, Orthanc, dicom_file, findscu, need, run

CT, MR, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.88.11"
US = "1.2.840.10008.5.1.4.1.1.6.1"
SETS = {"latin": b"ISO_IR 100", "japanese": b"\\ISO 2022 IR 87", "ascii": None}
YAMADA = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"

# patient, name, set, study, date, time, modality, class, series, instances
SERIES = [
    ("P1", b"M\xdcLLER^ANNA", "latin", "1.2.1", "20240101", "080000", "CT", CT, 1, 3),
    ("P1", b"M\xdcLLER^ANNA", "latin", "1.2.1", "20240101", "080000", "SR", SR, 2, 1),
    ("P1", b"M\xdcLLER^ANNA", "latin", "1.2.2", "20240102", "030000", "MR", MR, 1, 2),
    ("P2", b"DOE^JOHN", "ascii", "1.2.3", "20240103", "200000", "CT", CT, 1, 2),
    ("P3", b"DOYLE^ARTHUR", "ascii", "1.2.4", "20250615", "101500", "CT", CT, 1, 1),
    ("P4", YAMADA, "japanese", "1.2.5", "20250616", "111500", "US", US, 1, 1),
]


def instances():
    for patient, name, charset, study, date, time, modality, sop_class, series, count in SERIES:
        for number in range(1, count + 1):
            elements = [
                ("0008,0016", "UI", sop_class), ("0008,0018", "UI", f"{study}.{series}.{number}"),
                ("0008,0020", "DA", date), ("0008,0030", "TM", time), ("0008,0050", "SH", "A" + study),
                ("0008,0060", "CS", modality), ("0008,1030", "LO", f"study {study}"), ("0008,103e", "LO", f"series {series}"),
                ("0010,0010", "PN", name), ("0010,0020", "LO", patient), ("0010,0030", "DA", "19700101"),
                ("0010,0040", "CS", "F"), ("0018,0050", "DS", f"{number}.5"), ("0020,000d", "UI", study),
                ("0020,000e", "UI", f"{study}.{series}"), ("0020,0010", "SH", "S" + study), ("0020,0011", "IS", str(series)),
                ("0020,0013", "IS", str(number)), ("0040,0275", "SQ", [[("0040,1001", "SH", f"R{number}")]])]
            if SETS[charset]:
                elements.append(("0008,0005", "CS", SETS[charset]))
            yield dicom_file(*elements)


def setUpModule():
    global folder, files
    need("findscu")
    temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
    unittest.addModuleCleanup(temporary.cleanup)
    folder = pathlib.Path(temporary.name)
    files = []
    for number, content in enumerate(instances()):
        files.append(folder / f"{number}.dcm")
        files[-1].write_bytes(content)


class FindTest(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.node = Daemon(cls.folder, **cls.settings)
        cls.node.load(files)
        cls.prepare()
        cls.node.start()
        cls.addClassCleanup(cls.node.stop)

    @classmethod
    def prepare(cls):
        pass

    def values(self, tag, *arguments, keys):
        return sorted(answer.get(tag, b"").decode("latin-1") for answer in findscu(self.node, *arguments, keys=keys))


class Query(FindTest):
    def test_each_model_answers_its_levels(self):
        unique = {"PATIENT": "0010,0020", "STUDY": "0020,000d", "SERIES": "0020,000e", "IMAGE": "0008,0018"}
        counts = {"PATIENT": 4, "STUDY": 5, "SERIES": 6, "IMAGE": 10}
        for model, levels in {"-P": list(unique), "-S": ["STUDY", "SERIES", "IMAGE"], "-O": ["PATIENT", "STUDY"]}.items():
            for level in unique:
                with self.subTest(model=model, level=level):
                    answers = findscu(self.node, model, keys=[f"QueryRetrieveLevel={level}"], check=False)
                    if level in levels:
                        self.assertEqual(len({a[unique[level]] for a in answers}), counts[level])
                        self.assertTrue(all(a["0008,0052"] == level.encode() for a in answers))
                        self.assertTrue(all(a["0008,0054"] == b"DCMFS" for a in answers))
                        self.assertIn("Success", answers.status)
                    else:
                        self.assertEqual(len(answers), 0)
                        self.assertIn("DataSetDoesNotMatchSOPClass", answers.status)

    def test_every_uncompressed_transfer_syntax_and_deflate_or_what_is_left(self):
        for syntax in ("-x=", "-xe", "-xb", "-xi"):
            with self.subTest(syntax):
                answers = findscu(self.node, "-P", syntax, keys=["QueryRetrieveLevel=PATIENT", "PatientName=DOE*", "PatientID"])
                self.assertEqual([a["0010,0020"] for a in answers], [b"P2"])

    def test_character_sets_are_honoured_both_ways(self):
        level = "QueryRetrieveLevel=PATIENT"
        cases = [  # set of the request, key, set and value of the response
            ("ISO_IR 100", b"PatientName=M\xdcLL*", b"ISO_IR 100", b"M\xdcLLER^ANNA"),
            ("ISO_IR 192", "PatientName=MÜLL*", b"ISO_IR 192", "MÜLLER^ANNA".encode()),
            ("ISO_IR 144", "PatientName=M*", b"ISO_IR 192", "MÜLLER^ANNA".encode()),
            (None, "PatientName=muller*", b"ISO_IR 192", "MÜLLER^ANNA".encode()),
            ("\\ISO 2022 IR 87", b"PatientName=*\x1b$B;3ED\x1b(B*", b"\\ISO 2022 IR 87", YAMADA),
            ("ISO_IR 192", "PatientName=山田*", b"ISO_IR 192", "Yamada^Tarou=山田^太郎".encode()),
            ("ISO_IR 100", "PatientName=DOE*", None, b"DOE^JOHN"),
        ]
        for charset, key, answered_set, answered in cases:
            with self.subTest(charset=charset, key=key):
                keys = [level, key] + ([f"SpecificCharacterSet={charset}"] if charset else [])
                (answer,) = findscu(self.node, "-P", keys=keys)
                self.assertEqual(answer.get("0008,0005"), answered_set)
                self.assertEqual(answer["0010,0010"], answered)

    def test_only_what_was_asked_for_is_answered(self):
        (answer,) = findscu(self.node, "-S", keys=["QueryRetrieveLevel=STUDY", "PatientID=P2", "StudyID", "AdmissionID"])
        self.assertEqual(set(answer), {"0008,0052", "0008,0054", "0010,0020", "0020,000d", "0020,0010", "0038,0010"})
        self.assertEqual(answer["0038,0010"], b"")

    def test_keys_of_levels_below_are_told_to_be_unsupported(self):
        answers = findscu(self.node, "-d", "-S", keys=["QueryRetrieveLevel=STUDY", "PatientID=P2", "SeriesDescription"])
        self.assertNotIn("0008,103e", answers[0])
        self.assertIn("0xff01", answers.text)
        self.assertNotIn("0xff01", findscu(self.node, "-d", "-S", keys=["QueryRetrieveLevel=STUDY", "StudyID"]).text)

    def test_what_only_the_files_know_is_matched_and_answered(self):
        image = "QueryRetrieveLevel=IMAGE"
        self.assertEqual(self.values("0008,0018", "-S", keys=[image, "StudyInstanceUID=1.2.1", "SliceThickness=2.5"]),
                         ["1.2.1.1.2"])
        self.assertEqual(self.values("0018,0050", "-S", keys=[image, "StudyInstanceUID=1.2.3", "SliceThickness"]),
                         ["1.5", "2.5"])
        self.assertEqual(self.values("0008,0018", "-S", keys=[
            image, "StudyInstanceUID=1.2.1", "RequestAttributesSequence[0].RequestedProcedureID=R3"]), ["1.2.1.1.3"])

    def test_a_cancel_ends_the_query_and_not_the_association(self):
        answers = findscu(self.node, "--cancel", "1", "--repeat", "2", "-S", keys=["QueryRetrieveLevel=IMAGE"], check=False)
        self.assertIn("Sending Cancel Request", answers.text)
        self.assertNotIn("abort", answers.text.lower())
        self.assertEqual(answers.text.count("Final Find Response"), 2)

    def test_nonsense_is_refused_without_a_word_of_it(self):
        for keys in (["PatientID=P1"], ["QueryRetrieveLevel=NONSENSE"], ["QueryRetrieveLevel=STUDY", "StudyDate=SECRET"],
                     ["QueryRetrieveLevel=STUDY", "StudyInstanceUID=1.2.*"]):
            with self.subTest(keys=keys):
                answers = findscu(self.node, "-P", keys=keys, check=False)
                self.assertEqual(len(answers), 0)
                self.assertIn("DataSetDoesNotMatchSOPClass", answers.status)
        self.assertNotIn("SECRET", self.node.log_text())
        self.assertEqual(len(findscu(self.node, "-P", keys=["QueryRetrieveLevel=PATIENT"])), 4)

    OTHERS = [  # model, level, conditions, the attribute that is asked for, its values
        ("patient", "PATIENT", {"PatientName": "DOE*"}, "PatientID", ["P2"]),
        ("study", "STUDY", {"PatientID": "P1"}, "StudyInstanceUID", ["1.2.1", "1.2.2"]),
        ("study", "SERIES", {"StudyInstanceUID": "1.2.1"}, "SeriesInstanceUID", ["1.2.1.1", "1.2.1.2"]),
        ("study", "IMAGE", {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1"}, "SOPInstanceUID",
         ["1.2.3.1.1", "1.2.3.1.2"]),
    ]
    TAGS = {"PatientID": "10,20", "PatientName": "10,10", "StudyInstanceUID": "20,d", "SeriesInstanceUID": "20,e",
            "SOPInstanceUID": "8,18"}

    def others_ask(self, command):
        """`command` of a row of OTHERS; what it prints is searched for the values."""
        for model, level, conditions, asked, values in self.OTHERS:
            with self.subTest(model=model, level=level):
                done = run(*command(model, level, conditions, asked))
                found = [value for value in re.findall(r"P\d\b|1\.2\.[\d.]*\d", done.stdout) if value not in conditions.values()]
                self.assertEqual(sorted(set(found)), values, done.stdout)

    def test_gdcm_asks(self):
        need("gdcmscu")
        address = ["--call", "DCMFS", "127.0.0.1", self.node.port]
        if "ProtocolStream" in run("gdcmscu", "--echo", *address, check=False).stderr:
            self.skipTest("this gdcmscu cannot even send a C-ECHO, to whomever")
        self.others_ask(lambda model, level, conditions, asked: [
            "gdcmscu", "--find", f"--{model}root", f"--{level.lower()}", *address, "--key", self.TAGS[asked] + "=",
            *(part for key, value in conditions.items() for part in ("--key", f"{self.TAGS[key]}={value}"))])

    def test_odil_asks(self):
        need("odil")
        self.others_ask(lambda model, level, conditions, asked: [
            "odil", "find", "127.0.0.1", self.node.port, "ODIL", "DCMFS", model, f"QueryRetrieveLevel={level}", asked,
            *(f"{key}={value}" for key, value in conditions.items())])


class Limits(FindTest):
    settings = {"LimitFindResults": 2, "LimitFindInstances": 5}

    def test_what_a_limit_cuts_off_is_told(self):
        for level, count in (("STUDY", 2), ("SERIES", 2), ("IMAGE", 5)):
            answers = findscu(self.node, "-S", keys=[f"QueryRetrieveLevel={level}"], check=False)
            self.assertEqual(len(answers), count)
            self.assertIn("Cancel", answers.status)
        answers = findscu(self.node, "-S", keys=["QueryRetrieveLevel=STUDY", "PatientID=P1"])
        self.assertEqual(len(answers), 2)
        self.assertIn("Success", answers.status)


class Strict(FindTest):
    settings = {"DicomStrictHierarchy": True}

    def test_levels_above_must_be_named(self):
        for keys, good in ((["StudyInstanceUID=1.2.1"], True), ([], False), (["StudyInstanceUID"], False)):
            answers = findscu(self.node, "-S", keys=["QueryRetrieveLevel=SERIES", *keys], check=False)
            self.assertEqual("Success" in answers.status, good, keys)


class Worklist(FindTest):
    STEP = {"Modality": "CT", "ScheduledStationAETitle": "CT1", "ScheduledProcedureStepStartDate": "20260706",
            "ScheduledProcedureStepStartTime": "0300"}

    @classmethod
    def prepare(cls):
        need("dump2dcm")
        worklists = cls.node.store / "worklists"
        worklists.mkdir()
        (worklists / "one.json").write_text(json.dumps(
            {"PatientName": "MÜLLER^ANNA", "PatientID": "W1", "ScheduledProcedureStepSequence": [cls.STEP]}))
        (worklists / "bad.json").write_text('{"PatientName": "SECRET"}')
        # As for wlmscpfs of DCMTK.
        dump = cls.folder / "two.dump"
        dump.write_text("(0010,0010) PN DOE^JOHN\n(0010,0020) LO W2\n(0040,0100) SQ\n(fffe,e000) -\n(0008,0060) CS MR\n"
                        "(0040,0001) AE MR1\n(0040,0002) DA 20260707\n(0040,0003) TM 0900\n(fffe,e00d) -\n(fffe,e0dd) -\n")
        subprocess.run(["dump2dcm", "-q", dump, worklists / "two.wl"], check=True, timeout=60)

    STEPS = "ScheduledProcedureStepSequence[0]."

    def test_items_are_matched_by_their_step(self):
        for keys, found in [([], ["W1", "W2"]), ([self.STEPS + "Modality=CT"], ["W1"]), (["PatientName=D*"], ["W2"]),
                            ([self.STEPS + "ScheduledStationAETitle=MR?"], ["W2"]),
                            ([self.STEPS + "ScheduledProcedureStepStartDate=20260701-"], ["W1", "W2"]),
                            ([self.STEPS + "ScheduledProcedureStepStartDate=20260705-20260707",
                              self.STEPS + "ScheduledProcedureStepStartTime=0800-0830"], ["W1"])]:
            with self.subTest(keys=keys):
                answers = findscu(self.node, "-W", keys=["PatientID", *keys])
                self.assertEqual(sorted(a["0010,0020"].decode() for a in answers), found)

    def test_return_keys_and_character_set(self):
        (answer,) = findscu(self.node, "-W", keys=[
            "SpecificCharacterSet=ISO_IR 100", b"PatientName=M\xdcLLER*", "PatientID", "AccessionNumber",
            self.STEPS + "Modality", self.STEPS + "ScheduledStationAETitle"])
        self.assertEqual(answer["0008,0005"], b"ISO_IR 100")
        self.assertEqual(answer["0010,0010"], b"M\xdcLLER^ANNA")
        self.assertEqual(answer["0008,0050"], b"")
        self.assertEqual(answer["0008,0060"], b"CT")
        self.assertEqual(answer["0040,0001"], b"CT1")
        self.assertNotIn("0040,0002", answer)

    def test_files_that_come_and_go_are_seen_and_bad_ones_told(self):
        item = self.node.store / "worklists" / "new.json"
        item.write_text(json.dumps({"PatientID": "W9", "ScheduledProcedureStepSequence": [{"Modality": "XA"}]}))
        key = [self.STEPS + "Modality=XA", "PatientID"]
        self.assertEqual([a["0010,0020"] for a in findscu(self.node, "-W", keys=key)], [b"W9"])
        item.unlink()
        self.assertEqual(findscu(self.node, "-W", keys=key), [])
        # Its name might be that of a patient.
        bad = (self.node.store / "worklists" / "bad.json").stat().st_ino
        self.assertIn(f"inode {bad}", self.node.log_text())
        self.assertNotIn("SECRET", self.node.log_text())


class Oracle(FindTest):
    """Where Orthanc follows the standard, it and dcmfs answer the same."""
    STUDY = ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription",
             "PatientID", "StudyID"]
    SAME = [
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "PatientBirthDate", "PatientSex"]),
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID=P2", "PatientName"]),
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "PatientName=DO*"]),
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "PatientName=do?le*"]),
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "PatientName=*ARTHUR"]),
        ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "NumberOfPatientRelatedStudies", "NumberOfPatientRelatedInstances"]),
        ("-S", STUDY),
        ("-S", STUDY + ["StudyDate=20240102"]),
        ("-S", STUDY + ["StudyDate=20240102-"]),
        ("-S", STUDY + ["StudyDate=-20240102"]),
        ("-S", STUDY + ["StudyDate=20240101-20240102"]),
        ("-S", STUDY + ["StudyDate=20300101-"]),
        ("-S", STUDY + ["StudyTime=070000-120000"]),
        ("-S", STUDY + ["AccessionNumber=A1.2.3"]),
        ("-S", STUDY + ["AccessionNumber=A1.2.?"]),
        ("-S", STUDY + ["StudyInstanceUID=1.2.1\\1.2.4\\9.9"]),
        ("-S", STUDY + ["PatientName=DOE^JOHN"]),
        ("-S", STUDY + ["ModalitiesInStudy=CT"]),
        ("-S", STUDY + ["ModalitiesInStudy=SR"]),
        ("-S", STUDY + ["ModalitiesInStudy=MR\\SR"]),
        ("-S", STUDY + ["NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"]),
        ("-S", ["QueryRetrieveLevel=SERIES", "StudyInstanceUID=1.2.1", "SeriesInstanceUID", "Modality", "SeriesNumber",
                "SeriesDescription", "NumberOfSeriesRelatedInstances"]),
        ("-S", ["QueryRetrieveLevel=SERIES", "StudyInstanceUID=1.2.1", "SeriesInstanceUID", "Modality=SR"]),
        ("-S", ["QueryRetrieveLevel=IMAGE", "StudyInstanceUID=1.2.1", "SeriesInstanceUID=1.2.1.1", "SOPInstanceUID",
                "InstanceNumber"]),
        ("-P", ["QueryRetrieveLevel=IMAGE", "PatientID=P1", "StudyInstanceUID=1.2.2", "SeriesInstanceUID=1.2.2.1",
                "SOPInstanceUID", "InstanceNumber=2"]),
    ]

    def test_answers_are_the_same(self):
        orthanc = Orthanc(self.folder).start()
        self.addCleanup(orthanc.stop)
        orthanc.load(files)
        ours = {"0008,0005", "0008,0054"}  # the set that Orthanc answers in is an option of its own
        for model, keys in self.SAME:
            with self.subTest(model=model, keys=keys):
                answers = [sorted(tuple(sorted((tag, value) for tag, value in answer.items() if tag not in ours))
                                  for answer in findscu(node, model, keys=keys)) for node in (self.node, orthanc)]
                self.assertEqual(*answers)


if __name__ == "__main__":
    unittest.main()
