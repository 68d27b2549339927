"""The sanitized builds compile several files of a library as one: their private names must differ."""
import collections
import re
import unittest

from sources import ROOT, tracked

# Folder of the sources -> the library or program that they become; the longest that fits counts.
LIBRARIES = {
    "store/dicom/": "dicom", "store/image/": "image", "store/": "store", "fs/": "fs", "net/": "net", "rest/": "rest",
    "tools/": "tools", "tests/store/dicom/": "dicom_tests", "tests/store/image/": "image_tests",
    "tests/store/": "store_tests", "tests/fs/": "fs_tests",
    "tests/net/": "net_tests", "tests/rest/": "rest_tests", "tests/tools/": "tools_tests", "tests/crash/": "crash_tests",
}
# UNITY_BUILD OFF
SEPARATE = ("tools/phantom/",)
PROGRAM = re.compile(r"tools/\w+/")

CONSTANT = re.compile(r"^(?:inline )?(?:constexpr|const) .*?\b(k[A-Z]\w*)[ ({\[=]")
TYPE = re.compile(r"^(?:struct|class|enum class|enum) (\w+)(?: final)?(?: :.*| \{.*|;)$")
DEFINITION = re.compile(r"^(?:struct|class|enum class|enum) (\w+)(?: final)?(?: : .*)? \{")
FUNCTION = re.compile(r"^(?!return|using|static_assert)[A-Za-z][\w:<>,&* ]* (\w+\([^()]*\)) (?:const |noexcept )?\{$")


def private_names(text):
    """(enclosing namespace, name) of what stands in anonymous namespaces; a function with its parameters."""
    outer, inside = "", False
    for line in text.splitlines():
        if line == "namespace {":
            inside = True
        elif line.startswith("}  // namespace"):
            inside = False
        elif found := re.match(r"namespace ([\w:]+) \{", line):
            outer = found[1]
        elif inside:
            for pattern in (CONSTANT, TYPE, FUNCTION):
                if found := pattern.match(line):
                    yield outer, found[1]


class Unity(unittest.TestCase):
    def test_private_names_of_a_library_differ(self):
        files = collections.defaultdict(list)
        for name in tracked(".cpp"):
            folder = max((f for f in LIBRARIES if name.startswith(f)), key=len, default=None)
            if folder is None or name.startswith(SEPARATE):
                continue
            program = PROGRAM.match(name)
            library = program[0] if program else LIBRARIES[folder]
            for found in private_names((ROOT / name).read_text()):
                files[library, *found].append(name)
        self.assertGreater(len(files), 500, "the patterns find what there is")
        twice = {name: where for name, where in files.items() if len(where) > 1}
        self.assertEqual({}, twice)

    def test_no_matcher_hides_a_type_of_ours(self):
        # testing::Key is written out: else dcmfs::Key would mean nothing in the files behind it.
        bad = [name for name in tracked(".cpp", ".h") if "using testing::Key;" in (ROOT / name).read_text()]
        self.assertEqual([], bad)

    def test_types_of_headers_differ(self):
        # Of two classes of one name the linker takes either's constructors for both.
        files = collections.defaultdict(list)
        for name in tracked(".h"):
            outer = ""
            for line in (ROOT / name).read_text().splitlines():
                if found := re.match(r"namespace ([\w:]+) \{", line):
                    outer = found[1]
                elif found := DEFINITION.match(line):
                    files[outer, found[1]].append(name)
        self.assertGreater(len(files), 300, "the pattern finds what there is")
        self.assertEqual({}, {name: where for name, where in files.items() if len(where) > 1})


if __name__ == "__main__":
    unittest.main()
