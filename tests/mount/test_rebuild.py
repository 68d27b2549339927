"""The index is lost or damaged: it is said plainly, and dcmfs-check --rebuild brings the same tree back."""
import os
import random
import shutil
import unittest

from mounted import BIN, MountTest, phantom, run, wait_until
from stored import Instances, StoreFolder, check

FAILED = 1  # as in dcmfs(1)


class RebuildTest(MountTest):
    def setUp(self):
        super().setUp()
        self.instances = Instances(self.folder / "like")
        self.there = StoreFolder(self.mount.store)

    def index_files(self):
        return [p for p in self.mount.store.iterdir() if p.name.startswith("index.db")]

    def rebuild(self):
        return run(BIN / "dcmfs-check", "--rebuild", self.mount.store)

    def tree(self):
        """Name, inode, kind, size, time and target of everything that is not of the moment."""
        found = {}
        for top in ("patients", "studies", "series", "instances", "recent"):
            for folder, folders, files in os.walk(self.mount.path / top):
                for name in [".", *folders, *files]:
                    path = os.path.join(folder, name)
                    status = os.lstat(path)
                    target = os.readlink(path) if os.path.islink(path) else ""
                    found[os.path.relpath(path, self.mount.path)] = (
                        status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_nlink, target)
        return found

    def fill(self):
        """Some patients; names that collide at each level; what stands in rejected/ and in incoming/'s memory."""
        files = phantom(self.source / "phantom", "--patients", "3", "--studies", "2", "--series", "2", "--instances", "3",
                        "--size", "32x32")
        run("cp", "-r", self.source / "phantom", self.mount.incoming())
        run("cp", *self.instances.write(self.source / "same", range(5)), self.mount.incoming())  # one InstanceNumber
        like = files[0].read_bytes()
        for n in range(3):  # other patients, studies and series of the same names
            other = like
            for tag in (b"\x10\x00\x20\x00LO", b"\x20\x00\x0d\x00UI", b"\x20\x00\x0e\x00UI", b"\x08\x00\x18\x00UI"):
                at = other.index(tag) + 6
                end = at + 2 + int.from_bytes(other[at:at + 2], "little")
                value = other[at + 2:end].rstrip(b"\0 ")
                changed = value[:-3] + f"{n}{n}{len(tag) % 7}".encode() if tag[0:1] != b"\x10" else value.lower()
                other = other[:at + 2] + changed.ljust(end - at - 2, other[end - 1:end]) + other[end:]
            path = self.source / f"other{n}.dcm"
            path.write_bytes(other)
            run("cp", path, self.mount.incoming())
        run("cp", "/etc/hostname", self.mount.incoming("note"), check=False)
        return files


class Lost(RebuildTest):
    def test_the_same_tree_comes_back_with_names_numbers_and_times(self):
        self.fill()
        before, rejected = self.tree(), self.there.rejected()
        self.assertGreater(sum("~" in name for name in before), 5, "no names collide")
        self.mount.stop()
        for file in self.index_files():
            file.unlink()
        self.rebuild()
        check(self.mount.store)
        self.mount.start()
        after = self.tree()
        self.assertEqual({}, {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()
                              if before.get(name) != after.get(name)})
        self.assertEqual(rejected, self.there.rejected())

    def test_rsync_sends_nothing_again(self):
        files = self.fill()
        run("rsync", "-a", f"{self.source}/phantom/", self.mount.incoming("CD"))
        self.mount.stop()
        for file in self.index_files():
            file.unlink()
        self.rebuild()
        self.mount.start()
        again = run("rsync", "-a", "--stats", f"{self.source}/phantom/", self.mount.incoming("CD"))
        self.assertIn("Number of regular files transferred: 0", again.stdout)
        self.assertGreater(len(files), 0)

    def test_without_an_index_nobody_makes_an_empty_one_over_stored_files(self):
        self.fill()
        files = len(self.mount.files())
        self.mount.stop()
        for file in self.index_files():
            file.unlink()
        done = run(BIN / "dcmfs", "-f", "--http-port", "0", "--dicom-port", "0", self.mount.store, self.mount.path,
                   check=False)
        self.assertEqual(FAILED, done.returncode)
        self.assertIn("dcmfs-check", done.stderr)
        self.assertIn("--rebuild", done.stderr)
        self.assertIn("--rebuild", run(BIN / "dcmfs-check", self.mount.store, check=False).stderr)
        self.assertEqual(files, sum(self.there.stored().values()))
        self.rebuild()
        self.mount.start()
        self.assertEqual(files, len(self.mount.files()))


class Removed(RebuildTest):
    options = ("-o", "delete")

    def test_the_trash_stays_and_no_number_is_given_twice(self):
        run("cp", *self.instances.write(self.source, range(4)), self.mount.incoming())
        last = max(self.mount.files(), key=lambda p: p.stat().st_ino)
        content, number = last.read_bytes(), last.stat().st_ino
        run("rm", last)
        self.mount.stop()
        for file in self.index_files():
            file.unlink()
        self.rebuild()
        self.mount.start()
        self.assertEqual(3, len(self.mount.files()))
        run("cp", *self.instances.write(self.source, [9]), self.mount.incoming())
        self.assertNotIn(number, [p.stat().st_ino for p in self.mount.files()])
        trash = [p.read_bytes() for p in (self.mount.store / "trash").rglob("*.dcm")]
        self.assertEqual([content], trash)


class Damaged(RebuildTest):
    rounds = 12

    def test_what_is_wrong_and_what_to_do_is_said_and_a_rebuild_repairs_it(self):
        self.fill()
        before = self.tree()
        self.mount.stop()
        whole = self.folder / "whole"
        shutil.copytree(self.mount.store, whole)
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        print(f"{self.id()}: seed {seed}", flush=True)
        refused = 0
        for round_ in range(self.rounds):
            with self.subTest(seed=seed, round=round_):
                for file in self.index_files():
                    file.unlink()
                index = self.mount.store / "index.db"
                content = bytearray((whole / "index.db").read_bytes())
                if round_ % 3 == 0:
                    content = content[:chance.randrange(len(content))]
                elif round_ % 3 == 1:
                    at = chance.randrange(len(content))
                    content[at:at + 4096] = chance.randbytes(4096)
                else:
                    content[0:100] = chance.randbytes(100)  # SQLite's header
                index.write_bytes(content)
                said = run(BIN / "dcmfs-check", self.mount.store, check=False)
                self.assertNotEqual(0, said.returncode, "the damage was not noticed")
                self.assertIn("index", said.stdout + said.stderr)
                daemon = run(BIN / "dcmfs", "--http-port", "0", "--dicom-port", "0", self.mount.store, self.mount.path,
                             check=False)
                if daemon.returncode != 0:
                    refused += 1
                    self.assertIn("--rebuild", daemon.stderr)
                else:  # what it needed so far was whole
                    self.assertTrue(wait_until(lambda: run("fusermount3", "-u", self.mount.path,
                                                           check=False).returncode == 0))
                    self.assertTrue(wait_until(lambda: run("flock", "-n", self.mount.store / "daemon.lock", "true",
                                                           check=False).returncode == 0))
                self.rebuild()
                check(self.mount.store)
        self.assertGreater(refused, self.rounds // 3 - 1)
        self.mount.start()
        self.assertEqual(before, self.tree())


if __name__ == "__main__":
    unittest.main()
