"""Octave reads the mounted tree: dicomread of its dicom package, imread, jsondecode."""
import collections
import hashlib
import pathlib
import shutil
import sys
import unittest

from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import SHARED, MountTest, manifest, phantom, run  # noqa: E402

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


# Of each line the SHA-256 of what dicomread gives for the first file, and imread for the second: the
# first frame, by rows, colours of a pixel side by side, little endian.
HASHES = r"""
pkg load dicom;
function h = hash_of(x)
  if islogical(x)  # how imread gives a picture that has nothing but black and white
    x = uint8(x) * 255;
  endif
  v = permute(x, [3 2 1]);
  h = hash("sha256", char(typecast(v(:)', "uint8")));
endfunction
while ischar(line = fgetl(stdin))
  files = strsplit(line, "\t");
  h = hash_of(dicomread(files{1})(:, :, 1));
  if numel(files) > 1
    h = [h "\t" hash_of(imread(files{2}))];
  endif
  printf("%s\n", h);
endwhile
"""

SYNTAXES = {"Explicit VR Little Endian", "Implicit VR Little Endian", "Explicit VR Big Endian", "RLE Lossless",
            "JPEG Lossless SV1 (14)", "JPEG Lossless (14)", "JPEG 2000 Lossless"}
# What Debian's dicomread (GDCM 3.0) does not read as it is stored; with colour it crashes altogether.
NOT_READ = {
    "objects/pr/overlay.dcm": "an overlay in the pixel data is an assertion that fails",
    "objects/seg/seg_image_sm_control_labelmap.dcm": "its SOP class is newer",
    "photometric/mono/mlut_18.dcm": "it extends the sign of 12 bits to 16, which the stored ones do not have",
}
PER_FOLDER = 3  # files of a folder and transfer syntax: they are much alike
BYTES_MAX = 2_000_000


def readable_by_octave():
    """Rows of the manifest: grey, of integers, without loss, one of each instance."""
    taken, seen = collections.Counter(), set()
    for row in manifest():
        identity = tuple(row[k] for k in ("patient_id", "study_uid", "series_uid", "sop_uid"))
        kind = (row["path"].rpartition("/")[0], row["transfer_syntax"])
        if (row["path"].startswith("bad/") or row["path"] in NOT_READ or not row["pixels_sha256_frame0"] or
                row["transfer_syntax"] not in SYNTAXES or not row["photometric"].startswith("MONOCHROME") or
                row["bits"].split("/")[0] not in ("8", "16", "32") or "float" in row["pixels_note"] or
                int(row["bytes"]) > BYTES_MAX or identity in seen or taken[kind] >= PER_FOLDER):
            continue
        seen.add(identity)
        taken[kind] += 1
        yield row


class Octave(MountTest):
    def setUp(self):
        if shutil.which("octave-cli") is None:
            self.skipTest("octave is not there")
        if "dicom" not in run("octave-cli", "--no-window-system", "--eval", "pkg list", check=False).stdout:
            self.skipTest("octave's dicom package is not there")
        super().setUp()

    def test_has_exactly_the_stored_pixel_values(self):
        rows = {row["sha256"]: row for row in readable_by_octave()}
        self.assertGreater(len(rows), 120)
        for n, row in enumerate(rows.values()):
            shutil.copyfile(SHARED / row["path"], self.mount.incoming(str(n)))
        lines, wanted = [], {}
        for dcm in self.mount.files():
            row = rows.pop(hashlib.sha256(dcm.read_bytes()).hexdigest())
            files, hashes, png = [str(dcm)], [row["pixels_sha256_frame0"]], dcm.with_suffix(".png")
            if png.exists():
                with Image.open(png) as image:
                    files.append(str(png))
                    hashes.append(hashlib.sha256(image.tobytes()).hexdigest())
            lines.append("\t".join(files))
            wanted[row["path"]] = hashes
        self.assertEqual({}, rows)  # all are stored
        pictures = sum(len(hashes) > 1 for hashes in wanted.values())
        self.assertGreater(pictures, 120)

        script = self.folder / "hashes.m"
        script.write_text(HASHES)
        said = run("octave-cli", "--no-window-system", "-q", script, input="\n".join(lines) + "\n", timeout=300)

        read = dict(zip(wanted, (line.split("\t") for line in said.stdout.splitlines())))
        self.assertEqual({}, {path: hashes for path, hashes in wanted.items() if read.get(path) != hashes})

    def test_reads_dcm_json_and_png(self):
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
