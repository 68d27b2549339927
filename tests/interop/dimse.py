"""A DICOM client that shows every answer, and what it sends: data sets as they stand in files."""
import dataclasses
import pathlib
import socket
import struct
import zlib

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT, DEFLATED, BIG = ("1.2.840.10008.1.2" + end for end in ("", ".1", ".1.99", ".2"))
CONTEXTS_MAX = 128
LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
UNDEFINED = 0xFFFFFFFF


def spans(data, syntax):
    """Tag, where the element begins, where its value does and where it ends: at the top of a data set, as far as lengths are told."""
    order = ">" if syntax == BIG else "<"
    at = 0
    while at + 8 <= len(data):
        tag = struct.unpack_from(order + "HH", data, at)
        if syntax == IMPLICIT:
            length, head = struct.unpack_from("<I", data, at + 4)[0], 8
        elif data[at + 4:at + 6] in LONG:
            length, head = struct.unpack_from(order + "I", data, at + 8)[0], 12
        else:
            length, head = struct.unpack_from(order + "H", data, at + 6)[0], 8
        if length == UNDEFINED:
            return
        yield tag, at, at + head, at + head + length
        at += head + length


def elements(data, syntax):
    """Pairs of tag and value."""
    for tag, _, begin, end in spans(data, syntax):
        yield tag, data[begin:end]


def uid(value):
    return value.rstrip(b"\0 ").decode("latin-1")


@dataclasses.dataclass
class File:
    """A part-10 file taken apart."""
    path: pathlib.Path
    sop_class: str
    sop_instance: str
    syntax: str
    dataset: bytes
    calling: str  # SourceApplicationEntityTitle

    @property
    def kind(self):
        return self.sop_class, self.syntax


def read_file(path):
    """None if it has no meta header, or not both SOP UIDs."""
    content = pathlib.Path(path).read_bytes()
    if content[128:132] != b"DICM":
        return None
    meta, end = {}, 132
    for (group, number), value in elements(content[132:], EXPLICIT):
        if group != 2:
            break
        meta[number] = value
        end += (12 if content[end + 4:end + 6] in LONG else 8) + len(value)
    syntax, dataset = uid(meta.get(0x0010, b"")), content[end:]
    plain = dataset
    if syntax == DEFLATED:
        plain = zlib.decompressobj(-15).decompress(dataset, 1 << 16)
    found = {}
    for tag, value in elements(plain, syntax):
        found[tag] = uid(value)
        if tag >= (8, 0x18):
            break
    if not syntax or not found.get((8, 0x16)) or not found.get((8, 0x18)):
        return None
    return File(pathlib.Path(path), found[8, 0x16], found[8, 0x18], syntax, dataset, uid(meta.get(0x0016, b"")))


class Ended(Exception):
    """The peer rejected or aborted the association, or is gone."""


class Association:
    """`kinds` are pairs of abstract and transfer syntax, at most CONTEXTS_MAX."""

    def __init__(self, port, kinds, called="DCMFS", calling="TESTER", timeout=60, wrap=lambda s: s):
        plain = socket.create_connection(("127.0.0.1", port), timeout)
        try:
            self.socket = wrap(plain)
            self._request(kinds, called, calling)
        except Exception:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _request(self, kinds, called, calling):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.messages = 0
        proposed = {2 * i + 1: kind for i, kind in enumerate(kinds)}
        items = b"".join(_item(0x20, bytes([number, 0, 0, 0]) + _item(0x30, abstract.encode()) +
                               _item(0x40, transfer.encode()))
                         for number, (abstract, transfer) in proposed.items())
        user = _item(0x50, _item(0x51, struct.pack(">I", 16384)) + _item(0x52, b"1.2.3"))
        self._send(1, struct.pack(">HH", 1, 0) + called.encode().ljust(16) + calling.encode().ljust(16) + bytes(32) +
                   _item(0x10, b"1.2.840.10008.3.1.1.1") + items + user)
        kind, body = self._receive()
        if kind != 2:
            raise Ended({3: "rejected", 7: "aborted"}.get(kind, f"PDU {kind}"))
        self.contexts, self.pdu_max, at = {}, 16384, 68
        while at + 4 <= len(body):
            length = struct.unpack_from(">H", body, at + 2)[0]
            if body[at] == 0x21 and body[at + 6] == 0:
                self.contexts[proposed[body[at + 4]]] = body[at + 4]
            if body[at] == 0x50 and body[at + 4] == 0x51:
                self.pdu_max = struct.unpack_from(">I", body, at + 8)[0] or 131072
            at += 4 + length

    def echo(self):
        context = next(number for (abstract, _), number in self.contexts.items() if abstract == VERIFICATION)
        self._command(context, [(0x0002, VERIFICATION), (0x0100, 0x30), (0x0110, self._next()), (0x0800, 0x0101)])
        return self._status()

    def store(self, file):
        """The status of a C-STORE of a File."""
        self._begin_store(file.sop_class, file.sop_instance, self.contexts[file.kind])
        self._data(self.contexts[file.kind], file.dataset)
        return self._status()

    def store_holes(self, head, zeros, sop_class, sop_instance, syntax=EXPLICIT):
        """The same of `head` and that many zeros behind it, which are nowhere."""
        context = self.contexts[sop_class, syntax]
        self._begin_store(sop_class, sop_instance, context)
        self._fragment(context, 0, head)
        room = self.pdu_max - 6
        piece = struct.pack(">BBIIBB", 4, 0, room + 6, room + 2, context, 0) + bytes(room)
        while zeros > room:
            self.socket.sendall(piece)
            zeros -= room
        self._fragment(context, 2, bytes(zeros))
        return self._status()

    def release(self):
        self._send(5, bytes(4))
        kind, _ = self._receive()
        self.close()
        if kind != 6:
            raise Ended(f"PDU {kind} for a release")

    def close(self):
        self.socket.close()

    def _next(self):
        self.messages = self.messages % 0xFFFF + 1
        return self.messages

    def _begin_store(self, sop_class, sop_instance, context):
        self._command(context, [(0x0002, sop_class), (0x0100, 1), (0x0110, self._next()), (0x0700, 0), (0x0800, 1),
                                (0x1000, sop_instance)])

    def _command(self, context, pairs):
        body = b"".join(_element(number, value) for number, value in pairs)
        self._fragment(context, 3, _element(0, struct.pack("<I", len(body))) + body)

    def _data(self, context, data):
        room = self.pdu_max - 6
        for at in range(0, max(len(data), 1), room):
            self._fragment(context, 2 if at + room >= len(data) else 0, data[at:at + room])

    def _fragment(self, context, control, data):
        self._send(4, struct.pack(">IBB", len(data) + 2, context, control) + data)

    def _status(self):
        kind, body = self._receive()
        if kind != 4:
            raise Ended({5: "released", 7: "aborted"}.get(kind, f"PDU {kind}"))
        for (_, number), value in elements(body[6:], IMPLICIT):
            if number == 0x0900:
                return struct.unpack("<H", value)[0]
        raise Ended("a response without a status")

    def _send(self, kind, body):
        self.socket.sendall(struct.pack(">BBI", kind, 0, len(body)) + body)

    def _receive(self):
        kind, _, length = struct.unpack(">BBI", self._exactly(6))
        return kind, self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                piece = self.socket.recv(count - len(data))
            except OSError as error:
                raise Ended(str(error)) from error
            if not piece:
                raise Ended("the connection ended")
            data += piece
        return data


def _item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def _element(number, value):
    if isinstance(value, int):
        value = struct.pack("<H", value)
    elif isinstance(value, str):
        value = value.encode()
        value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, number, len(value)) + value
