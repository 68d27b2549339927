"""When nobody does anything any more: all faces show the same, which is what was promised, byte for byte."""
import collections
import json
import os
import re
import time

from dimse import elements, read_file, uid
from ledger import Is
from mounted import BIN, run, wait_until
from readers import c_find
from scans import BIRTH, MARK, dataset_of, public_id, sha256
from stored import StoreFolder
from world import NOBODY, OTHER

DRAINED_S_MAX, CALM_S_MAX = 240, 40
PAGE = 5000

# The end beside the beginning, which is measured when each face was used once. Why: README.md.
BOUNDS = {"anon": 64 + 16 * 8 + 64 + 32, "fds": 2 * 16 + 8, "threads": 8, "spool": 0}

LEVELS = {"patients": (("PATIENT", "0010,0020"), None, None),
          "studies": (("STUDY", "0020,000d"), "studies", "0020000D"),
          "series": (("SERIES", "0020,000e"), "series", "0020000E"),
          "instances": (("IMAGE", "0008,0018"), "instances", "00080018")}
IDENTIFIERS = ((0x10, 0x20), (0x20, 0x0d), (0x20, 0x0e), (0x08, 0x18))
KEYWORDS = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")

# What the daemon may say of kills and full disks.
EXPECTED = re.compile(r"^info: ")
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")


class Ending:
    def __init__(self, world, ledger, sampler, before):
        self.world, self.ledger, self.sampler, self.before = world, ledger, sampler, before
        self.seconds = {}

    def look(self):
        for step in (self.drain, self.compare_needs, self.restart, self.read_the_mount, self.compare_with_promises,
                     self.compare_faces, self.compare_labels, self.compare_worklists, self.compare_other_archive, self.check_store, self.check_log):
            begin = time.monotonic()
            step()
            self.seconds[step.__name__] = round(time.monotonic() - begin, 1)

    def report(self):
        """Lines."""
        yield "promised and found: " + ", ".join(f"{promise}, {found}: {count}"
                                                 for (promise, found), count in sorted(self.counts.items()))
        yield (f"anonymized {len(self.ledger.derived)}, and {self.strangers} of which no answer told; files in {OTHER}: {self.theirs}")
        yield f"{self.checked}; in the spool {self.waiting} whose writers were killed; rejected: {dict(self.reasons())}"
        yield f"needs: began {self.before}, highest {self.sampler.highest()}, end {self.after}"
        yield f"the last daemon, in MiB: {self.sampler.course()}"
        yield f"seconds: {self.seconds}"
        for line, count in self.complaints.most_common(30):
            yield f"  the log, {count} times: {line[:300]}"

    def expect(self, holds, what):
        if not holds:
            self.world.fail("the end", what)
        return holds

    def same(self, what, expected, found):
        """Two collections without an order."""
        expected, found = collections.Counter(list(expected)), collections.Counter(list(found))
        self.expect(expected == found, f"{what}: {sum(found.values())} instead of {sum(expected.values())}; "
                                       f"missing {list(expected - found)[:5]}, too much {list(found - expected)[:5]}")

    # -- in the order in which it is asked
    def drain(self):
        """What was queued is sent, and jobs end."""
        def queue(name):
            return json.loads((self.world.mount.path / "modalities" / name / "status.json").read_text())

        def pending():
            now = queue(OTHER)
            jobs = [job for job in self.world.get("/jobs?expand") if job["State"] in ("Pending", "Running", "Retry")]
            self.status = now
            return now["Queued"] + now["Sending"] + len(jobs)
        self.expect(wait_until(lambda: pending() == 0, DRAINED_S_MAX), f"still to be sent: {self.status}")
        self.expect(self.status["Failed"] == 0, f"dead letters: {self.status}")
        undelivered = queue(NOBODY)
        self.undelivered = undelivered["Queued"] + undelivered["Sending"] + undelivered["Failed"]

    def compare_needs(self):
        """Waits, because what is idle goes after a while."""
        self.sampler.finish()
        before = self.before

        def grown():
            now = self.sampler.sample()
            self.after = now
            return {field: (before[field], now[field]) for field, bound in BOUNDS.items() if now[field] > before[field] + bound}
        wait_until(lambda: not grown(), CALM_S_MAX)
        grown_at_last = grown()
        # Of files whose writers were killed; store/README.md has them wait for a day.
        if "spool" in grown_at_last and not [p for kind in ("complete", "nothing")
                                            for p in StoreFolder(self.world.store).spool()[kind]]:
            del grown_at_last["spool"]
        self.expect(not grown_at_last, f"did not come back: {grown_at_last}")

    def restart(self):
        """What could not be unpacked for want of room is now."""
        self.world.mount.stop()
        self.world.start_daemon()

    def read_the_mount(self):
        """By SOP Instance UID the identifiers of what stands in patients/, each byte of it."""
        self.found, self.files = {}, {}
        for folder, _, names in os.walk(self.world.mount.path / "patients"):
            for name in names:
                if name.endswith(".dcm"):
                    self.note(os.path.join(folder, name))
        links = sorted(name.removesuffix(".dcm") for name in os.listdir(self.world.mount.path / "instances"))
        self.same("instances/", self.found, links)

    def note(self, path):
        file = read_file(path)
        values = {tag: uid(value) for tag, value in elements(file.dataset, file.syntax) if tag in IDENTIFIERS}
        self.expect(file.sop_instance not in self.found, f"twice: {file.sop_instance}")
        self.found[file.sop_instance] = tuple(values.get(tag, "") for tag in IDENTIFIERS)
        with open(path, "rb") as content:
            content = content.read()
        self.files[file.sop_instance] = (sha256(content), dataset_of(content), MARK.encode() in content)

    def compare_with_promises(self):
        counts, wrong = collections.Counter(), []
        strangers = set(self.files)
        for instance, state in self.ledger.states.items():
            strangers.discard(instance)
            scan, file = self.ledger.scans[instance], self.files.get(instance)
            counts[state.value, "found" if file else "not found"] += 1
            if (file is None and state is Is.there) or (file is not None and state is Is.gone):
                wrong.append(f"{instance} of {scan.study.by} {scan.study.fate} is {state.value}, and {'found' if file else 'not found'}")
            elif file and (scan.dataset and file[1] != scan.dataset or scan.whole and file[0] != scan.whole):
                wrong.append(f"{instance} of {scan.study.by} has other bytes")
        for instance, digest in self.ledger.derived.items():
            strangers.discard(instance)
            if self.files.get(instance, (None,))[0] != digest:
                wrong.append(f"{instance}, anonymized, {'is not there' if instance not in self.files else 'has other bytes'}")
        told = [instance for instance in strangers if self.files[instance][2]]
        self.expect(not wrong, f"{len(wrong)} promises broken: {wrong[:10]}")
        self.expect(not told, f"nobody brought {told[:5]}")
        self.expect(len(strangers) <= self.ledger.derived_lost, f"{len(strangers)} anonymized instances that nobody asked for")
        self.counts, self.strangers = counts, len(strangers)

    def expected(self, level):
        """The identifiers of each resource of that level."""
        depth = list(LEVELS).index(level) + 1
        return {identifiers[:depth] for identifiers in self.found.values()}

    def compare_faces(self):
        for level, ((name, tag), resource, attribute) in LEVELS.items():
            expected = self.expected(level)
            self.same(f"REST, {level}", [public_id(*who) for who in expected], self.world.get(f"/{level}"))
            keys = [f"QueryRetrieveLevel={name}", KEYWORDS[list(LEVELS).index(level)]]
            answers = c_find(self.world, *keys)
            self.same(f"C-FIND, {level}", [who[-1] for who in expected], [answer[tag].decode() for answer in answers])
            if resource:
                self.same(f"QIDO-RS, {level}", [who[-1] for who in expected],
                          [item[attribute]["Value"][0] for item in self.pages(f"/dicom-web/{resource}")])
        told = self.world.get("/statistics")
        self.same("/statistics", [(level, len(self.expected(level))) for level in LEVELS],
                  [(level, told[f"Count{level.capitalize()}"]) for level in LEVELS])
        self.compare_counts()
        self.compare_changes()

    def pages(self, path):
        offset = 0
        while True:
            status, answer = self.world.rest(f"{path}?limit={PAGE}&offset={offset}", Accept="application/dicom+json")
            page = json.loads(answer) if answer else []
            self.expect(status in (200, 204), f"{path}: {status}")
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def compare_counts(self):
        """The numbers of a study's instances, as they are told."""
        expected = collections.Counter(who[1] for who in self.found.values())
        answers = c_find(self.world, "QueryRetrieveLevel=STUDY", "StudyInstanceUID", "NumberOfStudyRelatedInstances")
        self.same("counts of C-FIND", expected.items(),
                  [(answer["0020,000d"].decode(), int(answer["0020,1208"])) for answer in answers])
        self.same("counts of QIDO-RS", expected.items(),
                  [(item["0020000D"]["Value"][0], item["00201208"]["Value"][0])
                   for item in self.pages("/dicom-web/studies")])

    def compare_changes(self):
        """Who follows the changes knows of each instance that is there, and of none that is not."""
        known, since = set(), 0
        while True:
            answer = self.world.get(f"/changes?since={since}&limit=1000")
            for change in answer["Changes"]:
                if change["ChangeType"] == "NewInstance":
                    known.add(change["ID"])
                elif change["ChangeType"] == "Deleted" and change["ResourceType"] == "Instance":
                    known.discard(change["ID"])
            if answer["Done"]:
                break
            since = answer["Last"]
        missing = {public_id(*who) for who in self.found.values()} - known
        self.expect(not missing, f"{len(missing)} instances without a change: {sorted(missing)[:5]}")

    def compare_labels(self):
        for study in self.ledger.settled:
            if study.labels:
                now = set(self.world.get(f"/studies/{study.id}/labels"))
                wrong = {word: has for word, has in study.labels.items() if has is not None and (word in now) != has}
                self.expect(not wrong, f"labels of {study.id}: {sorted(now)}, but {wrong}")

    def compare_worklists(self):
        folder = self.world.mount.path / "worklists"
        now = {path.name: path.read_text() for path in folder.iterdir()}
        wrong = [name for name, item in self.ledger.worklist.items() if item is not Is.either and now.get(name) != item]
        self.expect(not wrong, f"items of the worklist: {wrong}")
        self.expect(set(now) <= set(self.ledger.worklist), f"items that nobody put there: {set(now) - set(self.ledger.worklist)}")

    def compare_other_archive(self):
        """What was sent there is there, and each data set is what was brought here."""
        theirs = collections.Counter(digest for _, digest in self.world.orthanc.files())
        ours = {scan.dataset: state for scan, state in self.ledger.sent.items()}
        missing = [digest for digest, state in ours.items() if state is Is.there and digest not in theirs]
        self.expect(not missing, f"{len(missing)} of {len(ours)} were queued or moved, and are not in {OTHER}")
        self.expect(not set(theirs) - set(ours), f"{len(set(theirs) - set(ours))} in {OTHER} that nobody sent")
        self.theirs = sum(theirs.values())

    def check_store(self):
        self.world.mount.stop()
        said = run(BIN / "dcmfs-check", self.world.store, check=False, timeout=300)
        self.expect(said.returncode == 0, f"dcmfs-check: {said.stdout}{said.stderr}")
        spool = StoreFolder(self.world.store).spool()
        left = [str(p) for kind in ("complete", "nothing") for p in spool[kind]]
        self.expect(not left, f"left in the spool: {left[:5]}")
        outbox = os.listdir(self.world.store / "outbox")
        self.expect(len(outbox) <= self.undelivered, f"{len(outbox)} files in the outbox, but {self.undelivered} letters")
        self.checked, self.waiting = said.stdout.strip(), len(spool["writing"])

    def reasons(self):
        """Why something stands in rejected/."""
        folder = self.world.store / "rejected"
        return collections.Counter(path.read_text().strip() for path in folder.glob("*.reason.txt"))

    def check_log(self):
        lines = (self.world.store.parent / "daemon.log").read_text(errors="replace").splitlines()
        told = [line for line in lines if MARK.lower() in line.lower() or BIRTH in line]
        self.expect(not told, f"{len(told)} lines of the log tell of patients: {told[:3]}")
        bad = [line for line in lines if SANITIZER.search(line)]
        self.expect(not bad, f"the sanitizer says: {bad[:3]}")
        self.complaints = collections.Counter(re.sub(r"[0-9a-f]{8}-[0-9a-f-]+|\d+(\.\d+)*", "N", line) for line in lines
                                              if not EXPECTED.match(line))
