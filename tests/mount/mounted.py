"""A store of its own, mounted for a test, and what tests ask of it."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DCMFS_BIN", ROOT / "build" / "tools"))
SHARED = pathlib.Path(os.environ.get("DCMFS_SHARED", ROOT.parent / "shared")) / "data"


def run(*command, check=True, timeout=60, **options):
    """The finished process; with `check`, a failure shows what the program said."""
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=timeout, **{"text": True, **options})
    if check and done.returncode != 0:
        raise AssertionError(f"{command} exited {done.returncode}: {done.stderr or done.stdout}")
    return done


def need(*programs):
    """Skips the test without them; sbin counts, where an ordinary PATH does not look."""
    where = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for program in programs:
        if shutil.which(program, path=where) is None:
            raise unittest.SkipTest(f"{program} is not installed")


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def manifest():
    """Rows of the shared data's manifest as dictionaries; skips the test without them."""
    table = SHARED / "manifest.tsv"
    if not table.exists():
        raise unittest.SkipTest("the shared test data is not there")
    lines = table.read_text().splitlines()
    keys = lines[0].split("\t")
    return [dict(zip(keys, line.split("\t"))) for line in lines[1:]]


def phantom(folder, *options):
    run(BIN / "dcmfs-phantom", folder, "--quiet", *options)
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file())


def small(folder, instances=5, *options, size="32x32"):
    """A few small instances of one series."""
    return phantom(folder, "--patients", "1", "--studies", "1", "--series", "1", "--instances", str(instances),
                   "--size", size, *options)


def clip(path, frames=3):
    """Makes a multi-frame image of one that small() wrote: all its frames are the same."""
    content = path.read_bytes()
    rows = content.index(b"\x28\x00\x10\x00US")
    pixels = content.index(b"\xe0\x7f\x10\x00OW")
    number = f"{frames:<2d}".encode()
    of_one = content[pixels + 12:]
    path.write_bytes(content[:rows] + b"\x28\x00\x08\x00IS\x02\x00" + number + content[rows:pixels + 8] +
                     (frames * len(of_one)).to_bytes(4, "little") + frames * of_one)
    return path


class Mount:
    def __init__(self, store, mountpoint, *options):
        self.store, self.path, self.options = pathlib.Path(store), pathlib.Path(mountpoint), options
        self.process = None
        self.environment = None  # of the daemon, where it is not ours

    def start(self):
        self.path.mkdir(exist_ok=True)
        self.log = open(self.store.parent / "daemon.log", "a")
        self.process = subprocess.Popen(
            [BIN / "dcmfs", "-f", "--http-port", "0", "--dicom-port", "0", *self.options, self.store, self.path],
            stdout=self.log, stderr=self.log, env=self.environment)
        # What a killed daemon left behind is a mount point, too; only a live one answers.
        if not wait_until(lambda: self.is_up() or self.process.poll() is not None, 20):
            raise AssertionError("the mount did not come up")
        if self.process.poll() is not None:
            raise AssertionError("dcmfs ended: " + (self.store.parent / "daemon.log").read_text())
        return self

    # All is asked of one open folder: the path may lead to the dead mount first, then to what is below it.
    def is_up(self):
        try:
            folder = os.open(self.path, os.O_DIRECTORY)
        except OSError:
            return False
        try:
            return os.fstat(folder).st_dev != self.path.parent.stat().st_dev and os.statvfs(folder).f_namemax == 255
        except OSError:
            return False
        finally:
            os.close(folder)

    def stop(self):
        if self.process is None:
            run("fusermount3", "-u", "-z", "-q", self.path, check=False)  # of one that was killed
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()  # else the mount, and who waits for it, stay for ever
            raise
        if status != 0:
            raise AssertionError(f"dcmfs exited {status}: " + (self.store.parent / "daemon.log").read_text())

    def wait(self, seconds):
        """The exit status of a daemon that ends by itself or was told to."""
        status = self.process.wait(seconds)
        self.process = None
        self.log.close()
        return status

    def die(self):
        """Killed; the dead mount stays, so that nobody writes to the folder below it."""
        self.process.kill()
        self.wait(30)

    def kill(self):
        self.die()
        run("fusermount3", "-u", "-z", self.path, check=False)

    # -- asking
    def incoming(self, *parts):
        return self.path.joinpath("incoming", *parts)

    def files(self, suffix=".dcm"):
        return sorted(p for p in (self.path / "patients").rglob("*" + suffix) if p.is_file())

    def stored_bytes(self):
        return sorted(p.read_bytes() for p in self.files())

    def report(self):
        return [json.loads(line) for line in self.incoming("report.jsonl").read_text().splitlines()]


class MountTest(unittest.TestCase):
    """Each test has a fresh store, mounted with `options`."""
    options = ()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.mount = Mount(self.folder / "store", self.folder / "mnt", *self.options).start()
        self.addCleanup(self.mount.stop)  # also if the rest of a setUp fails
        self.source = self.folder / "source"
        self.source.mkdir()

    def assert_stored(self, sources):
        self.assertEqual(sorted(p.read_bytes() for p in sources), self.mount.stored_bytes())
