"""What lies in the folder of a store, looked at from outside; and any number of small instances."""
import collections
import hashlib
import pathlib
import re

from mounted import BIN, run, small

UID = re.compile(rb"\x08\x00\x18\x00UI..(2\.25\.\d+)", re.DOTALL)  # (0008,0018), explicit little endian
DIGITS = 9


class Instances:
    """Like one of the phantom's, but each with a SOPInstanceUID of its own."""

    def __init__(self, folder, *options, **more):
        self.like = small(folder, 1, *options, **more)[0].read_bytes()
        self.uid = UID.search(self.like)[1]

    def uid_of(self, number):
        return (self.uid[:-DIGITS] + f"{number:0{DIGITS}d}".encode()).decode()

    def bytes(self, number, version=0):
        """Versions differ in the last pixel."""
        other = self.like.replace(self.uid, self.uid_of(number).encode())
        return other[:-1] + bytes([version])

    def write(self, folder, numbers, version=0):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"IM{n}" for n in numbers]
        for path, number in zip(paths, numbers):
            path.write_bytes(self.bytes(number, version))
        return paths


def digest(content):
    return hashlib.sha256(content).hexdigest()


class StoreFolder:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.known = {}

    def digest(self, path):
        status = path.stat()
        key = (status.st_ino, status.st_size, status.st_mtime_ns)
        if key not in self.known:
            self.known[key] = digest(path.read_bytes())
        return self.known[key]

    def digests(self, folder, suffix=""):
        return collections.Counter(self.digest(p) for p in (self.root / folder).rglob("*" + suffix)
                                   if p.is_file() and not p.name.endswith(".reason.txt"))

    def stored(self):
        return self.digests("blobs", ".dcm")

    def rejected(self):
        return self.digests("rejected")

    def spool(self):
        """By what was promised (store/README.md): complete, writing or nothing."""
        found = {"complete": [], "writing": [], "nothing": []}
        for path in (self.root / "spool").glob("*/*"):
            number, state, *name = path.name.split(".", 2)
            if state == "part":
                # The mark may be a file beside it, or a part of its name.
                marks = [mark for mark in ("complete", "writing") if path.with_suffix("." + mark).exists()]
                found[marks[0] if marks else "nothing"].append(path)
            elif name:
                found[state].append(path)
        return found


def check(store):
    """dcmfs-check finds nothing, or this says what."""
    return run(BIN / "dcmfs-check", store)
