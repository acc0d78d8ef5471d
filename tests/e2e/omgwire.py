# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of omg and omg-fast, once more: a codec of its own (it shares nothing with omgd's)
and a client.

Values are what JSON holds: {"Search": {"id": 7, "query": "vim", "limit": None}}. A body is the
bitcode 0.6.9 (serde) form of one value: columns, one for each path of the type that the value
touches, in the order of first touch.
"""

import socket
import struct

SMALL_LENGTH = 255  # of a text or list: longer ones stand elsewhere
MAX_TOTAL = (2 ** 63 - 1) // 4096

# header: (radix, items in a byte, whether a base follows)
PACKINGS = {0: (256, 1, False), 1: (16, 2, True), 2: (16, 2, False), 3: (6, 3, True),
            4: (6, 3, False), 5: (4, 4, True), 6: (4, 4, False), 7: (3, 5, True),
            8: (3, 5, False), 9: (2, 8, True), 10: (2, 8, False)}
HEADERS = {(radix, based): header for header, (radix, _, based) in PACKINGS.items()}
PER_BYTE = {radix: per_byte for radix, per_byte, _ in PACKINGS.values()}


class Malformed(Exception):
    """A body that is none."""


# ---------------------------------------------------------------------------------------------
# Packing of columns


def radix_of(most):
    for radix in (2, 3, 4, 6, 16):
        if most < radix:
            return radix
    return 256


def pack_bytes(items):
    if len(items) <= 2:
        return bytes(items)
    low, high = min(items), max(items)
    radix, base = radix_of(high), None
    if radix_of(high - low) < radix and len(items) >= 6:
        radix, base = radix_of(high - low), low
    out = bytearray([HEADERS[radix, base is not None]])
    if base is not None:
        out.append(base)
        items = [item - base for item in items]
    per_byte = PER_BYTE[radix]
    for at in range(0, len(items), per_byte):
        byte = 0
        for digit in reversed(items[at:at + per_byte]):
            byte = byte * radix + digit
        out.append(byte)
    return bytes(out)


def width_of(number, most):
    for width in (1, 2, 4):
        if number < 1 << 8 * width:
            return width
    return most


def int_header(size, width, based):
    """8 bytes a number is 0, 4 is 2, 2 is 4, 1 is 6; of 32 bit numbers 4 is 0. One less: a base."""
    return 2 * (width.bit_length() - size.bit_length()) - based


def pack_ints(items, width):
    """items may be negative: then no number is narrowed."""
    if not items:
        return b""
    low, high = min(items), max(items)
    size = width if low < 0 else width_of(high, width)
    shifted = width_of((high - low) % (1 << 8 * width), width)
    based = shifted < size and len(items) >= 6
    if based:
        size = shifted
    modulus = 1 << 8 * width
    out = bytes([int_header(size, width, based)])
    if based:
        out += (low % modulus).to_bytes(width, "little")
        items = [item - low for item in items]
    items = [item % modulus for item in items]
    if size == 1:
        return out + pack_bytes(items)
    return out + b"".join(item.to_bytes(size, "little") for item in items)


def pack_lengths(lengths):
    return (pack_bytes([min(length, SMALL_LENGTH) for length in lengths]) +
            pack_ints([length for length in lengths if length >= SMALL_LENGTH], 8))


def pack_texts(texts):
    data = [text.encode() for text in texts]
    return pack_lengths([len(piece) for piece in data]) + b"".join(data)


class Reader:
    """Takes whole columns off a body."""

    def __init__(self, body):
        self.body = body
        self.at = 0

    def take(self, size):
        if size > len(self.body) - self.at:
            raise Malformed("%d bytes are wanted at %d of %d" % (size, self.at, len(self.body)))
        self.at += size
        return self.body[self.at - size:self.at]

    def bytes(self, n):
        if n <= 2:
            return list(self.take(n))
        header = self.take(1)[0]
        if header not in PACKINGS:
            raise Malformed("header %d of a column of bytes" % header)
        radix, per_byte, based = PACKINGS[header]
        base = self.take(1)[0] if based else 0
        data = self.take((n + per_byte - 1) // per_byte)
        if radix == 256:
            return list(data)
        items = []
        for byte in data:
            for _ in range(min(per_byte, n - len(items))):
                items.append((byte % radix + base) % 256)
                byte //= radix
        return items

    def ints(self, n, width):
        if n == 0:
            return []
        header = self.take(1)[0]
        if header > (6 if width == 8 else 4):
            raise Malformed("header %d of a column of numbers" % header)
        base = int.from_bytes(self.take(width), "little") if header % 2 else 0
        size = width >> (header + 1) // 2
        if size == 1:
            items = self.bytes(n)
        else:
            data = self.take(n * size)
            items = [int.from_bytes(data[at:at + size], "little")
                     for at in range(0, n * size, size)]
        return [(item + base) % (1 << 8 * width) for item in items]

    def lengths(self, n):
        lengths = self.bytes(n)
        large = iter(self.ints(lengths.count(SMALL_LENGTH), 8))
        lengths = [next(large) if length == SMALL_LENGTH else length for length in lengths]
        if sum(lengths) >= MAX_TOTAL:
            raise Malformed("lengths of %d in all" % sum(lengths))
        return lengths

    def texts(self, n):
        lengths = self.lengths(n)
        data = self.take(sum(lengths))
        texts, at = [], 0
        for length in lengths:
            try:
                texts.append(data[at:at + length].decode("utf-8"))
            except UnicodeDecodeError as error:
                raise Malformed(str(error)) from None
            at += length
        return texts


# ---------------------------------------------------------------------------------------------
# Types. A type walks a value, or makes one; where is the node of its path, which holds its column.


class Node:
    """A path of the value: its column, and the paths below it."""

    def __init__(self):
        self.kind = None    # of the column, once touched
        self.items = None
        self.next = 0
        self.below = {}

    def child(self, key):
        if key not in self.below:
            self.below[key] = Node()
        return self.below[key]


class Writing:
    def __init__(self):
        self.order = []

    def put(self, node, kind, item):
        if node.items is None:
            node.kind, node.items = kind, []
            self.order.append(node)
        node.items.append(item)

    def body(self):
        return b"".join(node.kind(node.items) for node in self.order)


def take(node, read, n):
    """The next item of the column, which is read whole when its first item is wanted."""
    if node.items is None:
        node.items = read(n)
    node.next += 1
    return node.items[node.next - 1]


class Number:
    def __init__(self, width, signed):
        self.width = width
        self.signed = signed

    def write(self, writing, node, value):
        writing.put(node, self.pack, value)

    def pack(self, items):
        return pack_ints(items, self.width)

    def read(self, reader, node, n):
        value = take(node, lambda n: reader.ints(n, self.width), n)
        if self.signed and value >> (8 * self.width - 1):
            value -= 1 << 8 * self.width
        return value


class Text:
    def write(self, writing, node, value):
        writing.put(node, pack_texts, value)

    def read(self, reader, node, n):
        return take(node, reader.texts, n)


class List:
    def __init__(self, element):
        self.element = element

    def write(self, writing, node, value):
        writing.put(node, pack_lengths, len(value))
        for item in value:
            self.element.write(writing, node.child("element"), item)

    def read(self, reader, node, n):
        length = take(node, reader.lengths, n)
        total = sum(node.items)
        return [self.element.read(reader, node.child("element"), total) for _ in range(length)]


class Option:
    def __init__(self, some):
        self.some = some

    def write(self, writing, node, value):
        writing.put(node, pack_bytes, 0 if value is None else 1)
        if value is not None:
            self.some.write(writing, node.child("some"), value)

    def read(self, reader, node, n):
        tag = take(node, reader.bytes, n)
        if max(node.items) > 1:
            raise Malformed("tag %d of an option" % max(node.items))
        if tag == 0:
            return None
        return self.some.read(reader, node.child("some"), node.items.count(1))


class Record:
    def __init__(self, **fields):
        self.fields = fields

    def write(self, writing, node, value):
        if set(value) != set(self.fields):
            raise ValueError("fields %r instead of %r" % (sorted(value), sorted(self.fields)))
        for name, kind in self.fields.items():
            kind.write(writing, node.child(name), value[name])

    def read(self, reader, node, n):
        return {name: kind.read(reader, node.child(name), n)
                for name, kind in self.fields.items()}


class Tuple:
    def __init__(self, *kinds):
        self.kinds = kinds

    def write(self, writing, node, value):
        for index, kind in enumerate(self.kinds):
            kind.write(writing, node.child(index), value[index])

    def read(self, reader, node, n):
        return [kind.read(reader, node.child(index), n) for index, kind in enumerate(self.kinds)]


class Choice:
    """An enum: {"Variant": payload}."""

    def __init__(self):
        self.variants = []

    def of(self, **variants):
        self.variants = list(variants.items())
        return self

    def write(self, writing, node, value):
        (name, payload), = value.items()
        tag = [known for known, _ in self.variants].index(name)
        writing.put(node, pack_bytes, tag)
        self.variants[tag][1].write(writing, node.child(tag), payload)

    def read(self, reader, node, n):
        tag = take(node, reader.bytes, n)
        if max(node.items) >= len(self.variants):
            raise Malformed("tag %d of an enum" % max(node.items))
        name, kind = self.variants[tag]
        if node.next == 1:
            node.counts = [node.items.count(v) for v in range(len(self.variants))]
        return {name: kind.read(reader, node.child(tag), node.counts[tag])}


U64, I64, I32, TEXT = Number(8, False), Number(8, True), Number(4, True), Text()
QUERY = Record(id=U64, query=TEXT, limit=Option(U64))
ALONE = Record(id=U64)
PACKAGE = Record(name=TEXT, version=TEXT, description=TEXT, source=TEXT)
VULNERABILITY = Record(id=TEXT, summary=TEXT, score=Option(TEXT))

REQUEST = Choice()
REQUEST.of(Search=QUERY, Info=Record(id=U64, package=TEXT), Status=ALONE, Explicit=ALONE,
           ExplicitCount=ALONE, SecurityAudit=ALONE, Ping=ALONE, CacheStats=ALONE,
           CacheClear=ALONE, Metrics=ALONE, Suggest=QUERY,
           Batch=Record(id=U64, requests=List(REQUEST)), DebianSearch=QUERY)

RESPONSE = Choice()
RESULT = Choice().of(
    Search=Record(packages=List(PACKAGE), total=U64),
    Info=Record(name=TEXT, version=TEXT, description=TEXT, url=TEXT, size=U64, download_size=U64,
                repo=TEXT, depends=List(TEXT), licenses=List(TEXT), source=TEXT),
    Status=Record(total_packages=U64, explicit_packages=U64, orphan_packages=U64,
                  updates_available=U64, security_vulnerabilities=U64,
                  runtime_versions=List(Tuple(TEXT, TEXT))),
    Explicit=Record(packages=List(TEXT)),
    ExplicitCount=U64,
    SecurityAudit=Record(total_vulnerabilities=U64, high_severity=U64,
                         vulnerabilities=List(Tuple(TEXT, List(VULNERABILITY)))),
    Ping=TEXT,
    CacheStats=Record(size=U64, max_size=U64),
    Metrics=Record(requests_total=U64, requests_failed=U64, rate_limit_hits=U64,
                   validation_failures=U64, active_connections=I64, security_audit_requests=U64,
                   bytes_received=U64, bytes_sent=U64, cache_hits=U64, cache_misses=U64,
                   search_requests=U64, info_requests=U64, status_requests=U64),
    Suggest=List(TEXT),
    Message=TEXT,
    Batch=List(RESPONSE),
    DebianSearch=List(PACKAGE))
RESPONSE.of(Success=Record(id=U64, result=RESULT), Error=Record(id=U64, code=I32, message=TEXT))

TYPES = {"request": REQUEST, "response": RESPONSE}


def encode(kind, value):
    writing = Writing()
    TYPES[kind].write(writing, Node(), value)
    return writing.body()


def decode(kind, body):
    reader = Reader(bytes(body))
    value = TYPES[kind].read(reader, Node(), 1)
    if reader.at != len(body):
        raise Malformed("%d bytes are left" % (len(body) - reader.at))
    return value


# ---------------------------------------------------------------------------------------------
# The client

HEAD = struct.Struct(">I")


def request(name, **fields):
    """A request with id 1 and no limit unless fields say otherwise."""
    fields.setdefault("id", 1)
    if name in ("Search", "Suggest", "DebianSearch"):
        fields.setdefault("limit", None)
    return {name: fields}


def frame(body):
    return HEAD.pack(len(body)) + body


class Failed(Exception):
    """An Error reply."""

    def __init__(self, code, message):
        super().__init__("%d: %s" % (code, message))
        self.code = code
        self.message = message


class Client:
    """A connection. Nothing is checked on the way out: raw() sends whatever bytes."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.received = 0   # bytes, heads included
        self.sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)
        self.sent += len(data)

    def send(self, *requests):
        """Pipelined: all in one go."""
        self.raw(b"".join(frame(encode("request", value)) for value in requests))

    def read(self, size):
        """So many bytes, fewer at the end."""
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                break
            data += piece
        self.received += len(data)
        return bytes(data)

    def receive(self):
        """The next response, or None when the other side has closed between two."""
        head = self.read(HEAD.size)
        if not head:
            return None
        if len(head) < HEAD.size:
            raise EOFError("%d bytes of a frame's head" % len(head))
        size, = HEAD.unpack(head)
        body = self.read(size)
        if len(body) < size:
            raise EOFError("%d of %d bytes of a frame" % (len(body), size))
        return decode("response", body)

    def exchange(self, value):
        """The whole response to one request, whose id it must have."""
        self.send(value)
        response = self.receive()
        if response is None:
            raise EOFError("closed instead of an answer to %r" % value)
        (_, asked), = value.items()
        (_, answer), = response.items()
        if answer["id"] != asked["id"]:
            raise AssertionError("id %d answers id %d" % (answer["id"], asked["id"]))
        return response

    def call(self, name, **fields):
        """The result inside of Success, without its name: checked; Failed for an Error."""
        return unwrap(self.exchange(request(name, **fields)),
                      "Message" if name == "CacheClear" else name)


def unwrap(response, name):
    if "Error" in response:
        raise Failed(response["Error"]["code"], response["Error"]["message"])
    (found, result), = response["Success"]["result"].items()
    if found != name:
        raise AssertionError("a %s answers a %s" % (found, name))
    return result
