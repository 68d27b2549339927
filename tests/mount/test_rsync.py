"""rsync into incoming/: its options, its errors, and what an interruption leaves behind."""
import os
import signal
import subprocess
import unittest

from mounted import MountTest, need, run, small, wait_until

# The exit codes of rsync(1).
FILE_IO, PARTIAL_TRANSFER, SIGNALLED = 11, 23, 20


class RsyncTest(MountTest):
    def setUp(self):
        need("rsync")
        super().setUp()

    def rsync(self, *arguments, **options):
        return run("rsync", "-a", "--stats", *arguments, **options)

    def assert_sends(self, count, *arguments):
        self.assertIn(f"Number of regular files transferred: {count}\n", self.rsync(*arguments).stdout)

    def assert_nothing_rejected(self):
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))


class Options(RsyncTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 6)

    def test_all_ways_to_write_store_the_files(self):
        for n, options in enumerate((["--inplace"], ["--partial"], ["--partial-dir=.rsync-partial"],
                                     ["--delay-updates"], ["--sparse"], ["--inplace", "--sparse"],
                                     ["--preallocate"], ["--fsync"], ["-A", "-X"], ["--checksum"],
                                     ["--no-whole-file", "--inplace"], ["-z", "--no-whole-file"])):
            with self.subTest(options=options):
                target = self.mount.incoming(f"way{n}")
                self.assert_sends(6, *options, f"{self.source}/", target)
                self.assert_stored(self.files)
                self.assert_sends(0, *options, f"{self.source}/", target)
        self.assert_nothing_rejected()

    def test_checksums_of_what_was_sent_before_a_remount_agree(self):
        self.assert_sends(6, f"{self.source}/", self.mount.incoming("CD"))
        self.mount.stop()
        self.mount.start()
        self.assert_sends(0, "--checksum", f"{self.source}/", self.mount.incoming("CD"))

    def test_delete_does_not_reach_the_archive(self):
        self.rsync(f"{self.source}/", self.mount.incoming("CD"))
        wanted = [f.read_bytes() for f in self.files]
        self.files[0].unlink()
        self.rsync("--delete", f"{self.source}/", self.mount.incoming("CD"))
        self.assertEqual(sorted(wanted), self.mount.stored_bytes())

    def test_sources_are_removed_once_they_are_stored_and_only_then(self):
        wanted = [f.read_bytes() for f in self.files]
        junk = self.files[0].with_name("junk.dcm")
        junk.write_bytes(b"this is not DICOM" * 50)
        done = self.rsync("--remove-source-files", f"{self.source}/", self.mount.incoming("CD"), check=False)
        self.assertEqual(PARTIAL_TRANSFER, done.returncode)
        self.assertEqual([junk], [f for f in self.source.rglob("*") if f.is_file()])
        self.assertEqual(sorted(wanted), self.mount.stored_bytes())

    def test_rsync_out_of_the_tree_gives_the_bytes_and_a_second_run_sends_nothing(self):
        self.rsync(f"{self.source}/", self.mount.incoming())
        out = self.folder / "out"
        self.rsync(f"{self.mount.path}/patients/", out)
        self.assertEqual(sorted(f.read_bytes() for f in self.files),
                         sorted(f.read_bytes() for f in out.rglob("*.dcm")))
        self.mount.stop()
        self.mount.start()
        self.assert_sends(0, f"{self.mount.path}/patients/", out)
        self.assert_sends(0, "--checksum", f"{self.mount.path}/patients/", out)


class Refusals(RsyncTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 3)
        self.broken = self.files[1]
        self.good = [self.files[0], self.files[2]]

    def assert_tells(self, code, message, *options):
        done = self.rsync(*options, f"{self.source}/", self.mount.incoming("CD"), check=False)
        self.assertEqual(code, done.returncode, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertIn(self.broken.name, done.stderr)

    def test_a_truncated_file_is_told_at_the_rename_and_the_others_are_stored(self):
        self.broken.write_bytes(self.broken.read_bytes()[:-100])
        self.assert_tells(PARTIAL_TRANSFER, "Invalid argument")
        self.assert_stored(self.good)
        # Nothing is taken for sent.
        self.assert_tells(PARTIAL_TRANSFER, "Invalid argument")

    def test_in_place_the_close_tells_it(self):
        # rsync gives up at a failed close: nothing after it is sent, and it says so.
        self.broken.write_bytes(self.broken.read_bytes()[:-100])
        self.assert_tells(FILE_IO, "close failed", "--inplace")
        self.assertNotIn(self.broken.read_bytes(), self.mount.stored_bytes())
        self.broken.unlink()
        self.rsync("--inplace", f"{self.source}/", self.mount.incoming("CD"))
        self.assert_stored(self.good)

    def test_other_bytes_over_a_stored_file_change_nothing(self):
        wanted = sorted(f.read_bytes() for f in self.files)
        for options, code in (([], PARTIAL_TRANSFER), (["--inplace"], FILE_IO),
                              (["--inplace", "--no-whole-file"], FILE_IO)):
            with self.subTest(options=options):
                original = self.broken.read_bytes()
                self.rsync(f"{self.source}/", self.mount.incoming("CD"))
                self.broken.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
                os.utime(self.broken, (0, 1_000_000_000))  # of the same size, so that only the time tells
                self.assert_tells(code, "File exists", *options)
                self.assertEqual(wanted, self.mount.stored_bytes())
                self.broken.write_bytes(original)


class Interruptions(RsyncTest):
    """One large file, with the transfer stopped in its middle."""

    def setUp(self):
        super().setUp()
        (self.file,) = small(self.source, 1, size="1400x1400")
        self.folder_of_it = self.mount.incoming("CD")
        self.size = self.file.stat().st_size
        self.assertGreater(self.size, 3_000_000)

    def being_written(self):
        return max([0] + [f.stat().st_size for f in self.folder_of_it.rglob("*") if f.is_file()])

    def interrupt(self, *options):
        transfer = subprocess.Popen(
            ["rsync", "-a", "--bwlimit=2000", *options, self.file, f"{self.folder_of_it}/"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.assertTrue(wait_until(lambda: self.being_written() > self.size // 8))
        os.killpg(transfer.pid, signal.SIGINT)
        said = transfer.communicate(timeout=30)[1]
        self.assertEqual(SIGNALLED, transfer.returncode, said)
        self.assertEqual([], self.mount.files())

    def continue_it(self, *options):
        done = self.rsync(*options, self.file, f"{self.folder_of_it}/")
        self.assert_stored([self.file])
        self.assert_sends(0, *options, self.file, f"{self.folder_of_it}/")
        return done.stdout

    def test_without_options_the_second_run_stores_it(self):
        self.interrupt()
        self.continue_it()

    def test_in_place(self):
        self.interrupt("--inplace")
        self.continue_it("--inplace")

    def test_partial(self):
        # rsync gives the part its final name, where it is refused as what it is: half a file.
        self.interrupt("--partial")
        self.continue_it("--partial")

    def test_with_a_folder_for_partial_files_it_goes_on_where_it_was(self):
        self.interrupt("--partial-dir=.rsync-partial")
        kept = self.being_written()
        self.assertGreater(kept, 0)
        said = self.continue_it("--partial-dir=.rsync-partial", "--no-whole-file")
        matched = next(line for line in said.splitlines() if line.startswith("Matched data:"))
        self.assertGreater(int(matched.split()[2].replace(",", "")), kept // 2)
        self.assert_nothing_rejected()

    def test_a_killed_rsync(self):
        transfer = subprocess.Popen(["rsync", "-a", "--bwlimit=2000", "--partial", self.file,
                                     f"{self.folder_of_it}/"], start_new_session=True, stderr=subprocess.DEVNULL)
        self.assertTrue(wait_until(lambda: self.being_written() > self.size // 8))
        os.killpg(transfer.pid, signal.SIGKILL)
        transfer.wait(30)
        self.continue_it("--partial")
        self.assert_nothing_rejected()


if __name__ == "__main__":
    unittest.main()
