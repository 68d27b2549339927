"""The store's disk is full, or out of inodes: programs are told, reading goes on, and so does the rest once there is room.

Needs root, for a small tmpfs; and a loop device for ext4."""
import errno
import json
import os
import unittest

from mounted import MountTest, phantom, run, wait_until
from stored import Instances, check

MB = 1 << 20


class FullDisk(MountTest):
    """STORE is a file system of its own."""
    kind, options_of_disk, megabytes = "tmpfs", "", 24
    options = ("-o", "delete")

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        super().setUp()
        self.mount.stop()
        run("rm", "-r", self.mount.store)
        self.mount.store.mkdir()
        self.mount_disk()
        self.instances = Instances(self.folder / "like")
        self.mount.start()

    def mount_disk(self):
        run("mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m{self.options_of_disk}", "tmpfs", self.mount.store)

    def tearDown(self):
        self.mount.stop()
        run("umount", self.mount.store)
        super().tearDown()

    def read(self, number):
        return (self.mount.path / "instances" / (self.instances.uid_of(number) + ".dcm")).read_bytes()

    def cp(self, number):
        path, = self.instances.write(self.source, [number])
        return run("cp", path, self.mount.incoming(f"{number}.dcm"), check=False)

    def fill(self):
        """With a file of another program."""
        filler = self.mount.store / "filler"
        with open(filler, "ab", buffering=0) as file:
            for size in (MB, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as full:
                    self.assertEqual(errno.ENOSPC, full.errno)
        return filler

    def leave(self, room):
        """Fills all but this many bytes."""
        free = os.statvfs(self.mount.store)
        filler = self.mount.store / "filler"
        filler.write_bytes(bytes(free.f_bavail * free.f_frsize - room))
        return filler

    def store_until_full(self):
        """What was stored, and what cp said of the first that was not."""
        for number in range(1, 20_000):
            done = self.cp(number)
            if done.returncode != 0:
                return range(1, number), done.stderr
        self.fail("never full")

    def assert_df_shows_it(self):
        self.assertEqual(0, os.statvfs(self.mount.path).f_bavail)

    def assert_goes_on(self, stored):
        self.assertEqual(0, self.cp(50_000).returncode)
        self.assertEqual(self.instances.bytes(50_000), self.read(50_000))
        self.mount.stop()
        check(self.mount.store)
        self.mount.start()
        for number in [*stored, 50_000]:
            self.assertEqual(self.instances.bytes(number), self.read(number))

    def test_it_goes_on_without_a_restart_when_there_is_room_again(self):
        self.assertEqual(0, self.cp(1).returncode)
        filler = self.fill()
        for number in (2, 3):
            done = self.cp(number)
            self.assertNotEqual(0, done.returncode)
            self.assertIn(os.strerror(errno.ENOSPC), done.stderr)
        self.assertEqual(self.instances.bytes(1), self.read(1))
        self.assertIn("patient.json", os.listdir(next((self.mount.path / "patients").iterdir())))
        run("find", self.mount.path, "-ls")
        self.assert_df_shows_it()
        filler.unlink()
        self.assert_goes_on([1])

    def test_mv_keeps_its_source(self):
        path, = self.instances.write(self.source, [1])
        filler = self.fill()
        self.assertNotEqual(0, run("mv", path, self.mount.incoming(), check=False).returncode)
        self.assertEqual(self.instances.bytes(1), path.read_bytes())
        filler.unlink()
        run("mv", path, self.mount.incoming())
        self.assert_goes_on([1])

    def test_what_did_not_fit_is_not_kept(self):
        """The writer has it; half a file in rejected/ would keep the disk full."""
        big = self.instances.bytes(1) + bytes(self.megabytes * MB)
        with self.assertRaises(OSError) as caught:
            with open(self.mount.incoming("big.dcm"), "wb", buffering=0) as file:
                for at in range(0, len(big), MB):
                    file.write(big[at:at + MB])
        self.assertEqual(errno.ENOSPC, caught.exception.errno)
        self.assertTrue(wait_until(lambda: os.statvfs(self.mount.store).f_bavail > 1000), "it was kept")
        self.assertEqual([], os.listdir(self.mount.path / "rejected"))
        self.assert_goes_on([])

    def test_the_beginning_of_a_file_that_did_not_fit_is_never_taken_for_the_file(self):
        """Also where the bytes that were written are a whole instance by themselves."""
        content = self.instances.bytes(1)
        padding = b"\xfc\xff\xfc\xff" + b"OB\0\0" + (2 * self.megabytes * MB).to_bytes(4, "little")
        fd = os.open(self.mount.incoming("a.dcm"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, content)
        filler = self.fill()
        with self.assertRaises(OSError) as caught:
            while True:  # the first may do some of it
                os.write(fd, padding + bytes(4096))
        self.assertEqual(errno.ENOSPC, caught.exception.errno)
        with self.assertRaises(OSError) as caught:
            os.close(fd)
        self.assertEqual(errno.ENOSPC, caught.exception.errno)
        self.assertEqual([], self.mount.files())
        filler.unlink()
        self.assert_goes_on([])

    def test_who_begins_anew_when_there_is_room_has_the_file_stored(self):
        content = self.instances.bytes(1)
        fd = os.open(self.mount.incoming("a.dcm"), os.O_WRONLY | os.O_CREAT)
        filler = self.fill()
        with self.assertRaises(OSError):
            os.write(fd, content)
        filler.unlink()
        os.ftruncate(fd, 0)  # until it begins anew, bytes are missing
        os.pwrite(fd, content, 0)
        os.close(fd)
        self.assertEqual([content], self.mount.stored_bytes())

    def test_filling_it_with_images(self):
        filler = self.leave(3 * MB // 2)
        stored, said = self.store_until_full()
        self.assertGreater(len(stored), 10)
        self.assertIn(os.strerror(errno.ENOSPC), said)
        for number in stored:
            self.assertEqual(self.instances.bytes(number), self.read(number))
        filler.unlink()
        self.assert_goes_on(stored)

    def test_what_is_no_image_is_refused_with_its_own_reason(self):
        self.fill()
        with self.assertRaises(OSError) as caught:
            self.mount.incoming("note").write_bytes(b"not an image")
        self.assertEqual(errno.ENOSPC, caught.exception.errno)  # it could not even be written

    def test_removing_needs_a_little_room(self):
        """For the log of the index; without it rm is told, and nothing is lost."""
        for number in range(1, 8):
            self.assertEqual(0, self.cp(number).returncode)
        filler = self.fill()
        first, second = self.mount.files()[:2]
        done = run("rm", first, check=False)
        if done.returncode != 0:
            self.assertIn(os.strerror(errno.ENOSPC), done.stderr)
            self.assertEqual(7, len(self.mount.files()))
        filler.unlink()
        run("rm", second)
        self.assertNotIn(second, self.mount.files())
        self.mount.stop()
        check(self.mount.store)
        self.mount.start()

    def test_a_start_on_a_full_disk_serves_or_says_what_is_missing(self):
        """The folder of the spool needs room."""
        self.assertEqual(0, self.cp(1).returncode)
        filler = self.fill()
        self.mount.stop()
        self.fill()
        try:
            self.mount.start()
            self.assertEqual(self.instances.bytes(1), self.read(1))
            self.assertNotEqual(0, self.cp(2).returncode)
        except AssertionError as error:
            self.assertRegex(str(error), "(?i)no space left on")
            self.mount.wait(30)
        filler.unlink()
        if self.mount.process is None:
            self.mount.start()
        self.assert_goes_on([1])

    def test_an_archive_that_does_not_fit_is_unpacked_when_there_is_room(self):
        numbers = range(1, 40)
        archive = self.folder / "a.zip"
        run("zip", "-q", "-j", "-0", archive, *self.instances.write(self.source, numbers))
        filler = self.leave(archive.stat().st_size + 200_000)
        run("cp", archive, self.mount.incoming())
        report = self.mount.incoming("report.jsonl")
        self.assertTrue(wait_until(lambda: any(
            line["Path"] == "a.zip" and line["Result"] == "refused" for line in map(json.loads, report.read_text().splitlines()))))
        self.assertLess(len(self.mount.files()), len(numbers))
        filler.unlink()
        self.mount.stop()
        self.mount.start()
        for number in numbers:
            self.assertEqual(self.instances.bytes(number), self.read(number))
        self.mount.stop()
        check(self.mount.store)
        self.mount.start()


class FullExt4(FullDisk):
    """Delayed allocation, reserved blocks, a journal: another way to be full."""
    kind = "ext4"

    def mount_disk(self):
        image = self.folder / "disk"
        with open(image, "wb") as file:
            file.truncate(self.megabytes * MB)
        run("mkfs.ext4", "-q", "-m", "0", image)
        done = run("mount", "-o", "loop", image, self.mount.store, check=False)
        if done.returncode != 0:
            self.skipTest(f"no loop device: {done.stderr}")

    def tearDown(self):
        if os.path.ismount(self.mount.store):
            super().tearDown()


class NoInodes(FullDisk):
    options_of_disk, megabytes = ",nr_inodes=200", 64
    # Where it is about room for bytes.
    test_what_did_not_fit_is_not_kept = None
    test_the_beginning_of_a_file_that_did_not_fit_is_never_taken_for_the_file = None
    test_filling_it_with_images = None
    test_an_archive_that_does_not_fit_is_unpacked_when_there_is_room = None
    test_who_begins_anew_when_there_is_room_has_the_file_stored = None

    def fill(self):
        fillers = self.mount.store / "filler"
        fillers.mkdir(exist_ok=True)
        with self.assertRaises(OSError) as caught:
            for n in range(1000):
                (fillers / str(n)).touch(exist_ok=True)
        self.assertEqual(errno.ENOSPC, caught.exception.errno)
        return Fillers(fillers)

    def assert_df_shows_it(self):
        """There is room for bytes."""


class Fillers:
    def __init__(self, folder):
        self.folder = folder

    def unlink(self):
        run("rm", "-r", self.folder)


class Quota(MountTest):
    options = ("-o", "delete")

    def test_it_is_edquot_and_removing_makes_room(self):
        self.mount.stop()
        (self.mount.store / "dcmfs.json").write_text(json.dumps({"MaximumStorageSize": 1}))
        self.mount.start()
        paths = phantom(self.source, "--patients", "1", "--studies", "1", "--series", "1", "--instances", "12", "--size",
                        "256x256")
        done = [run("cp", path, self.mount.incoming(), check=False) for path in paths]
        refused = [path for path, d in zip(paths, done) if d.returncode != 0]
        self.assertIn(os.strerror(errno.EDQUOT), next(d.stderr for d in done if d.returncode != 0))
        stored = self.mount.files()
        self.assertEqual(len(paths), len(stored) + len(refused))
        self.assertLessEqual(sum(f.stat().st_size for f in stored), MB)
        self.assertGreater(len(stored), 5)
        run("rm", stored[0])
        run("cp", refused[0], self.mount.incoming())


if __name__ == "__main__":
    unittest.main()
