#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""File lists: what -Ql, -Qo, -F and -Fl of the real pacman say, over a sample root and a synthetic
one; when they are built, and what damage costs."""

import gzip
import os
import re

import omgtest
from omgtest import Bench, CallError, omgroot, options, pacman, same, test, wait_until

ROOTS = (("sample", "sample"),
         ("synthetic", lambda root: omgroot.make_synthetic(root, 1500, 300, 11)))

OWNED = re.compile(r"^(.*) is owned by (\S+) (\S+)$")


def pages(bench, member, signature, argument, **more):
    """All rows of a paged member."""
    rows = []
    while True:
        part, meta = bench.call(omgtest.PACKAGES, member, signature, argument,
                                options(limit=1000, offset=len(rows), **more))
        rows += part
        if len(rows) >= meta["total"] or not part:
            return rows, meta


def get_files(bench, name, **more):
    return pages(bench, "GetFiles", "sa{sv}", name, **more)[0]


def who_owns(bench, paths, **more):
    return pages(bench, "WhoOwns", "asa{sv}", paths, **more)[0]


def search(bench, query, **more):
    """{(repository, name)} of Search in mode file."""
    rows, _ = pages(bench, "Search", "sa{sv}", query, mode="file", **more)
    return {(row[2], row[0]) for row in rows}


def metric(bench, name):
    return bench.metrics()[name]


def installed_lists(root):
    """{package: [paths]} of pacman -Ql."""
    lists = {}
    for line in pacman(root, "-Ql").text.split("\n"):
        if line:
            name, path = line.split(" ", 1)
            lists.setdefault(name, []).append(path)
    return lists


def repository_lists(root):
    lists = {}
    for line in pacman(root, "-Fl").text.split("\n"):
        if line:
            name, path = line.split(" ", 1)
            lists.setdefault(name, []).append(path)
    return lists


def lists_agree(bench):
    """GetFiles says what -Ql and -Fl say"""
    wanted = installed_lists(bench.root)
    same({n: get_files(bench, n) for n in wanted}, wanted, "-Ql")
    prefix = bench.root + "/"
    wanted = repository_lists(bench.root)
    chosen = sorted(wanted)[::7]
    # A name that two repositories hold: -Fl without a name prints both, a caller gets the first.
    for name in chosen:
        lines = pacman(bench.root, "-Fl", name).text.split("\n")[:-1]
        same(get_files(bench, name, source="repo"),
             [prefix + line.split(" ", 1)[1] for line in lines], "-Fl " + name)


def put(bench, path):
    full = os.path.join(bench.root, path)
    os.makedirs(os.path.dirname(full.rstrip("/")), exist_ok=True)
    if path.endswith("/"):
        os.makedirs(full, exist_ok=True)
    elif not os.path.lexists(full):
        with open(full, "w", encoding="utf-8"):
            pass


def owners_agree(bench):
    """WhoOwns says what -Qo says"""
    lists = installed_lists(bench.root)
    prefix = bench.root + "/"
    paths = sorted({p for n in sorted(lists)[::5] for p in lists[n]})[::2]
    for path in paths:
        put(bench, path[len(prefix):])
    for link, target in (("bin", "usr/bin"), ("lib", "usr/lib"), ("usr/sbin", "bin")):
        full = os.path.join(bench.root, link)
        if not os.path.lexists(full):
            os.symlink(target, full)
    asked = [p for p in paths if os.path.lexists(p.rstrip("/"))]
    asked += [p.rstrip("/") for p in asked if p.endswith("/")]
    asked += [p.replace(prefix + "usr/bin/", prefix + "bin/") for p in asked
              if p.startswith(prefix + "usr/bin/")]
    asked += [prefix + "bin", prefix + "bin/", prefix + "usr/sbin/../bin/", prefix + "usr/./bin",
              prefix + "usr", bench.root, "/etc", prefix + "etc//pacman.conf"]
    asked = list(dict.fromkeys(asked))
    got = {}
    for at in range(0, len(asked), 500):
        for path, name in who_owns(bench, asked[at:at + 500]):
            got.setdefault(path, set()).add(name)
    for path in asked:
        wanted = {OWNED.match(line)[2] for line in pacman(bench.root, "-Qo", path).text.split("\n")
                  if OWNED.match(line)}
        found = got.get(path, set())
        # Of several packages with the same file -Qo says the first by name, we say all.
        if not os.path.isdir(path) or os.path.islink(path.rstrip("/")):
            found = {min(found)} if found else found
        same(found, wanted, "-Qo " + path)


def searches_agree(bench):
    """Search in mode file finds what -F finds"""
    lists = repository_lists(bench.root)
    paths = sorted({p for n in sorted(lists)[::9] for p in lists[n]})[::7]
    queries = paths[:150] + ["/" + p for p in paths[:20]]
    queries += [p.rsplit("/", 1)[1] for p in paths if not p.endswith("/")][:150]
    queries += ["LICENSE", "bin", "bin/", "usr/bin", "usr/bin/", "nothing-has-this", "/", "lib"]
    for query in dict.fromkeys(queries):
        wanted = set()
        for line in pacman(bench.root, "-Fq", query).text.split("\n"):
            if line:
                wanted.add(tuple(line.split("/", 1)))
        same(search(bench, query), wanted, "-F " + query)


def register(name, root):
    def run(function):
        omgtest.need_pacman()
        with Bench(root=root) as bench:
            bench.start().wait_loaded()
            function(bench)
    for function in (lists_agree, owners_agree, searches_agree):
        test("%s: %s" % (name, function.__doc__))(lambda f=function: run(f))


for each in ROOTS:
    register(*each)


def names(bench):
    return [os.path.basename(p) for p in omgtest.index_files(bench)]


@test("file lists are built when first asked for, each alone, and kept fresh from then on")
def when_built():
    with Bench() as bench:
        bench.start().wait_loaded()
        same(names(bench), ["local.idx", "sync.idx"], "files before")
        before = bench.search("bash")[1]["generation"]
        get_files(bench, "bash")
        same(names(bench), ["local-files.idx", "local.idx", "sync.idx"], "files after GetFiles")
        search(bench, "bash")
        same(len(names(bench)), 4, "files after Search in mode file")
        same(bench.search("bash")[1]["generation"], before, "generation")
        same(metric(bench, "rebuilds-files"), 2, "rebuilds")
        package = omgroot.Package("came-meanwhile", "1-1", DESC="new").fill(1)
        package.files = ["opt/came/file"]
        omgroot.write_local_package(bench.root, omgroot.as_installed(package, 1, True))
        wait_until(lambda: who_owns(bench, [bench.root + "/opt/came/file"]) ==
                   [(bench.root + "/opt/came/file", "came-meanwhile")], 10, "the new package")
        omgroot.write_files_db(bench.root, "core", [package])
        wait_until(lambda: search(bench, "opt/came/file", sources=["repo"]) == set() and
                   search(bench, "bash.bashrc") == set(), 10, "the new .files database")


@test("a second start takes the index files as they are")
def second_start():
    with Bench() as bench:
        for expected in (1, 0):
            bench.start().wait_loaded()
            get_files(bench, "bash")
            same(metric(bench, "rebuilds-files"), expected, "rebuilds")
            bench.stop()


@test("without .files databases the answer says what to run, and other answers are whole")
def no_databases():
    with Bench() as bench:
        for name in os.listdir(bench.sync):
            if name.endswith(".files"):
                os.remove(os.path.join(bench.sync, name))
        bench.start().wait_loaded()
        for ask in (lambda: search(bench, "bash"),
                    lambda: get_files(bench, "bash", source="repo"),
                    lambda: who_owns(bench, ["/usr"], sources=["repo"])):
            try:
                ask()
            except CallError as error:
                same(error.name, omgtest.DATABASE_MISSING, "error")
                same("pacman -Fy" in error.message, True, "what to run: " + error.message)
            else:
                raise AssertionError("an answer out of nothing")
        meta = bench.search("bash")[1]
        same((meta["complete"], meta["stale"], meta["errors"]), (True, False, []), "META of others")


@test("one unreadable .files database costs its repository, and keeps what was read before")
def damaged_database():
    with Bench() as bench:
        path = os.path.join(bench.sync, "core.files")
        with open(path, "rb") as f:
            good = f.read()
        omgroot.write_file(path, good[:len(good) // 2])
        bench.start().wait_loaded()
        rows, meta = pages(bench, "Search", "sa{sv}", "usr/bin/", mode="file")
        same(meta["complete"], False, "complete")
        same([e[0] for e in meta["errors"]], ["sync-files/core"], "errors")
        same({r[2] for r in rows} <= {"extra", "aurora"}, True, "others are there")
        same(search(bench, "bash.bashrc"), set(), "core")
        omgroot.write_file(path, good)
        wait_until(lambda: search(bench, "bash.bashrc") == {("core", "bash")}, 10, "core is back")
        omgroot.write_file(path, b"no archive")
        wait_until(lambda: pages(bench, "Search", "sa{sv}", "bash", mode="file")[1]["stale"], 10,
                   "stale")
        same(search(bench, "bash.bashrc"), {("core", "bash")}, "what was read before")


@test("a .files database that unpacks without end is refused")
def bomb():
    with Bench() as bench:
        member = gzip.compress(bytes(1 << 26), 1)
        header = omgroot.tar_member("big-1-1/desc", b"x" * 512)[:512]
        size = 3 << 30
        header = header[:124] + b"\x80" + size.to_bytes(11, "big") + header[136:]
        header = header[:148] + b"        " + header[156:]
        header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
        omgroot.write_file(os.path.join(bench.sync, "core.files"),
                           gzip.compress(header) + member * 48)
        bench.start().wait_loaded()
        _, meta = pages(bench, "Search", "sa{sv}", "usr/bin/", mode="file")
        same(["unpacks to more than" in e[1] for e in meta["errors"]], [True], "errors")


@test("a damaged list costs its own package, and says so")
def damaged_list():
    with Bench() as bench:
        folder = [n for n in os.listdir(bench.local) if n.startswith("bash-5")][0]
        omgroot.write_file(os.path.join(bench.local, folder, "files"), "%FILES%\nusr/\nusr/bi")
        bench.start().wait_loaded()
        files, meta = pages(bench, "GetFiles", "sa{sv}", "bash")
        same(files, [bench.root + "/usr/", bench.root + "/usr/bi"], "what stands there")
        same((meta["complete"], [e[0] for e in meta["errors"]]), (False, ["local-files"]), "META")
        same(bool(get_files(bench, "glibc")), True, "another package")
        os.remove(os.path.join(bench.local, folder, "files"))
        bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["files"], {})
        wait_until(lambda: get_files(bench, "bash") == [], 10, "the list is gone")


@test("damaged index files of file lists are made again")
def damaged_index():
    with Bench() as bench:
        bench.start().wait_loaded()
        wanted = get_files(bench, "bash"), search(bench, "bash")
        bench.stop()
        for name in ("local-files.idx", "sync-files.idx"):
            path = os.path.join(bench.data, name)
            with open(path, "r+b") as f:
                f.seek(os.path.getsize(path) // 2)
                byte = f.read(1)
                f.seek(-1, 1)
                f.write(bytes((byte[0] ^ 1,)))
        bench.start().wait_loaded()
        same((get_files(bench, "bash"), search(bench, "bash")), wanted, "answers")
        same(metric(bench, "index-rejected"), 2, "rejected")
        # Cut under the map of the running one.
        for name in ("local-files.idx", "sync-files.idx"):
            os.truncate(os.path.join(bench.data, name), 0)
        same((get_files(bench, "bash"), search(bench, "bash")), wanted, "answers after the cut")


@test("callers that leave while the lists are made, or read, leave nothing behind")
def leaving():
    with Bench() as bench:
        bench.start().wait_loaded()
        variant = omgtest.GLib.Variant
        for _ in range(3):
            connection = bench.connect()
            for member, arguments in (
                    ("GetFiles", variant("(sa{sv})", ("bash", {}))),
                    ("WhoOwns", variant("(asa{sv})", (["/usr/bin"] * 1000, {}))),
                    ("Search", variant("(sa{sv})", ("usr/", options(mode="file"))))) * 10:
                connection.call(omgtest.NAME, omgtest.PATH, omgtest.PACKAGES, member, arguments,
                                None, omgtest.Gio.DBusCallFlags.NONE, -1, None, None)
            connection.flush_sync(None)
            connection.close_sync(None)
        wait_until(lambda: metric(bench, "calls-waiting") == 0, 10, "no call waiting")
        same(bool(get_files(bench, "bash")), True, "an answer for one who stays")


@test("what nobody can mean is refused with the reason")
def bad_arguments():
    with Bench() as bench:
        bench.start().wait_loaded()
        for ask, name in ((lambda: get_files(bench, "no-such-package"), ".NotFound"),
                          (lambda: get_files(bench, "bash", source="x"), ".InvalidArgs"),
                          (lambda: who_owns(bench, ["usr/bin"]), ".InvalidArgs"),
                          (lambda: who_owns(bench, ["/" + "a" * 4096]), ".InvalidArgs"),
                          (lambda: who_owns(bench, ["/a"] * 1001), ".InvalidArgs"),
                          (lambda: who_owns(bench, ["/a"], sources=["aur"]), ".InvalidArgs")):
            try:
                ask()
            except CallError as error:
                same(error.name.endswith(name), True, error.name)
            else:
                raise AssertionError("no error")
        same(who_owns(bench, ["/" + "a" * 4095]), [], "the longest path")
        same(who_owns(bench, []), [], "no path")


if __name__ == "__main__":
    omgtest.run_tests()
