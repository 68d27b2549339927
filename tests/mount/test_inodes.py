"""Inode numbers and file handles are good for ever: NFS, backup programs and file indexers keep them
over a remount of what they look at."""
import ctypes
import errno
import os
import stat
import unittest

from mounted import MountTest, clip, run, small

AT_FDCWD = -100
HANDLE_BYTES_MAX = 128
libc = ctypes.CDLL(None, use_errno=True)


class FileHandle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("handle", ctypes.c_ubyte * HANDLE_BYTES_MAX)]


def handle_of(path):
    """What an NFS server would give a client for it."""
    handle, mount_id = FileHandle(bytes=HANDLE_BYTES_MAX), ctypes.c_int()
    if libc.name_to_handle_at(AT_FDCWD, os.fsencode(path), ctypes.byref(handle), ctypes.byref(mount_id), 0) != 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at", str(path))
    return handle


def open_handle(mount, handle, flags=os.O_RDONLY):
    """What it does when the client comes back with it. Only root may."""
    at = os.open(mount, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fd = libc.open_by_handle_at(at, ctypes.byref(handle), flags)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "open_by_handle_at")
        return fd
    finally:
        os.close(at)


def walk(top):
    """Every path below `top` and what stat says of it."""
    found = {}
    for folder, folders, names in os.walk(top):
        for path in [folder, *(os.path.join(folder, name) for name in folders + names)]:
            found[path] = os.lstat(path)
    return found


class InodeTest(MountTest):
    def setUp(self):
        super().setUp()
        clip(small(self.source, 3)[2])
        run("cp", "-r", *small(self.folder / "other", 2, "--seed", "4", "--modality", "MR"), self.source, self.mount.incoming())
        self.remount()  # without the ghosts in incoming/

    def remount(self):
        self.mount.stop()
        self.mount.start()


class Numbers(InodeTest):
    def test_are_the_same_after_a_remount(self):
        before = {path: (s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns) for path, s in walk(self.mount.path).items()}
        self.assertGreater(len(before), 50)
        self.remount()
        after = {path: (s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns) for path, s in walk(self.mount.path).items()}
        incoming = str(self.mount.incoming())
        for path in before:
            if path.startswith(incoming):  # made anew at each mount, but for the report
                before[path], after[path] = before[path][:3], after[path][:3]
        self.assertEqual(before, after)

    def test_no_two_entries_share_one(self):
        found = walk(self.mount.path)
        numbers = {s.st_ino for path, s in found.items()}
        self.assertEqual(len(numbers), len(found))

    def test_are_those_of_the_listing(self):
        for folder, _, _ in os.walk(self.mount.path):
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.assertEqual(entry.inode(), entry.stat(follow_symlinks=False).st_ino, entry.path)

    def test_stay_when_others_come_and_are_given_to_nobody_else(self):
        before = {path: s.st_ino for path, s in walk(self.mount.path / "patients").items()}
        run("cp", *small(self.folder / "more", 3, "--seed", "9"), self.mount.incoming())
        after = {path: s.st_ino for path, s in walk(self.mount.path / "patients").items()}
        self.assertEqual(before, {path: after[path] for path in before})
        self.assertEqual(len(after), len(set(after.values())))


class Handles(InodeTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("open_by_handle_at is for root")

    def paths(self):
        """Of all kinds, without the links, which cannot be opened."""
        return [path for path, s in walk(self.mount.path).items()
                if not stat.S_ISLNK(s.st_mode) and not path.startswith(str(self.mount.incoming()) + "/")]

    def assert_opens(self, handle, path):
        fd = open_handle(self.mount.path, handle)
        try:
            wanted = os.lstat(path)
            self.assertEqual(wanted.st_ino, os.fstat(fd).st_ino, path)
            if stat.S_ISDIR(wanted.st_mode):
                self.assertEqual(sorted(os.listdir(path)), sorted(os.listdir(fd)), path)
                # The way up, by which the kernel finds its path again.
                self.assertEqual(path, os.readlink(f"/proc/self/fd/{fd}"))
            else:
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), os.pread(fd, wanted.st_size + 1, 0), path)
        finally:
            os.close(fd)

    def test_open_what_they_were_made_of(self):
        for path in self.paths():
            with self.subTest(path=path):
                self.assert_opens(handle_of(path), path)

    def test_open_it_after_a_remount(self):
        handles = {path: handle_of(path) for path in self.paths()}
        self.assertGreater(len(handles), 40)
        self.remount()
        opened = {}
        for path, handle in handles.items():  # before anything is looked up by its name
            with self.subTest(path=path):
                opened[path] = open_handle(self.mount.path, handle)
        for fd in opened.values():
            os.close(fd)
        for path, handle in handles.items():
            with self.subTest(path=path):
                self.assert_opens(handle, path)

    def test_links_too(self):
        links = [path for path, s in walk(self.mount.path).items() if stat.S_ISLNK(s.st_mode)]
        handles = {path: (handle_of(path), os.readlink(path)) for path in links}
        self.assertGreaterEqual(len(handles), 10)
        self.remount()
        for path, (handle, target) in handles.items():
            with self.subTest(path=path):
                fd = open_handle(self.mount.path, handle, os.O_PATH | os.O_NOFOLLOW)
                try:
                    self.assertEqual(target, os.readlink("", dir_fd=fd))
                finally:
                    os.close(fd)

    def test_of_what_is_gone_are_stale(self):
        dcm = self.mount.files()[0]
        handle = handle_of(dcm)
        self.mount.stop()
        self.mount.options = ("-o", "delete")
        self.mount.start()
        dcm.unlink()
        self.mount.stop()
        self.mount.start()
        with self.assertRaises(OSError) as caught:
            os.close(open_handle(self.mount.path, handle))
        self.assertEqual(errno.ESTALE, caught.exception.errno)

    def test_that_nobody_gave_are_stale(self):
        handle = handle_of(self.mount.files()[0])
        self.remount()
        for change in range(0, 8):
            made_up = FileHandle.from_buffer_copy(handle)
            made_up.handle[change] ^= 0x55
            with self.assertRaises(OSError) as caught:
                os.close(open_handle(self.mount.path, made_up))
            self.assertEqual(errno.ESTALE, caught.exception.errno)


if __name__ == "__main__":
    unittest.main()
