"""What the mounted tree promises: names, sizes, inodes, links, generated files."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import zipfile

from mounted import MountTest, phantom, run, small


class Tree(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 5)
        run("cp", *self.files, self.mount.incoming())

    def series(self):
        return self.mount.files()[0].parent

    def test_the_root_has_what_the_readme_names(self):
        names = {"README.txt", "patients", "studies", "series", "instances", "recent", "find", "incoming", "rejected",
                 "modalities", "peers", "worklists"}
        self.assertEqual(names, set(os.listdir(self.mount.path)))
        readme = (self.mount.path / "README.txt").read_text()
        for name in names - {"README.txt"}:
            self.assertIn(name + "/", readme)

    def test_every_file_has_the_size_that_it_reads(self):
        for folder, _, names in os.walk(self.mount.path / "patients"):
            for name in names:
                path = pathlib.Path(folder, name)
                self.assertEqual(path.stat().st_size, len(path.read_bytes()), path)
                self.assertEqual((path.stat().st_size + 511) // 512, path.stat().st_blocks, path)

    def test_an_instance_has_dcm_json_and_png(self):
        stems = {p.stem for p in self.mount.files()}
        for suffix in (".json", ".png"):
            self.assertEqual(stems, {p.stem for p in self.mount.files(suffix) if p.parent == self.series()
                                     and p.name != "series.json"})

    def test_json_has_attributes_by_keyword(self):
        first = json.loads(self.mount.files()[0].with_suffix(".json").read_text())
        self.assertIsInstance(first["PatientName"], str)
        self.assertEqual(32, first["Rows"])
        self.assertEqual(first["SOPInstanceUID"],
                         run("dcmdump", "+P", "0008,0018", self.mount.files()[0]).stdout.split("[")[1].split("]")[0])

    def test_summaries_count(self):
        study, patient = self.series().parent, self.series().parent.parent
        self.assertEqual(5, json.loads((self.series() / "series.json").read_text())["NumberOfSeriesRelatedInstances"])
        self.assertEqual(1, json.loads((study / "study.json").read_text())["NumberOfStudyRelatedSeries"])
        self.assertEqual(5, json.loads((patient / "patient.json").read_text())["NumberOfPatientRelatedInstances"])
        more = small(self.folder / "more", 7)
        run("cp", *more, self.mount.incoming())
        self.assertEqual(7, json.loads((self.series() / "series.json").read_text())["NumberOfSeriesRelatedInstances"])

    def test_png_decodes(self):
        png = self.mount.files()[0].with_suffix(".png").read_bytes()
        self.assertEqual(b"\x89PNG\r\n\x1a\n", png[:8])
        out = subprocess.run(["/usr/bin/python3", "-c",
                              "import sys, io; from PIL import Image; i = Image.open(sys.stdin.buffer); i.load(); print(i.size, i.mode)"],
                             input=png, capture_output=True)
        if b"No module" in out.stderr:
            self.skipTest("python3-pil is not there")
        self.assertEqual(b"(32, 32) L", out.stdout.strip(), out.stderr)

    def test_study_zip_is_a_zip_of_the_study(self):
        study = self.series().parent
        archive = study / "study.zip"
        self.assertEqual(archive.stat().st_size, len(archive.read_bytes()))
        run("unzip", "-tq", archive)
        with zipfile.ZipFile(archive) as z:
            self.assertIsNone(z.testzip())
            self.assertEqual(sorted(f.read_bytes() for f in self.files), sorted(z.read(n) for n in z.namelist()))
            self.assertTrue(all(n.startswith(study.name + "/" + self.series().name + "/") for n in z.namelist()))

    def test_a_study_json_that_is_open_tells_no_later_reader_what_was(self):
        path = self.series().parent / "study.json"
        with open(path) as before:
            run("cp", *small(self.folder / "more", 7), self.mount.incoming())
            then = json.load(before)
        self.assertEqual(then, json.loads(path.read_text()))

    def test_study_zip_grows_with_its_study(self):
        archive = self.series().parent / "study.zip"
        before = archive.stat().st_size
        archive.read_bytes()
        run("cp", *small(self.folder / "more", 7), self.mount.incoming())
        self.assertGreater(archive.stat().st_size, before)
        run("unzip", "-tq", archive)

    def test_links_of_all_views_lead_to_patients(self):
        for view in ("studies", "series", "instances", "recent"):
            links = [pathlib.Path(f, n) for f, ds, ns in os.walk(self.mount.path / view) for n in ds + ns]
            links = [p for p in links if p.is_symlink()]
            self.assertTrue(links, view)
            for link in links:
                self.assertTrue(link.exists(), link)
                self.assertEqual(len(os.readlink(link)), link.lstat().st_size)
                self.assertTrue(str(link.resolve()).startswith(str(self.mount.path / "patients")), link)

    def test_find_answers_at_the_level_of_the_deepest_keyword(self):
        find = self.mount.path / "find"
        self.assertEqual(["README.txt"], os.listdir(find))
        described = json.loads(self.mount.files()[0].with_suffix(".json").read_text())
        by_id = find / f"PatientID={described['PatientID']}"
        self.assertEqual([self.series().parent.parent], [p.resolve() for p in by_id.iterdir()])
        by_modality = by_id / f"Modality={described['Modality']}"
        self.assertEqual([self.series()], [p.resolve() for p in by_modality.iterdir()])
        by_name = find / "PatientName=*" / f"SOPInstanceUID={described['SOPInstanceUID']}"
        self.assertEqual([self.mount.files()[0]], [p.resolve() for p in by_name.iterdir()])
        self.assertEqual([], os.listdir(find / "PatientID=nobody"))
        self.assertFalse((find / "NoSuchKeyword=1").exists())

    def test_xattrs_are_the_indexed_attributes(self):
        path = self.mount.files()[0]
        described = json.loads(path.with_suffix(".json").read_text())
        for keyword in ("PatientID", "StudyInstanceUID", "Modality", "SOPInstanceUID"):
            self.assertEqual(described[keyword].encode(), os.getxattr(path, "user.dicom." + keyword))
            self.assertIn("user.dicom." + keyword, os.listxattr(path))
        with self.assertRaises(OSError):
            os.getxattr(path, "user.dicom.StationNameX")

    def test_inodes_and_names_survive_a_remount(self):
        def everything():
            # incoming/ lives shorter than the mount.
            out = {}
            for folder, dirs, files in os.walk(self.mount.path):
                dirs[:] = [d for d in dirs if d != "incoming"]
                for name in dirs + files:
                    path = pathlib.Path(folder, name)
                    out[str(path)] = (path.lstat().st_ino, path.lstat().st_size, path.lstat().st_mtime_ns
                                      if "patients" in str(path) else 0)
            return out
        before = everything()
        self.mount.stop()
        self.mount.start()
        self.assertEqual(before, everything())

    def test_modes_and_owner(self):
        self.assertEqual(0o444, stat.S_IMODE(self.mount.files()[0].stat().st_mode))
        self.assertEqual(os.getuid(), self.mount.files()[0].stat().st_uid)

    def test_df_tells_the_space_of_the_disk(self):
        there, here = os.statvfs(self.mount.store), os.statvfs(self.mount.path)
        self.assertAlmostEqual(there.f_blocks * there.f_frsize, here.f_blocks * here.f_frsize, delta=1 << 20)

    def test_what_file_managers_probe_is_not_there(self):
        for name in (".Trash", ".Trash-0", ".hidden", ".directory", "autorun.inf", ".xdg-volume-info", ".DS_Store"):
            self.assertFalse((self.mount.path / name).exists())

    def test_a_folder_of_many_is_listed_once_each(self):
        run("cp", *small(self.folder / "many", 700), self.mount.incoming())
        names = os.listdir(self.series())
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(700 * 3 + 1, len(names))


class MultiFrame(MountTest):
    def test_each_frame_is_a_picture(self):
        phantom(self.source, "--only", "us")
        run("cp", "-r", self.source, self.mount.incoming())
        clip = self.mount.files()[0]
        frames = clip.with_suffix(".frames")
        self.assertEqual(["%04d.png" % i for i in range(1, 31)], sorted(os.listdir(frames)))
        for frame in frames.iterdir():
            self.assertEqual(frame.stat().st_size, len(frame.read_bytes()))
        self.assertEqual((frames / "0016.png").read_bytes(), clip.with_suffix(".png").read_bytes())
        self.assertNotEqual((frames / "0001.png").read_bytes(), (frames / "0016.png").read_bytes())


class OnlyDcm(MountTest):
    options = ("-o", "leaves=dcm")

    def test_only_dcm_files_are_shown(self):
        run("cp", *small(self.source, 3), self.mount.incoming())
        names = os.listdir(self.mount.files()[0].parent)
        self.assertEqual(3, len(names))
        self.assertTrue(all(n.endswith(".dcm") for n in names))


class Owner(MountTest):
    options = ("-o", "uid=1234,gid=2345,umask=027")

    def test_uid_gid_and_umask(self):
        run("cp", *small(self.source, 1), self.mount.incoming())
        st = self.mount.files()[0].stat()
        self.assertEqual((1234, 2345, 0o440), (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)))


class SmallReads(MountTest):
    options = ("-o", "max_read=4096")

    def test_files_are_read_in_small_pieces(self):
        run("cp", *small(self.source, 3, size="128x128"), self.mount.incoming())
        self.assert_stored(sorted(self.source.rglob("*.dcm")))


class ReadOnly(MountTest):
    options = ("-o", "ro")

    def test_nothing_can_be_dropped(self):
        done = run("cp", *small(self.source, 1), self.mount.incoming(), check=False)
        self.assertIn("Read-only file system", done.stderr)


class Deleting(MountTest):
    options = ("-o", "delete")

    def setUp(self):
        super().setUp()
        self.files = small(self.source, 4)
        run("cp", *self.files, self.mount.incoming())

    def test_rm_removes_an_instance_and_its_generated_files(self):
        first = self.mount.files()[0]
        run("rm", first)
        self.assertFalse(first.exists())
        self.assertFalse(first.with_suffix(".json").exists() and first.with_suffix(".json").name in os.listdir(first.parent))
        self.assertEqual(3, len(self.mount.files()))

    def test_rm_r_removes_everything_below(self):
        run("rm", "-r", *(self.mount.path / "patients").iterdir())
        self.assertEqual([], os.listdir(self.mount.path / "patients"))
        self.assertEqual(4, sum(1 for p in (self.mount.store / "trash").rglob("*.dcm")))

    def test_rmdir_of_a_full_folder_is_refused(self):
        done = run("rmdir", self.mount.files()[0].parent, check=False)
        self.assertIn("not empty", done.stderr)

    def test_what_was_removed_can_come_again(self):
        run("rm", "-r", *(self.mount.path / "patients").iterdir())
        run("rsync", "-a", f"{self.source}/", self.mount.incoming())
        self.assert_stored(self.files)


if __name__ == "__main__":
    import unittest
    unittest.main()
