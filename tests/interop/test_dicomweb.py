"""DICOMweb against files as they are on disk and against what pydicom makes of them."""
import email.parser
import email.policy
import json
import math
import unittest
import uuid
import warnings

from rest_server import RestTest, ask, small
from mounted import SHARED, manifest

try:
    import pydicom
except ImportError:
    pydicom = None

DICOM_JSON = "application/dicom+json"
BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


def stow_body(files):
    boundary = uuid.uuid4().hex
    body = b"".join(b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (boundary.encode(), content) for content in files)
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return body + b"--%s--\r\n" % boundary.encode(), {"Content-Type": kind}


def parts_of(headers, body):
    boundary = b"--" + headers.get_param("boundary").encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary)
    assert pieces[-1].startswith(b"--"), "the last boundary is missing"
    parts = []
    for piece in pieces[1:-1]:
        head, content = piece[2:].split(b"\r\n\r\n", 1)
        parts.append((email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + b"\r\n\r\n"), content))
    return parts


def url_of(stored):
    """Of the one instance; None: it has not all UIDs, so that DICOMweb has no path to it."""
    return stored["00081199"]["Value"][0]["00081190"].get("Value", [None])[0]


class RoundTrip(RestTest):
    def stow(self, contents):
        body, headers = stow_body(contents)
        return self.post("/dicom-web/studies", body, headers=headers)

    def wado(self, url):
        status, headers, body = ask(url, headers={"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'})
        self.assertEqual(status, 200, body)
        return [content for _, content in parts_of(headers, body)]

    def test_a_series_comes_back_as_it_was_sent(self):
        contents = [path.read_bytes() for path in small(self.folder / "phantom", 12)]
        status, _, body = self.stow(contents)
        self.assertEqual(status, 200, body)
        study = json.loads(body)["00081190"]["Value"][0]
        self.assertTrue(study.startswith(self.server.url), study)
        self.assertCountEqual(self.wado(study), contents)

    def test_real_files_come_back_as_they_were_sent(self):
        rows = [row for row in manifest() if row["path"].split("/")[0] not in ("bad", "series", "dicomdir")]
        told = 0
        for row in rows:
            content = (SHARED / row["path"]).read_bytes()
            status, _, body = self.stow([content])
            if status not in (200, 202):  # two files with one UID, or with none
                self.assertEqual(status, 409, f"{row['path']}: {body}")
                continue
            with self.subTest(row["path"]):
                if url := url_of(json.loads(body)):
                    self.assertIn(content, self.wado(url))
                    told += 1
        self.assertGreater(told, 250)


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def same_value(vr, ours, theirs):
    if ours in (None, "", {}) and theirs in (None, "", {}):
        return True
    if vr == "SQ":
        return differences(ours, theirs) == []
    if vr == "PN":
        return {k: v.strip() for k, v in ours.items()} == {k: v.strip() for k, v in theirs.items() if v}
    a, b = number(ours), number(theirs)
    if a is not None and b is not None:  # 1.50 and "1.5": PS3.18 F.2.3 lets either be said
        return a == b or math.isclose(a, b, rel_tol=1e-15) or (math.isnan(a) and math.isnan(b))
    return str(ours).strip(" \0") == str(theirs).strip(" \0")


def differences(ours, theirs):
    """What is told otherwise, but for what both may choose."""
    found = []
    for tag in sorted(set(ours) | set(theirs)):
        # Ours alone: how the pixel data is stored. Theirs alone: lengths of groups.
        if tag == "00083002" or tag.endswith("0000"):
            continue
        if tag not in ours or tag not in theirs:
            found.append(f"{tag}: only {'ours' if tag in ours else 'theirs'}")
            continue
        a, b = ours[tag], theirs[tag]
        if a["vr"] == "UN" and b["vr"] != "UN":
            continue  # pydicom looks private attributes up in a dictionary of its own
        if tag == "7FE00010" and (a["vr"], b["vr"]) == ("OB", "OW") and "BulkDataURI" in a:
            continue  # compressed pixels are OB (PS3.5 A.4), whatever the file says
        if a["vr"] != b["vr"]:
            found.append(f"{tag}: vr {a['vr']}, {b['vr']}")
        elif "BulkDataURI" in a:
            # What they tell whole.
            if not ("BulkDataURI" in b or "InlineBinary" in b or len(str(b.get("Value"))) > 1000):
                found.append(f"{tag}: a BulkDataURI of {b}")
        elif a["vr"] in BINARY:
            if "BulkDataURI" not in b and a.get("InlineBinary", "") != b.get("InlineBinary", ""):
                found.append(f"{tag}: other bytes")
        else:
            left, right = a.get("Value", []), b.get("Value", [])
            empty = all(v in (None, "", {}) for v in left) and all(v in (None, "", {}) for v in right) and a["vr"] != "SQ"
            if not empty and (len(left) != len(right) or not all(same_value(a["vr"], x, y) for x, y in zip(left, right))):
                found.append(f"{tag} {a['vr']}: {str(left)[:200]} | {str(right)[:200]}")
    return found


# Files of which pydicom tells something else, and why that is no fault of ours.
KNOWN = {
    "charset/chrGB2312.dcm": "pydicom leaves escape sequences in the name",
    "objects/mg/GH133.dcm": "a private attribute that is OB in the dictionary here and OW in pydicom's",
    "synthetic/charset/ir203.dcm": "ISO_IR 203 is Latin-9, which pydicom reads as Latin-1",
    "synthetic/charset/iso2022_ir58.dcm": "pydicom leaves escape sequences in the name",
    "structure/private/explicit_VR-UN.dcm": "PixelData written as UN: OB here, OW there",
}


@unittest.skipIf(pydicom is None, "pydicom is not installed")
class MetadataOfRealFiles(RestTest):
    maxDiff = None

    def rows(self):
        """All good files, but of each series one alone."""
        seen = set()
        for row in manifest():
            folder = row["path"].rsplit("/", 1)[0]
            if row["path"].startswith("bad/") or row["pydicom"] != "ok" or (row["path"].startswith("series/") and folder in seen):
                continue
            seen.add(folder)
            yield row

    def test_it_is_what_pydicom_makes_of_them(self):
        compared, wrong = 0, {}
        for row in self.rows():
            content = (SHARED / row["path"]).read_bytes()
            body, headers = stow_body([content])
            status, _, answer = self.post("/dicom-web/studies", body, headers=headers)
            if status not in (200, 202):
                continue
            url = url_of(json.loads(answer))
            if url is None:
                continue
            status, headers, answer = ask(url + "/metadata", headers={"Accept": DICOM_JSON})
            self.assertEqual((status, headers.get_content_type()), (200, DICOM_JSON), row["path"])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    theirs = pydicom.dcmread(SHARED / row["path"], force=True).to_json_dict(
                        bulk_data_threshold=1024, bulk_data_element_handler=lambda _: "elsewhere", suppress_invalid_tags=False)
                except Exception:  # it does not write what it read: a value that is none of its VR
                    continue
            compared += 1
            if found := differences(json.loads(answer)[0], theirs):
                wrong[row["path"]] = found
        self.assertGreater(compared, 300)
        self.assertEqual({}, {path: found for path, found in wrong.items() if path not in KNOWN})


if __name__ == "__main__":
    unittest.main()
