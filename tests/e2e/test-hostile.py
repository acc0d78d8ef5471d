#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Index files that somebody damaged, or made to harm with checksums that are right. The rule: omgd
never ends of it; what can be seen to be wrong is said once and made anew, and the answers are those
of before."""

import ctypes
import ctypes.util
import os
import random
import signal
import struct

import omgtest
from omgtest import Bench, Skip, index_files, same, test, wait_until

# service/store/layer-format.h.
HEADER = struct.Struct("<QIIQQIIQ")
FIELDS = ("magic", "version", "kind", "file_size", "built_usec", "n_sections", "reserved",
          "checksum")
ENTRY = struct.Struct("<QQQ")
MOST = 2**64 - 1


class IndexFile:
    """The bytes of an index file, taken apart and put together again with good checksums."""

    def __init__(self, data):
        self.header = dict(zip(FIELDS, HEADER.unpack_from(data)))
        self.table = [list(ENTRY.unpack_from(data, HEADER.size + i * ENTRY.size))
                      for i in range(self.header["n_sections"])]
        self.data = bytearray(data)

    def bytes(self):
        size = len(self.data)
        self.header["file_size"] = self.header.get("claimed") or size
        for entry in self.table:
            if entry[0] <= size and entry[1] <= size - entry[0]:
                entry[2] = xxh3(bytes(self.data[entry[0]:entry[0] + entry[1]]))
        self.header["checksum"] = 0
        head = self.head()
        self.header["checksum"] = xxh3(head)
        return self.head() + bytes(self.data[len(head):])

    def head(self):
        return HEADER.pack(*(self.header[f] for f in FIELDS)) + b"".join(
            ENTRY.pack(*entry) for entry in self.table)


def load_xxh3():
    name = ctypes.util.find_library("xxhash")
    if not name:
        return None
    function = ctypes.CDLL(name).XXH3_64bits
    function.restype = ctypes.c_uint64
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return function


XXH3 = load_xxh3()


def xxh3(data):
    if not XXH3:
        raise Skip("no libxxhash to make good checksums with")
    return XXH3(data, len(data))


def answers(bench):
    """The answers that must be the same before and after whatever happens."""
    return (bench.list("ListInstalled")[0], bench.list("ListUpdates")[0],
            bench.details(["odd-all", "core/linux", "firefox"])[:2],
            [bench.search(query)[0] for query in ("firefox", "lib", "p", "python data", "zz")])


def answers_or_none(bench):
    """The same from files that may hold anything: an error is an answer too."""
    try:
        return answers(bench)
    except (omgtest.CallError, KeyError):
        return None


class Victim:
    """A bench whose index files are good, and the answers from them."""

    def __init__(self, bench):
        self.bench = bench
        bench.start().wait_loaded()
        self.expected = answers(bench)
        same(bench.stop(), 0, "exit code")
        self.paths = index_files(bench)
        same(len(self.paths), 2, "index files")
        self.good = {}
        for path in self.paths:
            with open(path, "rb") as f:
                self.good[path] = f.read()

    def put(self, what, change):
        """Damages both files: change(bytes, number of the file) → bytes."""
        for number, path in enumerate(self.paths):
            bad = change(self.good[path], number)
            if bad == self.good[path]:
                raise AssertionError(what + ": nothing was damaged")
            with open(path, "wb") as f:
                f.write(bad)

    def start_right(self, what):
        """A start on the damaged files: a warning for each, the answers of before, two files
        made anew."""
        bench = self.bench
        os.truncate(bench.log_path, 0)
        bench.start().wait_loaded()
        same(answers(bench), self.expected, what + ": answers")
        metrics = bench.metrics()
        same((metrics["index-rejected"], metrics["rebuilds-sync"], metrics["rebuilds-local"]),
             (2, 1, 1), what + ": files rejected, rebuilds")
        for path in self.paths:
            lines = [line for line in bench.log().split("\n") if path in line]
            if len(lines) != 1 or not lines[0].endswith(", rebuilding it"):
                raise AssertionError("%s: in the log of %s: %r" % (what, path, bench.log()))
        same(bench.stop(), 0, what + ": exit code")

    def refused(self, what, change):
        self.put(what, change)
        self.start_right(what)

    def wait_right(self, what):
        wait_until(lambda: answers_or_none(self.bench) == self.expected, 10,
                   what + ": right again")

    def kept(self, what):
        """A last start, on what the starts before made: nothing to reject."""
        self.bench.start().wait_loaded()
        same(answers(self.bench), self.expected, what + ": answers of the next start")
        metrics = self.bench.metrics()
        same((metrics["index-rejected"], metrics["rebuilds-sync"], metrics["rebuilds-local"]),
             (0, 0, 0), what + ": files rejected, rebuilds of the next start")
        same(self.bench.stop(), 0, what + ": exit code of the next start")


@test("random flipped bits, and each byte between sections: refused, said once, made anew")
def flipped():
    rng = random.Random(5)

    def flip(data, _):
        at = rng.randrange(len(data))
        return data[:at] + bytes((data[at] ^ (1 << rng.randrange(8)),)) + data[at + 1:]

    def pad(data, _):
        end = HEADER.size + len(IndexFile(data).table) * ENTRY.size
        for offset, size, _ in IndexFile(data).table:
            if offset > end:
                return data[:end] + b"\1" + data[end + 1:]
            end = offset + size
        raise Skip("no padding in this file")

    with Bench() as bench:
        victim = Victim(bench)
        for number in range(12):
            victim.refused("flip %d" % number, flip)
        victim.refused("padding", pad)
        victim.kept("flips")


@test("truncated at the borders of sections and a byte off them")
def truncated():
    def cut(section, off):
        def change(data, _):
            offset, size, _ = IndexFile(data).table[section]
            return data[:min(offset + size + off, len(data) - 1)]
        return change

    with Bench() as bench:
        victim = Victim(bench)
        count = len(IndexFile(victim.good[victim.paths[0]]).table)
        for section in range(count):
            victim.refused("cut behind section %d" % section, cut(section, section % 3 - 1))
        victim.kept("cuts")


# What is done to a section's entry [offset, size, checksum]: it must not be believed.
PLACES = {
    "far outside": lambda e, size: [MOST // 16 * 8, e[1], e[2]],
    "one byte outside": lambda e, size: [e[0], size - e[0] + 1, e[2]],
    "wraps around": lambda e, size: [MOST // 8 * 8, 16, e[2]],
    "size wraps": lambda e, size: [e[0], MOST - e[0] + 1 + e[1], e[2]],
    "on the header": lambda e, size: [0, e[1], e[2]],
    "on the table": lambda e, size: [HEADER.size, 8, e[2]],
}


@test("sections that overlap, lie outside or wrap around, with good checksums")
def places():
    def move(section, place):
        def change(data, _):
            index = IndexFile(data)
            index.table[section] = place(index.table[section], len(data))
            return index.bytes()
        return change

    def overlap(data, _):
        index = IndexFile(data)
        sizes = sorted(range(len(index.table)), key=lambda i: -index.table[i][1])
        first, second = sorted(sizes[:2])
        index.table[second] = index.table[first][:]
        return index.bytes()

    with Bench() as bench:
        victim = Victim(bench)
        count = len(IndexFile(victim.good[victim.paths[0]]).table)
        for number, (what, place) in enumerate(PLACES.items()):
            victim.refused(what, move((3 + number * 2) % count, place))
        victim.refused("two sections in one place", overlap)
        victim.refused("more behind the last section",
                       lambda data, _: IndexFile(data + bytes(64)).bytes())
        victim.kept("places")


@test("a header that lies about kind, sections and size, with good checksums")
def headers():
    def set_field(field, value):
        def change(data, _):
            index = IndexFile(data)
            index.header[field] = value
            return index.bytes()
        return change

    with Bench() as bench:
        victim = Victim(bench)
        for field, value in (("kind", 0), ("kind", 2**32 - 1), ("n_sections", 0),
                             ("n_sections", 2**32 - 1), ("claimed", MOST), ("claimed", 1),
                             ("magic", 0)):
            victim.refused("%s %d" % (field, value), set_field(field, value))
        # sync.idx and local.idx in each other's place.
        other = [victim.good[path] for path in reversed(victim.paths)]
        victim.refused("one for the other", lambda _, number: other[number])
        victim.kept("headers")


@test("values that overflow or point outside, with good checksums: omgd lives, and gets right")
def values():
    """Nothing can tell that such a file is not what omgd-index wrote, save where counts do not fit
    together; so an answer from it may be anything. But omgd stays up, and a rebuild puts it
    right."""
    floods = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xf0\xff\xff\x7f", b"\1\0\0\0")

    def flood(section, value):
        def change(data, _):
            index = IndexFile(data)
            offset, size, _ = index.table[section]
            index.data[offset:offset + size] = (value * (size // 4 + 1))[:size]
            # One bit that differs, so that a section which was so already is damaged too.
            if size:
                index.data[offset] ^= 2
            else:
                index.header["built_usec"] ^= 2
            return index.bytes()
        return change

    with Bench() as bench:
        victim = Victim(bench)
        count = len(IndexFile(victim.good[victim.paths[0]]).table)
        # Not the first: with other stamps it is rebuilt, like any outdated file.
        for section in range(1, count):
            what = "section %d flooded" % section
            victim.put(what, flood(section, floods[section % len(floods)]))
            bench.start().wait_loaded()
            answers_or_none(bench)
            same(bench.process.poll(), None, what + ": omgd lives")
            bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync", "status"],
                       omgtest.options(force=True))
            victim.wait_right(what)
            same(bench.stop(), 0, what + ": exit code")
        victim.kept("floods")


@test("details and paths that lead nowhere, with good checksums: found when asked for, and the"
      " answer is right")
def malformed():
    """What an answer meets is the answer's business: it is thrown away, the file is made anew, and
    the caller gets the right one."""
    details, files, paths = 16, 6, 9  # OMG_SECTION_DETAILS, OMG_FILES_SECTION_FOLDERS, _PATHS

    def flood(path, section):
        with open(path, "rb") as f:
            index = IndexFile(f.read())
        offset, size, _ = index.table[section]
        index.data[offset:offset + size] = b"\xff" * size
        with open(path, "wb") as f:
            f.write(index.bytes())

    def files_of(bench):
        return [bench.call(omgtest.PACKAGES, "GetFiles", "sa{sv}", "bash",
                           omgtest.options(source=source))[0] for source in ("local", "repo")]

    with Bench() as bench:
        victim = Victim(bench)
        for path in victim.paths:
            flood(path, details)
        bench.start().wait_loaded()
        same(bench.details(["odd-all", "core/linux", "firefox"])[:2], victim.expected[2],
             "details")
        metrics = bench.metrics()
        same((metrics["index-rejected"], metrics["rebuilds-sync"], metrics["rebuilds-local"]),
             (2, 1, 1), "files rejected, rebuilds")
        same(answers(bench), victim.expected, "answers")
        needs = bench.call(omgtest.PACKAGES, "DependsOn", "asa{sv}", ["firefox"], {})[0]
        same(bench.stop(), 0, "exit code")
        for path in victim.paths:
            flood(path, details)
        bench.start().wait_loaded()
        same(bench.call(omgtest.PACKAGES, "DependsOn", "asa{sv}", ["firefox"], {})[0], needs,
             "dependencies")
        same(answers(bench), victim.expected, "answers after the dependencies")
        expected = files_of(bench)
        same(bench.stop(), 0, "exit code")
        for section in (files, paths):
            for name in ("local-files.idx", "sync-files.idx"):
                flood(os.path.join(bench.data, name), section)
            bench.start().wait_loaded()
            same(files_of(bench), expected, "files")
            metrics = bench.metrics()
            same((metrics["index-rejected"], metrics["rebuilds-files"], metrics["rebuilds-sync"]),
                 (2, 2, 0), "files rejected, rebuilds")
            same(bench.stop(), 0, "exit code")
        victim.kept("malformed")


@test("files damaged under a running omgd: it lives, and the next start is right")
def under_the_map():
    rng = random.Random(6)

    with Bench() as bench:
        victim = Victim(bench)
        for what in ("cut", "overwritten"):
            bench.start().wait_loaded()
            for path in victim.paths:
                size = os.path.getsize(path)
                if what == "cut":
                    os.truncate(path, size // 3 // 8 * 8)
                    continue
                with open(path, "r+b") as f:
                    for _ in range(200):
                        f.seek(rng.randrange(size))
                        f.write(rng.randbytes(4))
            for _ in range(3):
                answers_or_none(bench)
            same(bench.process.poll(), None, what + ": omgd lives")
            if what == "cut":
                victim.wait_right(what)
                same(bench.metrics()["index-rejected"], 2, what + ": index-rejected")
                same(bench.stop(), 0, what + ": exit code")
                continue
            # Some answer may have met the damage already, and had the file made anew.
            bench.stop(signal.SIGKILL)
            bench.start().wait_loaded()
            same(answers(bench), victim.expected, what + ": answers")
            same(bench.stop(), 0, what + ": exit code")
        victim.kept("under the map")


if __name__ == "__main__":
    omgtest.run_tests()
