"""Patient CDs copied whole: the file-sets of the shared test data, sound and damaged."""
import hashlib
import os
import shutil
import unittest

from mounted import SHARED, MountTest, manifest, need, run

FILE_SETS = ("dicomdir/fileset", "dicomdir/tiny_alpha")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def is_directory_file(path):
    return path.rsplit("/", 1)[-1].startswith("DICOMDIR")


class PatientCd(MountTest):
    def setUp(self):
        super().setUp()
        rows = {row["path"]: row for row in manifest()}
        self.sets = {s: {p: row for p, row in rows.items() if p.startswith(s + "/")} for s in FILE_SETS}
        self.images = {s: {row["sha256"] for p, row in of_set.items() if not is_directory_file(p)}
                       for s, of_set in self.sets.items()}

    def stored(self):
        return {sha256(b) for b in self.mount.stored_bytes()}

    def results(self, what):
        return {line["Path"] for line in self.mount.report() if line["Result"] == what}

    def assert_copied_whole(self, file_set):
        """Every image is stored, every companion ignored, nothing refused."""
        self.assertEqual(self.images[file_set], self.stored())
        name = file_set.rsplit("/", 1)[-1]
        in_set = {p: name + p[len(file_set):] for p in self.sets[file_set]}
        self.assertEqual({in_set[p] for p in in_set if is_directory_file(p)}, self.results("ignored"))
        self.assertEqual({in_set[p] for p in in_set if not is_directory_file(p)}, self.results("stored"))
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_the_manifest_has_what_is_tested(self):
        for file_set in FILE_SETS:
            self.assertGreater(len(self.images[file_set]), 20)
            self.assertGreater(len(self.sets[file_set]), len(self.images[file_set]))

    def test_cp_r_of_each(self):
        for file_set in FILE_SETS:
            with self.subTest(file_set=file_set):
                run("cp", "-r", SHARED / file_set, self.mount.incoming())
                self.assert_copied_whole(file_set)
            self.mount.stop()
            shutil.rmtree(self.mount.store)
            self.mount.start()

    def test_cp_a_of_a_read_only_medium(self):
        # What comes from a CD has mode 0555 and 0444: no folder may keep its files out.
        cd = self.source / "tiny_alpha"
        shutil.copytree(SHARED / "dicomdir" / "tiny_alpha", cd)
        run("chmod", "-R", "a-w", cd)
        run("cp", "-a", cd, self.mount.incoming())
        self.assert_copied_whole("dicomdir/tiny_alpha")
        run("chmod", "-R", "u+w", cd)

    def test_both_at_once_and_again(self):
        for _ in range(2):
            run("cp", "-r", *[SHARED / s for s in FILE_SETS], self.mount.incoming())
            self.assertEqual(self.images[FILE_SETS[0]] | self.images[FILE_SETS[1]], self.stored())
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_dropped_as_a_file_manager_does(self):
        need("gio")
        cd = self.mount.incoming("CD")
        for folder, _, names in os.walk(SHARED / "dicomdir" / "tiny_alpha"):
            target = cd / os.path.relpath(folder, SHARED / "dicomdir" / "tiny_alpha")
            target.mkdir(parents=True, exist_ok=True)
            if names:
                run("gio", "copy", *[os.path.join(folder, n) for n in names], f"{target}/")
        self.assertEqual(self.images["dicomdir/tiny_alpha"], self.stored())

    def test_a_damaged_directory_file_does_not_matter(self):
        cd = self.source / "CD"
        shutil.copytree(SHARED / "dicomdir" / "tiny_alpha", cd)
        for name, content in (("cut", (cd / "DICOMDIR").read_bytes()[:700]), ("empty", b""), ("text", b"hello"),
                              ("loop", (SHARED / "bad/synthetic/dicomdir_evil/DICOMDIR").read_bytes())):
            with self.subTest(name):
                (cd / "DICOMDIR").write_bytes(content)
                run("cp", "-r", cd, self.mount.incoming(name))
                self.assertEqual(self.images["dicomdir/tiny_alpha"], self.stored())
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_scratches_are_told_and_all_else_is_stored(self):
        cd = self.source / "CD"
        shutil.copytree(SHARED / "dicomdir" / "fileset", cd)
        cut, no_image = cd / "77654033" / "CT2" / "17136", cd / "98892001" / "CT2N" / "6924"
        lost = {sha256(cut.read_bytes()), sha256(no_image.read_bytes())}
        cut.write_bytes(cut.read_bytes()[:-2000])
        no_image.write_bytes(b"\0" * no_image.stat().st_size)
        done = run("cp", "-r", cd, self.mount.incoming(), check=False)
        self.assertEqual(1, done.returncode)
        told = [line for line in done.stderr.splitlines() if "Invalid argument" in line]
        self.assertEqual(2, len(told), done.stderr)
        self.assertTrue(any("17136" in line for line in told) and any("6924" in line for line in told), told)
        self.assertEqual(self.images["dicomdir/fileset"] - lost, self.stored())
        self.assertEqual({"17136", "17136.reason.txt", "6924", "6924.reason.txt"},
                         set(os.listdir(self.mount.path / "rejected")))


if __name__ == "__main__":
    unittest.main()
