#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular sync databases are read without libalpm, all others by it: whichever reads, the file must
be the same, byte for byte, and so must be the error."""

import io
import json
import os
import random
import subprocess
import tarfile

import omgtest
from omgtest import Bench, omgroot, same, test

# Each round makes a damaged database and has it read both ways.
ROUNDS = int(os.environ.get("OMG_TEST_ROUNDS") or 60)


def index(conf, output, *arguments):
    """Runs the helper. Returns its reply and the file without the time and what depends on it."""
    done = subprocess.run(
        [omgtest.program("OMG_INDEX_HELPER"), "sync", "--config", conf, "--output", output,
         *arguments], capture_output=True, check=False)
    if not done.stdout:
        raise AssertionError("the helper ended with %d: %r" % (done.returncode, done.stderr))
    reply = json.loads(done.stdout)
    if not reply["ok"]:
        return reply, None
    with open(output, "rb") as f:
        data = bytearray(f.read())
    data[24:32] = data[40:48] = bytes(8)
    return reply, bytes(data)


def compare(conf, folder, what):
    """Returns how many repositories were read without libalpm; -1: none could be read at all."""
    path = os.path.join(folder, "x.idx")
    quick, ours = index(conf, path)
    slow, expected = index(conf, path, "--only-libalpm")
    same(quick.get("message"), slow.get("message"), "the error of " + what)
    if not slow["ok"]:
        return -1
    same(slow["quick"], 0, "repositories read without libalpm where it was forbidden")
    same(ours == expected, True, "the same bytes of %s (%d quick)" % (what, quick["quick"]))
    return quick["quick"]


def compare_system(make, repositories):
    with Bench(root=make, bus=False) as bench:
        same(compare(bench.conf, bench.folder, "the system"), repositories, "regular databases")


@test("the sample system")
def sample():
    with Bench(bus=False) as bench:
        # Some of its packages are odd on purpose.
        compare(bench.conf, bench.folder, "the sample system")


@test("a synthetic system")
def synthetic():
    compare_system(lambda root: omgroot.make_synthetic(root, 3000, 10, 21), 3)


@test("real databases")
def real():
    source = omgtest.real_data("arch-2022-09")
    compare_system(lambda root: omgroot.make_databases(root, source, 10, 1), 4)


@test("real databases in their own files, as repo-add made them")
def real_files():
    source = omgtest.real_data("arch-2022-09")
    found = omgroot.database_files(source)

    def make(root):
        omgroot.write_root(root, [(name, []) for name in found], [])
        for name, path in found.items():
            with open(path, "rb") as f:
                omgroot.write_file(os.path.join(omgroot.db_folder(root), "sync", name + ".db"),
                                   f.read())
    compare_system(make, len(found))


def package(name="a", version="1-1", extra="", **values):
    usual = {"FILENAME": "%s-%s.pkg.tar.zst" % (name, version), "DESC": "Of %s" % name,
             "ARCH": "any", "ISIZE": "10", "CSIZE": "5"}
    made = omgroot.Package(name, version, **{**usual, **values})
    made.extra = extra
    return made


def archive(entries):
    """A database of (name, content) pairs; content None is a folder."""
    return omgroot.compress(b"".join(omgroot.tar_member(name, data) for name, data in entries)
                            + bytes(1024), "gz")


def one(text, folder="a-1-1"):
    return archive([(folder + "/", None), (folder + "/desc", text)])


def by_tarfile(form, entries, **headers):
    """The same by Python's own writer, in one of its formats."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, data in entries:
            member = tarfile.TarInfo(name)
            member.size, member.pax_headers = len(data), dict(headers)
            tar.addfile(member, io.BytesIO(data))
    return omgroot.compress(out.getvalue(), "gz")


def with_header(at, data):
    """A database whose file has these bytes in its header, and the right sum."""
    plain = bytearray(omgroot.tar_member("a-1-1/desc", PLAIN))
    plain[at:at + len(data)] = data
    return omgroot.compress(mend(plain) + bytes(1024), "gz")


def mend(header):
    header = bytearray(header)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


PLAIN = package().sync_desc()
LONG = "n" * 150
MORE = ("b-2-1/desc", package("b", "2-1").sync_desc())

# What is regular, in its variety.
REGULAR = {
    "a plain package": one(PLAIN),
    "no package": archive([]),
    "only name and version": one(b"%NAME%\na\n\n%VERSION%\n1-1\n\n"),
    "all fields": one(package(
        BASE="b", GROUPS=["g", "h"], MD5SUM="0" * 32, SHA256SUM="0" * 64, PGPSIG="iQ==",
        URL="u", LICENSE=["l"], BUILDDATE="1", PACKAGER="p", REPLACES=["r<2"], CONFLICTS=["c"],
        PROVIDES=["v=1:2-3"], DEPENDS=["d>=1", "e"], OPTDEPENDS=["o: for: all <= x", "w"],
        MAKEDEPENDS=["m"], CHECKDEPENDS=["k"]).sync_desc()),
    "odd dependencies": one(package(
        DEPENDS=["a<b>c=d", "=", "<=", "a=", "a: ", ": x", "a>=: y", "a<: =", " a ", "a<=>b", "\t",
                 "x =1", "a:b", "a<=1: b: c", "a==b", "a=>b"]).sync_desc()),
    "no size": one(b"%NAME%\na\n\n%VERSION%\n1-1\n\n%BUILDDATE%\n0\n\n%CSIZE%\n0\n\n"),
    "sizes with zeros before": one(package(ISIZE="007", CSIZE="010").sync_desc()),
    "text beyond ASCII": one(package(PACKAGER="J\u00f6rg \U0001f600",
                                     URL="\u0130\ufb01").sync_desc()),
    "capitals and blanks": one(package(URL=" X Y ", PACKAGER="\tA\r").sync_desc()),
    "values like keys": one(package(URL="%NAME%", LICENSE=["%DESC%", "%x"]).sync_desc()),
    "packages in another order": archive([MORE, ("a-1-1/desc", PLAIN)]),
    "names that sort by their ends": archive([
        (n + "-1-1/desc", package(n).sync_desc()) for n in
        ("python-b", "python-a", "python", "python-abcdefghi", "python-abcdefgh", "p", "P", "_",
         "@")]),
    "other folders": archive([("z/", None), ("a-1-1/", None), ("a-1-1/desc", PLAIN),
                              ("y-1/", None)]),
    "a long name": one(package(LONG).sync_desc(), LONG + "-1-1"),
    "times in extended headers": by_tarfile(tarfile.PAX_FORMAT, [("a-1-1/desc", PLAIN)],
                                            mtime="1600000000.5"),
    "another writer": by_tarfile(tarfile.USTAR_FORMAT, [("a-1-1/desc", PLAIN)]),
    "something after what is compressed": one(PLAIN) + b"garbage",
    "not compressed": omgroot.sync_db_bytes([package()], "none"),
    "another compression": omgroot.sync_db_bytes([package()], "zst"),
}

# What libalpm has a rule or a word of its own for.
ODD = {
    "an unknown key": one(PLAIN + b"%NEW%\nx\n\n"),
    "an unknown key with lines like keys": one(PLAIN + b"%NEW%\n%URL%\nx\n\n"),
    "a key twice": one(PLAIN + b"%DESC%\nother\n\n"),
    "a list twice": one(PLAIN + b"%DEPENDS%\nx\n\n%DEPENDS%\ny\n\n"),
    "another name": one(package("b").sync_desc()),
    "another version": one(package("a", "2-1").sync_desc()),
    "no name": one(b"%VERSION%\n1-1\n\n"),
    "no version": one(b"%NAME%\na\n\n"),
    "an empty desc": one(b""),
    "an empty value": one(PLAIN + b"%URL%\n\n"),
    "an empty list": one(PLAIN + b"%LICENSE%\n\n"),
    "no empty line": one(PLAIN + b"%URL%\nu\n"),
    "no newline": one(PLAIN + b"%URL%\nu"),
    "a list that does not end": one(PLAIN + b"%DEPENDS%\nu\n"),
    "a key alone": one(PLAIN + b"%URL%\n"),
    "a line too much": one(PLAIN + b"%URL%\nu\nv\n\n"),
    "two empty lines": one(PLAIN.replace(b"\n\n", b"\n\n\n", 1)),
    "an empty line first": one(b"\n" + PLAIN),
    "a blank in an empty line": one(PLAIN.replace(b"\n\n", b"\n \n", 1)),
    "CRLF": one(PLAIN.replace(b"\n", b"\r\n")),
    "NUL": one(PLAIN + b"%URL%\nu\0v\n\n"),
    "NUL after the end": one(PLAIN + b"\0"),
    "no UTF-8": one(PLAIN + b"%URL%\n\xff\xfe\n\n"),
    "UTF-8 cut": one(PLAIN + b"%URL%\n\xc3\n\n"),
    "a date in words": one(PLAIN + b"%BUILDDATE%\nWed Nov 25 01:00:00 2020\n\n"),
    "a negative date": one(PLAIN + b"%BUILDDATE%\n-5\n\n"),
    "a size with a sign": one(package(CSIZE="+5").sync_desc()),
    "a size with a blank": one(package(CSIZE=" 5").sync_desc()),
    "a size and a unit": one(package(ISIZE="5K").sync_desc()),
    "a huge size": one(package(ISIZE="9" * 25).sync_desc()),
    "a hexadecimal size": one(package(ISIZE="0x10").sync_desc()),
    "a file name with a folder": one(package(FILENAME="x/y").sync_desc()),
    "a file name with a dot first": one(package(FILENAME=".x").sync_desc()),
    "a file name that is too long": one(package(FILENAME="x" * 5000).sync_desc()),
    "a name twice": archive([("a-1-1/desc", PLAIN),
                             ("a-2-1/desc", package("a", "2-1").sync_desc())]),
    "an entry twice": archive([("a-1-1/desc", PLAIN), ("a-1-1/desc", PLAIN)]),
    "a depends file": archive([("a-1-1/desc", PLAIN), ("a-1-1/depends", b"%DEPENDS%\nx\n\n")]),
    "a depends file alone": archive([("a-1-1/depends", b"%DEPENDS%\nx\n\n")]),
    "a files file": archive([("a-1-1/desc", PLAIN), ("a-1-1/files", b"%FILES%\nusr/\n\n")]),
    "another file": archive([("a-1-1/desc", PLAIN), ("a-1-1/other", b"x")]),
    "another file alone": archive([("b-1-1/other", b"x")]),
    "a file in no folder": archive([("a-1-1", PLAIN), MORE]),
    "a file deeper": archive([("a-1-1/x/desc", PLAIN)]),
    "a file two deep in a good folder": archive([("x/a-1-1/desc", PLAIN)]),
    "a folder with a dot": archive([("./a-1-1/desc", PLAIN)]),
    "a folder of no package": archive([("a/desc", PLAIN)]),
    "a folder of one hyphen": archive([("a-1/desc", PLAIN)]),
    "an absolute path": archive([("/a-1-1/desc", PLAIN)]),
    "a name with a dot first": one(package(".a").sync_desc(), ".a-1-1"),
    "a name with a hyphen first": one(package("-a").sync_desc(), "-a-1-1"),
    "a name with a blank": one(package("a b").sync_desc(), "a b-1-1"),
    "a name beyond ASCII": one(package("\u00e4").sync_desc(), "\u00e4-1-1"),
    "a version without release": one(package("a-b", "1").sync_desc(), "a-b-1"),
    "a version of three parts": one(package("a", "1-1-1").sync_desc(), "a-1-1-1"),
    "an empty release": one(package("a", "1-").sync_desc(), "a-1-"),
    "a version with a blank": one(package("a", "1 2-1").sync_desc(), "a-1 2-1"),
    "a desc larger than the bound": one(package(OPTDEPENDS=["x" * 60000] * 9).sync_desc()),
    "a line longer than libalpm takes": one(package(DESC="x" * 600000).sync_desc()),
    "a path in an extended header": by_tarfile(tarfile.PAX_FORMAT, [("x", PLAIN)],
                                               path="a-1-1/desc"),
    "a long name in an extended header": by_tarfile(
        tarfile.PAX_FORMAT, [("n" * 240 + "-1-1/desc", package("n" * 240).sync_desc())]),
    "a character set in an extended header": by_tarfile(
        tarfile.PAX_FORMAT, [("a-1-1/desc", PLAIN)], hdrcharset="BINARY"),
    "GNU tar": by_tarfile(tarfile.GNU_FORMAT, [("a-1-1/desc", PLAIN)]),
    "GNU tar with a long name": by_tarfile(
        tarfile.GNU_FORMAT, [(LONG + "-1-1/desc", package(LONG).sync_desc())]),
    "a symbolic link": with_header(156, b"2x"),
    "a hard link": with_header(156, b"1x"),
    "a device": with_header(156, b"3"),
    "an old header": with_header(257, bytes(8)),
    "an old kind of file": with_header(156, b"\0"),
    "a size in binary": with_header(124, b"\x80" + len(PLAIN).to_bytes(11, "big")),
    "a size with blanks": with_header(124, b"%11o " % len(PLAIN)),
    "a huge size": with_header(124, b"7" * 11),
    "a folder of some size": with_header(156, b"5"),
    "a user beyond ASCII": with_header(265, b"\xc3\xa4"),
    "a time in binary": with_header(136, b"\x80" + bytes(10) + b"\1"),
    "a wrong sum": omgroot.compress(
        omgroot.tar_member("a-1-1/desc", PLAIN).replace(b"root", b"roox", 1) + bytes(1024), "gz"),
    "no end": omgroot.compress(omgroot.tar_member("a-1-1/desc", PLAIN), "gz"),
    "half an end": omgroot.compress(omgroot.tar_member("a-1-1/desc", PLAIN) + bytes(512), "gz"),
    "half a block at the end": omgroot.compress(
        omgroot.tar_member("a-1-1/desc", PLAIN) + bytes(1300), "gz"),
    "a member after the end": omgroot.compress(
        omgroot.tar_member("a-1-1/desc", PLAIN) + bytes(1024) +
        omgroot.tar_member("b-2-1/desc", MORE[1]), "gz"),
    "no archive": b"not an archive at all\n" * 100,
    "half an archive": omgroot.sync_db_bytes([package("p%d" % i) for i in range(99)])[:900],
    "a second archive": one(PLAIN) + one(package("b").sync_desc(), "b-1-1"),
}


def write_db(bench, data):
    omgroot.write_file(os.path.join(bench.sync, "extra.db"), data)


def small(root):
    omgroot.write_root(root, [("core", [package("core")]), ("extra", [package()])], [])


@test("what is regular is read without libalpm, and gives the same")
def regular():
    with Bench(root=small, bus=False) as bench:
        for what, data in REGULAR.items():
            write_db(bench, data)
            same(compare(bench.conf, bench.folder, what), 2, "regular databases, with " + what)


@test("whatever is odd is libalpm's to read, and to speak about")
def odd():
    with Bench(root=small, bus=False) as bench:
        for what, data in ODD.items():
            write_db(bench, data)
            quick = compare(bench.conf, bench.folder, what)
            same(quick, 1, "regular databases, with " + what)


def mutate(rng, data):
    """One small damage."""
    data = bytearray(data)
    at = rng.randrange(len(data))
    how = rng.randrange(7)
    if how == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif how == 1:
        del data[at:at + rng.choice((1, 2, 10, 600))]
    elif how == 2:
        data[at:at] = rng.choice((b"\n", b"\0", b"%", b"\n\n", b"\xff", b" ", b"%NAME%\n", b"-",
                                  b"/"))
    elif how == 3:
        data = data[:at]
    elif how == 4:
        end = at + rng.randrange(1, 200)
        data[at:at] = data[at:end]
    elif how == 5:
        data[at] = rng.randrange(256)
    else:
        lines = bytes(data).split(b"\n")
        i, k = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[i], lines[k] = lines[k], lines[i]
        data = bytearray(b"\n".join(lines))
    return bytes(data)


def damaged(rng):
    """A database with damage in a desc, in the archive or in the file."""
    packages = [omgroot.synthetic_packages(40, rng.randrange(1000))[i] for i in range(12)]
    where = rng.randrange(4)
    if where == 3:
        parts = [omgroot.tar_member("%s-%s/desc" % (p.name, p.version), p.sync_desc())
                 for p in packages]
        i = rng.randrange(len(parts))
        header = bytearray(parts[i][:512])
        for _ in range(rng.randint(1, 2)):
            at = rng.choice((rng.randrange(170), rng.randrange(257, 512)))
            header[at] = rng.choice((0, 32, 48, 49, 53, 55, 57, 47, 128, 255, rng.randrange(256)))
        parts[i] = mend(header) + parts[i][512:]
        return omgroot.compress(b"".join(parts) + bytes(1024), "none")
    if where == 0:
        entries = [("%s-%s/desc" % (p.name, p.version), p.sync_desc()) for p in packages]
        for _ in range(rng.randint(1, 2)):
            i = rng.randrange(len(entries))
            entries[i] = (entries[i][0], mutate(rng, entries[i][1]))
        return archive(entries)
    plain = omgroot.sync_db_bytes(packages, "none")
    if where == 1:
        return omgroot.compress(mutate(rng, plain), rng.choice(("gz", "none", "zst")))
    return mutate(rng, omgroot.compress(plain, rng.choice(("gz", "none", "zst"))))


@test("random damage: the same file or the same error, whoever reads")
def random_damage():
    rng = random.Random(int(os.environ.get("OMG_TEST_SEED") or 5))
    counts = {}
    with Bench(root=small, bus=False) as bench:
        for i in range(ROUNDS):
            data = damaged(rng)
            write_db(bench, data)
            try:
                quick = compare(bench.conf, bench.folder, "round %d" % i)
            except AssertionError:
                print(omgtest.diagnostics(data[:3000].hex()))
                raise
            counts[quick] = counts.get(quick, 0) + 1
    print("# databases read without libalpm, of core and a damaged one: %s" % counts)


omgtest.run_tests()
