"""A clean Debian 12 of its own, in which a package is really installed and systemd really runs.

The root is made with mmdebstrap, kept in build/, and never written to: each Machine puts an overlay over it, and boots
in it with systemd-nspawn, all in a mount namespace that ends with the process.
"""
import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("DCMFS_BIN", ROOT / "build" / "tools"))
BUILD = BIN.parent
MIRROR = "http://deb.debian.org/debian"
SUITE = "bookworm"
# What a usual Debian has and a minimal one has not. fuse3 and the libraries come as dependencies of the package.
BASE_PACKAGES = ["systemd-sysv", "man-db"]
BOOT_SECONDS_MAX = 60
SUDO = [] if os.getuid() == 0 else ["sudo", "-n"]


def run(*command, check=True, timeout=300, **options):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{command} exited {done.returncode}: {done.stdout}")
    return done


def need(*programs):
    """Skips the test that asks for what this machine has not."""
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            raise unittest.SkipTest(f"{program} is not installed")
    if SUDO and run(*SUDO, "true", check=False).returncode != 0:
        raise unittest.SkipTest("needs root, or sudo without a password")


def build_package(folder, version=None):
    """The package as cpack makes it of the build folder, in `folder`; the path of the .deb."""
    given = ["-D", f"CPACK_PACKAGE_VERSION={version}"] if version else []
    run("cpack", "-B", folder, *given, cwd=BUILD)
    return next(folder.glob("*.deb"))


def clean_debian():
    """A tar file with a clean Debian; the first call makes it, which takes minutes."""
    need("mmdebstrap", "systemd-nspawn", "unshare", "nsenter", "tar")
    what = hashlib.sha256(" ".join([MIRROR, SUITE, *BASE_PACKAGES]).encode()).hexdigest()[:12]
    tar = BUILD / f"debian-{what}.tar"
    if not tar.exists():
        # The lists of packages stay in it: apt-get install needs them.
        made = run(*SUDO, "mmdebstrap", "--mode=root", "--variant=apt", "--skip=cleanup/apt/lists",
                   "--dpkgopt=force-unsafe-io", "--include=" + ",".join(BASE_PACKAGES), SUITE,
                   tar.with_suffix(".new.tar"), MIRROR, check=False, timeout=600)
        if made.returncode != 0:
            raise unittest.SkipTest("no clean Debian could be made: " + made.stdout[-500:])
        run(*SUDO, "mv", tar.with_suffix(".new.tar"), tar)
    return tar


class Yard:
    """A mount namespace with the clean Debian in memory. What is mounted there ends with it."""

    SCRIPT = """
        mount -t tmpfs -o mode=755 yard "$1" && mkdir "$1/clean" &&
        tar --extract --numeric-owner --xattrs --file "$2" --directory "$1/clean" && echo $$ && exec cat"""

    def __init__(self):
        tar = clean_debian()
        self.temporary = tempfile.TemporaryDirectory(prefix="dcmfs-yard-")
        self.folder = pathlib.Path(self.temporary.name)
        self.machines = 0
        # It ends when this process does: cat reads from it.
        self.holder = subprocess.Popen(
            [*SUDO, "unshare", "--mount", "--propagation", "private", "sh", "-c", self.SCRIPT, "sh", self.folder, tar],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.holder.stdout.readline().strip()
        if not self.pid:
            self.close()
            raise unittest.SkipTest("no mount namespace can be made here")

    def close(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait(30)
        run(*SUDO, "rm", "-f", self.folder.with_suffix(".fuse"))
        self.temporary.cleanup()

    def command(self, *command):
        return [*SUDO, "nsenter", "--target", self.pid, "--mount", "--", *map(str, command)]

    def run(self, *command, **options):
        return run(*self.command(*command), **options)

    def layer(self, name, *below):
        """A folder that shows `below`, the topmost first, and keeps its own changes."""
        folder = self.folder / name
        self.run("mkdir", "-p", folder / "root", folder / "upper", folder / "work")
        lower = ":".join([str(self.folder / b / "upper") for b in below] + [str(self.folder / "clean")])
        self.run("mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={folder}/upper,workdir={folder}/work",
                 "overlay", folder / "root")
        return folder / "root"

    def install(self, name, package, *more):
        """The layer `name`, in which apt installed the package with what it depends on; what apt said."""
        root = self.layer(name)
        self.run("cp", package, root / "tmp")
        self.run("cp", "/etc/resolv.conf", root / "etc")
        self.run("mount", "-t", "proc", "proc", root / "proc")
        done = self.run("chroot", root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get", "install",
                        "--yes", "--no-install-recommends", f"/tmp/{package.name}", *more)
        self.run("umount", root / "proc")
        self.run("umount", root)
        return done.stdout


class Machine:
    """Debian, booted: its systemd is process 1 of a container with a network of its own."""

    def __init__(self, yard, *layers):
        yard.machines += 1
        self.yard, self.root = yard, yard.layer(f"machine{yard.machines}", *layers)
        self.boot()

    def boot(self):
        self.said = tempfile.TemporaryFile()
        word = self.yard.folder.with_suffix(".ready")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(word))
            try:
                # Without a systemd on this machine there is none to register with.
                unit = [] if os.path.isdir("/run/systemd/system") else ["--keep-unit"]
                self.container = subprocess.Popen(
                    self.yard.command("env", f"NOTIFY_SOCKET={word}", "systemd-nspawn", "--directory", self.root,
                                      "--boot", "--quiet", "--notify-ready=yes", "--register=no", *unit,
                                      "--private-network", "--resolv-conf=off", "--link-journal=no",
                                      "--console=pipe", f"--bind={self.fuse_node()}:/dev/fuse"),
                    stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said)
                self.leader = self.wait_for_ready(ready)
            finally:
                word.unlink()

    def fuse_node(self):
        """Open to all, as udev makes it; that of a container's host need not be."""
        node = self.yard.folder.with_suffix(".fuse")
        if not node.exists():
            run(*SUDO, "mknod", "--mode=0666", node, "c", "10", "229")
        return node

    def wait_for_ready(self, ready):
        leader, end = None, time.monotonic() + BOOT_SECONDS_MAX
        ready.settimeout(1)
        while time.monotonic() < end and self.container.poll() is None:
            with contextlib.suppress(TimeoutError):
                for line in ready.recv(4096).decode().splitlines():
                    leader = line.partition("=")[2] if line.startswith("X_NSPAWN_LEADER_PID=") else leader
                    if line == "READY=1" and leader:
                        return leader
        raise AssertionError("Debian did not boot: " + self.console())

    def console(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace")[-3000:]

    def command(self, *command):
        return [*SUDO, "nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
                "--", "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                "HOME=/root", *map(str, command)]

    def run(self, *command, **options):
        return run(*self.command(*command), **options)

    def sh(self, script, **options):
        return self.run("sh", "-euc", script, **options)

    def install(self, package):
        """dpkg as the administrator types it; what it said."""
        self.yard.run("cp", package, self.root / "var")
        return self.run("dpkg", "--install", f"/var/{package.name}").stdout

    def boot_again(self):
        self.close()
        self.boot()
        return self

    def close(self):
        with contextlib.suppress(AssertionError):
            self.run("systemctl", "poweroff")
        try:
            self.container.wait(BOOT_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            run(*SUDO, "kill", "-9", self.leader, check=False)
            self.container.wait()
        self.said.close()
