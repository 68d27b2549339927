"""worklists/: what programs do there, and what findscu -W is answered then."""
import errno
import json
import os
import re
import socket

from mounted import Mount, MountTest, need, run, wait_until

STEP = "ScheduledProcedureStepSequence[0]."


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def item(patient, modality="CT"):
    return json.dumps({"PatientID": patient, "ScheduledProcedureStepSequence": [
        {"Modality": modality, "ScheduledProcedureStepStartDate": "20260706"}]}, indent=1) + "\n"


class WorklistTest(MountTest):
    def setUp(self):
        need("findscu", "dump2dcm")
        self.port = free_port()
        self.options = ("--dicom-port", str(self.port))
        super().setUp()
        self.mount.stop()
        (self.mount.store / "dcmfs.json").write_text('{"DicomAlwaysAllowFindWorklist": true}')
        self.mount.start()
        self.place = self.mount.path / "worklists"

    def file(self, name, content):
        path = self.source / name
        path.write_text(content)
        return path

    def dicom(self, name, patient):
        """As for wlmscpfs of DCMTK."""
        dump = self.file("dump", f"(0010,0020) LO {patient}\n(0040,0100) SQ\n(fffe,e000) -\n(0008,0060) CS MR\n"
                                 "(fffe,e00d) -\n(fffe,e0dd) -\n")
        run("dump2dcm", "-q", dump, self.source / name)
        return self.source / name

    def answered(self, *keys):
        """PatientID of each answer."""
        keys = [part for key in ("PatientID", STEP + "Modality", *keys) for part in ("-k", key)]
        done = run("findscu", "-v", "-W", *keys, "127.0.0.1", self.port)
        answers = (done.stdout + done.stderr).split("Find Response")[1:]
        found = [re.search(r"\(0010,0020\) LO \[(.*?) *\]", answer) for answer in answers]
        return sorted(f.group(1) for f in found if f)

    def assert_errno(self, number, action, *arguments):
        with self.assertRaises(OSError) as caught:
            action(*arguments)
        self.assertEqual(number, caught.exception.errno)


class Worklists(WorklistTest):
    def test_cp_of_items_is_answered_at_once(self):
        self.assertEqual([], self.answered())
        run("cp", self.file("a.json", item("A")), self.dicom("b.wl", "B"), self.place)
        self.assertEqual(["A", "B"], self.answered())
        self.assertEqual(["A"], self.answered(STEP + "Modality=CT"))
        self.assertEqual(["a.json", "b.wl"], sorted(os.listdir(self.place)))
        self.assertEqual((self.source / "b.wl").read_bytes(), (self.place / "b.wl").read_bytes())
        self.assertEqual((self.source / "b.wl").stat().st_size, (self.place / "b.wl").stat().st_size)

    def test_cp_of_what_is_no_item_fails_and_the_reason_is_told(self):
        run("cp", self.file("a.json", item("A")), self.place)
        for name, content in (("a.json", '{"PatientID": "B"}'), ("b.wl", item("B")), ("c.txt", item("C"))):
            with self.subTest(name=name):
                done = run("cp", self.file(name, content), self.place, check=False)
                self.assertEqual(1, done.returncode)
                self.assertIn("Invalid argument", done.stderr)
                self.assertTrue((self.mount.path / "rejected" / (name + ".reason.txt")).read_text())
                self.assertEqual(content, (self.mount.path / "rejected" / name).read_text())
        self.assertEqual(["A"], self.answered())
        self.assertEqual(["a.json"], os.listdir(self.place))
        self.assertEqual(item("A"), (self.place / "a.json").read_text())

    def test_mv_into_it_within_it_and_out_of_it(self):
        run("mv", self.file("a.json", item("A")), self.place)
        run("mv", self.place / "a.json", self.place / "b.json")
        self.assertEqual(["b.json"], os.listdir(self.place))
        self.assertEqual(["A"], self.answered())
        self.assertEqual(1, run("mv", self.place / "b.json", self.place / "b.wl", check=False).returncode)
        self.assertEqual(["A"], self.answered())
        run("mv", self.place / "b.json", self.folder)
        self.assertEqual([], self.answered())
        self.assertEqual(item("A"), (self.folder / "b.json").read_text())

    def test_sed_i(self):
        run("cp", self.file("a.json", item("A")), self.place)
        run("sed", "-i", 's/"A"/"B"/', self.place / "a.json")
        self.assertEqual(["B"], self.answered())
        self.assertEqual(item("B"), (self.place / "a.json").read_text())
        self.assertEqual(0o644, (self.place / "a.json").stat().st_mode & 0o777)
        self.assertNotEqual(0, run("sed", "-i", "s/{/(/", self.place / "a.json", check=False).returncode)
        self.assertEqual(["B"], self.answered())

    def test_an_editor_that_keeps_a_backup(self):
        """As vim with 'backup' off: a probe, the old file put away, the new one written, the backup removed."""
        run("cp", self.file("a.json", item("A")), self.place)
        probe = self.place / "4913"
        probe.touch()
        probe.unlink()
        backup = self.place / "a.json~"
        (self.place / "a.json").rename(backup)
        with open(self.place / "a.json", "x") as f:
            f.write(item("B"))
            f.flush()
            os.fsync(f.fileno())
        backup.unlink()
        self.assertEqual(["B"], self.answered())
        self.assertEqual(["a.json"], os.listdir(self.place))

    def test_vim(self):
        need("vim")
        run("cp", self.file("a.json", item("A")), self.place)
        run("vim", "-es", "-u", "NONE", "-c", 's/.*/&/|%s/"A"/"B"/', "-c", "wq", self.place / "a.json")
        self.assertEqual(["B"], self.answered())
        self.assertEqual(["a.json"], os.listdir(self.place))

    def test_rm(self):
        run("cp", self.file("a.json", item("A")), self.file("b.json", item("B")), self.place)
        run("rm", self.place / "a.json")
        self.assertEqual(["B"], self.answered())
        self.assertEqual(["b.json"], os.listdir(self.place))
        self.assertFalse((self.mount.store / "worklists" / "a.json").exists())

    def test_rsync_brings_and_removes_and_sends_nothing_twice(self):
        need("rsync")
        items = self.folder / "items"
        items.mkdir()
        for name in "AB":
            (items / (name + ".json")).write_text(item(name))
        run("rsync", "-a", "--delete", str(items) + "/", self.place)
        self.assertEqual(["A", "B"], self.answered())
        self.assertEqual("", run("rsync", "-rtOi", "--delete", str(items) + "/", self.place).stdout)
        (items / "A.json").unlink()
        run("rsync", "-a", "--delete", str(items) + "/", self.place)
        self.assertEqual(["B"], self.answered())

    def test_truncate(self):
        run("cp", self.file("a.json", item("A") + "\n\n"), self.place)
        run("truncate", "-s", str(len(item("A"))), self.place / "a.json")
        self.assertEqual(item("A"), (self.place / "a.json").read_text())
        self.assertEqual(1, run("truncate", "-s", "5", self.place / "a.json", check=False).returncode)
        self.assert_errno(errno.EINVAL, os.truncate, self.place / "a.json", 0)
        self.assertEqual(item("A"), (self.place / "a.json").read_text())
        self.assertEqual(["A"], self.answered())

    def test_a_shell_writes_in_parts(self):
        run("sh", "-c", f"(printf '{{\"PatientID\": \"A\", '; printf '\"ScheduledProcedureStepSequence\": [{{}}]}}') "
                        f"> '{self.place}/a.json'")
        self.assertEqual(["A"], self.answered())

    def test_what_another_program_does_in_the_store_is_seen(self):
        folder = self.mount.store / "worklists"
        folder.mkdir()
        (folder / "a.json").write_text(item("A"))
        self.assertTrue(wait_until(lambda: os.listdir(self.place) == ["a.json"]))
        self.assertEqual(item("A"), (self.place / "a.json").read_text())
        (folder / "a.json").write_text(item("ANOTHER"))
        self.assertTrue(wait_until(lambda: (self.place / "a.json").read_text() == item("ANOTHER")))
        (folder / "a.json").unlink()
        self.assertTrue(wait_until(lambda: os.listdir(self.place) == []))

    def test_what_is_closed_outlives_a_crash(self):
        for n in range(20):
            (self.place / f"{n}.json").write_text(item(str(n)))
        unfinished = open(self.place / "unfinished.json", "w")
        unfinished.write(item("X"))
        os.fsync(unfinished.fileno())
        self.mount.kill()
        try:
            unfinished.close()
        except OSError:
            pass
        self.mount.start()
        self.assertEqual(sorted(map(str, range(20))), self.answered())
        self.assertEqual(20, len(os.listdir(self.place)))

    def test_only_files(self):
        self.assert_errno(errno.EPERM, os.mkdir, self.place / "folder")
        self.assert_errno(errno.EPERM, os.symlink, "a.json", self.place / "link")
        run("cp", self.file("a.json", item("A")), self.place)
        self.assert_errno(errno.EXDEV, os.rename, self.place / "a.json", self.mount.incoming("a.json"))

    def test_a_read_only_mount_refuses(self):
        run("cp", self.file("a.json", item("A")), self.place)
        self.mount.stop()
        self.mount = Mount(self.folder / "store", self.folder / "mnt", "-o", "ro", *self.options).start()
        self.addCleanup(self.mount.stop)
        self.assertEqual(item("A"), (self.place / "a.json").read_text())
        self.assertEqual(["A"], self.answered())
        for action, arguments in ((open, (self.place / "b.json", "w")), (open, (self.place / "a.json", "r+")),
                                  (os.unlink, (self.place / "a.json",)), (os.truncate, (self.place / "a.json", 0)),
                                  (os.rename, (self.place / "a.json", self.place / "b.json"))):
            with self.subTest(action=action, arguments=arguments):
                self.assert_errno(errno.EROFS, action, *arguments)
