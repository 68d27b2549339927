"""File managers on a screen that nobody sees: the pictures of a series as thumbnails in PCManFM and
in Thunar. What they showed is kept as FILEMANAGER.png in build/artefacts/."""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.parse

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))
from mounted import BIN, MountTest, need, phantom, run  # noqa: E402

ARTEFACTS = BIN.resolve().parent / "artefacts"
SLICES = (1, 13, 25, 37, 49)  # which do not look alike
SECONDS_MAX = 120  # until a file manager has shown all
TUMBLER = "org.freedesktop.thumbnails.Thumbnailer1"
# Thunar waits 25 s for the program that makes thumbnails, and then never asks again.
WAIT_FOR_TUMBLER = f"""
for attempt in 1 2 3; do
  gdbus wait --session --activate {TUMBLER} --timeout 30 {TUMBLER} && break
done
exec "$@"
"""


def grey(image):
    return numpy.asarray(image.convert("L"), dtype=float)


def place_of(picture, screen):
    """Where on the screen the picture is seen best, and how far its grey levels are off there (root
    mean square)."""
    height, width = picture.shape

    def sums(values, weights):  # of each window of the picture's size
        size = [n + m for n, m in zip(screen.shape, picture.shape)]
        spectrum = numpy.fft.rfft2(values, size) * numpy.conj(numpy.fft.rfft2(weights, size))
        return numpy.fft.irfft2(spectrum, size)[:screen.shape[0] - height + 1, :screen.shape[1] - width + 1]

    squares = sums(screen ** 2, numpy.ones_like(picture)) - 2 * sums(screen, picture) + (picture ** 2).sum()
    at = numpy.unravel_index(squares.argmin(), squares.shape)
    return at, max(0.0, squares[at] / picture.size) ** 0.5


class Screen:
    """An X server without a screen, and programs on it that know no other home than `home`."""

    def __init__(self, home):
        self.log = home / "log"
        for folder in ("run", ".config", ".cache"):
            (home / folder).mkdir(parents=True, mode=0o700)
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "640x480x24"],
                                       pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with open(read) as display:
            number = display.readline().strip()
        if not number:
            raise AssertionError("Xvfb did not start")
        self.environment = {
            **os.environ, "DISPLAY": f":{number}", "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache"), "LC_ALL": "C.UTF-8",
            # No daemons of the desktop beside the one that makes thumbnails.
            "GIO_USE_VFS": "local", "GIO_USE_VOLUME_MONITOR": "unix", "NO_AT_BRIDGE": "1",
            # Nor has it to look at all of GStreamer first, for thumbnails of films.
            "GST_PLUGIN_SYSTEM_PATH_1_0": "/nonexistent"}

    def start(self, *command):
        """In a D-Bus session of its own, where tumblerd is started when it is asked for."""
        with open(self.log, "a") as log:
            return subprocess.Popen(["dbus-run-session", "--", *[str(c) for c in command]], env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def end(self, program):
        os.killpg(program.pid, signal.SIGTERM)
        program.wait(30)

    def picture(self, file):
        run("import", "-window", "root", file, env=self.environment)
        with Image.open(file) as image:
            return grey(image)

    def close(self):
        self.server.terminate()
        self.server.wait(30)


class Thumbnails(MountTest):
    def setUp(self):
        need("Xvfb", "dbus-run-session", "import")
        super().setUp()
        files = phantom(self.source, "--only", "ct")
        series = max({f.parent for f in files}, key=lambda folder: len(list(folder.iterdir())))
        slices = sorted(series.iterdir())
        run("cp", *[slices[n - 1] for n in SLICES], self.mount.incoming())
        self.pictures = self.mount.files(".png")
        self.assertEqual(len(SLICES), len(self.pictures))
        (self.series,) = {p.parent for p in self.pictures}
        self.home = self.folder / "home"
        self.screen = Screen(self.home)
        self.addCleanup(self.screen.close)

    def cached(self, png):
        """The thumbnail as the desktop's specification has it."""
        name = hashlib.md5(("file://" + urllib.parse.quote(str(png), safe="/!$&'()*+,;=:@~")).encode()).hexdigest()
        return self.home / ".cache" / "thumbnails" / "normal" / f"{name}.png"

    def assert_shown(self, screen, size):
        """Every picture, each in a place of its own."""
        places = set()
        for png in self.pictures:
            with Image.open(png) as image:
                small = image.convert("L").resize((size, size), Image.LANCZOS)
            at, off = place_of(grey(small), screen)
            self.assertLess(off, 12, png.name)
            # That it is this one and no other: upside down it is nowhere.
            self.assertGreater(place_of(grey(small)[::-1], screen)[1], 2 * off + 5, png.name)
            places.add(tuple(int(x) for x in at))
        self.assertEqual(len(self.pictures), len(places))

    def show(self, name, size, *before):
        command = [*before, name]
        artefact = ARTEFACTS / f"{name}.png"
        artefact.parent.mkdir(parents=True, exist_ok=True)
        program = self.screen.start(*command, self.series)
        self.addCleanup(lambda: program.poll() is None and self.screen.end(program))
        end = time.monotonic() + SECONDS_MAX
        while True:
            try:
                self.assert_shown(self.screen.picture(artefact), size)
                break
            except AssertionError as e:
                if time.monotonic() > end or program.poll() is not None:
                    raise AssertionError(f"{e}\n{artefact}\n{self.screen.log.read_text()}") from None
        self.screen.end(program)
        print(f"screenshot: {artefact}", file=sys.stderr)

    def remount(self):
        self.mount.stop()
        self.mount.start()

    def test_pcmanfm(self):
        need("pcmanfm")
        self.show("pcmanfm", 48)
        self.remount()
        self.show("pcmanfm", 48)

    def test_thunar(self):
        need("thunar", "gdbus")
        if not pathlib.Path("/usr/share/dbus-1/services/org.xfce.Tumbler.Thumbnailer1.service").exists():
            self.skipTest("tumbler is not installed")
        self.show("thunar", 64, "sh", "-c", WAIT_FOR_TUMBLER, "sh")

        times = {}
        for png in self.pictures:
            with Image.open(png) as image, Image.open(self.cached(png)) as thumbnail:
                wanted = grey(image.resize(thumbnail.size, Image.LANCZOS))
                self.assertLess(numpy.abs(wanted - grey(thumbnail)).mean(), 4, png)
                self.assertEqual(int(png.stat().st_mtime), int(float(thumbnail.text["Thumb::MTime"])))
            times[png] = self.cached(png).stat().st_mtime_ns

        # They stay good: nothing is made again after a remount.
        self.remount()
        self.show("thunar", 64, "sh", "-c", WAIT_FOR_TUMBLER, "sh")
        self.assertEqual(times, {png: self.cached(png).stat().st_mtime_ns for png in times})


if __name__ == "__main__":
    unittest.main()
