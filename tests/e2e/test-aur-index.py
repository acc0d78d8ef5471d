#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd-index makes a layer of the AUR's archive and of answers of its RPC: all that they say and
nothing else, whatever somebody put into a record; and what is no archive costs nothing that was
there."""

import gzip
import json
import os
import subprocess
import tempfile

import omglayer
import omgtest
from omgtest import same, test

import omgaur  # pylint: disable=wrong-import-order

KEYS = {
    "PackageBase": "base", "URL": "url", "License": "licenses", "Groups": "groups",
    "Provides": "provides", "Depends": "depends", "OptDepends": "optdepends",
    "MakeDepends": "makedepends", "CheckDepends": "checkdepends", "Conflicts": "conflicts",
    "Replaces": "replaces", "Maintainer": "maintainer", "CoMaintainers": "co-maintainers",
    "Submitter": "submitter", "NumVotes": "votes", "Popularity": "popularity",
    "OutOfDate": "out-of-date", "FirstSubmitted": "first-submitted",
    "LastModified": "last-modified", "Keywords": "keywords", "URLPath": "url-path",
}
OUT_OF_DATE, NO_MAINTAINER = 8, 16
GOOD = {"Name": "good", "PackageBase": "good", "Version": "1-1", "Maintainer": "m"}


class Folder:
    """Where the index and what it is made from stand."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.name = self.folder.name
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.name, name)

    @property
    def output(self):
        return self.path("aur.idx")

    def run(self, *arguments):
        done = subprocess.run(
            [omgtest.program("OMG_INDEX_HELPER"), *arguments, "--output", self.output],
            capture_output=True, check=False)
        if not done.stdout:
            raise AssertionError("the helper ended with %d: %r" % (done.returncode, done.stderr))
        return json.loads(done.stdout)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read_archive(self, data):
        return self.run("aur", "--archive", self.write("archive", data))

    def read_replies(self, *replies):
        return self.run("aur-reply", *(
            self.write("reply%d" % i, reply if isinstance(reply, bytes) else
                       json.dumps(reply).encode()) for i, reply in enumerate(replies)))

    def names(self):
        return sorted(package["name"] for package in omglayer.Layer(self.output).packages)

    def files(self):
        return sorted(os.listdir(self.name))


def expect(record):
    """The package that a record of the archive is."""
    fields = {KEYS[key]: value for key, value in record.items()
              if key in KEYS and value is not None and value != []}
    flags = (OUT_OF_DATE if record.get("OutOfDate") else 0) | (
        NO_MAINTAINER if "Maintainer" in record and record["Maintainer"] is None else 0)
    return {"name": record["Name"], "version": record["Version"],
            "description": record["Description"] or "", "repository": 0, "flags": flags,
            "popularity": record["Popularity"], "votes": record["NumVotes"], "fields": fields}


def rank(package):
    return (len(package["name"]), -package["popularity"], -package["votes"],
            package["name"].encode())


def list_of(*records):
    return omgaur.format_archive(records)


@test("each field of each record is in the layer, in the order of rank, packed or plain")
def all_records():
    data = omgaur.format_archive(omgaur.make_records(3000))
    records = json.loads(data)
    expected = sorted(map(expect, records), key=rank)
    for what, archive in (("plain", data), ("packed", gzip.compress(data)),
                          ("in two members", gzip.compress(data[:9999]) +
                           gzip.compress(data[9999:])),
                          ("on one line", json.dumps(records).encode()),
                          ("indented", json.dumps(records, indent=8, ensure_ascii=False).encode())):
        with Folder() as folder:
            reply = folder.read_archive(archive)
            same((reply["ok"], reply["packages"], reply["dropped"], reply["repositories"]),
                 (True, len(records), 0, 1), "the reply, " + what)
            layer = omglayer.Layer(folder.output)
            same(layer.kind, 5, "the kind of layer")
            for got, wanted in zip(layer.packages, expected):
                same(got, wanted, "a package, " + what)
            same(len(layer.packages), len(expected), "packages, " + what)
            same(folder.files(), ["archive", "aur.idx"], "files")


# What somebody may have put into a record: text of JSON, whatever is wrong with it.
HOSTILE = {
    "no object": b"7",
    "nothing": b"",
    "an empty object": b"{}",
    "a name that begins with -": dict(GOOD, Name="-rf"),
    "a name with a slash": dict(GOOD, Name="../x"),
    "a name with a control character": dict(GOOD, Name="a\x1b[31m"),
    "a long name": dict(GOOD, Name="x" * 256),
    "a base that is no name": dict(GOOD, Name="x", PackageBase="a b"),
    "a version of nothing": dict(GOOD, Name="x", Version=""),
    "a version with a path": dict(GOOD, Name="x", Version="../1-1"),
    "no version": {"Name": "x", "PackageBase": "x"},
    "a huge description": dict(GOOD, Name="x", Description="x" * 9000),
    "a huge record": dict(GOOD, Name="x", Unknown="x" * 300000),
    "a description that is a list": dict(GOOD, Name="x", Description=["a"]),
    "escapes for a terminal": dict(GOOD, Name="x", Description="\x1b]0;title\x07"),
    "a dependency that is a number": dict(GOOD, Name="x", Depends=["a", 5]),
    "many dependencies": dict(GOOD, Name="x", Depends=["a"] * 2001),
    "deep nesting": b'{"Name":"x","PackageBase":"x","Version":"1-1","y":' + b"[" * 50000 +
                    b"]" * 50000 + b"}",
    "a key twice": b'{"Name":"x","PackageBase":"x","Version":"1-1","Name":"y"}',
    "bytes that are no UTF-8": b'{"Name":"x","PackageBase":"x","Version":"1-1","URL":"\xff"}',
    "half a surrogate pair": b'{"Name":"x","PackageBase":"x","Version":"1-1","URL":"\\ud800"}',
    "NUL": b'{"Name":"x","PackageBase":"x","Version":"1-1","URL":"\\u0000"}',
    "a popularity that is no number": b'{"Name":"x","PackageBase":"x","Version":"1-1",'
                                      b'"Popularity":NaN}',
    "an endless popularity": b'{"Name":"x","PackageBase":"x","Version":"1-1","Popularity":1e999}',
    "negative votes": dict(GOOD, Name="x", NumVotes=-1),
    "a time of the far future": dict(GOOD, Name="x", LastModified=10 ** 15),
    "a number of another notation": b'{"Name":"x","PackageBase":"x","Version":"1-1",'
                                    b'"NumVotes":0x5}',
    "the name of another": dict(GOOD, Version="9-9"),
}


def as_bytes(record):
    return record if isinstance(record, bytes) else json.dumps(record).encode()


@test("a hostile record is dropped alone, and counted")
def hostile():
    behind = as_bytes(dict(GOOD, Name="behind"))
    for what, record in HOSTILE.items():
        with Folder() as folder:
            reply = folder.read_archive(
                b"[" + b",\n".join((as_bytes(GOOD), as_bytes(record), behind)) + b"]")
            same((reply["ok"], reply["packages"], reply["dropped"]), (True, 2, 1), what)
            same(folder.names(), ["behind", "good"], "packages beside " + what)
            # Of two with one name the first counts.
            same(omglayer.Layer(folder.output).packages[0]["version"], "1-1", what)
    with Folder() as folder:
        goods = [as_bytes(dict(GOOD, Name="good%d" % i)) for i in range(len(HOSTILE))]
        reply = folder.read_archive(
            b"[" + b",".join(list(map(as_bytes, HOSTILE.values())) + goods) + b"]")
        # "the name of another" is the first of its name here.
        same((reply["packages"], reply["dropped"]), (len(goods) + 1, len(HOSTILE) - 1), "all")


BOMB = gzip.compress(b"[" + b" " * (257 << 20), 1)

# Archives that are none, and what their errors say.
REFUSED = {
    "nothing": (b"", "is empty, at byte 0"),
    "an empty list": (b"[]", "has no records"),
    "a web page": (b"<!DOCTYPE html>", "is a web page, at byte 0"),
    "a packed web page": (gzip.compress(b" <html>"), "is a web page, at byte 1"),
    "an object": (as_bytes(GOOD), "is no list of JSON, at byte 0"),
    "a cut list": (list_of(GOOD)[:-3], "is cut behind record 0, at byte %d" %
                   (len(list_of(GOOD)) - 3)),
    "one cut behind a record": (b"[" + as_bytes(GOOD) + b",", "is cut behind record 1, at byte %d" %
                                (len(as_bytes(GOOD)) + 2)),
    "something behind the list": (b"[" + as_bytes(GOOD) + b"]\n[]",
                                  "goes on behind its end, at byte %d" %
                                  (len(as_bytes(GOOD)) + 3)),
    "a cut gzip file": (gzip.compress(list_of(GOOD))[:-1], "is cut: its gzip data has no end, at "
                        "byte %d" % (len(gzip.compress(list_of(GOOD))) - 1)),
    "a damaged gzip file": (gzip.compress(list_of(GOOD))[:-8] + bytes(8), "is no whole gzip file"),
    "something behind a gzip file": (gzip.compress(list_of(GOOD)) + b"junk",
                                     "is no whole gzip file"),
    "a gzip bomb": (BOMB, "has more than 268435456 bytes unpacked"),
    "most records bad": (b"[{}," + as_bytes(GOOD) + b",{}]", "has 2 records of 3 that make no "
                         "sense: record 1, at byte 1, has no name, version or package base"),
    "too many records": (b"[" + b"{}," * 1000001 + b"{}]", "has more than 1000000 records"),
}


@test("what is no archive is refused, with the place, and the index that was there stays")
def refused():
    for what, (archive, message) in REFUSED.items():
        with Folder() as folder:
            with open(folder.output, "wb") as file:
                file.write(b"as it was")
            reply = folder.read_archive(archive)
            same((reply["ok"], reply.get("error")), (False, "org.omgd1.Error.UpstreamInvalid"),
                 what)
            same(reply["message"][:len(message)], message, what)
            same(folder.files(), ["archive", "aur.idx"], "files after " + what)
            with open(folder.output, "rb") as file:
                same(file.read(), b"as it was", "the index after " + what)


@test("half of the records may be bad")
def half():
    with Folder() as folder:
        reply = folder.read_archive(b"[{}," + as_bytes(GOOD) + b"]")
        same((reply["ok"], reply["packages"], reply["dropped"]), (True, 1, 1), "the reply")


@test("the archive in the cache is found; one that is not there is an error")
def cache():
    with Folder() as folder:
        same(folder.run("aur", "--cache", folder.name)["error"],
             "org.omgd1.Error.DatabaseMissing", "without an archive")
        os.mkdir(folder.path("aur"))
        folder.write("aur/packages-meta-ext-v1.json.gz", list_of(dict(GOOD, Description=None,
                                                                      Popularity=0, NumVotes=0)))
        same(folder.run("aur", "--cache", folder.name)["packages"], 1, "packages")
        info = os.stat(folder.path("aur/packages-meta-ext-v1.json.gz"))
        same(omglayer.Layer(folder.output).sections["stamps"],
             b"".join(value.to_bytes(8, "little")
                      for value in (info.st_mtime_ns, info.st_ino, info.st_size)), "the stamps")
        same(folder.run("aur", "--archive", "/")["error"], "org.omgd1.Error.Unavailable",
             "a folder")


def answer(*records, **more):
    return dict({"resultcount": len(records), "results": list(records), "type": "multiinfo",
                 "version": 5}, **more)


@test("answers of the RPC become one layer")
def replies():
    records = list(omgaur.make_records(40))
    with Folder() as folder:
        reply = folder.read_replies(answer(*records[:20]), answer(*records[20:]))
        same((reply["ok"], reply["packages"], reply["dropped"]), (True, 40, 0), "the reply")
        same(omglayer.Layer(folder.output).packages, sorted(map(expect, records), key=rank),
             "packages")
        same(omglayer.Layer(folder.output).sections["stamps"], b"", "stamps")
        same(folder.read_replies(answer(type="search"))["packages"], 0, "nothing found")
        same(omglayer.Layer(folder.output).packages, [], "packages of nothing")
        same(folder.read_replies(gzip.compress(json.dumps(answer(GOOD)).encode()))["packages"], 1,
             "a packed answer")
        reply = folder.read_replies(answer(GOOD, dict(GOOD, Name="-x")))
        same((reply["packages"], reply["dropped"]), (1, 1), "a bad record beside a good one")


def failure(text):
    return {"error": text, "resultcount": 0, "results": [], "type": "error", "version": 5}


# Answers that are none, or errors of the AUR; the error's name and how its message begins.
FAILED = {
    "too many": ([failure("Too many package results.")], "org.freedesktop.DBus.Error.InvalidArgs",
                 "the AUR finds more packages than it lists"),
    "too small": ([failure("Query arg too small.")], "org.freedesktop.DBus.Error.InvalidArgs",
                  "the AUR looks for words of two characters"),
    "too often": ([failure("Rate limit reached")], "org.omgd1.Error.UpstreamRateLimited",
                  "the AUR has had too many requests"),
    "another": ([failure("Incorrect by field specified.")], "org.omgd1.Error.UpstreamInvalid",
                'the AUR says: "Incorrect by field specified."'),
    "the second of two": ([answer(GOOD), failure("Rate limit reached")],
                          "org.omgd1.Error.UpstreamRateLimited", "the AUR has had too many"),
    "a web page": ([b"<html>"], "org.omgd1.Error.UpstreamInvalid",
                   "is no answer of the AUR: it is a web page"),
    "a cut answer": ([json.dumps(answer(GOOD)).encode()[:-2]], "org.omgd1.Error.UpstreamInvalid",
                     "is no answer of the AUR: "),
    "another version": ([answer(GOOD, version=6)], "org.omgd1.Error.UpstreamInvalid",
                        "is no answer of the AUR: it is of another version"),
    "another count": ([answer(GOOD, resultcount=2)], "org.omgd1.Error.UpstreamInvalid",
                      "says that it has 2 results, and has 1"),
    "only bad records": ([answer({})], "org.omgd1.Error.UpstreamInvalid",
                         "has 1 records of 1 that make no sense"),
    "a huge answer": ([b" " * ((32 << 20) + 1)], "org.omgd1.Error.UpstreamInvalid",
                      "has more than 33554432 bytes unpacked"),
}


@test("what the AUR says went wrong is an error of its kind, and so is what is no answer")
def failed():
    for what, (bodies, name, message) in FAILED.items():
        with Folder() as folder:
            reply = folder.read_replies(*bodies)
            same((reply["ok"], reply.get("error")), (False, name), what)
            same(reply["message"][:len(message)], message, what)
            same("aur.idx" in folder.files(), False, "an index after " + what)


@test("what the command line lacks is told")
def usage():
    for arguments in (["aur"], ["aur-reply"], ["aur", "x"], ["aur-reply"] + ["x"] * 501):
        with Folder() as folder:
            done = subprocess.run(
                [omgtest.program("OMG_INDEX_HELPER"), *arguments, "--output", folder.output],
                capture_output=True, check=False)
            same(done.returncode, 2, "the status of %s" % arguments[:2])
            same(b"aur" in done.stderr, True, "the message of %s" % arguments[:2])


omgtest.run_tests()
