"""modalities/NAME/: what is copied there is sent. The peer is DCMTK's storescp."""
import errno
import os
import socket
import time
import unittest

from mounted import need, run, small, wait_until
from sending import NOTHING_BUT_ECHO, PATIENCE, ModalitiesTest


class Sending(ModalitiesTest):
    def test_the_tree_shows_each_modality(self):
        self.assertEqual(["NOBODY", "PACS"], sorted(os.listdir(self.mount.path / "modalities")))
        self.assertEqual(["echo", "failed", "find", "retrieve", "status.json"], sorted(os.listdir(self.pacs)))
        self.assertEqual([], os.listdir(self.pacs / "failed"))
        with self.assertRaises(FileNotFoundError):
            os.stat(self.mount.path / "modalities" / "OTHER")
        with self.assertRaises(OSError) as caught:
            os.mkdir(self.mount.path / "modalities" / "OTHER")
        self.assertEqual(errno.EROFS, caught.exception.errno)
        status = self.status()
        self.assertEqual((0, 0, 0, 0), tuple(status[k] for k in ("Queued", "Sending", "Sent", "Failed")))
        self.assertEqual((self.pacs / "status.json").stat().st_size, len((self.pacs / "status.json").read_bytes()))

    def test_cp_of_a_file_sends_it(self):
        pacs = self.start_pacs()
        file = self.store(1)[0]
        run("cp", file, self.pacs)
        self.wait_for_sent(1)
        self.assertEqual(self.datasets([file]), self.datasets(pacs.files()))

    def test_a_file_within_the_mount_is_queued_without_moving_its_bytes(self):
        file = self.store(1)[0]
        run("cp", file, self.pacs)
        self.assertEqual(1, self.pending())
        self.assertEqual([], self.outbox())
        self.assertEqual(file.stat().st_size, (self.pacs / file.name).stat().st_size)
        self.assertEqual(file.read_bytes(), (self.pacs / file.name).read_bytes())

    def test_cp_r_of_a_study_sends_its_instances_and_nothing_else(self):
        files = self.store(20)
        study = files[0].parents[1]
        run("cp", "-r", study, self.nobody)
        self.assertEqual(len(files), self.pending("NOBODY"))
        self.assertEqual([], self.outbox())

        pacs = self.start_pacs()
        run("cp", "-r", study, self.pacs)
        self.wait_for_sent(len(files))
        self.assertEqual(self.datasets(files), self.datasets(pacs.files()))

    def test_cp_a_keeps_going(self):
        files = self.store(3)
        done = run("cp", "-a", files[0].parent, self.nobody)
        self.assertEqual("", done.stderr)
        self.assertEqual(3, self.pending("NOBODY"))

    def test_a_link_sends_what_it_leads_to(self):
        files = self.store(4)
        study = files[0].parents[1]
        relative = os.path.relpath(study, self.nobody)
        os.symlink(relative, self.nobody / "study")
        self.assertEqual(4, self.pending("NOBODY"))
        self.assertEqual(relative, os.readlink(self.nobody / "study"))
        os.symlink(files[0], self.nobody / "one")  # absolute
        self.assertEqual(5, self.pending("NOBODY"))
        recent = self.mount.path / "recent"
        run("cp", "-r", recent, self.nobody)  # links, as they stand there
        self.assertEqual(9, self.pending("NOBODY"))
        self.assertEqual([], self.outbox())
        for target in ("/etc/passwd", "../../README.txt", "nothing/here", "../../patients"):
            with self.assertRaises(OSError) as caught:
                os.symlink(target, self.nobody / "x")
            self.assertEqual(errno.ENOENT, caught.exception.errno, target)

    def test_bytes_from_elsewhere_are_kept_until_they_are_sent_and_not_imported(self):
        files = small(self.source, 3)
        run("cp", "-r", self.source, self.pacs)
        self.assertEqual(3, len(self.outbox()))
        self.assertEqual([], self.mount.files())
        pacs = self.start_pacs()
        self.wait_for_sent(3)
        self.assertEqual(self.datasets(files), self.datasets(pacs.files()))
        self.assertTrue(wait_until(lambda: self.outbox() == []))
        self.assertEqual([], self.mount.files())

    def test_programs_that_rename_when_they_are_done(self):
        need("rsync")
        small(self.source, 2)
        run("rsync", "-a", f"{self.source}/", self.nobody)
        self.assertEqual(2, self.pending("NOBODY"))

    def test_what_is_not_dicom_is_an_error_and_what_accompanies_it_is_not(self):
        (self.source / "note").write_text("hello")
        done = run("cp", self.source / "note", self.nobody, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("Invalid argument", done.stderr)
        (self.source / "note").rename(self.source / "autorun.inf")
        small(self.source, 1)
        run("cp", "-r", self.source, self.nobody)
        self.assertEqual(1, self.pending("NOBODY"))
        truncated = next(p for p in self.source.rglob("*") if p.is_file() and p.name != "autorun.inf").read_bytes()[:-100]
        with self.assertRaises(OSError) as caught, open(self.nobody / "short.dcm", "wb", buffering=0) as f:
            f.write(truncated)
            f.close()
        self.assertEqual(errno.EINVAL, caught.exception.errno)
        self.assertEqual(1, self.pending("NOBODY"))

    def test_mv_within_the_mount_copies_and_says_that_it_cannot_remove(self):
        file = self.store(1)[0]
        with self.assertRaises(OSError) as caught:
            os.rename(file, self.nobody / "x.dcm")
        self.assertEqual(errno.EXDEV, caught.exception.errno)
        done = run("mv", file, self.nobody, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("Read-only file system", done.stderr)
        self.assertTrue(file.exists())
        self.assertEqual(1, self.pending("NOBODY"))
        with self.assertRaises(OSError) as caught:
            os.rename(self.nobody / file.name, self.pacs / file.name)
        self.assertEqual(errno.EXDEV, caught.exception.errno)

    def test_its_own_files_cannot_be_replaced(self):
        for name in ("status.json", "echo", "failed"):
            with self.assertRaises(OSError):
                (self.pacs / name).write_bytes(b"x")
        with self.assertRaises(OSError):
            os.rmdir(self.pacs / "failed")


class Waiting(ModalitiesTest):
    """fsync"""

    def fsync(self, folder, content, name="x.dcm"):
        with open(folder / name, "wb", buffering=0) as f:
            f.write(content)
            try:
                os.fsync(f.fileno())
            except OSError as error:
                return errno.errorcode[error.errno]
        return None

    def test_fsync_waits_until_it_is_there(self):
        pacs = self.start_pacs()
        content = small(self.source, 1)[0].read_bytes()
        self.assertIsNone(self.fsync(self.pacs, content))
        self.assertEqual(1, len(pacs.files()))
        self.wait_for_sent(1)

    def test_fsync_of_a_file_of_the_mount(self):
        pacs = self.start_pacs()
        file = self.store(1)[0]
        run("dd", f"if={file}", f"of={self.pacs}/x", "bs=64k", "conv=fsync", "status=none")
        self.assertEqual(1, len(pacs.files()))

    def test_fsync_says_why_it_is_not(self):
        content = small(self.source, 1)[0].read_bytes()
        self.assertEqual("ECONNREFUSED", self.fsync(self.nobody, content))
        self.assertEqual("ECONNREFUSED", self.fsync(self.nobody, content, "y.dcm"))
        self.assertEqual(2, self.pending("NOBODY"))  # it is still to be sent

    def test_fsync_in_the_midst_of_a_file_is_what_it_is_anywhere(self):
        pacs = self.start_pacs()
        content = small(self.source, 1)[0].read_bytes()
        with open(self.pacs / "x.dcm", "wb", buffering=0) as f:
            f.write(content[:1000])
            os.fsync(f.fileno())
            f.write(content[1000:])
        self.wait_for_sent(1)
        self.assertEqual(1, len(pacs.files()))

    def test_a_peer_that_says_nothing_times_out(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", self.port))
            silent.listen()
            self.mount.stop()
            self.write_config({"PACS": ["THERE", "127.0.0.1", self.port]}, DicomScuTimeout=1)
            self.mount.start()
            self.assertEqual("ETIMEDOUT", self.fsync(self.pacs, small(self.source, 1)[0].read_bytes()))


class Surviving(ModalitiesTest):
    def test_a_queue_survives_the_death_of_the_daemon_and_is_sent_by_the_next(self):
        files = self.store(10)
        run("cp", "-r", files[0].parent, self.pacs)
        more = small(self.folder / "more", 5, "--seed", "77")
        run("cp", "-r", self.folder / "more", self.pacs)
        self.assertEqual(15, self.pending())
        self.mount.kill()
        pacs = self.start_pacs()
        self.mount.start()
        self.wait_for_sent(15)
        self.assertEqual(self.datasets(files + more), self.datasets(pacs.files()))

    def test_death_in_the_midst_loses_nothing(self):
        files = self.store(60)
        pacs = self.start_pacs()
        for _ in range(4):
            run("cp", "-r", files[0].parent, self.pacs)
            wait_until(lambda: self.status()["Sent"] % 7 == 3, 1)
            self.mount.kill()
            self.mount.start()
        self.assertTrue(wait_until(lambda: self.pending() == 0, PATIENCE), self.status())
        self.assertEqual(0, self.status()["Failed"])
        self.assertEqual(self.datasets(files), self.datasets(pacs.files()))

    def test_a_peer_that_goes_and_comes(self):
        files = self.store(6)
        run("cp", files[0], self.pacs)
        self.assertTrue(wait_until(lambda: "LastError" in self.status(), PATIENCE))
        self.assertIn("refused", self.status()["LastError"].lower())
        pacs = self.start_pacs()
        self.wait_for_sent(1)
        pacs.stop()
        run("cp", files[1], self.pacs)
        self.assertEqual(1, self.pending())
        self.start_pacs()
        self.wait_for_sent(2)

    def test_the_daemon_ends_though_a_peer_is_silent(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", self.port))
            silent.listen()
            run("cp", self.store(1)[0], self.pacs)
            self.assertTrue(wait_until(lambda: self.status()["Sending"] == 1, PATIENCE))
            begun = time.monotonic()
            self.mount.stop()
            self.assertLess(time.monotonic() - begun, 8)
        self.mount.start()
        self.assertEqual(1, self.pending())


class DeadLetters(ModalitiesTest):
    """The peer refuses the SOP class: no attempt will help."""

    def setUp(self):
        super().setUp()
        self.files = self.store(3)
        self.refusing = self.start_pacs("-xf", self.profile(), "Default")
        for n, file in enumerate(self.files):
            run("cp", file, self.pacs / f"IM{n}")
        self.assertTrue(wait_until(lambda: self.status()["Failed"] == 3, PATIENCE), self.status())

    def profile(self):
        path = self.folder / "storescp.cfg"
        path.write_text(NOTHING_BUT_ECHO)
        return path

    def letters(self):
        return sorted(n for n in os.listdir(self.pacs / "failed") if not n.endswith(".reason.txt"))

    def test_they_stand_in_failed_with_their_reasons(self):
        names = self.letters()
        self.assertEqual(["IM0", "IM1", "IM2"], [n.split("-", 1)[1] for n in names])
        for name, file in zip(names, self.files):
            self.assertEqual(file.read_bytes(), (self.pacs / "failed" / name).read_bytes())
            self.assertIn("presentation context", (self.pacs / "failed" / (name + ".reason.txt")).read_text())
        self.assertEqual(6, len(os.listdir(self.pacs / "failed")))

    def test_rm_gives_up(self):
        first = self.letters()[0]
        os.unlink(self.pacs / "failed" / first)
        self.assertEqual(2, self.status()["Failed"])
        self.assertNotIn(first, os.listdir(self.pacs / "failed"))
        # As a shell does it: the names are listed first.
        run("rm", *sorted((self.pacs / "failed").iterdir()))
        self.assertEqual(0, self.status()["Failed"])
        self.assertEqual([], os.listdir(self.pacs / "failed"))

    def test_touch_sends_again(self):
        self.refusing.stop()
        pacs = self.start_pacs()
        run("touch", self.pacs / "failed" / self.letters()[0])
        self.wait_for_sent(1)
        self.assertEqual(1, len(pacs.files()))
        self.assertEqual(2, len(self.letters()))

    def test_a_shell_touches_the_reasons_too(self):
        self.refusing.stop()
        pacs = self.start_pacs()
        run("chmod", "600", *sorted((self.pacs / "failed").iterdir()))
        run("touch", *sorted((self.pacs / "failed").iterdir()))
        self.wait_for_sent(3)
        self.assertEqual(3, len(pacs.files()))
        self.assertEqual([], self.letters())

    def test_they_survive(self):
        names = self.letters()
        self.mount.kill()
        self.mount.start()
        self.assertEqual(names, self.letters())


class Echo(ModalitiesTest):
    def test_reading_it_asks(self):
        self.assertIn("does not answer", (self.pacs / "echo").read_text())
        self.start_pacs()
        text = (self.pacs / "echo").read_text()
        self.assertRegex(text, r"^PACS answers: \d+ ms *\n$")
        self.assertEqual((self.pacs / "echo").stat().st_size, len(text))
        self.assertEqual(run("cat", self.pacs / "echo").stdout.count("\n"), 1)


class Importing(ModalitiesTest):
    options = ("-o", "import=yes")

    def test_bytes_from_elsewhere_are_stored_too(self):
        files = small(self.source, 2)
        run("cp", "-r", self.source, self.pacs)
        self.assert_stored(files)
        self.assertEqual([], self.outbox())
        self.assertEqual(2, self.pending())


if __name__ == "__main__":
    unittest.main()
