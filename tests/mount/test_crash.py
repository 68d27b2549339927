"""kill -9 while programs write: what they were told is stored, is stored."""
import os
import pathlib
import random
import subprocess
import time
import unittest

from mounted import BIN, MountTest, run, small

COPY_EACH = r'''
for f in "$1"/*.dcm; do cp "$f" "$2/$(basename "$f")" 2>/dev/null && echo "$f"; done
'''


class KillNine(MountTest):
    rounds = 3

    def test_nothing_acknowledged_is_missing(self):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        acknowledged = []
        for attempt in range(self.rounds):
            writers, before = [], len(acknowledged)
            for w in range(4):
                folder = self.source / f"{attempt}-{w}"
                files = small(folder, 150, "--seed", str(1000 * attempt + w + 1))
                for f in files:
                    f.rename(folder / f"{folder.name}-{f.name}")
                writers.append(subprocess.Popen(["bash", "-c", COPY_EACH, "copy", folder, self.mount.incoming()],
                                                stdout=subprocess.PIPE, text=True))
            time.sleep(chance.uniform(0.1, 0.6))
            self.mount.kill()
            for writer in writers:
                acknowledged += [pathlib.Path(line) for line in writer.communicate()[0].splitlines()]
            self.mount.start()
            stored = set(self.mount.stored_bytes())
            missing = [f for f in acknowledged if f.read_bytes() not in stored]
            self.assertEqual([], missing, f"seed {seed}, round {attempt}")
            self.assertGreater(len(acknowledged), before, "the test did not get as far as storing anything")
        self.mount.stop()
        run(BIN / "dcmfs-check", self.mount.store)


class Leftovers(MountTest):
    def test_a_mount_left_by_a_killed_daemon_is_taken_over(self):
        self.mount.process.kill()
        self.mount.process.wait()
        with self.assertRaises(OSError):
            os.statvfs(self.mount.path)
        self.mount.log.close()
        self.mount.start()
        self.assertTrue((self.mount.path / "README.txt").exists())

    def test_a_second_daemon_on_the_store_is_refused(self):
        other = self.folder / "other"
        other.mkdir()
        done = run(BIN / "dcmfs", "-f", "--http-port", "0", "--dicom-port", "0", self.mount.store, other, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn(str(self.mount.process.pid), done.stderr)


if __name__ == "__main__":
    unittest.main()
