"""npm's dicomweb-client, which OHIF and many others are built on: all of its methods."""
import json
import pathlib
import shutil
import unittest

from npm_packages import DICOMWEB_CLIENT, modules
from rest_server import RestTest, small
from mounted import run

PROGRAM = pathlib.Path(__file__).parent / "program" / "dicomweb_client.js"


class DicomwebClient(RestTest):
    @classmethod
    def setUpClass(cls):
        cls.modules = modules(DICOMWEB_CLIENT)
        super().setUpClass()

    def test_every_method_does_what_it_says(self):
        files = small(self.folder / "phantom", 3)

        told = run(shutil.which("node"), PROGRAM, self.modules, self.server.url + "/dicom-web", *files, timeout=120).stdout

        results = json.loads(told)
        self.assertGreater(len(results), 20)
        self.assertEqual({}, {method: what for method, what in results.items() if what != "ok"})


if __name__ == "__main__":
    unittest.main()
