"""peers/NAME/: what is copied there is sent by STOW-RS. The peer is another dcmfs."""
import json
import os
import subprocess
import unittest
import urllib.request

from mounted import BIN, MountTest, run, small, wait_until
from sending import PATIENCE, free_port


class Peers(MountTest):
    """The store knows the server EAST, which listens on self.port once somebody starts it."""

    def setUp(self):
        super().setUp()
        self.mount.stop()
        self.port = free_port()
        self.configure()
        self.mount.start()
        self.east = self.mount.path / "peers" / "EAST"

    def configure(self, **more):
        (self.mount.store / "dcmfs.json").write_text(json.dumps(
            {"DicomWeb": {"Servers": {"EAST": [f"http://127.0.0.1:{self.port}/dicom-web"]}}, **more}))

    def start_east(self):
        store = self.folder / "east"
        store.mkdir(mode=0o700, exist_ok=True)
        process = subprocess.Popen([BIN / "dcmfs", "-f", "--no-mount", "--dicom-port", "0", "--http-port", str(self.port), store],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def stop():
            process.terminate()
            process.wait(60)
        self.addCleanup(stop)

    def of_east(self):
        """The files that are stored there."""
        def get(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
                return answer.read()
        return sorted(get(f"/instances/{one}/file") for one in json.loads(get("/instances")))

    def status(self):
        return json.loads((self.east / "status.json").read_text())

    def wait_for_sent(self, count):
        self.assertTrue(wait_until(lambda: self.status()["Sent"] == count, PATIENCE), self.status())

    def store(self, count):
        files = small(self.source, count)
        run("cp", *files, self.mount.incoming())
        self.assertTrue(wait_until(lambda: len(self.mount.files()) == count))
        return files

    def test_the_tree_shows_each_server(self):
        self.assertEqual(["EAST"], os.listdir(self.mount.path / "peers"))
        self.assertEqual([], os.listdir(self.mount.path / "modalities"))
        self.assertEqual(["echo", "failed", "status.json"], sorted(os.listdir(self.east)))

    def test_a_study_of_the_mount_and_a_file_from_elsewhere_arrive(self):
        files = self.store(30)
        other = small(self.folder / "other", 1, size="16x16")
        self.start_east()
        run("cp", "-r", self.mount.files()[0].parents[1], self.east)
        run("cp", *other, self.east)
        self.wait_for_sent(31)
        self.assertEqual(sorted(path.read_bytes() for path in files + other), self.of_east())

    def test_what_is_queued_survives_and_waits_for_the_server(self):
        files = self.store(5)
        run("cp", "-r", self.mount.files()[0].parents[1], self.east)
        self.assertTrue(wait_until(lambda: "LastError" in self.status(), PATIENCE))
        self.assertIn("127.0.0.1", self.status()["LastError"])
        self.assertIn("does not answer", (self.east / "echo").read_text())
        self.mount.stop()
        self.start_east()
        self.mount.start()
        self.wait_for_sent(5)
        self.assertEqual(sorted(path.read_bytes() for path in files), self.of_east())
        self.assertIn("EAST answers: ", (self.east / "echo").read_text())

    def test_what_arrives_is_routed_to_a_server(self):
        self.mount.stop()
        self.configure(DicomRoutes={"all": {"Match": {"Modality": "CT"}, "To": ["peers/EAST"]}})
        self.mount.start()
        self.start_east()
        files = self.store(4)
        self.wait_for_sent(4)
        self.assertEqual(sorted(path.read_bytes() for path in files), self.of_east())

    def test_dcmfs_send_sends_to_a_server(self):
        files = self.store(4)
        self.start_east()
        told = run(BIN / "dcmfs-send", self.mount.store, "peers/EAST", "Modality=CT", timeout=PATIENCE)
        self.assertIn("4", told.stdout)
        self.assertEqual(sorted(path.read_bytes() for path in files), self.of_east())
        unknown = run(BIN / "dcmfs-send", self.mount.store, "peers/WEST", "Modality=CT", check=False)
        self.assertIn("peers/EAST", unknown.stderr)

    def test_fsync_waits_for_the_answer(self):
        content = small(self.source, 1)[0].read_bytes()
        self.start_east()
        self.assertTrue(wait_until(lambda: "answers: " in (self.east / "echo").read_text(), PATIENCE))
        with open(self.east / "one.dcm", "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.assertEqual([content], self.of_east())


if __name__ == "__main__":
    unittest.main()
