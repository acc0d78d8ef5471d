#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AUR on all faces of omgd: what it is said to have beside what was put there, and its updates
beside the comparison of versions that pacman makes. How the archive gets here is another test's."""

import json
import os
import random
import re
import signal
import subprocess

import omgtest
from expect_audit import find_vercmp
from httpfake import AUR_ARCHIVE, HttpFake, Reply
from omgtest import FLAG_FOREIGN, FLAG_INSTALLED, FLAG_UPGRADABLE, MANAGER, PACKAGES, SLOW, \
    STATUS, UNKNOWN, Bench, CallError, Skip, omgroot, same, test, wait_until
from omgwire import Client, Failed

TIME = 1700000000
UPDATE_AUR, OUT_OF_DATE, NO_MAINTAINER = 8, 128, 512
NOT_FOUND, INTERNAL = -1001, -32603
SYSTEMS = ("git", "svn", "hg", "bzr", "cvs", "darcs", "fossil")
EVIL = "red\u202e text \u2066"


def record(name, version="1.0-1", **more):
    return dict({"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name,
                 "Version": version, "Description": "a package of the aur",
                 "URL": "https://example.org", "NumVotes": 3, "Popularity": 0.5, "OutOfDate": None,
                 "Maintainer": "somebody", "Submitter": "sender", "FirstSubmitted": TIME - 9,
                 "LastModified": TIME, "URLPath": "/cgit/aur.git/snapshot/%s.tar.gz" % name},
                **more)


def package(name, version):
    return omgroot.Package(name, version, DESC="of this machine", ARCH="any", LICENSE=["MIT"],
                           BUILDDATE="1600000000", PACKAGER="P <p@example.org>", ISIZE="1000",
                           CSIZE="400", FILENAME="%s-%s-any.pkg.tar.zst" % (name, version),
                           MD5SUM="0" * 32, SHA256SUM="0" * 64)


def make_version(rng):
    epoch = rng.choice(("", "", "", "1:", "2:"))
    number = rng.choice(("1.0", "1.0.1", "1.1", "1.10", "2.0", "2.0rc1", "2.0.r15.gabc", "20230101",
                         "1.0.a", "1.0.b"))
    return "%s%s-%s" % (epoch, number, rng.choice(("1", "1", "2", "1.1")))


class Invented:
    """A system and an AUR, whose versions are whatever comes. What is foreign is nobody's."""

    def __init__(self, seed=7, count=160):
        rng = random.Random(seed)
        names = ["%s%03d%s" % (rng.choice(("tool", "held", "lib")), i,
                               rng.choice(("", "", "", "-bin", "-nightly") +
                                          tuple("-" + s for s in SYSTEMS)))
                 for i in range(count)]
        self.core = [package(n, make_version(rng)) for n in names if rng.random() < 0.2]
        self.own = [package(n, make_version(rng)) for n in names if rng.random() < 0.1]
        self.local = {n: make_version(rng) for n in names if rng.random() < 0.8}
        self.aur = {n: record(n, make_version(rng), NumVotes=rng.randrange(3000),
                              Popularity=rng.randrange(1000) / 8,
                              Maintainer=rng.choice((None, "eve", "mallory")),
                              OutOfDate=rng.choice((None, None, TIME - 5)))
                    for n in names if rng.random() < 0.7}
        self.in_repositories = {p.name for p in self.core + self.own}
        self.foreign = set(self.local) - self.in_repositories

    def make(self, root):
        installed = [omgroot.as_installed(package(n, v), i, True)
                     for i, (n, v) in enumerate(self.local.items())]
        omgroot.write_root(root, [("core", self.core), ("own", self.own)], installed,
                           options=["IgnorePkg = held*"])

    def expect_updates(self, vercmp):
        rows = []
        for name in sorted(self.foreign & set(self.aur)):
            there = self.aur[name]
            if vercmp(there["Version"], self.local[name]) > 0:
                extra = {"vcs": name.rsplit("-", 1)[-1]} if name.endswith(
                    tuple("-" + s for s in SYSTEMS)) else {}
                extra.update({key: there[field] for key, field in (
                    ("maintainer", "Maintainer"), ("out-of-date", "OutOfDate")) if there[field]})
                rows.append((name, self.local[name], there["Version"], "aur", 0, 0,
                             UPDATE_AUR | (2 if name.startswith("held") else 0), extra))
        return rows


class AurBench(Bench):
    """A bench whose omgd asks this HttpFake, once it is told to."""

    def __init__(self, fake, **how):
        super().__init__(**how)
        self.fake = fake
        self.set_aur()

    def set_aur(self, more=""):
        self.drop_in("20-aur", "[sync]\naur=%d\n[aur]\nurl=%s\n%s\n"
                     % (86400, self.fake.url(), more))

    def begin(self, records):
        self.fake.aur_archive(records)
        self.start().wait_loaded()
        same(self.refresh(), (0, ""), "the job")
        return self

    def refresh(self):
        path = self.call(MANAGER, "Refresh", "asa{sv}", ["aur"], {})[0]
        status, error, _, _ = wait_until(lambda: self.job_result(path), 60, "the end of the job")
        return status, error.rpartition(".")[2]

    def reload(self, more):
        self.set_aur(more)
        self.process.send_signal(signal.SIGHUP)

    def aur_details(self, names):
        return self.call(PACKAGES, "GetAurDetails", "asa{sv}", names, {})

    def client(self):
        return Client(os.path.join(self.runtime, "omg.sock"), 30 * SLOW)

    def socket_info(self, name):
        with self.client() as client:
            return client.call("Info", package=name)

    def socket_error(self, name):
        try:
            self.socket_info(name)
        except Failed as failed:
            return failed.code, failed.message
        raise AssertionError("there is an answer about " + name)

    def omgctl(self, *arguments):
        done = subprocess.run([omgtest.program("OMGCTL"), *arguments], env=self.environment(),
                              capture_output=True, timeout=60 * SLOW, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def error_of(function, *arguments, **how):
    try:
        function(*arguments, **how)
    except CallError as error:
        return error.name.rpartition(".")[2]
    raise AssertionError("no error")


@test("the updates of the AUR are those that vercmp finds among what no repository holds")
def updates():
    vercmp = find_vercmp()
    if not vercmp:
        raise Skip("neither vercmp nor libalpm")
    invented = Invented()
    with HttpFake() as fake, AurBench(fake, root=invented.make) as bench:
        bench.begin(list(invented.aur.values()))
        expected = invented.expect_updates(vercmp)
        same(len(expected) > 20 and any(r[6] & 2 for r in expected), True, "there are some")
        rows, meta = bench.list("ListUpdates", sources=["aur"], limit=7)
        same(rows, expected, "rows of the AUR, in pages")
        same((meta["total"], meta["complete"], meta["stale"], meta["errors"]),
             (len(expected), True, False, []), "META")
        both, _ = bench.list("ListUpdates")
        official, _ = bench.list("ListUpdates", sources=["repo"])
        same([r for r in both if r[6] & UPDATE_AUR], expected, "of the rows of both")
        same([r for r in both if not r[6] & UPDATE_AUR], official, "the repositories'")
        same([r[0] for r in both], sorted(r[0] for r in both), "by name")
        free, _ = bench.list("ListUpdates", sources=["aur"], ignored=False)
        same(free, [r for r in expected if not r[6] & 2], "that nothing holds back")
        counts = bench.properties()
        same([counts[k] for k in ("AurUpdatesAvailable", "UpdatesAvailable", "IgnoredUpdates",
                                  "ForeignPackages")],
             [len(free), len([r for r in official if not r[6] & 2]),
              len([r for r in both if r[6] & 2]), len(invented.foreign)], "counts")
        lines = read_lines(bench, "updates", sources=["aur"])
        same([(o["name"], o["new-version"], o["download-size"], o.get("vcs")) for o in lines],
             [(r[0], r[2], None, r[7].get("vcs")) for r in expected], "ListFd")

        foreign, _ = bench.list("ListForeign")
        same({r[0]: r[2] for r in foreign},
             {n: "aur" if n in invented.aur else "local" for n in invented.foreign},
             "foreign packages and where they are from")
        for row in foreign:
            there = invented.aur.get(row[0])
            flags = FLAG_INSTALLED | FLAG_FOREIGN
            if there:
                flags |= (OUT_OF_DATE if there["OutOfDate"] else 0) | \
                    (0 if there["Maintainer"] else NO_MAINTAINER) | \
                    (FLAG_UPGRADABLE if row[0] in [r[0] for r in expected] else 0)
            same(row[5] & ~(2 | 4 | 64), flags, "flags of " + row[0])


def read_lines(bench, name, **how):
    from gi.repository import Gio, GLib
    parameters = GLib.Variant("(sa{sv})", (name, omgtest.options(**how)))
    reply, fds = bench.connection.call_with_unix_fd_list_sync(
        omgtest.NAME, omgtest.PATH, PACKAGES, "ListFd", parameters, None,
        Gio.DBusCallFlags.NO_AUTO_START, 30000, None, None)
    with open(fds.get(reply.unpack()[0]), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


@test("the details of each package are what the archive says, and what is installed of it")
def details():
    invented = Invented(11, 60)
    more = record("alone", "2:1.5-3", PackageBase="pair", Keywords=["a", "b"], License=["GPL3"],
                  Depends=["git>=2", "sh"], MakeDepends=["go"], CheckDepends=["bats"],
                  OptDepends=["x: why"], Provides=["one=1"], Conflicts=["two"], Replaces=["three"],
                  Groups=["g"], CoMaintainers=["a", "b"], OutOfDate=TIME - 1)
    with HttpFake() as fake, AurBench(fake, root=invented.make) as bench:
        bench.begin([*invented.aur.values(), more])
        names = [*invented.aur, "no-such"]
        found, missing, meta = bench.aur_details(names)
        same(missing, ["no-such"], "missing")
        same([name for name, _ in found], list(invented.aur), "in the order asked")
        same((meta["total"], meta["complete"], meta["errors"]), (len(found), True, []), "META")
        same(abs(meta["as-of"] / 1e6 - os.stat(bench.log_path).st_mtime) < 600, True, "as-of")
        for name, keys in found:
            there = invented.aur[name]
            same([keys[k] for k in ("name", "version", "repository", "votes", "popularity",
                                    "last-modified", "url-path")],
                 [name, there["Version"], "aur", there["NumVotes"], there["Popularity"], TIME,
                  there["URLPath"]], name)
            same((keys.get("maintainer"), keys.get("out-of-date")),
                 (there["Maintainer"], there["OutOfDate"]), "of " + name)
            same(keys.get("installed-version"), invented.local.get(name), "installed " + name)
            same("upgradable" in keys, name in invented.local, "upgradable of " + name)
        keys = bench.aur_details(["aur/alone"])[0][0][1]
        same({k: v for k, v in keys.items() if k not in ("name", "description", "url")},
             {"version": "2:1.5-3", "repository": "aur", "base": "pair", "keywords": ["a", "b"],
              "licenses": ["GPL3"], "depends": ["git>=2", "sh"], "makedepends": ["go"],
              "checkdepends": ["bats"], "optdepends": ["x: why"], "provides": ["one=1"],
              "conflicts": ["two"], "replaces": ["three"], "groups": ["g"],
              "maintainer": "somebody", "co-maintainers": ["a", "b"], "submitter": "sender",
              "votes": 3, "popularity": 0.5, "out-of-date": TIME - 1, "first-submitted": TIME - 9,
              "last-modified": TIME, "url-path": more["URLPath"], "flags": OUT_OF_DATE},
             "each key")
        of_repositories = dict(bench.details(sorted(invented.foreign))[0])
        same({n: d["repository"] for n, d in of_repositories.items()},
             {n: "aur" if n in invented.aur else "local" for n in invented.foreign}, "GetDetails")
        same(bench.details(["alone"])[1], ["alone"], "missing of GetDetails")


@test("what is not known of the AUR is told apart on every face: off, never asked, failed, known")
def unknown():
    with HttpFake() as fake, AurBench(fake) as bench:
        fake.answer(AUR_ARCHIVE, Reply(b"", 502))
        bench.drop_in("30-off", "[aur]\nenabled=false\n")
        bench.start().wait_loaded()

        def state():
            snapshot = bench.call(STATUS, "GetSnapshot")[0]
            return snapshot["aur-state"], snapshot["aur-as-of"] > 0, \
                snapshot["AurUpdatesAvailable"]
        same(state(), ("off", False, UNKNOWN), "the status, off")
        same(error_of(bench.aur_details, ["yay"]), "Unavailable", "GetAurDetails, off")
        same(bench.socket_error("yay"), (NOT_FOUND, 'There is no package "yay"'), "Info, off")
        same(bench.list("ListUpdates")[1]["complete"], True, "META of updates, off")
        same("AUR" in bench.call(STATUS, "Describe")[0], False, "a line of Describe, off")

        bench.drop_in("30-off", "")
        bench.process.send_signal(signal.SIGHUP)
        wait_until(lambda: state()[0] != "off", 10, "the AUR to be on")
        same(bench.refresh(), (1, "Network"), "the job")
        same(state(), ("failed", False, UNKNOWN), "the status, failed")
        same(error_of(bench.aur_details, ["yay"]), "Network", "GetAurDetails, failed")
        same(error_of(bench.list, "ListUpdates", sources=["aur"]), "Network", "updates, failed")
        code, message = bench.socket_error("yay")
        same((code, "502" in message), (INTERNAL, True), "Info, failed: " + message)
        same(bench.socket_info("bash")["source"], "official", "Info of what a repository has")
        meta = bench.list("ListUpdates")[1]
        same((meta["complete"], [e[0] for e in meta["errors"]]), (False, ["aur"]), "META, failed")
        code, out, err = bench.omgctl("info", "yay")
        same((code, out, "Network" in err, "not found" in err), (1, "", True, False),
             "omgctl info, failed: " + err)

        fake.aur_archive([record("yay")])
        same(bench.refresh(), (0, ""), "the job")
        same(state(), ("ok", True, 0), "the status, known")
        same(bench.socket_info("yay")["source"], "aur", "Info, known")
        same(bench.socket_error("yat")[0], NOT_FOUND, "Info of what is not there")
        same("AUR updates: 0" in bench.call(STATUS, "Describe")[0], True, "a line of Describe")


@test("never asked is no error of the network, and Info says so")
def never():
    with HttpFake() as fake, AurBench(fake) as bench:
        bench.drop_in("30-offline", "[network]\nmode=offline\n")
        bench.start().wait_loaded()
        code, message = bench.socket_error("yay")
        state = bench.call(STATUS, "GetSnapshot")[0]["aur-state"]
        # By itself it is asked soon after the start: in vain, here.
        same((state, code) in (("never", NOT_FOUND), ("failed", INTERNAL)), True,
             "%s: %d %s" % (state, code, message))
        same(len(fake.of(AUR_ARCHIVE)), 0, "requests")


@test("the socket: Info and, if omgd.conf says so, Search; the setting counts at once")
def on_socket():
    records = [record("yay", "12.1-1", Depends=["git"], License=["GPL3"],
                      Description="A helper for bash"), record("bash", "9-1")]
    with HttpFake() as fake, AurBench(fake) as bench:
        bench.begin(records)
        same(bench.socket_info("yay"),
             {"name": "yay", "version": "12.1-1", "description": "A helper for bash",
              "url": "https://example.org", "size": 0, "download_size": 0, "repo": "aur",
              "depends": ["git"], "licenses": ["GPL3"], "source": "aur"}, "Info")
        same(bench.socket_info("bash")["source"], "official", "Info of bash")

        def sources():
            with bench.client() as client:
                found = client.call("Search", query="bash", limit=None)
            return {(p["name"], p["source"]) for p in found["packages"]
                    if p["name"] in ("bash", "yay")}
        same(sources(), {("bash", "official")}, "Search")
        bench.reload("socket-search=true")
        wait_until(lambda: sources() == {("bash", "official"), ("bash", "aur"), ("yay", "aur")},
                   10, "the AUR in the search")
        bench.reload("socket-search=perhaps")
        wait_until(lambda: "socket-search" in bench.log(), 10, "an error in the log")
        same(len(sources()), 3, "what was in force stays")
        bench.reload("")
        wait_until(lambda: sources() == {("bash", "official")}, 10, "the repositories alone")
        code, _, err = bench.omgd("--check-config")
        same((code, err), (0, ""), "--check-config")


@test("what becomes known of the AUR is told by signals, and what is upgraded goes from the list")
def signals():
    invented = Invented(5, 40)
    vercmp = find_vercmp()
    if not vercmp:
        raise Skip("neither vercmp nor libalpm")
    with HttpFake() as fake, AurBench(fake, root=invented.make) as bench:
        fake.answer(AUR_ARCHIVE, Reply(b"", 502))
        bench.start().wait_loaded()
        same(bench.refresh(), (1, "Network"), "the job")
        seen = bench.signals()
        fake.aur_archive(list(invented.aur.values()))
        same(bench.refresh(), (0, ""), "the job")
        free = [r for r in invented.expect_updates(vercmp) if not r[6] & 2]
        same(seen.wait("DatabasesChanged")[1], ["aur"], "DatabasesChanged")
        same(seen.wait("UpdatesChanged")[1], bench.properties()["UpdatesAvailable"],
             "the count of UpdatesChanged")
        changed = seen.wait("PropertiesChanged", accept=lambda a: "AurUpdatesAvailable" in a[1])
        same(changed[1]["AurUpdatesAvailable"], len(free), "PropertiesChanged")
        same(seen.of("InstalledChanged"), [], "InstalledChanged")

        name, old, new = free[0][:3]
        for folder in os.listdir(bench.local):
            if folder == "%s-%s" % (name, old):
                os.rename(os.path.join(bench.local, folder), os.path.join(bench.folder, "old"))
        omgroot.write_local_package(bench.root, omgroot.as_installed(package(name, new), 1, True))
        changed = seen.wait("PropertiesChanged", 10, lambda a:
                            a[1].get("AurUpdatesAvailable") == len(free) - 1)
        same([r[0] for r in bench.list("ListUpdates", sources=["aur"], ignored=False)[0]],
             [r[0] for r in free[1:]], "what is left")
        seen.close()


@test("omgctl shows the AUR, and nothing that a terminal would obey")
def with_omgctl():
    invented = Invented(3, 60)
    aur = dict(invented.aur)
    aur["evil"] = record("evil", Description=EVIL, Maintainer="eve", Keywords=[EVIL])
    vercmp = find_vercmp()
    with HttpFake() as fake, AurBench(fake, root=invented.make) as bench:
        bench.begin(list(aur.values()))
        code, out, err = bench.omgctl("search", "--source", "aur", "--limit", "0", "tool")
        rows = re.findall(r"^aur/(\S+) \S+ \(\+(\d+) ([\d.]+)\)", out, re.M)
        same((code, err), (0, ""), "search")
        same({n: (int(v), float(p)) for n, v, p in rows},
             {n: (r["NumVotes"], round(r["Popularity"], 2)) for n, r in aur.items()
              if "tool" in n}, "votes and popularity")
        code, out, _ = bench.omgctl("info", "evil")
        same((code, "\u202e" in out, bool(re.search(r"^Maintainer +: eve$", out, re.M))),
             (0, False, True), "info")
        if vercmp:
            code, out, _ = bench.omgctl("updates", "--source", "aur")
            same([line.split(" [AUR")[0] for line in out.splitlines()],
                 ["%s %s -> %s" % r[:3] for r in invented.expect_updates(vercmp)], "updates")
        code, out, _ = bench.omgctl("--json", "list", "--foreign")
        same({p["name"] for p in json.loads(out)["packages"] if p["repository"] == "aur"},
             invented.foreign & set(aur), "list --foreign")
        code, out, _ = bench.omgctl("list", "--foreign")
        same({line.split()[0] for line in out.splitlines() if " [AUR]" in line},
             invented.foreign & set(aur), "the marks of list --foreign")
        code, _, err = bench.omgctl("info", "no-such")
        same((code, "was not found" in err), (3, True), "info of what is nowhere")


omgtest.run_tests()
