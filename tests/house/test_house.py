"""What every part of the house keeps to."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from sources import ROOMS, ROOT, tracked

LINES_MAX = 600
README_LINES_MAX = 250
# Spelled so that this file does not find itself.
WORKPLACES = ["/wor" + "k/", "/tmp/bui" + "ld", "/ho" + "me/", "/ro" + "ot/"]
TEXTS = (".h", ".cpp", ".inc", ".py", ".md", ".txt", ".cmake", ".sh", ".1", ".5", ".8", ".yml", ".json", ".conf")


PROGRAMS = pathlib.Path(os.environ.get("DCMFS_BIN", ROOT / "build" / "tools"))


class House(unittest.TestCase):
    def test_no_source_file_is_too_long(self):
        long = {name: count for name in tracked(".h", ".cpp", ".py")
                if (count := len((ROOT / name).read_text().splitlines())) > LINES_MAX}
        self.assertEqual({}, long)

    def test_every_room_has_a_readme_of_one_page_or_two(self):
        for room in ROOMS:
            readme = ROOT / room / "README.md"
            with self.subTest(room):
                self.assertTrue(readme.is_file())
                self.assertLess(len(readme.read_text().splitlines()), README_LINES_MAX)

    def test_no_path_of_somebodys_machine(self):
        bad = [f"{name}: {path}" for name in tracked(*TEXTS, "test", "demo", "run")
               for path in WORKPLACES if path in (ROOT / name).read_text(errors="replace")]
        self.assertEqual([], bad)

    def test_links_in_markdown_lead_somewhere(self):
        bad = []
        for name in tracked(".md"):
            for target in re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text()):
                if "://" not in target and not ((ROOT / name).parent / target).exists():
                    bad.append(f"{name}: {target}")
        self.assertEqual([], bad)

    def test_scripts_are_executable_and_parse(self):
        for name in tracked():
            with open(ROOT / name, "rb") as file:
                first = file.readline()
            if not first.startswith((b"#!/bin/bash", b"#!/bin/sh")):
                continue
            with self.subTest(name):
                self.assertTrue(os.access(ROOT / name, os.X_OK))
                shell = first[2:].decode().strip()
                checked = subprocess.run([shell, "-n", ROOT / name], capture_output=True, text=True)
                self.assertEqual("", checked.stderr)


class Manual(unittest.TestCase):
    def test_the_pages_are_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        for page in sorted((ROOT / "man").glob("*.[158]")):
            with self.subTest(page.name):
                checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
                # Pages that are not installed yet cannot be found.
                complaints = [line for line in checked.stdout.splitlines() if "referenced manual not found" not in line]
                self.assertEqual([], complaints)

    def test_groff_has_no_warnings(self):
        if not shutil.which("man"):
            self.skipTest("man-db is not installed")
        for page in sorted((ROOT / "man").glob("*.[158]")):
            with self.subTest(page.name):
                shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page], capture_output=True,
                                       text=True, env={**os.environ, "MANWIDTH": "80", "MANROFFSEQ": "", "PAGER": "cat"})
                self.assertEqual((0, ""), (shown.returncode, shown.stderr))
                self.assertIn(f"{page.stem}({page.suffix[1:]})".upper(), shown.stdout)

    def test_every_program_has_a_page_that_names_all_its_options(self):
        if not PROGRAMS.is_dir():
            self.skipTest("the programs are not built")
        for program in sorted(p for p in PROGRAMS.glob("dcmfs*") if p.is_file() and os.access(p, os.X_OK)):
            with self.subTest(program.name):
                page = (ROOT / "man" / f"{program.name}.1").read_text()
                said = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=30)
                self.assertEqual(0, said.returncode)
                # mdoc writes --flag as "Fl -flag".
                missing = [flag for flag in re.findall(r"--([a-z][a-z-]+)", said.stdout)
                           if f"-{flag}" not in page and flag != "help"]
                self.assertEqual([], missing)


if __name__ == "__main__":
    unittest.main()
