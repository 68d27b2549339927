"""Pictures and documents through a real mount, by the programs that show them."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import time
import unittest

from mounted import SHARED, MountTest, phantom, run, small, wait_until

PDFS = ("objects/pdf/encapsulated_pdf_instance.dcm", "objects/encapsulated/pdf_generated.dcm")


class Documents(MountTest):
    def setUp(self):
        super().setUp()
        if not SHARED.exists():
            self.skipTest("the shared test data is not there")
        run("cp", *[SHARED / p for p in PDFS], self.mount.incoming())

    def test_a_pdf_is_what_dcmtk_takes_out_of_the_instance(self):
        pdfs = self.mount.files(".pdf")
        self.assertEqual(len(PDFS), len(pdfs))
        for pdf in pdfs:
            with self.subTest(pdf.name):
                run("dcm2pdf", pdf.with_suffix(".dcm"), self.folder / "out.pdf")
                expected = (self.folder / "out.pdf").read_bytes()
                self.assertEqual(expected.rstrip(b"\0"), pdf.read_bytes().rstrip(b"\0"))
                self.assertEqual(b"%PDF", pdf.read_bytes()[:4])
                self.assertEqual(pdf.stat().st_size, len(pdf.read_bytes()))
                self.assertFalse(pdf.with_suffix(".png").exists())

    def test_a_pdf_is_copied_and_read_in_parts(self):
        pdf = self.mount.files(".pdf")[0]
        whole = pdf.read_bytes()
        run("cp", pdf, self.folder / "copy.pdf")
        self.assertEqual(whole, (self.folder / "copy.pdf").read_bytes())
        run("dd", f"if={pdf}", f"of={self.folder}/part", "bs=7", "skip=3", "count=20")
        self.assertEqual(whole[21:161], (self.folder / "part").read_bytes())

    def test_other_documents_have_none(self):
        for name in ("cda_generated.dcm", "stl_generated.dcm"):
            run("cp", SHARED / "objects/encapsulated" / name, self.mount.incoming())
        self.assertEqual(len(PDFS), len(self.mount.files(".pdf")))


class DocumentsHidden(MountTest):
    options = ("-o", "leaves=dcm")

    def test_with_leaves_dcm(self):
        if not SHARED.exists():
            self.skipTest("the shared test data is not there")
        run("cp", SHARED / PDFS[0], self.mount.incoming())
        self.assertEqual(1, len(self.mount.files(".dcm")))
        self.assertEqual([], self.mount.files(".pdf"))
        self.assertFalse(self.mount.files(".dcm")[0].with_suffix(".pdf").exists())


class Pictures(MountTest):
    def pngs(self):
        return self.mount.files(".png")

    def test_many_readers_at_once_see_the_same(self):
        run("cp", *small(self.source, 40), self.mount.incoming())
        first = {p: p.read_bytes() for p in self.pngs()}
        self.mount.stop()
        self.mount.start()

        def read(path):
            return path, path.read_bytes()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for path, content in pool.map(read, list(first) * 5):
                self.assertEqual(first[path], content, path)

    def test_two_hundred_pictures_open_at_once(self):
        run("cp", *small(self.source, 200), self.mount.incoming())
        files = [open(p, "rb") for p in self.pngs()]
        try:
            self.assertEqual(200, len(files))
            for f in reversed(files):
                self.assertEqual(os.fstat(f.fileno()).st_size, len(f.read()))
        finally:
            for f in files:
                f.close()

    def test_readers_that_are_killed_leave_a_mount_that_answers(self):
        slices = [p for p in phantom(self.source, "--only", "ct") if p.suffix == ".dcm"][:60]
        run("cp", *slices, self.mount.incoming())
        for _ in range(5):
            self.mount.stop()
            self.mount.start()
            readers = [subprocess.Popen(["cat", *self.pngs()[i::4]], stdout=subprocess.DEVNULL) for i in range(4)]
            time.sleep(0.02)  # somewhere in the middle of it
            for reader in readers:
                reader.kill()
                reader.wait()
            for png in self.pngs()[::10]:
                self.assertEqual(png.stat().st_size, len(png.read_bytes()))

    def test_what_nobody_reads_any_more_is_not_decoded(self):
        """After a reader is gone the daemon comes to rest, although most of the series was not read."""
        run("cp", *[p for p in phantom(self.source, "--only", "ct") if p.suffix == ".dcm"], self.mount.incoming())

        def seconds():
            fields = pathlib.Path(f"/proc/{self.mount.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        files = [open(p, "rb") for p in self.pngs()]
        for f in files:
            f.close()
        self.pngs()[0].read_bytes()

        def rests():
            before = seconds()
            time.sleep(0.2)
            return seconds() - before <= 0.02
        self.assertTrue(wait_until(rests))

    def test_frames_and_the_picture_of_the_instance(self):
        if not SHARED.exists():
            self.skipTest("the shared test data is not there")
        run("cp", SHARED / "objects/nm/NM-MONO2-16-13x-heart", self.mount.incoming())
        (dcm,) = self.mount.files()
        frames = sorted(dcm.with_suffix(".frames").iterdir())
        self.assertEqual(13, len(frames))
        self.assertEqual([f"{i:04}.png" for i in range(1, 14)], [f.name for f in frames])
        self.assertEqual(dcm.with_suffix(".png").read_bytes(), frames[6].read_bytes())
        self.assertEqual(1, json.loads(dcm.with_suffix(".json").read_text())["SamplesPerPixel"])


class WithoutAPicture(MountTest):
    def test_videos_and_objects_that_are_no_images(self):
        if not SHARED.exists():
            self.skipTest("the shared test data is not there")
        names = ("transfer_syntaxes/video/h264.dcm", "transfer_syntaxes/video/mpeg2.dcm",
                 "transfer_syntaxes/jpeg_xl/will-jxl.dcm", "objects/encapsulated/cda_generated.dcm",
                 "objects/encapsulated/stl_generated.dcm", "objects/palette_storage/pet.dcm", *PDFS)
        for name in names:
            run("cp", SHARED / name, self.mount.incoming())
        self.assertEqual(len(names), len(self.mount.files()))
        self.assertEqual([], self.mount.files(".png"))
        self.assertEqual([], [p for p in (self.mount.path / "patients").rglob("*.frames")])


if __name__ == "__main__":
    unittest.main()
