"""Archives: unpacked into incoming/ by their programs, and dropped whole."""
import os
import tarfile
import unittest
import zipfile

from mounted import MountTest, need, run, small, wait_until


class ArchiveTest(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 6)
        self.wanted = sorted(f.read_bytes() for f in self.files)
        cd = self.source / "CD"
        cd.mkdir()
        for name in ("DICOMDIR", "AUTORUN.INF", "README.TXT", "Viewer.exe"):
            (cd / name).write_bytes(b"company")

    def pack(self, name, *command):
        archive = self.folder / name
        run(*[archive if part == "ARCHIVE" else part for part in command], cwd=self.folder)
        self.assertGreater(archive.stat().st_size, 0)
        return archive

    def zip(self, *options):
        need("zip")
        return self.pack("all.zip", "zip", "-qr", *options, "ARCHIVE", "source")

    def results(self, archive):
        """What the report says of the members, by name; complete once the archive has its own line."""
        lines = {line["Path"]: line for line in self.mount.report()}
        if lines.get(archive, {}).get("Result") not in ("unpacked", "refused"):
            return None
        return lines


class Unpacking(ArchiveTest):
    def test_unzip(self):
        need("unzip")
        run("unzip", "-q", self.zip(), "-d", self.mount.incoming())
        self.assertEqual(self.wanted, self.mount.stored_bytes())

    def test_unzip_again_over_what_is_there(self):
        need("unzip")
        for _ in range(2):
            run("unzip", "-qo", self.zip(), "-d", self.mount.incoming())
        self.assertEqual(self.wanted, self.mount.stored_bytes())
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_unzip_does_not_look_but_the_report_tells_of_a_broken_member(self):
        need("unzip")
        self.files[2].write_bytes(self.files[2].read_bytes()[:-100])
        run("unzip", "-q", self.zip(), "-d", self.mount.incoming(), check=False)
        self.assertEqual(sorted(f.read_bytes() for i, f in enumerate(self.files) if i != 2),
                         self.mount.stored_bytes())
        refused = [line for line in self.mount.report() if line["Result"] == "refused"]
        self.assertEqual([str(self.files[2].relative_to(self.folder))], [line["Path"] for line in refused])
        self.assertEqual(self.files[2].read_bytes(),
                         (self.mount.path / "rejected" / self.files[2].name).read_bytes())

    def test_tar_tells_of_a_broken_member_and_unpacks_the_others(self):
        self.files[2].write_bytes(self.files[2].read_bytes()[:-100])
        archive = self.pack("all.tar.gz", "tar", "czf", "ARCHIVE", "source")
        done = run("tar", "xf", archive, "-C", self.mount.incoming(), check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn(self.files[2].name, done.stderr)
        self.assertEqual(5, len(self.mount.files()))


class DroppedWhole(ArchiveTest):
    def assert_unpacked(self, archive, members="/"):
        run("cp", archive, self.mount.incoming())
        self.assertTrue(wait_until(lambda: self.results(archive.name), 30))
        results = self.results(archive.name)
        self.assertEqual("unpacked", results[archive.name]["Result"], results[archive.name])
        self.assertEqual(self.wanted, self.mount.stored_bytes())
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))
        of_members = [line for path, line in results.items() if path.startswith(archive.name + members)]
        count = {r: sum(line["Result"] == r for line in of_members) for r in ("stored", "ignored", "refused")}
        self.assertEqual({"stored": 6, "ignored": 4, "refused": 0}, count)
        for line in of_members:
            if line["Result"] == "stored":
                self.assertIn((self.mount.path / line["Where"]).read_bytes(), self.wanted)

    def test_zip(self):
        self.assert_unpacked(self.zip())

    def test_zip_without_compression(self):
        self.assert_unpacked(self.zip("-0"))

    def test_tar(self):
        self.assert_unpacked(self.pack("all.tar", "tar", "cf", "ARCHIVE", "source"))

    def test_tar_gz(self):
        self.assert_unpacked(self.pack("all.tar.gz", "tar", "czf", "ARCHIVE", "source"))

    def test_iso_with_long_names(self):
        need("xorrisofs")
        self.assert_unpacked(self.pack("cd.iso", "xorrisofs", "-quiet", "-J", "-R", "-o", "ARCHIVE", "source"))

    def test_iso_as_on_a_patient_cd(self):
        # PS3.12 F: ISO 9660 level 1, no extensions.
        need("xorrisofs")
        self.assert_unpacked(self.pack("cd.iso", "xorrisofs", "-quiet", "-iso-level", "1", "-o", "ARCHIVE", "source"))

    def test_one_that_several_programs_write_by_one_open_file(self):
        archive = self.zip("-0")
        run("bash", "-c", '(head -c 5000 "$0"; tail -c +5001 "$0") > "$1"', archive, self.mount.incoming("all.zip"))
        self.assertTrue(wait_until(lambda: self.results("all.zip"), 30))
        self.assertEqual(self.wanted, self.mount.stored_bytes())
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_one_archive_after_the_other(self):
        names = []
        for n, f in enumerate(self.files):
            names.append(f"{n}.zip")
            with zipfile.ZipFile(self.folder / names[-1], "w") as z:
                z.write(f, "IM1")
        run("cp", *[self.folder / name for name in names], self.mount.incoming())
        self.assertTrue(wait_until(lambda: all(self.results(name) for name in names), 30))
        self.assertEqual(self.wanted, self.mount.stored_bytes())


class Damaged(ArchiveTest):
    def drop(self, archive):
        return run("cp", archive, self.mount.incoming(), check=False)

    def test_a_cut_archive_is_refused_or_kept(self):
        for archive in (self.zip(), self.pack("all.tar.gz", "tar", "czf", "ARCHIVE", "source")):
            with self.subTest(archive=archive.name):
                archive.write_bytes(archive.read_bytes()[:archive.stat().st_size // 2])
                done = self.drop(archive)
                if done.returncode == 0:
                    self.assertTrue(wait_until(lambda: self.results(archive.name), 30))
                    self.assertEqual("refused", self.results(archive.name)[archive.name]["Result"])
                self.assertEqual(archive.read_bytes(), (self.mount.path / "rejected" / archive.name).read_bytes())
                self.assertTrue((self.mount.path / "rejected" / f"{archive.name}.reason.txt").read_text())
                self.assertEqual([], [b for b in self.mount.stored_bytes() if b not in self.wanted])

    def test_a_broken_member_stands_in_rejected_and_the_others_are_stored(self):
        self.files[2].write_bytes(self.files[2].read_bytes()[:-100])
        archive = self.zip()
        self.assertEqual(0, self.drop(archive).returncode)
        self.assertTrue(wait_until(lambda: self.results(archive.name), 30))
        self.assertEqual(5, len(self.mount.files()))
        self.assertEqual(self.files[2].read_bytes(),
                         (self.mount.path / "rejected" / self.files[2].name).read_bytes())

    def test_members_with_paths_that_lead_elsewhere_stay_inside(self):
        archive = self.folder / "evil.tar"
        with tarfile.open(archive, "w") as tar:
            for n, name in enumerate(("../../../../tmp/dcmfs-evil-1", "/tmp/dcmfs-evil-2", "a/../../b")):
                info = tar.gettarinfo(self.files[n])
                info.name = name
                with open(self.files[n], "rb") as f:
                    tar.addfile(info, f)
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
        self.assertEqual(0, self.drop(archive).returncode)
        self.assertTrue(wait_until(lambda: self.results(archive.name), 30))
        self.assertEqual(sorted(f.read_bytes() for f in self.files[:3]), self.mount.stored_bytes())
        for n in (1, 2):
            self.assertFalse(os.path.exists(f"/tmp/dcmfs-evil-{n}"))

    def test_an_archive_without_images_is_unpacked_and_says_so(self):
        archive = self.folder / "texts.zip"
        with zipfile.ZipFile(archive, "w") as z:
            z.writestr("letter.dcm", b"this is not DICOM")
        self.drop(archive)
        self.assertTrue(wait_until(lambda: self.results(archive.name), 30))
        refused = {line["Path"] for line in self.mount.report() if line["Result"] == "refused"}
        self.assertIn("texts.zip/letter.dcm", refused)
        self.assertEqual([], self.mount.files())


if __name__ == "__main__":
    unittest.main()
