"""dcmfs-send, dcmfs-echo, and what is routed."""
import os
import subprocess
import unittest

from mounted import BIN, run, small, wait_until
from sending import NOTHING_BUT_ECHO, PATIENCE, ModalitiesTest


class Programs(ModalitiesTest):
    """dcmfs-send and dcmfs-echo"""

    def send(self, *arguments, **options):
        return run(BIN / "dcmfs-send", self.mount.store, *arguments, **options)

    def test_send_with_a_daemon(self):
        pacs = self.start_pacs()
        files = self.store(12)
        done = self.send("PACS", "Modality=*", timeout=PATIENCE)
        self.assertEqual("sent 12 instances to PACS\n", done.stdout)
        self.assertEqual(self.datasets(files), self.datasets(pacs.files()))
        self.assertEqual(12, self.status()["Sent"])

    def test_send_without_a_daemon(self):
        content = self.datasets(self.store(12))
        self.mount.stop()
        pacs = self.start_pacs()
        done = self.send("PACS", "PatientName=*", "--level", "patient", timeout=PATIENCE)
        self.assertEqual("sent 12 instances to PACS\n", done.stdout)
        self.assertEqual(content, self.datasets(pacs.files()))
        self.mount.start()
        self.assertEqual((0, 12), (self.pending(), self.status()["Sent"]))

    def test_what_is_stopped_stays_queued_and_the_daemon_sends_it(self):
        content = self.datasets(self.store(3))
        self.mount.stop()
        process = subprocess.Popen([BIN / "dcmfs-send", self.mount.store, "PACS", "Modality=*"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()  # it was tried
        self.assertIn("refused", line)
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(1, process.returncode)
        self.assertIn("3 instances stay queued", err)
        pacs = self.start_pacs()
        self.mount.start()
        self.wait_for_sent(3)
        self.assertEqual(content, self.datasets(pacs.files()))

    def test_a_daemon_that_starts_meanwhile_takes_over(self):
        self.store(3)
        self.mount.stop()
        process = subprocess.Popen([BIN / "dcmfs-send", "-q", self.mount.store, "PACS", "Modality=*"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertTrue(wait_until((self.mount.store / "sender.lock").exists))
        self.mount.start()
        self.assertTrue(wait_until(lambda: self.pending() == 3))
        process.kill()
        process.communicate()
        self.start_pacs()
        self.wait_for_sent(3)

    def test_no_wait_only_queues(self):
        self.store(2)
        done = self.send("--no-wait", "NOBODY", "Modality=*")
        self.assertEqual("queued 2 instances for NOBODY\n", done.stdout)
        self.assertEqual(2, self.pending("NOBODY"))
        self.assertEqual("queued 0 instances for NOBODY\n", self.send("NOBODY", "PatientName=NOBODY^AT^ALL").stdout)

    def test_what_is_refused_is_told(self):
        self.store(2)
        refusing = self.folder / "refusing.cfg"
        refusing.write_text(NOTHING_BUT_ECHO)
        self.start_pacs("-xf", refusing, "Default")
        done = self.send("PACS", "Modality=*", check=False, timeout=PATIENCE)
        self.assertEqual(1, done.returncode)
        self.assertIn("2 of 2 instances failed", done.stderr)

    def test_mistakes(self):
        for arguments, said in ((("OTHER", "Modality=CT"), "there are: NOBODY, PACS"), (("PACS",), "CONDITION"),
                                (("PACS", "Modalty=CT"), "did you mean Modality"), (("PACS", "Modality"), "KEYWORD=VALUE")):
            done = self.send(*arguments, check=False)
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(said, done.stderr)

    def test_a_mistyped_store_is_not_made(self):
        mistyped = self.folder / "mistyped"
        done = run(BIN / "dcmfs-send", mistyped, "PACS", "Modality=CT", check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("no store", done.stderr)
        self.assertFalse(mistyped.exists())

    def test_echo(self):
        place = f"127.0.0.1:{self.port}/THERE"
        done = run(BIN / "dcmfs-echo", place, check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("refused", done.stderr)
        self.start_pacs()
        for peer in (place, f"127.0.0.1:{self.port}"):
            self.assertRegex(run(BIN / "dcmfs-echo", peer).stdout, r"answers: \d+ ms\n$")
        self.assertRegex(run(BIN / "dcmfs-echo", "--store", self.mount.store, "PACS").stdout, r"^PACS answers: \d+ ms\n$")
        for wrong in (("PACS",), ("--store", self.mount.store, "OTHER"), ("127.0.0.1:0/X",), ("--aet", "A\\B", place),
                      (f"127.0.0.1:{self.port}/SEVENTEEN_LETTERS",)):
            self.assertEqual(2, run(BIN / "dcmfs-echo", *wrong, check=False).returncode, wrong)


class Routing(ModalitiesTest):
    def route(self, **rule):
        self.mount.stop()
        self.write_config({"PACS": ["THERE", "127.0.0.1", self.port]}, DicomRoutes={"rule": {"To": "PACS", **rule}})
        self.mount.start()

    def test_what_arrives_and_fits_is_sent(self):
        pacs = self.start_pacs()
        self.route(Match={"Modality": "CT", "InstanceNumber": "2\\3"})
        files = small(self.source, 4)
        run("cp", "-r", self.source, self.mount.incoming())
        self.wait_for_sent(2)
        self.assertEqual(self.datasets(self.mount.files()[1:3]), self.datasets(pacs.files()))
        self.assertEqual(4, len(files))

    def test_what_is_forwarded_only_is_removed_when_it_is_there(self):
        self.route(Remove=True)
        run("cp", "-r", small(self.source, 5)[0].parents[0], self.mount.incoming())
        self.assertEqual(5, len(self.mount.files()))
        self.assertTrue(wait_until(lambda: self.pending() == 5))
        self.mount.kill()
        self.mount.start()
        self.assertEqual(5, len(self.mount.files()))
        pacs = self.start_pacs()
        self.assertTrue(wait_until(lambda: os.listdir(self.mount.path / "patients") == [], PATIENCE))
        self.assertEqual(5, len(pacs.files()))

    def test_a_rule_to_a_modality_that_is_not_known_is_told(self):
        self.route(To=["PACS", "LATER"])
        log = (self.folder / "daemon.log").read_text()
        self.assertIn("rule: LATER is no known modality", log)
        self.assertNotIn("rule: PACS", log)

    def test_a_rule_that_cannot_be_is_refused_at_the_start(self):
        self.mount.stop()
        for rule in ({"Match": {"Modalty": "CT"}, "To": "PACS"}, {"Match": {}}, {"To": []}, {"To": "PACS", "Delete": True},
                     {"Match": {"StudyDate": "yesterday"}, "To": "PACS"}):
            self.write_config({}, DicomRoutes={"rule": rule})
            done = run(BIN / "dcmfs", "-f", self.mount.store, self.mount.path, check=False)
            self.assertEqual(2, done.returncode, rule)
            self.assertIn("DicomRoutes", done.stderr)
        self.write_config({})
        self.mount.start()


if __name__ == "__main__":
    unittest.main()
