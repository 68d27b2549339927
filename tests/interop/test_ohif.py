"""OHIF, as people have it in their browsers, on our DICOMweb: the phantom patient in a stack, in MPR, with its RTSTRUCT, as
PET/CT, and an upload. It takes a minute or more of a whole machine, so it runs where DCMFS_SLOW says so, and leaves
pictures of what was seen in build/artefacts/."""
import json
import os
import pathlib
import shutil
import tempfile
import unittest

from npm_packages import PLAYWRIGHT, modules
from ohif_site import Site
from rest_server import RestServer, small
from mounted import BIN, phantom, run

ARTEFACTS = BIN.resolve().parent / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROGRAM = pathlib.Path(__file__).parent / "program" / "ohif.js"
STRUCTURES = {"BODY", "LUNG_R", "LUNG_L", "HEART", "LIVER", "SPINAL_CORD", "GTV", "PTV"}


@unittest.skipUnless(os.environ.get("DCMFS_SLOW"), "slow: set DCMFS_SLOW to run it")
@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Ohif(unittest.TestCase):
    maxDiff = None

    def test_the_phantom_patient_is_seen(self):
        node_modules = modules(PLAYWRIGHT)
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-test-")
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        site = Site()
        self.addCleanup(site.stop)
        # The page comes from another origin: CORS is a part of this.
        server = RestServer(folder, {"HttpAllowedOrigins": [site.origin]})
        phantom(folder / "phantom")
        run(BIN / "dcmfs-import", server.store, folder / "phantom", timeout=300)
        server.start()
        self.addCleanup(server.stop)
        site.root = server.url + "/dicom-web"
        other, = small(folder / "other", 1, "--seed", "7")

        told = run(shutil.which("node"), PROGRAM, node_modules, CHROMIUM, site.origin, site.root, ARTEFACTS, other, timeout=1500).stdout

        told = json.loads(told)
        print({name: result["seconds"] for name, result in told["results"].items()})
        self.assertEqual({}, {name: result for name, result in told["results"].items() if not result["ok"]})
        self.assertEqual([], told["wrong"], "what the viewer asked for in vain")
        results = told["results"]
        self.assertEqual(3, results["list"]["studies"])
        self.assertEqual((1, 3, 10), tuple(len(results[name]["shades"]) for name in ("stack", "mpr", "petct")))
        for name in ("stack", "mpr", "rtstruct", "petct"):
            self.assertGreater(min(results[name]["shades"]), 50, f"{name}: {results[name]}")
        self.assertEqual(STRUCTURES, set(results["rtstruct"]["structures"]))
        self.assertIn("upload", results)


if __name__ == "__main__":
    unittest.main()
