"""npm's orthanc-client, as it is published: the same script asks dcmfs and Debian's Orthanc."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from npm_packages import ORTHANC_CLIENT, modules
from rest_peers import RestDaemon, RestOrthanc
from mounted import need, phantom

PROGRAM = pathlib.Path(__file__).parent / "program" / "orthanc_client.js"


class OrthancClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.modules = modules(ORTHANC_CLIENT)
        cls.files = phantom(cls.folder / "phantom", "--patients", "1", "--studies", "1", "--series", "1", "--instances", "2",
                            "--size", "64x64")
        cls.daemon = RestDaemon(cls.folder).start()
        cls.addClassCleanup(cls.daemon.stop)

    def told(self, *arguments):
        done = subprocess.run(["node", PROGRAM, self.modules, *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def fits(self, ours, theirs, where):
        """What Orthanc tells is there, and of its kind; ids are the same."""
        if isinstance(theirs, dict):
            self.assertIsInstance(ours, dict, where)
            self.assertEqual(theirs.keys() - ours.keys() - {"bytes"}, set(), where)
            for key in theirs.keys() & ours.keys():
                self.fits(ours[key], theirs[key], f"{where}/{key}")
        elif isinstance(theirs, list):
            self.assertIsInstance(ours, list, where)
            if theirs:
                self.assertTrue(ours, where)
                self.fits(ours[0], theirs[0], f"{where}/0")
        elif theirs is not None and not where.endswith("/Last"):
            self.assertIsInstance(ours, type(theirs), where)
        if where.endswith(("/ID", "/Path", "/failed")) or "/Parent" in where:
            self.assertEqual(ours, theirs, where)

    def test_orthanc_client_sees_what_it_knows(self):
        need("Orthanc")
        orthanc = RestOrthanc(self.folder).start()
        self.addCleanup(orthanc.stop)
        ours, theirs = (self.told(f"http://127.0.0.1:{server.http}", *self.files)
                        for server in (self.daemon, orthanc))
        self.assertEqual(ours.keys(), theirs.keys())
        self.assertGreater(len(ours), 60)
        for name, answer in theirs.items():
            with self.subTest(name):
                self.fits(ours[name], answer, name)
        # What even Orthanc refuses of this client, and one method that it has wrong.
        self.assertEqual({name for name, answer in ours.items() if isinstance(answer, dict) and "failed" in answer},
                         {"series all", "protect", "not there"})
        for name in ("getTags true", "getModule true"):
            self.assertEqual(ours["instances " + name], theirs["instances " + name])
        self.assertEqual(ours["value"], theirs["value"])
        self.assertEqual(ours["instances getFile"], theirs["instances getFile"])


if __name__ == "__main__":
    unittest.main()
