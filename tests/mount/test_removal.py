"""-o delete: what rm, find, rsync and file managers remove, and the trash that keeps it for a week."""
import datetime
import os
import shutil
import time
import unittest

from mounted import BIN, MountTest, clip, need, run, small

KEPT_DAYS = 7


class RemovalTest(MountTest):
    options = ("-o", "delete")

    def setUp(self):
        super().setUp()
        self.files = small(self.source, 3)
        clip(self.files[2])
        run("cp", "-r", self.source, self.mount.incoming())
        self.assert_stored(self.files)
        self.patients = self.mount.path / "patients"

    def trash(self):
        return sorted((self.mount.store / "trash").rglob("*.dcm"))

    def assert_in_trash(self, contents):
        self.assertEqual(sorted(contents), sorted(p.read_bytes() for p in self.trash()))

    def assert_empty(self):
        self.assertEqual([], os.listdir(self.patients))
        for view in ("studies", "series", "instances", "recent"):
            run("ls", "-R", self.mount.path / view)
        self.assertEqual([], [p for p in self.mount.path.rglob("*.dcm") if "incoming" not in str(p)])


class Removing(RemovalTest):
    def test_rm_r_of_everything(self):
        for command in (["rm", "-r"], ["rm", "-rf"]):
            with self.subTest(command=command):
                run("rsync", "-a", f"{self.source}/", self.mount.incoming())
                run(*command, *self.patients.iterdir())
                self.assert_empty()

    def test_the_trash_has_the_bytes(self):
        wanted = [f.read_bytes() for f in self.files]
        run("rm", "-r", *self.patients.iterdir())
        self.assert_in_trash(wanted)
        (day,) = os.listdir(self.mount.store / "trash")
        self.assertLess(abs(datetime.datetime.strptime(day, "%Y%m%d") - datetime.datetime.utcnow()),
                        datetime.timedelta(days=2))

    def test_find_delete(self):
        run("find", self.patients, "-mindepth", "1", "-delete")
        self.assert_empty()
        self.assertEqual(len(self.files), len(self.trash()))

    def test_shutil_rmtree(self):
        for patient in self.patients.iterdir():
            shutil.rmtree(patient)
        self.assert_empty()

    def test_gio_remove(self):
        need("gio")
        dcm = self.mount.files()[0]
        content = dcm.read_bytes()
        run("gio", "remove", dcm)
        self.assertFalse(dcm.exists())
        self.assert_in_trash([content])

    def test_mv_out_takes_a_series_away(self):
        dcm = next(f for f in self.mount.files() if f.name == "0002.dcm")
        wanted = sorted(p.read_bytes() for p in dcm.parent.glob("*.dcm"))
        out = self.folder / "out"
        run("mv", dcm.parent, out)
        self.assertEqual(wanted, sorted(p.read_bytes() for p in out.glob("*.dcm")))
        self.assertFalse(dcm.parent.exists())
        self.assert_in_trash(wanted)

    def test_mv_into_incoming_is_refused_and_takes_nothing_away(self):
        wanted = [f.read_bytes() for f in self.files]
        (first, *_) = sorted(self.patients.rglob("*.dcm"))
        for target in (self.mount.incoming(), self.mount.incoming("other.dcm")):
            done = run("mv", first, target, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("not permitted", done.stderr)
        self.assertEqual(sorted(wanted), sorted(self.mount.stored_bytes()))

    def test_rsync_brings_again_what_was_removed(self):
        run("rsync", "-a", f"{self.source}/", self.mount.incoming("again"))
        run("rm", "-r", *self.patients.iterdir())
        run("rsync", "-a", f"{self.source}/", self.mount.incoming("again"))
        self.assert_stored(self.files)

    def test_an_open_file_can_be_looked_at_after_it_was_removed(self):
        (first, *_) = sorted(self.patients.rglob("*.dcm"))
        with open(first, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            first.unlink()
            time.sleep(1.5)  # beyond what the kernel remembers
            self.assertEqual(size, os.fstat(file.fileno()).st_size)
            self.assertEqual(size, len(file.read()))

    def test_rsync_with_remove_source_files(self):
        wanted = sorted(f.read_bytes() for f in self.files)
        out = self.folder / "out"
        # What is generated goes with its .dcm, and rsync would say that it vanished.
        run("rsync", "-a", "--remove-source-files", "--include=*/", "--include=*.dcm", "--exclude=*",
            f"{self.patients}/", out)
        self.assertEqual(wanted, sorted(p.read_bytes() for p in out.rglob("*.dcm")))
        self.assertEqual([], self.mount.files())

    def test_a_generated_file_cannot_be_removed_alone(self):
        dcm = self.mount.files()[0]
        for path in (dcm.with_suffix(".png"), dcm.with_suffix(".json"), dcm.parent / "series.json"):
            run("rm", "-f", path)
            self.assertTrue(path.exists(), path)
        self.assert_stored(self.files)

    def test_the_views_cannot_be_changed(self):
        link = next(p for p in (self.mount.path / "instances").iterdir())
        for path in (link, self.mount.path / "README.txt", self.mount.path / "studies"):
            done = run("rm", "-r", path, check=False)
            self.assertEqual(1, done.returncode, path)
            self.assertIn("not permitted", done.stderr.replace("Permission denied", "not permitted"))
        self.assert_stored(self.files)


class Trash(RemovalTest):
    def test_what_is_in_it_can_be_imported_again(self):
        run("rm", "-r", *self.patients.iterdir())
        run(BIN / "dcmfs-import", "--quiet", self.mount.store, self.mount.store / "trash")
        self.assert_stored(self.files)

    def test_is_emptied_after_a_week_and_not_before(self):
        run("rm", "-r", *self.patients.iterdir())
        (day,) = (self.mount.store / "trash").iterdir()
        kept = len(self.trash())
        self.mount.stop()

        def age(days):
            nonlocal day
            then = datetime.datetime.utcnow() - datetime.timedelta(days=days)
            day = day.rename(day.with_name(then.strftime("%Y%m%d")))
            self.mount.start()
            self.mount.stop()

        age(KEPT_DAYS - 1)
        self.assertEqual(kept, len(self.trash()))
        age(KEPT_DAYS + 2)
        self.assertEqual([], list((self.mount.store / "trash").iterdir()))
        self.mount.start()

    def test_the_archive_is_consistent_after_it(self):
        run("rm", "-r", *self.patients.iterdir())
        self.mount.stop()
        self.assertIn("no problem", run(BIN / "dcmfs-check", self.mount.store).stdout)
        self.mount.start()


class NotAllowed(MountTest):
    def test_without_the_option_nothing_is_removed(self):
        files = small(self.source, 2)
        run("cp", *files, self.mount.incoming())
        patients = self.mount.path / "patients"
        for command in (["rm", "-rf", *patients.iterdir()], ["find", patients, "-name", "*.dcm", "-delete"],
                        ["mv", self.mount.files()[0], self.folder / "out"]):
            with self.subTest(command=command[0]):
                done = run(*command, check=False)
                self.assertEqual(1, done.returncode)
                self.assertIn("Read-only file system", done.stderr)
        self.assert_stored(files)
        self.assertEqual([], list((self.mount.store / "trash").rglob("*.dcm")))


if __name__ == "__main__":
    unittest.main()
