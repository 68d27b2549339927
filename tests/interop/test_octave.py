"""Octave reads the mounted tree: dicomread of its dicom package, imread, jsondecode."""
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import MountTest, phantom, run  # noqa: E402

PROGRAM = """
pkg load dicom;
x = dicomread(dcm);
info = dicominfo(dcm);
j = jsondecode(fileread(json));
p = imread(png);
printf("%d %d %d %d\\n", rows(x), columns(x), x(1, 1), x(256, 256));
printf("%s|%s\\n", info.PatientID, j.PatientID);
printf("%d %d\\n", info.Rows, j.Rows);
printf("%d %d %s\\n", rows(p), columns(p), class(p));
printf("%g %g\\n", j.PixelSpacing(1), j.RescaleIntercept);
"""


class Octave(MountTest):
    def test_reads_dcm_json_and_png(self):
        if shutil.which("octave-cli") is None:
            self.skipTest("octave is not there")
        if "dicom" not in run("octave-cli", "--no-window-system", "--eval", "pkg list", check=False).stdout:
            self.skipTest("octave's dicom package is not there")
        source = next(p for p in phantom(self.source, "--only", "ct") if p.suffix == ".dcm")
        run("cp", source, self.mount.incoming())
        (dcm,) = self.mount.files()
        values = {"dcm": dcm, "json": dcm.with_suffix(".json"), "png": dcm.with_suffix(".png")}
        program = "".join(f"{k} = '{v}';\n" for k, v in values.items()) + PROGRAM
        script = self.folder / "read.m"
        script.write_text(program)
        lines = run("octave-cli", "--no-window-system", "-q", script).stdout.splitlines()

        raw = dcm.read_bytes()[-512 * 512 * 2:]  # native pixels end the file
        first = int.from_bytes(raw[:2], "little")
        middle = int.from_bytes(raw[2 * (255 * 512 + 255):][:2], "little")
        self.assertEqual(f"512 512 {first} {middle}", lines[0])
        self.assertEqual(1, len(set(lines[1].split("|"))))
        self.assertEqual("512 512", lines[2])
        self.assertEqual("512 512 uint8", lines[3])
        self.assertEqual("0.9766 -1024", lines[4])


if __name__ == "__main__":
    unittest.main()
