"""Ways to read a file that are harder on a file system than read(): mappings, sparse copies, many
files at once, folders with very many names."""
import json
import mmap
import os
import pathlib
import random
import unittest

import numpy

from mounted import BIN, MountTest, run, small, wait_until
from stored import Instances


class Readers(MountTest):
    def setUp(self):
        super().setUp()
        self.files = small(self.source, 4, size="128x128")
        run("cp", *self.files, self.mount.incoming())
        self.assert_stored(self.files)

    def everything(self):
        return [p for p in (self.mount.path / "patients").rglob("*") if p.is_file()]

    def test_a_mapping_has_the_bytes_of_every_kind_of_file(self):
        suffixes = set()
        for path in self.everything():
            suffixes.add(path.suffix)
            with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                # From its end: the pages come in no order.
                backwards = [mapped[at:at + 4096] for at in range(0, len(mapped), 4096)[::-1]]
                self.assertEqual(path.read_bytes(), b"".join(backwards[::-1]), path)
        self.assertEqual({".dcm", ".json", ".png", ".zip"}, suffixes)

    def test_private_mappings_can_be_written_and_shared_ones_cannot(self):
        path = self.mount.files()[0]
        before = path.read_bytes()
        with open(path, "rb") as f:
            with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
                mapped[:] = bytes(len(before))
            with self.assertRaises(PermissionError):
                mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_WRITE)
        self.assertEqual(before, path.read_bytes())

    def test_memmap_of_the_pixels(self):
        for path in self.mount.files():
            pixels = numpy.memmap(path, dtype="<i2", mode="r", offset=path.stat().st_size - 128 * 128 * 2,
                                  shape=(128, 128))
            source = next(f for f in self.files if f.read_bytes() == path.read_bytes())
            wanted = numpy.frombuffer(source.read_bytes()[-128 * 128 * 2:], "<i2").reshape(128, 128)
            self.assertTrue((pixels == wanted).all())
            self.assertGreater(wanted.std(), 0)

    def test_cp_sparse(self):
        for n, how in enumerate(("always", "auto", "never")):
            with self.subTest(how):
                out = self.folder / how
                run("cp", "-r", f"--sparse={how}", self.mount.path / "patients", out)
                for path in self.everything():
                    copy = out / path.relative_to(self.mount.path / "patients")
                    self.assertEqual(path.read_bytes(), copy.read_bytes(), path)
                into = self.mount.incoming(f"{n}.dcm")
                run("cp", f"--sparse={how}", self.files[0], into)
                self.assertEqual(self.files[0].read_bytes(), into.read_bytes())
        self.assert_stored(self.files)

    def test_a_file_with_holes_is_stored_with_zeros_in_them(self):
        content = self.files[0].read_bytes()
        head = content[:-128 * 128 * 2]
        # Another instance: the pixels are nothing but zeros.
        uid = os.getxattr(self.mount.files()[0], "user.dicom.SOPInstanceUID")
        (of_uid,) = [f for f in self.files if uid in f.read_bytes()]
        head = of_uid.read_bytes()[:-128 * 128 * 2].replace(uid, uid[:-1] + (b"1" if uid[-1:] != b"1" else b"2"))
        source = self.folder / "holes.dcm"
        with open(source, "wb") as f:
            f.write(head)
            f.truncate(len(content))
        run("cp", "--sparse=always", source, self.mount.incoming("holes.dcm"))
        self.assertIn(head + bytes(128 * 128 * 2), self.mount.stored_bytes())

    def test_reflink_is_refused_where_it_is_demanded(self):
        done = run("cp", "--reflink=always", self.mount.files()[0], self.folder / "clone", check=False)
        self.assertEqual(1, done.returncode)
        run("cp", "--reflink=auto", self.mount.files()[0], self.folder / "clone")
        self.assertIn((self.folder / "clone").read_bytes(), self.mount.stored_bytes())

    def test_seeking_data_finds_the_whole_file(self):
        for path in self.everything():
            with open(path, "rb") as f:
                size = path.stat().st_size
                self.assertEqual(0, os.lseek(f.fileno(), 0, os.SEEK_DATA))
                self.assertEqual(size, os.lseek(f.fileno(), 0, os.SEEK_HOLE))
                with self.assertRaises(OSError):
                    os.lseek(f.fileno(), size, os.SEEK_DATA)


class ManyOpenFiles(MountTest):
    COUNT = 200

    def open_blobs(self):
        """How many stored files the daemon holds open."""
        fds = pathlib.Path(f"/proc/{self.mount.process.pid}/fd")
        links = [os.readlink(fd) for fd in fds.iterdir() if fd.is_symlink()]
        return sum(link.startswith(str(self.mount.store / "blobs")) for link in links)

    def test_are_read_by_turns_and_let_go(self):
        files = small(self.source, self.COUNT // 2)
        run("cp", *files, self.mount.incoming())
        paths = self.mount.files() + self.mount.files(".png")
        self.assertEqual(self.COUNT, len(paths))
        # What is read first from a file, and by whom, must not matter.
        order = random.Random(1)
        wanted = {f.read_bytes() for f in files}
        opened = [open(p, "rb", buffering=0) for p in paths]
        try:
            contents = [bytearray(os.fstat(f.fileno()).st_size) for f in opened]
            parts = [(n, at) for n, c in enumerate(contents) for at in range(0, len(c), 700)]
            order.shuffle(parts)
            self.assertGreaterEqual(self.open_blobs(), self.COUNT // 2)
            for n, at in parts:
                part = os.pread(opened[n].fileno(), 700, at)
                contents[n][at:at + len(part)] = part
        finally:
            for f in opened:
                f.close()
        self.assertEqual(wanted, {bytes(c) for c in contents[:self.COUNT // 2]})
        for path, content in zip(paths, contents):
            self.assertEqual(path.read_bytes(), bytes(content), path)
        self.assertTrue(wait_until(lambda: self.open_blobs() == 0))

    def test_are_written_at_once(self):
        files = small(self.source, self.COUNT)
        contents = [f.read_bytes() for f in files]
        opened = [open(self.mount.incoming(f.name), "wb", buffering=0) for f in files]
        for part in (slice(None, 900), slice(900, None)):
            for f, content in zip(opened, contents):
                f.write(content[part])
        self.assertEqual([], self.mount.files())
        for f in opened:
            f.close()
        self.assertEqual(sorted(contents), self.mount.stored_bytes())


class LargeFolder(MountTest):
    def make_series(self, count):
        """Its folder; loaded in the fastest way there is."""
        folder = self.folder / "many"
        small(folder, count, size="2x2")
        run(BIN / "dcmfs-import", "--quiet", "--durability", "relaxed", self.mount.store, folder, timeout=120)
        (series,) = {p.parent for p in (self.mount.path / "patients").rglob("0001.dcm")}
        return series

    def test_ls_of_20000_names_shows_each_once(self):
        count = 7000
        series = self.make_series(count)
        wanted = {f"{n:04d}{suffix}" for n in range(1, count + 1) for suffix in (".dcm", ".json", ".png")}
        wanted.add("series.json")
        for options in ([], ["-f"], ["-l"], ["-laS"]):
            with self.subTest(options=options):
                lines = run("ls", *options, series).stdout.splitlines()
                names = [line.rsplit(" ", 1)[-1] for line in lines if not line.startswith("total")]
                names = [n for n in names if n not in (".", "..")]
                self.assertEqual(len(wanted), len(names))
                self.assertEqual(wanted, set(names))
        self.assertEqual(len(wanted), len(os.listdir(series)))
        out = run("bash", "-c", 'cd "$0" && printf "%s\\n" *.dcm | wc -l', series)
        self.assertEqual(count, int(out.stdout))

    def test_a_listing_goes_on_while_names_come(self):
        count = 1000
        series = self.make_series(count)
        with os.scandir(series) as entries:
            seen = [next(entries).name for _ in range(100)]
            more = small(self.folder / "more", 3, "--seed", "5")
            moved = self.folder / "moved.dcm"
            # Into this very series: its newest slice with another UID and number.
            last = (series / f"{count:04d}.dcm").read_bytes()
            uid = os.getxattr(series / f"{count:04d}.dcm", "user.dicom.SOPInstanceUID")
            moved.write_bytes(last.replace(uid, uid[:-1] + (b"1" if uid[-1:] != b"1" else b"2")))
            run("cp", *more, moved, self.mount.incoming())
            seen += [entry.name for entry in entries]
        self.assertEqual(len(seen), len(set(seen)))
        first = {f"{n:04d}{suffix}" for n in range(1, count + 1) for suffix in (".dcm", ".json", ".png")}
        self.assertEqual(set(), first - set(seen))
        self.assertEqual(3 * (count + 1) + 1, len(os.listdir(series)))


class WhileReplacing(MountTest):
    def test_a_name_always_leads_to_one_of_the_versions(self):
        """Of what another program stores the kernel is told a little later."""
        self.mount.stop()
        (self.mount.store / "dcmfs.json").write_text(json.dumps({"OverwriteInstances": "Always"}))
        self.mount.start()
        instances = Instances(self.folder / "like")
        path, = instances.write(self.source, [1])
        run("cp", path, self.mount.incoming())
        shown, = self.mount.files()
        for version in range(1, 40):
            instances.write(self.source, [1], version)
            run(BIN / "dcmfs-import", "-q", self.mount.store, path)
            shown.stat()
            self.assertIn(shown.read_bytes(), (instances.bytes(1, version - 1), instances.bytes(1, version)))
            json.loads(shown.with_suffix(".json").read_bytes())
            self.assertTrue(wait_until(lambda: shown.read_bytes() == path.read_bytes(), 1))


if __name__ == "__main__":
    unittest.main()
