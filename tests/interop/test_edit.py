"""Edited and anonymized files: what pydicom and dcmftest make of them, beside what Orthanc does to the same ones."""
import io
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request
import warnings

from query_peers import BIN, Orthanc, need, run
from mounted import SHARED

try:
    import pydicom
except ImportError:
    pydicom = None

EDIT = BIN.parent / "tests" / "edit_file"
FOLDERS = ("objects", "charset", "structure", "photometric")
REPLACED = {"PatientName": "Edited^Name", "StudyDescription": "edited", "SeriesNumber": "77"}
UIDS = {"SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"}
# Of the editions that Orthanc 1.10 knows, too.
EDITIONS = ("2008", "2017c", "2021b")
# What a value may be that somebody has anonymized before us.
DUMMIES = ({"19000101"}, {"000000"}, {"19000101000000"}, {"ANONYMIZED"})


def samples():
    """One file of each folder of the shared data with good files, and all that are about text."""
    found = []
    for folder in FOLDERS:
        files = sorted(p for p in (SHARED / folder).rglob("*") if p.is_file() and p.stat().st_size < 4 << 20)
        seen = set()
        for path in files:
            if folder == "charset" or path.parent not in seen:
                seen.add(path.parent)
                found.append(path)
    return found


def read(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        dataset.decode()
        return dataset


def element_vr(tag):
    return pydicom.datadict.dictionary_VR(tag) if pydicom.datadict.dictionary_has_tag(tag) else "UN"


def is_structure(element, where, value):
    """What says nothing of a person and stays in the items of a report: codes of the standard, and the character set."""
    return (element.keyword == "SpecificCharacterSet" or set(value) in DUMMIES or
            (len(where) > 1 and (element_vr(where[-1]) == "CS" or str(value[0]).startswith("1.2.840.10008."))))


def text(element):
    """The value as text, without what padding does to it."""
    if element.VR == "SQ":
        return [{e.tag: text(e) for e in item} for item in element.value]
    if element.value is None:
        return ""
    values = element.value if isinstance(element.value, pydicom.multival.MultiValue) else [element.value]
    return [v.strip(b"\0 ") if isinstance(v, bytes) else str(v).strip("\0 ") for v in values]


def flat(element, prefix=()):
    """(path, text) of all values, those of items, too."""
    if element.VR != "SQ":
        yield prefix + (element.tag,), text(element)
        return
    for number, item in enumerate(element.value):
        for inner in item:
            yield from flat(inner, prefix + (element.tag, number))


@unittest.skipUnless(pydicom, "pydicom is not installed")
class Edits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("Orthanc", "dcmftest")
        if not SHARED.is_dir():
            raise unittest.SkipTest("the shared data is not there")
        cls.folder = tempfile.TemporaryDirectory()
        cls.orthanc = Orthanc(cls.folder.name).start()

    @classmethod
    def tearDownClass(cls):
        cls.orthanc.stop()
        cls.folder.cleanup()

    def ours(self, action, request, path):
        """The bytes, or None if the file is refused."""
        out = pathlib.Path(self.folder.name) / "out.dcm"
        done = subprocess.run([EDIT, action, "instance", json.dumps(request), path, out], capture_output=True, text=True)
        if done.returncode != 0:
            return None
        self.assertIn("yes", run("dcmftest", out).stdout)
        return out.read_bytes()

    def theirs(self, action, request, path):
        """The bytes, or None if Orthanc refuses the file."""
        url = f"http://127.0.0.1:{self.orthanc.http}/instances"
        try:
            report = json.loads(urllib.request.urlopen(url, path.read_bytes(), 60).read())
            answer = urllib.request.urlopen(f"{url}/{report['ID']}/{action}", json.dumps(request).encode(), 60)
            return answer.read()
        except urllib.error.HTTPError:
            return None

    def test_modified_files_say_what_orthancs_say(self):
        compared = 0
        for path in samples():
            request = {"Replace": REPLACED, "Remove": ["SeriesDescription"]}
            mine, other = self.ours("modify", request, path), self.theirs("modify", request, path)
            if mine is None or other is None:
                continue
            with self.subTest(str(path.relative_to(SHARED))):
                a, b = read(mine), read(other)
                for element in b:
                    if element.keyword in UIDS or element.tag.element == 0 or element.tag.group >= 0xFFFC:
                        continue
                    # Only Orthanc writes the character set of what it adds where the file has none.
                    if element.keyword == "SpecificCharacterSet":
                        continue
                    self.assertIn(element.tag, a)
                    self.assertEqual(text(element), text(a[element.tag]), element.tag)
                self.assertEqual("Edited^Name", str(a.PatientName))
                self.assertNotIn("SeriesDescription", a)
                self.assertEqual(a.SOPInstanceUID, a.file_meta.MediaStorageSOPInstanceUID)
                compared += 1
        self.assertGreater(compared, 40)

    def test_nothing_that_orthanc_takes_away_stays(self):
        compared = 0
        for path in samples():
            before = read(path.read_bytes())
            for edition in EDITIONS:
                request = {"DicomVersion": edition}
                mine, other = self.ours("anonymize", request, path), self.theirs("anonymize", request, path)
                if mine is None or other is None:
                    continue
                with self.subTest(f"{path.relative_to(SHARED)} {edition}"):
                    a, b = read(mine), read(other)
                    kept_by_them = dict(pair for element in b for pair in flat(element))
                    kept_by_us = dict(pair for element in a for pair in flat(element))
                    for element in before:
                        for where, value in flat(element):
                            if not any(value) or where[0].element == 0 or where[-1].is_private:
                                continue
                            if is_structure(element, where, value):
                                continue
                            if kept_by_them.get(where) != value:
                                self.assertNotEqual(value, kept_by_us.get(where), where)
                    self.assertEqual("YES", a.PatientIdentityRemoved)
                    self.assertFalse(any(e.tag.is_private for e in a))
                    pixels = before.get("PixelData", b"")
                    self.assertEqual(pixels + bytes(len(pixels) % 2), a.get("PixelData", b""))
                    compared += 1
        self.assertGreater(compared, 120)


if __name__ == "__main__":
    unittest.main()
