"""Presentation states as dcmfs shows them, against dcmp2pgm of DCMTK; other things that are asked of a picture, against Pillow."""
import io
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import unittest.mock

from rest_server import RestTest, ask
from mounted import SHARED
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

    # A value of 1 more or less: DCMTK rounds down where dcmfs rounds.
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
                    self.assertLessEqual(abs(ours - expected).max(), 1)
                    again, _ = self.picture(self.rendered(state))
                    self.assertTrue((numpy.asarray(again) == numpy.asarray(shown)).all())

    def test_those_of_a_state_with_three_tables(self):
        files = [SHARED / "objects/pr" / name for name in ("imageForPrLUTs.dcm", "prLUTs.dcm")]
        image, state = (pydicom.dcmread(file) for file in files)
        self.stow(*[file.read_bytes() for file in files])

        shown, _ = self.picture(self.wado(image, state))

        self.assertTrue((numpy.asarray(shown) == self.dcmp2pgm(files[0], state)).all())


def small_image(pixels, **attributes):
    """A secondary capture of 8 bits: grey, or of three channels."""
    pixels = numpy.asarray(pixels, "u1")
    made = item(SOPClassUID=pydicom.uid.SecondaryCaptureImageStorage, SOPInstanceUID=pydicom.uid.generate_uid(),
                StudyInstanceUID=pydicom.uid.generate_uid(), SeriesInstanceUID=pydicom.uid.generate_uid(),
                PatientName="DOE^JANE", PatientID="7", PatientBirthDate="19700131", PatientSex="F", StudyDate="20240102", StudyTime="030405",
                StudyID="1", AccessionNumber="", ReferringPhysicianName="", Modality="OT", SeriesNumber=3, InstanceNumber=4,
                SamplesPerPixel=pixels.ndim > 2 and 3 or 1, PhotometricInterpretation="RGB" if pixels.ndim > 2 else "MONOCHROME2",
                Rows=pixels.shape[0], Columns=pixels.shape[1], BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0)
    if pixels.ndim > 2:
        made.PlanarConfiguration = 0
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    made.add_new(0x7fe00010, "OB", pixels.tobytes() + b"\0" * (pixels.size % 2))
    made.is_little_endian, made.is_implicit_VR = True, False
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    return made


class Geometry(PictureTest):
    def setUp(self):
        super().setUp()
        self.pixels = numpy.arange(1, 12 * 20 + 1, dtype="u1").reshape(12, 20)
        self.image = small_image(self.pixels)
        self.stow(bytes_of(self.image))

    def shown(self, more="", **attributes):
        state = state_of(self.image, **attributes)
        self.stow(bytes_of(state))
        return numpy.asarray(self.picture(self.wado(self.image, state, more))[0])

    @staticmethod
    def area(left, top, right, bottom, mode="SCALE TO FIT", **more):
        return {"DisplayedAreaSelectionSequence": Sequence([item(
            DisplayedAreaTopLeftHandCorner=[left, top], DisplayedAreaBottomRightHandCorner=[right, bottom],
            PresentationSizeMode=mode, PresentationPixelAspectRatio=[1, 1], **more)])}

    def test_it_is_rotated_clockwise_and_then_flipped(self):
        for turn in range(4):
            for flip in ("N", "Y"):
                expected = numpy.rot90(self.pixels, -turn)
                expected = numpy.fliplr(expected) if flip == "Y" else expected
                with self.subTest(turn=turn, flip=flip):
                    self.assertEqual(expected.tolist(), self.shown(ImageRotation=90 * turn, ImageHorizontalFlip=flip).tolist())

    def test_the_displayed_area_is_a_part_or_more_than_the_image(self):
        self.assertEqual(self.pixels[1:5, 2:10].tolist(), self.shown(**self.area(3, 2, 10, 5)).tolist())
        # The corner that is at the top left when it is rotated is named first.
        self.assertEqual(numpy.rot90(self.pixels[1:5, 2:10], 2).tolist(), self.shown(ImageRotation=180, **self.area(10, 5, 3, 2)).tolist())
        around = numpy.pad(self.pixels, ((1, 2), (3, 4)))
        self.assertEqual(around.tolist(), self.shown(**self.area(-2, 0, 24, 14)).tolist())

    def test_its_size(self):
        self.assertEqual((24, 40), self.shown("&columns=40").shape)
        self.assertEqual((24, 40), self.shown("&columns=100&rows=24").shape)
        twice = self.area(1, 1, 20, 12, "MAGNIFY", PresentationPixelMagnificationRatio=2.0)
        self.assertEqual((24, 40), self.shown(**twice).shape)
        self.assertEqual((24, 10), self.shown("&columns=10", **twice).shape)
        self.assertEqual(self.pixels[:, :10].tolist(), self.shown("&region=0,0,0.5,1").tolist())
        # A region is one of what is shown, not of the image.
        self.assertEqual(self.pixels[6:, :][:, 10:15].tolist(), self.shown("&region=0,0,0.5,1", **self.area(11, 7, 20, 12)).tolist())

    def test_shutters_leave_open_what_is_inside_all_of_them(self):
        rectangle = {"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 3, "ShutterRightVerticalEdge": 10,
                     "ShutterUpperHorizontalEdge": 2, "ShutterLowerHorizontalEdge": 5, "ShutterPresentationValue": 65535}
        expected = numpy.full_like(self.pixels, 255)
        expected[1:5, 2:10] = self.pixels[1:5, 2:10]
        self.assertEqual(expected.tolist(), self.shown(**rectangle).tolist())

        rows, columns = numpy.mgrid[1:13, 1:21]
        round_ = {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [6, 9], "RadiusOfCircularShutter": 4}
        inside = (rows - 6) ** 2 + (columns - 9) ** 2 <= 16
        self.assertEqual(numpy.where(inside, self.pixels, 0).tolist(), self.shown(**round_).tolist())

        triangle = {"ShutterShape": ["CIRCULAR", "POLYGONAL"], "VerticesOfThePolygonalShutter": [1, 1, 12, 1, 1, 12],
                    "CenterOfCircularShutter": [6, 9], "RadiusOfCircularShutter": 4}
        below = rows + columns < 13
        shown = self.shown(**triangle)
        self.assertEqual(numpy.where(inside & below, self.pixels, 0)[rows + columns != 13].tolist(), shown[rows + columns != 13].tolist())

    def test_a_sigmoid(self):
        state = {"SoftcopyVOILUTSequence": window(100, 200, VOILUTFunction="SIGMOID")}
        expected = 255 / (1 + numpy.exp(-4 * (self.pixels.astype(float) - 100) / 200))
        self.assertLessEqual(abs(self.shown(**state) - expected).max(), 0.51)

    def test_only_items_of_this_image_are_applied(self):
        other = Sequence([item(ReferencedSOPClassUID=self.image.SOPClassUID, ReferencedSOPInstanceUID="1.2.3")])
        windows = [*window(1, 1, ReferencedImageSequence=other), *window(128, 256)]
        self.assertLessEqual(abs(self.shown(SoftcopyVOILUTSequence=Sequence(windows)).astype(int) - self.pixels).max(), 1)


class Asked(PictureTest):
    def test_what_is_wrong_with_a_presentation_state_is_said(self):
        image, other = small_image(numpy.zeros((8, 8))), small_image(numpy.ones((8, 8)))
        state = state_of(image)
        self.stow(bytes_of(image), bytes_of(state))
        other.StudyInstanceUID = image.StudyInstanceUID
        self.stow(bytes_of(other))
        for status, path in ((400, self.wado(other, state)),
                             (400, self.wado(image, state, "&windowCenter=1&windowWidth=2")),
                             (400, self.wado(image, more="&presentationUID=" + state.SOPInstanceUID)),
                             (400, self.wado(image, state).replace("image/png", "application/dicom")),
                             (404, self.wado(image, state) + "0"),
                             (406, self.wado(image, other)),
                             (404, self.rendered(state).replace("/rendered", "/frames/1/rendered"))):
            with self.subTest(path):
                self.assertEqual(status, ask(self.server.url + path)[0])

    def test_text_of_the_patient_and_the_technique(self):
        for background in (0, 255):
            image = small_image(numpy.full((256, 256), background), KVP="120", WindowCenter=128, WindowWidth=256)
            self.stow(bytes_of(image))
            corner = numpy.s_[:60, :80], numpy.s_[-60:, -80:]
            for query, drawn in (("?annotation=patient", (True, False)), ("?annotation=technique", (False, True)),
                                 ("?annotation=patient,technique", (True, True))):
                shown, headers = self.picture(self.rendered(image, query))
                pixels = numpy.asarray(shown)
                with self.subTest(query, background=background):
                    self.assertEqual(drawn, tuple((pixels[part] != background).any() for part in corner))
                    self.assertTrue((pixels < 50).any() and (pixels > 200).any())
                    self.assertIsNone(headers["Warning"])

    def test_profiles_of_colour(self):
        display = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        colours = numpy.random.default_rng(7).integers(0, 256, (16, 16, 3))
        with_profile, named, without = small_image(colours, ICCProfile=display), small_image(colours, ColorSpace="ADOBERGB"), small_image(colours)
        damaged = small_image(colours, ICCProfile=display[:200] + b"\xff" * 100)
        grey = small_image(numpy.zeros((4, 4)))
        self.stow(*[bytes_of(image) for image in (with_profile, named, without, damaged, grey)])
        for query, name in (("yes", "sRGB"), ("srgb", "sRGB"), ("adobergb", "Adobe RGB (1998)"), ("rommrgb", "ROMM RGB"), ("displayp3", "Display P3")):
            for accept in ("image/png", "image/jpeg"):
                shown, headers = self.picture(self.rendered(with_profile, "?quality=100&iccprofile=" + query), accept=accept)
                with self.subTest(query, accept=accept):
                    self.assertIsNone(headers["Warning"])
                    profile = ImageCms.ImageCmsProfile(io.BytesIO(shown.info["icc_profile"]))
                    self.assertIn(name, ImageCms.getProfileDescription(profile))
                    # Colours mean what they did: back in sRGB they are what they were, where nothing was out of reach.
                    if accept == "image/png":
                        back = ImageCms.profileToProfile(shown, profile, ImageCms.createProfile("sRGB"), renderingIntent=0)
                        self.assertLessEqual(abs(numpy.asarray(back).astype(int) - colours).mean(), 1)
                        self.assertEqual("sRGB" == name, (numpy.asarray(shown) == colours).all())
        shown, _ = self.picture(self.rendered(with_profile, "?iccprofile=no"))
        self.assertNotIn("icc_profile", shown.info)
        shown, _ = self.picture(self.rendered(named, "?iccprofile=yes"))
        self.assertIn("Adobe RGB", ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(shown.info["icc_profile"]))))
        for image in (without, damaged, grey):
            shown, headers = self.picture(self.rendered(image, "?iccprofile=srgb"))
            self.assertNotIn("icc_profile", shown.info)
            self.assertIn("iccprofile srgb", headers["Warning"])


class WithoutAFont(PictureTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as nothing:
            nothing.write("<?xml version='1.0'?><fontconfig></fontconfig>")
            nothing.flush()
            with unittest.mock.patch.dict(os.environ, FONTCONFIG_FILE=nothing.name):
                super().setUpClass()
            image = small_image(numpy.zeros((64, 64))) if pydicom else None
            cls.image = image
            # The fonts are looked for now, while the file is there.
            if image is not None:
                body, headers = stow_body([bytes_of(image)])
                ask(cls.server.url + "/dicom-web/studies", "POST", body, headers)
                ask(cls.server.url + cls.rendered(image, "?annotation=patient"))

    def test_the_picture_comes_with_a_warning(self):
        shown, headers = self.picture(self.rendered(self.image, "?annotation=patient,technique"))
        self.assertEqual((64, 64), shown.size)
        self.assertIn("annotation patient, annotation technique", headers["Warning"])

    def test_graphics_are_drawn_without_their_text(self):
        graphics = Sequence([item(GraphicLayer="A", GraphicObjectSequence=Sequence([item(
            GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2, GraphicData=[32.0, 32.0, 40.0, 32.0],
            GraphicType="CIRCLE", GraphicFilled="Y")]), TextObjectSequence=Sequence([item(
                AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[5.0, 60.0], AnchorPointVisibility="N", UnformattedTextValue="text")]))])
        state = state_of(self.image, GraphicAnnotationSequence=graphics)
        self.stow(bytes_of(state))
        pixels = numpy.asarray(self.picture(self.rendered(state))[0])
        self.assertEqual(255, pixels[32, 32])
        self.assertEqual(0, pixels[44:].max())


if __name__ == "__main__":
    unittest.main()
