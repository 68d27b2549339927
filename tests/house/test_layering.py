"""Who may include whom."""
import re
import unittest

from sources import ROOT, tracked

# Room -> which of our files it may include. The longest room that fits a file is its own.
MAY_INCLUDE = {
    "store/dicom": ["store/dicom/", "store/number.h", "store/result.h"],
    "store/image": ["store/image/", "store/dicom/", "store/number.h", "store/result.h"],
    "store/detail": ["store/"],
    "store": ["store/"],
    "fs": ["fs/", "store/"],
    "net": ["net/", "store/"],
    "rest": ["rest/", "store/"],
    "tools": ["tools/", "fs/", "net/", "rest/", "store/"],
    "tests": [""],
}
# Third-party header -> the files that may see it.
DOORS = {
    r"sqlite3\.h": r"store/detail/",
    r"dcmtk/": r"((store/dicom|store/image|net)/\w+\.cpp|net/dcmtk_(line|words)\.h)",
    r"(fuse|fuse3/)": r"fs/(ops\.h|session\.cpp)",
    r"(cpprest|pplx|boost)/": r"rest/http/(server\.cpp|client\.cpp|streams\.(h|cpp))",
    r"png\.h": r"store/image/png\.cpp",
    r"jpeglib\.h": r"store/image/jpeg\.cpp",
    r"openjpeg": r"store/image/(codec|encoder)_openjpeg\.cpp",
    r"archive(_entry)?\.h": r"store/archive\.cpp",
    r"utf8proc\.h": r"store/dicom/text\.cpp",
    r"json/": r"(rest|tools)/|store/dicom/(create|edit_request|json_reader|json_values)\.cpp",
    r"openssl/": r"(store|store/detail|net|rest/\w+|tools/\w+)/\w+\.cpp|store/dicom/uid_map\.cpp",
    r"CLI/": r"tools/(command_line|program|\w+/main)\.cpp",
    r"spdlog/": r"tools/",
    r"systemd/": r"tools/",
}


def includes():
    """(file, line number, "<" or '"', header) of every include."""
    for name in tracked(".h", ".cpp", ".inc"):
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if found:
                yield name, number, *found.groups()


def room_of(name):
    return max((room for room in MAY_INCLUDE if name.startswith(room + "/")), key=len, default=None)


class Layering(unittest.TestCase):
    def test_a_room_includes_only_what_it_may(self):
        bad = [f"{name}:{number}: {room_of(name)} may not include {header}"
               for name, number, kind, header in includes()
               if kind == '"' and not any(header.startswith(prefix) for prefix in MAY_INCLUDE[room_of(name)])]
        self.assertEqual([], bad)

    def test_the_details_of_the_store_are_private(self):
        bad = [f"{name}:{number}: {header}" for name, number, _, header in includes()
               if header.startswith("store/detail/") and not name.startswith(("store/", "tests/"))]
        self.assertEqual([], bad)

    def test_our_files_are_included_by_their_whole_name(self):
        bad = [f"{name}:{number}: {header}" for name, number, kind, header in includes()
               if kind == '"' and not (ROOT / header).is_file()]
        self.assertEqual([], bad)

    def test_third_party_headers_stay_behind_their_doors(self):
        bad = [f"{name}:{number}: <{header}> is for {door}"
               for name, number, kind, header in includes() if kind == "<" and not name.startswith("tests/")
               for pattern, door in DOORS.items()
               if re.match(pattern, header) and not re.match(door, name)
               # The generator of phantoms writes DICOM files by itself.
               and not (name.startswith("tools/phantom/") and header.startswith("dcmtk/"))]
        self.assertEqual([], bad)

    def test_headers_have_pragma_once(self):
        bad = [name for name in tracked(".h") if "#pragma once" not in (ROOT / name).read_text().splitlines()[:1]]
        self.assertEqual([], bad)


if __name__ == "__main__":
    unittest.main()
