"""The web page in a browser: Chromium without a window."""
import html
import json
import pathlib
import shutil
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import MountTest, need, run, small, wait_until  # noqa: E402
from sending import free_port  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MARKUP = "<b id='markup'>bold</b>"  # as a description; it must stay text


class WebPage(MountTest):
    def setUp(self):
        port = free_port()
        self.address = f"http://127.0.0.1:{port}/"
        self.options = ("--http-port", str(port))
        super().setUp()
        self.assertTrue(wait_until(self.answers), "the server answers")

    def answers(self):
        try:
            return urllib.request.urlopen(self.address + "system", timeout=5).status == 200
        except OSError:
            return False

    def store(self, *changes):
        files = small(self.source, 3, size="64x64")
        if changes:
            run("dcmodify", "-nb", *changes, *files)
        for file in files:
            shutil.copy(file, self.mount.incoming())
        self.assertTrue(wait_until(lambda: len(self.mount.files()) == len(files)))

    def found(self, level):
        asked = json.dumps({"Level": level, "Query": {}, "Expand": True}).encode()
        with urllib.request.urlopen(self.address + "tools/find", asked, timeout=10) as answer:
            return json.load(answer)

    def shown(self, where=""):
        """The document that the page has become."""
        if CHROMIUM is None:
            self.skipTest("chromium is not installed")
        # As root it has no sandbox; what it loads is ours.
        return run(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   f"--user-data-dir={self.folder / 'browser'}", "--virtual-time-budget=15000", "--dump-dom",
                   self.address + "app/explorer.html" + where, timeout=120).stdout

    def test_the_root_leads_to_the_page(self):
        with urllib.request.urlopen(self.address, timeout=10) as answer:
            self.assertEqual(self.address + "app/explorer.html", answer.url)
            self.assertIn("script-src 'self'", answer.headers["Content-Security-Policy"])
            self.assertIn(b'src="explorer.js"', answer.read())

    def test_an_empty_archive_says_so(self):
        self.assertIn("Nothing was found.", self.shown())

    def test_the_list_shows_a_study(self):
        need("dcmodify")
        self.store("-i", "StudyDescription=Knee of today")

        page = self.shown()

        self.assertIn("Knee of today", page)
        self.assertIn(f"#/studies/{self.found('Study')[0]['ID']}", page)

    def test_what_a_file_says_never_becomes_markup(self):
        need("dcmodify")
        self.store("-i", f"StudyDescription={MARKUP}")

        page = self.shown()

        self.assertIn(html.escape(MARKUP, quote=False), page)
        self.assertNotIn("<b id=", page)

    def test_a_study_shows_its_series_and_a_series_its_images(self):
        if CHROMIUM is None:
            self.skipTest("chromium is not installed")
        self.store()
        study, series = self.found("Study")[0], self.found("Series")[0]

        self.assertIn(f"#/series/{series['ID']}", self.shown(f"#/studies/{study['ID']}"))
        self.assertRegex(self.shown(f"#/series/{series['ID']}"), r'aria-label="Image \d of 3"')

    def test_an_instance_shows_its_attributes(self):
        if CHROMIUM is None:
            self.skipTest("chromium is not installed")
        self.store()
        instance = self.found("Instance")[0]

        page = self.shown(f"#/instances/{instance['ID']}")

        self.assertIn(instance["MainDicomTags"]["SOPInstanceUID"], page)
        self.assertIn("PhotometricInterpretation", page)


if __name__ == "__main__":
    unittest.main()
