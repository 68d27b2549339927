"""incoming/: what triggers an import, which error says what, and what stays behind."""
import errno
import mmap
import os
import pathlib
import subprocess
import time
import unittest

from mounted import BIN, MountTest, run, small, wait_until


def write(path, content):
    with open(path, "wb", buffering=0) as f:
        f.write(content)


class Incoming(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 3)
        self.bytes = self.files[0].read_bytes()

    def assert_close_fails(self, path, content, code):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.write(fd, content)
        with self.assertRaises(OSError) as caught:
            os.close(fd)
        self.assertEqual(errno.errorcode[code], errno.errorcode[caught.exception.errno])

    def test_not_dicom_is_invalid_and_kept_with_its_reason(self):
        self.assert_close_fails(self.mount.incoming("note"), b"hello", errno.EINVAL)
        rejected = self.mount.path / "rejected"
        self.assertEqual({"note", "note.reason.txt"}, set(os.listdir(rejected)))
        self.assertEqual(b"hello", (rejected / "note").read_bytes())
        self.assertGreater(len((rejected / "note.reason.txt").read_text()), 10)
        self.assertTrue(wait_until(lambda: "note" not in os.listdir(self.mount.incoming())))

    def test_a_truncated_file_is_invalid(self):
        self.assert_close_fails(self.mount.incoming("x.dcm"), self.bytes[:-100], errno.EINVAL)
        self.assertEqual([], self.mount.files())

    def test_a_file_over_the_limit_is_too_large_and_nobody_waits_for_it(self):
        path, content = self.mount.incoming("a.dcm"), small(self.source, 1)[0].read_bytes()
        begin = time.monotonic()
        with self.assertRaises(OSError) as caught:
            with open(path, "wb", buffering=0) as file:
                file.write(content)
                file.truncate((64 << 30) + 1)  # a hole: it takes no room
        self.assertEqual(errno.EFBIG, caught.exception.errno)
        self.assertLess(time.monotonic() - begin, 20, "the hole was read")
        self.assertIn("64 GiB", (self.mount.path / "rejected" / "a.dcm.reason.txt").read_text())

    def test_the_same_again_is_success_and_changes_nothing(self):
        for name in ("a.dcm", "b.dcm", "a.dcm"):
            run("cp", self.files[0], self.mount.incoming(name))
        self.assert_stored(self.files[:1])

    def test_other_bytes_under_one_uid_exist_already(self):
        write(self.mount.incoming("a.dcm"), self.bytes)
        changed = self.bytes[:-1] + bytes([self.bytes[-1] ^ 1])
        self.assert_close_fails(self.mount.incoming("b.dcm"), changed, errno.EEXIST)
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assertEqual(changed, (self.mount.path / "rejected" / "b.dcm").read_bytes())

    def test_writing_to_a_ghost_does_not_change_what_is_stored(self):
        path = self.mount.incoming("a.dcm")
        write(path, self.bytes)
        fd = os.open(path, os.O_RDWR)
        os.pwrite(fd, b"\xff\xff", len(self.bytes) - 2)
        with self.assertRaises(OSError):
            os.close(fd)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_temporary_names_wait_for_their_rename(self):
        for name in (".a.dcm.Xy12Ab", ".goutputstream-1", "a.dcm.part", "a.partial", "a.crdownload", "a.tmp",
                     "a.filepart", "~$a", "sedAb12Xy"):
            with self.subTest(name=name):
                path = self.mount.incoming(name)
                write(path, self.bytes)
                self.assertEqual([], self.mount.files())
                path.unlink()
        write(self.mount.incoming(".a"), self.bytes)
        self.mount.incoming(".a").rename(self.mount.incoming("a"))
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_a_rename_to_a_final_name_tells_why_it_is_refused(self):
        write(self.mount.incoming(".a"), b"junk")
        with self.assertRaises(OSError) as caught:
            self.mount.incoming(".a").rename(self.mount.incoming("a"))
        self.assertEqual(errno.EINVAL, caught.exception.errno)

    def test_mv_to_a_final_name_fails_however_often_it_tries(self):
        write(self.mount.incoming("a.part"), self.bytes[:-100])
        for options in ((), ("-n",), ("-f",), ("-T",)):
            with self.subTest(options=options):
                done = run("mv", *options, self.mount.incoming("a.part"), self.mount.incoming("a"), check=False)
                self.assertNotEqual(0, done.returncode)
        self.assertEqual([], self.mount.files())
        run("mv", self.mount.incoming("a.part"), self.mount.incoming("b.part"))

    def test_mv_of_a_hidden_folder_fails_if_one_in_it_is_refused(self):
        self.mount.incoming(".h").mkdir()
        write(self.mount.incoming(".h", "good"), self.bytes)
        write(self.mount.incoming(".h", "cut"), self.files[1].read_bytes()[:-100])
        done = run("mv", self.mount.incoming(".h"), self.mount.incoming("h"), check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_the_report_cannot_be_moved(self):
        with self.assertRaises(PermissionError):
            self.mount.incoming("report.jsonl").rename(self.mount.incoming("report.txt"))

    def test_attributes_are_made_or_replaced_as_asked(self):
        path = self.mount.incoming("a.part")
        write(path, b"")
        with self.assertRaises(OSError) as missing:
            os.setxattr(path, "user.a", b"1", os.XATTR_REPLACE)
        os.setxattr(path, "user.a", b"1", os.XATTR_CREATE)
        with self.assertRaises(FileExistsError):
            os.setxattr(path, "user.a", b"2", os.XATTR_CREATE)
        os.setxattr(path, "user.a", b"3", os.XATTR_REPLACE)
        self.assertEqual(errno.ENODATA, missing.exception.errno)
        self.assertEqual(b"3", os.getxattr(path, "user.a"))

    def test_a_file_renamed_while_open_is_imported_under_its_new_name(self):
        fd = os.open(self.mount.incoming(".goutputstream-x"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, self.bytes)
        self.mount.incoming(".goutputstream-x").rename(self.mount.incoming("new.dcm"))
        self.assertEqual([], self.mount.files())
        os.close(fd)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_an_imported_name_stays_for_what_programs_do_next(self):
        path = self.mount.incoming("a.dcm")
        write(path, self.bytes)
        self.assertEqual(len(self.bytes), path.stat().st_size)
        self.assertEqual(self.bytes, path.read_bytes())
        os.chmod(path, 0o600)
        os.chown(path, 1, 1)
        os.utime(path, (1000000000, 1000000000))
        os.setxattr(path, "user.note", b"x")
        self.assertEqual(1000000000, path.stat().st_mtime)
        path.rename(self.mount.incoming("b.dcm"))
        self.mount.incoming("b.dcm").unlink()
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_any_write_pattern(self):
        fd = os.open(self.mount.incoming("a.dcm"), os.O_RDWR | os.O_CREAT)
        half = len(self.bytes) // 2
        os.pwrite(fd, b"garbage that is longer than the file" * 1000, 0)
        os.pwrite(fd, self.bytes[half:], half)
        os.pwrite(fd, self.bytes[:half], 0)
        os.ftruncate(fd, len(self.bytes))
        self.assertEqual(self.bytes, os.pread(fd, len(self.bytes) + 10, 0))
        os.fsync(fd)
        os.close(fd)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_company_of_a_patient_cd_is_ignored(self):
        cd = self.source / "CD"
        cd.mkdir()
        (cd / "IMAGES").mkdir()
        (cd / "IMAGES" / "IM000001").write_bytes(self.bytes)
        for name in ("DICOMDIR", "README.TXT", "autorun.inf", "Viewer.exe", "._IM1", "Thumbs.db", "help.html"):
            (cd / name).write_bytes(b"whatever")
        run("cp", "-r", cd, self.mount.incoming())
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        results = {line["Path"]: line["Result"] for line in self.mount.report()}
        self.assertEqual("stored", results["CD/IMAGES/IM000001"])
        self.assertEqual(7, sum(1 for r in results.values() if r == "ignored"))
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_a_copy_of_a_patient_cd_can_be_compared(self):
        cd = self.source / "CD"
        cd.mkdir()
        (cd / "IM000001").write_bytes(self.bytes)
        for name in ("DICOMDIR", "README.TXT"):
            (cd / name).write_bytes(b"whatever")
        run("cp", "-r", cd, self.mount.incoming())
        run("diff", "-r", cd, self.mount.incoming("CD"))

    def test_company_that_several_programs_write_by_one_open_file(self):
        self.mount.incoming("CD").mkdir()
        readme = self.mount.incoming("CD", "readme.txt")
        run("bash", "-c", '(echo one; /bin/echo two; /bin/echo three) > "$0"', readme)
        self.assertEqual("one\ntwo\nthree\n", readme.read_text())

    def test_what_claims_to_be_dicom_is_no_company(self):
        cd = self.source / "CD"
        cd.mkdir()
        (cd / "IM000001.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
        done = run("cp", "-r", cd, self.mount.incoming(), check=False)
        self.assertIn("Invalid argument", done.stderr)

    def test_the_report_tells_what_became_of_each(self):
        write(self.mount.incoming("a.dcm"), self.bytes)
        write(self.mount.incoming("b.dcm"), self.bytes)
        with self.assertRaises(OSError):
            write(self.mount.incoming("c.dcm"), b"junk")
            # closing raises, in write()
        first, second, third = self.mount.report()
        self.assertEqual(("a.dcm", "stored", len(self.bytes)), (first["Path"], first["Result"], first["Bytes"]))
        self.assertEqual(self.bytes, (self.mount.path / first["Where"]).read_bytes())
        self.assertEqual(("b.dcm", "already stored"), (second["Path"], second["Result"]))
        self.assertEqual(("c.dcm", "refused"), (third["Path"], third["Result"]))
        self.assertTrue(third["Reason"])

    def test_names_are_no_identity(self):
        for i, f in enumerate(self.files):
            folder = self.source / f"{i:06d}"
            folder.mkdir()
            f.rename(folder / "001.dcm")
        run("cp", "-r", self.source, self.mount.incoming())
        self.assertEqual(3, len(self.mount.files()))

    def test_rsync_after_a_remount_sends_nothing(self):
        run("rsync", "-a", f"{self.source}/", self.mount.incoming("CD"))
        self.mount.stop()
        self.mount.start()
        self.assertEqual(["report.jsonl"], os.listdir(self.mount.incoming()))
        again = run("rsync", "-a", "--stats", f"{self.source}/", self.mount.incoming("CD"))
        self.assertIn("Number of regular files transferred: 0", again.stdout)

    def test_a_folder_can_be_copied_again_after_a_remount(self):
        for again in (["cp", "-r"], ["cp", "-a"], ["cp", "-r"], ["mv"]):
            run(*again, self.source, self.mount.incoming())
            self.assertEqual(3, len(self.mount.files()))
            self.mount.stop()
            self.mount.start()

    def test_two_programs_writing_one_name_at_the_same_time_are_both_stored(self):
        path = self.mount.incoming("IM000001")
        first = open(path, "wb", buffering=0)
        first.write(self.bytes[:900])
        other = self.files[1].read_bytes()
        with open(path, "wb", buffering=0) as second:
            second.write(other)
            first.write(self.bytes[900:])
            first.close()
        self.assertEqual(sorted([self.bytes, other]), self.mount.stored_bytes())

    def test_cds_with_the_same_names_copied_at_the_same_time(self):
        cds = []
        for i in range(4):
            cd = self.folder / f"cd{i}"
            cd.mkdir()
            for n, f in enumerate(small(cd, 20, "--seed", str(50 + i))):
                f.rename(cd / f"IM{n:06d}")
            cds.append(cd)
        target = self.mount.incoming("CD")
        target.mkdir()
        copies = [subprocess.Popen(["bash", "-c", 'for f in "$0"/IM*; do cat "$f" > "$1/${f##*/}" || exit 1; done',
                                    cd, target]) for cd in cds]
        self.assertEqual([0] * 4, [c.wait(60) for c in copies])
        self.assert_stored([f for cd in cds for f in cd.glob("IM*")])

    def test_a_file_written_through_a_mapping(self):
        path = self.mount.incoming("a.dcm")
        fd = os.open(path, os.O_RDWR | os.O_CREAT)
        os.ftruncate(fd, len(self.bytes))
        with mmap.mmap(fd, len(self.bytes)) as mapped:
            mapped[:] = self.bytes
            mapped.flush()
        os.close(fd)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_links_and_devices_are_refused(self):
        with self.assertRaises(PermissionError):
            os.symlink("/etc/passwd", self.mount.incoming("x"))
        with self.assertRaises(PermissionError):
            os.mkfifo(self.mount.incoming("fifo"))

    def test_names_and_paths_out_of_the_ordinary(self):
        for name in ("a b", "ü" * 60, "-x", "x" * 255, "\x01\x02", "a\nb"):
            with self.subTest(name=name):
                write(self.mount.incoming(name), self.bytes)
        with self.assertRaises(OSError):
            write(self.mount.incoming("x" * 256), self.bytes)
        deep = self.mount.incoming(*["d"] * 50)
        deep.mkdir(parents=True)
        write(deep / "a.dcm", self.bytes)
        self.assertEqual([self.bytes], self.mount.stored_bytes())


if __name__ == "__main__":
    unittest.main()
