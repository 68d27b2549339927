"""Studies of patients that nobody has seen before: the phantom's images under names and UIDs of their own."""
import dataclasses
import hashlib
import itertools
import struct
import threading

from dimse import EXPLICIT, spans
from mounted import clip, small
from query_peers import element

# In whatever tells of a patient; no log may have it. The date is that of all births.
MARK, BIRTH = "QZX", "19230405"
SERIES = f"{MARK} series"
ROOT = "1.2.826.0.1.3680043.10.511"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def dataset_of(content):
    """The digest of what stands behind the File Meta Information, which who receives by C-STORE makes anew."""
    return sha256(content[144 + struct.unpack("<I", content[140:144])[0]:])


def public_id(*identifiers):
    """As Orthanc makes it."""
    text = hashlib.sha1("|".join(identifiers).encode()).hexdigest()
    return "-".join(text[at:at + 8] for at in range(0, 40, 8))


class Likeness:
    """A file of the phantom, ready to be told other values of."""

    def __init__(self, path):
        content = path.read_bytes()
        meta_end = 144 + struct.unpack("<I", content[140:144])[0]
        self.preamble, meta, data = content[:132], content[144:meta_end], content[meta_end:]
        self.meta = {tag: meta[begin:end] for tag, begin, _, end in spans(meta, EXPLICIT)}
        self.data = {tag: data[begin:end] for tag, begin, _, end in spans(data, EXPLICIT)}
        assert sum(map(len, self.data.values())) == len(data), f"{path}: a length is not told"

    def file(self, values):
        """`values`: pairs of VR and value by tag, as element() has them."""
        made = {tuple(int(part, 16) for part in tag.split(",")): element(tag, *value) for tag, value in values.items()}
        instance = element("0002,0003", *values["0008,0018"])
        meta = b"".join(part for _, part in sorted({**self.meta, (2, 3): instance}.items()))
        head = self.preamble + element("0002,0000", "UL", struct.pack("<I", len(meta))) + meta
        return head + b"".join(part for _, part in sorted({**self.data, **made}.items()))


@dataclasses.dataclass(eq=False)
class Scan:
    """An instance that is to be brought. Only its digests are kept."""
    study: "Study"
    series: str
    uid: str
    number: int
    whole: str = ""    # of the file, where that is not made by who receives it
    dataset: str = ""

    @property
    def id(self):
        return public_id(self.study.patient, self.study.uid, self.series, self.uid)


class Study:
    """What it is called, and its instances; content() makes the file of one, the same each time."""

    def __init__(self, likeness, kind, number, by, series, instances):
        self.likeness, self.kind, self.by = likeness, kind, by
        # Some patients have more than one study.
        self.patient = f"{MARK}ID-{by}-{number // 2}"
        self.name = f"{MARK}NAME^{by}{number // 2}"
        self.accession = f"{MARK}{number}"
        self.uid = f"{ROOT}.{kind.index}.{abs(hash_of(by))}.{number}"
        self.scans = [Scan(self, f"{self.uid}.{s}", f"{self.uid}.{s}.{n}", n)
                      for s in range(1, series + 1) for n in range(1, instances + 1)]
        self.users = 0      # who look at it now
        self.fate = ""      # for who finds that it is not as it should be
        self.labels = {}    # what is known of each: True, False, or None for either

    @property
    def id(self):
        return public_id(self.patient, self.uid)

    def content(self, scan):
        return self.likeness.file({
            "0008,0018": ("UI", scan.uid), "0008,0050": ("SH", self.accession),
            "0008,1030": ("LO", f"{MARK} study"), "0008,103e": ("LO", SERIES),
            "0010,0010": ("PN", self.name), "0010,0020": ("LO", self.patient), "0010,0030": ("DA", BIRTH),
            "0020,000d": ("UI", self.uid), "0020,000e": ("UI", scan.series), "0020,0010": ("SH", f"{MARK}{self.kind.index}"),
            "0020,0011": ("IS", scan.series.rpartition(".")[2]), "0020,0013": ("IS", str(scan.number))})

    def bring(self, scan):
        """The same, for who sends it as it is and notes what has to be there then."""
        made = self.content(scan)
        scan.whole, scan.dataset = sha256(made), dataset_of(made)
        return made

    def write(self, scans, folder):
        """Their files, under names of which the patient's is a part, as on many a CD."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for scan in scans:
            paths.append(folder / f"{self.name} {scan.series.rpartition('.')[2]}-{scan.number}")
            paths[-1].write_bytes(self.bring(scan))
        return paths


def hash_of(name):
    return int(hashlib.sha1(name.encode()).hexdigest()[:7], 16)


@dataclasses.dataclass(frozen=True)
class Kind:
    index: int
    size: str
    frames: int = 1


KINDS = {
    "thumbnail": Kind(1, "32x32"),
    "slice": Kind(2, "128x128"),
    "CT": Kind(3, "512x512"),
    "clip": Kind(4, "64x64", frames=12),
}


class Scans:
    """Makes studies. May be called by all threads."""

    def __init__(self, folder):
        folder.mkdir()
        self.likenesses = {}
        for name, kind in KINDS.items():
            path, = small(folder / name, 1, size=kind.size)
            self.likenesses[name] = Likeness(clip(path, kind.frames) if kind.frames > 1 else path)
        self.numbers, self.lock = itertools.count(1), threading.Lock()

    def study(self, by, kind, series, instances):
        with self.lock:
            number = next(self.numbers)
        return Study(self.likenesses[kind], KINDS[kind], number, by, series, instances)
