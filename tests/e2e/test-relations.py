#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who needs whom, and what satisfies what: omgd beside the real pacman and libalpm.

    test-relations.py [--random N [SEED]]

Without arguments over the systems of omgsystems.py; --random compares on N small systems made of
chance instead, where names, provisions and versions meet as they seldom do (not part of the suite,
for it takes a second a system)."""

import ctypes
import ctypes.util
import random
import re
import sys

import omgtest
from omgsystems import SYSTEMS, System, no_differences, parse_blocks, stop_systems, title
from omgtest import Skip, omgroot, options, pacman, pacman_lines, same, test

# pacman -Sii compares each package with all others: of large systems a part is asked.
SII_MOST = 300
FIELDS = (("Required By", "depends"), ("Optional For", "optdepends"))


def relation(bench, member, names, **how):
    """{name: list}, a thousand names a call, and all that nothing satisfies."""
    found, unsatisfied = {}, []
    for at in range(0, len(names), 1000):
        lists, missing, meta = bench.call(omgtest.PACKAGES, member, "asa{sv}",
                                          names[at:at + 1000], options(**how))
        same(missing, [], "missing of " + member)
        same(meta["total"], len(lists), "total of " + member)
        found.update(lists)
        unsatisfied += meta.get("unsatisfied", [])
    return found, unsatisfied


def available(bench):
    return [tuple(line.split()[:2]) for line in pacman_lines(bench.root, "-Sl")]


def pick(rng, items, most):
    return list(items) if len(items) <= most else rng.sample(list(items), most)


def all_dependencies(bench):
    """Every text of a dependency that some package has, sorted."""
    texts = set()
    for argument in ("-Si", "-Qi"):
        for block in parse_blocks(pacman(bench.root, argument).text):
            texts.update(block["Depends On"])
            texts.update(text.removesuffix(" [installed]").split(": ")[0]
                         for text in block["Optional Deps"])
            texts.update(block["Provides"])
            texts.add(block["Name"])
    return sorted(text for text in texts if text and " " not in text)


def dependencies(bench, most, seed):
    """Dependencies of the system, and the same with other versions."""
    rng = random.Random(seed)
    texts = pick(rng, all_dependencies(bench), most)
    more = []
    for text in texts[:most // 2]:
        name = re.split("[<>=]", text)[0]
        more.append(name + rng.choice((">=", "<=", "=", "<", ">")) +
                    rng.choice(("1", "2.0-1", "0", "5.2", "1:1", "99", "3.1.4-2")))
    return sorted(set(texts + more + ["no-such-package", "no-such>=1", "libno.so=1-64"]))


def compare_required(bench, argument, source, names, asked):
    blocks = {}
    for at in range(0, len(asked), 500):
        for name, block in zip(asked[at:at + 500],
                               parse_blocks(pacman(bench.root, argument,
                                                   *names[at:at + 500]).text)):
            blocks[name] = block
    wrong = []
    for label, kind in FIELDS:
        lists, _ = relation(bench, "RequiredBy", asked, source=source, kind=kind)
        for name, block in blocks.items():
            if sorted(block[label]) != lists[name]:
                wrong.append("%s %s: pacman %r, omgd %r" % (name, label, sorted(block[label]),
                                                            lists[name]))
    no_differences(wrong, len(blocks), min(len(asked), 1))


def required_by_sync(system):
    """-Sii: Required By and Optional For."""
    bench = system.started()
    rows = available(bench)
    popular = [row for row in rows if row[1] in ("glibc", "gcc-libs", "bash", "python", "perl")]
    rows = popular + pick(random.Random(3), rows, SII_MOST if len(rows) > 1000 else len(rows))
    names = list(dict.fromkeys("%s/%s" % row for row in rows))
    compare_required(bench, "-Sii", "repo", names, names)


def required_by_local(system):
    """-Qii: Required By and Optional For."""
    bench = system.started()
    names = [line.split()[0] for line in pacman_lines(bench.root, "-Q")]
    if names:
        compare_required(bench, "-Qi", "local", names, names)


def deptest(system):
    """-T: exactly the dependencies that WhatProvides finds nothing installed for."""
    bench = system.started()
    texts = dependencies(bench, 1500, 5)
    printed = set()
    for at in range(0, len(texts), 500):
        done = pacman(bench.root, "-T", *texts[at:at + 500], check=False)
        if done.returncode not in (0, 127):
            raise AssertionError("pacman -T: " + done.errors)
        printed.update(line for line in done.text.split("\n") if line)
    wrong = []
    for text in texts:
        rows, meta = bench.call(omgtest.PACKAGES, "WhatProvides", "sa{sv}", text,
                                options(installed=True))
        if (not rows) != (text in printed) or meta["total"] < len(rows):
            wrong.append("%s: pacman -T prints it: %r, omgd %r" % (text, text in printed,
                                                                  [r[:3] for r in rows]))
    no_differences(wrong, len(texts), 3)


def choice_of(bench, text):
    _, meta = bench.call(omgtest.PACKAGES, "WhatProvides", "sa{sv}", text, options(limit=0))
    return meta.get("choice")


def provider_choice(system):
    """-S --print: the package that pacman takes for a dependency."""
    bench = system.started()
    rng = random.Random(9)
    groups = set(pacman_lines(bench.root, "-Sgq"))
    wrong, count = [], 0
    for text in pick(rng, dependencies(bench, 2000, 7), system.choices):
        done = pacman(bench.root, "-Sdd", "--print", "--noconfirm", "--print-format", "%r/%n",
                      text, check=False)
        lines = [line for line in done.text.split("\n") if re.fullmatch(r"[^/\s]+/\S+", line)]
        if text in groups or "conflict" in done.errors:
            continue
        count += 1
        expected = lines[0] if done.returncode == 0 and lines else None
        got = choice_of(bench, text)
        if got != expected:
            wrong.append("%s: pacman %r (%s), omgd %r" % (text, expected, done.errors.strip(),
                                                         got))
    no_differences(wrong, count, 1)


# -- libalpm itself ---------------------------------------------------------------------------


class Alpm:
    """The few functions of libalpm that choose, by ctypes: thousands of dependencies a second."""

    class List(ctypes.Structure):
        pass

    List._fields_ = [("data", ctypes.c_void_p), ("prev", ctypes.POINTER(List)),
                     ("next", ctypes.POINTER(List))]

    def __init__(self, bench, with_ignored):
        self.lib = self.load()
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        for name, result, arguments in (
                ("initialize", pointer, [text, text, ctypes.POINTER(ctypes.c_int)]),
                ("register_syncdb", pointer, [pointer, text, ctypes.c_int]),
                ("db_set_usage", ctypes.c_int, [pointer, ctypes.c_int]),
                ("db_get_name", text, [pointer]),
                ("option_add_ignorepkg", ctypes.c_int, [pointer, text]),
                ("get_localdb", pointer, [pointer]),
                ("get_syncdbs", ctypes.POINTER(self.List), [pointer]),
                ("db_get_pkgcache", ctypes.POINTER(self.List), [pointer]),
                ("find_satisfier", pointer, [ctypes.POINTER(self.List), text]),
                ("find_dbs_satisfier", pointer, [pointer, ctypes.POINTER(self.List), text]),
                ("pkg_get_name", text, [pointer]),
                ("pkg_get_db", pointer, [pointer]),
                ("release", ctypes.c_int, [pointer])):
            function = getattr(self.lib, "alpm_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        code = ctypes.c_int()
        self.handle = self.initialize(bench.root.encode(),
                                      omgroot.db_folder(bench.root).encode(), code)
        if not self.handle:
            raise AssertionError("alpm_initialize: %d" % code.value)
        self.configure(bench.conf, with_ignored)
        local = self.get_localdb(self.handle)
        self.local = ctypes.pointer(self.List(local, None, None))
        self.local.contents.prev = self.local
        self.cache = self.db_get_pkgcache(local)

    @staticmethod
    def load():
        for name in ("alpm", *("libalpm.so.%d" % n for n in range(20, 12, -1))):
            path = ctypes.util.find_library(name) if name == "alpm" else name
            try:
                if path:
                    return ctypes.CDLL(path)
            except OSError:
                continue
        raise Skip("no libalpm")

    def configure(self, path, with_ignored):
        usages = {"Sync": 1, "Search": 2, "Install": 4, "Upgrade": 8, "All": 15}
        database = None
        with open(path, encoding="utf-8") as f:
            for line in f:
                key, _, value = (part.strip() for part in line.partition("="))
                if re.fullmatch(r"\[(?!options).*\]", key):
                    database = self.register_syncdb(self.handle, key[1:-1].encode(), 0)
                    self.db_set_usage(database, 15)
                elif key == "Usage" and database:
                    self.db_set_usage(database, sum(usages[word] for word in value.split()))
                elif key == "IgnorePkg" and not with_ignored:
                    for word in value.split():
                        self.option_add_ignorepkg(self.handle, word.encode())

    def name(self, package):
        return self.pkg_get_name(package).decode() if package else None

    def installed(self, text):
        """What is installed and satisfies it, by its own name first."""
        return self.name(self.find_dbs_satisfier(self.handle, self.local, text.encode())
                         or self.find_satisfier(self.cache, text.encode()))

    def available(self, text):
        """What would be installed for it. No callback answers a question: what IgnorePkg holds
        back is passed over."""
        return self.name(self.find_dbs_satisfier(self.handle, self.get_syncdbs(self.handle),
                                                 text.encode()))


def depends_on(system):
    """what libalpm takes for each dependency of each package."""
    bench = system.started()
    strict, free = Alpm(bench, False), Alpm(bench, True)
    wrong, count = [], 0
    for argument, source in (("-Si", "repo"), ("-Qi", "local")):
        blocks = parse_blocks(pacman(bench.root, argument).text)
        names = ["%s/%s" % (b["Repository"], b["Name"]) if source == "repo"
                 else "local/" + b["Name"] for b in blocks]
        lists, unsatisfied = relation(bench, "DependsOn", names)
        unsatisfied = set(unsatisfied)
        for name, block in zip(names, blocks):
            chosen = []
            for text in block["Depends On"]:
                choice = (free.installed(text) or strict.available(text) or
                          free.available(text))
                if (choice is None) != (text in unsatisfied):
                    wrong.append("%s: %s: libalpm %r" % (name, text, choice))
                if choice and choice not in chosen:
                    chosen.append(choice)
            if chosen != lists[name]:
                wrong.append("%s: libalpm %r, omgd %r" % (name, chosen, lists[name]))
            count += 1
    for alpm in (strict, free):
        alpm.release(alpm.handle)
    no_differences(wrong, count, 1)


def depends_on_all(system):
    """recursive is the same, followed step by step."""
    bench = system.started()
    names = [row[0] for row in bench.list("ListInstalled")[0]][:200]
    lists, _ = relation(bench, "DependsOn", names, recursive=True)
    direct = {}

    def step(name):
        if name not in direct:
            direct[name] = relation(bench, "DependsOn", [name])[0][name]
        return direct[name]

    for name in pick(random.Random(1), names, 40):
        reached, seen = [], {name}
        queue = [n for n in step(name) if not (n in seen or seen.add(n))]
        while queue:
            reached += queue
            queue = [n for above in queue for n in step(above) if not (n in seen or seen.add(n))]
        same(lists[name], reached, "all that %s depends on" % name)


def modes(system):
    """glob, regex, group, provides: what a plain look at pacman's lists finds."""
    bench = system.started()
    names = {}
    for repository, name in available(bench):
        names.setdefault(name, []).append(repository)
    foreign = {row[0] for row in bench.list("ListForeign")[0]}
    for mode, query, expression in (("glob", "lib*", r"lib.*"), ("glob", "*[0-9]", r".*[0-9]"),
                                    ("glob", "?[!a-m]*", r".[^a-m].*"), ("glob", "", r"(?!)")):
        expected = sorted([n for n in names for _ in names[n]
                           if re.fullmatch(expression, n, re.I | re.S)] +
                          [n for n in foreign if re.fullmatch(expression, n, re.I | re.S)])
        rows, meta = [], {"total": 1}
        while len(rows) < meta["total"]:
            page, meta = bench.search(query, mode=mode, limit=1000, offset=len(rows))
            rows += page
        same(sorted(row[0] for row in rows), expected, "%s %r" % (mode, query))
        same(meta["total-exact"], True, "total-exact")
    for group in pacman_lines(bench.root, "-Sgq")[:30]:
        expected = [line.split()[1] for line in pacman_lines(bench.root, "-Sg", group)]
        rows, _ = bench.search(group, mode="group", limit=1000, sources=["repo"])
        same(sorted(row[0] for row in rows), sorted(expected), "group " + group)


CHECKS = (required_by_sync, required_by_local, deptest, provider_choice, depends_on,
          depends_on_all, modes)


# Where a name is installed in one version and wanted in another, a bare name does not say which was
# taken; and the modes leave out what Usage does.
RANDOM_CHECKS = CHECKS[:-2]


def register(system, choices, checks):
    system.choices = choices
    for what in checks:
        test("%s: %s" % (system.name, title(what)))(lambda f=what: f(system))
    test("%s: ends cleanly" % system.name)(system.stop)


# -- systems of chance ------------------------------------------------------------------------


def random_texts(rng, names, count, operators):
    texts = []
    for _ in range(rng.randrange(count + 1)):
        text = rng.choice(names)
        if rng.random() < 0.5:
            text += rng.choice(operators) + rng.choice(("1", "2", "2-1", "3", "1:1"))
        texts.append(text)
    return texts


def random_package(rng, names):
    name, version = rng.choice(names[:12]), rng.choice(("1-1", "2-1", "2-2", "3-1", "1:1-1"))
    return omgroot.Package(
        name, version, DESC="by chance", FILENAME="%s-%s-any.pkg.tar.zst" % (name, version),
        ARCH="any", CSIZE="1", ISIZE="1", BUILDDATE="1700000000",
        PROVIDES=random_texts(rng, names, 3, ("=",)),
        DEPENDS=random_texts(rng, names, 4, ("=", "<", ">", "<=", ">=")),
        OPTDEPENDS=random_texts(rng, names, 2, (">=", "=")))


def make_random(seed):
    def make(root):
        rng = random.Random(seed)
        names = ["p%d" % i for i in range(12)] + ["v%d" % i for i in range(5)]
        repositories = []
        for name in ("core", "extra", "third")[:rng.randrange(1, 4)]:
            packages = {p.name: p for p in (random_package(rng, names) for _ in range(9))}
            repositories.append((name, list(packages.values())))
        installed = {p.name: p for p in (random_package(rng, names) for _ in range(6))}
        omgroot.write_root(root, repositories,
                           [omgroot.as_installed(p, i, rng.random() < 0.5)
                            for i, p in enumerate(installed.values())])
        usages = {name: ["Usage = " + rng.choice(("All", "Sync Search", "Install", "Upgrade"))]
                  for name, _ in repositories if rng.random() < 0.3}
        ignored = ["IgnorePkg = " + " ".join(rng.sample(names, 2))] if rng.random() < 0.5 else []
        omgroot.write_configuration(root, [name for name, _ in repositories], ignored, usages)
        return root
    return make


def main():
    if "--random" not in sys.argv:
        for system, choices in zip(SYSTEMS, (120, 60, 40)):
            register(system, choices, CHECKS)
        omgtest.run_tests()
        return
    count = int(sys.argv[sys.argv.index("--random") + 1])
    seed = int((sys.argv[sys.argv.index("--random") + 2:] or ["1"])[0])
    del sys.argv[1:]
    for each in range(seed, seed + count):
        register(System("random %d" % each, lambda s=each: make_random(s), 1), 15,
                 RANDOM_CHECKS)
    omgtest.run_tests()


if __name__ == "__main__":
    try:
        main()
    finally:
        stop_systems()
