"""The files of the project as git knows them."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ["store", "fs", "net", "rest", "tools"]


def tracked(*suffixes):
    """Paths below ROOT, those not committed yet included."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an unpacked archive of the sources
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    return [name for name in names
            if not name.startswith("build") and (ROOT / name).is_file() and name.endswith(suffixes or "")]
