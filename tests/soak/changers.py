"""Who changes what is there: removes, anonymizes, labels."""
import json
import os
import time

from actors import BROKEN, Actor
from readers import Mounted, Reader
from scans import BIRTH, MARK, sha256
from world import Refused, Wrong

JOB_S_MAX = 60


class Taker(Actor):
    """Does something to a study that nobody else looks at; what was broken off is done again."""
    study = None

    def go(self):
        if self.study is None:
            self.study = self.ledger.take(self.chance)
        if self.study is not None:
            self.do(self.study)
            self.study = None

    def do(self, study):
        raise NotImplementedError


class Remover(Taker, Mounted):
    go = Taker.go

    def do(self, study):
        self.ledger.may(study.scans)
        way = self.chance.choice((self.whole, self.one_by_one, self.by_rm))
        scan = self.chance.choice(study.scans)
        if not os.path.exists(self.path(scan)):  # it went by a try that was broken off
            way(study)
        else:  # who has opened a file reads it to its end
            with open(self.path(scan), "rb") as opened:
                way(study)
                self.expect_file(scan, opened.read())
        study.fate = f"removed by {way.__name__} at {self.world.now():.1f}"
        self.ledger.must_not(study.scans)

    def delete(self, path):
        status, answer = self.world.rest(path, "DELETE")
        if status not in (200, 404):  # it may have gone by a try of which no answer came
            raise Wrong(f"DELETE {path}: {status} {answer[:300]}")

    def whole(self, study):
        self.delete(f"/studies/{study.id}")

    def one_by_one(self, study):
        for scan in study.scans:
            self.delete(f"/instances/{scan.id}")

    def by_rm(self, study):
        for scan in study.scans:
            try:
                self.world.call("rm", "-r", self.home(scan).parents[1])
            except FileNotFoundError:  # a link that leads nowhere may be seen for half a second
                pass
            # Between a daemon that was killed and the next one there is nothing at all in the folder.
            status, _ = self.world.rest(f"/instances/{scan.id}")
            if status != 404:
                raise OSError(f"{scan.uid} is not in the mount, and REST answers {status}")


class Anonymizer(Taker):
    """By a job that somebody waits for, or by one that has to end whatever happens."""
    job = content = None

    def run(self):
        super().run()
        if self.job is not None or self.content is not None:  # the time was over before it could be looked at
            self.ledger.lose(len(self.study.scans))

    def do(self, study):
        if self.job is None and self.content is None:
            self.ask(study)
        if self.content is None:
            self.content = self.wait_for_job()
        self.note(study)
        self.job = self.content = None
        if self.keep:
            self.ledger.settle(study)
        else:
            self.ledger.must_not(study.scans)

    def ask(self, study):
        self.keep, waits = self.chance.random() < 0.5, self.chance.random() < 0.5
        if not self.keep:
            self.ledger.may(study.scans)
        self.asked = time.monotonic()
        try:
            status, answer = self.world.rest(f"/studies/{study.id}/anonymize", "POST",
                                             {"KeepSource": self.keep, "Asynchronous": not waits})
        except (Refused, *BROKEN):
            self.ledger.lose(len(study.scans))
            self.study = None  # what is left of it nobody knows
            raise
        self.expect(status == 200, f"anonymize: {status} {answer[:500]}")
        self.content = json.loads(answer)
        if not waits:
            self.job, self.content = self.content["ID"], None

    def wait_for_job(self):
        end = time.monotonic() + JOB_S_MAX
        while time.monotonic() < end:
            job = self.world.get(f"/jobs/{self.job}")
            if job["State"] == "Success":
                return job["Content"]
            if job["State"] == "Failure":
                self.expect("full" in self.world.excuses(self.asked), f"a job failed: {job}")
                self.world.rest(f"/jobs/{self.job}/resubmit", "POST", b"")
            time.sleep(0.1)
        raise Wrong(f"a job did not end: {job}")

    def note(self, study):
        made = self.world.get(self.content["Path"] + "/instances")
        self.expect(len(made) == len(study.scans), f"{len(made)} anonymized instances of {len(study.scans)}: {self.content}")
        for instance in made:
            status, file = self.world.rest(f"/instances/{instance['ID']}/file")
            self.expect(status == 200, f"an anonymized file: {status}")
            self.expect(MARK.encode() not in file and BIRTH.encode() not in file, "an anonymized file tells of its patient")
            self.ledger.derive(instance["MainDicomTags"]["SOPInstanceUID"], sha256(file))


class Labeller(Reader):
    """Three of them: what one says of a study another does not unsay, because each has a word of its own."""

    def look(self, study):
        word = f"{self.name}{self.chance.randint(1, 3)}"
        path, adds = f"/studies/{study.id}/labels", self.chance.random() < 0.6
        study.labels[word] = None
        status, answer = self.world.rest(f"{path}/{word}", "PUT" if adds else "DELETE", b"" if adds else None)
        self.expect(status == 200, f"labels: {status} {answer[:300]}")
        study.labels[word] = adds
        self.expect((word in self.world.get(path)) == adds, f"{word} of {study.id}, just {'added' if adds else 'removed'}")
