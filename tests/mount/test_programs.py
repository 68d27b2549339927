"""Programs that people have put files into incoming/ and read what is in patients/."""
import os
import shutil
import subprocess
import unittest

from mounted import MountTest, run, small, wait_until


class Importing(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 6)

    def test_cp_of_one_file_is_seen_when_it_ends(self):
        run("cp", self.files[0], self.mount.incoming())
        self.assert_stored(self.files[:1])

    def test_cp_r(self):
        run("cp", "-r", self.source, self.mount.incoming())
        self.assert_stored(self.files)

    def test_cp_a(self):
        run("cp", "-a", self.source, self.mount.incoming())
        self.assert_stored(self.files)

    def test_cp_p(self):
        run("cp", "-p", *self.files, self.mount.incoming())
        self.assert_stored(self.files)

    def test_mv_removes_its_source(self):
        wanted = self.files[0].read_bytes()
        run("mv", self.files[0], self.mount.incoming())
        self.assertFalse(self.files[0].exists())
        self.assertEqual([wanted], self.mount.stored_bytes())

    def test_mv_keeps_its_source_when_it_is_refused(self):
        junk = self.source / "junk.dcm"
        junk.write_bytes(b"this is not DICOM" * 50)
        done = run("mv", junk, self.mount.incoming(), check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertTrue(junk.exists())

    def test_rsync_a_twice_sends_nothing_the_second_time(self):
        run("rsync", "-a", f"{self.source}/", self.mount.incoming())
        self.assert_stored(self.files)
        again = run("rsync", "-a", "--stats", f"{self.source}/", self.mount.incoming())
        self.assertIn("Number of regular files transferred: 0", again.stdout)

    def test_rsync_inplace_and_partial(self):
        run("rsync", "-a", "--inplace", f"{self.source}/", self.mount.incoming("a"))
        run("rsync", "-a", "--partial", f"{self.source}/", self.mount.incoming("b"))
        self.assert_stored(self.files)

    def test_tar_x(self):
        archive = self.folder / "all.tar"
        run("tar", "cf", archive, "-C", self.folder, "source")
        run("tar", "xf", archive, "-C", self.mount.incoming())
        self.assert_stored(self.files)

    def test_unzip(self):
        archive = self.folder / "all.zip"
        run("zip", "-qr", archive, "source", cwd=self.folder)
        run("unzip", "-q", archive, "-d", self.mount.incoming())
        self.assert_stored(self.files)

    def test_archives_dropped_whole_are_unpacked(self):
        zipped, tarred = self.folder / "a.zip", self.folder / "b.tar.gz"
        run("zip", "-qr", zipped, *[f.relative_to(self.folder) for f in self.files[:3]], cwd=self.folder)
        run("tar", "czf", tarred, "-C", self.folder, *[f.relative_to(self.folder) for f in self.files[3:]])
        run("cp", zipped, tarred, self.mount.incoming())
        self.assertTrue(wait_until(lambda: len(self.mount.files()) == len(self.files)))
        self.assert_stored(self.files)

    def test_dd(self):
        run("dd", f"if={self.files[0]}", f"of={self.mount.incoming('x.dcm')}", "bs=1000", "status=none")
        self.assert_stored(self.files[:1])

    def test_bash_redirection(self):
        run("bash", "-c", 'cat "$0" > "$1"', self.files[0], self.mount.incoming("x.dcm"))
        self.assert_stored(self.files[:1])

    def test_two_programs_writing_one_after_the_other_to_one_redirection(self):
        run("bash", "-c", '(head -c 900 "$0"; tail -c +901 "$0") > "$1"', self.files[0],
            self.mount.incoming("x.dcm"))
        self.assert_stored(self.files[:1])
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_a_beginning_that_could_stand_alone_leaves_no_trace(self):
        # Without the UIDs of study and series it is another instance.
        content = self.files[0].read_bytes()
        cut = content.index(b"\x20\x00\x0d\x00UI")
        run("bash", "-c", f'(head -c {cut} "$0"; tail -c +{cut + 1} "$0") > "$1"', self.files[0],
            self.mount.incoming("x.dcm"))
        self.assert_stored(self.files[:1])
        (name,) = (n for n in os.listdir(self.mount.path / "instances") if n.endswith(".dcm"))
        self.assertRegex(name, r"\A[0-9.]+\.dcm\Z")

    def test_python_shutil(self):
        shutil.copy(self.files[0], self.mount.incoming())
        shutil.copy2(self.files[1], self.mount.incoming())
        shutil.copytree(self.source, self.mount.incoming("tree"))
        self.assert_stored(self.files)

    def test_four_cp_r_at_once(self):
        folders = []
        for i in range(4):
            folder = self.folder / f"s{i}"
            folder.mkdir()
            folders.append(folder)
            self.files += small(folder, 40, "--seed", str(100 + i))
        copies = [subprocess.Popen(["cp", "-r", folder, self.mount.incoming()]) for folder in folders]
        copies.append(subprocess.Popen(["cp", "-r", self.source, self.mount.incoming()]))
        self.assertEqual([0] * 5, [c.wait(120) for c in copies])
        self.assert_stored(self.files)


class Reading(MountTest):
    def test_dcmdump_reads_every_file(self):
        if shutil.which("dcmdump") is None:
            self.skipTest("dcmdump is not there")
        files = small(self.source, 4)
        run("cp", *files, self.mount.incoming())
        out = run("bash", "-c", f'find "{self.mount.path}/patients" -name "*.dcm" -print0 | xargs -0 -n1 dcmdump +P SOPInstanceUID')
        self.assertEqual(4, out.stdout.count("SOPInstanceUID"))

    def test_cp_a_out_gives_the_same_bytes(self):
        files = small(self.source, 4)
        run("cp", *files, self.mount.incoming())
        out = self.folder / "out"
        run("cp", "-a", self.mount.path / "patients", out)
        self.assertEqual(sorted(f.read_bytes() for f in files),
                         sorted(f.read_bytes() for f in out.rglob("*.dcm")))

    def test_rsync_and_tar_out_meet_everything_once(self):
        files = small(self.source, 4)
        run("cp", *files, self.mount.incoming())
        out = self.folder / "out"
        run("rsync", "-a", f"{self.mount.path}/", out, "--exclude=incoming")
        self.assertEqual(4, len([p for p in out.rglob("*.dcm") if p.is_file() and not p.is_symlink()]))
        run("tar", "cf", self.folder / "out.tar", "-C", self.mount.path, "patients")
        names = run("tar", "tf", self.folder / "out.tar").stdout
        self.assertEqual(4, names.count(".dcm"))

    def test_nothing_can_be_written_outside_incoming(self):
        run("cp", *small(self.source, 1), self.mount.incoming())
        for command in (["touch", self.mount.path / "patients" / "x"], ["mkdir", self.mount.path / "x"],
                        ["rm", self.mount.files()[0]], ["cp", "/etc/passwd", self.mount.files()[0]]):
            with self.subTest(command=command[0]):
                self.assertIn("Read-only file system", run(*command, check=False).stderr)


if __name__ == "__main__":
    unittest.main()
