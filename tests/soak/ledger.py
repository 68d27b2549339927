"""What was promised: of each instance, label and sending whether it must be there, must not, or may."""
import collections
import enum
import threading


class Is(enum.Enum):
    there = "there"        # somebody was told so
    gone = "gone"          # somebody was told so, or that it was not taken
    either = "either"      # asked for, and the answer was lost


class Ledger:
    """May be called by all threads. A study is `settled` when all of it is there; only then others look at it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.states, self.scans = {}, {}       # by SOP Instance UID
        self.unanswered = set()                 # what was asked for, and then asked for again
        self.refusals, self.was_killed = [], False   # since the disk is full
        self.settled = []
        self.sent = {}                          # of what was queued for or moved to the other archive: there or either
        self.derived = {}                       # files of anonymized instances: UID -> sha256 of the file
        self.derived_lost = 0                   # so many may be there of which no answer told
        self.worklist = {}                      # the text of each item by its name, None if it was removed, or either
        self.counts = collections.Counter()

    # -- instances
    def may(self, scans):
        """Before it is asked for: what is asked may come true from now on."""
        with self.lock:
            for scan in scans:
                if self.states.get(scan.uid) is Is.either:
                    self.unanswered.add(scan.uid)
                self.scans[scan.uid] = scan
                self.states[scan.uid] = Is.either

    def must(self, scans):
        self._set(scans, Is.there)

    def must_not(self, scans):
        self._set(scans, Is.gone)

    def refused(self, scans):
        """For want of room. What was asked for before, without an answer, may be there since then. A commit that failed may be
        whole in the log of the index, for a kill before the next one to find (store/README.md, Write order)."""
        for scan in scans:
            self._set([scan], Is.either if self.was_killed or scan.uid in self.unanswered else Is.gone)
        with self.lock:
            self.refusals += scans

    def killed_while_full(self):
        with self.lock:
            self.was_killed = True
            for scan in self.refusals:
                if self.states[scan.uid] is Is.gone:
                    self.states[scan.uid] = Is.either

    def full_no_more(self):
        with self.lock:
            self.was_killed = False
            self.refusals.clear()

    def _set(self, scans, state):
        with self.lock:
            for scan in scans:
                self.states[scan.uid] = state
                self.counts[state.value] += 1

    def missing(self, study):
        """What of the study nobody has acknowledged."""
        with self.lock:
            return [scan for scan in study.scans if self.states.get(scan.uid) is not Is.there]

    # -- studies
    def settle(self, study):
        with self.lock:
            self.settled.append(study)

    def borrow(self, chance, accept=lambda study: True):
        """A study that nobody takes away meanwhile, to be given back; None if there is none."""
        with self.lock:
            for study in chance.sample(self.settled, min(len(self.settled), 20)):
                if accept(study):
                    study.users += 1
                    return study
        return None

    def give_back(self, study):
        with self.lock:
            study.users -= 1

    def take(self, chance, keep=10):
        """A study that nobody else looks at, nor will; None if there is none. Some are always left."""
        with self.lock:
            free = [study for study in self.settled if study.users == 0]
            if len(free) <= keep:
                return None
            study = chance.choice(free)
            self.settled.remove(study)
            return study

    # -- the other archive
    def send(self, scans, state):
        with self.lock:
            for scan in scans:
                if self.sent.get(scan) is not Is.there:
                    self.sent[scan] = state

    # -- what was made of them
    def derive(self, uid, digest):
        with self.lock:
            self.derived[uid] = digest
            self.counts["anonymized"] += 1

    def lose(self, count):
        """An answer that would have told of this many."""
        with self.lock:
            self.derived_lost += count
