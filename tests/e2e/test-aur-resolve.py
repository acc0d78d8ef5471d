#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ResolveAur and `omgctl resolve` over an archive of the AUR that omgd fetched and read itself:
what a few packages take, and that of many a plan is the one that plain Python comes to."""
import ctypes
import fnmatch
import functools
import json
import random
import re
import subprocess

import omgtest
from httpfake import HttpFake
from omgsystems import parse_blocks
from omgtest import PACKAGES, SLOW, Bench, CallError, Skip, pacman, same, test, wait_until

import omgaur  # of tools/, which omgtest adds to the path

OPERATOR = re.compile(r"(<=|>=|=|<|>)")
KINDS = (("Depends", "depends"), ("MakeDepends", "makedepends"), ("CheckDepends", "checkdepends"))
N_ARCHIVE = 1500


def record(name, version="1.0-1", **more):
    return dict({"ID": 1, "Name": name, "PackageBaseID": 1, "PackageBase": name, "Version": version,
                 "Description": "a package", "URL": None, "NumVotes": 0, "Popularity": 0,
                 "OutOfDate": None, "Maintainer": "somebody", "Submitter": "somebody",
                 "FirstSubmitted": 1600000000, "LastModified": 1600000000, "URLPath": "/x"}, **more)


class Aur(Bench):
    """A bench whose omgd has read an archive of these records."""

    def __init__(self, records):
        super().__init__()
        self.fake = HttpFake().__enter__()
        self.fake.aur_archive(records)
        self.drop_in("20-aur", "[sync]\naur=3600\n[aur]\nurl=%s\n" % self.fake.url())
        self.start().wait_loaded()
        path = self.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["aur"], {})[0]
        result = wait_until(lambda: self.job_result(path), 60, "the archive")
        same(result[:2], (0, ""), "the job")

    def __exit__(self, *how):
        super().__exit__(*how)
        self.fake.__exit__(*how)

    def resolve(self, *names, **how):
        return self.call(PACKAGES, "ResolveAur", "asa{sv}", list(names), omgtest.options(**how))

    def omgctl(self, *arguments):
        done = subprocess.run([omgtest.program("OMGCTL"), "resolve", *arguments],
                              stdin=subprocess.DEVNULL, env=self.environment(), check=False,
                              capture_output=True, timeout=60 * SLOW)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


FEW = [
    record("tool-git", "r9-1", Depends=["firefox", "libtool-x>=2"], MakeDepends=["builder"],
           CheckDepends=["tester"], Provides=["tool"], PackageBase="tool-git"),
    record("libtool-x", "2-1", OutOfDate=1700000000, Maintainer=None),
    record("builder", Depends=["libtool-x"], Conflicts=["tester"]),
    record("tester", Depends=["tool"]),
    record("wants", Depends=["no-such-thing>=2: for fun"], MakeDepends=["tool-git"]),
]


@test("resolve: items, what is missing, cycles and conflicts, on the bus and in omgctl")
def few():
    with Aur(FEW) as bench:
        items, missing, meta = bench.resolve("tool-git")
        same([(name, source) for name, _, source, _ in items],
             [("libtool-x", "aur"), ("builder", "aur"), ("tool-git", "aur"), ("tester", "aur")],
             "items")
        same((missing, meta["missing-by"], meta["total"]), ([], {}, 4), "missing")
        same((meta["cycles"], meta["conflicts"]),
             ([["tester", "tool-git"]], [("builder", "tester")]), "META")
        extra = {name: extra for name, _, _, extra in items}
        same(extra["tool-git"]["vcs"], "git", "vcs")
        same(extra["libtool-x"]["flags"], 128 | 512, "flags")
        same((extra["builder"]["make-only"], extra["libtool-x"]["make-only"]), (True, False),
             "make-only")
        code, out, err = bench.omgctl("tool-git")
        same((code, [line.split(" ")[0] for line in out.split("\n") if line and line[0] != " "]),
             (0, ["aur/libtool-x", "aur/builder", "aur/tool-git", "aur/tester"]), "omgctl")
        same(("[out of date] [without a maintainer]" in out,
              "a cycle: tester > tool-git > tester" in err,
              "builder and tester cannot" in err), (True, True, True), "notes")
        same(bench.omgctl("--no-check", "tool-git")[1:],
             ("aur/libtool-x 2-1 [out of date] [without a maintainer]\n"
              "    needed by: tool-git builder\n"
              "aur/builder 1.0-1 [only to build]\n    needed by: tool-git\n"
              "aur/tool-git r9-1\n", ""), "--no-check")
        code, out, err = bench.omgctl("wants", "nobody")
        same((code, "nothing satisfies no-such-thing>=2, needed by wants\n" in err,
              "'nobody' was not found" in err), (3, True, True), "missing")
        code, out, _ = bench.omgctl("--json", "--installed", "tool-git")
        got = json.loads(out)
        same((code, [item["name"] for item in got["items"] if item["source"] == "installed"]),
             (0, ["firefox"]), "--installed in JSON")
        same([bench.omgctl()[0], bench.omgctl("")[0]], [2, 1], "wrong ones")


@test("resolve: without an AUR it is an error, in omgctl too")
def off():
    with Bench() as bench:
        bench.start().wait_loaded()
        try:
            bench.call(PACKAGES, "ResolveAur", "asa{sv}", ["firefox"], {})
            raise AssertionError("an answer without an AUR")
        except CallError as error:
            same(error.name, "org.omgd1.Error.Unavailable", "the error")
        done = subprocess.run([omgtest.program("OMGCTL"), "resolve", "firefox"], check=False,
                              stdin=subprocess.DEVNULL, env=bench.environment(),
                              capture_output=True, timeout=60 * SLOW)
        same((done.returncode, b"enabled=false" in done.stderr), (1, True), "omgctl")


# ---- beside a plan of plain Python ----


def load_vercmp():
    for name in ("libalpm.so", *("libalpm.so.%d" % n for n in range(20, 12, -1))):
        try:
            function = ctypes.CDLL(name).alpm_pkg_vercmp
        except OSError:
            continue
        function.argtypes = [ctypes.c_char_p] * 2
        return lambda a, b: function(a.encode(), b.encode())
    raise Skip("no libalpm")


class World:
    """All packages as plain dictionaries, and what is taken for a dependency."""

    def __init__(self, bench, records):
        self.vercmp = load_vercmp()
        with open(bench.conf, encoding="utf-8") as f:
            text = f.read()
        self.ignored = " ".join(re.findall(r"^IgnorePkg *= *(.*)$", text, re.M)).split()
        self.groups = " ".join(re.findall(r"^IgnoreGroup *= *(.*)$", text, re.M)).split()
        order = re.findall(r"^\[(.*)\]$", text, re.M)
        self.local = [self.read(block, "installed") for block in
                      parse_blocks(pacman(bench.root, "-Qi").text)]
        sync = [self.read(block, block["Repository"]) for block in
                parse_blocks(pacman(bench.root, "-Si").text)]
        self.sync = sorted(sync, key=lambda p: (order.index(p["source"]), p["name"].encode()))
        self.aur = [{"name": r["Name"], "version": r["Version"], "source": "aur",
                     "provides": r.get("Provides", []), "base": r["PackageBase"],
                     "rank": (-r["Popularity"], -r["NumVotes"], r["Name"]),
                     "needs": [(kind, text) for key, kind in KINDS for text in r.get(key, [])]}
                    for r in records]
        self.installed = {p["name"] for p in self.local}
        self.local.sort(key=lambda p: p["name"].encode())
        self.named = {}  # (source, name): those that may offer it, in their order
        for layer, packages in (("local", self.local), ("sync", self.sync), ("aur", self.aur)):
            for package in packages:
                package["offers"] = {package["name"],
                                     *(self.split(p)[0] for p in package["provides"])}
                for text in package["offers"]:
                    self.named.setdefault((layer, text), []).append(package)

    @staticmethod
    def read(block, source):
        return {"name": block["Name"], "version": block["Version"], "source": source,
                "provides": block["Provides"], "base": None, "groups": block["Groups"],
                "needs": [("depends", text) for text in block["Depends On"]]}

    @staticmethod
    @functools.lru_cache(maxsize=None)
    def split(text):
        name, *rest = OPERATOR.split(text.split(": ")[0], maxsplit=1)
        return name, rest

    def fits(self, version, how):
        r = self.vercmp(version, how[1])
        return {"<": r < 0, "<=": r <= 0, "=": r == 0, ">=": r >= 0, ">": r > 0}[how[0]]

    def satisfies(self, package, text):
        name, how = self.split(text)
        if name not in package["offers"]:
            return False
        if package["name"] == name and (not how or self.fits(package["version"], how)):
            return True
        for provision in package["provides"]:
            provided, version = self.split(provision)
            if provided == name and (not how or (version and version[0] == "=" and
                                                 self.fits(version[1], how))):
                return True
        return False

    def of(self, layer, text):
        return self.named.get((layer, self.split(text)[0]), [])

    def first(self, packages, text):
        """By name, else the first that provides it."""
        found = [p for p in packages if self.satisfies(p, text)]
        named = [p for p in found if p["name"] == self.split(text)[0]]
        return (named or found or [None])[0]

    def is_ignored(self, package):
        return any(fnmatch.fnmatchcase(package["name"], pattern) for pattern in self.ignored) or \
            any(fnmatch.fnmatchcase(group, pattern) for group in package.get("groups", ())
                for pattern in self.groups)

    def from_repositories(self, text):
        name = self.split(text)[0]
        for ignored in (False, True):
            found = [p for p in self.of("sync", text) if self.satisfies(p, text) and
                     (ignored or not self.is_ignored(p))]
            named = [p for p in found if p["name"] == name]
            if named:
                return named[0]
            if found:
                return ([p for p in found if p["name"] in self.installed] + found)[0]
        return None

    def from_aur(self, text, without):
        found = [p for p in self.of("aur", text) if p is not without and self.satisfies(p, text)]
        named = [p for p in found if p["name"] == self.split(text)[0]]
        found.sort(key=lambda p: (2 if self.is_ignored(p) else p["name"] not in self.installed,
                                  p["rank"]))
        return (named or found or [None])[0]

    def choose(self, package, kind, text, items, requested):
        def others(packages):
            before = kind != "depends"
            return [p for p in packages if p is not package and not
                    (before and p["base"] and p["base"] == package["base"])]

        itself = package if kind == "depends" and self.satisfies(package, text) else None
        return self.first(others(requested), text) or self.first(self.of("local", text), text) or \
            itself or self.first(others(items), text) or self.from_repositories(text) or \
            self.from_aur(text, package) or self.first(items, text)

    def plan(self, names):
        """Packages, who needs whom, and what is missing."""
        requested = [next(p for p in self.sync + self.aur if p["name"] == name) for name in names]
        items, needs, missing, installed = list(requested), [], [], []
        for package in items:  # which grows meanwhile
            for kind, text in package["needs"]:
                chosen = self.choose(package, kind, text, items, requested)
                if chosen is None:
                    missing.append(text.split(": ")[0])
                elif chosen["source"] == "installed":
                    installed.append((package, chosen, text))
                else:
                    needs.append((package, chosen))
                    if not any(p is chosen for p in items):
                        items.append(chosen)
        # What an item upgrades is that item.
        needs += [(package, item) for package, old, text in installed for item in items
                  if item["name"] == old["name"] and item is not package and
                  self.satisfies(item, text)]
        return items, needs, missing


def key_of(package):
    """Of a base all are one."""
    return (package["base"],) if package["base"] else (package["source"], package["name"])


def reaches(direct, start, end):
    """Whether one needs the other by however many steps."""
    seen, queue = {start}, [start]
    while queue:
        new = direct.get(queue.pop(), set()) - seen
        seen |= new
        queue += new
    return end in seen


def compare(bench, world, names):
    got, missing, meta = bench.resolve(*names)
    items, needs, wanted = world.plan(names)
    same(sorted((name, source) for name, _, source, _ in got),
         sorted((p["name"], p["source"]) for p in items), "items of %r" % (names,))
    same(missing, list(dict.fromkeys(wanted)), "missing of %r" % (names,))
    place = {(name, source): i for i, (name, _, source, _) in enumerate(got)}
    direct, late = {}, 0
    for a, b in needs:
        direct.setdefault(key_of(a), set()).add(key_of(b))
    for a, b in needs:
        if place[b["name"], b["source"]] < place[a["name"], a["source"]] or a is b:
            continue
        if a["base"] and a["base"] == b["base"]:
            continue
        same(reaches(direct, key_of(b), key_of(a)), True,
             "%s stands behind %s" % (b["name"], a["name"]))
        late += a["source"] == "aur" or b["source"] == "aur"
    same(bool(meta["cycles"]) or not late, True, "cycles of %r" % (names,))
    return len(got), len(meta["cycles"])


def make_archive(rng):
    """The generator's records, with needs among themselves and of what the sample has."""
    records = list(omgaur.make_records(N_ARCHIVE))
    inside = [r["Name"] for r in records] + [p.split("=")[0] for r in records
                                             for p in r.get("Provides", [])]
    outside = ["glibc", "firefox", "python", "vim", "gcc", "cmake", "sh", "no-such", "linux-zen"]
    for r in records:
        for key, _ in KINDS:
            if rng.random() < 0.5:
                r[key] = [rng.choice(inside if rng.random() < 0.8 else outside)
                          for _ in range(rng.choice((0, 1, 1, 2)))]
                r[key] = [text + rng.choice((">=1", "<9", "=1.0")) if rng.random() < 0.1 else text
                          for text in r[key]]
    return records


@test("resolve: 60 plans of a made-up archive are those of plain Python")
def plans():
    omgtest.need_pacman()
    rng = random.Random(7)
    records = make_archive(rng)
    with Aur(records) as bench:
        world = World(bench, records)
        held = {p["name"] for p in world.sync}
        names = [r["Name"] for r in records if r["Name"] not in held]
        sizes = [compare(bench, world, rng.sample(names, rng.choice((1, 1, 1, 2, 4))))
                 for _ in range(60)]
        same((max(n for n, _ in sizes) > 20, any(n for _, n in sizes)), (True, True),
             "plans that say something")
        print("# items: %d in all, %d at most; cycles: %d" %
              (sum(n for n, _ in sizes), max(n for n, _ in sizes), sum(n for _, n in sizes)))


omgtest.run_tests()
