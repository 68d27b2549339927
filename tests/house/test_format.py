"""Every file looks as .clang-format says."""
import concurrent.futures
import os
import shutil
import subprocess
import unittest

from sources import ROOT, tracked

# Another version breaks lines elsewhere.
PROGRAM = "clang-format-14"


def complaints(names):
    done = subprocess.run([PROGRAM, "--dry-run", "-Werror", *names], cwd=ROOT, capture_output=True, text=True)
    return [line for line in done.stderr.splitlines() if "error:" in line]


class Format(unittest.TestCase):
    def test_nothing_is_left_to_format(self):
        if not shutil.which(PROGRAM):
            self.skipTest(f"{PROGRAM} is not installed")
        names = tracked(".h", ".cpp")
        parts = [names[i:i + 50] for i in range(0, len(names), 50)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            bad = [line for lines in pool.map(complaints, parts) for line in lines]
        self.assertEqual([], bad[:20], f"{len(bad)} places; tools/lint tells them, clang-format-14 -i mends them")


if __name__ == "__main__":
    unittest.main()
