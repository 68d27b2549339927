"""All faces at once, for a short time; DCMFS_SOAK_MINUTES says how long otherwise, DCMFS_SOAK_SEED repeats one."""
import os
import pathlib
import random
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "mount"))
from mounted import need  # noqa: E402

SECONDS = 60 * float(os.environ.get("DCMFS_SOAK_MINUTES", "1.2"))
PERIOD_S = 24           # of a short one; a long one has its own
LOOKING_S = 400         # to compare everything, on a machine that has other things to do, too


class Soak(unittest.TestCase):
    def test_everything_at_once_and_in_the_end_nothing_is_missing(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        need("storescu", "findscu", "movescu", "Orthanc", "fusermount3", "rsync", "zip", "mkfs.ext4")
        seed = os.environ.get("DCMFS_SOAK_SEED", str(random.randrange(1 << 30)))
        options = ["--minutes", str(SECONDS / 60), "--seed", seed]
        if SECONDS < 240:
            options += ["--period", str(PERIOD_S)]
        with subprocess.Popen([HERE / "soak", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace") as running:
            try:
                said, _ = running.communicate(timeout=2 * SECONDS + LOOKING_S)
            except subprocess.TimeoutExpired:
                running.terminate()  # it takes its mounts away
                said, _ = running.communicate(timeout=60)
        print(said, flush=True)
        self.assertEqual(running.returncode, 0, said)


if __name__ == "__main__":
    unittest.main()
