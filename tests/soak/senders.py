"""Who brings studies: each by another way in. What was not acknowledged is sent again."""
import concurrent.futures
import json
import shutil

from actors import Actor
from dimse import read_file
from ledger import Ledger
from mounted import BIN, wait_until
from test_dicomweb import stow_body
from world import AET, Refused, Wrong

OUT_OF_RESOURCES = range(0xA700, 0xA800)
SERIES_MAX = 3
UNPACKED_S_MAX = 10  # then nobody looks at it before the end


class Sender(Actor):
    kind, instances = "slice", 6
    study = None

    def go(self):
        if self.study is None:
            series = self.chance.randint(1, SERIES_MAX)
            self.study = self.scans.study(self.name, self.kind, series, self.chance.randint(1, self.instances))
        missing = self.ledger.missing(self.study)
        if missing:
            self.ledger.may(missing)
            self.send(missing)
        if self.ledger.missing(self.study):
            raise Wrong("what was sent without an error is not stored")
        study, self.study = self.study, None
        self.settle(study)

    def settle(self, study):
        self.ledger.settle(study)

    def send(self, scans):
        """Tells the ledger what was acknowledged and what was not taken."""
        raise NotImplementedError

    def files(self, scans):
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.study.write(scans, self.folder / f"{self.study.name} {self.study.accession}")

    def answered(self, scans, is_stored, refusals):
        """What is told of each, where some of it may be a refusal."""
        for scan, stored in zip(scans, is_stored):
            (self.ledger.must if stored else self.ledger.refused)([scan])
        if refusals:
            raise Refused(refusals)


class ByDicom(Sender):
    """Files that came by C-STORE have another meta header than those that were sent."""

    def files(self, scans):
        paths = super().files(scans)
        for scan in scans:
            scan.whole = ""
        return paths


class Storescu(ByDicom):
    def send(self, scans):
        self.world.call("storescu", "-aet", self.name, "-aec", AET, "127.0.0.1", self.world.port, *self.files(scans),
                        refused=OUT_OF_RESOURCES.start >> 8)
        self.ledger.must(scans)


class Modality(ByDicom):
    """A device that looks at each answer."""

    def send(self, scans):
        files = [read_file(path) for path in self.files(scans)]
        refusals = []
        with self.world.associate(files, self.name) as association:
            for scan, file in zip(scans, files):
                status = association.store(file)
                if status == 0:
                    self.ledger.must([scan])
                elif status in OUT_OF_RESOURCES:
                    self.ledger.refused([scan])
                    refusals.append(status)
                else:
                    raise Wrong(f"a C-STORE was answered {status:04x}")
            association.release()
        if refusals:
            raise Refused(refusals)


class Post(Sender):
    def send(self, scans):
        for scan in scans:
            try:
                status, answer = self.world.rest("/instances", "POST", self.study.bring(scan))
            except Refused:
                self.ledger.refused([scan])
                raise
            said = json.loads(answer)
            if status != 200 or said["Status"] not in ("Success", "AlreadyStored") or said["ID"] != scan.id:
                raise Wrong(f"POST /instances: {status} {said}")
            self.ledger.must([scan])


class Stow(Sender):
    def send(self, scans):
        body, headers = stow_body([self.study.bring(scan) for scan in scans])
        try:
            status, answer = self.world.rest("/dicom-web/studies", "POST", body, **headers)
        except Refused:
            self.ledger.refused(scans)  # none of the parts could be spooled
            raise
        said = json.loads(answer)
        uids = {part: {item["00081155"]["Value"][0]: item for item in said.get(tag, {}).get("Value", [])}
                for part, tag in (("stored", "00081199"), ("failed", "00081198"))}
        for item in uids["failed"].values():
            if item["00081197"]["Value"][0] not in OUT_OF_RESOURCES:
                raise Wrong(f"STOW-RS: {status} {answer[:1000]}")
        if {scan.uid for scan in scans} != {*uids["stored"], *uids["failed"]}:
            raise Wrong(f"STOW-RS: {status}, it does not tell of each: {answer[:1000]}")
        self.answered(scans, [scan.uid in uids["stored"] for scan in scans], sorted(uids["failed"]))


class ByMount(Sender):
    """The command stands in the folder incoming/ itself: between a daemon that was killed and the next one the path leads
    to the folder below the mount, and must not be made there."""
    commands = ()

    def send(self, scans):
        files = self.files(scans)
        folder = files[0].parent
        for command in self.chance.choice(self.commands):
            words = [word.format(folder=folder, above=folder.parent) for word in command]
            self.world.call(*words, cwd=self.world.mount.incoming())
        self.ledger.must(scans)


class Rsync(ByMount):
    commands = ((("rsync", "-a", "{folder}", "."),), (("rsync", "-a", "--inplace", "{folder}", "."),))


class Copy(ByMount):
    commands = ((("cp", "-r", "{folder}", "."),), (("cp", "-a", "{folder}", "."),),
                (("tar", "-C", "{above}", "-cf", "{above}/a.tar", "."), ("tar", "-xf", "{above}/a.tar")),
                (("bash", "-c", "mv '{folder}'/* ."),))  # a folder that is there already mv does not replace


class Zip(Sender):
    """An archive is unpacked later, however often the daemon is killed meanwhile. Where the disk was full, the next start does it."""

    def send(self, scans):
        self.files(scans)
        archive = self.folder / f"{self.study.name}.zip"
        self.world.call("zip", "-q", "-r", "-0", archive, ".", cwd=self.folder)
        self.world.call("cp", archive, ".", cwd=self.world.mount.incoming())
        self.ledger.must(scans)

    def settle(self, study):
        if wait_until(lambda: self.is_there(study), UNPACKED_S_MAX):
            super().settle(study)

    def is_there(self, study):
        try:
            status, answer = self.world.rest(f"/studies/{study.id}/instances")
        except OSError:
            return False
        return status == 200 and len(json.loads(answer)) == len(study.scans)


class Importer(Sender):
    """The program that opens the store beside the daemon, also while there is none."""

    def send(self, scans):
        self.world.call(BIN / "dcmfs-import", "-q", self.world.store, *self.files(scans))
        self.ledger.must(scans)


class Twins(Sender):
    """The same bytes by two ways at the same time: both are told that they are stored."""

    def __init__(self, world, ledger, scans, name, **settings):
        super().__init__(world, ledger, scans, name, **settings)
        self.faces = [face(world, Ledger(), scans, name + face.__name__) for face in (Post, Stow, Copy, Importer)]

    def send(self, scans):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            sent = []
            for face in self.chance.sample(self.faces, 2):
                face.study = self.study
                sent.append(pool.submit(face.send, scans))
        for one in sent:
            if not one.exception():
                self.ledger.must(scans)
        for one in sent:
            one.result()
