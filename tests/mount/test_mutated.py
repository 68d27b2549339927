"""Thousands of damaged files through a real mount: each gets an answer, and what is shown then can be read."""
import errno
import json
import os
import pathlib
import random
import re
import subprocess
import time
import unittest

from mounted import BIN, SHARED, MountTest, run

MUTATE = BIN.parent / "tests" / "mutate_files"
COUNT = int(os.environ.get("DCMFS_FUZZ_COUNT", "3000"))
WRITERS = 4
READ_SECONDS_MAX = 240  # a hang, also on a machine that is busy
MEMORY_MAX = 400 << 20
NAME_BYTES_MAX = 255
CLEAN = {os.strerror(e) for e in (errno.EINVAL, errno.EEXIST, errno.EFBIG, errno.EOPNOTSUPP)}


def resident_bytes(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) << 10
    return 0


class MutatedFiles(MountTest):
    options = ("-o", "durability=relaxed")

    def test_are_stored_or_refused_and_the_tree_is_whole(self):
        seed = int(os.environ.get("DCMFS_FUZZ_SEED", random.SystemRandom().getrandbits(32)))
        run(MUTATE, self.source, seed, COUNT, timeout=120)
        with self.subTest(seed=seed):
            self.drop_all()
            self.read_everything()
            self.assertIsNone(self.mount.process.poll())
            self.assertLess(resident_bytes(self.mount.process), MEMORY_MAX)
            self.mount.stop()
            checked = run(BIN / "dcmfs-check", self.folder / "store", check=False)
            self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)
            self.mount.start()

    def drop_all(self):
        # Of an empty file nothing is written, and nothing imported.
        names = sorted(path.name for path in self.source.iterdir() if path.stat().st_size > 0)
        copies = [subprocess.Popen(["cp", "-t", self.mount.incoming(), *names[n::WRITERS]], cwd=self.source,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
                  for n in range(WRITERS)]
        refused = {}
        for copy in copies:
            for line in copy.communicate()[1].splitlines():
                told = re.fullmatch(r"cp: failed to close '.*/(\d+)': (.*)", line)
                self.assertTrue(told and told[2] in CLEAN, line)
                refused[told[1]] = told[2]
        self.assertGreater(len(refused), COUNT // 10)
        broken = [name for name, why in refused.items() if why != os.strerror(errno.EEXIST)]
        self.assertLess(len(broken), COUNT * 9 // 10)
        if SHARED.exists():  # without them there are few SOPInstanceUIDs, and most come with other bytes
            self.assertLess(len(refused), COUNT * 9 // 10)
        # Every refusal is told, with its reason, and nothing is lost.
        lines = {line["Path"]: line for line in self.mount.report()}
        self.assertEqual(set(names), set(lines))
        for name, line in lines.items():
            self.assertEqual(name in refused, line["Result"] == "refused", line)
            if name in refused:
                self.assertTrue(line["Reason"])
                self.assertEqual((self.source / name).read_bytes(), (self.mount.path / "rejected" / name).read_bytes())

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
            self.assertFalse(any(ord(c) < 32 or 127 <= ord(c) < 160 for c in name), repr(name))
            if os.path.islink(path):
                self.assertTrue(os.path.exists(path), path)
                self.assertTrue(os.path.realpath(path).startswith(os.fsencode(self.mount.path.resolve())), path)
            elif path.endswith((b".json", b".png", b".dcm")) and b"/patients/" in path:
                pictures += self.read_one(path)
        self.assertGreater(pictures, 0)
        self.assertLess(time.monotonic() - begin, READ_SECONDS_MAX)

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
