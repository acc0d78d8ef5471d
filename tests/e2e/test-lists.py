#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What omgd reads beside the databases, and what it hands out whole: pacman's log as the real
pacman writes it, lists in sealed memory files, answers while their callers leave."""

import fcntl
import json
import os
import re
import time

import omgtest
from omgtest import PACKAGES, Bench, CallError, Skip, omgroot, pacman, same, test, wait_until

SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
LISTS = {"installed": "ListInstalled", "explicit": "ListExplicit", "orphans": "ListOrphans",
         "foreign": "ListForeign", "updates": "ListUpdates", "groups": "ListGroups",
         "repositories": "ListRepositories"}

_shared = []


def bench():
    if not _shared:
        made = Bench()
        _shared.append(made)
        made.start().wait_loaded()
    return _shared[0]


def log_path(which):
    return os.path.join(which.root, "var/log/pacman.log")


def history(which, **how):
    """[(action, package, version, old version or None)], newest first."""
    rows, _ = which.list("ListHistory", **how)
    same([row[0] for row in rows], sorted({row[0] for row in rows}, reverse=True), "positions")
    return [(row[2], row[3], row[4], row[5].get("old-version")) for row in rows]


def list_fd(which, name, **how):
    """(rows, META) of a list that comes as a file; the file must be what the XML says."""
    parameters = omgtest.GLib.Variant("(sa{sv})", (name, omgtest.options(**how)))
    reply, fds = which.connection.call_with_unix_fd_list_sync(
        omgtest.NAME, omgtest.PATH, PACKAGES, "ListFd", parameters, None,
        omgtest.Gio.DBusCallFlags.NONE, 60000, None, None)
    handle, meta = reply.unpack()
    with os.fdopen(fds.get(handle), "rb") as f:
        same(fcntl.fcntl(f, fcntl.F_GET_SEALS), SEALS, "seals")
        same(fcntl.fcntl(f, fcntl.F_GETFL) & os.O_ACCMODE, os.O_RDONLY, "access mode")
        rows = [json.loads(line) for line in f.read().decode().split("\n")[:-1]]
    same(meta["total"], len(rows), "total")
    return rows, meta


# -- history ----------------------------------------------------------------------------------

def made_package(which, version):
    package = omgroot.Package("test-made", version, DESC="made for a test").fill(5, arch="any")
    path = "%s/test-made-%s-any.pkg.tar.zst" % (which.folder, version)
    omgroot.build_package(path, package)
    return path


@test("ListHistory shows what the real pacman has just done")
def real_history():
    omgtest.need_pacman()
    if os.geteuid() != 0:
        raise Skip("pacman changes databases as root only")
    with Bench() as one:
        with open(one.conf, encoding="utf-8") as f:
            conf = f.read()
        omgroot.write_file(one.conf, conf.replace("CheckSpace\n", ""))
        os.makedirs(os.path.dirname(log_path(one)), exist_ok=True)
        one.start().wait_loaded()
        begin = int(time.time())
        for arguments in (("-U", made_package(one, "1-1")), ("-U", made_package(one, "2-1")),
                          ("-U", made_package(one, "2-1")), ("-U", made_package(one, "1-1")),
                          ("-R", "test-made")):
            done = pacman(one.root, "--noconfirm", "--logfile", log_path(one), *arguments)
            same(done.returncode, 0, "pacman %s: %s" % (" ".join(arguments), done.errors))
        expected = [("removed", "test-made", "1-1", None),
                    ("downgraded", "test-made", "1-1", "2-1"),
                    ("reinstalled", "test-made", "2-1", None),
                    ("upgraded", "test-made", "2-1", "1-1"),
                    ("installed", "test-made", "1-1", None)]
        same(history(one, packages=["test-made"], since=("x", begin)), expected, "rows")
        same(history(one, packages=["test-made"], since=("x", begin), limit=2), expected, "pages")
        same(history(one, since=("x", int(time.time()) + 3600)), [], "the future")


LOG = """[2010-01-02 03:04] synchronizing package lists
[2010-01-02 03:04] installed old (1.0-1)
[2014-01-27 13:46] [PACMAN] upgraded old (1.0-1 -> 1.1-1)
[2016-01-02 03:04] [ALPM] downgraded old (1.1-1 -> 1.0-1)
[2019-10-23T07:23:09+0200] [PACMAN] Running 'pacman -R old'
[2019-10-23T07:23:09+0200] [ALPM] transaction started
[2019-10-23T07:23:09+0200] [ALPM] removed old (1.0-1)
[2019-10-23T07:23:09+0200] [ALPM-SCRIPTLET] installed fake (1)
"""


def append(path, data):
    with open(path, "ab") as f:
        f.write(data)


@test("ListHistory reads all forms of the log, and passes over what is no whole entry")
def forms():
    path = log_path(bench())
    omgroot.write_file(path, LOG)
    append(path, b"\x00\x00\n\xff\xfe installed x (1)\n[2019-10-23T07:23:09+0200] [ALPM] installed")
    expected = [("removed", "old", "1.0-1", None), ("downgraded", "old", "1.0-1", "1.1-1"),
                ("upgraded", "old", "1.1-1", "1.0-1"), ("installed", "old", "1.0-1", None)]
    same(history(bench()), expected, "rows")
    append(path, b" new (1-1)\n")
    same(history(bench(), limit=1)[0], ("installed", "new", "1-1", None), "the finished line")
    rows, meta = bench().list("ListHistory")
    same((meta["complete"], meta["stale"]), (True, False), "META")
    same(rows[1][1], 1571808189, "time with a zone")


@test("ListHistory: pages of one generation fit together while the log grows")
def growing():
    path = log_path(bench())
    omgroot.write_file(path, LOG)
    whole = history(bench())
    seen, how = [], {}
    for offset in range(len(whole)):
        rows, meta = bench().call(PACKAGES, "ListHistory", "a{sv}",
                                  omgtest.options(limit=1, offset=offset, **how))
        seen += [row[2] for row in rows]
        how["generation"] = meta["generation"]
        append(path, b"[2020-01-01T00:00:00+0000] [ALPM] installed new (1-1)\n")
    same(seen, [row[0] for row in whole], "pages")
    omgroot.write_file(path, LOG[:200])
    try:
        bench().call(PACKAGES, "ListHistory", "a{sv}", omgtest.options(**how))
    except CallError as error:
        same(error.name, omgtest.INVALID_ARGS, "error of a log that was cut")
    else:
        raise AssertionError("a log that was cut is not noticed")


@test("ListHistory: the last 50 of a log of 50 MB come at once, and nothing waits for them")
def large():
    path = log_path(bench())
    lines = "".join("[2021-01-01T00:00:00+0000] [ALPM] upgraded package-%d (%d-1 -> %d-1)\n"
                    % (i, i, i + 1) for i in range(9000))
    omgroot.write_file(path, lines * 80)
    same(os.path.getsize(path) > 50e6, True, "size")
    begin = time.monotonic()
    rows = bench().call(PACKAGES, "ListHistory", "a{sv}", omgtest.options(limit=50))[0]
    took = time.monotonic() - begin
    same((len(rows), rows[0][3]), (50, "package-8999"), "rows")
    if took > 0.05 * omgtest.SLOW:
        raise AssertionError("took %.3f s" % took)
    begin = time.monotonic()
    rows, meta = bench().call(PACKAGES, "ListHistory", "a{sv}",
                              omgtest.options(packages=["package-17"], limit=1000))
    print("# a filter over %d MB: %.3f s" % (os.path.getsize(path) >> 20, time.monotonic() - begin))
    same((len(rows), meta["total"]), (80, 80), "rows of one package")
    os.remove(path)


@test("ListHistory without a log is DatabaseMissing, with the path")
def no_log():
    path = log_path(bench())
    if os.path.exists(path):
        os.remove(path)
    try:
        history(bench())
    except CallError as error:
        same((error.name, path in error.message), ("org.omgd1.Error.DatabaseMissing", True),
             "error %s: %s" % (error.name, error.message))
    else:
        raise AssertionError("an empty history is made up")


# -- whole lists ------------------------------------------------------------------------------

@test("ListFd: every list has the rows of its paged member, in its order")
def whole_lists():
    for name, member in LISTS.items():
        rows, meta = list_fd(bench(), name)
        paged, _ = bench().list(member)
        same([row["name"] for row in rows], [row[0] for row in paged], name)
        same(meta["generation"], bench().properties()["IndexGeneration"], "generation of " + name)
    packages, _ = list_fd(bench(), "packages")
    same(len([row for row in packages if row["repository"] != "local"]),
         bench().properties()["IndexedPackages"], "packages of the repositories")
    same([row["name"] for row in packages if row["repository"] == "local"],
         [row[0] for row in bench().list("ListForeign")[0]], "foreign packages")
    row = [row for row in packages if row["name"] == "firefox"][0]
    same((row["version"], row["repository"], row["installed-version"]),
         ("121.0-1", "extra", "120.0.1-1"), "firefox")


@test("ListFd: \"files\" has the paths of GetFiles, those of one package")
def files_list():
    for package, how in (("bash", {}), ("bash", {"source": "repo"}), ("linux", {})):
        def get_files():
            return bench().call(PACKAGES, "GetFiles", "sa{sv}", package, omgtest.options(**how))
        before = get_files()
        rows, meta = list_fd(bench(), "files", package=package, **how)
        after = get_files()
        same([row["path"] for row in rows], after[0], "files of " + package)
        # A look that an earlier test's pacman.log asked for may end in between: as-of moves on.
        if meta != before[1]:
            same(meta, after[1], "META of " + package)
    for how, name in (({}, ".InvalidArgs"), ({"package": "no-such-package"}, ".NotFound"),
                      ({"package": "bash", "source": "aur"}, ".InvalidArgs")):
        try:
            bench().call(PACKAGES, "ListFd", "sa{sv}", "files", omgtest.options(**how))
        except CallError as error:
            same(error.name.endswith(name), True, error.name)
        else:
            raise AssertionError("%r is answered" % how)


@test("ListFd: what a terminal would obey, and ends of lines, are escaped in it")
def escaped():
    parameters = omgtest.GLib.Variant("(sa{sv})", ("packages", {}))
    _, fds = bench().connection.call_with_unix_fd_list_sync(
        omgtest.NAME, omgtest.PATH, PACKAGES, "ListFd", parameters, None,
        omgtest.Gio.DBusCallFlags.NONE, 60000, None, None)
    with os.fdopen(fds.get(0), "rb") as f:
        text = f.read().decode()
    found = re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    same(found, None, "a control character")
    same(len(text.splitlines()), text.count("\n"), "lines")


@test("ListFd refuses what is no list")
def no_list():
    for name in ("", "everything", "Installed"):
        try:
            bench().call(PACKAGES, "ListFd", "sa{sv}", name, {})
        except CallError as error:
            same(error.name, omgtest.INVALID_ARGS, repr(name))
        else:
            raise AssertionError("%r is a list" % name)


# -- callers and age --------------------------------------------------------------------------

def open_files(which):
    return len(os.listdir("/proc/%d/fd" % which.owner_pid()))


@test("callers that leave while threads work for them leave nothing behind")
def leaving():
    bench().search("firefox")
    before = open_files(bench())
    for _ in range(10):
        connection = bench().connect()
        for name in ("packages", "installed", "groups") * 10:
            connection.call(omgtest.NAME, omgtest.PATH, PACKAGES, "ListFd",
                            omgtest.GLib.Variant("(sa{sv})", (name, {})), None,
                            omgtest.Gio.DBusCallFlags.NONE, -1, None, None)
        connection.flush_sync(None)
        connection.close_sync(None)
    same(bench().search("firefox")[0][0][0], "firefox", "answer")
    wait_until(lambda: bench().metrics()["calls-waiting"] == 0, 10, "no call waiting")
    wait_until(lambda: open_files(bench()) <= before, 10, "no descriptor left")


@test("max-age 0 sees what has just changed, without waiting to be told")
def max_age():
    with Bench() as one:
        one.start().wait_loaded()
        for round_number in range(5):
            folder = os.path.join(one.local, "made-%d-1" % round_number)
            package = omgroot.Package("made-%d" % round_number, "1-1", DESC="x").fill(1)
            omgroot.write_local_package(one.root, package)
            names = [row[0] for row in one.list("ListInstalled", max_age=0)[0]]
            same("made-%d" % round_number in names, True, "%s is seen" % folder)
        waiting = one.metrics()["refreshes-total"]
        one.list("ListInstalled", max_age=3600)
        same(one.metrics()["refreshes-total"] - waiting <= 1, True, "a young look is enough")


if __name__ == "__main__":
    try:
        omgtest.run_tests()
    finally:
        for each in _shared:
            each.__exit__(None, None, None)
