#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd says what the real pacman says: name by name and field by field.

Runs over three systems: the sample root, a synthetic one, and one made of real databases where
they are at hand (OMG_REAL_DATA)."""

import ctypes
import ctypes.util
import itertools
import json
import os
import re
import subprocess
import time

import omgtest
from omgsystems import SYSTEMS, no_differences, parse_blocks, stop_systems, title
from omgtest import Bench, Skip, omgroot, pacman, pacman_lines, same, test


def human(size, target=None):
    """pacman's humanize_size(), "%.2f %s" as it prints it; target: a unit to use."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if unit == target or (not target and -2048.0 <= value <= 2048.0):
            break
        value /= 1024.0
    return "%.2f %s" % (value, unit)


def date(seconds):
    return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(seconds)) if seconds else "None"


VALIDATION = {"none": "None", "md5": "MD5 Sum", "sha256": "SHA-256 Sum", "pgp": "Signature"}


def common(d):
    """What both -Si and -Qi print, from one dictionary of GetDetails."""
    return {
        "Name": d["name"],
        "Version": d["version"],
        "Description": d.get("description") or "None",
        "Architecture": d.get("architecture") or "None",
        "URL": d.get("url") or "None",
        "Licenses": d.get("licenses", []),
        "Groups": d.get("groups", []),
        "Provides": d.get("provides", []),
        "Depends On": d.get("depends", []),
        "Conflicts With": d.get("conflicts", []),
        "Replaces": d.get("replaces", []),
        "Installed Size": human(d.get("installed-size", 0)),
        "Packager": d.get("packager") or "None",
        "Build Date": date(d.get("build-date", 0)),
        "MD5 Sum": d.get("md5sum") or "None",
        "SHA-256 Sum": d.get("sha256sum") or "None",
    }


def validated(d, unknown):
    # pacman's "None" is a list with one word, or no list at all: the parser sees the same.
    words = [VALIDATION[v] for v in d.get("validation", [])]
    return unknown if not words else ([] if words == ["None"] else words)


def expected_si(d):
    fields = common(d)
    download = human(d.get("download-size", 0))
    fields.update({
        "Repository": d["repository"],
        "Optional Deps": d.get("optdepends", []),
        "Download Size": download,
        # pacman -Si prints the second size in the unit of the first.
        "Installed Size": human(d.get("installed-size", 0), download.split()[1]),
        "Validated By": validated(d, []),
    })
    return fields


def expected_qi(d):
    fields = common(d)
    marked = set(d.get("optdepends-installed", []))
    fields.update({
        "Optional Deps": [o + " [installed]" if o in marked else o
                          for o in d.get("optdepends", [])],
        "Required By": sorted(d.get("required-by", [])),
        "Optional For": sorted(d.get("optional-for", [])),
        "Install Date": date(d.get("install-date", 0)),
        "Install Reason": {"explicit": "Explicitly installed",
                           "dependency": "Installed as a dependency for another package"}
        [d["install-reason"]],
        "Install Script": "Yes" if d["install-script"] else "No",
        "Validated By": validated(d, ["Unknown"]),
    })
    return fields


def strip_zone(text):
    """pacman 6.1 prints a time zone in its dates, 6.0 does not."""
    return re.sub(r" (AM|PM)? ?UTC$", "", text)


def compare(block, fields, sort=()):
    wrong = []
    for label, value in block.items():
        if label not in fields:
            continue
        if label.endswith("Date"):
            value = strip_zone(value)
        if label in sort:
            value = sorted(value)
        ours = fields[label]
        # A licence may be called None, which pacman prints as it prints no licence.
        if ours == ["None"]:
            ours = []
        if value != ours:
            wrong.append("%s %s: pacman %r, omgd %r" % (block["Name"], label, value, ours))
    for label in ("Name", "Version", "Description", "Installed Size", "Depends On"):
        if label not in block:
            wrong.append("%s: pacman printed no %s" % (block.get("Name"), label))
    return wrong


def all_details(bench, names):
    """{name asked for: details}, a thousand names a call."""
    found = {}
    for at in range(0, len(names), 1000):
        details, missing, meta = bench.details(names[at:at + 1000])
        same(missing, [], "missing of GetDetails")
        same(meta["complete"], True, "complete")
        found.update(details)
    return found


def sl_rows(bench):
    """pacman -Sl: [(repository, name, version, installed version or "")]."""
    rows = []
    for line in pacman_lines(bench.root, "-Sl"):
        found = re.match(r"^(\S+) (\S+) (\S+)(?: \[installed(?:: (.*))?\])?$", line)
        mark = "[installed" in line
        rows.append((found[1], found[2], found[3], (found[4] or found[3]) if mark else ""))
    return rows


def sync_list(system):
    """-Sl: names, versions and installed versions of every repository are those of GetDetails."""
    bench = system.started()
    rows = sl_rows(bench)
    found = all_details(bench, ["%s/%s" % row[:2] for row in rows])
    wrong = []
    for repository, name, version, installed in rows:
        d = found["%s/%s" % (repository, name)]
        got = (d["repository"], d["name"], d["version"], d.get("installed", {}).get("version", ""))
        if got != (repository, name, version, installed):
            wrong.append("pacman %r, omgd %r" % ((repository, name, version, installed), got))
    no_differences(wrong, len(rows), system.least)
    same(bench.properties()["IndexedPackages"], len(rows), "IndexedPackages")


def sync_info(system):
    """-Si of every package of every repository, each field."""
    bench = system.started()
    blocks = parse_blocks(pacman(bench.root, "-Si").text)
    found = all_details(bench, ["%s/%s" % (b["Repository"], b["Name"]) for b in blocks])
    wrong = []
    for block in blocks:
        wrong += compare(block, expected_si(found["%(Repository)s/%(Name)s" % block]))
    no_differences(wrong, len(blocks), system.least)


def sync_only_fields(system):
    """what pacman does not print, against the database files themselves."""
    bench = system.started()
    wrong, count = [], 0
    for repository in dict.fromkeys(row[0] for row in sl_rows(bench)):
        with open("%s/%s.db" % (bench.sync, repository), "rb") as f:
            packages = omgroot.read_sync_db(f.read())
        found = all_details(bench, ["%s/%s" % (repository, p.name) for p in packages])
        for package in packages:
            d = found["%s/%s" % (repository, package.name)]
            for key, theirs in (("base", "BASE"), ("filename", "FILENAME"), ("md5sum", "MD5SUM"),
                                ("sha256sum", "SHA256SUM"), ("makedepends", "MAKEDEPENDS"),
                                ("checkdepends", "CHECKDEPENDS")):
                expected = package.values.get(theirs) or None
                if d.get(key) != expected:
                    wrong.append("%s %s: database %r, omgd %r" % (package.name, key, expected,
                                                                   d.get(key)))
            count += 1
    no_differences(wrong, count, system.least)


def precedence(system):
    """a bare name gives the first repository's package, and names all that hold it."""
    bench = system.started()
    holders, versions = {}, {}
    for repository, name, version, _ in sl_rows(bench):
        holders.setdefault(name, []).append(repository)
        versions.setdefault(name, version)
    several = [name for name in holders if len(holders[name]) > 1]
    for name, d in all_details(bench, several).items():
        same((d["repository"], d["version"], d["repositories"]),
             (holders[name][0], versions[name], holders[name]), name)
    if system.name != "synthetic" and not several:
        raise AssertionError("no name stands in two repositories: nothing was tested")
    for row in bench.list("ListInstalled")[0]:
        same(row[2], holders.get(row[0], ["local"])[0], "repository of " + row[0])


def query_list(system, argument, member, flag, count):
    """A -Q list: names, versions and their order; the flag and the count in Status."""
    bench = system.started()
    lines = pacman_lines(bench.root, *argument.split())
    rows, meta = bench.list(member)
    same(["%s %s" % row[:2] for row in rows], lines, member)
    same(meta["total"] if meta["total-exact"] else len(rows), len(lines), "total")
    for row in rows:
        same((row[5] & flag, row[4]), (flag, row[1]), "flags and installed version of " + row[0])
    names = {row[0] for row in rows}
    for row in bench.list("ListInstalled")[0]:
        same(bool(row[5] & flag), row[0] in names, "flag %d of %s" % (flag, row[0]))
    same(bench.properties()[count], len(lines), count)
    # The same in small pages.
    if lines:
        same(bench.list(member, limit=max(1, len(lines) // 3))[0], rows, "pages")


def query_info(system):
    """-Qi of every installed package, each field, with who needs it."""
    bench = system.started()
    blocks = parse_blocks(pacman(bench.root, "-Qi").text)
    found = all_details(bench, [block["Name"] for block in blocks])
    wrong = []
    for block in blocks:
        wrong += compare(block, expected_qi(found[block["Name"]]["installed"]),
                         sort=("Required By", "Optional For"))
    no_differences(wrong, len(blocks), 150)


BACKUP_LINES = (" ", "MODIFIED", "UNREADABLE", "UNMODIFIED", "MISSING")


def backup_files(system):
    """-Qii's backup files are those of "backup"."""
    bench = system.started()
    expected, name, on = {}, None, False
    for line in pacman(bench.root, "-Qii").text.split("\n"):
        if line.startswith("Name "):
            name = line.split(": ", 1)[1]
            expected[name] = set()
        on = line.startswith("Backup Files") or (on and line.startswith(BACKUP_LINES))
        if on:
            for path in re.findall(r"%s/?(\S+)" % re.escape(bench.root), line):
                expected[name].add(path)
    if not any(expected.values()):
        raise AssertionError("pacman printed no backup files")
    for name, d in all_details(bench, list(expected)).items():
        same(set(d["installed"].get("backup", [])), expected[name], "backup of " + name)


def updates(system):
    """-Qu: names, both versions and [ignored]; the rest of ListUpdates are replacements."""
    bench = system.started()
    lines = pacman_lines(bench.root, "-Qu")
    rows, _ = bench.list("ListUpdates")
    plain = [row for row in rows if not row[6] & omgtest.UPDATE_REPLACES]
    same(["%s %s -> %s%s" % (row[0], row[1], row[2],
                             " [ignored]" if row[6] & omgtest.UPDATE_IGNORED else "")
          for row in plain], lines, "-Qu")
    same([row[0] for row in rows], sorted(row[0] for row in rows), "order")
    held = [row for row in rows if row[6] & omgtest.UPDATE_IGNORED]
    status = bench.properties()
    same(status["UpdatesAvailable"], len(rows) - len(held), "UpdatesAvailable")
    same(status["IgnoredUpdates"], len(held), "IgnoredUpdates")
    free, _ = bench.list("ListUpdates", ignored=False)
    same(free, [row for row in rows if row not in held], "without the ignored ones")
    outdated = {line.split()[0] for line in lines}
    for row in bench.list("ListInstalled")[0]:
        same(bool(row[5] & omgtest.FLAG_UPGRADABLE), row[0] in outdated, "upgradable: " + row[0])


def update_sizes(system):
    """download size and change of the installed size are those of the databases."""
    bench = system.started()
    rows, _ = bench.list("ListUpdates")
    news = all_details(bench, sorted({"%s/%s" % (row[3], row[0]) for row in rows}))
    for row in rows:
        new = news["%s/%s" % (row[3], row[0])]
        same((row[2], row[4]), (new["version"], new.get("download-size", 0)), row[0])
        if not row[6] & omgtest.UPDATE_REPLACES:
            old = new["installed"].get("installed-size", 0)
            same(row[5], new.get("installed-size", 0) - old, "change of size of " + row[0])


def sysupgrade(system):
    """pacman -Su would install exactly what ListUpdates does not hold back."""
    bench = system.started()
    done = pacman(bench.root, "-Sudd", "--print", "--noconfirm", "--print-format", "%r/%n %v")
    expected = {line for line in done.text.split("\n") if re.match(r"^\S+/\S+ \S+$", line)}
    if done.returncode != 0:
        raise AssertionError("pacman -Su: " + done.errors)
    rows, _ = bench.list("ListUpdates", ignored=False)
    replaced = set(itertools.chain.from_iterable(row[7].get("replaces", []) for row in rows))
    got = {"%s/%s %s" % (row[3], row[0], row[2]) for row in rows
           if row[6] & omgtest.UPDATE_REPLACES or row[0] not in replaced}
    same(sorted(got), sorted(expected), "-Su")
    if system.name == "sample":
        same({row[0]: row[7].get("replaces") for row in rows if row[6] & omgtest.UPDATE_REPLACES},
             {"nova-notes": ["noter"], "modern-tool": ["oldtool"]}, "replacements")


def count_groups(root, argument):
    """{group: number of packages} of the lines "group package" that pacman prints; a package that
    several repositories hold counts once."""
    members = {}
    for line in pacman_lines(root, argument):
        group, package = line.split(" ")
        members.setdefault(group, set()).add(package)
    return {group: len(packages) for group, packages in members.items()}


def groups(system):
    """-Sgg and -Qg: the names of the groups and how many packages each has."""
    bench = system.started()
    for argument, installed in (("-Sgg", False), ("-Qg", True)):
        expected = count_groups(bench.root, argument)
        rows, meta = bench.list("ListGroups", installed=installed)
        same(dict(rows), expected, argument)
        same([row[0] for row in rows], sorted(expected), "order")
        same(meta["total"], len(expected), "total")
        same(bench.list("ListGroups", installed=installed, limit=7)[0], rows, "pages")
        if not expected and system.name != "synthetic":
            raise AssertionError("no group: nothing was tested")


def repositories(system):
    """-Sl and pacman-conf: the repositories, their order, counts and settings."""
    bench = system.started()
    rows, _ = bench.list("ListRepositories")
    counts = {}
    for row in sl_rows(bench):
        counts[row[0]] = counts.get(row[0], 0) + 1
    same([row[0] for row in rows if row[3]["packages"]], list(counts), "order")
    for name, readable, usec, extra in rows:
        same((readable, extra["state"], extra["packages"]), (True, "ok", counts.get(name, 0)), name)
        stat = os.stat("%s/%s.db" % (bench.sync, name))
        same(usec, stat.st_mtime_ns // 1000, "time of " + name)
        same(os.path.samefile(extra["path"], "%s/%s.db" % (bench.sync, name)), True, "path")
        same(extra["files"], os.path.exists("%s/%s.files" % (bench.sync, name)), "files of " + name)
        told = subprocess.run(["pacman-conf", "--config", bench.conf, "--repo", name],
                              capture_output=True, check=True, text=True).stdout
        settings = {}
        for line in told.split("\n"):
            key, _, value = line.partition(" = ")
            settings.setdefault(key, []).append(value)
        same(extra["servers"], settings.get("Server", []), "servers of " + name)
        same([word.capitalize() for word in extra["usage"]],
             ["Sync", "Search", "Install", "Upgrade"] if settings["Usage"] == ["All"]
             else settings["Usage"], "usage of " + name)
        if "SigLevel" in settings:
            same(extra["siglevel"], settings["SigLevel"], "siglevel of " + name)


def words_search(system):
    """search finds what a plain scan of names and descriptions finds, best names first."""
    bench = system.started()
    texts = {}
    for block in parse_blocks(pacman(bench.root, "-Si").text):
        description = "" if block["Description"] == "None" else block["Description"]
        texts.setdefault(block["Name"], []).append((block["Name"], description))
    for block in parse_blocks(pacman(bench.root, "-Qi").text):
        description = "" if block["Description"] == "None" else block["Description"]
        if block["Name"] not in texts:
            texts[block["Name"]] = [(block["Name"], description)]
    for query in ("firefox", "python json", "library", "Editor", "GTK", "zz9", "lib x", "x", "2.5@",
                  "linux kernel", "c++", "mozilla.org browser", "data parser", "fonts"):
        words = query.lower().split()
        expected = {name for name, forms in texts.items()
                    if any(all(w in n.lower() or w in d.lower() for w in words) for n, d in forms)}
        if len(expected) > 900:
            continue
        rows, meta = bench.search(query, limit=1000)
        same(sorted({row[0] for row in rows}), sorted(expected), "search for %r" % query)
        ranks = [row[6]["rank"] for row in rows]
        same(ranks, sorted(ranks), "order of ranks")
        same(meta["total"], len(rows), "total")
        if query in expected:
            same(rows[0][0], query, "exact name first")


QUERIES = (("-Q", "ListInstalled", omgtest.FLAG_INSTALLED, "TotalPackages"),
           ("-Qe", "ListExplicit", omgtest.FLAG_EXPLICIT, "ExplicitPackages"),
           ("-Qdt", "ListOrphans", omgtest.FLAG_ORPHAN, "OrphanPackages"),
           ("-Qm", "ListForeign", omgtest.FLAG_FOREIGN, "ForeignPackages"))


def register(system):
    for what in (sync_list, sync_info, sync_only_fields, precedence):
        test("%s: %s" % (system.name, title(what)))(lambda f=what: f(system))
    for argument, member, flag, count in QUERIES:
        test("%s: %s" % (system.name, argument))(
            lambda a=argument, m=member, f=flag, c=count: query_list(system, a, m, f, c))
    for what in (query_info, backup_files, updates, update_sizes, sysupgrade, groups, repositories,
                 words_search):
        test("%s: %s" % (system.name, title(what)))(lambda f=what: f(system))
    test("%s: ends cleanly" % system.name)(system.stop)


for each in SYSTEMS:
    register(each)


# -- versions ---------------------------------------------------------------------------------

PIECES = ("1", "1.0", "1.0.0", "1.01", "1.1", "1.10", "1.a", "1.0a", "1.0.a", "1.0rc1", "1.0beta",
          "1.0alpha2", "1.0pre", "01.0", "1_0", "1+0", "1..0", "1.", "a", "z9", "20240101",
          "9" * 30, "1.0.r5.gabcdef", "1.0~rc1")


def alpm_vercmp():
    """alpm_pkg_vercmp of the libalpm that pacman uses."""
    for name in ("alpm", *("libalpm.so.%d" % n for n in range(20, 12, -1))):
        path = ctypes.util.find_library(name) if name == "alpm" else name
        try:
            function = ctypes.CDLL(path).alpm_pkg_vercmp if path else None
        except OSError:
            continue
        if function:
            function.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
            return lambda a, b: function(a.encode(), b.encode())
    raise Skip("no libalpm")


def sign(number):
    return (number > 0) - (number < 0)


@test("CompareVersions agrees with vercmp on made-up versions")
def compare_versions():
    vercmp = alpm_vercmp()
    versions = list(PIECES) + [p + "-1" for p in PIECES[:8]] + ["1.0-1.1", "1.0-2", "1:1.0-1",
                                                                "0:1.0-1", "2:0.1-1", ":1.0-1"]
    pairs = list(itertools.product(versions, versions))[::3]
    with Bench() as bench:
        bench.start()
        for a, b in pairs:
            got = bench.call(omgtest.PACKAGES, "CompareVersions", "ss", a, b)[0]
            same(sign(got), sign(vercmp(a, b)), "%s against %s" % (a, b))


@test("CompareVersions agrees with pacman's verdicts on real versions")
def compare_recorded():
    with open(omgtest.real_data("security/vercmp.json"), encoding="utf-8") as f:
        pairs = json.load(f)
    with Bench() as bench:
        bench.start()
        for pair in pairs:
            got = bench.call(omgtest.PACKAGES, "CompareVersions", "ss", pair["a"], pair["b"])[0]
            same(sign(got), pair["result"], "%(a)s against %(b)s" % pair)


if __name__ == "__main__":
    try:
        omgtest.run_tests()
    finally:
        stop_systems()
