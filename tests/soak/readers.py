"""Who looks at what is there, and must find it: all of it, and each byte."""
import io
import json
import os
import pathlib
import subprocess
import types
import zipfile

from actors import Actor
from query_peers import findscu
from retrieve_peers import retrieve
from scans import dataset_of, sha256
from test_dicomweb import parts_of
from ledger import Is
from world import AET, OTHER, PATIENCE_S, WORKSTATION, Browser, refuse_if_full

DICOM_JSON = "application/dicom+json"
WHOLE_FILES = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class Reader(Actor):
    """Looks at a study that nobody removes meanwhile."""

    def go(self):
        study = self.ledger.borrow(self.chance)
        if study is None:
            return
        try:
            self.look(study)
        finally:
            self.ledger.give_back(study)

    def look(self, study):
        raise NotImplementedError

    def expect_file(self, scan, content):
        if scan.whole:
            self.expect(sha256(content) == scan.whole, f"other bytes of {scan.uid}")
        else:
            self.expect(dataset_of(content) == scan.dataset, f"another data set of {scan.uid}")

    def expect_files(self, study, contents):
        """All of them, in whatever order; meta headers aside."""
        found = sorted(dataset_of(content) for content in contents)
        self.expect(found == sorted(scan.dataset for scan in study.scans),
                    f"{len(found)} files of {len(study.scans)}, or other ones, in {study.uid}")


# -- HTTP: one of these at a time
def file(self, study):
    scan = self.chance.choice(study.scans)
    self.expect_file(scan, self.fetch(f"/instances/{scan.id}/file"))


def resource(self, study):
    self.expect(len(json.loads(self.fetch(f"/studies/{study.id}/instances"))) == len(study.scans), f"instances of {study.id}")
    self.fetch(f"/studies/{study.id}/statistics")


def archive(self, study):
    with zipfile.ZipFile(io.BytesIO(self.fetch(f"/studies/{study.id}/archive"))) as archive:
        self.expect_files(study, [archive.read(name) for name in archive.namelist()])


def preview(self, study):
    scan = self.chance.choice(study.scans)
    self.expect(self.fetch(f"/instances/{scan.id}/preview").startswith(b"\x89PNG"), "no picture")


def qido(self, study):
    found = json.loads(self.fetch(f"/dicom-web/studies/{study.uid}/instances", DICOM_JSON))
    self.expect(len(found) == len(study.scans), f"QIDO-RS: {len(found)} of {len(study.scans)} in {study.uid}")
    of_patient = json.loads(self.fetch(f"/dicom-web/studies?PatientID={study.patient}", DICOM_JSON))
    self.expect(study.uid in {item["0020000D"]["Value"][0] for item in of_patient}, f"{study.uid} by its patient")


def metadata(self, study):
    found = json.loads(self.fetch(f"/dicom-web/studies/{study.uid}/metadata", DICOM_JSON))
    self.expect({item["00080018"]["Value"][0] for item in found} == {scan.uid for scan in study.scans},
                f"metadata of {len(found)} of {len(study.scans)} in {study.uid}")


def wado(self, study):
    headers, body = self.browser.get(f"/dicom-web/studies/{study.uid}", WHOLE_FILES)
    self.expect_files(study, [content for _, content in parts_of(headers, body)])


def changes(self, study):
    last = json.loads(self.fetch("/changes?last"))["Last"]
    found = json.loads(self.fetch(f"/changes?since={max(0, last - 50)}&limit=50"))["Changes"]
    self.expect([c["Seq"] for c in found] == sorted({c["Seq"] for c in found}), "changes out of order")


def search(self, study):
    status, answer = self.world.rest("/tools/find", "POST", {"Level": "Study", "Query": {"PatientID": study.patient}})
    self.expect(status == 200 and study.id in json.loads(answer), f"/tools/find: {status}, without {study.id}")


class HttpClient(Reader):
    looks = (file, file, file, resource, archive, preview, qido, metadata, wado, changes, search)

    def look(self, study):
        if not hasattr(self, "browser"):
            self.browser = Browser(self.world)
        self.chance.choice(self.looks)(self, study)

    def fetch(self, path, accept="*/*"):
        return self.browser.get(path, accept)[1]


def c_find(world, *keys):
    """The answers at the level that the keys name. Where the node went away findscu ends well all the same."""
    node = types.SimpleNamespace(aet=AET, port=world.port)
    found = findscu(node, "-S" if "QueryRetrieveLevel=PATIENT" not in keys else "-P", "-aet", WORKSTATION, keys=keys)
    if "Success" not in found.status:
        raise OSError(found.text[-1000:])
    return found


class Workstation(Reader):
    def look(self, study):
        found = c_find(self.world, "QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study.uid}", "PatientID",
                       "NumberOfStudyRelatedInstances")
        told = [(answer["0010,0020"].decode(), int(answer["0020,1208"])) for answer in found]
        self.expect(told == [(study.patient, len(study.scans))], f"C-FIND: {told} of {study.uid}, {len(study.scans)}: {found.text[-500:]}")


class Mover(Reader):
    """Has studies sent to the other archive: by C-MOVE."""

    def look(self, study):
        self.ledger.send(study.scans, Is.either)
        said = retrieve("movescu", types.SimpleNamespace(aet=AET, port=self.world.port), "-S", "-aet", WORKSTATION, "-aem", OTHER, check=False,
                        keys=["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study.uid}"])
        refuse_if_full(said)
        if "Success" not in said:
            raise OSError(said[-1000:])
        self.ledger.send(study.scans, Is.there)


class Mounted(Reader):
    def path(self, scan):
        return self.world.mount.path / "instances" / f"{scan.uid}.dcm"

    def home(self, scan):
        """Where it stands in patients/."""
        return pathlib.Path(os.path.realpath(self.path(scan), strict=True))


class FolderSend(Mounted):
    """The same by a copy into modalities/, which is queued."""

    def look(self, study):
        folder = self.home(study.scans[0]).parents[1]
        self.ledger.send(study.scans, Is.either)
        command = self.chance.choice((["cp", "-r"], ["ln", "-s"]))
        # What was copied there under that name is seen for a minute.
        self.counts["sent"] += 1
        self.world.call(*command, folder, f"{self.counts['sent']} {folder.name}",
                        cwd=self.world.mount.path / "modalities" / OTHER)
        self.ledger.send(study.scans, Is.there)


class Md5sum(Mounted):
    """Twice, once by the links of instances/ and once where they stand: what was wrong once would stay in the page cache."""

    def look(self, study):
        links = [self.path(scan) for scan in study.scans]
        said = [self.world.call(*command).splitlines() for command in
                (["md5sum", *links], ["find", self.home(study.scans[0]).parents[1], "-name", "*.dcm", "-exec", "md5sum", "{}", "+"])]
        sums = [sorted(line.split()[0].lstrip("\\") for line in lines) for lines in said]
        self.expect(sums[0] == sums[1], f"md5sum of {len(sums[0])} and of {len(sums[1])} files in {study.uid}")
        for scan, link in zip(study.scans, links):
            self.expect_file(scan, link.read_bytes())


class Viewer(Mounted):
    def look(self, study):
        folder = self.home(self.chance.choice(study.scans)).parent
        for path in self.chance.sample(sorted(folder.iterdir()), 3):
            if path.suffix == ".png":
                self.expect(path.read_bytes().startswith(b"\x89PNG"), "no picture")
            elif path.suffix == ".json":
                json.loads(path.read_bytes())
        count = json.loads((folder.parent / "study.json").read_bytes())
        self.expect(study.uid == count["StudyInstanceUID"], "study.json of another study")


class Find(Actor):
    """Over all that is there, while some of it goes."""

    def go(self):
        done = subprocess.run(["find", self.world.mount.path / "patients", "-name", "*.dcm", "-size", "+0"],
                              capture_output=True, text=True, errors="replace", timeout=PATIENCE_S, check=False)
        complaints = [line for line in done.stderr.splitlines() if "No such file or directory" not in line]
        if complaints:
            raise OSError("; ".join(complaints[:3]))
