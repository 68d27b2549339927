"""How long after an answer a change is not to be seen somewhere: in the kernel's memory above all."""
import collections
import json
import os
import time
import zipfile

from actors import Actor
from readers import c_find
from scans import MARK, SERIES, Scan, dataset_of
from senders import Copy, Modality, Post, Stow
from world import Wrong

GIVEN_UP_S = 8
BOUND_S = 1.0
INSTANCES = 30


class Probe(Actor):
    """Brings an instance by one face and looks with all, also before, so that the kernel has what it may remember; then the
    same for its removal. A time is how long after the answer somebody who asked then was told the old."""
    pause = 0.2

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.stale = collections.defaultdict(list)   # (what was done, where it is seen) -> seconds
        self.faces = {face.__name__: face(*arguments[:-1], f"probe{face.__name__}")
                      for face in (Post, Stow, Modality, Copy)}
        self.study = None

    # -- where it is seen: whether that is as it should be now
    def patient(self):
        return (f"{self.study.name} [{self.study.patient}]" in os.listdir(self.patients)) == bool(self.there)

    def listing(self):
        folder = self.series()
        return sorted(name for name in os.listdir(folder) if name.endswith(".dcm")) == sorted(map(self.name_of, self.there))

    def lookup(self):
        """Also what it reads: another instance may have had that name."""
        path = self.series() / self.name_of(self.scan)
        return path.exists() == self.is_there and (not self.is_there or dataset_of(path.read_bytes()) == self.scan.dataset)

    def attributes(self):
        """Of a file that was removed alone, what was made of it can be asked for during a minute (fs/removal.h), but is not listed."""
        path = (self.series() / self.name_of(self.scan)).with_suffix(".json")
        if path.name not in os.listdir(path.parent):
            return not self.is_there
        return self.is_there and json.loads(path.read_bytes())["SeriesDescription"] == self.descriptions[self.scan]

    def link(self):
        return os.path.lexists(self.world.mount.path / "instances" / f"{self.scan.uid}.dcm") == self.is_there

    def counts(self):
        return json.loads((self.series() / "series.json").read_bytes())["NumberOfSeriesRelatedInstances"] == len(self.there)

    def archive(self):
        try:
            with zipfile.ZipFile(self.series().parent / "study.zip") as archive:
                return archive.testzip() is None and len(archive.namelist()) == len(self.there)
        except zipfile.BadZipFile:
            return False

    def search(self):
        folder = self.world.mount.path / "find" / f"SOPInstanceUID={self.scan.uid}"
        return (len(os.listdir(folder)) == 1) == self.is_there

    def rest(self):
        status, _ = self.world.rest(f"/instances/{self.scan.id}")
        return (status == 200) == self.is_there

    def qido(self):
        status, answer = self.world.rest(f"/dicom-web/studies/{self.study.uid}/instances", Accept="application/dicom+json")
        return len(json.loads(answer) if status == 200 and answer else []) == len(self.there)

    def queried(self):
        found = c_find(self.world, "QueryRetrieveLevel=IMAGE", f"StudyInstanceUID={self.study.uid}", "SOPInstanceUID")
        return {answer["0008,0018"].decode() for answer in found} == {scan.uid for scan in self.there}

    SIGHTS = {"patients/": patient, "a listing": listing, "a name": lookup, "its .json": attributes, "instances/": link, "series.json": counts,
              "study.zip": archive, "find/": search, "REST": rest, "QIDO-RS": qido, "C-FIND": queried}

    def is_right(self, sight):
        """A folder that is not there shows nothing."""
        try:
            return self.SIGHTS[sight](self)
        except FileNotFoundError:
            return not self.there

    # -- what is done
    def add(self):
        if self.gone and self.chance.random() < 0.4:
            self.scan = self.gone.pop()
            if self.chance.random() < 0.5:  # another one that is called as it was
                self.scan = Scan(self.study, self.scan.series, f"{self.scan.uid}.{self.next}", self.scan.number)
        else:
            self.scan = self.study.scans[self.next]
            self.next += 1
        face = self.faces[self.chance.choice(sorted(self.faces))]
        face.study = self.study
        self.ledger.may([self.scan])
        face.send([self.scan])
        self.there.append(self.scan)
        self.descriptions[self.scan] = SERIES
        return f"{face.name[len('probe'):]}"

    def remove(self):
        self.scan = self.chance.choice(self.there)
        self.ledger.may([self.scan])
        by_rm = self.chance.random() < 0.5
        if by_rm:
            self.world.call("rm", self.series() / self.name_of(self.scan))
        else:
            status, answer = self.world.rest(f"/instances/{self.scan.id}", "DELETE")
            self.expect(status == 200, f"DELETE: {status} {answer[:300]}")
        self.ledger.must_not([self.scan])
        self.there.remove(self.scan)
        self.gone.append(self.scan)
        return "rm" if by_rm else "DELETE"

    def go(self):
        try:
            if self.study is None:
                self.study = self.scans.study(self.name, "thumbnail", 1, INSTANCES)
                self.there, self.gone, self.next, self.version = [], [], 0, 0
                self.descriptions = {}
            self.step()
            if self.next == len(self.study.scans) and not self.there:
                self.study = None
        except Exception:
            self.study = None  # who knows what there is of it
            raise

    def modify(self):
        """Where it is: the bytes are others then, under the same name and UID. Which ones REST tells."""
        self.version += 1
        self.description = f"{MARK} {self.version}"
        for scan in self.there:
            scan.dataset = scan.whole = ""
        status, answer = self.world.rest(f"/studies/{self.study.id}/modify", "POST", {
            "Replace": {"SeriesDescription": self.description}, "Force": True, "KeepSource": False,
            "Keep": ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]})
        self.expect(status == 200, f"modify: {status} {answer[:500]}")
        answered = time.monotonic()
        for scan in self.there:
            status, content = self.world.rest(f"/instances/{scan.id}/file")
            self.expect(status == 200 and self.description.encode() in content, f"modified, but REST shows the old: {status}")
            scan.dataset, self.descriptions[scan] = dataset_of(content), self.description
        return "modify", answered

    def step(self):
        begin = time.monotonic()
        adds = self.next < len(self.study.scans) and (not self.there or self.chance.random() < 0.6)
        if self.there:
            self.scan = self.chance.choice(self.there)
            self.look(time.monotonic())
        if len(self.there) > 1 and self.chance.random() < 0.15:
            done, answered = self.modify()
        else:
            done, answered = (self.add() if adds else self.remove()), time.monotonic()
        stale = self.look(answered)
        if not self.world.excuses(begin):
            for sight, seconds in stale.items():
                self.stale[done, sight].append(seconds)
                if seconds > BOUND_S:
                    self.world.fail(self.name, f"{seconds:.2f} s after {done}, {sight} showed what was before")

    def look(self, since):
        stale, pending = dict.fromkeys(self.SIGHTS, 0.0), list(self.SIGHTS)
        while pending:
            for sight in tuple(pending):
                begin = time.monotonic()
                if self.is_right(sight):
                    pending.remove(sight)
                else:
                    stale[sight] = begin - since
            if pending and time.monotonic() - since > GIVEN_UP_S:
                raise Wrong(f"{pending} do not show what is there: {len(self.there)} instances")
        return stale

    # -- its study
    @property
    def is_there(self):
        return self.scan in self.there

    @property
    def patients(self):
        return self.world.mount.path / "patients"

    def series(self):
        folder = self.patients / f"{self.study.name} [{self.study.patient}]"
        for suffix in (f"[{self.study.accession}]", ""):
            found = [entry for entry in folder.iterdir() if entry.is_dir() and entry.name.endswith(suffix)]
            if not found:
                raise FileNotFoundError(folder)
            folder = found[0]
        return folder

    @staticmethod
    def name_of(scan):
        return f"{scan.number:04d}.dcm"

    def report(self):
        """Lines of a table."""
        by_sight = collections.defaultdict(list)
        for (_, sight), seconds in self.stale.items():
            by_sight[sight] += seconds
        for sight, seconds in by_sight.items():
            seconds.sort()
            yield (f"{sight:12} {len(seconds):5} changes, seen late: {sum(s > 0 for s in seconds):4}; p50 "
                   f"{seconds[len(seconds) // 2]:.3f} s, p99 {seconds[len(seconds) * 99 // 100]:.3f} s, max {seconds[-1]:.3f} s")
