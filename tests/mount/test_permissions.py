"""Who may do what: uid=, gid=, umask=, ro, allow_other, default_permissions. As root, with programs
that run as somebody else."""
import os
import stat
import unittest

from mounted import MountTest, need, run, small

SOMEBODY, GROUP, STRANGER = 61234, 61235, 61236


def as_user(uid, *command, gid=None, **options):
    return run("setpriv", f"--reuid={uid}", f"--regid={uid if gid is None else gid}", "--clear-groups", *command, check=False,
               **options)


class PermissionTest(MountTest):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("another user's programs are started by root")
        need("setpriv")
        super().setUp()
        self.folder.chmod(0o755)  # else nobody else comes as far as the mount
        self.files = small(self.source, 3)
        run("cp", self.files[0], self.mount.incoming())
        (self.dcm,) = self.mount.files()

    def assert_reads(self, uid, **options):
        for suffix in (".dcm", ".json", ".png"):
            done = as_user(uid, "cat", self.dcm.with_suffix(suffix), text=False, **options)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertEqual(self.dcm.with_suffix(suffix).read_bytes(), done.stdout)

    def assert_denied(self, uid, *command, **options):
        done = as_user(uid, *command, **options)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("Permission denied", done.stderr)


class Alone(PermissionTest):
    def test_others_do_not_even_see_the_root(self):
        for command in (["ls", self.mount.path], ["cat", self.dcm], ["stat", self.mount.path / "patients"],
                        ["cp", self.files[1], self.mount.incoming()]):
            self.assert_denied(STRANGER, *command)
        self.assert_stored(self.files[:1])


class Others(PermissionTest):
    options = ("-o", "allow_other")

    def test_may_look_and_drop_and_the_report_names_them(self):
        self.assert_reads(STRANGER)
        done = as_user(STRANGER, "cp", self.files[1], self.mount.incoming())
        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_stored(self.files[:2])
        self.assertEqual([0, STRANGER], [line["Uid"] for line in self.mount.report()])

    def test_are_told_by_access_what_they_may(self):
        cases = [("-w", self.dcm, 1), ("-w", self.mount.path / "patients", 1), ("-w", self.mount.path, 1),
                 ("-x", self.dcm, 1), ("-r", self.dcm, 0), ("-x", self.mount.path / "patients", 0),
                 ("-w", self.mount.incoming(), 0), ("-w", self.mount.path / "worklists", 0)]
        for uid in (0, STRANGER):
            for flag, path, expected in cases:
                with self.subTest(uid=uid, flag=flag, path=path):
                    self.assertEqual(expected, as_user(uid, "test", flag, path).returncode)

    def test_hear_of_errors(self):
        junk = self.source / "junk.dcm"
        junk.write_bytes(b"this is not DICOM" * 50)
        done = as_user(STRANGER, "cp", junk, self.mount.incoming())
        self.assertEqual(1, done.returncode)
        self.assertIn("Invalid argument", done.stderr)


class Owner(PermissionTest):
    options = ("-o", f"allow_other,default_permissions,uid={SOMEBODY},gid={GROUP},umask=027")

    def test_everything_belongs_to_them_with_the_modes_of_the_mask(self):
        for folder, folders, names in os.walk(self.mount.path):
            for name in [".", *folders, *names]:
                path = os.path.join(folder, name)
                if path.startswith(str(self.mount.incoming()) + "/") and name != "report.jsonl":
                    continue  # what root dropped there is root's
                st = os.lstat(path)
                self.assertEqual((SOMEBODY, GROUP), (st.st_uid, st.st_gid), path)
                if not stat.S_ISLNK(st.st_mode):
                    self.assertEqual(0, st.st_mode & 0o027, path)

    def test_the_owner_reads_and_drops(self):
        self.assert_reads(SOMEBODY)
        done = as_user(SOMEBODY, "cp", "-p", self.files[1], self.mount.incoming())
        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_stored(self.files[:2])

    def test_the_group_reads_and_does_not_drop(self):
        self.assert_reads(STRANGER, gid=GROUP)
        self.assert_denied(STRANGER, "cp", self.files[1], self.mount.incoming(), gid=GROUP)

    def test_others_do_neither(self):
        for command in (["ls", self.mount.path], ["cat", self.dcm], ["ls", self.mount.path / "instances"],
                        ["cp", self.files[1], self.mount.incoming()], ["cat", self.mount.incoming("report.jsonl")]):
            self.assert_denied(STRANGER, *command)
        self.assert_stored(self.files[:1])


class Masked(PermissionTest):
    """Who says what others may not do need not say that somebody is to look after it."""
    options = ("-o", "allow_other,umask=027")

    def test_the_group_reads_and_others_do_nothing(self):
        self.assert_reads(STRANGER, gid=os.getegid())
        for command in (["ls", self.mount.path], ["cat", self.dcm], ["cp", self.files[1], self.mount.incoming()]):
            self.assert_denied(STRANGER, *command)
        self.assert_stored(self.files[:1])


class MaskedForTheGroup(PermissionTest):
    options = ("-o", f"allow_other,gid={GROUP},umask=007")

    def test_the_group_drops_files_and_folders_that_are_the_writers_own(self):
        for command in (["cp", "-rp", self.source, self.mount.incoming("one")],
                        ["rsync", "-a", f"{self.source}/", self.mount.incoming("two")],
                        ["touch", self.mount.incoming("three.part")],
                        ["chmod", "600", self.mount.incoming("three.part")],
                        ["mv", self.mount.incoming("three.part"), self.mount.incoming("four.part")],
                        ["rm", self.mount.incoming("four.part")]):
            with self.subTest(command=command):
                done = as_user(STRANGER, *command, gid=GROUP)
                self.assertEqual(0, done.returncode, done.stderr)
        self.assert_stored(self.files)
        self.assertEqual(STRANGER, self.mount.incoming("one").stat().st_uid)
        # Another one of the group may not write to what they wrote.
        mine = next(p for p in self.mount.incoming("one").rglob("*") if p.is_file())
        done = as_user(SOMEBODY, "sh", "-c", f"echo x >> '{mine}'", gid=GROUP)
        self.assertNotEqual(0, done.returncode)


class OpenToAll(PermissionTest):
    options = ("-o", f"allow_other,default_permissions,uid={SOMEBODY},gid={GROUP},umask=000")

    def test_everybody_drops_and_nobody_changes_the_tree(self):
        done = as_user(STRANGER, "cp", "-r", self.source, self.mount.incoming())
        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_stored(self.files)
        done = as_user(STRANGER, "rm", "-f", self.dcm)
        self.assertEqual(1, done.returncode)
        self.assert_stored(self.files)


class ReadOnly(PermissionTest):
    options = ()

    def setUp(self):
        super().setUp()
        self.mount.stop()
        self.mount.options = ("-o", "ro,delete")
        self.mount.start()

    def test_reading_goes_and_nothing_else(self):
        self.assertEqual(self.files[0].read_bytes(), self.dcm.read_bytes())
        for command in (["cp", self.files[1], self.mount.incoming()], ["mkdir", self.mount.incoming("x")],
                        ["rm", self.dcm], ["rm", "-r", self.dcm.parent], ["touch", self.mount.incoming("x")],
                        ["rm", "-f", self.mount.incoming("report.jsonl")]):
            with self.subTest(command=command):
                done = run(*command, check=False)
                self.assertEqual(1, done.returncode)
                self.assertIn("Read-only file system", done.stderr)
        self.assert_stored(self.files[:1])
        self.assertEqual(0, stat.S_IMODE(self.mount.incoming().stat().st_mode) & 0o222)

    def test_the_kernel_knows(self):
        with open("/proc/self/mounts") as mounts:
            (line,) = [line for line in mounts if line.split()[1] == str(self.mount.path)]
        self.assertIn("ro", line.split()[3].split(","))


if __name__ == "__main__":
    unittest.main()
