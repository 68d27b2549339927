"""Thousands of damaged files through a real mount: each gets an answer, and what is shown then can be read."""
import errno
import json
import os
import pathlib
import random
import subprocess
import time
import unittest

from mounted import BIN, MountTest, run

MUTATE = BIN.parent / "tests" / "mutate_files"
COUNT = int(os.environ.get("DCMFS_FUZZ_COUNT", "4000"))
COPY_SECONDS_MAX = 60
MEMORY_MAX = 400 << 20
NAME_BYTES_MAX = 255
CLEAN = {errno.EINVAL, errno.EEXIST, errno.EFBIG, errno.EOPNOTSUPP}


def resident_bytes(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


def drop(source, target):
    """What close() answers, as errno; 0: stored."""
    with open(source, "rb") as file:
        content = file.read()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(descriptor, content)
    finally:
        try:
            os.close(descriptor)
        except OSError as e:
            return e.errno
    return 0


class MutatedFiles(MountTest):
    options = ("-o", "durability=relaxed")

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("DCMFS_FUZZ_SEED", random.SystemRandom().getrandbits(32)))
        run(MUTATE, self.source, self.seed, COUNT, timeout=120)

    def test_are_stored_or_refused_and_the_tree_is_whole(self):
        with self.subTest(seed=self.seed):
            self.drop_all()
            self.copy_with_cp()
            self.read_everything()
            self.assertIsNone(self.mount.process.poll())
            self.assertLess(resident_bytes(self.mount.process), MEMORY_MAX)
            self.mount.stop()
            self.mount.process = None
            checked = run(BIN / "dcmfs-check", self.folder / "store", check=False)
            self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
            self.mount.start()

    def drop_all(self):
        self.answers = {}
        for source in sorted(self.source.iterdir()):
            answer = drop(source, self.mount.incoming(source.name))
            self.assertTrue(answer == 0 or answer in CLEAN, (source.name, errno.errorcode.get(answer)))
            self.answers[source.name] = answer
        stored = sum(answer == 0 for answer in self.answers.values())
        self.assertGreater(stored, COUNT // 10)
        self.assertLess(stored, COUNT)
        # Every refusal is told, with its reason, and nothing is lost.
        lines = {line["Path"]: line for line in self.mount.report()}
        for name, answer in self.answers.items():
            if answer != 0:
                self.assertEqual("refused", lines[name]["Result"])
                self.assertTrue(lines[name]["Reason"])
                self.assertEqual((self.source / name).read_bytes(), (self.mount.path / "rejected" / name).read_bytes())

    def copy_with_cp(self):
        """The same again by cp, some of them: the same answer, with the reason of libc."""
        names = random.Random(self.seed).sample(sorted(self.answers), 40)
        for name in names:
            again = run("cp", self.source / name, self.mount.incoming("again-" + name), check=False)
            self.assertEqual(self.answers[name] == 0, again.returncode == 0, (name, again.stderr))

    def read_everything(self):
        begin = time.monotonic()
        listing = subprocess.run(["ls", "-lR", self.mount.path], capture_output=True)
        self.assertEqual((0, b""), (listing.returncode, listing.stderr))
        found = subprocess.run(["find", self.mount.path, "-print0"], capture_output=True)
        self.assertEqual((0, b""), (found.returncode, found.stderr))
        pictures = 0
        for path in found.stdout.rstrip(b"\0").split(b"\0"):
            name = os.path.basename(path).decode()  # UTF-8
            self.assertLessEqual(len(name.encode()), NAME_BYTES_MAX)
            self.assertTrue(name.isprintable() or not any(ord(c) < 32 or ord(c) == 127 for c in name), name)
            if os.path.islink(path):
                self.assertTrue(os.path.exists(path), path)
                self.assertTrue(os.path.realpath(path).startswith(os.fsencode(self.mount.path.resolve())), path)
            elif path.endswith((b".json", b".png", b".dcm")) and b"/patients/" in path:
                pictures += self.read_one(path)
        self.assertGreater(pictures, 0)
        self.assertLess(time.monotonic() - begin, COPY_SECONDS_MAX)

    def read_one(self, path):
        """1 for a picture."""
        size = os.path.getsize(path)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as e:  # pixels that turned out to be broken when they were decoded
            self.assertEqual((errno.EIO, b".png"), (e.errno, os.path.splitext(path)[1]), path)
            return 0
        self.assertEqual(size, len(content), path)
        if path.endswith(b".json"):
            json.loads(content)
        return path.endswith(b".png")


if __name__ == "__main__":
    unittest.main()
