#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""QueryAur against a server that answers as the AUR's own, and does everything wrong: what
is asked, how often and how much at once, and what comes of each kind of answer."""
import json
import os
import subprocess
import sys
import urllib.parse

sys.dont_write_bytecode = True

from httpfake import PORTAL, HttpFake, Reply, json_reply  # noqa: E402
from omgtest import (INVALID_ARGS, LIMITS_EXCEEDED, MANAGER, NAME, PACKAGES, SLOW, Bench,
                     CallError, GLib, options, program, run_tests, same, test, wait_until)

NETWORK, INVALID, LIMITED, UNAVAILABLE, OFFLINE, METERED, CANCELLED = (
    "org.omgd1.Error." + name for name in (
        "Network", "UpstreamInvalid", "UpstreamRateLimited", "Unavailable", "Offline", "Metered",
        "Cancelled"))
JOB = "org.omgd1.Job"
DAY = 500
HOUR_USEC = 3600 * 10**6


def package(name, **more):
    return dict({"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name + "-base",
                 "Version": "1.0-1", "Description": "What %s does" % name,
                 "URL": "https://x.example",
                 "NumVotes": 7, "Popularity": 1.25, "OutOfDate": None, "Maintainer": "kept",
                 "Submitter": "began", "FirstSubmitted": 1600000000, "LastModified": 1700000000,
                 "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name}, **more)


FULL = package("full-git", Depends=["glibc>=2.33", "sh"], MakeDepends=["cmake"],
               CheckDepends=["check"], OptDepends=["gtk4: a window"], Provides=["full=1.0"],
               Conflicts=["full"], Replaces=["old-full"], Groups=["many"], License=["MIT"],
               Keywords=["editor", "c++"], CoMaintainers=["second", "third"], OutOfDate=1690000000)
PLAIN = package("plain", Maintainer=None, Description=None, URL=None)
OTHER = package("gtk2+extra@1.0_x", Maintainer="Jürgen", Description="Ein Übersetzer")


class AurBench(Bench):
    """An omgd whose AUR is at that address."""

    def __init__(self, url, conf="", sync="aur=86400", **how):
        super().__init__(**how)
        self.drop_in("50-aur", "[sync]\n%s\n[aur]\nurl=%s\n%s" % (sync, url, conf))

    def ask(self, by, arguments, **how):
        """The path of the job."""
        arguments = [arguments] if isinstance(arguments, str) else arguments
        return self.call(PACKAGES, "QueryAur", "sasa{sv}", by, arguments, options(**how))[0]

    def result(self, path, seconds=30):
        return wait_until(lambda: self.job_result(path), seconds, "the end of the job")

    def query(self, by, arguments, **how):
        """The result of a job that must be done."""
        status, error, message, result = self.result(self.ask(by, arguments, **how))
        same((status, error, message), (0, "", ""), "%s %.100r" % (by, arguments))
        return result

    def names(self, by, arguments, **how):
        return [name for name, _ in self.query(by, arguments, **how)["packages"]]

    def fail(self, by, arguments, error, text="", status=1, **how):
        """The result of a job that must fail so."""
        got = self.result(self.ask(by, arguments, **how))
        same(got[:2], (status, error), "%s: %s" % (by, got[2]))
        if text not in got[2]:
            raise AssertionError("\"%s\" lacks \"%s\"" % (got[2], text))
        return got[3]

    def counts(self):
        metrics = self.metrics()
        same(metrics["aur-requests-today"] + metrics["aur-requests-left"], DAY, "of the day")
        return tuple(metrics[key] for key in ("aur-queries", "aur-queries-cached",
                                              "aur-requests-today"))

    def rpc_files(self):
        folder = os.path.join(self.folder, "cache/aur/rpc")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def now_usec():
    return GLib.get_real_time()


@test("each field is searched as the AUR does it")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([FULL, PLAIN, OTHER])
        bench.start().wait_loaded()
        for by, text, found in (
                ("name", "LL-g", ["full-git"]), ("name-desc", "what", ["full-git"]),
                ("maintainer", "kept", ["full-git"]), ("maintainer", "Jürgen", [OTHER["Name"]]),
                ("submitter", "nobody", []), ("depends", "glibc", ["full-git"]),
                ("makedepends", "cmake", ["full-git"]), ("checkdepends", "check", ["full-git"]),
                ("optdepends", "gtk4", ["full-git"]), ("provides", "full", ["full-git"]),
                ("provides", "plain", ["plain"]), ("conflicts", "full", ["full-git"]),
                ("replaces", "old-full", ["full-git"]), ("groups", "many", ["full-git"]),
                ("keywords", "c++", ["full-git"]), ("comaintainers", "third", ["full-git"]),
                ("name", "plain&by=depends", []), ("name", "../../rpc", []),
                ("name", "a=b?c#d", []),
                ("name-desc", "Übersetzer", [OTHER["Name"]]), ("name", "%41%00", []),
                ("name", OTHER["Name"], [OTHER["Name"]])):
            same(bench.names(by, text), found, "%s %s" % (by, text))
            same(aur.asked[-1], ("search", by, [text]), "asked")
        paths = {urllib.parse.urlsplit(r.path).path for r in fake.requests}
        same(paths <= {"/rpc/v5/search", "/packages-meta-ext-v1.json.gz"}, True, paths)
        agents = {r.headers["User-Agent"] for r in fake.of("/rpc/v5/search")}
        same([a for a in agents if not a.startswith("omgd/")], [], "User-Agent")


@test("info has all that the AUR says, of names in their order, and which it does not have")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([FULL, PLAIN, OTHER])
        bench.start()
        result = bench.query("info", ["plain", "zz-none", OTHER["Name"], "full-git", "aa-none",
                                      "plain"])
        same([name for name, _ in result["packages"]], ["full-git", OTHER["Name"], "plain"],
             "by name")
        same((result["missing"], result["total"], result["cached"]),
             (["aa-none", "zz-none"], 3, False), "missing")
        same(abs(now_usec() - result["as-of"]) < HOUR_USEC, True, "as-of")
        full, plain = result["packages"][0][1], result["packages"][2][1]
        same(full, {
            "name": "full-git", "version": "1.0-1", "repository": "aur", "base": "full-git-base",
            "description": "What full-git does", "url": "https://x.example", "licenses": ["MIT"],
            "groups": ["many"], "provides": ["full=1.0"], "depends": ["glibc>=2.33", "sh"],
            "optdepends": ["gtk4: a window"], "makedepends": ["cmake"], "checkdepends": ["check"],
            "conflicts": ["full"], "replaces": ["old-full"], "maintainer": "kept",
            "co-maintainers": ["second", "third"], "submitter": "began", "votes": 7,
            "popularity": 1.25, "out-of-date": 1690000000, "first-submitted": 1600000000,
            "last-modified": 1700000000, "keywords": ["editor", "c++"],
            "url-path": "/cgit/aur.git/snapshot/full-git.tar.gz"}, "all keys")
        same(sorted(set(full) - set(plain)), sorted((
            "description", "url", "licenses", "groups", "provides", "depends", "optdepends",
            "makedepends", "checkdepends", "conflicts", "replaces", "maintainer", "co-maintainers",
            "out-of-date", "keywords")), "what is not there")
        same(len(aur.asked), 1, "requests")
        same(bench.rpc_files(), [], "files that are left")


@test("a thousand names go into as few URLs as the AUR takes, one after the other")
def _():
    names = ["n%03d+%s@x" % (i, "y" * (i % 40)) for i in range(1000)]
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([package(name) for name in names[::2]])
        aur.delay = 0.02
        bench.start()
        result = bench.query("info", names)
        same([name for name, _ in result["packages"]], sorted(names[::2]), "found")
        same(result["missing"], sorted(names[1::2]), "missing")
        same(result["total"], 500, "total")
        urls = [fake.url(r.path) for r in fake.of("/rpc/v5/info")]
        same(max(map(len, urls)) <= aur.MOST_URI, True, "the longest URL")
        same(min(map(len, urls[:-1])) > aur.MOST_URI - 300, True, "the shortest but the last")
        same([n for _, _, asked in aur.asked for n in asked], sorted(names), "names, each once")
        same(aur.most_at_once, 1, "at once")
        same(bench.counts(), (1, 0, len(urls)), "counted")


@test("twenty clients: one request at a time, in the order asked, and equal questions once")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([FULL, PLAIN])
        aur.delay = 0.05
        bench.start()
        connections = [bench.connect() for _ in range(20)]
        texts = ["text%d" % (i % 10) for i in range(20)]
        paths = []
        for connection, text in zip(connections, texts):
            paths.append(connection.call_sync(
                NAME, "/org/omgd1", PACKAGES, "QueryAur",
                GLib.Variant("(sasa{sv})", ("name", [text], {})), None, 0, -1, None).unpack()[0])
        same(paths[10:], paths[:10], "jobs")
        for path in paths:
            same(bench.result(path)[0], 0, "status")
        same(aur.most_at_once, 1, "at once")
        same([a[2] for a in aur.asked], [[t] for t in texts[:10]], "asked")
        same(bench.counts(), (10, 0, 10), "counted")
        owner = bench.raw_call(NAME, paths[0], "org.freedesktop.DBus.Properties", "Get",
                               GLib.Variant("(ss)", (JOB, "Owner")))[0]
        same(owner, connections[0].get_unique_name(), "Owner: the first")
        for connection in connections:
            connection.close_sync(None)


@test("what was asked a moment ago is answered from memory, unless that is too old for the caller")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([FULL, PLAIN])
        bench.start()
        first = bench.query("info", ["plain", "none"])
        aur.packages = []
        again = bench.query("info", ["none", "plain"])
        same((again["cached"], first["cached"]), (True, False), "cached")
        del again["cached"], first["cached"]
        same(again, first, "the same answer")
        same(bench.counts(), (2, 1, 1), "counted")
        new = bench.query("info", ["plain", "none"], max_age=0)
        same((new["total"], new["cached"], new["missing"]), (0, False, ["none", "plain"]), "anew")
        same(new["as-of"] > first["as-of"], True, "as-of")
        same(bench.counts(), (3, 1, 2), "counted")


@test("as many as the AUR gives come page by page, and one more is an error")
def _():
    packages = [package("pkg%04d" % i) for i in range(5000)]
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur(packages)
        bench.start()
        names = []
        for offset in range(0, 6000, 1000):
            result = bench.query("name", "pkg", offset=offset)
            same(result["total"], 5000, "total")
            names += [name for name, _ in result["packages"]]
        same(sorted(names), [p["Name"] for p in packages], "all")
        same(len(set(names)), 5000, "each once")
        same(len(bench.names("name", "pkg", limit=7, offset=4998)), 2, "the last page")
        same(len(aur.asked), 1, "asked")
        aur.packages = packages + [package("pkg-more")]
        bench.fail("name", "pkg", INVALID_ARGS, "more packages", max_age=0)


@test("the day's requests: the last is sent, none behind it, by an omgd started anew neither")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        bench.start()
        same(bench.names("name", "plain"), ["plain"], "before")
        names = ["n%04d%s" % (i, "x" * 250) for i in range(900)]
        while True:
            before = bench.counts()[2]
            status, error, message, result = bench.result(bench.ask("info", names, max_age=0), 120)
            if status:
                break
            n = bench.counts()[2] - before
        same((error, bench.counts()[2]), (LIMITS_EXCEEDED, before), "too many for the rest")
        same(DAY - before < n and "%d requests" % n in message, True, message)
        same(0 < result["until"] - now_usec() <= 24 * HOUR_USEC, True, "until")
        each = max(len(a[2]) for a in aur.asked)
        bench.query("info", names[:each * (DAY - before)], max_age=0)
        bench.fail("name", "one-more", LIMITS_EXCEEDED, "0 of the 500")
        same(bench.query("name", "plain")["cached"], True, "from memory")
        same((len(aur.asked), bench.metrics()["aur-requests-left"]), (DAY, 0), "requests")
        bench.stop()
        bench.start()
        bench.fail("name", "plain", LIMITS_EXCEEDED, "more from ")
        same((len(aur.asked), bench.counts()[2]), (DAY, DAY), "requests after a restart")


@test("who is asked to leave the AUR alone does so, over a restart too")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        bench.start()
        aur.reply = lambda _: Reply(aur.error("Rate limit reached").body, 429,
                                    {"Retry-After": "1800"})
        for text in ("plain", "other"):
            until = bench.fail("name", text, LIMITED, "not asked again before")["until"]
            same(1700 < (until - now_usec()) / 10**6 <= 1800, True, "until")
        bench.stop()
        aur.reply = None
        bench.start()
        same(bench.fail("name", "plain", LIMITED)["until"], until, "until, after a restart")
        same(len(aur.asked), 1, "requests")


@test("every answer that is none is an error with a name, and never \"missing\"")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        good = aur.info(["plain"]).body
        odd = json.loads(good)
        bench.start()
        for what, reply, error in (
                ("HTML", Reply(PORTAL, 200, {"Content-Type": "text/html"}), INVALID),
                ("nothing", Reply(b""), INVALID),
                ("no JSON", Reply(b"<xml/>"), INVALID),
                ("a part", Reply(good[:-20]), INVALID),
                ("a connection that ends", Reply(good, cut=len(good) - 10), NETWORK),
                ("no answer", Reply(hang_up=True), NETWORK),
                ("404", Reply(b"not here", 404), INVALID),
                ("a list", json_reply([]), INVALID),
                ("no results", json_reply(dict(odd, results=None)), INVALID),
                ("results that are none", json_reply(dict(odd, results={})), INVALID),
                ("the AUR's own error", aur.error("Incorrect request type specified."), INVALID),
                ("an error of an odd type", json_reply(dict(odd, type="error", error=7)), INVALID)):
            aur.reply = lambda _, made=reply: made
            result = bench.fail("info", ["plain"], error)
            same(sorted(result), [], what)
        # A server that fails is left alone for some seconds.
        aur.reply = lambda _: Reply(b"oh", 500)
        asked = len(aur.asked)
        for _ in range(2):
            same(sorted(bench.fail("info", ["plain"], NETWORK)), ["until"], "a server that fails")
        same(len(aur.asked), asked + 1, "requests")
        same(bench.rpc_files(), [], "files that are left")


@test("a record that makes no sense costs itself alone")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([])
        good = [package("good%d" % i) for i in range(5)]
        odd = good + [package("../evil"), dict(package("odd"), Name=7),
                      dict(package("no-version"), Version=None), 5]
        aur.reply = lambda _: aur.found("search", odd)
        bench.start()
        result = bench.query("name", "good")
        same([name for name, _ in result["packages"]], [p["Name"] for p in good], "names")
        same((result["total"], result["dropped"]), (5, 4), "counted")
        result = bench.query("info", ["good1", "odd", "none"])
        same((result["total"], result["missing"], result["unknown"]), (1, [], ["none", "odd"]),
             "what nobody knows")


@test("without a network, and while the AUR is off, nothing is asked, and it is said why")
def _():
    with AurBench("http://aur.invalid") as bench:
        bench.drop_in("60-offline", "[network]\nmode=offline\n")
        bench.start()
        bench.fail("name", "plain", OFFLINE)
    with HttpFake() as fake:
        aur = fake.aur([PLAIN])
        for conf, sync, text in (("enabled=false", "aur=86400", "enabled=true"),
                                 ("", "aur=0", "aur=3600")):
            with AurBench(fake.url(), conf=conf, sync=sync) as bench:
                bench.start()
                bench.fail("name", "plain", UNAVAILABLE, text)
        same(len(aur.asked), 0, "requests")


@test("a metered link is no hindrance for somebody who waits")
def _():
    with AurBench("http://aur.invalid") as bench:
        bench.drop_in("60-metered", "[network]\nmode=online\nmetered=yes\n")
        bench.start()
        bench.fail("name", "plain", METERED, background=True)
        bench.fail("name", "plain", NETWORK)
        bench.fail("name", "plain", NETWORK, background=True, allow_metered=True)


@test("cancelling ends the question, and the next is asked")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        aur.reply = lambda _: Reply(b"{}", stall=1)
        bench.start()
        running, waiting = bench.ask("name", "plain"), bench.ask("name", "other")
        wait_until(lambda: aur.asked, 10, "the first request")
        aur.reply = None
        for path in (waiting, running):
            bench.raw_call(NAME, path, JOB, "Cancel", GLib.Variant("(a{sv})", ({},)))
            same(bench.result(path)[:2], (2, CANCELLED), "the job")
        same(bench.names("name", "plain"), ["plain"], "behind it")
        same(len(aur.asked), 2, "requests")


@test("a question outlives who asked, and its answer is there for the next")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        aur.delay = 0.2
        bench.start()
        other = bench.connect()
        other.call_sync(NAME, "/org/omgd1", PACKAGES, "QueryAur",
                        GLib.Variant("(sasa{sv})", ("name", ["plain"], {})), None, 0, -1, None)
        other.close_sync(None)
        wait_until(lambda: bench.counts()[2] == 1 and all(
            job[2] == "done" for job in bench.call(MANAGER, "ListJobs")[0]), 10, "the answer")
        same(bench.query("name", "plain")["cached"], True, "from memory")
        same(len(aur.asked), 1, "requests")


@test("Completed says all but the packages")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        fake.aur([PLAIN])
        bench.start()
        signals = bench.signals()
        bench.ask("info", ["plain", "none"])
        status, error, message, result = signals.wait("Completed", 10)
        same((status, error, message), (0, "", ""), "status")
        same(sorted(result), ["as-of", "cached", "missing", "total"], "keys")
        same((result["total"], result["missing"]), (1, ["none"]), "result")
        signals.close()


@test("helpers that are not there are said to be so")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        fake.aur([PLAIN])
        index = os.path.join(bench.folder, "index")
        with open(index, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n[ \"$1\" != aur-reply ] || kill -9 $$\nexec %s \"$@\"\n"
                    % program("OMG_INDEX_HELPER"))
        os.chmod(index, 0o755)
        bench.start(OMG_INDEX_HELPER=index).wait_loaded()
        bench.fail("name", "plain", UNAVAILABLE)
        bench.stop()
        bench.start(OMG_FETCH_HELPER=os.path.join(bench.folder, "none"))
        bench.fail("name", "plain", UNAVAILABLE)
        same(bench.rpc_files(), [], "files that are left")


@test("what is no question is refused before anything is asked")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        aur = fake.aur([PLAIN])
        bench.start()
        for by, arguments in (("color", ["xx"]), ("name", []), ("name", ["x"]), ("info", []),
                              ("name", ["xx", "yy"]), ("name", ["x" * 501]), ("info", ["a b"]),
                              ("info", ["x"] * 1001), ("name", ["x\ny"])):
            try:
                bench.ask(by, arguments)
            except CallError as error:
                same(error.name, INVALID_ARGS, "%s %.50r" % (by, arguments))
            else:
                raise AssertionError("%s %.50r was taken" % (by, arguments))
        same((len(aur.asked), bench.counts()), (0, (0, 0, 0)), "asked")


@test("omgctl asks, shows, and says what is not there")
def _():
    with HttpFake() as fake, AurBench(fake.url()) as bench:
        fake.aur([FULL, PLAIN])
        bench.start()

        def run(*arguments):
            done = subprocess.run([program("OMGCTL"), *arguments], env=bench.environment(),
                                  capture_output=True, stdin=subprocess.DEVNULL, check=False,
                                  timeout=60 * SLOW)
            return done.returncode, done.stdout.decode(), done.stderr.decode()

        same(run("aur", "search", "--by", "depends", "glibc"),
             (0, "aur/full-git 1.0-1 (+7) [out of date]\n    What full-git does\n", ""), "search")
        code, out, err = run("aur", "info", "plain", "none")
        same((code, "plain-base" in out, "'none' is not in the AUR" in err), (3, True, True), err)
        document = json.loads(run("--json", "aur", "search", "full")[1])
        same((document["total"], document["packages"][0]["name"]), (1, "full-git"), "JSON")
        code, out, err = run("aur", "search", "x")
        same((code, out, "InvalidArgs" in err), (1, "", True), "an error: " + err)


run_tests()
