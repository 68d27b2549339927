"""Packages of npm for tests, at versions that are pinned here; kept in the cache of who runs the tests."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

DICOMWEB_CLIENT = {"dicomweb-client": "0.11.3", "xhr2": "0.2.1"}
ORTHANC_CLIENT = {"orthanc-client": "0.10.5"}
PLAYWRIGHT = {"playwright-core": "1.65.1"}
OHIF = ("@ohif/app", "3.13.2")


def npm(*arguments, folder):
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise unittest.SkipTest("npm is not installed")
    try:
        done = subprocess.run(["npm", *arguments, "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, capture_output=True,
                              text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest("the registry of npm does not answer") from None
    if done.returncode != 0:
        raise unittest.SkipTest("the registry of npm cannot be reached: " + done.stderr.strip().splitlines()[0])


def cached(name, make):
    """A folder that make() has filled, once."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "dcmfs-tests"
    folder = cache / name
    if folder.is_dir():
        return folder
    fresh = cache / f"{name}.{os.getpid()}"
    fresh.mkdir(parents=True)
    try:
        make(fresh)
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():  # else somebody else was faster
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def modules(packages):
    """The node_modules with these."""
    wanted = [f"{name}@{version}" for name, version in sorted(packages.items())]
    name = "node-" + hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:16]
    return cached(name, lambda folder: npm("install", "--prefix", str(folder), *wanted, folder=folder)) / "node_modules"


def unpacked(name, version):
    """The files of a package, without those that it would be built with."""
    def make(folder):
        npm("pack", f"{name}@{version}", folder=folder)
        archive, = folder.glob("*.tgz")
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else files.extractall(folder)
        archive.unlink()
    return cached(f"{name.strip('@').replace('/', '-')}-{version}", make) / "package"
