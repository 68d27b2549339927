"""20,000 small instances of 1,000 studies, for searches and lists."""
import datetime

PATIENTS = 500  # of two studies of 20 instances each
FAMILIES = [first + second for first in ("SMITH", "BAKER", "MILLER", "TAYLOR", "COOPER", "FISHER", "MASON", "CARTER", "TURNER", "WRIGHT")
            for second in ("", "SON", "MAN", "FIELD", "WOOD")]
FIRST_DAY, DAYS = datetime.date(2018, 1, 1), 6 * 365


def instance(n, i):
    """Number i of study n: half of them in each of two series. The two studies of a patient are years apart."""
    patient, uid = n // 2, f"1.2.826.0.1.3680043.10.5432.{n + 1}"
    day = FIRST_DAY + datetime.timedelta(days=n * 7919 % DAYS)  # a prime: in no order
    series = i // 10 + 1
    return [("0008,0016", "UI", "1.2.840.10008.5.1.4.1.1.7"), ("0008,0018", "UI", f"{uid}.{series}.{i + 1}"),
            ("0008,0020", "DA", day.strftime("%Y%m%d")), ("0008,0030", "TM", "101112"), ("0008,0050", "SH", f"A{n:07}"),
            ("0008,0060", "CS", "OT"), ("0008,1030", "LO", "Chest"),
            ("0010,0010", "PN", f"{FAMILIES[patient % len(FAMILIES)]}^{patient:04}"), ("0010,0020", "LO", f"P{patient:06}"),
            ("0010,0030", "DA", "19700101"), ("0010,0040", "CS", "O"), ("0020,000d", "UI", uid),
            ("0020,000e", "UI", f"{uid}.{series}"), ("0020,0010", "SH", f"S{n}"), ("0020,0011", "IS", str(series)),
            ("0020,0013", "IS", str(i % 10 + 1))]


def write(folder):
    """All of them below `folder`, with any names; the paths."""
    import query_peers  # it looks for DCMFS_BIN
    folder.mkdir()
    files = []
    for n in range(PATIENTS * 2):
        for i in range(20):
            files.append(folder / f"{n}-{i}.dcm")
            files[-1].write_bytes(query_peers.dicom_file(*instance(n, i)))
    return files
