"""Client libraries as they are published, from their registries: the same script asks dcmfs and Debian's Orthanc."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from rest_peers import RestDaemon, RestOrthanc
from mounted import need, phantom

HERE = pathlib.Path(__file__).resolve().parent
# Clients that somebody may have today: the versions are those that were seen to work.
PACKAGES = ("orthanc-client@0.10.5", "dicomweb-client@0.11.3", "xhr2@0.2.1")
INSTALL_S = 180


def install(folder):
    """The folder of the modules; the test is skipped where npm cannot have them."""
    need("node", "npm")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest("npm does not answer")
    if done.returncode != 0:
        raise unittest.SkipTest("npm cannot install " + " ".join(PACKAGES) + ": " + done.stderr.strip()[-200:])
    return pathlib.Path(folder) / "node_modules"


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.modules = install(cls.folder / "npm")
        cls.files = phantom(cls.folder / "phantom", "--patients", "1", "--studies", "1", "--series", "1", "--instances", "2",
                            "--size", "64x64")
        cls.daemon = RestDaemon(cls.folder).start()
        cls.addClassCleanup(cls.daemon.stop)

    def told(self, script, *arguments):
        done = subprocess.run(["node", HERE / script, self.modules, *arguments], capture_output=True, text=True, timeout=300)
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
        ours, theirs = (self.told("orthanc_client.js", f"http://127.0.0.1:{server.http}", *self.files)
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

    def test_dicomweb_client_stores_searches_and_retrieves(self):
        told = self.told("dicomweb_client.js", f"http://127.0.0.1:{self.daemon.http}/dicom-web", *self.files)
        self.assertEqual((told["studies"], told["series"], told["instances"]), (1, 1, 2))
        self.assertEqual(told["files"], sorted(path.stat().st_size for path in self.files))
        self.assertEqual(told["metadata"], 2)
        self.assertEqual(told["frame"], 64 * 64 * 2)
        self.assertTrue(told["same"])
        self.assertEqual(told["picture"], "ffd8")


if __name__ == "__main__":
    unittest.main()
