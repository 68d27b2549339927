"""The package on a clean Debian with a running systemd: installation, mounts, service, upgrade, removal."""
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from debian_root import Machine, Yard, build_package, need

NEWER = "99.0"
yard = older = newer = apt_said = None


def setUpModule():
    global yard, older, newer, apt_said
    need("cpack", "dpkg-shlibdeps")
    temporary = tempfile.TemporaryDirectory(prefix="dcmfs-package-")
    unittest.addModuleCleanup(temporary.cleanup)
    yard = Yard()
    unittest.addModuleCleanup(yard.close)
    folders = [pathlib.Path(temporary.name, name) for name in ("older", "newer")]
    older, newer = build_package(folders[0]), build_package(folders[1], NEWER)
    apt_said = yard.install("installed", older)


class MachineTest(unittest.TestCase):
    """A freshly booted Debian for each class, with the package installed."""

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(yard, "installed")
        cls.addClassCleanup(cls.machine.close)

    def sh(self, script, **options):
        return self.machine.sh(script, **options).stdout.strip()

    def assert_sh(self, expected, script):
        self.assertEqual(expected, self.sh(script))

    def configure(self, name="main"):
        """The archive of example.conf, for dcmfs@NAME."""
        self.sh(f"""
            cp /usr/share/doc/dcmfs/example.conf /etc/dcmfs/{name}.conf
            grep -q '^user_allow_other' /etc/fuse.conf || echo user_allow_other >>/etc/fuse.conf""")

    def phantom(self, instances=3, name="phantom"):
        """Small files of one series in /var/tmp."""
        self.sh(f"dcmfs-phantom --quiet --patients 1 --studies 1 --series 1 --instances {instances} --size 32x32 "
                f"/var/tmp/{name}")

    def hashes(self, folder):
        return set(self.sh(f"find {folder} -type f -name '*.dcm' -exec sha256sum {{}} + | cut -c1-64").split())

    def daemons(self):
        return self.sh("for exe in /proc/[0-9]*/exe; do readlink $exe || true; done | grep -c /usr/bin/dcmfs || true")

    def wait_for(self, script, seconds=20):
        self.sh(f"timeout {seconds} sh -c 'until {script}; do sleep 0.05; done'")


class Installed(MachineTest):
    def setUp(self):
        self.addCleanup(self.sh, "umount -a -t fuse.dcmfs; rm -rf /srv/store /var/tmp/phantom")
        self.sh("mkdir -p /srv/mnt")

    def test_apt_installs_it_on_a_debian_without_a_running_systemd(self):
        self.assertIn("Setting up dcmfs", apt_said)
        self.assertNotRegex(apt_said, "(?i)warning: .*dcmfs|error")

    def test_the_programs_run(self):
        for program in ("dcmfs", "dcmfs-import", "dcmfs-check", "dcmfs-find", "dcmfs-send", "dcmfs-echo", "dcmfs-passwd", "dcmfs-phantom"):
            self.assertRegex(self.sh(f"{program} --version"), r"\d+\.\d+\.\d+")

    def test_the_manual_pages_are_found(self):
        for page in ("dcmfs", "dcmfs-import", "dcmfs-check", "dcmfs-find", "dcmfs-send", "dcmfs-echo", "dcmfs-passwd", "dcmfs-phantom", "dcmfs.json",
                     "mount.dcmfs"):
            self.assertIn(page, self.sh(f"man --warnings {page}"))
        self.assertIn("dcmfs (1)", self.sh("apropos dcmfs"))

    def test_the_service_has_its_user_and_its_folders(self):
        self.assert_sh("dcmfs 700\ndcmfs 755", "stat --format '%U %a' /var/lib/dcmfs /srv/dicom")

    def test_mount_and_umount(self):
        self.phantom()
        self.sh("""
            mount -t dcmfs /srv/store /srv/mnt
            find /var/tmp/phantom -name '*.dcm' -exec cp {} /srv/mnt/incoming/ ';'""")

        self.assertEqual(self.hashes("/var/tmp/phantom"), self.hashes("/srv/mnt/patients"))
        self.sh("umount /srv/mnt")
        self.wait_for("dcmfs-check /srv/store")
        self.assertEqual("0", self.daemons())

    def fstab(self, options):
        self.sh(f"echo '/srv/store /srv/mnt dcmfs {options} 0 0' >/etc/fstab; systemctl daemon-reload; mount /srv/mnt")

    def test_fstab_takes_the_options_of_dcmfs(self):
        self.phantom()
        self.sh("dcmfs-import --quiet /srv/store /var/tmp/phantom")
        for options, script, expected in (
                ("defaults", "stat --format %U:%a /srv/mnt/incoming", "root:755"),
                ("ro", "cp /etc/hostname /srv/mnt/incoming/ 2>&1 | grep -o 'Read-only file system'",
                 "Read-only file system"),
                ("allow_other", "setpriv --reuid nobody ls /srv/mnt | grep -c patients", "1"),
                ("uid=33,gid=34,umask=027", "stat --format %u:%g:%a /srv/mnt/incoming", "33:34:750"),
                ("leaves=dcm", "find /srv/mnt/patients -name '*.png' | wc -l", "0"),
                ("leaves=all", "find /srv/mnt/patients -name '*.png' | wc -l", "3"),
                ("delete", "rm -r /srv/mnt/patients/*; find /srv/mnt/patients -name '*.dcm' | wc -l", "0")):
            with self.subTest(options):
                self.fstab(options)
                self.assert_sh(expected, script)
                self.sh("umount /srv/mnt")

    def test_fstab_takes_the_options_of_mount_and_systemd(self):
        self.fstab("rw,noauto,nofail,_netdev,user,nosuid,nodev,noexec,relatime,x-systemd.requires=network-online.target,"
                   "x-systemd.mount-timeout=60,x-gvfs-show,comment=archive")
        self.assertRegex(self.sh("findmnt --noheadings --output FSTYPE,OPTIONS /srv/mnt"),
                         r"^fuse\.dcmfs\s+.*nosuid,nodev,noexec")

    def test_systemd_mounts_a_line_of_fstab(self):
        self.sh("echo '/srv/store /srv/mnt dcmfs nofail 0 0' >/etc/fstab; systemctl daemon-reload")

        self.sh("systemctl start srv-mnt.mount")

        self.assertIn("patients", self.sh("ls /srv/mnt"))
        self.sh("systemctl stop srv-mnt.mount")
        self.assert_sh("inactive", "systemctl is-active srv-mnt.mount || true")
        self.wait_for("dcmfs-check /srv/store")

    def test_a_wrong_option_fails_with_its_name(self):
        said = self.machine.sh("mount -t dcmfs -o nonsense=1 /srv/store /srv/mnt", check=False)
        self.assertNotEqual(0, said.returncode)
        self.assertIn("nonsense", said.stdout)


class Service(MachineTest):
    def setUp(self):
        self.configure()
        self.addCleanup(self.sh, """
            systemctl disable --now 'dcmfs@main' 2>/dev/null
            rm -rf /var/lib/dcmfs/archive /var/tmp/phantom""")

    def property(self, name):
        return self.sh(f"systemctl show --value --property {name} dcmfs@main")

    def test_the_mount_is_there_when_start_ends(self):
        self.sh("systemctl start dcmfs@main; ls /srv/dicom/patients")
        self.sh("systemd-tmpfiles --create dcmfs.conf")  # as each boot and each upgrade does
        self.assertEqual("dcmfs", self.sh(f"stat --format %U /proc/{self.property('MainPID')}"))

    def test_others_see_it_and_what_they_copied_is_stored(self):
        self.phantom()
        self.sh("""
            systemctl start dcmfs@main
            find /var/tmp/phantom -name '*.dcm' -exec cp {} /srv/dicom/incoming/ ';'""")

        self.assert_sh("3", "setpriv --reuid nobody --clear-groups find /srv/dicom/patients -name '*.dcm' | wc -l")
        self.assertEqual(self.hashes("/var/tmp/phantom"), self.hashes("/var/lib/dcmfs/archive/blobs"))

    def test_it_stops_well_with_an_open_file(self):
        self.sh("systemctl start dcmfs@main")
        holder = subprocess.Popen(self.machine.command("sh", "-c", "exec 3</srv/dicom/README.txt; echo open; exec cat"),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        holder.stdout.readline()

        begin = time.monotonic()
        self.sh("systemctl stop dcmfs@main")

        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual("success", self.property("Result"))
        self.assert_sh("", "findmnt --noheadings /srv/dicom || true")
        self.assertEqual("0", self.daemons())

    def test_a_killed_one_is_started_again(self):
        self.sh("systemctl start dcmfs@main")
        killed = self.property("MainPID")

        self.sh(f"kill -9 {killed}")

        self.wait_for("test \"$(systemctl show --value --property NRestarts dcmfs@main)\" = 1")
        self.wait_for("systemctl is-active --quiet dcmfs@main && ls /srv/dicom/patients")
        self.assertNotEqual(killed, self.property("MainPID"))

    def test_a_failed_start_says_why(self):
        self.sh("sed -i 's,^MOUNTPOINT=.*,MOUNTPOINT=/srv/nowhere,' /etc/dcmfs/main.conf")
        self.addCleanup(self.sh, "systemctl reset-failed dcmfs@main")

        done = self.machine.sh("systemctl start dcmfs@main", check=False)

        self.assertNotEqual(0, done.returncode)
        self.assertIn("/srv/nowhere", self.sh("journalctl --no-pager --output cat --unit dcmfs@main"))

    def test_after_a_boot_service_and_fstab_are_mounted(self):
        self.sh("""
            systemctl enable dcmfs@main 2>/dev/null
            mkdir -p /srv/mnt /srv/store
            echo '{ "HttpPort" : 0, "DicomPort" : 0 }' >/srv/store/dcmfs.json
            echo '/srv/store /srv/mnt dcmfs nofail,_netdev,allow_other 0 0' >/etc/fstab""")
        self.addCleanup(self.sh, "umount /srv/mnt; rm /etc/fstab; rm -r /srv/store; systemctl daemon-reload")

        self.machine.boot_again()

        self.assert_sh("running", "systemctl is-system-running --wait || systemctl --failed")
        self.assert_sh("active\nactive", "systemctl is-active dcmfs@main srv-mnt.mount")
        self.sh("ls /srv/dicom/patients /srv/mnt/patients")


class Upgrade(MachineTest):
    """The newer package over a service that is read and written, and over a mount made by hand."""

    WRITER = """
        for file in $(find /var/tmp/phantom -name '*.dcm'); do
          ! cp $file /srv/dicom/incoming/$(basename $(dirname $file))-$(basename $file) 2>/dev/null || echo $file
          sleep 0.02
        done"""

    def test_nothing_acknowledged_is_lost_and_the_service_runs_the_new_version(self):
        self.configure()
        self.phantom(400)
        self.sh("""
            mkdir -p /srv/mnt /srv/store
            echo '{ "HttpPort" : 0, "DicomPort" : 0 }' >/srv/store/dcmfs.json
            mount -t dcmfs /srv/store /srv/mnt
            systemctl enable --now dcmfs@main""")
        before = self.sh("systemctl show --value --property MainPID dcmfs@main")
        by_hand = self.sh("head -1 /srv/store/daemon.lock")
        reader = subprocess.Popen(self.machine.command("sh", "-c", "exec 3</srv/dicom/README.txt; exec cat"),
                                  stdin=subprocess.PIPE)
        self.addCleanup(reader.communicate)
        writer = subprocess.Popen(self.machine.command("sh", "-euc", self.WRITER), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)
        acknowledged = [writer.stdout.readline().strip() for _ in range(5)]

        said = self.machine.install(newer)

        self.assertNotIn("failed", said)
        self.assertIsNone(writer.poll(), "the writer ended before the upgrade did")
        acknowledged += writer.communicate(timeout=120)[0].split()
        sources = dict(reversed(line.split(maxsplit=1)) for line in self.sh(
            "find /var/tmp/phantom -name '*.dcm' -exec sha256sum {} +").splitlines())
        lost = {sources[name] for name in acknowledged} - self.hashes("/srv/dicom/patients")
        self.assertEqual(set(), lost)
        self.assertLess(5, len(acknowledged))
        self.assert_sh(NEWER, "dpkg-query --show --showformat '${Version}' dcmfs")
        self.assert_sh("active", "systemctl is-active dcmfs@main")
        after = self.sh("systemctl show --value --property MainPID dcmfs@main")
        self.assertNotEqual(before, after)
        self.assert_sh("/usr/bin/dcmfs", f"readlink /proc/{after}/exe")

        # The mount by hand goes on, and the administrator is told.
        self.assert_sh("/usr/bin/dcmfs (deleted)", f"readlink /proc/{by_hand}/exe")
        self.sh("ls /srv/mnt/patients")
        self.assertRegex(said, rf"process {by_hand} runs the earlier version .*/srv/store /srv/mnt")
        self.assertNotIn(f"process {before} ", said)
        self.sh("umount /srv/mnt; mount -t dcmfs /srv/store /srv/mnt; umount /srv/mnt")


class Removal(MachineTest):
    def test_the_data_stay_and_nothing_else(self):
        self.configure()
        self.phantom()
        self.sh("""
            mkdir -p /srv/mnt
            systemctl enable --now dcmfs@main
            find /var/tmp/phantom -name '*.dcm' -exec cp {} /srv/dicom/incoming/ ';'
            mkdir -p /srv/store
            echo '{ "HttpPort" : 0, "DicomPort" : 0 }' >/srv/store/dcmfs.json
            mount -t dcmfs /srv/store /srv/mnt""")
        stored = self.hashes("/var/tmp/phantom")

        said = self.sh("dpkg --remove dcmfs")

        with self.subTest("removed"):
            self.assertEqual("0", self.daemons(), said)
            self.assert_sh("", "findmnt --noheadings --types fuse.dcmfs || true")
            self.assertEqual(stored, self.hashes("/var/lib/dcmfs/archive/blobs"))
            self.assert_sh("/etc/dcmfs/main.conf", "find /etc/dcmfs -type f")
            self.assert_sh("", "find /usr -name '*dcmfs*'")

        with self.subTest("purged"):
            self.sh("dpkg --purge dcmfs")
            self.assertEqual(stored, self.hashes("/var/lib/dcmfs/archive/blobs"))
            self.sh("test -e /srv/store/index.db -o -d /srv/store/blobs")
            self.assert_sh("dcmfs", "stat --format %U /var/lib/dcmfs/archive")
            self.assert_sh("", "find /etc /usr /srv/dicom -name '*dcmfs*' 2>/dev/null || true")
            self.assert_sh("", "systemctl list-units --all --no-legend --plain 'dcmfs@*'; systemctl --failed --no-legend")

        with self.subTest("installed again"):
            self.machine.install(older)
            self.configure()
            self.sh("systemctl start dcmfs@main")
            self.assertEqual(stored, self.hashes("/srv/dicom/patients"))

    def test_without_an_archive_nothing_stays_but_the_user(self):
        self.sh("systemctl stop 'dcmfs@*'; rm -rf /var/lib/dcmfs/* /srv/store /srv/mnt")
        self.sh("dpkg --purge dcmfs")
        # The package manager's own notes aside.
        left = self.sh("find / -xdev -name '*dcmfs*' -not -path '/var/lib/dpkg/*' -not -path '/var/cache/*' "
                       "-not -path '/tmp/*' -not -path '/var/*.deb' -not -path '/proc/*'")
        self.assertEqual("", left)
        self.assertRegex(self.sh("getent passwd dcmfs"), re.compile("^dcmfs:.*nologin$"))
        self.assert_sh("", "ls -d /srv/dicom 2>/dev/null || true")


if __name__ == "__main__":
    unittest.main()
