"""Failing disks for a program under test: the library of tests/faults, preloaded."""
import errno
import mmap
import os
import pathlib
import shutil
import struct
import unittest

from mounted import BIN

LIBRARY = BIN.parent / "tests" / "dcmfs_fault_io.so"

# As in tests/faults/control.h.
WRITE, SYNC, RENAME, UNLINK, LINK, MAKE_FOLDER, CREATE, TRUNCATE = (1 << n for n in range(8))
EVERY = (1 << 8) - 1
ONCE, ONWARDS, DIE, HANG = range(4)
SEEN, FAIL_AT, ERROR, MODE, KINDS, FAILED = range(6)
NUMBER = struct.Struct("q")
WHAT = slice(6 * NUMBER.size, 6 * NUMBER.size + 256)


class Faults:
    """Put `environment` around a program; then say what shall fail, also while it runs."""

    def __init__(self, folder, root, disk=None):
        if not LIBRARY.exists():
            raise unittest.SkipTest(f"{LIBRARY} was not built")
        control = pathlib.Path(folder) / "faults"
        control.write_bytes(bytes(WHAT.stop))
        with open(control, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), WHAT.stop)
        self.environment = {**os.environ, "LD_PRELOAD": str(LIBRARY), "DCMFS_FAULT_CONTROL": str(control),
                            "DCMFS_FAULT_ROOT": os.path.realpath(root)}
        if disk is not None:
            self.environment["DCMFS_FAULT_DISK"] = str(disk)

    def close(self):
        self.shared.close()

    def get(self, field):
        return NUMBER.unpack_from(self.shared, field * NUMBER.size)[0]

    def set(self, field, value):
        NUMBER.pack_into(self.shared, field * NUMBER.size, value)

    def arm(self, nth, mode=ONCE, error=errno.EIO, kinds=EVERY):
        """From now on operations are counted, and the `nth` fails."""
        self.set(KINDS, 0)
        self.shared[WHAT] = bytes(256)
        for field, value in ((SEEN, 0), (FAILED, 0), (FAIL_AT, nth), (ERROR, error), (MODE, mode), (KINDS, kinds)):
            self.set(field, value)

    def disarm(self):
        self.set(KINDS, 0)

    @property
    def seen(self):
        return self.get(SEEN)

    @property
    def failed(self):
        """The first operation that failed, or nothing."""
        return self.shared[WHAT].split(b"\0")[0].decode(errors="replace") if self.get(FAILED) else ""


class Disk:
    """What a power failure would leave of a folder; see tests/faults/durable_image.h."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for part in ("bytes", "names"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)

    @staticmethod
    def key(path):
        """The birth of a file is in statx(2) only."""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        status = ctypes.create_string_buffer(256)
        at_fdcwd, symlink_nofollow, ino_and_btime = -100, 0x100, 0x100 | 0x800
        if libc.statx(at_fdcwd, os.fsencode(path), symlink_nofollow, ino_and_btime, status) != 0:
            raise OSError(ctypes.get_errno(), "statx", str(path))
        ino = struct.unpack_from("Q", status, 32)[0]
        seconds, nanoseconds = struct.unpack_from("qI", status, 80)
        return f"{ino}-{seconds}-{nanoseconds}"

    def restore(self, root, into):
        """Makes the tree of `root`, as it is on the disk, below the new folder `into`."""
        self._folder(self.key(root), pathlib.Path(into))

    def _folder(self, key, into):
        into.mkdir(mode=0o700)
        try:
            names = (self.folder / "names" / key).read_bytes()
        except FileNotFoundError:
            return  # never synced: it is there, and empty
        for entry in names.split(b"\0")[:-1]:
            kind, below, name = entry.split(b" ", 2)
            path = into / os.fsdecode(name)
            if kind == b"d":
                self._folder(below.decode(), path)
                continue
            try:
                shutil.copy2(self.folder / "bytes" / below.decode(), path)
            except FileNotFoundError:
                path.touch(mode=0o600)
