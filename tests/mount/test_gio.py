"""gio, which does what file managers do: copy, move, save, and say why not."""
import os
import unittest

from mounted import MountTest, need, run, small


class Gio(MountTest):
    def setUp(self):
        need("gio")
        super().setUp()
        self.files = small(self.source, 5)
        self.junk = self.source / "junk.dcm"
        self.junk.write_bytes(b"this is not DICOM" * 50)

    def test_copy_of_one_file(self):
        run("gio", "copy", self.files[0], self.mount.incoming())
        self.assert_stored(self.files[:1])

    def test_copy_of_a_folders_files(self):
        run("gio", "copy", *self.files, self.mount.incoming())
        self.assert_stored(self.files)

    def test_copy_with_attributes_and_progress(self):
        run("gio", "copy", "--preserve", "--progress", *self.files, self.mount.incoming())
        self.assert_stored(self.files)
        self.assertEqual(int(self.files[0].stat().st_mtime),
                         int(self.mount.incoming(self.files[0].name).stat().st_mtime))

    def test_copy_over_what_is_there(self):
        for source in (self.files[0], self.files[0], self.files[1]):
            run("gio", "copy", source, self.mount.incoming("a.dcm"))
        self.assert_stored(self.files[:2])
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_copy_with_a_backup_of_what_is_there(self):
        run("gio", "copy", self.files[0], self.mount.incoming("a.dcm"))
        run("gio", "copy", "--backup", self.files[1], self.mount.incoming("a.dcm"))
        self.assert_stored(self.files[:2])

    def test_copy_that_is_refused_says_so_and_goes_on(self):
        done = run("gio", "copy", self.files[0], self.junk, self.files[1], self.mount.incoming(), check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("Invalid argument", done.stderr)
        self.assertIn("junk.dcm", done.stderr)
        self.assert_stored(self.files[:2])

    def test_move_removes_its_source_unless_it_is_refused(self):
        wanted = self.files[0].read_bytes()
        run("gio", "move", self.files[0], self.mount.incoming())
        self.assertFalse(self.files[0].exists())
        done = run("gio", "move", self.junk, self.mount.incoming(), check=False)
        self.assertEqual(1, done.returncode)
        self.assertTrue(self.junk.exists())
        self.assertEqual([wanted], self.mount.stored_bytes())

    def test_save_writes_beside_and_renames(self):
        for source in self.files[:2]:  # the second replaces the ghost of the first
            with open(source, "rb") as f:
                run("gio", "save", self.mount.incoming("a.dcm"), stdin=f)
        self.assert_stored(self.files[:2])
        with open(self.junk, "rb") as f:
            done = run("gio", "save", self.mount.incoming("a.dcm"), stdin=f, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("Invalid argument", done.stderr)
        self.assert_stored(self.files[:2])

    def test_copy_out_and_look(self):
        run("gio", "copy", *self.files, self.mount.incoming())
        (dcm,) = [p for p in self.mount.files() if p.name == "0001.dcm"]
        out = self.folder / "out.dcm"
        run("gio", "copy", dcm, out)
        self.assertEqual(dcm.read_bytes(), out.read_bytes())
        for path, kind in ((dcm, "application/dicom"), (dcm.with_suffix(".png"), "image/png"),
                           (dcm.with_suffix(".json"), "application/json"),
                           (self.mount.path / "patients", "inode/directory")):
            info = run("gio", "info", path).stdout
            self.assertIn(f"standard::content-type: {kind}", info)
            self.assertIn(f"standard::size: {path.stat().st_size}", info)
            self.assertIn("access::can-read: TRUE", info)
        self.assertIn("filesystem::type: fuse", run("gio", "info", "-f", dcm).stdout)
        self.assertEqual(3 * 5 + 1, len(run("gio", "list", dcm.parent).stdout.splitlines()))
        self.assertIn("README.txt", run("gio", "tree", self.mount.path).stdout)

    def test_trash_is_refused(self):
        run("gio", "copy", self.files[0], self.mount.incoming())
        done = run("gio", "trash", self.mount.files()[0], check=False)
        self.assertEqual(1, done.returncode)
        self.assert_stored(self.files[:1])


if __name__ == "__main__":
    unittest.main()
