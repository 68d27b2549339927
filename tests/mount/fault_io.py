"""Failing disks for a program under test: the library of tests/faults, preloaded."""
import ctypes
import errno
import mmap
import os
import pathlib
import shutil
import struct
import unittest

from mounted import BIN

LIBC = ctypes.CDLL(None, use_errno=True)
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

    def restore(self, root, into, names="synced", content="synced"):
        """Makes the tree of `root`, as it is on the disk, below the new folder `into`. What was not synced may have
        reached the disk or not: "now" takes all names, or all bytes, as they were at the end."""
        now = {key(path): path for path in [root, *pathlib.Path(root).rglob("*")]} if "now" in (names, content) else {}
        self._folder(key(root), pathlib.Path(into), now, names, content)

    def _folder(self, folder, into, now, names, content):
        into.mkdir(mode=0o700)
        for kind, below, name in self._names(folder, now, names):
            if name.endswith("-shm"):
                continue  # memory, no file
            if kind == "d":
                self._folder(below, into / name, now, names, content)
                continue
            synced = self.folder / "bytes" / below
            source = now[below] if content == "now" and below in now else synced
            if source.exists():
                shutil.copy2(source, into / name)
            else:
                (into / name).touch(mode=0o600)

    def _names(self, folder, now, names):
        if names == "now" and folder in now:
            return [("d" if path.is_dir() else "f", key(path), path.name) for path in now[folder].iterdir()]
        listing = self.folder / "names" / folder
        if not listing.exists():
            return []  # never synced: it is there, and empty
        return [os.fsdecode(entry).split(" ", 2) for entry in listing.read_bytes().split(b"\0")[:-1]]


def key(path):
    """Of a file in the library's disk: its number and its birth, which is in statx(2) only."""
    status = ctypes.create_string_buffer(256)
    at_fdcwd, symlink_nofollow, ino_and_btime = -100, 0x100, 0x100 | 0x800
    if LIBC.statx(at_fdcwd, os.fsencode(path), symlink_nofollow, ino_and_btime, status) != 0:
        raise OSError(ctypes.get_errno(), "statx", str(path))
    ino = struct.unpack_from("Q", status, 32)[0]
    seconds, nanoseconds = struct.unpack_from("qI", status, 80)
    return f"{ino}-{seconds}-{nanoseconds}"
