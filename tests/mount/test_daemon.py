"""The daemon as people start and stop it: messages, exit codes, background, mount -t dcmfs."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from mounted import BIN, ROOT, run, wait_until

FAILED, USAGE, BUSY = 1, 2, 3  # as in dcmfs(1)
HELPER = ROOT / "tools" / "system" / "mount.dcmfs"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_mounted(path):
    try:
        os.statvfs(path)
    except OSError:
        return False  # a dead one
    return os.path.ismount(path)


class DaemonTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name).resolve()
        self.store, self.mnt = self.folder / "store", self.folder / "mnt"
        self.mnt.mkdir()
        self.addCleanup(self.unmount)

    def unmount(self):
        for folder in self.folder.iterdir():
            if os.path.ismount(folder):
                run("fusermount3", "-u", "-z", folder, check=False)
        self.assertTrue(wait_until(self.is_free), "the daemon did not end")

    def is_free(self):
        lock = self.store / "daemon.lock"
        return not lock.exists() or run("flock", "-n", lock, "true", check=False).returncode == 0

    def pid(self):
        return int((self.store / "daemon.lock").read_text().split()[0])

    def dcmfs(self, *arguments, http=0, dicom=0, **options):
        return run(BIN / "dcmfs", "--http-port", http, "--dicom-port", dicom, *arguments, check=False, **options)

    def assert_fails(self, code, message, *arguments, **ports):
        done = self.dcmfs(*arguments, **ports)
        self.assertIn(message, done.stderr)
        self.assertEqual(code, done.returncode, done.stderr)
        return done

    def start(self, *arguments, **ports):
        done = self.dcmfs(*arguments, self.store, self.mnt, **ports)
        self.assertEqual(0, done.returncode, done.stderr)


class Background(DaemonTest):
    def test_the_mount_is_ready_when_the_command_ends(self):
        self.start()
        self.assertIn("patients", os.listdir(self.mnt))

    def test_the_servers_answer_when_the_command_ends(self):
        http = free_port()
        self.start(http=http)
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/system", timeout=10) as answer:
            self.assertIn(b'"Product" : "dcmfs"', answer.read())

    def test_echoscu_is_answered(self):
        if not shutil.which("echoscu"):
            self.skipTest("echoscu is not installed")
        dicom = free_port()
        self.start(dicom=dicom)
        run("echoscu", "127.0.0.1", dicom)

    def test_it_says_nothing_when_all_is_well(self):
        done = self.dcmfs(self.store, self.mnt)
        self.assertEqual(("", ""), (done.stdout, done.stderr))

    def test_relative_paths_work(self):
        done = self.dcmfs("store", "mnt", cwd=self.folder)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(is_mounted(self.mnt))

    def test_umount_ends_the_daemon(self):
        self.start()
        pid = self.pid()
        run("fusermount3", "-u", self.mnt)
        self.assertTrue(wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists()))
        self.assertIn("stopped", (self.store / "dcmfs.log").read_text())

    def test_sigterm_unmounts(self):
        self.start()
        os.kill(self.pid(), signal.SIGTERM)
        self.assertTrue(wait_until(self.is_free))
        self.assertFalse(os.path.ismount(self.mnt))

    def test_the_end_of_the_terminal_does_not_end_it(self):
        self.start()
        status = pathlib.Path(f"/proc/{self.pid()}/status").read_text()
        (ignored,) = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn:")]
        self.assertTrue(ignored & 1 << (signal.SIGHUP - 1))

    def test_a_restart_finds_what_relative_paths_led_to(self):
        http = free_port()
        (self.folder / "config.json").write_text('{"AuthenticationEnabled" : false}')
        done = self.dcmfs("--config", "config.json", "store", "mnt", http=http, cwd=self.folder)
        self.assertEqual(0, done.returncode, done.stderr)
        before = self.pid()
        request = urllib.request.Request(f"http://127.0.0.1:{http}/tools/reset", b"", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        self.assertTrue(wait_until(lambda: self.has_begun_again(before)), "it did not come again")

    def has_begun_again(self, pid):
        written = (self.store / "daemon.lock").read_text().split()
        return bool(written) and int(written[0]) != pid and is_mounted(self.mnt)

    def test_it_can_be_started_right_after_umount(self):
        for _ in range(5):
            self.start()
            run("fusermount3", "-u", self.mnt)

    def test_a_dead_mount_is_taken_away(self):
        self.start()
        os.kill(self.pid(), signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not is_mounted(self.mnt)))
        self.start()
        self.assertIn("patients", os.listdir(self.mnt))

    def test_no_mount_serves_only(self):
        http = free_port()
        done = self.dcmfs("--no-mount", self.store, http=http)
        self.addCleanup(lambda: os.kill(self.pid(), signal.SIGTERM))
        self.assertEqual(0, done.returncode, done.stderr)
        urllib.request.urlopen(f"http://127.0.0.1:{http}/", timeout=10).close()

    def test_nothing_listens_for_the_network(self):
        http, dicom = free_port(), free_port()
        self.start(http=http, dicom=dicom)
        table = pathlib.Path("/proc/net/tcp").read_text()
        for port in (http, dicom):
            self.assertIn(f"0100007F:{port:04X}", table)
            self.assertNotIn(f"00000000:{port:04X}", table)


class Foreground(DaemonTest):
    def test_a_signal_ends_it_well(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(sign.name):
                process = subprocess.Popen(
                    [BIN / "dcmfs", "-f", "--http-port", "0", "--dicom-port", "0", self.store, self.mnt],
                    stderr=subprocess.PIPE, text=True)
                self.assertTrue(wait_until(lambda: is_mounted(self.mnt)))
                process.send_signal(sign)
                self.assertIn("stopped", process.communicate(timeout=30)[1])
                self.assertEqual(0, process.returncode)
                self.assertFalse(os.path.ismount(self.mnt))


class Refusals(DaemonTest):
    def test_a_second_daemon_on_the_store_is_told_of_the_first(self):
        self.start()
        other = self.folder / "other"
        other.mkdir()
        done = self.assert_fails(BUSY, f"process {self.pid()}, mounted at {self.mnt}", self.store, other)
        self.assertIn(str(self.store), done.stderr)

    def test_a_taken_port_is_said_before_the_background(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.assert_fails(BUSY, f"HTTP: 127.0.0.1 port {port} is in use", self.store, self.mnt, http=port)
            self.assert_fails(BUSY, f"DICOM: 127.0.0.1 port {port} is in use", self.store, self.mnt, dicom=port)
        self.assertFalse(os.path.ismount(self.mnt))

    def test_mount_points_that_cannot_be(self):
        (self.folder / "file").write_text("")
        (self.folder / "full").mkdir()
        (self.folder / "full" / "file").write_text("")
        self.assert_fails(USAGE, "no such folder; make it first", self.store, self.folder / "none")
        self.assert_fails(USAGE, "not a folder", self.store, self.folder / "file")
        self.assert_fails(USAGE, "not empty", self.store, self.folder / "full")
        self.assert_fails(USAGE, "inside the store", self.store, self.store)
        self.assert_fails(USAGE, "MOUNTPOINT is missing", self.store)

    def test_a_store_on_a_file_system_that_is_not_safe(self):
        self.start()
        within = self.mnt / "incoming" / "store"
        within.mkdir()
        other = self.folder / "other"
        other.mkdir()
        config = self.folder / "config.json"
        config.write_text("{}")
        self.assert_fails(FAILED, "the store is on FUSE", "--config", config, within, other)

    def test_a_store_that_is_read_only(self):
        if os.geteuid() != 0:
            self.skipTest("a read-only mount needs root")
        self.store.mkdir()
        run("mount", "--bind", self.store, self.store)
        self.addCleanup(run, "umount", self.store)
        run("mount", "-o", "remount,ro,bind", self.store)
        self.assert_fails(USAGE, f"{self.store}: the store must be writable: Read-only file system", self.store, self.mnt)

    def test_two_daemons_on_one_mount_point(self):
        self.start()
        self.assert_fails(BUSY, "another dcmfs is mounted here", self.folder / "store2", self.mnt)

    def test_swapped_arguments_do_no_harm(self):
        (self.folder / "photos").mkdir()
        (self.folder / "photos" / "cat.jpg").write_text("")
        self.assert_fails(USAGE, "not a store of dcmfs", self.folder / "photos", self.mnt)
        self.assertEqual(["cat.jpg"], os.listdir(self.folder / "photos"))

    def test_a_store_whose_parent_is_missing(self):
        self.assert_fails(USAGE, "No such file", self.folder / "no" / "store", self.mnt)

    def test_a_wrong_value_names_file_key_and_what_was_expected(self):
        self.store.mkdir()
        (self.store / "dcmfs.json").write_text('{"HttpPort" : "eight"}')
        self.assert_fails(USAGE, f"{self.store}/dcmfs.json: HttpPort: expected a port number", self.store, self.mnt)

    def test_an_unknown_key_is_a_warning(self):
        self.store.mkdir()
        (self.store / "dcmfs.json").write_text('{"HttpPrt" : 80}')
        done = self.dcmfs(self.store, self.mnt)
        self.assertEqual(0, done.returncode)
        self.assertIn('unknown key "HttpPrt"', done.stderr)

    def test_a_config_file_that_is_not_there(self):
        self.assert_fails(USAGE, "No such file", "--config", self.folder / "x.json", self.store, self.mnt)

    def test_wrong_command_lines(self):
        self.assert_fails(USAGE, "--colour", "--colour", self.store, self.mnt)
        self.assert_fails(USAGE, "no such mount option", "-o", "colour", self.store, self.mnt)
        self.assert_fails(USAGE, "STORE is missing")


class MountHelper(DaemonTest):
    """mount.dcmfs, called as mount(8) calls it."""

    def helper(self, *arguments):
        self.store.mkdir(exist_ok=True)
        config = self.folder / "config.json"
        config.write_text('{"HttpPort" : 0, "DicomPort" : 0}')
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        return run(HELPER, self.store, self.mnt, *arguments, "-o", f"config={config}", check=False, env=environment)

    def test_mounts_with_the_options_of_fstab(self):
        done = self.helper("-n", "-o", "rw,noauto,nofail,user,_netdev,x-systemd.automount,umask=077")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(0o500, (self.mnt / "patients").stat().st_mode & 0o777)

    def test_fake_mounts_nothing(self):
        done = self.helper("-f", "-v", "-o", "ro")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("-o ro,config=", done.stdout)
        self.assertFalse(os.path.ismount(self.mnt))

    def test_exit_codes_are_those_of_mount(self):
        self.assertEqual(1, self.helper("-o", "colour=red").returncode)
        self.assertEqual(1, run(HELPER, check=False).returncode)
        self.mnt.rmdir()
        self.assertEqual(1, self.helper().returncode)
        self.mnt.mkdir()
        self.start()
        self.assertEqual(32, self.helper().returncode)

    def test_the_list_of_mounts_names_the_store(self):
        self.start()
        lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
        self.assertTrue(any(line.startswith(f"{self.store} {self.mnt} fuse.dcmfs ") for line in lines))

    def test_a_comma_is_a_letter_like_any_other(self):
        self.store = self.folder / "a,ro,b\\c"
        for options, shown in ((), str(self.store).replace("\\", "\\134")), (("-o", "fsname=x\\,y"), "x,y"):
            with self.subTest(options):
                self.start(*options)
                lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
                (line,) = [line for line in lines if line.split()[1] == str(self.mnt)]
                self.assertEqual(shown, line.split()[0])
                self.assertIn("rw", line.split()[3].split(","))
                self.unmount()


if __name__ == "__main__":
    unittest.main()
