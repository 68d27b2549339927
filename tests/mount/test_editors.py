"""Editing in incoming/: vim with its swap and backup files, sed -i. What is saved becomes a new
instance or an error of the editor; what they write beside it is nobody's image."""
import os
import pty
import subprocess
import unittest

from mounted import MountTest, need, run, small

VIMRC = """
set nocompatible swapfile updatecount=200 nomodeline encoding=latin1 fileencodings=latin1 shortmess+=A
set backupskip=
"""


class EditorTest(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 1)
        self.path = self.mount.incoming("a.dcm")
        run("cp", self.files[0], self.path)
        self.bytes = self.files[0].read_bytes()
        (dcm,) = self.mount.files()
        self.uid = os.getxattr(dcm, "user.dicom.SOPInstanceUID").decode()
        # Of the same length, so that no length field has to follow.
        self.new_uid = self.uid[:-1] + ("1" if self.uid[-1] != "1" else "2")
        self.edited = self.bytes.replace(self.uid.encode(), self.new_uid.encode())
        self.assertEqual(2, self.bytes.count(self.uid.encode()))  # the meta header has it, too

    def assert_both_stored(self):
        self.assertEqual(sorted([self.bytes, self.edited]), self.mount.stored_bytes())
        self.assert_no_traces()

    def assert_no_traces(self, refused=()):
        """Only a.dcm was ever taken for an image."""
        self.assertEqual({"a.dcm"}, {line["Path"] for line in self.mount.report()})
        self.assertEqual({name for r in refused for name in (r, f"{r}.reason.txt")},
                         set(os.listdir(self.mount.path / "rejected")))


class Vim(EditorTest):
    def vim(self, path, *commands, settings=""):
        """vim in a terminal of its own, as a person has it. Exit code 1: a command failed."""
        need("vim")
        vimrc, said = self.folder / "vimrc", self.folder / "said"
        vimrc.write_text(VIMRC + settings)
        ours, theirs = pty.openpty()
        try:
            program = ["vim", "-u", vimrc, "-i", "NONE", "-b", path, "-c", f"redir! > {said}"]
            for command in commands:
                program += ["-c", command]
            program += ["-c", "cquit!"]  # vim goes on after a command that fails
            process = subprocess.Popen([str(p) for p in program], stdin=theirs, stdout=theirs, stderr=theirs,
                                       env={**os.environ, "TERM": "xterm", "HOME": str(self.folder)})
            os.close(theirs)
            while True:
                try:
                    if not os.read(ours, 65536):
                        break
                except OSError:  # the terminal ends with the program
                    break
            return process.wait(30), said.read_text(errors="replace")
        finally:
            os.close(ours)

    def substitute(self):
        return f"%s/{self.uid}/{self.new_uid}/g"

    def test_an_edited_file_becomes_a_new_instance(self):
        code, said = self.vim(self.path, self.substitute(), "wq")
        self.assertEqual(0, code, said)
        self.assert_both_stored()
        self.assertEqual(self.edited, self.path.read_bytes())

    def test_whatever_way_vim_writes(self):
        for settings in ("set backup", "set backupcopy=yes", "set backup backupcopy=yes", "set nowritebackup",
                         "set backupcopy=no fsync", "set patchmode=.orig"):
            with self.subTest(settings):
                self.mount.stop()
                run("rm", "-rf", self.mount.store)
                self.mount.start()
                run("cp", self.files[0], self.path)
                code, said = self.vim(self.path, self.substitute(), "wq", settings=settings)
                self.assertEqual(0, code, said)
                self.assertEqual(sorted([self.bytes, self.edited]), self.mount.stored_bytes())
                self.assertEqual([], os.listdir(self.mount.path / "rejected"))

    def test_the_swap_file_is_there_and_is_no_image(self):
        listing = self.folder / "listing"
        code, said = self.vim(self.path, self.substitute(), "preserve",
                              f"silent !ls -a '{self.mount.incoming()}' > '{listing}'", "wq")
        self.assertEqual(0, code, said)
        self.assertIn(".a.dcm.swp", listing.read_text().split())
        self.assertNotIn(".a.dcm.swp", os.listdir(self.mount.incoming()))
        self.assert_both_stored()

    def test_the_backup_stays_and_is_no_image(self):
        code, said = self.vim(self.path, self.substitute(), "wq", settings="set backup backupcopy=yes")
        self.assertEqual(0, code, said)
        self.assertEqual(self.bytes, self.mount.incoming("a.dcm~").read_bytes())
        self.assert_both_stored()

    def test_saved_twice(self):
        code, said = self.vim(self.path, self.substitute(), "w", "w", "wq")
        self.assertEqual(0, code, said)
        self.assert_both_stored()

    def test_a_change_under_the_same_uid_is_refused_and_vim_says_so(self):
        code, said = self.vim(self.path, "%s/Synthetic Hospital/Synthetic Practice/g", "wq")
        self.assertEqual(1, code)
        self.assertIn("E512", said)  # close failed
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assert_no_traces(refused=["a.dcm"])

    def test_what_is_no_image_any_more_is_refused_and_vim_says_so(self):
        code, said = self.vim(self.path, "%delete", "call setline(1, 'nothing left')", "wq")
        self.assertEqual(1, code)
        self.assertIn("E512", said)
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assert_no_traces(refused=["a.dcm"])

    def test_what_is_in_the_tree_cannot_be_written(self):
        (dcm,) = self.mount.files()
        code, said = self.vim(dcm, self.substitute(), "w!", "q!")
        self.assertNotIn("written", said)
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assertEqual(0, code)  # of q!


class Sed(EditorTest):
    def sed(self, *arguments, check=True):
        return run("sed", *arguments, check=check, env={**os.environ, "LC_ALL": "C"})

    def test_an_edited_file_becomes_a_new_instance(self):
        self.sed("-i", f"s/{self.uid}/{self.new_uid}/g", self.path)
        self.assert_both_stored()
        self.assertEqual(self.edited, self.path.read_bytes())

    def test_with_a_backup(self):
        self.sed("-i.bak", f"s/{self.uid}/{self.new_uid}/g", self.path)
        self.assert_both_stored()
        self.assertEqual(self.bytes, self.mount.incoming("a.dcm.bak").read_bytes())

    def test_nothing_changed_is_a_success(self):
        self.sed("-i", "s/this stands nowhere/x/", self.path)
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assert_no_traces()

    def test_several_files(self):
        others = small(self.folder / "others", 3, "--seed", "77")
        paths = [self.mount.incoming(f"{n}.dcm") for n in range(3)]
        for f, path in zip(others, paths):
            run("cp", f, path)
        self.sed("-i", r"s/PHANTOM-77-0001/PHANTOM-78-0001/g", *paths)
        moved = [f.read_bytes().replace(b"PHANTOM-77-0001", b"PHANTOM-78-0001") for f in others]
        self.assertEqual(sorted([self.bytes, *[f.read_bytes() for f in others], *moved]), self.mount.stored_bytes())

    def test_a_change_under_the_same_uid_is_refused_and_sed_says_so(self):
        done = self.sed("-i", "s/Synthetic Hospital/Synthetic Practice/g", self.path, check=False)
        self.assertEqual(4, done.returncode)
        self.assertIn("File exists", done.stderr)
        self.assertEqual([self.bytes], self.mount.stored_bytes())
        self.assertEqual(self.bytes, self.path.read_bytes())
        self.assert_no_traces(refused=["a.dcm"])

    def test_what_is_no_image_any_more_is_refused_and_sed_says_so(self):
        done = self.sed("-i", "1,$d", self.path, check=False)
        # An empty file was never written to: nothing to refuse.
        self.assertEqual(0, done.returncode)
        run("cp", self.files[0], self.path)
        done = self.sed("-i", "2,$d;s/DICM/XXXX/", self.path, check=False)
        self.assertEqual(4, done.returncode)
        self.assertIn("Invalid argument", done.stderr)
        self.assertEqual([self.bytes], self.mount.stored_bytes())

    def test_what_is_in_the_tree_cannot_be_written(self):
        (dcm,) = self.mount.files()
        done = self.sed("-i", f"s/{self.uid}/{self.new_uid}/g", dcm, check=False)
        self.assertEqual(4, done.returncode)
        self.assertIn("Read-only file system", done.stderr)
        self.assertEqual([self.bytes], self.mount.stored_bytes())


if __name__ == "__main__":
    unittest.main()
