"""A mount by a user who is not root, through the set-uid fusermount3. When root runs the tests, the
user exists in a mount namespace of their own, where /dev/fuse is open to all, as it is on any desktop."""
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from mounted import BIN, need, run, small, wait_until

UID, STRANGER = 61234, 61235

# $1: an empty folder, $2: the programs. tmpfs, because /tmp may be mounted with nodev.
PREPARE = """
set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
mknod "$1/fuse" c 10 229
chmod 0666 "$1/fuse"
mount --bind "$1/fuse" /dev/fuse
cp /etc/passwd "$1/passwd"
echo "dcmfs-test:x:$3:$3::/nonexistent:/bin/sh" >> "$1/passwd"
mount --bind "$1/passwd" /etc/passwd
: > "$1/fuse.conf"
mount --bind "$1/fuse.conf" /etc/fuse.conf
mkdir "$1/bin" "$1/home"
mount --bind "$2" "$1/bin"
chown "$3:$3" "$1/home"
echo ready
exec cat
"""


class OrdinaryUser(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("the namespace is made by root")
        need("unshare", "nsenter", "setpriv", "fusermount3", "mknod")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.outside = pathlib.Path(temporary.name)
        self.outside.chmod(0o755)
        self.inside = self.outside / "inside"
        self.inside.mkdir()
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", PREPARE, "sh", self.inside, BIN, str(UID)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.leave)
        if self.keeper.stdout.readline() != "ready\n":
            self.skipTest("no mount namespace with a /dev/fuse: " + self.keeper.stderr.read().strip())
        self.home = self.inside / "home"
        self.store, self.mnt = self.home / "store", self.home / "mnt"
        self.user("mkdir", self.mnt)
        self.files = small(self.outside / "source", 3)
        run("chmod", "-R", "a+rX", self.outside / "source")

    def leave(self):
        """Ends what is left of the user's daemon; then the namespace has nobody."""
        if self.keeper.poll() is None:
            pid = self.pid()
            if pid:
                os.kill(pid, signal.SIGKILL)
        self.keeper.communicate()

    def enter(self, uid, *command, check=True):
        who = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
        return run("nsenter", f"--mount=/proc/{self.keeper.pid}/ns/mnt", "setpriv", *who, "env",
                   f"HOME={self.home}", *command, check=check)

    def user(self, *command, **options):
        return self.enter(UID, *command, **options)

    def dcmfs(self, *options, check=True):
        return self.user(self.inside / "bin" / "dcmfs", "--http-port", "0", "--dicom-port", "0", *options, self.store,
                         self.mnt, check=check)

    def pid(self):
        lock = self.enter(0, "cat", self.store / "daemon.lock", check=False).stdout.split()
        if not lock or not lock[0].isdigit():
            return None
        command = pathlib.Path(f"/proc/{lock[0]}/cmdline")
        return int(lock[0]) if command.exists() and str(self.store) in command.read_text() else None

    def fuse_conf(self, text):
        self.enter(0, "sh", "-c", f"echo {text} > /etc/fuse.conf")

    def is_mounted(self):
        mounts = self.enter(0, "cat", "/proc/self/mounts").stdout.splitlines()
        return any(line.split()[1] == str(self.mnt) for line in mounts)

    def sha256(self, uid, *paths, check=True):
        done = self.enter(uid, "sha256sum", *paths, check=check)
        return sorted(line.split()[0] for line in done.stdout.splitlines())

    def stored(self, uid=UID):
        found = self.enter(uid, "find", self.mnt / "patients", "-name", "*.dcm").stdout.splitlines()
        return self.sha256(uid, *found) if found else []

    # -- tests

    def test_mounts_drops_reads_and_unmounts(self):
        self.dcmfs()
        pid = self.pid()
        self.assertEqual(UID, os.stat(f"/proc/{pid}").st_uid)
        self.user("cp", *self.files, self.mnt / "incoming")
        self.assertEqual(self.sha256(0, *self.files), self.stored())
        owner = self.user("stat", "-c", "%u:%g", self.mnt / "patients", self.mnt / "incoming").stdout.split()
        self.assertEqual([f"{UID}:{UID}"] * 2, owner)

        self.user("fusermount3", "-u", self.mnt)

        self.assertTrue(wait_until(lambda: not os.path.exists(f"/proc/{pid}")))
        self.assertFalse(self.is_mounted())
        self.assertIn("no problem", self.user(self.inside / "bin" / "dcmfs-check", self.store).stdout)

    def test_errors_reach_the_program(self):
        self.dcmfs()
        junk = self.outside / "source" / "junk.dcm"
        junk.write_bytes(b"this is not DICOM" * 50)
        done = self.user("cp", junk, self.mnt / "incoming", check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("Invalid argument", done.stderr)

    def test_nobody_else_looks_in_not_even_root(self):
        self.dcmfs()
        self.user("cp", self.files[0], self.mnt / "incoming")
        for uid in (STRANGER, 0):
            done = self.enter(uid, "ls", self.mnt, check=False)
            self.assertEqual(2, done.returncode)
            self.assertIn("Permission denied", done.stderr)

    def test_allow_other_needs_user_allow_other_and_says_so(self):
        done = self.dcmfs("-o", "allow_other", check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("user_allow_other", done.stderr)
        self.assertIn("/etc/fuse.conf", done.stderr)
        self.assertFalse(self.is_mounted())

        self.fuse_conf("user_allow_other")
        self.dcmfs("-o", "allow_other")
        self.user("cp", self.files[0], self.mnt / "incoming")
        self.assertEqual(self.sha256(0, self.files[0]), self.stored(STRANGER))

    def test_a_mount_point_of_somebody_else_is_refused_and_why(self):
        self.enter(0, "chown", "root:root", self.mnt)
        done = self.dcmfs(check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("user has no write access to mountpoint", done.stderr)
        self.assertIn(f"cannot mount on {self.mnt}", done.stderr)

    def test_without_access_to_the_device_it_says_so(self):
        self.enter(0, "chmod", "0600", "/dev/fuse")
        done = self.dcmfs(check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("/dev/fuse", done.stderr)
        self.assertIn("Permission denied", done.stderr)

    def test_a_dead_mount_is_taken_away_at_the_next_start(self):
        self.dcmfs()
        self.user("cp", self.files[0], self.mnt / "incoming")
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not os.path.exists(f"/proc/{pid}")))
        self.assertTrue(self.is_mounted())
        self.dcmfs()
        self.assertEqual(self.sha256(0, self.files[0]), self.stored())

    def test_auto_unmount(self):
        # fusermount3 looks into the mount before it takes it away, and it is not the user: it is root.
        self.fuse_conf("user_allow_other")
        self.dcmfs("-o", "auto_unmount,allow_other")
        os.kill(self.pid(), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not self.is_mounted()))

    def test_the_store_is_closed_to_others(self):
        self.dcmfs()
        self.user("cp", self.files[0], self.mnt / "incoming")
        self.assertEqual(2, self.enter(STRANGER, "ls", self.store, check=False).returncode)


if __name__ == "__main__":
    unittest.main()
