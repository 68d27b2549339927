"""What cpack makes: the package as Debian's policy wants it."""
import gzip
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from debian_root import BIN, ROOT, build_package, run

PROGRAMS = ["dcmfs", "dcmfs-check", "dcmfs-echo", "dcmfs-find", "dcmfs-import", "dcmfs-passwd", "dcmfs-phantom", "dcmfs-send"]


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
            if not shutil.which(program):
                raise unittest.SkipTest(f"{program} is not installed")
        temporary = tempfile.TemporaryDirectory(prefix="dcmfs-package-")
        cls.addClassCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        cls.deb = build_package(folder)
        cls.tree, cls.control = folder / "tree", folder / "control"
        run("dpkg-deb", "--extract", cls.deb, cls.tree)
        run("dpkg-deb", "--control", cls.deb, cls.control)

    def field(self, name):
        return run("dpkg-deb", "--field", self.deb, name).stdout.strip()

    def test_lintian_finds_nothing(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        done = subprocess.run(["lintian", "--allow-root", self.deb], capture_output=True, text=True)
        self.assertEqual("", done.stdout)

    def test_name_version_and_file_agree_with_the_program(self):
        version = run(BIN / "dcmfs", "--version").stdout.split()[1]
        self.assertEqual(("dcmfs", version), (self.field("Package"), self.field("Version")))
        self.assertTrue(self.deb.name.startswith(f"dcmfs_{version}_"), self.deb.name)

    def test_the_changelog_begins_with_this_version(self):
        changelog = gzip.open(self.tree / "usr/share/doc/dcmfs/changelog.gz", "rt").readline()
        self.assertEqual(self.field("Version"), re.match(r"dcmfs \(([^)]+)\)", changelog)[1])

    def test_it_depends_on_the_libraries_and_on_what_it_runs(self):
        depends = self.field("Depends")
        for package in ("libfuse3-3", "libdcmtk17", "libsqlite3-0", "libcpprest2.10", "libarchive13", "fuse3"):
            self.assertRegex(depends, rf"(^|, ){re.escape(package)}( |,|$)")

    def test_every_program_has_a_manual_page_and_a_completion(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertTrue((self.tree / "usr/bin" / program).is_file())
                self.assertTrue((self.tree / f"usr/share/man/man1/{program}.1.gz").is_file())
                self.assertTrue((self.tree / "usr/share/bash-completion/completions" / program).is_file())

    def test_programs_are_stripped(self):
        for program in PROGRAMS:
            sections = run("readelf", "--sections", "--wide", self.tree / "usr/bin" / program).stdout
            self.assertNotIn(".debug_info", sections, program)
            self.assertNotIn(".symtab", sections, program)

    def test_every_file_stands_in_md5sums(self):
        sums = {line.split(maxsplit=1)[1] for line in (self.control / "md5sums").read_text().splitlines()}
        self.assertEqual(sums, {str(p.relative_to(self.tree)) for p in self.tree.rglob("*") if p.is_file()})
        run("md5sum", "--check", "--quiet", self.control / "md5sums", cwd=self.tree)

    def test_everything_belongs_to_root_and_only_root_writes(self):
        for line in run("dpkg-deb", "--contents", self.deb).stdout.splitlines():
            mode, owner = line.split()[:2]
            self.assertEqual("root/root", owner, line)
            self.assertRegex(mode, r"^[d-]rw[x-]r-[x-]r-[x-]$", line)

    def test_nothing_is_installed_where_archives_are(self):
        """dpkg removes what it installed; the data are not its own."""
        self.assertEqual({"etc", "usr"}, {p.name for p in self.tree.iterdir()})

    def test_the_unit_is_valid(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            # As an instance, and with the program where the build has it.
            unit = pathlib.Path(folder) / "dcmfs@main.service"
            text = (ROOT / "tools/system/dcmfs@.service").read_text()
            unit.write_text(text.replace("ExecStart=dcmfs", f"ExecStart={BIN / 'dcmfs'}"))
            done = run("systemd-analyze", "--man=no", "verify", unit, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stdout))


if __name__ == "__main__":
    unittest.main()
