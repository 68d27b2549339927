"""The store on a disk of its own, its daemon, the other archive; what was disturbed when, and what went wrong."""
import http.client
import json
import os
import pathlib
import threading
import time
import traceback

from dimse import Association
from mounted import Mount, run, wait_until
from rest_server import ask, free_port
from retrieve_peers import OrthancPeer, is_listening

MB, GB = 1 << 20, 1 << 30
DISK_AT_LEAST, DISK_PER_SECOND = 4 * GB, 16 * MB   # what was removed stays in the trash
AET, WORKSTATION, OTHER, NOBODY = "DCMFS", "WORKSTATION", "ORTHANC", "NOBODY"
FAILURES_MAX = 20    # then the rest says nothing more
PATIENCE_S = 60      # longer than this nobody waits for an answer
START_S = 60


class Wrong(Exception):
    """No disturbance excuses it."""


class Refused(Exception):
    """There is no room, says the daemon."""


def refuse_if_full(text):
    """Of what programs say."""
    if any(words in text.lower() for words in ("no space left", "outofresources", "out of resources")):
        raise Refused(text[-300:])


class Disk:
    """An ext4 that can be filled, without taking as much of the real one."""

    def __init__(self, folder, at, size):
        self.at, self.filler = at, at / "filler"
        image = folder / "disk"
        with open(image, "wb") as file:
            file.truncate(size)
        run("mkfs.ext4", "-q", "-m", "0", image)
        at.mkdir()
        run("mount", "-o", "loop", image, at)

    def fill(self, leave):
        """All but `leave` bytes. Blocks that are only reserved cost the image nothing."""
        with open(self.filler, "wb") as file:
            end = 0
            for piece in (GB, 64 * MB, MB, 4096):
                while self.free() >= leave + piece:
                    try:
                        os.posix_fallocate(file.fileno(), end, piece)
                    except OSError:
                        break
                    end += piece

    def free(self):
        status = os.statvfs(self.at)
        return status.f_bavail * status.f_frsize

    def empty(self):
        self.filler.unlink(missing_ok=True)

    def stop(self):
        if not wait_until(lambda: run("umount", self.at, check=False).returncode == 0, 20):
            run("umount", "-l", self.at, check=False)


class World:
    def __init__(self, folder, seed, minutes):
        self.folder, self.seed, self.seconds = pathlib.Path(folder), seed, minutes * 60
        self.over, self.lock = threading.Event(), threading.Lock()
        self.failures, self.disturbances = [], []
        self.http, self.port = free_port(), free_port()
        self.orthanc = OrthancPeer(self.folder)
        self.store = self.folder / "store"
        self.mount = Mount(self.store, self.folder / "mnt", "--http-port", str(self.http), "--dicom-port", str(self.port),
                           "-o", "delete")
        self.began = time.monotonic()
        self.epoch = 0   # which daemon it is: so many were killed

    def start(self):
        self.orthanc.start()
        self.disk = Disk(self.folder, self.store, int(DISK_AT_LEAST + DISK_PER_SECOND * self.seconds))
        os.chmod(self.store, 0o700)
        (self.store / "dcmfs.json").write_text(json.dumps({
            "DicomModalities": {OTHER: [OTHER, "127.0.0.1", self.orthanc.port],
                                NOBODY: [NOBODY, "127.0.0.1", free_port()],
                                WORKSTATION: [WORKSTATION, "127.0.0.1", free_port()]},
            "JobsHistorySize": 100_000, "StableAge": 5}))
        self.start_daemon()
        self.began = time.monotonic()

    def start_daemon(self):
        self.mount.start()
        self.wait_for_servers()

    def wait_for_servers(self):
        if not wait_until(lambda: is_listening(self.http) and is_listening(self.port), START_S):
            raise AssertionError("the servers do not listen")

    def log(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def stop(self):
        """Whatever has happened."""
        for it in ("mount", "orthanc", "disk"):
            try:
                getattr(self, it).stop()
            except Exception as error:  # pylint: disable=broad-except
                self.fail("the end", error)

    # -- time
    def is_over(self):
        return self.over.is_set()

    def sleep(self, seconds):
        self.over.wait(seconds)

    def now(self):
        return time.monotonic() - self.began

    # -- what went wrong
    def fail(self, who, what):
        with self.lock:
            self.failures.append(f"{who}: {what}")
            if len(self.failures) <= FAILURES_MAX:
                if isinstance(what, Exception):
                    steps = [f"{step.name}:{step.lineno}" for step in traceback.extract_tb(what.__traceback__)[1:]]
                    what = f"{type(what).__name__} in {' '.join(steps)}: {what}"
                print(f"{self.now():7.1f} FAILED {who}: {str(what)[:2000]}", flush=True)

    # -- what was done to the daemon
    def disturb(self, kind):
        return Disturbance(self, kind)

    def excuses(self, begin):
        """The kinds of disturbances since then."""
        with self.lock:
            return {d.kind for d in self.disturbances if d.end is None or d.end >= begin}

    def wait_for_calm(self, kind):
        """Until nothing of that kind is under way."""
        while not self.is_over() and any(d.kind == kind and d.end is None for d in self.disturbances):
            time.sleep(0.05)

    # -- asking
    @property
    def url(self):
        return f"http://127.0.0.1:{self.http}"

    def rest(self, path, method="GET", body=None, **headers):
        """Status and bytes."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        status, _, answer = ask(self.url + path, method, body, headers, PATIENCE_S)
        if status == 507:
            raise Refused(answer)
        if status == 503:
            raise ConnectionError(answer)
        return status, answer

    def get(self, path, **headers):
        """What must be there, as JSON."""
        status, answer = self.rest(path, **headers)
        if status != 200:
            raise Wrong(f"GET {path}: {status} {answer[:300]}")
        return json.loads(answer)

    def associate(self, files, calling):
        return Association(self.port, {file.kind for file in files}, AET, calling, PATIENCE_S)

    def call(self, *command, cwd=None, refused=None):
        """A program that ends well, or is refused for want of room (`refused`: its exit code then), or fails."""
        done = run(*command, check=False, timeout=PATIENCE_S, cwd=cwd, errors="replace")
        if done.returncode != 0:
            said = done.stderr + done.stdout
            refuse_if_full(said if done.returncode != refused else "No space left")
            raise OSError(f"{[str(word) for word in command][:6]} exited {done.returncode}: {said[-1000:]}")
        return done.stdout


class Disturbance:
    """With it, from its beginning to its end, failures of the kind are nobody's fault."""

    def __init__(self, world, kind):
        self.world, self.kind, self.end = world, kind, None

    def __enter__(self):
        with self.world.lock:
            self.begin = time.monotonic()
            self.world.disturbances.append(self)
        return self

    def __exit__(self, *_):
        self.end = time.monotonic()


class Browser:
    """A connection that is kept, as programs do."""

    def __init__(self, world):
        self.world, self.connection, self.epoch = world, None, -1

    def get(self, path, accept="*/*"):
        if self.connection is None or self.epoch != self.world.epoch:
            self.close()
            self.epoch = self.world.epoch
            self.connection = http.client.HTTPConnection("127.0.0.1", self.world.http, timeout=PATIENCE_S)
        try:
            self.connection.request("GET", path, headers={"Accept": accept})
            answer = self.connection.getresponse()
            body = answer.read()
        except Exception:
            self.close()
            raise
        if answer.status == 507:
            raise Refused(body)
        if answer.status == 503:
            raise ConnectionError(body)
        if answer.status != 200:
            raise Wrong(f"GET {path}: {answer.status} {body[:300]}")
        return answer.headers, body

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
