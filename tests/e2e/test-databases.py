#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to the databases under a running omgd: missing, broken, replaced, changed by the
real pacman. The rule: it stays up, keeps the last good data, says so, and recovers by itself."""

import os
import shutil
import time

import omgtest
from omgtest import Bench, CallError, Skip, omgroot, pacman, same, test, wait_until

# Members that read.
READS = (("Search", "sa{sv}", ("firefox", {})),
         ("GetDetails", "asa{sv}", (["firefox"], {})),
         ("ListInstalled", "a{sv}", ({},)),
         ("ListUpdates", "a{sv}", ({},)))


def expect_error(bench, name, *parts):
    """Every reading member fails with that error, whose text holds the parts."""
    for member, signature, arguments in READS:
        try:
            bench.call(omgtest.PACKAGES, member, signature, *arguments)
        except CallError as error:
            same(error.name, name, "error of " + member)
            for part in parts:
                if part not in error.message:
                    raise AssertionError("%s: %r does not name %r" % (member, error.message,
                                                                      part)) from None
        else:
            raise AssertionError("%s answers without data" % member)


def move(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(source, target)


def state(bench):
    return bench.properties()["State"]


@test("no databases: DatabaseMissing with the path and what to run, then recovery by itself")
def no_databases():
    with Bench() as bench:
        databases = omgroot.db_folder(bench.root)
        move(databases, bench.folder + "/away")
        bench.start()
        expect_error(bench, omgtest.DATABASE_MISSING, databases + "/", "pacman -Sy")
        same(state(bench), "error", "State")
        same(bench.properties()["TotalPackages"], omgtest.UNKNOWN, "an unknown count")
        same(bench.process.poll(), None, "omgd stays up")
        move(bench.folder + "/away", databases)
        wait_until(lambda: state(bench) == "ok", 15, "recovery")
        same(bench.search("firefox")[0][0][0], "firefox", "first found")


@test("an empty sync folder: DatabaseMissing, then recovery when pacman -Sy has run")
def no_sync_databases():
    with Bench() as bench:
        shutil.copytree(bench.sync, bench.folder + "/away")
        for name in os.listdir(bench.sync):
            os.unlink(os.path.join(bench.sync, name))
        bench.start()
        try:
            bench.search("firefox")
        except CallError as error:
            same(error.name, omgtest.DATABASE_MISSING, "error name")
            for part in (bench.sync, "pacman -Sy"):
                if part not in error.message:
                    raise AssertionError("%r does not name %r" % (error.message, part)) from None
        else:
            raise AssertionError("Search answers without databases")
        for name in os.listdir(bench.folder + "/away"):
            shutil.copy(os.path.join(bench.folder, "away", name), bench.sync)
        wait_until(lambda: state(bench) == "ok", 10, "recovery")
        same(bench.search("firefox")[0][0][0], "firefox", "first found")


@test("pacman.conf missing: DatabaseMissing with its path, then recovery")
def no_configuration():
    with Bench() as bench:
        os.rename(bench.conf, bench.conf + ".away")
        bench.start()
        expect_error(bench, omgtest.DATABASE_MISSING, bench.conf)
        os.rename(bench.conf + ".away", bench.conf)
        wait_until(lambda: state(bench) == "ok", 10, "recovery")
        same(bench.search("firefox")[0][0][0], "firefox", "first found")


@test("pacman.conf with a syntax error: file and line are named, then recovery")
def broken_configuration():
    with Bench() as bench:
        with open(bench.conf, encoding="utf-8") as f:
            good = f.read()
        lines = good.split("\n")
        at = lines.index("[options]") + 1
        lines.insert(at, "SigLevel = Nonsense")
        omgroot.write_file(bench.conf, "\n".join(lines))
        bench.start()
        for member, signature, arguments in READS:
            try:
                bench.call(omgtest.PACKAGES, member, signature, *arguments)
            except CallError as error:
                if "%s:%d" % (bench.conf, at + 1) not in error.message and not (
                        bench.conf in error.message and "line %d" % (at + 1) in error.message):
                    raise AssertionError("file and line are missing: %s" % error) from None
            else:
                raise AssertionError("%s answers with a broken configuration" % member)
        omgroot.write_file(bench.conf, good)
        wait_until(lambda: state(bench) == "ok", 10, "recovery")
        same(bench.search("firefox")[0][0][0], "firefox", "first found")


@test("an included file is missing: it is named with file and line, without advice on pacman.conf")
def include_missing():
    with Bench() as bench:
        mirrors = bench.root + "/etc/pacman.d/mirrorlist"
        move(mirrors, bench.folder + "/away")
        bench.start()
        expect_error(bench, omgtest.DATABASE_MISSING, bench.conf + ":", mirrors)
        try:
            bench.search("firefox")
        except CallError as error:
            same("OMG_PACMAN_CONF" in error.message, False, "advice in %r" % error.message)
        move(bench.folder + "/away", mirrors)
        wait_until(lambda: state(bench) == "ok", 10, "recovery")
    with Bench() as bench:
        os.rename(bench.conf, bench.folder + "/away")
        bench.start()
        expect_error(bench, omgtest.DATABASE_MISSING, bench.conf, "OMG_PACMAN_CONF")


@test("pacman.conf that breaks while omgd runs: the last good data stays, marked stale")
def configuration_breaks():
    with Bench() as bench:
        bench.start().wait_loaded()
        with open(bench.conf, encoding="utf-8") as f:
            good = f.read()
        omgroot.write_file(bench.conf, good + "\nInclude =\n")
        wait_until(lambda: state(bench) == "stale", 5, "State stale")
        rows, meta = bench.search("firefox")
        same((rows[0][0], meta["stale"], bool(meta["errors"])), ("firefox", True, True), "answer")
        omgroot.write_file(bench.conf, good)
        wait_until(lambda: state(bench) == "ok", 5, "recovery")
        same(bench.search("firefox")[1]["stale"], False, "stale")


@test("a repository taken out of pacman.conf is gone, put first it comes first")
def repositories_change():
    with Bench() as bench:
        bench.start().wait_loaded()
        with open(bench.conf, encoding="utf-8") as f:
            good = f.read()
        same(bench.details(["mesa"])[0][0][1]["repositories"], ["extra", "aurora"], "holders")
        said = bench.signals()
        omgroot.write_file(bench.conf, good[:good.index("[aurora]")])
        names = said.wait("DatabasesChanged", 3)[1]
        same("aurora" in names, True, "DatabasesChanged names aurora: %r" % names)
        same(bench.details(["mesa"])[0][0][1]["repositories"], ["extra"], "holders without aurora")
        same(bench.details(["aurora/mesa"])[1], ["aurora/mesa"], "missing")
        head, core = good.index("[core]"), good.index("[aurora]")
        omgroot.write_file(bench.conf, good[:head] + good[core:] + "\n" + good[head:core])
        wait_until(lambda: bench.details(["mesa"])[0][0][1]["repositories"] == ["aurora", "extra"],
                   5, "aurora first")
        said.close()


@test("one repository's database missing: the others are served, complete is false")
def one_missing():
    with Bench() as bench:
        move(bench.sync + "/extra.db", bench.folder + "/extra.db")
        bench.start().wait_loaded()
        rows, meta = bench.search("linux")
        same(rows[0][0], "linux", "first found")
        same(meta["complete"], False, "complete")
        if not any("extra" in source + text for source, text in meta["errors"]):
            raise AssertionError("errors do not name extra: %r" % (meta["errors"],))
        same(bench.details(["extra/firefox"])[1], ["extra/firefox"], "missing")
        move(bench.folder + "/extra.db", bench.sync + "/extra.db")
        wait_until(lambda: bench.search("firefox")[1]["complete"], 5, "complete again")
        same(bench.details(["firefox"])[0][0][1]["repository"], "extra", "repository")


def kept(bench, damage, heal, repository="extra"):
    """After the damage the repository's packages are still there, stale; then it heals."""
    bench.start().wait_loaded()
    before, _ = bench.search("firefox")
    installed, _ = bench.list("ListInstalled")
    damage()
    wait_until(lambda: bench.search("firefox")[1]["stale"], 10, "stale")
    rows, meta = bench.search("firefox")
    same(rows, before, "rows while damaged")
    same(bench.list("ListInstalled")[0], installed, "installed packages while damaged")
    same(state(bench), "stale", "State")
    if not any(repository in source + text for source, text in meta["errors"]):
        raise AssertionError("errors do not name %s: %r" % (repository, meta["errors"]))
    # Also after a new start: the index file carries the packages of the last good look.
    same(bench.stop(), 0, "exit code")
    bench.start().wait_loaded()
    wait_until(lambda: bench.search("firefox")[1]["stale"], 10, "stale after a new start")
    same(bench.search("firefox")[0], before, "rows after a new start")
    heal()
    wait_until(lambda: not bench.search("firefox")[1]["stale"], 10, "recovery")
    same(bench.search("firefox")[0], before, "rows after recovery")
    same(state(bench), "ok", "State after recovery")


@test("a database replaced by garbage keeps its last good packages, stale, and says so")
def garbage():
    with Bench() as bench:
        path = bench.sync + "/extra.db"
        with open(path, "rb") as f:
            good = f.read()
        kept(bench, lambda: omgroot.write_file(path, b"this is no database\n" * 100),
             lambda: omgroot.write_file(path, good))


@test("a database cut in the middle keeps its last good packages")
def cut():
    with Bench() as bench:
        path = bench.sync + "/extra.db"
        with open(path, "rb") as f:
            good = f.read()
        kept(bench, lambda: omgroot.write_file(path, good[:len(good) // 2]),
             lambda: omgroot.write_file(path, good))


@test("a database that vanishes keeps its last good packages")
def vanishing():
    with Bench() as bench:
        path = bench.sync + "/extra.db"
        kept(bench, lambda: move(path, bench.folder + "/extra.db"),
             lambda: move(bench.folder + "/extra.db", path))


@test("a database rewritten in place, slowly, is never half served")
def slow_writer():
    with Bench() as bench:
        bench.start().wait_loaded()
        path = bench.sync + "/aurora.db"
        packages = [omgroot.Package("slow-%03d" % n, "1-1", DESC="slowly").fill(n)
                    for n in range(300)]
        data = omgroot.sync_db_bytes(packages, "none")
        counts = set()
        with open(path, "r+b") as f:
            f.truncate()
            for at in range(0, len(data), len(data) // 12 + 1):
                f.write(data[at:at + len(data) // 12 + 1])
                f.flush()
                time.sleep(0.15)
                counts.add(bench.search("slow-", mode="prefix", limit=1000)[1]["total"])
        wait_until(lambda: bench.search("slow-", mode="prefix", limit=1000)[1]["total"] == 300, 10,
                   "the whole database")
        same(counts - {0, 300}, set(), "parts of the database served")
        wait_until(lambda: state(bench) == "ok", 5, "State ok")


@test("a new sync database: DatabasesChanged and UpdatesChanged, one PropertiesChanged")
def new_sync_database():
    with Bench() as bench:
        bench.start().wait_loaded()
        old = bench.properties()
        path = bench.sync + "/core.db"
        with open(path, "rb") as f:
            packages = omgroot.read_sync_db(f.read())
        for package in packages:
            if package.name == "nano":
                package.values["VERSION"] = "7.3-1"
        said = bench.signals()
        omgroot.write_file(path, omgroot.sync_db_bytes(packages, "gz"))
        generation, names = said.wait("DatabasesChanged")
        same(names, ["core"], "DatabasesChanged")
        new_generation, count, security = said.wait("UpdatesChanged")
        same((new_generation, count, security),
             (generation, old["UpdatesAvailable"] + 1, omgtest.UNKNOWN), "UpdatesChanged")
        said.pump(1)
        same(said.of("InstalledChanged"), [], "InstalledChanged")
        changes = [a for a in said.of("PropertiesChanged") if a[0] == omgtest.STATUS]
        same(len(changes), 1, "PropertiesChanged of Status: %r" % changes)
        changed = changes[0][1]
        same((changed["UpdatesAvailable"], changed["IndexGeneration"]), (count, generation),
             "changed properties")
        for name, value in changed.items():
            same(old[name] != value, True, "%s is named and did change" % name)
        # The same bytes again, with another time: nothing changed, so nothing is said.
        before = len(said.of("DatabasesChanged"))
        os.utime(path)
        said.pump(1.5)
        same(len(said.of("DatabasesChanged")), before, "DatabasesChanged without a change")
        said.close()


# -- the real pacman works on the local database --------------------------------------------------

def operation(bench, names, *arguments, updates_change=False):
    """One pacman operation as root and the signals that must follow it."""
    said = bench.signals()
    before = bench.properties()
    begin = time.monotonic()
    done = pacman(bench.root, "--noconfirm", *arguments)
    if done.returncode != 0:
        said.close()
        raise AssertionError("pacman %s: %s%s" % (" ".join(arguments), done.text, done.errors))
    seen = set()
    def all_named(arguments):
        seen.update(arguments[1])
        return set(names) <= seen
    said.wait("InstalledChanged", 2 + (time.monotonic() - begin), all_named)
    same(sorted(seen), sorted(names), "InstalledChanged after pacman " + " ".join(arguments))
    said.pump(0.7)
    changes = [a for a in said.of("PropertiesChanged") if a[0] == omgtest.STATUS]
    if len(changes) != len(said.of("InstalledChanged")):
        raise AssertionError("%d PropertiesChanged for %d InstalledChanged: %r" % (
            len(changes), len(said.of("InstalledChanged")), said.seen))
    same(bool(said.of("UpdatesChanged")), updates_change, "UpdatesChanged")
    after = bench.properties()
    for name, value in changes[-1][1].items():
        same(after[name], value, "property " + name)
    for name, value in after.items():
        if value != before[name]:
            same(any(name in c[1] for c in changes), True, "%s is announced" % name)
    said.close()
    expected = omgtest.pacman_lines(bench.root, "-Q")
    same(["%s %s" % row[:2] for row in bench.list("ListInstalled")[0]], expected, "-Q")


def made_package(bench, name, version, **values):
    package = omgroot.Package(name, version, DESC="made for a test", **values).fill(5, arch="any")
    path = "%s/%s-%s-any.pkg.tar.zst" % (bench.folder, name, version)
    omgroot.build_package(path, package)
    return path


@test("the real pacman installs, marks, upgrades and removes: signals within 2 seconds")
def pacman_operations():
    omgtest.need_pacman()
    if os.geteuid() != 0:
        raise Skip("pacman changes databases as root only")
    with Bench() as bench:
        with open(bench.conf, encoding="utf-8") as f:
            conf = f.read()
        omgroot.write_file(bench.conf, conf.replace("CheckSpace\n", ""))
        bench.start().wait_loaded()
        time.sleep(0.3)
        total = bench.properties()["TotalPackages"]
        operation(bench, ["test-made"], "-U", made_package(bench, "test-made", "1-1"))
        same(bench.properties()["TotalPackages"], total + 1, "TotalPackages")
        # pacman -D rewrites one desc file and touches no folder (measured.md).
        explicit = bench.properties()["ExplicitPackages"]
        operation(bench, ["test-made"], "-D", "--asdeps", "test-made")
        same(bench.properties()["ExplicitPackages"], explicit - 1, "ExplicitPackages")
        same([r[0] for r in bench.list("ListOrphans")[0] if r[0] == "test-made"], ["test-made"],
             "the new orphan")
        operation(bench, ["test-made"], "-U", made_package(bench, "test-made", "2-1"))
        operation(bench, ["test-made"], "-R", "test-made")
        same(bench.properties()["TotalPackages"], total, "TotalPackages")
        # Removing an outdated package changes the updates as well.
        operation(bench, ["tilde-words"], "-R", "tilde-words", updates_change=True)
        same(os.path.exists(omgroot.db_folder(bench.root) + "/db.lck"), False, "no lock left")


@test("omgd never holds pacman's lock, nor waits for it")
def lock():
    with Bench() as bench:
        lock_file = omgroot.db_folder(bench.root) + "/db.lck"
        with open(lock_file, "w", encoding="utf-8"):
            pass
        bench.start()
        wait_until(lambda: state(bench) == "ok", 10, "a first load while pacman's lock is held")
        same(bool(bench.search("firefox")[0]), True, "answers while the lock is held")
        same(os.path.exists(lock_file), True, "the lock stays")


@test("a generation from before a change is refused, with a reason")
def old_generation():
    with Bench() as bench:
        bench.start().wait_loaded()
        _, meta = bench.search("lib", limit=5)
        same(bench.search("lib", limit=5, offset=5, generation=meta["generation"])[1]["generation"],
             meta["generation"], "generation")
        package = omgroot.Package("new-one", "1-1", DESC="new").fill(1)
        omgroot.write_local_package(bench.root, omgroot.as_installed(package, 1, True))
        wait_until(lambda: bench.search("new-one")[0], 5, "the change")
        try:
            bench.search("lib", limit=5, offset=5, generation=meta["generation"])
        except CallError as error:
            same(error.name, omgtest.INVALID_ARGS, "error name")
            if "generation" not in error.message:
                raise AssertionError("the reason is missing: %s" % error) from None
        else:
            raise AssertionError("an old generation is accepted")


@test("Refresh as a job: seen while it lives, its result says what changed")
def refresh_job():
    with Bench() as bench:
        bench.start().wait_loaded()
        said = bench.signals()
        path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"],
                          omgtest.options(force=True))[0]
        said.wait("JobNew", 3, lambda a: a[1] == path)
        status, name, _, result = said.wait("Completed", 10)
        same((status, name), (0, ""), "Completed")
        same(result["changed"], False, "changed")
        got = bench.raw_call(omgtest.NAME, path, "org.omgd1.Job", "GetResult")
        same((got[0], got[3]["generation"]), (0, result["generation"]), "GetResult")
        jobs = bench.call(omgtest.MANAGER, "ListJobs")[0]
        same(path in [job[4] for job in jobs], True, "ListJobs")
        managed = bench.raw_call(omgtest.NAME, omgtest.PATH, "org.freedesktop.DBus.ObjectManager",
                                 "GetManagedObjects")[0]
        same(managed[path]["org.omgd1.Job"]["State"], "done", "State of the managed object")
        same(bench.metrics()["rebuilds-sync"] >= 2, True, "force rebuilds")
        said.close()
        try:
            bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["nonsense"], {})
        except CallError as error:
            same(error.name, omgtest.INVALID_ARGS, "Refresh of nonsense")
        else:
            raise AssertionError("Refresh of nonsense is accepted")


def replace_by_fifo(path):
    os.remove(path)
    os.mkfifo(path)


def replace_by_nothing(path):
    with open(path, "wb"):
        pass


@test("a database of no bytes, or that is no file, keeps its last good packages, at once")
def no_database_file():
    for what in (replace_by_nothing, replace_by_fifo):
        with Bench() as bench:
            bench.start().wait_loaded()
            before, _ = bench.search("firefox")
            what(bench.sync + "/extra.db")
            wait_until(lambda b=bench: state(b) == "stale", 5, "stale")
            rows, meta = bench.search("firefox")
            same(rows, before, "rows")
            same([source for source, _ in meta["errors"]], ["sync/extra"], "errors")


@test("an installed package without a desc is listed, as by pacman, and not as if all were well")
def broken_desc():
    with Bench() as bench:
        bench.start().wait_loaded()
        names = [row[0] for row in bench.list("ListInstalled")[0]]
        folder = [f for f in os.listdir(bench.local) if f.startswith("bash-")][0]
        os.rename(os.path.join(bench.local, folder, "desc"), bench.folder + "/desc")
        os.utime(bench.local)
        wait_until(lambda: not bench.list("ListInstalled")[1]["complete"], 5, "incomplete")
        rows, meta = bench.list("ListInstalled")
        same([row[0] for row in rows], names, "names")
        same("bash" in meta["errors"][0][1], True, "errors: %r" % (meta["errors"],))
        same(bench.properties()["ExplicitPackages"], omgtest.UNKNOWN, "ExplicitPackages")
        same(bench.properties()["TotalPackages"], len(names), "TotalPackages")
        os.rename(bench.folder + "/desc", os.path.join(bench.local, folder, "desc"))
        os.utime(bench.local)
        wait_until(lambda: bench.list("ListInstalled")[1]["complete"], 10, "complete again")


if __name__ == "__main__":
    omgtest.run_tests()
