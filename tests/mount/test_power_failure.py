"""The power fails: of everything only what was synced is on the disk, and of the rest all or nothing.

A library in the daemon keeps what the disk was told to keep. From that, stores are made as they would be found after a
power failure; each is opened, and what had been acknowledged is there."""
import json
import random
import shutil
import subprocess
import unittest

from fault_io import Disk, Faults
from mounted import Mount, MountTest, run, wait_until
from stored import Instances, StoreFolder, check, digest

# What of the unsynced reached the disk: nothing; the names without the bytes, as delayed allocation has it; the bytes
# without the names.
OUTCOMES = [("synced", "synced"), ("now", "synced"), ("synced", "now")]


class PowerFailure(MountTest):
    configuration = {}
    rounds = 4

    def setUp(self):
        super().setUp()
        self.mount.stop()
        shutil.rmtree(self.mount.store)
        self.mount.store.mkdir()
        if self.configuration:
            (self.mount.store / "dcmfs.json").write_text(json.dumps(self.configuration))
        self.disk = Disk(self.folder / "disk")
        self.faults = Faults(self.folder, self.mount.store, self.disk.folder)
        self.addCleanup(self.faults.close)
        self.mount.environment = self.faults.environment
        self.instances = Instances(self.folder / "like")
        self.seed = random.randrange(1 << 30)
        self.chance = random.Random(self.seed)
        print(f"{self.id()}: seed {self.seed}", flush=True)
        self.mount.start()

    def fail_power(self, verify):
        """`verify(mount)` of each store that may be found."""
        self.mount.die()
        for names, content in OUTCOMES:
            with self.subTest(names=names, content=content, seed=self.seed):
                image = Mount(self.folder / "image", self.folder / "found", *self.options)
                self.disk.restore(self.mount.store, image.store, names, content)
                if self.configuration:
                    (image.store / "dcmfs.json").write_text(json.dumps(self.configuration))  # written long ago
                try:
                    image.start()
                    verify(image)
                    image.stop()
                    check(image.store)
                finally:
                    if image.process:
                        image.kill()
                    shutil.rmtree(image.store)
        self.mount.start()

    def read(self, mount, number):
        try:
            return (mount.path / "instances" / (self.instances.uid_of(number) + ".dcm")).read_bytes()
        except FileNotFoundError:
            return None

    def write_while(self, sources, target):
        """Two programs that copy; what they were told is stored."""
        script = 'for f in "$1"/*; do cp "$f" "$2/" && basename "$f"; done'
        return [subprocess.Popen(["bash", "-c", script, "cp", source, target], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True) for source in sources]


class Importing(PowerFailure):
    def test_what_was_acknowledged_is_there(self):
        acknowledged = []
        for round_ in range(self.rounds):
            sources = [self.source / f"{round_}-{w}" for w in range(2)]
            for w, source in enumerate(sources):
                first = (2 * round_ + w) * 100
                self.instances.write(source, range(first, first + 12))
            writers = self.write_while(sources, self.mount.incoming())
            try:
                writers[0].wait(self.chance.uniform(0.05, 1))
            except subprocess.TimeoutExpired:
                pass
            self.mount.process.kill()
            acknowledged += [int(name[2:]) for w in writers for name in w.communicate(timeout=30)[0].split()]

            def verify(found):
                lost = [n for n in acknowledged if self.read(found, n) != self.instances.bytes(n)]
                self.assertEqual([], lost)

            self.fail_power(verify)
        self.assertGreater(len(acknowledged), self.rounds)


class Relaxed(PowerFailure):
    options = ("-o", "durability=relaxed")

    def test_what_was_synced_is_there_and_the_rest_is_whole_or_gone(self):
        for round_ in range(self.rounds):
            first = 100 * round_
            old, new = range(first, first + 8), range(first + 50, first + 58)
            run("cp", *self.instances.write(self.source / f"old{round_}", old), self.mount.incoming())
            self.assertTrue(wait_until(lambda: self.is_durable(old)), "not durable within seconds")
            run("cp", *self.instances.write(self.source / f"new{round_}", new), self.mount.incoming())

            def verify(found):
                for n in old:
                    self.assertEqual(self.instances.bytes(n), self.read(found, n))
                for n in new:
                    self.assertIn(self.read(found, n), (None, self.instances.bytes(n)))

            self.fail_power(verify)

    def is_durable(self, numbers):
        image = self.folder / "now"
        self.disk.restore(self.mount.store, image)
        try:
            stored = StoreFolder(image).stored()
            return all(digest(self.instances.bytes(n)) in stored for n in numbers)
        finally:
            shutil.rmtree(image)


class Replacing(PowerFailure):
    configuration = {"OverwriteInstances": "Always"}

    def test_the_version_that_was_acknowledged_last_is_there(self):
        for version in range(self.rounds):
            for n in range(3):
                run("cp", *self.instances.write(self.source, [n], version), self.mount.incoming())
            if version:
                self.fail_power(lambda found: self.assertEqual(
                    sorted(self.instances.bytes(n, version) for n in range(3)), found.stored_bytes()))


class Removing(PowerFailure):
    options = ("-o", "delete")

    def test_what_was_removed_stays_removed_and_is_in_the_trash(self):
        run("cp", *self.instances.write(self.source, range(8)), self.mount.incoming())
        gone = []
        for n in range(self.rounds):
            path = (self.mount.path / "instances" / (self.instances.uid_of(n) + ".dcm")).resolve()
            run("rm", path)
            gone.append(n)
            self.fail_power(lambda found: self.verify(found, gone))

    def verify(self, found, gone):
        trash = StoreFolder(found.store).digests("trash")
        for n in range(8):
            content = self.instances.bytes(n)
            self.assertEqual(None if n in gone else content, self.read(found, n))
            if n in gone:
                self.assertIn(digest(content), trash)


class Rejecting(PowerFailure):
    def test_what_was_refused_stands_in_rejected(self):
        for n in range(self.rounds):
            note = self.source / f"note{n}"
            note.write_text(f"note {n}")
            self.assertNotEqual(0, run("cp", note, self.mount.incoming(), check=False).returncode)
            self.fail_power(lambda found: self.assertTrue(all(
                (found.path / "rejected" / f"note{i}").read_text() == f"note {i}" for i in range(n + 1))))


if __name__ == "__main__":
    unittest.main()
