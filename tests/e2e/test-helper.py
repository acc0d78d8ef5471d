#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""omgd-index is not trusted, may be cancelled at any moment, and may fail for reasons that only
time or permissions mend."""
import os
import time

import omgtest
from omgtest import Bench, CallError, GLib, omgroot, options, same, test, wait_until


def make_helper(bench, body):
    path = os.path.join(bench.folder, "helper")
    omgroot.write_file(path, "#!/usr/bin/python3\nimport os, sys\nREAL = %r\n%s\n" % (
        omgtest.program("OMG_INDEX_HELPER"), body))
    os.chmod(path, 0o755)
    return path


def cancel(bench, path):
    bench.raw_call(omgtest.NAME, path, "org.omgd1.Job", "Cancel", GLib.Variant("(a{sv})", ({},)))


NONSENSE = {
    "members of other types": r"""print('{"ok":false,"error":5,"message":7}'); sys.exit(1)""",
    "other types and success": r"""print('{"ok":false,"error":5,"message":7}')""",
    "ok that is no boolean": r"""print('{"ok":"yes"}')""",
    "null": r"""print('{"ok":null,"error":null}')""",
    "nothing": "",
    "deeply nested arrays": "print('[' * 1000000)",
    "deeply nested objects": "print('{\"a\":' * 2000)",
    "a file that is no index": "print('{\"ok\":true}')\n"
                               "path = sys.argv[sys.argv.index('--output') + 1]\n"
                               "open(path, 'w').write('x' * 9999)",
    "no file at all": "print('{\"ok\":true}')",
    "a crash": "os.abort()",
}


def own_files(bench):
    """What is in the data folder beside the databases, whose files SQLite makes and removes, and
    the list of checked index files, which comes when they have stood for a moment."""
    return sorted(name for name in os.listdir(bench.data)
                  if not name.startswith(("cache.db", "audit.db")) and name != "checked-files")


@test("a helper that talks nonsense costs the refresh, never omgd")
def nonsense():
    for what, body in NONSENSE.items():
        with Bench() as bench:
            bench.start(wait=False, OMG_INDEX_HELPER=make_helper(bench, body))
            wait_until(bench.has_name, 10, "the name, with " + what)
            try:
                bench.search("firefox")
            except CallError as error:
                same(bool(error.message), True, "a reason for " + what)
            else:
                raise AssertionError("an answer out of nothing: " + what)
            same(bench.properties()["State"], "error", "State with " + what)
            same(bench.process.poll(), None, "omgd lives: " + what)


@test("cancelled refreshes leave nothing behind in the data folder")
def cancelled():
    with Bench() as bench:
        bench.start().wait_loaded()
        for i in range(12):
            path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], options(force=True))[0]
            time.sleep(0.01 * i)
            cancel(bench, path)
        bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], {})
        wait_until(lambda: all(job[2] not in ("queued", "running") for job in
                               bench.call(omgtest.MANAGER, "ListJobs")[0]), 30, "the last job")
        same(own_files(bench), ["local.idx", "omgd.lock", "sync.idx"], "files")
        same(bench.properties()["State"], "ok", "State")


@test("a configuration that breaks again before a first snapshot: errors, no crash")
def no_configuration():
    with Bench() as bench:
        with open(bench.conf, encoding="utf-8") as f:
            good = f.read()
        bench.start().wait_loaded()
        total = bench.properties()["TotalPackages"]
        bench.stop()
        slow = make_helper(bench, "import time\ntime.sleep(2)\n"
                                  "os.execv(REAL, [REAL] + sys.argv[1:])")
        omgroot.write_file(bench.conf, "Include =\n")
        bench.start(wait=False, OMG_INDEX_HELPER=slow)
        wait_until(lambda: "Nothing could be read" in bench.log(), 10, "the error")
        # What the omgd before it left is there still, and said to be old.
        same(bench.properties()["State"], "stale", "State")
        same(bench.properties()["TotalPackages"], total, "TotalPackages")
        omgroot.write_file(bench.conf, good)
        path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], options(force=True))[0]
        time.sleep(0.2)
        cancel(bench, path)
        omgroot.write_file(bench.conf, "Include =\n")
        time.sleep(1)
        for member, arguments in (("Search", ("sa{sv}", "lib", {})),
                                  ("GetDetails", ("asa{sv}", ["glibc"], {})),
                                  ("ListInstalled", ("a{sv}", {}))):
            try:
                bench.call(omgtest.PACKAGES, member, *arguments)
            except CallError as error:
                same(bench.conf in error.message, True, "the file is named: " + error.message)
        same(bench.process.poll(), None, "omgd lives")
        omgroot.write_file(bench.conf, good)
        wait_until(lambda: bench.properties()["State"] == "ok", 30, "recovery")


@test("a change of a database is not lost with a refresh that is cancelled")
def change_survives_cancel():
    with Bench() as bench:
        bench.start().wait_loaded()
        slow = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", [], options(force=True))[0]
        second = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"], options(force=True))[0]
        os.rename(bench.sync + "/extra.db", bench.sync + "/away")
        time.sleep(0.4)
        for path in {slow, second}:
            cancel(bench, path)
        wait_until(lambda: bench.properties()["State"] == "stale", 10, "the change")


@test("a database that only permissions kept away is read once they are mended; its age is told")
def permissions():
    with Bench() as bench:
        # Root without capabilities is an owner like any other.
        helper = make_helper(bench, "os.execvp('setpriv', ['setpriv', '--bounding-set=-all', "
                                    "'--inh-caps=-all', REAL] + sys.argv[1:])")
        bench.start(OMG_INDEX_HELPER=helper).wait_loaded()
        before = bench.properties()["AsOfUSec"]
        core = bench.sync + "/core.db"
        os.chmod(core, 0)
        os.utime(core)
        wait_until(lambda: bench.properties()["State"] == "stale", 10, "stale")
        same(bench.properties()["AsOfUSec"], before, "AsOfUSec while a repository is carried")
        same(bench.search("glibc")[0][0][0], "glibc", "the last good package")
        os.chmod(core, 0o644)
        path = bench.call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"], {})[0]
        wait_until(lambda: bench.properties()["State"] == "ok", 10, "recovery by " + path)
        same(bench.properties()["AsOfUSec"] > before, True, "AsOfUSec afterwards")


@test("counts are unknown, not lower, while a repository was never read")
def absent():
    with Bench() as bench:
        os.remove(bench.sync + "/extra.db")
        bench.start().wait_loaded()
        got = bench.properties()
        for name in ("UpdatesAvailable", "IgnoredUpdates", "ForeignPackages"):
            same(got[name], omgtest.UNKNOWN, name)
        same(got["TotalPackages"] > 100, True, "TotalPackages")
        same(got["State"], "stale", "State")


@test("a helper that goes bad costs nothing that was good, and is tried again by itself")
def goes_bad():
    with Bench() as bench:
        flag = os.path.join(bench.folder, "bad")
        helper = make_helper(bench, "if os.path.exists(%r):\n"
                                    "    out = sys.argv[sys.argv.index('--output') + 1]\n"
                                    "    open(out, 'wb').write(bytes(3000))\n"
                                    "    print('{\"ok\":true}')\n"
                                    "else:\n"
                                    "    os.execv(REAL, [REAL] + sys.argv[1:])" % flag)
        bench.start(OMG_INDEX_HELPER=helper).wait_loaded()
        before = bench.properties()
        rows = bench.search("firefox")[0]
        omgroot.write_file(flag, "")
        since = time.time() * 1e6
        os.utime(bench.sync + "/core.db")
        wait_until(lambda: bench.properties()["State"] == "stale", 10, "stale")
        now = bench.properties()
        for name in ("UpdatesAvailable", "TotalPackages", "IndexGeneration"):
            same(now[name], before[name], name)
        # The first list of runtimes asks for another look, which may have come in between.
        same(before["AsOfUSec"] <= now["AsOfUSec"] <= since, True, "AsOfUSec is of before")
        same(bench.search("firefox")[0], rows, "rows")
        os.remove(flag)
        wait_until(lambda: bench.properties()["State"] == "ok", 20, "recovery without being asked")
        same(own_files(bench), ["local.idx", "omgd.lock", "sync.idx"], "files")


@test("another DBPath has no last good state: packages of the old one are gone")
def other_path():
    with Bench() as bench:
        bench.start().wait_loaded()
        same(len(bench.search("firefox")[0]) > 0, True, "firefox")
        with open(bench.conf, encoding="utf-8") as f:
            text = f.read()
        omgroot.write_file(bench.conf, text.replace(
            omgroot.db_folder(bench.root), os.path.join(bench.folder, "elsewhere")))
        wait_until(lambda: bench.properties()["State"] == "error", 10, "nothing there")
        same(bench.properties()["TotalPackages"], omgtest.UNKNOWN, "TotalPackages")


if __name__ == "__main__":
    omgtest.run_tests()
