#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input over the bus: each kind gets InvalidArgs with a reason that names the argument, omgd
goes on, and what merely does not exist is no error. Asked with three clients: GDBus, python-dbus
and busctl."""

import os
import shutil
import subprocess

import dbus
import dbus.bus

import omgtest
from omgtest import PACKAGES, Bench, CallError, Skip, options, same, test, wait_until

LISTS = ("ListInstalled", "ListExplicit", "ListOrphans", "ListForeign", "ListUpdates")
_shared = []


def bench():
    """One omgd for all of these tests: none of them may harm it."""
    if not _shared:
        made = Bench()
        _shared.append(made)
        made.start().wait_loaded()
    return _shared[0]


def refused(names, member, signature, *arguments, interface=PACKAGES, error_name=None):
    """The call is InvalidArgs and its reason holds one of the names."""
    try:
        bench().call(interface, member, signature, *arguments)
    except CallError as error:
        same(error.name, error_name or omgtest.INVALID_ARGS, "error of %s" % member)
        if not any(name in error.message for name in names):
            raise AssertionError("%s: the reason %r names none of %r" % (member, error.message,
                                                                         names)) from None
        return
    raise AssertionError("%s%.200r is accepted" % (member, arguments))


@test("query: 500 bytes are taken, 501 are not, counted in bytes")
def query_length():
    same(bench().search("x" * 500)[0], [], "500 bytes")
    refused(("query",), "Search", "sa{sv}", "x" * 501, {})
    same(bench().search("é" * 250)[0], [], "500 bytes of two-byte characters")
    refused(("query",), "Search", "sa{sv}", "é" * 251, {})
    same(bench().call(PACKAGES, "Suggest", "su", "x" * 500, 5)[0], [], "suggest, 500 bytes")
    refused(("text",), "Suggest", "su", "x" * 501, 5)


@test("query: 16 words are taken, 17 are not")
def query_words():
    bench().search(" ".join("w%d" % n for n in range(16)))
    refused(("query", "words"), "Search", "sa{sv}", " ".join("w%d" % n for n in range(17)), {})


@test("query: empty or blank gives an empty list")
def empty_query():
    for query in ("", " ", "\t \n"):
        for mode in ("words", "name", "prefix"):
            rows, meta = bench().search(query, mode=mode)
            same((rows, meta["total"]), ([], 0), "%r in mode %s" % (query, mode))
    same(bench().call(PACKAGES, "Suggest", "su", "", 5)[0], [], "Suggest of nothing")


@test("limit: 1000 is taken, 1001 is not, 0 is no row")
def limits():
    bench().search("a", limit=1000)
    refused(("limit",), "Search", "sa{sv}", "a", options(limit=1001))
    for member in LISTS:
        bench().call(PACKAGES, member, "a{sv}", options(limit=1000))
        refused(("limit",), member, "a{sv}", options(limit=1001))
    bench().call(PACKAGES, "Suggest", "su", "py", 50)
    refused(("limit",), "Suggest", "su", "py", 51)


@test("offset beyond the end is an empty page")
def offsets():
    for member in LISTS:
        rows, _ = bench().call(PACKAGES, member, "a{sv}", options(offset=4294967295))
        same(rows, [], member)
    same(bench().search("lib", offset=4000000000)[0], [], "Search")


KNOWN = {
    "Search": {"mode": "s", "sources": "as", "repositories": "as", "installed": "b", "limit": "u",
               "offset": "u", "generation": "t", "sort": "s"},
    "ListUpdates": {"limit": "u", "offset": "u", "generation": "t", "ignored": "b"},
}
for _member in LISTS[:4]:
    KNOWN[_member] = {"limit": "u", "offset": "u", "generation": "t", "repositories": "as"}

VALUES = (("s", "text"), ("b", True), ("i", 5), ("u", 5), ("x", 5), ("t", 5), ("d", 0.5),
          ("as", ["text"]), ("ai", [5]), ("a{sv}", {}), ("(s)", ("text",)), ("ay", b"abc"),
          ("o", "/org"), ("g", "s"))


@test("options: a known one of any wrong type is refused by name")
def option_types():
    for member, known in KNOWN.items():
        for name, right in known.items():
            for signature, value in VALUES:
                if signature == right:
                    continue
                given = options(**{name.replace("-", "_"): (signature, value)})
                if member == "Search":
                    refused((name,), member, "sa{sv}", "linux", given)
                else:
                    refused((name,), member, "a{sv}", given)


@test("options: Refresh refuses wrong types as well")
def refresh_options():
    for name, right in (("force", "b"), ("max-age", "u")):
        for signature, value in VALUES:
            if signature != right:
                refused((name,), "Refresh", "asa{sv}", ["sync"],
                        options(**{name.replace("-", "_"): (signature, value)}),
                        interface=omgtest.MANAGER)


@test("options: unknown ones are ignored, whatever they hold")
def unknown_options():
    expected, _ = bench().search("linux")
    for signature, value in VALUES:
        rows, _ = bench().search("linux", **{"no_such_option": (signature, value)})
        same(rows, expected, "with an unknown option of type " + signature)
        bench().details(["linux"], **{"no_such_option": (signature, value)})
        for member in LISTS:
            bench().call(PACKAGES, member, "a{sv}", options(no_such_option=(signature, value)))


@test("options: unknown words are refused, with the words that exist")
def unknown_words():
    refused(("mode",), "Search", "sa{sv}", "linux", options(mode="telepathy"))
    refused(("sort",), "Search", "sa{sv}", "linux", options(sort="weight"))
    refused(("sources",), "Search", "sa{sv}", "linux", options(sources=["repo", "moon"]))


@test("generation: one that is not the current one is refused")
def generations():
    _, meta = bench().search("linux")
    current = meta["generation"]
    for wrong in (0, current + 1, 2 ** 64 - 1):
        if wrong == current:
            continue
        refused(("generation",), "Search", "sa{sv}", "linux", options(generation=wrong))
        for member in LISTS:
            refused(("generation",), member, "a{sv}", options(generation=wrong))


@test("names: an empty one is refused, an unknown one is missing")
def names():
    refused(("name",), "GetDetails", "asa{sv}", [""], {})
    refused(("name",), "GetDetails", "asa{sv}", ["linux", ""], {})
    unknown = ["no-such-package", "nowhere/linux", "core/firefox", "Linux", "linux ", "-x", "a/b/c",
               "../../etc/passwd", "x" * 255, "ünknown", "core/"]
    for name in unknown:
        try:
            details, missing, _ = bench().details([name])
            same((details, missing), ([], [name]), "details of %r" % name)
        except CallError as error:
            # What can never be a name may also be refused, but then with the reason.
            same(error.name, omgtest.INVALID_ARGS, repr(name))
    details, missing, _ = bench().details(["linux", "no-such-package", "extra/firefox", "linux"])
    same([d[0] for d in details], ["linux", "extra/firefox", "linux"], "order as asked")
    same(missing, ["no-such-package"], "missing")
    same(bench().details([])[:2], ([], []), "no names at all")


@test("names: 1000 are taken, 1001 are not")
def many_names():
    details, missing, _ = bench().details(["linux"] * 999 + ["no-such-package"])
    same((len(details), missing), (999, ["no-such-package"]), "1000 names")
    refused(("names",), "GetDetails", "asa{sv}", ["linux"] * 1001, {})


@test("names: one of 256 bytes is refused or missing, never found")
def long_names():
    try:
        same(bench().details(["x" * 256])[0], [], "details")
    except CallError as error:
        same(error.name, omgtest.INVALID_ARGS, "error name")


@test("versions: empty ones and ones of more than 1024 bytes are refused")
def versions():
    refused(("a", "version"), "CompareVersions", "ss", "", "1")
    refused(("b", "version"), "CompareVersions", "ss", "1", "")
    longest = "1" * 1024
    same(bench().call(PACKAGES, "CompareVersions", "ss", longest, longest)[0], 0, "1024 bytes")
    refused(("a", "version"), "CompareVersions", "ss", "1" * 1025, "1")
    refused(("b", "version"), "CompareVersions", "ss", "1", "1" * 1025)


@test("calls: wrong signatures and unknown members are D-Bus errors, not crashes")
def wrong_calls():
    for member, signature, arguments in (("Search", "s", ("linux",)), ("Search", "ua{sv}", (1, {})),
                                         ("GetDetails", "sa{sv}", ("linux", {})),
                                         ("NoSuchMember", "s", ("x",))):
        try:
            bench().call(PACKAGES, member, signature, *arguments)
        except CallError as error:
            if not error.name.startswith("org.freedesktop.DBus.Error."):
                raise AssertionError("%s: %s" % (member, error)) from None
        else:
            raise AssertionError("%s(%s) is accepted" % (member, signature))


@test("properties are read-only")
def read_only():
    for interface, name, value in ((omgtest.STATUS, "TotalPackages", ("u", 0)),
                                   (omgtest.MANAGER, "Version", ("s", "9"))):
        try:
            bench().call(omgtest.PROPERTIES, "Set", "ssv", interface, name,
                         omgtest.GLib.Variant(*value))
        except CallError:
            continue
        raise AssertionError("%s can be written" % name)


@test("calls in flight: 64 wait, the 65th of one sender is LimitsExceeded, others go on")
def calls_in_flight():
    with Bench() as mine:
        # Calls wait while nothing is loaded: a helper that takes its time keeps them waiting.
        helper = os.path.join(mine.folder, "slow-helper")
        with open(helper, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nsleep %g\nexec '%s' \"$@\"\n" % (
                3 * omgtest.SLOW, omgtest.program("OMG_INDEX_HELPER")))
        os.chmod(helper, 0o755)
        mine.start(OMG_INDEX_HELPER=helper)
        replies = []

        def send(connection):
            connection.call(omgtest.NAME, omgtest.PATH, PACKAGES, "Search",
                            omgtest.GLib.Variant("(sa{sv})", ("firefox", {})), None,
                            omgtest.Gio.DBusCallFlags.NO_AUTO_START, int(60000 * omgtest.SLOW),
                            None, lambda c, result: replies.append(finish(c, result)))

        def finish(connection, result):
            try:
                return connection.call_finish(result).unpack()[0][0][0]
            except omgtest.GLib.Error as error:
                return omgtest.Gio.DBusError.get_remote_error(error) or error.message

        context = omgtest.GLib.MainContext.default()
        for _ in range(65):
            send(mine.connection)
        wait_until(lambda: (context.iteration(False), bool(replies))[1], 5, "the refusal")
        same(replies, [omgtest.LIMITS_EXCEEDED], "first answer")
        other = mine.connect()
        send(other)
        wait_until(lambda: (context.iteration(False), len(replies) == 66)[1], 30, "all answers")
        same(replies[1:], ["firefox"] * 65, "the other answers")
        same(mine.metrics()["limits-exceeded"], 1, "limits-exceeded")
        same(mine.metrics()["calls-waiting"], 0, "calls-waiting")
        other.close_sync(None)


@test("jobs: 32 unfinished ones of a sender, then LimitsExceeded or one and the same job")
def jobs_in_flight():
    paths, refusals = set(), 0
    for _ in range(80):
        try:
            paths.add(bench().call(omgtest.MANAGER, "Refresh", "asa{sv}", ["sync"],
                                   options(force=True))[0])
        except CallError as error:
            same(error.name, omgtest.LIMITS_EXCEEDED, "error name")
            refusals += 1
    if len(paths) > 64 and not refusals:
        raise AssertionError("%d jobs at once and no refusal" % len(paths))


@test("a caller that leaves does no harm")
def leaving():
    for _ in range(20):
        connection = bench().connect()
        for _ in range(10):
            connection.call(omgtest.NAME, omgtest.PATH, PACKAGES, "Search",
                            omgtest.GLib.Variant("(sa{sv})", ("lib", options(limit=1000))), None,
                            omgtest.Gio.DBusCallFlags.NONE, -1, None, None)
        connection.flush_sync(None)
        connection.close_sync(None)
    same(bench().search("firefox")[0][0][0], "firefox", "answer")
    wait_until(lambda: bench().metrics()["calls-waiting"] == 0, 5, "no call waiting")


# -- two more clients -----------------------------------------------------------------------

@test("python-dbus: answers and reasons arrive")
def python_dbus():
    connection = dbus.bus.BusConnection(bench().bus.address)
    packages = dbus.Interface(connection.get_object(omgtest.NAME, omgtest.PATH, introspect=False),
                              PACKAGES)
    nothing = dbus.Dictionary({}, signature="sv")
    rows, meta = packages.Search("firefox", nothing)
    same((str(rows[0][0]), bool(meta["complete"])), ("firefox", True), "Search")
    for query, given, word in (("x" * 501, {}, "query"),
                               ("x", {"limit": "many"}, "limit"),
                               ("x", {"limit": dbus.Int32(5)}, "limit"),
                               ("x", {"limit": dbus.UInt32(1001)}, "limit"),
                               ("x", {"mode": dbus.Boolean(True)}, "mode")):
        try:
            packages.Search(query, dbus.Dictionary(given, signature="sv"), signature="sa{sv}")
        except dbus.DBusException as error:
            same(error.get_dbus_name(), omgtest.INVALID_ARGS, "error name")
            if word not in error.get_dbus_message():
                raise AssertionError("the reason %r does not name %s" % (error.get_dbus_message(),
                                                                         word)) from None
        else:
            raise AssertionError("Search(%.20r, %r) is accepted" % (query, given))
    names = dbus.Array(["linux", "nope"], signature="s")
    details, missing, _ = packages.GetDetails(names, nothing)
    same([str(d[0]) for d in details], ["linux"], "details")
    same([str(m) for m in missing], ["nope"], "missing")
    connection.close()


def busctl(*arguments):
    if not shutil.which("busctl"):
        raise Skip("no busctl")
    done = subprocess.run(["busctl", "--address=" + bench().bus.address, *arguments],
                          capture_output=True, check=False, timeout=30 * omgtest.SLOW)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@test("busctl: answers and reasons arrive")
def with_busctl():
    call = ("call", omgtest.NAME, omgtest.PATH, PACKAGES)
    code, out, err = busctl(*call, "Search", "sa{sv}", "firefox", "1", "limit", "u", "1")
    same(code, 0, "exit code (%s)" % err)
    if '"firefox" "121.0-1" "extra"' not in out:
        raise AssertionError("busctl prints %r" % out)
    for arguments, word in ((("Search", "sa{sv}", "x" * 501, "0"), "query"),
                            (("Search", "sa{sv}", "x", "1", "limit", "u", "1001"), "limit"),
                            (("Search", "sa{sv}", "x", "1", "limit", "s", "many"), "limit"),
                            (("Search", "sa{sv}", "x", "1", "mode", "s", "nonsense"), "mode"),
                            (("GetDetails", "asa{sv}", "1", "", "0"), "name")):
        code, out, err = busctl(*call, *arguments)
        if code == 0 or word not in err:
            raise AssertionError("busctl %r: exit %d, %r %r" % (arguments, code, out, err))
    code, out, err = busctl("introspect", omgtest.NAME, omgtest.PATH)
    same(code, 0, "introspect (%s)" % err)
    for member in ("Search", "TotalPackages", "GetMetrics", "UpdatesChanged"):
        if "." + member not in out:
            raise AssertionError("introspect does not show " + member)


@test("after all of that the same omgd still answers, and ends cleanly")
def afterwards():
    same(bench().process.poll(), None, "omgd lives")
    same(bench().search("firefox")[0][0][0], "firefox", "answer")
    made = _shared.pop()
    try:
        same(made.stop(), 0, "exit code")
    finally:
        made.__exit__(None, None, None)


if __name__ == "__main__":
    try:
        omgtest.run_tests()
    finally:
        if _shared:
            _shared.pop().__exit__(None, None, None)
