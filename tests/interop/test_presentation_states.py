"""Presentation states as dcmfs shows them, against dcmp2pgm of DCMTK; other things that are asked of a picture, against Pillow."""
import io
import json
import shutil
import struct
import subprocess
import unittest

from mounted import SHARED, manifest
from rest_server import RestTest, ask
from test_dicomweb import stow_body

try:
    import numpy
    import pydicom
    from PIL import Image, ImageCms
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.sequence import Sequence
except ImportError:
    pydicom = None

GRAYSCALE_STATE, COLOR_STATE = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"
IMAGES = ["series/petct_sts_024/ct/000027.dcm", "series/mr_abdomen/adb1_1.dcm", "objects/dx/dx_image.dcm",
          "objects/pr/imageForPrLUTs.dcm"]


def item(**attributes):
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def lut(values, first=0, bits=16):
    made = item(LUTDescriptor=[len(values) % 65536, first, bits])
    made.add_new(0x00283006, "OW", struct.pack(f"<{len(values)}H", *values))
    return made


def state_of(image, sop_class=GRAYSCALE_STATE, **attributes):
    made = Dataset()
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
                    "StudyID", "AccessionNumber", "ReferringPhysicianName"):
        setattr(made, keyword, image.get(keyword, ""))
    made.SOPClassUID, made.SOPInstanceUID = sop_class, pydicom.uid.generate_uid()
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = pydicom.uid.generate_uid(), 77, 1
    made.Modality, made.Manufacturer = "PR", "test"
    made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "TEST", "", "A^B"
    made.PresentationCreationDate, made.PresentationCreationTime = "20240101", "120000"
    made.ReferencedSeriesSequence = Sequence([item(
        SeriesInstanceUID=image.SeriesInstanceUID,
        ReferencedImageSequence=Sequence([item(ReferencedSOPClassUID=image.SOPClassUID,
                                               ReferencedSOPInstanceUID=image.SOPInstanceUID)]))])
    made.DisplayedAreaSelectionSequence = Sequence([item(
        DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=[image.Columns, image.Rows],
        PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1])])
    made.PresentationLUTShape = "IDENTITY"
    for keyword, value in attributes.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    made.is_little_endian, made.is_implicit_VR = True, False
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = sop_class, made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return made


def window(center, width, **attributes):
    return Sequence([item(WindowCenter=center, WindowWidth=width, **attributes)])


# What each says of grey values, for every image.
def grey_states():
    ramp = [n * 257 for n in range(256)]
    return {
        "nothing": {},
        "a window": {"SoftcopyVOILUTSequence": window(200, 300)},
        "a window of rescaled values": {"RescaleSlope": 2, "RescaleIntercept": -100, "RescaleType": "US",
                                        "SoftcopyVOILUTSequence": window(40, 350)},
        "the other way round": {"SoftcopyVOILUTSequence": window(100, 200), "PresentationLUTShape": "INVERSE"},
        "a sigmoid": {"SoftcopyVOILUTSequence": window(100, 200, VOILUTFunction="SIGMOID")},
        "a table": {"SoftcopyVOILUTSequence": Sequence([item(VOILUTSequence=Sequence([lut(ramp)]))])},
        "a table for presentation": {"SoftcopyVOILUTSequence": window(100, 200), "PresentationLUTShape": None,
                                     "PresentationLUTSequence": Sequence([lut([65535 - v // 2 for v in ramp])])},
    }


def bytes_of(dataset):
    written = io.BytesIO()
    dataset.save_as(written, write_like_original=False)
    return written.getvalue()


class PictureTest(RestTest):
    def setUp(self):
        if pydicom is None:
            self.skipTest("pydicom, numpy and Pillow are not installed")
        super().setUp()

    def stow(self, *contents):
        body, headers = stow_body(contents)
        status, _, said = self.post("/dicom-web/studies", body, headers=headers)
        self.assertEqual(200, status, said)

    def picture(self, path, status=200, accept="image/png"):
        said, headers, body = ask(self.server.url + path, headers={"Accept": accept})
        self.assertEqual(status, said, body[:200])
        return Image.open(io.BytesIO(body)), headers

    @staticmethod
    def wado(image, state=None, more=""):
        path = (f"/wado?requestType=WADO&studyUID={image.StudyInstanceUID}&seriesUID={image.SeriesInstanceUID}"
                f"&objectUID={image.SOPInstanceUID}&contentType=image/png{more}")
        if state is not None:
            path += f"&presentationUID={state.SOPInstanceUID}&presentationSeriesUID={state.SeriesInstanceUID}"
        return path

    @staticmethod
    def rendered(dataset, query=""):
        return (f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
                f"/instances/{dataset.SOPInstanceUID}/rendered{query}")


class GreyValues(PictureTest):
    def setUp(self):
        if not shutil.which("dcmp2pgm"):
            self.skipTest("dcmp2pgm is not installed")
        if not SHARED.is_dir():
            self.skipTest("the shared data is not there")
        super().setUp()

    def dcmp2pgm(self, image, state):
        (self.folder / "pr.dcm").write_bytes(bytes_of(state))
        subprocess.run(["dcmp2pgm", "-q", "-p", self.folder / "pr.dcm", image, self.folder / "out.pgm"], check=True,
                       capture_output=True, timeout=60)
        return numpy.asarray(Image.open(self.folder / "out.pgm")).astype(int)

    def test_they_are_those_of_dcmtk(self):
        for path in IMAGES:
            content = (SHARED / path).read_bytes()
            image = pydicom.dcmread(io.BytesIO(content))
            self.stow(content)
            for name, attributes in grey_states().items():
                with self.subTest(image=path, state=name):
                    state = state_of(image, **attributes)
                    self.stow(bytes_of(state))
                    shown, _ = self.picture(self.wado(image, state))
                    expected = self.dcmp2pgm(SHARED / path, state)
                    ours = numpy.asarray(shown).astype(int)
                    self.assertEqual(expected.shape, ours.shape)
                    # DCMTK rounds down, and puts 256 entries and more of precision between the steps.
                    self.assertLessEqual(abs(ours - expected).max(), 1)
                    again, _ = self.picture(self.rendered(state))
                    self.assertTrue((numpy.asarray(again) == numpy.asarray(shown)).all())

    def test_states_of_others(self):
        for image_path, state_path in (("objects/pr/imageForPrLUTs.dcm", "objects/pr/prLUTs.dcm"),):
            image, state = (pydicom.dcmread(SHARED / p) for p in (image_path, state_path))
            self.stow((SHARED / image_path).read_bytes(), (SHARED / state_path).read_bytes())
            shown, _ = self.picture(self.wado(image, state))
            self.assertTrue((numpy.asarray(shown) == self.dcmp2pgm(SHARED / image_path, state)).all())


if __name__ == "__main__":
    unittest.main()
