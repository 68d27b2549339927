"""Every file of the shared test data through a real mount."""
import errno
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from mounted import SHARED, Mount, MountTest, manifest, run

NO_PICTURES = ("Video", "MPEG", "JPEG XL")


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class GoodFiles(MountTest):
    """One file of each SOPInstanceUID: files of one family are encodings of one instance."""

    def test_are_imported_byte_for_byte_and_shown_rightly(self):
        rows, seen = [], set()
        for row in manifest():
            identity = tuple(row[k] for k in ("patient_id", "study_uid", "series_uid", "sop_uid"))
            if row["path"].startswith("bad/") or identity in seen:
                continue
            seen.add(identity)
            rows.append(row)
        refused = []
        for row in rows:
            done = run("cp", SHARED / row["path"], self.mount.incoming(hashlib.md5(row["path"].encode()).hexdigest()),
                       check=False)
            if done.returncode != 0:
                refused.append(row["path"])
        wanted = {row["sha256"] for row in rows if row["path"] not in refused}
        # A DICOMDIR describes a medium; under its own name it would be ignored.
        self.assertEqual([], [path for path in refused if "DICOMDIR" not in path])
        stored = {}
        for path in self.mount.files():
            stored[sha256(path)] = path
        ignored = {line["Path"] for line in self.mount.report() if line["Result"] == "ignored"}
        self.assertEqual(set(), ignored)
        self.assertEqual(set(), wanted - set(stored))

        from PIL import Image
        decoded = 0
        for path in stored.values():
            text = path.with_suffix(".json").read_bytes()
            self.assertEqual(path.with_suffix(".json").stat().st_size, len(text))
            json.loads(text)
            png = path.with_suffix(".png")
            if png.exists():
                self.assertEqual(png.stat().st_size, len(png.read_bytes()), png)
                with Image.open(png) as image:
                    image.load()
                decoded += 1
        self.assertGreater(decoded, 700)

    def test_each_encoding_of_one_image_in_a_store_of_its_own(self):
        folders = ("ctimage", "wg04_ct1", "small_mr", "jpeg_ls", "htj2k")
        for row in manifest():
            if not row["path"].startswith(tuple(f"transfer_syntaxes/{f}/" for f in folders)):
                continue
            with self.subTest(path=row["path"]):
                run("rm", "-rf", self.folder / "one", self.folder / "one_mnt")
                mount = Mount(self.folder / "one", self.folder / "one_mnt").start()
                try:
                    run("cp", SHARED / row["path"], mount.incoming("x"))
                    (path,) = mount.files()
                    self.assertEqual(row["sha256"], sha256(path))
                    if not any(word in row["transfer_syntax"] for word in NO_PICTURES):
                        self.assertEqual(path.with_suffix(".png").stat().st_size,
                                         len(path.with_suffix(".png").read_bytes()))
                finally:
                    mount.stop()


class BadFiles(MountTest):
    def test_each_gets_a_clean_answer_and_harms_nothing(self):
        clean = {errno.EINVAL, errno.EEXIST, errno.EFBIG, errno.EOPNOTSUPP}
        for row in manifest():
            if not row["path"].startswith("bad/"):
                continue
            with self.subTest(path=row["path"]):
                source = SHARED / row["path"]
                answers = []
                for attempt in ("a", "b"):
                    name = attempt + hashlib.md5(row["path"].encode()).hexdigest()
                    try:
                        shutil.copyfile(source, self.mount.incoming(name))
                        answers.append(0)
                    except OSError as e:
                        answers.append(e.errno)
                self.assertTrue(answers[0] == 0 or answers[0] in clean, answers)
                # The same answer, unless the first attempt is what is in the way of the second.
                self.assertEqual(answers[0], answers[1])
        self.assertIsNone(self.mount.process.poll())
        for folder, _, names in os.walk(self.mount.path / "patients"):
            for name in names:
                path = pathlib.Path(folder, name)
                size = path.stat().st_size
                try:
                    self.assertEqual(size, len(path.read_bytes()), path)
                except OSError as e:  # pixels that turned out to be broken when they were decoded
                    self.assertEqual((errno.EIO, ".png"), (e.errno, path.suffix))
        listing = subprocess.run(["ls", "-lR", self.mount.path], capture_output=True)
        self.assertEqual(0, listing.returncode, listing.stderr)


if __name__ == "__main__":
    unittest.main()
