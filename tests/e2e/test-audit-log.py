#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log of a running omgd: what goes into it, and what is found when somebody has been at
it."""

import ctypes
import glob
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import omgaudit
import omgtest
from omgtest import Bench, CallError, GLib, SLOW, omgroot, same, test, wait_until

AUDIT = "org.omgd1.Audit"
UNAVAILABLE = "org.omgd1.Error.Unavailable"
ME = "uid %d" % os.getuid()


def log_page(bench, **how):
    return bench.call(AUDIT, "ListLog", "a{sv}", omgtest.options(**how))


def records(bench, **how):
    """[(event, actor, resource, description, metadata)], the oldest first."""
    rows, _ = log_page(bench, **how)
    return [(row[2], row[4], row[5], row[6],
             json.loads(row[7]["metadata"]) if "metadata" in row[7] else None)
            for row in reversed(rows)]


def events(bench, **how):
    return [record[0] for record in records(bench, **how)]


def wait_event(bench, event, count=1, seconds=10):
    """The records of that event, once there are so many."""
    def enough():
        found = records(bench, events=[event])
        return found if len(found) >= count else None
    return wait_until(enough, seconds, "%d times %s" % (count, event))


def head(bench):
    sequence, digest = bench.call(AUDIT, "GetLogHead")
    return sequence, bytes(digest)


def verify(bench, pinned=None):
    """(ok, checked, first bad, details)"""
    how = {}
    if pinned:
        how = {"sequence": ("t", pinned[0]), "hash": ("ay", pinned[1])}
    return bench.call(AUDIT, "VerifyLog", "a{sv}", omgtest.options(**how))


def expect_good(bench, what, pinned=None):
    ok, checked, bad, details = verify(bench, pinned)
    same((ok, bad, details["reason"]), (True, 0, ""), what)
    return checked


def package(name, version):
    return omgroot.as_installed(omgroot.Package(name, version, DESC="comes and goes").fill(7), 7,
                                True)


def install(bench, name, version):
    omgroot.write_local_package(bench.root, package(name, version))


def remove(bench, name, version):
    shutil.rmtree(omgroot.local_folder(bench.root, package(name, version)))


def wait_installed(bench, name, version):
    def there():
        found = {row[0]: row[1] for row in bench.list("ListInstalled")[0]}
        return found.get(name) == version
    wait_until(there, 10, "%s %s" % (name, version))


# -- what goes into it --------------------------------------------------------------------------


@test("start and stop, with who ended it and why; a killed omgd says nothing, and nothing false")
def start_and_stop():
    with Bench() as bench:
        bench.start().wait_loaded()
        same([r[:3] for r in records(bench)], [("daemon_started", "omgd", "omgd")], "started")
        same(bench.stop(), 0, "exit code")
        bench.start()
        stopped = records(bench)[1]
        same(stopped[:2], ("daemon_stopped", ME), "stopped")
        same(stopped[3].endswith(" stopped: SIGTERM"), True, stopped[3])
        bench.wait_loaded().stop(signal.SIGINT)
        bench.start()
        same(records(bench)[3][3].endswith("SIGINT"), True, "the other signal")
        bench.wait_loaded().stop(signal.SIGKILL)
        bench.start().wait_loaded()
        same(events(bench), ["daemon_started", "daemon_stopped", "daemon_started", "daemon_stopped",
                             "daemon_started", "daemon_started"], "after a kill")
        expect_good(bench, "the whole of it")


@test("packages that come, go and change, seen at once and after a time without omgd")
def packages():
    with Bench() as bench:
        install(bench, "wanderer", "1-1")
        bench.start().wait_loaded()
        wait_installed(bench, "wanderer", "1-1")
        said = bench.signals()
        remove(bench, "wanderer", "1-1")
        install(bench, "wanderer", "2-1")
        install(bench, "comer", "1-1")
        wait_event(bench, "package_upgrade")
        wait_event(bench, "package_install")
        number = said.wait("LogAppended")[0]
        same(number >= 2, True, "the signal's number")
        said.close()
        remove(bench, "comer", "1-1")
        wait_event(bench, "package_remove")
        bench.stop()
        remove(bench, "wanderer", "2-1")
        install(bench, "wanderer", "1.5-1")
        install(bench, "meanwhile", "3-1")
        bench.start()
        wait_event(bench, "package_downgrade")
        found = [r for r in records(bench) if r[0].startswith("package_")]
        same(sorted((r[0], r[2], r[4]) for r in found),
             [("package_downgrade", "wanderer", {"old": "2-1", "new": "1.5-1"}),
              ("package_install", "comer", {"new": "1-1"}),
              ("package_install", "meanwhile", {"new": "3-1"}),
              ("package_remove", "comer", {"old": "1-1"}),
              ("package_upgrade", "wanderer", {"old": "1-1", "new": "2-1"})], "all of it")
        same({r[1] for r in found}, {"omgd"}, "seen by omgd")
        bench.stop()
        bench.start().wait_loaded()
        same(len([e for e in events(bench) if e.startswith("package_")]), 5, "each of it once")


@test("another pacman root is no removal of everything")
def other_root():
    with Bench() as bench:
        bench.start().wait_loaded()
        bench.stop()
        other = os.path.join(bench.folder, "other")
        omgroot.make_synthetic(other, 50, 10)
        bench.start(OMG_PACMAN_CONF=os.path.join(other, "etc/pacman.conf")).wait_loaded()
        wait_until(lambda: len(bench.list("ListInstalled")[0]) == 10, 10, "the other root")
        same(sorted(set(events(bench))), ["daemon_started", "daemon_stopped"], "no package event")


@test("settings that change, and the policy, by whom and how")
def settings():
    with Bench() as bench:
        bench.start().wait_loaded()
        bench.process.send_signal(signal.SIGHUP)
        bench.drop_in("50-rate", "[limits]\nrate=7\n[network]\nmetered=yes\n")
        wait_until(lambda: "read again" in bench.log(), 10, "the first reload")
        bench.process.send_signal(signal.SIGHUP)
        changed = wait_event(bench, "config_changed")
        same(changed[0][1:], (ME, os.path.join(bench.config, "omgd.conf"),
                              "other values of network.metered, limits.rate are in force",
                              {"network.metered": {"old": "auto", "new": "yes"},
                               "limits.rate": {"old": "50", "new": "7"}}), "the keys")
        policy = os.path.join(bench.config, "policy.toml")
        with open(policy + ".new", "w", encoding="utf-8") as f:
            f.write("allow_aur = false\n")
        os.rename(policy + ".new", policy)
        same(wait_event(bench, "policy_changed")[0][1:3], ("omgd", policy), "the policy")
        with open(policy + ".new", "w", encoding="utf-8") as f:
            f.write("nonsense")
        os.rename(policy + ".new", policy)
        same(wait_event(bench, "policy_changed", 2)[1][4]["state"], "invalid", "a broken one")
        same([row[3] for row in log_page(bench, events=["policy_changed"])[0]], ["error", "info"],
             "how severe")
        same(len(events(bench, events=["config_changed"])), 1, "a reload without a change")


def put_tracker(bench, groups):
    folder = os.path.join(bench.folder, "cache", "advisories")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "tracker.json")
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(groups, f)
    os.rename(path + ".new", path)


def group(number, name, affected):
    return {"name": "AVG-%d" % number, "packages": [name], "status": "Vulnerable",
            "severity": "High", "type": "denial of service", "affected": affected, "fixed": None,
            "ticket": None, "issues": ["CVE-2022-%04d" % number], "advisories": []}


@test("new findings and packages newly refused, each once, over a restart too")
def findings():
    with Bench() as bench:
        bench.start().wait_loaded()
        (a, a_version), (b, b_version) = [(row[0], row[4])
                                          for row in bench.list("ListInstalled")[0][:2]]
        put_tracker(bench, [group(1, a, a_version)])
        bench.call(omgtest.MANAGER, "StateHasChanged", "s", "a list")
        found = wait_event(bench, "vulnerability_detected")
        same((found[0][2], found[0][4]["advisory"], found[0][4]["cves"]),
             (a, "AVG-1", ["CVE-2022-0001"]), "the finding")
        refused = wait_event(bench, "policy_violation")
        same((refused[0][2], refused[0][4]), (a, {"grade": "Risk", "reasons": ["grade"]}),
             "its grade")
        bench.stop()
        put_tracker(bench, [group(1, a, a_version), group(2, b, b_version)])
        bench.start().wait_loaded()
        wait_event(bench, "vulnerability_detected", 2)
        wait_event(bench, "policy_violation", 2)
        bench.stop()
        bench.start().wait_loaded()
        bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], omgtest.options(force=True))
        bench.stop()
        bench.start().wait_loaded()
        same(sorted(r[2] for r in records(bench, events=["vulnerability_detected"])),
             sorted((a, b)), "each finding once")
        same(sorted(r[2] for r in records(bench, events=["policy_violation"])), sorted((a, b)),
             "each refusal once")


# -- somebody has been at it --------------------------------------------------------------------

# Name, SQL, first bad record, what is said. Twelve records, and a thirteenth by the next start.
ATTACKS = (
    ("a description", "UPDATE records SET description = 'x' WHERE seq = 5", 5, "was changed"),
    ("a time", "UPDATE records SET time = time + 1 WHERE seq = 5", 5, "was changed"),
    ("an actor", "UPDATE records SET actor = 'uid 0' WHERE seq = 5", 5, "was changed"),
    ("no metadata", "UPDATE records SET metadata = NULL WHERE seq = 5", 5, "was changed"),
    ("a hash", "UPDATE records SET hash = zeroblob(32) WHERE seq = 5", 5, "was changed"),
    ("a short hash", "UPDATE records SET hash = x'00' WHERE seq = 5", 5, "was changed"),
    ("a previous hash", "UPDATE records SET prev = zeroblob(32) WHERE seq = 5", 5,
     "does not follow"),
    ("one deleted", "DELETE FROM records WHERE seq = 5", 5, "is missing"),
    ("the first deleted", "DELETE FROM records WHERE seq = 1", 1, "is missing"),
    ("the last deleted", "DELETE FROM records WHERE seq = 12", 12, "is missing"),
    ("some of the end deleted", "DELETE FROM records WHERE seq > 8", 9, "is missing"),
    ("all deleted", "DELETE FROM records", 1, "is missing"),
    ("two exchanged", "UPDATE records SET seq = 99 WHERE seq = 5;"
     "UPDATE records SET seq = 5 WHERE seq = 6; UPDATE records SET seq = 6 WHERE seq = 99", 5,
     "does not follow"),
    ("deleted and moved up", "DELETE FROM records WHERE seq = 5;"
     "UPDATE records SET seq = -seq WHERE seq > 5; UPDATE records SET seq = -seq - 1 WHERE seq < 0;"
     "UPDATE chain SET seq = 11", 5, "does not follow"),
    ("one inserted", "INSERT INTO records SELECT 99, time, event, severity, actor, resource,"
     "description, metadata, prev, hash FROM records WHERE seq = 5", 14, "is missing"),
    ("a head put back", "UPDATE chain SET seq = 11, hash ="
     " (SELECT hash FROM records WHERE seq = 11)", 12, None),
)


def prepare(bench, count=12):
    """A log of that many records, the last of which is the stop, and its head."""
    bench.start().wait_loaded()
    bench.stop()
    omgaudit.extend(bench.data, count - 2)
    omgaudit.read_chain(bench.data)
    database = omgaudit.connect(bench.data)
    pinned = database.execute("SELECT seq, hash FROM chain").fetchone()
    database.close()
    same(pinned[0], count, "so many records")
    return pinned


@test("whatever was done to a record is found, and which one")
def attacks():
    with Bench() as bench:
        prepare(bench)
        original = os.path.join(bench.folder, "original")
        shutil.copytree(bench.data, original)
        for name, sql, bad, said in ATTACKS:
            shutil.rmtree(bench.data)
            shutil.copytree(original, bench.data)
            omgaudit.tamper(bench.data, sql)
            bench.start()
            if said is None:
                # The next record has the number of one that is there: nothing is appended.
                wait_until(lambda: log_page(bench)[1]["errors"], 10, name)
                ok, _, first_bad, details = verify(bench)
                same((ok, first_bad), (False, bad), name)
            else:
                ok, _, first_bad, details = verify(bench)
                same((ok, first_bad, said in details["reason"]), (False, bad, True),
                     "%s: %s" % (name, details["reason"]))
            bench.stop()


@test("a cut log and one computed anew are found against a pinned head, and only so")
def pinned_heads():
    with Bench() as bench:
        pinned = prepare(bench)
        original = os.path.join(bench.folder, "original")
        shutil.copytree(bench.data, original)
        for name, change, bad, said in (
                ("cut", lambda: omgaudit.rechain(bench.data, cut=8), 12, "pinned head"),
                ("cut to nothing", lambda: omgaudit.tamper(
                    bench.data, "DELETE FROM records; DELETE FROM chain"), 2, "before the pinned"),
                ("computed anew", lambda: (omgaudit.tamper(
                    bench.data, "UPDATE records SET actor = 'nobody' WHERE seq = 3"),
                    omgaudit.rechain(bench.data)), 12, "not the one of the pinned head"),
                ("removed", lambda: [os.unlink(path) for path in glob.glob(
                    os.path.join(bench.data, "audit.db*"))], 2, "before the pinned head")):
            shutil.rmtree(bench.data)
            shutil.copytree(original, bench.data)
            change()
            bench.start().wait_loaded()
            expect_good(bench, name + ": nothing by itself")
            ok, _, first_bad, details = verify(bench, pinned)
            if name == "cut":
                # Its new records have not come to that number yet.
                bad = details["head"] + 1
            same((ok, first_bad, said in details["reason"]), (False, bad, True),
                 "%s: %s" % (name, details["reason"]))
            bench.stop()
        shutil.rmtree(bench.data)
        shutil.copytree(original, bench.data)
        bench.start().wait_loaded()
        same(expect_good(bench, "the log itself", pinned) >= 13, True, "and it goes on")


@test("a damaged file is set aside and kept; the new chain says why it began")
def damaged():
    with Bench() as bench:
        pinned = prepare(bench)
        path = os.path.join(bench.data, "audit.db")
        with open(path, "r+b") as f:
            f.write(b"\xa5" * 4096)
        bench.start().wait_loaded()
        ok, checked, _, details = verify(bench)
        same((ok, checked), (True, 1), "the new chain")
        kept = glob.glob(path + ".*.corrupt")
        same(len(kept), 1, "the old one is kept")
        same(os.path.basename(kept[0]) in details["origin"], True, details["origin"])
        same(verify(bench, pinned)[0], False, "the pinned head")
        same(bench.log().count("audit.db cannot be used"), 1, "said once")
        bench.stop()
        bench.start()
        same(os.path.basename(kept[0]) in verify(bench)[3]["origin"], True, "after a restart")


# -- omgctl -------------------------------------------------------------------------------------


def omgctl(bench, *arguments):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([omgtest.program("OMGCTL"), *arguments], env=bench.environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=30 * SLOW,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@test("omgctl log: the list, the head to pin, and the verdict")
def command():
    with Bench() as bench:
        bench.start().wait_loaded()
        bench.stop()
        bench.start()
        code, out, err = omgctl(bench, "log")
        lines = out.splitlines()
        same((code, err, len(lines)), (0, "", 3), "the list")
        same([re.sub(r" +", " ", line).split(" ", 2)[2].rsplit(" ", 3)[0] for line in lines[::2]],
             ["info daemon_started omgd"] * 2, "its lines")
        same("daemon_stopped" in lines[1] and ME in lines[1], True, lines[1])
        same(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info ", lines[0]) is not None, True,
             lines[0])
        code, out, err = omgctl(bench, "log", "--limit", "1")
        same((len(out.splitlines()), "--limit 0" in err), (1, True), "one of them")
        code, out, err = omgctl(bench, "log", "--event", "daemon_stopped", "--json")
        document = json.loads(out)
        same([r["event"] for r in document["records"]], ["daemon_stopped"], "an event")
        same((len(document["records"][0]["hash"]), document["meta"]["total"]), (64, 1), "JSON")
        same(omgctl(bench, "log", "--severity", "error")[:2], (0, ""), "no error")
        same(omgctl(bench, "log", "--since", "2100-01-01")[:2], (0, ""), "nothing yet")
        for arguments, expected in ((("--event", "tea"), 1), (("--severity", "tea"), 1),
                                    (("--since", "tea"), 2), (("--limit", "-1"), 2),
                                    (("tea",), 2), (("head", "tea"), 2), (("verify", "tea"), 2),
                                    (("verify", "0:" + 64 * "0"), 2),
                                    (("verify", "1:" + 63 * "0"), 2),
                                    (("verify", "1:" + 64 * "g"), 2)):
            same(omgctl(bench, "log", *arguments)[0], expected, " ".join(arguments))

        code, pinned, _ = omgctl(bench, "log", "head")
        same((code, re.fullmatch(r"3:[0-9a-f]{64}\n", pinned) is not None), (0, True), pinned)
        same(json.loads(omgctl(bench, "log", "head", "--json")[1]),
             {"sequence": 3, "hash": pinned[2:-1]}, "the same as JSON")
        code, out, err = omgctl(bench, "log", "verify")
        same((code, "3 records are whole" in out, err), (0, True, ""), "whole")
        same(omgctl(bench, "log", "verify", pinned.strip())[0], 0, "with its head")
        code, out, err = omgctl(bench, "log", "verify", "3:" + 64 * "0")
        same((code, out, "pinned head" in err), (1, "", True), "with another one")
        code, out, err = omgctl(bench, "log", "verify", "--json", "9:" + 64 * "0")
        verdict = json.loads(out)
        same((code, verdict["ok"], verdict["first-bad"], verdict["head"]), (1, False, 4, 3),
             "a later one")
        bench.stop()
        omgaudit.tamper(bench.data, "UPDATE records SET actor = 'nobody' WHERE seq = 2")
        bench.start()
        code, out, err = omgctl(bench, "log", "verify")
        same((code, out, "record 2 was changed" in err), (1, "", True), "a changed record")
        same("[changed]" in omgctl(bench, "log")[1], True, "the list has it, too")


# -- kills, sizes, disks ------------------------------------------------------------------------


@test("killed at random instants: no head that was given out is lost, and the chain is one")
def killed():
    rng = random.Random(6)
    with Bench() as bench:
        heads = {}
        bench.start().wait_loaded()
        for number in range(20 if SLOW == 1 else 6):
            end = time.monotonic() + rng.random() * 0.3 * SLOW
            version = 0
            while time.monotonic() < end:
                name = "killed-%d" % number
                if version:
                    remove(bench, name, "%d-1" % version)
                version += 1
                install(bench, name, "%d-1" % version)
                sequence, digest = head(bench)
                heads[sequence] = digest
            bench.stop(signal.SIGKILL)
            chain = omgaudit.read_chain(bench.data)
            for sequence, digest in heads.items():
                if sequence:
                    same(chain.get(sequence), digest, "head %d" % sequence)
            bench.start().wait_loaded()
        last = max(heads)
        expect_good(bench, "after all kills", (last, heads[last]))


@test("a hundred thousand records: verified beside the other work, listed, archived")
def many():
    count = 100000 if SLOW == 1 else 21000
    with Bench() as bench:
        pinned = prepare(bench, count)
        bench.start().wait_loaded()
        done = []
        begin = time.monotonic()
        bench.connection.call(omgtest.NAME, omgtest.PATH, AUDIT, "VerifyLog",
                              GLib.Variant("(a{sv})", ({},)), None, 0, int(60000 * SLOW), None,
                              lambda connection, result: done.append(
                                  connection.call_finish(result).unpack()))
        bench.connection.flush_sync(None)
        install(bench, "beside", "1-1")
        wait_installed(bench, "beside", "1-1")
        seen = time.monotonic() - begin

        def finished():
            GLib.MainContext.default().iteration(False)
            return done
        wait_until(finished, 60, "the verdict")
        print("# %d records verified in %.2f s, a change was seen after %.2f s" % (
            count, time.monotonic() - begin, seen))
        same((done[0][0], done[0][1] > count), (True, True), "all of them are good")
        rows, meta = log_page(bench, limit=1000, offset=count - 500)
        same((len(rows) >= 500, rows[-1][0], meta["complete"]), (True, 1, True), "the oldest")

        # Each thousandth record tries to archive the older half.
        bench.stop()
        omgaudit.extend(bench.data, 1000 - (count + 8) % 1000)
        bench.start().wait_loaded()
        for number in range(12):
            install(bench, "more-%d" % number, "1-1")
            wait_installed(bench, "more-%d" % number, "1-1")
        wait_until(lambda: glob.glob(os.path.join(bench.data, "audit-1-*.db")), 20, "an archive")
        same(expect_good(bench, "over the archive", pinned) > count, True, "all of them")
        _, meta = log_page(bench)
        same((meta["complete"], 9000 < meta["total"] < 12000), (False, True), "what is listed")
        archive = glob.glob(os.path.join(bench.data, "audit-1-*.db"))[0]
        bench.stop()
        omgaudit.read_chain(bench.data)
        os.rename(archive, archive + ".away")
        bench.start().wait_loaded()
        ok, _, _, details = verify(bench)
        same((ok, details["missing"]), (True, 1), "an archive that was moved away")
        bench.stop()
        os.rename(archive + ".away", archive)
        database = omgaudit.sqlite3.connect(archive)
        database.execute("UPDATE records SET actor = 'nobody' WHERE seq = 77")
        database.commit()
        database.close()
        bench.start()
        same(verify(bench)[:3], (False, 76, 77), "a record of the archive")


CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000


def mount_small(folder, size):
    """A small disk, that only this process and what it starts see."""
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.unshare(CLONE_NEWNS) != 0
            or libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None) != 0
            or libc.mount(b"tmpfs", folder.encode(), b"tmpfs", ctypes.c_ulong(0),
                          b"size=%d,mode=0700" % size) != 0):
        raise omgtest.Skip("no tmpfs can be mounted")
    return lambda: libc.umount2(folder.encode(), 2)


def reload_rate(bench, rate):
    """Another value of a key: a record."""
    bench.drop_in("50-rate", "[limits]\nrate=%d\n" % rate)
    before = bench.log().count("read again")
    bench.process.send_signal(signal.SIGHUP)
    wait_until(lambda: bench.log().count("read again") > before, 10, "the reload")


@test("a full disk: omgd goes on, says so, and writes what waited when there is room")
def full_disk():
    with Bench() as bench:
        os.mkdir(bench.data, 0o700)
        unmount = mount_small(bench.data, 16 << 20)
        bench.start().wait_loaded()
        filler = os.path.join(bench.data, "filler")
        with open(filler, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
        rates = iter(range(100, 300))
        changes = 0
        while not log_page(bench)[1]["errors"]:
            reload_rate(bench, next(rates))
            changes += 1
        reload_rate(bench, next(rates))
        changes += 1
        rows, meta = log_page(bench)
        same(rows[-1][2], "daemon_started", "what was there is read")
        (source, text), = meta["errors"]
        same((source, text.startswith(UNAVAILABLE), "2 records wait" in text),
             ("audit.db", True, True), text)
        same(bench.log().count("not in the audit log"), 1, "the log says so, once")
        os.unlink(filler)
        same(len(wait_event(bench, "config_changed", changes)), changes, "what waited")
        same(log_page(bench)[1]["errors"], [], "no more errors")
        same(bench.log().count("audit.db can be written again"), 1, "nor is that hidden")
        expect_good(bench, "the chain")
        bench.stop()
        unmount()


@test("arguments that are none, and the log of others")
def arguments():
    with Bench() as bench:
        bench.start()
        for how in ({"events": ["x"]}, {"severity": "x"}, {"generation": 77}, {"limit": 1001}):
            try:
                log_page(bench, **how)
            except CallError as error:
                same(error.name, omgtest.INVALID_ARGS, str(how))
            else:
                raise AssertionError("%r was taken" % how)
        bench.wait_loaded()


omgtest.run_tests()
