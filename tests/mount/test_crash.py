"""kill -9 while programs write: what they were told is stored, is stored, and nothing else is lost."""
import json
import os
import pathlib
import random
import subprocess
import time
import unittest

from mounted import BIN, MountTest, run
from stored import Instances, StoreFolder, check, digest

HOURS = 3600

# Each program copies the files of $1 to $2 and writes the names of those that are stored.
WRITERS = {
    "cp": 'for f in "$1"/*; do cp "$f" "$2" && basename "$f"; done',
    "cp -r": 'for d in "$1"/*; do cp -r "$d" "$2" && ls "$d"; done',
    "mv": 'for f in "$1"/*; do mv "$f" "$2" && basename "$f"; done',
    "rsync": 'for d in "$1"/*; do rsync -a "$d" "$2" && ls "$d"; done',
    "tar": 'for d in "$1"/*; do tar -C "$1" -cf - "${d##*/}" | tar -C "$2" -xf - && ls "$d"; done',
    "dd": 'for f in "$1"/*; do dd if="$f" of="$2/${f##*/}" bs=4k status=none && basename "$f"; done',
}
IN_FOLDERS = {"cp -r": 10, "rsync": 5, "tar": 3}  # how many files a folder holds


class KillTest(MountTest):
    """Rounds of killing the daemon at a random moment; the seed is printed."""

    def setUp(self):
        super().setUp()
        self.instances = Instances(self.folder / "like")
        self.there = StoreFolder(self.mount.store)
        self.seed = random.randrange(1 << 30)
        self.chance = random.Random(self.seed)
        print(f"{self.id()}: seed {self.seed}", flush=True)

    def fail_with_seed(self, what):
        self.fail(f"seed {self.seed}: {what}")

    def read(self, number):
        """The instance through the mount, or None."""
        try:
            return (self.mount.path / "instances" / (self.instances.uid_of(number) + ".dcm")).read_bytes()
        except FileNotFoundError:
            return None

    def kill_after(self, seconds):
        time.sleep(seconds)  # this is the random moment
        self.mount.die()


class FourWriters(KillTest):
    rounds, files = 50, 30

    def start_writers(self, round_):
        writers = []
        for w, kind in enumerate(self.chance.sample(sorted(WRITERS), 4)):
            first = (round_ * 4 + w) * self.files
            source = self.source / f"{round_}-{w}"
            in_each = IN_FOLDERS.get(kind)
            for n in range(first, first + self.files, in_each or self.files):
                folder = source / f"d{n}" if in_each else source
                self.instances.write(folder, range(n, n + (in_each or self.files)))
            writers.append(subprocess.Popen(["bash", "-c", WRITERS[kind], kind, source, self.mount.incoming()],
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        return writers

    def test_fifty_rounds(self):
        acknowledged, everything = [], 0
        for round_ in range(self.rounds):
            writers = self.start_writers(round_)
            self.kill_after(self.chance.uniform(0.02, 0.3))
            told = [int(line[2:]) for writer in writers for line in writer.communicate(timeout=30)[0].split()]
            acknowledged += told
            left = self.left_behind()
            # Every other round with the promise that a power failure only may break.
            self.mount.options = ("-o", "durability=relaxed") if round_ % 2 else ()
            self.mount.start()
            for number in told:
                if self.read(number) != self.instances.bytes(number):
                    self.fail_with_seed(f"round {round_}: {number} was acknowledged and is not there")
            self.assert_kept(round_, left)
            everything += sum(len(found) for found in left[1].values())
        self.assertGreater(len(acknowledged), self.rounds, "the test did not get far")
        self.assertGreater(everything, self.rounds // 5, "nothing was ever half done")
        self.mount.stop()
        check(self.mount.store)
        stored = self.there.stored()
        for number in acknowledged:
            self.assertIn(digest(self.instances.bytes(number)), stored, f"seed {self.seed}")
        self.assert_unfinished_are_rejected_after_a_day()

    def left_behind(self):
        spool = self.there.spool()
        return self.there.stored(), spool, {p: self.there.digest(p) for found in spool.values() for p in found}

    # store/README.md, Recovery. What was moved to its place but not committed counts as complete.
    def assert_kept(self, round_, left):
        stored, spool, digests = left
        kept = self.there.stored() + self.there.rejected()
        for path in spool["complete"]:
            if digests[path] not in kept and digests[path] != digest(b""):
                self.fail_with_seed(f"round {round_}: {path} was complete, and is neither stored nor rejected")
        for content in stored:
            if content not in kept:
                self.fail_with_seed(f"round {round_}: a stored file has gone")
        for path in spool["writing"]:
            if not path.exists() or self.there.digest(path) != digests[path]:
                self.fail_with_seed(f"round {round_}: {path} was being written, and did not wait")
        for path in spool["nothing"]:
            if path.exists():
                self.fail_with_seed(f"round {round_}: {path} was promised to nobody, and stays")

    def assert_unfinished_are_rejected_after_a_day(self):
        unfinished = [p for p in self.there.spool()["writing"]]
        before = sum(self.there.rejected().values())
        for path in unfinished:
            os.utime(path, (time.time() - 25 * HOURS,) * 2)
        self.mount.start()
        self.assertEqual(before + len(unfinished), sum(self.there.rejected().values()), f"seed {self.seed}")
        self.assertEqual([], self.there.spool()["writing"])


class WhileRemoving(KillTest):
    options = ("-o", "delete")
    rounds, files = 8, 40

    def test_what_rm_was_told_is_gone_is_in_the_trash_and_the_rest_is_there(self):
        for round_ in range(self.rounds):
            numbers = range(round_ * self.files, (round_ + 1) * self.files)
            run("cp", "-r", *self.instances.write(self.source / str(round_), numbers), self.mount.incoming())
            paths = [os.path.realpath(self.mount.path / "instances" / (self.instances.uid_of(n) + ".dcm"))
                     for n in numbers]
            remover = subprocess.Popen(["bash", "-c", 'for f; do rm "$f" && echo; done', "rm", *paths],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.kill_after(self.chance.uniform(0.01, 0.25))
            removed = len(remover.communicate(timeout=30)[0])
            self.mount.start()
            trash = self.there.digests("trash")
            for i, number in enumerate(numbers):
                found, content = self.read(number), self.instances.bytes(number)
                if i < removed and found is not None:
                    self.fail_with_seed(f"{number} was removed and came back")
                if i > removed and found != content:  # the one between was being removed
                    self.fail_with_seed(f"{number} was not to be removed")
                if found is None and digest(content) not in trash:
                    self.fail_with_seed(f"{number} is not in the trash")
        self.mount.stop()
        check(self.mount.store)


class WhileReplacing(KillTest):
    rounds, files = 10, 5

    def setUp(self):
        super().setUp()
        self.mount.stop()
        config = self.mount.store / "dcmfs.json"
        config.write_text(json.dumps({"OverwriteInstances": "Always"}))
        self.mount.start()

    def test_one_of_two_versions_is_always_there(self):
        version = [0] * self.files
        run("cp", *self.instances.write(self.source, range(self.files)), self.mount.incoming())
        for round_ in range(self.rounds):
            if round_ % 2:
                self.mount.stop()
                self.mount.options = ("-o", "durability=relaxed") if round_ % 4 == 1 else ()
                self.mount.start()
            writers = []
            for n in range(self.files):
                folder = self.source / f"{round_}-{n}"
                versions = [(version[n] + v) % 256 for v in range(1, 25)]
                for v in versions:
                    self.instances.write(folder / f"{v:03d}", [n], v)
                script = f'for v in {" ".join(f"{v:03d}" for v in versions)}; do cp "$1/$v/IM{n}" "$2" && echo $v; done'
                writers.append(subprocess.Popen(["bash", "-c", script, "cp", folder, self.mount.incoming()],
                                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
            self.kill_after(self.chance.uniform(0.02, 0.3))
            told = [[int(v) for v in writer.communicate(timeout=30)[0].split()] for writer in writers]
            self.mount.start()
            for n in range(self.files):
                last = told[n][-1] if told[n] else version[n]
                found = self.read(n)
                expected = {v: self.instances.bytes(n, v) for v in (last, (last + 1) % 256)}
                now = [v for v, content in expected.items() if content == found]
                if not now:
                    self.fail_with_seed(f"round {round_}: {n} is not what was acknowledged last, version {last}")
                version[n] = now[0]
        self.mount.stop()
        check(self.mount.store)
        self.assertEqual(self.files, sum(self.there.stored().values()))


class WhileUnpacking(KillTest):
    rounds, files = 5, 150

    def test_the_next_start_goes_on(self):
        for round_ in range(self.rounds):
            numbers = range(round_ * self.files, (round_ + 1) * self.files)
            paths = self.instances.write(self.source / str(round_), numbers)
            archive = self.folder / f"{round_}.zip"
            run("zip", "-q", "-j", archive, *paths)
            run("cp", archive, self.mount.incoming())
            self.kill_after(self.chance.uniform(0, 0.3))
            self.mount.start()
            for number in numbers:
                if self.read(number) != self.instances.bytes(number):
                    self.fail_with_seed(f"round {round_}: {number} came with the archive, and is not there")
        self.assertEqual({}, self.there.rejected())
        self.mount.stop()
        check(self.mount.store)


class OtherPrograms(KillTest):
    def kill_at_random(self, longest, *command):
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(self.chance.uniform(0.01, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def test_dcmfs_import_can_be_killed_and_run_again(self):
        paths = self.instances.write(self.source, range(400))
        for _ in range(6):
            self.kill_at_random(0.3, BIN / "dcmfs-import", "--quiet", self.mount.store, self.source)
            check(self.mount.store)  # the daemon goes on meanwhile
        run(BIN / "dcmfs-import", "--quiet", self.mount.store, self.source)
        self.assert_stored(paths)
        self.mount.stop()
        check(self.mount.store)
        self.mount.start()
        self.assertEqual([], [p for found in self.there.spool().values() for p in found])
        self.assert_stored(paths)

    def test_a_rebuild_can_be_killed_at_any_moment(self):
        paths = self.instances.write(self.source, range(400))
        run(BIN / "dcmfs-import", "--quiet", self.mount.store, self.source)
        for _ in range(8):
            names = [p.relative_to(self.mount.path) for p in self.mount.files()]
            self.mount.stop()
            self.kill_at_random(0.4, BIN / "dcmfs-check", "--rebuild", self.mount.store)
            self.mount.start()
            self.assertEqual(names, [p.relative_to(self.mount.path) for p in self.mount.files()])
        self.assert_stored(paths)
        self.mount.stop()
        check(self.mount.store)


if __name__ == "__main__":
    unittest.main()
