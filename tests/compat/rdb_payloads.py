"""Payloads of DUMP, built by hand: every encoding that a version of Redis up to 7.2 has written.

Elements are bytes; what spells an integer is packed as one, as Redis does.
"""
import struct

NO_COUNT = 0xffff

STRING, LIST, SET, ZSET, HASH, ZSET_2 = range(6)
HASH_ZIPMAP, LIST_ZIPLIST, SET_INTSET, ZSET_ZIPLIST, HASH_ZIPLIST, LIST_QUICKLIST, STREAM, HASH_LISTPACK, ZSET_LISTPACK, \
    LIST_QUICKLIST_2, STREAM_2, SET_LISTPACK, STREAM_3 = range(9, 22)


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x95ac9329ac4bc9b5 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def crc64(data):
    crc = 0
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >> 8)
    return crc


def seal(body, version=10):
    """A payload: the type and value with the version and the checksum behind them."""
    body += struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


def unseal(payload):
    return payload[:-10]


def length(n):
    if n < 64:
        return bytes([n])
    if n < 16384:
        return bytes([0x40 | n >> 8, n & 0xff])
    if n < 1 << 32:
        return b"\x80" + struct.pack(">I", n)
    return b"\x81" + struct.pack(">Q", n)


def string(text):
    return length(len(text)) + text


def integer_of(text):
    """The integer that a text spells canonically within 64 bits, or None."""
    try:
        value = int(text)
    except ValueError:
        return None
    fits = -(1 << 63) <= value < 1 << 63
    return value if fits and str(value).encode() == text else None


# ---- Listpacks.

def _back_length(n):
    limits = (127, 16382, 2097150, 268435454)
    size = next((i + 1 for i, limit in enumerate(limits) if n <= limit), 5)
    out = []
    for i in range(size):
        out.append((n & 127) | (128 if i < size - 1 else 0))
        n >>= 7
    return bytes(reversed(out))


def _listpack_head(text):
    value = integer_of(text)
    if value is not None:
        if 0 <= value <= 127:
            return bytes([value])
        if -4096 <= value < 4096:
            bits = value & 0x1fff
            return bytes([0xc0 | bits >> 8, bits & 0xff])
        for code, size in ((0xf1, 2), (0xf2, 3), (0xf3, 4), (0xf4, 8)):
            if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
                return bytes([code]) + value.to_bytes(size, "little", signed=True)
    if len(text) < 64:
        return bytes([0x80 | len(text)]) + text
    if len(text) < 4096:
        return bytes([0xe0 | len(text) >> 8, len(text) & 0xff]) + text
    return b"\xf0" + struct.pack("<I", len(text)) + text


def listpack(elements):
    body = b""
    for text in elements:
        head = _listpack_head(text)
        body += head + _back_length(len(head))
    count = min(len(elements), NO_COUNT)
    return struct.pack("<IH", len(body) + 7, count) + body + b"\xff"


# ---- Ziplists, intsets, zipmaps.

def _ziplist_head(text):
    value = integer_of(text) if len(text) < 32 else None
    if value is not None:
        if 0 <= value <= 12:
            return bytes([0xf1 + value])
        for code, size in ((0xfe, 1), (0xc0, 2), (0xf0, 3), (0xd0, 4), (0xe0, 8)):
            if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
                return bytes([code]) + value.to_bytes(size, "little", signed=True)
    if len(text) < 64:
        return bytes([len(text)]) + text
    if len(text) < 16384:
        return bytes([0x40 | len(text) >> 8, len(text) & 0xff]) + text
    return b"\x80" + struct.pack(">I", len(text)) + text


def ziplist(elements):
    body, last, previous = b"", 10, 0
    for text in elements:
        last = 10 + len(body)
        before = bytes([previous]) if previous < 254 else b"\xfe" + struct.pack("<I", previous)
        entry = before + _ziplist_head(text)
        body += entry
        previous = len(entry)
    count = min(len(elements), NO_COUNT)
    return struct.pack("<IIH", len(body) + 11, last, count) + body + b"\xff"


def intset(integers):
    integers = sorted(integers)
    width = next(w for w in (2, 4, 8) if all(-(1 << 8 * w - 1) <= i < 1 << 8 * w - 1 for i in integers))
    body = b"".join(i.to_bytes(width, "little", signed=True) for i in integers)
    return struct.pack("<II", width, len(integers)) + body


def zipmap(pairs, unused=0):
    def size(n):
        return bytes([n]) if n < 254 else b"\xfe" + struct.pack("<I", n)
    body = b""
    for field, value in pairs:
        body += size(len(field)) + field + size(len(value)) + bytes([unused]) + value + b"\0" * unused
    return bytes([min(len(pairs), 254)]) + body + b"\xff"


# ---- Whole values, each in every encoding that may hold it: pairs of a name and the value with its type.

def typed(kind, rest):
    return bytes([kind]) + rest


def _flat(pairs):
    return [text for pair in pairs for text in pair]


def text_double(score):
    if score in ("inf", "-inf"):
        return b"\xfe" if score == "inf" else b"\xff"
    return bytes([len(score)]) + score.encode()


def _chunks(elements, size=3):
    return [elements[i:i + size] for i in range(0, len(elements), size)]


def lists(elements):
    pieces = _chunks(elements)
    yield "list", typed(LIST, length(len(elements)) + b"".join(map(string, elements)))
    yield "ziplist", typed(LIST_ZIPLIST, string(ziplist(elements)))
    yield "quicklist", typed(LIST_QUICKLIST, length(len(pieces)) + b"".join(string(ziplist(p)) for p in pieces))
    yield "quicklist 2", typed(LIST_QUICKLIST_2, length(len(pieces)) + b"".join(
        length(2) + string(listpack(p)) if len(p) > 1 or not p[0] else length(1) + string(p[0]) for p in pieces))


def sets(members):
    yield "set", typed(SET, length(len(members)) + b"".join(map(string, members)))
    integers = [integer_of(member) for member in members]
    if None not in integers:
        yield "intset", typed(SET_INTSET, string(intset(integers)))


def sorted_sets(pairs):
    """`pairs` of members and scores as text, in order."""
    yield "zset", typed(ZSET, length(len(pairs)) + b"".join(string(m) + text_double(s) for m, s in pairs))
    yield "zset 2", typed(ZSET_2, length(len(pairs)) + b"".join(string(m) + struct.pack("<d", float(s)) for m, s in pairs))
    flat = _flat((member, score.encode()) for member, score in pairs)
    yield "ziplist", typed(ZSET_ZIPLIST, string(ziplist(flat)))
    yield "listpack", typed(ZSET_LISTPACK, string(listpack(flat)))


def hashes(pairs):
    yield "hash", typed(HASH, length(len(pairs)) + b"".join(map(string, _flat(pairs))))
    yield "zipmap", typed(HASH_ZIPMAP, string(zipmap(pairs, unused=len(pairs) % 3)))
    yield "ziplist", typed(HASH_ZIPLIST, string(ziplist(_flat(pairs))))
    yield "listpack", typed(HASH_LISTPACK, string(listpack(_flat(pairs))))


# ---- Streams.

class _Walk:
    """Steps over the parts of a value, and copies them."""

    def __init__(self, data):
        self.data, self.at, self.out = data, 0, b""

    def raw(self, count):
        taken = self.data[self.at:self.at + count]
        self.at += count
        return taken

    def number(self):
        """The length that is next."""
        first = self.data[self.at]
        if first < 64:
            return self._keep(1, first)
        if first < 128:
            return self._keep(2, (first & 63) << 8 | self.data[self.at + 1])
        size = 4 if first == 0x80 else 8
        return self._keep(1 + size, int.from_bytes(self.data[self.at + 1:self.at + 1 + size], "big"))

    def _keep(self, count, value):
        self.out += self.raw(count)
        return value

    def copy(self, count):
        self.out += self.raw(count)

    def text(self):
        first = self.data[self.at]
        if first >= 0xc0:
            if first == 0xc3:
                self.copy(1)
                size = self.number()
                self.number()
                self.copy(size)
            else:
                self.copy(1 + (1 << (first - 0xc0)))
            return
        self.copy(self.number())


def stream_without_active_times(body):
    """A stream of type 21 as Redis 7.0 knows it, type 19."""
    walk = _Walk(body[1:])
    for _ in range(walk.number()):
        walk.text()
        walk.text()
    for _ in range(8):
        walk.number()
    for _ in range(walk.number()):
        walk.text()
        for _ in range(3):
            walk.number()
        for _ in range(walk.number()):
            walk.copy(24)
            walk.number()
        for _ in range(walk.number()):
            walk.text()
            walk.copy(8)
            walk.raw(8)
            walk.copy(16 * walk.number())
    return bytes([STREAM_2]) + walk.out
