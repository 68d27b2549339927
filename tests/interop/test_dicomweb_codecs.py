"""What DICOMweb compresses on retrieval, decoded by DCMTK and GDCM: the same pixels."""
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from rest_server import RestTest, ask
from test_dicomweb import stow_body, url_of
from mounted import SHARED

try:
    import pydicom
except ImportError:
    pydicom = None

# Transfer syntax, frame's media type, and a program that decodes it: input, output.
CODECS = [
    ("1.2.840.10008.1.2.5", "image/dicom-rle", ["dcmdrle"]),
    ("1.2.840.10008.1.2.4.57", "image/jpeg", ["gdcmconv", "--raw"]),
    ("1.2.840.10008.1.2.4.70", "image/jpeg", ["dcmdjpeg", "--conv-never"]),
    ("1.2.840.10008.1.2.4.80", "image/jls", ["dcmdjpls"]),
    ("1.2.840.10008.1.2.4.90", "image/jp2", ["gdcmconv", "--raw"]),
]
FILES = [
    "transfer_syntaxes/small_mr/MR_small_RLE.dcm",
    "transfer_syntaxes/wg04_ct1/CT1_J2KR",
    "transfer_syntaxes/wg04_mr1/MR1_JLSL",
    "photometric/mono/CT-MONO2-16-ankle",
    "photometric/mono/gdcm-CT-MONO2-8-abdo.dcm",
    "photometric/sc_rgb/SC_rgb.dcm",
    "photometric/sc_rgb/SC_ybr_full_uncompressed.dcm",
    "synthetic/pixels/s16_10bit_high12.dcm",
]


def pixels(path):
    dataset = pydicom.dcmread(path)
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * int(dataset.get("NumberOfFrames", 1)) * dataset.BitsAllocated // 8
    return dataset, dataset.PixelData[:size]


def by_pixel(dataset, data):
    if dataset.SamplesPerPixel == 1 or dataset.PlanarConfiguration == 0:
        return data
    width = dataset.BitsAllocated // 8
    plane = dataset.Rows * dataset.Columns * width
    return b"".join(data[c * plane + i:c * plane + i + width] for i in range(0, plane, width) for c in range(3))


def values(dataset, data):
    """Of the bits that mean something, whatever stands above and below them in a word."""
    width = dataset.BitsAllocated // 8
    shift, mask = dataset.HighBit + 1 - dataset.BitsStored, (1 << dataset.BitsStored) - 1
    return [int.from_bytes(data[i:i + width], "little") >> shift & mask for i in range(0, len(data), width)]


@unittest.skipIf(pydicom is None, "pydicom is not installed")
class Codecs(RestTest):
    def test_others_decode_what_is_compressed_here(self):
        compared = 0
        with tempfile.TemporaryDirectory() as folder:
            for path in FILES:
                if not (SHARED / path).exists():
                    continue
                stored = pydicom.dcmread(SHARED / path, stop_before_pixels=True).file_meta.TransferSyntaxUID
                body, headers = stow_body([(SHARED / path).read_bytes()])
                status, _, answer = self.post("/dicom-web/studies", body, headers=headers)
                self.assertEqual(status, 200, answer)
                url = url_of(json.loads(answer))
                plain = Path(folder) / "plain.dcm"
                status, _, content = ask(url, headers={"Accept": "application/dicom"})
                self.assertEqual(status, 200, content)
                plain.write_bytes(content)
                expected = values(*(lambda d, p: (d, by_pixel(d, p)))(*pixels(plain)))
                for syntax, media_type, program in CODECS:
                    if shutil.which(program[0]) is None:
                        continue
                    with self.subTest(path=path, syntax=syntax):
                        status, headers, content = ask(url, headers={"Accept": f"application/dicom; transfer-syntax={syntax}"})
                        self.assertEqual(status, 200, content)
                        made, back = Path(folder) / "made.dcm", Path(folder) / "back.dcm"
                        made.write_bytes(content)
                        self.assertEqual(pydicom.dcmread(made).file_meta.TransferSyntaxUID, syntax)
                        run = subprocess.run([*program, made, back], capture_output=True, text=True)
                        self.assertEqual(run.returncode, 0, run.stderr)
                        dataset, data = pixels(back)
                        self.assertEqual(values(dataset, by_pixel(dataset, data)), expected)
                        status, headers, frame = ask(url + "/frames/1", headers={"Accept": f"{media_type}; transfer-syntax={syntax}"})
                        self.assertEqual((status, headers.get_content_type()), (200, media_type), frame)
                        if syntax != stored:  # as it came, in however many fragments
                            self.assertIn(frame.rstrip(b"\0"), content)
                        compared += 1
        self.assertGreater(compared, 25)


if __name__ == "__main__":
    unittest.main()
