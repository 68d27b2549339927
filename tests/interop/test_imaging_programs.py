"""dcm2niix, gdcminfo and ImageMagick read the tree as it is mounted."""
import json
import os
import pathlib
import re
import shutil
import sys
import unittest

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import SHARED, MountTest, manifest, need, run, small  # noqa: E402


def nifti(path):
    """The volume and its header's fields: the first 348 bytes, little endian."""
    content = pathlib.Path(path).read_bytes()
    dims = numpy.frombuffer(content, "<i2", 8, 40)
    types = {2: "<u1", 4: "<i2", 8: "<i4", 16: "<f4", 512: "<u2"}
    kind = types[int(numpy.frombuffer(content, "<i2", 1, 70)[0])]
    spacing = numpy.frombuffer(content, "<f4", 8, 76)
    offset, slope, inter = numpy.frombuffer(content, "<f4", 3, 108)
    shape = tuple(int(n) for n in dims[1:dims[0] + 1])
    values = numpy.frombuffer(content, kind, int(numpy.prod(shape)), int(offset)).reshape(shape, order="F")
    return values * (slope or 1) + inter, spacing[1:4]


class Dcm2niix(MountTest):
    """A CT series of the shared data; its values are compared with those in the files."""

    def setUp(self):
        need("dcm2niix")
        super().setUp()
        rows = [row for row in manifest() if row["path"].startswith("series/petct_sts_024/") and row["modality"] == "CT"]
        rows = [row for row in rows if row["series_uid"] == rows[0]["series_uid"]]
        self.assertGreater(len(rows), 10)
        run("cp", *[SHARED / row["path"] for row in rows], self.mount.incoming())

    def convert(self):
        (series,) = {p.parent for p in self.mount.files()}
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        said = run("dcm2niix", "-z", "n", "-f", "volume", "-o", out, series).stdout
        # Oblique or unevenly spaced series get a second, resampled volume: not this one.
        self.assertEqual(["volume.json", "volume.nii"], sorted(os.listdir(out)), said)
        return series, *nifti(out / "volume.nii")

    def test_of_a_series_with_all_its_files(self):
        series, volume, spacing = self.convert()
        slices = []
        for dcm in series.glob("*.dcm"):
            about, content = json.loads(dcm.with_suffix(".json").read_text()), dcm.read_bytes()
            rows, columns = about["Rows"], about["Columns"]
            begin = content.rindex(b"\xe0\x7f\x10\x00") + 8  # implicit VR: tag and length
            pixels = numpy.frombuffer(content[begin:begin + rows * columns * 2], "<i2").reshape(rows, columns)
            slices.append((about, pixels * float(about["RescaleSlope"]) + float(about["RescaleIntercept"])))
        slices.sort(key=lambda s: s[0]["ImagePositionPatient"][2])
        about = slices[0][0]
        wanted = numpy.stack([values for _, values in slices])
        # NIfTI counts rows upwards, DICOM downwards.
        numpy.testing.assert_array_equal(wanted.transpose(2, 1, 0)[:, ::-1, :], volume)
        numpy.testing.assert_allclose(spacing[:2], about["PixelSpacing"][::-1], rtol=1e-5)
        step = slices[1][0]["ImagePositionPatient"][2] - slices[0][0]["ImagePositionPatient"][2]
        self.assertAlmostEqual(abs(step), float(spacing[2]), places=3)

    def test_with_leaves_dcm_it_makes_the_same(self):
        _, volume, spacing = self.convert()
        self.mount.stop()
        self.mount.options = ("-o", "leaves=dcm")
        self.mount.start()
        series, again, spacing_again = self.convert()
        self.assertEqual({".dcm"}, {p.suffix for p in series.iterdir()})
        numpy.testing.assert_array_equal(volume, again)
        numpy.testing.assert_array_equal(spacing, spacing_again)


class Gdcminfo(MountTest):
    def test_tells_what_the_json_tells(self):
        need("gdcminfo")
        files = small(self.source, 2) + small(self.folder / "mr", 2, "--modality", "MR", "--seed", "3", size="48x40")
        run("cp", *files[:2], self.mount.incoming())
        run("cp", "-r", self.folder / "mr", self.mount.incoming())
        for dcm in self.mount.files():
            about = json.loads(dcm.with_suffix(".json").read_text())
            said = run("gdcminfo", dcm).stdout
            self.assertIn(f"Dimensions: ({about['Columns']},{about['Rows']},1)", said)
            self.assertIn(f"BitsAllocated      :{about['BitsAllocated']}", said)
            self.assertIn(f"PixelRepresentation:{about['PixelRepresentation']}", said)
            self.assertIn(f"PhotometricInterpretation: {about['PhotometricInterpretation']}", said)
            spacing = [float(x) for x in re.search(r"Spacing: \(([^)]*)\)", said).group(1).split(",")]
            self.assertEqual(about["PixelSpacing"], [spacing[1], spacing[0]])
        done = run("gdcminfo", self.mount.files()[0].with_suffix(".json"), check=False)
        self.assertNotEqual(0, done.returncode)


class ImageMagick(MountTest):
    def setUp(self):
        need("identify", "convert", "compare")
        super().setUp()
        manifest()  # skips without the shared data
        colour = SHARED / "photometric" / "sc_rgb" / "SC_rgb.dcm"
        run("cp", colour, *small(self.source, 2), self.mount.incoming())
        self.pictures = self.mount.files(".png")
        self.assertEqual(3, len(self.pictures))

    def test_identify_of_the_pictures(self):
        for png in self.pictures:
            with Image.open(png) as image:
                wanted = f"PNG {image.width} {image.height} {'Gray' if image.mode == 'L' else 'sRGB'} 8"
            self.assertEqual(wanted, run("identify", "-format", "%m %w %h %[colorspace] %z", png).stdout, png)

    def test_convert_has_the_values_that_pil_has(self):
        for png in self.pictures:
            with Image.open(png) as image:
                wanted, mode = image.tobytes(), {"L": "gray", "RGB": "rgb"}[image.mode]
            raw = self.folder / "raw"
            run("convert", png, "-depth", "8", f"{mode}:{raw}")
            self.assertEqual(wanted, raw.read_bytes(), png)

    def test_convert_of_dcm(self):
        # Debian's ImageMagick decodes .dcm with JPEG or JPEG 2000 in them, and hardly any others.
        for path in ("transfer_syntaxes/ctimage/CTImage_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm",
                     "objects/enhanced_mr/emri_small_jpeg_2k_lossless.dcm", "objects/op/sample-op.dcm"):
            source, before = SHARED / path, set(self.mount.files())
            run("cp", source, self.mount.incoming())
            (dcm,) = set(self.mount.files()) - before
            results = []
            for each in (source, dcm):
                raw = self.folder / "raw"
                run("convert", f"dcm:{each}[0]", "-depth", "16", f"rgb:{raw}")
                results.append(raw.read_bytes())
            self.assertGreater(len(results[0]), 64 * 64 * 2)
            self.assertEqual(results[0], results[1], path)

    def test_a_montage_of_a_folder(self):
        (series,) = {p.parent for p in self.pictures if " CT " in str(p)}
        out = self.folder / "montage.png"
        run("montage", *sorted(series.glob("*.png")), "-geometry", "32x32+0+0", "-tile", "2x1", out)
        with Image.open(out) as image:
            self.assertEqual((64, 32), image.size)

    def test_nothing_can_be_written_beside_a_picture(self):
        before = self.pictures[0].read_bytes()
        done = run("mogrify", "-negate", self.pictures[0], check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("unable to open image", done.stderr)  # its reason is that of another call
        self.assertEqual(before, self.pictures[0].read_bytes())


if __name__ == "__main__":
    unittest.main()
