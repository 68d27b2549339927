"""XML of DICOMweb (Native DICOM Model, PS3.19 A.1) against what DCMTK makes of the same files."""
import json
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as ET

from rest_server import RestTest, ask
from test_dicomweb import parts_of, stow_body, url_of
from mounted import SHARED, manifest

XML = 'multipart/related; type="application/dicom+xml"'
NAMESPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


def attributes(element, prefix=""):
    """Flat: the path of each attribute with what it is called and has."""
    found = {}
    for attribute in element:
        path = prefix + attribute.get("tag") + attribute.get("privateCreator", "")
        values = []
        for child in attribute:
            kind = child.tag.replace(NAMESPACE, "")
            if kind == "Item":
                found.update(attributes(child, f"{path}[{child.get('number')}]/"))
            elif kind == "PersonName":
                values.append([(group.tag.replace(NAMESPACE, ""), part.tag.replace(NAMESPACE, ""), (part.text or "").strip())
                               for group in child for part in group])
            elif kind == "Value":
                values.append((child.text or "").strip())
            else:
                values.append("binary")
        found[path] = (attribute.get("vr"), attribute.get("keyword"), values)
    return found


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def same(ours, theirs):
    """Values: numbers by what they are, names and texts as they are. Some of DCMTK's are not compared."""
    if len(ours) != len(theirs):
        return not any(ours) and not any(theirs)  # one empty value, or none
    return all(a == b or (number(a) is not None and number(b) is not None and abs(number(a) - number(b)) <= 1e-6 * abs(number(a)))
               for a, b in zip(ours, theirs))


@unittest.skipIf(shutil.which("dcm2xml") is None, "dcmtk is not installed")
class NativeModel(RestTest):
    maxDiff = None

    def rows(self):
        seen = set()
        for row in manifest():
            folder = row["path"].rsplit("/", 1)[0]
            if folder.startswith(("bad", "series", "dicomdir")) or folder in seen or row["pydicom"] != "ok":
                continue
            seen.add(folder)
            yield row

    def test_it_is_what_dcmtk_makes_of_the_same_files(self):
        compared, wrong = 0, {}
        for row in self.rows():
            path = SHARED / row["path"]
            theirs = subprocess.run(["dcm2xml", "--native-format", "--use-xml-namespace", "--convert-to-utf8", path], capture_output=True)
            body, headers = stow_body([path.read_bytes()])
            status, _, answer = self.post("/dicom-web/studies", body, headers=headers)
            url = url_of(json.loads(answer)) if status == 200 else None
            if url is None or theirs.returncode != 0:
                continue
            status, headers, answer = ask(url + "/metadata", headers={"Accept": XML})
            self.assertEqual((status, headers.get_content_type()), (200, "multipart/related"), row["path"])
            (head, document), = parts_of(headers, answer)
            self.assertEqual(head.get_content_type(), "application/dicom+xml")
            ours = attributes(ET.fromstring(document))
            try:
                expected = attributes(ET.fromstring(theirs.stdout))
            except ET.ParseError:  # it writes characters that XML does not have
                continue
            compared += 1
            found = []
            for name in sorted(set(ours) | set(expected)):
                # Of the file, or of the server; the character set is that of the text after its conversion there.
                if name.startswith("0002") or name in ("00083002", "00080005"):
                    continue
                a, b = ours.get(name), expected.get(name)
                if a is None or b is None:
                    found.append(f"{name}: only {'theirs' if a is None else 'ours'}: {a or b}")
                elif a[0] != b[0] and "UN" not in (a[0], b[0]) and not {a[0], b[0]} <= {"OB", "OW"}:
                    found.append(f"{name}: vr {a[0]}, {b[0]}")
                elif a[1] != b[1] and b[1] is not None:  # it has no keywords for what is retired
                    found.append(f"{name}: keyword {a[1]}, {b[1]}")
                elif "binary" not in (*a[2], *b[2]) and a[0] == b[0] and a[0] not in ("AT", "UN") and not same(a[2], b[2]):
                    found.append(f"{name}: {a[2]} | {b[2]}")
            if found:
                wrong[row["path"]] = found[:10]
        self.assertEqual({}, wrong)
        self.assertGreater(compared, 20)

    def test_searches_are_documents(self):
        path = next(SHARED / row["path"] for row in self.rows())
        body, headers = stow_body([path.read_bytes()])
        self.post("/dicom-web/studies", body, headers=headers)
        status, headers, answer = ask(self.server.url + "/dicom-web/studies", headers={"Accept": XML})
        self.assertEqual(status, 200)
        found = attributes(ET.fromstring(parts_of(headers, answer)[0][1]))
        json_status, _, told = ask(self.server.url + "/dicom-web/studies", headers={"Accept": "application/dicom+json"})
        self.assertEqual(json_status, 200)
        self.assertEqual({name[:8] for name in found if "/" not in name}, set(json.loads(told)[0]))


if __name__ == "__main__":
    unittest.main()
