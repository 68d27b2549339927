"""Modify, anonymize, merge, split and create by REST: the same asked of dcmfs and of Debian's Orthanc."""
import json
import pathlib
import tempfile
import time
import unittest

from rest_peers import RestDaemon, RestOrthanc
from mounted import SHARED, need, wait_until

STUDIES = ("series/petct_sts_041", "series/petct_sts_024")
FILES_MAX = 6
DIFFERENCES = json.loads((pathlib.Path(__file__).parent / "rest_modify_differences.json").read_text())
PNG = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAA"
       "AABJRU5ErkJggg==")


def shape(answer):
    """An answer without what is another one each time: identifiers, and where they stand."""
    if isinstance(answer, dict):
        return {key: shape(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return sorted((shape(value) for value in answer), key=str)
    if isinstance(answer, str) and (len(answer.split("-")) == 5 or answer.startswith(("2.25.", "1.2."))):
        return "an identifier"
    return answer.rsplit("/", 1)[0] if isinstance(answer, str) and answer.startswith("/") else answer


class Modifies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("Orthanc")
        cls.files = []
        for study in STUDIES:
            for series in sorted((SHARED / study).glob("*")) if SHARED.is_dir() else []:
                cls.files += sorted(series.glob("*.dcm"))[:FILES_MAX]
        if not cls.files:
            raise unittest.SkipTest("the shared data is not there")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.ours = RestDaemon(self.folder.name).start()
        self.addCleanup(self.ours.stop)
        self.theirs = RestOrthanc(self.folder.name).start()
        self.addCleanup(self.theirs.stop)
        for server in (self.ours, self.theirs):
            server.upload(self.files)
        self.studies = sorted(self.ours.get("/studies"))
        self.assertEqual(self.studies, sorted(self.theirs.get("/studies")))

    def same(self, path, body):
        """Asks both; the answers, which must be the same but for identifiers."""
        mine, other = self.ours.post(path, body), self.theirs.post(path, body)
        self.assertEqual(shape(other), shape(mine))
        return mine, other

    def instances(self, server, study):
        return [server.get(f"/instances/{i['ID']}/tags?short") for i in server.get(f"/studies/{study}/instances")]

    def assert_same_attributes(self, kind, mine, other):
        known = set(DIFFERENCES[kind])
        per_class = [{}, {}]
        for attributes, instances in zip(per_class, (mine, other)):
            for one in instances:
                key = (one["0008,0016"], one.get("0020,0013"))
                attributes.setdefault(key, []).append({t for t in one if not t.endswith(",0000") and not t.startswith("0002")})
        self.assertEqual(sorted(map(str, per_class[0])), sorted(map(str, per_class[1])))
        ours, theirs = set(), set()
        for key, sets in per_class[1].items():
            for a, b in zip(sorted(per_class[0][key], key=sorted), sorted(sets, key=sorted)):
                ours |= a - b - known
                theirs |= b - a - known
        self.assertEqual((set(), set()), (ours, theirs))

    def test_an_anonymized_study_has_the_same_attributes(self):
        for edition in ("2008", "2017c", "2021b"):
            with self.subTest(edition=edition):
                mine, other = self.same(f"/studies/{self.studies[0]}/anonymize", {"DicomVersion": edition})

                self.assert_same_attributes("anonymize", self.instances(self.ours, mine["ID"]), self.instances(self.theirs, other["ID"]))
                self.assertEqual(self.studies[0], self.ours.get(f"/studies/{mine['ID']}")["AnonymizedFrom"])

    def test_a_modified_study_says_the_same(self):
        body = {"Replace": {"StudyDescription": "other", "PatientName": "A^B"}, "Remove": ["SeriesDescription"], "RemovePrivateTags": True}
        mine, other = self.same(f"/studies/{self.studies[0]}/modify", body)

        a, b = self.instances(self.ours, mine["ID"]), self.instances(self.theirs, other["ID"])
        self.assert_same_attributes("modify", a, b)
        for one in a + b:
            self.assertEqual("other", one["0008,1030"])

    def test_all_levels_answer_the_same(self):
        study = self.ours.get(f"/studies/{self.studies[0]}")
        series, patient = study["Series"][0], study["ParentPatient"]
        self.same(f"/series/{series}/modify", {"Replace": {"SeriesDescription": "x"}})
        self.same(f"/series/{series}/anonymize", {})
        self.same(f"/patients/{patient}/anonymize", {"Keep": ["StudyDescription"]})
        self.same(f"/patients/{patient}/modify", {"Replace": {"PatientID": "new"}, "Force": True})

    def test_bulk_operations_list_the_same(self):
        self.same("/tools/bulk-anonymize", {"Resources": self.studies})
        self.same("/tools/bulk-modify", {"Resources": self.studies, "Level": "Study", "Replace": {"StudyDescription": "x"}})
        self.same("/tools/bulk-modify", {"Resources": [self.ours.get(f"/studies/{self.studies[0]}")["Series"][0]],
                                         "Replace": {"SeriesDescription": "x"}})

    def test_merging_and_splitting_answer_the_same(self):
        into, other = self.studies
        series = self.ours.get(f"/studies/{into}")["Series"]
        self.same(f"/studies/{into}/split", {"Series": series[:1], "KeepSource": True, "Replace": {"StudyDescription": "x"}})
        self.same(f"/studies/{into}/merge", {"Resources": [other], "KeepSource": False})
        for server in (self.ours, self.theirs):
            self.assertNotIn(other, server.get("/studies"))

    def test_creation_answers_the_same(self):
        self.same("/tools/create-dicom", {"Tags": {"PatientName": "A", "PatientID": "B"}})
        self.same("/tools/create-dicom", {"Tags": {"SeriesDescription": "A"}, "Parent": self.studies[0], "Content": [PNG, PNG]})
        self.same("/tools/create-dicom", {"Tags": {}, "Content": PNG})

    def test_refusals_are_the_same(self):
        study = self.studies[0]
        patient = self.ours.get(f"/studies/{study}")["ParentPatient"]
        for path, body in ((f"/studies/{study}/modify", {"Replace": {"StudyInstanceUID": "1.2"}}),
                           (f"/patients/{patient}/modify", {"Replace": {"PatientName": "x"}, "Force": True}),
                           (f"/studies/{study}/split", {}),
                           (f"/studies/{study}/merge", {"Resources": ["nope"]}),
                           ("/tools/bulk-modify", {"Resources": ["nope"], "Replace": {}}),
                           ("/tools/create-dicom", {"Tags": {"PatientName": "A"}, "Parent": study})):
            self.assertEqual(self.theirs.status(path, body), self.ours.status(path, body), (path, body))

    def test_a_job_goes_on_after_a_kill(self):
        body = {"Asynchronous": True, "KeepSource": False}
        job = self.ours.post(f"/studies/{self.studies[0]}/anonymize", body)["ID"]
        self.ours.kill()
        self.ours.start()
        self.assertTrue(wait_until(lambda: self.ours.get(f"/jobs/{job}")["State"] == "Success", 30))

        content = self.ours.get(f"/jobs/{job}")["Content"]
        self.assertEqual(len(self.files), self.ours.get("/statistics")["CountInstances"])
        self.assertEqual(content["InstancesCount"], len(self.ours.get(f"/studies/{content['ID']}/instances")))
        self.assertNotIn(self.studies[0], self.ours.get("/studies"))


if __name__ == "__main__":
    unittest.main()
