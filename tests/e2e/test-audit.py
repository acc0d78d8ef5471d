#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd-index makes the index of advisories, and the audit of it is the one that expect_audit.py
works out by itself: of made-up feeds, and of real ones where they are.

usage: test-audit.py DUMP_AUDIT NAMES"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import expect_audit
import omgtest
from omgtest import Skip, omgroot, real_data, same, test

DUMP, NAMES = sys.argv[1:3]
del sys.argv[1:3]

GROUP = {"name": "AVG-1", "packages": ["zlib", "bash"], "status": "Vulnerable", "severity": "High",
         "type": "denial of service", "affected": "1.0-1", "fixed": "1.1-1", "ticket": None,
         "issues": ["CVE-2022-1"], "advisories": ["ASA-1", "ASA-1"]}
RECORD = {"id": "GHSA-1", "modified": "2022-01-01T00:00:00Z", "aliases": ["CVE-2022-2"],
          "affected": [{"package": {"ecosystem": "PyPI", "name": "requests"},
                        "ranges": [{"type": "ECOSYSTEM",
                                    "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}


class Folder:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="omg-audit-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def join(self, *names):
        return os.path.join(self.path, *names)

    def index(self, *arguments):
        done = subprocess.run([omgtest.program("OMG_INDEX_HELPER"), *arguments],
                              capture_output=True, text=True, timeout=60 * omgtest.SLOW)
        return json.loads(done.stdout)

    def advisories(self, *arguments):
        return self.index("advisories", "--output", self.join("advisories.idx"), *arguments)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.join(name)), exist_ok=True)
        with open(self.join(name), "w", encoding="utf-8") as f:
            f.write(content if isinstance(content, str) else json.dumps(content))
        return self.join(name)

    def build(self):
        """The index files of the pacman root in root/."""
        conf = self.join("root/etc/pacman.conf")
        for kind in ("sync", "local"):
            answer = self.index(kind, "--config", conf, "--output", self.join(kind + ".idx"))
            same(answer["ok"], True, kind)

    def audit(self, *names):
        done = subprocess.run([DUMP, self.join("root/etc/pacman.conf"), self.join("sync.idx"),
                               self.join("local.idx"), self.join("advisories.idx"), *names],
                              capture_output=True, text=True, timeout=60 * omgtest.SLOW)
        same((done.returncode, done.stderr), (0, ""), "dump-audit")
        return [line.split("\t") for line in done.stdout.splitlines()]


@test("the index is made of what makes sense, and says what does not")
def feeds():
    with Folder() as folder:
        tracker = folder.write("all.json", [GROUP, {"name": "AVG-2"}, 7])
        folder.write("osv/GHSA-1.json", RECORD)
        folder.write("osv/old.json", dict(RECORD, modified="2021-01-01T00:00:00Z", aliases=[]))
        folder.write("osv/GHSA-2.json", dict(RECORD, id="GHSA-2", withdrawn="2022-01-01T00:00:00Z"))
        folder.write("osv/bad.json", "<html>")
        folder.write("osv/.hidden.json", "x")
        folder.write("osv/other.txt", "x")
        os.mkdir(folder.join("osv/folder.json"))
        answer = folder.advisories("--tracker", tracker, "--osv", folder.join("osv"))
        same({k: answer.get(k) for k in ("ok", "groups", "records", "dropped")},
             {"ok": True, "groups": 1, "records": 1, "dropped": 4}, "both feeds")
        answer = folder.advisories("--osv", folder.join("osv"))
        same((answer["ok"], answer["groups"], answer["records"]), (True, 0, 1), "OSV alone")
        answer = folder.advisories()
        same((answer["ok"], answer["groups"], answer["records"]), (True, 0, 0), "none")


@test("a feed that is none leaves the index as it was")
def failures():
    with Folder() as folder:
        good = folder.write("all.json", [GROUP])
        same(folder.advisories("--tracker", good)["ok"], True, "good")
        with open(folder.join("advisories.idx"), "rb") as f:
            before = f.read()
        for content in ("", "[]", "<html>", "{}", json.dumps([GROUP])[:-3], "[" * 100000):
            answer = folder.advisories("--tracker", folder.write("bad.json", content))
            same((answer["ok"], answer["error"]), (False, "org.omgd1.Error.UpstreamInvalid"),
                 content[:20])
        for arguments in (("--tracker", folder.join("gone")), ("--osv", folder.join("gone"))):
            answer = folder.advisories(*arguments)
            same((answer["ok"], answer["error"]), (False, "org.omgd1.Error.DatabaseMissing"),
                 arguments)
        with open(folder.join("advisories.idx"), "rb") as f:
            same(f.read() == before, True, "the index is as it was")


def ids_of(*lists):
    return frozenset(i for one in lists for i in one.split(",") if i)


def choose_version(group, held, number):
    """Around what the group and the repository know."""
    base = group["fixed"] or group["affected"]
    return [held, group["affected"], group["fixed"], "0.0.1-1", base + ".9",
            re.sub(r"-[^-]*$", "-0.1", base), "99:1-1", re.sub(r"^\d+:", "", base)][number % 8]


def install(root, packages):
    shutil.rmtree(os.path.join(omgroot.db_folder(root), "local"))
    omgroot.write_local_version(root)
    for number, (name, version) in enumerate(sorted(packages.items())):
        package = omgroot.Package(name, version)
        omgroot.write_local_package(root, omgroot.as_installed(package, number, True))


class RealData(Folder):
    """A pacman root over the real databases, without anything installed."""

    def __enter__(self):
        super().__enter__()
        source = real_data("arch-2022-09")
        security = real_data("security")
        self.tracker, self.osv = (os.path.join(security, n) for n in ("alsa-all.json", "osv"))
        omgroot.make_databases(self.join("root"), source, installed=0)
        self.repositories = []
        for path in omgroot.database_files(source).values():
            with open(path, "rb") as f:
                self.repositories.append({p.name: p.version
                                          for p in omgroot.read_sync_db(f.read())})
        return self

    def held(self, name):
        return next((r[name] for r in self.repositories if name in r), None)


def skip_without_data():
    try:
        real_data("arch-2022-09")
        real_data("security")
    except Skip:
        raise Skip("skipped: no real data") from None


@test("the tracker's real groups, against pacman's vercmp")
def real_tracker():
    skip_without_data()
    vercmp = expect_audit.find_vercmp()
    if not vercmp:
        raise Skip("no vercmp")
    with RealData() as data:
        with open(data.tracker, encoding="utf-8") as f:
            groups = json.load(f)
        expect = expect_audit.Tracker(groups, data.repositories, vercmp)
        answer = data.advisories("--tracker", data.tracker)
        same((answer["groups"], answer["dropped"]), (len(groups), 0), "groups")
        rng = random.Random(6)
        states = set()
        for number in range(5):
            installed = {}
            for repository in data.repositories:
                installed.update(rng.sample(sorted(repository.items()), 40))
            for group in groups:
                for name in group["packages"]:
                    held = data.held(name)
                    version = choose_version(group, held, number + len(installed)) or held
                    if version:
                        installed[name] = version
            if number == 0:
                installed.update({n: data.held(n) for n in installed if data.held(n)})
            install(data.join("root"), installed)
            data.build()
            found = {(f[0], f[2]): (f[1], f[3], f[4], f[5], ids_of(f[7])) for f in data.audit()}
            wanted = expect.findings(installed)
            same(found, wanted, "round %d" % number)
            same(len(found) > 20, True, "there is something to find")
            states |= {f[1] for f in found.values()}
        same(states, {"fix-available", "fix-pending", "no-fix", "unconfirmed"}, "all states")


@test("OSV's real records of PyPI, against Python's own order of versions")
def real_osv():
    skip_without_data()
    if not expect_audit.pep440:
        raise Skip("no packaging")
    with RealData() as data:
        records = []
        for path in glob.glob(os.path.join(data.osv, "*.json")):
            with open(path, encoding="utf-8") as f:
                records.append(json.load(f))
        expect = expect_audit.PyPI(records)
        same(data.advisories("--osv", data.osv)["records"], len(records), "records")
        projects = {"yaml": "pyyaml", "jinja": "jinja2"}
        names = {}
        for repository in data.repositories:
            for name in repository:
                if name.startswith("python-"):
                    names[name] = projects.get(name[7:], expect_audit.normal(name[7:]))
        known = {expect_audit.normal(e["package"]["name"]) for r in records
                 for e in r.get("affected", ())}
        names = {n: p for n, p in names.items() if p in known}
        same(len(names) > 5, True, "packages that OSV knows")
        certain = set()
        for number in range(6):
            installed = {}
            for i, name in enumerate(sorted(names)):
                versions = [data.held(name), "1:1.0-1", "r12.gabc-1", "2.19.1-1", "0.9rc1-1",
                            "3.4.0.post1-2"]
                installed[name] = versions[(number + i) % len(versions)]
            install(data.join("root"), installed)
            data.build()
            found = {}
            for line in data.audit(NAMES):
                ids = ids_of(line[2], line[7], line[8])
                found.setdefault(line[0], {})[ids] = line[3] != "unconfirmed"
            same(found, expect.findings(names, installed), "round %d" % number)
            certain |= {c for flaws in found.values() for c in flaws.values()}
        same(certain, {True, False}, "certain and unconfirmed ones")


# -- the same through the running omgd ------------------------------------------------------------

AUDIT = "org.omgd1.Audit"
STATES = ["fix-available", "fix-pending", "no-fix", "unconfirmed", "ignored"]


def put_tracker(bench, groups):
    folder = os.path.join(bench.folder, "cache", "advisories")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "tracker.json")
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(groups, f)
    os.rename(path + ".new", path)


def list_generation(bench):
    """Of one generation, page by page, in their order."""
    rows, options = [], {"states": omgtest.GLib.Variant("as", STATES),
                         "limit": omgtest.GLib.Variant("u", 50)}
    while True:
        options["offset"] = omgtest.GLib.Variant("u", len(rows))
        page, meta = bench.call(AUDIT, "ListVulnerabilities", "a{sv}", options)
        options["generation"] = omgtest.GLib.Variant("t", meta["generation"])
        rows += page
        if len(rows) >= meta["total"]:
            return rows


def list_vulnerabilities(bench):
    """The same from its beginning when the data has changed meanwhile, as a client does."""
    while True:
        try:
            return list_generation(bench)
        except omgtest.CallError as error:
            if "start again" not in error.message:
                raise


def found_on_bus(bench):
    """None: nothing was read yet, which is an error and no empty list."""
    try:
        rows = list_vulnerabilities(bench)
    except omgtest.CallError as error:
        if error.name != "org.omgd1.Error.Unavailable":
            raise
        return None
    return {(r[0], r[3]): (r[1], r[5], r[2], r[4], frozenset(r[6]))
            for r in rows}


def check_order(rows):
    rank = ["Critical", "High", "Medium", "Low", "Unknown"]
    keys = [(rank.index(r[4]), r[0].encode(), r[3].encode()) for r in rows]
    same(keys, sorted(keys), "the worst first")


def compare_on_bus(bench, groups, expect, installed, what):
    """Waits until omgd has seen it all, and compares every number with what follows."""
    wanted = expect.findings(installed)
    bench.call(omgtest.MANAGER, "StateHasChanged", "s", "a test has changed something")
    try:
        omgtest.wait_until(lambda: found_on_bus(bench) == wanted, 20, what)
    except AssertionError:
        same(found_on_bus(bench), wanted, what)
        raise
    check_order(list_vulnerabilities(bench))
    confirmed = {p for (p, _), f in wanted.items() if f[1] not in ("unconfirmed", "ignored")}
    counts, = bench.raw_call("org.omgd1", "/org/omgd1", "org.freedesktop.DBus.Properties", "Get",
                             omgtest.GLib.Variant("(ss)", (AUDIT, "Counts")))
    if wanted:
        for state in STATES:
            same(counts[state], sum(f[1] == state for f in wanted.values()), state)
    flagged = {r[0] for r in bench.list("ListInstalled")[0] if r[5] & 32}
    same(flagged, confirmed, what + ": flag 32")
    checked, meta = bench.call(AUDIT, "CheckPackages", "a(ss)a{sv}",
                               sorted(installed.items())[:1000], {})
    if meta["total"] <= 1000 and len(installed) <= 1000:
        same({(r[0], r[3]): (r[1], r[5], r[2], r[4], frozenset(r[6])) for r in checked}, wanted,
             what + ": CheckPackages")


@test("made-up groups through the running omgd: the findings, the flags and the counts")
def made_up_on_bus():
    vercmp = expect_audit.find_vercmp()
    if not vercmp:
        raise Skip("no vercmp")
    rng = random.Random(11)
    with omgtest.Bench() as bench:
        bench.start().wait_loaded()
        repositories = [{p.name: p.version for p in omgroot.read_sync_db(open(path, "rb").read())}
                        for path in omgroot.database_files(bench.sync).values()]
        names = sorted({n for r in repositories for n in r})[:40]
        versions = ["0.5-1", "1.0-1", "1.1-1", "2:1-1", "1.0rc1-1", "1.0-1.1"]
        groups = [dict(GROUP, name="AVG-%d" % i, packages=rng.sample(names, 2),
                       status=rng.choice(["Fixed", "Vulnerable", "Unknown", "Testing",
                                          "Not affected"]),
                       severity=rng.choice(["Critical", "High", "Medium", "Low", "Unknown"]),
                       affected=rng.choice(versions), fixed=rng.choice(versions + [None]),
                       issues=["CVE-2022-%04d" % (1000 + i)]) for i in range(120)]
        put_tracker(bench, groups)
        expect = expect_audit.Tracker(groups, repositories, vercmp)
        for number in range(3):
            installed = {n: rng.choice(versions) for n in rng.sample(names, min(25, len(names)))}
            install(bench.root, installed)
            compare_on_bus(bench, groups, expect, installed, "round %d" % number)


@test("the tracker's real groups through the running omgd, several sets of packages")
def real_on_bus():
    skip_without_data()
    vercmp = expect_audit.find_vercmp()
    if not vercmp:
        raise Skip("no vercmp")
    source = real_data("arch-2022-09")
    with open(os.path.join(real_data("security"), "alsa-all.json"), encoding="utf-8") as f:
        groups = json.load(f)
    repositories = []
    for path in omgroot.database_files(source).values():
        with open(path, "rb") as f:
            repositories.append({p.name: p.version for p in omgroot.read_sync_db(f.read())})
    expect = expect_audit.Tracker(groups, repositories, vercmp)
    rng = random.Random(17)
    with omgtest.Bench(lambda root: omgroot.make_databases(root, source, installed=0)) as bench:
        put_tracker(bench, groups)
        bench.start().wait_loaded()
        for number in range(3):
            installed = {}
            for group in rng.sample(groups, 60):
                for name in group["packages"]:
                    held = next((r[name] for r in repositories if name in r), None)
                    version = choose_version(group, held, number + len(installed)) or held
                    if version:
                        installed[name] = version
            install(bench.root, installed)
            compare_on_bus(bench, groups, expect, installed, "round %d" % number)


omgtest.run_tests()
