#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd-fetch alone, against a server that does everything wrong."""
import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

import httpfake  # noqa: E402
from httpfake import HttpFake, Reply, json_reply, redirect
from omgtest import SLOW, Skip, program, run_tests, same, test, wait_until

NETWORK, INVALID, LIMITED, BAD_REQUEST, CANCELLED, UNAVAILABLE = (
    "org.omgd1.Error.Network", "org.omgd1.Error.UpstreamInvalid",
    "org.omgd1.Error.UpstreamRateLimited", "org.freedesktop.DBus.Error.InvalidArgs",
    "org.omgd1.Error.Cancelled", "org.omgd1.Error.Unavailable")
DATABASE = bytes(range(256)) * 400
MODIFIED = 1700000000
QUICK = ["--connect-sec=5", "--api-sec=2", "--stall-sec=2"]


class Fetch:
    """A directory, and omgd-fetch run in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="omg-fetch.")
        self.directory = os.path.join(self.folder, "in")
        os.mkdir(self.directory, 0o700)
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def environment(self, more):
        environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        environment.pop("SSL_CERT_FILE", None)
        environment.update(more)
        return environment

    def start(self, text, options=(), directory=None, **environment):
        self.process = subprocess.Popen(
            [program("OMG_FETCH_HELPER"), *options, directory or self.directory],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment(environment))
        self.process.stdin.write(text.encode() if isinstance(text, str) else text)
        self.process.stdin.flush()
        return self.process

    def finish(self, seconds=30):
        """Its events. Standard input stays open until its end."""
        try:
            self.process.wait(seconds * SLOW)
        finally:
            self.process.kill()
        out, err = self.process.stdout.read(), self.process.stderr.read()
        self.process.stdin.close()
        self.error = err.decode()
        return [json.loads(line) for line in out.decode().splitlines()]

    def run(self, *requests, options=(), code=0, **environment):
        """What became of each request, by id."""
        text = "".join(json.dumps(r) + "\n" for r in requests) + "\n"
        self.start(text, options, **environment)
        self.events = self.finish()
        same(self.process.returncode, code, "exit code; " + self.error)
        same(self.leftovers(), [], "leftovers")
        return {e["id"]: e for e in self.events if e["event"] == "done"}

    def one(self, urls, options=(), env=None, **more):
        """The result of one request."""
        request = {"id": 7, "urls": [urls] if isinstance(urls, str) else urls, "output": "out"}
        request.update({k.replace("_", "-"): v for k, v in more.items()})
        return self.run(request, options=options, **(env or {}))[7]

    def content(self, name="out"):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as f:
            return f.read()

    def leftovers(self):
        return [n for n in os.listdir(self.directory) if n.startswith(".")]


def failed(result, error, text, outcome="failed"):
    same((result["outcome"], result["error"]), (outcome, error), "failure of %r" % (result,))
    if not re.search(text, result["message"], re.I):
        raise AssertionError("%r does not say %r" % (result["message"], text))


@test("a file is stored whole, with what the server said of it, and the server is told who asks")
def stored():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/core.db", DATABASE, modified=MODIFIED)
        result = fetch.one(fake.url("/core.db"), kind="bulk")
        request = fake.requests[0]
        same(fetch.content(), DATABASE, "content")
        same((result["outcome"], result["status"], result["size"], result["mirror"],
              result["url"], result["last-modified"]),
             ("stored", 200, len(DATABASE), 0, fake.url("/core.db"),
              httpfake.http_date(MODIFIED)), "result")
        same(bool(re.match(r'"[0-9a-f]{16}"$', result["etag"])), True, "etag")
        status = os.stat(os.path.join(fetch.directory, "out"))
        same((status.st_mode & 0o777, int(status.st_mtime)), (0o600, MODIFIED), "mode and time")
        same(bool(re.match(r"omgd/\d+\.\d+\.\d+ \(\+https://\S+\)$",
                           request.headers["User-Agent"])), True, "user agent")
        same((request.method, request.headers["Accept-Encoding"], request.headers["Cookie"]),
             ("GET", None, None), "request of a database")


@test("validators are sent, by ETag and by date, and what is unchanged is not touched")
def validators():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/a", DATABASE, modified=MODIFIED)
        fake.serve("/date", DATABASE, modified=MODIFIED, etag=None)
        first = fetch.one(fake.url("/a"))
        before = os.stat(os.path.join(fetch.directory, "out"))
        for path, sent in (("/a", {"etag": first["etag"]}),
                           ("/date", {"last-modified": first["last-modified"]}),
                           ("/a", {"etag": first["etag"],
                                   "last-modified": first["last-modified"]})):
            result = fetch.one(fake.url(path), **sent)
            same((result["outcome"], result["status"]), ("unchanged", 304), "outcome")
            same(fake.requests[-1].headers["If-None-Match"], sent.get("etag"), "If-None-Match")
            same(fake.requests[-1].headers["If-Modified-Since"], sent.get("last-modified"),
                 "If-Modified-Since")
        after = os.stat(os.path.join(fetch.directory, "out"))
        same((after.st_ino, after.st_mtime_ns), (before.st_ino, before.st_mtime_ns), "the file")
        same(fetch.one(fake.url("/a"), etag='"other"')["outcome"], "stored", "another ETag")
        fake.serve("/a", b"an older one", modified=MODIFIED - 9)
        older = fetch.one(fake.url("/a"), etag=first["etag"],
                          last_modified=first["last-modified"])
        same((older["outcome"], older["last-modified"]),
             ("stored", httpfake.http_date(MODIFIED - 9)), "an older database is told by its date")
        fake.answer("/odd", Reply(b"", 304))
        failed(fetch.one(fake.url("/odd")), INVALID, "status 304")


@test("404 and 410: absent when it may be, else an error; 5xx and others are told apart")
def statuses():
    with HttpFake() as fake, Fetch() as fetch:
        fake.answer("/410", Reply(httpfake.PORTAL, 410, {"Content-Type": "text/html"}))
        for path, status in (("/404", 404), ("/410", 410)):
            result = fetch.one(fake.url(path), optional=True)
            same((result["outcome"], result["status"]), ("absent", status), path)
            failed(fetch.one(fake.url(path)), INVALID, "status %d" % status)
        for status, error in ((500, NETWORK), (502, NETWORK), (403, INVALID), (204, INVALID),
                              (206, INVALID), (300, INVALID)):
            fake.answer("/s", Reply(b"x" * 200000, status))
            failed(fetch.one(fake.url("/s"), optional=True), error, "status %d" % status)
        fake.answer("/big", Reply(b"x", 404, length=1 << 40))
        same(fetch.one(fake.url("/big"), optional=True)["outcome"], "absent", "a long 404")
        same(fetch.content(), None, "content")


@test("429 and 503: limited, with Retry-After in seconds and as a date, or unknown")
def limited():
    with HttpFake() as fake, Fetch() as fetch:
        for status, value, low, high in ((429, "37", 37, 37), (503, "0", 0, 0),
                                         (429, "99999999999999", 86400, 86400),
                                         (503, httpfake.http_date(time.time() + 100), 40, 100),
                                         (429, httpfake.http_date(time.time() - 100), 0, 0),
                                         (429, "soon", None, None), (503, None, None, None)):
            fake.answer("/l", Reply(b"", status, {"Retry-After": value} if value else {}))
            result = fetch.one(fake.url("/l"))
            failed(result, LIMITED, "status %d" % status, outcome="limited")
            got = result.get("retry-after")
            same(got is None if low is None else low <= got <= high, True,
                 "%r for %r" % (got, value))


@test("what is cut, stalled, endless, too large, empty or never answered leaves nothing behind")
def broken():
    with HttpFake() as fake, Fetch() as fetch:
        mib = b"m" * (1 << 20)
        cases = (
            ("cut", Reply(DATABASE, cut=5000), NETWORK, "", {}),
            ("cut at once", Reply(DATABASE, cut=0), NETWORK, "", {}),
            ("chunk cut", Reply(DATABASE, chunked=True, cut=70000), NETWORK, "", {}),
            ("claims more", Reply(DATABASE, length=len(DATABASE) + 1), NETWORK, "", {}),
            ("hang up", Reply(hang_up=True), NETWORK, "", {}),
            ("stalled", Reply(DATABASE, stall=3000), NETWORK, "slow", {"kind": "bulk"}),
            ("stalled API", Reply(DATABASE, stall=3000), NETWORK, "time", {}),
            ("no answer", Reply(DATABASE, delay=60), NETWORK, "slow", {"kind": "bulk"}),
            ("endless", Reply(mib, endless=True), INVALID, "more than 5000000 bytes",
             {"kind": "bulk", "max_bytes": 5000000}),
            ("too large", Reply(mib), INVALID, "more than 1048575 bytes", {"max_bytes": 1048575}),
            ("too large, unsaid", Reply(mib, chunked=True), INVALID, "more than", {
                "max_bytes": 1048575}),
            ("empty", Reply(b""), INVALID, "empty", {}),
            ("head", Reply(b"x", headers={"X-%d" % i: "y" * 900 for i in range(90)}), INVALID,
             "head", {}),
        )
        for name, reply, error, text, more in cases:
            fake.answer("/x", reply)
            result = fetch.one(fake.url("/x"), options=QUICK, **more)
            failed(result, error, text)
            same((fetch.content(), "size" in result, "etag" in result), (None, False, False), name)
        fake.answer("/x", Reply(mib))
        same(fetch.one(fake.url("/x"), max_bytes=1 << 20)["size"], 1 << 20, "exactly the limit")
        same(fetch.content(), mib, "content")
        # What is behind the length that was claimed is no part of the answer (RFC 9112, 6.3).
        fake.answer("/x", Reply(DATABASE, length=1000))
        same(fetch.one(fake.url("/x"))["size"], 1000, "claims less")


@test("an answer that fails keeps what was there before")
def kept():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/x", DATABASE)
        fetch.one(fake.url("/x"))
        fake.answer("/x", Reply(b"new" * 9999, cut=9000))
        failed(fetch.one(fake.url("/x")), NETWORK, "")
        same(fetch.content(), DATABASE, "content")


@test("a log-in page with status 200 is no data, whatever it says that it is")
def portal():
    with HttpFake() as fake, Fetch() as fetch:
        for headers, body in (({"Content-Type": "text/html; charset=utf-8"}, b"data"),
                              ({"Content-Type": "application/json"}, httpfake.PORTAL),
                              ({}, b"\n  <HTML><body>"),
                              ({"Content-Type": "Application/XHTML+xml"}, b"<?xml?>")):
            for accept in ("octets", "json", "text"):
                fake.answer("/p", Reply(body, headers=headers))
                failed(fetch.one(fake.url("/p"), accept=accept), INVALID, "page for people")
        fake.answer("/p", Reply(httpfake.PORTAL, headers={"Content-Type": "text/html"},
                                endless=True))
        failed(fetch.one(fake.url("/p"), kind="bulk"), INVALID, "page for people")
        fake.answer("/x", redirect("/p"))
        failed(fetch.one(fake.url("/x")), INVALID, "page for people")
        same(fetch.content(), None, "content")


@test("compressed answers: JSON is stored decoded and bounded decoded, databases as they come")
def compressed():
    with HttpFake() as fake, Fetch() as fetch:
        value = {"results": ["x"] * 5000}
        fake.answer("/j", json_reply(value, compressed=True))
        result = fetch.one(fake.url("/j"), accept="json")
        same(json.loads(fetch.content()), value, "decoded")
        same(result["size"], len(json.dumps(value)), "size as stored")
        same("gzip" in fake.requests[-1].headers["Accept-Encoding"], True, "Accept-Encoding")
        same(fake.requests[-1].headers["Accept"], "application/json", "Accept")

        packed = gzip.compress(DATABASE)
        fake.answer("/d", Reply(packed, headers={"Content-Encoding": "gzip"}))
        fetch.one(fake.url("/d"))
        same(fetch.content(), packed, "as sent")

        bomb = httpfake.gzip_bomb(20 << 20)
        fake.answer("/b", Reply(bomb, headers={"Content-Encoding": "gzip"}))
        failed(fetch.one(fake.url("/b"), accept="json", max_bytes=1 << 20), INVALID, "more than")
        bomb = httpfake.gzip_bomb((32 << 20) + 1)
        fake.answer("/b", Reply(bomb, headers={"Content-Encoding": "gzip"}))
        failed(fetch.one(fake.url("/b"), accept="json"), INVALID, "more than 33554432")
        fake.answer("/b", Reply(b"no gzip at all", headers={"Content-Encoding": "gzip"}))
        failed(fetch.one(fake.url("/b"), accept="json"), INVALID, "")


@test("redirects: three are followed, four are not, and never to a file or away from TLS")
def redirects():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/3", DATABASE)
        for i in range(3):
            fake.answer("/%d" % i, redirect("/%d" % (i + 1), 308))
        fake.answer("/-1", redirect("/0"))
        result = fetch.one(fake.url("/0"))
        same((result["outcome"], result["url"]), ("stored", fake.url("/3")), "three")
        os.unlink(os.path.join(fetch.directory, "out"))
        failed(fetch.one(fake.url("/-1")), INVALID, "redirect")
        fake.answer("/loop", redirect("/loop"))
        failed(fetch.one(fake.url("/loop")), INVALID, "redirect")
        same(len(fake.of("/loop")), 4, "requests of a loop")
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"):
            fake.answer("/out", redirect(target))
            failed(fetch.one(fake.url("/out")), INVALID, "protocol")
        same(fetch.content(), None, "content")


@test("TLS is verified: authority and name; what began with it does not go on without")
def tls():
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    with Fetch() as fetch, HttpFake() as plain:
        good = httpfake.make_certificate(fetch.folder)
        wrong = httpfake.make_certificate(fetch.folder, "elsewhere.invalid", "192.0.2.1")
        plain.serve("/x", DATABASE)
        with HttpFake(good) as fake, HttpFake(wrong) as other:
            fake.serve("/x", DATABASE)
            other.serve("/x", DATABASE)
            fake.answer("/plain", redirect(plain.url("/x")))
            plain.answer("/tls", redirect(fake.url("/x")))
            trusted = {"SSL_CERT_FILE": good[0]}
            same(fetch.one(fake.url("/x"), env=trusted)["outcome"], "stored", "trusted")
            same(fetch.one(plain.url("/tls"), env=trusted)["outcome"], "stored", "to TLS")
            os.unlink(os.path.join(fetch.directory, "out"))
            failed(fetch.one(fake.url("/x")), NETWORK, "certificate")
            failed(fetch.one(other.url("/x"), env={"SSL_CERT_FILE": wrong[0]}), NETWORK,
                   "certificate|subject|match")
            failed(fetch.one(fake.url("/plain"), env=trusted), INVALID, "protocol")
            same((fake.of("/x")[1:], other.requests, plain.of("/x")), (fake.of("/x")[1:], [], []),
                 "nothing was asked there")
            failed(fetch.one(plain.url("/x").replace("http:", "https:")), NETWORK, "")
        same(fetch.content(), None, "content")


@test("mirrors: in order until one answers; the message tells of each, never of passwords")
def mirrors():
    with HttpFake() as good, HttpFake() as bad, Fetch() as fetch:
        good.serve("/x", DATABASE)
        bad.answer("/x", Reply(b"", 500))
        bad.answer("/cut", Reply(DATABASE, cut=5000))
        gone = HttpFake()
        gone.server.server_close()
        secret = bad.url("/x").replace("127", "user:secret@127")
        result = fetch.one([gone.url("/x"), secret, bad.url("/cut"), good.url("/x"),
                            bad.url("/never")])
        same((result["outcome"], result["mirror"], result["url"]),
             ("stored", 3, good.url("/x")), "the fourth")
        same((fetch.content(), bad.of("/never")), (DATABASE, []), "content")
        result = fetch.one([gone.url("/x"), secret, bad.url("/none")])
        failed(result, INVALID, "connect.*; .*500.*; .*404")
        same("secret" in json.dumps(fetch.events), False, "the password is told")
        same(bad.of("/x")[0].headers["Authorization"] is not None, True, "but used")
        result = fetch.one([bad.url("/none"), good.url("/x")], optional=True)
        same((result["outcome"], result["mirror"]), ("absent", 0), "absent is an answer")


@test("file URLs: stored, unchanged, absent; no directory, FIFO or device is read")
def files():
    with Fetch() as fetch:
        path = os.path.join(fetch.folder, "a b.db")
        with open(path, "wb") as f:
            f.write(DATABASE)
        os.utime(path, (MODIFIED, MODIFIED))
        url = "file://" + path.replace(" ", "%20")
        first = fetch.one(url)
        same((first["outcome"], first["size"], first["last-modified"], fetch.content()),
             ("stored", len(DATABASE), httpfake.http_date(MODIFIED), DATABASE), "stored")
        same(fetch.one(url, etag=first["etag"])["outcome"], "unchanged", "by ETag")
        same(fetch.one(url, last_modified=first["last-modified"])["outcome"], "unchanged",
             "by date")
        os.utime(path, (MODIFIED + 1, MODIFIED + 1))
        same(fetch.one(url, etag=first["etag"])["outcome"], "stored", "by another ETag")
        same(fetch.one(url, last_modified=first["last-modified"])["outcome"], "stored", "newer")
        os.unlink(os.path.join(fetch.directory, "out"))
        failed(fetch.one(url, max_bytes=len(DATABASE) - 1), INVALID, "too large")
        same(fetch.one(url + "x", optional=True)["outcome"], "absent", "absent")
        failed(fetch.one(url + "x"), NETWORK, "No such file")
        os.mkfifo(path + "fifo")
        open(path + "empty", "w", encoding="utf-8").close()
        for odd in (url + "fifo", "file://" + fetch.folder, "file:///dev/zero"):
            failed(fetch.one(odd), INVALID, "no regular file")
        failed(fetch.one(url + "empty"), INVALID, "is empty")
        failed(fetch.one("file:///%00"), BAD_REQUEST, "no path")
        same(fetch.content(), None, "content")


@test("POST: a body of JSON from a file, a form that is encoded; OSV and AUR as played here")
def posts():
    with HttpFake() as fake, Fetch() as fetch:
        fake.osv({"bash": [{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}]})
        fake.aur([{"Name": "yay"}, {"Name": "c++&=?"}])
        fake.tracker([{"name": "AVG-1"}])
        queries = {"queries": [{"package": {"name": n}} for n in ("bash", "none")]}
        with open(os.path.join(fetch.directory, "q.json"), "w", encoding="utf-8") as f:
            json.dump(queries, f)
        result = fetch.one(fake.url("/v1/querybatch"), accept="json", body="q.json")
        same((result["outcome"], json.loads(fetch.content())["results"]),
             ("stored", [{"vulns": [{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}]}, {}]),
             "querybatch")
        sent = fake.requests[-1]
        same((sent.method, sent.headers["Content-Type"], sent.headers["Expect"]),
             ("POST", "application/json", None), "POST")
        fetch.one(fake.url("/rpc"), accept="json", form=["v=5", "type=info", "arg[]=yay",
                                                         "arg[]=c++&=?", "empty="])
        same([p["Name"] for p in json.loads(fetch.content())["results"]], ["yay", "c++&=?"],
             "names")
        same(fake.requests[-1].headers["Content-Type"], "application/x-www-form-urlencoded",
             "type of a form")
        same(fetch.one(fake.url("/issues/all.json"), accept="json")["outcome"], "stored", "tracker")
        fetch.one(fake.url("/packages-meta-ext-v1.json.gz"), kind="bulk")
        same(b"yay" in gzip.decompress(fetch.content()), True, "archive")
        for body, text in (("none.json", "No such file"), ("link.json", "symbolic")):
            if body == "link.json":
                os.symlink("/etc/passwd", os.path.join(fetch.directory, body))
            failed(fetch.one(fake.url("/v1/querybatch"), body=body), UNAVAILABLE, text)
        with open(os.path.join(fetch.directory, "big.json"), "wb") as f:
            f.truncate((4 << 20) + 1)
        failed(fetch.one(fake.url("/v1/querybatch"), body="big.json"), UNAVAILABLE, "too large")


REFUSED = (
    ("nonsense", "no line of one JSON"),
    ('{"id":1,"urls":["http://a/"],"output":"o"} x', "no line of one JSON"),
    ('{"urls":["http://a/"],"output":"o"}', '"id" is missing'),
    ('{"id":-1,"urls":["http://a/"],"output":"o"}', '"id" is no number'),
    ('{"id":4294967296,"urls":["http://a/"],"output":"o"}', '"id" is too much'),
    ('{"id":1,"urls":[],"output":"o"}', '"urls" is no list'),
    ('{"id":1,"urls":"http://a/","output":"o"}', '"urls" is no list'),
    ('{"id":1,"urls":["ftp://a/"],"output":"o"}', '"urls" holds'),
    ('{"id":1,"urls":["file://host/x"],"output":"o"}', '"urls" holds'),
    ('{"id":1,"urls":["http://a/ b"],"output":"o"}', '"urls" holds'),
    ('{"id":1,"urls":[%s],"output":"o"}' % ",".join(['"http://a/"'] * 65), "too many"),
    ('{"id":1,"urls":["http://%s/"],"output":"o"}' % ("a" * 4436), '"urls" holds'),
    ('{"id":1,"urls":["http://a/"],"output":".o"}', '"output" is no name'),
    ('{"id":1,"urls":["http://a/"],"output":"../o"}', '"output" is no name'),
    ('{"id":1,"urls":["http://a/"],"output":"%s"}' % ("o" * 129), '"output" is too long'),
    ('{"id":1,"urls":["http://a/"],"output":"o","kind":"slow"}', '"kind" is none'),
    ('{"id":1,"urls":["http://a/"],"output":"o","color":"red"}', 'no key "color"'),
    ('{"id":1,"urls":["http://a/"],"output":"o","etag":"a\\nb"}', '"etag" can be in no header'),
    ('{"id":1,"urls":["http://a/"],"output":"o","max-bytes":33554433}', '"max-bytes" is 0'),
    ('{"id":1,"urls":["http://a/"],"output":"o","max-bytes":0}', '"max-bytes" is 0'),
    ('{"id":1,"urls":["http://a/"],"output":"o","body":"o"}', '"body" is the output'),
    ('{"id":1,"urls":["http://a/"],"output":"o","body":"b","form":["a=b"]}', '"form" cannot'),
    ('{"id":1,"urls":["http://a/"],"output":"o","form":["ab"]}', '"form" holds'),
    ('{"id":1,"urls":["http://a/"],"output":"o","optional":1}', '"optional" is neither'),
)


@test("a line that is no request is refused by its number, and the others are fetched")
def refused():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/x", DATABASE)
        good = [{"id": 100 + i, "urls": [fake.url("/x")], "output": "x%d" % i} for i in (0, 1)]
        lines = [json.dumps(good[0])] + [line for line, _ in REFUSED] + [
            json.dumps(dict(good[1], id=100)), json.dumps(dict(good[1], output="x0")),
            json.dumps(good[1])]
        fetch.start("\n".join(lines) + "\n\n")
        events = fetch.finish()
        same(fetch.process.returncode, 0, "exit code")
        said = [e for e in events if e["event"] == "refused"]
        expected = [text for _, text in REFUSED] + ['"id" is that', '"output" is that']
        same([e["line"] for e in said], list(range(2, len(lines))), "lines")
        for event, text in zip(said, expected):
            same((event["error"], text in event["message"]), (BAD_REQUEST, True),
                 "%r says %r" % (event, text))
        same({e["id"]: e["outcome"] for e in events if e["event"] == "done"},
             {100: "stored", 101: "stored"}, "done")
        same(events[0]["event"], "ready", "the first event")


@test("a batch that is cut, too long or too many is not begun")
def bad_batches():
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/x", DATABASE)
        line = json.dumps({"id": 1, "urls": [fake.url("/x")], "output": "x"}) + "\n"
        lines = "".join(json.dumps({"id": i, "urls": [fake.url("/x")], "output": "x%d" % i}) + "\n"
                        for i in range(1025))
        for text, reason in ((line, "without an empty line"), (line[:-9], "without an empty line"),
                             (lines + "\n", "too many"), ("x" * 65537 + "\n\n", "too long"),
                             ("x" * 200000, "too long")):
            process = fetch.start("")
            _out, err = process.communicate(text.encode(), timeout=30 * SLOW)
            same((process.returncode, reason in err.decode()), (1, True), "%.300r" % err)
        same((fake.requests, os.listdir(fetch.directory)), ([], []), "nothing was done")
        result = subprocess.run([program("OMG_FETCH_HELPER")], capture_output=True, check=False)
        same((result.returncode, b"one directory" in result.stderr), (2, True), "usage")
        result = subprocess.run([program("OMG_FETCH_HELPER"), "--api-sec=121", "."],
                                capture_output=True, check=False)
        same((result.returncode, b"from 1 to 120" in result.stderr), (2, True), "a longer time")


@test("two at once from a host, over two connections; each ends by itself")
def at_once():
    with HttpFake() as fake, Fetch() as fetch:
        fake.answer("/x", Reply(DATABASE, delay=0.05))
        fake.answer("/late", Reply(DATABASE, delay=1))
        requests = [{"id": i, "urls": [fake.url("/x")], "output": "o%d" % i} for i in range(12)]
        requests.insert(0, {"id": 99, "urls": [fake.url("/late")], "output": "late"})
        results = fetch.run(*requests)
        same({r["outcome"] for r in results.values()}, {"stored"}, "outcomes")
        same((fake.all_connections, fake.most_connections), (2, 2), "connections")
        same(fetch.events[1]["id"] != 99, True, "in the order in which they end")


class Held:
    """Handlers that answer only when so many requests are there at once, and count the most."""

    def __init__(self, count):
        self.count = count
        self.now = self.most = 0
        self.changed = threading.Condition()

    def __call__(self, _request):
        with self.changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.most >= self.count, 20 * SLOW)
        time.sleep(0.02)  # room for one too many to come
        with self.changed:
            self.now -= 1
        return Reply(DATABASE)


def most_at_once(addresses, expected):
    """Four requests to a server at each address; how many came at once."""
    held = Held(expected)
    with contextlib.ExitStack() as stack, Fetch() as fetch:
        fakes = [stack.enter_context(HttpFake(address=address)) for address in addresses]
        for fake in fakes:
            fake.handle("/x", held)
        results = fetch.run(*[{"id": i, "urls": [fakes[i % len(fakes)].url("/x")],
                               "output": "o%d" % i} for i in range(4 * len(fakes))])
        same({r["outcome"] for r in results.values()}, {"stored"}, "outcomes")
    same(held.most, expected, "at once")


@test("three ports of a host are one host; of ten hosts sixteen transfers run at once")
def hosts():
    most_at_once(["127.0.0.1"] * 3, 2)
    most_at_once(["127.0.0.%d" % i for i in range(1, 11)], 16)


@test("while nothing else is to be said it says that it lives")
def alive():
    with HttpFake() as fake, Fetch() as fetch:
        fake.answer("/x", Reply(DATABASE, delay=40))
        fetch.start(json.dumps({"id": 1, "urls": [fake.url("/x")], "output": "x"}) + "\n\n")
        lines = [json.loads(fetch.process.stdout.readline()) for _ in range(2)]
        same([e["event"] for e in lines], ["ready", "alive"], "events")


@test("a host that takes no connection is given up after its time")
def no_connection():
    with socket.socket() as listener, contextlib.ExitStack() as stack, Fetch() as fetch:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):  # nobody accepts, so that there is room for none
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        failed(fetch.one("http://127.0.0.1:%d/x" % listener.getsockname()[1],
                         options=["--connect-sec=1"]), NETWORK, "time")


@test("many files of a mirror in the file system: each is done, and cancelling is heeded between")
def many_files():
    with Fetch() as fetch:
        path = os.path.join(fetch.folder, "big")
        with open(path, "wb") as f:
            f.truncate(64 << 20)
        requests = "".join(json.dumps({"id": i, "urls": ["file://" + path], "output": "o",
                                       "kind": "bulk"}).replace('"o"', '"o%d"' % i) + "\n"
                           for i in range(300))
        fetch.start(requests + "\n")
        while json.loads(fetch.process.stdout.readline())["event"] != "done":
            pass
        fetch.process.send_signal(signal.SIGTERM)
        events = fetch.finish()
        outcomes = [e["outcome"] for e in events]
        same((fetch.process.returncode, len(outcomes), outcomes[-1], fetch.leftovers()),
             (1, 299, "failed", []), "cancelled")


@test("progress of bulk files: rising, at most five lines a second, none for short answers")
def progress():
    with HttpFake() as fake, Fetch() as fetch:
        body = b"p" * (24 << 10)
        fake.answer("/x", Reply(body, pause=0.06))
        begin = time.monotonic()
        fetch.run({"id": 1, "urls": [fake.url("/x")], "output": "x", "kind": "bulk"},
                  {"id": 2, "urls": [fake.url("/x")], "output": "y"})
        seconds = time.monotonic() - begin
        said = [e for e in fetch.events if e["event"] == "progress"]
        same({e["id"] for e in said}, {1}, "of whom")
        same({e["total"] for e in said}, {len(body)}, "total")
        sizes = [e["size"] for e in said]
        same((sizes == sorted(set(sizes)), max(sizes) <= len(body)), (True, True), "rising")
        same(len(said) <= 5 * seconds + 1, True, "%d lines in %g s" % (len(said), seconds))


def half_way(fetch, fake, count=3):
    """Started, with files on their way."""
    for i in range(count):
        fake.answer("/%d" % i, Reply(b"z" * 300000, stall=200000))
    fetch.start("".join(json.dumps({"id": i, "urls": [fake.url("/%d" % i)], "output": "o%d" % i,
                                    "kind": "bulk"}) + "\n" for i in range(count)) + "\n")
    wait_until(lambda: len(fetch.leftovers()) == 2, 20, "two files on their way")


@test("SIGTERM, SIGINT and the end of standard input cancel all and clean up")
def cancel():
    for how in (signal.SIGTERM, signal.SIGINT, None):
        with HttpFake() as fake, Fetch() as fetch:
            half_way(fetch, fake)
            if how:
                fetch.process.send_signal(how)
            else:
                fetch.process.stdin.close()
            events = fetch.finish(10)
            same(fetch.process.returncode, 1, "exit code")
            same(os.listdir(fetch.directory), [], "files")
            same([(e["id"], e["outcome"], e["error"]) for e in events if e["event"] == "done"],
                 [(i, "failed", CANCELLED) for i in range(3)], "events")


@test("nobody reads its results: it ends, and cleans up")
def deaf():
    with HttpFake() as fake, Fetch() as fetch:
        half_way(fetch, fake)
        fetch.process.stdout.close()
        fetch.process.stdout = open(os.devnull, "rb")
        fetch.process.send_signal(signal.SIGTERM)
        fetch.finish(10)
        same((fetch.process.returncode, os.listdir(fetch.directory)), (1, []), "end")


@test("kill -9: what it leaves goes at the next run, unless another is at work")
def killed():
    with HttpFake() as fake, Fetch() as fetch, Fetch() as second:
        half_way(fetch, fake)
        second.directory = fetch.directory
        fake.serve("/x", DATABASE)
        url = fake.url("/x", host="localhost")
        second.start(json.dumps({"id": 1, "urls": [url], "output": "x"}) + "\n\n")
        second.finish()
        same((second.process.returncode, len(fetch.leftovers()), second.content("x")),
             (0, 2, DATABASE), "beside one at work")
        fetch.process.kill()
        fetch.process.wait()
        same(len(fetch.leftovers()), 2, "left behind")
        second.one(fake.url("/x"))
        same(sorted(os.listdir(fetch.directory)), ["out", "x"], "files")


@test("proxies come from the environment, and no_proxy is heeded")
def proxies():
    with HttpFake() as proxy, HttpFake() as fake, Fetch() as fetch:
        proxy.serve("/x", b"by the proxy")
        fake.serve("/x", b"directly")
        environment = {"http_proxy": proxy.url()}
        fetch.one("http://mirror.invalid/x", env=environment)
        same((fetch.content(), proxy.requests[0].path),
             (b"by the proxy", "http://mirror.invalid/x"), "by the proxy")
        fetch.one(fake.url("/x"), env=dict(environment, no_proxy="127.0.0.1"))
        same(fetch.content(), b"directly", "no_proxy")
        proxy.answer("/y", Reply(httpfake.PORTAL))
        failed(fetch.one("http://mirror.invalid/y", env=environment), INVALID, "page for people")
        result = fetch.one("https://mirror.invalid/x", env={"https_proxy": proxy.url()})
        failed(result, NETWORK, "tunnel|proxy|CONNECT")
        proxy.handle("mirror.invalid:443", lambda _request: Reply(b"", 404))
        result = fetch.one("https://mirror.invalid/x", env={"https_proxy": proxy.url()},
                           optional=True)
        failed(result, NETWORK, "tunnel|proxy|CONNECT")
        same(proxy.requests[-1].method, "CONNECT", "what a proxy is asked")


@test("a name that nobody knows and a port where nobody listens are the network's")
def unreachable():
    with Fetch() as fetch:
        failed(fetch.one("http://nowhere.invalid/x"), NETWORK, "resolve")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            failed(fetch.one("http://127.0.0.1:%d/x" % port), NETWORK, "connect")


@test("a directory that is a link, another's or open to others is refused")
def directories():
    with Fetch() as fetch:
        link, shared = (os.path.join(fetch.folder, n) for n in ("link", "shared"))
        os.symlink(fetch.directory, link)
        os.mkdir(shared)
        os.chmod(shared, 0o777)
        for path, reason in ((link, "cannot open"), (shared, "others may write"),
                             (fetch.folder + "/none", "cannot open")):
            process = fetch.start("", directory=path)
            _out, err = process.communicate(b"\n", timeout=30 * SLOW)
            same((process.returncode, reason in err.decode()), (1, True), repr(err))


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


def limit_of(pid, name):
    with open("/proc/%d/limits" % pid, encoding="ascii") as f:
        return [line for line in f if line.startswith(name)][0].split()[-3:-1]


@test("its bounds hold: no core dump, file size, descriptors, no new privileges")
def bounds():
    with HttpFake() as fake, Fetch() as fetch:
        half_way(fetch, fake)
        pid = fetch.process.pid
        same(limit_of(pid, "Max core file size")[0], "0", "core")
        same(limit_of(pid, "Max file size")[0], str(256 << 20), "file size")
        same(limit_of(pid, "Max open files")[0], "256", "descriptors")
        same(status_of(pid)["NoNewPrivs"].strip(), "1", "no_new_privs")


# What the probe tries, and since which ABI of Landlock it fails; 0: never.
TRIED = {"make": 1, "write": 1, "truncate": 3, "remove": 1, "rename": 1, "move in": 1, "folder": 1,
         "link": 1, "device": 1, "execute": 1, "listen": 4, "signal": 6, "read": 0,
         "make inside": 0, "rename inside": 0, "remove inside": 0, "folder inside": 1,
         "link inside": 1}


@test("it cannot write outside its directory, nor execute, however it tries (Landlock)")
def landlock():
    probe = os.environ.get("OMG_FETCH_PROBE")
    if not probe:
        raise Skip("nothing can be loaded into sanitized programs")
    with HttpFake() as fake, Fetch() as fetch:
        fake.serve("/x", DATABASE)
        with open(os.path.join(fetch.folder, "victim"), "w", encoding="utf-8") as f:
            f.write("whole")
        result = fetch.one(fake.url("/x"), env={
            "LD_PRELOAD": probe, "OMG_PROBE_OUTSIDE": fetch.folder,
            "OMG_PROBE_INSIDE": fetch.directory})
        abi = fetch.events[0]["landlock"]
        if abi == 0:
            same("no Landlock" in fetch.error, True, "the log says so")
            raise Skip("this kernel has no Landlock")
        same(result["outcome"], "stored", "it works all the same")
        said = dict(line[7:].split(": ", 1) for line in fetch.error.splitlines()
                    if line.startswith("probe: "))
        same({what: text != "done" for what, text in said.items()},
             {what: 0 < since <= abi for what, since in TRIED.items()}, "%r" % said)
        with open(os.path.join(fetch.folder, "victim"), encoding="utf-8") as f:
            same(f.read(), "whole", "the victim")


@test("a link at the place of an output is replaced, not followed")
def links():
    with HttpFake() as fake, Fetch() as fetch:
        outside, inside = os.path.join(fetch.folder, "o"), os.path.join(fetch.directory, "out")
        os.symlink(outside, inside)
        fake.serve("/x", DATABASE)
        same(fetch.one(fake.url("/x"))["outcome"], "stored", "outcome")
        same((os.path.exists(outside), os.path.islink(inside)), (False, False), "links")


if __name__ == "__main__":
    run_tests()
